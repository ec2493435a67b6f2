"""How kernels are compiled, and where they are kept between starts.

Never with fastmath: sums must come out the same to the bit, whatever the machine and the batch.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import config

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function on its first call and keep it; it runs without holding up other threads."""
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[return-value]


def inlined(function: Function) -> Function:
    """Like `kernel`, for a function so small that calling it would cost more than it does."""
    return numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)(function)  # type: ignore[return-value]


def keep_by_content() -> None:
    """Keep compiled kernels in a folder named for the contents of this package.

    numba compiles a kernel anew when its own file changes, but not when a file changes whose code it has
    inlined: after an upgrade, old arithmetic would run on. The folder lies in NUMBA_CACHE_DIR or in the
    user's cache; where it cannot be written, numba chooses one.
    """
    root = os.environ.get("NUMBA_CACHE_DIR") or os.path.join(_user_cache(), "flagfive", "kernels")
    folder = Path(root, _fingerprint())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]


def _user_cache() -> str:
    return os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")


def _fingerprint() -> str:
    content = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        content.update(source.name.encode())
        content.update(source.read_bytes())
    return content.hexdigest()[:16]
