"""All that scores in one snapshot: base, networks, detectors, and what is on trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from control.applied import AppliedByKey, by_offset, in_force, latest_number
from control.checking import check_detector, try_out
from control.entry import Kind
from control.errors import MalformedEntry
from control.loading import BASE_SHIFT, Calibration, LoadedBase, LoadedDetector, LoadedShadow
from control.shadows import Shadows
from meta.adapters.protocol import Adapter
from meta.adapters.registry import UnknownAdapter, adapter_of
from meta.artifacts import Artifacts, NoArtifacts
from meta.calibration import Tails
from meta.detector import Detector
from meta.evidence_model import EvidenceModel
from meta.live import LiveDetector
from meta.stack import ScoringStack


@dataclass(frozen=True)
class Models:
    """Trained models in force: what adapters are made around.

    Attributes:
        base: The base announced last.
        networks: Evidence networks by content hash, the one announced last at the end.
        artifacts: Base and the newest network of each kind; None without a base.
    """

    base: LoadedBase | None = None
    networks: Mapping[str, EvidenceModel] = field(default_factory=lambda: MappingProxyType({}))
    artifacts: Artifacts | None = None

    @classmethod
    def of(cls, applied: AppliedByKey) -> Models:
        """Collect the models that entries hold."""
        bases = [a.loaded for a in by_offset(applied, Kind.BASE) if isinstance(a.loaded, LoadedBase)]
        loaded = [a.loaded for a in by_offset(applied, Kind.NETWORK)]
        networks = {n.content_hash: n for n in loaded if isinstance(n, EvidenceModel)}
        base = bases[-1] if bases else None
        newest = {network.aware: network for network in networks.values()}
        if base is None:
            return cls(base, MappingProxyType(networks))
        artifacts = Artifacts(base.model, newest.get(False), newest.get(True))
        return cls(base, MappingProxyType(networks), artifacts)

    def adapter_of(self, detector: Detector) -> Adapter | None:
        """Return what scores a detector; None where the models that it was made with are not in force."""
        for artifacts in self._to_try(detector):
            try:
                return adapter_of(detector, artifacts)
            except (UnknownAdapter, NoArtifacts):
                continue
        return None

    def _to_try(self, detector: Detector) -> Iterator[Artifacts]:
        """Yield the newest artifacts, those around each evidence network in force, then the base alone."""
        if self.artifacts is None:
            return
        yield self.artifacts
        if detector.network:
            for network in self.networks.values():
                yield Artifacts(self.artifacts.base, network, network if network.aware else None)
            yield Artifacts(self.artifacts.base)


@dataclass(frozen=True)
class Scorers:
    """What scores. It is built as a whole from the applied entries, and never changed.

    Attributes:
        models: Trained models in force.
        base_tails: Tails of the base: of its latest calibration, else those it was announced with.
        detectors: Detectors that can score, in the order of their ids, which is the order in the stack.
        dormant: Ids of detectors that wait for the network or base that they were made with.
        stack: Base and detectors; None before there is a base.
        shadows: What scores silently beside the stack.
    """

    models: Models = field(default_factory=Models)
    base_tails: Tails | None = None
    detectors: tuple[LoadedDetector, ...] = ()
    dormant: tuple[str, ...] = ()
    stack: ScoringStack | None = None
    shadows: Shadows = field(default_factory=Shadows)

    @classmethod
    def of(cls, applied: AppliedByKey, newest: bytes | None = None) -> Scorers:
        """Build the scorers and try them out, so that parts which do not fit never meet a transaction.

        Args:
            applied: All entries.
            newest: Key of the entry that is being applied. A detector of another entry that does not fit
                the models in force waits, as one without its network does, and does not get a sound base
                refused. None refuses in both cases.

        Raises:
            MalformedEntry: The parts in force do not fit each other.
        """
        models = Models.of(applied)
        found = [a.loaded for a in in_force(applied, Kind.DETECTOR).values()]
        adapters = [
            (d, _fitting(d, models, required=newest in (None, _key(d))))
            for d in found
            if isinstance(d, LoadedDetector)
        ]
        awake = [(loaded, made) for loaded, made in adapters if made is not None]
        detectors = tuple(loaded for loaded, _ in awake)
        dormant = tuple(loaded.id for loaded, made in adapters if made is None)
        if models.base is None:
            return cls(models, None, detectors, dormant)
        calibrations = _calibrations(applied, models.base)
        fitted = [c.base for _, c in calibrations if c.base is not None]
        base_tails = fitted[-1] if fitted else models.base.tails
        live = [
            LiveDetector(one.detector, made, _tails(applied, calibrations, one), one.shift)
            for one, made in awake
        ]
        base_shift = latest_number(applied, BASE_SHIFT) or 0.0
        stack = ScoringStack(models.base.model, base_tails, tuple(live), base_shift)
        on_trial = [a.loaded for a in in_force(applied, Kind.SHADOW).values()]
        shadows = Shadows.of((s for s in on_trial if isinstance(s, LoadedShadow)), stack, models.adapter_of)
        scorers = cls(models, base_tails, detectors, dormant, stack, shadows)
        try_out(stack, detectors)
        shadows.check(models.base)
        return scorers


def _fitting(loaded: LoadedDetector, models: Models, *, required: bool) -> Adapter | None:
    """Return what scores a detector; None where its models are not in force, or have another shape."""
    made = models.adapter_of(loaded.detector)
    if made is None or models.base is None:
        return made
    try:
        check_detector(loaded, made, models.base)
    except MalformedEntry:
        if required:
            raise
        return None
    return made


def _key(loaded: LoadedDetector) -> bytes:
    return f"{Kind.DETECTOR}/{loaded.id}".encode()


def _calibrations(applied: AppliedByKey, base: LoadedBase) -> list[tuple[int, Calibration]]:
    """Return calibrations of `base` with their offsets, the latest at the end."""
    mine = [a for a in by_offset(applied, Kind.THRESHOLD) if a.entry.parent == base.content_hash]
    return [(a.place, a.loaded) for a in mine if isinstance(a.loaded, Calibration)]


def _tails(
    applied: AppliedByKey, calibrations: list[tuple[int, Calibration]], loaded: LoadedDetector
) -> Tails:
    """Return a detector's tails: of the latest calibration since it was announced, else its own."""
    announced = applied[_key(loaded)].place
    later = [c.detectors[loaded.id] for at, c in calibrations if at > announced and loaded.id in c.detectors]
    return later[-1] if later else loaded.tails
