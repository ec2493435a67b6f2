"""A loop over confluent-kafka: batches of a thousand, state in a dictionary, no durability."""

import signal

import confluent_kafka

from benchmarks.peers.common import Race, Scorer
from benchmarks.stream.task import Sums

race = Race.from_command_line()
scorer = Scorer(race.network)
cards: dict[str, Sums] = {}
consumer = confluent_kafka.Consumer(
    {
        "bootstrap.servers": race.broker,
        "group.id": race.fresh_name,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "fetch.min.bytes": 100_000,
    }
)
consumer.subscribe([race.topic])
producer = confluent_kafka.Producer(
    {"bootstrap.servers": race.broker, "linger.ms": 20, "queue.buffering.max.messages": 2_000_000}
)
while race.done < race.count:
    messages = consumer.consume(1000, 0.5)
    if not messages:
        continue
    race.begin()
    values = [message.value() or b"" for message in messages]
    transactions = scorer.decode_many(b"[" + b",".join(values) + b"]")
    inputs = [cards.setdefault(t.card_id, Sums()).take(t.amount, t.time / 1000) for t in transactions]
    for transaction, score in zip(transactions, scorer.score_many(inputs), strict=True):
        value = scorer.write(transaction, score)
        producer.produce(race.output, key=transaction.card_id.encode(), value=value)
    producer.poll(0)
    race.note(len(messages))
producer.flush()
race.end()
signal.pause()
