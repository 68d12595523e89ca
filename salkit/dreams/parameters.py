"""Parameters of a network that dreams."""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from ..network import LARGEST_POTENTIAL
from ..values import MOST, check_fields, checked, choice, flag, number, whole
from ..wakesleep import RULES, TERMS
from .tasks import TASKS

__all__ = ["Dreams", "mold"]

_WIDEST = 1000  # hidden neurons
_SHORTEST, _LONGEST = 1e-3, 1e9  # in tau_ref

_amount = partial(checked, check=number, least=0, most=MOST)


@dataclass(frozen=True)
class Dreams:
    """Parameters of one network; times in tau_ref.

    Parameters
    ----------
    rule : "sal", "hebbian" or "kp"
        As in `salkit.wakesleep`.
    task : "digits", "bars" or "bars-and-stripes"
        See `salkit.dreams.tasks`.
    hidden : int
        Number of hidden neurons.
    connectivity : "restricted" or "full"
        Restricted: synapses between visible and hidden neurons only. Full: between all, wake averages sampled, each
        image shown for `settle` before spikes count and then for cycle_length/batch (`salkit.dreams.full`): slower.
    cycles, batch : int
        Number of updates; images in each minibatch, drawn with replacement.
    cycle_length, replicas
        Length of each sleep phase, shared by `replicas` chains that run on from cycle to cycle.
    lr_weight, lr_bias, lr_sal, weight_decay : float
        η_W, η_b, η_SAL (rule "sal" only) and λ (rule "kp" only).
    anneal : float
        All four fall as 1/(1 + c/anneal) over the cycles c.
    weight_noise, plasticity_noise : float
        σ of the synaptic noise at the start, and of the STDP amplitudes.
    plasticity_noise_on : "sleep" or "both"
        Whether an amplitude's factor multiplies the sleep term only or the wake term, too.
    matched : bool
        Whether two reciprocal synapses both get the mean of what was drawn for them, weights and amplitudes: as much
        noise in both directions, and no asymmetry.
    start_sd, limit : float
        Weights start ~ N(0, start_sd²), symmetric but for the synaptic noise; weights and biases are clipped to ±limit.
    validate_every : int
        Cycles between validations, the first before any learning; the last follows the last cycle.
    questions, settle, answer : int, float, float
        Test images asked in a validation; for how long each is shown before spikes count, and for how long they count.
    dreams : int
        States of free sampling, of up to 100 chains that begin in silence, that a validation compares to the images.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    rule: str = checked("sal", choice, allowed=tuple(RULES))
    task: str = checked("digits", choice, allowed=tuple(TASKS))
    hidden: int = checked(50, whole, least=1, most=_WIDEST)
    connectivity: str = checked("restricted", choice, allowed=("restricted", "full"))
    cycles: int = checked(4000, whole, least=1, most=10**9)
    batch: int = checked(20, whole, least=1, most=10**6)
    cycle_length: float = checked(50.0, number, least=_SHORTEST, most=_LONGEST)
    replicas: int = checked(4, whole, least=1, most=2**10)
    lr_weight: float = _amount(0.1)
    lr_bias: float = _amount(0.1)
    lr_sal: float = _amount(0.3)
    weight_decay: float = _amount(0.0)
    anneal: float = checked(1000.0, number, positive=True, most=_LONGEST)
    weight_noise: float = _amount(0.0)
    plasticity_noise: float = _amount(0.0)
    plasticity_noise_on: str = checked("sleep", choice, allowed=("sleep", "both"))
    matched: bool = checked(False, flag)
    start_sd: float = _amount(0.1)
    limit: float = checked(4.0, number, positive=True, most=LARGEST_POTENTIAL)
    validate_every: int = checked(1000, whole, least=1)
    questions: int = checked(360, whole, least=1, most=10**6)
    settle: float = checked(10.0, number, least=0, most=_LONGEST)
    answer: float = checked(30.0, number, least=_SHORTEST, most=_LONGEST)
    dreams: int = checked(1000, whole, least=1, most=10**9)

    def __post_init__(self) -> None:
        check_fields(self)
        for term, rate in TERMS.items():  # a rate that is 0 unless given is not given in vain
            if getattr(self, rate) and not getattr(Dreams, rate) and term not in RULES[self.rule]:
                having = " or ".join(repr(rule) for rule, terms in RULES.items() if term in terms)
                raise ValueError(f"{rate} goes with rule {having} only, got {getattr(self, rate)!r} with {self.rule!r}")
        if self.cycles % self.validate_every:
            raise ValueError(
                f"validate_every must divide the number of cycles, got {self.validate_every} and {self.cycles}"
            )
        others = self.neurons if self.connectivity == "full" else max(self.visible, self.hidden) + 1
        if others * self.limit > LARGEST_POTENTIAL:
            most = LARGEST_POTENTIAL / others
            raise ValueError(f"limit must be at most {most:.3g} for so many neurons, got {self.limit!r}")

    def rates(self) -> tuple[float, ...]:
        """The learning rate of each of `salkit.wakesleep.TERMS`, 0 where the rule lacks the term."""
        return tuple(float(getattr(self, rate)) * (term in RULES[self.rule]) for term, rate in TERMS.items())

    @property
    def visible(self) -> int:
        """Pixels and labels."""
        return sum(TASKS[self.task])

    @property
    def neurons(self) -> int:
        """All of them: pixels, labels, hidden, in this order."""
        return self.visible + self.hidden


_OWN = (
    "rule", *TERMS.values(), "weight_noise", "plasticity_noise", "plasticity_noise_on", "matched", "start_sd",
)  # fmt: skip


def mold(parameters: Dreams) -> tuple[Any, ...]:
    """What runs must have in common to be trained together: all but rule, learning rates and what is drawn."""
    return tuple((name, value) for name, value in asdict(parameters).items() if name not in _OWN)
