"""Secrets that flagfive makes for itself."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import SecretStr

from flagfive.own_secrets import own_secret
from settings import Settings


def test_a_secret_is_made_once_and_only_its_user_reads_it(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: own_secret(settings, "console", None), range(8)))
    assert len(made) == 1
    assert len(made.pop()) == 64
    file = tmp_path / "secrets" / "console"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["console"]


def test_a_given_secret_counts_and_makes_no_file(tmp_path: Path) -> None:
    given = SecretStr("given by a setting")
    assert own_secret(Settings(var=tmp_path), "console", given) == b"given by a setting"
    assert not (tmp_path / "secrets").exists()
