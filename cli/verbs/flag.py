"""`flagfive flag`: flag transactions as one fraud pattern, and see the detector go live."""

import getpass
import time
import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from cli.context import settings_of
from cli.errors import UserError

if TYPE_CHECKING:
    from stream.adaptation.feedback import Answer

app = typer.Typer(add_completion=False)

EXIT_CODES = {"live": 0, "refused": 1, "failed": 1, "draft": 3, "announced": 4}
NO_ANSWER = 4


class NoAnswer(UserError):
    """The adaptation worker did not answer in time."""

    exit_code = NO_ANSWER


@app.command(epilog="Example: flagfive flag --name 'gift cards' tx-17 tx-42 tx-43 --genuine tx-40")
def flag(
    context: typer.Context,
    transactions: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Transactions of one fraud pattern, 1 or more.")
    ],
    name: Annotated[str, typer.Option(help="What to call the episode.")],
    genuine: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A lookalike that is genuine; may be repeated.")
    ] = None,
    author: Annotated[str | None, typer.Option(help="Who flags (default: the user logged in).")] = None,
    request_id: Annotated[
        str | None, typer.Option(help="Send the same again: an earlier request's id (default: a new one).")
    ] = None,
    wait: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the answer.")] = 20.0,
) -> None:
    """Flag transactions as one episode and wait until its detector scores on every partition.

    Exit codes: 0 live, 1 refused (the message says which ids or why), 3 kept as a draft (the message says
    what it failed), 4 no answer, or not yet live everywhere.
    """
    from kafka.errors import KafkaError

    from cli.cluster import BrokerAway, administrator
    from stream.adaptation.client import FeedbackClient
    from stream.adaptation.feedback import Request

    settings = settings_of(context)
    request = Request(
        request_id=request_id or str(uuid.uuid4()),
        kind="flag",
        author=author or getpass.getuser(),
        time=time.time(),
        name=name,
        fraud=tuple(transactions),
        genuine=tuple(genuine or ()),
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


def told(answer: "Answer") -> list[str]:
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
    return lines
