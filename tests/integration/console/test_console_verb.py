"""`flagfive console` and `audit verify` as a user runs them, without a broker."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from tests.waiting import until


def flagfive(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command without its verb, and the environment of a set-up in `folder`."""
    environment = {
        **os.environ,
        "FLAGFIVE_VAR": str(folder),
        "FLAGFIVE_BROKER": "127.0.0.1:9",  # no broker listens there
        "FLAGFIVE_CONTROL_KEY": "a secret of enough length",
    }
    return [sys.executable, "-m", "flagfive"], environment


def verify(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command, environment = flagfive(folder)
    return subprocess.run(
        [*command, "audit", "verify", *options], env=environment, capture_output=True, text=True
    )


def test_the_first_start_prints_a_link_that_signs_in_once_and_the_log_shows_who_tampers(
    tmp_path: Path,
) -> None:
    """The audit log survives a kill.

    1. The start prints a link. 2. The link signs in once. 3. A kill also ends the child. 4. The log verifies.
    5. After a change the log fails verification.
    """
    command, environment = flagfive(tmp_path)
    told = tmp_path / "told"
    with told.open("w") as out:
        console = subprocess.Popen([*command, "console", "--port", "0"], env=environment, stdout=out)
    try:
        link = until(lambda: _link(told), what="the link")
        with httpx.Client() as browser:
            answer = until(lambda: _answered(browser, link), what="the console to answer")
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            address = link.split("/session/")[0]
            assert browser.get(address + "/session").json()["role"] == "admin"
            assert browser.get(address + "/monitoring").json()["workers"] == []
        assert httpx.get(link).status_code == 401
        again = subprocess.run(
            [*command, "console", "--admin-link"], env=environment, capture_output=True, text=True
        )
        assert "/session/once?token=" in again.stdout, again.stderr  # beside the running console
        children = psutil.Process(console.pid).children(recursive=True)
    finally:
        console.kill()
        console.wait()
    assert children
    until(
        lambda: not psutil.wait_procs(children, timeout=0.1)[1], what="the child of a killed console to end"
    )
    whole = verify(tmp_path)
    assert whole.returncode == 0, whole.stderr
    (end,) = re.findall(r"end (\d+:[0-9a-f]{64})", whole.stdout)
    _tamper(tmp_path / "flagfive.sqlite")
    for options in ((), ("--known", end)):
        broken = verify(tmp_path, *options)
        assert (broken.returncode, "entry 1" in broken.stderr) == (1, True)


def _link(told: Path) -> str | None:
    found = re.search(r"http://\S+/session/once\S+", told.read_text())
    return found[0] if found else None


def _answered(browser: httpx.Client, link: str) -> httpx.Response | None:
    try:
        return browser.get(link)
    except httpx.ConnectError:
        return None


def _tamper(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER audit_log_refuses_update")
        connection.execute("UPDATE audit_log SET actor = 'nobody' WHERE position = 1")
    connection.close()
