"""The form that changes the viewer's password."""

from nicegui import ui

from console.pages.parts import box, button, panel, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer


async def password(viewer: PageViewer) -> None:
    """Show the form; the API says why a user of an OpenID provider cannot set one."""

    async def change() -> None:
        if new.value != again.value:
            ui.notify("The new passwords differ", type="negative")
            return
        with notify_refusals():
            await viewer.api.post_nothing(
                "/session/password", {"old": old.value or "", "new": new.value or ""}
            )
            ui.navigate.to("/sign-in")

    with panel("Password"), box("stack"):
        text("12 characters or more. A change signs you out everywhere.", "muted small")
        old = _field("Current password", "current-password")
        new = _field("New password", "new-password")
        again = _field("New password, again", "new-password")
        button("Change password", change, kind="go").style("align-self: flex-start")


def _field(label: str, complete: str) -> ui.input:
    made = ui.input(label, password=True)
    return made.props(f"outlined dense maxlength=200 autocomplete={complete}").style("max-width: 420px")
