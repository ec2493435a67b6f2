"""The page to sign in."""

from nicegui import ui

from console.pages.parts import box, text


class SignInForm(ui.element, component="sign_in.js"):
    """Asks for name and password and sends them to the API from the browser.

    Args:
        following: path to go to afterwards.
    """

    def __init__(self, following: str) -> None:
        super().__init__()
        self._props["next"] = following


@ui.page("/sign-in", title="Sign in · flagfive")
def sign_in(next: str = "/") -> None:  # noqa: A002, the address names it so
    """Show the form; `next` is the path to open afterwards, within the console only."""
    ui.dark_mode(None)
    with box("gate", "main"), box("panel stack").style("padding: 32px"):
        text("flagfive", tag="h1")
        text("Flag five, catch the rest.", "muted")
        SignInForm(next if next.startswith("/") and not next.startswith(("//", "/\\")) else "/")
