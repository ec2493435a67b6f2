"""Puts trained artifacts on the control log: the base with its tails, and the networks that adapters read."""

from __future__ import annotations

from meta.artifacts import Artifacts
from meta.calibration import Tails
from stream.control.announce import Announced, Announcer
from stream.control.change import Change
from stream.control.entry import Kind
from stream.control.loading import BASE, NETWORK, TAILS, tails_to_bytes

BASE_ID = "base"


def announce_artifacts(
    announcer: Announcer, artifacts: Artifacts, tails: Tails, *, threshold: float, author: str, reason: str
) -> Announced:
    """Announce networks first, then the base, so that no worker is without the network of a detector.

    `tails` are those of the base's scores on genuine traffic, `threshold` as surprise. What is in force
    already, byte for byte, is not announced again but for the base.
    """
    in_force = announcer.refresh().networks
    for network in (artifacts.evidence, artifacts.evidence_aware):
        if network is not None and network.content_hash not in in_force:
            parts = {NETWORK: network.to_bytes()}
            announcer.announce(Change(Kind.NETWORK, network.content_hash, author, reason, parts, {}))
    parts = {BASE: artifacts.base.to_bytes(), TAILS: tails_to_bytes(tails)}
    return announcer.announce(Change(Kind.BASE, BASE_ID, author, reason, parts, {"threshold": threshold}))
