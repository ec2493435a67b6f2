"""What an episode would do before it is made: asked of the worker, shown as numbers and examples."""

from functools import partial

from console.pages.entity import payments_table
from console.pages.matches import matches_panel
from console.pages.parts import banner, box, button, failed, panel, text, tile, waiting
from console.pages.support import SupportPanel
from console.pages.viewer import PageViewer
from console.pages.words import NOTHING, amount, percent, short
from console.results.preview import EpisodePreview, MatchExamples


class PreviewPanel:
    """Shows what a draft of the flags would do; a newer request makes an older answer worthless."""

    def __init__(self, viewer: PageViewer, support: SupportPanel) -> None:
        self._viewer = viewer
        self._support = support
        self._asked = 0
        self._place = box("stack")
        self._place.props["aria-live"] = "polite"

    def wait(self) -> int:
        """Show that an answer is on its way; returns its number."""
        self._asked += 1
        self._place.clear()
        with self._place, panel("What it would do"):
            waiting()
        return self._asked

    def nothing(self) -> None:
        """There is nothing to ask about."""
        self._asked += 1
        self._place.clear()

    def fail(self, number: int, told: str) -> None:
        """Say why there is no answer."""
        if self._is_newest(number):
            with self._place, panel("What it would do"):
                failed(told)

    def show(self, number: int, found: EpisodePreview) -> None:
        """Show an answer, unless a newer one was asked for."""
        if self._is_newest(number):
            with self._place:
                self._checks(found)
                _effects(found)
                matches_panel(self._viewer, self._support, found)
                _examples(self._viewer, found.examples)

    def _is_newest(self, number: int) -> bool:
        if number != self._asked or self._place.is_deleted:
            return False
        self._place.clear()
        return True

    def _checks(self, found: EpisodePreview) -> None:
        """What the flags show by themselves, and the gate's opinion."""
        support, gate = found.support, found.gate
        odd = dict.fromkeys(support.strangers, "unlike the others")
        self._support.mark(odd | dict.fromkeys(support.set_aside, "set aside"))
        if gate.passes:
            banner("The gate would let it pass.", "genuine")
        else:
            banner(f"The gate would keep it as a draft: {gate.reason}", "fraud")
        for note in support.notes:
            banner(note)
        if support.groups:
            with panel("Two patterns"), box("line"):
                for place, group in enumerate(support.groups, 1):
                    words = f"Keep pattern {place} ({len(group)} flags)"
                    button(words, partial(self._support.keep, list(group)))


def _effects(found: EpisodePreview) -> None:
    with box("tiles"):
        tile("More alerts a day", short(found.alerts_a_day), _looked_over(found))
        tile("Known frauds found", short(found.frauds_caught))
        tile("False positives", short(found.false_positives), "known to be genuine")
        tile("Their amount", amount(found.cost, found.currency))
        own = found.support.found
        tile("Flags found again", percent(own, 0) if own is not None else NOTHING, "each left out in turn")
    text(
        "At the budget in force. Once it is flagged, «What if» on the episode's page tries other budgets, "
        "over up to 90 days.",
        "muted small",
    )


def _looked_over(found: EpisodePreview) -> str:
    """How far the look-back reached, or why it did not."""
    if found.days is None:
        return found.why_no_matches
    return f"over {found.days:.1f} days"


def _examples(viewer: PageViewer, examples: MatchExamples) -> None:
    for title, rows in (("Would be caught", examples.caught), ("Would be alerted in vain", examples.false)):
        if rows:
            with panel(title):
                payments_table(viewer, rows, "")
