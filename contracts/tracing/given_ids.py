"""Ids of spans that are set by the caller instead of drawn at random. Loads OpenTelemetry."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context


class GivenIds(IdGenerator):
    """Returns the ids set for the next span. Every process makes its spans in one thread."""

    def __init__(self) -> None:
        self._trace = self._span = 0

    def give(self, trace: int, span: int) -> None:
        """Set the ids of the next span."""
        self._trace, self._span = trace, span

    def generate_trace_id(self) -> int:
        """As IdGenerator."""
        return self._trace

    def generate_span_id(self) -> int:
        """As IdGenerator."""
        return self._span


def under(trace: int, span: int) -> Context:
    """Return the context of a parent span, possibly of another process; empty where `trace` is 0."""
    if not trace:
        return Context()
    sampled = TraceFlags(TraceFlags.SAMPLED)
    return set_span_in_context(NonRecordingSpan(SpanContext(trace, span, True, sampled)), Context())
