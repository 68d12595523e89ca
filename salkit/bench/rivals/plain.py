"""The loop over steps and neurons that anyone writes first, compiled with Numba: what a simulator has to beat.

    not refractory:  spike with p = σ(u − ln tau_ref)        u_i = b_i + Σ_j W_ij z_j,   z_j = 1 for tau_ref steps

in each step of discrete time, u from the step before. A spike adds its column of weights to u, and tau_ref steps later
takes it away; of sparse weights the synapses alone. Random numbers are NumPy's.
"""

import math
import time
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...synapses import is_sparse
from .turn import Turn
from .turns import peak

__all__ = ["Plain"]


class Plain:
    """A network in a plain loop, which goes on where the run before stopped; burn_in and steps in steps.

    A run is timed in CPU seconds of one thread. What it needs is allocated once, so a run has no set-up of its own.
    """

    def __init__(self, weights: Any, biases: NDArray[np.float64], tau_ref: int, burn_in: int, steps: int) -> None:
        self.key, self.label = "numba-loop", "plain loop in Numba"
        self._sparse = is_sparse(weights)
        self._given, self._burn_in, self._steps = (weights, biases, tau_ref), burn_in, steps
        self.set_up: float | None = None
        self.memory: float | None = None
        self._state: tuple[Any, ...] = ()

    def ready(self) -> None:
        """Compile, build and run the burn-in."""
        weights, biases, tau_ref = self._given
        nothing = np.zeros((1, 1)) if not self._sparse else sparse.csc_array((1, 1))
        self._state = self._columns(nothing), np.zeros(1), np.ones(1, np.int64)
        self._advance(0)
        start = time.process_time()
        with peak() as memory:
            columns, u = self._columns(weights), biases.copy()
            since = np.full(u.size, tau_ref, np.int64)
        self.set_up, self.memory = time.process_time() - start, memory.bytes
        self._state = columns, u, since
        _seed(1)
        self._advance(self._burn_in)

    def run(self) -> Turn:
        """One more run."""
        start = time.process_time()
        counts = self._advance(self._steps)
        return Turn(time.process_time() - start, counts.astype(np.float64))

    def _columns(self, weights: Any) -> tuple[Any, ...]:
        """A spike's weights side by side."""
        if not self._sparse:
            return (weights.T.copy(),)
        return weights.indptr.astype(np.int64), weights.indices.astype(np.int32), weights.data.copy()

    def close(self) -> None:
        """Forget the network."""
        self._state = ()

    def _advance(self, steps: int) -> NDArray[np.int64]:
        columns, u, since = self._state
        counts = np.zeros(u.size, np.int64)
        tau_ref = self._given[2]
        _LOOPS[self._sparse](columns, u, since, counts, tau_ref, math.log(tau_ref), steps)
        return counts


@numba.njit(nogil=True)
def _seed(seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002  Numba's own generator is seeded from inside


@numba.njit(nogil=True)
def _add(sign: float, j: int, columns: Any, u: Any) -> None:
    for i in range(u.size):
        u[i] += sign * columns[0][j, i]


@numba.njit(nogil=True)
def _add_synapses(sign: float, j: int, columns: Any, u: Any) -> None:
    pointers, targets, weights = columns
    for m in range(pointers[j], pointers[j + 1]):
        u[targets[m]] += sign * weights[m]


def _loop(add: Any) -> Any:
    """since[i]: steps since i's spike, tau_ref for longer ago."""

    @numba.njit(nogil=True)
    def advance(columns: Any, u: Any, since: Any, counts: Any, tau_ref: int, log_tau: float, steps: int) -> None:
        n = u.size
        spikes, ended = np.empty(n, np.int64), np.empty(n, np.int64)
        for _ in range(steps):
            fired, over = 0, 0
            for i in range(n):
                if since[i] < tau_ref:
                    since[i] += 1
                    if since[i] < tau_ref:
                        continue
                    ended[over] = i
                    over += 1
                if np.random.random() < 1.0 / (1.0 + math.exp(log_tau - u[i])):  # noqa: NPY002
                    spikes[fired] = i
                    fired += 1
            for m in range(over):
                add(-1.0, ended[m], columns, u)
            for m in range(fired):
                since[spikes[m]] = 0
                counts[spikes[m]] += 1
                add(1.0, spikes[m], columns, u)

    return advance


_LOOPS = {False: _loop(_add), True: _loop(_add_synapses)}
