"""What the demo shows in the terminal: the story so far, and the numbers beside it."""

import time
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flagfive.demo.observer import Observer

_BAR_WIDTH = 28


@dataclass
class View:
    """Told what happens; `render` draws it. On a terminal that is no terminal, lines are printed instead.

    Attributes:
        rate: transactions scored a second, over the last second.
    """

    observer: Observer
    budget: float
    console: Console
    lines: list[tuple[str, bool]] = field(default_factory=list)
    doing: str = ""
    rate: float = 0.0
    _last: tuple[float, int] = (0.0, 0)

    def finish_step(self, text: str) -> None:
        """A step of the story that is done."""
        self.lines.append((text, True))
        self.doing = ""
        if not self.console.is_terminal:
            self.console.print(text)

    def start_step(self, text: str) -> None:
        """What is going on; replaces what was going on."""
        if not self.console.is_terminal and text != self.doing:
            self.console.print(f"  … {text}")
        self.doing = text

    def measure(self) -> None:
        """Take the rate of the time since the last call."""
        now, scored = time.monotonic(), self.observer.scored
        then, before = self._last
        if then and now > then:
            self.rate = (scored - before) / (now - then)
        self._last = (now, scored)

    def __rich__(self) -> RenderableType:
        return Group(
            Panel(self._story(), title="flagfive: flag five, catch the rest", border_style="cyan"),
            self._numbers(),
        )

    def _story(self) -> RenderableType:
        text = Text()
        for line, _ in self.lines:
            text.append("✓ ", style="bold green")
            text.append_text(Text.from_markup(line + "\n"))
        if self.doing:
            text.append("… ", style="bold yellow")
            text.append_text(Text.from_markup(self.doing, style="yellow"))
        return text

    def _numbers(self) -> RenderableType:
        before, after = self.observer.before, self.observer.after
        table = Table(expand=True, border_style="dim")
        for column in ("", "before the flag", "after"):
            table.add_column(column, justify="left" if not column else "right")
        table.add_row("[b]new pattern caught[/b]", _caught(before.pattern.alerted, before.pattern.seen),
                      _caught(after.pattern.alerted, after.pattern.seen))  # fmt: skip
        table.add_row("", _bar(before.pattern.share, "red"), _bar(after.pattern.share, "green"))
        table.add_row("known fraud caught", _caught(before.known.alerted, before.known.seen),
                      _caught(after.known.alerted, after.known.seen))  # fmt: skip
        table.add_row(f"false alarms (budget {self.budget:.2%})", f"{before.genuine.share:.3%}",
                      f"{after.genuine.share:.3%}")  # fmt: skip
        table.add_row("money held", "", f"{after.pattern.amount_alerted:,.0f} EUR")
        table.add_row(f"[dim]{self.observer.scored:,} scored, {self.rate:,.0f} a second", "", "")
        return table


def _caught(alerted: int, seen: int) -> str:
    return f"{alerted:,} of {seen:,}" if seen else "-"


def _bar(share: float, style: str) -> RenderableType:
    return ProgressBar(
        total=1.0, completed=share, width=_BAR_WIDTH, complete_style=style, finished_style=style
    )
