"""The form of a rule: condition with live errors, action, order, owner and note."""

from datetime import UTC, datetime
from typing import Any

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import banner, box, button, panel, text
from console.pages.rule_action import OWN, ActionFields
from console.pages.rule_problem import ProblemPanel
from console.pages.viewer import PageViewer
from console.results.requests import RequestResult
from console.results.rules import RuleDetails, RuleTerms

DECIDING = ("condition", "action", "order", "zone", "start", "end", *OWN)
"""Terms whose change takes a live rule back into shadow."""
_MINUTE = "%Y-%m-%dT%H:%M"  # as the browser's field for a time has it


class RuleForm:
    """Fields of a rule; a change of what it decides is saved in shadow.

    Attributes:
        condition: the editor, with completion of names by static/completion.js.
    """

    condition: ui.textarea

    def __init__(self, viewer: PageViewer, found: RuleDetails | None, condition: str = "") -> None:
        self._viewer, self._found = viewer, found
        self._fields: dict[str, Any] = {}
        self._start = found.terms if found else RuleTerms(
            condition, "review", "shadow", 100, 100.0, str(viewer.zone), None, None, viewer.name, ""
        )  # fmt: skip
        self._action = ActionFields(self._start)

    def take(self, found: RuleDetails) -> None:
        """Take the rule as it was read last; what someone types stays."""
        self._found = found
        self.hint.refresh()

    def show(self) -> None:
        """Draw the form."""
        with panel("Rule"), box("stack"):
            if self._found is None:
                self._input("id", "Id", "", "a to z, 0 to 9, - and _").props("maxlength=64 autofocus")
            self._condition()
            with box("fields"):
                self._action.show()
                self._fields["order"] = ui.number("Order", value=self._start.order, min=0, precision=0)
                self._input("zone", "Time zone of local_time", self._start.zone)
                self._input("owner", "Owner", self._start.owner)
                for name in ("start", "end"):
                    field = self._input(
                        name, f"{name.capitalize()} (UTC)", _minute(getattr(self._start, name))
                    )
                    field.props("type=datetime-local stack-label")
                self._fields["order"].props("outlined dense")
            self._input("note", "Note: what it is for; alerts show it", self._start.note).classes("whole")
            self._buttons()

    @property
    def zone(self) -> str:
        """The time zone that the form holds."""
        return str(self._fields["zone"].value or "UTC") if "zone" in self._fields else self._start.zone

    def _condition(self) -> None:
        problem = ProblemPanel(self._viewer, self)
        self.condition = ui.textarea(
            "Condition", value=self._start.condition, on_change=lambda: problem.check()
        )
        self.condition.props("outlined autogrow debounce=200 maxlength=4000 spellcheck=false data-completes")
        self.condition.classes("whole code")
        problem.show()

    def _input(self, name: str, label: str, value: str, placeholder: str = "") -> ui.input:
        field = ui.input(label, value=value, placeholder=placeholder).props("outlined dense maxlength=500")
        self._fields[name] = field
        return field

    def _buttons(self) -> None:
        with box("line"):
            save = button("Save in shadow" if self._found is None else "Save", self.save, kind="go")
            if not self._viewer.may("approve"):
                save.disable()
                save.tooltip("A lead or an administrator saves rules")
            self.reason = ui.input("Reason of the change").props("outlined dense maxlength=500")
            self.reason.style("flex: 1 1 160px")
        self.hint()

    @ui.refreshable_method
    def hint(self) -> None:
        """What saving does to the mode."""
        if self._found is not None and self._found.terms.mode == "live":
            banner(
                "It is live. A change of what it decides is saved in shadow; set it live again afterwards."
            )
        text("In shadow, matches are counted and decide nothing.", "muted small")

    @property
    def trial(self) -> dict[str, object]:
        """What the API needs to look back with this rule."""
        percent = self._found.terms.percent if self._found else 100.0
        replaces = self._found.id if self._found else ""
        terms = {"condition": self.condition.value or "", "zone": self.zone}
        return terms | self._action.terms | {"percent": percent, "rule_id": replaces}

    async def save(self) -> None:
        """Save the rule by the API, and open its page."""
        body = self.body()
        identity = self._found.id if self._found else str(self._fields["id"].value or "").strip()
        if not identity:
            ui.notify("Give the rule an id, such as gift-cards-at-night.")
            return
        try:
            answer = await self._viewer.api.put(f"/rules/{identity}", RequestResult, body)
        except ApiRefused as refused:
            ui.notify(refused.what, type="negative", multi_line=True)
            return
        ui.notify(answer.message or "Saved")
        if self._found is None:
            ui.navigate.to(f"/rules/{identity}?saved=true")

    def body(self) -> dict[str, Any]:
        """Return the terms as the API takes them; mode and share stay if it decides the same."""
        terms: dict[str, Any] = {"condition": self.condition.value or "", "zone": self.zone}
        terms |= {name: str(self._fields[name].value or "").strip() for name in ("owner", "note")}
        terms |= self._action.terms | {"order": int(self._fields["order"].value or 0)}
        terms |= {name: _seconds(self._fields[name].value) for name in ("start", "end")}
        held = self._found.terms if self._found else None
        if held is not None and all(terms[name] == getattr(held, name) for name in DECIDING):
            terms |= {"mode": held.mode, "percent": held.percent}
        return terms | {"reason": self.reason.value or ""}


def _minute(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):{_MINUTE}}"


def _seconds(written: str | None) -> float | None:
    return datetime.strptime(written, _MINUTE).replace(tzinfo=UTC).timestamp() if written else None
