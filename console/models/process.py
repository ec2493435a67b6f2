"""Sends requests to the model process, and restarts it after a crash."""

from __future__ import annotations

import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Protocol, Self

from console.models import child
from console.models.results import (
    AlternativeTerms,
    CannotScore,
    DraftMatches,
    ModelsBusy,
    RuleDraft,
    RuleSuggestion,
)
from console.results.inventory import InventoryList
from console.results.transactions import PartScore
from console.results.what_if import WhatIf
from contracts.answer import Draft
from contracts.standing_policy import StandingPolicy
from control.keys import ControlKey
from replay.blast_radius import BlastRadius
from replay.policy_radius import PolicyRadius
from rules.policy.definition import DecisionPolicy
from rules.vocabulary import Vocabulary
from storage.audit_keys import AuditKeys
from storage.history_location import HistoryLocation

ANSWER_WITHIN_S = 120.0
"""Seconds to wait: enough to search a month of heavy traffic. Other pages do not wait."""


class ScoringModels(Protocol):
    """The model process, as services use it; every request can raise CannotScore."""

    def look_back(self, draft: Draft, days: float) -> DraftMatches:
        """Find stored transactions that the draft would have alerted."""

    def parts(self, partition: int, offset: int) -> list[PartScore]:
        """Recompute the score of each scorer for a transaction."""

    def what_if(self, change: AlternativeTerms) -> WhatIf:
        """Score stored transactions under other terms. Raises ModelsBusy while another what-if runs."""

    def blast_radius(self, draft: RuleDraft, names: Vocabulary, policy: StandingPolicy) -> BlastRadius:
        """Evaluate a rule on stored transactions. Raises RuleError, and ModelsBusy as `what_if` does."""

    def rule_suggestion(
        self, episode_id: str, names: Vocabulary, policy: StandingPolicy, days: float
    ) -> RuleSuggestion:
        """Find a rule from the flags of an episode. Raises ModelsBusy as `what_if` does."""

    def policy_radius(
        self, tried: DecisionPolicy, days: float, names: Vocabulary, policy: StandingPolicy
    ) -> PolicyRadius:
        """Compare a decision policy with what is in force. Raises as `blast_radius`."""

    def stage(self) -> int | None:
        """Return the stage of the running what-if as an index of STAGES; None if none runs."""

    def evidence(self, policy: StandingPolicy, subject: str, made_by: str, now: float) -> bytes:
        """Return the evidence document of a subject as JSON. Raises NotFound and AuditLogBroken."""

    def inventory(self, policy: StandingPolicy, now: float) -> InventoryList:
        """Return every model in force or on trial."""

    def __enter__(self) -> object:
        """Start the process, so that the first request does not wait for it."""

    def __exit__(self, *error: object) -> None:
        """End the process."""


class ModelProcess:
    """One child, one request at a time. It is spawned, because a fork would lose the console's threads.

    Args:
        url: the database.
        key: verifies the control log.
        audit_keys: verify the audit log, for evidence.
        history: the history store; None for none.
    """

    def __init__(
        self,
        url: str,
        key: ControlKey,
        audit_keys: AuditKeys | None = None,
        history: HistoryLocation | None = None,
    ) -> None:
        self._context = get_context("spawn")
        self._stage = self._context.Value("i", 0)
        self._arguments = (url, key.verifying_texts(), audit_keys, history, self._stage)
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def look_back(self, draft: Draft, days: float) -> DraftMatches:
        """Run in the child. Raises CannotScore."""
        found: DraftMatches = self._run("look_back_with", draft, days)
        return found

    def parts(self, partition: int, offset: int) -> list[PartScore]:
        """Run in the child. Raises CannotScore."""
        found: list[PartScore] = self._run("parts_of", partition, offset)
        return found

    def what_if(self, change: AlternativeTerms) -> WhatIf:
        """Run in the child. Raises CannotScore, and ModelsBusy while another what-if runs."""
        found: WhatIf = self._run_alone("what_if", change)
        return found

    def blast_radius(self, draft: RuleDraft, names: Vocabulary, policy: StandingPolicy) -> BlastRadius:
        """Run in the child. Raises RuleError and CannotScore, and ModelsBusy while a what-if runs."""
        found: BlastRadius = self._run_alone("blast_radius_of", draft, names, policy)
        return found

    def rule_suggestion(
        self, episode_id: str, names: Vocabulary, policy: StandingPolicy, days: float
    ) -> RuleSuggestion:
        """Run in the child. Raises CannotScore, and ModelsBusy while a what-if runs."""
        found: RuleSuggestion = self._run_alone("rule_suggestion", episode_id, names, policy, days)
        return found

    def policy_radius(
        self, tried: DecisionPolicy, days: float, names: Vocabulary, policy: StandingPolicy
    ) -> PolicyRadius:
        """Run in the child. Raises RuleError and CannotScore, and ModelsBusy while a what-if runs."""
        found: PolicyRadius = self._run_alone("policy_radius_of", tried, days, names, policy)
        return found

    def evidence(self, policy: StandingPolicy, subject: str, made_by: str, now: float) -> bytes:
        """Run in the child. Raises NotFound, AuditLogBroken and CannotScore."""
        found: bytes = self._run("evidence_about", policy, subject, made_by, now)
        return found

    def inventory(self, policy: StandingPolicy, now: float) -> InventoryList:
        """Run in the child. Raises CannotScore."""
        found: InventoryList = self._run("inventory_now", policy, now)
        return found

    def stage(self) -> int | None:
        """Return the latest stage that the child has set."""
        return self._stage.value if self._asking.locked() else None

    def __enter__(self) -> Self:
        """Start the child; it loads its libraries while the console starts to serve."""
        self._started().submit(child.ready)
        return self

    def __exit__(self, *error: object) -> None:
        """End the child, also during a request."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
                self._pool = None

    def _run_alone(self, name: str, *arguments: Any) -> Any:
        """Run what takes seconds; a second one is refused, so that other requests wait for one at most."""
        if not self._asking.acquire(blocking=False):
            raise ModelsBusy
        try:
            self._stage.value = 0
            return self._run(name, *arguments)
        finally:
            self._asking.release()

    def _run(self, name: str, *arguments: Any) -> Any:
        try:
            return self._started().submit(child.call, name, *arguments).result(ANSWER_WITHIN_S)
        except BrokenProcessPool as broken:
            with self._lock:
                self._pool = None  # the next request starts another child
            raise CannotScore("the model process has died; try again") from broken
        except TimeoutError as late:
            raise CannotScore(f"the models did not answer within {ANSWER_WITHIN_S:.0f} s") from late

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    1, mp_context=self._context, initializer=child.start, initargs=self._arguments
                )
            return self._pool
