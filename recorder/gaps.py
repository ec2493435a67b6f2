"""Records that the broker deleted before they were read, for the audit log."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import msgspec
from kafka import KafkaConsumer, TopicPartition

from contracts.dead_letter import DELETED_UNREAD, DeadLetter
from contracts.metrics import retention as metrics
from storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)


def read_gap(message: bytes) -> DeadLetter | None:
    """Return a dead letter about deleted records, None for any other.

    Raises:
        msgspec.DecodeError: the record is not a dead letter.
    """
    letter = msgspec.json.decode(message, type=DeadLetter)
    return letter if letter.reason == DELETED_UNREAD else None


def own_gap(consumer: KafkaConsumer, partition: TopicPartition) -> DeadLetter | None:
    """Return what was deleted between the committed place of a partition and its first record, if any."""
    committed = consumer.committed(partition)
    begins = consumer.beginning_offsets([partition])[partition]
    if committed is None or begins <= committed:
        return None
    deleted = begins - committed
    log.error("recorder: the broker deleted %d offsets of %s before they were read", deleted, partition)
    metrics.DELETED_UNREAD.labels(partition.topic).inc(deleted)
    return DeadLetter(
        topic=partition.topic,
        partition=partition.partition,
        offset=committed,
        reason=DELETED_UNREAD,
        detail="deleted by the broker before the recorder read it",
        size=0,
        time=time.time(),
        last_offset=begins - 1,
        records=deleted,
    )


def audit_gaps(unit: UnitOfWork, gaps: Sequence[DeadLetter]) -> None:
    """Append an audit entry for each gap that has none yet: records of the topic may come twice."""
    for gap in gaps:
        subject = f"{gap.topic}/{gap.partition}/{gap.offset}"
        if not unit.audit.has(DELETED_UNREAD, subject):
            details = {
                "first": gap.offset,
                "last": gap.last_offset,
                "offsets": gap.records,
                "why": gap.detail,
            }
            unit.audit.append("recorder", DELETED_UNREAD, subject=subject, time=gap.time, details=details)
