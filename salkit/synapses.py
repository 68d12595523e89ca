"""Sparse weights: a matrix of which only the synapses are kept, in compressed columns.

Column j holds the weights W_ij of neuron j (pre) onto its targets i (post), as the spikes of j need them: 12 bytes a
synapse instead of the 8 N of a neuron in a full row. (SciPy's compressed sparse column format.)
"""

from typing import Any

import numpy as np
from scipy import sparse

from .values import shown

__all__ = ["compressed", "is_sparse"]


def is_sparse(weights: Any) -> bool:
    """Whether weights are one of SciPy's sparse matrices or arrays."""
    return bool(sparse.issparse(weights))


def compressed(name: str, weights: Any) -> Any:
    """A copy in compressed columns, each sorted, without zeros and duplicates, read-only: a `scipy.sparse.csc_array`.

    Raises ValueError unless it is a square matrix of finite numbers with zero diagonal.
    """
    if weights.ndim != 2 or weights.shape[0] != weights.shape[1] or weights.shape[0] < 1:
        raise ValueError(f"sparse {name} must have shape (N, N), got {weights.shape}")
    if weights.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be a sparse matrix of numbers, got {shown(weights)}")
    columns = sparse.csc_array(weights, dtype=np.float64, copy=True)
    columns.sum_duplicates()
    wrong = ~np.isfinite(columns.data)
    if np.any(wrong):
        raise ValueError(f"{name} must be finite, got {columns.data[wrong].flat[0]}")
    columns.eliminate_zeros()
    if np.any(columns.diagonal() != 0):
        raise ValueError(f"{name} must have a zero diagonal: a neuron has no synapse onto itself")
    for part in (columns.data, columns.indices, columns.indptr):
        part.flags.writeable = False
    return columns
