"""`flagfive policy`: from which surprise each segment of the traffic is reviewed and declined."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.asking import EXIT_WORDS, ask_and_print
from flagfive.errors import UserError
from flagfive.global_options import settings_of
from flagfive.verbs.flag import Author, RequestId, Wait

if TYPE_CHECKING:
    from rules.policy.definition import DecisionPolicy, ReadPolicy

app = typer.Typer(add_completion=False, no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="Reason of the change, kept in the history.")]
File = Annotated[Path, typer.Argument(help="YAML, as `flagfive policy export` writes it.", dir_okay=False)]


@app.callback(epilog="Example: flagfive policy set policy.yaml --reason 'tighter online'")
def policy() -> None:
    """Say from which surprise transactions are reviewed and declined, by segment of the traffic."""


@app.command(epilog="Example: flagfive policy show")
def show(context: typer.Context) -> None:
    """Show the decision policy in force, and the one that waits for a second person."""
    from rich.console import Console

    from control.policy_in_force import proposal_of
    from flagfive.lists_in_force import snapshot_in_force
    from rules.policy.definition import ReadPolicy

    snapshot = snapshot_in_force(settings_of(context))
    console, waiting = Console(), proposal_of(snapshot.applied)
    if snapshot.policy is None:
        console.print("no decision policy is in force: what is over the budget's threshold is reviewed")
    else:
        _print(console, "in force", snapshot.policy.definition, snapshot.policy.dormant)
    if waiting is not None and isinstance(waiting.loaded, ReadPolicy):
        _print(console, f"waits, proposed by {waiting.entry.author}", waiting.loaded.definition, {})
    console.print(f"threshold of the budget: {_bound(snapshot.threshold, 'not yet set')}")


@app.command(epilog="Example: flagfive policy export > policy.yaml")
def export(context: typer.Context) -> None:
    """Print the decision policy in force as YAML, for a version control system."""
    from flagfive.lists_in_force import snapshot_in_force
    from rules.policy.definition import DecisionPolicy
    from rules.policy.file import write_policy_file

    held = snapshot_in_force(settings_of(context)).policy
    print(write_policy_file(held.definition if held else DecisionPolicy()).decode(), end="")


@app.command(epilog="Example: flagfive policy check policy.yaml")
def check(context: typer.Context, file: File) -> None:
    """Check a file: an error names the segment and the place.

    It needs neither a broker nor a database. Names of live episodes are not known then.
    Exit codes: 0 it can be used, 1 it cannot.
    """
    from features.vector import FeatureLayout
    from rules.checking import check as bind
    from rules.errors import RuleError
    from rules.vocabulary import Vocabulary
    from stream.wiring import transaction_schema

    names = Vocabulary(FeatureLayout(transaction_schema(settings_of(context))).names)
    read = _filed(file)
    for segment, rule in zip(read.definition.segments, read.conditions, strict=True):
        try:
            bind(rule.tree, names, read.definition.zone)
        except RuleError as error:
            where = error.excerpt(segment.when) if error.column else str(error)
            raise UserError(f"{file}: segment {segment.name!r}: {where}") from None
    print("ok")


@app.command("blast-radius", epilog="Example: flagfive policy blast-radius policy.yaml --days 30")
def blast_radius(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="YAML of the policy; without it, the policy in force.", dir_okay=False),
    ] = None,
    days: Annotated[float, typer.Option(min=0.01, max=90, help="Days of event time to look back.")] = 7.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
) -> None:
    """Show what a policy would do with stored traffic, by segment, beside what is in force.

    Reads the database that `flagfive recorder` writes, and counts as the page Policy does. Without a file,
    the policy in force is compared with the budget's threshold alone. Exit codes: 0 done, 1 it cannot be
    tried.
    """
    from dataclasses import replace

    from rich.console import Console

    from console.models.policy_radius import policy_radius
    from console.models.results import CannotScore
    from contracts.standing_policy import StandingPolicy
    from control.history import snapshot_of
    from features.vector import FeatureLayout
    from flagfive.keys import control_key
    from flagfive.policy_report import policy_radius_as_json, print_policy_radius
    from rules.errors import RuleError
    from rules.policy.definition import DecisionPolicy
    from rules.vocabulary import Vocabulary
    from storage import UnitOfWork, open_engine
    from stream.wiring import transaction_schema

    settings = settings_of(context)
    names = Vocabulary(FeatureLayout(transaction_schema(settings)).names)
    filed = None if file is None else _filed(file).definition
    with UnitOfWork(open_engine(settings.storage.url), reads_only=True) as unit:
        standing = unit.policies.standing(StandingPolicy.of_settings(settings))
        snapshot = snapshot_of(unit.control.all(), control_key(settings))
        if filed is None:
            filed = snapshot.policy.definition if snapshot.policy else DecisionPolicy()
            snapshot = replace(snapshot, policy=None)
        try:
            found = policy_radius(unit, snapshot, filed, days, names, standing)
        except (CannotScore, RuleError) as lack:
            raise UserError(f"{file or 'the policy in force'}: {lack}") from None
    if as_json:
        print(policy_radius_as_json(found))
    else:
        print_policy_radius(Console(), found)


@app.command("set", epilog="Example: flagfive policy set policy.yaml --reason 'tighter online'", help=(
    "Put the policy of a file in force. With adaptation.four_eyes it waits until another person accepts it."
    "\n\n" + EXIT_WORDS
))  # fmt: skip
def set_policy(
    context: typer.Context,
    file: File,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Set the policy."""
    from rules.policy.definition import policy_to_bytes

    definition = policy_to_bytes(_filed(file).definition).decode()
    ask_and_print(
        context, "policy", wait=wait, author=author, request_id=request_id, name="decision", reason=reason,
        definition=definition,
    )  # fmt: skip


@app.command(epilog="Example: flagfive policy accept", help=(
    "Put the policy that waits in force; who wrote it cannot accept it with adaptation.four_eyes.\n\n"
    + EXIT_WORDS
))  # fmt: skip
def accept(
    context: typer.Context,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Accept the policy that waits."""
    ask_and_print(
        context, "approve", wait=wait, author=author, request_id=request_id, name="policy/proposal",
        reason=reason,
    )  # fmt: skip


@app.command(epilog="Example: flagfive policy remove --waiting", help=(
    "Take the policy out of force: the threshold of the budget decides alone. `flagfive policy rollback` "
    "brings it back.\n\n" + EXIT_WORDS
))  # fmt: skip
def remove(
    context: typer.Context,
    waiting: Annotated[bool, typer.Option("--waiting", help="Reject the policy that waits instead.")] = False,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Remove the policy."""
    ask_and_print(
        context, "retire", wait=wait, author=author, request_id=request_id, reason=reason,
        name="policy/proposal" if waiting else "policy/decision",
    )  # fmt: skip


@app.command(epilog="Example: flagfive policy rollback --reason 'too many declines'", help=(
    "Restore the policy before its last change, as `flagfive rollback policy/decision` does.\n\n" + EXIT_WORDS
))  # fmt: skip
def rollback(
    context: typer.Context,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Undo the last change of the policy."""
    ask_and_print(
        context, "rollback", wait=wait, author=author, request_id=request_id, name="policy/decision",
        reason=reason,
    )  # fmt: skip


def _filed(file: Path) -> "ReadPolicy":
    """Return the policy of a YAML file; raises UserError where it cannot be read."""
    from rules.errors import RuleError
    from rules.policy.file import read_policy_file

    try:
        return read_policy_file(file.read_bytes())
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None
    except RuleError as error:
        raise UserError(f"{file}: {error}") from None


def _print(console: object, title: str, one: "DecisionPolicy", dormant: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    assert isinstance(console, Console)
    table = Table("segment", "when", "review from", "decline from", "state", title=f"decision policy {title}")
    conditions = {segment.name: segment.when for segment in one.segments}
    for name, bounds in one.named():
        table.add_row(
            name,
            conditions.get(name, ""),
            _bound(bounds.review_from, "budget"),
            _bound(bounds.decline_from, "never"),
            dormant.get(name, "ok"),
        )
    console.print(table)


def _bound(surprise: float | None, without: str) -> str:
    return without if surprise is None else f"{surprise:.2f} (1 in {10**surprise:,.0f})"
