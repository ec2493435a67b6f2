"""`flagfive retire`: take an episode out of force."""

from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_print
from flagfive.verbs.flag import Author, RequestId, Wait

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive retire 'gift cards' --reason 'covered by the new base'", help=(
    "Take an episode's detector out of force, or drop a draft. The risk of its confirmed frauds stays.\n\n"
    + EXIT_WORDS
))  # fmt: skip
def retire(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The episode's name or id, or its detector's id.")],
    reason: Annotated[str, typer.Option(help="Reason, kept in the history.")] = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Retire an episode."""
    ask_and_print(
        context, "retire", wait=wait, author=author, request_id=request_id, name=name, reason=reason
    )
