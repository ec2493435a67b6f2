"""Tags that written rules put on transactions, and queues that they route alerts to."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from rules.actions import Action
from rules.rule_set import Matched, RuleSet

MOST_TAGS: Final = 8
"""Tags of one transaction; those of the rules that come first."""
Marked = tuple[NDArray[np.int32], ByteStrings]
"""Place among the texts of each row, int32 (n,); the texts, the first is empty."""


def tags_at(matched: Matched | None, rules: RuleSet, row: int) -> list[str]:
    """Return the tags of a row: of matching rules, in their order, each once, at most `MOST_TAGS`."""
    if matched is None:
        return []
    return _distinct(rules, np.flatnonzero(matched.all[: len(rules.live), row]).tolist())


def queue_at(matched: Matched | None, rules: RuleSet, row: int) -> str:
    """Return the queue of a row: of the first matching rule that names one; empty without one."""
    if matched is None:
        return ""
    places = np.flatnonzero(matched.all[: len(rules.live), row]).tolist()
    return next((rules.live[k].definition.queue for k in places if rules.live[k].definition.queue), "")


def tag_texts(matched: Matched | None, rules: RuleSet, n: int) -> Marked:
    """Return the tags of n rows as members of a JSON object: `,"tags":["a","b"]`, or empty.

    Rows with the same rules share a text, so Python runs once for each set of rules, not for each row.
    """
    place, texts = np.zeros(n, np.int32), [b""]
    tagging = [k for k, rule in enumerate(rules.live) if rule.definition.action is Action.TAG]
    if matched is not None and tagging:
        chosen = matched.all[tagging]
        rows = np.flatnonzero(chosen.any(axis=0))
        packed = np.ascontiguousarray(np.packbits(chosen[:, rows], axis=0).T)  # a set of rules is one value
        as_one = packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
        _, at, which = np.unique(as_one, return_index=True, return_inverse=True)
        place[rows] = which.reshape(-1) + 1
        sets = chosen[:, rows[at]].T
        texts += [_member(tuple(_distinct(rules, [tagging[k] for k in np.flatnonzero(one)]))) for one in sets]
    return place, ByteStrings.from_list(texts)


def _distinct(rules: RuleSet, places: list[int]) -> list[str]:
    tags = dict.fromkeys(rules.live[k].definition.tag for k in places)
    return [tag for tag in tags if tag][:MOST_TAGS]


@lru_cache(maxsize=4_096)
def _member(tags: tuple[str, ...]) -> bytes:
    return f',"tags":{json.dumps(tags, separators=(",", ":"))}'.encode()
