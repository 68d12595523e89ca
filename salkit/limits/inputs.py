"""Networks under common drive: inputs that many neurons share, as the world's are.

    u_i(t) = b_i + Σ_j W_ij z_j(t) + Σ_k A_ki s_k(t − lag_ki),     s_k = ±1,   ⟨s_k(t) s_k(t')⟩ = e^{−|t − t'|/τ}

s_k is a telegraph process: it changes sign at the rate 1/(2τ), independent of all else. Each reaches neuron i with the
amplitude A_ki, later by a lag. The network itself is exact as ever: between two changes of its state or of an input all
hazards are constant (`kernels.cpu.driven`). A drive breaks the network's reversibility, but is reversible itself: it
turns the order of spikes only where it arrives at different times, or at neurons that answer at different speed
(`salkit.limits.linear`).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernels import cpu
from ..kernels.cpu.elementary import log
from ..network import LARGEST_POTENTIAL, SamplingNetwork
from ..philox import Purpose, check_seed, uniform
from ..sampling import STATISTICS
from ..spikes import Spikes, State
from ..values import array, broadcast, choice, flag, instance, number, room, whole

__all__ = ["simulate"]

_FIRST_DRAW = np.uint64(int(Purpose.SAMPLING) << 56)
_LONGEST = 1e12  # in tau_ref
_KEPT = ("overlaps", STATISTICS[1])


def simulate(
    network: SamplingNetwork,
    drive: ArrayLike,
    tau: float,
    duration: float,
    seed: int = 0,
    replicas: int = 1,
    lag: ArrayLike = 0.0,
    record: bool = False,
    statistic: str = "overlaps",
    threads: int | None = None,
) -> Spikes:
    """Run every replica of every member of the ensemble for `duration`, each with drives of its own, from silence.

    Parameters
    ----------
    network : SamplingNetwork
        In continuous time, without periods of its own.
    drive : array, shape (K, N)
        A_ki, in the unit of the membrane potential.
    tau : float
        Correlation time of the drives, in the unit of tau_ref's; positive.
    duration, seed, replicas, record, threads
        As in `salkit.simulate`.
    lag : float or array, shape (K, N)
        At least 0, in the same unit.
    statistic : "overlaps" or "pairs"
        What to keep of pairs.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    MemoryError
        Where spikes or changes of the drives do not fit.
    """
    net = instance("network", network, SamplingNetwork)
    if net.timing != "continuous" or net.varied or net.sparse or not np.all(net.gain == 1.0):
        raise ValueError("network must be in continuous time with dense weights, gain 1 and no periods of its own")
    n, tau_ref = net.neurons, float(net.tau_ref)
    a = array("drive", drive, ndim=2, least=-LARGEST_POTENTIAL, most=LARGEST_POTENTIAL)
    if a.shape[1] != n or a.shape[0] < 1:
        raise ValueError(f"drive must have shape (K, {n}), K at least 1, got {a.shape}")
    later = array("lag", lag, least=0, most=1e6 * tau_ref)
    if not broadcast(later.shape, a.shape) or later.ndim > 2:
        raise ValueError(f"lag must be a number or have shape {a.shape}, got {later.shape}")
    tau = float(number("tau", tau, least=1e-6 * tau_ref, most=1e9 * tau_ref))
    duration = float(number("duration", duration, positive=True, most=_LONGEST * tau_ref))
    check_seed(seed)
    replicas, record = whole("replicas", replicas, least=1, most=2**16), flag("record", record)
    kept, threads = choice("statistic", statistic, _KEPT), cpu.thread_count(threads)
    units, amplitude, delays = _units(a, np.broadcast_to(later, a.shape))
    highest = float(np.max(np.abs(net.biases) + np.abs(net.weights).sum(-1) + np.abs(a).sum(0)))
    if highest > LARGEST_POTENTIAL:
        raise ValueError(f"weights, biases and drive allow potentials up to {highest:.4g}, at most {LARGEST_POTENTIAL}")
    members = int(np.prod(net.ensemble, dtype=int))
    trains, reach = members * replicas, duration + float(delays.max())
    changes = reach / (2 * tau) * len(units) * trains
    room(f"{trains} trains with {changes:.3g} changes of the drive", 3.0 * changes + 3.0 * trains * n * n, "use fewer")
    capacity = n * (int(duration // tau_ref) + 1) if record else 0
    room("recorded spikes", 1.5 * trains * capacity, "use record=False or a shorter duration")
    edges, when, which, lit = _switches(int(seed), trains, units, delays, tau, duration)
    weights = np.zeros((members, n + len(units), n + len(units)))
    weights[:, :n, :n], weights[:, :n, n:] = net.weights.reshape(members, n, n), 2.0 * amplitude.T
    biases = np.zeros((members, n + len(units)))
    biases[:, :n] = net.biases.reshape(members, n) - a.sum(0)
    shape = (members, replicas, n)
    sums = {name: (*shape, n) if name == kept else (*shape[:2], 0, 0) for name in _KEPT}
    given: dict[str, Any] = dict(
        weights=weights, biases=biases, tau_ref=tau_ref, duration=duration, seeds=np.full(members, seed, np.uint64),
        runs=np.arange(members, dtype=np.uint64), first_draw=_FIRST_DRAW, edges=edges, when=when, which=which, lit=lit,
        ages=np.empty(shape), draws=np.empty(shape[:2], np.uint64), rests=np.empty(shape[:2]),
        counts=np.zeros(shape, np.int64), pairs=np.zeros(sums["pairs"]), overlaps=np.zeros(sums["overlaps"], np.int64),
        times=np.empty((trains, capacity)), neurons=np.empty((trains, capacity), np.int32),
    )  # fmt: skip
    cpu.sample_driven(trains, threads, given)
    return _spikes(net, given, kept, record, replicas, duration)


def _units(a: NDArray[np.float64], lag: NDArray[np.float64]) -> tuple[NDArray[np.int64], Any, Any]:
    """One unit for each drive and lag that occurs: the drive's number, amplitudes (units, N), lags (units,)."""
    found = [(k, d) for k in range(len(a)) for d in np.unique(lag[k])]
    amplitude = np.stack([np.where(lag[k] == d, a[k], 0.0) for k, d in found])
    return np.array([k for k, _ in found]), amplitude, np.array([d for _, d in found])


def _switches(
    seed: int, trains: int, units: NDArray[np.int64], lags: NDArray[np.float64], tau: float, duration: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Changes of all units of each train in order of time, and which are on at time 0."""
    times, numbers, edges = [], [], [0]
    lit = np.zeros((trains, len(units)), bool)
    for train in range(trains):
        own_times, own_numbers = [], []
        for drive in np.unique(units):
            start, flips = _telegraph(seed, train, int(drive), tau, float(lags.max()), duration)
            for unit in np.flatnonzero(units == drive):
                at = flips + lags[unit]
                lit[train, unit] = start ^ bool(np.count_nonzero(at <= 0.0) % 2)
                at = at[(at > 0.0) & (at < duration)]
                own_times.append(at)
                own_numbers.append(np.full(at.size, unit))
        joined, which = np.concatenate(own_times), np.concatenate(own_numbers)
        order = np.argsort(joined, kind="stable")
        times.append(joined[order])
        numbers.append(which[order])
        edges.append(edges[-1] + joined.size)
    return np.array(edges), np.concatenate(times), np.concatenate(numbers), lit


def _telegraph(
    seed: int, train: int, drive: int, tau: float, before: float, duration: float
) -> tuple[bool, NDArray[np.float64]]:
    """The state at −`before` and the times of all changes from there to `duration`."""
    mean = (duration + before) / (2.0 * tau)
    size = int(mean + 10.0 * np.sqrt(mean)) + 20
    while True:
        draws = uniform(seed, Purpose.DRIVE, size + 1, run=train, replica=drive)
        flips = np.cumsum([-2.0 * tau * log(share) for share in draws[1:]]) - before
        if flips[-1] >= duration:
            return bool(draws[0] < 0.5), flips
        size *= 2


def _spikes(
    net: SamplingNetwork, given: dict[str, Any], kept: str, record: bool, replicas: int, duration: float
) -> Spikes:
    def shaped(values: NDArray[Any]) -> NDArray[Any]:
        return values.reshape(*net.ensemble, *values.shape[1:])

    counts, n = shaped(given["counts"]), net.neurons
    number = counts.sum(axis=-1).ravel() if record else np.zeros(len(given["times"]), np.int64)
    silent = State.silent(net.ensemble, replicas, n, _FIRST_DRAW)
    final = State(*(shaped(given[name]) for name in ("ages", "draws", "rests")))
    return Spikes(
        neuron_count=n, ensemble=net.ensemble, replicas=replicas, duration=duration, tau_ref=net.tau_ref,
        timing="continuous", recorded=record,
        times=np.concatenate([row[:count] for row, count in zip(given["times"], number, strict=True)]),
        neurons=np.concatenate([row[:count] for row, count in zip(given["neurons"], number, strict=True)]),
        offsets=np.concatenate([[0], np.cumsum(number)]), spike_counts=counts, occupancy=None,
        pairs=shaped(given["pairs"]) if kept == "pairs" else None, ties=None, initial=silent, final=final,
        overlap_counts=shaped(given["overlaps"]) if kept == "overlaps" else None,
    )  # fmt: skip
