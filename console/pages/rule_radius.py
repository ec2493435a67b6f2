"""The blast radius of a rule: what it would have matched, added and caught in stored traffic."""

from typing import Protocol

from nicegui import ui

from console.pages.answer_place import AnswerPlace
from console.pages.charts import DAYS as BY_DAY
from console.pages.charts import over_time
from console.pages.entity import payments_table
from console.pages.parts import banner, box, button, panel, table, text, tile
from console.pages.viewer import PageViewer
from console.pages.words import NOTHING, percent, short
from console.results.rules import CounterExample, RulePreview

PERIODS = {7: "7 days", 30: "30 days", 90: "90 days"}
OVERLAPS = 8  # rows of the table; the rest is small


class Draft(Protocol):
    """The form whose rule is tried."""

    @property
    def trial(self) -> dict[str, object]:
        """What the API needs to try the rule."""


class RadiusPanel:
    """Looks back over the stored past with the rule that the form holds."""

    def __init__(self, viewer: PageViewer, draft: Draft) -> None:
        self._viewer, self._draft = viewer, draft

    def show(self) -> None:
        """Draw the panel."""
        if not self._viewer.may("flag"):
            return
        with panel("Blast radius"), box("stack tight"):
            text(
                "What the rule would have done in stored traffic, as live for its percent of cards.",
                "muted small",
            )
            with box("line"):
                self._days = ui.select(PERIODS, label="Look back", value=7).props("outlined dense")
                self._days.style("width: 120px")
                asks = button("See blast radius", self._ask)
            self._answer = AnswerPlace(asks, box("stack").props("aria-live=polite data-radius"))

    async def _ask(self) -> None:
        wanted = self._draft.trial | {"days": self._days.value}
        await self._answer.fill(
            lambda: self._viewer.api.post("/rules/preview", RulePreview, wanted), self._found
        )

    def _found(self, found: RulePreview) -> None:
        radius = found.radius
        radius_tiles(found)
        if radius.limited:
            banner(radius.limited)
        series = {
            "matches": [float(day.matches) for day in radius.by_day],
            "alerts added": [float(day.added) for day in radius.by_day],
            "known fraud": [float(day.fraud) for day in radius.by_day],
        }
        at = [day.at for day in radius.by_day]
        over_time(at, series, zone=self._viewer.zone, label="Matches by day in the past", written=BY_DAY)
        _overlaps(found)
        text("Newest matches", tag="h3")
        payments_table(self._viewer, found.examples, "It matches no stored transaction.")
        _near_misses(self._viewer, found.counter_examples)


def radius_tiles(preview: RulePreview) -> None:
    """Draw the figures of a blast radius."""
    found = preview.radius
    looked = f"of {found.transactions:,} in {found.days:,.1f} days"
    with box("tiles"):
        tile("Matches a day", short(found.matches_a_day), f"{found.matches:,} {looked}")
        if found.removed:
            tile("Alerts taken away", f"{found.removed:,}", "matches that were held")
        tile("More alerts a day", short(found.added_a_day), f"{found.added:,} that were approved")
        tile(
            "Known fraud caught",
            f"{found.fraud:,}",
            f"of {found.known_fraud:,}; {found.new_fraud:,} that had passed",
        )
        tile("Its amount", f"{found.fraud_amount:,.2f}", f"of {found.known_fraud_amount:,.2f}")
        tile("Precision", percent(found.precision, 0), _interval(preview))
        alerts = f"{short(found.alerts_a_day)} to {short(found.alerts_a_day_with)}"
        tile("Alerts a day", alerts, f"the budget allows {short(found.budget_a_day)}")


def _interval(preview: RulePreview) -> str:
    found = preview.radius
    judged = found.fraud + found.genuine
    if not judged:
        return "no match is judged"
    return f"{found.precision_low:.0%} to {found.precision_high:.0%} (95%), {judged:,} judged"


def _overlaps(preview: RulePreview) -> None:
    found = preview.radius
    rows = [one for one in found.overlaps if one.both][:OVERLAPS]
    text(f"{found.alone:,} matches are held by nothing else.", "muted small")
    if not rows:
        return
    with table(["Also held or matched by", "#Both", "~#In all"], "Overlap with other rules and detectors"):
        for one in rows:
            with ui.element("tr"):
                text(one.name, "mono", tag="td")
                text(f"{one.both:,}", "number", tag="td")
                text(f"{one.total:,}", "number", tag="td")


def _near_misses(viewer: PageViewer, found: list[CounterExample]) -> None:
    if not found:
        return
    text("Nearest that it does not match", tag="h3")
    payments_table(viewer, [one.transaction for one in found], NOTHING)
    for why in dict.fromkeys(one.why for one in found if one.why):
        text(why, "muted small")
