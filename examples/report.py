"""Writes the results of the examples: figures as JSON, tables on the screen and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from examples.scores import At, Example, Mean, Summary


@dataclass(frozen=True)
class Result:
    """One example with its means, and the CPU seconds of all its seeds."""

    name: str
    example: Example
    summary: Summary
    cpu_seconds: float

    def tables(self) -> Iterator[tuple[str, list[str], list[list[str]]]]:
        """Yield panel, header and rows of each table: mean and 95% interval of each method at each place."""
        for panel in dict.fromkeys(mean.panel for mean in self.summary.means):
            here = [mean for mean in self.summary.means if mean.panel == panel]
            places = list(dict.fromkeys(mean.at for mean in here))
            rows = []
            for method in dict.fromkeys(mean.method for mean in here):
                told = {mean.at: _said(mean) for mean in here if mean.method == method}
                rows.append([method, *(told.get(at, "") for at in places)])
            yield panel, [self.example.x_label, *map(_place, places)], rows

    def markdown(self) -> str:
        """Return tables and paragraph as Markdown."""
        lines = [f"### {self.example.title}", ""]
        for panel, header, rows in self.tables():
            lines += [f"**{panel}**", ""]
            lines += ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
            lines += [""]
        return "\n".join([*lines, self.example.tell(self.summary), ""])


def show(result: Result) -> None:
    """Print the tables and the paragraph of one example."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for panel, header, rows in result.tables():
        table = Table(*header, title=f"{result.example.title}: {panel}")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(result.example.tell(result.summary), soft_wrap=True)


def write(results: list[Result], folder: Path, *, quick: bool, seconds: float) -> None:
    """Write figures.json and results.md of all results so far, so that an interrupted run keeps them."""
    examples = {
        result.name: {
            "title": result.example.title,
            "cpu_seconds": result.cpu_seconds,
            "means": [asdict(mean) for mean in result.summary.means],
        }
        for result in results
    }
    whole = {"quick": quick, "seconds": seconds, "examples": examples}
    (folder / "figures.json").write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    (folder / "results.md").write_text("\n".join(result.markdown() for result in results), "utf-8")


def _said(mean: Mean) -> str:
    interval = f" [{mean.low:.3g} {mean.high:.3g}]" if mean.seeds > 1 else ""
    return f"{mean.mean:.3g}{interval}"


def _place(at: At) -> str:
    return at if isinstance(at, str) else f"{at:g}"
