"""Models of the whole pipeline: the shipped base, and detectors adapted to the topic's traffic."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.stream.setup import SECRET
from benchmarks.stream.topic import Traffic, records
from control.announce import Announcer
from control.change import Change
from control.entry import Kind
from control.keys import ControlKey
from control.parts import tails_to_bytes
from control.promote import announce_artifacts
from features.decode import Decoder
from features.offline import Featuriser
from features.schema import TransactionSchema
from meta.adapters.evidence import Evidence
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.live import LiveDetector
from meta.stack import ScoringStack
from meta.support import Support
from settings import Settings
from stream.wiring import transaction_schema

FLAGGED = 5  # transactions per episode
ALERT_SHARE = 0.001
_TRAFFIC = 120_000  # transactions, about as many as a run of latency sends
_GENUINE = 20_000
_AUTHOR, _REASON = "benchmark", "throughput"


def genuine_features(schema: TransactionSchema, count: int = _GENUINE) -> NDArray[np.float32]:
    """Return feature vectors of `count` transactions of the benchmark's traffic, spread over a run.

    Of the first transactions almost none is a card's second. A threshold for 0.1% that is fitted to those
    alerts one transaction in fifty soon after.
    """
    featuriser = Featuriser(schema)
    parts = [
        featuriser.features(Decoder(schema).decode(values, np.full(len(values), 2e9))[0])
        for _, values in records(Traffic(_TRAFFIC), schema)
    ]
    return np.concatenate(parts)[:: _TRAFFIC // count]


def small_stack(artifacts: Artifacts, genuine: NDArray[np.float32], detectors: int) -> ScoringStack:
    """Return the base with the given number of detectors, each adapted to an episode of five."""
    base_tails = Tails.fit(artifacts.base.score(genuine))
    live = [_detector(artifacts, genuine, seed) for seed in range(detectors)]
    return ScoringStack(artifacts.base, base_tails, tuple(live))


def _detector(artifacts: Artifacts, genuine: NDArray[np.float32], seed: int) -> LiveDetector:
    adapter = Evidence(artifacts.require_evidence())
    random = np.random.default_rng(seed)
    flagged = genuine[random.choice(len(genuine), FLAGGED, replace=False)]
    detector = adapter.adapt(Support(flagged), genuine[:1024], seed=seed)
    return LiveDetector(detector, adapter, Tails.fit(adapter.score(detector, genuine)), 0.0)


def announce(settings: Settings, detectors: int) -> None:
    """Write base and detectors to the control log of `settings`, with a threshold for 0.1% alerts."""
    artifacts, genuine = Artifacts.load(), genuine_features(transaction_schema(settings))
    stack = small_stack(artifacts, genuine, detectors)
    threshold = float(np.quantile(stack.score(genuine)[0], 1 - ALERT_SHARE))
    announcer = Announcer(settings.broker, settings.topics.control, ControlKey.single(SECRET))
    try:
        announce_artifacts(
            announcer, artifacts, stack.base_tails, threshold=threshold, author=_AUTHOR, reason=_REASON
        )
        for number, live in enumerate(stack.detectors):
            parts = {"detector": live.detector.to_bytes(), "tails": tails_to_bytes(live.tails)}
            values = {"threshold": threshold, "shift": 0.0}
            change = Change(Kind.DETECTOR, f"episode-{number}", _AUTHOR, _REASON, parts, values)
            announcer.announce(change)
    finally:
        announcer.close()
