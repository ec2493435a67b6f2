"""A transaction has one trace id through every stage, as received by a real collector."""

from __future__ import annotations

import threading

from contracts.tracing.identity import span_of, trace_of
from contracts.tracing.spans import ROOT
from control.keys import ControlKey
from recorder.followed import STAGE, Followed
from recorder.recorder import Recorder, Topics
from settings import Settings, TracingSettings
from storage import migrate, open_engine
from tests.collector import Collector, collector
from tests.stream_run import SECRET, stream_run
from tests.waiting import until

COUNT = 50


def traced(settings: Settings, to: Collector) -> Settings:
    return settings.model_copy(update={"tracing": TracingSettings(endpoint=to.endpoint, share=1.0)})


def test_a_followed_transaction_has_a_span_of_every_stage_under_one_trace(stream_settings: Settings) -> None:
    with collector() as found, stream_run(traced(stream_settings, found)) as run:
        settings, topics = run.settings, run.settings.topics
        engine = open_engine(settings.storage.url)
        migrate.upgrade(engine)
        recorder = Recorder(
            settings.broker,
            settings.stream.group + "-recorder",
            Topics(topics.scored, topics.alerts, topics.shadow_alerts, topics.control, topics.dead_letters),
            engine,
            ControlKey.single(SECRET),
            Followed.of(settings),
        )
        thread = threading.Thread(target=recorder.run)
        thread.start()
        try:
            run.start_worker()
            run.send_transactions(COUNT)
            score = run.wait_for_scores(COUNT)[0]
            trace = trace_of(topics.transactions, score["partition"], score["offset"])
            stages = [topics.transactions, topics.stage_topic("merchant"), topics.returned]
            names = {ROOT, STAGE, *(f"stage {topic}" for topic in stages)}
            until(lambda: found.of_trace(trace).keys() >= names, what="spans of every stage")
            spans = found.of_trace(trace)
        finally:
            recorder.stop()
            thread.join()
            engine.dispose()
    assert spans.keys() == names
    root = spans.pop(ROOT)
    assert root.parent_span_id == b""
    assert root.span_id == span_of(trace, ROOT).to_bytes(8, "big")
    assert {span.parent_span_id for span in spans.values()} == {root.span_id}
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in (root, *spans.values()))
