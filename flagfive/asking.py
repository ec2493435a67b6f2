"""Asks the adaptation worker something and tells the answer, for the verbs of an episode's life."""

from __future__ import annotations

import getpass
import time
import uuid
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from contracts.answer import Answer
    from contracts.request import RequestKind

NO_ANSWER = 4
EXIT_CODES = {
    "live": 0,
    "done": 0,
    "retired": 0,
    "refused": 1,
    "failed": 1,
    "draft": 3,
    "waiting": 3,
    "shadow": 3,
    "announced": NO_ANSWER,
}
EXIT_WORDS = (
    "Exit codes: 0 in force or done, 1 refused (the message says why), 3 kept without being in force (a "
    "draft that failed the gate, or waiting for approval), 4 no answer, or not yet live everywhere."
)


class NoAnswer(UserError):
    """The adaptation worker did not answer in time."""

    exit_code = NO_ANSWER


def ask_and_tell(
    context: typer.Context,
    kind: RequestKind,
    *,
    wait: float,
    author: str | None,
    request_id: str | None = None,
    **fields: Any,
) -> NoReturn:
    """Send a request of `kind`, print the answer, and end with its exit code.

    Raises NoAnswer, BrokerAway, WrongSettings.
    """
    from kafka.errors import KafkaError

    from contracts.request import Request
    from contracts.request_client import FeedbackClient
    from flagfive.cluster import BrokerAway, administrator

    settings = settings_of(context)
    request = Request(
        request_id or str(uuid.uuid4()), kind, author or getpass.getuser(), time.time(), **fields
    )
    bootstrap = settings.broker.bootstrap
    with administrator(bootstrap):
        pass  # says at once, in a user's words, that no broker is there
    try:
        with FeedbackClient(bootstrap, settings.topics.feedback) as client:
            answer = client.ask(request, timeout_s=wait)
    except KafkaError as error:
        raise BrokerAway(bootstrap, str(error) or type(error).__name__) from None
    if answer is None:
        raise NoAnswer(
            f"no answer within {wait:g} s: is `flagfive adapter` running? The request stands; ask for its "
            f"outcome with --request-id {request.request_id}"
        )
    for line in told(answer):
        print(line)
    raise typer.Exit(EXIT_CODES.get(answer.status, 1))


def told(answer: Answer) -> list[str]:
    """The answer in lines for a person."""
    lines = [answer.message if answer.status == "live" else f"{answer.status}: {answer.message}"]
    if len(answer.unknown) > 1:
        lines += ["unknown ids:", *(f"  {identity}" for identity in answer.unknown)]
    if answer.detector_id:
        at = "" if answer.control_offset is None else f", control offset {answer.control_offset}"
        lines.append(f"detector {answer.detector_id}{at}")
    times = {
        "adapted": answer.flag_to_adapted_ms,
        "announced": answer.flag_to_announced_ms,
        "live": answer.flag_to_live_ms,
    }
    if known := [f"{what} after {ms:.0f} ms" for what, ms in times.items() if ms is not None]:
        lines.append(", ".join(known))
    return [*lines, *answer.notes]
