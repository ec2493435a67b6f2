"""The blast radius of a decision policy: what it would do with stored traffic, by segment."""

from nicegui import ui

from console.pages.answer_place import AnswerPlace
from console.pages.parts import banner, box, button, panel, table, text, tile
from console.pages.policy_form import PolicyForm
from console.pages.rule_radius import PERIODS
from console.pages.viewer import PageViewer
from console.pages.words import short
from console.results.decision_policy import PolicyPreview

HEADS = ("Segment", "~#Transactions", "#Reviewed", "#Declined", "#Fraud held", "~#Genuine declined")


class PolicyRadiusPanel:
    """Looks back over the stored past with the policy that the form holds."""

    def __init__(self, viewer: PageViewer, form: PolicyForm) -> None:
        self._viewer, self._form = viewer, form

    def show(self) -> None:
        """Draw the panel."""
        if not self._viewer.may("flag"):
            return
        with panel("Blast radius"), box("stack tight"):
            text(
                "What these segments would do with stored traffic, beside what is in force, at the threshold "
                "of now.",
                "muted small",
            )
            with box("line"):
                self._days = ui.select(PERIODS, label="Look back", value=7).props("outlined dense")
                self._days.style("width: 120px")
                asks = button("See blast radius", self._ask)
            self._answer = AnswerPlace(asks, box("stack").props("aria-live=polite data-radius"))

    async def _ask(self) -> None:
        wanted = self._form.body() | {"days": self._days.value}
        await self._answer.fill(
            lambda: self._viewer.api.post("/decision-policy/preview", PolicyPreview, wanted), _found
        )


def _found(preview: PolicyPreview) -> None:
    found = preview.radius
    if found.limited:
        banner(found.limited)
    with box("tiles"):
        alerts = f"{short(found.alerts_a_day_now)} to {short(found.alerts_a_day)}"
        tile("Alerts a day", alerts, f"the budget allows {short(found.budget_a_day)}")
        declined = sum(one.declined for one in found.segments)
        now = sum(one.declined_now for one in found.segments)
        tile("Declined", f"{now:,} to {declined:,}", f"of {found.transactions:,} in {found.days:,.1f} days")
        held = sum(one.fraud_held for one in found.segments)
        before, fraud = (sum(getattr(one, n) for one in found.segments) for n in ("fraud_held_now", "fraud"))
        tile("Known fraud held", f"{before:,} to {held:,}", f"of {fraud:,}")
        tile("By lists and rules", f"{found.by_others:,}", "alerts that stay as they were")
    with table(HEADS, "Blast radius by segment"):
        for one in found.segments:
            with ui.element("tr") as line:
                line.props["data-radius-of"] = one.name
                text(one.name, tag="td")
                text(f"{one.transactions:,}", "number", tag="td")
                for before, after in (
                    (one.reviewed_now, one.reviewed),
                    (one.declined_now, one.declined),
                    (one.fraud_held_now, one.fraud_held),
                    (one.genuine_declined_now, one.genuine_declined),
                ):
                    text(f"{before:,} → {after:,}", "number", tag="td")
