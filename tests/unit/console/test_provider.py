"""Sign-in at an OpenID provider: accepted users, refused users, and forged answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI, Request
from httpx import ASGITransport
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from console.access.provider import provider_of
from console.context import ConsoleContext
from console.server import build_app
from settings import ConsoleSettings, Settings
from storage.users import User
from tests.unit.console.people import Person, add_users
from tests.unit.console.stored_rows import DAY

pytestmark = pytest.mark.filterwarnings(
    "ignore:The httpx module is deprecated"
)  # Authlib's warning about itself
ISSUER = "https://provider.example"
KEY = RSAKey.generate_key(2048, parameters={"kid": "k"})


@dataclass
class Provider:
    """Authenticates the user of `claims`; `nonce` is from the last request."""

    claims: dict[str, Any]
    key: RSAKey = field(default_factory=lambda: KEY)
    nonce: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def discovery() -> dict[str, Any]:
            return {
                "issuer": ISSUER,
                "authorization_endpoint": ISSUER + "/authorize",
                "token_endpoint": ISSUER + "/token",
                "jwks_uri": ISSUER + "/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [KEY.as_dict(private=False)]}

        @app.post("/token")
        async def token(request: Request) -> dict[str, Any]:
            self.asked.append(parse_qs((await request.body()).decode()))
            claims = {
                "iss": ISSUER,
                "aud": "flagfive",
                "iat": 0,
                "exp": 4e9,
                "nonce": self.nonce,
                **self.claims,
            }
            signed = jwt.encode({"alg": "RS256", "kid": "k"}, claims, self.key)
            return {"access_token": "a", "token_type": "Bearer", "id_token": signed}

        return app


ADA = {"sub": "17", "email": "ada@bank.example", "email_verified": True}


def console(context: ConsoleContext, provider: Provider, role: str = "") -> FastAPI:
    settings = ConsoleSettings.model_validate(
        {"oidc_issuer": ISSUER, "oidc_secret": SecretStr("a secret"), "oidc_role": role}
    )
    there = provider_of(settings, transport=ASGITransport(provider.app()))
    return build_app(replace(context, settings=Settings(console=settings)), there)


def come_back(app: FastAPI, provider: Provider, *, state: str | None = None) -> tuple[Person, int]:
    """Send a browser to the provider and back; return the browser and the console's response."""
    browser = Person(app)
    there = browser.get("/session/provider")
    assert there.status_code == 302
    asked = parse_qs(urlsplit(there.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    provider.nonce = asked["nonce"][0]
    back = browser.get("/session/provider/back", code="c", state=state or asked["state"][0])
    return browser, back.status_code


def test_who_has_no_user_is_let_in_only_where_a_role_is_set_for_them(context: ConsoleContext) -> None:
    provider = Provider(ADA)
    assert come_back(console(context, provider), provider)[1] == 401
    browser, status = come_back(console(context, provider, "viewer"), provider)
    assert status == 303
    assert browser.get("/session").json()["role"] == "viewer"
    assert "code_verifier" in provider.asked[-1]


def test_a_user_who_was_added_by_name_comes_in_with_their_role(context: ConsoleContext) -> None:
    with context.unit() as unit:
        unit.users.add(User(name=ADA["email"], role="lead", created_at=DAY))
        unit.commit()
    provider = Provider(ADA)
    browser, status = come_back(console(context, provider), provider)
    assert (status, browser.get("/session").json()["role"]) == (303, "lead")
    stranger = Provider({**ADA, "sub": "18"})  # another user with the same address
    assert come_back(console(context, stranger), stranger)[1] == 401


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"email_verified": False}, KEY),
        ({"email": "admin"}, KEY),  # has a password here
        ({"aud": "another"}, KEY),
        ({"iss": "https://evil.example"}, KEY),
        ({"exp": 1}, KEY),
        ({"nonce": "another"}, KEY),
        ({}, RSAKey.generate_key(2048, parameters={"kid": "k"})),
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(
    context: ConsoleContext, changes: dict[str, Any], key: RSAKey
) -> None:
    add_users(context)
    provider = Provider({**ADA, **changes}, key)
    assert come_back(console(context, provider, "analyst"), provider)[1] == 401


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(context: ConsoleContext) -> None:
    provider = Provider(ADA)
    assert come_back(console(context, provider, "viewer"), provider, state="forged")[1] == 401


def test_without_a_provider_there_is_no_such_way(app: FastAPI) -> None:
    visitor = Person(app)
    assert visitor.get("/session/ways").json() == {"password": True, "provider": False}
    assert visitor.get("/session/provider").status_code == 404
