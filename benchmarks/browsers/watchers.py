"""Browsers that show the queue of a console, each signed in and updated live."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


class NoBrowser(RuntimeError):
    """Chromium is not installed on this machine."""


@contextmanager
def watchers(link: str, count: int) -> Iterator[None]:
    """Keep `count` pages of the queue open. They share one session, which `link` signs in."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise NoBrowser(
            f"PATH has no {' or '.join(NAMES)}. On Debian or Ubuntu: sudo apt-get install chromium"
        )
    parts = urlsplit(link)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            context = browser.new_context()
            context.new_page().goto(link)
            for _ in range(count - 1):
                context.new_page().goto(f"{parts.scheme}://{parts.netloc}/")
            for page in context.pages:
                page.locator("h1").first.wait_for()
            yield
        finally:
            browser.close()
