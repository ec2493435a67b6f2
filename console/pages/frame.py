"""The frame of every page: navigation, theme, keyboard help, tray, and errors of the API."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.keyboard_help import keyboard_help
from console.pages.parts import box, button, failed, text
from console.pages.tray import Tray
from console.pages.viewer import PageViewer

ACCENT = {True: "#8ea4ff", False: "#3b5bdb"}


@dataclass(frozen=True)
class Area:
    """An entry of the navigation, shown to viewers with `right`."""

    name: str
    path: str
    icon: str
    right: str = ""


AREAS = (
    Area("Queue", "/", "inbox"),
    Area("Search", "/transactions", "search"),
    Area("Episodes", "/episodes", "auto_awesome_motion"),
    Area("Detectors", "/detectors", "radar"),
    Area("Rules", "/rules", "rule"),
    Area("Policy", "/policy", "balance"),
    Area("Lists", "/lists", "list_alt"),
    Area("Cases", "/cases", "folder_open"),
    Area("Monitoring", "/monitoring", "insights"),
    Area("Administration", "/administration", "tune"),
)


class Heading(ui.element):
    """The heading line of a page, with its buttons; `title` can be set later."""

    title: ui.label


@contextmanager
def frame(viewer: PageViewer, area: str, title: str = "") -> Iterator[Heading]:
    """Draw everything around a page's content, and yield its heading.

    If the API refuses a request in the block, the page shows the reason.
    """
    dark = ui.dark_mode(viewer.dark)
    ui.colors(primary=ACCENT[False])
    ui.on("help", keyboard_help)
    ui.on("grid_failed", lambda event: ui.notify(event.args["message"], type="negative"))
    with box("shell"):
        _navigation(viewer, area, dark)
        with box("main", "main"):
            head = _heading(area, title)
            try:
                yield head
            except ApiRefused as refused:
                failed(refused.what)
    Tray()


def _heading(area: str, title: str) -> Heading:
    with Heading().classes("page-head") as head:
        if title:
            path = next(one.path for one in AREAS if one.name == area)
            with ui.element("nav").props('aria-label="Breadcrumb"'):
                ui.link(area, path).classes("crumb")
        head.title = text(title or area, tag="h1")
        box("grow")
    return head


def _navigation(viewer: PageViewer, area: str, dark: ui.dark_mode) -> None:
    with ui.element("nav").classes("nav").props('aria-label="Main"'):
        with ui.link(target="/").classes("brand"):
            with box("brand-mark").props("aria-hidden=true"):
                for place in range(9):
                    ui.element("span").classes("lit" if place % 2 == 0 else "")
            text("flagfive", tag="span")
        for one in AREAS:
            if not one.right or viewer.may(one.right):
                _area_link(one, one.name == area)
        with box("nav-foot"):
            with ui.link(target="/account").classes("who").props('aria-label="Your account"'):
                text(viewer.name, "strong")
                text(viewer.role, "muted small")
            with box("nav-tools"):
                _theme_button(dark)
                _tool("keyboard", "Keys (?)", keyboard_help)
                _tool("manage_accounts", "Your account", lambda: ui.navigate.to("/account"))
                _tool("logout", "Sign out", lambda: _sign_out(viewer))


def _area_link(area: Area, here: bool) -> None:
    with ui.link(target=area.path).classes("nav-link" + (" here" if here else "")) as link:
        ui.icon(area.icon).props("aria-hidden=true")
        text(area.name, tag="span")
    if here:
        link.props("aria-current=page")


def _tool(icon: str, label: str, action: Callable[[], object]) -> ui.button:
    return button("", action, icon=icon, kind="quiet", label=label).tooltip(label)


def _theme_button(dark: ui.dark_mode) -> None:
    def turn() -> None:
        following = {None: True, True: False, False: None}
        dark.value = following[dark.value]
        name = {None: "auto", True: "dark", False: "light"}[dark.value]
        ui.run_javascript(f"document.cookie = 'theme={name}; path=/; max-age=31536000; samesite=lax'")
        ui.notify(f"Theme: {'system' if name == 'auto' else name}")

    _tool("contrast", "Theme: system, dark or light", turn)


async def _sign_out(viewer: PageViewer) -> None:
    await viewer.api.delete("/session")
    ui.navigate.to("/sign-in")
