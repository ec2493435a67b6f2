"""The list of keyboard shortcuts, opened with `?`."""

from nicegui import ui

from console.pages.parts import button, dialog_sheet, text

KEYS = (
    ("j", "next alert"),
    ("k", "previous alert"),
    ("x", "select or deselect"),
    ("f", "fraud"),
    ("g", "genuine"),
    ("e", "add to a new episode"),
    ("a", "assign to me"),
    ("s", "snooze for a day"),
    ("c", "open a new case"),
    ("Enter", "open the transaction"),
    ("n", "show new alerts"),
    ("/", "search"),
    ("?", "this help"),
)


def keyboard_help() -> None:
    """Open the list of keys."""
    with dialog_sheet() as dialog:
        text("Keys", tag="h2")
        with ui.element("dl").classes("facts"):
            for key, meaning in KEYS:
                with ui.element("dt"):
                    text(key, tag="kbd")
                text(meaning, tag="dd")
        text("Keys apply to the selected rows, or to the row in focus if none is selected.", "muted small")
        button("Close", dialog.close)
