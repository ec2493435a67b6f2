"""The numbered steps of a flag, from the request to a detector that scores on every partition.

What a stop right after each step costs:

1. received   nothing: the next worker reads the request again.
2. checked    nothing: the check only reads.
3. adapted    only the time: adapting again gives the same detector id.
4. stored     nothing: the episode is stored as `adapted`; the repeated request continues from there.
5. announced  nothing: the changes are on the control log; the repeated request finds a live detector in force
              and continues with step 6. A draft, a waiting or a shadow detector is announced again, which
              replaces the entries of the first try.
6. noted      nothing: the repeated request finds the outcome in the database.
7. committed  nothing: the request is done; the next worker waits for the acknowledgements.
8. live       the answer: sending the same request again returns it.

A detector, its tails and the threshold that fits them are one entry of the control log, so no step leaves a
detector half live.
"""

from __future__ import annotations

from enum import IntEnum


class FlagStep(IntEnum):
    """A step that is complete. Steps 7 and 8 follow only where the detector goes live."""

    RECEIVED = 1
    CHECKED = 2
    ADAPTED = 3
    STORED = 4
    ANNOUNCED = 5
    NOTED = 6
    COMMITTED = 7
    LIVE = 8


def continue_after(step: FlagStep) -> None:
    """Continue with the next step. Tests stop a worker here instead."""
