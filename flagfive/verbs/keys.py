"""`flagfive keys`: show, make, exchange and retire the keys that processes and people sign with."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from flagfive.key_folder import KeyFolder

app = typer.Typer(add_completion=False, no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Principal, such as control, adapter or your name.")]


@app.callback(epilog="Example: flagfive keys show")
def keys() -> None:
    """Show, make, exchange and retire the keys that processes and people sign with."""


@app.command(epilog="Example: flagfive keys show")
def show(context: typer.Context) -> None:
    """Show all principals, what they may send, and their keys. No secret is shown."""
    from rich.console import Console
    from rich.table import Table

    from contracts.signing.keys import KeyPair

    folder = _folder(context)
    trusted = folder.trusted()
    rights = {one.name: one for one in trusted.principals}
    table = Table("principal", "may", "in the name of", "key", "made", "state", title=str(folder.path))
    for one in trusted.keys:
        key, held = KeyPair.of_public(one.public), folder.private(one.principal)
        signs = held is not None and held.id == key.id
        state = f"retired {_day(one.retired_at)}" if one.retired_at else "signs here" if signs else "valid"
        principal = rights[one.principal]
        may = "every request" if len(principal.may) > 3 else ", ".join(principal.may)
        table.add_row(one.principal, may, principal.speaks_for, key.id, _day(one.made_at), state)
    Console().print(table)


@app.command(epilog="Example: flagfive keys make secrets/keys")
def make(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Folder (default: keys.folder).")] = None,
) -> None:
    """Make a folder with a key for every process, to be given to containers one by one."""
    from flagfive.key_changes import KeyNotChanged
    from flagfive.key_folder import KeyFolder
    from flagfive.keys import key_folder

    place = KeyFolder(folder) if folder else key_folder(settings_of(context))
    if place.exists:
        raise KeyNotChanged(f"{place.path} has keys already; `flagfive keys rotate NAME` exchanges one")
    place.make()
    print(f"keys of all processes in {place.path}: trusted.json for everyone, NAME.key for NAME alone")


@app.command(epilog="Example: flagfive keys new chargebacks --may label")
def new(
    context: typer.Context,
    name: Name,
    may: Annotated[
        list[str] | None,
        typer.Option(help="Kind of request that a new principal may send; repeat it for several."),
    ] = None,
    public: Annotated[
        str | None, typer.Option(help="Public half of a key made elsewhere, 64 hexadecimal digits.")
    ] = None,
) -> None:
    """Add a principal with a key, or another key of a principal that is there; both keys are then valid."""
    from contracts.signing.principals import REQUESTS
    from flagfive.key_changes import KeyNotChanged, add_key

    if unknown := [kind for kind in may or () if kind not in REQUESTS]:
        raise KeyNotChanged(f"--may {unknown[0]}: allowed are {', '.join(REQUESTS)}")
    folder = _folder(context)
    key = add_key(folder, name, may=may or (), public=public)
    print(f"key {key.id} of {name}; give trusted.json in {folder.path} to every process")


@app.command(epilog="Example: flagfive keys rotate control")
def rotate(context: typer.Context, name: Name) -> None:
    """Exchange the key of a principal: the new one signs, the old one stays valid until it is retired.

    Restart the process that signs with it once trusted.json has reached all others.
    """
    from flagfive.key_changes import add_key

    key = add_key(_folder(context), name)
    print(f"key {key.id} of {name} signs after a restart of {name}; the earlier keys stay valid")
    if name == "control":
        print(
            "then sign the control log again: flagfive keys resign; and retire the old: flagfive keys retire"
        )


@app.command(epilog="Example: flagfive keys retire 4f2a91c0d7e8b365")
def retire(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(help="Id of the key, as `flagfive keys show` prints it.")],
) -> None:
    """Retire a key: it verifies stored history from now on, and nothing new.

    A key of the control log that still signs entries in force cannot be retired; sign them again first.
    """
    from contracts.signing.principals import CONTROL
    from control.signing_again import signed_entries
    from flagfive.key_changes import KeyNotChanged, retire_key
    from flagfive.keys import control_key

    settings, folder = settings_of(context), _folder(context)
    known = folder.registry().find(key_id)
    if known is not None and known.principal.name == CONTROL:
        entries = signed_entries(settings.broker, settings.topics.control, control_key(settings))
        if left := sum(one.signed_by == key_id for one in entries):
            raise KeyNotChanged(
                f"{key_id} signs {left} entries of the control log; sign them again: flagfive keys resign"
            )
    due = retire_key(folder, key_id)
    print(f"key {key_id} of {due.principal} is retired; give trusted.json to every process and restart it")


@app.command(epilog="Example: flagfive keys resign")
def resign(context: typer.Context) -> None:
    """Sign every entry of the control log again that an earlier key has signed; nothing in force changes."""
    from contracts.signing.keys import KeyPair
    from control.signing_again import sign_again
    from flagfive.key_changes import KeyNotChanged
    from flagfive.keys import control_key

    settings = settings_of(context)
    key = control_key(settings)
    if key.algorithm != KeyPair.algorithm:
        raise KeyNotChanged(
            "FLAGFIVE_CONTROL_KEY has a shared secret, which still signs. Make keys (flagfive keys make), "
            "move the secret to FLAGFIVE_CONTROL__EARLIER_KEY, and repeat this"
        )
    count = sign_again(settings.broker, settings.topics.control, key)
    print(f"{count} entries are signed again with key {key.id}")


def _folder(context: typer.Context) -> "KeyFolder":
    from flagfive.key_changes import KeyNotChanged
    from flagfive.keys import key_folder

    folder = key_folder(settings_of(context))
    if not folder.exists:
        raise KeyNotChanged(f"there are no keys in {folder.path}; `flagfive keys make` makes them")
    return folder


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""
