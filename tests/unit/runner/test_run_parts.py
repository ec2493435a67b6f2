"""The runner's counts equal pytest's, and a run without tests fails."""

from pathlib import Path

import pytest

from tests import run_parts
from tests.suite.outcome import Outcome
from tests.suite.parts import PARTS


@pytest.fixture(autouse=True)
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty clone, which the runner uses as its own."""
    monkeypatch.setattr(run_parts, "CLONE", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def write_tests(clone: Path, part: str, text: str) -> None:
    folder = clone / "tests" / part
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(text)


def choose(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Keep only these parts."""
    monkeypatch.setattr(run_parts, "PARTS", {name: PARTS[name] for name in names})


def test_counts_come_from_pytest(clone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = "import pytest\ndef test_a(): pass\ndef test_b(): pass\ndef test_c(): pytest.skip('no data')\n"
    write_tests(clone, "contract", text)
    assert run_parts.main(["contract"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "2 passed, 0 failed, 1 skipped"


@pytest.mark.parametrize("text", ["def test_a(): assert False\n", "import no_such_module\n"])
def test_a_failure_fails_the_run(clone: Path, capfd: pytest.CaptureFixture[str], text: str) -> None:
    write_tests(clone, "contract", text)
    assert run_parts.main(["contract"]) == 1
    assert capfd.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_a_test_that_passes_at_the_second_try_counts_once_and_is_named(
    clone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tried = clone / "tried"
    text = "from pathlib import Path\ndef test_a():\n    tried = Path({tried!r})\n"
    text += "    if not tried.exists():\n        tried.touch()\n        assert False\n"
    write_tests(clone, "contract", text.format(tried=str(tried)))
    assert run_parts.main(["contract"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert any(line.startswith("RERUN") and line.endswith("::test_a") for line in lines)
    assert lines[-1] == "1 passed, 0 failed, 0 skipped"


def test_a_part_without_tests_is_reported_and_alone_is_not_green(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_parts.main(["end_to_end"]) == 1
    assert "no tests in tests/end_to_end" in capfd.readouterr().out


def test_a_run_in_which_all_is_skipped_is_not_green(clone: Path) -> None:
    write_tests(clone, "contract", "import pytest\ndef test_c(): pytest.skip('no data')\n")
    assert run_parts.main(["contract"]) == 1


def test_a_part_that_ends_abnormally_is_not_made_green_by_another(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tests(clone, "contract", "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\n")
    write_tests(clone, "integration", "def test_a(): pass\n")
    choose(monkeypatch, "contract", "integration")
    assert run_parts.main([]) == 1


def test_the_output_of_parts_that_run_side_by_side_stays_whole(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The two tests wait for each other, so they must run side by side."""
    meet = "from pathlib import Path\nimport time\ndef test_a():\n    Path('{own}').touch()\n"
    meet += "    while not Path('{other}').exists(): time.sleep(0.01)\n    assert {good}, 'from {own}'\n"
    write_tests(clone, "contract", meet.format(own="c", other="i", good=True))
    write_tests(clone, "integration", meet.format(own="i", other="c", good=False))
    choose(monkeypatch, "contract", "integration")
    assert run_parts.main([]) == 1
    lines = capfd.readouterr().out.splitlines()
    assert lines[-1] == "1 passed, 1 failed, 0 skipped"
    begin = lines.index("=== integration")
    end = next(n for n, line in enumerate(lines) if line.startswith("=== integration: failed, 0 passed"))
    assert any("from i" in line for line in lines[begin:end])
    assert not any(line.startswith("=== contract") for line in lines[begin:end])


def test_an_unknown_part_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_parts.main(["units"]) == 2
    assert "integration, unit, stream, end_to_end, contract, style" in capfd.readouterr().err


def test_a_part_that_takes_many_minutes_runs_only_by_name(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write_tests(clone, "contract", "def test_a(): pass\n")
    choose(monkeypatch, "contract")
    monkeypatch.setattr(run_parts, "BY_HAND", {"cluster": lambda *_: Outcome(passed=7)})
    assert run_parts.main([]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
    assert run_parts.main(["cluster"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "7 passed, 0 failed, 0 skipped"
