"""Symmetrisation phases of protocol "exact", and how often neurons fire in the phases of either protocol.

The layers above the input form a reciprocal network of sampling neurons in continuous time, W_2 … W_L upwards and
B_1 … B_{L−1} downwards, T the temperature, ρ = ½ the rate that homeostatic biases stand for,

    u_i = (b_i + Σ_j W_ij z_j + Σ_k B_ik z_k)/T,   b_i = T logit ρ − ρ (Σ_j W_ij + Σ_k B_ik)

SAL moves B alone (`salkit.layers`): every B_l = W_{l+1}ᵀ is a fixed point, whatever biases and T. What phases of the
paper do otherwise can be switched on here: T = 1, biases held, and input neurons that spike (`one_way`).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernels.cpu import thread_count
from ..layers.geometry import unpack
from ..layers.law import law
from ..layers.training import annealed, begin_phase
from ..network import LARGEST_POTENTIAL, SamplingNetwork
from ..philox import check_seed
from ..sampling import simulate
from ..values import array, instance, shown
from .parameters import Microcircuit

__all__ = ["Phase", "phase_rates", "sample"]

_RATE = 0.5
_CYCLE = 100.0  # tau_ref between updates
_Array = NDArray[np.float64]


class Phase(NamedTuple):
    """B_1 … B_{L−1}, each (run, n_l, n_{l+1}), and spikes per tau_ref, (run, neurons above the input)."""

    backward: list[_Array]
    rates: _Array


def sample(
    p: Microcircuit, forward: Sequence[_Array], backward: Sequence[_Array], drive: _Array, seeds: Sequence[int],
    phase: int, threads: int, mismatch: float,
) -> Phase:  # fmt: skip
    """One phase: W_1 … W_L, B_1 … B_{L−1} of all runs, input potentials (run, n_0), seeds one a run.

    Raises ValueError where weights allow potentials beyond 500.
    """
    runs, sizes, lower = len(seeds), p.layers[0 if p.one_way else 1 :], int(p.one_way)
    ws, bs = list(forward[1 - lower :]), list(backward)
    own = np.full((runs, sum(sizes)), p.temperature * np.log(_RATE / (1.0 - _RATE)) if p.homeostatic else p.bias)
    if p.one_way:
        bs.insert(0, np.zeros((runs, sizes[0], sizes[1])))
        own[:, : sizes[0]] = p.temperature * drive
    cycle = min(_CYCLE, p.phase_length)
    cycles = int(np.ceil(p.phase_length / cycle))
    stop = cycle * np.arange(1, cycles + 1)[None, :, None]
    variance = mismatch**2 * np.array([np.mean(w * w, axis=(1, 2)) for w in ws]).T[:, None, :]
    back = annealed(law(_RATE, p.pairing), "sal", p.temperature, variance, stop)
    back[:, :, :lower] = 0.0
    network = begin_phase(
        ws, bs, own, seeds, np.zeros(runs, np.uint64), balance=_RATE * p.homeostatic, temperature=p.temperature,
        window=p.pairing, rate=_RATE, cycle_length=cycle,
    )  # fmt: skip
    network.draws += np.uint64(phase << 32)
    network.learn(back, np.zeros_like(back), threads)
    g = network.geometry
    above = np.concatenate([np.arange(*g.of_layer(layer).indices(g.neurons)) for layer in range(lower, len(sizes))])
    return Phase(unpack(g, network.weights)[1][lower:], network.counts[:, above] / (cycles * cycle))


def phase_rates(
    parameters: Microcircuit, forward: Sequence[ArrayLike], backward: Sequence[ArrayLike], inputs: ArrayLike, seed: int,
    threads: int | None = None,
) -> _Array:  # fmt: skip
    """How often neurons fire in a symmetrisation phase of the parameters' protocol, with weights held.

    Parameters
    ----------
    parameters : Microcircuit
        Phases of "paper" take `pattern_length` for every input, those of "exact" `phase_length`.
    forward, backward : sequences of arrays
        W_1 … W_L (run, n_l, n_{l−1}) and B_1 … B_{L−1} (run, n_l, n_{l+1}).
    inputs : array, shape (run, patterns, n_0)
        Potentials of the input neurons; "exact" without `one_way` has no use for them.
    seed : int
    threads : int, optional
        As in `salkit.simulate`.

    Returns
    -------
    array, shape (run, neurons above the input)
        Spikes per tau_ref, mean over inputs: 0 for a silent neuron, 1 for one that is always on.

    Raises
    ------
    ValueError
        For arrays that do not fit the layers, and weights that allow potentials beyond 500.
    """
    p = instance("parameters", parameters, Microcircuit)
    sizes, threads = p.layers, thread_count(threads)
    check_seed(seed)
    shapes = [(m, n) for n, m in pairwise(sizes)], [(n, m) for n, m in pairwise(sizes[1:])]
    ws, bs = (
        _fitting(name, given, wanted)
        for name, given, wanted in zip(("forward", "backward"), (forward, backward), shapes, strict=True)
    )
    x = array("inputs", inputs, 3, -LARGEST_POTENTIAL, LARGEST_POTENTIAL)
    runs = len(ws[0])
    if any(len(part) != runs for part in (*ws, *bs, x)) or x.shape[2] != sizes[0] or x.shape[1] == 0:
        raise ValueError(f"inputs must have shape ({runs}, patterns, {sizes[0]}) as the weights' runs, got {x.shape}")
    if p.protocol == "exact":
        seeds = [seed + run for run in range(runs)]
        return sample(p, ws, bs, x[:, -1], seeds, 0, threads, 0.0).rates
    first = np.cumsum([0, *sizes])
    weights = np.zeros((runs, x.shape[1], first[-1], first[-1]))
    layer = [slice(*edges) for edges in pairwise(first)]
    for n, w in enumerate(ws):
        weights[:, :, layer[n + 1], layer[n]] = w[:, None]
    for n, b in enumerate(bs, start=1):
        weights[:, :, layer[n], layer[n + 1]] = b[:, None]
    biases = np.full(weights.shape[:-1], p.bias)
    biases[..., layer[0]] = x
    network = SamplingNetwork(weights, biases, p.tau_ref, "discrete")
    duration = p.pattern_length * p.tau_ref
    spikes = simulate(network, duration, seed, record=False, device="cpu", threads=threads, statistics=())
    return spikes.rates()[..., sizes[0] :].mean(axis=1)


def _fitting(name: str, given: Any, shapes: Sequence[tuple[int, int]]) -> list[_Array]:
    if isinstance(given, str | bytes) or not hasattr(given, "__len__"):
        raise ValueError(f"{name} must be arrays (run, *shape) of shapes {shapes}, got {shown(given)}")
    arrays = [array(name, w, None, -LARGEST_POTENTIAL, LARGEST_POTENTIAL) for w in given]
    if [w.shape[1:] for w in arrays] != [*shapes]:
        raise ValueError(f"{name} must be arrays (run, *shape) of shapes {shapes}, got {[w.shape for w in arrays]}")
    return arrays
