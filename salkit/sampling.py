"""From a network to its spikes: the one place that picks kernel and device.

A train is one replica of one member of the ensemble. Its random stream is named by (seed, run, replica), so the same
seed gives the same spikes on any number of threads, in one batch or in several, in any order.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .kernels import cpu, on
from .kernels.cost import Work
from .kernels.cpu.elementary import log
from .kernels.device import DEVICES, pick_device
from .kernels.structs import Sampling
from .network import SamplingNetwork
from .philox import Purpose, check_seed
from .spikes import OCCUPANCY_NEURONS, Spikes, State
from .values import flag, instance, number, room, shape_of, whole

__all__ = ["STATISTICS", "simulate"]

STATISTICS = ("occupancy", "pairs")  # unless said
_STATISTICS = (*STATISTICS, "overlaps")
_SHORTEST, _LONGEST = 1e-6, 2.0**53  # a float does not hold every whole step beyond
_FIRST_DRAW = np.uint64(int(Purpose.SAMPLING) << 56)  # the purpose's place in counter word c1


def simulate(
    network: SamplingNetwork,
    duration: float,
    seed: int | ArrayLike = 0,
    replicas: int = 1,
    record: bool = True,
    device: str = "auto",
    threads: int | None = None,
    start: State | None = None,
    first_run: int | ArrayLike = 0,
    statistics: Collection[str] | None = None,
) -> Spikes:
    """Run every replica of every member of the ensemble for `duration`.

    Parameters
    ----------
    network : SamplingNetwork
    duration : float
        Time each replica runs, in the unit of tau_ref; a whole number of steps in discrete time.
    seed : int, or array of int with the ensemble's shape
        One number: member m of the flattened ensemble is run `first_run` + m of that seed. One number each: every
        member is run `first_run` of its own seed, or its own `first_run` if that is an array, too.
    replicas : int
        Independent copies of each network, whose statistics `Spikes` averages.
    record : bool
        Keep all spikes; without them memory does not grow with the duration, and counts, states and coactivation
        remain.
    device : "auto", "cpu" or "cuda"
        "auto" takes the GPU if there is one and it would be faster for so many trains (members × replicas) of that
        length: see `salkit.kernels.cost`; networks with delays then run on the CPU. The result does not depend on it.
    threads : int, optional
        CPU threads (default: all cores). The result does not depend on it.
    start : State, optional
        Go on from `Spikes.final` of an earlier run of the same ensemble and replicas, instead of from silence.
    first_run : int, or array of int with the ensemble's shape
        Number of the first run, to compute an ensemble in pieces; of each run, if seeds are given for each.
    statistics : collection of "occupancy", "pairs" and "overlaps", optional
        What to gather on the way beside counts: the time in each state, the window sums behind coactivation and SAL,
        the spikes of each neuron while another is on (default: the first two; of sparse networks none, which is all
        that they allow). What is left out costs no time; spikes do not depend on it.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    RuntimeError
        For device="cuda" where there is no GPU, saying what is missing.
    MemoryError
        When the statistics or the recorded spikes cannot fit; it says what to do.
    """
    if device not in DEVICES:
        pick_device(device)
    instance("network", network, SamplingNetwork)
    threads = cpu.thread_count(threads)
    discrete = network.timing == "discrete"
    duration = number("duration", duration, least=_SHORTEST, most=_LONGEST, steps=discrete)
    duration = int(duration) if discrete else float(duration)
    replicas, record = whole("replicas", replicas, least=1, most=2**32 - 1), flag("record", record)
    kept = _statistics(statistics, network.sparse)
    n, members = network.neurons, int(np.prod(network.ensemble, dtype=int))
    seeds, runs = _streams(seed, network.ensemble, first_run)
    trains = members * replicas
    each = 3.0 * n * n + (1 << n if n <= OCCUPANCY_NEURONS else 0)
    if network.sparse:
        each = 4.0 * n
        if device == "cuda":
            raise ValueError("networks of sparse weights run on the CPU: device must be 'auto' or 'cpu', got 'cuda'")
    if network.delays is not None:
        each += n * network.spikes_under_way() + 3.0 * n * n / replicas
        device = "cpu" if device == "auto" else device
    room(f"simulating {trains} trains", each * trains, "use fewer replicas")
    begin = start if start is not None else State.silent(network.ensemble, replicas, n, _FIRST_DRAW)
    instance("start", begin, State).check((*network.ensemble, replicas, n), network.timing)
    begin = begin.under_way(network.spikes_under_way() - 1) if network.delays is not None else begin
    work = Work("steps", trains, n, duration) if discrete else Work("events", trains, n, duration / network.tau_ref)
    kernels = on("cpu" if network.sparse else pick_device(device, work, threads))
    weights, biases = _parameters(network, kernels is cpu)
    axes = len(network.ensemble) + 1
    state = begin.map(lambda array: array.reshape(members, replicas, *array.shape[axes:]).copy())
    if network.delays is None:
        state = state._replace(earlier=None)
    pairs, overlaps = (n if name in kept else 0 for name in ("pairs", "overlaps"))
    shortest = float(np.min(network.refractory)) if network.varied else network.tau_ref
    capacity = n * (int(duration // shortest) + 1) if record else 0
    pointers, targets, sparse = _synapses(network)
    times, neurons = _buffers(trains, capacity, discrete)
    given = Sampling(
        weights=weights, biases=biases, kept=network._kept,
        tau_ref=network.tau_ref if discrete else float(network.tau_ref), duration=duration, seeds=seeds, runs=runs,
        ages=state.ages, draws=state.draws, rests=state.rests, earlier=state.earlier,
        counts=np.zeros((members, replicas, n), np.int64),
        occupancy=np.zeros((members, replicas, 1 << n if "occupancy" in kept and n <= OCCUPANCY_NEURONS else 0)),
        pairs=np.zeros((members, replicas, pairs, pairs)),
        ties=np.zeros((members, replicas, pairs, pairs) if discrete else (0, 0, 0, 0), np.int64),
        overlaps=np.zeros((members, replicas, overlaps, overlaps), np.int64),
        times=times, neurons=neurons,
        pointers=pointers, targets=targets, sparse=sparse, **_by_delay(network),
    )  # fmt: skip
    if discrete:
        tau_ref = int(network.tau_ref)
        sample = kernels.sample_discrete if network.delays is None else kernels.sample_delayed_steps
        sample(trains, threads, given._replace(
            psp=network.psp_table(), log_tau_ref=log(float(tau_ref)), tau_ref=tau_ref,
            refractory=int(network.refractory or tau_ref),
        ))  # fmt: skip
    elif network.delays is not None:
        kernels.sample_delayed(trains, threads, given)
    elif network.varied:
        kernels.sample_varied(trains, threads, given._replace(
            refractory=network.refractory.reshape(members, n), length=network.psp_length.reshape(members, n),
        ))  # fmt: skip
    else:
        kernels.sample_continuous(trains, threads, given)

    def shaped(array: NDArray[Any]) -> NDArray[Any]:
        return array.reshape(*network.ensemble, *array.shape[1:])

    spikes = given.counts.sum(axis=-1).ravel() if record else np.zeros(trains, np.int64)
    return Spikes(
        neuron_count=n, ensemble=network.ensemble, replicas=replicas, duration=duration, tau_ref=network.tau_ref,
        timing=network.timing, recorded=record,
        times=_compact(times, spikes), neurons=_compact(neurons, spikes),
        offsets=np.concatenate([[0], np.cumsum(spikes)]), spike_counts=shaped(given.counts),
        occupancy=shaped(given.occupancy) if given.occupancy.size else None,
        pairs=shaped(given.pairs) if pairs else None, ties=shaped(given.ties) if discrete and pairs else None,
        overlap_counts=shaped(given.overlaps) if overlaps else None, initial=begin, final=state.map(shaped),
    )  # fmt: skip


def _parameters(network: SamplingNetwork, on_cpu: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effective weights (E, N, N), without numbers where they are sparse or kept as integers, and biases (E, N)."""
    n = network.neurons
    if network.sparse or (on_cpu and network._kept):
        biases = np.ascontiguousarray((network.gain * network.biases).reshape(-1, n))
        return np.empty((len(biases), 0, 0)), biases
    weights, biases = network.effective()
    return np.ascontiguousarray(weights.reshape(-1, n, n)), np.ascontiguousarray(biases.reshape(-1, n))


def _synapses(network: SamplingNetwork) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Pointers, targets and weights of synapses where weights are sparse, until they are kept as integers."""
    if not network.sparse or network._kept:
        return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0)
    w = network.weights
    return w.indptr.astype(np.int64), w.indices.astype(np.int32), w.data.copy()


def _by_delay(network: SamplingNetwork) -> dict[str, Any]:
    """The synapses of each neuron, those of the shortest delays first, as `kernels.cpu.delayed` takes them."""
    if network.delays is None:
        return {}
    n = network.neurons
    weights, delays = (x.reshape(-1, n, n).swapaxes(1, 2) for x in (network.effective()[0], network.delays))
    order = np.argsort(np.where(weights != 0.0, delays, np.inf), axis=2, kind="stable")
    lags = np.take_along_axis(delays, order, axis=2)
    return {
        "fan": np.count_nonzero(weights, axis=2).astype(np.int64), "posts": order.astype(np.int32),
        "lags": lags if network.timing == "continuous" else lags.astype(np.int64),
        "strengths": np.take_along_axis(weights, order, axis=2), "longest": int(np.max(lags, initial=0.0)),
    }  # fmt: skip


def _statistics(names: Any, sparse: bool) -> frozenset[str]:
    if names is None:
        return frozenset() if sparse else frozenset(STATISTICS)
    if isinstance(names, str) or not isinstance(names, Collection) or not set(names) <= set(_STATISTICS):
        allowed = f"{', '.join(_STATISTICS[:-1])} and {_STATISTICS[-1]}"
        raise ValueError(f"statistics must be a collection of {allowed}, got {names!r}")
    if sparse and names:
        raise ValueError(f"networks of sparse weights keep no statistics of states or all pairs, got {names!r}")
    return frozenset(names)


def _streams(seed: Any, ensemble: tuple[int, ...], first_run: Any) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Key and run number of each member."""
    members = int(np.prod(ensemble, dtype=int))
    for name, value in (("seed", seed), ("first_run", first_run)):
        if (shape := shape_of(name, value)) not in ((), ensemble):
            raise ValueError(f"{name} must be one number or have the ensemble's shape {ensemble}, got shape {shape}")
    if np.ndim(seed) == 0:
        check_seed(seed if not isinstance(seed, np.ndarray) else seed.item())
        if np.ndim(first_run) != 0:
            raise ValueError("a first_run for each member goes with a seed for each member")
        first_run = whole("first_run", first_run, most=2**32 - 1)
        if first_run + members > 2**32:
            raise ValueError(f"first_run + members of the ensemble must not exceed 2**32, got {first_run} + {members}")
        return np.full(members, seed, np.uint64), np.arange(first_run, first_run + members, dtype=np.uint64)
    seeds = np.asarray(seed, dtype=object).ravel()
    for one in seeds:
        check_seed(one)
    each = np.broadcast_to(np.asarray(first_run, object), ensemble).flat
    runs = [whole("first_run", run, most=2**32 - 1) for run in each]
    return np.array([int(one) for one in seeds], np.uint64), np.array(runs, np.uint64)


def _buffers(trains: int, capacity: int, discrete: bool) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Room for as many spikes as refractoriness allows; pages never touched cost nothing."""
    try:
        return np.empty((trains, capacity), np.int64 if discrete else np.float64), np.empty(
            (trains, capacity), np.int32
        )
    except (MemoryError, ValueError):
        raise MemoryError(
            f"no room for up to {trains * capacity:.3g} spikes: use record=False, a shorter duration or fewer replicas"
        ) from None


def _compact(buffer: NDArray[Any], kept: NDArray[np.int64]) -> NDArray[Any]:
    if len(kept) == 1:
        return buffer[0, : kept[0]].copy()
    return np.concatenate([row[:count] for row, count in zip(buffer, kept, strict=True)])
