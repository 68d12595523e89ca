"""Exact numbers of two neurons in continuous time: rates, biases that give wanted rates, isolated pairs of spikes.

Rates. The share of time in which neuron i is on is its number of spikes per tau_ref: r_i = X_i + ∫_0^1 x_i(t) dt, in
terms of `salkit.stdd.continuous`. Biases for given rates follow by continuation: b_i = ln(r_i/(1 − r_i)) without
weights; then these grow in small steps, and Newton's method goes along. So potentials can be divided by a temperature
while both neurons keep their rates.

Isolated pairs. Both neurons are off, one spikes, the other joins it t < tau_ref later, and both go off before either
spikes again. With λ = e^{b_i + W_ij} + e^{b_j + W_ji}

    i second:  p(+t) ∝ e^{b_j} e^{b_i + W_ij} e^{−λt},   j second:  p(−t) ∝ e^{b_i} e^{b_j + W_ji} e^{−λt}

so that p(+t)/p(−t) = e^{W_ij − W_ji} at every t, whatever the biases. After each return to "both off" everything begins
anew: a number of isolated pairs are causal independently, with probability 1/(1 + e^{−(W_ij − W_ji)}).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import root

from . import continuous

__all__ = ["isolated_pairs", "matched_biases", "rates"]

_STEP = 0.5  # of the weights, in the continuation
_ACCURACY = 1e-6  # of the logarithms of the rates
_Array = NDArray[np.float64]


def rates(w_ij: ArrayLike, w_ji: ArrayLike, b_i: ArrayLike, b_j: ArrayLike) -> tuple[_Array, _Array]:
    """Spikes per tau_ref of neurons i and j, exact, for weights and biases that broadcast to one shape.

    Raises ValueError for values that are not finite, and for shapes that do not broadcast.
    """
    values = [np.asarray(value, dtype=np.float64) for value in (w_ij, w_ji, b_i, b_j)]
    if not all(np.all(np.isfinite(value)) for value in values):
        raise ValueError("weights and biases must be finite")
    two = continuous.TwoNeurons(*(np.array(value) for value in np.broadcast_arrays(*values)))
    first, second = (two.both_off * (two.alpha[k] + two.integral(k, np.ones_like)) for k in (0, 1))
    return first, second


def matched_biases(w_ij: float, w_ji: float, r_i: float, r_j: float) -> tuple[float, float]:
    """Biases (b_i, b_j) with which neurons of these weights have the rates r_i, r_j (per tau_ref, between 0 and 1).

    Raises ValueError for other rates, weights that are not finite, and where no biases are found (strong weights can
    force the rates together).
    """
    wanted = np.array([r_i, r_j], dtype=np.float64)
    if not np.all((wanted > 0) & (wanted < 1)):
        raise ValueError(f"rates must lie between 0 and 1 per tau_ref, got {r_i!r} and {r_j!r}")
    if not np.isfinite(w_ij) or not np.isfinite(w_ji):
        raise ValueError(f"weights must be finite, got {w_ij!r} and {w_ji!r}")
    biases = np.log(wanted / (1 - wanted))
    for share in np.linspace(0, 1, 2 + int(max(abs(w_ij), abs(w_ji)) / _STEP))[1:]:

        def excess(b: _Array, share: float = float(share)) -> _Array:
            return np.log(np.stack(rates(share * w_ij, share * w_ji, *b)) / wanted)

        found = root(excess, biases, tol=1e-12)
        if not np.max(np.abs(excess(found.x))) < _ACCURACY:
            raise ValueError(f"no biases give the rates {r_i}, {r_j} at weights {share * w_ij:.3g}, {share * w_ji:.3g}")
        biases = found.x
    return float(biases[0]), float(biases[1])


def isolated_pairs(w_ij: float, w_ji: float, b_i: float, b_j: float, t: ArrayLike) -> tuple[_Array, _Array]:
    """Densities of isolated pairs in which i comes second, and in which j does, at distances t (0 … 1, in tau_ref).

    `t` and both densities are of any one shape; together these have mass 1. Raises ValueError for numbers that are
    not finite and distances outside 0 … 1.
    """
    at = np.asarray(t, dtype=np.float64)
    if not np.all(np.isfinite([w_ij, w_ji, b_i, b_j])):
        raise ValueError(f"weights and biases must be finite, got {(w_ij, w_ji, b_i, b_j)}")
    if not np.all((at >= 0) & (at <= 1)):
        raise ValueError("distances of isolated pairs lie between 0 and 1 tau_ref")
    decay = np.exp(b_i + w_ij) + np.exp(b_j + w_ji)
    law = decay * np.exp(-decay * at) / -np.expm1(-decay)
    share = 1 / (1 + np.exp(w_ji - w_ij))
    return share * law, (1 - share) * law
