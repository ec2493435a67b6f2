"""The action of a rule in its form, with the fields that the action needs."""

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
    "add_to_list": "add to a list",
}
MOST_RAISED = 3.0
"""Surprise that one rule changes; the API refuses more."""
_TEXTS = {
    "tag": ("Tag", "a to z, 0 to 9, - and _", 32),
    "queue": ("Queue", "a to z, 0 to 9, - and _", 32),
    "to_list": ("List", "name of a list, such as watched", 48),
    "entity": ("Kind of entity", "such as card", 31),
    "lasting": ("For how long", "30m, 12h or 7d", 5),
}
"""Label, hint and length of the fields that are text."""
OWN = ("by", *_TEXTS)
_FIELDS = {
    "raise": ("by",),
    "lower": ("by",),
    "tag": ("tag",),
    "queue": ("queue",),
    "add_to_list": ("to_list", "entity", "lasting"),
}


class ActionFields:
    """The action and its own fields; only those of the chosen action are shown."""

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
        for name, (label, hint, longest) in _TEXTS.items():
            value = getattr(self._start, name)
            self._own[name] = ui.input(label, value=value, placeholder=hint).props(f"maxlength={longest}")
        for field in (self._action, *self._own.values()):
            field.props("outlined dense")
        for name, field in self._own.items():
            field.bind_visibility_from(
                self._action, "value", backward=lambda action, name=name: name in _FIELDS.get(action, ())
            )

    @property
    def terms(self) -> dict[str, Any]:
        """Return the action and its field as the API takes them; the fields of other actions are empty."""
        action = str(self._action.value)
        needed = _FIELDS.get(action, ())
        own = {name: str(self._own[name].value or "").strip() if name in needed else "" for name in _TEXTS}
        by = float(self._own["by"].value or 0.0) if "by" in needed else 0.0
        return {"action": action, "by": by} | own
