"""Where neurons and synapses of layers stand in the kernels' flat arrays, and how well B fits Wᵀ."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels.cpu.layers import LANES

__all__ = ["Fit", "Geometry", "fit", "geometry", "pack", "unpack"]

_Array = NDArray[np.float64]


class Geometry(NamedTuple):
    """What `kernels.cpu.layers` describes: sizes, start, width (layers,), at (layers, 2), layer_of (neurons,)."""

    sizes: NDArray[np.int64]
    start: NDArray[np.int64]
    width: NDArray[np.int64]
    at: NDArray[np.int64]
    layer_of: NDArray[np.int64]
    synapses: int

    @property
    def neurons(self) -> int:
        """Number of neurons, padding included."""
        return int(self.layer_of.size)

    def of_layer(self, layer: int) -> slice:
        """The neurons of a layer."""
        return slice(int(self.start[layer]), int(self.start[layer] + self.sizes[layer]))


@cache
def geometry(sizes: tuple[int, ...]) -> Geometry:
    """The places for layers of these sizes."""
    size = np.array(sizes, np.int64)
    width = (size + LANES - 1) // LANES * LANES
    at, used = np.full((size.size, 2), -1, np.int64), 0
    for lower in range(size.size - 1):
        for layer, side, other in ((lower, 1, lower + 1), (lower + 1, 0, lower)):
            at[layer, side] = used
            used += int(size[layer] * width[other])
    start = np.concatenate([[0], np.cumsum(width)[:-1]]).astype(np.int64)
    return Geometry(size, start, width, at, np.repeat(np.arange(size.size), width), used)


def _rows(flat: NDArray, g: Geometry, layer: int, side: int) -> NDArray:
    """The rows of a layer's neurons towards one side, shape (runs, neurons, neurons there): a view."""
    other, first = layer - 1 + 2 * side, int(g.at[layer, side])
    n, width = int(g.sizes[layer]), int(g.width[other])
    return flat[:, first : first + n * width].reshape(-1, n, width)[:, :, : g.sizes[other]]


def pack(g: Geometry, forward: Sequence[NDArray], backward: Sequence[NDArray], kind: type = np.float64) -> NDArray:
    """Flat weights (runs, synapses) of W_l, shape (runs, n_l, n_{l−1}), and B_l, shape (runs, n_{l−1}, n_l)."""
    flat: NDArray = np.zeros((forward[0].shape[0], g.synapses), kind)
    for lower, (w, b) in enumerate(zip(forward, backward, strict=True)):
        _rows(flat, g, lower, 1)[:] = np.swapaxes(w, 1, 2)
        _rows(flat, g, lower + 1, 0)[:] = np.swapaxes(b, 1, 2)
    return flat


def unpack(g: Geometry, flat: NDArray) -> tuple[list[NDArray], list[NDArray]]:
    """Copies of all W_l and B_l: the inverse of `pack`, for arrays of shape (runs, synapses)."""
    links = range(g.sizes.size - 1)
    forward = [np.swapaxes(_rows(flat, g, lower, 1), 1, 2).copy() for lower in links]
    return forward, [np.swapaxes(_rows(flat, g, lower + 1, 0), 1, 2).copy() for lower in links]


class Fit(NamedTuple):
    """How well B fits Wᵀ, of shape (runs,): angle in degrees, slope of B on W, correlation, share of equal signs."""

    angle: _Array
    slope: _Array
    correlation: _Array
    sign: _Array


def fit(forward: _Array, backward: _Array, present: NDArray[np.bool_] | None = None) -> Fit:
    """The fit of B, shape (runs, lower, upper), to W, (runs, upper, lower), where B is `present` (default: everywhere).

    Angle and slope are those through the origin, ΣWB/(|W| |B|) and ΣWB/ΣW²; what is not defined is 0, or 90°.
    """
    w = np.swapaxes(forward, 1, 2).reshape(forward.shape[0], -1)
    b = backward.reshape(backward.shape[0], -1)
    on = np.ones(w.shape, bool) if present is None else present.reshape(w.shape)
    w, b = np.where(on, w, 0.0), np.where(on, b, 0.0)
    number = np.maximum(on.sum(axis=1), 1)
    ww, bb, wb = (np.sum(x * y, axis=1) for x, y in ((w, w), (b, b), (w, b)))
    w0, b0 = w - on * (w.sum(axis=1) / number)[:, None], b - on * (b.sum(axis=1) / number)[:, None]
    apart = np.sqrt(np.sum(w0 * w0, axis=1) * np.sum(b0 * b0, axis=1))
    angle = np.degrees(np.arccos(np.clip(_over(wb, np.sqrt(ww * bb)), -1.0, 1.0)))
    same = np.sum(on & (np.sign(w) == np.sign(b)), axis=1) / number
    return Fit(angle, _over(wb, ww), _over(np.sum(w0 * b0, axis=1), apart), same)


def _over(a: _Array, b: _Array) -> _Array:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)
