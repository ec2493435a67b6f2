"""The policy: alert budget, approval, and how long data is kept."""

from typing import Any

from nicegui import ui

from console.pages.parts import box, button, panel, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.pages.words import percent
from console.results.administration import PolicyInForce, PolicyProposed

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
            button("Save", lambda: _save(viewer, form, found), kind="go").style("align-self: flex-start")
    if found.proposed is not None:
        _proposal(viewer, found.proposed)


def _proposal(viewer: PageViewer, proposed: PolicyProposed) -> None:
    """Show the change that waits for another administrator."""
    with panel("Proposed"), box("stack"):
        changes = ", ".join(f"{name} = {value}" for name, value in proposed.changes.items())
        text(f"{proposed.author} proposes: {changes}")
        if viewer.may("administer"):
            with box("line"):
                if proposed.author != viewer.name:
                    button("Approve", lambda: _decide(viewer, proposed, "approve"), kind="go")
                button("Reject", lambda: _decide(viewer, proposed, "reject"))


async def _decide(viewer: PageViewer, proposed: PolicyProposed, decision: str) -> None:
    with notify_refusals():
        await viewer.api.post(f"/policy/proposals/{proposed.id}/{decision}", PolicyInForce, {})
        ui.navigate.reload()


def _number(label: str, value: float, *, step: float = 1.0) -> ui.number:
    return ui.number(label, value=value, min=0, step=step)


async def _save(viewer: PageViewer, form: dict[str, Any], before: PolicyInForce) -> None:
    changed = {name: field.value for name, field in form.items() if field.value != getattr(before, name)}
    with notify_refusals():
        after = await viewer.api.put("/policy", PolicyInForce, changed)
        if after.proposed is None:
            ui.notify("Saved. The policy applies from the next episode.")
        else:
            ui.notify("Proposed. Another administrator puts it in force.")
