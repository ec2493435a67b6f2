"""Takes transactions in: validates them, answers repeats, and writes the new ones in their order of arrival.

One task takes all transactions that wait, in rounds. So two transactions of a card are written in the order
in which they arrived, however many requests are open. Each round:

1. Decode and validate, as the scorer does. An invalid transaction gets its refusal.
2. Look for each id among the recent and pending ones. A repeat waits for the same answer.
3. Look the other ids up in the database. A known one gets the stored answer.
4. Write the rest to `transactions`.

A stop after 4 loses the requests only: their transactions are scored, and a repeat gets the score.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from decisions.answer import Answer, Cause
from decisions.correlator import Correlator, conflict
from decisions.errors import Invalid
from decisions.fingerprint import fingerprint
from decisions.limit import Limit
from decisions.recent import Place
from decisions.rejected import invalid
from decisions.scored import text_of
from decisions.waiting import Timers, Waiter
from features.byte_strings import ByteStrings
from features.columns import Channel, Columns, currency_text
from features.decode import Decoder

MOST_PER_ROUND = 2_000
"""Transactions of a round; decoding them takes 2 ms."""
APART_S = 0.003
"""From the begin of a round to the next. A round costs about a millisecond of a processor, however few
transactions it has, so shorter rounds cost more time than they save. A first payment waits for none."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer from the database, and the fingerprint of the transaction it belongs to."""

    fingerprint: bytes
    answer: Answer


class Writer(Protocol):
    """Writes transactions to their topic; those of a key stay in the order of the calls."""

    async def write(self, key: bytes, value: bytes, done: Callable[[Place | None], None]) -> None:
        """Write one transaction; `done` is called later with its place, or None if it was not stored."""


class Lookup(Protocol):
    """Finds earlier answers."""

    async def find(self, ids: Sequence[str]) -> dict[str, Stored]:
        """Return what is stored of these ids, by id."""


@dataclass(slots=True)
class Submitted:
    """One transaction as it arrived."""

    body: bytes
    waiter: Waiter
    since: float


@dataclass(slots=True)
class _Fresh:
    """A transaction that is neither recent nor known to be stored."""

    id: bytes
    fingerprint: bytes
    key: bytes
    submitted: Submitted


class Intake:
    """Takes in the transactions of one gateway.

    Args:
        decoder: reads transactions, as the scorer does.
        correlator: knows recent and pending transactions.
        limit: counts those under way.
        lookup: finds older ones.
        writer: writes new ones.
        timers: the clock of deadlines.
    """

    def __init__(
        self,
        decoder: Decoder,
        correlator: Correlator,
        limit: Limit,
        lookup: Lookup,
        writer: Writer,
        timers: Timers,
    ) -> None:
        self._decoder, self._correlator, self._limit = decoder, correlator, limit
        self._lookup, self._writer, self._timers = lookup, writer, timers
        self._waiting: list[Submitted] = []
        self._more = asyncio.Event()

    def submit(self, bodies: Sequence[bytes], waiters: Sequence[Waiter]) -> bool:
        """Take transactions in, unless too many are under way; return whether they were taken.

        Args:
            bodies: JSON of each transaction.
            waiters: who waits for each.
        """
        if not self._limit.admit(len(bodies)):
            return False
        now = self._timers.time()
        for waiter in waiters:
            self._correlator.expect(waiter)
        self._waiting += [Submitted(body, waiter, now) for body, waiter in zip(bodies, waiters, strict=True)]
        self._more.set()
        return True

    async def run(self) -> None:
        """Run rounds until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._more.wait()
            next_at = loop.time() + APART_S
            now, self._waiting = self._waiting[:MOST_PER_ROUND], self._waiting[MOST_PER_ROUND:]
            if not self._waiting:
                self._more.clear()
            await self.round(now)
            if (early := next_at - loop.time()) > 0:
                await asyncio.sleep(early)

    async def round(self, submitted: Sequence[Submitted]) -> None:
        """Take in the transactions of one round."""
        fresh = self._take(submitted)
        if not fresh:
            return
        stored = await self._lookup.find([text_of(one.id) for one in fresh])
        for one in fresh:
            if (known := stored.get(text_of(one.id))) is not None:
                outcome = known.answer if known.fingerprint == one.fingerprint else conflict()
                self._correlator.fail(one.id, outcome)
            else:
                await self._write(one)

    def _take(self, submitted: Sequence[Submitted]) -> list[_Fresh]:
        """Validate; refuse what is invalid, let repeats wait, and return the others as pending."""
        values = ByteStrings.from_list([one.body for one in submitted])
        columns, rejects = self._decoder.decode(values, np.full(len(submitted), time.time()))
        for row, reason, detail in zip(rejects.row, rejects.reason, rejects.detail, strict=True):
            self._refuse(submitted[row], invalid(int(reason), detail))
        found = []
        for identity, print_, key, row in _contents(columns):
            one = submitted[row]
            if self._correlator.join(identity, print_, one.waiter):
                self._limit.release()
            else:
                self._correlator.begin(identity, print_, one.waiter, one.since)
                found.append(_Fresh(identity, print_, key, one))
        return found

    def _refuse(self, one: Submitted, refusal: Invalid) -> None:
        self._limit.release()
        self._correlator.finish(one.waiter, refusal)

    async def _write(self, one: _Fresh) -> None:
        def done(place: Place | None) -> None:
            if place is None:
                self._correlator.fail(one.id, Cause.NOT_STORED)
            else:
                self._correlator.stored(one.id, place)

        self._correlator.written(one.id)
        await self._writer.write(one.key, one.submitted.body, done)


def _contents(columns: Columns) -> list[tuple[bytes, bytes, bytes, int]]:
    """Return id, fingerprint, key and row of each transaction that was decoded."""
    keys = [column.to_list() for column in columns.keys]
    found = []
    for at, identity in enumerate(columns.id.to_list()):
        assert identity is not None
        print_ = fingerprint(
            text_of(identity),
            float(columns.time[at]),
            float(columns.amount[at]),
            currency_text(int(columns.currency[at])),
            int(columns.category[at]),
            bool(columns.channel[at] == Channel.NOT_PRESENT),
            [text_of(column[at]) for column in keys],
        )
        found.append((identity, print_, keys[0][at] or b"", int(columns.row[at])))
    return found
