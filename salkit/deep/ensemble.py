"""An ensemble of networks in training: start, a pass through the patterns, a step of the optimiser, feedback's share.

    sgd    v ← μ v + ΔW,   W ← W + η v
    adam   m ← β₁ m + (1 − β₁) ΔW,   s ← β₂ s + (1 − β₂) ΔW²,   W ← W + η m̂/(√ŝ + ε),   m̂, ŝ without bias

    bp     B_l = W_{l+1}ᵀ after every step
    fa     B_l stays
    kp     B_l takes the transpose of every step of W_{l+1}, then B_l ← (1 − λ) B_l and W_{l+1} ← (1 − λ) W_{l+1}:
           B_l − W_{l+1}ᵀ falls as (1 − λ)^steps, whatever the optimiser
    sal    B_l stays until the next phase (`phases`)

Sources: Lillicrap et al. 2016 (fa); Kolen & Pollack 1994, Akrout et al. 2019 (kp); Kingma & Ba 2015 (adam).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels.arrays import Place
from ..kernels.device import pick_device
from ..network import LARGEST_POTENTIAL
from ..philox import Purpose, uniform
from ..rate_network import angle
from ..runs import each_run, seed_pairs
from ..values import room
from .dyads import Shown, show, spanned
from .dyads import errors as from_spikes
from .networks import changes, errors, rates, transposed
from .parameters import Deep, mold
from .tasks import Data, load

__all__ = ["Ensemble", "begin", "learn", "stepped"]

_Array = NDArray[np.float64]
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8
_PATTERNS = 6000  # of the larger task
_WORTH_WHILE = 2e8  # multiplications a step: a GPU has some hundred launches to make in each, of ten microseconds or so


@dataclass
class Ensemble:
    """All runs of a batch: weights, biases, feedback as in `networks`, with the run first.

    These, moments and data are arrays in `place`, all others NumPy's.

    moments: one list for each of the optimiser's, like weights + biases. steps: taken so far. lost (run,): given up.
    span (run, 2): least and greatest input of the training patterns.
    """

    parameters: Deep
    own: list[Deep]
    seeds: list[tuple[int, int]]
    data: Data
    weights: list[_Array]
    biases: list[_Array]
    feedback: list[_Array]
    moments: list[list[_Array]]
    steps: int
    lost: NDArray[np.bool_]
    span: _Array
    place: Place

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.parameters.measure

    def runs(self, feedback: str) -> NDArray[np.int64]:
        """The runs with that feedback, shape (number,)."""
        return np.flatnonzero([p.feedback == feedback for p in self.own])

    def give_up(self, runs: Any) -> None:
        """Count runs, an index or a mask of shape (run,), as lost: weights, biases, feedback are NaN from then on."""
        self.lost[runs] = True
        for run in np.arange(len(self.lost))[runs].ravel():
            for x in (*self.weights, *self.biases, *self.feedback):
                x[run] = np.nan

    def rates(self, inputs: _Array) -> list[_Array]:
        """r_0 … r_L for inputs (run, pattern, n_0)."""
        return rates(self.weights, self.biases, inputs, self.parameters.activation, self.loss)

    def errors(self, on: Sequence[_Array], feedback: Sequence[_Array], targets: _Array) -> list[_Array]:
        """e_1 … e_L through that feedback, shapes as in `networks.errors`."""
        return errors(on, feedback, targets, self.parameters.activation, self.loss)

    def spikes(
        self, inputs: _Array, targets: _Array, numbers: NDArray, purpose: Purpose, epoch: int, threads: int,
        tests: bool = False,
    ) -> Shown:  # fmt: skip
        """What spikes say of patterns of those numbers (run, pattern), as `dyads.show`; in `tests` of rates alone."""
        p = self.parameters
        starts = np.array([start for _, start in self.seeds], np.uint64)
        return show(
            p, self.weights, self.biases, self.feedback, inputs, targets, self.span, seeds=starts, numbers=numbers,
            purpose=purpose, epoch=epoch, length=p.test_length if tests else p.pattern_length, threads=threads,
            pairs=not tests,
        )  # fmt: skip


def begin(parameters: Deep | Sequence[Deep], seeds: Sequence[Any], device: str = "cpu") -> Ensemble:
    """Every run before its first step. Raises ValueError, RuntimeError and MemoryError as `train`."""
    pairs = seed_pairs(seeds)
    own = each_run(parameters, Deep, len(pairs), mold)
    p, runs = own[0], len(pairs)
    links = [(n, m) for m, n in pairwise(p.sizes)]
    synapses, activity = sum(n * m for n, m in links), _PATTERNS * (sum(p.sizes) + 2 * p.sizes[0])
    room(f"training {runs} networks", runs * (8.0 * synapses + 4.0 * activity), "use fewer runs or neurons")
    parts = [load(p.task, target) for target, _ in pairs]
    data = Data(*(np.stack(part) for part in zip(*parts, strict=True)))
    starts = [start for _, start in pairs]
    weights = [_uniform(own, starts, Purpose.START, (n, m), layer) for layer, (n, m) in enumerate(links)]
    feedback = [_uniform(own, starts, Purpose.FEEDBACK, (m, n), layer) for layer, (n, m) in enumerate(links[1:])]
    place, span = Place(_device(device, own, synapses)), np.array([spanned(x) for x in data.inputs])
    e = Ensemble(
        parameters=p, own=own, seeds=pairs, data=Data(*map(place.put, data)), weights=[*map(place.put, weights)],
        biases=[place.put(np.zeros((runs, n))) for n, _ in links], feedback=[*map(place.put, feedback)], moments=[],
        steps=0, lost=np.zeros(runs, bool), span=span, place=place,
    )  # fmt: skip
    with place.working():
        e.moments = [[np.zeros_like(x) for x in (*e.weights, *e.biases)] for _ in range(1 + (p.optimiser == "adam"))]
        _copy(e)
    return e


def _device(device: str, own: list[Deep], synapses: int) -> str:
    """Where to compute: on a GPU if that is asked for, or worth while."""
    if own[0].learning == "spikes":
        if device == "cuda":
            raise RuntimeError("deep networks that learn from spikes run on the CPU only: use device='cpu'")
        return "cpu"
    if device == "auto" and len(own) * synapses * own[0].batch < _WORTH_WHILE:
        return "cpu"
    return pick_device(device)


def _uniform(own: list[Deep], seeds: list[int], purpose: Purpose, shape: tuple[int, int], layer: int) -> _Array:
    drawn, fan_in = [], shape[1] if purpose == Purpose.START else shape[0]
    for p, seed in zip(own, seeds, strict=True):
        x = uniform(seed, purpose, shape[0] * shape[1], run=layer).reshape(shape)
        drawn.append(p.gain * np.sqrt(3.0 / fan_in) * (2.0 * x - 1.0))
    return np.stack(drawn)


def learn(ensemble: Ensemble, epoch: int, threads: int = 1) -> _Array:
    """One pass through the training patterns, in an order of each run's own, in place.

    A run whose weights grow beyond what a sampling network may have is lost. Returned, (run, L): degrees between the
    changes of each W_l from spikes and the rate network's gradient on the same patterns, mean over steps; NaN if it is
    the rate network that learns.
    """
    e, p = ensemble, ensemble.parameters
    runs, number = e.data.inputs.shape[:2]
    drawn = [uniform(start, Purpose.PATTERNS, number, run=epoch) for _, start in e.seeds]
    order = np.argsort(np.stack(drawn), axis=1, kind="stable")
    at = e.place.put(order[..., None])
    inputs, targets = (np.take_along_axis(x, at, axis=1) for x in (e.data.inputs, e.data.targets))
    firsts, off = range(0, number, p.batch), np.full((runs, len(e.weights)), np.nan)
    if p.learning == "spikes":
        off[:] = 0.0
    with np.errstate(all="ignore"):  # of runs that are lost
        for first in firsts:
            piece = slice(first, first + p.batch)
            x, y = inputs[:, piece], targets[:, piece]
            on = e.rates(x)
            found = changes(on, e.errors(on, e.feedback, y))
            if p.learning == "spikes":
                shown = e.spikes(x, y, order[:, piece], Purpose.WAKE, epoch, threads)
                found = changes(shown.rates, from_spikes(p, e.weights, e.biases, e.feedback, shown, y))
                true = changes(on, e.errors(on, transposed(e.weights), y))[0]
                off += np.stack([angle(dw, g) for dw, g in zip(found[0], true, strict=True)], axis=1) / len(firsts)
            _step(e, *found)
        held = [e.place.get(_within(x)) for x in (*e.weights, *e.biases, *e.feedback)]
        e.give_up(~np.all(held, axis=0))
    return off


def _within(x: _Array) -> NDArray[np.bool_]:
    return np.all(np.abs(x.reshape(x.shape[0], -1)) <= LARGEST_POTENTIAL, axis=1)


def _step(e: Ensemble, dw: list[_Array], db: list[_Array]) -> None:
    """One step of the optimiser, and what it means for the feedback."""
    e.steps += 1
    kp, each = e.runs("kp"), e.place.put(np.array([p.lr for p in e.own]))
    at, layers = e.place.put(kp), len(e.weights)
    for k, (x, change) in enumerate(zip((*e.weights, *e.biases), (*dw, *db), strict=True)):
        lr = each.reshape(-1, *(1,) * (x.ndim - 1))
        step = lr * stepped(e.parameters, [m[k] for m in e.moments], change, e.steps)
        x += step
        if 0 < k < layers and kp.size:
            e.feedback[k - 1][at] += np.swapaxes(step[at], 1, 2)
    for r in kp:
        for x in (*e.weights[1:], *e.feedback):
            x[r] *= 1.0 - e.own[r].kp_decay
    _copy(e)


def stepped(p: Deep, moments: list[_Array], change: _Array, steps: int) -> _Array:
    """The optimiser's step number `steps` in units of η for a change; moments, of its shape (any shape), in place."""
    m = moments[0]
    if p.optimiser == "sgd":
        m *= p.momentum
        m += change
        return m
    s = moments[1]
    m += (1.0 - _BETA_1) * (change - m)
    s += (1.0 - _BETA_2) * (change * change - s)
    scale = np.sqrt(s)
    scale *= 1.0 / np.sqrt(1.0 - _BETA_2**steps)
    scale += _EPSILON
    return m / (1.0 - _BETA_1**steps) / scale


def _copy(e: Ensemble) -> None:
    if e.runs("bp").size:
        bp = e.place.put(e.runs("bp"))
        for b, w in zip(e.feedback, e.weights[1:], strict=True):
            b[bp] = np.swapaxes(w[bp], 1, 2)
