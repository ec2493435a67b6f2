"""`flagfive train`: train base and evidence networks on labelled history, or a base without labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from flagfive.progress import Show
    from meta.artifacts import Artifacts
    from meta.training import NamedHistory, TrainingSettings

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive train --history history.parquet --out artifacts")
def train(
    context: typer.Context,
    history: Annotated[
        str,
        typer.Option(help="CSV, JSON lines or Parquet, rows in order of time; or `stored`; or `simulated`."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the artifacts.")] = Path("artifacts"),
    mapping: Annotated[Path | None, typer.Option(help="TOML file that maps the columns of the file.")] = None,
    held_out: Annotated[
        list[str] | None, typer.Option(help="Kind of fraud that training must not see; may be repeated.")
    ] = None,
    validate: Annotated[
        list[str] | None,
        typer.Option(help="Kind of fraud that only decides when meta-training stops; may be repeated."),
    ] = None,
    unsupervised: Annotated[
        bool,
        typer.Option("--unsupervised", help="Fit a base to what is usual; needs no labels and no minutes."),
    ] = False,
    steps: Annotated[
        int, typer.Option(help="Steps of meta-training, 100 to 20,000.", min=100, max=20_000)
    ] = 1500,
    learners: Annotated[bool, typer.Option(help="Also train MAML and related learners.")] = False,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal artifacts.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, or cuda:1 for the second GPU.")] = "cpu",
    engine: Annotated[str, typer.Option(help="Where features are computed: local, or spark.")] = "local",
    master: Annotated[
        str | None,
        typer.Option(help="spark: the cluster, such as local[2] (default: what spark-submit says)."),
    ] = None,
) -> None:
    """Train a base on HISTORY and meta-train the evidence networks that turn flags into detectors.

    With `--history stored` it learns from the database: scored transactions, verdicts and episodes.
    `flagfive promote` puts the artifacts in force, or on trial.

    With `--engine spark` a cluster computes the features of the whole file. This machine trains on every
    fraud and some 500,000 other rows.

    With `--unsupervised` no row needs a label. The base finds what is rare; episodes find fraud.

    An interrupted training continues from its last checkpoint, which is stored beside the artifacts.
    """
    from dataclasses import replace

    from flagfive.progress import shown_progress
    from flagfive.spark_engine import started
    from meta.base_training import BaseSettings
    from meta.meta_training import MetaSettings
    from meta.training import TrainingSettings, with_learners

    if unsupervised:
        if held_out or validate or learners:
            raise UserError("--unsupervised reads no labels; leave out --held-out, --validate and --learners")
        if engine != "local":
            raise UserError("--unsupervised runs on this machine; leave out --engine")
        _unsupervised(context, history, mapping, out, seed)
        return
    computes_on = _device(device)
    settings = TrainingSettings(BaseSettings(seed=seed), MetaSettings(steps=steps, seed=seed), seed=seed)
    with shown_progress() as show:
        show(f"reading {history}", 0, 0)
        with started(engine, master) as spark:
            if spark is None:
                data = _read(context, history, mapping, tuple(held_out or ()), seed)
            else:
                data = _sampled(spark, context, history, mapping, seed, show)
                data = replace(data, held_out=tuple(held_out or ()))
        data = replace(data, validation=tuple(validate or ()))
        out.mkdir(parents=True, exist_ok=True)
        made = _trained(data, settings, out, computes_on, show)
        made.save(out)
        if learners:
            show("training learners", 0, 0)
            with_learners(made, data, seed=seed, device=computes_on).save(out)
    p = made.base.provenance
    print(f"{p.rows:,} rows, {p.frauds:,} frauds; base {made.base.content_hash[:12]} in {out}")


def _read(
    context: typer.Context,
    history: str,
    mapping: Path | None,
    held_out: tuple[str, ...],
    seed: int,
    *,
    labelled: bool = True,
) -> "NamedHistory":
    """Read what HISTORY names."""
    from flagfive.file_history import read_history, simulated_history
    from stream.wiring import transaction_schema

    settings = settings_of(context)
    schema = transaction_schema(settings)
    if history == "simulated":
        return simulated_history(schema, seed=seed)
    if history != "stored":
        return read_history(Path(history), schema, mapping, held_out, labelled=labelled)
    from flagfive.database import open_for_reading
    from flagfive.stored_history import read_stored, read_unlabelled

    read = read_stored if labelled else read_unlabelled
    return read(open_for_reading(settings), schema, seed=seed)


def _sampled(
    spark: "SparkSession", context: typer.Context, history: str, mapping: Path | None, seed: int, show: "Show"
) -> "NamedHistory":
    """Featurise a file on Spark, and return a sample."""
    from distributed.sampling import sampled_history
    from features.vector import FeatureLayout
    from flagfive.produce_file import choose_mapping
    from replay.reading import RowReader
    from replay.table import TableFile, UnreadableTable
    from stream.wiring import transaction_schema

    if history in ("stored", "simulated"):
        raise UserError(f"--engine spark reads files, not --history {history}")
    schema = transaction_schema(settings_of(context))
    try:
        table = TableFile(Path(history), as_text=True)
    except UnreadableTable as error:
        raise UserError(str(error)) from None
    reader = RowReader(table, choose_mapping(schema, table, mapping))
    if FeatureLayout(reader.schema).names != FeatureLayout(schema).names:
        theirs, ours = ([entity.name for entity in one.entities] for one in (reader.schema, schema))
        raise UserError(f"--history {history}: the mapping names the entities {theirs}, the settings {ours}")
    if reader.mapping.label is None:
        raise UserError(f"{history}: no column says which rows are fraud; name it under [label] in a mapping")
    return sampled_history(spark, reader, show, seed=seed)


def _unsupervised(context: typer.Context, history: str, mapping: Path | None, out: Path, seed: int) -> None:
    """Fit a base without labels to what HISTORY names, and write it to OUT."""
    from flagfive.progress import shown_progress
    from meta.training import unsupervised_artifacts
    from meta.unsupervised import TooFewRows

    with shown_progress() as show:
        show(f"reading {history}", 0, 0)
        data = _read(context, history, mapping, (), seed, labelled=False)
        show(f"fitting a base to {len(data.rows.X):,} transactions", 0, 0)
        try:
            made = unsupervised_artifacts(data)
        except TooFewRows as error:
            raise UserError(f"--history {history}: {error}") from None
    made.save(out)
    p = made.base.provenance
    print(f"{p.rows:,} rows without labels; base {made.base.content_hash[:12]} in {out}")
    print(f"next: flagfive promote {out}")


def _device(wish: str) -> str:
    """Return the device of torch; check it before minutes are spent on reading."""
    from meta.device import NoSuchDevice, chosen_device

    try:
        return chosen_device(wish)
    except NoSuchDevice as error:
        raise UserError(f"--device: {error}") from None


def _trained(
    data: "NamedHistory", settings: "TrainingSettings", out: Path, device: str, show: "Show"
) -> "Artifacts":
    """Train; checkpoints are stored in `out`."""
    from meta.training import UnfitFamily, train_artifacts

    def report(stage: str, step: int, total: int, loss: float) -> None:
        show(f"training {stage}", step, total)

    try:
        return train_artifacts(data, settings, report=report, checkpoints=out, device=device)
    except UnfitFamily as error:
        raise UserError(f"--held-out, --validate: {error}") from None
