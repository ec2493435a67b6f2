"""The mode of a rule: off, shadow, or live for a percent of the cards; and its removal."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from console.pages.evidence import evidence_links
from console.pages.parts import banner, box, button, dialog_sheet, facts, panel, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.requests import RequestResult
from console.results.rules import RuleDetails

MODES = {"off": "Off", "shadow": "Shadow", "live": "Live"}


class ModePanel:
    """Sets the mode through the adaptation worker; with four eyes the writer cannot set a rule live."""

    def __init__(self, viewer: PageViewer, found: RuleDetails, after: Callable[[], Awaitable[None]]) -> None:
        self._viewer, self._found, self._after = viewer, found, after

    def take(self, found: RuleDetails) -> None:
        """Take the rule as it was read last."""
        self._found = found
        self.show.refresh()

    @ui.refreshable_method
    def show(self) -> None:
        """Draw the panel."""
        found = self._found
        with panel("Mode"), box("stack tight"):
            if found.state == "removed":
                text("It is removed. Roll the last change back to bring it back.", "muted small")
            else:
                self._form()
            evidence_links(self._viewer, f"rule/{found.id}")
            facts(
                [
                    ("Written by", found.written_by),
                    ("Changed by", found.changed_by),
                    ("Reason", found.reason),
                    ("Control offset", f"{found.control_offset:,}"),
                ]
            )

    def _form(self) -> None:
        terms = self._found.terms
        self._mode = ui.radio(MODES, value=terms.mode).props("inline")
        self._mode.props["aria-label"] = "Mode"
        self._percent = ui.number("Percent of cards", value=terms.percent, min=0.01, max=100, step=1)
        self._percent.props("outlined dense").bind_visibility_from(
            self._mode, "value", backward=lambda mode: mode == "live"
        )
        self._why = ui.input("Reason").props("outlined dense maxlength=500")
        if self._found.four_eyes and self._found.written_by == self._viewer.name:
            banner("You wrote it last. Another person must set it live.")
        with box("line"):
            if self._viewer.may("approve"):
                button("Set mode", self._set, kind="go")
                box("grow")
                button("Remove", self._ask_remove, kind="quiet")
        text("A larger percent adds cards and drops none.", "muted small")

    async def _set(self) -> None:
        body = {"mode": self._mode.value, "note": self._why.value or ""}
        if self._mode.value == "live":
            body["percent"] = self._percent.value
        with notify_refusals():
            answer = await self._viewer.api.post(f"/rules/{self._found.id}/mode", RequestResult, body)
            ui.notify(answer.message or f"Set {self._mode.value}")
            await self._after()

    def _ask_remove(self) -> None:
        async def do() -> None:
            dialog.close()
            with notify_refusals():
                answer = await self._viewer.api.post(
                    f"/rules/{self._found.id}/remove", RequestResult, {"note": why.value or ""}
                )
                ui.notify(answer.message or "Removed")
                await self._after()

        with dialog_sheet() as dialog:
            text("Remove this rule?", tag="h2")
            text("Every partition stops evaluating it. A rollback brings it back.", "muted")
            why = ui.input("Reason").props("outlined dense autofocus maxlength=500")
            with box("line"):
                button("Remove", do, kind="go")
                button("Cancel", dialog.close)
