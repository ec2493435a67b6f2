"""Build the worker of a partition from its parts.

The entities in the settings are the chain of stages. The first stage reads `transactions`, and each sends to
the next. From the last, transactions return to their own partition, where they are scored in order.
"""

import asyncio
from collections.abc import Callable

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError

from contracts.scored_batch import scored_schema
from contracts.seal import Seal
from contracts.stage_batch import BatchFormat, stage_schema
from contracts.tracing.identity import Sampling
from control.log_reader import ControlLog
from features.decode import Decoder
from features.formats.decode import WireDecoder
from features.schema import EntityField, TransactionSchema
from features.vector import FeatureLayout
from settings import Settings
from stream.checkpoint.checkpoint import Checkpoint
from stream.checkpoint.log_ends import LogEnd, announced_until, scored_until
from stream.checkpoint.recovery import Recovery
from stream.partition.checked_place import CheckedPlace
from stream.partition.commit import PartitionLost
from stream.partition.committers import group_commit
from stream.partition.place import GroupPlace
from stream.partition.stage import Work
from stream.partition.worker import PartitionWorker, Place
from stream.registry.client import Registry
from stream.registry.known_schemas import KnownSchemas
from stream.scoring.alerts import AlertWriter
from stream.scoring.score_json import ScoreWriter
from stream.scoring.scorer import Scorer, ScoreTopics
from stream.stages.batch_notice import BatchNotices
from stream.stages.dead_letters import DeadLetters
from stream.stages.entity_stage import EntityStage
from stream.stages.loss_notices import LossNotices
from stream.stages.output_builder import OutputBuilder
from stream.stages.record_readers import BatchReader, RecordReader, TransactionReader
from stream.stages.repartitioner import Repartitioner, by_entity, by_source
from stream.stages.repeats import Repeats
from stream.stages.return_stage import ReturnStage
from stream.stages.row_bounds import RowBounds
from stream.stages.stage_messages import StageMessages
from stream.transport.driver import BatchFaustConsumer
from stream.transport.fetched_batch import FetchedBatch


def transaction_schema(settings: Settings) -> TransactionSchema:
    """Return the schema that `flagfive.toml` describes."""
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
        max_ahead_s=60.0 * fields.ahead_minutes,
    )


def stage_seal(settings: Settings) -> Seal:
    """Return the seal of messages between stages; without a key in the settings it seals nothing."""
    secret = settings.stream.key
    keys = [part.strip().encode() for part in secret.get_secret_value().split(",")] if secret else []
    return Seal(keys, accept_unsealed=settings.stream.accept_unsealed)


class Wiring:
    """Makes the worker of any partition of any stage.

    Attributes:
        commits: the commits of all these partitions.

    Args:
        consumer: returns the Faust consumer, which does not exist yet at construction.
        on_done: called after each batch.
    """

    def __init__(
        self,
        settings: Settings,
        control: ControlLog,
        consumer: Callable[[], BatchFaustConsumer],
        on_done: Callable[[TopicPartition, Work], None],
    ) -> None:
        self._settings = settings
        self._control = control
        self._consumer = consumer
        self._on_done = on_done
        self._schema = transaction_schema(settings)
        self._layout = FeatureLayout(self._schema)
        self._decoder, self._registry, self._known_schemas = self._format()
        self._entities = [entity.name for entity in settings.entities]
        topics = settings.topics
        self._dead_letters = DeadLetters(
            topics.dead_letters,
            topics.transactions,
            topics.partitions,
            keeps_bytes=topics.dead_letters_keep_bytes,
        )
        self._seal = stage_seal(settings)
        self.commits = group_commit(settings, consumer)
        self._sampling = Sampling(settings.tracing.share if settings.tracing.endpoint else 0.0)
        self._group_place = GroupPlace(settings.broker, settings.stream.group, consumer)
        self._place = (
            self._checked_place() if settings.stream.delivery == "exactly_once" else self._group_place
        )

    @property
    def inputs(self) -> list[str]:
        """Input topics of the stages in order; with a single entity there is no return stage."""
        topics = self._settings.topics
        following = [topics.stage_topic(name) for name in self._entities[1:]]
        return [topics.transactions, *following, *([topics.returned] if following else [])]

    def worker(self, partition: TopicPartition) -> PartitionWorker:
        """Return the worker of one partition, whose topic determines the stage."""
        place = self.inputs.index(partition.topic)
        is_entity = place < len(self._entities)
        stage = self.entity_stage(place, partition) if is_entity else self._return_stage(partition)
        return PartitionWorker(
            partition, stage, self.commits.member(partition), self._place, self._seek, self._on_done
        )

    async def prepare(self, fetched: FetchedBatch, stop: asyncio.Event | None = None) -> None:
        """Return once the schemas of a batch are known, or `stop` is set."""
        if self._known_schemas is not None and fetched.partition.topic == self._settings.topics.transactions:
            await self._known_schemas.prepare(fetched.values, stop)

    async def close(self) -> None:
        """Close the connections that read committed places and schemas."""
        await self._group_place.close()
        if self._registry is not None:
            await self._registry.close()

    def _format(self) -> tuple[Decoder | WireDecoder, Registry | None, KnownSchemas | None]:
        """Return what decodes transactions, and where it gets schemas from."""
        if self._settings.transaction.format == "json":
            return Decoder(self._schema), None, None
        decoder, registry = WireDecoder(self._schema), Registry(self._settings.registry)
        return decoder, registry, KnownSchemas(registry, decoder)

    def _checked_place(self) -> Place:
        settings, topics, most_bytes = (
            self._settings,
            self._settings.topics,
            self._settings.stream.unpacked_bytes,
        )
        form = BatchFormat(scored_schema(self._entities, len(self._layout)))
        scored = LogEnd(settings.broker, topics.scored, scored_until(form), most_bytes)
        every = self._messages(range(topics.partitions))
        announced = LogEnd(settings.broker, topics.returned, announced_until(every), most_bytes)
        return CheckedPlace(self._group_place, scored.end, announced.end, self.inputs)

    def entity_stage(self, entity: int, partition: TopicPartition) -> EntityStage:
        """Return the stage of an entity, by its index, on a partition of its input."""
        topic = self._settings.topics.checkpoint_topic(self._entities[entity])
        number, returned = partition.partition, self._settings.topics.returned
        return EntityStage(
            entity,
            self._layout,
            self._reader(entity),
            self._output_builder(entity),
            self._dead_letters,
            BatchNotices(returned, self._seal) if entity == 0 and len(self._entities) > 1 else None,
            LossNotices(returned, self._settings.topics.partitions, self._seal) if entity > 0 else None,
            self._repeats() if entity == 0 else None,
            Checkpoint(topic, number, self._settings.stream.checkpoint_interval_s),
            Recovery(
                self._settings.broker,
                partition,
                TopicPartition(topic, number),
                self._schema.latest,
                self._settings.stream.unpacked_bytes,
            ),
            self._sampling,
            self._settings.topics.partitions,
            self.prepare,
        )

    def _repeats(self) -> Repeats | None:
        stream = self._settings.stream
        if not stream.repeat_hours:
            return None
        return Repeats(3_600.0 * stream.repeat_hours, stream.repeat_ids, self._dead_letters)

    def _return_stage(self, partition: TopicPartition) -> ReturnStage:
        return ReturnStage(
            partition,
            self._messages(range(partition.partition, partition.partition + 1)),
            self._scorer(),
            self._dead_letters,
            self._sampling,
        )

    def _messages(self, sources: range) -> StageMessages:
        bounds = RowBounds(sources, self._schema.earliest, self._schema.latest)
        return StageMessages(stage_schema(self._entities, len(self._layout)), bounds, self._seal)

    def _reader(self, entity: int) -> RecordReader:
        if entity > 0:
            return BatchReader(self._messages(range(self._settings.topics.partitions)), self._dead_letters)
        return TransactionReader(self._decoder, self._layout, self._dead_letters)

    def _output_builder(self, entity: int) -> OutputBuilder:
        if len(self._entities) == 1:
            return self._scorer()
        topics = self._settings.topics
        following = self.inputs[entity + 1]
        is_last = entity + 1 == len(self._entities)
        target = by_source if is_last else by_entity(entity + 1, topics.partitions)
        return Repartitioner(following, topics.partitions, target, self._layout, self._entities, self._seal)

    def _scorer(self) -> Scorer:
        topics = self._settings.topics
        return Scorer(
            self._control,
            self._layout.names,
            ScoreTopics(topics.scores, topics.alerts, topics.shadow_alerts, topics.scored),
            ScoreWriter(self._schema.id, self._schema.primary.field),
            AlertWriter(self._entities, self._layout.names),
            scored_schema(self._entities, len(self._layout)),
        )

    async def _seek(self, partition: TopicPartition, offset: int) -> None:
        try:
            await self._consumer().seek(partition, offset)
        except IllegalStateError as error:
            raise PartitionLost(f"{partition} was given to another worker") from error
