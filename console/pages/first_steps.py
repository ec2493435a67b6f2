"""The first steps of a new installation, and the payments that a demo suggests to flag."""

from urllib.parse import urlencode

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, button, panel, text
from console.pages.viewer import PageViewer
from console.results.first_steps import FirstStep, FirstSteps, SuggestedEpisode

LOOK_S = 5.0
NUMBERS = {5: "five"}


class FirstStepsPanel:
    """Shows the steps until all are done; it looks again by itself."""

    def __init__(self, viewer: PageViewer, found: FirstSteps) -> None:
        self._viewer, self._found = viewer, found
        self.show()
        ui.timer(LOOK_S, self._look, immediate=False)

    @classmethod
    async def read(cls, viewer: PageViewer) -> "FirstStepsPanel":
        """Read the steps and draw them."""
        return cls(viewer, await viewer.api.get("/first-steps", FirstSteps))

    @ui.refreshable_method
    def show(self) -> None:
        """Draw the suggestion of a demo, or else what is to be done."""
        found = self._found
        if found.suggested is not None and self._viewer.may("flag"):
            _suggestion(found.suggested)
        elif not all(one.done for one in found.steps):
            with panel("First steps") as whole, box("steps", "ol"):
                whole.classes("below").props["data-first-steps"] = True
                for one in found.steps:
                    _step(one)

    async def _look(self) -> None:
        try:
            found = await self._viewer.api.get("/first-steps", FirstSteps)
        except ApiRefused:
            return  # the API is briefly away; the next look tries again
        if found != self._found:
            self._found = found
            self.show.refresh()


def _step(one: FirstStep) -> None:
    with box("done" if one.done else "", "li"):
        ui.icon("check_circle" if one.done else "radio_button_unchecked").props("aria-hidden=true")
        text(one.name, "strong", tag="span")
        text("done" if one.done else one.words, "muted small", tag="span")
        if one.command and not one.done:
            text(one.command, "mono small", tag="code")


def _suggestion(found: SuggestedEpisode) -> None:
    with panel("A new pattern slips through") as whole, box("line"):
        whole.classes("below").props["data-suggested"] = True
        text(f"{found.pattern}: {found.recipe}", "muted")
        query = urlencode({"ids": ",".join(found.ids), "name": found.pattern})
        button(
            f"Flag these {NUMBERS.get(len(found.ids), len(found.ids))}",
            lambda: ui.navigate.to(f"/new-episode?{query}"),
            icon="flag",
            kind="go",
        )
