"""How a refused setting is told: key, value, what is allowed and where the value came from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One refused setting. `value` is already fit to print: secrets are replaced before they get here."""

    key: str
    value: str
    allowed: str
    origin: str

    def __str__(self) -> str:
        shown = f"{self.key} = {self.value}" if self.value else self.key
        return f"{shown} ({self.origin}): {self.allowed}"


class SettingsError(Exception):
    """The configuration cannot be used; holds every problem, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"The configuration has {count}:", *map(str, problems)]))
