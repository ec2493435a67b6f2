"""Streams of scored traffic: Handbook weeks after training, drifting simulated weeks, and foreign traffic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.fewshot.datasets import DAY, FOLDER, NoData, Window, load
from features.formulas import WINDOW_FORMULAS
from features.offline import columns_from, featurise
from features.schema import TransactionSchema
from meta.artifacts import Artifacts
from meta.base import BaseModel
from meta.base_training import BaseSettings
from meta.calibration import Tails
from meta.meta_training import MetaSettings
from meta.sampler import Labelled
from meta.training import NamedHistory, TrainingSettings, train_artifacts
from simulate.chunk import Chunk
from simulate.patterns import HELD_OUT
from simulate.traffic import SimulatedTraffic

# A base of few steps is enough: the benchmark measures the threshold and not the base.
_TRAINING = TrainingSettings(BaseSettings(steps=800, follow=0.9), MetaSettings(steps=50), genuine_rows=60_000)
_TRAINED_ON, _HANDBOOK_KEPT = Window(30, 77), 77
COLD_DAYS, USUAL_DAYS, DRIFT_DAYS = 14, 7, 28
_CARDS, _MERCHANTS = 15_000, 2_400
_START = 1_699_228_800.0  # 2023-11-06, a Monday
COPIES, COPY_DAYS, _FIRST_COPIED = 40, 2, 30
_BURST_SHARE, _BURST_DAYS = 0.02, 1.0
"""A held-out pattern at four times the usual share of fraud, every six days."""
_TAKEN = 8_192


@dataclass(frozen=True)
class ScoredStream:
    """n transactions in order of time, scored by one base.

    Attributes:
        name: Shown in the results.
        base: Scores the rows.
        tails: Those that the base starts with.
        X: Raw features, float32 (n, d).
        score: Of the base, float64 (n,).
        seconds: Event time, float64 (n,).
        fraud: The truth, bool (n,).
        card: Number of the card, int64 (n,).
        began: Event time from which thresholds are applied.
        first: Event time from which days are measured.
        last: End of the measured days.
    """

    name: str
    base: BaseModel
    tails: Tails
    X: NDArray[np.float32]
    score: NDArray[np.float64]
    seconds: NDArray[np.float64]
    fraud: NDArray[np.bool_]
    card: NDArray[np.int64]
    began: float
    first: float
    last: float

    def rows(self, start: float, end: float) -> slice:
        """Return the rows of a range of event time."""
        return slice(*np.searchsorted(self.seconds, (start, end)).tolist())


def handbook(folder: Path, window: Window, *, trained: Path | None = None) -> ScoredStream:
    """Return Handbook with a base trained on days 30 to 77, and with tails of the week after.

    Args:
        folder: Where the trained base is kept between runs.
        window: Days that are measured; 105 is four weeks after training.
        trained: Folder of artifacts trained on the same days; None trains a base quickly.
    """
    data = load("handbook")
    train = data.days(_TRAINED_ON)
    kept = trained or folder / "handbook"
    if not (kept / "base.safetensors").exists():
        r = data.rows
        history = Labelled(r.X[train], r.family[train], r.card[train], r.seconds[train])
        named = NamedHistory(
            data.features, history, data.families, (data.families[2],), formulas=WINDOW_FORMULAS
        )
        train_artifacts(named, _TRAINING).save(kept)
    base, at = Artifacts.load(kept).base, data.days(Window(_HANDBOOK_KEPT, window.last))
    X, seconds, fraud = data.rows.X[at], data.rows.seconds[at], data.rows.family[at] > 0
    score = base.score(X)
    week = (seconds < (_HANDBOOK_KEPT + 7) * DAY) & ~fraud
    # Steering begins a week before the measured days: it is measured as it runs, not as it starts.
    began = (window.first - 7) * DAY
    return ScoredStream(
        "handbook", base, Tails.fit(score[week]), X, score, seconds, fraud, data.rows.card[at], began,
        window.first * DAY, window.last * DAY,
    )  # fmt: skip


def drifting(seed: int, days: int = DRIFT_DAYS) -> ScoredStream:
    """Return simulated weeks: amounts rise, merchants change, volume jumps, fraud comes in bursts."""
    live = SimulatedTraffic(seed, _CARDS, _MERCHANTS).live(_START)
    changed = _START + (COLD_DAYS + USUAL_DAYS) * DAY
    chunks: list[Chunk] = []
    for end, pattern in _bursts(changed, days):
        if pattern:
            live.start_pattern(pattern, _BURST_SHARE)
        while live.now < end:
            chunks.append(live.take(_TAKEN))
        if pattern:
            live.stop_pattern(pattern)
    return _drifted(chunks, changed, days, seed)


def _bursts(changed: float, days: int) -> list[tuple[float, str]]:
    """Return the ends of periods of event time, with the pattern added in each, empty for none."""
    periods: list[tuple[float, str]] = []
    for number, day in enumerate(range(4, days, 6)):
        begin = changed + (day + 0.4) * DAY
        pattern = list(HELD_OUT)[number % len(HELD_OUT)]
        periods += [(begin, ""), (begin + _BURST_DAYS * DAY, pattern)]
    return [*periods, (changed + days * DAY, "")]


def _drifted(chunks: list[Chunk], changed: float, days: int, seed: int) -> ScoredStream:
    rng, schema = np.random.default_rng(seed), TransactionSchema()
    time = np.concatenate([chunk.time for chunk in chunks])
    day = np.maximum((time - changed) / DAY, 0.0)
    # Every day amounts rise by 1%, twenty merchants open, and another 0.5% of the payments move to those open
    # by then. Up to day 16 a quarter of the payments is left out, so that the volume jumps by a third there.
    kept = (rng.random(len(time)) >= 0.25) | (day >= 16)
    moved = rng.random(len(time)) < 0.005 * day
    cards = np.concatenate([chunk.card for chunk in chunks]).astype(np.int64)
    shop = np.concatenate([chunk.merchant for chunk in chunks]).astype(np.int64)
    opened = np.maximum(20.0 * day, 1.0).astype(np.int64)
    shop = np.where(moved, _MERCHANTS + rng.integers(0, 1 << 30, len(shop)) % opened, shop)
    columns = columns_from(
        time[kept],
        (np.concatenate([chunk.amount for chunk in chunks]) * 1.01**day)[kept],
        (cards[kept], shop[kept]),
        category=np.concatenate([chunk.mcc for chunk in chunks])[kept],
        channel=np.concatenate([chunk.channel for chunk in chunks])[kept],
    )
    X, seconds = featurise(schema, columns), time[kept]
    fraud = np.concatenate([chunk.fraud for chunk in chunks])[kept]
    base = Artifacts.load().base
    score = base.score(X)
    # Profiles fill in the first weeks; an installation that is measured for its drift has them filled.
    kept_rows = slice(int(np.searchsorted(seconds, _START + COLD_DAYS * DAY)), None)
    X, score, seconds, fraud = X[kept_rows], score[kept_rows], seconds[kept_rows], fraud[kept_rows]
    card = cards[kept][kept_rows]
    week = (seconds < changed) & ~fraud
    return ScoredStream(
        "simulated, drifting", base, Tails.fit(score[week]), X, score, seconds, fraud, card, changed, changed,
        changed + days * DAY,
    )  # fmt: skip


def foreign(copies: int = COPIES) -> ScoredStream:
    """Return the first days of the shipped base on Handbook, which it was not trained on.

    Days of Handbook run beside each other as copies with cards and terminals of their own, so that an hour
    has enough payments to measure a rate. Every card and terminal is new at first.
    """
    path = FOLDER / "handbook.parquet"
    if not path.exists():
        raise NoData(f"{path}: not there; the benchmark needs the public data sets")
    d = pd.read_parquet(path).sort_values("TX_DATETIME", kind="stable")
    seconds = d.TX_DATETIME.to_numpy().astype("datetime64[ms]").astype(np.int64) / 1000.0
    day = (seconds - seconds[0]) / DAY - _FIRST_COPIED
    copy = np.floor(day / COPY_DAYS).astype(np.int64)
    chosen = np.flatnonzero((copy >= 0) & (copy < copies))
    apart = copy[chosen] * 1_000_000
    moved = seconds[chosen] - copy[chosen] * COPY_DAYS * DAY
    order = np.argsort(moved, kind="stable")
    at = chosen[order]
    card, terminal = (
        d[c].to_numpy().astype(np.int64)[at] + apart[order] for c in ("CUSTOMER_ID", "TERMINAL_ID")
    )
    X = featurise(
        TransactionSchema(), columns_from(moved[order], d.TX_AMOUNT.to_numpy()[at], (card, terminal))
    )
    shipped = Artifacts.load()
    if shipped.tails is None:
        raise NoData("the shipped artifacts have no tails")
    began = float(np.floor(moved[order][0] / DAY) * DAY)
    return ScoredStream(
        "cold start on foreign traffic", shipped.base, shipped.tails, X, shipped.base.score(X), moved[order],
        d.TX_FRAUD.to_numpy()[at] == 1, card, began, began, began + COPY_DAYS * DAY,
    )  # fmt: skip
