"""The named lists."""

from nicegui import ui

from console.pages.address import page
from console.pages.frame import frame
from console.pages.parts import box, button, cell, dialog_sheet, empty, moment, panel, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer, SignedIn
from console.results.lists import ListRow, Lists
from console.results.requests import RequestResult
from console.results.rules import RuleNames

USES = {"watch": "Watch: only rules see it", "block": "Block: decline", "allow": "Allow: approve"}
HEADS = ("List", "Use", "~Of", "#Values", "~Owner", "~Changed")


@page("/lists", "Lists")
async def lists(viewer: SignedIn) -> None:
    """Show all lists, by name."""
    with frame(viewer, "Lists") as head:
        found = await viewer.api.get("/lists", Lists)
        kinds = await _kinds(viewer)
        with head:
            text(f"{len(found.rows):,}", "tag", tag="span")
            if viewer.may("approve"):
                button("New list", lambda: _new(viewer, kinds), icon="add", kind="go")
        with panel():
            if not found.rows:
                hint = "A list holds ids to block, to allow, or for rules: merchant.id in lists.watched"
                empty("No lists yet", hint, "list_alt")
                return
            with table(HEADS, "Lists"):
                for row in found.rows:
                    with ui.element("tr"):
                        _row(viewer, row)


async def _kinds(viewer: PageViewer) -> list[str]:
    """Return the kinds of entities whose ids rules can read, which lists can hold."""
    names = await viewer.api.get("/rules/names", RuleNames)
    return [one.name.removesuffix(".id") for one in names.rows if one.name.endswith(".id")]


def _row(viewer: PageViewer, row: ListRow) -> None:
    with cell():
        ui.link(row.name, f"/lists/{row.name}").classes("strong")
        text(row.note, "muted small clipped")
    text(row.use, tag="td")
    text(row.of or "any", tag="td")
    with cell("number"):
        text(f"{row.values:,}")
        if row.expired:
            text(f"{row.expired:,} expired", "muted small")
    text(row.owner, tag="td")
    with cell(), box("muted"):
        moment(row.changed_at, viewer.zone)
        text(f"by {row.changed_by}", "small")


def _new(viewer: PageViewer, kinds: list[str]) -> None:
    async def do() -> None:
        wanted = str(name.value or "").strip()
        body = {"use": use.value, "of": of.value, "owner": viewer.name, "note": note.value or ""}
        with notify_refusals():
            answer = await viewer.api.put(f"/lists/{wanted}", RequestResult, body)
            dialog.close()
            ui.notify(answer.message or "Saved")
            ui.navigate.to(f"/lists/{wanted}?saved=true")

    with dialog_sheet() as dialog:
        text("New list", tag="h2")
        name = ui.input("Name", placeholder="a to z, 0 to 9 and _").props(
            "outlined dense autofocus maxlength=48"
        )
        use = ui.select(USES, label="Use", value="watch").props("outlined dense")
        holds = {"": "ids of any kind"} | {kind: f"ids of the kind {kind}" for kind in kinds}
        of = ui.select(holds, label="Holds", value="").props("outlined dense")
        note = ui.input("Note: what it is for").props("outlined dense maxlength=500")
        with box("line"):
            button("Create", do, kind="go")
            button("Cancel", dialog.close)
