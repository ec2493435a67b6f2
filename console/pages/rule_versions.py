"""Versions of a rule with what each changed, and the rollback of the last one."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from difflib import SequenceMatcher
from functools import partial

from nicegui import ui

from console.pages.parts import box, button, dialog_sheet, moment, panel, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.pages.words import NOTHING, utc_time
from console.results.requests import RequestResult
from console.results.rules import RuleDetails, RuleTerms, RuleVersion

_WORDS = re.compile(r"\s+|[\w.]+|[^\w\s]+")


def versions_panel(viewer: PageViewer, found: RuleDetails) -> None:
    """Draw the versions, newest first."""
    with panel("Versions"), box("timeline", "ol"):
        older = [*found.versions[1:], None]
        for place, (one, before) in enumerate(zip(found.versions, older, strict=True)):
            with box("marked" if place == 0 else "", "li") as item:
                item.props["data-version"] = one.control_offset
                _version(viewer, one, before.terms if before else None)
                if place == 0 and viewer.may("approve"):
                    button("Roll back", partial(_ask, viewer, found), kind="quiet")


def _version(viewer: PageViewer, one: RuleVersion, before: RuleTerms | None) -> None:
    text(one.reason or "saved", "strong")
    with box("muted small"):
        text(f"{one.author}, ", tag="span")
        moment(one.at, viewer.zone)
        text(f", offset {one.control_offset}", tag="span")
    if one.terms is None:
        text("removed", "small fraud-text")
        return
    if before is None or before.condition != one.terms.condition:
        _changed_text(before.condition if before else "", one.terms.condition)
    for words in field_changes(before, one.terms):
        text(words, "small")


def field_changes(before: RuleTerms | None, after: RuleTerms) -> Iterator[str]:
    """Yield what differs beside the condition: «mode: shadow → live»."""
    old = asdict(before) if before else {}
    for name, value in asdict(after).items():
        if name != "condition" and old and old[name] != value:
            yield f"{name}: {_words(name, old[name])} → {_words(name, value)}"


def pieces(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a text with what became of them: `same`, `del` or `ins`.

    >>> list(pieces("a > 5", "a > 6"))
    [('same', 'a > '), ('del', '5'), ('ins', '6')]
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield "same", "".join(new[c:d])
            continue
        if a < b:
            yield "del", "".join(old[a:b])
        if c < d:
            yield "ins", "".join(new[c:d])


def _changed_text(before: str, after: str) -> None:
    with box("excerpt"):
        for what, part in pieces(before, after):
            text(part, tag={"same": "span", "del": "del", "ins": "ins" if before else "span"}[what])


def _words(name: str, value: object) -> str:
    if value is None or value == "":
        return NOTHING
    if name in ("start", "end") and isinstance(value, float):
        return utc_time(value)
    return f"{value:g}%" if name == "percent" and isinstance(value, float) else str(value)


def _ask(viewer: PageViewer, found: RuleDetails) -> None:
    async def do() -> None:
        dialog.close()
        with notify_refusals():
            body = {"note": why.value or ""}
            answer = await viewer.api.post(f"/rules/{found.id}/rollback", RequestResult, body)
            ui.notify(answer.message or "Rolled back")

    with dialog_sheet() as dialog:
        text("Roll the last change back?", tag="h2")
        text("Every partition returns to the version before it.", "muted")
        why = ui.input("Reason").props("outlined dense autofocus maxlength=500")
        with box("line"):
            button("Roll back", do, kind="go")
            button("Cancel", dialog.close)
