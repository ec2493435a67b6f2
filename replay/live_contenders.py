"""Makes the contenders of a live replay by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from meta.adapters.registry import adapter
from meta.artifacts import Artifacts
from meta.sampler import Labelled
from replay.contenders import boosted, confirmed, logistic
from replay.entity_rules import EntityRules
from replay.episodes import BaseWithEpisodes
from replay.retrained import Retrained
from replay.shift_contender import DeskHistory, ShiftContender
from replay.traffic import TrafficRows
from replay.training import train

_LEARNERS = {"lightgbm": boosted, "logistic": logistic, "confirmed": confirmed}
CONTENDERS = ("base", "base+rules", "base+episodes", *_LEARNERS, "forest")


def begin(
    names: Sequence[str], adapters: Sequence[str], history: DeskHistory, steps: tuple[int, int]
) -> dict[str, ShiftContender]:
    """Train what the contenders begin with.

    Args:
        names: Names of contenders; `base+episodes` makes one contender per adapter.
        adapters: Names of adapters.
        history: What all contenders begin with.
        steps: Training steps of the base and of meta-training.
    """
    artifacts = _artifacts(history, adapters, steps) if any(n.startswith("base") for n in names) else None
    out: dict[str, ShiftContender] = {}
    for name in names:
        if name in _LEARNERS:
            out[name] = Retrained(_LEARNERS[name], history)
        elif name == "forest":
            from replay.forest import OnlineForest  # imports river

            out[name] = OnlineForest(history)
        elif artifacts is not None:
            out |= _based(name, adapters, artifacts, history)
    return out


def _based(
    name: str, adapters: Sequence[str], artifacts: Artifacts, history: DeskHistory
) -> dict[str, ShiftContender]:
    if name == "base":
        return {name: BaseWithEpisodes(artifacts.base, artifacts.past, None, None, history)}
    chosen = adapters if name == "base+episodes" else [None]
    return {
        name if one is None else f"base+rules+{one}": BaseWithEpisodes(
            artifacts.base,
            artifacts.past,
            None if one is None else adapter(one, artifacts),
            EntityRules(history.budget),
            history,
        )
        for one in chosen
    }


def _artifacts(history: DeskHistory, adapters: Sequence[str], steps: tuple[int, int]) -> Artifacts:
    rows = history.rows
    family = np.where(rows.fraud, np.where(rows.family >= 0, rows.family + 1, -1), 0).astype(np.int64)
    labelled = Labelled(_live(rows, history), family, rows.card.view(np.int64), rows.seconds)
    return train(
        labelled, history.names[: history.live], history.families, adapters, base_steps=steps[0],
        meta_steps=steps[1], seed=history.seed, report_progress=history.report_progress,
    )  # fmt: skip


def _live(rows: TrafficRows, history: DeskHistory) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.ascontiguousarray(rows.X[:, : history.live])
