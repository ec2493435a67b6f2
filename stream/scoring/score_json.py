"""Write the `scores` topic: one JSON object per transaction, by a kernel."""

import json
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.decision import Decision
from features.byte_strings import ByteStrings
from features.compiling import short_kernel
from stream.batch import Batch
from stream.scoring.decide import Scores
from stream.scoring.marks import Marked
from stream.wire.json_kernels import (
    MOST_BYTES_PER_BYTE,
    MOST_BYTES_PER_NUMBER,
    put_bytes,
    put_fixed,
    put_integer,
    put_share,
    put_string,
)

_NUMBERS: Final = 6  # time, surprise, tail, control offset, partition, offset
_NO_TAGS: Final = ByteStrings.from_list([b""])
_TIME_DECIMALS: Final = 3
_SURPRISE_DECIMALS: Final = 4


class ScoreWriter:
    """Writes scores as JSON.

    For example:

        {"transaction_id":"t7","card_id":"c1","event_time":1700000000.000,"surprise":3.2113,"tail":6.148e-4,
        "decision":"review","scorer":"base","control_offset":12,"partition":3,"offset":4711}

    `partition` and `offset` are the position in `transactions`: the identity, and the order within a card.
    `tail` has four significant digits; `surprise` is -log10 of it. Where written rules tag a transaction,
    `"tags":["a","b"]` comes last.

    Args:
        id_field, key_field: names of the input's fields for the transaction's id and the primary entity.
    """

    def __init__(self, id_field: str, key_field: str) -> None:
        names = (
            f"{{{json.dumps(id_field)}:",
            f",{json.dumps(key_field)}:",
            ',"event_time":',
            ',"surprise":',
            ',"tail":',
            ',"decision":',
            ',"scorer":',
            ',"control_offset":',
            ',"partition":',
            ',"offset":',
        )
        self._names = ByteStrings.from_list([name.encode() for name in names])
        self._decisions = ByteStrings.from_list(
            [f'"{decision.name.lower()}"'.encode() for decision in Decision]
        )

    def write(self, batch: Batch, scores: Scores, tags: Marked | None = None) -> ByteStrings:
        """Return one JSON object per transaction, in order; `tags` as `tag_texts` returns them."""
        tag, texts = tags or (np.zeros(len(batch), np.int32), _NO_TAGS)
        winners = ByteStrings.from_list([json.dumps(winner).encode() for winner in scores.winners])
        columns = batch.columns
        key = columns.keys[0]
        strings = columns.id.length + key.length + winners.length[scores.winner]
        fixed = self._names.nbytes + self._decisions.length.max() + _NUMBERS * MOST_BYTES_PER_NUMBER + 6
        room = int(strings.sum()) * MOST_BYTES_PER_BYTE + len(batch) * int(fixed)
        room += int(texts.length[tag].sum())
        out = np.empty(room, np.uint8)
        end = np.empty(len(batch), np.int64)
        _write(
            out,
            end,
            (self._names.buffer, self._names.start, self._names.end),
            (self._decisions.buffer, self._decisions.start, self._decisions.end),
            (winners.buffer, winners.start, winners.end),
            (columns.id.buffer, columns.id.start, columns.id.end),
            (key.buffer, key.start, key.end),
            columns.time,
            scores.surprise,
            scores.decision,
            scores.winner,
            scores.control_offset,
            batch.source_partition,
            batch.source_offset,
            (texts.buffer, texts.start, texts.end),
            tag,
        )
        return ByteStrings.in_a_row(out, end)


Texts = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]


@short_kernel
def _write(
    out: NDArray[np.uint8],
    end: NDArray[np.int64],
    names: Texts,
    decisions: Texts,
    winners: Texts,
    ids: Texts,
    keys: Texts,
    time: NDArray[np.float64],
    surprise: NDArray[np.float64],
    decision: NDArray[np.int8],
    winner: NDArray[np.int32],
    control_offset: int,
    partition: NDArray[np.int32],
    offset: NDArray[np.int64],
    tags: Texts,
    tag: NDArray[np.int32],
) -> None:
    at = 0
    for i in range(len(time)):
        at = put_string(out, _put(out, at, names, 0), ids[0], ids[1][i], ids[2][i])
        at = put_string(out, _put(out, at, names, 1), keys[0], keys[1][i], keys[2][i])
        at = put_fixed(out, _put(out, at, names, 2), time[i], _TIME_DECIMALS)
        at = put_fixed(out, _put(out, at, names, 3), surprise[i], _SURPRISE_DECIMALS)
        at = put_share(out, _put(out, at, names, 4), surprise[i])
        at = _put(out, _put(out, at, names, 5), decisions, decision[i])
        at = _put(out, _put(out, at, names, 6), winners, winner[i])
        at = put_integer(out, _put(out, at, names, 7), control_offset)
        at = put_integer(out, _put(out, at, names, 8), partition[i])
        at = put_integer(out, _put(out, at, names, 9), offset[i])
        at = _put(out, at, tags, tag[i])
        out[at] = ord("}")
        at += 1
        end[i] = at


@short_kernel
def _put(out: NDArray[np.uint8], at: int, texts: Texts, i: int) -> int:
    return put_bytes(out, at, texts[0][texts[1][i] : texts[2][i]])
