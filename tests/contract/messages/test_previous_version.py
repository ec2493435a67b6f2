"""Readers accept messages of the previous version, because a rolling upgrade mixes both on the topics.

The bytes in `version_1/` were written by the release before `contracts/` existed.
"""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from contracts.acknowledgement import Acknowledgement
from contracts.alert import Alert, Reason
from contracts.answer import Answer
from contracts.dead_letter import DeadLetter
from contracts.request import read_request
from contracts.scored_batch import scored_schema
from contracts.shadow_alert import ShadowAlert
from contracts.stage_batch import (
    BatchFormat,
    BatchNotice,
    entities_of,
    features_array,
    from_message,
    stage_schema,
    to_message,
)
from control.entry import Kind
from control.envelope import unseal
from control.keys import ControlKey
from control.rules import Effect, read_rules
from recorder.rows import alert_row, scored_rows, shadow_row
from storage.scored_transactions import COLUMNS
from stream.batch import from_record_batch
from tests.stage_messages import read_messages

VERSION_1 = Path(__file__).parent / "version_1"


def stored(name: str) -> bytes:
    return (VERSION_1 / name).read_bytes()


def test_an_alert_is_read_and_recorded() -> None:
    alert = msgspec.json.decode(stored("alert.json"), type=Alert)
    assert (alert.transaction_id, alert.episode, alert.nearest) == ("tx-7", "split purchases", "tx-1")
    assert alert.reasons == [Reason("card_count_1h", 5.0, 2.25, "card: 5 payments in the last hour, usual 0")]
    assert alert_row(stored("alert.json"))


def test_an_alert_on_trial_is_read_and_recorded() -> None:
    alert = msgspec.json.decode(stored("shadow_alert.json"), type=ShadowAlert)
    assert (alert.shadow, alert.alerted) == ("gift-cards-1f2e3d4c", False)
    assert shadow_row(stored("shadow_alert.json"))


@pytest.mark.parametrize(
    ("name", "kind"), [("acknowledgement.json", Acknowledgement), ("dead_letter.json", DeadLetter)]
)
def test_what_workers_say_is_read(name: str, kind: type[msgspec.Struct]) -> None:
    read = msgspec.json.decode(msgspec.json.encode(msgspec.json.decode(stored(name), type=kind)))
    written = msgspec.json.decode(stored(name))
    assert {key: read[key] for key in written} == written


def test_a_request_and_its_answer_are_read() -> None:
    request = read_request(stored("request.json"))
    assert (request.kind, request.fraud, request.policy) == ("flag", ("tx-1", "tx-7"), "approve")
    answer = msgspec.json.decode(stored("answer.json"), type=Answer)
    assert answer.draft is not None
    assert (answer.live, answer.draft.patterns) == (4, (("tx-1",), ("tx-7",)))


def test_a_notice_of_a_batch_is_read() -> None:
    notice = msgspec.msgpack.decode(stored("batch_notice.msgpack"), type=BatchNotice)
    assert (notice.begin, notice.end, notice.rows) == (40, 44, 3)


def test_a_batch_between_stages_is_read() -> None:
    schema = stage_schema(("card", "merchant"), 3)
    rows, refused = read_messages([stored("stage_batch.arrow")] * 2, schema)
    assert (rows.num_rows, refused) == (4, [])
    batch = from_record_batch(rows, schema)
    assert batch.batch_end.tolist() == [44] * 4
    assert batch.columns.keys[0].to_list() == [b"card-3", b"card-4"] * 2
    assert batch.features[1].tolist() == [3.0, 4.0, 5.0]


def test_batches_of_all_versions_are_read_together() -> None:
    schema = stage_schema(("card", "merchant"), 3)
    first = stored("stage_batch.arrow")
    second = pa.ipc.open_stream(first).read_next_batch().rename_columns(schema.names[:-1])
    links = features_array(np.array([[3, 4], [5, 6]], np.float32))
    third = pa.RecordBatch.from_arrays([*second.columns, links], schema=schema)
    messages = [first, *(to_message(one).to_pybytes() for one in (second, third))]
    rows, refused = read_messages(messages, schema)
    assert (rows.num_rows, refused) == (6, [])
    known = from_record_batch(rows, schema).links
    assert np.isnan(known[:4]).all()
    assert known[4:].tolist() == [[3, 4], [5, 6]]


def test_a_scored_batch_without_links_is_read_in_the_known_format() -> None:
    schema = scored_schema(("card", "merchant"), 3)
    message = to_message(from_message(stored("scored_batch.arrow"))).to_pybytes()
    assert BatchFormat(schema).read(message).schema == schema
    (links,) = {row[COLUMNS.index("links")] for row in scored_rows(message, BatchFormat(schema))}
    assert np.isnan(np.frombuffer(links, "<f4")).tolist() == [True] * 4


def test_a_scored_batch_is_recorded() -> None:
    message = stored("scored_batch.arrow")
    assert entities_of(from_message(message).schema) == ["card", "merchant"]
    assert len(scored_rows(message)) == 2


def test_a_control_entry_is_read() -> None:
    key = ControlKey.single("a test key of version one")
    entry = unseal(stored("control_entry.bin"), b"risk/e-1", key)
    assert (entry.kind, entry.values["threshold"]) == (Kind.RISK, 3.25)
    (placed,) = read_rules(entry)
    assert (placed.rule.key, placed.rule.effect, placed.rule.count) == ("card-3", Effect.BOOST, 2.0)


def test_requests_and_answers_carry_their_version_and_a_later_one_is_read() -> None:
    request = read_request(stored("request.json"))
    answer = msgspec.json.decode(stored("answer.json"), type=Answer)
    for message in (request, answer):
        assert message.version == 1
        written = msgspec.json.decode(msgspec.json.encode(message))
        assert written["version"] == 1
        later = msgspec.json.encode({**written, "version": 2, "added_later": "x"})
        assert msgspec.json.decode(later, type=type(message)) == msgspec.structs.replace(message, version=2)
