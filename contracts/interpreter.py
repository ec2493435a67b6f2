"""Settings of the Python interpreter for processes that must answer within milliseconds."""

import gc
import sys

SWITCH_INTERVAL_S = 0.0005


def let_threads_alternate() -> None:
    """Let threads take turns every 0.5 ms, for the rest of this process; call it once, at its start.

    A worker's kernels run in one thread and its consumer in another; a gateway looks ids up in a thread. At
    Python's default of 5 ms each answer of the broker waits that long.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def keep_what_is_loaded() -> None:
    """Leave all objects that exist now out of garbage collection; call it once the process is ready to work.

    A full collection visits each of 150,000 objects and more, nearly all of them of imported modules, and
    stops the event loop for 80 ms and more.
    """
    gc.collect()
    gc.freeze()
