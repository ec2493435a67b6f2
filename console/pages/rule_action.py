"""The action of a rule in its form, with the one field that the action needs."""

from typing import Any

from nicegui import ui

from console.results.rules import RuleTerms

ACTIONS = {
    "review": "review",
    "decline": "decline",
    "approve": "approve",
    "raise": "raise the surprise",
    "lower": "lower the surprise",
    "tag": "tag",
    "queue": "route to a queue",
}
MOST_RAISED = 3.0
"""Surprise that one rule changes; the API refuses more."""
OWN = ("by", "tag", "queue")
_FIELD = {"raise": "by", "lower": "by", "tag": "tag", "queue": "queue"}
_MARK = "a to z, 0 to 9, - and _"


class ActionFields:
    """Action, amount, tag and queue; only the field of the chosen action is shown."""

    def __init__(self, start: RuleTerms) -> None:
        self._start = start
        self._own: dict[str, Any] = {}

    def show(self) -> None:
        """Draw the fields."""
        self._action = ui.select(ACTIONS, label="Action", value=self._start.action)
        self._own["by"] = ui.number(
            "Surprise, 1 is ten times as rare",
            value=self._start.by or 1.0,
            min=0.1,
            max=MOST_RAISED,
            step=0.1,
        )
        for name in ("tag", "queue"):
            value = getattr(self._start, name)
            self._own[name] = ui.input(name.capitalize(), value=value, placeholder=_MARK).props(
                "maxlength=32"
            )
        for field in (self._action, *self._own.values()):
            field.props("outlined dense")
        for name, field in self._own.items():
            field.bind_visibility_from(
                self._action, "value", backward=lambda action, name=name: _FIELD.get(action) == name
            )

    @property
    def terms(self) -> dict[str, Any]:
        """Return the action and its field as the API takes them; the fields of other actions are empty."""
        action = str(self._action.value)
        needed = _FIELD.get(action)
        values = {
            "by": float(self._own["by"].value or 0.0),
            "tag": str(self._own["tag"].value or "").strip(),
            "queue": str(self._own["queue"].value or "").strip(),
        }
        empty = {"by": 0.0, "tag": "", "queue": ""}
        return {"action": action} | {name: values[name] if name == needed else empty[name] for name in OWN}
