"""Announces trained artifacts: in force, or on trial beside what is in force."""

from __future__ import annotations

from control.announce import Announcer
from control.change import Change
from control.entry import Kind, LoggedEntry
from control.parts import BASE, NETWORK, PAST, TAILS, tails_to_bytes
from meta.artifacts import Artifacts, past_to_bytes
from meta.calibration import Tails

BASE_ID = "base"
"""Id of the base in force. A base on trial has an id with its hash, so that several can be compared."""
CALIBRATED_ON = "calibrated_on"
HISTORY = "history"
"""Value of `CALIBRATED_ON` for tails fitted to history; traffic replaces them once there is enough."""


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
    """Put artifacts in force.

    1. Announce each evidence network that is not in force yet: a detector needs its network before it scores.
    2. Announce the base with its threshold, even if the same base is in force; a trial of it ends with that.

    A stop after 1 leaves networks that nothing uses yet. Repeating the call is harmless.

    Args:
        announcer: Writes to the control log.
        artifacts: Base, evidence networks where trained, and past fraud.
        tails: Tails of the base's scores on genuine traffic.
        threshold: Surprise over which a transaction is alerted.
        author: User or process that announces.
        reason: Why, in words.
        calibrated_on: What `tails` were fitted to: `traffic` or `HISTORY`.

    Returns:
        The last entry, and its control offset.

    Raises:
        ControlRefused: Workers would refuse an entry.
        ControlLogUnavailable: The broker does not answer.
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
    """Put the base of `artifacts` on trial: it scores silently.

    Its alerts go to a topic of their own.

    Args:
        announcer: Writes to the control log.
        artifacts: Base and past fraud.
        tails: Tails of the base's scores on genuine traffic.
        threshold: Surprise over which it would alert.
        author: User or process that announces.
        reason: Why, in words.

    Returns:
        The entry, and its control offset.
    """
    values, parts = {"shadow_threshold": threshold}, _parts(artifacts, tails)
    return announcer.announce(Change(Kind.SHADOW, _trial_id(artifacts), author, reason, parts, values))


def _trial_id(artifacts: Artifacts) -> str:
    return f"{BASE_ID}-{artifacts.base.content_hash[:12]}"


def _parts(artifacts: Artifacts, tails: Tails) -> dict[str, bytes]:
    parts = {BASE: artifacts.base.to_bytes(), TAILS: tails_to_bytes(tails)}
    return parts | ({PAST: past_to_bytes(artifacts.past)} if len(artifacts.past) else {})
