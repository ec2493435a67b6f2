"""`flagfive doctor` names what is missing and changes nothing."""

import os
import subprocess
import sys
from pathlib import Path


def doctor(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "flagfive", "doctor"],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "FLAGFIVE_VAR": str(folder / "var"),
            "FLAGFIVE_CACHE": str(folder / "cache"),
            "FLAGFIVE_STORAGE__URL": f"sqlite:///{folder}/x.sqlite",
            **environment,
        },
    )


def test_it_reports_what_is_missing_and_how_to_fix_it(tmp_path: Path) -> None:
    unset = {"FLAGFIVE_BROKER": "", "FLAGFIVE_CONTROL_KEY": ""}
    done = doctor(tmp_path, FLAGFIVE_BROKER__BOOTSTRAP="127.0.0.1:9", **unset)
    assert done.returncode == 1
    assert "missing  kafka: the jars of the broker are not fetched yet" in done.stdout
    assert "missing  broker: no Kafka broker answers at 127.0.0.1:9" in done.stdout
    assert "ok       signing keys: the first process that starts makes them in" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    done = doctor(tmp_path, FLAGFIVE_STORAGE__URL="postgresql://me:hunter2@127.0.0.1:9/x")
    assert "missing  database: storage.url cannot be opened" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_with_a_cluster_given_java_is_not_asked_for(tmp_path: Path) -> None:
    told = doctor(tmp_path, FLAGFIVE_BROKER="127.0.0.1:9").stdout
    checked = {line.split()[1] for line in told.splitlines()}
    assert "broker:" in checked
    assert checked.isdisjoint({"java:", "kafka:"})
