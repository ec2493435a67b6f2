"""`flagfive approve`: put an episode into force that waits for a person."""

from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_tell
from flagfive.verbs.flag import Author, RequestId, Wait

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive approve 'gift cards' --author bob", help=(
    "Judge a waiting, silent or draft episode again, by now, and put it into force if the gate lets it pass."
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
    ask_and_tell(context, "approve", wait=wait, author=author, request_id=request_id, name=name)
