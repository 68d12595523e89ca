"""The loop over steps and neurons that anyone writes first, compiled with Numba: what a simulator has to beat.

    not refractory:  spike with p = σ(u − ln tau_ref)        u_i = b_i + Σ_j W_ij z_j,   z_j = 1 for tau_ref steps

in each step of discrete time, u from the step before. A spike adds its column of weights to u, and tau_ref steps later
takes it away. Random numbers are NumPy's.
"""

import math
import time
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from .turn import Turn
from .turns import peak

__all__ = ["Plain"]


class Plain:
    """A network in a plain loop, which goes on where the run before stopped; burn_in and steps in steps.

    A run is timed in CPU seconds of one thread. What it needs is allocated once, so a run has no set-up of its own.
    """

    def __init__(
        self, weights: NDArray[np.float64], biases: NDArray[np.float64], tau_ref: int, burn_in: int, steps: int
    ) -> None:
        self.key, self.label = "numba-loop", "plain loop in Numba"
        self._given, self._burn_in, self._steps = (weights, biases, tau_ref), burn_in, steps
        self.set_up: float | None = None
        self.memory: float | None = None
        self._state: tuple[Any, ...] = ()

    def ready(self) -> None:
        """Compile, build and run the burn-in."""
        weights, biases, tau_ref = self._given
        _advance(np.zeros((1, 1)), np.zeros(1), np.zeros(1, np.int64), np.zeros(1, np.int64), 1, 0.0, 0, 1)
        start = time.process_time()
        with peak() as memory:
            columns, u = weights.T.copy(), biases.copy()  # a spike's weights side by side
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

    def close(self) -> None:
        """Forget the network."""
        self._state = ()

    def _advance(self, steps: int) -> NDArray[np.int64]:
        columns, u, since = self._state
        counts = np.zeros(u.size, np.int64)
        tau_ref = self._given[2]
        _advance(columns, u, since, counts, tau_ref, math.log(tau_ref), steps, u.size)
        return counts


@numba.njit(nogil=True)
def _seed(seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002  Numba's own generator is seeded from inside


@numba.njit(nogil=True)
def _advance(columns: Any, u: Any, since: Any, counts: Any, tau_ref: int, log_tau: float, steps: int, n: int) -> None:
    """since[i]: steps since i's spike, tau_ref for longer ago."""
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
            for j in range(n):
                u[j] -= columns[ended[m], j]
        for m in range(fired):
            since[spikes[m]] = 0
            counts[spikes[m]] += 1
            for j in range(n):
                u[j] += columns[spikes[m], j]
