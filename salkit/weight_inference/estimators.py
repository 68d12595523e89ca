"""The rivals' ideas on the spikes of a sampling network, and the most that can be had from them.

To compare rules and not the networks they run on, all of these take the same recorded spikes as `salkit.stdp.sal`, with
N_i spikes of i, n_ij of them while j was on, p_j the share of the time that j is on:

    one-sided          (n_ij/N_i − p_j) / (p_j (1 − p_j))              STDWI's idea: trace at the spike, minus its mean
    count covariance   cov(c_i, c_j) / var(c_j), c: spikes in windows  the weight mirror's, and blind to who was first
    maximum likelihood argmax Σ_i log L_i(W, b)                        log L is concave in W and b

The first is W_ij to first order in weak weights without feedback; a reciprocal weight shifts it. The second sees W_ij
and W_ji together. The third has asymptotically the variance of the Cramér–Rao bound. It is found by scoring: steps J⁻¹
∇log L with J_i = Σ_{spikes of i} z zᵀ, whose expectation is the Fisher information, halved where log L would fall.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernels.cpu.likelihood import count_before, expect
from ..spikes import Spikes
from ..values import instance, number, room, shape_of, shown

__all__ = ["count_covariance", "maximum_likelihood", "one_sided"]

_Array = NDArray[np.float64]
_STEPS, _CLOSE, _LARGEST = 200, 1e-9, 30.0


def one_sided(spikes: Spikes) -> _Array:
    """What W_ij is to first order, shape (..., N, N), zero diagonal, over all replicas.

    Raises ValueError for spikes not recorded or not of continuous time, for a neuron that is silent or always on.
    """
    _recorded(spikes)
    found = np.zeros((*spikes.ensemble, spikes.neuron_count, spikes.neuron_count))
    share = spikes.rates()
    if not np.all((share > 0) & (share < 1)):
        raise ValueError("spikes must have no neuron that is silent or always on: its weights cannot be told")
    for member in np.ndindex(spikes.ensemble):
        before, _ = _before(spikes, member, None)
        number_of = spikes.spike_counts[member].sum(axis=0)
        p = share[member]
        found[member] = (before.T / number_of[:, None] - p) / (p * (1 - p))
        np.fill_diagonal(found[member], 0.0)
    return found


def count_covariance(spikes: Spikes, window: float) -> _Array:
    """Slope of i's number of spikes in a window on j's, shape (..., N, N), zero diagonal, over all replicas.

    Parameters
    ----------
    spikes : Spikes, recorded
    window : float
        Length of a window, in the unit of tau_ref; two of them at least must fit into the recording.

    Raises
    ------
    ValueError
        Also for a neuron whose counts never differ.
    """
    instance("spikes", spikes, Spikes)
    window = float(number("window", window, positive=True, most=spikes.duration / 2))
    n, windows = spikes.neuron_count, int(spikes.duration / window)
    room("the counts of every window", float(windows) * n, "use longer windows")
    covariance = np.zeros((*spikes.ensemble, n, n))
    for index, times, neurons in spikes.trains():
        place = np.floor(times / window).astype(np.int64)
        inside = place < windows
        counts = np.bincount(place[inside] * n + neurons[inside], minlength=windows * n).reshape(windows, n)
        centred = counts - counts.mean(axis=0)
        covariance[index[:-1]] += centred.T @ centred
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    if not np.all(variance > 0):
        raise ValueError("spikes must have no neuron whose counts are the same in all windows")
    slope = covariance / variance[..., None, :]
    slope[..., np.arange(n), np.arange(n)] = 0.0
    return slope


def maximum_likelihood(spikes: Spikes, synapses: ArrayLike | None = None) -> tuple[_Array, _Array]:
    """Weights (..., N, N) and biases (..., N) under which the recorded spikes are most likely, over all replicas.

    Parameters
    ----------
    spikes : Spikes, recorded, of continuous time
    synapses : array of bool, shape (N, N), optional
        Which weights, from column to row, are looked for; the others are 0 (default: all off the diagonal).

    Raises
    ------
    ValueError
        For other spikes, and where there is no maximum: a neuron that is silent, or two of which one never, or only,
        spikes while the other is on; too few spikes.
    MemoryError
        When the information matrices cannot fit.
    """
    _recorded(spikes)
    n = spikes.neuron_count
    mask = ~np.eye(n, dtype=bool)
    if synapses is not None:
        if shape_of("synapses", synapses) != (n, n) or (chosen := np.asarray(synapses)).dtype != np.bool_:
            raise ValueError(f"synapses must be an array of bool of shape {(n, n)}, got {shown(synapses)}")
        mask &= chosen
    weights, biases = np.zeros((*spikes.ensemble, n, n)), np.zeros((*spikes.ensemble, n))
    for member in np.ndindex(spikes.ensemble):
        weights[member], biases[member] = _maximum(spikes, member, mask)
    return weights, biases


def _maximum(spikes: Spikes, member: tuple[int, ...], mask: NDArray[np.bool_]) -> tuple[_Array, _Array]:
    n, tau_ref, duration = spikes.neuron_count, float(spikes.tau_ref), float(spikes.duration)
    before, moments = _before(spikes, member, mask)
    before, fired = before.T, spikes.spike_counts[member].sum(axis=0)
    never = (mask & ((before == 0) | (before == fired[:, None]))) | (fired == 0)[:, None]
    if np.any(never):
        i, j = np.argwhere(never)[0]
        raise ValueError(f"spikes have no likeliest weight from {j} to {i}: {i} spikes never, or only, while {j} is on")
    width = moments.shape[1] - 1
    regressors = [np.append(np.flatnonzero(row), n) for row in mask]
    chosen = [np.append(np.arange(row.size - 1), width) for row in regressors]
    theta, data = np.zeros((n, n + 1)), np.concatenate([before, fired[:, None]], axis=1)
    theta[:, n] = np.log(fired * tau_ref / (duration * spikes.replicas))

    def judge(at: _Array) -> tuple[_Array, _Array]:
        """log L_i but for a constant, and the gradient, (N,) and (N, N + 1)."""
        blocked, expected = np.zeros((n, n)), np.zeros(n)
        for replica, (times, neurons) in enumerate(_trains(spikes, member)):
            ages = spikes.initial.ages[member][replica]
            expect(times, neurons, ages, tau_ref, duration, at[:, :n].copy(), at[:, n].copy(), blocked, expected)
        return np.sum(at * data, axis=1) - expected, data - np.concatenate([blocked.T, expected[:, None]], axis=1)

    value, gradient = judge(theta)
    for _ in range(_STEPS):
        step = np.zeros_like(theta)
        for i, (columns, rows) in enumerate(zip(regressors, chosen, strict=True)):
            try:
                step[i, columns] = np.linalg.solve(moments[i][np.ix_(rows, rows)], gradient[i, columns])
            except np.linalg.LinAlgError:
                raise ValueError(f"spikes are too few to tell the weights to neuron {i}") from None
        for _ in range(60):
            new, slope = judge(theta + step)
            worse = new < value - 1e-9 * (1 + np.abs(value))
            if not np.any(worse):
                break
            step[worse] *= 0.5
        theta, value, gradient = theta + step, new, slope
        if np.max(np.abs(theta[:, :n])) > _LARGEST:
            break
        if np.max(np.abs(step)) < _CLOSE:
            return theta[:, :n], theta[:, n]
    raise ValueError("spikes are too few: their likelihood grows with the weights without end")


def _before(spikes: Spikes, member: tuple[int, ...], mask: NDArray[np.bool_] | None) -> tuple[_Array, _Array]:
    """n_ij as [j, i]; with a mask of synapses also J_i over the regressors of i and 1, shape (N, K + 1, K + 1)."""
    n = spikes.neuron_count
    places, moments = np.full((n, n), -1, np.int64), np.zeros((n, 0, 0))
    if mask is not None:
        width = int(mask.sum(axis=1).max()) + 1
        room("the information matrices", float(n) * width * width, "choose fewer synapses")
        places[mask] = (np.cumsum(mask, axis=1) - 1)[mask]
        moments = np.zeros((n, width, width))
    before = np.zeros((n, n))
    for replica, (times, neurons) in enumerate(_trains(spikes, member)):
        ages = spikes.initial.ages[member][replica]
        count_before(times, neurons, ages, float(spikes.tau_ref), places, before, moments)
    return before, moments


def _trains(spikes: Spikes, member: tuple[int, ...]) -> list[tuple[Any, Any]]:
    first = int(np.ravel_multi_index(member, spikes.ensemble)) * spikes.replicas if spikes.ensemble else 0
    pieces = [slice(spikes.offsets[k], spikes.offsets[k + 1]) for k in range(first, first + spikes.replicas)]
    return [(np.asarray(spikes.times[piece], np.float64), spikes.neurons[piece]) for piece in pieces]


def _recorded(spikes: Any) -> None:
    if instance("spikes", spikes, Spikes).timing != "continuous":
        raise ValueError("spikes must be of continuous time: in discrete time two neurons spike at once")
    next(spikes.trains())
