"""Parameters of integrate-and-fire neurons that learn by SAL, or whose drift is measured."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from ..values import MOST, check_fields, checked, choice, flag, instance, number, shown, whole
from .parameters import Neuron

__all__ = ["VALIDATED", "Alignment", "mold"]

LEARNERS = ("both", "backward", "none")
VALIDATED = 12  # neurons at most whose sampled law is compared
_LONGEST = 1e9
_amount = partial(checked, check=number, least=0, most=MOST)


def _sizes(name: str, value: Any) -> tuple[int, ...]:
    """One layer of two neurons or more, or two layers. Raises ValueError."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not 1 <= len(value) <= 2:
        raise ValueError(f"{name} must be the size of one layer or of two, got {shown(value)}")
    return tuple(whole(f"each of {name}", size, least=3 - len(value), most=1000) for size in value)


def _biases(name: str, value: Any) -> tuple[float, ...]:
    """A number for each layer. Raises ValueError."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(f"{name} must be a number for each layer, got {shown(value)}")
    return tuple(float(number(f"each of {name}", bias, least=-100, most=100)) for bias in value)


@dataclass(frozen=True)
class Alignment:
    """Parameters of one experiment; times in tau_ref.

    Parameters
    ----------
    sizes : tuple of int
        (N,): all pairs of one layer; (n_lower, n_upper): the pairs between two.
    length, cycle_length : float
        Time in all, a whole number of cycles; a cycle has frozen weights and ends with one update.
    span : float
        Weights, or their symmetric part, are uniform in ±span.
    weight_noise : float
        σ of one layer's synaptic noise; 0 in two layers.
    biases, spread : tuple of float, float
        Of each layer, and the bound of what is added to each neuron's, uniform.
    homeostatic : bool
        Whether biases also take off what incoming weights, without their noise, will bring: Σ_j W_ij σ(bias of j), so
        that rates are alike within a layer.
    learns : "both", "backward" or "none"
        Backward weights are those from the upper to the lower layer, or from neurons of higher to lower number.
    lr_sal : float
        η.
    anneal : float, optional
        η falls as lr_sal/(1 + t/anneal); constant by default.
    records : int
        Number of times, equally far apart, at which results are recorded after the start; it divides the cycles.
    validation_length : float
        Of the sampling with frozen weights at both ends behind D_KL; 0 for none.
    neuron : Neuron

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    sizes: tuple[int, ...] = checked((5,), _sizes)
    length: float = checked(20_000.0, number, positive=True, most=_LONGEST)
    cycle_length: float = checked(100.0, number, positive=True, most=_LONGEST)
    span: float = _amount(1.0)
    weight_noise: float = _amount(0.8)
    biases: tuple[float, ...] = checked((0.0,), _biases)
    spread: float = checked(0.5, number, least=0, most=100)
    homeostatic: bool = checked(True, flag)
    learns: str = checked("both", choice, allowed=LEARNERS)
    lr_sal: float = _amount(0.5)
    anneal: float | None = checked(None, number, optional=True, positive=True, most=_LONGEST)
    records: int = checked(20, whole, least=1, most=10**6)
    validation_length: float = checked(0.0, number, least=0, most=_LONGEST)
    neuron: Neuron = field(default_factory=Neuron)

    def __post_init__(self) -> None:
        check_fields(self)
        instance("neuron", self.neuron, Neuron)
        if len(self.biases) != len(self.sizes):
            raise ValueError(f"biases must be one for each layer, got {self.biases} for sizes {self.sizes}")
        if len(self.sizes) == 2 and self.weight_noise:
            raise ValueError("weight_noise goes with one layer: two layers have independent weights")
        if self.cycles < 1 or abs(self.cycles * self.cycle_length - self.length) > 1e-9 * self.length:
            raise ValueError(f"length must be a whole number of cycle_length, got {self.length} of {self.cycle_length}")
        if self.cycles % self.records:
            raise ValueError(f"records must divide the number of cycles, got {self.records} and {self.cycles}")
        for name in ("cycle_length", "validation_length"):
            steps = getattr(self, name) * self.neuron.steps
            if abs(steps - round(steps)) > 1e-9 * max(steps, 1.0):
                raise ValueError(f"{name} must be a whole number of steps, got {getattr(self, name)}")
        if self.validation_length and sum(self.sizes) > VALIDATED:
            raise ValueError(f"validation_length must be 0 for more than {VALIDATED} neurons, whose law is too large")

    @property
    def cycles(self) -> int:
        """Number of cycles."""
        return round(self.length / self.cycle_length)


_OWN = ("span", "weight_noise", "biases", "spread", "homeostatic", "learns", "lr_sal", "anneal")


def mold(parameters: Alignment) -> tuple[Any, ...]:
    """What runs must have in common to be trained together: sizes, times and the neuron."""
    common = tuple(name for name in asdict(parameters) if name not in _OWN)
    return tuple((name, getattr(parameters, name)) for name in common)
