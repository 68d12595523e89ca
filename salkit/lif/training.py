"""SAL between integrate-and-fire neurons: reciprocal weights that meet, or feedback that comes to rest.

Logical weights W, biases b are translated by the neuron's measured activation function (`calibration`) after every
cycle of frozen weights; then

    W_ij ← W_ij + η (tau_ref/T) Σ S(t_i − t_j),   S of the triangular window that ends at tau_ref

One layer: a Boltzmann machine whose synapses all carry noise of their own, W_ij = w_{ij} + σ ξ_ij with w symmetric.
Two layers: forward weights W and feedback weights B of the same law, independent of each other. What is expected:

    D_KL        of the sampled law to the exact one of the symmetrised weights ½(W + Wᵀ): there asymmetry shows
    slope       of backward on forward weights: 1 where neurons are alike. They are not reversible in time, and where
                rates differ B comes to rest at gain · W, with a gain that depends on both rates
    delays      weaken the drift but do not bias it while all are equal and spikes are read at the somata

Sources: SAL, Gierlich et al. 2025; neurons, Petrovici et al. 2016; the gain is this suite's own finding.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import special

from .. import boltzmann, copies
from ..kernels import cpu
from ..kernels.device import DEVICES
from ..philox import Purpose, normal, uniform
from ..runs import as_json, each_run, progress_bar, seed_coordinates, seed_pairs
from ..values import choice, room
from .alignment import VALIDATED, Alignment, mold
from .calibration import activation, translate
from .sampling import Membranes, advance, silent

__all__ = ["train"]

_Array = NDArray[np.float64]


def train(
    parameters: Alignment | Sequence[Alignment],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Let one network a seed learn by SAL, or only measure its drift.

    Parameters
    ----------
    parameters : Alignment, or a sequence of them
        The same for all, or one for each seed, of one mold.
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first seeds symmetric or forward weights and biases, the second all else. s is
        short for (s, s).
    device : "auto" or "cpu"
    threads : int, optional
        As in `salkit.simulate`; results do not depend on them, nor on which other seeds run along.
    progress : bool, optional
        Show a progress bar on stderr (default: on a terminal).

    Returns
    -------
    Dataset
        asymmetry, asymmetry_mean, slope, angle (run, time): variance and mean of forward − backward, slope and angle
        (degrees) of backward to forward weights, over pairs; spikes (run, time): per neuron so far; rates (run, layer)
        per tau_ref; biases (run, post); one layer: weights (run, end, post, pre); two layers: forward (run, end, upper,
        lower), backward (run, end, lower, upper), and drift (run, half, lower, upper), (tau_ref/T) Σ S of B in each
        half of the time, as `salkit.limits.regress` takes it; validated: kl (run, end), D_KL(sampled‖exact) in nats.
        u0, alpha (run): the calibration, mV. Attributes: parameters as JSON, device.

    Raises
    ------
    ValueError
        For seeds or a device that are not allowed, and for parameters that cannot be trained together.
    RuntimeError
        For device="cuda": these neurons have no CUDA kernel.
    MemoryError
        When the runs cannot fit.
    """
    threads, device = cpu.thread_count(threads), choice("device", device, DEVICES)
    if device == "cuda":
        raise RuntimeError("integrate-and-fire neurons run on the CPU only: use device='cpu'")
    pairs = seed_pairs(seeds)
    own = each_run(parameters, Alignment, len(pairs), mold)
    p, runs, n = own[0], len(pairs), sum(own[0].sizes)
    room(f"training {runs} runs", runs * (8.0 * n * n + (1 << n if n <= VALIDATED else 0)), "use fewer runs")
    fitted = activation(replace(p.neuron, delay=0.0, renewing=True))  # neurons alone have no synapses
    begun = [_begin(q, pair) for q, pair in zip(own, pairs, strict=True)]
    w, b = np.stack([each[0] for each in begun]), np.stack([each[1] for each in begun])
    plastic = np.stack([_plastic(q) for q in own])
    state, every = silent(runs, 1, n), p.cycles // p.records
    keys = np.array([start for _, start in pairs], np.uint64), np.zeros(runs, np.uint64)
    found: dict[str, list[Any]] = {name: [] for name in ("asymmetry", "asymmetry_mean", "slope", "angle", "spikes")}
    counts, sums = np.zeros((runs, n), np.int64), np.zeros((2, runs, n, n))
    kl: list[_Array] = []
    ends = [w.copy()]

    def record() -> None:
        for name, values in _measures(w, p.sizes).items():
            found[name].append(values)
        found["spikes"].append(counts.mean(axis=1))

    def validate() -> None:
        if p.validation_length:
            kl.append(_divergence(p, w, b, fitted.offset, fitted.slope, keys[0], len(kl), threads))

    record()
    validate()
    for cycle in progress_bar(range(p.cycles), "LIF", "cycle", progress):
        network = translate(w, b, p.neuron, fitted.offset, fitted.slope)
        seen = advance(network, round(p.cycle_length * p.neuron.steps), state, cycle == 0, keys, threads)
        causal = seen["pairs"][:, 0]
        sal = (np.swapaxes(causal, 1, 2) - causal) / p.cycle_length
        counts = counts + seen["counts"][:, 0]
        sums[2 * cycle // p.cycles] += sal
        rate = np.array([_rate(q, cycle) for q in own])
        w = w + rate[:, None, None] * plastic * sal
        if (cycle + 1) % every == 0:
            record()
    validate()
    ends.append(w.copy())
    variables: dict[str, Any] = {name: (("run", "time"), np.stack(series, axis=1)) for name, series in found.items()}
    edges = np.cumsum([0, *p.sizes])
    layers = [counts[:, a:z].mean(axis=1) / p.length for a, z in pairwise(edges)]
    variables["rates"] = (("run", "layer"), np.stack(layers, axis=1))
    w_ends, lower = np.stack(ends, axis=1), p.sizes[0]
    variables["biases"] = (("run", "post"), b)
    for name, value in (("u0", fitted.offset), ("alpha", fitted.slope)):
        variables[name] = (("run",), np.full(runs, value))
    if len(p.sizes) == 2:
        halves = np.array([np.sum(2 * np.arange(p.cycles) // p.cycles == half) for half in (0, 1)])
        drift = sums[:, :, :lower, lower:] / np.maximum(halves, 1)[:, None, None, None]
        variables["drift"] = (("run", "half", "lower", "upper"), np.swapaxes(drift, 0, 1))
        variables["forward"] = (("run", "end", "upper", "lower"), w_ends[:, :, lower:, :lower])
        variables["backward"] = (("run", "end", "lower", "upper"), w_ends[:, :, :lower, lower:])
    else:
        variables["weights"] = (("run", "end", "post", "pre"), w_ends)
    if kl:
        variables["kl"] = (("run", "end"), np.stack(kl, axis=1))
    time = np.arange(p.records + 1) * every * p.cycle_length
    coordinates = {"time": time, "end": ["first", "last"], **seed_coordinates(pairs)}
    return xr.Dataset(variables, coordinates, {"parameters": as_json(parameters), "device": "cpu"})


def _begin(p: Alignment, pair: tuple[int, int]) -> tuple[_Array, _Array]:
    """Weights (N, N) and biases (N,) at the start."""
    target, start = pair
    n = sum(p.sizes)
    w = np.zeros((n, n))
    if len(p.sizes) == 1:
        half = p.span * (2.0 * uniform(target, Purpose.MACHINE, n * (n - 1) // 2) - 1.0)
        w[np.triu_indices(n, 1)] = half
        w = w + w.T
        expected = w.copy()
        noise = normal(start, Purpose.SYNAPTIC_NOISE, n * n).reshape(n, n)
        w += p.weight_noise * np.where(np.eye(n, dtype=bool), 0.0, noise)
    else:
        lower, upper = p.sizes
        forward = p.span * (2.0 * uniform(target, Purpose.MACHINE, lower * upper) - 1.0)
        backward = p.span * (2.0 * uniform(start, Purpose.FEEDBACK, lower * upper) - 1.0)
        w[lower:, :lower] = forward.reshape(upper, lower)
        w[:lower, lower:] = backward.reshape(lower, upper)
        expected = w
    apart = p.spread * (2.0 * uniform(target, Purpose.START, n) - 1.0)
    bias = np.repeat(p.biases, p.sizes)
    if p.homeostatic:
        bias = bias - expected @ special.expit(bias)
    return w, bias + apart


def _present(sizes: tuple[int, ...]) -> NDArray[np.bool_]:
    """Backward synapses, shape (N, N): from the upper to the lower layer, or to the lower number."""
    n = sum(sizes)
    there = np.triu(np.ones((n, n), bool), 1)
    if len(sizes) == 2:
        there[: sizes[0], : sizes[0]] = there[sizes[0] :, sizes[0] :] = False
    return there


def _plastic(p: Alignment) -> _Array:
    backward = _present(p.sizes).astype(np.float64)
    return backward * (p.learns != "none") + backward.T * (p.learns == "both")


def _rate(p: Alignment, cycle: int) -> float:
    return p.lr_sal / (1.0 if p.anneal is None else 1.0 + (cycle + 1) * p.cycle_length / p.anneal)


def _measures(w: _Array, sizes: tuple[int, ...]) -> dict[str, _Array]:
    there = _present(sizes)
    backward, forward = w[:, there], np.swapaxes(w, 1, 2)[:, there]
    apart = forward - backward
    return {
        "asymmetry": apart.var(axis=1),
        "asymmetry_mean": apart.mean(axis=1),
        "slope": copies.slope(backward[:, None, :], forward[:, :, None]),
        "angle": copies.angle(backward[:, None, :], forward[:, :, None]),
    }


def _divergence(
    p: Alignment, w: _Array, b: _Array, offset: float, slope: float, seeds: NDArray[np.uint64], number: int,
    threads: int,
) -> _Array:  # fmt: skip
    """D_KL(sampled‖exact) for the symmetrised weights, shape (run,): finite, whichever states were never visited."""
    runs, n = b.shape
    state: Membranes = silent(runs, 1, n, Purpose.VALIDATION)
    steps = round(p.validation_length * p.neuron.steps)
    keys = seeds, np.full(runs, number, np.uint64)
    seen = advance(translate(w, b, p.neuron, offset, slope), steps, state, True, keys, threads)["occupancy"][:, 0]
    exact = boltzmann.distribution((w + np.swapaxes(w, 1, 2)) / 2.0, b)
    return boltzmann.kl_divergence(seen / seen.sum(axis=1, keepdims=True), exact)
