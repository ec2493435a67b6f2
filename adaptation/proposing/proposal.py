"""From an episode to the gate's verdict: which rows calibrate it, and what it must not lose."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adaptation.intake.checks import Flagged
from adaptation.proposing.prepared import Prepared
from adaptation.proposing.support_notes import notes_of
from meta.arrays import Floats
from meta.false_alerts import CLEARLY, sort_alerts
from meta.gate import judge
from meta.reservoir import FEWEST_ROWS
from meta.support import Support
from meta.verdict import Limits, Verdict

BACKGROUND = 2_048
"""Rows that the adapter may read; it draws from them itself."""


UNJUDGED = "unjudged alerts"
"""Name of a replay set: clear alerts of late, beyond what calibration expects of genuine traffic."""


class TooLittleTraffic(Exception):
    """Too few genuine transactions are stored to calibrate on."""


@dataclass(frozen=True)
class Proposal:
    """A detector with the gate's verdict on it."""

    verdict: Verdict
    rows: int
    """Transactions that it was calibrated on."""
    risk_share: float
    """Scale of what confirmed frauds of an entity add to surprise, which the threshold counts on."""
    notes: tuple[str, ...]
    """What the support itself shows: flags set aside, strangers in it, two patterns, ordinary traffic."""
    seconds: float
    """Adapting, calibrating and judging, all together."""
    processor_seconds: float
    """Of it, what this thread had of the processor: on a busy machine the rest is waiting."""


def propose(
    flagged: Flagged,
    prepared: Prepared,
    replay: Mapping[str, Floats],
    *,
    threshold: float,
    budget: float,
    seed: int,
    beside: Sequence[int] | None = None,
) -> Proposal:
    """Adapt to what was flagged and judge the detector beside all that is in force.

    `threshold` is the one in force, as surprise, `budget` a share in (0, 1), `beside` the live detectors that
    it is judged beside, all if None: one that it replaces is not among them. Raises TooLittleTraffic.
    """
    started, worked = time.perf_counter(), time.thread_time()
    surprise = prepared.joint
    rows = sort_alerts(_apart(flagged, prepared), surprise, threshold, budget)
    clear = rows.suspect[surprise[rows.suspect] > threshold + CLEARLY]
    risk_share = prepared.risk_share_within(rows.genuine, budget)
    stack = prepared.part(rows.genuine, risk_share)
    reservoir = stack.reservoir
    if beside is not None:
        stack = stack.replaced([stack.detectors[place] for place in beside])
    verdict = judge(
        stack,
        prepared.adapter,
        Support(flagged.fraud_features(), flagged.genuine_features()),
        reservoir.X[:BACKGROUND],
        reservoir,
        {**replay, UNJUDGED: prepared.reservoir.X[clear]},
        seed=seed,
        limits=Limits(budget=budget),
    )
    return Proposal(
        verdict,
        len(rows.genuine),
        risk_share,
        notes_of(verdict, flagged),
        time.perf_counter() - started,
        time.thread_time() - worked,
    )


def _apart(flagged: Flagged, prepared: Prepared) -> NDArray[np.intp]:
    """Rows that hardly hold the same pattern: of other entities, and from before its first transaction."""
    ids = [row.transaction_id for row in (*flagged.fraud, *flagged.genuine)]
    rows = prepared.apart_from(flagged.entities, ids, before=flagged.first_event_time)
    if len(rows) < FEWEST_ROWS:
        # A stream that has only begun: traffic since the first flag is better than none.
        rows = prepared.apart_from(flagged.entities, ids, before=np.inf)
    if len(rows) < FEWEST_ROWS:
        raise TooLittleTraffic(
            f"{len(rows)} genuine transactions are stored to calibrate on, {FEWEST_ROWS} are needed; "
            "flag again when more have been scored"
        )
    return rows
