"""Export spans to an OpenTelemetry collector, by OTLP over HTTP; loads nothing without an endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from contracts.tracing.identity import Traced, span_of, trace_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from contracts.answer import Answer

Attributes = Mapping[str, str | int | float]
ROOT = "transaction"
EPISODE = "episode"
PATH = "/v1/traces"


class Spans:
    """Exports finished spans in the background; spans that the collector refuses are dropped and logged."""

    def __init__(self, provider: TracerProvider, topic: str) -> None:
        from contracts.tracing.given_ids import GivenIds

        assert isinstance(provider.id_generator, GivenIds)  # `spans_of` passes it
        self._ids, self._topic = provider.id_generator, topic
        self._tracer, self._provider = provider.get_tracer("flagfive"), provider

    def stage(
        self, name: str, traced: Iterable[Traced], began: float, ended: float, attributes: Attributes
    ) -> None:
        """Export one span per transaction that a stage has committed; times in seconds since 1970."""
        for one in traced:
            trace, own = self._transaction(one)
            self._export(trace, name, began, ended, {**own, **attributes}, parent=ROOT)

    def scored(self, traced: Iterable[Traced], ended: float) -> None:
        """Export the parent of the stages' spans: from arrival to the committed score."""
        for one in traced:
            trace, own = self._transaction(one)
            self._export(trace, ROOT, one.arrival, ended, own)

    def episode(self, answer: Answer, ended: float) -> None:
        """Export an episode's steps, each from the flag on; nothing where no detector was made."""
        steps = {
            "adapted": answer.flag_to_adapted_ms,
            "announced": answer.flag_to_announced_ms,
            "live": answer.flag_to_live_ms,
        }
        took = {name: ms / 1e3 for name, ms in steps.items() if ms is not None}
        if not took:
            return
        flagged, trace = ended - max(took.values()), trace_of(answer.request_id)
        attributes = {"episode": answer.request_id, "status": answer.status}
        self._export(trace, EPISODE, flagged, ended, attributes)
        for name, seconds in took.items():
            self._export(trace, name, flagged, flagged + seconds, attributes, parent=EPISODE)

    def close(self) -> None:
        """Export the waiting spans and stop."""
        self._provider.shutdown()

    def _transaction(self, one: Traced) -> tuple[int, Attributes]:
        own = {"partition": one.partition, "offset": one.offset}
        return trace_of(self._topic, one.partition, one.offset), own

    def _export(
        self, trace: int, name: str, began: float, ended: float, attributes: Attributes, parent: str = ""
    ) -> None:
        from contracts.tracing.given_ids import under

        self._ids.give(trace, span_of(trace, name))
        context = under(trace, span_of(trace, parent)) if parent else under(0, 0)
        start = int(began * 1e9)
        span = self._tracer.start_span(name, context=context, start_time=start, attributes=dict(attributes))
        span.end(max(int(ended * 1e9), start))


def spans_of(endpoint: str, transactions: str, service: str) -> Spans | None:
    """Return the exporter of a process's spans; None where tracing is off.

    Args:
        endpoint: address of an OTLP collector over HTTP; empty turns tracing off.
        transactions: the input topic, part of every trace id.
        service: name of the process, as collectors show it.
    """
    if not endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from contracts.tracing.given_ids import GivenIds

    provider = TracerProvider(
        sampler=ALWAYS_ON,  # `Sampling` chooses the transactions
        resource=Resource.create({"service.name": f"flagfive-{service}"}),
        id_generator=GivenIds(),
    )
    exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + PATH)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider, transactions)
