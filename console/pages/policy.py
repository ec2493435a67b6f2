"""The decision policy: budget, what waits, segments with their blast radius, and versions."""

from nicegui import ui

from console.pages.address import page
from console.pages.api_client import ApiRefused
from console.pages.frame import frame
from console.pages.parts import banner, box, text
from console.pages.policy_form import PolicyForm
from console.pages.policy_panels import budget_panel, versions_panel, waiting_panel
from console.pages.policy_radius import PolicyRadiusPanel
from console.pages.viewer import PageViewer, SignedIn
from console.results.decision_policy import PolicyShown

LOOK_S = 1.0


@page("/policy", "Policy")
async def policy(viewer: SignedIn) -> None:
    """Show the decision policy; the page updates itself every second, but for the form."""
    with frame(viewer, "Policy") as head:
        found = await viewer.api.get("/decision-policy", PolicyShown)
        shown = PolicyView(viewer, found)
        with head:
            shown.heading()
        shown.begin()
        ui.timer(LOOK_S, shown.look, immediate=False)


class PolicyView:
    """The page; a part is drawn anew only when its data has changed."""

    def __init__(self, viewer: PageViewer, found: PolicyShown) -> None:
        self._viewer, self._found = viewer, found
        self._form = PolicyForm(viewer, found.terms, self.look)

    def begin(self) -> None:
        """Draw everything below the heading."""
        with box("stack"):
            self.state()
            self.waiting()
            with box("columns"):
                with box("stack"):
                    self._form.show()
                    PolicyRadiusPanel(self._viewer, self._form).show()
                with box("stack"):
                    self.budget()
                    self.versions()

    async def look(self) -> None:
        """Read the policy again."""
        try:
            found = await self._viewer.api.get("/decision-policy", PolicyShown)
        except ApiRefused:
            return  # the API is briefly away; the next look tries again
        before, self._found = self._found, found
        if (before.versions, before.dormant) != (found.versions, found.dormant):
            for part in (self.heading, self.state, self.versions):
                part.refresh()
        if (before.waiting, before.terms) != (found.waiting, found.terms):
            self.waiting.refresh()
        if (before.budget, before.threshold) != (found.budget, found.threshold):
            self.budget.refresh()

    @ui.refreshable_method
    def heading(self) -> None:
        """Whether a policy is in force."""
        held = self._found.terms is not None
        text("in force" if held else "budget alone", "tag", tag="span").props["data-policy"] = str(held)

    @ui.refreshable_method
    def state(self) -> None:
        """Segments that match nothing, if any."""
        for name, why in self._found.dormant.items():
            banner(f"The segment {name!r} matches nothing: {why}", "fraud")

    @ui.refreshable_method
    def waiting(self) -> None:
        """The policy that waits."""
        waiting_panel(self._viewer, self._found, self.look)

    @ui.refreshable_method
    def budget(self) -> None:
        """The budget."""
        budget_panel(self._found)

    @ui.refreshable_method
    def versions(self) -> None:
        """Versions with their differences."""
        versions_panel(self._viewer, self._found, self.look)
