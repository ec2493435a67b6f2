"""Handbook and Sparkov as features, labels and windows of days.

Handbook: the Fraud Detection Handbook's simulator, 1.75 million transactions, three fraud scenarios. Sparkov:
a simulator of US cards, 1.77 million transactions, fraud in bursts; its families are groups of merchant
categories.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from features.offline import columns_from, featurise
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from meta.columns import FeatureColumns
from meta.sampler import Labelled

FOLDER = Path(__file__).parents[3] / "shared" / "data"
DAY = 86_400.0


class NoData(FileNotFoundError):
    """The file of the public data set is missing."""


@dataclass(frozen=True)
class Window:
    """Range of days since the first transaction: first inclusive, last exclusive."""

    first: int
    last: int


@dataclass(frozen=True)
class Dataset:
    """All rows in order of time.

    Attributes:
        name: Name of the data set.
        features: Names of the features.
        rows: Features, family, card and time of each row.
        merchant: Number of the merchant of each row, (n,).
        families: `families[i]` names family i + 1.
        windows: The windows train, calibrate and evaluate.
        starts: Flags start in the first `starts` days of the evaluation window.
        derive: Sets features that depend on others, as the injection of training needs it.
        never_trained: Families that no training sees; the shipped artifacts then fit every one of them.
    """

    name: str
    features: tuple[str, ...]
    rows: Labelled
    merchant: np.ndarray
    families: tuple[str, ...]
    windows: dict[str, Window]
    starts: int
    derive: Callable[[np.ndarray], np.ndarray] | None = None
    never_trained: tuple[int, ...] = ()

    def trained(self, held: int) -> list[int]:
        """Return the families that training sees where `held` is the one held out."""
        unseen = {held, *self.never_trained}
        return [family for family in range(1, len(self.families) + 1) if family not in unseen]

    def days(self, window: Window) -> np.ndarray:
        """Return the indices of the rows in a window."""
        day = self.rows.seconds / DAY
        return np.flatnonzero((day >= window.first) & (day < window.last))

    @property
    def train(self) -> np.ndarray:
        """Return the rows to train on."""
        return self.days(self.windows["train"])

    @property
    def calibrate(self) -> np.ndarray:
        """Return the calibration rows; the genuine ones are the reservoir."""
        return self.days(self.windows["calibrate"])

    @property
    def evaluate(self) -> np.ndarray:
        """Return the rows of the evaluation, whose results are reported."""
        return self.days(self.windows["evaluate"])

    @property
    def matured(self) -> np.ndarray:
        """Return the rows after training and before the evaluation; replay sets are drawn from them."""
        return self.days(Window(self.windows["train"].last, self.windows["evaluate"].first))


def load(name: str) -> Dataset:
    """Return the data set `handbook` or `sparkov`; the message of NoData names the expected file."""
    path = FOLDER / f"{name}.parquet"
    if not path.exists():
        raise NoData(f"{path}: not there; the benchmark needs the public data sets")
    return {"handbook": _handbook, "sparkov": _sparkov}[name](path)


def _handbook(path: Path) -> Dataset:
    d = pd.read_parquet(path).sort_values("TX_DATETIME", kind="stable").reset_index(drop=True)
    seconds = _seconds(d.TX_DATETIME)
    card, merchant = (d[c].to_numpy().astype(np.int64) for c in ("CUSTOMER_ID", "TERMINAL_ID"))
    schema = TransactionSchema()
    X = featurise(schema, columns_from(seconds, d.TX_AMOUNT.to_numpy(), (card, merchant)))
    family = d.TX_FRAUD_SCENARIO.to_numpy().astype(np.int64)
    windows = {"train": Window(30, 112), "calibrate": Window(119, 126), "evaluate": Window(126, 183)}
    families = ("amount over 220", "terminal compromised", "card compromised")
    rows = Labelled(X, family, card, seconds - seconds[0])
    return _steady(Dataset("handbook", FeatureLayout(schema).names, rows, merchant, families, windows, 21))


# ISO 18245 codes of Sparkov's category names, so that the product's category features work.
_CODES = {
    "grocery_pos": 5411, "grocery_net": 5499, "gas_transport": 5541, "travel": 4722, "shopping_net": 5732,
    "shopping_pos": 5310, "misc_net": 5968, "misc_pos": 5999, "entertainment": 7832, "food_dining": 5812,
    "home": 5712, "health_fitness": 7997, "kids_pets": 5945, "personal_care": 7230,
}  # fmt: skip
_LARGE, _MIDDLE = ("shopping_net", "shopping_pos", "misc_net"), ("entertainment", "food_dining", "home")


def _sparkov(path: Path) -> Dataset:
    d = pd.read_parquet(path).sort_values("ts", kind="stable").reset_index(drop=True)
    seconds = _seconds(d.ts)
    word = d.category.astype(str).to_numpy()
    card, merchant = d.card_id.to_numpy().astype(np.int64), d.merchant.cat.codes.to_numpy().astype(np.int64)
    code = np.array([_CODES[w] for w in d.category.cat.categories], np.int32)[d.category.cat.codes]
    channel = np.where(np.char.endswith(word.astype("U20"), "_net"), 2, 1).astype(np.int8)
    schema = TransactionSchema()
    columns = columns_from(seconds, d.amt.to_numpy(), (card, merchant), category=code, channel=channel)
    fraud = d.is_fraud.to_numpy() == 1
    kind = np.select([np.isin(word, _LARGE), word == "grocery_pos", np.isin(word, _MIDDLE)], [1, 2, 4], 3)
    family = np.where(fraud, kind, 0).astype(np.int64)
    windows = {"train": Window(30, 540), "calibrate": Window(547, 575), "evaluate": Window(575, 730)}
    families = ("large amounts", "groceries around 300", "small amounts", "middle amounts")
    extra, names = _sparkov_extra(d, seconds)
    features = (*FeatureLayout(schema).names, *names)
    X = np.concatenate([featurise(schema, columns), extra], axis=1)
    day = (seconds - seconds[0]) / DAY
    genuine = ~fraud & (day >= windows["train"].first) & (day < windows["train"].last)
    in_category = AmountInCategory(FeatureColumns(features), X[genuine])
    X = in_category(X)
    rows = Labelled(X, family, card, seconds - seconds[0])
    return _steady(Dataset("sparkov", features, rows, merchant, families, windows, 45, in_category))


def _sparkov_extra(d: pd.DataFrame, seconds: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the features that only Sparkov has: distance from home, age, town, and one per category."""
    born = _seconds(pd.to_datetime(d.dob.astype(str)))
    distance = np.hypot(d.lat - d.merch_lat, d.long - d.merch_long).to_numpy()
    words = tuple(d.category.cat.categories)
    one_hot = d.category.cat.codes.to_numpy()[:, None] == np.arange(len(words))
    place = np.zeros(len(d))  # amount_in_category, filled in by AmountInCategory
    age = (seconds - born) / (365.25 * DAY)
    extra = np.c_[place, distance, age, np.log1p(d.city_pop), one_hot].astype(np.float32)
    names = ("amount_in_category", "distance", "holder_age", "log_city_population")
    return extra, (*names, *(f"category_is_{w}" for w in words))


class AmountInCategory:
    """Rank of an amount among the genuine amounts of its category, as a normal score in +-3.6."""

    def __init__(self, columns: FeatureColumns, genuine: np.ndarray) -> None:
        self.places = columns.categories
        self.amount, self.out = columns.position["log_amount"], columns.position["amount_in_category"]
        shares = np.linspace(0.0005, 0.9995, 400)
        self.scores = np.array([NormalDist().inv_cdf(s) for s in shares])
        category = np.argmax(genuine[:, self.places], 1)
        self.quantiles = [
            np.quantile(genuine[category == k, self.amount], shares) for k in range(len(self.places))
        ]

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Set the column in place and return the rows."""
        category = np.argmax(X[:, self.places], 1)
        for k in np.unique(category):
            at = category == k
            X[at, self.out] = np.interp(
                X[at, self.amount], self.quantiles[k], self.scores, left=-3.6, right=3.6
            )
        return X


def _steady(d: Dataset) -> Dataset:
    """Remove features that are constant in training, and ages, which count from the start of the file."""
    part = d.rows.X[d.train[::20]]
    keep = [j for j, n in enumerate(d.features) if np.ptp(part[:, j]) > 0 and not n.endswith("_log_age_days")]
    rows = Labelled(np.ascontiguousarray(d.rows.X[:, keep]), d.rows.family, d.rows.card, d.rows.seconds)
    names = tuple(d.features[j] for j in keep)
    derive = None if d.derive is None else AmountInCategory(FeatureColumns(names), _genuine(rows, d.train))
    return Dataset(d.name, names, rows, d.merchant, d.families, d.windows, d.starts, derive)


def _genuine(rows: Labelled, at: np.ndarray) -> np.ndarray:
    genuine: np.ndarray = rows.X[at[rows.family[at] == 0]]
    return genuine


def _seconds(when: pd.Series) -> np.ndarray:
    seconds: np.ndarray = when.to_numpy().astype("datetime64[ms]").astype(np.int64) / 1000.0
    return seconds
