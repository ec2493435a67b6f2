"""Keeps recent traffic scored under everything in force, so that requests need not wait for it."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine

from adaptation.proposing.prepared import Prepared
from adaptation.proposing.recent_traffic import RecentTraffic
from adaptation.proposing.replay_sets import ReplaySets, replay_sets
from control.segment_bounds import StoredRows, has_own_bounds, own_bounds
from control.snapshot import Snapshot
from meta.adapters.protocol import Adapter
from meta.adapters.registry import WITHOUT_NETWORKS, adapter
from meta.arrays import Doubles
from meta.artifacts import Artifacts, NoArtifacts
from meta.base import BaseModel
from meta.device import CPU
from meta.episode import propose
from meta.reservoir import FEWEST_ROWS
from meta.support import Support
from meta.verdict import DEFAULT_LIMITS
from storage import UnitOfWork
from storage.traffic_sample import TrafficSample

log = logging.getLogger(__name__)

REHEARSED = 5
"""Rows of the rehearsed episode."""


class AdaptationNotReady(Exception):
    """There is nothing yet to adapt with: no base on the control log, or no traffic that it could score."""


@dataclass(frozen=True)
class Ready:
    """What an episode needs beside its own transactions, under one snapshot.

    Attributes:
        snapshot: Everything in force.
        prepared: Recent traffic under the snapshot.
        known: Known fraud that must not be lost.
        bounds: Review bounds of the policy's segments for the rows of `prepared.traffic`, float64 (n,), NaN
            where the threshold decides; None without such segments.
    """

    snapshot: Snapshot
    prepared: Prepared
    known: ReplaySets
    bounds: Doubles | None = None


class Preparation:
    """Scores recent traffic; `ready` costs little while neither the traffic nor the snapshot changes.

    Attributes:
        adapter_name: Name of the configured adapter.
    """

    def __init__(self, engine: Engine, traffic: RecentTraffic, adapter_name: str, device: str = CPU) -> None:
        self._engine, self._traffic, self.adapter_name = engine, traffic, adapter_name
        self._device = device
        self._ready: Ready | None = None
        self._rehearsed = ""

    def ready(self, snapshot: Snapshot, *, newest: bool = False) -> Ready:
        """Return what is prepared under a snapshot.

        Args:
            snapshot: Everything in force.
            newest: Whether to use the sample that was drawn last. Otherwise a sample that is scored already
                is used: scoring takes a second, and calibration gains nothing by it.

        Raises:
            AdaptationNotReady: no base is in force, or no traffic that it could score is stored.
            StorageUnavailable: the database is away.
        """
        sample, current = self._traffic.current, self._ready
        if current and not newest and current.prepared.fits(snapshot.stack):
            sample = current.prepared.sample
        if current and current.snapshot is snapshot and current.prepared.sample is sample:
            return current
        if snapshot.artifacts is None or snapshot.stack is None:
            raise AdaptationNotReady("the control log holds no base; `flagfive promote` announces one")
        _refuse_other_features(sample, snapshot.artifacts.base)
        chosen = self._adapter_around(snapshot.artifacts, self.adapter_name)
        before = current.prepared if current else None
        prepared = Prepared(
            sample,
            snapshot.stack,
            chosen,
            before,
            rules=snapshot.rules,
            risk_share=snapshot.risk_share,
        )
        with UnitOfWork(self._engine, reads_only=True) as unit:
            known = replay_sets(unit, snapshot)
        bounds = self._bounds(snapshot, prepared) if has_own_bounds(snapshot) else None
        self._ready = Ready(snapshot, prepared, known, bounds)
        return self._ready

    def _bounds(self, snapshot: Snapshot, prepared: Prepared) -> Doubles:
        """Return the bounds of the traffic; those of before where nothing that they read has changed.

        Every steered threshold makes a snapshot, and evaluating segments takes about a tenth of a second.
        """
        before = self._ready
        if (
            before is not None
            and before.bounds is not None
            and before.prepared.sample is prepared.sample
            and before.snapshot.policy is snapshot.policy
            and before.snapshot.lists is snapshot.lists
            and before.snapshot.stack is snapshot.stack
        ):
            return before.bounds
        return prepared.in_order(own_bounds(snapshot, StoredRows.of_columns(prepared.sample)))

    def adapter_for(self, ready: Ready, name: str | None = None) -> Adapter:
        """Return the adapter of a name around the networks in force; the configured one without a name."""
        artifacts = ready.snapshot.artifacts
        if name is None or artifacts is None:
            return ready.prepared.adapter
        return self._adapter_around(artifacts, name)

    def _adapter_around(self, artifacts: Artifacts, name: str) -> Adapter:
        """Return the adapter of a name, or one that needs no networks where those are not in force."""
        try:
            return adapter(name, artifacts).on(self._device)
        except NoArtifacts as lack:
            log.warning(
                "adaptation.adapter = %r cannot run (%s); episodes are adapted with %r",
                name, lack, WITHOUT_NETWORKS,
            )  # fmt: skip
            return adapter(WITHOUT_NETWORKS, artifacts).on(self._device)

    @property
    def per_day(self) -> float | None:
        """Transactions a day by event time; None before a day of traffic is stored."""
        return self._traffic.per_day

    @property
    def stored(self) -> tuple[int, float]:
        """Stored transactions, and the days of event time that they span."""
        return self._traffic.stored, self._traffic.stored_days

    @property
    def stored_per_row(self) -> float:
        """Stored transactions that each row of recent traffic represents, 1 or more."""
        return self._traffic.stored_per_row

    def share_of(self, entity: str, key: str) -> float:
        """Return the share of recent traffic that an entity has, 0 to 1; 1 where no traffic is known."""
        return self._ready.prepared.share_of(entity, key) if self._ready else 1.0

    def rehearse(self, ready: Ready) -> None:
        """Judge an episode of ordinary traffic once per base, and drop the verdict.

        The first episode of a process loads kernels and warms torch up, which takes seconds on a busy
        machine. So the first episode is a trial one without a request.
        """
        traffic = ready.prepared.traffic
        base = traffic.stack.base.content_hash
        if base == self._rehearsed or len(traffic) < FEWEST_ROWS:
            return
        self._rehearsed = base
        propose(
            traffic,
            ready.prepared.adapter,
            Support(traffic.reservoir.X[:REHEARSED]),
            np.arange(len(traffic)),
            {},
            # No row counts as an alert: the tails of a new base may not fit live traffic yet, and then every
            # row would be one.
            threshold=math.inf,
            budget=DEFAULT_LIMITS.budget,
            seed=0,
        )


def _refuse_other_features(sample: TrafficSample, base: BaseModel) -> None:
    needed, found = len(base.features), sample.features.shape[1]
    if len(sample) == 0:
        raise AdaptationNotReady("no scored transactions are stored yet; is a recorder running?")
    if found != needed:
        raise AdaptationNotReady(
            f"the transactions stored last were scored with {found} features, the base in force reads "
            f"{needed}; flag transactions scored since it is live"
        )
