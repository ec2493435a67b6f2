"""`flagfive lookback`: show which earlier transactions a detector would have alerted."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from rich.table import Table

    from console.models.look_back import LookedBack

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive lookback 'gift cards' --days 30")
def lookback(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id of the episode, or id of its detector.")],
    days: Annotated[float, typer.Option(min=0.01, help="Days of event time to look back.")] = 7.0,
    most: Annotated[int, typer.Option(min=1, help="Number of best matches to show.")] = 20,
    ids: Annotated[
        bool, typer.Option("--ids", help="Print only the ids of matches without a verdict, one per line.")
    ] = False,
) -> None:
    """Rank the stored transactions that an episode's detector, live or draft, would have alerted.

    It reads the history store if history.location is set, else the database. Confirm or reject them with
    `flagfive label --name EPISODE`; the episode then learns from them.
    """
    from rich.console import Console

    from console.models.look_back import look_back
    from console.models.results import CannotScore
    from control.history import snapshot_of
    from flagfive.database import open_for_reading
    from flagfive.keys import control_key
    from storage import StorageError, UnitOfWork
    from storage.episodes import DRAFT, STANDING

    settings = settings_of(context)
    key = control_key(settings)
    with UnitOfWork(open_for_reading(settings), reads_only=True) as unit:
        episode = unit.episodes.find_with_status(name, DRAFT, *STANDING)
        row = unit.detectors.get(episode.detector_id or "") if episode else None
        if row is None:
            raise UserError(f"no episode {name!r} has a detector; `flagfive status` lists the detectors")
        snapshot = snapshot_of(unit.control.all(), key)
        try:
            found = look_back(unit, snapshot, row, days=days, most=most)
        except (CannotScore, StorageError) as refusal:
            raise UserError(str(refusal)) from None
    if ids:
        print("\n".join(match.transaction_id for match in found.best if match.verdict is None))
        return
    print(found)
    Console().print(_table(found))


def _table(found: "LookedBack") -> "Table":
    from rich.table import Table

    table = Table("transaction", "surprise", "time", "amount", "alerted then", "verdict")
    for match in found.best:
        time = datetime.fromtimestamp(match.event_time, UTC).strftime("%Y-%m-%d %H:%M:%S")
        alerted = "yes" if match.alerted else "no"
        table.add_row(
            match.transaction_id,
            f"{match.surprise:.2f}",
            time,
            f"{match.amount:,.2f}",
            alerted,
            match.verdict or "",
        )
    return table
