"""Fetches the jars of the Kafka broker with Maven, once, into the cache folder of the user."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flagfive.errors import UserError
from flagfive.java import ensure_maven

RECIPE = Path(__file__).resolve().parent / "broker"


class JarsMissing(UserError):
    """Maven could not fetch Kafka, or the fetched jars have wrong checksums."""


def cache_folder() -> Path:
    """Return the cache folder that `./run` also uses: FLAGFIVE_CACHE, else `flagfive` in the user's cache."""
    if named := os.environ.get("FLAGFIVE_CACHE"):
        return Path(named).absolute()
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "flagfive"


def jars_folder() -> Path:
    """Return the folder of the jars of this version; it may not exist yet."""
    recipe = hashlib.sha256((RECIPE / "pom.xml").read_bytes()).hexdigest()[:12]
    return cache_folder() / f"kafka-{recipe}"


def ensure_jars() -> Path:
    """Fetch the jars of Kafka if they are missing.

    The folder gets its final name only after all checksums are verified, so an interrupted fetch is never
    used.

    Returns:
        The folder of the jars.

    Raises:
        JarsMissing: Maven could not fetch them, or a checksum is wrong.
        MavenMissing: Maven is missing and could not be installed.
    """
    folder = jars_folder()
    if folder.is_dir():
        return folder
    with _only_one(folder.with_suffix(".lock")):
        if not folder.is_dir():
            _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    """1. Fetch into a temporary folder. 2. Verify checksums. 3. Rename. A stop before 3 fetches again."""
    maven = ensure_maven()
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    print("Fetching the Kafka broker (45 MB, once) ...", flush=True)
    goal = ["-f", str(RECIPE / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    command = [maven, "-q", "-B", "-C", *goal, f"-DoutputDirectory={partial}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise JarsMissing(f"Maven could not fetch Kafka:\n{(done.stdout + done.stderr)[-2000:]}")
    wrong = _wrong_jars(partial)
    if wrong:
        raise JarsMissing(
            f"wrong checksums, expected those of flagfive/broker/jars.sha256: {', '.join(wrong)}"
        )
    partial.rename(folder)


def _wrong_jars(folder: Path) -> list[str]:
    """Return the names of jars that are missing, unexpected, or have a wrong checksum."""
    lines = (RECIPE / "jars.sha256").read_text().splitlines()
    expected = {name: digest for digest, name in (line.split() for line in lines)}
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.iterdir()}
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
