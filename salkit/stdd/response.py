"""How strongly SAL answers to a weak weight, and what a transmission delay takes from that: to first order, exact.

Let both neurons spike at the rates ρ (per tau_ref, the unit of time here) without weights: renewal processes of hazard
λ = ρ/(1 − ρ), silent for 1 after each spike, of spike density after a spike at 0

    h(t) = Σ_{k ≥ 1} λ (λ(t − k))^{k−1}/(k − 1)! e^{−λ(t − k)},   t ≥ k

A weak weight W, hazard λ e^{Wz}, answers to what the presynaptic z is expected to be at time t from one of its spikes,

    m(t) = P(z(t) = 1 | spike at 0) − ρ = ∫_{t−1}^{t} (δ(s) + h(|s|)) ds − ρ

with the postsynaptic density  ρ_post W c(t),  c(t) = m(t) − ∫_0^∞ (h(u + 1) − h(u)) m(t − u) du: fewer spikes where
more have been. A delay d shifts it. SAL's drift, per pair of spikes at random within tau, is α W with

    α(d, s) = ∫_0^∞ K(x/tau) [c(x − d) − c(−x − d − s)] dx / tau

the odd projection of a window, whose anti-causal branch begins at −s, on the shifted correlogram. With the delays d_f
of the weight W from x to y, d_b of its partner B and D = d_f + d_b, and pairs read for B

    at the somata                         dB/dt ∝ α(d_f) W − α(d_b) B
    at its synapse                        dB/dt ∝ α(D) W − α(0) B
    there, anti-causal branch at −s       dB/dt ∝ α(D − s, s) W − α(0, s) B

each α with the rates of its own pre- and postsynaptic neuron. Without delays it does not matter which is which (time
reversal), and B comes to rest at W. With delays it does: equal delays at the somata, or s = D at the synapse, bring B
to W where both neurons have one rate, and to W times a ratio of two α where they have not.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve
from scipy.special import gammainc

from .. import stdp
from ..psp import LEAST_TAU
from ..values import array, choice, number

__all__ = ["alpha"]

_STEPS = 256  # a unit of time, even
_HORIZON = 60.0  # h is ρ long before
_MOST = 0.9  # of the rates: beyond, spikes keep time for longer
_Array = NDArray[np.float64]


def alpha(
    delay: ArrayLike,
    rate_pre: float,
    rate_post: float | None = None,
    window: str = "exponential",
    tau: float = 1.0,
    shift: float = 0.0,
) -> Any:
    """α(d, s), SAL's drift for a weak weight, of the shape of `delay`.

    Parameters
    ----------
    delay : float or array of any shape
        d, in tau_ref.
    rate_pre, rate_post : float
        Spikes per tau_ref of the two neurons, at most 0.9 (default of the second: the first).
    window : "exponential", "triangular" or "rectangular"
    tau : float
        Time constant of the window, in tau_ref.
    shift : float
        s, in tau_ref.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    d = array("delay", delay, least=0, most=_HORIZON / 4)
    choice("window", window, stdp.ALL_WINDOWS)
    tau = float(number("tau", tau, least=LEAST_TAU, most=_HORIZON / 40))
    later = float(number("shift", shift, least=0, most=_HORIZON / 4))
    rates = [float(number(name, rate, positive=True, most=_MOST)) for name, rate in
             (("rate_pre", rate_pre), ("rate_post", rate_pre if rate_post is None else rate_post))]  # fmt: skip
    c = _answer(*rates)
    x = (np.arange(int(_HORIZON / 2 * _STEPS)) + 0.5) / _STEPS
    weight = stdp.window(window, x / tau) / (tau * _STEPS)
    grid = (np.arange(c.size) + 0.5) / _STEPS - _HORIZON
    found = [weight @ (np.interp(x - one, grid, c) - np.interp(-x - one - later, grid, c)) for one in d.ravel()]
    return np.reshape(found, d.shape)[()]


def _number(rate: float, t: _Array) -> _Array:
    """∫_0^t h, the spikes expected until t ≥ 0 after one at 0."""
    found = np.zeros_like(t)
    for k in range(1, int(np.ceil(t.max())) + 1):
        found += gammainc(k, rate / (1 - rate) * np.maximum(t - k, 0.0))
    return found


def _answer(rate_pre: float, rate_post: float) -> _Array:
    """c(t) in the middle of cells of width 1/_STEPS, from −_HORIZON to _HORIZON."""
    edges = np.arange(int((_HORIZON + 1) * _STEPS) + 1) / _STEPS
    middle = edges[: -_STEPS - 1] + 0.5 / _STEPS
    after = _number(rate_pre, middle)
    own = np.concatenate([np.ones(_STEPS), after[_STEPS:] - after[:-_STEPS]])  # t > 0
    m = np.concatenate([(_number(rate_pre, middle + 1) - after)[::-1], own]) - rate_pre
    number = _number(rate_post, edges)
    loss = np.diff(number[_STEPS:] - number[:-_STEPS])  # of h(u + 1) − h(u), cell by cell
    at_edges = np.convolve(m, [0.5, 0.5])[: m.size]
    return m - fftconvolve(at_edges, loss)[: m.size]
