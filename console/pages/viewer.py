"""The viewer of a page: rights, time zone and theme."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Request
from nicegui import app as pages_app

from console.pages.api_client import ApiClient, ApiRefused
from console.results.session import SessionUser

SIGN_IN, ACCOUNT = "/sign-in", "/account"
ZONE_COOKIE, THEME_COOKIE = "zone", "theme"


@dataclass(frozen=True)
class PageViewer:
    """A person who is signed in.

    Attributes:
        api: the API with this person's session.
        rights: names of what the role allows.
        dark: the theme they chose; None follows their system.
        origin: address of the console, as this person reaches it.
        needs_second_factor: whether they must set one up before they can do anything else.
    """

    api: ApiClient
    name: str
    role: str
    rights: frozenset[str]
    zone: tzinfo
    dark: bool | None
    origin: str
    needs_second_factor: bool = False

    def may(self, right: str) -> bool:
        """Whether the role has the right; the API checks it again on each request."""
        return right in self.rights


async def viewer_of(request: Request) -> PageViewer:
    """Return the viewer of a request; redirect to the sign-in page if no user is signed in."""
    api = ApiClient(pages_app.state.api, request)
    try:
        session = await api.get("/session", SessionUser)
    except ApiRefused as refused:
        if refused.status != 401:
            raise
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = {"Location": f"{SIGN_IN}?next={quote(asked)}"}
        raise HTTPException(303, "sign in first", headers=headers) from None
    api.csrf = session.csrf
    if session.needs_second_factor and request.url.path != ACCOUNT:
        raise HTTPException(303, "set up a second factor first", headers={"Location": ACCOUNT})
    return PageViewer(
        api=api,
        name=session.name,
        role=session.role,
        rights=frozenset(session.rights),
        zone=zone_of(request.cookies.get(ZONE_COOKIE, "")),
        dark={"dark": True, "light": False}.get(request.cookies.get(THEME_COOKIE, "")),
        origin=str(request.base_url).rstrip("/"),
        needs_second_factor=session.needs_second_factor,
    )


def zone_of(name: str) -> tzinfo:
    """Return the time zone of this name, or UTC if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, invalid characters, or the name of a folder
        return ZoneInfo("UTC")


SignedIn = Annotated[PageViewer, Depends(viewer_of)]
