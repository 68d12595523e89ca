"""How fast SAL aligns: drift and noise of one synapse to first order in the weights, and the schedule that follows.

Neurons fire at rate ρ per tau_ref (the share of time they are on; λ = ρ/(1 − ρ)). Times in tau_ref, h the PSP of height
1 and length 1, S the window of SAL. Per unit of its effective weight, a synapse j → i adds to the cross-correlation of
the two spike trains, and by chance alone the window sums of one pair vary,

    correlation   Ĉ(ω) = ĥ P_j ρ_i/(1 + λ_i ĥ)                                (linear response of a refractory neuron)
    spectrum      P(ω) = ρ |1 + λ ĥ|⁻²                                        (spikes of one neuron; P(0) = ρ(1 − ρ)²)
    drift         c = ∫ S C dt,      noise   v = ∫ |Ŝ|² P_i P_j dω/2π          (per tau_ref)

(rectangular window, equal rates: c = ρ²(1 − ρ), a few lines from the stationary state). With D = w − w' for weights
divided by T, and learning rate η per pair of spikes, Ḋ = −η c D/T + noise of variance η² v. The best schedule is the
Kalman filter's, for D of variance s² at the start,

    η(t) = (T/c)/(t + t₀),   t₀ = K T²/s²,   K = v/c²:   Var D = K T²/(t + t₀)

and since weights of gain g and fan-in n have the variance g²/n, tan²θ = K T² n/(g² (t + t₀)): time grows as n, with
no parameter left. A rate η held constant ends at Var D = η v T/(2 c). Where rates are not all ρ, or weights are strong,
single synapses have less drift than c, and a schedule ∝ 1/t that is too slow for one of them hardly moves it (D falls
as t to the power −c'/c). So `align` and `symmetrise` take

    η(t) = (T/c)/(t/1.5 + t₀)

which at c' = c costs 1.5²/2 of the variance, 6 % of the angle, and holds for synapses of half the drift. (20 × 20 in
5·10⁴ tau_ref, biases spread by ±1.5: 6.2° instead of 8.0°; by ±0.3: 5 % more.) Measured with it, n = 10 … 200, g = 1,
ρ = ½: 20° after 140 n tau_ref (theory: 136 n), exponent 1.02 ± 0.05; ρ = 0.1 … 0.8: K within 10 %.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from ..values import choice, number

__all__ = ["WINDOWS", "Law", "law"]

WINDOWS = ("triangular", "rectangular")
_STEP, _HIGHEST = 0.01, 2000.0  # of the frequency


class Law(NamedTuple):
    """c, v and K; causal and anticausal: what one half of the window sees of a synapse and of its partner.

    All per tau_ref and for effective weights (T = 1); c = causal − anticausal. half_noise: v of one half, its mean
    taken off; area: ∫ K dt of one half.
    """

    drift: float
    noise: float
    constant: float
    causal: float
    anticausal: float
    half_noise: float
    area: float


@cache
def _law(rate: float, window: str) -> Law:
    lam = rate / (1.0 - rate)
    w = (np.arange(round(_HIGHEST / _STEP)) + 0.5) * _STEP
    box = (1.0 - np.exp(-1j * w)) / (1j * w)  # the transform of h, and of the rectangular half-window
    half = box if window == "rectangular" else (1.0 - box) / (1j * w)
    area = 1.0 if window == "rectangular" else 0.5
    square = 1.0 if window == "rectangular" else 1.0 / 3.0  # ∫ K² of one half
    spectrum = rate / np.abs(1.0 + lam * box) ** 2
    response = rate * box / (1.0 + lam * box) * spectrum
    measure = _STEP / np.pi  # real parts over ω > 0 stand for both signs
    # What independent Poisson spikes would give is exact; the rest falls fast with ω.
    causal = area * rate**2 + measure * np.sum((half.conj() * (response - rate**2 * box)).real)
    anticausal = measure * np.sum((half * (response - rate**2 * box)).real)
    odd = 2.0 * half.imag
    noise = 2.0 * square * rate**2 + measure * np.sum(odd**2 * (spectrum**2 - rate**2))
    half_noise = square * rate**2 + measure * np.sum(np.abs(half) ** 2 * (spectrum**2 - rate**2))
    drift = causal - anticausal
    found = (drift, noise, noise / drift**2, causal, anticausal, half_noise, area)
    return Law(*(float(value) for value in found))


def law(rate: float = 0.5, window: str = "triangular") -> Law:
    """The constants for neurons that fire at `rate` per tau_ref, between 0.001 and 0.999.

    Raises ValueError for other rates and windows.
    """
    rate = float(number("rate", rate, least=0.001, most=0.999))
    return _law(rate, choice("window", window, WINDOWS))
