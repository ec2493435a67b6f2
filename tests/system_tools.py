"""Find the programs that tests need and pip does not provide: Chromium, Prometheus and promtool."""

import shutil

import pytest

from flagfive.apt import install_with_apt


def find_tool(names: tuple[str, ...], package: str) -> str:
    """Return the path of the first program on PATH. Install it if it is missing, else skip the test."""
    found = _first(names)
    if found is None and install_with_apt((package,), f"{package}, which tests drive, is missing"):
        found = _first(names)
    if found is None:
        pytest.skip(f"PATH has no {' or '.join(names)}. On Debian or Ubuntu: sudo apt-get install {package}")
    return found


def find_chromium() -> str:
    """Return the path of the system's Chromium for Playwright's `executable_path`."""
    return find_tool(("chromium", "chromium-browser", "google-chrome"), "chromium")


def find_promtool() -> str:
    """Return the path of promtool, which checks and tests rules."""
    return find_tool(("promtool",), "prometheus")


def find_prometheus() -> str:
    """Return the path of the Prometheus server."""
    return find_tool(("prometheus",), "prometheus")


def _first(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)
