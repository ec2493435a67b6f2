"""What adapting to an episode gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adaptation.intake.checks import Flagged
from adaptation.proposing.proposal import Proposal
from adaptation.proposing.risk import Risk


@dataclass(frozen=True)
class Adapted:
    """A detector with its id, what it was made of, and the content hash of the base beside it."""

    id: str
    flagged: Flagged
    proposal: Proposal
    risk: Risk
    parent: str
    flag_to_adapted_ms: float

    @property
    def notes(self) -> tuple[str, ...]:
        """What the analyst should know beside the outcome."""
        return (*self.proposal.notes, self.risk.message)

    def found(self) -> dict[str, Any]:
        """What the gate measured, for the record."""
        verdict = self.proposal.verdict
        return {
            "threshold": verdict.threshold,
            "shift": verdict.live.shift,
            "alert_rate": verdict.alert_rate,
            "added_alert_rate": verdict.added,
            "found_left_out": verdict.found,
            "losses": verdict.losses,
            "calibration_rows": self.proposal.rows,
            "propose_ms": 1e3 * self.proposal.seconds,
            "propose_cpu_ms": 1e3 * self.proposal.processor_seconds,
            "notes": list(self.notes),
        }
