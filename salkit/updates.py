"""SAL for anyone's spikes: times and neuron numbers in, weight updates out, whatever simulated or measured them.

    ΔW_ij = η Σ S(t_i − t_j),   S(Δt) = −K(|Δt|/tau) for Δt > 0 (causal for j→i),  +K for Δt < 0,  0 at 0

over the pairs of one recording, each pair of neurons by itself. Times and tau are in one unit, whichever it is; the
update has the unit of η. `salkit.stdp` defines windows K and pairings and does the sums; it gives the same per time,
(tau_ref/T) Σ S, for spikes of `salkit.simulate`. Where the simulator goes in steps, name them (`resolution`): times
in milliseconds are no exact multiples of 0.1, and two spikes of one step would look like a pair of lag 1e-15.
Source: Gierlich et al. 2025 (SAL).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import stdp
from .spikes import Spikes, State
from .values import array, choice, number, room, shown, whole

__all__ = ["sal"]

_MOST_NEURONS = 10**6
_MOST_STEPS = 2.0**52


def sal(
    times: ArrayLike,
    neurons: ArrayLike,
    tau: float,
    *,
    size: int | None = None,
    pairs: ArrayLike | None = None,
    window: str = "triangular",
    pairing: str = "consecutive",
    learning_rate: float = 1.0,
    resolution: float | None = None,
) -> NDArray[np.float64]:
    """Updates ΔW_ij = η Σ S(Δt) of the synapses j→i from spikes in any order.

    Parameters
    ----------
    times : array of numbers, shape (spikes,)
        When each spike came, in any unit and from any origin.
    neurons : array of whole numbers, shape (spikes,)
        Which neuron spiked, from 0 on.
    tau : float
        Time constant of the window in the unit of times; with the triangular and rectangular window their end. Usually
        the refractory period.
    size : int, optional
        Number of neurons N (default: the largest number in `neurons` or `pairs`, plus 1).
    pairs : array of whole numbers, shape (P, 2), optional
        Rows (i, j) of the synapses j→i to update, any of them; default all of them.
    window : "triangular", "exponential" or "rectangular"
    pairing : "consecutive", "nearest" or "all"
        As in `salkit.stdp`; consecutive pairs make reciprocal weights rest together, at any window.
    learning_rate : float
        η.
    resolution : float, optional
        Time step of the simulator in the unit of times, to which they are rounded. Without it times are taken exactly.

    Returns
    -------
    Array of shape (N, N), [i, j] for the synapse j→i, antisymmetric; with `pairs` of shape (P,), in their order.

    Raises
    ------
    ValueError
        Naming the value and what is allowed: also for a neuron that spikes twice at one time.
    MemoryError
        Where N² numbers do not fit: give `pairs`.
    """
    tau = float(number("tau", tau, positive=True, most=_MOST_STEPS))
    choice("window", window, stdp.ALL_WINDOWS)
    choice("pairing", pairing, stdp.PAIRINGS)
    if pairing == "all" and window != "exponential":
        raise ValueError(f"pairing 'all' goes with the exponential window only, got {window!r}")
    rate = float(number("learning_rate", learning_rate, least=-_MOST_STEPS, most=_MOST_STEPS))
    t, who = array("times", times, ndim=1), _numbers("neurons", neurons, 1)
    if t.size != who.size:
        raise ValueError(f"times and neurons must be of one length, got {t.size} and {who.size}")
    wanted = None if pairs is None else _numbers("pairs", pairs, 2)
    if wanted is not None and (wanted.shape[1] != 2 or np.any(wanted[:, 0] == wanted[:, 1])):
        raise ValueError(f"pairs must be rows (i, j) of two different neurons, got {shown(pairs)}")
    there = max(int(np.max(given, initial=-1)) for given in (who, who[:0] if wanted is None else wanted)) + 1
    n = there if size is None else whole("size", size, most=_MOST_NEURONS)
    if there > n:
        raise ValueError(f"size must be at least {there}, the largest neuron being {there - 1}, got {n}")
    if resolution is not None:
        step = float(number("resolution", resolution, positive=True, most=tau))
        if np.max(np.abs(t), initial=0.0) / step > _MOST_STEPS:
            raise ValueError(f"resolution must leave fewer than 2**52 steps, got {resolution}")
        t, tau = np.rint(t / step), tau / step
    order = np.lexsort((t, who))
    t, who = t[order], who[order]
    twice = np.flatnonzero((np.diff(who) == 0) & (np.diff(t) == 0))
    if twice.size:
        raise ValueError(f"neurons must not spike twice at one time, got neuron {who[twice[0]]} twice")
    if pairing == "all" and t.size:  # traces start at 0
        t = t - t.min()
    scale = 2.0 ** -np.floor(np.log2(tau))  # a power of two: exact, and within the bounds of time constants
    sums = partial(_sums, tau=tau * scale, window=window, pairing=pairing)
    if wanted is None:
        room(f"updates of all pairs of {n} neurons", 4.0 * n * n, "name the pairs")
        return rate * sums(t * scale, who, n)
    return rate * _chosen(t * scale, who, wanted, sums)


def _numbers(name: str, value: Any, ndim: int) -> NDArray[np.int64]:
    """Neuron numbers. Raises ValueError."""
    given = array(name, value, ndim=ndim, least=0, most=_MOST_NEURONS - 1)
    if np.any(given != np.floor(given)):
        raise ValueError(f"{name} must be whole numbers, got {given[given != np.floor(given)].flat[0]}")
    return given.astype(np.int64)


def _chosen(
    t: NDArray[np.float64], who: NDArray[np.int64], wanted: NDArray[np.int64], sums: Callable[..., NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Σ S of chosen pairs, each from the spikes of its two neurons; ΔW_ji = −ΔW_ij."""
    low, high = wanted.min(axis=1), wanted.max(axis=1)
    once, back = np.unique(np.stack([low, high], axis=1), axis=0, return_inverse=True)
    found = np.empty(len(once))
    for k, (a, b) in enumerate(once):
        first, second = (slice(*np.searchsorted(who, [m, m + 1])) for m in (a, b))
        which = np.repeat([0, 1], [first.stop - first.start, second.stop - second.start])
        found[k] = sums(np.concatenate([t[first], t[second]]), which, 2)[0, 1]
    return np.where(wanted[:, 0] == low, 1.0, -1.0) * found[back.reshape(-1)]


def _sums(
    t: NDArray[np.float64], who: NDArray[np.int64], n: int, tau: float, window: str, pairing: str
) -> NDArray[np.float64]:
    """Σ S of all pairs of n neurons, as `salkit.stdp.sal` sums them: per unit of time, of which there is one."""
    order = np.argsort(t, kind="stable")
    silent, counts = State.silent((), 1, n, np.uint64(0)), np.bincount(who, minlength=n)
    spikes = Spikes(
        neuron_count=n, ensemble=(), replicas=1, duration=1.0, tau_ref=1.0, timing="continuous", recorded=True,
        times=t[order], neurons=who[order].astype(np.int32), offsets=np.array([0, t.size]),
        spike_counts=counts[None, :], occupancy=None, pairs=None, ties=None, initial=silent, final=silent,
    )  # fmt: skip
    return stdp.sal(spikes, window, tau, pairing)
