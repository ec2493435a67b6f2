"""The problem of a condition while it is written: place, what was found, what is allowed, and suggestions."""

from functools import partial
from typing import Protocol

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, button, text
from console.pages.viewer import PageViewer
from console.results.rules import RuleCheck, RuleProblem


class Editor(Protocol):
    """The form whose condition is checked."""

    condition: ui.textarea

    @property
    def zone(self) -> str: ...


class ProblemPanel:
    """Checks the condition after each pause in typing; answers to older checks are dropped."""

    def __init__(self, viewer: PageViewer, editor: Editor) -> None:
        self._viewer, self._editor = viewer, editor
        self._asked = 0
        self._place = box("problem").props("role=status")

    def show(self) -> None:
        """Put the panel here, and check what the editor holds."""
        self._place.move()
        if self._editor.condition.value:
            ui.timer(0.0, self.check, once=True)
        else:
            with self._place:
                text("Write a condition, such as: amount > 500 && card.count_1h >= 3", "muted small")

    async def check(self) -> None:
        """Check the condition, and show the outcome."""
        self._asked += 1
        number, condition = self._asked, self._editor.condition.value or ""
        draft = {"condition": condition, "zone": self._editor.zone}
        try:
            found = await self._viewer.api.post("/rules/check", RuleCheck, draft)
        except ApiRefused as refused:
            found = RuleCheck(RuleProblem(refused.what, 0))
        if number == self._asked and not self._place.is_deleted:
            self._place.clear()
            with self._place:
                self._outcome(condition, found.problem)

    def _outcome(self, condition: str, problem: RuleProblem | None) -> None:
        if problem is None:
            text("The condition can be used.", "small genuine-text")
            return
        if problem.column:
            line, column = _line_of(condition, problem.column)
            text(f"{line}\n{' ' * (column - 1)}^", "excerpt", tag="pre").props("aria-hidden=true")
        where = f"Column {problem.column}: " if problem.column else ""
        text(where + problem.what, "small fraud-text")
        at = condition.find(problem.found, max(problem.column - 1, 0)) if problem.found else -1
        if at >= 0:
            with box("line"):
                for name in problem.close:
                    better = condition[:at] + name + condition[at + len(problem.found) :]
                    button(f"Use {name}", partial(self._replace, better))

    def _replace(self, better: str) -> None:
        self._editor.condition.value = better
        ui.run_javascript(f"document.getElementById('{self._editor.condition.html_id}')?.focus()")


def _line_of(condition: str, column: int) -> tuple[str, int]:
    """Return the line that holds a place, and the place in the line, from 1."""
    begin = condition.rfind("\n", 0, column - 1) + 1
    end = condition.find("\n", column - 1)
    return condition[begin : end if end >= 0 else len(condition)], column - begin
