"""Sends a request to the adaptation worker and prints the answer, for the verbs that ask it."""

from __future__ import annotations

import getpass
import shlex
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from contracts.answer import Answer
    from contracts.request import Request, RequestKind
    from contracts.request_client import FeedbackClient
    from settings import Settings

UNANSWERED = 4
EXIT_CODES = {
    "live": 0,
    "done": 0,
    "retired": 0,
    "refused": 1,
    "failed": 1,
    "draft": 3,
    "waiting": 3,
    "shadow": 3,
    "announced": UNANSWERED,
}
EXIT_WORDS = (
    "Exit codes: 0 in force or done, 1 refused or failed (the message says why), 3 kept but not in force (a "
    "draft that failed the gate, on trial, or waiting for approval), 4 no answer yet, or not yet live "
    "everywhere."
)


class AnswerTimeout(UserError):
    """The adaptation worker did not answer in time."""

    exit_code = UNANSWERED


def ask_and_print(
    context: typer.Context,
    kind: RequestKind,
    *,
    wait: float,
    author: str | None,
    request_id: str | None = None,
    as_json: bool = False,
    **fields: Any,
) -> NoReturn:
    """Send a request, print the answer, and end with its exit code.

    Args:
        context: holds the options before the verb.
        kind: what is asked.
        wait: seconds to wait for the answer.
        author: who asks; by default the user logged in, or the principal of a key of their own.
        request_id: of an earlier request, to send it again; by default a new one.
        as_json: whether to print the answer as JSON.
        **fields: further fields of the request.

    Raises:
        AnswerTimeout: no answer came within `wait`.
        BrokerAway: no broker answers.
        WrongSettings: the settings file is invalid.
    """
    import msgspec

    answer = ask(settings_of(context), kind, wait=wait, author=author, request_id=request_id, **fields)
    episode = str(fields.get("name", ""))
    lines = [msgspec.json.encode(answer).decode()] if as_json else lines_of(answer, episode)
    for line in lines:
        print(line)
    raise typer.Exit(EXIT_CODES.get(answer.status, 1))


def ask(
    settings: Settings,
    kind: RequestKind,
    *,
    wait: float,
    author: str | None,
    request_id: str | None = None,
    **fields: Any,
) -> Answer:
    """Send a request and return the answer; arguments and errors are those of `ask_and_print`."""
    return _answer(settings, _request(settings, kind, author, request_id, fields), wait)


def ask_each(
    settings: Settings,
    kind: RequestKind,
    asked: Iterable[dict[str, Any]],
    *,
    wait: float,
    author: str | None,
) -> Iterator[Answer]:
    """Send requests one after another over one connection, and yield their answers.

    Args:
        settings: all settings.
        kind: what is asked.
        asked: fields of each request.
        wait: seconds to wait for each answer.
        author: who asks.

    Raises:
        AnswerTimeout: an answer did not come in time; those after it are not asked.
        BrokerAway: no broker answers.
    """
    with _client(settings) as client:
        for fields in asked:
            yield _await(client, _request(settings, kind, author, None, fields), wait)


def _request(
    settings: Settings, kind: RequestKind, author: str | None, request_id: str | None, fields: dict[str, Any]
) -> Request:
    """Return the request; raises UserError if it is too large to send."""
    from contracts.request import Request
    from contracts.request_size import RequestTooLarge, encode_request
    from contracts.signing.principals import COMMAND_LINE

    name = settings.keys.command_line
    who = author or (getpass.getuser() if name == COMMAND_LINE else name)
    request = Request(request_id or str(uuid.uuid4()), kind, who, time.time(), **fields)
    try:
        encode_request(request)
    except RequestTooLarge as error:
        raise UserError(str(error)) from None
    return request


def _answer(settings: Settings, request: Request, wait: float) -> Answer:
    """Send the request and wait for its answer; raises as `ask_and_print`."""
    with _client(settings) as client:
        return _await(client, request, wait)


@contextmanager
def _client(settings: Settings) -> Iterator[FeedbackClient]:
    """Connect; raises UserError without the rights, and BrokerAway where no broker answers."""
    from kafka.errors import KafkaError

    from contracts.answers_topic import answers_topic
    from contracts.broker_errors import is_missing_right, told
    from contracts.request_client import FeedbackClient
    from flagfive.cluster import BrokerAway, administrator
    from flagfive.keys import trust_of

    broker, topic = settings.broker, settings.topics.feedback
    trust = trust_of(settings, settings.keys.command_line)
    with administrator(broker):
        pass  # raises BrokerAway at once; the client would retry first
    try:
        with FeedbackClient(broker, topic, trust) as client:
            yield client
    except KafkaError as error:
        if is_missing_right(error):
            raise UserError(told(error, "READ" if answers_topic(topic) in str(error) else "WRITE")) from None
        raise BrokerAway(broker.bootstrap, str(error) or type(error).__name__) from None


def _await(client: FeedbackClient, request: Request, wait: float) -> Answer:
    """Return the answer to a request; raises AnswerTimeout."""
    answer = client.ask(request, timeout_s=wait)
    if answer is None:
        raise AnswerTimeout(
            f"no answer within {wait:g} s: is `flagfive adapter` running? The request is on the topic; "
            f"for its outcome repeat the command with --request-id {request.request_id}"
        )
    return answer


def lines_of(answer: Answer, episode: str = "") -> list[str]:
    """Lines to print for an answer.

    Args:
        answer: the answer.
        episode: name of the episode that it is about.
    """
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
    return [*lines, *answer.notes, *_review(answer, episode)]


def _review(answer: Answer, episode: str) -> list[str]:
    """Ask about transactions that look like the episode."""
    if not answer.to_review:
        return []
    known = f"{len(answer.to_review)} earlier transactions look like this pattern and count as genuine."
    return [
        f"{known} Are these fraud too?",
        *(f"  {identity}" for identity in answer.to_review),
        f"Answer with: flagfive label --name {shlex.quote(episode)} --fraud ID --genuine ID",
    ]
