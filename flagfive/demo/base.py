"""Puts the shipped base and networks in force, calibrated on the traffic of the demo."""

import numpy as np
from numpy.typing import NDArray

from control.announce import Announcer
from control.promote import announce_artifacts
from flagfive.keys import control_key
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.threshold import first_threshold
from settings import Settings


def put_base_in_force(
    settings: Settings, genuine: NDArray[np.float32], artifacts: Artifacts | None = None
) -> int:
    """Announce a base and its networks.

    Args:
        settings: the settings, with the signing key.
        genuine: features of genuine payments that the tails are fitted to, float32 (n, d).
        artifacts: base and networks; None takes the shipped ones.

    Returns:
        Control offset of the announcement.
    """
    artifacts = artifacts or Artifacts.load()
    tails = Tails.fit(artifacts.base.score(genuine))
    announcer = Announcer(settings.broker, settings.topics.control, control_key(settings))
    try:
        announced = announce_artifacts(
            announcer,
            artifacts,
            tails,
            threshold=first_threshold(settings.budget.alert_rate),
            author="flagfive demo",
            reason="shipped artifacts, tails of the simulated history",
        )
    finally:
        announcer.close()
    return announced.offset
