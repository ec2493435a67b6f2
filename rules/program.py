"""Compiles many conditions into one program; what conditions have in common is computed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules import opcodes
from rules.feature_units import UNITS, in_feature_units
from rules.kernels import Code, Numbers
from rules.typed import (
    Apply,
    Constant,
    Feature,
    Field,
    Frauds,
    KeyIs,
    KeyListed,
    Link,
    LocalTime,
    Surprise,
    Typed,
)


@dataclass(frozen=True)
class KeyCode:
    """Place of an entity's key among the strings that the program compares it with; -1 for other keys."""

    entity: str


NumberInput = Field | Feature | Link | Frauds | LocalTime | Surprise | KeyCode


@dataclass(frozen=True)
class Program:
    """Instructions for `kernels.run`.

    Attributes:
        numbers: What the first number registers hold.
        listed: What the first truth registers hold.
        texts: Strings that the keys of each entity are compared with.
        code: Instructions int32 (k, 4).
        constants: Constant of each instruction, float64 (k,).
        number_registers: Number registers in all, at least 1.
        truth_registers: Truth registers in all, at least 1.
        results: Truth register of each condition, int32 (conditions,).
        features: Register, column and unit of each feature among `numbers`, int32 (3, features).
    """

    numbers: tuple[NumberInput, ...]
    listed: tuple[KeyListed, ...]
    texts: Mapping[str, tuple[bytes, ...]]
    code: Code
    constants: Numbers
    number_registers: int
    truth_registers: int
    results: Code
    features: Code


def compile_conditions(conditions: Sequence[Typed]) -> Program:
    """Compile conditions, each of which is true or false for a row."""
    conditions = [in_feature_units(one) for one in conditions]
    compiler = _Compiler(conditions)
    features = [(at, one) for one, at in compiler.inputs.items() if isinstance(one, Feature)]
    results = [compiler.truth(one) for one in conditions]
    return Program(
        tuple(compiler.inputs),
        tuple(compiler.listed),
        {entity: tuple(texts) for entity, texts in compiler.texts.items()},
        np.array(compiler.code, np.int32).reshape(-1, 4),
        np.array(compiler.constants, np.float64),
        max(1, compiler.number_registers),
        max(1, compiler.truth_registers),
        np.array(results, np.int32),
        np.array([(at, one.column, UNITS[one.unit]) for at, one in features], np.int32).reshape(-1, 3).T,
    )


def _inputs_of(conditions: Iterable[Typed]) -> tuple[dict[NumberInput, int], dict[KeyListed, int]]:
    """Give each input of the conditions a register."""
    numbers, listed = dict[NumberInput, int](), dict[KeyListed, int]()
    waiting = list(conditions)
    while waiting:
        match waiting.pop():
            case Apply(arguments=arguments):
                waiting.extend(arguments)
            case KeyListed() as one:
                listed.setdefault(one, len(listed))
            case KeyIs(entity=entity):
                numbers.setdefault(KeyCode(entity), len(numbers))
            case Constant():
                pass
            case one:
                numbers.setdefault(one, len(numbers))
    return numbers, listed


class _Compiler:
    """Writes instructions; a part that was compiled before is not compiled again."""

    def __init__(self, conditions: Sequence[Typed]) -> None:
        self.inputs, self.listed = _inputs_of(conditions)
        self.texts: dict[str, dict[bytes, int]] = {}
        self.code: list[tuple[int, int, int, int]] = []
        self.constants: list[float] = []
        self.number_registers, self.truth_registers = len(self.inputs), len(self.listed)
        self._truths: dict[Typed, int] = {}
        self._numbers: dict[Typed, int] = {}

    def truth(self, node: Typed) -> int:
        """Return the register of a part that is true or false."""
        if isinstance(node, KeyListed):
            return self.listed[node]
        if node not in self._truths:
            self._truths[node] = self._truth(node)
        return self._truths[node]

    def number(self, node: Typed) -> int:
        """Return the register of a part that is a number."""
        if not isinstance(node, Apply | Constant):
            assert not isinstance(node, KeyIs | KeyListed)  # by their types
            return self.inputs[node]
        if node not in self._numbers:
            self._numbers[node] = self._number(node)
        return self._numbers[node]

    def _truth(self, node: Typed) -> int:
        if isinstance(node, KeyIs):
            texts = self.texts.setdefault(node.entity, {})
            code = texts.setdefault(node.text.encode(), len(texts))
            return self._to_truth(opcodes.EQ_C, self.inputs[KeyCode(node.entity)], 0, float(code))
        if isinstance(node, Constant):
            return self._to_truth(opcodes.FILL_TRUTH, 0, 0, node.value)
        assert isinstance(node, Apply)
        if node.operation in opcodes.LOGIC:
            return self._logic(node)
        return self._comparison(node.operation, *node.arguments)

    def _logic(self, node: Apply) -> int:
        operation, (first, *others) = opcodes.LOGIC[node.operation], node.arguments
        if isinstance(first, Constant) and others and operation == opcodes.OR and not first.value:
            first, *others = others or [first]
        at = self.truth(first)
        if operation == opcodes.NOT:
            return self._to_truth(operation, at, at)
        for place, other in enumerate(others):
            read = self.truth(other)
            if place:
                self._emit(operation, at, at, read, 0.0)
            else:
                at = self._to_truth(operation, at, read)
        return at

    def _comparison(self, operation: str, left: Typed, right: Typed) -> int:
        if isinstance(left, Constant):
            operation, left, right = opcodes.MIRRORED[operation], right, left
        if isinstance(right, Constant):
            code = opcodes.COMPARED_WITH_CONSTANT[operation]
            return self._to_truth(code, self.number(left), 0, right.value)
        return self._to_truth(opcodes.COMPARED[operation], self.number(left), self.number(right))

    def _number(self, node: Apply | Constant) -> int:
        if isinstance(node, Constant):
            return self._to_number(opcodes.FILL, 0, 0, node.value)
        if node.operation == "where":
            chosen, yes, no = node.arguments
            read, first, second = self.truth(chosen), self.number(yes), self.number(no)
            return self._to_number(opcodes.WHERE, read, first, float(second))
        registers = [self.number(one) for one in node.arguments]
        if node.operation in opcodes.ONE_NUMBER:
            return self._to_number(opcodes.ONE_NUMBER[node.operation], registers[0], 0)
        return self._to_number(opcodes.ARITHMETIC[node.operation], registers[0], registers[1])

    def _to_truth(self, operation: int, a: int, b: int, constant: float = 0.0) -> int:
        self.truth_registers += 1
        return self._emit(operation, self.truth_registers - 1, a, b, constant)

    def _to_number(self, operation: int, a: int, b: int, constant: float = 0.0) -> int:
        self.number_registers += 1
        return self._emit(operation, self.number_registers - 1, a, b, constant)

    def _emit(self, operation: int, to: int, a: int, b: int, constant: float) -> int:
        self.code.append((operation, to, a, b))
        self.constants.append(constant)
        return to
