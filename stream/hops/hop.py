"""One entity's stage on one partition: read, fold, send on."""

from typing import Protocol

from features.profiles import Profiles, Staged
from features.vector import FeatureLayout
from stream.batch import Batch
from stream.hops.forward import Sent
from stream.hops.read import Reader
from stream.partition.hop import Work
from stream.transport.span import Span


class Sender(Protocol):
    """Where a hop's batches go."""

    def send(self, batch: Batch) -> Sent:
        """The outputs that a batch leads to; the same batch leads to the same outputs."""

    async def ready(self) -> None:
        """Return once it can send."""


class EntityHop:
    """The hop of one entity. Satisfies `stream.partition.hop.Hop`.

    Args:
        entity: index of the entity in the schema; 0 is the primary one.
        layout: tells which features are the entity's.
    """

    def __init__(self, entity: int, layout: FeatureLayout, reader: Reader, sender: Sender) -> None:
        self._entity = entity
        self._features = layout.entities[entity]
        self._reader = reader
        self._sender = sender
        self.forget()

    def work(self, span: Span) -> Work:
        batch, dead_letters = self._reader.read(span)
        staged = self._stage(batch)
        sent = self._sender.send(batch)
        return Work([*dead_letters, *sent.outputs], staged, len(batch), control_offset=sent.control_offset)

    def replay(self, span: Span, until: int) -> None:
        batch, _ = self._reader.read(span.until(until))
        self.profiles.publish(self._stage(batch))

    def forget(self) -> None:
        self.profiles = Profiles(self._entity)

    async def ready(self) -> None:
        await self._sender.ready()

    def _stage(self, batch: Batch) -> Staged:
        """Fold the batch into staged profiles and write the entity's features into the batch."""
        return self.profiles.stage(batch.columns, batch.features[:, self._features])
