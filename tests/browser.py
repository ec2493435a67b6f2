"""Start a real console and drive a real browser on it, for tests of the pages."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from flagfive.own_broker import free_port
from flagfive.processes import Processes
from tests.system_tools import find_chromium

ROOT = Path(__file__).resolve().parents[1]
SCREENSHOTS = ROOT / "var" / "screenshots"
ZONE = "Europe/Berlin"
WIDE, NARROW = (1280, 800), (400, 800)
expect.set_options(timeout=20_000)  # of a slow machine that runs broker, console and browser at once


@dataclass
class Console:
    """A running console: its address, and the link that signs `admin` in once; empty if there are users."""

    address: str
    link: str


def start_console(processes: Processes, environment: Mapping[str, str]) -> Console:
    """Start `flagfive console` in this environment; it stops when `processes` closes."""
    port = free_port()
    command = [sys.executable, "-m", "flagfive", "console", "--port", str(port)]
    child = processes.start("console", command, environment={**os.environ, **environment}, folder=ROOT)
    processes.wait_until(
        child, lambda: "startup complete" in child.tail(100), timeout_s=60, what="the console"
    )
    link = re.search(r"http\S+token=\S+", child.tail(100))
    return Console(f"http://127.0.0.1:{port}", link[0] if link else "")


@dataclass
class Visitor:
    """A user's browser. Records each request to another host and each page error."""

    context: BrowserContext
    page: Page
    origin: str
    strangers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open a page of the console and wait until it has loaded."""
        self.page.goto(self.origin + path)
        self.page.locator("h1").first.wait_for()

    def choose(self, label: str, option: str) -> None:
        """Choose from a drop-down list and wait until it closes: a closing list can catch the next click."""
        self.page.get_by_label(label, exact=True).click()
        self.page.get_by_role("option", name=option).click()
        expect(self.page.get_by_role("option")).to_have_count(0)

    def picture(self, name: str) -> Path:
        """Save a screenshot among the artifacts."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def _watch(self) -> None:
        def asked(address: str) -> None:
            if urlsplit(address).netloc not in ("", urlsplit(self.origin).netloc):
                self.strangers.append(address)

        self.page.on("request", lambda request: asked(request.url))
        self.page.on("websocket", lambda socket: asked(socket.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def visitor(browser: Browser, origin: str, *, dark: bool = False, size: tuple[int, int] = WIDE) -> Visitor:
    """Open a new browser context for a user who is not signed in."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        timezone_id=ZONE,
        locale="en-GB",
    )
    made = Visitor(context, context.new_page(), origin)
    made._watch()
    return made
