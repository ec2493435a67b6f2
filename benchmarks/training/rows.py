"""Rows of labelled files to train the base on, and to score, as the prequential replay collects them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flagfive.labelled_file import open_table
from replay.featured import Featured
from replay.fold import Days, Fold
from replay.fold_files import FoldFiles
from replay.reading import RowReader
from replay.survey import DAY_S, survey


@dataclass(frozen=True)
class Windows:
    """Periods of a file.

    Attributes:
        train_days: Days of each training period.
        delay_days: Days until labels are known.
        test_days: Days of each test.
        choose: First days of the training periods that settings are chosen on.
        report: First days of those that are reported; all of their tests are later.
    """

    train_days: int
    delay_days: int
    test_days: int
    choose: tuple[int, ...]
    report: tuple[int, ...]

    def days(self, first: int) -> Days:
        """Return the days of the period that begins on a day of the file."""
        delay = first + self.train_days
        test = delay + self.delay_days
        return Days(first, delay, test, test + self.test_days)


WINDOWS = {
    "handbook": Windows(7, 7, 7, (73, 87), (115, 122, 129, 136)),
    "sparkov": Windows(56, 7, 28, (280, 364), (455, 511, 567, 623)),
}
"""By the name of the file. Handbook's reported weeks are those of its book."""


def collect(file: Path, firsts: tuple[int, ...], folder: Path) -> list[Fold]:
    """Write the rows of training periods that begin on these days, and of their tests, to a folder.

    Args:
        file: A file that `WINDOWS` names.
        firsts: First days, in order.
        folder: An empty folder.
    """
    windows = WINDOWS[file.stem]
    reader = RowReader(*open_table(file, None))
    featured = Featured(reader, windows.delay_days * DAY_S)
    found = survey(reader)
    epoch = float(np.floor(found.first / DAY_S) * DAY_S)
    folds = []
    for first in firsts:
        own = folder / str(first)
        own.mkdir(parents=True)
        files = FoldFiles(own, len(featured.names))
        folds.append(Fold(windows.days(first), epoch, featured.names, featured.live, reader.families, files))
    for part in reader.parts():
        X = featured.features(part)
        cards = part if reader.has_cards else part.each_its_own_card()
        for fold in folds:
            fold.take(cards, X)
    return folds
