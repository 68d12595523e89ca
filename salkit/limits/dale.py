"""Dale's law: two excitatory neurons that inhibit one another by way of interneurons (Fig. 10), in continuous time.

    E1 → E2 (W_21), E2 → E1 (W_12)     excitatory, plastic, ≥ 0
    E1 → I1 → E2, E2 → I2 → E1         fixed: E → I about 4, I → E about −1, bias of I about −2

A synapse cannot change its sign, but an excitatory weight beside a fixed inhibitory path acts as one of either sign.
SAL is not modified: it moves the two weights by the spikes of E1 and E2 alone. What weight does it see? With the
interneuron's rate ρ_I(r) = σ(W_IE r + b_I), two definitions and one measurement, for each direction:

    charged     W_EE + W_EI ρ_I(½)/½           all inhibition, also the spontaneous, is put down to the path (authors)
    increment   W_EE + W_EI [ρ_I(1) − ρ_I(0)]  what one spike of E changes in the inhibition
    measured    W_EE − W_0: with the other direction cut, SAL sees nothing at the weight W_0 (`balance`)

SAL's nullcline lies where the effective weights of both directions are equal. The interneuron has to spike before its
PSP begins: the path through it is later, and its trace in the correlogram is centred later. Interneurons differ as in
the paper (drawn once, numpy's default_rng(97)); `symmetric` takes 4, −1 and −2 exactly.
Source: Gierlich et al. 2025, Fig. 10 (there in discrete time, tau_ref 25 steps, two spikes of a step paired in order of
index; here two spikes never coincide).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimates import Estimate, mean
from ..network import SamplingNetwork
from ..sampling import simulate
from ..spikes import Spikes
from ..stdp import window as stdp_window
from ..values import array, choice, number, whole

__all__ = [
    "CIRCUITS",
    "DEFINITIONS",
    "Circuit",
    "balance",
    "circuit",
    "correlogram",
    "drift",
    "effective",
    "nullcline",
    "rates",
]

_Array = NDArray[np.float64]
_STRONGEST = 50.0
_LONGEST = 1e9


class Circuit(NamedTuple):
    """Fixed parts: weights E1 → I1, E2 → I2, I1 → E2, I2 → E1, biases of I1 and I2."""

    e1_i1: float
    e2_i2: float
    i1_e2: float
    i2_e1: float
    b_i1: float
    b_i2: float


CIRCUITS = {
    "drawn": Circuit(3.947902, 4.232003, -1.042591, -1.098501, -2.254435, -2.183842),
    "symmetric": Circuit(4.0, 4.0, -1.0, -1.0, -2.0, -2.0),
    "none": Circuit(0.0, 0.0, 0.0, 0.0, -2.0, -2.0),
}
DEFINITIONS = ("charged", "increment")


def circuit(w_12: ArrayLike, w_21: ArrayLike, kind: str = "drawn", strength: float = 1.0) -> SamplingNetwork:
    """The ensemble of networks E1, E2, I1, I2 with these excitatory weights, tau_ref 1, biases of E 0.

    Parameters
    ----------
    w_12, w_21 : arrays that broadcast, any shape
        From E2 to E1, and from E1 to E2.
    kind : one of `CIRCUITS`
    strength : float
        Factor of the two inhibitory weights I → E.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    fixed = CIRCUITS[choice("kind", kind, tuple(CIRCUITS))]
    factor = float(number("strength", strength, least=0, most=_STRONGEST))
    one, two = (array(name, w, least=0, most=_STRONGEST) for name, w in (("w_12", w_12), ("w_21", w_21)))
    try:
        one, two = np.broadcast_arrays(one, two)
    except ValueError:
        raise ValueError(f"w_12 and w_21 must broadcast, got {one.shape} and {two.shape}") from None
    weights = np.zeros((*one.shape, 4, 4))
    weights[..., 0, 1], weights[..., 1, 0] = one, two
    weights[..., 2, 0], weights[..., 3, 1] = fixed.e1_i1, fixed.e2_i2
    weights[..., 1, 2], weights[..., 0, 3] = factor * fixed.i1_e2, factor * fixed.i2_e1
    return SamplingNetwork(weights, np.array([0.0, 0.0, fixed.b_i1, fixed.b_i2]), 1.0)


def effective(w: ArrayLike, direction: str, kind: str = "drawn", definition: str = "increment") -> _Array:
    """The effective weight of a direction, "12" (from E2 to E1) or "21", of direct weights w of any shape.

    Raises ValueError for another direction, circuit or definition, and for what is no weight.
    """
    fixed = CIRCUITS[choice("kind", kind, tuple(CIRCUITS))]
    forward = choice("direction", direction, ("12", "21")) == "21"
    into, out, bias = (fixed.e1_i1, fixed.i1_e2, fixed.b_i1) if forward else (fixed.e2_i2, fixed.i2_e1, fixed.b_i2)
    own = array("w", w, least=0, most=_STRONGEST)
    if choice("definition", definition, DEFINITIONS) == "charged":
        return own + out * _logistic(into * 0.5 + bias) / 0.5
    return own + out * (_logistic(into + bias) - _logistic(bias))


def _logistic(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-x)))


def drift(network: SamplingNetwork, length: float, seed: int, replicas: int = 8, threads: int | None = None) -> _Array:
    """SAL's drift of W_12 from consecutive spikes of E1 and E2, exponential window, per tau_ref: shape (..., R).

    Arguments as `salkit.simulate`, length in tau_ref. Raises ValueError and MemoryError as there.
    """
    length = float(number("length", length, positive=True, most=_LONGEST))
    spikes = simulate(network, length, seed, replicas, device="cpu", threads=threads, statistics=())
    found = np.empty((*spikes.ensemble, replicas))
    for index, times, neurons in spikes.trains():
        found[index] = _consecutive(times[neurons < 2], neurons[neurons < 2]) * spikes.tau_ref / spikes.duration
    return found


def _consecutive(times: _Array, neurons: NDArray[np.int32]) -> float:
    """Σ S for the synapse from neuron 1 to neuron 0."""
    turns = np.diff(neurons)  # 1: 1 spikes after 0, anti-causal; −1: causal
    return float(np.sum(turns * stdp_window("exponential", np.diff(times))))


def nullcline(
    w_21: ArrayLike, kind: str = "drawn", length: float = 20_000.0, seed: int = 1, reach: float = 0.5, points: int = 5,
    replicas: int = 8, strength: float = 1.0, threads: int | None = None,
) -> list[Estimate]:  # fmt: skip
    """The weight W_12 at which SAL is at rest, for each W_21: root of a parabola through drifts around it.

    Parameters
    ----------
    w_21 : array, shape (n,)
    kind, strength
        As in `circuit`.
    length : float
        Of each replica at each point, in tau_ref.
    seed : int
    reach : float
        Drifts are measured at `points` weights from W_21 − reach to W_21 + reach, those that are not negative.
    points, replicas : int

    Returns
    -------
    One estimate for each, its interval from replicas (each gives a root of its own; Student).

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    given = array("w_21", w_21, ndim=1, least=0, most=_STRONGEST)
    half, count = float(number("reach", reach, positive=True, most=10)), whole("points", points, least=3, most=1000)
    replicas = whole("replicas", replicas, least=3, most=10_000)
    found = []
    for k, w in enumerate(given):
        low = max(float(w) - half, 0.0)
        own = np.linspace(low, low + 2 * half, count)
        d = drift(circuit(own, w, kind, strength), length, seed + 1000 * k, replicas, threads)
        found.append(_root(own, d))
    return found


def off_diagonal(w_21: ArrayLike, found: Sequence[Estimate]) -> Estimate:
    """Mean of W_12 − W_21 along a nullcline, whose points are independent: w_21 of shape (n,).

    Raises ValueError where these are not as many as the estimates.
    """
    w, line = array("w_21", w_21, ndim=1), np.array([tuple(e) for e in found], dtype=np.float64)
    if line.shape != (w.size, 3) or not w.size:
        raise ValueError(f"w_21 must have one weight for each of {len(line)} estimates, got {w.size}")
    value, half = float(np.mean(line[:, 0] - w)), np.sqrt(np.sum((line[:, 2] - line[:, 0]) ** 2)) / w.size
    return Estimate(value, float(value - half), float(value + half))


def balance(
    direction: str, kind: str = "drawn", length: float = 20_000.0, seed: int = 1, points: int = 7, replicas: int = 8,
    threads: int | None = None,
) -> Estimate:  # fmt: skip
    """W_0: the excitatory weight of a direction, "12" or "21", at which SAL sees nothing, the other direction cut.

    Other arguments and errors as `nullcline`; drifts are measured at `points` weights from 0.2 to 1.4.
    """
    chosen = choice("direction", direction, ("12", "21")) == "21"
    count, replicas = whole("points", points, least=3, most=1000), whole("replicas", replicas, least=3, most=10_000)
    own = np.linspace(0.2, 1.4, count)
    net = circuit(0.0, own, kind) if chosen else circuit(own, 0.0, kind)
    weights = net.weights.copy()
    weights[..., *((0, 3) if chosen else (1, 2))] = 0.0
    d = drift(SamplingNetwork(weights, net.biases, 1.0), length, seed, replicas, threads)
    return _root(own, d if chosen else -d)


def _root(own: _Array, d: _Array) -> Estimate:
    """Where the drift, shape (weights, R), is 0: of the parabola through its mean, moved by each replica's own."""
    middle, (a, b, c) = own.mean(), np.polyfit(own - own.mean(), d.mean(axis=1), 2)
    inside = b * b - 4 * a * c
    if inside <= 0 or b == 0:
        raise ValueError("no weight within reach is at rest: measure longer, or reach farther")
    root = -2 * c / (b + np.sign(b) * np.sqrt(inside))
    each = np.array([np.polyval(np.polyfit(own - middle, run, 2), root) for run in d.T])
    return mean(middle + root - each / (2 * a * root + b))


def rates(kind: str, w_21: ArrayLike, length: float, seed: int, replicas: int = 8) -> _Array:
    """Rate of E2 per tau_ref where the other direction is cut (W_12 = 0, I2 silent to E1): shape (n, R).

    w_21 : array, shape (n,). With `kind` "none" of weights that may be negative: the direct pair. Raises ValueError.
    """
    fixed = CIRCUITS[choice("kind", kind, tuple(CIRCUITS))]
    w = array("w_21", w_21, ndim=1, most=_STRONGEST, least=-_STRONGEST)
    length = float(number("length", length, positive=True, most=_LONGEST))
    weights = np.zeros((w.size, 4, 4))
    weights[:, 1, 0], weights[:, 2, 0], weights[:, 1, 2] = w, fixed.e1_i1, fixed.i1_e2
    net = SamplingNetwork(weights, np.array([0.0, 0.0, fixed.b_i1, fixed.b_i2]), 1.0)
    spikes: Spikes = simulate(net, length, seed, replicas, record=False, device="cpu", statistics=())
    counted: _Array = spikes.spike_counts[..., 1] / length
    return counted


def correlogram(
    network: SamplingNetwork, length: float, seed: int, reach: float = 3.0, bins: int = 60, replicas: int = 8
) -> tuple[_Array, _Array]:
    """All pairs of E1 and E2: lags t_2 − t_1 at the middles of bins (2 · bins,), rate over chance (R, 2 · bins).

    Raises ValueError for an ensemble, and what `salkit.simulate` refuses.
    """
    if network.ensemble:
        raise ValueError(f"network must be a single one, got an ensemble {network.ensemble}")
    far, number_of = float(number("reach", reach, positive=True, most=100)), whole("bins", bins, least=1, most=10_000)
    length = float(number("length", length, positive=True, most=_LONGEST))
    edges = np.linspace(-far, far, 2 * number_of + 1)
    spikes = simulate(network, length, seed, replicas, device="cpu", statistics=())
    found = np.empty((replicas, 2 * number_of))
    for (r,), times, neurons in spikes.trains():
        one, two = times[neurons == 0], times[neurons == 1]
        below = np.array([np.searchsorted(two, one + edge).sum() for edge in edges])
        found[r] = np.diff(below) / (one.size * two.size / spikes.duration * np.diff(edges))
    return (edges[1:] + edges[:-1]) / 2, found
