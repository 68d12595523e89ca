"""Two neurons in discrete time, any PSP: their spike-timing difference law from the Markov chain on their ages.

Before each step the neurons have ages (ζ_1, ζ_2), steps since their latest spikes, capped where nothing changes any
more, at C = max(refractory, L + 1) for PSPs of L steps. Neuron k fires with p_k = σ(b_k + w κ(ζ_other) − ln
tau_ref) once ζ_k ≥ refractory. Between spikes the ages walk along a diagonal, so the chain need only be followed
from spike to spike, over the 2C − 1 states

    (1, k)  neuron 1 has just spiked        (k, 1)  neuron 2 has just spiked        (1, 1)  both have

From each of them, the probability of reaching step m without a spike and the chances of each kind of spike then
give the transition matrix P; its stationary vector, propagated once more, the rate of every lag. After C − 1 steps
both ages are capped and all that is left is geometric.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["TwoNeurons"]

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class TwoNeurons:
    """Weights and biases as arrays of one shape (G,); psp (L,) is κ at ages 1 … L; times in steps."""

    w_12: _Array
    w_21: _Array
    b_1: _Array
    b_2: _Array
    psp: _Array
    tau_ref: int
    refractory: int

    @property
    def cap(self) -> int:
        """C, the age from which nothing changes."""
        return max(self.refractory, self.psp.size + 1)

    def _walk(self, reach: int) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64], _Array, _Array, _Array]]:
        """(m, ζ_1, ζ_2, survival to step m, p_1, p_2) for m < reach, over all start states: shapes (S,), (G, S)."""
        cap = self.cap
        kappa = np.concatenate([[0.0], self.psp, np.zeros(cap - self.psp.size)])  # by age
        log_tau = np.log(self.tau_ref)
        chance_1 = 1 / (1 + np.exp(log_tau - self.b_1[:, None] - self.w_12[:, None] * kappa))  # by age of the other
        chance_2 = 1 / (1 + np.exp(log_tau - self.b_2[:, None] - self.w_21[:, None] * kappa))
        ages = np.arange(1, cap + 1)
        age_1, age_2 = np.concatenate([np.ones(cap, int), ages[1:]]), np.concatenate([ages, np.ones(cap - 1, int)])
        survival = np.ones((self.w_12.size, age_1.size))
        for m in range(reach):
            p_1 = chance_1[:, age_2] * (age_1 >= self.refractory)
            p_2 = chance_2[:, age_1] * (age_2 >= self.refractory)
            yield m, age_1, age_2, survival, p_1, p_2
            survival = survival * ((1 - p_1) * (1 - p_2))
            age_1, age_2 = np.minimum(age_1 + 1, cap), np.minimum(age_2 + 1, cap)

    def _stationary(self) -> _Array:
        """Share of the spike times that leave each start state: shape (G, S)."""
        cap, size = self.cap, 2 * self.cap - 1
        rows = np.arange(size)
        transition = np.zeros((self.w_12.size, size, size))
        for m, age_1, age_2, survival, p_1, p_2 in self._walk(cap):
            # From step C − 1 on the ages stay, and the chances of the three kinds of spike keep their ratio.
            here = survival / (1 - (1 - p_1) * (1 - p_2)) if m == cap - 1 else survival
            next_1, next_2 = np.minimum(age_1 + 1, cap), np.minimum(age_2 + 1, cap)
            transition[:, rows, next_2 - 1] += here * p_1 * (1 - p_2)  # only 1 spikes: (1, ζ_2 + 1)
            transition[:, rows, cap - 2 + next_1] += here * p_2 * (1 - p_1)  # only 2: (ζ_1 + 1, 1)
            transition[:, rows, 0] += here * p_1 * p_2
        equations = np.swapaxes(transition, 1, 2) - np.eye(size)
        equations[:, -1, :] = 1.0
        right = np.zeros((self.w_12.size, size, 1))
        right[:, -1] = 1.0
        return np.asarray(np.linalg.solve(equations, right)[..., 0], dtype=np.float64)

    def rates(self, reach: int) -> tuple[_Array, _Array, _Array, _Array, _Array]:
        """How often pairs of each lag occur, per step.

        Returns (later_1, later_2, ties, tail_1, tail_2): later_k (G, reach) for lags 1 … reach with neuron k the
        later, ties (G,), and the rates (G, 2), ratio for k: at lag reach + n it is tail_k[0] · tail_k[1]^(n − 1).
        `reach` must be at least C − 1.
        """
        cap = self.cap
        share = self._stationary()
        from_1 = np.concatenate([share[:, :cap], np.zeros((share.shape[0], cap - 1))], axis=1)  # 1 has just spiked
        from_2 = np.concatenate([share[:, :1], np.zeros((share.shape[0], cap - 1)), share[:, cap:]], axis=1)
        later_1, later_2 = np.zeros((2, self.w_12.size, reach))
        steps, stay, last = np.zeros(self.w_12.size), None, None
        for m, _, _, survival, p_1, p_2 in self._walk(reach + 1):
            later = np.sum(from_2 * survival * p_1, axis=1), np.sum(from_1 * survival * p_2, axis=1)
            steps = steps + np.sum(share * survival, axis=1)
            if m < reach:
                later_1[:, m], later_2[:, m] = later
            else:
                last = later
                stay = ((1 - p_1) * (1 - p_2))[:, 0]
                steps = steps + np.sum(share * survival, axis=1) * stay / (1 - stay)
        assert last is not None and stay is not None
        tails = [np.stack([rate / steps, stay], axis=1) for rate in last]
        return later_1 / steps[:, None], later_2 / steps[:, None], share[:, 0] / steps, tails[0], tails[1]
