"""Regression discontinuity design (RDD): the downstream response just above threshold, and just below.

Leaky integrate-and-fire neurons in steps of 1 ms, v reset to −1 where it reaches 1, no spike within 3 ms of another:

    dv/dt = −g_L v + g_D (I − v)      g_L = 100/s, g_D = 600/s
    κ(a)  = (e^{−a/10 ms} − e^{−a/3 ms}) / 7,  a = 1 … 30 ms
    I_x   = 4 κ ∗ external spikes,   I_y = V κ ∗ spikes of x,   V = 0.2 · x · W/sd(W): the size of W is lost

A second potential u of neuron i is not reset for 30 ms from when |1 − u| ≤ 0.1: its maximum m is how strongly i was
driven, and i spiked in that window if m reached 1. R_k, the mean of q_k = κ ∗ spikes of y_k within the window minus q_k
before, is fitted by two lines, of windows with a spike and without, by steepest descent at rate 0.001,

    R_k ≈ slope · m + offset,      β_ik = difference of the two lines at m = 1:  the causal effect of i's spike on y_k

Every 10 s B_ik = β_ik · sd(B at start)/sd(β): only the direction of B is learned.

In the published panel of Fig. 7 the test "step + 1 is a multiple of 10 000" uses a counter that starts anew with every
epoch of 1000 steps, so B is never updated; `counter_restarts` = 1 s reproduces it. Sources: Guerguiev, Kording &
Richards, "Spike-based causal inference for weight alignment" (ICLR 2020); Gierlich et al. 2025, Fig. 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import cpu
from ..kernels.structs import Inference
from ..values import MOST, checked, number
from .protocol import Protocol, steps
from .streams import PATTERNS, SPIKES, seed_arrays

__all__ = ["RDD", "learn"]

_NEVER = 2**62


@dataclass(frozen=True)
class RDD(Protocol):
    """Parameters of RDD; times in seconds. Defaults: the constants of the source, with B updated as it says.

    Parameters
    ----------
    leak, coupling : float
        g_L and g_D, 1/s.
    input_weight, forward_scale : float
        Weight of an external spike; V = forward_scale · x · W/sd(W).
    refractory, memory, window : float
        Shortest interval, length of the PSP, length of a window.
    band, reach : float
        A window starts where |1 − u| ≤ band, and counts if |1 − m| ≤ reach.
    lr : float
        Learning rate of the fits.
    update_every : float
        Time between two updates of B.
    counter_restarts : float, optional
        The counter of these starts anew after that time (published: 1 s); default never.
    inputs … period
        As in `Protocol`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    leak: float = checked(100.0, number, least=0, most=500)
    coupling: float = checked(600.0, number, positive=True, most=1000)
    input_weight: float = checked(4.0, number, least=0, most=MOST)
    forward_scale: float = checked(0.2, number, least=0, most=MOST)
    refractory: float = checked(0.003, number, positive=True, most=1)
    memory: float = checked(0.03, number, positive=True, most=1)
    window: float = checked(0.03, number, positive=True, most=10)
    band: float = checked(0.1, number, positive=True, most=MOST)
    reach: float = checked(10.0, number, positive=True, most=MOST)
    lr: float = checked(0.001, number, least=0, most=10)
    update_every: float = checked(10.0, number, positive=True, most=1e6)
    counter_restarts: float | None = checked(None, number, optional=True, positive=True, most=1e6)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("refractory", "memory", "window", "update_every", "counter_restarts"):
            if getattr(self, name) is not None:
                steps(name, getattr(self, name), self.dt)

    def lengths(self) -> list[int]:
        """What the kernel takes in steps: see `kernels.cpu.rdd`."""
        count = {
            name: steps(name, getattr(self, name), self.dt)
            for name in ("refractory", "memory", "window", "period", "update_every", "report_every")
        }
        restart = _NEVER if self.counter_restarts is None else steps("", self.counter_restarts, self.dt)
        return [
            count["refractory"], count["memory"], count["window"], self.driven, count["period"],
            count["update_every"], restart, count["report_every"],
        ]  # fmt: skip

    def amounts(self) -> list[float]:
        """What the kernel takes as numbers: see `kernels.cpu.rdd`."""
        return [
            self.dt * self.leak, self.dt * self.coupling, self.input_weight, 1.0, -1.0, 10.0, 3.0,
            self.rate * self.dt, self.band, self.reach, self.lr,
        ]  # fmt: skip


def learn(
    own: Sequence[RDD],
    weights: NDArray[np.float64],
    full: NDArray[np.float64],
    feedback: NDArray[np.float64],
    counts: NDArray[np.int64],
    seeds: Sequence[int],
    threads: int,
) -> None:
    """Fill feedback (R, reports, x, y) and counts (R, reports, x + y): weights (R, y, x), full (R, x, y)."""
    acting: Any = [p.forward_scale * p.inputs * w.T / np.std(w) for p, w in zip(own, weights, strict=True)]
    cpu.learn_rdd(
        len(own),
        threads,
        Inference(
            weights=np.ascontiguousarray(acting),
            scales=np.std(full, axis=(-1, -2)),
            amounts=np.array([p.amounts() for p in own]),
            lengths=np.array([p.lengths() for p in own], np.int64),
            **seed_arrays(seeds),
            patterns=PATTERNS,
            spikes_from=SPIKES,
            feedback=feedback,
            counts=counts,
            shown=np.zeros((len(own), 0, 0), np.int64),
        ),
    )
