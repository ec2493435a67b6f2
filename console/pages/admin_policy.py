"""The policy: alert budget, approval, and how long data is kept."""

from typing import Any

from nicegui import ui

from console.pages.parts import box, button, panel, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.pages.words import percent
from console.results.administration import PolicyInForce

POLICIES = {"auto": "goes live", "approve": "waits for approval", "shadow": "scores without alerting"}


async def policy(viewer: PageViewer) -> None:
    """Show the policy in force, and the form that changes it."""
    found = await viewer.api.get("/policy", PolicyInForce)
    may = viewer.may("administer")
    with panel("Policy"), box("stack"):
        form = {
            "alert_rate": _number("Alert budget, share of genuine traffic", found.alert_rate, step=0.0001),
            "policy": ui.select(POLICIES, value=found.policy, label="A detector that passes the gate"),
            "four_eyes": ui.switch("Episodes need another person's approval", value=found.four_eyes),
            "transactions_days": _number("Days to keep transactions (0: forever)", found.transactions_days),
            "alerts_days": _number("Days to keep alerts (0: forever)", found.alerts_days),
        }
        for field in form.values():
            field.props("outlined dense").style("max-width: 420px")
            field.props("" if may else "disable")
        text(f"The current budget is {percent(found.alert_rate, 2)} of genuine traffic.", "muted small")
        if may:
            button("Save", lambda: _save(viewer, form), kind="go").style("align-self: flex-start")


def _number(label: str, value: float, *, step: float = 1.0) -> ui.number:
    return ui.number(label, value=value, min=0, step=step)


async def _save(viewer: PageViewer, form: dict[str, Any]) -> None:
    with notify_refusals():
        await viewer.api.put("/policy", PolicyInForce, {name: field.value for name, field in form.items()})
        ui.notify("Saved. The policy applies from the next episode.")
