"""Puts trained artifacts on the control log: in force, or on trial beside what is in force."""

from __future__ import annotations

from control.announce import Announcer
from control.change import Change
from control.entry import Kind, LoggedEntry
from control.parts import BASE, NETWORK, PAST, TAILS, tails_to_bytes
from meta.artifacts import Artifacts, past_to_bytes
from meta.calibration import Tails

BASE_ID = "base"
"""Of the base in force; one on trial goes by its hash, so that several can be compared."""
CALIBRATED_ON = "calibrated_on"
HISTORY = "history"
"""Tails that were fitted to history: traffic has the last word as soon as there is enough of it."""


def announce_artifacts(
    announcer: Announcer,
    artifacts: Artifacts,
    tails: Tails,
    *,
    threshold: float,
    author: str,
    reason: str,
    calibrated_on: str = "traffic",
) -> LoggedEntry:
    """Announce networks first, then the base, so that no worker is without the network of a detector.

    `tails` are those of the base's scores on genuine traffic, `threshold` as surprise. What is in force
    already, byte for byte, is not announced again but for the base; if it was on trial, the trial ends.
    """
    snapshot = announcer.refresh()
    in_force = snapshot.networks
    for network in (artifacts.evidence, artifacts.evidence_aware):
        if network is not None and network.content_hash not in in_force:
            parts = {NETWORK: network.to_bytes()}
            announcer.announce(Change(Kind.NETWORK, network.content_hash, author, reason, parts, {}))
    values = {"threshold": threshold, CALIBRATED_ON: calibrated_on}
    promoted = Change(Kind.BASE, BASE_ID, author, reason, _parts(artifacts, tails), values)
    trial = _trial_id(artifacts)
    if trial not in snapshot.in_force(Kind.SHADOW):
        return announcer.announce(promoted)
    return announcer.announce(promoted, Change(Kind.SHADOW, trial, author, "promoted", {}, {}, retired=True))


def announce_on_trial(
    announcer: Announcer, artifacts: Artifacts, tails: Tails, *, threshold: float, author: str, reason: str
) -> LoggedEntry:
    """Let the base of `artifacts` score silently: what it would alert over `threshold` is told apart."""
    values, parts = {"shadow_threshold": threshold}, _parts(artifacts, tails)
    return announcer.announce(Change(Kind.SHADOW, _trial_id(artifacts), author, reason, parts, values))


def _trial_id(artifacts: Artifacts) -> str:
    return f"{BASE_ID}-{artifacts.base.content_hash[:12]}"


def _parts(artifacts: Artifacts, tails: Tails) -> dict[str, bytes]:
    parts = {BASE: artifacts.base.to_bytes(), TAILS: tails_to_bytes(tails)}
    return parts | ({PAST: past_to_bytes(artifacts.past)} if len(artifacts.past) else {})
