"""Which parts a partition is made of.

The chain of hops is the list of entities in the settings: the first reads `transactions`, each sends to the
next, and from the last the transactions return to their own partition, where they are scored in order.
"""

from collections.abc import Callable

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError

from features.decode import Decoder
from features.schema import EntityField, TransactionSchema
from features.vector import FeatureLayout
from settings import Settings
from stream.checkpoint.checkpoint import Checkpoint
from stream.checkpoint.recovery import Recovery
from stream.control.log_reader import ControlLog
from stream.hops.dead_letters import DeadLetters
from stream.hops.forward import Forward, by_entity, by_source
from stream.hops.hop import EntityHop
from stream.hops.read import BatchReader, Reader, TransactionReader
from stream.hops.return_hop import ReturnHop
from stream.hops.send import Sender
from stream.hops.span_notice import SpanNotices
from stream.partition.commit import PartitionLost
from stream.partition.committers import Committers
from stream.partition.hop import Work
from stream.partition.place import GroupPlace
from stream.partition.worker import PartitionWorker
from stream.scored import scored_schema
from stream.scoring.alerts import AlertWriter
from stream.scoring.score_json import ScoreWriter
from stream.scoring.send import ScoreSender, ScoreTopics
from stream.tracing.identity import Sampling
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
    """Makes the worker of any partition of any stage.

    Args:
        consumer: the Faust consumer, asked for late, since Faust makes it late.
        on_done: told of each span that is dealt with.
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
        self._dead_letters = DeadLetters(topics.dead_letters, topics.transactions, topics.partitions)
        self._committers = Committers(settings, consumer)
        self._sampling = Sampling(settings.tracing.share if settings.tracing.endpoint else 0.0)
        self._place = GroupPlace(settings.broker.bootstrap, settings.stream.group, consumer)

    @property
    def inputs(self) -> list[str]:
        """Input topic of each stage in turn; a single entity needs no way back."""
        topics = self._settings.topics
        following = [topics.hop_of(name) for name in self._entities[1:]]
        return [topics.transactions, *following, *([topics.returned] if following else [])]

    def worker(self, partition: TopicPartition) -> PartitionWorker:
        """The worker of one partition; its topic says which stage."""
        stage = self.inputs.index(partition.topic)
        is_entity = stage < len(self._entities)
        hop = self._entity_hop(stage, partition) if is_entity else self._return_hop(partition)
        return PartitionWorker(
            partition, hop, self._committers.of(partition), self._place, self._seek, self._on_done
        )

    async def close(self) -> None:
        """Close the connection that committed places are asked over."""
        await self._place.close()

    def _entity_hop(self, entity: int, partition: TopicPartition) -> EntityHop:
        topic = self._settings.topics.checkpoint_of(self._entities[entity])
        number = partition.partition
        return EntityHop(
            entity,
            self._layout,
            self._reader(entity),
            self._sender(entity, number),
            self._dead_letters,
            SpanNotices(self._settings.topics.returned) if entity == 0 and len(self._entities) > 1 else None,
            Checkpoint(topic, number, self._settings.stream.checkpoint_interval_s),
            Recovery(self._settings.broker.bootstrap, partition, TopicPartition(topic, number)),
            self._sampling,
        )

    def _return_hop(self, partition: TopicPartition) -> ReturnHop:
        return ReturnHop(
            self._layout,
            self._entities,
            self._score_sender(partition.partition),
            self._dead_letters,
            self._sampling,
        )

    def _reader(self, entity: int) -> Reader:
        if entity > 0:
            return BatchReader(self._layout, self._entities)
        return TransactionReader(Decoder(self._schema), self._layout, self._dead_letters)

    def _sender(self, entity: int, partition: int) -> Sender:
        if len(self._entities) == 1:
            return self._score_sender(partition)
        topics = self._settings.topics
        following = self.inputs[entity + 1]
        is_last = entity + 1 == len(self._entities)
        target = by_source if is_last else by_entity(entity + 1, topics.partitions)
        return Forward(following, topics.partitions, target, self._layout, self._entities)

    def _score_sender(self, partition: int) -> ScoreSender:
        topics = self._settings.topics
        return ScoreSender(
            self._control,
            self._layout.names,
            ScoreTopics(topics.scores, topics.alerts, topics.shadow_alerts, topics.scored),
            partition,
            ScoreWriter(self._schema.id, self._schema.primary.field),
            AlertWriter(self._entities, self._layout.names),
            scored_schema(self._entities, len(self._layout)),
        )

    async def _seek(self, partition: TopicPartition, offset: int) -> None:
        try:
            await self._consumer().seek(partition, offset)
        except IllegalStateError as error:
            raise PartitionLost(f"{partition} was given to another worker") from error
