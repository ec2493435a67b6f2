"""Payments whose profiles do not depend on how partitions interleave, as records and as a labelled file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.byte_strings import ByteStrings
from features.decode import Decoder
from features.offline import Featuriser
from features.vector import FeatureLayout
from meta.calibration import Tails
from settings import Settings
from stream.wire.partitioner import partition_by_key
from stream.wiring import transaction_schema
from tests.small_models import genuine_rows, small_base
from tests.stream_run import START_S

CARDS, MERCHANTS = 200, 30
Record = tuple[bytes, bytes]


def payments(settings: Settings, count: int, *, seed: int = 0, apart_s: float = 20.0) -> list[Record]:
    """Return keys and values of payments in order of time.

    Cards of one partition pay at merchants of their own, so that all payments of a merchant come from one
    partition, in the order of its log.
    """
    random, fields = np.random.default_rng(seed), settings.transaction
    keys = [f"card-{number}" for number in range(CARDS)]
    place = partition_by_key(
        ByteStrings.from_list([key.encode() for key in keys]), settings.topics.partitions
    )
    card, merchant = random.integers(0, CARDS, count), random.integers(0, MERCHANTS, count)
    amount = np.round(np.exp(random.normal(3.0, 1.0, count)), 2)
    entity = {one.name: one.field for one in settings.entities}
    return [
        (
            keys[card[i]].encode(),
            msgspec.json.encode(
                {
                    fields.id: f"tx-{i}",
                    fields.time: round((START_S + i * apart_s) * 1000),
                    fields.amount: float(amount[i]),
                    entity["card"]: keys[card[i]],
                    entity["merchant"]: f"shop-{place[card[i]]}-{merchant[i]}",
                }
            ),
        )
        for i in range(count)
    ]


def write_file(settings: Settings, records: Sequence[Record], file: Path) -> Path:
    """Write records to a Parquet file, every 50th a fraud, and a mapping beside it; return the mapping."""
    rows = [msgspec.json.decode(value) for _, value in records]
    table = pa.Table.from_pylist(rows)
    table = table.append_column("fraud", pa.array([int(i % 50 == 7) for i in range(len(rows))]))
    pq.write_table(table, file)
    fields = settings.transaction
    mapping = file.with_suffix(".toml")
    lines = [f'id = "{fields.id}"', f'time = "{fields.time}"', 'time_unit = "ms"']
    lines += [f'amount = "{fields.amount}"', "[label]", 'column = "fraud"']
    for one in settings.entities:
        lines += ["[[entities]]", f'name = "{one.name}"', f'column = "{one.field}"']
    mapping.write_text("\n".join(lines) + "\n")
    return mapping


def folded(settings: Settings, records: Sequence[Record]) -> dict[str, tuple[bytes, float]]:
    """Return features and surprise of each payment, as a worker computes them that sees all live."""
    schema = transaction_schema(settings)
    values = ByteStrings.from_list([value for _, value in records])
    columns, _ = Decoder(schema).decode(values, np.full(len(records), START_S + 1e8))
    features = Featuriser(schema).features(columns)
    base = small_base(names=FeatureLayout(schema).names)
    tails = Tails.fit(base.score(genuine_rows(2_000, width=features.shape[1])))
    surprise = tails.surprise(base.score(features)).tolist()
    names = [(name or b"").decode() for name in columns.id.to_list()]
    return {name: (features[i].tobytes(), surprise[i]) for i, name in enumerate(names)}
