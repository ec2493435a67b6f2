"""Saves the profiles of stopped workers to a file, and writes them to empty checkpoint topics."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from kafka.errors import KafkaError

from contracts.stage_batch import ForeignBatch
from control.keys import ControlKey
from control.log_reader import ControlLog
from features.byte_strings import ByteStrings
from flagfive.cluster import BrokerAway
from flagfive.warm.history_rows import Show
from flagfive.warm.importing import forget_stored, transactional_id
from flagfive.warm.places import StatePlace, refuse_running
from flagfive.warm.profile_file import IDS, About, ProfileFile, Records, UnusableFile, write_profiles
from settings import Settings
from stream.checkpoint.checkpoint import MARKER_KEY, Marker, as_byte_strings, in_batches
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.checkpoint.id_chunk import decode, encode
from stream.checkpoint.one_transaction import OneTransaction, one_transaction
from stream.transport.driver import BatchFaustConsumer
from stream.wire.partitioner import partition_of_profiles
from stream.wiring import Wiring


def save_profiles(
    settings: Settings, key: ControlKey, places: Sequence[StatePlace], path: Path, show: Show
) -> int:
    """Write profiles and ids, as of where the workers stopped, to a file.

    Each place is recovered as a worker does that takes it over: from its checkpoint, and from the records
    behind it. So it makes no difference whether workers stopped in order or were killed.

    Args:
        settings: all settings.
        key: key of the control log, which stages ask for.
        places: where the profiles are.
        path: the file.
        show: takes the progress.

    Returns:
        The number of records.

    Raises:
        BrokerAway: the broker does not answer.
        UserError: the file cannot be written.
    """
    wiring = Wiring(
        settings, ControlLog(settings.broker, settings.topics.control, key), _no_consumer, lambda *_: None
    )

    def parts() -> Iterator[Records]:
        for done, place in enumerate(places):
            show("saving profiles", done, len(places))
            yield from asyncio.run(_recovered(wiring, place))
        show("saving profiles", len(places), len(places))

    about = About(tuple(entity.name for entity in settings.entities), settings.topics.partitions)
    try:
        return write_profiles(path, about, parts())
    except KafkaError as error:
        raise BrokerAway(settings.broker.bootstrap, repr(error)) from None


async def _recovered(wiring: Wiring, place: StatePlace) -> list[Records]:
    stage = wiring.entity_stage(place.entity, place.source)
    await stage.recover(place.committed, place.earliest)
    number = place.source.partition
    keys, rows = stage.profiles.every_row()
    found = [Records(place.entity, number, keys, as_byte_strings(rows))]
    if stage.seen_ids is not None:
        chunks = [(key, value) for key, value in IdCheckpoint(stage.seen_ids).records(0) if value is not None]
        if chunks:
            found.append(
                Records(IDS, number, *(ByteStrings.from_list(one) for one in zip(*chunks, strict=True)))
            )
    return found


def _no_consumer() -> BatchFaustConsumer:
    raise AssertionError("nothing is consumed here")


def restore_profiles(settings: Settings, file: ProfileFile, places: Sequence[StatePlace], show: Show) -> None:
    """Write a file's profiles and ids to the checkpoint topics, in one Kafka transaction.

    Profiles go to the partitions of this cluster, whose number may be another one. Ids go with their
    partition, so with another number of partitions they are left out.

    Args:
        settings: all settings.
        file: was checked as a whole.
        places: where the profiles go.
        show: takes the progress.

    Raises:
        BrokerAway: the broker does not answer; nothing is changed.
        NotReplaceable: workers run; nothing is changed.
        UnusableFile: a chunk of ids cannot be read; nothing is changed.
    """
    refuse_running(settings)
    try:
        asyncio.run(_restore(settings, file, places, show))
    except (KafkaError, OSError) as error:
        raise BrokerAway(settings.broker.bootstrap, repr(error)) from None


async def _restore(settings: Settings, file: ProfileFile, places: Sequence[StatePlace], show: Show) -> None:
    by_number = {(place.entity, place.checkpoint.partition): place for place in places}
    keeps_ids = file.about.partitions == settings.topics.partitions and settings.stream.repeat_hours > 0
    done, whole = 0, file.profiles + file.ids
    async with one_transaction(settings.broker, transactional_id(settings)) as writer:
        for place in places:
            await forget_stored(settings, place, writer)
        for part in file.parts():
            show("restoring profiles", done, whole)
            if part.entity == IDS:
                if keeps_ids:
                    place = by_number[0, part.partition]
                    await _write(writer, place, part.keys, _moved(part.values, place.position))
            else:
                await _write_rows(writer, part, by_number, settings.topics.partitions)
            done += len(part.keys)
        for place in places:
            marker = ByteStrings.from_list([msgspec.json.encode(Marker(place.position))])
            await _write(writer, place, ByteStrings.from_list([MARKER_KEY]), marker)
    show("restoring profiles", whole, whole)


async def _write_rows(
    writer: OneTransaction, part: Records, places: dict[tuple[int, int], StatePlace], partitions: int
) -> None:
    target = partition_of_profiles(part.entity, part.keys, partitions)
    for number in np.unique(target).tolist():
        rows = np.flatnonzero(target == number)
        await _write(writer, places[part.entity, number], part.keys.take(rows), part.values.take(rows))


async def _write(writer: OneTransaction, place: StatePlace, keys: ByteStrings, values: ByteStrings) -> None:
    at = place.checkpoint
    await writer.write(list(in_batches(at.topic, at.partition, keys, values)))


def _moved(chunks: ByteStrings, position: int) -> ByteStrings:
    """Return chunks of ids that count from another position of the input on."""
    try:
        read = [decode(value or b"") for value in chunks.to_list()]
    except ForeignBatch as error:
        raise UnusableFile(f"the file of profiles is damaged: {error}") from None
    moved = [msgspec.structs.replace(chunk, position=position) for chunk in read]
    return ByteStrings.from_list([encode(chunk) for chunk in moved])
