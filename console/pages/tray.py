"""The tray: what a viewer has gathered for an episode, from whatever page."""

from nicegui import ui


class Tray(ui.element, component="tray.js"):
    """Shows how many transactions are gathered, and leads to the new episode; the browser keeps them."""
