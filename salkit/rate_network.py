"""The rate network: what a microcircuit without spikes computes, its errors, and the gradient they should follow.

    r_0 = σ(x),   u_l = b + W_l r_{l−1},   r_l = σ(u_l)
    e_L = target − u_L,   e_l = σ'(u_l) B_l e_{l+1}
    −∂/∂W_l of ½ Σ_p |target − u_L|²  =  Σ_p e_l r_{l−1}ᵀ   where B_l = W_{l+1}ᵀ

Arrays: weights W_l (..., n_l, n_{l−1}), feedback B_l (..., n_l, n_{l+1}), inputs (..., patterns, n_0), targets (...,
patterns, n_L); errors of hidden layers are those that `salkit.microcircuit` feeds back through its dendrites.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .values import MOST, array, broadcast, number

__all__ = ["angle", "error_angle", "errors", "gradient", "rates"]

_Array = NDArray[np.float64]


def rates(forward: Sequence[Any], inputs: Any, bias: float) -> tuple[list[_Array], list[_Array]]:
    """On-probabilities r_0 … r_L and potentials u_1 … u_L, each of shape (..., patterns, n_l).

    Raises ValueError for numbers that are not finite and for shapes that do not fit.
    """
    weights, x = _weights("forward", forward), array("inputs", inputs, least=-MOST, most=MOST)
    bias = number("bias", bias, least=-MOST, most=MOST)
    _fits("inputs", x, weights[0].shape[-1])
    for below, above in pairwise(weights):
        if above.shape[-1] != below.shape[-2]:
            raise ValueError(f"forward must be a chain of layers, got shapes {[w.shape for w in weights]}")
    on, potentials = [_logistic(x)], []
    for w in weights:
        potentials.append(bias + _through("forward", w, on[-1]))
        on.append(_logistic(potentials[-1]))
    return on, potentials


def errors(forward: Sequence[Any], backward: Sequence[Any], inputs: Any, targets: Any, bias: float) -> list[_Array]:
    """Errors e_1 … e_L of the layers, each (..., patterns, n_l). Errors as `rates`."""
    _, potentials = rates(forward, inputs, bias)
    feedback, y = _weights("backward", backward, least=0), array("targets", targets, least=-MOST, most=MOST)
    if len(feedback) != len(potentials) - 1:
        raise ValueError(f"backward must be {len(potentials) - 1} arrays, one a hidden layer, got {len(feedback)}")
    _fits("targets", y, potentials[-1].shape[-1])
    if not broadcast(y.shape, potentials[-1].shape):
        raise ValueError(f"targets must fit shape {potentials[-1].shape}, got {y.shape}")
    found = [y - potentials[-1]]
    for b, u in zip(reversed(feedback), reversed(potentials[:-1]), strict=True):
        if b.shape[-2:] != (wanted := (u.shape[-1], found[-1].shape[-1])):
            raise ValueError(f"backward must have shapes (..., n_l, n_l+1), got {b.shape} for {wanted}")
        slope = _logistic(u) * (1 - _logistic(u))
        found.append(slope * _through("backward", b, found[-1]))
    return found[::-1]


def gradient(forward: Sequence[Any], inputs: Any, targets: Any, bias: float) -> list[_Array]:
    """−∂/∂W_l of ½ Σ_p |target − u_L|²: arrays of the shapes of W_1 … W_L. Errors as `rates`."""
    on, _ = rates(forward, inputs, bias)
    true = errors(forward, _transposed(forward), inputs, targets, bias)
    return [np.einsum("...pi,...pj->...ij", e, r) for e, r in zip(true, on[:-1], strict=True)]


def error_angle(forward: Sequence[Any], backward: Sequence[Any], inputs: Any, targets: Any, bias: float) -> _Array:
    """Degrees between the errors that reach hidden layers through B and the gradient's, mean over patterns: (...).

    Errors as `rates`; also for a network without a hidden layer.
    """
    if len(_weights("forward", forward)) < 2:
        raise ValueError("forward must have at least two layers of weights: without a hidden one nothing is fed back")
    fed_back, true = (
        np.concatenate(errors(forward, b, inputs, targets, bias)[:-1], axis=-1)
        for b in (backward, _transposed(forward))
    )
    return angle(fed_back[..., None], true[..., None]).mean(axis=-1)


def angle(a: _Array, b: _Array) -> _Array:
    """Degrees between matrices, taken as vectors over the last two axes, shapes (..., n, m); nan where one is zero."""
    dot = np.sum(a * b, axis=(-1, -2))
    with np.errstate(invalid="ignore"):
        cosine = dot / np.sqrt(np.sum(a * a, axis=(-1, -2)) * np.sum(b * b, axis=(-1, -2)))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def _transposed(forward: Sequence[Any]) -> list[_Array]:
    return [np.swapaxes(w, -1, -2) for w in forward[1:]]


def _logistic(u: _Array) -> _Array:
    return 1 / (1 + np.exp(np.minimum(-u, 700.0)))


def _weights(name: str, given: Any, least: int = 1) -> list[_Array]:
    if isinstance(given, str | bytes) or not hasattr(given, "__len__") or len(given) < least:
        raise ValueError(f"{name} must be a sequence of arrays, one a layer")
    arrays = [array(name, w, least=-MOST, most=MOST) for w in given]
    if any(w.ndim < 2 for w in arrays):
        raise ValueError(f"{name} must be arrays of at least two dimensions, got shapes {[w.shape for w in arrays]}")
    return arrays


def _fits(name: str, given: _Array, width: int) -> None:
    if given.ndim < 2 or given.shape[-1] != width:
        raise ValueError(f"{name} must have shape (..., patterns, {width}), got {given.shape}")


def _through(name: str, weights: _Array, on: _Array) -> _Array:
    if not broadcast(weights.shape[:-2], on.shape[:-2]):
        raise ValueError(f"{name} must have leading axes that fit {on.shape[:-2]}, got {weights.shape[:-2]}")
    return np.einsum("...ij,...pj->...pi", weights, on)
