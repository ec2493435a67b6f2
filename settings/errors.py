"""Errors of settings: key, value, what is allowed, and where the value came from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One refused setting."""

    key: str
    """Path of the key, such as `budget.alert_rate`."""
    value: str
    """The value as text; secrets are hidden already."""
    allowed: str
    """What is wrong or allowed."""
    origin: str
    """The file or environment variable that the value came from, or `default`."""

    def __str__(self) -> str:
        shown = f"{self.key} = {self.value}" if self.value else self.key
        return f"{shown} ({self.origin}): {self.allowed}"


class SettingsError(Exception):
    """The settings cannot be used; `problems` holds every problem, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"The settings have {count}:", *map(str, problems)]))
