"""Layers that align: runs from their seeds, one compiled loop between records, results as a Dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..kernels import cpu
from ..kernels.cpu.layers import LARGEST, ONE_SIDED, SAL
from ..kernels.device import DEVICES
from ..philox import Purpose, uniform
from ..runs import as_json, each_run, progress_bar, seed_coordinates, seed_pairs
from ..values import choice, room
from .geometry import Geometry, fit, geometry, pack, unpack
from .law import Law, law
from .parameters import Layers, mold

__all__ = ["CAUTION", "FROZEN", "Phase", "align", "annealed", "begin", "begin_phase", "learn", "schedule"]

_Array = NDArray[np.float64]
CAUTION = 1.5  # see `law`
FROZEN = 0.02  # spikes per tau_ref: neurons that fire less, or more than 1 − this, tell little


@dataclass
class Phase:
    """A batch of layered networks and where their samplers stand; all arrays have the run first.

    weights, sums (run, synapses), overlaps and present the same or (run, 0); drive (run, neurons); ends (run, neurons),
    draws, rests (run,): the state; counts (run, neurons): spikes so far. Places are those of `geometry`.
    """

    geometry: Geometry
    weights: _Array
    present: NDArray[np.uint8]
    drive: _Array
    balance: float
    temperature: float
    rectangular: bool
    rule: int
    area: float
    decay: float
    duration: float
    seeds: NDArray[np.uint64]
    runs: NDArray[np.uint64]
    ends: _Array
    draws: NDArray[np.uint64]
    rests: _Array
    counts: NDArray[np.int64]
    sums: _Array
    overlaps: _Array

    def learn(self, back: _Array, forth: _Array, threads: int, entropy: bool = False) -> _Array:
        """Cycles with learning rates (run, cycle, link), in place; entropy production (run, cycle) if asked for.

        Raises ValueError where weights allow potentials, divided by T, beyond 500, at the start or by growing.
        """
        runs, cycles = back.shape[:2]
        found = np.zeros((runs, cycles if entropy else 0))
        given = {**vars(self), **self.geometry._asdict()}
        rates = {"back": np.ascontiguousarray(back), "forth": np.ascontiguousarray(forth)}
        cpu.symmetrise_layers(runs, threads, given | rates | {"cycles": cycles, "entropy": found})
        if np.any(np.isnan(self.weights)):
            raise ValueError(f"weights allow potentials beyond {LARGEST:g}: use a smaller lr or smaller weights")
        return found


def begin_phase(
    forward: Sequence[_Array], backward: Sequence[_Array], drive: _Array, seeds: Any, runs: Any, *,
    balance: float, temperature: float, window: str, rate: float, rule: str = "sal", cycle_length: float,
    present: NDArray[np.uint8] | None = None, entropy: bool = False,
) -> Phase:  # fmt: skip
    """Silent networks of W_l (run, n_l, n_{l−1}), B_l (run, n_{l−1}, n_l), drive (run, layers' neurons in a row)."""
    g = geometry((forward[0].shape[2], *(w.shape[1] for w in forward)))
    number, constants = forward[0].shape[0], law(rate, window)
    own = np.zeros((number, g.neurons))
    first = 0
    for layer, size in enumerate(g.sizes):
        own[:, g.of_layer(layer)] = drive[:, first : first + size]
        first += int(size)
    rectangular = window == "rectangular"
    return Phase(
        geometry=g, weights=pack(g, forward, backward), drive=own, balance=float(balance),
        present=np.empty((number, 0), np.uint8) if present is None else present,
        temperature=float(temperature), rectangular=rectangular, rule=SAL if rule == "sal" else ONE_SIDED,
        area=constants.area, decay=(constants.causal + constants.anticausal) / temperature,
        duration=float(cycle_length), seeds=np.array(seeds, np.uint64), runs=np.array(runs, np.uint64),
        ends=np.full((number, g.neurons), -1.0), draws=np.full(number, int(Purpose.SAMPLING) << 56, np.uint64),
        rests=np.full(number, -1.0), counts=np.zeros((number, g.neurons), np.int64),
        sums=np.zeros((number, g.synapses)),
        overlaps=np.zeros((number, g.synapses if entropy and not rectangular else 0)),
    )  # fmt: skip


def schedule(parameters: Layers) -> _Array:
    """η of each cycle and link, shape (cycles, links): as given, or the best of `salkit.layers.law`."""
    p = parameters
    stop = p.cycle_length * np.arange(1, p.cycles + 1)[:, None]
    links = len(p.sizes) - 1
    if p.lr_sal is not None:
        falling = 1.0 if p.anneal is None else 1.0 + stop / p.anneal
        return np.repeat(p.lr_sal / falling * np.ones_like(stop), links, axis=1)
    fan_in = np.array(p.sizes[:-1]) * (1.0 - p.unpaired)
    variance = 2.0 * p.gain**2 / np.maximum(fan_in, 1.0)
    rates = annealed(law(p.rate, p.window), p.rule, p.temperature, variance, stop)
    return rates / 2.0 if p.learns == "both" else rates


def annealed(constants: Law, rule: str, temperature: float, variance: NDArray, stop: NDArray) -> _Array:
    """The schedule of `law` for cycles that end at `stop`, shape (..., 1), and variances at the start, (..., links)."""
    drift = constants.drift if rule == "sal" else constants.causal
    noise = constants.noise if rule == "sal" else constants.half_noise
    return temperature / drift * variance / (stop / CAUTION * variance + noise / drift**2 * temperature**2)


@dataclass
class Ensemble:
    """All runs of one batch: parameters of the first and of each, their phase, their schedules (run, cycle, link)."""

    parameters: Layers
    own: list[Layers]
    seeds: list[tuple[int, int]]
    phase: Phase
    lower: int  # the first link that learns: 1 where inputs stand below
    back: _Array
    forth: _Array
    present: list[NDArray[np.bool_]]


def _weights(seed: int, purpose: Purpose, gain: float, shape: tuple[int, int], fan_in: float, link: int) -> _Array:
    draws = uniform(seed, purpose, shape[0] * shape[1], run=link).reshape(shape)
    return gain * np.sqrt(3.0 / max(fan_in, 1.0)) * (2.0 * draws - 1.0)


def begin(parameters: Layers | Sequence[Layers], seeds: Sequence[Any]) -> Ensemble:
    """Every run before its first cycle. Raises ValueError for what `align` does not allow."""
    pairs = seed_pairs(seeds)
    own = each_run(parameters, Layers, len(pairs), mold)
    p, runs = own[0], len(pairs)
    sizes = (p.inputs, *p.sizes) if p.inputs else p.sizes
    links, lower = len(sizes) - 1, int(p.inputs > 0)
    count = sum(2.0 * (a + 8) * (b + 8) for a, b in pairwise(sizes))
    kept = count * {"all": p.records + 1, "ends": 2, "none": 0}[p.weights]
    room(
        f"aligning {runs} runs",
        runs * (6.0 * count + kept + 2.0 * p.cycles * links),
        "use fewer runs, neurons or records",
    )
    forward, backward, masks = [], [], []
    for link in range(links):
        below, above, learns = sizes[link], sizes[link + 1], link >= lower
        w, b = np.zeros((runs, above, below)), np.zeros((runs, below, above))
        there = np.zeros((runs, 2, below, above), bool)
        for e, (q, (target, start)) in enumerate(zip(own, pairs, strict=True)):
            fan_in = below * (1.0 - q.unpaired) if learns else below
            w[e] = _weights(
                target, Purpose.MACHINE, q.gain if learns else q.input_gain, (above, below), fan_in, link - lower + 1
            )
            if not learns:
                continue
            b[e] = _weights(start, Purpose.FEEDBACK, q.gain, (below, above), fan_in, link - lower + 1)
            draws = uniform(start, Purpose.START, 2 * below * above, run=link - lower + 1, replica=1)
            pair, back = draws.reshape(2, below, above)
            there[e, 0] = pair >= q.unpaired
            there[e, 1] = there[e, 0] & (back >= q.one_way)
            w[e] *= there[e, 0].T
            b[e] *= there[e, 1]
        forward.append(w)
        backward.append(b)
        masks.append(there)
    whole_neurons = sum(sizes)
    drive = np.empty((runs, whole_neurons))
    for e, (q, (_, start)) in enumerate(zip(own, pairs, strict=True)):
        drive[e] = q.spread * (2.0 * uniform(start, Purpose.START, whole_neurons) - 1.0)
    drive += p.temperature * np.log(p.rate / (1.0 - p.rate))
    sparse = any(q.unpaired or q.one_way for q in own) or lower
    g = geometry(sizes)
    present = pack(g, [m[:, 0].swapaxes(1, 2) for m in masks], [m[:, 1] for m in masks], np.uint8) if sparse else None
    phase = begin_phase(
        forward, backward, drive, [start for _, start in pairs], [target for target, _ in pairs],
        balance=p.rate if p.homeostatic else 0.0, temperature=p.temperature, window=p.window, rate=p.rate,
        rule=p.rule, cycle_length=p.cycle_length, present=present, entropy=p.entropy,
    )  # fmt: skip
    back = np.zeros((runs, p.cycles, links))
    for e, q in enumerate(own):
        back[e, :, lower:] = q.sign * schedule(q)
    forth = back.copy() if p.learns == "both" else np.zeros_like(back)
    return Ensemble(p, own, pairs, phase, lower, back, forth, [m[:, 1] for m in masks[lower:]])


def learn(ensemble: Ensemble, first: int, cycles: int, threads: int = 1) -> _Array:
    """Cycles from `first` on of every run, in place; the entropy production of each, (run, cycle), if asked for."""
    e, piece = ensemble, slice(first, first + cycles)
    return e.phase.learn(e.back[:, piece], e.forth[:, piece], threads, e.parameters.entropy)


def align(
    parameters: Layers | Sequence[Layers],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Align one layered network a seed.

    Parameters
    ----------
    parameters : Layers, or a sequence of them
        The same for all, or one for each seed; they may differ in learning rates and what is drawn.
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first seeds the forward weights, the second all else. s is short for (s, s).
    device : "auto" or "cpu"
    threads : int, optional
        As in `salkit.simulate`; results do not depend on them, nor on which other seeds are aligned along.
    progress : bool, optional
        Show a progress bar on stderr (default: on a terminal).

    Returns
    -------
    Dataset
        With l from 1: angle_l (degrees), slope_l, correlation_l, sign_l of B_l to W_lᵀ over (run, time), synapses that
        are there; w_l (run, end or time, layer_l, layer_{l−1}) and b_l; spikes (run, time, layer): per neuron, up to
        then; rates (per tau_ref) and frozen, the share of neurons below 0.02 or above 0.98, over (run, interval,
        layer); entropy_production (run, interval), nats per tau_ref, if asked for. time and interval, where it ends,
        in tau_ref; layers from the lowest, inputs left out.

    Raises
    ------
    ValueError
        For seeds or a device that are not allowed, and for parameters that cannot be trained together.
    RuntimeError
        For device="cuda": layers have no CUDA kernel.
    MemoryError
        When the runs cannot fit.
    """
    threads, device = cpu.thread_count(threads), choice("device", device, DEVICES)
    if device == "cuda":
        raise RuntimeError("layers run on the CPU only: use device='cpu'")
    e = begin(parameters, seeds)
    p, g, links = e.parameters, e.phase.geometry, len(e.parameters.sizes) - 1
    every = p.cycles // p.records
    found: dict[str, list[Any]] = {name: [] for name in ("fits", "spikes", "rates", "frozen", "entropy")}
    kept: list[tuple[list[NDArray], list[NDArray]]] = []

    def record() -> None:
        forward, backward = (part[e.lower :] for part in unpack(g, e.phase.weights))
        found["fits"].append([fit(*each) for each in zip(forward, backward, e.present, strict=True)])
        if p.weights != "none":
            kept[0 if not kept else len(kept) if p.weights == "all" else 1 :] = [(forward, backward)]

    layers = [g.of_layer(layer) for layer in range(e.lower, len(g.sizes))]
    before = e.phase.counts.copy()
    record()
    for first in progress_bar(range(0, p.cycles, every), "align", "record", progress):
        entropy = learn(e, first, every, threads)
        own = (e.phase.counts - before) / (every * p.cycle_length)
        before = e.phase.counts.copy()
        found["rates"].append(np.stack([own[:, layer].mean(axis=1) for layer in layers], axis=1))
        quiet = (own < FROZEN) | (own > 1.0 - FROZEN)
        found["frozen"].append(np.stack([quiet[:, layer].mean(axis=1) for layer in layers], axis=1))
        found["spikes"].append(np.stack([before[:, layer].mean(axis=1) for layer in layers], axis=1))
        found["entropy"].append(entropy.mean(axis=1) if p.entropy else None)
        record()
    found["spikes"].insert(0, np.zeros_like(found["spikes"][0]))
    time = np.arange(p.records + 1) * every * p.cycle_length
    variables: dict[str, Any] = {}
    for link in range(links):
        for name in ("angle", "slope", "correlation", "sign"):
            series = [getattr(fits[link], name) for fits in found["fits"]]
            variables[f"{name}_{link + 1}"] = (("run", "time"), np.stack(series, axis=1))
    axis = "time" if p.weights == "all" else "end"
    for link in range(links if kept else 0):
        upper, lower = f"layer_{link + 1}", f"layer_{link}"
        variables[f"w_{link + 1}"] = (("run", axis, upper, lower), np.stack([k[0][link] for k in kept], axis=1))
        variables[f"b_{link + 1}"] = (("run", axis, lower, upper), np.stack([k[1][link] for k in kept], axis=1))
    variables["spikes"] = (("run", "time", "layer"), np.stack(found["spikes"], axis=1))
    for name in ("rates", "frozen"):
        variables[name] = (("run", "interval", "layer"), np.stack(found[name], axis=1))
    if p.entropy:
        variables["entropy_production"] = (("run", "interval"), np.stack(found["entropy"], axis=1))
    ends = {"end": ["first", "last"]} if p.weights == "ends" else {}
    coordinates = {"time": time, "interval": time[1:], **seed_coordinates(e.seeds), **ends}
    return xr.Dataset(variables, coordinates, {"parameters": as_json(parameters), "device": "cpu"})
