"""Routes of transactions: search, details, scores, notes, and the unmasked card."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.fields import Amount, Limit, Offset, Storable, Time
from console.api.notes import NoteCreate
from console.api.viewing import ContextOf, needs
from console.results.transactions import (
    NoteRow,
    RevealedEntities,
    ScoresByPart,
    TransactionDetails,
    TransactionList,
)
from console.services import remarks
from console.services import transactions as service
from console.services.search import search
from storage.transaction_search import TransactionFilter

router = APIRouter(prefix="/transactions", tags=["transactions"])

TransactionId = Annotated[str, Path(min_length=1, max_length=200)]
Key = Annotated[Storable, Field(max_length=300)]
Reader = Annotated[Viewer, needs(Right.READ)]


class TransactionQuery(BaseModel):
    """Filters and page; a transaction must match all filters."""

    model_config = ConfigDict(extra="forbid")

    q: Key | None = Field(
        None, description="the start of a transaction id, or the full key or reference of an entity"
    )
    id: Key | None = None
    card: Key | None = Field(None, description="a card's token or reference")
    merchant: Key | None = Field(None, description="key of the second kind of entity")
    amount_min: Amount | None = None
    amount_max: Amount | None = None
    since: Time | None = None
    until: Time | None = None
    detector: Key | None = Field(None, description="id of the scorer that alerted it, `base` or `block`")
    offset: Offset = 0
    limit: Limit = 50

    def filter(self, context: ContextOf) -> TransactionFilter:
        """Return the filter for storage; references become keys."""
        kinds = tuple(entity.name for entity in context.settings.entities)
        second = "merchant" if "merchant" in kinds else kinds[-1]
        named = {
            context.cards.kind: context.cards.key(self.card) if self.card else None,
            second: self.merchant,
        }
        return TransactionFilter(
            text=context.cards.key(self.q) if self.q else None,
            kinds=kinds,
            id=self.id or None,
            entities=tuple((kind, key) for kind, key in named.items() if key),
            min_amount=self.amount_min,
            max_amount=self.amount_max,
            since=self.since,
            until=self.until,
            scorer=self.detector or None,
        )


@router.get("")
def search_transactions(
    viewer: Reader, context: ContextOf, query: Annotated[TransactionQuery, Query()]
) -> TransactionList:
    """Search transactions, alerted or not, newest first."""
    return search(context, query.filter(context), offset=query.offset, limit=query.limit)


@router.get("/{transaction_id}")
def transaction(viewer: Reader, context: ContextOf, transaction_id: TransactionId) -> TransactionDetails:
    """Return fields, features, reasons, verdicts, notes and other alerts of one transaction."""
    return service.transaction_page(context, transaction_id)


@router.get("/{transaction_id}/scores")
def scores(viewer: Reader, context: ContextOf, transaction_id: TransactionId) -> ScoresByPart:
    """Recompute the scores of base and detectors from stored features and the control log."""
    return service.scores_by_part(context, transaction_id)


@router.post("/{transaction_id}/notes", status_code=201)
def add_note(
    viewer: Annotated[Viewer, needs(Right.DECIDE)],
    context: ContextOf,
    transaction_id: TransactionId,
    new: NoteCreate,
) -> NoteRow:
    """Add a note to a transaction."""
    return remarks.add_note(context, viewer, transaction_id, new.text)


@router.post("/{transaction_id}/reveal")
def reveal(
    viewer: Annotated[Viewer, needs(Right.REVEAL)], context: ContextOf, transaction_id: TransactionId
) -> RevealedEntities:
    """Return the unmasked card token; the audit log records the viewer."""
    return remarks.reveal(context, viewer, transaction_id)
