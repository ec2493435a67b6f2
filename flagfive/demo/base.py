"""Put the shipped base and networks in force, calibrated on the demo's own traffic."""

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
    """Announce artifacts, the shipped ones unless given; returns their control offset.

    Args:
        genuine: features of ordinary payments, float32 (n, d), that tails are measured on.
    """
    artifacts = artifacts or Artifacts.load()
    tails = Tails.fit(artifacts.base.score(genuine))
    announcer = Announcer(settings.broker.bootstrap, settings.topics.control, control_key(settings))
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
