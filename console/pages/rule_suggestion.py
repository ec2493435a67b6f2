"""A readable rule from the flags of an episode: what it finds, and a button that saves it in shadow."""

import re
from functools import partial
from urllib.parse import quote

from nicegui import ui

from console.pages.answer_place import AnswerPlace
from console.pages.api_client import ApiRefused
from console.pages.parts import box, button, panel, text
from console.pages.rule_radius import radius_tiles
from console.pages.viewer import PageViewer
from console.pages.words import count
from console.results.requests import RequestResult
from console.results.rules import RuleFromFlags

LOOK_BACK_DAYS = 30
MOST_OF_ID = 50  # characters of an episode's name that the id of its rule has


class RuleSuggestionPanel:
    """Looks for a condition that people can read beside the episode's detector."""

    def __init__(self, viewer: PageViewer, episode_id: str, name: str) -> None:
        self._viewer, self._episode, self._name = viewer, episode_id, name

    def show(self) -> None:
        """Draw the panel; nothing is looked for until someone asks."""
        with panel("A rule from these flags"), box("stack tight"):
            text(
                "A condition of at most four parts that holds for the flags and for few others.",
                "muted small",
            )
            with box("line"):
                asks = button("Suggest a rule", self._ask)
            self._answer = AnswerPlace(asks, box("stack tight").props("aria-live=polite data-suggestion"))

    async def _ask(self) -> None:
        wanted = {"episode": self._episode, "days": LOOK_BACK_DAYS}
        await self._answer.fill(
            lambda: self._viewer.api.post("/rules/suggest", RuleFromFlags, wanted), self._found
        )

    def _found(self, suggestion: RuleFromFlags) -> None:
        found = suggestion.found
        text(found.condition, "mono", tag="code")
        text(
            f"It holds for {found.flags_matched} of {count(found.flags, 'flag')}, and for "
            f"{found.others_matched:,} of {found.others:,} other transactions."
        )
        if found.left_out:
            text(
                f"Found without one flag, it still matches that flag in {found.left_out_matched} of "
                f"{found.left_out} tries.",
                "muted small",
            )
        if suggestion.detector_held:
            text(
                f"The detector held {count(suggestion.detector_held, 'transaction')} in {LOOK_BACK_DAYS} "
                f"days; the rule matches {suggestion.detector_both:,} of them.",
                "muted small",
            )
        radius_tiles(suggestion.preview)
        with box("line"):
            if self._viewer.may("approve"):
                button("Save in shadow", partial(self._save, found.condition), kind="go")
            editor = f"/new-rule?condition={quote(found.condition, safe='')}"
            button("Open in the editor", lambda: ui.navigate.to(editor), kind="quiet")

    async def _save(self, condition: str) -> None:
        body = {
            "condition": condition,
            "action": "review",
            "owner": self._viewer.name,
            "note": f"Suggested by the flags of {self._name}",
            "reason": f"suggested by the flags of {self._name}",
        }
        identity = rule_id_of(self._name)
        try:
            answer = await self._viewer.api.put(f"/rules/{identity}", RequestResult, body)
        except ApiRefused as refused:
            ui.notify(refused.what, type="negative", multi_line=True)
            return
        ui.notify(answer.message or "Saved in shadow")
        ui.navigate.to(f"/rules/{identity}?saved=true")


def rule_id_of(name: str) -> str:
    """Return an id for the rule of an episode.

    Example:
        >>> rule_id_of("Gift cards, 3rd wave")
        'from-gift-cards-3rd-wave'
    """
    letters = re.sub(r"[^a-z0-9]+", "-", name.lower())[:MOST_OF_ID].strip("-")
    return f"from-{letters}" if letters else "from-flags"
