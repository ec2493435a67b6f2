"""Profiles are saved to a file and restored in another set-up, where live scoring goes on to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import Settings
from tests.imported_history import folded, payments
from tests.integration.test_import import LONG_S, flagfive, scored_by_id, send, stop
from tests.set_up import own_set_up
from tests.stream_run import stream_run
from tests.waiting import until

COUNT, HALF = 2_000, 1_000


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    return own_set_up(broker, tmp_path, partitions=2)


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_a_restored_worker_scores_what_the_first_one_would_have(
    settings: Settings, broker: str, tmp_path: Path, killed: bool
) -> None:
    records, file = payments(settings, COUNT), tmp_path / "profiles.parquet"
    expected = folded(settings, records)
    stream = settings.stream.model_copy(update={"session_timeout_s": 6.0})
    settings = settings.model_copy(update={"stream": stream})
    with stream_run(settings) as run:
        run.start_worker()
        send(run, records[:HALF])
        run.wait_for_scores(HALF, within_s=LONG_S)
        if killed:
            run.workers[-1].kill()
            run.workers[-1].wait()
        else:
            stop(run)
        assert f"{file}: " in wait_until_saved(settings, file)
    (other := tmp_path / "other").mkdir()
    elsewhere = own_set_up(broker, other, partitions=2)
    with stream_run(elsewhere) as run:
        restored = flagfive(elsewhere, "profiles", "restore", file)
        assert restored.returncode == 0, restored.stderr
        run.start_worker()
        send(run, records[HALF - 300 :])  # 300 of them were scored there
        run.wait_for_scores(COUNT - HALF, within_s=LONG_S)
        found = scored_by_id(run)
    assert found == {f"tx-{i}": expected[f"tx-{i}"] for i in range(HALF, COUNT)}


def wait_until_saved(settings: Settings, file: Path) -> str:
    """Export as soon as the group has noticed that its worker is gone."""

    def saved() -> str | None:
        done = flagfive(settings, "profiles", "export", file)
        assert done.returncode == 0 or "stop them first" in done.stderr, done.stderr
        return done.stdout if done.returncode == 0 else None

    return until(saved, what="the profiles to be saved", within_s=LONG_S)


def test_a_damaged_or_foreign_file_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "profiles.parquet"
    file.write_bytes(b"not a file of profiles")
    with stream_run(settings):
        refused = flagfive(settings, "profiles", "restore", file)
        assert refused.returncode == 1
        assert "damaged or no file of profiles" in refused.stderr
        again = flagfive(settings, "profiles", "export", file)
        assert again.returncode == 0, again.stderr
        assert "0 profiles" in again.stdout
