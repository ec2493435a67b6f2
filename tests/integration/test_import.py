"""History is imported, then live scoring goes on as if a worker had seen it all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from flagfive.history_threads import open_history
from flagfive.verbs import import_history as verb
from flagfive.warm import importing
from flagfive.warm.history_rows import fingerprint, open_files
from flagfive.warm.places import places_of_stopped, refuse_used
from settings import ControlSettings, Settings
from storage import UnitOfWork, open_engine
from storage.history import HistoryReader
from stream.wiring import transaction_schema
from tests.imported_history import Record, folded, payments, write_file
from tests.never_disturbed import matrix
from tests.set_up import own_set_up
from tests.stream_run import ROOT, SECRET, StreamRun, environment_of, stream_run

COUNT, HALF = 6_000, 3_000
LONG_S = 240.0


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    """Return settings with two partitions, and a history store in a folder."""
    own = own_set_up(broker, tmp_path, partitions=2)
    history = own.history.model_copy(update={"location": str(tmp_path / "history")})
    return own.model_copy(update={"history": history})


def flagfive(settings: Settings, *arguments: object) -> subprocess.CompletedProcess[str]:
    history = {"FLAGFIVE_HISTORY__LOCATION": settings.history.location}
    return subprocess.run(
        [sys.executable, "-P", "-m", "flagfive", *map(str, arguments)],
        env={**os.environ, **environment_of(settings), "PYTHONPATH": str(ROOT), **history},
        cwd=settings.var,
        capture_output=True,
        text=True,
    )


def send(run: StreamRun, records: list[Record]) -> None:
    run.send(*zip(*records, strict=True))


def stop(run: StreamRun) -> None:
    """Stop the last worker in order."""
    run.workers[-1].terminate()
    assert run.workers[-1].wait(60) == 0


def scored_by_id(run: StreamRun) -> dict[str, tuple[bytes, float]]:
    """Return features and surprise of every scored transaction."""
    scored = run.scored()
    columns = (scored["id"].to_pylist(), matrix(scored), scored["surprise"].to_pylist())
    return {name.decode(): (row.tobytes(), surprise) for name, row, surprise in zip(*columns, strict=True)}


def seen_live(folder: Path, broker: str, records: list[Record]) -> dict[str, tuple[bytes, float]]:
    """Return what a worker computes that sees every record live."""
    folder.mkdir()
    with stream_run(own_set_up(broker, folder, partitions=2)) as run:
        run.start_worker()
        send(run, records)
        run.wait_for_scores(len(records), within_s=LONG_S)
        return scored_by_id(run)


def stored(settings: Settings) -> pa.Table:
    reader = HistoryReader(open_history(settings, create=False).table)
    names = ["source_partition", "source_offset", "transaction_id", "features", "surprise"]
    return pa.Table.from_batches(list(reader.batches(names)))


def labelled(settings: Settings) -> int:
    with UnitOfWork(open_engine(settings.storage.url), reads_only=True) as unit:
        return len(unit.labels.latest([f"tx-{i}" for i in range(COUNT)]))


def test_after_an_import_live_scores_are_those_of_a_worker_that_saw_all(
    settings: Settings, broker: str, tmp_path: Path
) -> None:
    records = payments(settings, COUNT)
    expected = seen_live(tmp_path / "reference", broker, records)
    assert expected == folded(settings, records)
    mapping = write_file(settings, records[:HALF], tmp_path / "first.parquet")
    with stream_run(settings) as run:
        done = flagfive(settings, "import", tmp_path / "first.parquet", "--mapping", mapping)
        assert done.returncode == 0, done.stderr
        assert f"{HALF:,} transactions" in done.stdout
        run.start_worker()
        send(run, records[HALF - 500 :])  # the first 500 of these were in the file
        run.wait_for_scores(COUNT - HALF, within_s=LONG_S)
        found = scored_by_id(run)
    assert found == {f"tx-{i}": expected[f"tx-{i}"] for i in range(HALF, COUNT)}
    rows = stored(settings)
    kept = zip(*(rows[name].to_pylist() for name in ("transaction_id", "features", "surprise")), strict=True)
    assert {name: (row, surprise) for name, row, surprise in kept} == {
        f"tx-{i}": expected[f"tx-{i}"] for i in range(HALF)
    }
    assert len(rows) == HALF
    assert labelled(settings) == HALF // 50


def test_an_interrupted_import_leaves_no_profile_and_goes_on(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"control": ControlSettings(key=SecretStr(SECRET))})
    records = payments(settings, HALF)
    mapping = write_file(settings, records, tmp_path / "first.parquet")
    schema = transaction_schema(settings)
    sources = open_files([tmp_path / "first.parquet"], mapping, schema)
    identity, expected = fingerprint(sources, lambda *_: None)
    places = places_of_stopped(settings)

    def run(stop_at: int) -> importing.Imported:
        def show(stage: str, done: int, _: int) -> None:
            if stage == "writing profiles" and done == stop_at:
                raise KeyboardInterrupt

        store, labels = verb._store(settings, schema, identity), verb._labels(settings, identity, False)
        return importing.import_history(
            settings, schema, sources, places, expected, store, labels, show, print
        )

    with stream_run(settings):
        with pytest.raises(KeyboardInterrupt):
            run(stop_at=3)
        refuse_used(settings, places)  # nothing is visible
        assert run(stop_at=-1).rows == HALF
    offsets = stored(settings)["source_offset"].to_pylist()
    assert sorted(offsets) == list(range(HALF))
    assert labelled(settings) == HALF // 50


def test_profiles_are_replaced_only_when_told_to_and_never_under_a_worker(
    settings: Settings, tmp_path: Path
) -> None:
    records = payments(settings, HALF)
    others = payments(settings, HALF, seed=1)
    expected = folded(settings, records)
    file = tmp_path / "first.parquet"
    mapping = write_file(settings, records[:1_500], file)
    command = ("import", file, "--mapping", mapping, "--no-history", "--no-labels")
    with stream_run(settings) as run:
        run.start_worker()
        send(run, [(key, value.replace(b"tx-", b"other-")) for key, value in others])
        run.wait_for_scores(HALF, within_s=LONG_S)
        refused = flagfive(settings, *command, "--replace")
        assert refused.returncode == 1
        assert "stop them first" in refused.stderr
        stop(run)
        refused = flagfive(settings, *command)
        assert refused.returncode == 1
        assert "--replace" in refused.stderr
        done = flagfive(settings, *command, "--replace")
        assert done.returncode == 0, done.stderr
        run.start_worker()
        send(run, records[1_500:])
        run.wait_for_scores(HALF + 1_500, within_s=LONG_S)
        found = scored_by_id(run)
    assert {name: one for name, one in found.items() if name.startswith("tx-")} == {
        f"tx-{i}": expected[f"tx-{i}"] for i in range(1_500, HALF)
    }


def test_refused_rows_are_counted_by_reason(settings: Settings, tmp_path: Path) -> None:
    mapping = write_file(settings, payments(settings, 200), tmp_path / "good.parquet")
    table = pq.read_table(tmp_path / "good.parquet").to_pylist()
    fields = settings.transaction
    table[3][fields.amount] = -1.0
    table[5][fields.id] = "4111111111111111"
    table[8] = {**table[9], fields.amount: 0.25}
    table[11] = table[10]
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "bad.parquet")
    with stream_run(settings):
        done = flagfive(
            settings, "import", tmp_path / "bad.parquet", "--mapping", mapping, "--no-history", "--no-labels"
        )
    assert done.returncode == 0, done.stderr
    assert f"1 rows refused: bad.parquet, column {fields.amount}: allowed is a number" in done.stdout
    assert "(row 4 -1.0)" in done.stdout
    assert "1 rows refused: an id or a key looks like a card number: use tokens" in done.stdout
    assert "4111111111111111" not in done.stdout + done.stderr
    assert "1 rows refused: the id came before, with other values" in done.stdout
    assert "1 rows refused: the id came before, with the same values" in done.stdout
    assert "196 transactions" in done.stdout
