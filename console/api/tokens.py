"""Routes of API tokens."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from console.access import administration as service
from console.access.rights import Right, Scope
from console.access.viewer import Viewer
from console.api.fields import Name
from console.api.viewing import ContextOf, needs
from console.results.administration import TokenCreated, TokenList

router = APIRouter(prefix="/tokens", tags=["administration"])

Administrator = Annotated[Viewer, needs(Right.ADMINISTER)]


class TokenCreate(BaseModel):
    """A new token: scopes, and days until it expires, 90 if not given; null never expires."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    days: Annotated[float, Field(gt=0, le=3650, allow_inf_nan=False)] | None = 90


@router.get("")
def list_tokens(viewer: Annotated[Viewer, needs(Right.AUDIT)], context: ContextOf) -> TokenList:
    """List tokens, without their secrets."""
    return service.list_tokens(context)


@router.post("", status_code=201)
def add_token(viewer: Administrator, context: ContextOf, new: TokenCreate) -> TokenCreated:
    """Create a token; its secret is returned only here. Send it as `Authorization: Bearer`."""
    return service.add_token(context, viewer, new.name, new.scopes, new.days)


@router.delete("/{token_id}", status_code=204)
def revoke_token(
    viewer: Administrator, context: ContextOf, token_id: Annotated[int, Path(ge=1, le=2**53)]
) -> None:
    """Revoke a token."""
    service.revoke_token(context, viewer, token_id)
