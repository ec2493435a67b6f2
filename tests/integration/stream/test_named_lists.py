"""A list from a file to decisions on every partition, and away again, while payments flow."""

from __future__ import annotations

import io
import threading
from functools import lru_cache

import msgspec
from sqlalchemy import Engine

from contracts.stage_batch import from_message
from control.history import snapshot_of
from control.snapshot import Snapshot
from recorder.rows import scored_rows
from rules.lists.change import ListChange, Row, divided, encode_change
from rules.lists.csv_file import read_csv
from rules.lists.definition import ListDefinition, Use
from storage import UnitOfWork
from storage.scored_transactions import COLUMNS, ScoredTransaction
from stream.scoring.recompute import recompute
from tests.adaptation_worker import KEY, Analyst, adapting, record_control
from tests.stream_run import StreamRun

LISTED = frozenset(f"card-{number}" for number in range(150))
"""Half of the cards that pay."""
OTHERS = 20_000
"""Listed cards that do not pay: with them the list needs several requests."""
BEFORE, DURING, UNDER, AFTER = 500, 2_000, 1_000, 500


def imported(analyst: Analyst) -> int:
    """Import a file as a block list; return the control offset from which it is live everywhere."""
    text = "value,reason\n" + "".join(f"{card},lost\n" for card in sorted(LISTED))
    text += "".join(f"other-{number},\n" for number in range(OTHERS))
    rows = list(read_csv(io.StringIO(text), Row("", source="test"), 1_000_000).rows.values())
    changes = [ListChange(definition=ListDefinition(Use.BLOCK, "card")), *divided(rows)]
    assert len(changes) > 2
    for number, change in enumerate(changes):
        analyst.send(f"q-{number}", "list", name="stolen", definition=encode_change(change))
        offset = analyst.live_at(f"q-{number}")
    return offset


def test_an_imported_list_decides_live_payments_on_every_partition(
    run: StreamRun, engine: Engine, analyst: Analyst
) -> None:
    """From a file to decisions, and back.

    1. Payments flow.  2. A file becomes a block list and decides on every partition.  3. The list is dropped.
    4. Each message has one control offset, and exactly the listed cards are declined under the whole list.
    5. Alerts name the list and the reason.  6. Scores recompute.
    """
    run.start_worker()
    run.send_transactions(BEFORE)
    run.wait_for_scores(BEFORE, within_s=400.0)
    with adapting(run.settings, engine):
        sending = threading.Thread(
            target=run.send_at_pace, args=(DURING, 500.0), kwargs={"cards": 300, "merchants": range(40)}
        )
        sending.start()
        whole = imported(analyst)
        sending.join()
        run.send_transactions(UNDER, seed=2)
        run.wait_for_scores(BEFORE + DURING + UNDER, within_s=400.0)
        analyst.send("gone", "retire", name="list/stolen")
        gone = analyst.live_at("gone")
        run.send_transactions(AFTER, seed=3)
        run.wait_for_scores(BEFORE + DURING + UNDER + AFTER, within_s=400.0)
    record_control(run.settings, engine)
    messages = [bytes(value) for _, value in run.records(run.settings.topics.scored)]
    check_decisions(messages, whole, gone)
    alerts = [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.alerts)]
    words = {one["reasons"][0]["words"] for one in alerts if one["scorer"] == "block"}
    assert words == {"card is on the block list stolen: lost"}
    check_recomputed(messages, engine)


def check_decisions(messages: list[bytes], whole: int, gone: int) -> None:
    """Under the whole list exactly its cards are declined; before and after it none is."""
    partitions, seen = set(), set()
    for row in (row for message in messages for row in scored_rows(message)):
        one = ScoredTransaction(**dict(zip(COLUMNS, row, strict=True)))
        card, blocked = msgspec.json.decode(str(one.entities))["card"], one.winner_id == "block"
        assert blocked == (one.decision == 2)
        assert not blocked or (one.control_offset > 0 and card in LISTED)
        if whole <= one.control_offset:
            assert blocked == (card in LISTED and one.control_offset < gone), card
            seen.add(one.control_offset)
            partitions |= {one.source_partition} if one.control_offset < gone else set()
    assert partitions == {0, 1}
    assert {whole, gone} <= seen
    for message in messages:
        assert len(set(from_message(message).column("control_offset").to_pylist())) == 1


def check_recomputed(messages: list[bytes], engine: Engine) -> None:
    """One score in seven, recomputed from what is stored, is equal to the bit."""
    rows = [
        ScoredTransaction(**values | {"entities": msgspec.json.decode(values["entities"])})
        for message in messages
        for values in (dict(zip(COLUMNS, row, strict=True)) for row in scored_rows(message))
    ]
    with UnitOfWork(engine, reads_only=True) as unit:

        @lru_cache(4)
        def at(offset: int) -> Snapshot:
            return snapshot_of(unit.control.up_to(offset), KEY)

        again = list(recompute(sorted(rows, key=lambda row: row.control_offset)[::7], at))
    assert all(one.equal for one in again)
    assert any(one.winner == "block" for one in again)
