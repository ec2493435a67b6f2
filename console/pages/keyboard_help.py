"""What the keys do, for whoever asks with `?`."""

from nicegui import ui

from console.pages.parts import button, text

KEYS = (
    ("j", "next alert"),
    ("k", "previous alert"),
    ("x", "select, for several at once"),
    ("f", "fraud"),
    ("g", "genuine"),
    ("e", "add to a new episode"),
    ("a", "assign to me"),
    ("s", "snooze for a day"),
    ("c", "open a case of them"),
    ("Enter", "open the transaction"),
    ("n", "show new alerts"),
    ("/", "search"),
    ("?", "this help"),
)


def keyboard_help() -> None:
    """Open the list of keys."""
    with ui.dialog(value=True) as dialog, ui.element("div").classes("sheet"):
        text("Keys", tag="h2")
        with ui.element("dl").classes("facts"):
            for key, meaning in KEYS:
                with ui.element("dt"):
                    text(key, tag="kbd")
                text(meaning, tag="dd")
        text("Keys work on the selected rows; where none is selected, on the one in focus.", "muted small")
        button("Close", dialog.close)
