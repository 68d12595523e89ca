"""Two neurons in continuous time with rectangular PSPs: their spike-timing difference law in closed form.

Unit of time: tau_ref. With the partner off neuron i fires at α_i = e^{b_i}, with it on at β_i = e^{b_i + w}. Let
x_2(t) be the rate density of "2 spikes t after 1, nobody in between", t < 1, and π the share of time with both off.
Neuron 1 is on and refractory for that time, so 2 fires at β_2 once it is off itself:

    x_2(t) = X_1 β_2 e^{−β_2 t} + ∫_{1−t}^1 x_1(a) β_2 e^{−β_2 (t − 1 + a)} da,     X_1 = α_1 π

(X_1: spikes of 1 with 2 off; a: age of 2's spike at 1's), and the same with 1 and 2 exchanged. Hence, with y(t) =
x_1(1 − t),

    x_2' = β_2 (y − x_2),   y' = β_1 (y − x_2),   x_2(0) = α_1 β_2 π,   y(1) = α_2 β_1 π
    x_2(t) = A + (B − A) β_2 h(t) / (1 + β_1 h(1)),   h(t) = (e^{δt} − 1)/δ,   δ = β_1 − β_2,
             A = α_1 β_2 π,   B = α_2 β_1 π

After t = 1 both are off: the density is Y_1 α_2 e^{−(α_1 + α_2)(t − 1)}, Y_1 = X_1 e^{−β_2} + ∫_0^1 x_1(a) e^{−β_2
a} da. The shares of time with both off, one on or the other sum to 1: 1 = π + r_1 + r_2 − π_11, with rates r_i =
X_i + ∫ x_i and both on for π_11 = ∫ (x_1 + x_2)(1 − a) da.

For symmetric weights A = B: the law is flat up to tau_ref, whatever the biases. That is what SAL reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["POINTS", "TwoNeurons", "quadrature"]

_Array = NDArray[np.float64]
_GAUSS = np.polynomial.legendre.leggauss(16)
_EDGES = np.concatenate([[0.0], 4.0 ** np.arange(-8, 0), 1 - 4.0 ** np.arange(-1, -9, -1), [1.0]])  # finer at both ends

POINTS = (_EDGES.size - 1) * _GAUSS[0].size  # of `quadrature` in each interval


def _phi(x: _Array) -> _Array:
    """(e^x − 1)/x for x ≤ 0, 1 at 0."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(safe) / safe)


def quadrature(start: _Array, stop: _Array) -> tuple[_Array, _Array]:
    """Gauss–Legendre nodes and weights on each interval, ends of any one shape, new last axis: integrands are
    exponentials, steep at the ends.
    """
    unit = (_EDGES[:-1, None] + np.diff(_EDGES)[:, None] * (_GAUSS[0] + 1) / 2).ravel()
    weight = (np.diff(_EDGES)[:, None] * _GAUSS[1] / 2).ravel()
    span = (stop - start)[..., None]
    return start[..., None] + span * unit, span * weight


@dataclass(frozen=True)
class TwoNeurons:
    """Weights and biases as broadcast arrays of any one shape; all rates per unit of π, the share with both off."""

    w_12: _Array
    w_21: _Array
    b_1: _Array
    b_2: _Array

    @cached_property
    def alpha(self) -> tuple[_Array, _Array]:
        """Hazards with the partner off."""
        return np.exp(self.b_1), np.exp(self.b_2)

    @cached_property
    def beta(self) -> tuple[_Array, _Array]:
        """Hazards with the partner on."""
        return np.exp(self.b_1 + self.w_12), np.exp(self.b_2 + self.w_21)

    def density(self, k: int, t: _Array) -> _Array:
        """x_k(t): neuron k spikes t < 1 after the other, nobody in between. t, of
        shape (..., times), has one more axis than the parameters.
        """
        own, other = self.beta[k][..., None], self.beta[1 - k][..., None]
        at_zero = self.alpha[1 - k][..., None] * own
        at_one = self.alpha[k][..., None] * other
        delta = other - own
        fall = -np.abs(delta)
        # h(t)/(1 + β h(1)), for δ > 0 with both sides times e^{−δ}: nothing overflows.
        rising = np.exp(fall * (1 - t)) * t * _phi(fall * t) / (np.exp(fall) + other * _phi(fall))
        falling = t * _phi(fall * t) / (1 + other * _phi(fall))
        return at_zero + (at_one - at_zero) * own * np.where(delta > 0, rising, falling)

    def integral(self, k: int, weight: Callable[[_Array], _Array]) -> _Array:
        """∫_0^1 weight(t) x_k(t) dt, of the parameters' shape; `weight` gets and returns shape (..., times)."""
        t, dt = quadrature(np.zeros_like(self.w_12), np.ones_like(self.w_12))
        return np.sum(weight(t) * self.density(k, t) * dt, axis=-1)

    @cached_property
    def tails(self) -> tuple[_Array, _Array]:
        """Density of "k spikes first, t = 1 after the other's last spike": it decays with α_1 + α_2."""
        t, dt = quadrature(np.zeros_like(self.w_12), np.ones_like(self.w_12))
        parts = []
        for k in (0, 1):
            density = self.density(1 - k, t) * np.exp(-self.beta[k][..., None] * t)
            survived = self.alpha[1 - k] * np.exp(-self.beta[k]) + np.sum(density * dt, axis=-1)
            parts.append(survived * self.alpha[k])
        return parts[0], parts[1]

    @cached_property
    def decay(self) -> _Array:
        """α_1 + α_2."""
        return self.alpha[0] + self.alpha[1]

    @cached_property
    def pairs(self) -> _Array:
        """Pairs of consecutive spikes of different neurons, per unit of time (and π)."""
        inside = self.integral(0, np.ones_like) + self.integral(1, np.ones_like)
        return inside + (self.tails[0] + self.tails[1]) / self.decay

    @cached_property
    def both_off(self) -> _Array:
        """π, the share of time with both neurons off."""
        rates = self.alpha[0] + self.alpha[1] + self.integral(0, np.ones_like) + self.integral(1, np.ones_like)
        both_on = self.integral(0, lambda t: 1 - t) + self.integral(1, lambda t: 1 - t)
        return 1 / (1 + rates - both_on)
