"""One written rule: its terms, blast radius, mode, matches and versions."""

from nicegui import ui

from console.pages.address import page
from console.pages.api_client import ApiRefused
from console.pages.frame import frame
from console.pages.parts import banner, box, word
from console.pages.rule_form import RuleForm
from console.pages.rule_matches import matches_panel
from console.pages.rule_mode import ModePanel
from console.pages.rule_radius import RadiusPanel
from console.pages.rule_test_panel import RuleTestPanel
from console.pages.rule_versions import versions_panel
from console.pages.rules import mode_words
from console.pages.until_stored import open_once_stored
from console.pages.viewer import PageViewer, SignedIn
from console.results.rules import RuleDetails

LOOK_S = 1.0
NOT_FOUND = 404


@page("/new-rule", "New rule")
async def new_rule(viewer: SignedIn, condition: str = "") -> None:
    """Write a new rule; `condition` fills the editor."""
    with frame(viewer, "Rules", "New rule"), box("columns"):
        with box("stack"):
            form = RuleForm(viewer, None, condition[:2_000])
            form.show()
        with box("stack"):
            RadiusPanel(viewer, form).show()
            RuleTestPanel(viewer, form).show()


@page("/rules/{rule_id}", "Rule")
async def rule(viewer: SignedIn, rule_id: str, saved: bool = False) -> None:
    """Show one rule; the page updates itself every second. With `saved`, it waits for a rule that is new."""
    with frame(viewer, "Rules", rule_id) as head:

        async def ask() -> RuleDetails:
            return await viewer.api.get(f"/rules/{rule_id}", RuleDetails)

        try:
            found = await ask()
        except ApiRefused as refused:
            if not saved or refused.status != NOT_FOUND:
                raise
            open_once_stored(f"/rules/{rule_id}", "rule", ask)
            return
        shown = RuleView(viewer, found)
        with head:
            shown.heading()
        shown.begin()
        ui.timer(LOOK_S, shown.look, immediate=False)


class RuleView:
    """The page of one rule; a part is drawn anew only when its data has changed."""

    def __init__(self, viewer: PageViewer, found: RuleDetails) -> None:
        self._viewer, self._found = viewer, found
        self._form = RuleForm(viewer, found)
        self._mode = ModePanel(viewer, found, self.look)

    def begin(self) -> None:
        """Draw everything below the heading."""
        with box("stack"):
            self.state()
            with box("columns"):
                with box("stack"):
                    self._form.show()
                    RadiusPanel(self._viewer, self._form).show()
                    RuleTestPanel(self._viewer, self._form).show()
                    self.matches()
                with box("stack"):
                    self._mode.show()
                    self.versions()

    async def look(self) -> None:
        """Read the rule again."""
        try:
            found = await self._viewer.api.get(f"/rules/{self._found.id}", RuleDetails)
        except ApiRefused:
            return  # the API is briefly away; the next look tries again
        before, self._found = self._found, found
        if before.versions != found.versions or before.state != found.state:
            self._mode.take(found)
            self._form.take(found)
            for part in (self.heading, self.state, self.versions):
                part.refresh()
        if (before.days, before.newest) != (found.days, found.newest):
            self.matches.refresh()

    @ui.refreshable_method
    def heading(self) -> None:
        """The mode."""
        mode = "removed" if self._found.state == "removed" else self._found.terms.mode
        shown = word(mode)
        shown.props["data-mode"] = mode
        shown.text = mode if mode == "removed" else mode_words(self._found.terms)

    @ui.refreshable_method
    def state(self) -> None:
        """Why it is not evaluated, if so."""
        if self._found.state not in ("ok", "removed"):
            banner(f"It is not evaluated: {self._found.state}", "fraud")

    @ui.refreshable_method
    def matches(self) -> None:
        """Matches by day, and the last ones."""
        matches_panel(self._viewer, self._found)

    @ui.refreshable_method
    def versions(self) -> None:
        """Versions with their differences."""
        versions_panel(self._viewer, self._found)
