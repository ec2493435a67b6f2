"""Labels from people and from programs such as a chargeback feed."""

from __future__ import annotations

from collections.abc import Sequence

from console.access.viewer import Viewer
from console.audit import Act
from console.context import ConsoleContext
from console.results.requests import RequestResult
from console.services.asking import ask, request_by, require_answer
from console.services.requests import result_of
from storage.labels import FRAUD

SHOWN = 20
"""Ids in the audit entry; all labels refer to the request."""


def label(
    context: ConsoleContext,
    viewer: Viewer,
    ids: Sequence[str],
    *,
    verdict: str,
    source: str,
    request_id: str | None,
) -> RequestResult:
    """Label transactions.

    Raises:
        Refused: a transaction is unknown.
        WorkerUnresponsive: the worker did not answer in time.
    """
    chosen = tuple(ids)
    fraud, genuine = (chosen, ()) if verdict == FRAUD else ((), chosen)
    request = request_by(
        context, viewer, "label", request_id=request_id, fraud=fraud, genuine=genuine, source=source
    )
    after = {
        "verdict": verdict,
        "source": source,
        "transactions": len(chosen),
        "ids": chosen[:SHOWN],
        "request": request.request_id,
    }
    answer = ask(context, viewer, request, Act("label", f"{len(chosen)} transactions", after=after))
    return result_of(request, require_answer(answer, request))
