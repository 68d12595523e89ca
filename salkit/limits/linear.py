"""What SAL will see, to first order in weights and inputs: one integral for delays, periods, rates and common drive.

Times in tau_ref. A neuron that fires with hazard λ and is refractory for r after a spike has the rate ν = λ/(1 + λr).
If its membrane potential is moved by δu(t), and for two such neurons that hear one another or a common input,

    response       δν̂ = ν/(1 + λ r̂) δû,    r̂(ω) = (1 − e^{−iωr})/(iω)               (a refractory neuron)
    spectrum       P(ω) = ν/|1 + λ r̂|²                                              (of its own spikes)
    synapse j→i    Ĉ(ω) = ĥ_j e^{−iωd} P_j ν_i/(1 + λ_i r̂_i)                        (h_j: the PSP, d: the delay)
    common drive   Ĉ(ω) = A_i A_j G(ω) e^{−iω lag} [ν/(1 + λ r̂)]_i [ν/(1 + λ r̂)]*_j,   G = 2τ/(1 + ω²τ²)

are their cross-spectra (lag t_i − t_j). SAL takes the odd part, as the window sees it,

    drift = ∫ S(t) C(t) dt = ∫ Ŝ*(ω) Ĉ(ω) dω/2π

and a rule that looks at causal pairs alone takes that of one half-window. A common drive of unit variance with the
correlation time τ (a telegraph or Ornstein–Uhlenbeck process) reaches neurons with amplitudes A. If it goes to lower
neurons x and x', SAL sees the weight of x' as if it were that of x, in the share

    leak = ∫ Ŝ* ĥ ν_y/(1 + λ_y r̂_y) C_xx' / ∫ Ŝ* ĥ ν_y/(1 + λ_y r̂_y) P_x

which vanishes for slow drive: what is even in time cancels. Of first order in weights and in A²; refractoriness and
PSP are exact. Derivations: this suite's own; linear response of renewal processes: Gerstner & Kistler 2002, chapter 6.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..values import check_fields, checked, choice, instance, number
from .parameters import Condition

__all__ = ["Neuron", "Prediction", "common", "leak", "predict", "synapse"]

_Array = NDArray[Any]
_STEP, _HIGHEST = 0.02, 400.0
_LONGEST = 100.0  # of times in the exponent: _STEP resolves them
_RULES = ("sal", "one-sided")
WINDOWS = ("rectangular", "triangular", "exponential")


@dataclass(frozen=True)
class Neuron:
    """A neuron at work; times in tau_ref.

    Parameters
    ----------
    rate : float
        Spikes per refractory period of its own (the share of time it is refractory), between 0.001 and 0.999.
    refractory, psp : float
        Its refractory period, and the length of its PSP.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    rate: float = checked(0.5, number, least=0.001, most=0.999)
    refractory: float = checked(1.0, number, least=0.01, most=_LONGEST)
    psp: float = checked(1.0, number, least=0.01, most=_LONGEST)

    def __post_init__(self) -> None:
        check_fields(self)


class Prediction(NamedTuple):
    """Slopes of the drift of B in W, B and the neighbour's weight, its offset, and the gain of the fixed point."""

    forward: float
    backward: float
    offset: float
    neighbour: float
    gain: float


def predict(condition: Condition) -> Prediction:
    """What `measure` should find under a condition, to first order: delays, periods, drive and rates.

    In discrete time, and of what weights do to themselves (bits, signs), theory says nothing: as if they were not.
    Raises ValueError for what is no condition.
    """
    p = instance("condition", condition, Condition)
    odds = p.rate / (1 - p.rate) * p.rate_ratio
    x, y = Neuron(p.rate), Neuron(odds / (1 + odds), p.period, p.period)
    d_f, d_b = (d + p.delay_spread / 2 for d in (p.delay_forward, p.delay_backward))
    at_synapse = p.reading == "synapse"
    ahead = d_b if at_synapse else 0.0
    behind = p.shift - ahead
    forward = synapse(x, y, p.window, d_f, behind, ahead)
    backward = -synapse(y, x, p.window, d_b, ahead, behind)
    shared = leak(x, y, p.drive, p.drive_tau, p.window) if p.drive and p.drive_to == "pairs" else 0.0
    offset = common(x, y, p.drive, p.drive_tau, p.drive_lag, p.window) if p.drive and p.drive_to == "all" else 0.0
    return Prediction(forward * (1 + shared), backward, offset, forward * shared, -forward * (1 + shared) / backward)


def synapse(
    pre: Neuron, post: Neuron, window: str = "rectangular", delay: float = 0.0, behind: float = 0.0, ahead: float = 0.0
) -> float:
    """SAL's drift of the *partner's* weight, per tau_ref and unit of this one's (c of `salkit.layers.law`).

    Minus that is what a synapse does to itself.

    Parameters
    ----------
    pre, post : Neuron
    window : "rectangular" or "triangular", ending at tau_ref, or "exponential" of that time constant, all pairs
    delay : float
        From the spike to the onset of the PSP.
    behind, ahead : float
        Where the branches of the window begin: with t = t_post − t_pre, +K(t − behind) for t > behind, and −K(−t −
        ahead) for t < −ahead. Read at the partner's synapse, whose delay is d', it is behind = s − d', ahead = d'; at
        this one, of delay d, behind = d, ahead = s − d; s is the shift of the anti-causal branch.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    x, y = instance("pre", pre, Neuron), instance("post", post, Neuron)
    d = number("delay", delay, least=0, most=_LONGEST)
    late, early = (
        number(name, value, least=-_LONGEST, most=_LONGEST) for name, value in (("behind", behind), ("ahead", ahead))
    )
    w = _frequencies()
    half = _half(window, w)
    seen = np.exp(-1j * w * late) * half - np.exp(1j * w * early) * half.conj()
    arrived, poisson = _box(x.psp, w) * np.exp(-1j * w * d), x.rate / x.refractory * y.rate / y.refractory
    rest = arrived * (_spectrum(x, w) * _response(y, w) - poisson)  # what is taken off is known exactly

    def area(t: float) -> float:
        return _area(window, max(t - late, 0.0)) + _area(window, max(-t - early, 0.0))

    return poisson * (area(d + x.psp) - area(d)) + _integral(seen.conj() * rest)


def leak(
    pre: Neuron, post: Neuron, amplitude: float, tau: float, window: str = "rectangular", rule: str = "sal"
) -> float:
    """Share of a neighbour's weight that SAL (or the "one-sided" rule) sees where both are driven in common.

    Parameters
    ----------
    pre, post : Neuron
        The driven lower neurons, alike, and the upper neuron, which is not driven.
    amplitude : float
        A of the drive, in units of the membrane potential.
    tau : float
        Its correlation time, from 0.001 to 100.
    window : as in `synapse`
    rule : "sal" or "one-sided"

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    x, y = instance("pre", pre, Neuron), instance("post", post, Neuron)
    a, tau = number("amplitude", amplitude, least=0, most=100), number("tau", tau, least=1e-3, most=_LONGEST)
    w = _frequencies()
    seen = _odd(window, w) if choice("rule", rule, _RULES) == "sal" else _half(window, w)
    path = seen.conj() * _box(x.psp, w) * _response(y, w)
    shared = a**2 * 2 * tau / (1 + (w * tau) ** 2) * np.abs(_response(x, w)) ** 2
    poisson = x.rate / x.refractory * y.rate / y.refractory
    own = seen.conj() * _box(x.psp, w) * (_spectrum(x, w) * _response(y, w) - poisson)
    return _integral(path * shared) / (poisson * _area(window, x.psp) + _integral(own))


def common(
    lower: Neuron, upper: Neuron, amplitude: float, tau: float, lag: float = 0.0, window: str = "rectangular"
) -> float:
    """SAL's drift of B_xy, per tau_ref, from a drive that x and y have in common: the offset of all pairs.

    Parameters
    ----------
    lower, upper : Neuron
    amplitude, tau
        As in `leak`, of both.
    lag : float
        How much later the drive reaches the upper neuron.
    window : as in `synapse`

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    x, y = instance("lower", lower, Neuron), instance("upper", upper, Neuron)
    a, tau = number("amplitude", amplitude, least=0, most=100), number("tau", tau, least=1e-3, most=_LONGEST)
    lag = number("lag", lag, least=-_LONGEST, most=_LONGEST)
    w = _frequencies()
    drive = a**2 * 2 * tau / (1 + (w * tau) ** 2) * np.exp(-1j * w * lag)
    return _integral(_odd(window, w).conj() * drive * _response(y, w) * _response(x, w).conj())


def _frequencies() -> _Array:
    return (np.arange(round(_HIGHEST / _STEP)) + 0.5) * _STEP


def _box(length: float, w: _Array) -> _Array:
    return (1.0 - np.exp(-1j * w * length)) / (1j * w)


def _response(x: Neuron, w: _Array) -> _Array:
    hazard = x.rate / (1.0 - x.rate) / x.refractory
    answer: _Array = x.rate / x.refractory / (1.0 + hazard * _box(x.refractory, w))
    return answer


def _spectrum(x: Neuron, w: _Array) -> _Array:
    spectrum: _Array = np.abs(_response(x, w)) ** 2 / (x.rate / x.refractory)
    return spectrum


def _half(window: str, w: _Array) -> _Array:
    """The transform of one half of the window, K(t) for t > 0."""
    box = _box(1.0, w)
    if choice("window", window, WINDOWS) == "exponential":
        return 1.0 / (1.0 + 1j * w)
    half: _Array = box if window == "rectangular" else (1.0 - box) / (1j * w)
    return half


def _area(window: str, x: float) -> float:
    """∫_0^x K."""
    if window == "exponential":
        return -float(np.expm1(-x))
    x = min(x, 1.0)
    return x if window == "rectangular" else x - x * x / 2


def _odd(window: str, w: _Array) -> _Array:
    half = _half(window, w)
    return half - half.conj()


def _integral(integrand: _Array) -> float:
    """∫ dω/2π over all ω of what is conjugate at −ω."""
    return float(_STEP / np.pi * np.sum(integrand.real))
