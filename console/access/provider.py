"""Sign-in through an OpenID provider. Authlib implements the protocol; this module maps its users."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import URL

from console.access.rights import Role
from console.access.sessions import Entered, Sender, begin_session
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
    """The parts of Authlib's client that routes use."""

    async def authorize_redirect(self, request: Request, redirect_uri: URL) -> RedirectResponse:
        """Redirect the browser to the provider."""

    async def authorize_access_token(self, request: Request) -> dict[str, Any]:
        """Exchange the code from the provider for a token; `userinfo` holds its verified claims."""


def provider_of(settings: ConsoleSettings, **client: Any) -> Provider | None:
    """Return the provider that the settings name, or None.

    State and PKCE bind a code to the browser. Issuer, audience, nonce and signature of tokens are verified.

    Args:
        settings: settings of the console.
        **client: options of the HTTP client.
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
    sender: Sender,
    now: float,
) -> Entered:
    """Begin a session for a user that the provider has authenticated.

    The provider's subject identifies a user. On the first sign-in, a user with the verified e-mail address as
    name is taken, if it has no password and no subject. Otherwise a user with `role` is created.

    Args:
        unit: open unit of work.
        claims: claims of a verified token.
        role: role of new users; empty creates none.
        sender: where the request comes from.
        now: seconds since 1970 UTC.

    Raises:
        NotSignedIn: there is no active user for the subject, and none may be created.
    """
    subject = f"{claims.get('iss')} {claims.get('sub')}"
    user = unit.users.of_subject(subject) or _first_time(unit, claims, subject, role, sender.address, now)
    if user is None or not user.active:
        raise NotSignedIn("the provider accepted you, but this console has no user for you", where=BY)
    return begin_session(unit, user, sender, now=now, by={"by": BY})


def _first_time(
    unit: UnitOfWork, claims: dict[str, Any], subject: str, role: str, address: str, now: float
) -> User | None:
    name = _name(claims)
    user = unit.users.by_name(name) if name else None
    if user is not None and (user.password_hash is not None or user.subject is not None):
        return None  # another person's account: a name at the provider must not open it
    if user is None:
        if not role or not name:
            return None
        user = unit.users.add(User(name=name, role=Role(role), created_at=now))
    user.subject = subject
    signed_out = Viewer(name, frozenset(), address)
    note(unit, signed_out, Act("join by " + BY, name, after={"role": user.role, "subject": subject}), now)
    return user


def _name(claims: dict[str, Any]) -> str:
    """The e-mail address if the provider has verified it; display names are not proof."""
    return str(claims.get("email", ""))[:100] if claims.get("email_verified") is True else ""
