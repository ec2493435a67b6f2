"""Which parts a partition is made of.

The chain of hops is the list of entities in the settings: the first reads `transactions`, each sends to the
next, the last scores.
"""

from collections.abc import Callable

from aiokafka import TopicPartition
from features.decode import Decoder

from features.schema import EntityField, TransactionSchema
from features.vector import FeatureLayout
from settings import Settings
from stream.checkpoint.checkpoint import Checkpoint
from stream.checkpoint.recovery import Recovery
from stream.control.log_reader import ControlLog
from stream.hops.dead_letters import DeadLetters
from stream.hops.forward import Forward
from stream.hops.hop import EntityHop, Sender
from stream.hops.read import BatchReader, Reader, TransactionReader
from stream.partition.commit import AtLeastOnce, Committer, ExactlyOnce
from stream.partition.hop import Work
from stream.partition.place import GroupPlace
from stream.partition.worker import PartitionWorker
from stream.scored import scored_schema
from stream.scoring.alerts import AlertWriter
from stream.scoring.score_json import ScoreWriter
from stream.scoring.send import ScoreSender, ScoreTopics
from stream.transport.driver import SpanFaustConsumer


def transaction_schema(settings: Settings) -> TransactionSchema:
    """The schema that `flagfive.toml` describes."""
    fields = settings.transaction
    return TransactionSchema(
        id=fields.id,
        time=fields.time,
        amount=fields.amount,
        currency=fields.currency or None,
        category=fields.category or None,
        channel=fields.channel or None,
        entities=tuple(EntityField(entity.name, entity.field) for entity in settings.entities),
        time_unit=fields.time_unit,
        earliest=fields.earliest.timestamp(),
        latest=fields.latest.timestamp(),
    )


class Wiring:
    """Makes the worker of any partition of any hop.

    Args:
        consumer: the Faust consumer, asked for late, since Faust makes it late.
        on_done: told of each span that is committed.
    """

    def __init__(
        self,
        settings: Settings,
        control: ControlLog,
        consumer: Callable[[], SpanFaustConsumer],
        on_done: Callable[[TopicPartition, Work], None],
    ) -> None:
        self._settings = settings
        self._control = control
        self._consumer = consumer
        self._on_done = on_done
        self._schema = transaction_schema(settings)
        self._layout = FeatureLayout(self._schema)
        self._entities = [entity.name for entity in settings.entities]
        topics = settings.topics
        self.inputs = [topics.transactions, *(topics.hop_of(name) for name in self._entities[1:])]
        self._place = GroupPlace(settings.broker.bootstrap, settings.stream.group, consumer)
        self._recovery = Recovery(settings.broker.bootstrap, self._checkpoint_topic)

    def worker(self, partition: TopicPartition) -> PartitionWorker:
        """The worker of one partition; its topic says which hop."""
        entity = self.inputs.index(partition.topic)
        return PartitionWorker(
            partition,
            EntityHop(entity, self._layout, self._reader(entity), self._sender(entity, partition.partition)),
            self._committer(partition),
            Checkpoint(
                self._checkpoint_topic(partition.topic),
                partition.partition,
                self._settings.stream.checkpoint_interval_s,
            ),
            self._recovery,
            self._place,
            self._seek,
            self._on_done,
        )

    async def close(self) -> None:
        await self._place.close()

    def _checkpoint_topic(self, topic: str) -> str:
        return self._settings.topics.checkpoint_of(self._entities[self.inputs.index(topic)])

    def _reader(self, entity: int) -> Reader:
        if entity > 0:
            return BatchReader(self._layout, self._entities)
        topics = self._settings.topics
        dead_letters = DeadLetters(topics.dead_letters, topics.partitions)
        return TransactionReader(Decoder(self._schema), self._layout, dead_letters)

    def _sender(self, entity: int, partition: int) -> Sender:
        topics = self._settings.topics
        if entity + 1 < len(self._entities):
            following = self.inputs[entity + 1]
            return Forward(following, topics.partitions, entity + 1, self._layout, self._entities)
        return ScoreSender(
            self._control,
            self._layout.names,
            ScoreTopics(topics.scores, topics.alerts, topics.scored),
            partition,
            ScoreWriter(self._schema.id, self._schema.primary.field),
            AlertWriter(self._entities, self._layout.names),
            scored_schema(self._entities, len(self._layout)),
        )

    def _committer(self, partition: TopicPartition) -> Committer:
        bootstrap = self._settings.broker.bootstrap
        if self._settings.stream.delivery == "exactly_once":
            return ExactlyOnce(bootstrap, self._settings.stream.group, partition)
        return AtLeastOnce(bootstrap, partition, lambda p, offset: self._consumer().commit_offset(p, offset))

    async def _seek(self, partition: TopicPartition, offset: int) -> None:
        await self._consumer().seek(partition, offset)
