"""The activation function, fitted to σ, and the translation of a Boltzmann machine into neurons.

A neuron under noise, alone, with mean free potential ū is on for a share p(ū) = rate · tau_ref of the time. The fit

    p(ū) ≈ σ((ū − u0)/α)

maximises the binomial likelihood of the measured shares; what is left, max |p − σ|, is the error of taking the neuron
for a sampling one. Then for a machine of weights W and biases b

    ū_i = u0 + α b_i,        mean of the pulse from j over tau_ref = α W_ij

the second with the driving force at the threshold, or, with conductances, at the receiver's ū_i. What no neuron of this
kind can have is the rectangular pulse: it rises with τ and is left at e^−1 of its height after tau_ref = τ_s.
`assumed` is the fit that nobody made: a threshold at θ under the normal law of the free potential, Φ((ū − θ)/sd), with
the slope of σ at ½: u0 = θ, α = sd √(2π)/4. Source: Petrovici et al. 2016, section on calibration.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..network import SamplingNetwork
from ..philox import check_seed
from ..values import array, instance, number, whole
from .parameters import Neuron
from .sampling import Network, simulate

__all__ = ["Activation", "activation", "assumed", "logistic_fit", "translate"]

_REACH = 3.0  # levels span ± so many standard deviations of the free potential


@dataclass(frozen=True, eq=False)
class Activation:
    """A measured activation function and its fit.

    levels (K,): mean free potentials, mV; rates (K, R): shares of time on, of each replica; offset, slope: u0 and α,
    mV, with their standard errors offset_error, slope_error from the replicas; misfit: largest |p − σ| over the levels.
    """

    neuron: Neuron
    levels: NDArray[np.float64]
    rates: NDArray[np.float64]
    offset: float
    slope: float
    offset_error: float
    slope_error: float
    misfit: float

    def misfit_of(self, offset: float, slope: float) -> float:
        """Largest departure of the measured shares from σ with another u0 and α, in mV. Raises ValueError for none."""
        number("offset", offset, least=-1e4, most=1e4)
        number("slope", slope, positive=True, most=1e4)
        return float(np.max(np.abs(self.rates.mean(axis=1) - special.expit((self.levels - offset) / slope))))

    def logistic(self, levels: ArrayLike) -> NDArray[np.float64]:
        """σ((ū − u0)/α) at mean potentials of any shape, mV. Raises ValueError for what are no numbers."""
        return np.asarray(special.expit((array("levels", levels) - self.offset) / self.slope))


def activation(
    neuron: Neuron, duration: float = 20_000.0, levels: int = 25, replicas: int = 4, seed: int = 0
) -> Activation:
    """Measure the activation function at equally spaced mean potentials and fit it; kept for further calls.

    Parameters
    ----------
    neuron : Neuron
    duration : float
        Of each level and replica, in ms, a whole number of steps.
    levels, replicas : int
        At least 5 levels, over ±3 standard deviations of the free potential around the threshold; at least 2 replicas.
    seed : int

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    instance("neuron", neuron, Neuron)
    levels, replicas = whole("levels", levels, least=5, most=10_000), whole("replicas", replicas, least=2, most=10_000)
    number("duration", duration, positive=True, most=1e12)
    check_seed(seed)
    return _measured(neuron, float(duration), levels, replicas, int(seed))


@lru_cache(maxsize=32)
def _measured(neuron: Neuron, duration: float, levels: int, replicas: int, seed: int) -> Activation:
    at = array("levels", neuron.threshold + _REACH * neuron.drive_sd * np.linspace(-1, 1, levels))
    network = Network(np.zeros((levels, 1, 1)), neuron.current(at)[:, None], neuron)
    spikes, _ = simulate(network, duration, seed, replicas, record=False)
    rates = array("rates", spikes.counts()[..., 0] * (neuron.tau_ref / duration))
    offset, slope = logistic_fit(at, rates.mean(axis=1))
    leave_out = [logistic_fit(at, np.delete(rates, r, axis=1).mean(axis=1)) for r in range(replicas)]
    errors = np.sqrt((replicas - 1) * np.var(leave_out, axis=0))  # jackknife
    misfit = float(np.max(np.abs(rates.mean(axis=1) - special.expit((at - offset) / slope))))
    return Activation(neuron, at, rates, offset, slope, float(errors[0]), float(errors[1]), misfit)


def logistic_fit(levels: ArrayLike, shares: ArrayLike) -> tuple[float, float]:
    """(u0, α) of σ((ū − u0)/α) with the largest binomial likelihood of shares at levels, both of shape (K,).

    Raises ValueError for other shapes, shares outside 0 … 1 and shares that do not rise with the level.
    """
    x, p = array("levels", levels, ndim=1), array("shares", shares, ndim=1, least=0, most=1)
    if x.shape != p.shape or x.size < 2 or np.ptp(x) == 0:
        raise ValueError(f"levels and shares must be two or more, of one shape, got {x.shape} and {p.shape}")
    scale = float(np.std(x))
    design = np.stack([np.ones_like(x), (x - x.mean()) / scale], axis=1)
    beta = np.array([0.0, 1.0])
    for _ in range(200):  # Newton's method, the likelihood being concave
        q = special.expit(design @ beta)
        information = design.T @ (design * (q * (1 - q))[:, None])
        step = np.linalg.solve(information + 1e-12 * np.eye(2), design.T @ (p - q))
        step *= min(1.0, 2.0 / float(np.max(np.abs(step)) + 1e-300))
        beta = beta + step
        if np.max(np.abs(step)) < 1e-12 or np.max(np.abs(beta)) > 1e3:
            break
    if not 1e-6 < beta[1] < 1e3:
        raise ValueError("shares must rise with the level, neither flat nor in one jump")
    slope = scale / float(beta[1])
    return float(x.mean()) - slope * float(beta[0]), slope


def assumed(neuron: Neuron) -> tuple[float, float]:
    """(u0, α) in mV without a measurement, from the free potential's law alone. Raises ValueError for no neuron."""
    instance("neuron", neuron, Neuron)
    return neuron.threshold, neuron.free_sd * math.sqrt(2 * math.pi) / 4


def translate(weights: ArrayLike, biases: ArrayLike, neuron: Neuron, offset: float, slope: float) -> Network:
    """The network that stands for logical weights, shape (..., N, N), and biases, shape (..., N).

    Parameters
    ----------
    weights, biases : arrays
        W[i, j] from neuron j to neuron i; they need not be symmetric.
    neuron : Neuron
    offset, slope : float
        u0 and α, in mV, of `activation` or `assumed`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    instance("neuron", neuron, Neuron)
    offset = number("offset", offset, least=neuron.inhibitory, most=neuron.excitatory)
    slope = number("slope", slope, positive=True, most=1e3)
    logical = SamplingNetwork(array("weights", weights), array("biases", biases))
    w, b = logical.weights, logical.biases
    rest = offset + slope * b
    at = np.full_like(b, neuron.threshold) if neuron.coupling == "linear" else rest
    if np.any(at >= neuron.excitatory) or np.any(at <= neuron.inhibitory):
        raise ValueError("biases bring mean potentials beyond the reversal potentials: use smaller ones")
    force = np.where(w > 0, neuron.excitatory - at[..., None], at[..., None] - neuron.inhibitory)
    acting = slope * w * neuron.conductance / (force * neuron.pulse_mean())
    return Network(acting, neuron.current(rest), neuron)
