"""What an episode would do before it is made: asked of the worker, shown as numbers and examples."""

from functools import partial
from typing import Any

from console.pages.entity import payments_table
from console.pages.parts import banner, box, button, failed, panel, text, tile, waiting
from console.pages.support import Support
from console.pages.viewer import Viewer
from console.pages.words import amount, percent, short

Found = dict[str, Any]


class Preview:
    """Shows what a draft of the flags would do; a newer request makes an older answer worthless."""

    def __init__(self, viewer: Viewer, support: Support) -> None:
        self._viewer = viewer
        self._support = support
        self._asked = 0
        self._place = box("stack")
        self._place.props["aria-live"] = "polite"

    def wait(self) -> int:
        """Show that an answer is on its way; returns its number."""
        self._asked += 1
        self._place.clear()
        with self._place, panel("What it would do"):
            waiting()
        return self._asked

    def nothing(self) -> None:
        """There is nothing to ask about."""
        self._asked += 1
        self._place.clear()

    def show(self, number: int, found: Found | None, told: str = "") -> None:
        """Show an answer, unless a newer one was asked for."""
        if number != self._asked:
            return
        self._place.clear()
        with self._place:
            if found is None:
                with panel("What it would do"):
                    failed(told)
                return
            self._checks(found)
            self._effects(found)
            self._matches(found)
            _examples(self._viewer, found.get("examples") or {})

    def _checks(self, found: Found) -> None:
        support, gate = found.get("support") or {}, found.get("gate") or {}
        self._support.odd = dict.fromkeys(support.get("strangers") or [], "unlike the others")
        self._support.show.refresh()
        if gate:
            passes = bool(gate.get("passes"))
            words = (
                "The gate would let it pass" if passes else f"The gate would refuse it: {gate.get('reason')}"
            )
            banner(words, "genuine" if passes else "fraud")
        groups = support.get("groups") or []
        if len(groups) > 1:
            with banner("These flags look like two patterns. One episode for each finds more."):
                for place, group in enumerate(groups, 1):
                    keep = [str(one) for one in group]
                    button(f"Keep pattern {place} ({len(keep)})", partial(self._support.keep, keep))
        for note in support.get("notes") or []:
            banner(note)

    def _effects(self, found: Found) -> None:
        with box("tiles"):
            tile("More alerts a day", short(found.get("alerts_a_day")))
            tile("Past frauds it finds", short(found.get("frauds_caught")))
            tile("False positives", short(found.get("false_positives")))
            tile("Cost of looking", amount(found.get("cost"), found.get("currency")))
            ordinary = (found.get("support") or {}).get("ordinary")
            if ordinary:
                tile("Ordinary traffic alike", percent(ordinary, 3))

    def _matches(self, found: Found) -> None:
        rows = found.get("matches") or []
        if not rows:
            return
        with panel(f"{len(rows)} earlier transactions match"):
            with box("line"):
                text("Flag those that belong to the pattern too.", "muted")
                ids = [row["transaction_id"] for row in rows]
                button("Flag all as fraud", lambda: self._support.add(ids))
            payments_table(self._viewer, rows, "")


def _examples(viewer: Viewer, examples: Found) -> None:
    for key, title in (("caught", "Would be caught"), ("false", "Would be alerted in vain")):
        if examples.get(key):
            with panel(title):
                payments_table(viewer, examples[key], "")
