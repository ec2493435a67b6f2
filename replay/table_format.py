"""Finds out how a text file is written: encoding, separator and decimal point, from its first bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

_SAMPLE_BYTES = 1 << 16
_SEPARATORS = (",", ";", "\t", "|")
_JSON_LINES = {".jsonl", ".ndjson", ".json"}
_PARQUET = {".parquet", ".pq"}
_COMPRESSED = {".gz", ".zst", ".bz2"}


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV file is written.

    Attributes:
        encoding: Name of the encoding, as Python knows it.
        separator: Character between two values.
        decimal: Character before the decimals of a number.
    """

    encoding: str
    separator: str
    decimal: str


def kind_of(path: Path) -> str:
    """Return parquet, json or csv, from the ending of a name; `.gz`, `.zst` and `.bz2` are looked through.

    >>> kind_of(Path("payments.jsonl.gz"))
    'json'
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last in _COMPRESSED:
        last = suffixes[-2] if len(suffixes) > 1 else ""
    if last in _PARQUET:
        return "parquet"
    return "json" if last in _JSON_LINES else "csv"


def csv_format(path: Path) -> CsvFormat:
    """Read the beginning of a CSV file, and find out how it is written.

    Raises:
        OSError: the file cannot be read.
    """
    with pa.input_stream(str(path), compression="detect") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    encoding = _encoding(sample)
    header, _, body = sample.decode(encoding, errors="replace").partition("\n")
    unquoted = re.sub(r'"[^"]*"', "", header)
    separator = max(_SEPARATORS, key=unquoted.count)
    return CsvFormat(encoding, separator, _decimal(body, separator))


def _encoding(sample: bytes) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        sample[:-4].decode()  # the last character may be cut: UTF-8 takes at most 4 bytes
        return "utf-8-sig"
    except UnicodeDecodeError:
        return "cp1252"


def _decimal(body: str, separator: str) -> str:
    """Return the comma if values such as 12,50 occur, and none such as 12.50."""
    if separator == ",":
        return "."
    edge = re.escape(separator)
    value = rf'(?:^|{edge})"?[+-]?\d+{{}}\d+"?(?=\r?$|{edge})'
    with_comma = re.search(value.format(","), body, re.MULTILINE)
    return "," if with_comma and not re.search(value.format(r"\."), body, re.MULTILINE) else "."
