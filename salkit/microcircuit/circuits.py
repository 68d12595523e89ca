"""A batch of microcircuits: weights, spikes and random streams of all runs; showing them patterns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import cpu, on
from ..kernels.cost import Work
from ..kernels.cpu.elementary import log
from ..kernels.device import pick_device
from ..kernels.structs import Patterns
from ..philox import Purpose, uniform
from ..runs import each_run, seed_pairs
from ..values import room
from .parameters import Microcircuit, mold
from .phases import sample

__all__ = ["Circuits", "begin", "learn", "mode", "phase", "rehearse", "show", "silent", "validate"]

_INPUT_SPAN = 3.0
_REACH = 40  # of the exponential window, in tau_ref: e^−40 is nothing

_Array = NDArray[np.float64]


@dataclass
class Circuits:
    """All runs of one batch: flat weights by presynaptic neuron, where spikes and streams stand, what to learn.

    `parameters` are those of the first run; the others differ in feedback at most.
    Weights have shape (run, synapses), those of interneurons (run, 0) if they are held; inputs and targets (run,
    patterns, n_0 or n_L), last and u (run, cells).
    """

    parameters: Microcircuit
    feedback: list[str]
    seeds: list[tuple[int, int]]
    up: _Array
    down: _Array
    teacher: _Array
    inputs: _Array
    targets: _Array
    validation_inputs: _Array
    validation_targets: _Array
    last: NDArray[np.int64]
    u: _Array
    draws: NDArray[np.uint64]
    order: _Array
    predict: _Array
    cancel: _Array
    device: str = "cpu"

    @property
    def sizes(self) -> NDArray[np.int64]:
        """n_0 … n_L."""
        return np.array(self.parameters.layers, np.int64)

    def forward(self, flat: _Array | None = None) -> list[_Array]:
        """W_1 … W_L, each (run, n_l, n_{l−1})."""
        shapes = list(pairwise(self.sizes))
        return _unpack(self.up if flat is None else flat, shapes)

    def backward(self, flat: _Array | None = None) -> list[_Array]:
        """B_1 … B_{L−1}, each (run, n_l, n_{l+1})."""
        shapes = list(zip(self.sizes[2:], self.sizes[1:-1], strict=True))
        return _unpack(self.down if flat is None else flat, shapes)

    def lateral(self) -> tuple[list[_Array], list[_Array]]:
        """W_ip onto the interneurons of layers 1 … L − 1, shaped as W_2 …, and W_pi from them, as B_1 …."""
        if not self.predict.size:
            return self.forward()[1:], [-b for b in self.backward()]
        return _unpack(self.predict, list(pairwise(self.sizes[1:]))), self.backward(self.cancel)


def begin(
    parameters: Microcircuit | Sequence[Microcircuit],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
) -> Circuits:
    """Every run before its first epoch, its targets measured on its teacher.

    Raises ValueError, RuntimeError and MemoryError as `train`.
    """
    pairs = seed_pairs(seeds)
    own = each_run(parameters, Microcircuit, len(pairs), mold)
    p = own[0]
    steps = p.epochs * p.patterns * p.pattern_length * p.tau_ref
    held, cells = p.interneurons == "held", sum(p.layers) + sum(p.layers[2:])
    sizes = np.array(p.layers)
    n_up, n_down = int(np.sum(sizes[1:] * sizes[:-1])), int(np.sum(sizes[2:] * sizes[1:-1]))
    if device == "auto" and not held and not on("cuda").fits_warp(cells, round(p.window * p.tau_ref), 0, n_down, True):
        device = "cpu"
    device = pick_device(device, Work("circuit", len(pairs), cells, steps), cpu.thread_count(threads))
    targets, starts = zip(*pairs, strict=True)
    patterns = sum(q if isinstance(q, int) else len(q) for q in (p.train_inputs, p.validation_inputs))
    kept = (p.epochs / p.validate_every + 1) * (n_up + n_down) + p.epochs * p.patterns + patterns * sum(p.layers)
    kept += 2 * p.window * p.tau_ref * sum(p.layers)
    instead = "use fewer runs, epochs, patterns or neurons, or a shorter window"
    room(f"training {len(pairs)} microcircuits", len(pairs) * kept, instead)
    teacher = np.stack(
        [_spread(t, Purpose.TEACHER, n_up, p.span) if p.teacher is None else np.full(n_up, p.teacher) for t in targets]
    )
    shown = p.epochs * p.patterns
    circuits = Circuits(
        parameters=p, feedback=[q.feedback for q in own], seeds=pairs, device=device,
        up=np.stack([_spread(s, Purpose.START, n_up, p.span) for s in starts]),
        down=np.stack([_spread(s, Purpose.FEEDBACK, n_down, p.span) for s in starts]),
        teacher=teacher,
        inputs=np.stack([_rows(p.train_inputs, p.layers[0], t, 0) for t in targets]),
        targets=np.empty(0),
        validation_inputs=np.stack([_rows(p.validation_inputs, p.layers[0], t, 1) for t in targets]),
        validation_targets=np.empty(0),
        **silent(p, len(pairs), Purpose.SAMPLING),
        order=np.stack([uniform(s, Purpose.PATTERNS, shown).reshape(p.epochs, p.patterns) for s in starts]),
        predict=np.stack([_spread(s, Purpose.START, 0 if held else n_down, p.span, 1) for s in starts]),
        cancel=np.stack([_spread(s, Purpose.FEEDBACK, 0 if held else n_down, p.span, 1) for s in starts]),
    )  # fmt: skip
    copying = np.array([feedback == "bp" for feedback in circuits.feedback])
    for layer, weights in enumerate(circuits.forward()[1:]):
        _pack_into(circuits.down, sizes, layer, weights, copying)
    every = np.concatenate([circuits.inputs, circuits.validation_inputs], axis=1)
    found = show(
        circuits, every, np.zeros((*every.shape[:2], p.layers[-1])), [mode()] * every.shape[1], threads,
        weights=teacher, length=p.target_length, state=silent(p, len(pairs), Purpose.TARGETS), by_target=True,
    )  # fmt: skip
    circuits.targets, circuits.validation_targets = np.split(found, [circuits.inputs.shape[1]], axis=1)
    return circuits


def learn(circuits: Circuits, epoch: int, threads: int | None = None) -> None:
    """One epoch of training in place, with the symmetrisation phases that go with it."""
    c, p = circuits, circuits.parameters
    exact = p.protocol == "exact"
    if epoch == 0:
        _between(c, 0, p.rehearsal, threads)
    shown = np.floor(c.order[:, epoch] * c.inputs.shape[1]).astype(np.int64)
    rows = np.arange(len(c.seeds))[:, None]
    aligning = mode(api=1.0, sal=p.lr_sal, symmetrise=1.0, interneurons=0.0)
    modes = []
    for feedback in c.feedback:
        symmetrised = p.symmetrise if feedback == "sal" and not exact else 0
        forward = mode(api=p.api, nudge=p.nudge, learn=1.0, copy=float(feedback == "bp"))
        modes.append([forward] * (p.patterns - symmetrised) + [aligning] * symmetrised)
    state = {"last": c.last, "u": c.u, "draws": c.draws}
    show(c, c.inputs[rows, shown], c.targets[rows, shown], modes, threads, state=state)
    _between(c, epoch + 1, p.quiet, threads)


def _between(c: Circuits, number: int, patterns: int, threads: int | None) -> None:
    """What comes before the first epoch, number 0, and after each: phases, and quiet patterns for the interneurons."""
    if c.parameters.protocol == "exact":
        phase(c, number, threads)
    if c.parameters.interneurons == "learned":
        rehearse(c, number, patterns, threads)


def rehearse(c: Circuits, number: int, patterns: int, threads: int | None = None) -> None:
    """Patterns without a target, in which interneurons learn, in place; `number` names their order."""
    draws = np.stack([uniform(start, Purpose.PATTERNS, patterns, run=number + 1) for _, start in c.seeds])
    shown = np.floor(draws * c.inputs.shape[1]).astype(np.int64)
    inputs = c.inputs[np.arange(len(c.seeds))[:, None], shown]
    state = {"last": c.last, "u": c.u, "draws": c.draws}
    nothing = np.zeros((*shown.shape, c.parameters.layers[-1]))
    show(c, inputs, nothing, [mode(api=c.parameters.api)] * patterns, threads, state=state, lateral=True)


def phase(circuits: Circuits, number: int, threads: int | None = None) -> None:
    """Symmetrisation phase of protocol "exact" in place: number 0 before the first epoch, e + 1 after epoch e."""
    c, p = circuits, circuits.parameters
    at = np.floor(c.order[:, max(number - 1, 0), -1] * c.inputs.shape[1]).astype(np.int64)
    drive = c.inputs[np.arange(len(c.seeds)), at]
    learned = sample(
        p, c.forward(), c.backward(), drive, [start for _, start in c.seeds], number + 1, cpu.thread_count(threads),
        mismatch=p.mismatch if number else 2.0**0.5,
    ).backward  # fmt: skip
    c.down[:] = np.concatenate([b.swapaxes(1, 2).reshape(len(b), -1) for b in learned], axis=1)


def validate(circuits: Circuits, state: dict[str, Any], threads: int | None = None) -> tuple[_Array, _Array]:
    """Mean squared error of the output potential on the validation patterns, without and with nudging: (run,)."""
    c, p = circuits, circuits.parameters
    inputs, targets = np.tile(c.validation_inputs, (1, 2, 1)), np.tile(c.validation_targets, (1, 2, 1))
    count = c.validation_inputs.shape[1]
    modes = [mode(api=p.api)] * count + [mode(api=p.api, nudge=p.nudge)] * count
    error = np.mean((show(c, inputs, targets, modes, threads, state=state) - targets) ** 2, axis=2)
    return error[:, :count].mean(axis=1), error[:, count:].mean(axis=1)


def mode(
    api: float = 0.0, nudge: float = 0.0, sal: float = 0.0, learn: float = 0.0, symmetrise: float = 0.0,
    copy: float = 0.0, interneurons: float = 1.0,
) -> tuple[float, ...]:  # fmt: skip
    """What a pattern is shown for: the row of `modes` in `kernels.microcircuit`."""
    return api, nudge, sal, learn, symmetrise, copy, interneurons


def silent(p: Microcircuit, runs: int, purpose: Purpose) -> dict[str, Any]:
    """Nobody has spiked, and a stream at its beginning."""
    cells = sum(p.layers) + sum(p.layers[2:])
    return {
        "last": np.full((runs, cells), -(1 << 60), np.int64),
        "u": np.full((runs, cells), p.bias),
        "draws": np.full(runs, int(purpose) << 56, np.uint64),
    }


def show(
    c: Circuits, inputs: _Array, targets: _Array, modes: list[Any], threads: int | None,
    state: dict[str, Any], weights: _Array | None = None, length: float | None = None, by_target: bool = False,
    record: tuple[Any, Any] | None = None, lateral: bool = False,
) -> _Array:  # fmt: skip
    """Show patterns to every run, in place; mean output potentials, shape (run, patterns, n_L).

    modes: one for each pattern, or for each run one for each pattern. lateral: whether interneurons learn.
    """
    p, sizes, runs = c.parameters, c.sizes, len(c.seeds)
    outputs = np.zeros((runs, inputs.shape[1], p.layers[-1]))
    spikes, potentials = record or (np.empty((runs, 0, 1), np.bool_), np.empty((runs, 0, 3, 1)))
    seeds, streams = np.array([pair[::-1] for pair in c.seeds], np.uint64).T.copy()
    if by_target:
        seeds = streams
    learning = np.array([0.0, *[p.lr_hidden] * (len(sizes) - 2), p.lr_output])
    each = np.array(np.broadcast_to(modes, (runs, inputs.shape[1], 7)), order="C")
    window = _kernel(p)
    own = np.tile([p.lr_predict, p.lr_cancel, p.teach] if lateral else [0.0] * 3, (inputs.shape[1], 1))
    steps = round((p.pattern_length if length is None else length) * p.tau_ref)
    given = Patterns(
        sizes=sizes, first=np.concatenate([[0], np.cumsum(sizes)]), up=c.up if weights is None else weights,
        down=c.down, predict=c.predict, cancel=c.cancel, bias=float(p.bias), inputs=np.ascontiguousarray(inputs),
        targets=np.ascontiguousarray(targets), rates=learning, steps=steps, settle=round(p.settle * p.tau_ref),
        window=round(p.window * p.tau_ref), tau_ref=p.tau_ref, log_tau=log(float(p.tau_ref)), modes=each, own=own,
        kernel=window, seeds=seeds, runs=streams, **state, outputs=outputs, spikes=spikes, potentials=potentials,
    )  # fmt: skip
    on(c.device).run_patterns(runs, cpu.thread_count(threads), given)
    return outputs


def _kernel(p: Microcircuit) -> _Array:
    """K(Δt) of SAL for Δt = 0, 1, … steps."""
    lag = np.arange(_REACH * p.tau_ref if p.pairing == "exponential" else p.tau_ref) / p.tau_ref
    return np.exp(-lag) if p.pairing == "exponential" else np.ones_like(lag) if p.pairing == "rectangular" else 1 - lag


def _spread(seed: int, purpose: Purpose, count: int, span: float, run: int = 0) -> _Array:
    return span * (2.0 * uniform(seed, purpose, count, run=run) - 1.0)


def _rows(given: Any, inputs: int, seed: int, run: int) -> _Array:
    if isinstance(given, int):
        return _INPUT_SPAN * (2.0 * uniform(seed, Purpose.INPUTS, given * inputs, run=run).reshape(given, inputs) - 1.0)
    return np.array(given)


def _unpack(flat: _Array, shapes: list[tuple[int, int]]) -> list[_Array]:
    """Flat weights by presynaptic neuron → copies of shape (run, post, pre)."""
    found, at = [], 0
    for pre, post in shapes:
        found.append(flat[:, at : at + pre * post].reshape(len(flat), pre, post).swapaxes(1, 2).copy())
        at += pre * post
    return found


def _pack_into(down: _Array, sizes: NDArray[Any], layer: int, weights: _Array, runs: NDArray[np.bool_]) -> None:
    """B of hidden layer `layer` + 1 = Wᵀ in the chosen runs: by presynaptic neuron k above that is W[k, i], by row."""
    at = int(np.sum(sizes[2 : 2 + layer] * sizes[1 : 1 + layer]))
    down[runs, at : at + weights[0].size] = weights.reshape(len(weights), -1)[runs]
