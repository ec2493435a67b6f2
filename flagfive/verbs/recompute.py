"""`flagfive recompute`: recompute stored scores and compare them with the stored ones."""

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.keys import ControlKey
    from control.snapshot import Snapshot
    from storage import UnitOfWork
    from stream.scoring.recompute import Recomputed

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive recompute tx-17")
def recompute(
    context: typer.Context,
    transactions: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="Ids of stored transactions.")
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, help="Number of further transactions, evenly spaced over all stored ones.")
    ] = 0,
) -> None:
    """Score transactions again from their stored features and control offset, and compare bit for bit.

    Exit codes: 0 all are equal; 1 some differ, or cannot be recomputed (the message says why).
    """
    from flagfive.database import open_for_reading
    from flagfive.keys import control_key
    from storage import UnitOfWork
    from stream.scoring.decide import NothingInForce
    from stream.scoring.recompute import recompute as again

    settings = settings_of(context)
    key = control_key(settings)
    wanted = list(transactions or ())
    if not wanted and not sample:
        raise UserError("give ids of transactions, or draw some with --sample N")
    differing = count = 0
    with UnitOfWork(open_for_reading(settings), reads_only=True) as unit:
        found = unit.past.by_ids(wanted)
        if unknown := [identity for identity in wanted if identity not in found]:
            raise UserError(f"not stored: {', '.join(unknown)}")
        even = unit.transactions.even_offsets(sample)
        drawn = [(partition, offset) for partition, offsets in even.items() for offset in offsets]
        rows = [*found.values(), *unit.past.at(drawn).values()]
        try:
            for one in again(rows, _snapshots(unit, key)):
                count, differing = count + 1, differing + (not one.equal)
                if not one.equal or one.stored.transaction_id in found:
                    print(_describe(one))
        except NothingInForce as error:
            raise UserError(str(error)) from None
    print(f"{count - differing:,} of {count:,} scores are equal to the bit")
    if differing:
        raise typer.Exit(1)


def _describe(one: "Recomputed") -> str:
    decided = f"{one.decision.name.lower()} by {one.winner} at control offset {one.stored.control_offset}"
    outcome = "equal to the bit" if one.equal else "DIFFERS"
    return f"{one.stored.transaction_id}: surprise {one.surprise!r}, {decided}: {outcome}"


def _snapshots(unit: "UnitOfWork", key: "ControlKey") -> "Callable[[int], Snapshot]":
    """Return a function that gives the snapshot at a control offset; it caches the last 8."""
    from control.history import snapshot_of

    @lru_cache(maxsize=8)
    def at(offset: int) -> "Snapshot":
        entries = unit.control.up_to(offset)
        if not entries or entries[-1].control_offset < offset:
            raise UserError(
                f"control offset {offset} is not stored; check that `flagfive recorder` writes this database"
            )
        return snapshot_of(entries, key)

    return at
