"""Two layers under a condition: their drift measured with frozen weights, or the loop closed so that B learns.

The network is made anew in every cycle from the weights of the moment, so that a condition can touch anything,

    u_x = b_x + Σ_y B_xy z_y,   u_y = b_y + Σ_x W_yx z_x,   b_i = logit ρ − ρ Σ_j w_ij + spread

and B moves once at its end: B ← B + η(t) Σ S over the cycle's pairs, with the falling η(t) of `salkit.layers.law` for
the network without the condition. So curves of all conditions can be compared: who is late is slow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..kernels import cpu
from ..kernels.device import DEVICES
from ..layers.geometry import fit
from ..layers.law import law
from ..layers.training import annealed
from ..network import SamplingNetwork
from ..philox import Purpose, uniform
from ..runs import as_json, each_run, seed_coordinates, seed_pairs
from ..sampling import simulate
from ..spikes import Spikes, State
from ..values import choice, instance, number, room, whole
from . import inputs
from .parameters import Condition, mold
from .regression import Drift, Rest, between, regress, rest_point

__all__ = ["Layers", "begin", "close", "measure"]

_Array = NDArray[np.float64]


@dataclass
class Layers:
    """Two layers a run, and what was drawn for them; all arrays have the run first.

    forward (run, upper, lower), backward (run, lower, upper), present (run, lower, upper), spread (run, neurons),
    delays (run, neurons, neurons) or None, periods (run, neurons) or None, sign (run, neurons): ±1, or 0 for both.
    """

    forward: _Array
    backward: _Array
    present: NDArray[np.bool_]
    spread: _Array
    delays: _Array | None
    periods: _Array | None
    sign: _Array


def begin(p: Condition, pairs: Sequence[tuple[int, int]]) -> Layers:
    """The layers of each run: W from the target seed, all else from the start seed."""
    lower, upper = p.sizes
    n, size = lower + upper, p.gain * np.sqrt(3.0 / lower)
    each = []
    for target, start in pairs:
        w = size * (2 * uniform(target, Purpose.MACHINE, n * n)[: upper * lower].reshape(upper, lower) - 1)
        b = size * (2 * uniform(start, Purpose.FEEDBACK, lower * upper).reshape(lower, upper) - 1)
        draws = uniform(start, Purpose.START, 4 * n + lower * upper + n * n)
        there = draws[4 * n : 4 * n + lower * upper].reshape(lower, upper) >= p.one_way
        sign = np.zeros(n)
        if p.excitatory is not None:
            sign = np.where(uniform(target, Purpose.MACHINE, n, replica=1) < p.excitatory, 1.0, -1.0)
            w, b = sign[:lower] * np.abs(w), sign[lower:] * np.abs(b)
        apart = p.delay_spread * draws[-n * n :].reshape(n, n)
        apart[lower:, :lower] += p.delay_forward
        apart[:lower, lower:] += p.delay_backward
        own = np.repeat([1.0, p.period], p.sizes) * (1 + np.sqrt(3.0) * p.period_cv * (2 * draws[n : 2 * n] - 1))
        each.append((w, b * there, there, p.spread * (2 * draws[:n] - 1), apart, own, sign))
    w, b, there, spread, apart, own, sign = (np.stack(part) for part in zip(*each, strict=True))
    odds = np.log(p.rate / (1 - p.rate)) + np.repeat([0.0, np.log(p.rate_ratio)], p.sizes)
    apart = p.tau_ref * apart if p.timing == "continuous" else np.rint(p.tau_ref * apart)
    return Layers(w, b, there, odds + spread, apart if p.delays else None, own if p.own_periods else None, sign)


def network(p: Condition, layers: Layers) -> SamplingNetwork:
    """The ensemble of all runs with the weights of the moment."""
    lower, n = p.sizes[0], sum(p.sizes)
    weights = np.zeros((len(layers.forward), n, n))
    weights[:, lower:, :lower], weights[:, :lower, lower:] = layers.forward, layers.backward
    mean = np.exp(layers.spread) / (1 + np.exp(layers.spread)) if p.rate_ratio != 1.0 else np.full((1, n), p.rate)
    biases = layers.spread - np.einsum("eij,ej->ei", weights, np.broadcast_to(mean, layers.spread.shape))
    more: dict[str, Any] = {"refractory": p.refractory, "psp_length": p.psp_length}
    if layers.periods is not None:
        more = {"refractory": layers.periods, "psp_length": layers.periods}
        biases = biases - np.log(layers.periods)  # hazards are per tau_ref
    if layers.delays is not None:
        more["delays"] = layers.delays
    return SamplingNetwork(weights, biases, p.tau_ref, p.timing, p.psp, p.tau_syn, **more)


def _spikes(
    p: Condition, layers: Layers, pairs: Sequence[tuple[int, int]], length: float, cycle: int, replicas: int,
    start: State | None, threads: int,
) -> Spikes | list[Spikes]:  # fmt: skip
    """One cycle of all runs; where a drive is on, run by run."""
    net, duration = network(p, layers), length * p.tau_ref
    statistic = "overlaps" if p.window == "rectangular" else "pairs"
    if p.drive:
        a, lag = _drive(p)
        streams = [(first << 32) + cycle for _, first in pairs]
        return [
            inputs.simulate(net[e], a, p.drive_tau, duration, seed, replicas, lag, statistic=statistic, threads=threads)
            for e, seed in enumerate(streams)
        ]
    own = start is None
    seeds = np.array([first + ((cycle << 32) if own else 0) for _, first in pairs])
    return simulate(
        net, duration, seeds, replicas, record=p.recorded, device="cpu", threads=threads, start=start,
        first_run=np.array([target for target, _ in pairs]), statistics=(statistic,),
    )  # fmt: skip


def _drive(p: Condition) -> tuple[_Array, _Array]:
    """Amplitudes and lags, shape (inputs, neurons)."""
    lower, upper = p.sizes
    if p.drive_to == "all":
        return np.full((1, lower + upper), p.drive), np.repeat([[0.0, p.drive_lag]], p.sizes, axis=1)
    a = np.zeros((lower // 2, lower + upper))
    a[:, :lower] = p.drive * np.repeat(np.eye(lower // 2), 2, axis=1)
    return a, np.zeros_like(a)


def _sums(p: Condition, spikes: Spikes | list[Spikes]) -> _Array:
    """SAL's drift of B, (run, replica, lower, upper)."""
    if isinstance(spikes, list):
        return np.stack([between(each, p.sizes[0], p.window) for each in spikes])
    late = p.tau_ref * p.delay_backward if p.reading == "synapse" else 0.0
    recorded = (
        p.reading == "synapse" or p.own_periods
    )  # kept sums take the latest spike only: not all, of short periods
    return between(spikes, p.sizes[0], p.window, late if recorded else None, p.tau_ref * p.shift)


def measure(
    parameters: Condition, seeds: Sequence[Any], length: float = 2000.0, replicas: int = 2, threads: int | None = None
) -> tuple[Drift, Rest]:
    """The drift of B with frozen weights, all runs in one regression: at random B, then at the copy B = Wᵀ.

    Parameters
    ----------
    parameters : Condition
    seeds : sequence of int or of pairs of int
        As in `close`: each has weights and spikes of its own.
    length : float
        Of each of the replicas, in tau_ref, half of it at random B.
    replicas : int
        At least 2.
    threads : int, optional
        As in `salkit.simulate`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    MemoryError
        When the runs cannot fit.
    """
    p, pairs = instance("parameters", parameters, Condition), seed_pairs(seeds)
    length = float(number("length", length, least=1, most=1e9))
    replicas, threads = whole("replicas", replicas, least=2, most=1000), cpu.thread_count(threads)
    _fits(p, len(pairs), replicas)
    layers = begin(p, pairs)
    drift = _sums(p, _spikes(p, layers, pairs, length / 2, 0, replicas, None, threads))
    others: dict[str, Any] = {}
    if p.drive and p.drive_to == "pairs":
        w = np.swapaxes(layers.forward, 1, 2)
        others["neighbour"] = w.reshape(len(w), -1, 2, w.shape[2])[:, :, ::-1].reshape(w.shape)
    found = regress(drift, layers.forward, layers.backward, where=layers.present, **others)
    layers.backward = _allowed(p, layers, np.swapaxes(layers.forward, 1, 2).copy(), pairs, 1)
    drift = _sums(p, _spikes(p, layers, pairs, length / 2, 2, replicas, None, threads))
    return found, rest_point(drift, layers.forward, abs(found.backward.value), where=layers.present)


def close(
    parameters: Condition | Sequence[Condition], seeds: Sequence[Any], device: str = "auto", threads: int | None = None
) -> xr.Dataset:
    """Let B of one pair of layers a seed learn.

    Parameters
    ----------
    parameters : Condition, or a sequence of equal ones
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first seeds W, the second all else. s is short for (s, s).
    device : "auto" or "cpu"
    threads : int, optional
        As in `salkit.simulate`; results do not depend on them, nor on which other seeds are run along.

    Returns
    -------
    Dataset
        angle (degrees) and slope of B to Wᵀ over (run, time), synapses that are there; size, the root mean square of B
        over that of W; rates per refractory period over (run, time, layer), of the cycle before. time in tau_ref.

    Raises
    ------
    ValueError
        For seeds or a device that are not allowed, and for parameters that cannot be computed together.
    RuntimeError
        For device="cuda": conditions are tried on the CPU.
    MemoryError
        When the runs cannot fit.
    """
    threads, device = cpu.thread_count(threads), choice("device", device, DEVICES)
    if device == "cuda":
        raise RuntimeError("conditions are tried on the CPU only: use device='cpu'")
    pairs = seed_pairs(seeds)
    p = each_run(parameters, Condition, len(pairs), mold)[0]
    _fits(p, len(pairs), 1)
    layers, state = begin(p, pairs), None
    stop = p.cycle_length * np.arange(1, p.cycles + 1)[:, None]
    rate = annealed(law(p.rate, p.window), "sal", 1.0, np.array([2 * p.gain**2 / p.sizes[0]]), stop)[:, 0]
    every, found = p.cycles // p.records, [_result(p, layers, None)]
    for cycle in range(p.cycles):
        spikes = _spikes(p, layers, pairs, p.cycle_length, cycle, 1, state, threads)
        state = None if isinstance(spikes, list) else spikes.final
        change = rate[cycle] * p.cycle_length * _sums(p, spikes).mean(axis=1)
        layers.backward = _allowed(p, layers, layers.backward + change, pairs, cycle)
        if (cycle + 1) % every == 0:
            found.append(_result(p, layers, spikes))
    names = {"angle": (), "slope": (), "size": (), "rates": ("layer",)}
    series = [np.stack(values, axis=1) for values in zip(*found, strict=True)]
    variables = {name: (("run", "time", *more), x) for (name, more), x in zip(names.items(), series, strict=True)}
    time = np.arange(p.records + 1) * every * p.cycle_length
    coordinates = {"time": time, **seed_coordinates(pairs)}
    return xr.Dataset(variables, coordinates, {"parameters": as_json(parameters), "device": "cpu"})


def _fits(p: Condition, runs: int, replicas: int) -> None:
    n = float(sum(p.sizes))
    recorded = n * p.cycle_length * 2 if p.recorded else 0.0
    room(f"{runs} runs of layers {p.sizes}", runs * (8 * n * n + replicas * (2 * n * n + recorded)), "use fewer runs")


def _allowed(p: Condition, layers: Layers, b: _Array, pairs: Sequence[tuple[int, int]], cycle: int) -> _Array:
    """Weights that may be: synapses that are there, of their sign, of so many bits."""
    b = np.where(layers.present, b, 0.0)
    if p.excitatory is not None:
        sign = layers.sign[:, None, p.sizes[0] :]
        b = sign * np.maximum(sign * b, 0.0)
    if p.bits is not None:
        most = 2 * p.gain * np.sqrt(3.0 / p.sizes[0])
        step = 2 * most / (2**p.bits - 1)
        draws = [uniform(s, Purpose.PLASTICITY_NOISE, b[0].size, run=cycle).reshape(b[0].shape) for _, s in pairs]
        level = np.floor((np.clip(b, -most, most) + most) / step + np.stack(draws))
        b = np.where(layers.present, step * level - most, 0.0)
    return b


def _result(p: Condition, layers: Layers, spikes: Spikes | list[Spikes] | None) -> tuple[_Array, ...]:
    """angle, slope, size and rates (run, layer)."""
    w, b, on = np.swapaxes(layers.forward, 1, 2), layers.backward, layers.present
    angle, slope, _, _ = fit(layers.forward, b, on)
    size = np.sqrt(np.sum(on * b * b, axis=(1, 2)) / np.sum(on * w * w, axis=(1, 2)))
    if spikes is None:
        return angle, slope, size, np.full((len(w), 2), p.rate)
    rates = np.stack([s.rates() for s in spikes]) if isinstance(spikes, list) else spikes.rates()
    return angle, slope, size, np.stack([part.mean(axis=1) for part in np.split(rates, [p.sizes[0]], axis=1)], axis=1)
