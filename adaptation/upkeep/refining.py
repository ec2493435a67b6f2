"""Refines a live detector: a slower adapter replaces it as a new version if the gate finds that one better.

1. Judge the detector and the refined one on the same traffic.  2. Announce the refined one if it is better.
3. Note what was found. After a stop between two steps all are repeated; a refined detector that is announced
already is not taken back.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from functools import partial

from adaptation.context import AdaptationContext
from adaptation.going_live import episode_records as records
from adaptation.going_live.members import request_of
from adaptation.going_live.outcome import detector_change
from adaptation.intake.checks import RequestRefused
from adaptation.intake.labelling import GROWN_AT
from adaptation.proposing.adapting import Adapted, adapt
from adaptation.proposing.identity import detector_id
from adaptation.upkeep.background import Background, UnderWay
from contracts.metrics import adaptation as metrics
from control.snapshot import Snapshot
from meta.adapters.refined import NAME
from storage.episodes import LIVE, REFINED, Episode

log = logging.getLogger(__name__)

QUIET_S = 2.0
"""Flags come in bursts, and each one makes a refined detector obsolete: so refinement waits for quiet."""
GAIN_MARGIN = 0.05
"""Part of the gain below which two gains are equal: a refined detector costs the scorer ten times as much."""
FOUND_MARGIN = 0.05
"""Share of left-out flags that a refined detector must find in addition where gains are equal: one of 20."""


@dataclass(frozen=True)
class Figures:
    """What the gate expects of a detector.

    Attributes:
        gain: Frauds or money a day, as `gate.objective` says; in parts of the pattern's rate where no day of
            traffic is known.
        found: Share of left-out flags that are found, 0 to 1.
    """

    gain: float
    found: float

    @classmethod
    def of(cls, adapted: Adapted) -> Figures:
        """Return the figures of a detector that was judged."""
        verdict = adapted.proposal.verdict
        return cls(verdict.trade_off.point.gain, verdict.found)

    def better_than(self, other: Figures) -> bool:
        """Return whether the gain is larger, or as large with more left-out flags found.

        >>> Figures(38.0, 0.8).better_than(Figures(30.0, 0.9))
        True
        >>> Figures(30.5, 0.8).better_than(Figures(30.0, 0.8))
        False
        """
        margin = GAIN_MARGIN * max(abs(self.gain), abs(other.gain))
        if abs(self.gain - other.gain) > margin:
            return self.gain > other.gain
        return self.found - other.found >= FOUND_MARGIN


def refine(context: AdaptationContext, snapshot: Snapshot, background: Background) -> bool:
    """Refine the detector of the newest live episode that was not refined yet. Repeating it is harmless.

    It takes several calls: the refined detector is made and judged in the background.

    Args:
        context: database, control log, prepared calibration, standing policy.
        snapshot: everything in force.
        background: makes and judges the refined detector.

    Returns:
        Whether one was refined, or kept as it was.

    Raises:
        StorageUnavailable: the database is away.
        ControlLogUnavailable: the broker is away.
    """
    due = _due(context, snapshot)
    if due is None:
        return False
    request = request_of(due, reason="refined")
    terms = partial(adapt, context, request, context.clock(), approved=True, may_surge=False)
    try:
        refined = terms(adapter=NAME, run=background.run)
        fast = terms()
    except UnderWay:
        return False
    except RequestRefused as lack:
        _note(context, due, False, {"said": f"not refined: {lack}"})
        return True
    taken = _takes(snapshot, fast, refined)
    offset = None
    if taken:
        offset = context.announcer.announce(detector_change(request, refined)).offset
        records.note_new_version(context, request, refined, offset)
    seconds = context.clock() - due.flagged_at
    figures = {"refined": asdict(Figures.of(refined)), "before": asdict(Figures.of(fast)), "seconds": seconds}
    said = _in_words(fast, refined, taken, seconds)
    _note(context, due, taken, {"said": said, **figures})
    log.info("adapter: episode %r: %s; control offset %s", due.name, said, offset)
    return True


def _due(context: AdaptationContext, snapshot: Snapshot) -> Episode | None:
    """Return the newest live episode whose detector scores, is settled, and was not refined yet.

    None while flags are coming in.
    """
    most, base = context.policy.most_refined, snapshot.base
    if not most or base is None or context.preparation.adapter_name == NAME:
        return None
    refined = {one.id for one in snapshot.detectors if one.detector.adapter == NAME}
    free = {one.id for one in snapshot.detectors if len(refined - {one.id}) < most}
    if not free:
        return None
    with context.unit(reads_only=True) as unit:
        live = unit.episodes.with_status(LIVE)
        if live and context.clock() - max(episode.flagged_at for episode in live) < QUIET_S:
            return None
        for episode in reversed(live):
            current = detector_id(episode.id, episode.name, base.content_hash)
            if (
                current == episode.detector_id
                and current in free
                and not {REFINED, GROWN_AT} & episode.details.keys()
                and episode.transactions  # loads them while the unit is open
            ):
                return episode
    return None


def _takes(snapshot: Snapshot, fast: Adapted, refined: Adapted) -> bool:
    """Whether the refined detector goes live, or is live since an earlier try that was cut off."""
    if not refined.proposal.verdict.passed:
        return False
    announced = any(live.id == refined.id and live.detector.adapter == NAME for live in snapshot.detectors)
    return announced or Figures.of(refined).better_than(Figures.of(fast))


def _in_words(fast: Adapted, refined: Adapted, taken: bool, seconds: float) -> str:
    after, before = Figures.of(refined), Figures.of(fast)
    compared = (
        f"expected gain {after.gain:,.3g} (before {before.gain:,.3g}), "
        f"left-out flags found {after.found:.0%} (before {before.found:.0%})"
    )
    if taken:
        return f"refined {seconds:.1f} s after the last flag: {compared}"
    against = "; ".join(refined.proposal.verdict.reasons) or "not better"
    return f"kept, a refined detector is not taken ({against}): {compared}"


def _note(context: AdaptationContext, episode: Episode, taken: bool, found: dict[str, object]) -> None:
    """Note in the episode that its detector was refined or kept."""
    with context.unit() as unit:
        stored = unit.episodes.get(episode.id)
        assert stored is not None  # episodes are not deleted
        stored.details = {**stored.details, REFINED: {"taken": taken, **found}}
        action = "refine: taken" if taken else "refine: kept"
        unit.audit.append("adapter", action, subject=stored.id, time=context.clock(), details=found)
        unit.commit()
    metrics.EPISODES.labels("refined" if taken else "refinement kept").inc()
