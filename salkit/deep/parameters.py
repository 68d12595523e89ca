"""Parameters of a deep network."""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from ..values import MOST, check_fields, checked, choice, flag, number, shown, whole
from .networks import ACTIVATIONS
from .tasks import LOSSES, TASKS

__all__ = ["FEEDBACK", "LEARNING", "OPTIMISERS", "Deep", "mold"]

FEEDBACK = ("sal", "bp", "fa", "kp")
OPTIMISERS = ("adam", "sgd")
LEARNING = ("rates", "spikes")
WINDOWS = ("triangular", "rectangular")
KEEP = ("all", "layers", "errors")
_WIDEST = 10_000  # neurons in a layer
_LONGEST = 1e9  # tau_ref
LONGEST_PATTERN = 1e5  # tau_ref

_amount = partial(checked, check=number, least=0, most=MOST)


def _sizes(name: str, given: Any) -> tuple[int, ...]:
    if not isinstance(given, list | tuple) or len(given) < 3:
        raise ValueError(f"{name} must be at least three whole numbers, such as (64, 32, 64), got {shown(given)}")
    return tuple(whole(f"each of {name}", n, least=1, most=_WIDEST) for n in given)


@dataclass(frozen=True)
class Deep:
    """Parameters of one network; times in tau_ref.

    Parameters
    ----------
    sizes : tuple of int
        Neurons of the input, of one or more hidden layers, of the output.
    feedback : "sal", "bp", "fa" or "kp"
    task : "autoencoder", "classifier" (both on digits) or "yin-yang"
    activation : "logistic" or "relu"
        Of hidden neurons.
    learning : "rates" or "spikes"
        Whether forward weights learn in the rate network or from spikes (`salkit.deep.dyads`), which needs logistic
        neurons and the squared loss.
    loss : "squared" or "cross-entropy", optional
        By default squared, and for classes in the rate network cross-entropy. Squared: logistic outputs.
    epochs, batch : int
        Passes through the training patterns; patterns a step.
    optimiser : "adam" or "sgd"
    lr, momentum : float
        Learning rate; momentum of "sgd".
    gain : float
        Forward and feedback weights start uniform in ±gain √(3/n), n the fan-in of the forward weights.
    kp_decay : float
        Share of W and B that each step of "kp" takes off.
    phase_every : int
        Epochs between two symmetrisation phases of "sal".
    first_phase : float
        Length of one more before the first epoch; 0: none.
    phase_length, temperature, lr_sal, mismatch, window, rate, homeostatic
        Of these: as `length`, `temperature`, `lr`, `mismatch`, `window` and `rate` of `salkit.layers.symmetrise`, the
        mismatch from the second phase on; without `homeostatic` neurons keep the biases they have learned.
    pattern_length, settle, test_length : float
        T, for which the spikes of a pattern are counted in training, how long it has been shown before, and T in tests.
    psp_length : float
        K of the neurons that learn from spikes: their PSPs are 1/K high.
    nudge, apical : float
        β and λ: how strongly the output's error and the layer above push the pairs that carry errors.
    keep : "all", "layers" or "errors"
        What results hold: all; all but weights; nothing of single layers, so that networks of any depth fit together.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    sizes: tuple[int, ...] = checked((64, 32, 8, 32, 64), _sizes)
    feedback: str = checked("sal", choice, allowed=FEEDBACK)
    task: str = checked("autoencoder", choice, allowed=tuple(TASKS))
    activation: str = checked("logistic", choice, allowed=ACTIVATIONS)
    learning: str = checked("rates", choice, allowed=LEARNING)
    loss: str | None = checked(None, choice, optional=True, allowed=("squared", "cross-entropy"))
    epochs: int = checked(60, whole, most=10**6)
    batch: int = checked(16, whole, least=1)
    optimiser: str = checked("adam", choice, allowed=OPTIMISERS)
    lr: float = _amount(0.01)
    momentum: float = checked(0.9, number, least=0, most=0.9999)
    gain: float = checked(2.0, number, least=0, most=100)
    kp_decay: float = checked(1e-4, number, least=0, most=1)
    phase_every: int = checked(1, whole, least=1)
    first_phase: float = checked(0.0, number, least=0, most=_LONGEST)
    phase_length: float = checked(20_000.0, number, positive=True, most=_LONGEST)
    temperature: float = checked(3.0, number, least=0.01, most=1000)
    lr_sal: float | None = checked(1e-3, number, optional=True, least=0, most=MOST)
    mismatch: float = _amount(0.3)
    window: str = checked("triangular", choice, allowed=WINDOWS)
    rate: float = checked(0.5, number, least=0.001, most=0.999)
    homeostatic: bool = checked(True, flag)
    pattern_length: float = checked(20.0, number, least=0.1, most=LONGEST_PATTERN)
    settle: float = checked(16.0, number, least=0, most=LONGEST_PATTERN)
    test_length: float = checked(100.0, number, least=0.1, most=LONGEST_PATTERN)
    psp_length: float = checked(4.0, number, least=0.1, most=1000)
    nudge: float = checked(4.0, number, least=1e-3, most=100)
    apical: float = checked(1.0, number, least=1e-3, most=100)
    keep: str = checked("all", choice, allowed=KEEP)

    @property
    def measure(self) -> str:
        """The loss that is learned by: as given, or else the task's."""
        return self.loss or ("squared" if self.learning == "spikes" else LOSSES[self.task])

    def __post_init__(self) -> None:
        check_fields(self)
        ends = TASKS[self.task]
        if (self.sizes[0], self.sizes[-1]) != ends:
            raise ValueError(
                f"sizes must begin with {ends[0]} and end with {ends[1]} for the task {self.task}: {self.sizes}"
            )
        if self.measure == "cross-entropy" and self.task == "autoencoder":
            raise ValueError("loss must be 'squared' for the task autoencoder, got 'cross-entropy'")
        if self.learning == "spikes" and (self.activation, self.measure) != ("logistic", "squared"):
            found = f"{self.activation!r} and {self.measure!r}"
            raise ValueError(f"learning from spikes needs activation 'logistic' and loss 'squared', got {found}")


_OWN = {
    "feedback", "lr", "gain", "kp_decay", "phase_every", "first_phase", "phase_length", "temperature", "lr_sal",
    "mismatch", "window", "rate", "homeostatic",
}  # fmt: skip


def mold(parameters: Deep) -> tuple[Any, ...]:
    """What runs must have in common to be trained together: all but the feedback and numbers by run."""
    return tuple((name, value) for name, value in asdict(parameters).items() if name not in _OWN)
