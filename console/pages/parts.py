"""Small parts that pages are built from. All text is set as text, never as markup."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import tzinfo

from nicegui import ui

from console.pages.hints import HINTS
from console.pages.words import NOTHING, local_time, utc_time
from console.results.transactions import ReasonRow

KIND_OF_WORD = {
    "fraud": "fraud", "decline": "fraud", "confirmed": "fraud", "refused": "fraud",
    "genuine": "genuine", "rejected": "genuine", "approve": "genuine",
    "live": "live", "waiting": "watch", "sent": "watch", "draft": "watch", "review": "watch",
    "snoozed": "watch", "overdue": "fraud", "urgent": "fraud", "failed": "fraud", "high": "watch",
    "shadow": "accent", "assigned": "accent", "adapted": "accent", "announced": "accent",
}  # fmt: skip
_SPARK_WIDTH, _SPARK_HEIGHT = 200.0, 36.0


def box(classes: str, tag: str = "div") -> ui.element:
    """Return a plain element with classes of the style sheet."""
    return ui.element(tag).classes(classes)


def text(words: str, classes: str = "", *, tag: str = "div") -> ui.label:
    """Return an element that holds `words`."""
    label = ui.label(words).classes(classes)
    label.tag = tag
    return label


def panel(title: str = "") -> ui.element:
    """Return a framed section of a page, with a heading if `title` is given."""
    section = box("panel", "section")
    if title:
        with section:
            text(title, tag="h2")
        section.props["aria-label"] = title
    return section


@contextmanager
def panel_head(title: str) -> Iterator[None]:
    """Draw the heading of a panel; elements added in the block stand on the right."""
    with box("panel-head"):
        text(title, tag="h2")
        box("grow")
        yield


def button(
    words: str,
    action: Callable[[], object] | None = None,
    *,
    icon: str = "",
    kind: str = "act",
    label: str = "",
) -> ui.button:
    """Return a button.

    Args:
        words: text on the button.
        action: called on a click.
        icon: name of a Material icon.
        kind: `go` for the main action of a page, `act` for others, `quiet` for tools.
        label: accessible name; needed where `words` is empty.
    """
    made = ui.button(words, on_click=action, icon=icon or None, color=None).props("unelevated no-caps")
    if label:
        made.props["aria-label"] = label
    return made.classes(kind)


@contextmanager
def dialog_sheet() -> Iterator[ui.dialog]:
    """Open a dialog and draw its content in the block.

    It belongs to the page, not to the part whose button opened it: that part may be redrawn meanwhile.
    """
    with ui.context.client.content, ui.dialog(value=True) as dialog, box("sheet"):
        yield dialog


def tile(name: str, value: str, below: str = "") -> ui.label:
    """Draw one key figure with its name above it, and return the value's label."""
    with box("tile"):
        text(name, "muted small")
        label = text(value, "value")
        if below:
            text(below, "muted small")
    return label


def word(state: str) -> ui.label:
    """Return a state or verdict in its colour."""
    return text(state, f"tag {KIND_OF_WORD.get(state, '')}".strip(), tag="span")


def moment(seconds: float | None, zone: tzinfo, *, tag: str = "time") -> ui.label:
    """Return a time in the viewer's zone, with UTC as a tooltip."""
    if seconds is None:
        return text(NOTHING, "muted", tag="span")
    label = text(local_time(seconds, zone), tag=tag)
    label.props["title"] = utc_time(seconds)
    return label


def facts(rows: Sequence[tuple[str, str]]) -> ui.element:
    """Return a list of names and values."""
    with box("facts", "dl") as made:
        for name, value in rows:
            text(name, tag="dt")
            text(value or NOTHING, tag="dd")
    return made


def reasons(found: Sequence[ReasonRow]) -> None:
    """Draw the reasons of an alert, strongest first, each with a bar for its contribution."""
    pushes = [abs(one.push) for one in found]
    most = max(pushes, default=0.0)
    with box("reasons", "ol"):
        for one, push in zip(found, pushes, strict=True):
            with ui.element("li"):
                text(one.text)
                if most > 0:
                    with box("meter").props("aria-hidden=true"), ui.element("div") as bar:
                        bar.style(f"width: {100 * push / most:.0f}%")


def sparkline(values: Sequence[float], label: str) -> None:
    """Draw a series of at least two values as a line."""
    if len(values) < 2:
        text("not enough data", "muted small")
        return
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = _SPARK_WIDTH / (len(values) - 1)
    points = " ".join(
        f"{place * step:.1f},{_SPARK_HEIGHT - (value - low) / span * (_SPARK_HEIGHT - 2) - 1:.1f}"
        for place, value in enumerate(values)
    )
    drawing = box("spark", "svg")
    drawing.props["viewBox"] = f"0 0 {_SPARK_WIDTH:.0f} {_SPARK_HEIGHT:.0f}"
    drawing.props["preserveAspectRatio"] = "none"
    drawing.props["role"] = "img"
    drawing.props["aria-label"] = label
    with drawing:
        around = f"0,{_SPARK_HEIGHT} {points} {_SPARK_WIDTH},{_SPARK_HEIGHT}"
        ui.element("polygon").props["points"] = around
        ui.element("polyline").props["points"] = points


def table(heads: Sequence[str], label: str) -> AbstractContextManager[ui.element]:
    """Draw a plain table and yield its body.

    A head that begins with `#` aligns numbers. One that begins with `~` is left out, with its column, where
    the window is as narrow as a telephone; `~` comes first.
    """
    scrolled = box("table-wrap").props("tabindex=0")  # by keyboard too
    with scrolled, box("plain", "table") as made:
        made.props["aria-label"] = label
        made.classes(" ".join(f"hide-{n}" for n, head in enumerate(heads, 1) if head.startswith("~")))
        with ui.element("thead"), ui.element("tr"):
            for head in heads:
                _heading(head.lstrip("~#"), "number" if "#" in head[:2] else "")
        return ui.element("tbody")


def _heading(name: str, classes: str) -> None:
    heading = text(name, classes, tag="th").props("scope=col")
    if name in HINTS:
        heading.props["title"] = HINTS[name]


def cell(classes: str = "") -> ui.element:
    """Return a table cell that holds elements."""
    return box(classes, "td")


def tabs(addresses: Mapping[str, str], here: str, label: str) -> None:
    """Draw links to the parts of a page; `here` is the current part."""
    with box("tabs", "nav") as made:
        made.props["aria-label"] = label
        for name, address in addresses.items():
            link = ui.link(name, address)
            if name == here:
                link.classes("here").props("aria-current=page")


def empty(title: str, hint: str, icon: str = "inbox") -> ui.element:
    """Return the placeholder of an empty list, with a hint."""
    with box("state") as state:
        ui.icon(icon).props("aria-hidden=true")
        text(title, "title")
        text(hint)
    return state


def failed(what: str) -> None:
    """Draw an error message."""
    with box("state failed").props("role=alert"):
        ui.icon("error_outline").props("aria-hidden=true")
        text("Something went wrong", "title")
        text(what)


def waiting(lines: int = 4) -> ui.element:
    """Return grey bars as a placeholder for content that loads."""
    with box("stack tight").props('role=status aria-label="Loading"') as bars:
        for number in range(lines):
            box("skeleton").style(f"width: {92 - 14 * (number % 4)}%")
    return bars


def banner(words: str, kind: str = "") -> ui.element:
    """Return a sentence in a highlighted box."""
    with box(f"banner {kind}".strip()).props("role=status") as made:
        ui.icon({"fraud": "error_outline", "genuine": "check_circle"}.get(kind, "info")).props("size=20px")
        text(words)
    return made
