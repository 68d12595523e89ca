"""Two neurons in discrete time whose spikes need time to arrive: the same laws from the Markov chain on what is under
way.

Before each step all that the future depends on is, for each neuron, the ages of its spikes that have not arrived at the
other, and of the latest one that has. In step s neuron 1 fires with p_1 = σ(b_1 + w_12 κ(a − d_12) − ln tau_ref), a the
least age of a spike of 2 above d_12, once its own latest spike is `refractory` steps old. Ages at which nothing changes
any more are forgotten, so that there are finitely many histories of each neuron, listed from silence on; the states are
the pairs of two. With T the chain's matrix, x its stationary vector, f_k the share of x that goes through a spike of k,
and Q the part of T in which nobody spikes,

    consecutive pairs of lag m, 2 later   p_2 · Q^{m−1} f_1           all pairs   p_2 · T^{m−1} f_1

Without delays the histories are single ages and the laws are those of `salkit.stdd.discrete`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

__all__ = ["MOST_STATES", "TwoNeurons", "histories"]

MOST_STATES = 100_000
_Array = NDArray[np.float64]
_History = tuple[int, ...]


@dataclass(frozen=True)
class _Histories:
    """Of one neuron: the history that follows without and with a spike (−1: refractory), and the κ it is at."""

    quiet: NDArray[np.int64]
    spike: NDArray[np.int64]
    height: _Array


def histories(psp: _Array, delay: int, refractory: int, most: int) -> _Histories:
    """All histories of a neuron whose spikes arrive after `delay`, that of silence first; psp (L,): κ at ages 1 … L.

    Raises ValueError for more than `most`.
    """
    longest = max(refractory - 1, delay + psp.size)

    def kept(ages: _History) -> _History:
        arrived = sum(age <= delay for age in ages)  # ages grow: the place of the latest spike that has arrived
        ages = ages[: arrived + 1]
        forgotten = ages[-1] > (longest if len(ages) == 1 else delay + psp.size)
        return ages[:-1] if forgotten else ages

    found: dict[_History, int] = {(): 0}
    queue: list[_History] = [()]
    quiet: list[int] = []
    spike: list[int] = []
    for ages in queue:
        older = tuple(age + 1 for age in ages)
        ready = not ages or ages[0] >= refractory
        for then, into in ((kept(older) if older else (), quiet), (kept((1, *older)) if ready else None, spike)):
            if then is not None and then not in found:
                if len(found) >= most:
                    raise ValueError(f"delays so long leave more than {most} histories of a neuron")
                found[then] = len(queue)
                queue.append(then)
            into.append(-1 if then is None else found[then])
    height = np.zeros(len(queue))
    for k, ages in enumerate(queue):
        age = next((age - delay for age in ages if age > delay), 0)
        height[k] = psp[age - 1] if 0 < age <= psp.size else 0.0
    return _Histories(np.array(quiet), np.array(spike), height)


@dataclass(frozen=True)
class TwoNeurons:
    """Weights and biases as arrays of one shape (G,); psp (L,) is κ at ages 1 … L; times in steps, delay_12 that of 2's
    spikes on their way to 1.
    """

    w_12: _Array
    w_21: _Array
    b_1: _Array
    b_2: _Array
    psp: _Array
    tau_ref: int
    refractory: int
    delay_12: int
    delay_21: int

    @property
    def cap(self) -> int:
        """The age from which nothing changes."""
        return max(self.refractory, self.psp.size + 1 + max(self.delay_12, self.delay_21))

    @cached_property
    def _each(self) -> tuple[_Histories, _Histories]:
        """Of both neurons. Raises ValueError for too many states."""
        first = histories(self.psp, self.delay_21, self.refractory, MOST_STATES)
        return first, histories(self.psp, self.delay_12, self.refractory, MOST_STATES // first.height.size)

    def _chances(self, g: int) -> tuple[_Array, _Array]:
        """Of a spike of each neuron, in every state: shape (histories of 1 · histories of 2,)."""
        one, two = self._each
        log_tau = np.log(self.tau_ref)
        p_1 = 1 / (1 + np.exp(log_tau - self.b_1[g] - self.w_12[g] * two.height))
        p_2 = 1 / (1 + np.exp(log_tau - self.b_2[g] - self.w_21[g] * one.height))
        return ((one.spike >= 0)[:, None] * p_1).ravel(), (p_2[:, None] * (two.spike >= 0)).ravel()

    def _moves(self, g: int) -> list[sparse.csc_array]:
        """The matrices of a step in which nobody, 1 alone, 2 alone, and both spike: columns are what was before."""
        one, two = self._each
        p_1, p_2 = self._chances(g)
        size, before = p_1.size, np.arange(p_1.size)
        moves = []
        for first, second, chance in (
            (one.quiet, two.quiet, (1 - p_1) * (1 - p_2)), (one.spike, two.quiet, p_1 * (1 - p_2)),
            (one.quiet, two.spike, (1 - p_1) * p_2), (one.spike, two.spike, p_1 * p_2),
        ):  # fmt: skip
            after = (first[:, None] * two.height.size + second).ravel()
            there = chance > 0
            moves.append(sparse.csc_array((chance[there], (after[there], before[there])), shape=(size, size)))
        return moves

    def _stationary(self, moves: list[sparse.csc_array]) -> _Array:
        """The share of time in each state: the first, silence, gets 1, the others follow from their equations."""
        step = sum(moves[1:], moves[0]) - sparse.eye_array(moves[0].shape[0], format="csc")
        share = np.ones(step.shape[0])
        share[1:] = splu(step[1:, 1:].tocsc()).solve(-step[1:, [0]].toarray().ravel())
        return np.asarray(share / share.sum(), dtype=np.float64)

    def rates(self, reach: int) -> tuple[_Array, _Array, _Array, _Array, _Array]:
        """How often consecutive pairs of each lag occur, per step: as `salkit.stdd.discrete.TwoNeurons.rates`."""
        size = self.w_12.size
        later, ties, tails = np.zeros((2, size, reach)), np.zeros(size), np.zeros((2, size, 2))
        for g in range(size):
            moves, chances = self._moves(g), self._chances(g)
            x = self._stationary(moves)
            ties[g] = np.sum(x * chances[0] * chances[1])
            for k in (0, 1):  # the later neuron
                now = (moves[2 - k] + moves[3]) @ x
                for m in range(reach):
                    later[k, g, m] = now @ chances[k]
                    now = moves[0] @ now
                tails[k, g] = now @ chances[k], (1 - chances[0][0]) * (1 - chances[1][0])
        return later[0], later[1], ties, tails[0], tails[1]

    def correlogram(self, reach: int) -> tuple[_Array, _Array, _Array]:
        """How often spikes of both neurons lie m steps apart, whatever happens in between, per step.

        Returns (later_1, later_2), (G, reach) for m = 1 … reach with neuron k the later, and ties (G,).
        """
        size = self.w_12.size
        later, ties = np.zeros((2, size, reach)), np.zeros(size)
        for g in range(size):
            moves, chances = self._moves(g), self._chances(g)
            x, step = self._stationary(moves), sum(moves[1:], moves[0])
            ties[g] = np.sum(x * chances[0] * chances[1])
            for k in (0, 1):
                now = (moves[2 - k] + moves[3]) @ x
                for m in range(reach):
                    later[k, g, m] = now @ chances[k]
                    now = step @ now
        return later[0], later[1], ties
