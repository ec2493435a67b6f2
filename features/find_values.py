"""Find the mapped values in the bytes of many records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, Bytes, Index, Offsets
from features.compiling import inlined, kernel
from features.json_grammar import (
    BAD,
    CLOSE_OBJECT,
    COMMA,
    OPEN_OBJECT,
    QUOTE,
    skip_colon,
    skip_name,
    skip_space,
    skip_value,
)  # fmt: skip
from features.pointers import Pointer, pointer_to, row_pointer, word_at

Words = npt.NDArray[np.uint64]

# Words, masks and widths of the names, how many names and words of each, and where the buffer ends.
_Names = tuple[Pointer, Pointer, Pointer, int, int, int]

_NO_FIELD = -1
_NO_BITS = np.uint64(0)


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The names of f fields, quotes included, as words to compare a text with.

    words, masks: uint64 (f, w), the name and which of its bits count. width: int64 (f,) bytes, 0 for no
    field.
    """

    words: Words
    masks: Words
    width: Offsets

    @classmethod
    def of(cls, names: Sequence[str | None]) -> FieldNames:
        """Build from names; None is a field that no record has. Names hold no quote and no backslash."""
        quoted = [b'"%s"' % name.encode() if name is not None else b"" for name in names]
        words = -(-max(map(len, quoted)) // 8)
        padded = b"".join(text.ljust(8 * words, b"\0") for text in quoted)
        masks = b"".join((b"\xff" * len(text)).ljust(8 * words, b"\0") for text in quoted)
        shape = (len(quoted), words)
        return cls(
            np.frombuffer(padded, "<u8").reshape(shape).copy(),
            np.frombuffer(masks, "<u8").reshape(shape).copy(),
            np.array([len(text) for text in quoted], np.int64),
        )


@kernel
def find_values(
    buffer: Bytes, start: Offsets, end: Offsets, words: Words, masks: Words, width: Offsets,
    values: Offsets, usual: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Find the values of f fields in n records, and check that each record is well formed as a whole.

    words, masks, width: of `FieldNames`.
    values: int64 (n, f, 2), where each value begins and ends, quotes included; -1 where absent.
    usual: (n,) whether the record is understood; the others are for a full parser. Of a name that comes
    twice, the last value counts.
    """
    text = pointer_to(buffer)
    names = (pointer_to(words), pointer_to(masks), pointer_to(width), len(width), words.shape[1], len(buffer))
    follower = np.zeros(len(width), np.int64)  # the field that followed each in the record before
    for i in range(len(start)):
        found = row_pointer(values, i)
        for k in range(2 * len(width)):
            found[k] = NULL
        usual[i] = start[i] != NULL and _find(text, start[i], end[i], names, pointer_to(follower), found)


@inlined
def _find(
    text: Pointer, at: Index, end: Index, names: _Names, follower: Pointer,
    found: Pointer,
) -> bool:  # fmt: skip
    at = skip_space(text, at, end)
    if at >= end or text[at] != OPEN_OBJECT:
        return False
    at = skip_space(text, at + 1, end)
    before: Index = np.int64(0)
    while at < end and text[at] == QUOTE:
        field = _field_at(text, at, end, names, follower[before])
        past_name = at + names[2][field] if field != _NO_FIELD else skip_name(text, at, end)
        at = skip_colon(text, past_name, end) if past_name != BAD else BAD
        past = skip_value(text, at, end) if at != BAD else BAD
        if past == BAD:
            return False
        if field != _NO_FIELD:
            found[2 * field], found[2 * field + 1] = at, past
            follower[before] = field
            before = field
        at = skip_space(text, past, end)
        if at < end and text[at] == CLOSE_OBJECT:
            return bool(skip_space(text, at + 1, end) == end)
        if at >= end or text[at] != COMMA:
            return False
        at = skip_space(text, at + 1, end)
    return False


@inlined
def _field_at(text: Pointer, at: Index, end: Index, names: _Names, guess: Index) -> Index:
    """The field whose name stands at `at`; `guess` is tried first."""
    if _has_name(text, at, end, names, guess):
        return guess
    for field in range(names[3]):
        if _has_name(text, at, end, names, field):
            return np.int64(field)
    return np.int64(_NO_FIELD)


@inlined
def _has_name(text: Pointer, at: Index, end: Index, names: _Names, field: Index) -> bool:
    words, masks, width, _, room, limit = names
    if width[field] == 0 or at + width[field] > end:
        return False
    for k in range((width[field] + 7) // 8):
        word = word_at(text, at + 8 * k) if at + 8 * k + 8 <= limit else _last_word(text, at + 8 * k, limit)
        if (word ^ words[field * room + k]) & masks[field * room + k] != _NO_BITS:
            return False
    return True


@kernel
def _last_word(text: Pointer, at: Index, limit: Index) -> np.uint64:
    """As `word_at`, with zeros past the end of the buffer."""
    word = np.uint64(0)
    for k in range(limit - at):
        word |= np.uint64(text[at + k]) << np.uint64(8 * k)
    return word
