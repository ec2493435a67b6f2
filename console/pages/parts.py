"""Small parts that pages are built of. All text is set as text, never as markup."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import tzinfo

from nicegui import ui

from console.pages.words import NOTHING, local_time, utc_time
from console.results.transactions import ReasonRow

KIND_OF_WORD = {
    "fraud": "fraud", "decline": "fraud", "confirmed": "fraud", "refused": "fraud",
    "genuine": "genuine", "rejected": "genuine", "approve": "genuine",
    "live": "live", "waiting": "watch", "sent": "watch", "draft": "watch", "review": "watch",
    "snoozed": "watch",
    "shadow": "accent", "assigned": "accent", "adapted": "accent", "announced": "accent",
}  # fmt: skip
_SPARK_WIDTH, _SPARK_HEIGHT = 200.0, 36.0


def box(classes: str, tag: str = "div") -> ui.element:
    """A plain element with classes of the style sheet."""
    return ui.element(tag).classes(classes)


def text(words: str, classes: str = "", *, tag: str = "div") -> ui.label:
    """Words in an element of their own."""
    label = ui.label(words).classes(classes)
    label.tag = tag
    return label


def panel(title: str = "") -> ui.element:
    """A framed part of a page, with a heading where it has one."""
    section = box("panel", "section")
    if title:
        with section:
            text(title, tag="h2")
        section.props["aria-label"] = title
    return section


@contextmanager
def panel_head(title: str) -> Iterator[None]:
    """The heading of a panel; what is put within it stands at the right."""
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
    """A button: `go` for what a page is for, `act` for the rest, `quiet` for tools, which need a `label`."""
    made = ui.button(words, on_click=action, icon=icon or None, color=None).props("unelevated no-caps")
    if label:
        made.props["aria-label"] = label
    return made.classes(kind)


def tile(name: str, value: str, below: str = "") -> ui.label:
    """One number that matters, its name above it; returns the value's label."""
    with box("tile"):
        text(name, "muted small")
        label = text(value, "value")
        if below:
            text(below, "muted small")
    return label


def word(state: str) -> ui.label:
    """A state or verdict in its colour."""
    return text(state, f"tag {KIND_OF_WORD.get(state, '')}".strip(), tag="span")


def moment(seconds: float | None, zone: tzinfo, *, tag: str = "time") -> ui.label:
    """A time in the viewer's zone, with UTC under the pointer."""
    if seconds is None:
        return text(NOTHING, "muted", tag="span")
    label = text(local_time(seconds, zone), tag=tag)
    label.props["title"] = utc_time(seconds)
    return label


def facts(rows: Sequence[tuple[str, str]]) -> ui.element:
    """Names and their values."""
    with box("facts", "dl") as made:
        for name, value in rows:
            text(name, tag="dt")
            text(value or NOTHING, tag="dd")
    return made


def reasons(found: Sequence[ReasonRow]) -> None:
    """Why it was alerted, the strongest first, each with its share of the push."""
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
    """A series as a line, from first to last; one value alone is no line and draws nothing."""
    if len(values) < 2:
        text("too few to draw", "muted small")
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
    """A plain table; inside it, add rows with `row`. A head that begins with `#` is of numbers."""
    with box("table-wrap"), box("plain", "table") as made:
        made.props["aria-label"] = label
        with ui.element("thead"), ui.element("tr"):
            for head in heads:
                text(head.lstrip("#"), "number" if head.startswith("#") else "", tag="th").props("scope=col")
        return ui.element("tbody")


def cell(classes: str = "") -> ui.element:
    """A cell that holds more than text."""
    return box(classes, "td")


def tabs(addresses: Mapping[str, str], here: str, label: str) -> None:
    """Parts of a page by their names, each at an address of its own."""
    with box("tabs", "nav") as made:
        made.props["aria-label"] = label
        for name, address in addresses.items():
            link = ui.link(name, address)
            if name == here:
                link.classes("here").props("aria-current=page")


def empty(title: str, hint: str, icon: str = "inbox") -> ui.element:
    """Nothing is there, and what to do about it."""
    with box("state") as state:
        ui.icon(icon).props("aria-hidden=true")
        text(title, "title")
        text(hint)
    return state


def failed(what: str) -> None:
    """Something went wrong, in words."""
    with box("state failed").props("role=alert"):
        ui.icon("error_outline").props("aria-hidden=true")
        text("This did not work", "title")
        text(what)


def waiting(lines: int = 4) -> ui.element:
    """Grey bars where content will be."""
    with box("stack tight").props('role=status aria-label="Loading"') as bars:
        for number in range(lines):
            box("skeleton").style(f"width: {92 - 14 * (number % 4)}%")
    return bars


def banner(words: str, kind: str = "") -> ui.element:
    """A sentence that must not be overlooked."""
    with box(f"banner {kind}".strip()).props("role=status") as made:
        ui.icon({"fraud": "error_outline", "genuine": "check_circle"}.get(kind, "info")).props("size=20px")
        text(words)
    return made
