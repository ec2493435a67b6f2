"""Users, their roles, and whether they can sign in."""

from functools import partial
from typing import Any

from nicegui import events, ui

from console.pages.api_client import PREFIX, ApiRefused
from console.pages.parts import banner, box, button, cell, panel, panel_head, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.administration import UserCreated, UserList, UserRow

ROLES = ("viewer", "analyst", "lead", "admin", "auditor")
Change = dict[str, str | bool]


async def users(viewer: PageViewer) -> None:
    """Show all users; administrators can change roles, deactivate users and add new ones."""
    rows = (await viewer.api.get("/users", UserList)).rows
    may = viewer.may("administer")
    with panel():
        with panel_head("Users"):
            if may:
                button("New user", partial(_new, viewer), icon="person_add", kind="go")
        with table(["Name", "Role", "State", ""], "Users"):
            for row in rows:
                _row(viewer, row, may)


def _row(viewer: PageViewer, row: UserRow, may: bool) -> None:
    with ui.element("tr"):
        text(row.name, "strong", tag="td")
        with cell():
            if may:
                choice = ui.select(list(ROLES), value=row.role, on_change=partial(_role, viewer, row.id))
                choice.props(f'outlined dense aria-label="Role of {row.id}"').style("width: 132px")
            else:
                text(row.role)
        with cell():
            _state(row)
        with cell("number"):
            if may and row.name != viewer.name:
                words = "Deactivate" if row.active else "Activate"
                button(words, partial(_changed, viewer, row, {"active": not row.active}), kind="quiet")
                if row.second_factor:
                    change: Change = {"remove_second_factor": True}
                    button("Remove second factor", partial(_changed, viewer, row, change), kind="quiet")


def _state(row: UserRow) -> None:
    state, kind = ("active", "genuine") if row.active else ("deactivated", "fraud")
    text(state, f"tag {kind}", tag="span")
    if row.second_factor:
        text("second factor", "tag accent", tag="span")
    if row.signs_in_by == "provider":
        text("by provider", "tag", tag="span")


def _link(viewer: PageViewer, token: str) -> None:
    banner("Give this link to the user. It signs them in once and expires after an hour.")
    text(f"{viewer.origin}{PREFIX}/session/once?token={token}", "mono")
    button("Done", ui.navigate.reload)


async def _role(viewer: PageViewer, user_id: int, event: events.ValueChangeEventArguments[Any]) -> None:
    await _change(viewer, user_id, {"role": event.value})


async def _changed(viewer: PageViewer, row: UserRow, change: Change) -> None:
    if await _change(viewer, row.id, change):
        ui.navigate.reload()


async def _change(viewer: PageViewer, user_id: int, body: Change) -> bool:
    try:
        await viewer.api.patch(f"/users/{user_id}", UserRow, body)
    except ApiRefused as refused:
        ui.notify(refused.what, type="negative")
        return False
    ui.notify("Saved")
    return True


def _new(viewer: PageViewer) -> None:
    async def make() -> None:
        body = {"name": (name.value or "").strip(), "role": role.value, "password": password.value or None}
        with notify_refusals():
            made = await viewer.api.post("/users", UserCreated, body)
            if made.link_token is None:
                ui.navigate.reload()
                return
            sheet.clear()
            with sheet:
                _link(viewer, made.link_token)

    with ui.dialog(value=True) as dialog, box("sheet") as sheet:
        text("New user", tag="h2")
        name = ui.input("Name").props("outlined dense autofocus maxlength=100 autocomplete=off")
        role = ui.select(list(ROLES), value="analyst", label="Role").props("outlined dense")
        password = ui.input("Password (leave empty for a sign-in link)", password=True).props(
            "outlined dense autocomplete=new-password"
        )
        with box("line"):
            button("Create", make, kind="go")
            button("Cancel", dialog.close)
