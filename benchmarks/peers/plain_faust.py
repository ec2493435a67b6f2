"""A Faust agent as Faust's documentation shows it: one event at a time, state in a dictionary."""

import sys

import faust

from benchmarks.peers.common import Race, Scorer
from benchmarks.stream.task import Sums

race = Race.from_command_line()
scorer = Scorer(race.network)
cards: dict[str, Sums] = {}
app = faust.App(
    race.fresh_name,
    broker=f"kafka://{race.broker}",
    store="memory://",
    value_serializer="raw",
    key_serializer="raw",
    topic_partitions=4,
    topic_allow_declare=False,
    topic_disable_leader=True,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
    broker_max_poll_records=2000,
    stream_buffer_maxsize=8192,
)
source = app.topic(race.topic, value_type=bytes)
target = app.topic(race.output, value_type=bytes)


@app.agent(source)
async def score(stream: faust.StreamT[bytes]) -> None:
    async for value in stream:
        race.begin()
        transaction = scorer.decode_one(value)
        sums = cards.setdefault(transaction.card_id, Sums())
        await target.send(key=transaction.card_id.encode(), value=scorer.score(sums, transaction))
        if race.note():
            race.end()


if __name__ == "__main__":
    sys.argv[1:] = ["worker", "--loglevel=WARN"]
    app.main()
