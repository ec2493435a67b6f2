"""The verbs of `flagfive rules` that change what is in force, through the adaptation worker."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.asking import EXIT_CODES, EXIT_WORDS, ask, ask_and_print
from flagfive.errors import UserError
from flagfive.global_options import settings_of
from flagfive.verbs.flag import Author, RequestId, Wait

if TYPE_CHECKING:
    from rules.definition import WrittenRule

app = typer.Typer(add_completion=False)
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the rule, such as gift-cards-at-night.")]
Reason = Annotated[str, typer.Option(help="Reason of the change, kept in the history.")]
_ACTIONS = "approve, review, decline, raise, lower, tag, queue or add_to_list."
_PERCENT = "Percent of cards that a live rule decides about; a card is always in or out."


@app.command(epilog=(
    "Example: flagfive rules add many-electronics 'amount > 500 && category == 5732' --action review"
), help=(
    "Save a rule, in place of the one with its id. It starts in shadow: matches are recorded and decide "
    "nothing.\n\n" + EXIT_WORDS
))  # fmt: skip
def add(
    context: typer.Context,
    identity: Id,
    condition: Annotated[str, typer.Argument(help="The condition, in quotes.")],
    action: Annotated[str, typer.Option(help=_ACTIONS)],
    by: Annotated[float, typer.Option(help="Surprise that raise and lower change, over 0 to 3.")] = 0.0,
    tag: Annotated[str, typer.Option(help="Tag that the action tag puts on transactions.")] = "",
    queue: Annotated[str, typer.Option(help="Queue that the action queue routes alerts to.")] = "",
    to_list: Annotated[str, typer.Option(help="List that add_to_list adds to.")] = "",
    entity: Annotated[str, typer.Option(help="Kind of the entity that it adds, such as card.")] = "",
    lasting: Annotated[str, typer.Option(help="How long it stays, such as 30m, 12h or 7d.")] = "",
    mode: Annotated[str, typer.Option(help="off, shadow or live.")] = "shadow",
    order: Annotated[int, typer.Option(help="Rules of a lower number decide first.")] = 100,
    percent: Annotated[float, typer.Option(help=_PERCENT)] = 100.0,
    zone: Annotated[str, typer.Option(help="Time zone of local_time.")] = "UTC",
    start: Annotated[str | None, typer.Option(help="Event time from which it counts, ISO 8601.")] = None,
    end: Annotated[str | None, typer.Option(help="Event time from which it no longer counts.")] = None,
    owner: Annotated[str, typer.Option(help="Who answers for the rule.")] = "",
    note: Annotated[str, typer.Option(help="What it is for; alerts show it.")] = "",
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Save a rule."""
    fields = {
        "condition": condition, "action": action, "mode": mode, "order": order, "percent": percent,
        "zone": zone, "start": _seconds(start), "end": _seconds(end), "owner": owner, "note": note,
        "by": by, "tag": tag, "queue": queue, "to_list": to_list, "entity": entity,
        "lasting": lasting,
    }  # fmt: skip
    definition = _definition(identity, fields)
    ask_and_print(
        context, "rule", wait=wait, author=author, request_id=request_id, name=identity, reason=reason,
        definition=definition,
    )  # fmt: skip


@app.command(epilog="Example: flagfive rules mode many-electronics live --percent 10", help=(
    "Set a rule off, into shadow, or live. With adaptation.four_eyes, who wrote it last cannot set it live."
    "\n\n" + EXIT_WORDS
))  # fmt: skip
def mode(
    context: typer.Context,
    identity: Id,
    to: Annotated[str, typer.Argument(metavar="MODE", help="off, shadow or live.")],
    percent: Annotated[float | None, typer.Option(help=_PERCENT + " Default: as it is.")] = None,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Set the mode of a rule."""
    import json

    terms = {"mode": to} | ({} if percent is None else {"percent": percent})
    ask_and_print(
        context, "rule", wait=wait, author=author, request_id=request_id, name=identity, reason=reason,
        definition=json.dumps(terms),
    )  # fmt: skip


@app.command(epilog="Example: flagfive rules remove many-electronics", help=(
    "Take a rule out of force. `flagfive rollback rule/ID` brings it back.\n\n" + EXIT_WORDS
))  # fmt: skip
def remove(
    context: typer.Context,
    identity: Id,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Remove a rule."""
    ask_and_print(
        context,
        "retire",
        wait=wait,
        author=author,
        request_id=request_id,
        name=f"rule/{identity}",
        reason=reason,
    )


@app.command("import", epilog="Example: flagfive rules import rules.yaml --dry-run")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="YAML, as `flagfive rules export` writes it.", dir_okay=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file, and show what differs.")
    ] = False,
    reason: Reason = "",
    author: Author = None,
    wait: Wait = 20.0,
) -> None:
    """Save the rules of a file that differ from those in force, all together or none; others stay.

    The rules are one signed change: no payment is decided by a part of them. Where one of them is refused,
    nothing is changed.

    Exit codes: 0 all are saved, or the file is valid with --dry-run; 1 one is refused or invalid; 4 no answer
    yet.
    """
    from flagfive.rules_in_force import rules_in_force
    from rules.rule_file import definitions_of

    settings = settings_of(context)
    wanted = filed(file)
    held = {rule.id: rule for rule in rules_in_force(settings).rules}
    changed = [rule for rule in wanted if rule != held.get(rule.id)]
    print(f"{len(wanted)} rules, {len(changed)} differ from those in force: {_ids(changed)}")
    print(f"in force and not in the file: {_ids([held[i] for i in held if i not in {r.id for r in wanted}])}")
    if dry_run or not changed:
        return
    answer = ask(
        settings, "rule", wait=wait, author=author, reason=reason or f"imported from {file.name}",
        definition=definitions_of(changed),
    )  # fmt: skip
    print(f"{answer.status}: {answer.message}")
    raise typer.Exit(EXIT_CODES.get(answer.status, 1))


def filed(file: Path) -> "list[WrittenRule]":
    """Return the rules of a YAML file; raises UserError where it cannot be read."""
    from rules.errors import RuleError
    from rules.rule_file import read_rule_file

    try:
        return read_rule_file(file.read_bytes())
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None
    except RuleError as error:
        raise UserError(f"{file}: {error}") from None


def _definition(identity: str, fields: dict[str, object]) -> str:
    """Return a definition as JSON; raises UserError where it cannot be used."""
    import msgspec

    from rules.definition import RuleDefinition, definition_to_bytes, read_rule
    from rules.errors import RuleError

    try:
        definition: RuleDefinition = msgspec.convert(fields, RuleDefinition)
        data = definition_to_bytes(definition)
        read_rule(identity, data)
    except msgspec.ValidationError as error:
        raise UserError(f"the rule cannot be used: {error}") from None
    except RuleError as error:
        raise UserError(error.excerpt(str(fields["condition"])) if error.column else str(error)) from None
    return data.decode()


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"found the time {text!r}, allowed is one such as 2026-03-01T12:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _ids(rules: "list[WrittenRule]") -> str:
    return ", ".join(rule.id for rule in rules) or "none"
