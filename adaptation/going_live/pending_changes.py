"""Follows announced changes until every partition has acknowledged them, and gives the answers."""

from __future__ import annotations

import logging

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.going_live.result import PendingChange, result_of
from contracts.answer import Answer
from contracts.metrics import adaptation as metrics
from control.acknowledgements import AckTable, Progress
from storage.episodes import ANNOUNCED, LIVE

log = logging.getLogger(__name__)

PATIENCE_S = 10.0
"""Changes are usually in force within a second. After ten, the answer reports how far the change is."""


class PendingChanges:
    """Changes whose acknowledgements are awaited."""

    def __init__(self, context: AdaptationContext, acks: AckTable) -> None:
        self._context, self._acks = context, acks
        self._pending: dict[str, PendingChange] = {}
        self._answered: set[str] = set()

    def __bool__(self) -> bool:
        """Whether a change is pending whose request has had no answer yet."""
        return bool(self._pending.keys() - self._answered)

    def add(self, change: PendingChange) -> None:
        """Await the acknowledgements of a change. Adding it again has no effect but a second answer."""
        self._pending[change.request_id] = change
        self._answered.discard(change.request_id)

    def resume(self) -> None:
        """Await what an earlier worker announced and did not see live. Raises StorageUnavailable."""
        with self._context.unit(reads_only=True) as unit:
            for episode in unit.episodes.with_status(ANNOUNCED):
                change = result_of(episode)
                assert isinstance(change, PendingChange)  # by its status
                self.add(change)

    def answers(self) -> list[Answer]:
        """Answers that are due now.

        Returns:
            One answer for each change that is live on every partition, and one for each change that has taken
            longer than `PATIENCE_S`; the latter gets its final answer once it is live.
        """
        due = []
        for change in list(self._pending.values()):
            progress = self._acks.progress(change.control_offset)
            if progress.complete:
                due.append(self._complete(change, progress))
            elif self._is_late(change):
                self._answered.add(change.request_id)
                due.append(self._answer(change, progress, ANNOUNCED))
        return due

    def _complete(self, change: PendingChange, progress: Progress) -> Answer:
        answer = self._answer(change, progress, LIVE)
        if change.episode_id is not None:
            self._note_live(change.episode_id, answer)
            assert answer.flag_to_live_ms is not None  # given with the status `live`
            metrics.FLAG_TO_LIVE_SECONDS.observe(answer.flag_to_live_ms / 1e3)
            metrics.EPISODES.labels(LIVE).inc()
        del self._pending[change.request_id]
        self._context.after(FlagStep.LIVE)
        return answer

    def _note_live(self, episode_id: str, answer: Answer) -> None:
        with self._context.unit() as unit:
            episode = unit.episodes.get(episode_id)
            if episode is None or episode.status != ANNOUNCED:
                return
            episode.status, episode.flag_to_live_ms = LIVE, answer.flag_to_live_ms
            row = unit.detectors.get(episode.detector_id) if episode.detector_id else None
            if row is not None:
                row.status = LIVE
            details = {"control_offset": answer.control_offset, "message": answer.message}
            unit.audit.append(
                episode.author, "flag: live", subject=episode.id, time=self._context.clock(), details=details
            )
            unit.commit()

    def _answer(self, change: PendingChange, progress: Progress, status: str) -> Answer:
        # The time of the last acknowledgement, not the time at which this worker came to read it.
        until = progress.at if progress.complete else self._context.clock()
        seconds = max(0.0, until - change.asked_at)
        return Answer(
            change.request_id,
            status,
            f"{progress} after {seconds:.1f} s",
            detector_id=change.detector_id,
            control_offset=change.control_offset,
            live=progress.live,
            partitions=progress.partitions,
            flag_to_adapted_ms=change.flag_to_adapted_ms,
            flag_to_announced_ms=change.flag_to_announced_ms,
            flag_to_live_ms=1e3 * seconds if status == LIVE else None,
            notes=change.notes,
            trade_off=change.trade_off,
            to_review=change.to_review,
        )

    def _is_late(self, change: PendingChange) -> bool:
        waited = self._context.clock() - change.asked_at
        return waited > PATIENCE_S and change.request_id not in self._answered
