"""Small files of payments, and how to read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from replay.mapping import EntityColumn, LabelColumn, Mapping
from replay.reading import RowReader
from replay.table import TableFile

MAPPING = Mapping(
    id="id",
    time="when",
    amount="amount",
    entities=(EntityColumn("card", "card"), EntityColumn("merchant", "shop")),
    label=LabelColumn("fraud", pattern="kind"),
)


def payments(n: int = 6_000, days: int = 8) -> pd.DataFrame:
    """Return payments of 300 cards; one payment in fifty is a fraud with a large amount."""
    rng = np.random.default_rng(3)
    fraud = rng.random(n) < 0.02
    seconds = np.sort(rng.uniform(0, days * 86_400, n)).astype(np.int64)
    return pd.DataFrame(
        {
            "id": [f"t{i}" for i in range(n)],
            "when": pd.Timestamp("2024-03-01") + pd.to_timedelta(seconds, unit="s"),
            "amount": np.round(np.where(fraud, 400, 20) * rng.lognormal(0, 0.4, n), 2),
            "card": rng.integers(0, 300, n),
            "shop": [f"s{k}" for k in rng.integers(0, 40, n)],
            "fraud": fraud.astype(np.int64),
            "kind": ["large" if one else None for one in fraud],
        }
    )


def reader(
    folder: Path,
    frame: pd.DataFrame,
    kind: str = "csv",
    mapping: Mapping = MAPPING,
    pattern: str | None = None,
) -> RowReader:
    """Write the frame to a file of this kind and return a reader of the file."""
    path = folder / f"payments.{kind}"
    frame.to_parquet(path, index=False) if kind == "parquet" else frame.to_csv(path, index=False)
    return RowReader(TableFile(path, as_text=True), mapping, pattern)
