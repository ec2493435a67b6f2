"""`flagfive inspect`: propose a mapping for the columns of a file."""

from pathlib import Path
from typing import Annotated

import typer

from flagfive.errors import UserError

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive inspect history.csv --out mapping.toml")
def inspect(
    file: Annotated[
        Path,
        typer.Argument(help="CSV, JSON lines or Parquet; also compressed, a folder, or a pattern in quotes."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the mapping to this file (default: print it).")
    ] = None,
) -> None:
    """Propose a mapping for FILE from the names and the first values of its columns.

    Comments give the evidence of each guess, and say what you must fill in. Check the proposal before you
    use it with `replay`, `train` or `produce`.
    """
    from replay.mapping import WrongMapping
    from replay.propose_mapping import propose_mapping
    from replay.table import TableFile, UnreadableTable
    from replay.write_result import write_whole

    try:
        proposal = propose_mapping(TableFile(file))
        if out is None:
            print(proposal.toml, end="")
            return
        write_whole(out, proposal.toml)
    except (WrongMapping, UnreadableTable) as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"{out}: {error.strerror}") from None
    unused = f"; not used: {', '.join(proposal.open)}" if proposal.open else ""
    fill_in = f"; fill in: {', '.join(proposal.missing)}" if proposal.missing else ""
    print(f"{out} written{fill_in}{unused}")
