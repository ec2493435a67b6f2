"""What-ifs: score stored transactions with another budget, threshold or set of detectors.

A preview covers a detector that does not exist yet, at the current budget. A what-if covers stored detectors,
drafts included, with any terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.context import ConsoleContext
from console.errors import Invalid, Refused
from console.models.results import STAGES, AlternativeTerms, CannotScore, ModelsBusy
from console.results.what_if import WhatIf, WhatIfProgress
from console.services.episode_lookup import find_episode


@dataclass(frozen=True)
class WhatIfTerms:
    """Terms to try over the last `days`; None and empty keep the terms in force.

    The detector of `episode` scores if `with_episode` is true, whether or not it is in force. Otherwise it
    does not score.
    """

    days: float
    episode: str | None
    with_episode: bool
    without: Sequence[str]
    budget: float | None
    threshold: float | None


def what_if(context: ConsoleContext, terms: WhatIfTerms) -> WhatIf:
    """Score stored transactions under `terms`.

    Raises:
        Invalid: both budget and threshold are given.
        NotFound: no such episode.
        Refused: too little is stored, a detector cannot score, or another what-if is running.
    """
    if terms.budget is not None and terms.threshold is not None:
        raise Invalid(
            "budget and threshold exclude each other", where="budget, threshold", allowed="one of them"
        )
    try:
        return context.models.what_if(_change(context, terms))
    except CannotScore as lack:
        raise Refused(str(lack)) from None
    except ModelsBusy:
        raise Refused("another what-if is running; try again when it is done", where="what-if") from None


def running(context: ConsoleContext) -> WhatIfProgress:
    """Return the progress of the running what-if."""
    stage = context.models.stage()
    name = "" if stage is None else STAGES[stage]
    return WhatIfProgress(stage is not None, name, 0 if stage is None else stage + 1, len(STAGES))


def _change(context: ConsoleContext, terms: WhatIfTerms) -> AlternativeTerms:
    detector, without = _detector(context, terms.episode), tuple(terms.without)
    return AlternativeTerms(terms.days, detector, terms.with_episode, without, terms.budget, terms.threshold)


def _detector(context: ConsoleContext, name: str | None) -> str:
    if name is None:
        return ""
    with context.unit(reads_only=True) as unit:
        episode = find_episode(unit, name)
    if episode.detector_id is None:
        raise Refused(f"episode {episode.name!r} has no detector", where="episode")
    return episode.detector_id
