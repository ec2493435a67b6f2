"""Rules that raise or lower the surprise: what they may read, and how much they add together."""

from __future__ import annotations

from typing import Final

import numpy as np

from features.compiling import kernel
from rules.actions import MOST_RAISED, SHIFTING
from rules.definition import RuleDefinition
from rules.errors import RuleError
from rules.kernels import Numbers, Truths
from rules.typed import Typed, reads

_SURPRISE: Final = "surprise"


def refuse_own_surprise(definition: RuleDefinition, condition: Typed) -> None:
    """Refuse a rule that changes the surprise that it reads; a later rule would read another one.

    Raises:
        RuleError: It reads `surprise`.
    """
    if definition.action in SHIFTING and reads(condition, _SURPRISE):
        raise RuleError(
            f"a rule that may {definition.action} the surprise cannot read surprise, which includes it; "
            'allowed are base.surprise, episode["NAME"].surprise and risk'
        )


def shifts_of(matched: Truths, by: Numbers) -> Numbers:
    """Return how much rules add to the surprise of each row: their sum, in their order.

    Args:
        matched: uint8 (k, n), which of k rules match which of n rows.
        by: What each rule adds, float64 (k,).

    Returns:
        float64 (n,), from -`MOST_RAISED` to `MOST_RAISED`.

    Example:
        >>> shifts_of(np.array([[1, 1, 0], [1, 0, 0]], np.uint8), np.array([2.0, 1.5])).tolist()
        [3.0, 2.0, 0.0]
    """
    out = np.zeros(matched.shape[1])
    _add(matched, by, out)
    return np.clip(out, -MOST_RAISED, MOST_RAISED)


@kernel
def _add(matched: Truths, by: Numbers, out: Numbers) -> None:
    for k in range(len(matched)):
        for i in range(len(out)):
            if matched[k, i]:
                out[i] += by[k]
