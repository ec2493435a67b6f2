"""`flagfive approve`: put a waiting, shadow or draft episode in force."""

from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_print
from flagfive.verbs.flag import Author, RequestId, Wait

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive approve 'gift cards' --author bob", help=(
    "Have the gate judge a waiting, shadow or draft episode again, and put it in force if it passes."
    "\n\n" + EXIT_WORDS
))  # fmt: skip
def approve(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The episode's name or id, or its detector's id.")],
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Approve an episode."""
    ask_and_print(context, "approve", wait=wait, author=author, request_id=request_id, name=name)
