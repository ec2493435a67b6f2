"""Transactions: one with all that is known of it."""

from typing import Annotated

from fastapi import APIRouter, Path

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import DeskOf, needs
from console.services import transactions as service

router = APIRouter(prefix="/transactions", tags=["transactions"])

TransactionId = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/{transaction_id}")
def transaction(
    viewer: Annotated[Viewer, needs(Right.READ)], desk: DeskOf, transaction_id: TransactionId
) -> service.TransactionPage:
    """All fields, features, reasons, verdicts and other alerts of one transaction."""
    return service.transaction_page(desk, transaction_id)
