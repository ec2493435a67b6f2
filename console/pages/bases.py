"""Every base that has been in force: period, training, alerts, and the rollback."""

from functools import partial

from nicegui import ui

from console.pages.address import page
from console.pages.control_history import ask_roll_back
from console.pages.detector_tabs import detector_tabs
from console.pages.evidence import evidence_links
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, moment, panel, table, text, word
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import NOTHING, percent
from console.results.detectors import DetectorList, DetectorSummary, InForce, Training

HEADS = ("Base", "In force", "~Replaced", "~Trained on", "~#Threshold", "#Alerts", "~#Precision", "")
BLANK_KEPT = "white-space: pre"
DIGITS = 12
"""Shown of a hash, as `flagfive promote` prints it."""


@page("/detectors/bases", "Bases")
async def bases(viewer: SignedIn) -> None:
    """Show every base that has been in force."""
    with frame(viewer, "Detectors", "Bases"):
        rows = (await viewer.api.get("/detectors/bases", DetectorList)).rows
        detector_tabs("Bases")
        BasesPanel(viewer, rows).show()


class BasesPanel:
    """All bases, newest first; viewers who may approve can roll back the last change."""

    def __init__(self, viewer: PageViewer, rows: list[DetectorSummary]) -> None:
        self._viewer, self._rows = viewer, rows

    def show(self) -> None:
        """Draw the panel."""
        with panel("Bases"), box("stack tight"):
            if not self._rows:
                empty("No base yet", "flagfive promote puts a base in force.", "radar")
                return
            with table(HEADS, "Bases that have been in force"):
                for row in self._rows:
                    with ui.element("tr"):
                        self._row(row)
            if len(self._rows) > 1:
                words = (
                    "A rollback undoes only the last change of the base. To restore an earlier base, run "
                    "flagfive promote with the folder of its artifacts."
                )
                text(words, "muted small")

    def _row(self, row: DetectorSummary) -> None:
        with cell():
            text(row.name, "strong")
            if row.status == "live":
                word("live")
                evidence_links(self._viewer, f"base/{row.id}")
            text(f"by {row.author}", "muted small")
            text(row.reason, "muted small")
        stay = row.in_force
        assert stay is not None  # set in every row of `/detectors/bases`
        self._stay(stay)
        _training(row.training, self._viewer)
        threshold = stay.threshold
        text(NOTHING if threshold is None else f"{threshold:.2f}", "number", tag="td")
        text(f"{row.alerts:,}", "number", tag="td")
        text(percent(row.precision, 0), "number", tag="td")
        with cell("number within-reach"):
            if self._viewer.may("approve") and stay.rollback_offset is not None:
                ask = partial(self._ask, row.name, stay.rollback_offset)
                button("Bring back", ask, kind="quiet", label=f"Bring back {row.name}")

    def _stay(self, stay: InForce) -> None:
        with cell():
            moment(stay.began_at, self._viewer.zone)
            text(_offsets(stay), "muted small")
        with cell():
            moment(stay.ended_at, self._viewer.zone)
            if stay.ended_at is not None:
                text(f"by {stay.replaced_by}", "muted small")
                text(stay.why_replaced, "muted small")

    def _ask(self, name: str, rollback_offset: int) -> None:
        words = (
            f"{name} becomes the base on every partition again, with its earlier threshold and "
            "calibration. Detectors stay as they are."
        )
        ask_roll_back(self._viewer, rollback_offset, words)


def _offsets(stay: InForce) -> str:
    if stay.to_offset is None:
        return f"since offset {stay.from_offset}"
    first, last = stay.from_offset, stay.to_offset - 1
    return f"offset {first}" if first == last else f"offsets {first} to {last}"


def _training(training: Training | None, viewer: PageViewer) -> None:
    with cell():
        if training is None:
            text("the artifact cannot be read", "muted small")
            return
        for words, at in (("from ", training.first_at), ("to ", training.last_at)):
            with box(""):
                text(words, "muted small", tag="span").style(BLANK_KEPT)
                moment(at, viewer.zone)
        text(f"{training.rows:,} rows, {training.frauds:,} frauds", "muted small")
        data = text(f"data {training.data_hash[:DIGITS]}", "mono muted small")
        data.props["title"] = training.data_hash
        artifact = text(f"artifact {training.artifact[:DIGITS]}", "mono muted small")
        artifact.props["title"] = training.artifact
