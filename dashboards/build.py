"""Writes the dashboards of pages/ as JSON into grafana/: `python -m dashboards.build`.

A test checks that the stored JSON is up to date.
"""

from __future__ import annotations

from pathlib import Path

from dashboards.pages import ALL

FOLDER = Path(__file__).parent / "grafana"

if __name__ == "__main__":
    for one in ALL:
        (FOLDER / f"{one.name}.json").write_text(one.text())
