"""`flagfive label`: say what transactions turned out to be, one by one or in bulk."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_tell
from flagfive.errors import UserError
from flagfive.verbs.flag import Author, RequestId, Wait

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive lookback 'gift cards' --ids | flagfive label --name 'gift cards' "
             "--fraud-from -", help=(
    "Confirm or reject transactions; those of an episode join it, and its detector is adapted anew.\n\n"
    + EXIT_WORDS
))  # fmt: skip
def label(
    context: typer.Context,
    fraud: Annotated[list[str] | None, typer.Option(metavar="ID", help="Was fraud; may be repeated.")] = None,
    genuine: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Was genuine; may be repeated.")
    ] = None,
    fraud_from: Annotated[
        Path | None, typer.Option(help="File with an id of fraud in each line; - for standard input.")
    ] = None,
    genuine_from: Annotated[Path | None, typer.Option(help="The same for genuine ones.")] = None,
    name: Annotated[
        str, typer.Option(help="Episode that they join (default: that of the detector which alerted each).")
    ] = "",
    source: Annotated[str, typer.Option(help="Where it is known from, as in chargeback.")] = "analyst",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Confirm or reject transactions."""
    ask_and_tell(
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
