"""Networks of integrate-and-fire neurons, and their spikes.

A spike train is one replica of one member of the ensemble; its random stream is named by (seed, run, replica), as in
`salkit.simulate`. What comes back are `Spikes` in discrete time, in steps of dt: states, coactivation, spike-timing
differences and plasticity are read from them as from those of the sampler.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import cpu
from ..philox import Purpose, check_seed
from ..spikes import OCCUPANCY_NEURONS, Spikes, State
from ..values import array, broadcast, flag, instance, number, room, whole
from .parameters import Neuron

__all__ = ["Membranes", "Network", "simulate"]

_NEVER = 2**60
_LONGEST = 2.0**40  # steps


@dataclass(frozen=True, eq=False)
class Network:
    """An ensemble of networks of N neurons; leading axes of weights and currents are the ensemble.

    Parameters
    ----------
    weights : array, shape (..., N, N)
        weights[i, j], in µS, from neuron j to neuron i; negative ones are inhibitory conductances. Zero diagonal.
    currents : array, shape (..., N)
        Into each neuron, in nA. Leading axes broadcast with those of the weights.
    neuron : Neuron

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    weights: NDArray[np.float64]
    currents: NDArray[np.float64]
    neuron: Neuron = field(default_factory=Neuron)
    ensemble: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        instance("neuron", self.neuron, Neuron)
        w, current = array("weights", self.weights, most=1e3, least=-1e3), array("currents", self.currents, most=1e6)
        if w.ndim < 2 or w.shape[-1] != w.shape[-2] or w.shape[-1] < 1:
            raise ValueError(f"weights must have shape (..., N, N), got {w.shape}")
        n = w.shape[-1]
        if current.ndim < 1 or current.shape[-1] != n or not broadcast(w.shape[:-2], current.shape[:-1]):
            raise ValueError(f"currents must have shape (..., {n}) to go with weights {w.shape}, got {current.shape}")
        if np.any(np.diagonal(w, axis1=-2, axis2=-1) != 0):
            raise ValueError("weights must have a zero diagonal: a neuron has no synapse onto itself")
        ensemble = np.broadcast_shapes(w.shape[:-2], current.shape[:-1])
        if 0 in ensemble:
            raise ValueError(f"weights and currents: the ensemble must not be empty, got leading axes {ensemble}")
        for name, value, shape in (("weights", w, (n, n)), ("currents", current, (n,))):
            whole_array = np.ascontiguousarray(np.broadcast_to(value, (*ensemble, *shape)))
            whole_array.flags.writeable = False
            object.__setattr__(self, name, whole_array)
        object.__setattr__(self, "ensemble", ensemble)

    @property
    def neurons(self) -> int:
        """N, the number of neurons of each network."""
        return int(self.weights.shape[-1])

    def acting(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights (members, N, N) and rests (members, N) as the kernel takes them."""
        n, p = self.neurons, self.neuron
        w, current = self.weights.reshape(-1, n, n), self.currents.reshape(-1, n)
        if p.coupling == "conductance":
            return w.copy(), p.leak * p.leak_potential + current
        force = np.where(w > 0, p.excitatory - p.threshold, p.threshold - p.inhibitory)
        return w * force / p.conductance, np.ascontiguousarray(p.mean_potential(current))


class Membranes(NamedTuple):
    """Where a run stands, all that its future depends on; E members of the flattened ensemble, R replicas.

    potential, left, ages (E, R, N): potentials in mV, what is left of each neuron's last pulse, steps since its last
    spike; noise, synaptic (E, R, N, 2); draws (E, R, 1): next block of the random stream.
    """

    potential: NDArray[np.float64]
    left: NDArray[np.float64]
    ages: NDArray[np.int64]
    noise: NDArray[np.float64]
    synaptic: NDArray[np.float64]
    draws: NDArray[np.uint64]

    def copy(self) -> "Membranes":
        """The same state in arrays of its own."""
        return Membranes(
            self.potential.copy(), self.left.copy(), self.ages.copy(), self.noise.copy(), self.synaptic.copy(),
            self.draws.copy(),
        )  # fmt: skip

    def sampler_state(self, ensemble: tuple[int, ...]) -> State:
        """Ages and draws as `Spikes` keep them."""
        ages = np.where(self.ages >= _NEVER, np.inf, self.ages.astype(np.float64))
        shape = (*ensemble, ages.shape[1])
        draws = self.draws[..., 0].reshape(shape).copy()
        return State(ages.reshape(*shape, -1), draws, np.full(shape, -1.0))


def simulate(
    network: Network,
    duration: float,
    seed: int = 0,
    replicas: int = 1,
    record: bool = True,
    threads: int | None = None,
    start: Membranes | None = None,
    first_run: int = 0,
) -> tuple[Spikes, Membranes]:
    """Run every replica of every member of the ensemble for `duration`.

    Parameters
    ----------
    network : Network
    duration : float
        In ms, a whole number of steps dt.
    seed : int
        Member m of the flattened ensemble is run `first_run` + m of that seed.
    replicas : int
        Independent copies of each network.
    record : bool
        Keep all spikes; counts, states and pairs are kept in any case.
    threads : int, optional
        CPU threads (default: all cores). The result does not depend on it.
    start : Membranes, optional
        Go on from where an earlier run of the same ensemble and replicas ended, instead of from silence under
        stationary noise.
    first_run : int
        Number of the first member's run.

    Returns
    -------
    Spikes, with times in steps, and Membranes to go on from.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    MemoryError
        When statistics or spikes cannot fit.
    """
    instance("network", network, Network)
    threads, record = cpu.thread_count(threads), flag("record", record)
    check_seed(seed)
    neuron, n = network.neuron, network.neurons
    number("duration", duration, positive=True, most=_LONGEST * neuron.dt)
    steps = round(duration / neuron.dt)
    if steps < 1 or abs(steps - duration / neuron.dt) > 1e-9 * steps:
        raise ValueError(f"duration must be a whole number of steps dt = {neuron.dt:g}, got {duration}")
    replicas = whole("replicas", replicas, least=1, most=10**9)
    members = int(np.prod(network.ensemble, dtype=int))
    first_run = whole("first_run", first_run, most=2**32 - 1)
    if first_run + members > 2**32:
        raise ValueError(f"first_run + members of the ensemble must not exceed 2**32, got {first_run} + {members}")
    trains, states = members * replicas, 1 << n if n <= OCCUPANCY_NEURONS else 0
    capacity = n * (steps // (neuron.steps + 1) + 1) if record else 0
    room(f"simulating {trains} trains", trains * (2.0 * n * n + states + 8.0 * n + 1.5 * capacity), "use fewer or less")
    before = silent(members, replicas, n) if start is None else _checked(start, members, replicas, n)
    after = before.copy()
    times, who = np.empty((trains, capacity), np.int64), np.empty((trains, capacity), np.int32)
    seeds = np.full(members, seed, np.uint64), np.arange(first_run, first_run + members, dtype=np.uint64)
    statistics = advance(network, steps, after, start is None, seeds, threads, times, who)
    number_of = statistics["counts"].sum(axis=-1).ravel() if record else np.zeros(trains, np.int64)
    shaped = {
        name: values.reshape(*network.ensemble, replicas, *values.shape[2:]) for name, values in statistics.items()
    }
    found = Spikes(
        neuron_count=n, ensemble=network.ensemble, replicas=replicas, duration=float(steps),
        tau_ref=float(neuron.steps), timing="discrete", recorded=record, times=_joined(times, number_of),
        neurons=_joined(who, number_of), offsets=np.concatenate([[0], np.cumsum(number_of)]),
        spike_counts=shaped["counts"], occupancy=shaped["occupancy"] if states else None, pairs=shaped["pairs"],
        ties=shaped["ties"],
        initial=before.sampler_state(network.ensemble), final=after.sampler_state(network.ensemble),
    )  # fmt: skip
    return found, after


def advance(
    network: Network, steps: int, state: Membranes, fresh: bool, seeds: tuple[Any, Any], threads: int,
    times: NDArray[np.int64] | None = None, neurons: NDArray[np.int32] | None = None,
) -> dict[str, NDArray[Any]]:  # fmt: skip
    """Move the state of all members on by `steps` steps, and return counts, occupancy, pairs and ties.

    seeds: key and run number of each member, shape (members,); times, neurons (trains, capacity): where spikes go.
    """
    neuron, n = network.neuron, network.neurons
    members, replicas = state.potential.shape[:2]
    kind, constants, table = neuron.constants()
    weights, rest = network.acting()
    statistics = {
        "counts": np.zeros((members, replicas, n), np.int64),
        "occupancy": np.zeros((members, replicas, 1 << n if n <= OCCUPANCY_NEURONS else 0)),
        "pairs": np.zeros((members, replicas, n, n)),
        "ties": np.zeros((members, replicas, n, n), np.int64),
    }
    nowhere = np.empty((members * replicas, 0), np.int64), np.empty((members * replicas, 0), np.int32)
    cpu.run_lif(members * replicas, threads, {
        "kind": kind, "constants": constants, "table": table, "refractory": neuron.steps,
        "delay": round(neuron.delay / neuron.dt), "renewing": neuron.renewing, "steps": steps, "weights": weights,
        "rest": rest, "seeds": seeds[0], "runs": seeds[1], "fresh": fresh, "u": state.potential, "noise": state.noise,
        "synaptic": state.synaptic, "left": state.left, "ages": state.ages, "draws": state.draws,
        "times": nowhere[0] if times is None else times, "neurons": nowhere[1] if neurons is None else neurons,
        **statistics,
    })  # fmt: skip
    return statistics


def silent(members: int, replicas: int, n: int, purpose: Purpose = Purpose.SAMPLING) -> Membranes:
    """No neuron has spiked yet; the kernel, told that this is fresh, draws noise from its stationary law.

    Its random numbers are those for that purpose.
    """
    shape = (members, replicas, n)
    return Membranes(
        np.zeros(shape), np.zeros(shape), np.full(shape, _NEVER, np.int64), np.zeros((*shape, 2)),
        np.zeros((*shape, 2)), np.full((members, replicas, 1), int(purpose) << 56, np.uint64),
    )  # fmt: skip


def _checked(start: Any, members: int, replicas: int, n: int) -> Membranes:
    instance("start", start, Membranes)
    for name, given, wanted in zip(Membranes._fields, start, silent(members, replicas, n), strict=True):
        if not isinstance(given, np.ndarray) or given.shape != wanted.shape or given.dtype != wanted.dtype:
            raise ValueError(f"start must have {name} of shape {wanted.shape}, as an earlier run left them")
        if not np.all(np.isfinite(given.astype(np.float64))) or (name == "ages" and np.any(given < 1)):
            raise ValueError(f"start has {name} that no run leaves")
    return start


def _joined(buffer: NDArray[Any], kept: NDArray[np.int64]) -> NDArray[Any]:
    return np.concatenate([row[:count] for row, count in zip(buffer, kept, strict=True)])
