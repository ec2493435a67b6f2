"""Notes what transactions turned out to be: chargebacks, and verdicts that make no episode."""

from __future__ import annotations

from storage.labels import FRAUD, GENUINE
from stream.adaptation.desk import Desk
from stream.adaptation.feedback import Answer, Request
from stream.adaptation.intake import examine_label


def label(desk: Desk, request: Request) -> Answer:
    """Store the labels; again is no harm. Raises RequestRefused where a transaction is not known."""
    verdicts = dict.fromkeys(request.fraud, FRAUD) | dict.fromkeys(request.genuine, GENUINE)
    with desk.unit() as unit:
        examine_label(unit, request)
        unit.labels.add_many(
            (identity, verdict, request.source, request.author, request.time, request.request_id)
            for identity, verdict in verdicts.items()
        )
        details = {"request": request.request_id, "source": request.source, "transactions": len(verdicts)}
        unit.audit.append(
            request.author, "label", subject=request.request_id, time=desk.clock(), details=details
        )
        unit.commit()
    return Answer(request.request_id, "done", f"{len(verdicts)} transactions labelled")
