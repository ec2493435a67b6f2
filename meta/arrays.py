"""Names of array types, and the check of arrays that come from outside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Rows = NDArray[np.intp]
Tensors = dict[str, NDArray[Any]]


class WrongShape(ValueError):
    """An array has another shape than its model reads."""


def matrix(X: NDArray[Any], columns: int, what: str) -> Floats:
    """Return `X` as contiguous float32 (n, columns).

    Raises:
        WrongShape: The array has another shape; the message names `what`.
    """
    if X.ndim != 2 or X.shape[1] != columns:
        raise WrongShape(f"{what}: shape {X.shape}, allowed (rows, {columns})")
    return np.ascontiguousarray(X, dtype=np.float32)
