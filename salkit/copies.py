"""How good a copy is: feedback weights B beside the forward weights W they should transpose.

Over all entries of B and Wᵀ, flattened,

    angle            arccos( Σ B Wᵀ / (|B| |Wᵀ|) )        0° for B ∝ Wᵀ, near 90° for independent weights
    correlation      cov(B, Wᵀ) / (sd B · sd Wᵀ)          unlike the angle blind to an offset common to all entries
    slope            cov(B, Wᵀ) / var Wᵀ                   of the line through B over Wᵀ; 1 for a copy
    sign agreement   share of entries of equal sign, 0 counting as neither

The angle decides what an error fed back through B is worth (angle to the gradient below 90° still learns); slope and
correlation say whether it is size or noise that is missing.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .values import MOST, array, broadcast

__all__ = ["angle", "correlation", "quality", "sign_agreement", "slope"]

_Array = NDArray[np.float64]


def angle(feedback: ArrayLike, forward: ArrayLike) -> _Array:
    """Degrees between B and Wᵀ, shapes (..., n, m) and (..., m, n) → (...); nan where one of them is zero.

    Raises ValueError for other shapes and for numbers that are not finite.
    """
    b, w = _pair(feedback, forward)
    with np.errstate(invalid="ignore"):
        cosine = np.sum(b * w, axis=-1) / np.sqrt(np.sum(b * b, axis=-1) * np.sum(w * w, axis=-1))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def correlation(feedback: ArrayLike, forward: ArrayLike) -> _Array:
    """Pearson's correlation of the entries of B and Wᵀ: shapes and errors as `angle`; nan where one is constant."""
    b, w = _centred(feedback, forward)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(b * w, axis=-1) / np.sqrt(np.sum(b * b, axis=-1) * np.sum(w * w, axis=-1)))


def slope(feedback: ArrayLike, forward: ArrayLike) -> _Array:
    """Slope of the regression line of B on Wᵀ: shapes and errors as `angle`; nan where W is constant."""
    b, w = _centred(feedback, forward)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(b * w, axis=-1) / np.sum(w * w, axis=-1))


def sign_agreement(feedback: ArrayLike, forward: ArrayLike) -> _Array:
    """Share of entries in which B and Wᵀ have the same sign: shapes and errors as `angle`."""
    b, w = _pair(feedback, forward)
    return np.asarray(np.mean(b * w > 0, axis=-1))


def quality(feedback: ArrayLike, forward: ArrayLike) -> dict[str, _Array]:
    """All four by name, angle, correlation, sign and slope: shapes and errors as `angle`."""
    measures: dict[str, Any] = {"angle": angle, "correlation": correlation, "sign": sign_agreement, "slope": slope}
    return {name: measure(feedback, forward) for name, measure in measures.items()}


def _pair(feedback: ArrayLike, forward: ArrayLike) -> tuple[_Array, _Array]:
    """B and Wᵀ with the entries of a matrix along the last axis."""
    b, w = array("feedback", feedback, least=-MOST, most=MOST), array("forward", forward, least=-MOST, most=MOST)
    for name, found in (("feedback", b), ("forward", w)):
        if found.ndim < 2 or found.shape[-1] == 0 or found.shape[-2] == 0:
            raise ValueError(f"{name} must be of shape (..., n, m), neither of them 0, got {found.shape}")
    w = np.swapaxes(w, -1, -2)
    if b.shape[-2:] != w.shape[-2:] or not broadcast(b.shape, w.shape):
        raise ValueError(f"feedback must have the shape of forward's transpose, {w.shape}, got {b.shape}")
    return b.reshape(*b.shape[:-2], -1), w.reshape(*w.shape[:-2], -1)


def _centred(feedback: ArrayLike, forward: ArrayLike) -> tuple[_Array, _Array]:
    b, w = _pair(feedback, forward)
    return b - b.mean(axis=-1, keepdims=True), w - w.mean(axis=-1, keepdims=True)
