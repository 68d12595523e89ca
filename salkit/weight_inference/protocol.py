"""What the rivals have in common: two layers, weights to be inferred, a drive, and a record.

Layer x (lower) drives layer y through fixed weights W; feedback weights B, from y to x, are to become Wᵀ and act on
nothing meanwhile. With the gain g, W is uniform in ±g √(3/x), fan-in x, and B starts uniform in ±g √(3/y) or at zero.
Every 0.1 s other inputs, one in five, are driven by external spikes of 200 Hz.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..philox import Purpose, uniform
from ..values import check_fields, checked, choice, number, whole

__all__ = ["GENERATORS", "KEEP", "START", "Protocol", "draw_weights", "mold", "steps"]

GENERATORS = ("philox", "numpy")
START = ("full", "zero")
KEEP = ("all", "ends", "none")
_MOST_NEURONS = 10_000
_LONGEST = 1e6  # s


@dataclass(frozen=True)
class Protocol:
    """Parameters of every rival; times in seconds. Defaults: the network of Fig. 7.

    Parameters
    ----------
    inputs, outputs : int
        Neurons of x and y.
    gain : float
        g, the standard deviation of W times √x.
    start : "full" or "zero"
        B at the start: random, of full size, or 0.
    duration, report_every : float
        Biological time, and between two reports; the reports divide the duration.
    keep : "all", "ends" or "none"
        Reports at which B is kept; "none" also leaves out W, so that runs of any size fit into one Dataset.
    generator : "philox" or "numpy"
        Where W and B come from: salkit's streams, or as in the figure's source default_rng(target seed), W first.
    active, rate, period : float
        Share of x that is driven at a time, by spikes of this rate (Hz), and for how long; one neuron at least.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    inputs: int = checked(50, whole, least=2, most=_MOST_NEURONS)
    outputs: int = checked(50, whole, least=2, most=_MOST_NEURONS)
    gain: float = checked(1.0, number, positive=True, most=1000)
    start: str = checked("full", choice, allowed=START)
    duration: float = checked(100.0, number, positive=True, most=_LONGEST)
    report_every: float = checked(10.0, number, positive=True, most=_LONGEST)
    keep: str = checked("all", choice, allowed=KEEP)
    generator: str = checked("philox", choice, allowed=GENERATORS)
    active: float = checked(0.2, number, positive=True, most=1)
    rate: float = checked(200.0, number, least=0, most=1000)
    period: float = checked(0.1, number, positive=True, most=_LONGEST)

    def __post_init__(self) -> None:
        check_fields(self)
        steps("duration", self.duration, self.report_every, "of report_every")
        steps("report_every", self.report_every, self.dt)
        steps("period", self.period, self.dt)

    @property
    def dt(self) -> float:
        """The step of the simulation, in s."""
        return 1e-3

    @property
    def reports(self) -> int:
        """Number of reports, the start among them."""
        return steps("duration", self.duration, self.report_every) + 1

    @property
    def driven(self) -> int:
        """Number of neurons of x that are driven at a time."""
        return max(int(self.active * self.inputs), 1)


def steps(name: str, length: float, unit: float, of: str = "of steps") -> int:
    """How often `unit` goes into a length. Raises ValueError unless a whole number of times, at least once."""
    count = round(length / unit)
    if count < 1 or abs(length / unit - count) > 1e-6 * count:
        raise ValueError(f"{name} must be a whole number {of} = {unit:g} s, got {length!r}")
    return count


def mold(parameters: Protocol) -> tuple[Any, ...]:
    """What runs must have in common to be trained together: rule, sizes, times and what is kept."""
    shared = ("inputs", "outputs", "duration", "report_every", "keep", "period")
    return ("rules", type(parameters).__name__), *((name, getattr(parameters, name)) for name in shared)


def draw_weights(p: Protocol, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """W (y, x), and B (x, y) at full size whatever the start. Raises ValueError for a seed that is none."""
    x, y = p.inputs, p.outputs
    ends = p.gain * np.sqrt(3.0 / x), p.gain * np.sqrt(3.0 / y)
    if p.generator == "numpy":
        draws = np.random.default_rng(whole("seed", seed))
        return draws.uniform(-ends[0], ends[0], (y, x)), draws.uniform(-ends[1], ends[1], (x, y))
    w, b = uniform(seed, Purpose.START, x * y), uniform(seed, Purpose.FEEDBACK, x * y)
    return (2 * w - 1).reshape(y, x) * ends[0], (2 * b - 1).reshape(x, y) * ends[1]
