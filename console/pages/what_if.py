"""A panel of an episode that tries other terms on stored transactions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, button, failed, panel, table, text
from console.pages.viewer import PageViewer
from console.pages.words import NOTHING, amount, percent
from console.results.administration import PolicyInForce
from console.results.what_if import TermsEffect, WhatIf, WhatIfProgress

DAYS = {1: "1 day", 7: "7 days", 30: "30 days", 90: "90 days"}
LOOK_S = 0.5
STAGES = {
    "waiting": "Waiting for the models",
    "calibrating": "Reading traffic for the thresholds",
    "reading": "Reading transactions",
    "scoring": "Scoring transactions again",
}


class WhatIfPanel:
    """A form with days, budget and whether the episode's detector scores, and a table of both sides.

    Args:
        episode: its id.
        in_force: whether its detector scores now.
    """

    def __init__(self, viewer: PageViewer, episode: str, *, in_force: bool, currency: str) -> None:
        self._viewer, self._episode, self._currency = viewer, episode, currency
        self._with = not in_force
        """Initial choice: with the detector for a draft, without it for a live one."""

    async def show(self) -> None:
        """Draw the panel, starting with the budget in force."""
        policy = await self._viewer.api.get("/policy", PolicyInForce)
        with panel("What if"), box("stack tight"):
            with box("muted small"):
                words = (
                    "Scores stored transactions again, without this episode's own flags. "
                    "Before a detector exists, "
                )
                text(words, tag="span")
                ui.link("the preview of a new episode", "/new-episode")
                text(" shows the effect of flags.", tag="span")
            with box("line"):
                self._days = ui.select(DAYS, value=30, label="Last").props("outlined dense")
                self._budget = ui.number("Budget, %", value=100 * policy.alert_rate, min=0.0001, max=50)
                self._budget.props("outlined dense step=0.01").style("width: 110px")
                self._scores = ui.checkbox("with this detector", value=self._with)
                self._button = button("Try", self._run)
            self._place = box("stack tight")
            self._place.props["aria-live"] = "polite"

    async def _run(self) -> None:
        self._button.disable()
        self._place.clear()
        with self._place:
            stage = text(STAGES["waiting"] + "…", "muted")
            bar = ui.linear_progress(0.0, show_value=False).props("aria-label=Progress")
            watch = ui.timer(LOOK_S, lambda: self._look(stage, bar))
        try:
            found = await self._viewer.api.post("/what-if", WhatIf, self._terms())
            self._tell(partial(self._effects, found))
        except ApiRefused as refused:
            self._tell(partial(failed, refused.what))
        finally:
            watch.cancel()

    def _tell(self, draw: Callable[[], None]) -> None:
        if self._place.is_deleted:
            return  # the page was left meanwhile
        self._button.enable()
        self._place.clear()
        with self._place:
            draw()

    def _terms(self) -> dict[str, Any]:
        budget = None if self._budget.value is None else self._budget.value / 100
        return {
            "days": self._days.value,
            "episode": self._episode,
            "with_episode": self._scores.value,
            "budget": budget,
        }

    async def _look(self, stage: ui.label, bar: ui.linear_progress) -> None:
        found = await self._viewer.api.get("/what-if", WhatIfProgress)
        if found.running and not stage.is_deleted:
            stage.text = STAGES[found.stage] + "…"
            bar.value = found.step / (found.steps + 1)

    def _effects(self, found: WhatIf) -> None:
        with table(["", "#Now", "#Then"], "Terms"):
            for name, read in self._rows().items():
                with ui.element("tr"):
                    text(name, "muted", tag="td")
                    for side in (found.now, found.then):
                        text(read(side), "number", tag="td")
        text(_looked_at(found), "muted small")

    def _rows(self) -> dict[str, Callable[[TermsEffect], str]]:
        def money(value: float) -> str:
            return amount(value, self._currency)

        return {
            "Alerts a day": lambda e: f"{e.alerts_a_day:,.1f}",
            "Known fraud caught": lambda e: f"{e.caught:,} of {e.frauds:,} ({_share(e)})",
            "Its amount": lambda e: f"{money(e.amount_caught)} of {money(e.fraud_amount)}",
            "Known genuine alerted": lambda e: f"{e.false_alarms:,}",
            "Unjudged alerts": lambda e: f"{e.unjudged:,}",
            "Threshold, as surprise": lambda e: f"{e.threshold:.2f}",
        }


def _share(effect: TermsEffect) -> str:
    return percent(effect.caught / effect.frauds, 0) if effect.frauds else NOTHING


def _looked_at(found: WhatIf) -> str:
    most = "The newest " if found.limited else ""
    return (
        f"{most}{found.transactions:,} transactions of {found.days:.1f} days: {found.added:,} "
        f"alerts would be added, {found.lost:,} removed. Blocks and boosts of single entities are left out."
    )
