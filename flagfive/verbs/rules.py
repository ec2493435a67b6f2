"""`flagfive rules`: check conditions, try them on stored traffic, and set rules live."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of
from flagfive.verbs import rule_changes
from rules.actions import Action

if TYPE_CHECKING:
    from rules.vocabulary import Vocabulary

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.add_typer(rule_changes.app)
Condition = Annotated[str, typer.Argument(help="The condition, in quotes.")]
Zone = Annotated[str, typer.Option(help="Time zone of local_time.")]


@app.callback(epilog="Example: flagfive rules check 'amount > 500 && card.count_1h >= 3'")
def rules() -> None:
    """Write rules that decide beside the detectors: check them, try them, set them live."""


@app.command(epilog="Example: flagfive rules names")
def names(context: typer.Context) -> None:
    """List the names that a condition may use."""
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "is", "meaning")
    for name, variable in _vocabulary(context).variables.items():
        table.add_row(name, str(variable.type), variable.words)
    Console().print(table)


@app.command(epilog="Example: flagfive rules check 'amount > 500 && card.count_1h >= 3'")
def check(
    context: typer.Context,
    condition: Annotated[str | None, typer.Argument(help="The condition, in quotes.")] = None,
    zone: Zone = "UTC",
    file: Annotated[Path | None, typer.Option(help="Check all rules of a YAML file instead.")] = None,
) -> None:
    """Check a condition: an error marks the place, and says what was found and what is allowed.

    It needs neither a broker nor a database, so a team's CI can run it with --file. Names of live episodes
    are not known then.

    Exit codes: 0 it can be used, 1 it cannot.
    """
    if (condition is None) == (file is None):
        raise UserError("give either a condition or --file")
    if file is not None:
        _check_file(context, file)
    if condition is not None:
        _refuse_unusable(condition, _vocabulary(context), zone)
    print("ok")


def _check_file(context: typer.Context, file: Path) -> None:
    """Read and bind the rules of a file; raises UserError with all that cannot be used."""
    from rules.checking import check as bind
    from rules.errors import RuleError

    wrong = []
    for rule in rule_changes.filed(file):
        try:
            bind(rule.tree, _vocabulary(context), rule.definition.zone)
        except RuleError as error:
            text = rule.definition.condition
            wrong.append(f"rule {rule.id!r}: {error.excerpt(text) if error.column else error}")
    if wrong:
        raise UserError(f"{file}: {len(wrong)} rules cannot be used\n" + "\n".join(wrong))


@app.command("test", epilog="Example: flagfive rules test 'amount > 500 && night' --days 30")
def try_on_traffic(
    context: typer.Context,
    condition: Condition,
    zone: Zone = "UTC",
    days: Annotated[float, typer.Option(min=0.01, max=90, help="Days of event time to look back.")] = 7.0,
    action: Annotated[Action, typer.Option(help="What the rule would do.")] = Action.REVIEW,
    by: Annotated[float, typer.Option(min=0, max=3, help="Surprise that raise and lower change.")] = 0.0,
    percent: Annotated[float, typer.Option(min=0.01, max=100, help="Percent of the cards.")] = 100.0,
    replaces: Annotated[
        str, typer.Option(metavar="ID", help="Rule that it would replace, which is not compared.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
) -> None:
    """Show the blast radius of a rule: what it would have matched, added and caught in stored traffic.

    Reads the database that `flagfive recorder` writes. Exit codes: 0 done, 1 the rule cannot be tried.
    """
    from rich.console import Console

    from console.models.blast_radius import blast_radius
    from console.models.results import CannotScore, RuleDraft
    from contracts.standing_policy import StandingPolicy
    from control.history import snapshot_of
    from flagfive.database import open_for_reading
    from flagfive.keys import control_key
    from flagfive.rule_report import print_radius, radius_as_json
    from rules.definition import RuleDefinition
    from rules.errors import RuleError
    from storage import UnitOfWork

    settings, names = settings_of(context), _vocabulary(context)
    draft = RuleDraft(RuleDefinition(condition, action, percent=percent, zone=zone, by=by), days, replaces)
    with UnitOfWork(open_for_reading(settings), reads_only=True) as unit:
        policy = unit.policies.standing(StandingPolicy.of_settings(settings))
        try:
            snapshot = snapshot_of(unit.control.all(), control_key(settings))
            found = blast_radius(unit, snapshot, draft, names, policy)
        except RuleError as error:
            raise UserError(error.excerpt(condition) if error.column else str(error)) from None
        except CannotScore as lack:
            raise UserError(str(lack)) from None
        if as_json:
            print(radius_as_json(unit, found))
        else:
            print_radius(Console(), unit, found)


@app.command(epilog="Example: flagfive rules suggest gift-cards --days 30")
def suggest(
    context: typer.Context,
    episode: Annotated[str, typer.Argument(help="Name or id of an episode, or id of its detector.")],
    days: Annotated[float, typer.Option(min=0.01, max=90, help="Days of event time to look back.")] = 7.0,
) -> None:
    """Suggest a readable rule from the flags of an episode, and show its blast radius.

    Reads the database that `flagfive recorder` writes. It saves nothing; the last line has the command that
    saves the rule in shadow. Exit codes: 0 done, 1 no rule can be found.
    """
    from rich.console import Console

    from console.models.results import CannotScore
    from console.models.rule_suggestion import suggest_rule
    from contracts.standing_policy import StandingPolicy
    from control.history import snapshot_of
    from flagfive.database import open_for_reading
    from flagfive.keys import control_key
    from flagfive.rule_report import print_suggestion
    from storage import UnitOfWork

    settings = settings_of(context)
    with UnitOfWork(open_for_reading(settings), reads_only=True) as unit:
        found = unit.episodes.find(episode)
        if found is None:
            raise UserError(f"no episode {episode!r}; `flagfive status` lists them")
        policy = unit.policies.standing(StandingPolicy.of_settings(settings))
        snapshot = snapshot_of(unit.control.all(), control_key(settings))
        try:
            one = suggest_rule(unit, snapshot, found, _vocabulary(context), policy, days)
        except CannotScore as lack:
            raise UserError(str(lack)) from None
        print_suggestion(Console(), unit, one)


@app.command("list", epilog="Example: flagfive rules list")
def list_rules(context: typer.Context) -> None:
    """List the rules on the control log, in the order in which they decide."""
    from rich.console import Console
    from rich.table import Table

    from flagfive.rules_in_force import rules_in_force

    held = rules_in_force(settings_of(context))
    table = Table("order", "rule", "mode", "action", "condition", "owner", "note", "changed by", "state")
    for rule in held.rules:
        one = rule.definition
        part = f" {one.percent:g}%" if one.mode == "live" and one.percent < 100 else ""
        by, state = held.entries[rule.id].entry.author, held.dormant.get(rule.id, "ok")
        table.add_row(
            str(one.order),
            rule.id,
            one.mode + part,
            one.effect,
            one.condition,
            one.owner,
            one.note,
            by,
            state,
        )
    Console().print(table if held.rules else "there are no rules")


@app.command(epilog="Example: flagfive rules export > rules.yaml")
def export(context: typer.Context) -> None:
    """Print the rules on the control log as YAML, for a version control system."""
    from flagfive.rules_in_force import rules_in_force
    from rules.rule_file import write_rule_file

    print(write_rule_file(rules_in_force(settings_of(context)).rules).decode(), end="")


def _refuse_unusable(condition: str, vocabulary: "Vocabulary", zone: str) -> None:
    """Raise UserError where a condition cannot be used; the message marks the place."""
    from rules.checking import check as bind
    from rules.errors import RuleError
    from rules.local_time import check_zone
    from rules.parsing import parse

    try:
        check_zone(zone)
        bind(parse(condition), vocabulary, zone)
    except RuleError as error:
        raise UserError(error.excerpt(condition) if error.column else str(error)) from None


def _vocabulary(context: typer.Context) -> "Vocabulary":
    from features.vector import FeatureLayout
    from rules.vocabulary import Vocabulary
    from stream.wiring import transaction_schema

    return Vocabulary(FeatureLayout(transaction_schema(settings_of(context))).names)
