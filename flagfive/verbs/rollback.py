"""`flagfive rollback`: restore the version of a control entry before its last change."""

from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_print
from flagfive.verbs.flag import Author, RequestId, Wait

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive rollback detector/gift-cards-a0489d30", help=(
    "Undo the last change of a control entry. `flagfive history` lists them.\n\n" + EXIT_WORDS
))  # fmt: skip
def rollback(
    context: typer.Context,
    entry: Annotated[str, typer.Argument(metavar="KIND/ID", help="The entry, for example risk/e-1f00aa.")],
    reason: Annotated[str, typer.Option(help="Reason, kept in the history.")] = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Roll an entry back."""
    ask_and_print(
        context, "rollback", wait=wait, author=author, request_id=request_id, name=entry, reason=reason
    )
