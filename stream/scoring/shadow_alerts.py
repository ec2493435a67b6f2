"""Write the alerts of scorers and rules on trial in a batch, and what live rules add to lists."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.decision import Decision
from contracts.shadow_alert import ShadowAlert
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from rules.rule_set import Matched, RuleSet
from stream.batch import Batch
from stream.scoring.decide import Scores

MOST_MATCHES: Final = 100
"""Matches of one rule that are written per batch: one that matches everything must not hold up a worker."""


def shadow_alerts(batch: Batch, scores: Scores, snapshot: Snapshot) -> tuple[NDArray[np.int64], ByteStrings]:
    """Return rows of the batch, and the shadow alert of each; a row repeats for each scorer on trial."""
    surprise = snapshot.shadows.surprises(batch.features)
    rows, which = np.nonzero(surprise > snapshot.shadows.thresholds)
    return _written(
        batch,
        scores,
        rows,
        [snapshot.shadows.all[column].scorer.id for column in which.tolist()],
        [snapshot.shadows.all[column].episode for column in which.tolist()],
        surprise[rows, which],
    )


def shadow_matches(
    batch: Batch, scores: Scores, matched: Matched, rules: RuleSet
) -> tuple[NDArray[np.int64], ByteStrings]:
    """Return rows that rules in shadow match, and the shadow alert of each; `MOST_MATCHES` of each rule."""
    places = matched.all[len(rules.live) :]
    found = [np.flatnonzero(one)[:MOST_MATCHES] for one in places]
    rows = np.concatenate(found)
    names = [rule.name for rule, of in zip(rules.shadow, found, strict=True) for _ in range(len(of))]
    return _written(batch, scores, rows, names, [""] * len(rows), scores.surprise[rows])


def list_additions(
    batch: Batch, scores: Scores, matched: Matched, snapshot: Snapshot, entities: Sequence[str]
) -> tuple[NDArray[np.int64], ByteStrings]:
    """Return rows whose entity a live rule adds to a list, and the records; `MOST_MATCHES` of each rule.

    An entity that is on the list at the time of its payment is left out, and comes once in a batch. What is
    written depends on the batch and on the control offset alone.
    """
    rules, columns = snapshot.written.others, batch.columns
    rows, names, told = list[int](), list[str](), list[tuple[str, str]]()
    for rule, of in ((rules.live[k], np.flatnonzero(matched.all[k])) for k in rules.adding):
        target = rule.definition.to_list
        keys = columns.keys[entities.index(rule.definition.entity)].take(of)
        fresh = ~snapshot.lists.by_name[target].holds(keys, columns.time[of])
        first = dict[str, int]()
        for row, key in zip(of[fresh].tolist(), keys.take(np.flatnonzero(fresh)).to_list(), strict=True):
            if key:
                first.setdefault(key.decode(errors="replace"), row)
        chosen = list(first.items())[:MOST_MATCHES]
        rows += [row for _, row in chosen]
        names += [rule.name] * len(chosen)
        told += [(target, key) for key, _ in chosen]
    places = np.array(rows, np.int64)
    return _written(batch, scores, places, names, [""] * len(rows), scores.surprise[places], told)


def _written(
    batch: Batch,
    scores: Scores,
    rows: NDArray[np.int64],
    shadows: Sequence[str],
    episodes: Sequence[str],
    surprise: NDArray[np.float64],
    told: Sequence[tuple[str, str]] = (),
) -> tuple[NDArray[np.int64], ByteStrings]:
    identities = batch.columns.id.take(rows).to_list()
    records = []
    for place, (row, identity) in enumerate(zip(rows.tolist(), identities, strict=True)):
        to_list, key = told[place] if told else ("", "")
        one = ShadowAlert(
            transaction_id=(identity or b"").decode(errors="replace"),
            partition=int(batch.source_partition[row]),
            offset=int(batch.source_offset[row]),
            event_time=float(batch.columns.time[row]),
            amount=float(batch.columns.amount[row]),
            shadow=shadows[place],
            episode=episodes[place],
            surprise=float(surprise[place]),
            alerted=bool(scores.decision[row] != Decision.APPROVE),
            control_offset=scores.control_offset,
            to_list=to_list,
            key=key,
        )
        records.append(msgspec.json.encode(one))
    return rows, ByteStrings.from_list(records)
