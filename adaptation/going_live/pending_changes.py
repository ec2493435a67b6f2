"""Watches the acknowledgements of what was announced, and answers once it is in force everywhere."""

from __future__ import annotations

import logging

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.going_live.pending_change import PendingChange
from contracts.answer import Answer
from contracts.metrics import adaptation as metrics
from control.acks import AckTable, Progress
from storage.episodes import ANNOUNCED, LIVE

log = logging.getLogger(__name__)

PATIENCE_S = 10.0
"""Asked-for changes are in force within a second; after ten, whoever asked is told how far it is."""


class PendingChanges:
    """Changes that are waited for. `due` gives the answers that can be given now."""

    def __init__(self, context: AdaptationContext, acks: AckTable) -> None:
        self._context, self._acks = context, acks
        self._waiting: dict[str, PendingChange] = {}
        self._told: set[str] = set()

    def __bool__(self) -> bool:
        """Whether anything is waited for that nobody has been answered yet."""
        return bool(self._waiting.keys() - self._told)

    def add(self, awaiting: PendingChange) -> None:
        """Wait for this one; again is no harm."""
        self._waiting[awaiting.request_id] = awaiting
        self._told.discard(awaiting.request_id)

    def resume(self) -> None:
        """Wait for all that an earlier worker announced and did not see live."""
        with self._context.unit(reads_only=True) as unit:
            for episode in unit.episodes.with_status(ANNOUNCED):
                self.add(PendingChange.of(episode))

    def due(self) -> list[Answer]:
        """Answers for what is live on every partition, and once for what takes too long."""
        answers = []
        for awaiting in list(self._waiting.values()):
            progress = self._acks.progress(awaiting.control_offset)
            if progress.complete:
                answers.append(self._settle(awaiting, progress))
            elif self._takes_too_long(awaiting):
                self._told.add(awaiting.request_id)
                answers.append(self._answer(awaiting, progress, ANNOUNCED))
        return answers

    def _settle(self, awaiting: PendingChange, progress: Progress) -> Answer:
        answer = self._answer(awaiting, progress, LIVE)
        if awaiting.episode_id is not None:
            self._note_live(awaiting.episode_id, answer)
            assert answer.flag_to_live_ms is not None
            metrics.FLAG_TO_LIVE_SECONDS.observe(answer.flag_to_live_ms / 1e3)
            metrics.EPISODES.labels(LIVE).inc()
        del self._waiting[awaiting.request_id]
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

    def _answer(self, awaiting: PendingChange, progress: Progress, status: str) -> Answer:
        # Live since the last worker said so, not since this one found the time to read it.
        until = progress.at if progress.complete else self._context.clock()
        seconds = max(0.0, until - awaiting.began)
        return Answer(
            awaiting.request_id,
            status,
            f"{progress} after {seconds:.1f} s",
            detector_id=awaiting.detector_id,
            control_offset=awaiting.control_offset,
            live=progress.live,
            partitions=progress.partitions,
            flag_to_adapted_ms=awaiting.flag_to_adapted_ms,
            flag_to_announced_ms=awaiting.flag_to_announced_ms,
            flag_to_live_ms=1e3 * seconds if status == LIVE else None,
            notes=awaiting.notes,
        )

    def _takes_too_long(self, awaiting: PendingChange) -> bool:
        waited = self._context.clock() - awaiting.began
        return waited > PATIENCE_S and awaiting.request_id not in self._told
