"""Writes local files that survive a power cut, since Kafka offsets are committed after them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from pyiceberg.io import OutputStream
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO


class DurableFileIO(PyArrowFileIO):
    """Reads as pyiceberg does; a file is on the disk, with its folders, once it is closed."""

    def new_output(self, location: str) -> PyArrowFile:
        """Return a file to write; `location` is a path or a file:// URL."""
        scheme, _, path = self.parse_location(location, self.properties)
        plain = super().new_output(location)
        return _DurableFile(plain, Path(path)) if scheme == "file" else plain


class _DurableFile(PyArrowFile):
    def __init__(self, plain: PyArrowFile, path: Path) -> None:
        self.__dict__.update(plain.__dict__)
        self._local = path

    def create(self, overwrite: bool = False) -> OutputStream:
        made = [folder for folder in self._local.parents if not folder.exists()]
        self._local.parent.mkdir(parents=True, exist_ok=True)
        return _SyncedFile(self._local, "wb" if overwrite else "xb", made)


class _SyncedFile(io.BufferedWriter):
    def __init__(self, path: Path, mode: str, made: list[Path]) -> None:
        super().__init__(io.FileIO(path, mode.replace("b", "")), buffer_size=1 << 20)
        self._changed = [path.parent, *(folder.parent for folder in made)]

    def close(self) -> None:
        if self.closed:
            return
        self.flush()
        os.fsync(self.fileno())
        super().close()
        for folder in self._changed:
            _sync_folder(folder)

    def __exit__(self, *_: Any) -> None:
        self.close()


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
