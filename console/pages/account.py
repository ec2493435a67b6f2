"""The viewer's own access: sessions, password, second factor."""

from functools import partial

from nicegui import ui

from console.pages.account_password import password
from console.pages.account_second_factor import second_factor
from console.pages.address import page
from console.pages.frame import frame
from console.pages.parts import banner, box, button, cell, moment, panel, panel_head, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import ACCOUNT, PageViewer, SignedIn
from console.results.session import SecondFactorState, SessionList, SessionRow


@page(ACCOUNT, "Your account")
async def account(viewer: SignedIn) -> None:
    """Show the page."""
    with frame(viewer, "Your account"), box("stack"):
        state = await viewer.api.get("/session/second-factor", SecondFactorState)
        if viewer.needs_second_factor:
            banner("This console asks everybody for a second factor. Set yours up to go on.")
        if state.possible:
            second_factor(viewer, state)
        await sessions(viewer)
        await password(viewer)


async def sessions(viewer: PageViewer) -> None:
    """Show where the viewer is signed in; each session can be ended."""
    rows = (await viewer.api.get("/sessions", SessionList)).rows
    with panel():
        with panel_head("Where you are signed in"):
            if len(rows) > 1:
                button("End all others", partial(_end, viewer, ""), kind="quiet")
        with table(["Browser", "Address", "Since", "Last used", ""], "Your sessions"):
            for row in rows:
                _row(viewer, row)


def _row(viewer: PageViewer, row: SessionRow) -> None:
    with ui.element("tr"):
        with cell("strong"):
            text(browser_in_words(row.browser)).props["title"] = row.browser
        text(row.address, "mono", tag="td")
        for at in (row.created_at, row.last_seen_at):
            with cell(), box("muted"):
                moment(at, viewer.zone)
        with cell("number"):
            if row.here:
                text("this one", "tag live", tag="span")
            else:
                button("End", partial(_end, viewer, f"/{row.id}"), kind="quiet", label="End this session")


async def _end(viewer: PageViewer, which: str) -> None:
    with notify_refusals():
        await viewer.api.delete(f"/sessions{which}")
        ui.navigate.reload()


def browser_in_words(agent: str) -> str:
    """Name browser and system of a `User-Agent` header.

    >>> browser_in_words("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36")
    'Chrome on Linux'
    >>> browser_in_words("curl/8.5.0")
    'curl/8.5.0'
    """
    browsers = {
        "Edg/": "Edge",
        "OPR/": "Opera",
        "Firefox/": "Firefox",
        "Chrome/": "Chrome",
        "Safari/": "Safari",
    }
    systems = {
        "Android": "Android", "iPhone": "iOS", "iPad": "iOS", "Windows": "Windows", "Mac OS": "macOS",
        "Linux": "Linux",
    }  # fmt: skip
    browser = next((name for mark, name in browsers.items() if mark in agent), "")
    system = next((name for mark, name in systems.items() if mark in agent), "")
    if not browser:
        return agent[:40] or "unknown"
    return f"{browser} on {system}" if system else browser
