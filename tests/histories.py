"""A history on disk that is hard to divide: one busy card, late rows, and profiles that start anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from replay.mapping import EntityColumn, LabelColumn, Mapping
from replay.table import TableFile

DAY_S = 86_400.0
MAPPING = Mapping(
    id="#row",
    time="when",
    amount="amount",
    category="mcc",
    channel="channel",
    entities=(EntityColumn("card", "card"), EntityColumn("merchant", "shop")),
    label=LabelColumn("fraud", pattern="kind"),
)


def write_history(folder: Path, *, rows: int = 6_000, files: int = 3) -> TableFile:
    """Write files of 300 days, in which one card makes half of all payments."""
    rng = np.random.default_rng(11)
    seconds = np.sort(rng.uniform(0, 300 * DAY_S, rows))
    late = rng.random(rows) < 0.1  # by up to 200 days: a profile that is idle for 120 days starts anew
    seconds = np.where(late, np.maximum(seconds - rng.uniform(0, 200 * DAY_S, rows), 0), seconds)
    fraud = rng.random(rows) < 0.05
    card = np.where(rng.random(rows) < 0.5, 0, rng.integers(1, 900, rows))
    frame = pd.DataFrame(
        {
            "when": 1.7e9 + np.floor(seconds),
            "amount": np.round(20 * rng.lognormal(0, 1, rows), 2),
            "mcc": rng.choice([5411, 5812, 4829], rows),
            "channel": rng.choice(["pos", "ecom"], rows),
            "card": [f"card-{k}" for k in card],
            "shop": [f"shop-{k}" for k in rng.integers(0, 60, rows)],
            "fraud": fraud.astype(int),
            "kind": [
                kind if one else None for one, kind in zip(fraud, rng.choice(["a", "b"], rows), strict=True)
            ],
        }
    )
    for number, part in enumerate(np.array_split(np.arange(rows), files)):
        frame.iloc[part].to_csv(folder / f"{number}.csv", index=False)
    return TableFile(folder, as_text=True)


def same_bits(one: pa.Table, other: pa.Table) -> bool:
    """Return whether two tables hold equal values; of numbers, every bit."""
    if one.schema.names != other.schema.names or one.num_rows != other.num_rows:
        return False
    return all(_same(one[name], other[name]) for name in one.schema.names)


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    if one.null_count or not pa.types.is_floating(one.type):
        return bool(one.equals(other))
    return bool(one.type == other.type and one.to_numpy().tobytes() == other.to_numpy().tobytes())
