"""`flagfive suppress`: silence an entity, a detector or a rule until a time."""

from typing import Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_print
from flagfive.errors import UserError
from flagfive.global_options import settings_of
from flagfive.verbs.flag import Author, RequestId, Wait

app = typer.Typer(add_completion=False, no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="Why; it is kept in the history.")]
_UNTIL = "Event time at which it ends, ISO 8601."


@app.callback(epilog="Example: flagfive suppress entity merchant m17 --until 2026-12-31 --reason 'sale'")
def suppress() -> None:
    """Silence alerts for a time: of an entity, of a detector, or of a rule. Blocks still decline."""


@app.command(epilog="Example: flagfive suppress entity merchant m17 --scorer base --until 2026-12-31", help=(
    "Silence the alerts of one entity, of one scorer or of all. Without --scorer, rules still decide.\n\n"
    + EXIT_WORDS
))  # fmt: skip
def entity(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Kind of the entity, such as merchant.")],
    key: Annotated[str, typer.Argument(metavar="ID", help="Its id; of a card, the token.")],
    scorer: Annotated[
        str, typer.Option(help="base, id of a detector, or rule/ID (default: all but rules).")
    ] = "",
    until: Annotated[str | None, typer.Option(help=_UNTIL + " Default: never.")] = None,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Silence an entity."""
    ask_and_print(
        context, "suppress", wait=wait, author=author, request_id=request_id, reason=reason,
        definition=_definition(entity=kind, key=key, scorer=scorer, until=until),
    )  # fmt: skip


@app.command(epilog="Example: flagfive suppress scorer rule/large --until 2026-12-31T18:00:00Z", help=(
    "Silence a detector or a rule for all entities until a time.\n\n" + EXIT_WORDS
))  # fmt: skip
def scorer(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="SCORER", help="base, id of a detector, or rule/ID.")],
    until: Annotated[str, typer.Option(help=_UNTIL)],
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Silence a scorer."""
    ask_and_print(
        context, "suppress", wait=wait, author=author, request_id=request_id, reason=reason,
        definition=_definition(scorer=identity, until=until),
    )  # fmt: skip


@app.command(epilog="Example: flagfive suppress lift 0f3c9a1b2c3d4e5f", help=(
    "Lift a suppression; `flagfive suppress show` lists the ids.\n\n" + EXIT_WORDS
))  # fmt: skip
def lift(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", help="Id of the suppression.")],
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Lift a suppression."""
    ask_and_print(
        context, "retire", wait=wait, author=author, request_id=request_id,
        name=f"suppression/{identity}", reason=reason,
    )  # fmt: skip


@app.command(epilog="Example: flagfive suppress show")
def show(context: typer.Context) -> None:
    """List the suppressions in force."""
    from rich.console import Console
    from rich.table import Table

    from control.entry import Kind
    from control.rules import EVERY
    from flagfive.lists_in_force import snapshot_in_force
    from rules.lists.csv_file import time_text

    held = snapshot_in_force(settings_of(context)).in_force(Kind.SUPPRESSION)
    table = Table("suppression", "entity", "id", "scorer", "until", "by", "reason")
    for identity, applied in held.items():
        for placed in applied.loaded if isinstance(applied.loaded, tuple) else ():
            rule, entry = placed.rule, applied.entry
            whom = ("all", "") if rule.entity == EVERY else (rule.entity, rule.key)
            ends = time_text(rule.until) or "never"
            table.add_row(identity, *whom, rule.scorer or "all but rules", ends, entry.author, entry.reason)
    Console().print(table if held else "nothing is suppressed")


def _definition(*, until: str | None, **named: str) -> str:
    """Return a suppression as JSON; raises UserError where it cannot be used."""
    import msgspec

    from control.suppressions import SuppressionError, read_suppression
    from rules.errors import RuleError
    from rules.lists.csv_file import read_time

    try:
        fields = {**named, "until": None if until is None else read_time(until)}
        text = msgspec.json.encode(fields).decode()
        read_suppression(text)
    except (RuleError, SuppressionError) as error:
        raise UserError(str(error)) from None
    return text
