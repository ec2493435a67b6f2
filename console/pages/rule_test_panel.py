"""Tests a condition on one stored transaction."""

from typing import Any

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import banner, box, button, failed, panel, table, text
from console.pages.rule_problem import Editor
from console.pages.viewer import PageViewer
from console.pages.words import NOTHING, amount, utc_time
from console.results.rules import RuleTest, RuleValue

TIMES = ("time", "local_time")
SHORT = 1e4  # from here on, four digits would print as a power of ten


class RuleTestPanel:
    """Shows whether the condition in the editor matches a transaction, and what it reads of it."""

    def __init__(self, viewer: PageViewer, editor: Editor) -> None:
        self._viewer, self._editor = viewer, editor

    def show(self) -> None:
        """Draw the panel."""
        with panel("Test on one transaction"), box("stack tight"):
            with box("line"):
                self._id = ui.input("Transaction id").props("outlined dense maxlength=200")
                self._id.style("flex: 1 1 160px").on("keydown.enter", self._test)
                button("Test", self._test)
            self._place = box("stack tight").props("role=status")

    async def _test(self) -> None:
        draft = {
            "condition": self._editor.condition.value or "",
            "zone": self._editor.zone,
            "transaction_id": (self._id.value or "").strip(),
        }
        self._place.clear()
        try:
            found = await self._viewer.api.post("/rules/test", RuleTest, draft)
        except ApiRefused as refused:
            with self._place:
                failed(refused.what)
            return
        with self._place:
            _outcome(found)


def _outcome(found: RuleTest) -> None:
    banner("It matches." if found.matches else "It does not match.", "genuine" if found.matches else "")
    row = found.transaction
    text(f"{amount(row.amount, row.currency)}, {row.merchant}, decided {row.decision}", "muted small")
    with table(["Name", "#Value"], "Values of the transaction"):
        for one in found.values:
            with ui.element("tr"):
                text(one.name, "mono", tag="td")
                text(_words(one), "number", tag="td")


def _words(one: RuleValue) -> str:
    value: Any = one.value
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if one.name in TIMES:
        # A local time is a number of seconds that already has the zone's difference.
        return utc_time(value).removesuffix(" UTC") + ("" if one.name == "local_time" else " UTC")
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < SHORT else f"{value:,.0f}"
    return str(value)
