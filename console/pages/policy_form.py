"""The form of the decision policy: segments in their order, and two bounds for each."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, button, panel, text
from console.pages.viewer import PageViewer
from console.results.decision_policy import BoundTerms, PolicyTerms, SegmentTerms
from console.results.requests import RequestResult

BOUNDS = {"review_from": "Review from", "decline_from": "Decline from"}
EMPTY = {"review_from": "budget", "decline_from": "never"}
NOTHING = PolicyTerms([], BoundTerms(), "UTC", "")


class BoundFields:
    """Two inputs: a surprise, a share of genuine traffic such as 1%, or nothing."""

    def __init__(self, of: str, start: BoundTerms | SegmentTerms) -> None:
        self._fields = {}
        for name, label in BOUNDS.items():
            value = getattr(start, name)
            field = ui.input(label, value="" if value is None else f"{value:g}", placeholder=EMPTY[name])
            field.props("outlined dense stack-label maxlength=12").style("width: 110px")
            field.props["aria-label"] = f"{label}, {of}"
            self._fields[name] = field

    def terms(self) -> dict[str, str]:
        """Return the bounds as they were typed."""
        return {name: str(field.value or "").strip() for name, field in self._fields.items()}


class SegmentFields:
    """The inputs of one segment."""

    def __init__(self, start: SegmentTerms, number: int, drop: Callable[["SegmentFields"], None]) -> None:
        with box("line") as self.element:
            self.element.props["data-segment"] = number
            self.name = ui.input("Name", value=start.name).props("outlined dense maxlength=64")
            self.name.style("width: 150px")
            self.when = ui.textarea("When", value=start.when).props(
                "outlined dense autogrow rows=1 maxlength=2000 spellcheck=false data-completes"
            )
            self.when.classes("grow").style("min-width: 220px")
            self.bounds = BoundFields(f"segment {number}", start)
            button("", lambda: self._move(-1), icon="arrow_upward", kind="quiet", label=f"Move up {number}")
            button("", lambda: drop(self), icon="close", kind="quiet", label=f"Drop segment {number}")

    def terms(self) -> dict[str, Any]:
        """Return the segment as the API takes it."""
        name, when = (str(field.value or "").strip() for field in (self.name, self.when))
        return {"name": name, "when": when, **self.bounds.terms()}

    def _move(self, by: int) -> None:
        slot = self.element.parent_slot
        place = slot.children.index(self.element) if slot else 0
        self.element.move(target_index=max(place + by, 0))


class PolicyForm:
    """Holds what someone edits; it starts with the policy in force."""

    def __init__(self, viewer: PageViewer, start: PolicyTerms | None, after: Callable[[], Any]) -> None:
        self._viewer, self._after = viewer, after
        self._start = start or NOTHING
        self._segments: list[SegmentFields] = []
        self._made = 0

    def show(self) -> None:
        """Draw the form."""
        with panel("Segments"), box("stack"):
            text(
                "The first segment whose condition is true counts. A bound is a surprise such as 2.5, or a "
                "share of genuine traffic such as 1%.",
                "muted small",
            )
            self._place = box("stack tight")
            for one in self._start.segments:
                self._add(one)
            button("Add segment", lambda: self._add(SegmentTerms("", "")), icon="add", kind="quiet")
            with box("line"):
                text("All other transactions", "strong grow")
                self._otherwise = BoundFields("all other transactions", self._start.otherwise)
            with box("fields"):
                self._zone = ui.input("Time zone of local_time", value=self._start.zone)
                self._note = ui.input("Note: what it is for", value=self._start.note)
                self._why = ui.input("Reason of the change")
                for field in (self._zone, self._note, self._why):
                    field.props("outlined dense maxlength=500")
            if self._viewer.may("approve"):
                with box("line"):
                    button("Set policy", self._save, kind="go")

    def body(self) -> dict[str, Any]:
        """Return the policy as the API takes it."""
        slots = self._place.default_slot.children
        ordered = sorted(self._segments, key=lambda one: slots.index(one.element))
        return {
            "segments": [one.terms() for one in ordered],
            "otherwise": self._otherwise.terms(),
            "zone": str(self._zone.value or "UTC").strip(),
            "note": str(self._note.value or "").strip(),
        }

    def _add(self, start: SegmentTerms) -> None:
        self._made += 1
        with self._place:
            self._segments.append(SegmentFields(start, self._made, self._drop))

    def _drop(self, one: SegmentFields) -> None:
        self._segments.remove(one)
        one.element.delete()

    async def _save(self) -> None:
        body = self.body() | {"reason": str(self._why.value or "")}
        try:
            answer = await self._viewer.api.put("/decision-policy", RequestResult, body)
        except ApiRefused as refused:
            ui.notify(refused.what, type="negative", multi_line=True)
            return
        ui.notify(answer.message or "Set")
        await self._after()


def lines_of(terms: PolicyTerms | None) -> list[str]:
    """Return a policy in words, a line for each segment and term, for comparison.

    >>> lines_of(PolicyTerms([SegmentTerms("night", "night", 2.0)], BoundTerms(), "UTC", ""))
    ['night: night, review from 2', 'all other transactions', 'time zone UTC']
    """
    if terms is None:
        return []
    lines = [f"{one.name}: {one.when}{_bounds(asdict(one))}" for one in terms.segments]
    lines.append(f"all other transactions{_bounds(asdict(terms.otherwise))}")
    lines.append(f"time zone {terms.zone}")
    return [*lines, f"note: {terms.note}"] if terms.note else lines


def _bounds(one: dict[str, Any]) -> str:
    return "".join(f", {name.replace('_', ' ')} {one[name]:g}" for name in BOUNDS if one[name] is not None)
