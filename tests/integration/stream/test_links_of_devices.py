"""A rule over the cards of a device, live on a broker, with a crash in the midst, against replay."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from features.offline import Featuriser, columns_from
from settings import Settings
from stream.wiring import transaction_schema
from tests.set_up import own_set_up
from tests.stream_run import START_S, stream_run
from tests.waiting import until
from tests.written_rules import rule_change

KINDS = ("card", "merchant", "device")
ROWS, FIRST, APART_S = 3_000, 1_500, 900.0
CARDS, DEVICES = 200, 60


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    """Return settings with a device, and one partition: replay knows the order of every entity."""
    return own_set_up(broker, tmp_path, partitions=1, kinds=KINDS)


def payments(settings: Settings) -> list[dict[str, object]]:
    """Return payments of a month; on the first five devices cards are tested."""
    random, fields = np.random.default_rng(7), settings.transaction
    device = np.minimum(random.integers(0, DEVICES, ROWS), random.integers(0, DEVICES, ROWS))
    return [
        {
            fields.id: f"tx-{n}",
            fields.time: round((START_S + n * APART_S) * 1000),
            fields.amount: 10.0,
            "card_id": f"card-{random.integers(0, CARDS if device[n] < 5 else 3) + 1_000 * device[n]}",
            "merchant_id": f"merchant-{random.integers(0, 40)}",
            "device_id": f"device-{device[n]}",
        }
        for n in range(ROWS)
    ]


def test_the_rule_decides_live_what_it_decides_in_replay(settings: Settings) -> None:
    """1. Half of the payments.  2. The worker is killed.  3. Another takes the rest.  4. Replay agrees."""
    sent = payments(settings)
    keys = [str(one["card_id"]).encode() for one in sent]
    values = [msgspec.json.encode(one) for one in sent]
    with stream_run(settings) as run:
        run.announce(rule_change("card-testing", "device.cards_7d >= 5", action="decline"))
        first = run.start_worker()
        run.send(keys[:FIRST], values[:FIRST])
        run.wait_for_scores(FIRST, within_s=300.0)
        until(lambda: run.count(settings.topics.checkpoint_topic("device")), what="a checkpoint")
        first.kill()
        first.wait()
        run.start_worker()
        run.send(keys[FIRST:], values[FIRST:])
        run.wait_for_scores(ROWS, within_s=300.0)
        live = run.scored()
    columns = columns_from(
        [float(str(one[settings.transaction.time])) / 1000 for one in sent],
        [10.0] * ROWS,
        tuple(np.array([one[f"{kind}_id"] for one in sent]) for kind in KINDS),
    )
    _, links = Featuriser(transaction_schema(settings)).features_and_links(columns)
    seen = live["links"].combine_chunks().flatten().to_numpy().reshape(-1, len(KINDS))
    assert seen.tobytes() == links.tobytes()
    declined = np.array([one == "rule/card-testing" for one in live["winner_id"].to_pylist()])
    assert declined.tolist() == (links[:, 2] >= 5).tolist()
    assert 300 < declined.sum() < ROWS
    assert links[:, 2].max() > 24
