"""What SAL leaves of the asymmetry under a condition, predicted: two neurons, in the mean field of the others.

In a cycle of wake–sleep learning the difference D = W_ij − W_ji of a pair changes by

    D ← D + 2 η d(D) + noise,        d = SAL's drift of W_ij per tau_ref (`salkit.stdd.sal_drift`)

since the Hebbian term is the same for both. Near rest D ← a D + noise with a = 1 − η r and the pull r = −2 ∂d/∂D, so
that after n cycles

    Var D = a²ⁿ Var D₀ + q (1 − a²ⁿ)/(1 − a²),    q = variance of the noise in a cycle

q is that of the sums over spikes. Few bits add twice `constraints.rounding_variance`, which grows with D itself: a
weight changes by its part −η r D/2 of the pull, too, and the larger the change, the more is rounded. Without SAL,
r = 0, D walks at random: Var D₀ + n q. PSP shapes move the rest itself to D* with d(D*) = 0; where r < 0 equal weights
repel. Pairs see the others by their means: b_i + Σ_{k ≠ j} W_ik ⟨z_k⟩. Derived here; source of the drift: Gierlich et
al. 2025.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import stdd, wakesleep
from .boltzmann import moments
from .constraints import rounding_variance
from .values import MOST, array, instance, whole
from .wakesleep import WakeSleep

__all__ = ["Changes", "Pairs", "changes", "difference_left", "mean_field", "pull", "rounded_variance", "variance"]

_STEP = 0.02  # of D, for the slope at 0
_REACH = 4.0  # how far from 0 a rest is looked for
_SECANTS = 4
_Array = NDArray[np.float64]


class Pairs(NamedTuple):
    """Pairs i < j as networks of two: their common weight and biases, each of shape (..., pairs)."""

    weight: _Array
    b_i: _Array
    b_j: _Array


class Changes(NamedTuple):
    """Standard deviations in a cycle at the target, shape (runs, pairs): of a weight's change, and of W_ij − W_ji."""

    weight: _Array
    difference: _Array


def mean_field(weights: ArrayLike, biases: ArrayLike) -> Pairs:
    """The pairs of networks with symmetric weights, shapes (..., N, N) and (..., N); others act by their means.

    Errors as `salkit.boltzmann.distribution`.
    """
    rates, _ = moments(weights, biases)
    w, b = array("weights", weights), array("biases", biases)
    total = b + np.einsum("...ik,...k->...i", w, rates)
    i, j = np.triu_indices(w.shape[-1], 1)
    own = w[..., i, j]
    return Pairs(own, total[..., i] - own * rates[..., j], total[..., j] - own * rates[..., i])


def pull(pairs: Pairs, parameters: WakeSleep) -> _Array:
    """r of each pair per tau_ref, for the timing, PSP and SAL window of `parameters`; negative: equal weights repel.

    Raises ValueError for what are no pairs and no parameters, and where `salkit.stdd.sal_drift` does.
    """
    apart = np.array([-_STEP / 2, _STEP / 2])
    drift = _drift(*_checked(pairs, parameters))(apart.reshape(2, *[1] * np.ndim(pairs[0])))
    return -2 * (drift[1] - drift[0]) / _STEP


def difference_left(pairs: Pairs, parameters: WakeSleep) -> _Array:
    """D* = W_ij − W_ji where SAL's drift vanishes, of each pair, by the secant method from equal weights.

    NaN where equal weights repel, or where the drift does not vanish within ±4. Errors as `pull`.
    """
    drift = _drift(*_checked(pairs, parameters))
    before, now = np.full(np.shape(pairs[0]), -_STEP / 2), np.full(np.shape(pairs[0]), _STEP / 2)
    was, value = drift(before), drift(now)
    found = value < was
    for _ in range(_SECANTS):
        slope = np.where(now == before, -1.0, (value - was) / np.where(now == before, 1.0, now - before))
        new = np.clip(now - np.where(slope < 0, value / np.where(slope < 0, slope, 1.0), 0.0), -_REACH, _REACH)
        before, was, now = now, value, np.where(found, new, 0.0)
        value = drift(now)
    return np.where(found & (np.abs(now) < _REACH), now, np.nan)


def variance(noise: ArrayLike, fraction: ArrayLike, cycles: int, start: ArrayLike = 0.0) -> _Array:
    """Var D after so many cycles.

    noise, fraction, start : arrays of any shape, which broadcast
    noise : q a cycle; fraction : η r, what a cycle takes away of D, 0 without SAL; start : Var D₀

    Raises ValueError for variances that are negative, and for a fraction that is not 0 … 1.
    """
    q, first = array("noise", noise, least=0, most=MOST), array("start", start, least=0, most=MOST)
    share, cycles = array("fraction", fraction, least=0, most=1), whole("cycles", cycles)
    kept = (1 - share) ** 2
    there = kept**cycles
    grown = np.where(share == 0, cycles, (1 - there) / np.where(share == 0, 1.0, 1 - kept))
    return np.asarray(there * first + q * grown)


def rounded_variance(
    moved: Changes, fraction: ArrayLike, cycles: int, distance: float, start: ArrayLike = 0.0
) -> _Array:
    """Var D after so many cycles of weights that are rounded to levels.

    fraction, start : arrays of any shape, which broadcast, as for `variance`; moved : what `changes` finds
    distance : δ between levels (`salkit.constraints.spacing`)

    Cycle by cycle, as if D and the noise were normal. Raises ValueError for what is no such number.
    """
    if not isinstance(moved, tuple) or len(moved) != 2:
        raise ValueError("moved must be the standard deviations that changes finds")
    weight, difference = (array(f"moved.{name}", x, least=0) for name, x in zip(Changes._fields, moved, strict=True))
    share = array("fraction", fraction, least=0, most=1)
    found = variance(difference**2, share, 0, start)
    for _ in range(whole("cycles", cycles, most=10**6)):
        rounding = rounding_variance(np.sqrt(weight**2 + (share / 2) ** 2 * found), distance)
        found = (1 - share) ** 2 * found + difference**2 + 2 * rounding
    return found


def changes(parameters: WakeSleep, seeds: Sequence[Any], cycles: int = 50) -> Changes:
    """What weights change by in a cycle where the network samples its target, measured over `cycles` cycles.

    Weights are of full precision and symmetric, and are put back after each cycle. Raises ValueError for parameters,
    seeds and a number of cycles that are none, and for networks that cannot have their target's weights: with hidden
    neurons, missing synapses or signs.
    """
    instance("parameters", parameters, WakeSleep)
    if parameters.hidden or parameters.density < 1 or parameters.signs != "any":
        raise ValueError(
            "parameters must be of a network that can have its target's weights: not hidden, sparse or signed"
        )
    cycles = whole("cycles", cycles, least=2, most=10**6)
    free = replace(parameters, bits=None)
    e = wakesleep.begin(free, seeds)
    i, j = np.triu_indices(free.neurons, 1)
    up, down = np.empty((2, cycles, len(seeds), i.size))
    for cycle in range(-5, cycles):  # the first ones begin from silence
        e.weights[:], e.biases[:] = e.target_weights, e.target_biases
        wakesleep.learn(e, 1)
        if cycle >= 0:
            moved = e.weights - e.target_weights
            up[cycle], down[cycle] = moved[:, i, j], moved[:, j, i]
    square = (up.var(axis=0, ddof=1) + down.var(axis=0, ddof=1)) / 2
    return Changes(np.sqrt(square), (up - down).std(axis=0, ddof=1))


def _checked(pairs: Any, parameters: Any) -> tuple[list[_Array], WakeSleep]:
    instance("parameters", parameters, WakeSleep)
    if not isinstance(pairs, tuple) or len(pairs) != 3:
        raise ValueError("pairs must be weight, b_i and b_j of each pair, as mean_field gives them")
    return [array(f"pairs.{name}", x) for name, x in zip(Pairs._fields, pairs, strict=True)], parameters


def _drift(pairs: list[_Array], p: WakeSleep) -> Any:
    """SAL's drift of W_ij per tau_ref as a function of D."""
    weight, b_i, b_j = pairs
    kept: dict[str, Any] = {"refractory": p.refractory, "psp_length": p.psp_length} if p.timing == "discrete" else {}
    kept |= {"timing": p.timing, "psp": p.psp, "tau_syn": p.tau_syn, "window": p.window, "tau": float(p.tau_ref)}

    def drift(difference: _Array) -> _Array:
        two = (weight + difference / 2, weight - difference / 2, b_i, b_j, p.tau_ref)
        return stdd.sal_drift(*two, per="time", **kept)[0]

    return drift
