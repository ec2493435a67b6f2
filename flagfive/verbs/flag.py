"""`flagfive flag`: flag transactions as one fraud pattern and wait for the detector."""

from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_print

app = typer.Typer(add_completion=False)

Author = Annotated[str | None, typer.Option(help="Who asks (default: the user logged in).")]
RequestId = Annotated[
    str | None, typer.Option(help="Id of an earlier request, to get its outcome (default: a new one).")
]
Wait = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the answer.")]


@app.command(epilog="Example: flagfive flag --name 'gift cards' tx-17 tx-42 tx-43 --genuine tx-40", help=(
    "Flag transactions as one episode and wait until its detector scores on every partition. Where the "
    "standing policy asks for an approval, the detector waits for it.\n\n" + EXIT_WORDS
))  # fmt: skip
def flag(
    context: typer.Context,
    transactions: Annotated[
        list[str],
        typer.Argument(metavar="ID...", help="Ids of one or more transactions of one fraud pattern."),
    ],
    name: Annotated[str, typer.Option(help="Name of the episode.")],
    genuine: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Id of a genuine lookalike; may be repeated.")
    ] = None,
    author: Author = None,
    request_id: RequestId = None,
    share: Annotated[
        float | None,
        typer.Option(
            min=-1.0,
            max=1.6,
            help="Point on the curve of the trade-off, as `--json` or a preview shows it "
            "(default: the gate chooses). Its limits hold nevertheless.",
        ),
    ] = None,
    wait: Wait = 20.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON, with the curve of the trade-off.")
    ] = False,
) -> None:
    """Flag transactions as one episode."""
    ask_and_print(
        context,
        "flag",
        wait=wait,
        as_json=as_json,
        author=author,
        request_id=request_id,
        name=name,
        fraud=tuple(transactions),
        genuine=tuple(genuine or ()),
        share=share,
    )
