"""Spike-timing-dependent weight inference (STDWI): who has spiked just before y_k does, more than usual.

Leaky integrate-and-fire neurons by forward Euler in steps of 0.25 ms, v reset to −1 where it reaches 1:

    τ_m dv/dt = −v + (I − v),   τ_m = 20 ms,   PSP (e^{−t/10 ms} − e^{−t/3 ms})/7
    I_x = 10 · PSPs of external spikes,   I_y = 75 W · PSPs of x

Two traces of every neuron of x, of equal areas: fast_i of height 1 and time constant 10 ms, slow_i of height 10/200
and 200 ms. At every spike of y_k

    B_ik += η (fast_i − slow_i − α B_ik)

so that B_ik tends to the mean of fast_i − slow_i at y_k's spikes, over α: a difference of rates that i's causing y_k
makes. Published here: η = 0.02, α = 0.1. With y at 1.5 Hz a start of full size has decayed to exp(−η α · 150) = 74 %
only after 100 s, which hides what is learned: the source itself starts near zero.

Source: Ahmad, Ambrogioni & van Gerven, "Overcoming the weight transport problem via spike-timing-dependent weight
inference" (2020); constants as in Gierlich et al. 2025, Fig. 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..kernels import cpu
from ..kernels.structs import Inference
from ..values import MOST, checked, number
from .protocol import Protocol, steps
from .streams import PATTERNS, SPIKES, seed_arrays

__all__ = ["STDWI", "Network", "learn", "run_network"]


@dataclass(frozen=True)
class Network(Protocol):
    """The network of STDWI's source; times in seconds.

    Parameters
    ----------
    tau_m : float
        Membrane time constant.
    input_weight, forward_scale : float
        Weight of an external spike; y sees forward_scale · W.
    inputs … period
        As in `Protocol`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    tau_m: float = checked(0.02, number, positive=True, most=10)
    input_weight: float = checked(10.0, number, least=0, most=MOST)
    forward_scale: float = checked(75.0, number, least=0, most=MOST)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tau_m < 2 * self.dt:
            raise ValueError(f"tau_m must be at least two steps of {self.dt:g} s, got {self.tau_m!r}")

    @property
    def dt(self) -> float:
        """The step of the simulation, in s."""
        return 0.25e-3


@dataclass(frozen=True)
class STDWI(Network):
    """Parameters of STDWI; times in seconds. Defaults: those published with Fig. 7.

    Parameters
    ----------
    tau_fast, tau_slow : float
        Time constants of the traces; the slow one's height is tau_fast/tau_slow.
    lr, decay : float
        η and α.
    inputs … forward_scale
        As in `Network`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    tau_fast: float = checked(0.01, number, positive=True, most=100)
    tau_slow: float = checked(0.2, number, positive=True, most=100)
    lr: float = checked(0.02, number, least=0, most=1)
    decay: float = checked(0.1, number, least=0, most=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tau_fast >= self.tau_slow:
            raise ValueError(f"tau_fast must be shorter than tau_slow = {self.tau_slow!r}, got {self.tau_fast!r}")


def learn(
    own: Sequence[STDWI],
    weights: NDArray[np.float64],
    full: NDArray[np.float64],
    feedback: NDArray[np.float64],
    counts: NDArray[np.int64],
    seeds: Sequence[int],
    threads: int,
) -> None:
    """Fill feedback (R, reports, x, y) and counts (R, reports, x + y): weights (R, y, x)."""
    rule = [[p.tau_fast / p.dt, p.tau_slow / p.dt, p.lr, p.decay] for p in own]
    run_network(own, rule, weights, feedback, counts, np.zeros((len(own), 0, 0), np.int64), seeds, threads)


def run_network(
    own: Sequence[Network],
    rule: Sequence[Sequence[float]],
    weights: NDArray[np.float64],
    feedback: NDArray[np.float64],
    counts: NDArray[np.int64],
    shown: NDArray[np.int64],
    seeds: Sequence[int],
    threads: int,
) -> None:
    """Run the networks of all runs, as `learn`, and count the spikes of each period in shown (R, periods, x + y).

    rule: for each run the time constants of both traces in steps, η and α; an η of 0 leaves B alone.
    """
    ms = [1e-3 / p.dt for p in own]  # in steps: the kernel's PSP has an area of one step, the source's of 1 ms
    acting = [unit * p.forward_scale * w.T for unit, p, w in zip(ms, own, weights, strict=True)]
    fixed = [
        [p.dt / p.tau_m, unit * p.input_weight, 1.0, -1.0, 10.0 * unit, 3.0 * unit, p.rate * p.dt]
        for unit, p in zip(ms, own, strict=True)
    ]
    lengths = [[p.driven, steps("period", p.period, p.dt), steps("report_every", p.report_every, p.dt)] for p in own]
    cpu.learn_stdwi(
        len(own),
        threads,
        Inference(
            weights=np.ascontiguousarray(acting),
            scales=np.ones(len(own)),
            amounts=np.concatenate([np.array(fixed), np.array(rule, np.float64)], axis=1),
            lengths=np.array(lengths, np.int64),
            **seed_arrays(seeds),
            patterns=PATTERNS,
            spikes_from=SPIKES,
            feedback=feedback,
            counts=counts,
            shown=shown,
        ),
    )
