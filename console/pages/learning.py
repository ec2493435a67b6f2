"""The banner of a new installation that still learns its traffic."""

from __future__ import annotations

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import banner, box
from console.pages.viewer import PageViewer
from console.results.learning import LearningState

LOOK_S = 30.0


def learning_banner(found: LearningState) -> None:
    """Draw the banner; nothing where nothing is learned."""
    if not found.learning:
        return
    with banner(found.words) as line:
        line.props["data-learning"] = True
        bar = box("", "progress").props("max=1")
        bar.props["value"], bar.props["aria-label"] = f"{found.progress:.2f}", "Progress of learning"


class LearningBanner:
    """The banner with a look of its own; it disappears when the state ends."""

    def __init__(self, viewer: PageViewer, found: LearningState) -> None:
        self._viewer, self._found = viewer, found
        self.line()
        if found.learning:
            self._timer = ui.timer(LOOK_S, self._look, immediate=False)

    @classmethod
    async def read(cls, viewer: PageViewer) -> LearningBanner:
        """Read the state and draw it."""
        return cls(viewer, await viewer.api.get("/monitoring/learning", LearningState))

    @ui.refreshable_method
    def line(self) -> None:
        """The banner as the state was read last."""
        learning_banner(self._found)

    async def _look(self) -> None:
        try:
            found = await self._viewer.api.get("/monitoring/learning", LearningState)
        except ApiRefused:
            return  # the API is briefly away; the next look tries again
        if found != self._found:
            self._found = found
            self.line.refresh()
        self._timer.active = found.learning
