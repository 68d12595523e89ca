"""Spike-timing-dependent plasticity on recorded spikes: windows, pairing, and three rules.

With Δt = t_i − t_j for the synapse j→i (Δt > 0: causal) and a window K(x), x = |Δt|/tau,

    triangular    K = max(0, 1 − x)
    exponential   K = exp(−x)
    rectangular   K = 1 for x < 1, else 0

    Hebbian        ΔW_ij ∝ +Σ K(|Δt|)
    anti-Hebbian   ΔW_ij ∝ −Σ K(|Δt|)
    SAL            ΔW_ij ∝ Σ S(Δt),   S = −K for Δt > 0 (causal depresses),
                                      +K for Δt < 0 (anti-causal potentiates), 0 at 0

all in units of one learning rate and per time, that is with the prefactor tau_ref/T. A spike pairs with

    nearest       the latest earlier spike of every other neuron
    consecutive   the same, unless the neuron itself has spiked since: the pairs of the STDD (`salkit.stdd`)
    all           all earlier spikes (exponential traces)

With windows that end at tau = tau_ref all three agree, since a neuron's own intervals are longer. With the exponential
one they do not: nearest pairs beyond tau_ref favour the neuron that spikes less, so that SAL's weights come to rest a
little apart when the rates differ. With consecutive pairs, and with all, they come to rest exactly together (in
continuous time): turned back in time these pairs are pairs again, and a network of symmetric weights runs backwards as
it runs forwards (`salkit.reversibility`). The rectangular window at tau_ref counts the spikes of i while j is on:
`Spikes.overlaps`. Two spikes in one step of discrete time are a pair with K = 1, counted once; SAL gives them
nothing.

Where spikes need time to arrive, a synapse that pairs what it sees reads j's spike d_ij late (`delays`), and what its
partner does to j comes to it late by the whole round trip D = d_ij + d_ji. `shift` begins the anti-causal branch there:

    S(Δt) = −K(Δt) for Δt > 0,   +K(−Δt − shift) for Δt < −shift,   Δt = t_i − t_j − d_ij

With shift = D each branch begins where the PSP that it answers to begins. This is the
definition to read; the sums that the kernels keep are tested against it. Sources: Gierlich et al. 2025 (SAL); Morrison,
Diesmann & Gerstner 2008 (pairing); delays and shift are this suite's.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .kernels.cpu.pairing import sum_pairs
from .psp import LEAST_TAU
from .spikes import Spikes
from .values import MOST, array, choice, instance, number

__all__ = ["ALL_WINDOWS", "PAIRINGS", "WINDOWS", "anti_hebbian", "hebbian", "sal", "window"]

WINDOWS = ("triangular", "exponential")  # the paper's
ALL_WINDOWS = (*WINDOWS, "rectangular")
PAIRINGS = ("nearest", "consecutive", "all")


def window(name: str, x: ArrayLike) -> NDArray[np.float64]:
    """K(x) for x = |Δt|/tau ≥ 0, any shape. Raises ValueError for an unknown window, for x negative or NaN."""
    choice("window", name, ALL_WINDOWS)
    x = array("x", x, least=0, finite=False)
    if name == "rectangular":
        return np.where(x < 1.0, 1.0, 0.0)
    return np.maximum(0.0, 1.0 - x) if name == "triangular" else np.exp(-x)


def hebbian(
    spikes: Spikes, window: str = "triangular", tau: float | None = None, pairing: str = "nearest"
) -> NDArray[np.float64]:
    """(tau_ref/T) Σ K(|Δt|) for every synapse, shape (..., N, N), zero diagonal, averaged over replicas.

    Triangular with tau = tau_ref it is the coactivation ⟨z_i z_j⟩, but for on-intervals cut by an end of the recording.

    Parameters
    ----------
    spikes : Spikes, recorded (without, the triangular window at tau_ref works, and the rectangular one where overlaps
        were kept)
    window : "triangular", "exponential" or "rectangular"
    tau : float, optional
        Time constant of the window (default tau_ref).
    pairing : "nearest", "consecutive" or "all"
        "all" goes with the exponential window, and does not reach back before the recording.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    forward = _forward(spikes, window, tau, pairing)
    if spikes.timing == "discrete":
        spikes.kept_pairs()  # and with them the ties
    ties = 0.0 if spikes.ties is None else spikes.ties
    return _per_time(spikes, forward + np.swapaxes(forward, -1, -2) + ties)


def anti_hebbian(
    spikes: Spikes, window: str = "triangular", tau: float | None = None, pairing: str = "nearest"
) -> NDArray[np.float64]:
    """−(tau_ref/T) Σ K(|Δt|): arguments and errors as `hebbian`."""
    return -hebbian(spikes, window, tau, pairing)


def sal(
    spikes: Spikes,
    window: str = "triangular",
    tau: float | None = None,
    pairing: str = "nearest",
    delays: ArrayLike | None = None,
    shift: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """(tau_ref/T) Σ S(Δt) for every synapse, shape (..., N, N), antisymmetric unless delays or shift are given.

    Parameters
    ----------
    spikes, window, tau, pairing
        As in `hebbian`.
    delays : float or array, shape (..., N, N), optional
        d_ij, after which the synapse sees j's spikes: pairs are read there and not at the somata. Spikes are recorded.
    shift : float or array, shape (..., N, N), optional
        How much later than at 0 the window's anti-causal branch begins; the cure for delays is their round trip.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    if delays is not None or shift is not None:
        return _at_synapses(spikes, window, tau, pairing, delays, shift)
    causal = _forward(spikes, window, tau, pairing)
    return _per_time(spikes, np.swapaxes(causal, -1, -2) - causal)


def _per_time(spikes: Spikes, pair_sum: NDArray[np.float64]) -> NDArray[np.float64]:
    return pair_sum.mean(axis=-3) * (spikes.tau_ref / spikes.duration)


def _forward(spikes: Spikes, name: str, tau: float | None, pairing: str) -> NDArray[np.float64]:
    """Σ K over pairs in which i spikes after j, shape (..., R, N, N): causal for the synapse j→i."""
    tau = _checked(spikes, name, tau, pairing)
    if not spikes.recorded and name == "triangular" and tau == spikes.tau_ref:
        return spikes.kept_pairs()
    if not spikes.recorded and name == "rectangular" and tau == spikes.tau_ref:
        return spikes.kept_overlaps().astype(np.float64)
    forward = np.zeros((*spikes.spike_counts.shape, spikes.neuron_count))
    for index, times, neurons in spikes.trains():
        if pairing == "all":
            forward[index] = _traces(times, neurons, spikes.neuron_count, tau)
        else:
            forward[index] = _latest(times, neurons, spikes.initial.ages[index], name, tau, pairing == "consecutive")
    return forward


def _checked(spikes: Spikes, name: str, tau: float | None, pairing: str) -> float:
    """tau, when all are allowed."""
    instance("spikes", spikes, Spikes)
    choice("window", name, ALL_WINDOWS)
    choice("pairing", pairing, PAIRINGS)
    if pairing == "all" and name != "exponential":
        raise ValueError(f"pairing 'all' goes with the exponential window only, got {name!r}")
    return float(spikes.tau_ref if tau is None else number("tau", tau, least=LEAST_TAU))


def _at_synapses(
    spikes: Spikes, name: str, tau: float | None, pairing: str, delays: ArrayLike | None, shift: ArrayLike | None
) -> NDArray[np.float64]:
    """SAL from pairs of arrivals and spikes, each synapse by itself."""
    tau = _checked(spikes, name, tau, pairing)
    n = spikes.neuron_count
    each = [
        _of_synapses(what, 0.0 if given is None else given, (*spikes.ensemble, n, n))
        for what, given in (("delays", delays), ("shift", shift))
    ]
    kinds = ALL_WINDOWS.index(name), PAIRINGS.index(pairing)
    found = [np.zeros((*spikes.spike_counts.shape, n)) for _ in range(2)]
    for index, times, neurons in spikes.trains():
        trains = [np.sort(np.concatenate([_before(spikes, index, i), times[neurons == i]])) for i in range(n)]
        begins = np.cumsum([0, *(train.size for train in trains)])
        own, (causal, against) = [x[index[:-1]] for x in each], (x[index] for x in found)
        sum_pairs(np.concatenate(trains), begins, *own, tau, float(spikes.duration), *kinds, causal, against)
    return _per_time(spikes, found[1] - found[0])


def _before(spikes: Spikes, index: tuple[int, ...], i: int) -> NDArray[np.float64]:
    """Times of i's spikes before the recording, as far as they are known; at most the latest one without delays."""
    ages = spikes.initial.ages[index][i : i + 1]
    if spikes.initial.earlier is not None:
        ages = np.concatenate([ages, spikes.initial.earlier[index][i]])
    return -ages[np.isfinite(ages)]


def _of_synapses(name: str, value: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """A number for each synapse, shape (..., N, N). Raises ValueError."""
    given = array(name, value, least=0, most=MOST)
    try:
        return np.broadcast_to(given, shape).copy()
    except ValueError:
        raise ValueError(f"{name} must be a number or fit shape {shape}, got {given.shape}") from None


def _latest(
    times: NDArray[np.float64],
    neurons: NDArray[np.int32],
    ages: NDArray[np.float64],
    name: str,
    tau: float,
    consecutive: bool,
) -> NDArray[np.float64]:
    """Each spike of i with the latest earlier spike of j, which may lie before the recording."""
    n = ages.size
    train = [np.concatenate([[-age], times[neurons == i]]) for i, age in enumerate(ages)]
    forward = np.zeros((n, n))
    for i in range(n):
        spike, previous = train[i][1:], train[i][:-1]
        for j in range(n):
            if i != j:
                latest = train[j][np.searchsorted(train[j], spike, side="left") - 1]
                k = window(name, (spike - latest) / tau)
                forward[i, j] = np.sum(k, where=previous <= latest) if consecutive else np.sum(k)
    return forward


def _traces(times: NDArray[np.float64], neurons: NDArray[np.int32], n: int, tau: float) -> NDArray[np.float64]:
    """Each spike of i with all earlier spikes of j, through traces x_j that jump by 1 and decay with tau."""
    forward, trace, now = np.zeros((n, n)), np.zeros(n), 0.0
    for time in np.unique(times):
        trace *= np.exp(-(time - now) / tau)
        now = time
        together = neurons[np.searchsorted(times, time, side="left") : np.searchsorted(times, time, side="right")]
        forward[together] += trace
        trace[together] += 1.0
    forward[np.diag_indices(n)] = 0.0
    return forward
