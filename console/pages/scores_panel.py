"""The score of a transaction by base and by each detector, recomputed from stored data."""

from nicegui import background_tasks, ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, panel, table, text, waiting
from console.pages.viewer import PageViewer
from console.pages.words import rarity
from console.results.transactions import PartScore, ScoresByPart

MOST = 8


def scores_panel(viewer: PageViewer, route: str) -> None:
    """Show the panel; it fills when the scores are computed."""
    with panel("Scores by scorer"):
        place = box("stack tight")
        with place:
            waiting(2)

    async def fill() -> None:
        try:
            found = await viewer.api.get(f"{route}/scores", ScoresByPart)
        except ApiRefused as refused:
            found = ScoresByPart([], refused.what)
        if place.is_deleted:  # the page was left
            return
        place.clear()
        with place:
            if found.parts:
                _table(found.parts)
            else:
                text(found.why_not or "No scorer has scored it.", "muted")

    background_tasks.create(fill(), context=place)


def _table(parts: list[PartScore]) -> None:
    highest = sorted(parts, key=lambda one: one.shift - one.surprise)
    with table(["Scorer", "#Rarity", "#Above the threshold"], "Scores by part"):
        for one in highest[:MOST]:
            with ui.element("tr"):
                text(one.episode or one.scorer, "strong", tag="td")
                text(rarity(10**-one.surprise), "number", tag="td")
                text(_against(one), "number", tag="td")


def _against(one: PartScore) -> str:
    """Distance to the joint threshold in powers of ten, after the shift for the scorer's budget share."""
    if one.threshold is None:
        return ""
    return f"{one.surprise - one.shift - one.threshold:+.2f}"
