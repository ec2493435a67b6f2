"""Writes the dashboards in pages/ as the JSON in grafana/: `python -m dashboards.build`.

A test holds that the JSON is what this writes.
"""

from __future__ import annotations

from pathlib import Path

from dashboards.pages import ALL

FOLDER = Path(__file__).parent / "grafana"

if __name__ == "__main__":
    for one in ALL:
        (FOLDER / f"{one.name}.json").write_text(one.text())
