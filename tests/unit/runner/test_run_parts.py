"""The runner counts what pytest counted and is never green on nothing."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

CLONE = Path(__file__).resolve().parents[3]


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The runner, looking at an empty clone in `tmp_path`."""
    spec = importlib.util.spec_from_file_location("run_parts_under_test", CLONE / "tests" / "run_parts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "CLONE", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return module


def write_tests(clone: Path, part: str, text: str) -> None:
    folder = clone / "tests" / part
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(text)


def test_counts_come_from_pytest(
    runner: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = "import pytest\ndef test_a(): pass\ndef test_b(): pass\ndef test_c(): pytest.skip('no data')\n"
    write_tests(tmp_path, "contract", text)
    assert runner.main(["contract"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "2 passed, 0 failed, 1 skipped"


@pytest.mark.parametrize("text", ["def test_a(): assert False\n", "import no_such_module\n"])
def test_a_failure_fails_the_run(
    runner: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    write_tests(tmp_path, "contract", text)
    assert runner.main(["contract"]) == 1
    assert capfd.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_a_part_without_tests_is_told_and_alone_is_not_green(
    runner: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    assert runner.main(["end_to_end"]) == 1
    assert "no tests in tests/end_to_end yet" in capfd.readouterr().out


def test_a_run_in_which_all_is_skipped_is_not_green(runner: ModuleType, tmp_path: Path) -> None:
    write_tests(tmp_path, "contract", "import pytest\ndef test_c(): pytest.skip('no data')\n")
    assert runner.main(["contract"]) == 1


def test_a_part_that_ends_abnormally_is_not_made_green_by_another(
    runner: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tests(tmp_path, "contract", "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\n")
    write_tests(tmp_path, "integration", "def test_a(): pass\n")
    chosen = {name: runner.PARTS[name] for name in ("contract", "integration")}
    monkeypatch.setattr(runner, "PARTS", chosen)
    assert runner.main([]) == 1


def test_an_unknown_part_is_named(runner: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["units"]) == 2
    assert "style, unit, contract, integration, end_to_end" in capfd.readouterr().err
