"""Loads labelled history: the history store and labels on the way, profiles at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kafka.errors import KafkaError

from features.schema import TransactionSchema
from features.seen_kernels import OTHER_BODY, REPEAT
from flagfive.cluster import BrokerAway
from flagfive.errors import UserError
from flagfive.warm.history_rows import HistoryRows, Show, SourceFile
from flagfive.warm.places import StatePlace, refuse_running
from flagfive.warm.store_rows import StoreLabels, StoreRows
from settings import Settings
from stream.checkpoint.id_chunk import is_key
from stream.checkpoint.one_transaction import OneTransaction, one_transaction
from stream.checkpoint.stored_keys import forgetting, stored_keys
from stream.checkpoint.warm_state import WarmState


class NothingToImport(UserError):
    """No row of the files can be read."""


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        rows: transactions folded into profiles.
        profiles: profiles of all entities.
        first: event time of the first transaction, seconds since 1970.
        last: event time of the last one.
    """

    rows: int
    profiles: int
    first: float
    last: float


def import_history(
    settings: Settings,
    schema: TransactionSchema,
    sources: Sequence[SourceFile],
    places: Sequence[StatePlace],
    expected_rows: int,
    store: StoreRows | None,
    labels: StoreLabels | None,
    show: Show,
    tell: Callable[[str], None],
) -> Imported:
    """Import files.

    1. Fold every row; append it to the history store; write its label. Both skip what an earlier run wrote.
    2. Check again that no worker runs.
    3. Write all profiles, ids and places in one Kafka transaction.

    A stop before the end of 3 leaves the profiles as they were. Run the same import again: it reads the files
    from the beginning, and adds nothing twice.

    Args:
        settings: all settings.
        schema: the entities, and limits of times.
        sources: the files.
        places: where the profiles go.
        expected_rows: about how many rows the files have.
        store: takes transactions; None leaves them out.
        labels: takes labels; None leaves them out.
        show: takes the progress.
        tell: takes a line on each reason for which rows are refused.

    Raises:
        UserError: a file is broken, workers run, or the broker is away.
        NothingToImport: no row can be read.
        StorageError: the history store or the database cannot be reached.
    """
    now = time.time()
    stream = settings.stream
    state = WarmState(schema, settings.topics.partitions, 3_600.0 * stream.repeat_hours, stream.repeat_ids)
    history = HistoryRows(sources, schema, now)
    rows, first, last = 0, float("inf"), 0.0
    for arrived in history:  # 1
        verdict = state.sift(arrived.part.columns)
        fresh = history.refuse("the id came before, with the same values", arrived, verdict == REPEAT)
        verdict = verdict[verdict != REPEAT]
        fresh = history.refuse("the id came before, with other values", fresh, verdict == OTHER_BODY)
        features, links = state.fold(fresh.part.columns)
        if store is not None:
            store.add(fresh, features, links)
        if labels is not None:
            labels.add(fresh)
        if len(fresh.number):
            rows += len(fresh.number)
            first = min(first, float(fresh.part.columns.time.min()))
            last = max(last, float(fresh.part.columns.time.max()))
        show("importing", history.read, max(expected_rows, history.read))
    for sink in (store, labels):
        if sink is not None:
            sink.flush()
    for line in history.refusals.lines():
        tell(line)
    if not rows:
        raise NothingToImport("no row can be read: nothing is changed")
    refuse_running(settings)  # 2
    try:
        asyncio.run(_write(settings, state, places, now, show))  # 3
    except (KafkaError, OSError) as error:
        raise BrokerAway(settings.broker.bootstrap, repr(error)) from None
    return Imported(rows, len(state), first, last)


def transactional_id(settings: Settings) -> str:
    """Return the transactional id of imports, which a worker's rights include."""
    return f"{settings.stream.group}-import"


async def _write(
    settings: Settings, state: WarmState, places: Sequence[StatePlace], now: float, show: Show
) -> None:
    async with one_transaction(settings.broker, transactional_id(settings)) as writer:
        for done, place in enumerate(places):
            show("writing profiles", done, len(places))
            at = place.checkpoint
            await forget_stored(settings, place, writer)
            outputs = state.outputs(place.entity, at.topic, at.partition, place.position, now)
            await writer.write(outputs)
        show("writing profiles", len(places), len(places))


async def forget_stored(settings: Settings, place: StatePlace, writer: OneTransaction) -> None:
    """Write over everything that a place holds, so that workers know none of it.

    Args:
        settings: all settings.
        place: where profiles are kept.
        writer: the transaction.

    Raises:
        KafkaError: the broker does not answer.
    """
    known = await stored_keys(settings.broker, place.checkpoint, settings.stream.unpacked_bytes)
    ids = {key for key in known if is_key(key)}
    await writer.write(list(forgetting(place.checkpoint, known - ids, ids)))
