"""Two layers under physical conditions: what may differ from the network for which SAL is exact."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from .. import psp as psp_shapes
from ..network import TIMINGS
from ..values import check_fields, checked, choice, number, shown, whole

__all__ = ["DRIVES", "READINGS", "Condition", "mold"]

READINGS = ("soma", "synapse")
DRIVES = ("pairs", "all")
WINDOWS = ("rectangular", "triangular")
_MOST_VARIED = 60
_LONGEST = 1e3

_amount = partial(checked, check=number, least=0, most=100)
_share = partial(checked, check=number, least=0, most=1)


def _sizes(name: str, value: Any) -> tuple[int, int]:
    """Two layers of two neurons or more. Raises ValueError."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise ValueError(f"{name} must be the sizes of two layers, got {shown(value)}")
    lower, upper = (whole(f"each of {name}", size, least=2, most=10_000) for size in value)
    return lower, upper


@dataclass(frozen=True)
class Condition:
    """Parameters of one experiment; times in refractory times of the lower layer unless said.

    Parameters
    ----------
    sizes : (int, int)
        Neurons of the lower and the upper layer.
    length, cycle_length : float
        Time in all, a whole number of cycles; a cycle has frozen weights and ends with one update of B.
    records : int
        Number of times, equally far apart, at which results are recorded after the start.
    gain : float
        W and B at the start are uniform in ±gain √(3/fan-in), the fan-in being the lower layer.
    rate, spread, rate_ratio : float
        Homeostatic biases: the rate they stand for, the bound of their uniform spread, and the odds of being on in the
        upper layer over those in the lower.
    window : "rectangular" or "triangular"
        At tau_ref.
    timing, tau_ref, psp, tau_syn, refractory, psp_length
        As in `salkit.SamplingNetwork`, tau_ref in steps in discrete time; continuous time takes 1 and the rectangle.
    period : float
        Refractory period and PSP length of the upper layer over those of the lower (continuous time).
    period_cv : float
        Coefficient of variation of each neuron's period, uniform, at most 0.5 (continuous time).
    delay_forward, delay_backward : float
        From a spike to the onset of its PSP, of W and B; delay_spread: added to each synapse's, uniform from 0 on.
    reading : "soma" or "synapse"
        Where pairs of B are read: "synapse", where the presynaptic spike arrives delay_backward late.
    shift : float
        For reading "synapse": how much before the arrival a postsynaptic spike has to come to be anti-causal. The round
        trip, delay_forward + delay_backward, lets each branch of the window begin where its PSP does.
    drive, drive_tau, drive_lag, drive_to : float, float, float, str
        Amplitude and correlation time of a telegraph input, how much later the upper layer gets it, and who: "pairs" of
        lower neurons (each pair an input of its own), or "all" neurons the same one (continuous time).
    one_way : float
        Share of feedback synapses that are missing.
    excitatory : float, optional
        Dale's law: this share of the neurons of each layer has weights of positive sign only, the others negative.
    bits : int, optional
        B takes 2^bits equally far values up to ± 2 · gain √(3/fan-in), by stochastic rounding after every update.

    Raises
    ------
    ValueError
        Naming the value and what is allowed, also where values do not go together.
    """

    sizes: tuple[int, int] = checked((50, 50), _sizes)
    length: float = checked(10_000.0, number, least=1, most=1e9)
    cycle_length: float = checked(200.0, number, least=1, most=1e6)
    records: int = checked(10, whole, least=1, most=10**6)
    gain: float = _amount(1.0)
    rate: float = checked(0.5, number, least=0.01, most=0.99)
    spread: float = _amount(0.3)
    rate_ratio: float = checked(1.0, number, least=1e-3, most=1e3)
    window: str = checked("rectangular", choice, allowed=WINDOWS)
    timing: str = checked("continuous", choice, allowed=TIMINGS)
    tau_ref: int = checked(1, whole, least=1, most=1000)
    psp: str = checked("rectangular", choice, allowed=psp_shapes.SHAPES)
    tau_syn: float | None = checked(None, number, optional=True, least=1e-3, most=_LONGEST)
    refractory: int | None = checked(None, whole, optional=True, least=1, most=2000)
    psp_length: int | None = checked(None, whole, optional=True, least=1, most=2000)
    period: float = checked(1.0, number, least=0.1, most=10)
    period_cv: float = checked(0.0, number, least=0, most=0.5)
    delay_forward: float = _amount(0.0)
    delay_backward: float = _amount(0.0)
    delay_spread: float = _amount(0.0)
    reading: str = checked("soma", choice, allowed=READINGS)
    shift: float = _amount(0.0)
    drive: float = _amount(0.0)
    drive_tau: float = checked(1.0, number, least=0.01, most=_LONGEST)
    drive_lag: float = _amount(0.0)
    drive_to: str = checked("pairs", choice, allowed=DRIVES)
    one_way: float = _share(0.0)
    excitatory: float | None = checked(None, number, optional=True, least=0, most=1)
    bits: int | None = checked(None, whole, optional=True, least=1, most=24)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.gain == 0:
            raise ValueError("gain must be positive, got 0")
        if self.cycles < 1 or abs(self.cycles * self.cycle_length - self.length) > 1e-9 * self.length:
            raise ValueError(f"length must be a whole number of cycle_length, got {self.length} of {self.cycle_length}")
        if self.cycles % self.records:
            raise ValueError(f"records must divide the number of cycles, got {self.records} and {self.cycles}")
        if self.timing == "continuous":
            for name, plain in (("tau_ref", 1), ("psp", "rectangular"), ("refractory", None), ("psp_length", None)):
                if (value := getattr(self, name)) != plain:
                    raise ValueError(f"{name} goes with timing 'discrete', got {value!r}")
        elif self.own_periods or self.drive:
            raise ValueError("period, period_cv and drive go with timing 'continuous' only")
        if ((self.own_periods or self.drive) and self.delays) or (self.own_periods and self.drive):
            raise ValueError("periods, drive and delays can be tried one at a time: got more than one of them")
        if self.own_periods and sum(self.sizes) > _MOST_VARIED:
            raise ValueError(f"sizes: neurons with periods of their own are at most {_MOST_VARIED}, got {self.sizes}")
        if self.shift and self.reading == "soma":
            raise ValueError("shift goes with reading 'synapse'")
        if self.reading == "synapse" and (self.drive or self.own_periods):
            raise ValueError("reading 'synapse' goes with delays only")
        if self.drive and self.drive_to == "pairs" and self.sizes[0] % 2:
            raise ValueError(f"sizes: drive to pairs needs an even number of lower neurons, got {self.sizes[0]}")

    @property
    def cycles(self) -> int:
        """Number of cycles."""
        return round(self.length / self.cycle_length)

    @property
    def own_periods(self) -> bool:
        """Whether neurons have periods of their own."""
        return self.period != 1.0 or self.period_cv > 0

    @property
    def recorded(self) -> bool:
        """Whether pairs are read off recorded spikes: kept sums know no arrivals, and the latest spike alone."""
        return self.reading == "synapse" or self.own_periods

    @property
    def delays(self) -> bool:
        """Whether PSPs come late."""
        return bool(self.delay_forward or self.delay_backward or self.delay_spread)


def mold(parameters: Condition) -> tuple[Any, ...]:
    """What runs must have in common to be computed together: everything."""
    return tuple(asdict(parameters).items())
