"""Sets up and removes the viewer's second factor."""

from functools import partial

from nicegui import ui

from console.pages.parts import banner, box, button, moment, panel, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.session import RecoveryCodes, SecondFactorBegun, SecondFactorState


def second_factor(viewer: PageViewer, state: SecondFactorState) -> None:
    """Show whether there is a second factor, and the steps to set it up or to remove it."""
    with panel("Second factor"), box("stack") as steps:
        if state.since is None:
            _offer(viewer, steps)
            return
        with box("line"):
            text("On, since")
            moment(state.since, viewer.zone)
        text(f"{state.recovery_codes} recovery codes are left.", "muted small")
        code = _code("Code of your app, or a recovery code")
        button("Remove", partial(_remove, viewer, code)).style("align-self: flex-start")


def _offer(viewer: PageViewer, steps: ui.element) -> None:
    text(
        "An app on your phone shows a new code every 30 seconds. With it, a stolen password is not enough.",
        "muted",
    )
    own = ui.input("Your password", password=True)
    own.props("outlined dense maxlength=200 autocomplete=current-password").style("max-width: 420px")

    async def begin() -> None:
        with notify_refusals():
            body = {"password": own.value or ""}
            begun = await viewer.api.post("/session/second-factor", SecondFactorBegun, body)
            steps.clear()
            with steps:
                _confirm(viewer, steps, begun)

    button("Set up", begin, kind="go").style("align-self: flex-start")


def _confirm(viewer: PageViewer, steps: ui.element, begun: SecondFactorBegun) -> None:
    text("1. Add this key to your authenticator app (time-based, 6 digits):")
    text(in_fours(begun.secret), "mono").props('aria-label="Key for the app"')
    ui.link("Open the app on this device", begun.address)
    text("2. Type the code that the app shows:")
    code = _code("Code")

    async def confirm() -> None:
        with notify_refusals():
            body = {"code": code.value or ""}
            made = await viewer.api.post("/session/second-factor/confirm", RecoveryCodes, body)
            steps.clear()
            with steps:
                _codes(made.codes)

    button("Confirm", confirm, kind="go").style("align-self: flex-start")


def _codes(codes: list[str]) -> None:
    banner("The second factor is on. Keep these recovery codes: each signs you in once without the app.")
    with box("mono", "ul").props('aria-label="Recovery codes"'):
        for one in codes:
            text(one, tag="li")
    button("I have kept them", ui.navigate.reload, kind="go").style("align-self: flex-start")


async def _remove(viewer: PageViewer, code: ui.input) -> None:
    with notify_refusals():
        await viewer.api.post_nothing("/session/second-factor/remove", {"code": code.value or ""})
        ui.navigate.reload()


def _code(label: str) -> ui.input:
    made = ui.input(label).props("outlined dense maxlength=40 autocomplete=one-time-code")
    return made.style("max-width: 420px")


def in_fours(secret: str) -> str:
    """Write a secret in groups of four, as people read it.

    >>> in_fours("JBSWY3DPEHPK3PXP")
    'JBSW Y3DP EHPK 3PXP'
    """
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
