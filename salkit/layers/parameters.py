"""Parameters of layers that align."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from ..network import LARGEST_POTENTIAL
from ..values import MOST, check_fields, checked, choice, flag, number, shown, whole
from .law import WINDOWS

__all__ = ["KEPT", "LEARNERS", "RULES", "Layers", "mold"]

RULES = ("sal", "one-sided")
LEARNERS = ("backward", "both")
KEPT = ("ends", "all", "none")
_SHORTEST, _LONGEST = 1e-3, 1e9  # in tau_ref
_WIDEST = 100_000

_amount = partial(checked, check=number, least=0, most=MOST)
_share = partial(checked, check=number, least=0, most=1)


def _sizes(name: str, value: Any) -> tuple[int, ...]:
    """Two layers or more, one neuron or more each. Raises ValueError."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) < 2:
        raise ValueError(f"{name} must be the sizes of two layers or more, got {shown(value)}")
    return tuple(whole(f"each of {name}", size, least=1, most=_WIDEST) for size in value)


@dataclass(frozen=True)
class Layers:
    """Parameters of one experiment; times in tau_ref.

    Parameters
    ----------
    sizes : tuple of int
        Neurons of the layers, the lowest first.
    length, cycle_length : float
        Time in all, a whole number of cycles; a cycle has frozen weights and ends with one update.
    gain : float
        Forward weights W_l, and feedback weights at the start, are uniform in ±gain √(3/fan-in) with W_l's fan-in.
    temperature : float
        T: all potentials are divided by it.
    rate, spread : float
        The rate the biases stand for, in spikes per tau_ref, and the bound of their uniform spread.
    homeostatic : bool
        Whether biases also take off `rate` × the sum of the neuron's incoming weights, as these stand.
    window : "rectangular" or "triangular"
    rule : "sal" or "one-sided"
        One-sided: spikes of the upper neuron after one of the lower, less their number by chance, with decay.
    learns : "backward" or "both"
    lr_sal : float, optional
        η per pair of spikes; by default the best one, annealed (`salkit.layers.law`).
    anneal : float, optional
        With lr_sal: η falls as lr_sal/(1 + t/anneal); constant by default.
    sign : 1 or -1
        −1 turns SAL around, so that asymmetry grows.
    unpaired, one_way : float
        Share of pairs of neurons without synapses, and of those left the share without a feedback synapse.
    inputs, input_gain : int, float
        Spiking neurons that drive the lowest layer and hear nothing from it, and the gain of their weights.
    entropy : bool
        Whether to count overlaps for the entropy production (free with the rectangular window).
    records : int
        Number of times, equally far apart, at which results are recorded after the start.
    weights : "ends", "all" or "none"
        Which records to keep weights of: the first and the last, all, or none.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    sizes: tuple[int, ...] = checked((50, 50), _sizes)
    length: float = checked(100_000.0, number, least=_SHORTEST, most=_LONGEST)
    cycle_length: float = checked(100.0, number, least=_SHORTEST, most=_LONGEST)
    gain: float = checked(1.0, number, least=0, most=100)
    temperature: float = checked(1.0, number, least=0.01, most=1000)
    rate: float = checked(0.5, number, least=0.001, most=0.999)
    spread: float = checked(0.3, number, least=0, most=LARGEST_POTENTIAL / 2)
    homeostatic: bool = checked(True, flag)
    window: str = checked("rectangular", choice, allowed=WINDOWS)
    rule: str = checked("sal", choice, allowed=RULES)
    learns: str = checked("backward", choice, allowed=LEARNERS)
    lr_sal: float | None = checked(None, number, optional=True, least=0, most=MOST)
    anneal: float | None = checked(None, number, optional=True, positive=True, most=_LONGEST)
    sign: int = checked(1, whole, least=-1, most=1)
    unpaired: float = _share(0.0)
    one_way: float = _share(0.0)
    inputs: int = checked(0, whole, least=0, most=_WIDEST)
    input_gain: float = checked(1.0, number, least=0, most=100)
    entropy: bool = checked(False, flag)
    records: int = checked(20, whole, least=1, most=10**6)
    weights: str = checked("ends", choice, allowed=KEPT)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.sign == 0:
            raise ValueError("sign must be 1 or -1, got 0")
        if self.cycles < 1 or abs(self.cycles * self.cycle_length - self.length) > 1e-9 * self.length:
            raise ValueError(f"length must be a whole number of cycle_length, got {self.length} of {self.cycle_length}")
        if self.cycles % self.records:
            raise ValueError(f"records must divide the number of cycles, got {self.records} and {self.cycles}")
        if self.anneal is not None and self.lr_sal is None:
            raise ValueError("anneal goes with a given lr_sal only: the schedule of the theory is annealed")
        if self.rule == "one-sided" and self.learns == "both":
            raise ValueError(
                "rule 'one-sided' makes feedback weights follow the forward ones: learns must be 'backward'"
            )
        if self.gain == 0 and self.lr_sal is None:
            raise ValueError("gain 0 has no best learning rate: give lr_sal")

    @property
    def cycles(self) -> int:
        """Number of cycles."""
        return round(self.length / self.cycle_length)


_OWN = ("lr_sal", "anneal", "sign", "gain", "input_gain", "spread", "unpaired", "one_way")


def mold(parameters: Layers) -> tuple[Any, ...]:
    """What runs must have in common to be trained together: all but learning rates and what is drawn."""
    return tuple((name, value) for name, value in asdict(parameters).items() if name not in _OWN)
