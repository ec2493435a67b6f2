"""Shows the demo in the terminal: the story so far, and the figures."""

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
    """The screen of the demo; if the output is not a terminal, it prints lines instead."""

    observer: Observer
    budget: float
    """Share of genuine traffic that may be alerted."""
    console: Console
    lines: list[str] = field(default_factory=list)
    """Finished steps."""
    doing: str = ""
    """The current step."""
    rate: float = 0.0
    """Transactions scored a second, over the last second."""
    _last: tuple[float, int] = (0.0, 0)

    def finish_step(self, text: str) -> None:
        """Show a finished step."""
        self.lines.append(text)
        self.doing = ""
        if not self.console.is_terminal:
            self.console.print(text)

    def start_step(self, text: str) -> None:
        """Show the current step in place of the previous one."""
        if not self.console.is_terminal and text != self.doing:
            self.console.print(f"  … {text}")
        self.doing = text

    def measure(self) -> None:
        """Measure the rate since the last call."""
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
        for line in self.lines:
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
