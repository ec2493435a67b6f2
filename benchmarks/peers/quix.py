"""Quix Streams with its own state store; the guarantee is the sixth argument."""

import logging
import sys
import tempfile
from typing import Any

from quixstreams import Application  # type: ignore[import-not-found,unused-ignore]

from benchmarks.peers.common import Race, Scorer
from benchmarks.stream.task import Sums

logging.disable(logging.CRITICAL)
race = Race.from_command_line()
scorer = Scorer(race.network)


def score(value: bytes, state: Any) -> bytes:
    race.begin()
    transaction = scorer.decode_one(value)
    kept = state.get("sums")
    sums = Sums(*kept) if kept else Sums()
    answer = scorer.score(sums, transaction)
    state.set("sums", [sums.last, sums.counts, sums.sums])
    if race.note():
        race.end()
    return answer


with tempfile.TemporaryDirectory() as folder:
    app = Application(
        broker_address=race.broker,
        consumer_group=race.fresh_name,
        auto_offset_reset="earliest",
        loglevel=None,
        state_dir=folder,
        auto_create_topics=True,  # of its own changelog
        producer_extra_config={"linger.ms": 20},
        processing_guarantee=sys.argv[6],
    )
    source = app.topic(race.topic, value_deserializer="bytes")
    target = app.topic(race.output, value_serializer="bytes")
    app.dataframe(source).apply(score, stateful=True).to_topic(target)
    app.run()
