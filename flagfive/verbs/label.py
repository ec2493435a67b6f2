"""`flagfive label`: store whether transactions were fraud or genuine, one by one or in bulk."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_print
from flagfive.errors import UserError
from flagfive.verbs.flag import Author, RequestId, Wait

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive lookback 'gift cards' --ids | flagfive label --name 'gift cards' "
             "--fraud-from -", help=(
    "Store whether transactions were fraud or genuine. They join an episode, and its detector is adapted "
    "again.\n\n"
    + EXIT_WORDS
))  # fmt: skip
def label(
    context: typer.Context,
    fraud: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Id of a fraud; may be repeated.")
    ] = None,
    genuine: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Id of a genuine transaction; may be repeated.")
    ] = None,
    fraud_from: Annotated[
        Path | None, typer.Option(help="File with the id of a fraud in each line; - reads standard input.")
    ] = None,
    genuine_from: Annotated[
        Path | None, typer.Option(help="File with the id of a genuine transaction in each line.")
    ] = None,
    name: Annotated[
        str, typer.Option(help="Episode that they join (default: that of the detector that alerted each).")
    ] = "",
    source: Annotated[
        str, typer.Option(help="Where the verdicts come from, for example chargeback.")
    ] = "analyst",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Store verdicts on transactions."""
    ask_and_print(
        context,
        "label",
        wait=wait,
        author=author,
        request_id=request_id,
        name=name,
        source=source,
        fraud=(*(fraud or ()), *_lines(fraud_from)),
        genuine=(*(genuine or ()), *_lines(genuine_from)),
    )


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
    return [line.strip() for line in text.splitlines() if line.strip()]
