"""The verbs of `flagfive lists` that change what is in force, through the adaptation worker."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.asking import EXIT_CODES, EXIT_WORDS, ask_and_print, ask_each
from flagfive.errors import UserError
from flagfive.global_options import settings_of
from flagfive.verbs.flag import Author, RequestId, Wait

if TYPE_CHECKING:
    from rules.lists.change import Row
    from rules.lists.csv_file import ReadFile
    from rules.lists.definition import ListDefinition
    from settings import Settings

app = typer.Typer(add_completion=False)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list, such as watched.")]
Values = Annotated[list[str], typer.Argument(metavar="VALUE...", help="Ids of entities.")]
Until = Annotated[
    str | None,
    typer.Option(help="Event time from which a value no longer counts, ISO 8601 (default: never)."),
]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the values and in the history.")]
Source = Annotated[str, typer.Option(help="Where the values come from, such as a file or a consortium.")]
Use = Annotated[str | None, typer.Option(help="allow, block or watch (default of a new list: watch).")]
Of = Annotated[
    str | None, typer.Option(help="Kind of entity, such as card; without it a watch list holds any ids.")
]
MOST_NAMED = 20  # bad lines that one message names


@app.command(epilog="Example: flagfive lists define watched --of merchant --note 'under inquiry'", help=(
    "Make a list, or change what it is for.\n\n" + EXIT_WORDS
))  # fmt: skip
def define(
    context: typer.Context,
    name: Name,
    use: Use = None,
    of: Of = None,
    owner: Annotated[str, typer.Option(help="Who answers for the list.")] = "",
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Make a list."""
    from rules.lists.change import ListChange, encode_change

    change = encode_change(ListChange(definition=_definition(name, use, of, owner, note)))
    ask_and_print(
        context, "list", wait=wait, author=author, request_id=request_id, name=name, reason=reason,
        definition=change,
    )  # fmt: skip


@app.command(epilog="Example: flagfive lists add watched m17 --until 2026-12-31 --reason chargebacks", help=(
    "Add values to a list, or give them another end, reason or source.\n\n" + EXIT_WORDS
))  # fmt: skip
def add(
    context: typer.Context,
    name: Name,
    values: Values,
    until: Until = None,
    reason: Reason = "",
    source: Source = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Add values to a list."""
    from rules.lists.change import ListChange, Put, encode_change

    ends = _seconds(until)
    change = ListChange(put=[Put(one, ends) for one in values], notes=[(reason, source)])
    ask_and_print(
        context, "list", wait=wait, author=author, request_id=request_id, name=name, reason=reason,
        definition=encode_change(change),
    )  # fmt: skip


@app.command(epilog="Example: flagfive lists remove watched m17", help=(
    "Take values off a list.\n\n" + EXIT_WORDS
))  # fmt: skip
def remove(
    context: typer.Context,
    name: Name,
    values: Values,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Take values off a list."""
    from rules.lists.change import ListChange, encode_change

    ask_and_print(
        context, "list", wait=wait, author=author, request_id=request_id, name=name, reason=reason,
        definition=encode_change(ListChange(remove=values)),
    )  # fmt: skip


@app.command(epilog="Example: flagfive lists drop watched", help=(
    "Take a list out of force with all its values. A list that rules read is kept.\n\n" + EXIT_WORDS
))  # fmt: skip
def drop(
    context: typer.Context,
    name: Name,
    reason: Reason = "",
    author: Author = None,
    request_id: RequestId = None,
    wait: Wait = 20.0,
) -> None:
    """Take a list out of force."""
    ask_and_print(
        context, "retire", wait=wait, author=author, request_id=request_id, name=f"list/{name}", reason=reason
    )


@app.command("import", epilog="Example: flagfive lists import stolen.csv --list stolen --use block --of card")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with the columns value, until, reason, source.")],
    name: Annotated[str, typer.Option("--list", metavar="NAME", help="Name of the list.")],
    use: Use = None,
    of: Of = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take off values that the file lacks.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out lines that are wrong.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file only.")] = False,
    until: Until = None,
    reason: Reason = "",
    source: Source = "",
    author: Author = None,
    wait: Wait = 60.0,
) -> None:
    """Add the values of a file; --use and --of make the list where there is none.

    A file of a few thousand values is one change, in force as a whole or not at all. A longer one is sent in
    parts of bounded size, and each is in force on every partition before the next one is sent. Importing the
    same file again goes on where an earlier import ended.

    Exit codes: 0 all are in force, or the file is valid with --dry-run; 1 a line or a part is refused; 4 no
    answer yet.
    """
    import msgspec

    from rules.lists.change import ListChange, Row, divided, encode_change

    settings = settings_of(context)
    read = _read(file, settings, Row("", _seconds(until), reason, source or file.name[:64]))
    _tell(read, file, skip_bad=skip_bad)
    if dry_run:
        return
    changes = list(divided(list(read.rows.values()), replace=replace))
    if use is not None or of is not None:
        # In the first part, so that a file of one part is one change.
        first = changes[0] if changes else ListChange()
        changes[:1] = [msgspec.structs.replace(first, definition=_definition(name, use, of, "", ""))]
    why = reason or f"imported from {file.name}"
    asked = ({"name": name, "reason": why, "definition": encode_change(one)} for one in changes)
    for number, answer in enumerate(ask_each(settings, "list", asked, wait=wait, author=author), 1):
        code = EXIT_CODES.get(answer.status, 1)
        if code:
            print(f"part {number} of {len(changes)}: {answer.status}: {answer.message}")
            raise typer.Exit(code)
    print(f"the list {name} has all {len(read.rows):,} values of {file.name} in force")


def _read(file: Path, settings: "Settings", default: "Row") -> "ReadFile":
    """Return the values of a file; raises UserError where it cannot be read or is too large."""
    from rules.errors import RuleError
    from rules.lists.csv_file import read_csv

    try:
        size = file.stat().st_size / 1e6
        if size > settings.lists.most_file_mb:
            raise UserError(
                f"{file} has {size:,.0f} MB, lists.most_file_mb allows {settings.lists.most_file_mb:,g}"
            )
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return read_csv(lines, default, settings.lists.most_values)
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None
    except RuleError as error:
        raise UserError(f"{file}: {error}") from None


def _tell(read: "ReadFile", file: Path, *, skip_bad: bool) -> None:
    """Print what a file holds; raises UserError for bad lines that are not to be left out."""
    named = [f"  line {number}: {problem}" for number, problem in list(read.bad.items())[:MOST_NAMED]]
    if len(read.bad) > MOST_NAMED:
        named.append(f"  and {len(read.bad) - MOST_NAMED:,} more")
    if read.bad and not skip_bad:
        raise UserError(
            "\n".join([f"{file}: {len(read.bad):,} lines are wrong; --skip-bad leaves them out", *named])
        )
    print(f"{len(read.rows):,} values, {read.repeated:,} repeated lines, {len(read.bad):,} left out")
    print("\n".join(named), end="\n" if named else "")


def _definition(name: str, use: str | None, of: str | None, owner: str, note: str) -> "ListDefinition":
    """Return a definition; raises UserError where it cannot be used."""
    import msgspec

    from rules.errors import RuleError
    from rules.lists.definition import ListDefinition, check_list, check_list_name

    fields = {"use": use or "watch", "of": of or "", "owner": owner, "note": note}
    try:
        check_list_name(name)
        definition: ListDefinition = msgspec.convert(fields, ListDefinition)
        check_list(definition)
    except (msgspec.ValidationError, RuleError) as error:
        raise UserError(f"the list cannot be used: {error}") from None
    return definition


def _seconds(text: str | None) -> float | None:
    from rules.errors import RuleError
    from rules.lists.csv_file import read_time

    try:
        return None if text is None else read_time(text)
    except RuleError as error:
        raise UserError(str(error)) from None
