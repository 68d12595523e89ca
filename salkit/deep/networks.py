"""What a layered network computes, what is fed back, and the changes of weights that follow; arrays of runs at once.

    u_l = b_l + W_l r_{l−1},   r_l = f(u_l),   f logistic or max(0, u)
    e_L = −∂E/∂u_L,   e_l = f'(u_l) B_l e_{l+1},   ΔW_l = ⟨e_l r_{l−1}ᵀ⟩,   Δb_l = ⟨e_l⟩   (means over patterns)

    "squared"        r_L = σ(u_L),         E = ½ |y − r_L|²,        e_L = r_L (1 − r_L)(y − r_L)
    "cross-entropy"  r_L = softmax(u_L),   E = −Σ_k y_k ln r_L,k,   e_L = y − r_L

With B_l = W_{l+1}ᵀ ΔW_l is minus the gradient of ⟨E⟩. Arrays: W_l (run, n_l, n_{l−1}), b_l (run, n_l), B_l (run, n_l,
n_{l+1}), patterns (run, pattern, n): every product is one matrix product a run.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..rate_network import angle

__all__ = ["ACTIVATIONS", "changes", "error_angle", "errors", "rates", "transposed"]

ACTIVATIONS = ("logistic", "relu")
_Array = NDArray[np.float64]


def rates(
    weights: Sequence[_Array], biases: Sequence[_Array], inputs: _Array, activation: str, loss: str
) -> list[_Array]:
    """r_0 … r_L, each of shape (run, pattern, n_l)."""
    found = [inputs]
    for w, b in zip(weights, biases, strict=True):
        u = found[-1] @ np.swapaxes(w, 1, 2)
        u += b[:, None]
        if len(found) == len(weights):
            found.append(_logistic(u) if loss == "squared" else _softmax(u))
        else:
            found.append(_logistic(u) if activation == "logistic" else np.maximum(u, 0.0))
    return found


def errors(
    on: Sequence[_Array], feedback: Sequence[_Array], targets: _Array, activation: str, loss: str
) -> list[_Array]:
    """e_1 … e_L for rates `on`, each of shape (run, pattern, n_l); targets (run, pattern, n_L)."""
    found = [targets - on[-1]]
    if loss == "squared":
        found[0] *= on[-1] * (1.0 - on[-1])
    for b, r in zip(reversed(feedback), reversed(on[1:-1]), strict=True):
        e = found[-1] @ np.swapaxes(b, 1, 2)
        e *= r * (1.0 - r) if activation == "logistic" else r > 0.0
        found.append(e)
    return found[::-1]


def changes(on: Sequence[_Array], e: Sequence[_Array]) -> tuple[list[_Array], list[_Array]]:
    """ΔW_l and Δb_l, shaped as the weights and biases, for rates and errors of shapes (run, pattern, n_l)."""
    patterns = on[0].shape[1]
    ws = [np.swapaxes(error, 1, 2) @ r / patterns for error, r in zip(e, on[:-1], strict=True)]
    return ws, [error.mean(axis=1) for error in e]


def transposed(weights: Sequence[_Array]) -> list[_Array]:
    """W_{l+1}ᵀ, l = 1 … L − 1, views of shape (run, n_l, n_{l+1}): the feedback that carries the gradient."""
    return [np.swapaxes(w, 1, 2) for w in weights[1:]]


def error_angle(fed_back: Sequence[_Array], true: Sequence[_Array]) -> _Array:
    """Degrees between two lists of errors e_1 … e_L in the hidden layers together, mean over patterns: (run,)."""
    one, two = (np.concatenate(list(e[:-1]), axis=-1)[..., None] for e in (fed_back, true))
    found: _Array = angle(one, two).mean(axis=-1)
    return found


def _logistic(u: _Array) -> _Array:
    np.maximum(u, -700.0, out=u)
    np.negative(u, out=u)
    np.exp(u, out=u)
    u += 1.0
    return np.reciprocal(u, out=u)


def _softmax(u: _Array) -> _Array:
    u -= u.max(axis=-1, keepdims=True)
    np.exp(u, out=u)
    u /= u.sum(axis=-1, keepdims=True)
    return u
