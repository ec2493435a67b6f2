"""What another budget, another threshold or other detectors would have done to the stored past.

The preview of flags tells what a detector would do that is not made yet, at the budget in force; this takes
those that are stored, drafts too, and any terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.context import ConsoleContext
from console.errors import Invalid, Refused
from console.models.results import STAGES, AlternativeTerms, CannotScore, ModelsBusy
from console.results.what_if import WhatIf, WhatIfProgress
from console.services.episode_lookup import found_episode


@dataclass(frozen=True)
class WhatIfTerms:
    """What is to be tried over the last `days`; null and empty stay as they are in force.

    With an `episode`, its detector scores, also where it is not in force, or with `with_episode` false does
    not, also where it is.
    """

    days: float
    episode: str | None
    with_episode: bool
    without: Sequence[str]
    budget: float | None
    threshold: float | None


def what_if(context: ConsoleContext, terms: WhatIfTerms) -> WhatIf:
    """Try them. Raises Invalid, NotFound, and Refused where it cannot be told or another one runs."""
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
    """How far it is."""
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
        episode = found_episode(unit, name)
    if episode.detector_id is None:
        raise Refused(f"episode {episode.name!r} has no detector", where="episode")
    return episode.detector_id
