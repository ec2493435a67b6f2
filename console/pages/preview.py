"""The preview of an episode: figures, matches and examples."""

from collections.abc import Callable
from functools import partial

from console.pages.entity import payments_table
from console.pages.matches import matches_panel
from console.pages.parts import banner, box, button, failed, panel, text, tile, waiting
from console.pages.support import SupportPanel
from console.pages.trade_off_panel import trade_off_panel
from console.pages.viewer import PageViewer
from console.pages.words import NOTHING, amount, percent, short
from console.results.preview import EpisodePreview, MatchExamples


class PreviewPanel:
    """Shows the preview of the current flags; answers to older requests are dropped.

    Attributes:
        share: the point of the trade-off that a lead has chosen; None leaves the choice to the gate.
    """

    def __init__(self, viewer: PageViewer, support: SupportPanel, ask_again: Callable[[], object]) -> None:
        self._viewer = viewer
        self._support = support
        self._ask_again = ask_again
        self.share: float | None = None
        self._asked = 0
        self._place = box("stack")
        self._place.props["aria-live"] = "polite"

    def wait(self) -> int:
        """Show a placeholder and return the number of the request."""
        self._asked += 1
        self._place.clear()
        with self._place, panel("Preview"):
            waiting()
        return self._asked

    def nothing(self) -> None:
        """Clear the panel."""
        self._asked += 1
        self._place.clear()

    def fail(self, number: int, told: str) -> None:
        """Show why there is no preview."""
        if self._is_newest(number):
            with self._place, panel("Preview"):
                failed(told)

    def show(self, number: int, found: EpisodePreview) -> bool:
        """Show a preview, and return whether it was still wanted."""
        newest = self._is_newest(number)
        if newest:
            with self._place:
                self._checks(found)
                if found.trade_off is not None:
                    choose = self._choose if self._viewer.may("approve") else None
                    trade_off_panel(found.trade_off, choose, by_hand=self.share is not None)
                if found.searched:
                    _effects(found)
                    matches_panel(self._viewer, self._support, found)
                    _examples(self._viewer, found.examples)
                else:
                    with panel("Searching earlier payments"):
                        waiting()
        return newest

    def _choose(self, share: float | None) -> None:
        self.share = share
        self._ask_again()

    def _is_newest(self, number: int) -> bool:
        if number != self._asked or self._place.is_deleted:
            return False
        self._place.clear()
        return True

    def _checks(self, found: EpisodePreview) -> None:
        """Show the checks of the flags, and the gate's opinion."""
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
        tile("False positives", short(found.false_positives), "known genuine")
        tile("Their amount", amount(found.cost, found.currency))
        own = found.support.found
        tile("Flags found again", percent(own, 0) if own is not None else NOTHING, "leave-one-out")
    text(
        "Figures use the current budget. After flagging, «What if» on the episode's page tries other "
        "budgets over up to 90 days.",
        "muted small",
    )


def _looked_over(found: EpisodePreview) -> str:
    """The period that was searched, or why there is none."""
    if found.days is None:
        return found.why_no_matches
    return f"over {found.days:.1f} days"


def _examples(viewer: PageViewer, examples: MatchExamples) -> None:
    for title, rows in (("Would be caught", examples.caught), ("Would be false alarms", examples.false)):
        if rows:
            with panel(title):
                payments_table(viewer, rows, "")
