"""All runs of a batch of dreaming networks: how they start, and the compiled loop that teaches them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import variability
from ..kernels import cpu
from ..layers.geometry import Geometry, geometry, pack, unpack
from ..philox import Purpose, normal
from ..runs import each_run, seed_pairs
from ..values import room
from .parameters import Dreams, mold
from .questions import Network
from .tasks import Images, load

__all__ = ["REPLICA", "Ensemble", "Start", "begin", "drawn", "learn"]

_Array = NDArray[np.float64]
REPLICA = 44  # the random numbers of replica r begin at r · 2^44


@dataclass
class Ensemble:
    """A batch of networks and where their chains stand; all arrays have the run first.

    images: of each target seed, run e has images[shown[e]]. weights and factors (run, synapses), biases (run, places),
    by `geometry`; rates (run, 4); ends (run, replica, places), draws and rests (run, replica): the chains; picks
    (run,): the next draw of images.
    """

    parameters: Dreams
    seeds: list[tuple[int, int]]
    geometry: Geometry
    images: list[Images]
    shown: NDArray[np.int64]
    rates: _Array
    weights: _Array
    biases: _Array
    wake_factor: _Array
    sleep_factor: _Array
    ends: _Array
    draws: NDArray[np.uint64]
    rests: _Array
    picks: NDArray[np.uint64]
    done: int = 0  # cycles

    def network(self) -> Network:
        """Copies of weights and biases as they stand."""
        (up,), (down,) = unpack(self.geometry, self.weights)
        places = [np.arange(self.geometry.neurons)[self.geometry.of_layer(layer)] for layer in range(2)]
        return Network(up, down, self.biases[:, np.concatenate(places)])


class Start(NamedTuple):
    """What runs begin with, neurons in one row: weights and factors (run, N, N), biases (run, N), rates (run, 4)."""

    parameters: Dreams
    seeds: list[tuple[int, int]]
    images: list[Images]
    shown: NDArray[np.int64]
    rates: _Array
    weights: _Array
    biases: _Array
    wake_factor: _Array
    sleep_factor: _Array


def drawn(parameters: Dreams | Sequence[Dreams], seeds: Sequence[Any]) -> Start:
    """Draw what every run begins with. Raises ValueError for what `train` does not allow."""
    pairs = seed_pairs(seeds)
    own = each_run(parameters, Dreams, len(pairs), mold)
    p, runs, visible, n = own[0], len(pairs), own[0].visible, own[0].neurons
    room(f"training {runs} runs", runs * (12.0 * n * n + p.questions * 4.0 * n + p.dreams * n / 8), "use fewer runs")
    targets = sorted({target for target, _ in pairs})
    images = [load(p.task, target) for target in targets]
    shown = np.array([targets.index(target) for target, _ in pairs])
    weights, biases, factor = np.zeros((runs, n, n)), np.zeros((runs, n)), np.empty((runs, n, n))
    upper = np.triu_indices(n, 1)
    for e, (q, (_, seed)) in enumerate(zip(own, pairs, strict=True)):
        weights[e][upper] = q.start_sd * normal(seed, Purpose.START, upper[0].size)
        weights[e] = weights[e] + weights[e].T + variability.synaptic_noise(n, q.weight_noise, seed)
        factor[e] = variability.plasticity_noise(n, q.plasticity_noise, seed)
        if q.matched:
            weights[e], factor[e] = (0.5 * (one + one.T) for one in (weights[e], factor[e]))
        states = images[shown[e]].states
        mean = (states.sum(axis=0) + 0.5) / (len(states) + 1.0)
        biases[e, :visible] = np.log(mean / (1.0 - mean))
    on_both = np.array([q.plasticity_noise_on == "both" for q in own])[:, None, None]
    return Start(
        p, pairs, images, shown, np.array([q.rates() for q in own]), np.clip(weights, -p.limit, p.limit),
        np.clip(biases, -p.limit, p.limit), np.where(on_both, factor, 1.0), factor,
    )  # fmt: skip


def begin(parameters: Dreams | Sequence[Dreams], seeds: Sequence[Any]) -> Ensemble:
    """Every run before its first cycle. Raises ValueError for what `train` does not allow."""
    start = drawn(parameters, seeds)
    p, runs = start.parameters, len(start.seeds)
    g = geometry((p.visible, p.hidden))
    up, down = slice(p.visible, p.neurons), slice(0, p.visible)
    wake, sleep, weights = (
        pack(g, [each[:, up, down]], [each[:, down, up]])
        for each in (start.wake_factor, start.sleep_factor, start.weights)
    )
    biases = np.zeros((runs, g.neurons))
    biases[:, g.of_layer(0)], biases[:, g.of_layer(1)] = start.biases[:, down], start.biases[:, up]
    first = np.arange(p.replicas, dtype=np.uint64) << np.uint64(REPLICA)
    return Ensemble(
        parameters=p, seeds=start.seeds, geometry=g, images=start.images, shown=start.shown, rates=start.rates,
        weights=weights, biases=biases, wake_factor=wake, sleep_factor=sleep,
        ends=np.full((runs, p.replicas, g.neurons), -1.0),
        draws=np.tile(np.uint64(int(Purpose.SAMPLING) << 56) + first, (runs, 1)),
        rests=np.full((runs, p.replicas), -1.0), picks=np.full(runs, int(Purpose.PATTERNS) << 56, np.uint64),
    )  # fmt: skip


def learn(ensemble: Ensemble, cycles: int, threads: int = 1) -> None:
    """Go through `cycles` cycles of every run, in place."""
    e, p = ensemble, ensemble.parameters
    targets, starts = np.array(e.seeds, np.uint64).T.copy()
    given = {
        **vars(e), **e.geometry._asdict(), "images": np.stack([images.states for images in e.images]),
        "shares": 1.0 / (1.0 + np.arange(e.done, e.done + cycles) / p.anneal), "batch": p.batch,
        "duration": p.cycle_length / p.replicas, "limit": float(p.limit), "seeds": starts, "runs": targets,
    }  # fmt: skip
    cpu.train_dreams(len(e.seeds), threads, given)
    e.done += cycles
