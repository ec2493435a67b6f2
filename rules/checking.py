"""Gives an expression types and binds its names; errors name place, what was found, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import numpy as np

from features.codes import CATEGORY, INVALID, code_of
from features.columns import currency_code
from rules.errors import RuleError, unknown
from rules.syntax import Call, Listed, Name, Node, Number, Operation, Text, Truth
from rules.typed import Apply, Constant, KeyIs, KeyListed, LocalTime, Surprise, Type, Typed
from rules.vocabulary import BASE, EPISODE, LISTS, LOCAL_TIME, Vocabulary

LONGEST_LIST: Final = 100
_COMPARISONS: Final = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
_ARITHMETIC: Final = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_ORDERED: Final = (Type.NUMBER, Type.TIME)
_FUNCTIONS: Final[dict[str, tuple[tuple[Type, ...], Type]]] = {
    "hour": ((Type.TIME,), Type.NUMBER),
    "weekday": ((Type.TIME,), Type.NUMBER),
    "abs": ((Type.NUMBER,), Type.NUMBER),
    "min": ((Type.NUMBER, Type.NUMBER), Type.NUMBER),
    "max": ((Type.NUMBER, Type.NUMBER), Type.NUMBER),
}
FUNCTIONS: Final = (*_FUNCTIONS, "timestamp")

Bound = tuple[Typed, Type]


def check(tree: Node, vocabulary: Vocabulary, zone: str = "UTC") -> Typed:
    """Bind the names of a condition.

    Args:
        tree: From `parsing.parse`.
        vocabulary: The names there are.
        zone: Time zone of `local_time`, such as `Europe/Berlin`.

    Returns:
        The condition, which is true or false.

    Raises:
        RuleError: A name is unknown, or an operand has a type that its operator does not take.
    """
    bound, found = _Checker(vocabulary, zone).bind(tree)
    if found is not Type.TRUTH:
        raise RuleError(f"a condition is true or false, this is {found}; compare it, as in amount > 500", 1)
    return bound


class _Checker:
    def __init__(self, vocabulary: Vocabulary, zone: str) -> None:
        self._vocabulary, self._zone = vocabulary, zone
        self._variables = vocabulary.variables

    def bind(self, node: Node) -> Bound:
        match node:
            case Number():
                return Constant(node.value), Type.NUMBER
            case Truth():
                return Constant(float(node.value)), Type.TRUTH
            case Name():
                return self._name(node)
            case Call():
                return self._call(node)
            case Operation():
                return self._operation(node)
            case Text():
                raise RuleError("a string is only compared, as in category == 'electronics'", node.column)
            case Listed():
                raise RuleError("brackets come after in, as in currency in ['EUR', 'USD']", node.column)

    def _name(self, node: Name) -> Bound:
        if node.path[0] in (EPISODE, BASE) and node.path[1:] == ("surprise",):
            return Surprise(self._scorer(node)), Type.NUMBER
        if node.key is not None or node.path[0] == EPISODE:
            raise RuleError(f'found {node.words}, allowed is episode["NAME"].surprise', node.column)
        if node.words == LOCAL_TIME:
            return LocalTime(self._zone), Type.TIME
        variable = self._variables.get(node.words)
        if variable is None:
            names = [*self._variables, "base.surprise", 'episode["NAME"].surprise', "lists.NAME"]
            raise unknown("name", node.words, names, node.column)
        if variable.input is None:
            raise RuleError(f"{node.words} is {variable.type}; compare it with == != or in", node.column)
        if variable.true_below is not None:
            return Apply("lt", (variable.input, Constant(variable.true_below))), Type.TRUTH
        if variable.type is Type.TRUTH:
            return Apply("ne", (variable.input, Constant(0.0))), Type.TRUTH
        return variable.input, variable.type

    def _scorer(self, node: Name) -> int:
        if node.path[0] == BASE and node.key is None:
            return 0
        found = self._vocabulary.episodes.get(node.key or "")
        if found is None:
            raise unknown("live episode", node.key or "", self._vocabulary.episodes, node.column)
        return found

    def _call(self, node: Call) -> Bound:
        if node.function == "timestamp":
            return self._timestamp(node), Type.TIME
        if node.function not in _FUNCTIONS:
            raise unknown("function", node.function, FUNCTIONS, node.column)
        wanted, result = _FUNCTIONS[node.function]
        if len(node.arguments) != len(wanted):
            raise RuleError(
                f"{node.function} takes {len(wanted)} arguments, found {len(node.arguments)}", node.column
            )
        bound = [self._typed(one, kind) for one, kind in zip(node.arguments, wanted, strict=True)]
        return Apply(node.function, tuple(bound)), result

    def _timestamp(self, node: Call) -> Constant:
        match node.arguments:
            case (Text() as text,):
                try:
                    when = datetime.fromisoformat(text.value)
                except ValueError:
                    raise RuleError(
                        f"found {text.value!r}, allowed is a time such as '2026-03-01T12:00:00Z'", text.column
                    ) from None
                return Constant((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
        raise RuleError("timestamp takes one string, such as '2026-03-01T12:00:00Z'", node.column)

    def _operation(self, node: Operation) -> Bound:
        operator, operands = node.operator, node.operands
        if operator in ("&&", "||"):
            bound = tuple(self._typed(one, Type.TRUTH) for one in operands)
            return Apply("and" if operator == "&&" else "or", bound), Type.TRUTH
        if operator == "!":
            return Apply("not", (self._typed(operands[0], Type.TRUTH),)), Type.TRUTH
        if operator == "?:":
            return self._choice(node)
        if operator == "in":
            return self._in(node), Type.TRUTH
        if operator in _COMPARISONS:
            return self._comparison(node), Type.TRUTH
        bound = tuple(self._typed(one, Type.NUMBER) for one in operands)
        if len(bound) == 1:
            return (bound[0] if operator == "+" else Apply("neg", bound)), Type.NUMBER
        return Apply(_ARITHMETIC[operator], bound), Type.NUMBER

    def _choice(self, node: Operation) -> Bound:
        condition, yes, no = node.operands
        chosen = self._typed(condition, Type.TRUTH)
        (first, kind), (second, other) = self.bind(yes), self.bind(no)
        if kind is not other:
            raise RuleError(f"both sides of ':' must be alike; found {kind} and {other}", no.column)
        if kind is Type.TRUTH:
            both = (Apply("and", (chosen, first)), Apply("and", (Apply("not", (chosen,)), second)))
            return Apply("or", both), kind
        return Apply("where", (chosen, first, second)), kind

    def _comparison(self, node: Operation) -> Typed:
        left, right = node.operands
        if isinstance(left, Text):
            left, right = right, left
            if node.operator not in ("==", "!="):
                raise RuleError("a string is compared with == or !=", node.column)
        if isinstance(left, Name) and (special := self._special(left)):
            return self._equality(node, left, right, special)
        (first, kind), (second, other) = self.bind(left), self.bind(right)
        if kind is not other:
            raise RuleError(
                f"{node.operator} compares like with like; found {kind} and {other}", right.column
            )
        if kind is Type.TRUTH:
            if node.operator not in ("==", "!="):
                raise RuleError(f"{node.operator} compares numbers and times; found {kind}", left.column)
            same = Apply("same", (first, second))
            return same if node.operator == "==" else Apply("not", (same,))
        if kind not in _ORDERED:
            raise RuleError(f"{kind} is compared with a string, as in currency == 'EUR'", right.column)
        return Apply(_COMPARISONS[node.operator], (first, second))

    def _special(self, name: Name) -> Type | None:
        """Return the type of a name that is compared with strings only; None for other names."""
        variable = self._variables.get(name.words)
        return (
            variable.type if variable and variable.type in (Type.KEY, Type.CATEGORY, Type.CURRENCY) else None
        )

    def _equality(self, node: Operation, name: Name, other: Node, kind: Type) -> Typed:
        if node.operator not in ("==", "!="):
            raise RuleError(
                f"{name.words} is {kind}; it has no order, compare it with == != or in", node.column
            )
        if not isinstance(other, Text | Number):
            raise RuleError(
                f"{name.words} is compared with a string, as in {name.words} == 'x'", other.column
            )
        equal = self._equals(name, other, kind)
        return equal if node.operator == "==" else Apply("not", (equal,))

    def _equals(self, name: Name, item: Text | Number, kind: Type) -> Typed:
        if kind is Type.KEY:
            if isinstance(item, Number):
                raise RuleError(f"{name.words} is a string; write it in quotes", item.column)
            if not item.value:
                return Constant(0.0)  # no entity has an empty id
            return KeyIs(name.words.removesuffix(".id"), item.value)
        read: Callable[[Text | Number], float] = _category if kind is Type.CATEGORY else _currency
        variable = self._variables[name.words].input
        assert variable is not None
        return Apply("eq", (variable, Constant(read(item))))

    def _in(self, node: Operation) -> Typed:
        left, right = node.operands
        kind = self._special(left) if isinstance(left, Name) else None
        if isinstance(right, Name):
            return self._in_list(left, right, kind)
        if not isinstance(right, Listed):
            raise RuleError("in needs a list: lists.NAME, or values in brackets", right.column)
        if len(right.items) > LONGEST_LIST:
            raise RuleError(
                f"{len(right.items)} values, allowed are {LONGEST_LIST}; make a named list of them",
                right.column,
            )
        if isinstance(left, Name) and kind is not None:
            equal = [self._equals(left, item, kind) for item in right.items]
        else:
            value = self._typed(left, Type.NUMBER)
            equal = [Apply("eq", (value, Constant(_number(item)))) for item in right.items]
        return Apply("or", (Constant(0.0), *equal))

    def _in_list(self, left: Node, right: Name, kind: Type | None) -> Typed:
        if right.path[0] != LISTS or len(right.path) != 2:
            raise RuleError(
                f"found {right.words}, allowed are lists.NAME and values in brackets", right.column
            )
        if right.path[1] not in self._vocabulary.lists:
            raise unknown("list", right.path[1], self._vocabulary.lists, right.column)
        if kind is not Type.KEY or not isinstance(left, Name):
            raise RuleError("lists hold ids of entities, as in merchant.id in lists.watched", left.column)
        entity, held = left.words.removesuffix(".id"), self._vocabulary.lists[right.path[1]]
        if held not in ("", entity):
            raise RuleError(f"{right.words} holds ids of the kind {held}, found {left.words}", left.column)
        return KeyListed(entity, right.path[1])

    def _typed(self, node: Node, wanted: Type) -> Typed:
        bound, found = self.bind(node)
        if found is not wanted:
            raise RuleError(f"found {found}, allowed here is {wanted}", node.column)
        return bound


def _number(item: Text | Number) -> float:
    if isinstance(item, Text):
        raise RuleError(f"found the string {item.value!r}, allowed here is a number", item.column)
    return item.value


def _category(item: Text | Number) -> float:
    if isinstance(item, Number):
        if not 0 <= item.value <= 9_999 or item.value != int(item.value):
            raise RuleError(f"found {item.value:g}, allowed is a code of 0 to 9999, or a name", item.column)
        return item.value
    code = (
        int(code_of(np.array(bytearray(item.value.encode()), np.uint8), CATEGORY)) if item.value else INVALID
    )
    if code == INVALID:
        raise RuleError("a category has at least one character", item.column)
    return float(code)


def _currency(item: Text | Number) -> float:
    if (
        isinstance(item, Number)
        or len(item.value) != 3
        or not (item.value.isascii() and item.value.isalnum())
    ):
        raise RuleError("a currency has three letters, such as 'EUR'", item.column)
    return float(currency_code(item.value))
