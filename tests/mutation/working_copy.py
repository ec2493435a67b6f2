"""Makes the copy of the repository that is mutated, and runs mutmut in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.mutation.groups import Group

# Exit statuses of the tests of a mutant, as mutmut keeps them. 1 and 3: a test failed, or could not run.
KILLED, TIMED_OUT = (1, 3), (-24, 24, 36, 152, 255)


class WorkingCopy:
    """A copy of the repository for one group; results stay in it, so that a later run continues.

    Args:
        root: the repository.
        folder: where the copy lies.
        group: modules and tests.
    """

    def __init__(self, root: Path, folder: Path, group: Group) -> None:
        self._root, self._folder, self._group = root, folder, group

    def refresh(self) -> None:
        """Copy what has changed in the repository, tracked or new, and write mutmut's settings."""
        names = set(self._listed())
        for name in names:
            source, target = self._root / name, self._folder / name
            if not target.exists() or source.read_bytes() != target.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        for test in self._folder.glob("tests/**/*.py"):
            if str(test.relative_to(self._folder)) not in names:
                test.unlink()
        (self._folder / "setup.cfg").write_text(self._settings(names))

    def results(self) -> dict[str, int]:
        """Return the exit status of the tests by name of mutant, where it was judged."""
        found: dict[str, int] = {}
        for file in self._group.files:
            kept = self._folder / "mutants" / f"{file}.meta"
            if kept.exists():
                statuses = json.loads(kept.read_text())["exit_code_by_key"]
                found |= {name: status for name, status in statuses.items() if status is not None}
        return found

    def judge(self, names: Iterable[str]) -> int:
        """Run the tests against each mutant; shows the progress and returns mutmut's exit status."""
        mutmut = Path(sys.executable).with_name("mutmut")
        # One thread each: a fork keeps only the thread that forks.
        threads = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        environment = {**os.environ, **threads}
        environment.pop("PYTHONPATH", None)  # the tests import from the copy
        command = [str(mutmut), "run", "--max-children", "1", *names]
        return subprocess.run(command, cwd=self._folder, env=environment, check=False).returncode

    def _listed(self) -> list[str]:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=self._root, capture_output=True, check=True).stdout.decode()
        return [name for name in listed.split("\0") if name and (self._root / name).is_file()]

    def _settings(self, names: Iterable[str]) -> str:
        top = sorted({name.split("/")[0] for name in names} - {"tests", "setup.cfg"})
        settings = {
            "source_paths": self._group.files,
            "also_copy": top,
            "pytest_add_cli_args_test_selection": (*self._group.tests, *self._group.options),
            "pytest_add_cli_args": ("-p", "no:cacheprovider"),
            "use_git_change_detection": ("false",),
        }
        lines = [
            f"{key}=\n" + "".join(f"    {value}\n" for value in values) for key, values in settings.items()
        ]
        return "[mutmut]\n" + "".join(lines)
