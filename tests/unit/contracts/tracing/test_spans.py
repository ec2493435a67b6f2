"""The spans that a process sends to a trace collector."""

from contracts.answer import Answer
from contracts.tracing.identity import trace_of
from contracts.tracing.spans import EPISODE, Spans, spans_of
from settings import Settings, TracingSettings
from tests.collector import collector


def answer(flag_to_adapted_ms: float | None = None, flag_to_live_ms: float | None = None) -> Answer:
    return Answer(
        "request-1",
        "live",
        "told",
        flag_to_adapted_ms=flag_to_adapted_ms,
        flag_to_live_ms=flag_to_live_ms,
    )


def test_without_an_endpoint_nothing_is_traced() -> None:
    assert spans_of("", "transactions", "worker") is None


def test_an_episode_is_a_trace_of_its_steps_and_other_answers_are_none() -> None:
    with collector() as found:
        settings = Settings(tracing=TracingSettings(endpoint=found.endpoint + "/"))
        spans = spans_of(settings.tracing.endpoint, settings.topics.transactions, "adapter")
        assert isinstance(spans, Spans)
        spans.episode(answer(flag_to_adapted_ms=100.0, flag_to_live_ms=400.0), ended=1_000.0)
        spans.episode(answer(), ended=1_001.0)
        spans.close()
        steps = found.of_trace(trace_of("request-1"))
    assert steps.keys() == {EPISODE, "adapted", "live"}
    assert len(found.spans) == 3
    assert steps[EPISODE].start_time_unix_nano == 999_600_000_000
    assert steps["adapted"].end_time_unix_nano == 999_700_000_000
    assert steps["live"].parent_span_id == steps[EPISODE].span_id
