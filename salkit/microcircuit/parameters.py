"""Parameters of a microcircuit."""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from ..values import MOST, array, check_fields, checked, choice, flag, number, shown, whole

__all__ = ["FEEDBACK", "INTERNEURONS", "PROTOCOLS", "Microcircuit", "mold"]

FEEDBACK = ("sal", "fa", "bp")
PROTOCOLS = ("paper", "exact")
INTERNEURONS = ("held", "learned")
WINDOWS = ("exponential", "rectangular", "triangular")
_TRAIN_INPUTS = (-3.0, -2.5, -2.0, -0.8, 0.8, 2.0, 2.5, 3.0)
_VALIDATION_INPUTS = (-2.7, -1.8, -0.5, 0.5, 1.8, 2.7)


_LONGEST = 1e9  # tau_ref
_MOST_ROWS = 10**6
_MOST_NEURONS = 10_000  # in a layer

_amount = partial(checked, check=number, least=0, most=MOST)


def _layers(name: str, sizes: Any) -> tuple[int, ...]:
    if not isinstance(sizes, list | tuple) or len(sizes) < 3:
        raise ValueError(f"{name} must be at least three whole numbers, such as (1, 1, 1), got {shown(sizes)}")
    return tuple(whole(f"each of {name}", n, least=1, most=_MOST_NEURONS) for n in sizes)


@dataclass(frozen=True)
class Microcircuit:
    """Parameters of one experiment; lengths in tau_ref. Defaults: Fig. 6.

    Parameters
    ----------
    layers : tuple of int
        Neurons of the input, of one or more hidden layers, of the output.
    feedback : "sal", "fa" or "bp"
    protocol : "paper" or "exact"
        How "sal" learns B. "paper": in patterns, step by step, as Fig. 6. "exact": all patterns train W; before the
        first epoch and after each the layers above the input sample freely in continuous time for `phase_length`
        (`salkit.layers.symmetrise`; on the CPU whatever the device).
    epochs, patterns, symmetrise : int
        Patterns an epoch, of which with "sal" and protocol "paper" the last `symmetrise` train B instead of W.
    pattern_length, settle, window : float
        Length of a pattern; plasticity and readout begin `settle` after its start; span of the running means.
    tau_ref : int
        Refractory period = length of the PSP = time constant of SAL's window, in steps.
    bias, api, nudge : float
        b, λ_api, λ_nudge.
    lr_hidden, lr_output, lr_sal : float
        η of the hidden layers, of the output layer, η_SAL (protocol "paper").
    teacher : float, optional
        All weights of the teacher, a network of the same layers; None: random, uniform in ±`span`.
    span : float
        Forward and feedback weights start uniform in ±span.
    train_inputs, validation_inputs : int or sequence, optional
        Potentials of the input neurons, one row of `layers[0]` numbers a pattern; or how many rows to draw, uniform in
        ±3. Default: with one input neuron the paper's 8 and 6, otherwise 8 and 6 times as many rows as inputs.
    validate_every : int
        Epochs between two validations; weights are kept then, too.
    target_length : float
        The targets are the teacher's mean output potentials over that time.
    sal_window : "exponential", "rectangular" or "triangular", optional
        S of SAL. Exponential, of time constant tau_ref, for nearest pairs: the default with protocol "paper", and not
        for "exact". The others end at tau_ref: K = 1 (the default with "exact") or 1 − |Δt|/tau_ref.
    phase_length, temperature : float
        Protocol "exact": length of a phase, and what potentials are divided by in it. η is annealed as
        `salkit.layers.law` says, so that feedback weights end some √(18 T²/phase_length) off.
    mismatch : float
        For that: rms of B − Wᵀ to be expected after an epoch, in units of the rms of W. It need not be known well as
        long as 18 (T/(mismatch · rms of W))² tau_ref are few against phase_length.
    homeostatic : bool
        Whether biases in a phase keep rates near ½; else they stay at `bias`.
    one_way : bool
        Whether the input neurons spike along in a phase, at the last pattern shown, which moves the fixed point.
    interneurons : "held" or "learned"
        Held: weights onto and from interneurons are W and −B at every step. Learned: they start uniform in ±span and
        learn to be, in patterns without a target (on a GPU with at most 26 cells).
    rehearsal, quiet : int
        Those patterns: before the first epoch, and at the end of each.
    lr_predict, lr_cancel, teach : float
        In them: η_ip, η_pi, and λ_int, by which an interneuron is nudged towards the neuron it is to predict.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    layers: tuple[int, ...] = checked((1, 1, 1), _layers)
    feedback: str = checked("sal", choice, allowed=FEEDBACK)
    epochs: int = checked(150, whole)
    patterns: int = checked(20, whole, least=1)
    symmetrise: int = checked(5, whole)
    pattern_length: float = checked(2000, number, positive=True, most=_LONGEST)
    settle: float = checked(200, number, least=0, most=_LONGEST)
    window: float = checked(200, number, positive=True, most=_LONGEST)
    tau_ref: int = checked(10, whole, least=1, most=100_000)
    bias: float = checked(-1.0, number, least=-MOST, most=MOST)
    api: float = _amount(0.02)
    nudge: float = _amount(0.6)
    lr_hidden: float = _amount(0.2)
    lr_output: float = _amount(0.003)
    lr_sal: float = _amount(0.001)
    teacher: float | None = checked(2.0, number, optional=True, least=-MOST, most=MOST)
    span: float = _amount(3.0)
    train_inputs: Any = None
    validation_inputs: Any = None
    validate_every: int = checked(1, whole, least=1)
    target_length: float = checked(20_000, number, positive=True, most=_LONGEST)
    protocol: str = checked("paper", choice, allowed=PROTOCOLS)
    sal_window: str | None = checked(None, choice, optional=True, allowed=WINDOWS)
    phase_length: float = checked(20_000, number, positive=True, most=_LONGEST)
    temperature: float = checked(2.0, number, least=0.01, most=1000)
    mismatch: float = _amount(0.3)
    homeostatic: bool = checked(True, flag)
    one_way: bool = checked(False, flag)
    interneurons: str = checked("held", choice, allowed=INTERNEURONS)
    rehearsal: int = checked(60, whole)
    quiet: int = checked(5, whole, least=1)
    lr_predict: float = _amount(0.01)
    lr_cancel: float = _amount(0.0005)
    teach: float = checked(0.6, number, positive=True, most=MOST)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.protocol == "paper" and self.symmetrise > self.patterns:
            raise ValueError(f"symmetrise must not exceed patterns = {self.patterns}, got {self.symmetrise}")
        if self.protocol == "exact" and self.feedback != "sal":
            raise ValueError(
                f"protocol 'exact' is a way to learn feedback: feedback must be 'sal', got {self.feedback!r}"
            )
        if self.protocol == "exact" and self.sal_window == "exponential":
            raise ValueError("sal_window must end at tau_ref with protocol 'exact': rectangular or triangular")
        for name in ("pattern_length", "settle", "window", "target_length"):
            if getattr(self, name) * self.tau_ref != int(getattr(self, name) * self.tau_ref):
                raise ValueError(f"{name} must be a whole number of steps, got {getattr(self, name)!r} tau_ref")
        for name in ("pattern_length", "target_length"):
            if self.settle >= getattr(self, name):
                raise ValueError(f"settle must be shorter than {name} = {getattr(self, name)}, got {self.settle}")
        for name in ("train_inputs", "validation_inputs"):
            object.__setattr__(self, name, self._checked(name, getattr(self, name)))

    @property
    def pairing(self) -> str:
        """SAL's window, given or by protocol."""
        return self.sal_window or ("exponential" if self.protocol == "paper" else "rectangular")

    def _checked(self, name: str, given: Any) -> Any:
        """A number of patterns, or rows of numbers as tuples."""
        inputs = self.layers[0]
        if given is None:
            known = _TRAIN_INPUTS if name == "train_inputs" else _VALIDATION_INPUTS
            return tuple((x,) for x in known) if inputs == 1 else len(known) * inputs
        if isinstance(given, int | np.integer):
            return whole(name, given, least=1, most=_MOST_ROWS)
        allowed = f"a number of patterns or finite rows of {inputs} numbers"
        try:
            rows = array(name, given, least=-MOST, most=MOST)
        except ValueError:
            raise ValueError(f"{name} must be {allowed} within ±{MOST:g}, got {shown(given)}") from None
        if inputs == 1 and rows.ndim == 1:
            rows = rows[:, None]
        if rows.ndim != 2 or rows.shape[1] != inputs or rows.size == 0:
            raise ValueError(f"{name} must be {allowed}, got {shown(given)}")
        return tuple(tuple(row) for row in rows.tolist())


def mold(parameters: Microcircuit) -> tuple[Any, ...]:
    """What runs must have in common to be trained together: all but the feedback."""
    return tuple((name, value) for name, value in asdict(parameters).items() if name != "feedback")
