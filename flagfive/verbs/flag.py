"""`flagfive flag`: flag transactions as one fraud pattern, and see the detector go live."""

from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_tell

app = typer.Typer(add_completion=False)

Author = Annotated[str | None, typer.Option(help="Who asks (default: the user logged in).")]
RequestId = Annotated[
    str | None, typer.Option(help="Send the same again: an earlier request's id (default: a new one).")
]
Wait = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the answer.")]


@app.command(epilog="Example: flagfive flag --name 'gift cards' tx-17 tx-42 tx-43 --genuine tx-40", help=(
    "Flag transactions as one episode and wait until its detector scores on every partition.\n\n" + EXIT_WORDS
))  # fmt: skip
def flag(
    context: typer.Context,
    transactions: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Transactions of one fraud pattern, 1 or more.")
    ],
    name: Annotated[str, typer.Option(help="What to call the episode.")],
    genuine: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A lookalike that is genuine; may be repeated.")
    ] = None,
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Flag transactions as one episode."""
    ask_and_tell(
        context,
        "flag",
        wait=wait,
        author=author,
        request_id=request_id,
        name=name,
        fraud=tuple(transactions),
        genuine=tuple(genuine or ()),
    )
