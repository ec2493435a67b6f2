"""From an episode to the gate's verdict, with what the analyst should know."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adaptation.intake.checks import Flagged
from adaptation.proposing.prepared import Prepared
from adaptation.proposing.support_notes import notes_of
from meta import episode
from meta.arrays import Floats, Rows
from meta.support import Support
from meta.verdict import Verdict


@dataclass(frozen=True)
class Proposal:
    """A detector with the gate's verdict on it.

    Attributes:
        verdict: What the gate found.
        rows: Number of transactions that the detector was calibrated on.
        risk_share: Part of the boosts of entities that the threshold counts on, 0 to 1.
        notes: What the flags themselves show: flags set aside, strangers, two patterns, ordinary traffic.
        seconds: Wall time of adapting, calibrating and judging.
        processor_seconds: Processor time of this thread in it; on a busy machine the rest is waiting.
    """

    verdict: Verdict
    rows: int
    risk_share: float
    notes: tuple[str, ...]
    seconds: float
    processor_seconds: float


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
    """Adapt to what was flagged and judge the detector beside everything in force.

    Args:
        flagged: Transactions of the episode.
        prepared: Recent traffic under everything in force.
        replay: Known fraud that must not be lost, raw features float32 (m, d), by name of the set.
        threshold: The threshold in force, as surprise.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        seed: Equal seeds give equal detectors.
        beside: Positions of the live detectors that the new one is judged beside; all where not given. A
            detector that the new one replaces is not among them.

    Raises:
        TooLittleTraffic: too few transactions are stored to calibrate on.
    """
    started, worked = time.perf_counter(), time.thread_time()
    found = episode.propose(
        prepared.traffic,
        prepared.adapter,
        Support(flagged.fraud_features(), flagged.genuine_features()),
        _rows(flagged, prepared),
        replay,
        threshold=threshold,
        budget=budget,
        seed=seed,
        beside=beside,
    )
    return Proposal(
        found.verdict,
        found.rows,
        found.risk_share,
        notes_of(found.verdict, flagged),
        time.perf_counter() - started,
        time.thread_time() - worked,
    )


def _rows(flagged: Flagged, prepared: Prepared) -> Rows:
    ids = [row.transaction_id for row in (*flagged.fraud, *flagged.genuine)]
    traces = prepared.traces(flagged.entities, ids, flagged.first_event_time)
    return episode.choose_rows(prepared.event_time, traces)
