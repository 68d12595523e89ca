"""Full connectivity: every neuron hears every other, and hidden ones no longer are independent of each other.

    wake     hidden neurons sample for each image of a minibatch, at the biases b_i + Σ_{j visible} W_ij v_j; averages
             with visible neurons are those of held ones, ⟨v_i v_j⟩ and ⟨v_j z_i⟩, others are counted from spikes
    sleep    all neurons sample, in replicas that run on from cycle to cycle

by `salkit.simulate`, cycle by cycle; updates as in `salkit.dreams`, of all synapses. `only` restricts what is plastic:
with the synapses between the layers alone, and no others, this is another road to the same learning as the compiled
one's, which tests take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import stdp
from ..network import SamplingNetwork
from ..philox import Purpose, uniform
from ..sampling import simulate
from ..spikes import State
from .ensemble import Start, drawn
from .parameters import Dreams

__all__ = ["FullEnsemble", "FullNetwork", "ask_full", "begin_full", "dream_full", "learn_full"]

_Array = NDArray[np.float64]
_QUESTION, _KIND = 32, 48  # as in `questions`


class FullNetwork(NamedTuple):
    """Weights (run, N, N) and biases (run, N), visible neurons first."""

    weights: _Array
    biases: _Array


@dataclass
class FullEnsemble:
    """A batch of fully connected networks: what they began with, as it stands now, and their chains.

    only, of shape (N, N): where synapses learn.
    """

    start: Start
    only: NDArray[np.bool_]
    sleep: State
    done: int = 0

    def network(self) -> FullNetwork:
        """Copies of weights and biases as they stand."""
        return FullNetwork(self.start.weights.copy(), self.start.biases.copy())


def begin_full(parameters: Dreams | Sequence[Dreams], seeds: Sequence[Any]) -> FullEnsemble:
    """Every run before its first cycle. Raises ValueError for what `train` does not allow."""
    start = drawn(parameters, seeds)
    p, runs = start.parameters, len(start.seeds)
    only = ~np.eye(p.neurons, dtype=bool)
    return FullEnsemble(start, only, State.silent((runs,), p.replicas, p.neurons, _first(Purpose.SAMPLING)))


def learn_full(ensemble: FullEnsemble, cycles: int, threads: int = 1) -> None:
    """Go through `cycles` cycles of every run, in place."""
    e, s, p = ensemble, ensemble.start, ensemble.start.parameters
    targets, starts = np.array(s.seeds, np.int64).T
    for _ in range(cycles):
        wake, mean = _wake(e, targets, starts, threads)
        found = simulate(
            SamplingNetwork(s.weights, s.biases, 1.0), p.cycle_length / p.replicas, starts, p.replicas, record=False,
            device="cpu", threads=threads, start=e.sleep, first_run=targets, statistics=("pairs",),
        )  # fmt: skip
        e.sleep = found.final
        slept = found.spike_counts.mean(axis=-2) / found.duration
        hebbian, bias, sal, decay = (s.rates[:, k, None, None] / (1.0 + e.done / p.anneal) for k in range(4))
        change = hebbian * (s.wake_factor * wake - s.sleep_factor * stdp.hebbian(found))
        change += sal * stdp.sal(found) - decay * s.weights
        s.weights[:] = np.clip(s.weights + np.where(e.only, change, 0.0), -p.limit, p.limit)
        s.biases[:] = np.clip(s.biases + bias[:, :, 0] * (mean - slept), -p.limit, p.limit)
        e.done += 1


def _wake(e: FullEnsemble, targets: NDArray, starts: NDArray, threads: int) -> tuple[_Array, _Array]:
    """⟨z_i z_j⟩ (run, N, N) and ⟨z_i⟩ (run, N) of a minibatch."""
    s, p = e.start, e.start.parameters
    v = np.stack([
        s.images[shown].states[_picks(start, target, e.done, p.batch, len(s.images[shown].states))]
        for shown, target, start in zip(s.shown, targets.tolist(), starts.tolist(), strict=True)
    ]).astype(np.float64)  # fmt: skip
    hidden, runs = slice(p.visible, p.neurons), len(v)
    drive = s.biases[:, None, hidden] + np.einsum("rqv,rhv->rqh", v, s.weights[:, hidden, : p.visible])
    within = np.repeat(s.weights[:, None, hidden, hidden], p.batch, axis=1)
    number = e.done * p.batch + np.arange(p.batch, dtype=np.uint64)
    state = State.silent((runs, p.batch), 1, p.hidden, _first(Purpose.WAKE))
    state.draws[:] += (number << np.uint64(24))[None, :, None]
    where = dict(seed=np.repeat(starts[:, None], p.batch, 1), first_run=np.repeat(targets[:, None], p.batch, 1))
    how: dict[str, Any] = dict(record=False, device="cpu", threads=threads, **where)
    net = SamplingNetwork(within, drive, 1.0)
    if p.settle:
        state = simulate(net, p.settle, start=state, statistics=(), **how).final
    found = simulate(net, p.cycle_length / p.batch, start=state, statistics=("pairs",), **how)
    h = found.spike_counts[:, :, 0] / found.duration
    wake = np.empty((runs, p.neurons, p.neurons))
    wake[:, : p.visible, : p.visible] = np.swapaxes(v, 1, 2) @ v / p.batch
    wake[:, hidden, : p.visible] = np.swapaxes(h, 1, 2) @ v / p.batch
    wake[:, : p.visible, hidden] = np.swapaxes(wake[:, hidden, : p.visible], 1, 2)
    wake[:, hidden, hidden] = stdp.hebbian(found).mean(axis=1)
    return wake, np.concatenate([v, h], axis=2).mean(axis=1)


def ask_full(
    network: FullNetwork, held: _Array, seeds: Sequence[Any], settle: float, length: float, kind: int, threads: int
) -> _Array:
    """As `questions.ask`, of checked arguments: held (run, question, visible)."""
    free, visible = np.all(held == -1, axis=(0, 1)), held.shape[2]
    on = np.concatenate([free, np.ones(network.biases.shape[1] - visible, bool)])
    fixed = np.flatnonzero(~free)
    drive = np.einsum("rqv,rhv->rqh", held[:, :, fixed], network.weights[:, on][:, :, fixed])
    net = SamplingNetwork(
        np.repeat(network.weights[:, None, on][:, :, :, on], held.shape[1], axis=1),
        network.biases[:, None, on] + drive, 1.0,
    )  # fmt: skip
    targets, starts = np.array(seeds, np.int64).T
    state = State.silent(drive.shape[:2], 1, int(on.sum()), _first(Purpose.VALIDATION, kind))
    state.draws[:] += (np.arange(held.shape[1], dtype=np.uint64) << np.uint64(_QUESTION))[None, :, None]
    where = dict(
        seed=np.repeat(starts[:, None], held.shape[1], 1), first_run=np.repeat(targets[:, None], held.shape[1], 1)
    )
    how: dict[str, Any] = dict(record=False, device="cpu", threads=threads, statistics=(), **where)
    if settle:
        state = simulate(net, settle, start=state, **how).final
    counts = simulate(net, length, start=state, **how).spike_counts[:, :, 0, : int(free.sum())]
    answer = held.copy()
    answer[:, :, free] = np.minimum(counts / length, 1.0)
    return answer


def dream_full(
    network: FullNetwork, seeds: Sequence[Any], states: int, chains: int, settle: float, gap: float, kind: int,
    threads: int,
) -> NDArray[np.uint8]:  # fmt: skip
    """As `questions.dream`, of checked arguments."""
    targets, starts = np.array(seeds, np.int64).T
    net, n = SamplingNetwork(network.weights, network.biases, 1.0), network.biases.shape[1]
    state = State.silent((len(starts),), chains, n, _first(Purpose.VALIDATION, kind))
    seen = np.empty((len(starts), chains, states, n), np.uint8)
    for turn in range(-1, states):
        span = settle if turn < 0 else gap
        if span:
            state = simulate(
                net, span, starts, chains, record=False, device="cpu", threads=threads, start=state, first_run=targets,
                statistics=(),
            ).final  # fmt: skip
        if turn >= 0:
            seen[:, :, turn] = state.ages < 1.0
    return seen


def _picks(seed: int, target: int, cycle: int, batch: int, number: int) -> NDArray[np.int64]:
    draws = uniform(seed, Purpose.PATTERNS, batch, run=target, replica=cycle + 1)
    return np.minimum((draws * number).astype(np.int64), number - 1)


def _first(purpose: Purpose, kind: int = 0) -> np.uint64:
    return np.uint64((int(purpose) << 56) + (kind << _KIND))
