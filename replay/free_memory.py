"""Returns memory that is free, but kept by allocators, to the operating system."""

import ctypes
import gc
import sys

import pyarrow as pa


def give_back() -> None:
    """Return what Arrow and the C library keep for later use; other processes need it now."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
