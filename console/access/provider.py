"""Sign-in at an OpenID provider: Authlib speaks the protocol, here stands who may enter by it."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import URL

from console.access.rights import Role
from console.access.sign_in import Entered, begin_session
from console.access.viewer import Viewer
from console.audit import Act, note
from console.errors import NotSignedIn
from settings import ConsoleSettings
from storage import UnitOfWork
from storage.users import User

DISCOVERY = "/.well-known/openid-configuration"
SCOPE = "openid profile email"
BY = "OpenID Connect"


class Provider(Protocol):
    """What routes need of Authlib's client."""

    async def authorize_redirect(self, request: Request, redirect_uri: URL) -> RedirectResponse:
        """Send the browser there."""

    async def authorize_access_token(self, request: Request) -> dict[str, Any]:
        """Exchange the code that it came back with; `userinfo` holds claims that were checked."""


def provider_of(settings: ConsoleSettings, **client: Any) -> Provider | None:
    """The provider that the settings name, if any; `client` goes to the HTTP client that asks it.

    Codes are bound to the browser by state and PKCE, tokens checked by issuer, audience, nonce and signature.
    """
    if not settings.oidc_issuer:
        return None
    from authlib.integrations.starlette_client import OAuth

    secret = settings.oidc_secret
    provider: Provider = OAuth().register(
        "provider",
        server_metadata_url=settings.oidc_issuer.rstrip("/") + DISCOVERY,
        client_id=settings.oidc_client,
        client_secret=secret.get_secret_value() if secret else None,
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", **client},
    )
    return provider


def sign_in_by_provider(
    unit: UnitOfWork,
    claims: dict[str, Any],
    *,
    role: Literal["", "viewer", "analyst"],
    address: str,
    now: float,
) -> Entered:
    """Begin a session for whom the provider vouches; `claims` are those of a token that was checked.

    A user is known by the provider's subject. Who comes first is taken for the user of their verified name
    that has no password and no subject yet, else made anew with `role`. Raises NotSignedIn.
    """
    subject = f"{claims.get('iss')} {claims.get('sub')}"
    user = unit.users.of_subject(subject) or _first_time(unit, claims, subject, role, address, now)
    if user is None or not user.active:
        raise NotSignedIn("the provider accepted you, but this console has no user for you", where=BY)
    return begin_session(unit, user, address=address, now=now, by=BY)


def _first_time(
    unit: UnitOfWork, claims: dict[str, Any], subject: str, role: str, address: str, now: float
) -> User | None:
    name = _name(claims)
    user = unit.users.by_name(name) if name else None
    if user is not None and (user.password_hash is not None or user.subject is not None):
        return None  # somebody else's: a name at the provider must not open it
    if user is None:
        if not role or not name:
            return None
        user = unit.users.add(User(name=name, role=Role(role), created_at=now))
    user.subject = subject
    nobody = Viewer(name, frozenset(), address)
    note(unit, nobody, Act("join by " + BY, name, after={"role": user.role, "subject": subject}), now)
    return user


def _name(claims: dict[str, Any]) -> str:
    """The e-mail address, if the provider has verified it; what people call themselves proves nothing."""
    return str(claims.get("email", ""))[:100] if claims.get("email_verified") is True else ""
