"""`flagfive rollback`: put back what stood before the last change of a control entry."""

from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_tell
from flagfive.verbs.flag import Author, RequestId, Wait

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive rollback detector/gift-cards-a0489d30", help=(
    "Undo the last change of any control entry; `flagfive history` names them.\n\n" + EXIT_WORDS
))  # fmt: skip
def rollback(
    context: typer.Context,
    entry: Annotated[str, typer.Argument(metavar="KIND/ID", help="The entry, such as risk/e-1f00aa.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the history.")] = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Roll an entry back."""
    ask_and_tell(
        context, "rollback", wait=wait, author=author, request_id=request_id, name=entry, reason=reason
    )
