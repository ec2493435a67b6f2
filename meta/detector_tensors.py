"""What tensors a detector must hold, and the check of a detector that came from elsewhere.

The kernels do not check bounds: a table that is too small would be read past its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Tensors


class UnfitDetector(ValueError):
    """A detector whose tensors are not the ones that its adapter reads."""


@dataclass(frozen=True)
class TensorSpec:
    """Shape and dtype of one tensor; a dimension of None may have any length from 1.

    >>> str(TensorSpec((None, 41)))
    'float32 (any, 41)'
    """

    shape: tuple[int | None, ...]
    dtype: str = "float32"

    def fits(self, tensor: NDArray[Any]) -> bool:
        """Return whether `tensor` has this dtype and shape."""
        return (
            tensor.dtype == np.dtype(self.dtype)
            and tensor.ndim == len(self.shape)
            and all(
                found == wanted if wanted is not None else found >= 1
                for found, wanted in zip(tensor.shape, self.shape, strict=True)
            )
        )

    def __str__(self) -> str:
        return f"{self.dtype} ({', '.join('any' if n is None else str(n) for n in self.shape)})"


TensorSpecs = Mapping[str, TensorSpec]


def specs_of(tensors: Tensors) -> dict[str, TensorSpec]:
    """Return the specs that exactly such tensors fit."""
    return {name: TensorSpec(tensor.shape, tensor.dtype.name) for name, tensor in tensors.items()}


def check_tensors(tensors: Tensors, specs: TensorSpecs) -> None:
    """Check names, shapes, dtypes and values of a detector's tensors.

    Args:
        tensors: Tensors by name, as the detector holds them.
        specs: What each must be, by name. No other names are allowed.

    Raises:
        UnfitDetector: A tensor is missing, unknown, of another shape or dtype, or holds a value that is
            not finite.
    """
    if tensors.keys() != specs.keys():
        raise UnfitDetector(f"tensors {sorted(tensors)}, allowed are {sorted(specs)}")
    for name, spec in specs.items():
        tensor = tensors[name]
        if not spec.fits(tensor):
            raise UnfitDetector(f"{name} is {_described(tensor)}, allowed is {spec}")
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise UnfitDetector(f"{name} holds values that are not finite")


def _described(tensor: NDArray[Any]) -> str:
    return f"{tensor.dtype} ({', '.join(map(str, tensor.shape))})"
