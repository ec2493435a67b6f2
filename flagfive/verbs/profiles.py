"""`flagfive profiles`: save the profiles of a scorer to a file, and restore them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flagfive.global_options import settings_of

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback(epilog="Example: flagfive profiles export profiles.parquet")
def profiles() -> None:
    """Save the profiles of a scorer to a file, or restore them, here or in another cluster.

    Both need stopped workers, and the rights of a worker.
    """


@app.command(epilog="Example: flagfive profiles export profiles.parquet")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Parquet file to write; it holds the keys of all entities.")],
) -> None:
    """Save profiles and recent ids, as of where the workers stopped, to FILE."""
    from flagfive.keys import control_key
    from flagfive.progress import shown_progress
    from flagfive.warm.places import places_of_stopped
    from flagfive.warm.saving import save_profiles

    settings = settings_of(context)
    places = places_of_stopped(settings)
    with shown_progress() as show:
        save_profiles(settings, control_key(settings), places, file, show)
    print(f"{file}: {_held(file, [entity.name for entity in settings.entities])}")


@app.command(epilog="Example: flagfive profiles restore profiles.parquet")
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File that `flagfive profiles export` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Forget the profiles that workers have; take those of FILE.")
    ] = False,
) -> None:
    """Write the profiles and ids of FILE to the checkpoint topics, all at once.

    The file is checked first as a whole: version, layout of the rows, entities and checksum. A damaged or
    foreign file changes nothing. The number of partitions may be another one than before; ids of recent
    transactions are left out then.
    """
    from flagfive.progress import shown_progress
    from flagfive.warm.places import places_of_stopped, refuse_used
    from flagfive.warm.profile_file import ProfileFile
    from flagfive.warm.saving import restore_profiles

    settings = settings_of(context)
    found = ProfileFile(file, [entity.name for entity in settings.entities])
    places = places_of_stopped(settings)
    if not replace:
        refuse_used(settings, places)
    with shown_progress() as show:
        restore_profiles(settings, found, places, show)
    print(f"{found.profiles:,} profiles are in place")
    if found.ids and found.about.partitions != settings.topics.partitions:
        print(
            f"ids of recent transactions are left out: the file has {found.about.partitions} partitions, "
            f"the settings {settings.topics.partitions}"
        )


def _held(file: Path, entities: list[str]) -> str:
    from flagfive.warm.profile_file import ProfileFile

    written = ProfileFile(file, entities)  # read again: what cannot be restored is no copy
    return f"{written.profiles:,} profiles of {', '.join(entities)}"
