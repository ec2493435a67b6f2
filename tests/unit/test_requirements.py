"""The locked requirements satisfy the declared ones, and name no machine or index."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
LOCKS = {
    "runtime.txt": ["runtime.in"],
    "test.txt": ["runtime.in", "tools.in"],
    "spark.txt": ["runtime.in", "tools.in", "spark.in"],
    "mutation.txt": ["runtime.in", "tools.in", "mutation.in"],
    "bench.txt": ["runtime.in", "peers.in"],
    "uv.txt": ["uv.in"],
}


def names_in(file: Path) -> set[str]:
    """Return package names from the line starts of a requirements file, in the registries' spelling."""
    found = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", file.read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_asked_for_is_locked(lock: str) -> None:
    asked = set().union(*(names_in(REQUIREMENTS / name) for name in LOCKS[lock]))
    assert asked - names_in(REQUIREMENTS / lock) == set(), "run requirements/compile"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_a_hash(lock: str) -> None:
    stanzas = re.split(r"\n(?=\S)", (REQUIREMENTS / lock).read_text().strip())
    bad = [one.split("\n")[0] for one in stanzas if "==" not in one or "--hash=sha256:" not in one]
    assert bad == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_path(lock: str) -> None:
    assert not re.search(r"://|--index|--find-links|via |/", (REQUIREMENTS / lock).read_text())
