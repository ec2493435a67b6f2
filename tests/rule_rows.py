"""Random transactions for the tests of rules, and their values one by one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.byte_strings import ByteStrings
from features.columns import currency_code
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from rules.evaluation import Rows
from rules.kernels import natural
from rules.local_time import local_seconds
from rules.typed import Feature, Field, Frauds, Input, KeyIs, KeyListed, Link, LocalTime, Surprise, Unit
from rules.vocabulary import Vocabulary

NAMES = FeatureLayout(TransactionSchema()).names
VOCABULARY = Vocabulary(NAMES, {"gift cards": 1}, {"watched": ""})
WATCHED = frozenset({b"m1", b"m7", "müller".encode()})
UNITS = list(Unit)


def rows_of(n: int, seed: int = 0) -> Rows:
    """Return n transactions; some have no merchant, category or currency."""
    random = np.random.default_rng(seed)
    merchants: list[bytes | None] = [None if k == 9 else f"m{k}".encode() for k in random.integers(0, 10, n)]
    cards: list[bytes | None] = [f"c{k}".encode() for k in random.integers(0, 5, n)]
    features = random.normal(0.5, 1.0, (n, len(NAMES))).astype(np.float32)
    counts = [at for at, name in enumerate(NAMES) if "_log_" in name]
    features[:, counts] = np.log1p(random.integers(0, 6, (n, len(counts))))
    features[:, :11] = random.integers(0, 2, (n, 11))
    currencies = np.array([0, currency_code("EUR"), currency_code("USD")], np.int32)
    return Rows(
        features=features,
        time=random.uniform(1.6e9, 1.8e9, n),
        amount=np.round(random.lognormal(4, 2, n), 2),
        currency=currencies[random.integers(0, 3, n)],
        category=np.array([-1, 5411, 5732], np.int32)[random.integers(0, 3, n)],
        keys={"card": ByteStrings.from_list(cards), "merchant": ByteStrings.from_list(merchants)},
        surprise=random.uniform(0, 6, n),
        risk=random.integers(0, 3, n).astype(float),
        surprises=lambda: np.random.default_rng(seed).uniform(0, 6, (n, 2)),
        links=random.choice(np.array([0, 1, 5, 24, np.nan], np.float32), (n, 2)),
        frauds=random.choice(np.array([0, 1, 2, 3, np.nan], np.float32), (n, 2)),
    )


class Values(Mapping[Input, float]):
    """The inputs of one row, each looked up by itself."""

    def __init__(self, rows: Rows, row: int) -> None:
        self._rows, self._row = rows, row

    def __getitem__(self, one: Input) -> float:
        rows, row = self._rows, self._row
        match one:
            case Field(name=name):
                return float(getattr(rows, name)[row])
            case Feature(column=column, unit=unit):
                out = np.empty(1)
                natural(rows.features[row : row + 1, column], UNITS.index(unit), out)
                return float(out[0])
            case Link(column=column):
                return float(rows.links[row, column])
            case Frauds(column=column):
                frauds = rows.frauds[row]
                return float(frauds.max() if column is None else frauds[column])
            case LocalTime(zone=zone):
                return float(local_seconds(rows.time[row : row + 1], zone)[0])
            case Surprise(scorer=scorer):
                return float(rows.by_scorer[row, scorer])
            case KeyIs(entity=entity, text=text):
                return float(rows.keys[entity].to_list()[row] == text.encode())
            case KeyListed(entity=entity):
                return float(rows.keys[entity].to_list()[row] in WATCHED)

    def __iter__(self):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError
