"""A file of profiles and ids: Parquet, with version, row layout and a checksum over all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.undecodable import UNDECODABLE
from features.byte_strings import ByteStrings
from features.profile_row import PROFILE_ROW
from features.schema import MAX_KEY_BYTES
from flagfive.errors import UserError
from stream.checkpoint.checkpoint import LAYOUT

VERSION: Final = 1
IDS: Final = -1
"""In place of the index of an entity: the records are chunks of ids."""
ROWS_AT_ONCE: Final = 32_768
_ABOUT, _SUM = b"flagfive.profiles", b"flagfive.sum"
_SCHEMA: Final = pa.schema(
    [("entity", pa.int32()), ("partition", pa.int32()), ("key", pa.binary()), ("value", pa.binary())]
)


class UnusableFile(UserError):
    """The file is damaged, or of another kind, version or configuration."""


class About(msgspec.Struct, frozen=True):
    """What a file was written from.

    Attributes:
        entities: kinds of entities, in the order of the settings.
        partitions: partitions of every data topic.
        layout: fingerprint of the rows of profiles.
        version: of the file.
    """

    entities: tuple[str, ...]
    partitions: int
    layout: str = LAYOUT
    version: int = VERSION


@dataclass(frozen=True)
class Records:
    """Records of one entity in one partition, as in its checkpoint topic.

    Attributes:
        entity: index of the entity, or `IDS`.
        partition: partition that they were in.
        keys: n keys.
        values: n values.
    """

    entity: int
    partition: int
    keys: ByteStrings
    values: ByteStrings


def write_profiles(path: Path, about: About, parts: Iterator[Records]) -> int:
    """Write a file; a file of that name is replaced only once the new one is whole.

    Args:
        path: the file.
        about: what it is written from.
        parts: its records.

    Returns:
        The number of records.

    Raises:
        UserError: the file cannot be written.
    """
    whole, digest, count = path.with_name(path.name + ".part"), _digest(about), 0
    schema = _SCHEMA.with_metadata({_ABOUT: msgspec.json.encode(about)})
    try:
        with pq.ParquetWriter(whole, schema, compression="zstd") as writer:
            for part in parts:
                for at in range(0, len(part.keys), ROWS_AT_ONCE):
                    rows = slice(at, at + ROWS_AT_ONCE)
                    some = Records(part.entity, part.partition, part.keys.take(rows), part.values.take(rows))
                    _add(digest, some)
                    writer.write_batch(_batch(some))
                    count += len(some.keys)
            writer.add_key_value_metadata({_SUM: digest.hexdigest().encode()})
        whole.replace(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    finally:
        whole.unlink(missing_ok=True)
    return count


class ProfileFile:
    """A file that was checked as a whole.

    Args:
        path: the file.
        entities: kinds of entities of the settings.

    Attributes:
        about: what it was written from.
        profiles: number of profiles.
        ids: number of chunks of ids.

    Raises:
        UnusableFile: it is damaged, or of another kind, version or configuration.
    """

    def __init__(self, path: Path, entities: Sequence[str]) -> None:
        self._path = path
        self.profiles = self.ids = 0
        try:
            metadata = pq.read_metadata(path).metadata or {}
            if pq.read_schema(path).remove_metadata() != _SCHEMA:
                raise UnusableFile(f"{path} is not a file of profiles: it has other columns")
            self.about = self._about(metadata, tuple(entities))
            digest = _digest(self.about)
            for part in self.parts():
                _add(digest, part)
                if part.entity == IDS:
                    self.ids += len(part.keys)
                else:
                    self.profiles += len(part.keys)
        except (OSError, pa.ArrowException) as error:
            raise UnusableFile(f"{path} is damaged or no file of profiles: {error}") from None
        if metadata.get(_SUM, b"").decode(errors="replace") != digest.hexdigest():
            raise UnusableFile(f"{path} is damaged: its checksum is another one")

    def parts(self) -> Iterator[Records]:
        """Yield the records in their order."""
        file = pq.ParquetFile(self._path)
        for number in range(file.num_row_groups):
            for batch in file.read_row_group(number).combine_chunks().to_batches():
                entity, partition = (batch[name].to_numpy() for name in ("entity", "partition"))
                if len(batch) == 0 or np.ptp(entity) or np.ptp(partition) or entity[0] < IDS:
                    raise UnusableFile(f"{self._path} is damaged: part {number} mixes entities")
                keys, values = (ByteStrings.from_arrow(batch[name]) for name in ("key", "value"))
                if entity[0] != IDS and not _are_profiles(keys, values):
                    raise UnusableFile(f"{self._path} is damaged: part {number} holds no profiles")
                yield Records(int(entity[0]), int(partition[0]), keys, values)

    def _about(self, metadata: dict[bytes, bytes], entities: tuple[str, ...]) -> About:
        try:
            about = msgspec.json.decode(metadata.get(_ABOUT, b""), type=About)
        except UNDECODABLE:
            raise UnusableFile(f"{self._path} is not a file of profiles") from None
        if about.version != VERSION:
            raise UnusableFile(f"{self._path} has version {about.version}, this release reads {VERSION}")
        if about.layout != LAYOUT:
            raise UnusableFile(
                f"{self._path} holds profiles of another release: layout {about.layout}, here {LAYOUT}"
            )
        if about.entities != entities:
            raise UnusableFile(
                f"{self._path} has profiles of {', '.join(about.entities)}; the settings name "
                f"{', '.join(entities)}"
            )
        return about


def _are_profiles(keys: ByteStrings, values: ByteStrings) -> bool:
    fits = (keys.length >= 1) & (keys.length <= MAX_KEY_BYTES) & (values.length == PROFILE_ROW.itemsize)
    return bool(fits.all())


def _batch(part: Records) -> pa.RecordBatch:
    n = len(part.keys)
    return pa.RecordBatch.from_arrays(
        [
            pa.array(np.full(n, part.entity, np.int32)),
            pa.array(np.full(n, part.partition, np.int32)),
            part.keys.to_arrow(),
            part.values.to_arrow(),
        ],
        schema=_SCHEMA,
    )


def _digest(about: About) -> hashlib._Hash:
    return hashlib.sha256(msgspec.json.encode(about))


def _add(digest: hashlib._Hash, part: Records) -> None:
    digest.update(np.array([part.entity, part.partition, len(part.keys)], "<i8").tobytes())
    for texts in (part.keys, part.values):
        digest.update(texts.length.astype("<i8").tobytes())
        digest.update(texts.gather().buffer.tobytes())
