"""Compile the text of a Protobuf schema with protoc, in a process of its own that ends within a limit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import google.protobuf

from features.formats.errors import SchemaUnusable

MOST_TEXT_BYTES = 4 << 20
"""Of a schema with all that it needs."""
PROTOC_S = 30.0

_MAIN = "flagfive.main.proto"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,250}\.proto")
_LINE = re.compile(rf"{re.escape(_MAIN)}:(\d+):\d+: (?!warning)")
_SHARED = Path(google.protobuf.__file__).parents[2]  # google/type, of googleapis-common-protos
_OWN = "FLAGFIVE_"


class ProtocFailed(Exception):
    """protoc cannot be started, or it has not answered in time; the message says which."""


def compile_proto(text: str, references: Mapping[str, str]) -> bytes:
    """Return the FileDescriptorSet of a schema and of all that it imports, its own file last.

    Args:
        text: the schema as protoc reads it.
        references: further files by the name that an import has for them. Those of `google/protobuf` and
            `google/type` need not be among them.

    Raises:
        SchemaUnusable: protoc does not accept the text, or it is over a limit.
        ProtocFailed: protoc gives no answer.
    """
    if len(text) + sum(map(len, references.values())) > MOST_TEXT_BYTES:
        raise SchemaUnusable(f"more than {MOST_TEXT_BYTES} characters with all that it imports")
    with tempfile.TemporaryDirectory(prefix="flagfive-protoc-") as folder:
        for name, content in references.items():
            _write(Path(folder), name, content)
        Path(folder, _MAIN).write_text(text, encoding="utf-8")
        return _compiled(Path(folder))


def _write(folder: Path, name: str, content: str) -> None:
    if not _NAME.fullmatch(name) or ".." in PurePosixPath(name).parts or name == _MAIN:
        raise SchemaUnusable("a reference whose name is no path of a .proto file")
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError:  # a file where another reference has a folder, or a name of too many bytes
        raise SchemaUnusable("references whose names do not fit together") from None


def _compiled(folder: Path) -> bytes:
    command = [sys.executable, "-P", "-m", "grpc_tools.protoc", f"-I{folder}", f"-I{_SHARED}"]
    command += ["--include_imports", f"--descriptor_set_out={folder / 'out'}", _MAIN]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROTOC_S,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ProtocFailed(f"took protoc more than {PROTOC_S:.0f} s") from None
    except OSError as error:
        raise ProtocFailed(f"cannot be compiled: {error.strerror}") from None
    if ended.returncode != 0:
        line = _LINE.search(ended.stderr.decode(errors="replace"))
        raise SchemaUnusable("protoc does not accept it" + (f", at line {line[1]}" if line else ""))
    return (folder / "out").read_bytes()
