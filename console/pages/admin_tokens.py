"""Tokens that programs use to call the API."""

from functools import partial

from nicegui import ui

from console.pages.parts import banner, box, button, cell, empty, moment, panel, panel_head, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.administration import TokenCreated, TokenList, TokenRow

DAYS = 90
SCOPES = ("read", "labels", "episodes")


async def tokens(viewer: PageViewer) -> None:
    """Show all tokens; the secret of a new one is shown once."""
    rows = (await viewer.api.get("/tokens", TokenList)).rows
    may = viewer.may("administer")
    with panel():
        with panel_head("API tokens"):
            if may:
                button("New token", partial(_new, viewer), icon="vpn_key", kind="go")
        if not rows:
            empty("No tokens", "Chargeback feeds and scripts use tokens to call the API.", "vpn_key")
            return
        with table(["Name", "Scopes", "Created by", "Created", "Expires", ""], "API tokens"):
            for row in rows:
                _row(viewer, row, may)


def _row(viewer: PageViewer, row: TokenRow, may: bool) -> None:
    with ui.element("tr"):
        text(row.name, "strong", tag="td")
        text(", ".join(row.scopes), tag="td")
        text(row.author, "muted", tag="td")
        for at in (row.created_at, row.expires_at):
            with cell(), box("muted"):
                moment(at, viewer.zone)
        with cell("number"):
            if row.revoked_at is not None:
                text("revoked", "tag fraud", tag="span")
            elif may:
                button("Revoke", partial(_revoke, viewer, row.id), kind="quiet")


async def _revoke(viewer: PageViewer, token_id: int) -> None:
    with notify_refusals():
        await viewer.api.delete(f"/tokens/{token_id}")
        ui.navigate.reload()


def _new(viewer: PageViewer) -> None:
    async def make() -> None:
        with notify_refusals():
            body = {"name": name.value or "", "scopes": list(scopes.value or []), "days": days.value or None}
            made = await viewer.api.post("/tokens", TokenCreated, body)
            sheet.clear()
            with sheet:
                banner("Copy the token now. It is shown only once.")
                text(made.token, "mono")
                button("Done", ui.navigate.reload)

    with ui.dialog(value=True) as dialog, box("sheet") as sheet:
        text("New token", tag="h2")
        name = ui.input("Name").props("outlined dense autofocus maxlength=100")
        scopes = ui.select(list(SCOPES), value=["read"], label="Scopes", multiple=True).props(
            "outlined dense use-chips"
        )
        days = ui.number("Days until it expires (empty: never)", value=DAYS, min=1, max=3_650)
        days.props("outlined dense")
        with box("line"):
            button("Create", make, kind="go")
            button("Cancel", dialog.close)
