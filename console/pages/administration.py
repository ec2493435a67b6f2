"""Administration: approvals, users, tokens, policy, webhooks and the audit log."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from console.pages.address import page
from console.pages.admin_approvals import approvals
from console.pages.admin_audit import audit
from console.pages.admin_policy import policy
from console.pages.admin_tokens import tokens
from console.pages.admin_users import users
from console.pages.admin_webhooks import webhooks
from console.pages.api_client import ApiRefused
from console.pages.frame import frame
from console.pages.parts import box, failed, tabs
from console.pages.viewer import PageViewer, SignedIn

Part = Callable[[PageViewer], Awaitable[None]]
PARTS: dict[str, Part] = {
    "Approvals": approvals,
    "Users": users,
    "Tokens": tokens,
    "Policy": policy,
    "Webhooks": webhooks,
    "Audit log": audit,
}


@page("/administration", "Administration")
async def administration(viewer: SignedIn, part: str = "Approvals") -> None:
    """Show the page; `part` names the part to show."""
    with frame(viewer, "Administration"):
        chosen = part if part in PARTS else "Approvals"
        tabs({name: f"/administration?part={quote(name)}" for name in PARTS}, chosen, "Parts")
        with box("stack"):
            try:
                await PARTS[chosen](viewer)
            except ApiRefused as refused:
                failed(refused.what)
