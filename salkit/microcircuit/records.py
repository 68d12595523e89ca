"""Finished trainings as matrices: all forward and feedback weights, and where feedback ended beside its goal."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..values import instance

__all__ = ["end_pairs", "matrices"]

_Array = NDArray[np.float64]
_LATE = 0.75  # of training: after that is its end


def matrices(dataset: xr.Dataset) -> tuple[list[_Array], list[_Array]]:
    """W_1 … W_L, each (run, epoch, n_l, n_{l−1}), and B_1 … B_{L−1}, (run, epoch, n_l, n_{l+1}), of `train`'s result.

    Raises ValueError for another dataset.
    """
    ds, found = instance("dataset", dataset, xr.Dataset), []
    for name in ("w_up_", "b_down_"):
        found.append([ds[f"{name}{n}"].values for n in range(1, len(ds) + 1) if f"{name}{n}" in ds])
    forward, backward = found
    if len(forward) < 2 or len(backward) != len(forward) - 1:
        raise ValueError(f"dataset must be a microcircuit's training, got variables {[*ds.data_vars]}")
    return forward, backward


def end_pairs(dataset: xr.Dataset) -> tuple[_Array, _Array]:
    """Forward weights that feedback should equal, and feedback weights, means over the last quarter of training.

    Each of shape (run, synapses): W_2ᵀ … W_Lᵀ and B_1 … B_{L−1} in a row. Raises ValueError as `matrices`.
    """
    forward, backward = matrices(dataset)
    epoch = dataset.epoch.values
    late = epoch > _LATE * epoch[-1]

    def row(ws: list[_Array]) -> _Array:
        means: list[Any] = [w[:, late].mean(axis=1) for w in ws]
        return np.concatenate([w.reshape(len(w), -1) for w in means], axis=1)

    return row([np.swapaxes(w, -1, -2) for w in forward[1:]]), row(backward)
