"""Routes to sign in through an OpenID provider."""

from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from httpx import HTTPError
from joserfc.errors import JoseError

from console.access.provider import BY, Provider, sign_in_by_provider
from console.access.sessions import Entered, Sender
from console.api.session import set_cookie
from console.api.viewing import ContextOf, sender_of
from console.context import ConsoleContext
from console.errors import NotFound, NotSignedIn
from console.results.session import SignInWays

router = APIRouter(prefix="/session", tags=["session"])


@router.get("/ways", openapi_extra={"x-public": True})
def ways(request: Request) -> SignInWays:
    """List the ways to sign in."""
    return SignInWays(password=True, provider=request.app.state.provider is not None)


@router.get("/provider", status_code=302, response_class=RedirectResponse, openapi_extra={"x-public": True})
async def to_provider(request: Request) -> RedirectResponse:
    """Redirect to the provider, which sends the browser back."""
    back = request.url_for("from_provider")
    try:
        return await _provider(request).authorize_redirect(request, back)
    except HTTPError as error:
        raise NotSignedIn(f"the provider does not answer: {type(error).__name__}", where=BY) from error


@router.get(
    "/provider/back", status_code=303, response_class=RedirectResponse, openapi_extra={"x-public": True}
)
async def from_provider(request: Request, context: ContextOf) -> RedirectResponse:
    """Complete the sign-in with the code from the provider."""
    provider = _provider(request)
    try:
        token = await provider.authorize_access_token(request)
    except (OAuthError, JoseError, HTTPError) as error:
        raise NotSignedIn(f"the provider refused the sign-in: {error}", where=BY) from error
    entered = await run_in_threadpool(_enter, context, dict(token["userinfo"]), sender_of(request))
    response = RedirectResponse("/", 303)
    set_cookie(request, response, entered)
    return response


def _enter(context: ConsoleContext, claims: dict[str, Any], sender: Sender) -> Entered:
    role = context.settings.console.oidc_role
    with context.unit() as unit:
        entered = sign_in_by_provider(unit, claims, role=role, sender=sender, now=context.clock())
        unit.commit()
    return entered


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise NotFound("no OpenID provider is configured", where="console.oidc_issuer")
    return provider
