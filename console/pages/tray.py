"""The tray of transactions that a viewer gathers for an episode, across pages."""

from nicegui import ui


class Tray(ui.element, component="tray.js"):
    """Shows the number of gathered transactions, with a link to the new episode; the browser keeps them."""
