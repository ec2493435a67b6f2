"""Finds a readable condition that holds for flagged transactions and for few others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from features.columns import FIRST_NAMED_CATEGORY
from rules.checking import check
from rules.evaluation import Rows, matches
from rules.feature_units import UNITS
from rules.kernels import Numbers, natural
from rules.parsing import parse
from rules.program import compile_conditions
from rules.typed import Feature, Field, Type
from rules.vocabulary import Variable, Vocabulary

MOST_PARTS: Final = 4
MOST_LEFT_OUT: Final = 20
"""Flags that are left out in turn: each costs a search of about 50 ms over 50,000 others."""
_KEPT: Final = 0.8  # share of the flags that a part keeps at least, so that one odd flag does not widen it
_DIGITS: Final = 2
Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Suggested:
    """A condition that was found.

    Attributes:
        condition: Its text; empty where nothing tells the flags from other transactions.
        flags: Flags in all.
        flags_matched: Flags that it matches.
        others: Other transactions that it was compared with.
        others_matched: Those of them that it matches.
        left_out: Flags that were left out in turn.
        left_out_matched: Those of them that the condition found without them matches.
    """

    condition: str
    flags: int
    flags_matched: int
    others: int
    others_matched: int
    left_out: int
    left_out_matched: int


@dataclass(frozen=True)
class _Part:
    """A part of the condition, with the flags and the others for which it is true."""

    text: str
    flags: Truth
    others: Truth


def suggest_condition(vocabulary: Vocabulary, flags: Rows, others: Rows) -> Suggested:
    """Join at most four parts with `&&`, each the one that tells the flags best from what is left.

    Parts compare a number with a bound at a flag's value, rounded outward to two digits, a category, or a
    truth value. The best part has the highest gain of FOIL. Few flags fit many conditions, so each flag is
    also left out in turn, and looked for with what the others suggest.

    Source: Quinlan 1990, Learning Logical Definitions from Relations.

    Args:
        vocabulary: The names that there are.
        flags: Flagged transactions, at least one.
        others: Transactions that are presumed genuine.
    """
    names = list(_names(vocabulary))
    values = [(_values(one, flags), _values(one, others)) for _, one in names]
    texts = [name for name, _ in names]
    kinds = [one for _, one in names]
    everything = np.ones(len(flags), bool)
    condition = _search(texts, kinds, values, everything)
    found = left = 0
    for at in range(min(len(flags), MOST_LEFT_OUT) if len(flags) > 1 else 0):
        without = everything.copy()
        without[at] = False
        left += 1
        found += bool(_matched(_search(texts, kinds, values, without), vocabulary, flags)[at])
    return Suggested(
        condition,
        len(flags),
        int(_matched(condition, vocabulary, flags).sum()),
        len(others),
        int(_matched(condition, vocabulary, others).sum()),
        left,
        found,
    )


def _matched(condition: str, vocabulary: Vocabulary, rows: Rows) -> Truth:
    if not condition:
        return np.zeros(len(rows), bool)
    program = compile_conditions([check(parse(condition), vocabulary)])
    matched: Truth = matches(program, rows, {})[0].view(np.bool_)
    return matched


def _names(vocabulary: Vocabulary) -> Iterator[tuple[str, Variable]]:
    for name, one in vocabulary.variables.items():
        if isinstance(one.input, Feature) or one.input in (Field("amount"), Field("category")):
            yield name, one


def _values(one: Variable, rows: Rows) -> Numbers:
    if isinstance(one.input, Field):
        return np.asarray(getattr(rows, one.input.name), np.float64)
    assert isinstance(one.input, Feature)
    out = np.empty(len(rows))
    natural(np.ascontiguousarray(rows.features[:, one.input.column]), UNITS[one.input.unit], out)
    return out


def _search(
    texts: list[str], kinds: list[Variable], values: list[tuple[Numbers, Numbers]], wanted: Truth
) -> str:
    flags, others = wanted.copy(), np.ones(len(values[0][1]), bool)
    chosen = list[str]()
    while len(chosen) < MOST_PARTS and others.any():
        best, most = None, 1e-9
        for name, kind, (of_flags, of_others) in zip(texts, kinds, values, strict=True):
            for part in _parts(name, kind, of_flags, of_others, flags):
                gain = _gain(flags, others, part)
                if gain > most:
                    best, most = part, gain
        if best is None:
            break
        chosen.append(best.text)
        flags, others = flags & best.flags, others & best.others
    return " && ".join(chosen)


def _gain(flags: Truth, others: Truth, part: _Part) -> float:
    """Return how much surer it is that a transaction is a flag, times the flags that are kept."""
    before, kept = int(flags.sum()), int((flags & part.flags).sum())
    if kept < math.ceil(_KEPT * before):
        return 0.0
    wrong, left = int(others.sum()), int((others & part.others).sum())
    return kept * (math.log2(kept / (kept + left)) - math.log2(before / (before + wrong)))


def _parts(name: str, kind: Variable, flags: Numbers, others: Numbers, wanted: Truth) -> Iterator[_Part]:
    seen = np.sort(flags[wanted])
    match kind.type:
        case Type.TRUTH:
            yes, no = (name, f"!{name}") if kind.true_below is None else (f"!{name}", name)
            bound = 1.0 if kind.true_below is None else kind.true_below
            yield _Part(yes, flags >= bound, others >= bound)
            yield _Part(no, flags < bound, others < bound)
        case Type.CATEGORY:
            codes, counts = np.unique(seen, return_counts=True)
            code = int(codes[counts.argmax()])
            if 0 <= code < FIRST_NAMED_CATEGORY:
                yield _Part(f'{name} == "{code:04d}"', flags == code, others == code)
        case _:
            for place in range(len(seen) - math.ceil(_KEPT * len(seen)) + 1):
                low, high = _outward(seen[place], down=True), _outward(seen[-1 - place], down=False)
                yield _Part(f"{name} >= {_written(low)}", flags >= low, others >= low)
                yield _Part(f"{name} <= {_written(high)}", flags <= high, others <= high)


def _outward(value: float, *, down: bool) -> float:
    """Round to two digits, downward or upward."""
    if value == 0.0 or not math.isfinite(value):
        return value
    scale = 10.0 ** (math.floor(math.log10(abs(value))) - _DIGITS + 1)
    return float(f"{(math.floor if down else math.ceil)(value / scale) * scale:.12g}")


def _written(value: float) -> str:
    return np.format_float_positional(value, trim="-")
