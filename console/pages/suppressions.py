"""Suppressions: what is silenced until when, a form to silence, and a button to end one."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from nicegui import ui

from console.pages.address import page
from console.pages.api_client import ApiRefused
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, moment, panel, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import masked
from console.results.requests import RequestResult
from console.results.suppressions import SuppressionRow, Suppressions

HEADS = ("Silenced", "Scorer", "Until", "~Reason", "~By", "")
ALL = "all but rules"
LOOK_S = 1.0


@page("/suppressions", "Suppressions")
async def suppressions(viewer: SignedIn) -> None:
    """Show what is silenced; the list updates itself every second."""
    with frame(viewer, "Rules", "Suppressions"):
        found = await viewer.api.get("/suppressions", Suppressions)
        view = SuppressionsView(viewer, found)
        with box("stack"):
            view.show()
        ui.timer(LOOK_S, view.look, immediate=False)


class SuppressionsView:
    """The page; the rows are drawn anew only when they have changed."""

    def __init__(self, viewer: PageViewer, found: Suppressions) -> None:
        self._viewer, self._found = viewer, found
        self._fields: dict[str, Any] = {}

    def show(self) -> None:
        """Draw the form, for those who may silence, and the list."""
        if self._viewer.may("approve"):
            self._form()
        with panel("In force"):
            self.rows()

    async def look(self) -> None:
        """Read the suppressions again."""
        try:
            found = await self._viewer.api.get("/suppressions", Suppressions)
        except ApiRefused:
            return  # the API is briefly away; the next look tries again
        if found.rows != self._found.rows:
            self._found = found
            self.rows.refresh()

    def _form(self) -> None:
        with panel("Silence"), box("stack"):
            with box("fields"):
                kinds = {"": "all entities"} | {one: one for one in self._found.entities}
                scorers = {"": ALL} | {one: one for one in self._found.scorers}
                self._fields["entity"] = ui.select(kinds, label="Entity", value="")
                self._fields["key"] = ui.input("Id of the entity").props("maxlength=400")
                self._fields["scorer"] = ui.select(scorers, label="Scorer", value="")
                self._fields["until"] = ui.input("Until, event time (UTC)").props(
                    "type=datetime-local stack-label"
                )
                self._fields["reason"] = ui.input("Reason").props("maxlength=500")
                for field in self._fields.values():
                    field.props("outlined dense")
            with box("line"):
                button("Silence", self._silence, kind="go")
            text("Blocks still decline. To silence a scorer for all needs an end.", "muted small")

    @ui.refreshable_method
    def rows(self) -> None:
        """What is silenced."""
        if not self._found.rows:
            empty("Nothing is silenced", "Silence an entity, a detector or a rule for a time.", "volume_off")
            return
        with table(HEADS, "Suppressions"):
            for row in self._found.rows:
                with ui.element("tr") as line:
                    line.props["data-suppression"] = row.id
                    self._row(row)

    def _row(self, row: SuppressionRow) -> None:
        with cell():
            text(masked(row.key) if row.key else "all entities", "mono" if row.key else "")
            text(row.entity, "muted small")
        text(row.scorer or ALL, tag="td")
        with cell():
            if row.until is None:
                text("no end")
            else:
                moment(row.until, self._viewer.zone)
            if row.ended:
                text("ended", "muted small")
        text(row.reason, tag="td")
        with cell(), box("muted"):
            moment(row.changed_at, self._viewer.zone)
            text(f"by {row.author}", "small")
        with cell("number within-reach"):
            if self._viewer.may("approve"):
                label = f"End the suppression of {row.scorer or masked(row.key)}"
                button("", partial(self._lift, row), icon="close", kind="quiet", label=label)

    async def _silence(self) -> None:
        until = str(self._fields["until"].value or "")
        body = {name: str(field.value or "").strip() for name, field in self._fields.items()}
        with_end: dict[str, object] = dict(body) | {"until": _seconds(until)}
        with notify_refusals():
            answer = await self._viewer.api.post("/suppressions", RequestResult, with_end)
            ui.notify(answer.message or "Silenced")
            await self.look()

    async def _lift(self, row: SuppressionRow) -> None:
        with notify_refusals():
            answer = await self._viewer.api.post(f"/suppressions/{row.id}/lift", RequestResult, {})
            ui.notify(answer.message or "Ended")
            await self.look()


def _seconds(written: str) -> float | None:
    return datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp() if written else None
