"""What is known exactly: the free membrane, and the rate in the limit of a fast membrane.

Linear coupling, no threshold: (x, u − ū) is Gaussian with Var u = Var x · τ_n/(τ_n + τ) (`free_membrane`).

For τ → 0 and τ_n = τ_s the potential is an Ornstein–Uhlenbeck process of time constant τ_s, whatever the neuron does:
held during tau_ref it is found afterwards where noise has taken it. In units of its sd around its mean, with
threshold h = (θ − ū)/sd, the potentials x_n at spikes are a Markov chain. From x, tau_ref later it is
y = r x + √(1−r²) ξ, r = e^(−tau_ref/τ_s): y ≥ h spikes at once, as x_{n+1} = y,
else x_{n+1} = h after the mean first-passage time

    T(y → h) = τ_s √(2π) ∫_y^h e^(v²/2) Φ(v) dv

(Siegert 1951), and rate · tau_ref = tau_ref/(tau_ref + ⟨T⟩) over the chain's stationary law, a density on (h, ∞) with
an atom at h. On a grid of dt passages in between are missed: to first order in √dt as if the threshold stood higher by
−ζ(½)/√(2π) √(2 dt/τ_s) (Siegmund 1979), taken off by `grid`. Source: Petrovici et al. 2016, who propagate bursts.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..values import array, instance, number
from .parameters import Neuron

__all__ = ["fast_membrane", "free_membrane"]

_SHIFT = 0.5825971579390106  # −ζ(½)/√(2π)
_NODES, _REACH, _FAR = 80, 9.0, 6.0


def free_membrane(neuron: Neuron, current: float = 0.0) -> tuple[float, float]:
    """Mean (mV) and variance (mV²) of the potential without threshold, linear coupling, for a current in nA.

    Raises ValueError for what is no neuron and no current.
    """
    instance("neuron", neuron, Neuron)
    current = number("current", current, least=-1e6, most=1e6)
    return float(neuron.mean_potential(current)), neuron.free_sd**2


def fast_membrane(height: ArrayLike, tau_ref: float, tau_syn: float, grid: float = 0.0) -> NDArray[np.float64]:
    """rate · tau_ref for τ → 0, thresholds `height` = (θ − ū)/sd of any shape from −6 to 6; 1 is always on.

    With a step `grid` > 0 of the time, in the unit of both time constants, the threshold is that of observation once a
    step. Raises ValueError for values that are not allowed.
    """
    h = array("height", height, least=-_FAR, most=_FAR)
    tau_ref, tau_syn = (number(k, v, positive=True, most=1e4) for k, v in (("tau_ref", tau_ref), ("tau_syn", tau_syn)))
    grid = number("grid", grid, least=0, most=tau_syn / 2)
    shift = _SHIFT * math.sqrt(2.0 * grid / tau_syn)
    waits = np.array([_mean_wait(one, one + shift, tau_ref, tau_syn) for one in h.flat])
    return np.asarray(tau_ref / (tau_ref + waits)).reshape(h.shape)


def _mean_wait(h: float, barrier: float, tau_ref: float, tau_syn: float) -> float:
    """⟨T⟩ over the stationary chain."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    high = max(h, 0.0) + _REACH
    above = h + (high - h) * (nodes + 1) / 2  # what spikes at once
    share = weights * (high - h) / 2
    low = min(h, 0.0) - _REACH
    below = low + (h - low) * (nodes + 1) / 2
    portion = weights * (h - low) / 2
    r = math.exp(-tau_ref / tau_syn)
    sd = math.sqrt(1 - r * r)
    sources = np.concatenate([above, [barrier]])

    def density(to: NDArray[np.float64]) -> NDArray[np.float64]:
        z = (to[:, None] - r * sources) / sd
        return np.exp(-0.5 * z * z) / (sd * math.sqrt(2 * math.pi))

    chain = np.zeros((_NODES + 1, _NODES + 1))  # masses at the nodes, and the atom, from masses
    chain[:-1] = share[:, None] * density(above)
    chain[-1] = special.ndtr((h - r * sources) / sd)
    chain /= chain.sum(axis=0)
    system = np.vstack([chain - np.eye(_NODES + 1), np.ones(_NODES + 1)])
    mass = np.linalg.lstsq(system, np.append(np.zeros(_NODES + 1), 1.0), rcond=None)[0]
    landed = portion * (density(below) @ mass)
    return float(landed @ np.array([_passage(y, barrier) for y in below])) * tau_syn


def _passage(y: float, h: float) -> float:
    """T(y → h)/τ_s by Gauss–Legendre: e^(v²/2) Φ(v) = erfcx(−v/√2)/2."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    v = y + (h - y) * (nodes + 1) / 2
    return float(math.sqrt(2 * math.pi) * (h - y) / 2 * weights @ (0.5 * special.erfcx(-v / math.sqrt(2))))
