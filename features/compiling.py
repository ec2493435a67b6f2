"""How kernels are compiled, and where the machine code is kept between starts.

Kernels are never compiled with fastmath: sums must be equal to the bit on every machine and in every batch.

numba keeps machine code on disk and compiles a kernel anew when the kernel's own file changes. It does not
notice a change in another file whose code or constants the kernel contains, so after an upgrade old
arithmetic would go on. The folder for the machine code is therefore named for the contents of all source
folders that went into it: this one, the kernel's own, and those of the kernels that it calls. These are
found, not listed.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import config
from numba.core.dispatcher import Dispatcher

Function = TypeVar("Function", bound=Callable[..., Any])

_HERE = Path(__file__).parent


def kernel(function: Function) -> Function:
    """Compile a function on its first call and keep it; other Python threads run while it works."""
    return _compiled(function, nogil=True)


def inlined(function: Function) -> Function:
    """As `kernel`, for a function so small that a call would cost more than its work."""
    return _compiled(function, nogil=True, forceinline=True)


def short_kernel(function: Function) -> Function:
    """As `kernel`, but it holds Python's lock: to get it back takes up to a switch interval (0.5 ms)."""
    return _compiled(function)


@cache
def source_folders(module: str) -> frozenset[Path]:
    """Folders whose code may be part of the kernels of a module.

    Args:
        module: dotted name of an imported module that holds kernels; they call what it imports at its top.

    Returns:
        This folder, the module's own, and those of the kernels that the module imports.
    """
    names = vars(sys.modules[module])
    imported = {value.py_func.__module__ for value in names.values() if isinstance(value, Dispatcher)}
    folders = frozenset([_HERE, Path(names["__file__"]).parent])
    return folders.union(*(source_folders(other) for other in imported - {module}))


def _compiled(function: Function, *, nogil: bool = False, forceinline: bool = False) -> Function:
    chosen_by_user = config.CACHE_DIR  # type: ignore[attr-defined]
    config.CACHE_DIR = _machine_code_folder(function.__module__) or chosen_by_user  # type: ignore[attr-defined]
    try:
        # numba settles the folder now, and compiles on the first call.
        return numba.njit(  # type: ignore[return-value]
            cache=True, error_model="numpy", nogil=nogil, forceinline=forceinline
        )(function)
    finally:
        config.CACHE_DIR = chosen_by_user  # type: ignore[attr-defined]


@cache
def _machine_code_folder(module: str) -> str | None:
    """A folder in NUMBA_CACHE_DIR or in the user's cache; None, so that numba chooses, if it is read-only."""
    root = os.environ.get("NUMBA_CACHE_DIR") or os.path.join(_user_cache(), "flagfive", "kernels")
    content = "".join(sorted(_fingerprint(folder) for folder in source_folders(module)))
    folder = Path(root, hashlib.sha256(content.encode()).hexdigest()[:16])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder) if os.access(folder, os.W_OK) else None


def _user_cache() -> str:
    return os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")


@cache
def _fingerprint(folder: Path) -> str:
    content = hashlib.sha256()
    for source in sorted(folder.glob("*.py")):
        content.update(source.name.encode())
        content.update(source.read_bytes())
    return content.hexdigest()
