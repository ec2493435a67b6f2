"""Find the records of each batch of a fetch; decompress those that are compressed, within limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.dead_letter import TOO_LARGE_UNPACKED, UNREADABLE
from stream.wire import batch_format as fmt
from stream.wire.refused import Refused
from stream.wire.unpacking import TooLargeUnpacked, Unreadable, unpack

# A batch of 16 MiB, the largest that the broker stores by default, holds as many records of 64 bytes.
MOST_RECORDS: Final = 1 << 18

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sections:
    """The records of m batches.

    Attributes:
        buffer: the bytes of all records, uncompressed.
        start: int64 (m,), where the records of each batch begin.
        end: int64 (m,), where they end.
        headers: (m,) rows of `batch_format.HEADER`.
        refused: batches that were skipped.
        cut: offset at which reading stopped at a limit; None if it did not.
    """

    buffer: NDArray[np.uint8]
    start: Positions
    end: Positions
    headers: NDArray[np.void]
    refused: Sequence[Refused] = ()
    cut: int | None = None

    def take(self, index: Any) -> "Sections":
        """Return the batches at `index`."""
        return Sections(
            self.buffer, self.start[index], self.end[index], self.headers[index], self.refused, self.cut
        )


def read_sections(
    buffer: NDArray[np.uint8],
    positions: Positions,
    headers: NDArray[np.void],
    from_offset: int,
    most_bytes: int,
) -> Sections:
    """Return the records of the batches at `positions`, up to the limits of one fetch.

    Args:
        buffer: the fetched bytes.
        positions: int64 (m,), where each batch begins.
        headers: (m,) rows of `batch_format.HEADER`.
        from_offset: first offset wanted.
        most_bytes: largest size of compressed batches after decompression.
    """
    start = positions + fmt.HEADER_BYTES
    end = positions + fmt.BEFORE_LENGTH_ENDS + headers["length"].astype(np.int64)
    compressed = np.any(headers["attributes"] & fmt.CODEC_MASK)
    if not compressed and np.maximum(headers["record_count"], 0).sum(dtype=np.int64) <= MOST_RECORDS:
        return Sections(buffer, start, end, headers)
    return _Unpacking(from_offset, most_bytes).sections(buffer, start, end, headers)


class _Unpacking:
    """Copies the records of one fetch into a new buffer, batch by batch."""

    def __init__(self, from_offset: int, most_bytes: int) -> None:
        self._from_offset = from_offset
        self._most_bytes = most_bytes
        self._parts: list[NDArray[np.uint8]] = []
        self._kept: list[int] = []
        self._refused: list[Refused] = []
        self._bytes = self._records = 0

    def sections(
        self, buffer: NDArray[np.uint8], start: Positions, end: Positions, headers: NDArray[np.void]
    ) -> Sections:
        cut: int | None = None
        for i, header in enumerate(headers):
            if not self._add(i, header, buffer[start[i] : end[i]]):
                cut = max(self._from_offset, int(header["base_offset"]))
                break
        ends = np.cumsum([len(part) for part in self._parts], dtype=np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])[: len(ends)]
        joined = np.concatenate(self._parts) if self._parts else np.empty(0, np.uint8)
        return Sections(joined, starts, ends, headers[self._kept], self._refused, cut)

    def _add(self, i: int, header: np.void, data: NDArray[np.uint8]) -> bool:
        """Keep or refuse one batch; return False where it has to wait for the next fetch."""
        code, count = int(header["attributes"]) & fmt.CODEC_MASK, int(header["record_count"])
        if self._kept and self._records + count > MOST_RECORDS:
            return False
        if count > MOST_RECORDS:
            return self._refuse(header, TOO_LARGE_UNPACKED, f"over {MOST_RECORDS:,} records")
        try:
            part = unpack(code, data.tobytes(), self._most_bytes - self._bytes) if code else data
        except TooLargeUnpacked as error:
            if self._bytes:
                return False  # alone it may fit
            return self._refuse(header, TOO_LARGE_UNPACKED, str(error))
        except Unreadable as error:
            return self._refuse(header, UNREADABLE, str(error))
        self._parts.append(part)
        self._kept.append(i)
        self._records += count
        self._bytes += len(part) if code else 0
        return True

    def _refuse(self, header: np.void, reason: str, detail: str) -> bool:
        self._refused.append(refused_batch(header, reason, detail))
        return True


def refused_batch(header: np.void, reason: str, detail: str) -> Refused:
    """Return the entry of a batch that is skipped as a whole."""
    first = int(header["base_offset"])
    last = first + int(header["last_offset_delta"])
    return Refused(first, last, int(header["record_count"]), int(header["length"]), reason, detail)
