"""What varies from synapse to synapse and from neuron to neuron, as draws that belong to the experiment.

    synaptic noise      W_ij ← W_ij + N(0, σ²) at the start, independently for each: Var(W_ij − W_ji) = 2σ²
    plasticity noise    f_ij = max(0, 1 + N(0, σ²) cut at ±1.5 σ): the amplitude of STDP at synapse j→i
    neuron variability  gain a_i, PSP height h_j, refractory period, PSP length: 1 + N(0, cv²), not below 0.2;
                        threshold θ_i = N(0, sd²).   u_i = a_i (b_i + Σ_j W_ij h_j κ_j) + θ_i

Every draw has its own stream of the run's start seed, and scales with its σ: runs of one seed at two levels differ in
the size of the noise and in nothing else. Source: Gierlich et al. 2025, Figs. 4 and 5; neuron variability is ours.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .philox import Purpose, normal
from .values import MOST, number, whole

__all__ = ["LEAST", "PLASTICITY_LIMIT", "Neurons", "neurons", "plasticity_noise", "synaptic_noise"]

PLASTICITY_LIMIT = 1.5  # in units of σ
LEAST = 0.2  # no factor of a neuron is smaller
_MOST_NEURONS = 10_000


class Neurons(NamedTuple):
    """Factors and offsets of N neurons, each of shape (N,); refractory and psp_length in units of tau_ref."""

    gain: NDArray[np.float64]
    height: NDArray[np.float64]
    threshold: NDArray[np.float64]
    refractory: NDArray[np.float64]
    psp_length: NDArray[np.float64]


def synaptic_noise(count: int, sigma: float, seed: int) -> NDArray[np.float64]:
    """What is added to the start weights of `count` neurons: shape (N, N), zero diagonal. Errors as `neurons`."""
    _check(count, sigma=sigma)
    return sigma * _per_synapse(normal(seed, Purpose.SYNAPTIC_NOISE, count * (count - 1)), count, 0.0)


def plasticity_noise(count: int, sigma: float, seed: int) -> NDArray[np.float64]:
    """The factors f_ij: shape (N, N), ones on the diagonal. Errors as `neurons`."""
    _check(count, sigma=sigma)
    drawn = normal(seed, Purpose.PLASTICITY_NOISE, count * (count - 1), limit=PLASTICITY_LIMIT)
    return _per_synapse(np.maximum(0.0, 1.0 + sigma * drawn), count, 1.0)


def neurons(
    count: int,
    seed: int,
    gain: float = 0.0,
    height: float = 0.0,
    threshold: float = 0.0,
    refractory: float = 0.0,
    psp_length: float = 0.0,
) -> Neurons:
    """Draw `count` neurons: coefficients of variation, for the threshold a standard deviation.

    Raises ValueError for a number of neurons below 1 or a spread that is negative, and for a seed that is none.
    """
    _check(count, gain=gain, height=height, threshold=threshold, refractory=refractory, psp_length=psp_length)

    def factor(purpose: Purpose, cv: float) -> NDArray[np.float64]:
        return np.maximum(LEAST, 1.0 + cv * normal(seed, purpose, count))

    return Neurons(
        factor(Purpose.GAIN, gain),
        factor(Purpose.PSP_HEIGHT, height),
        threshold * normal(seed, Purpose.THRESHOLD, count),
        factor(Purpose.REFRACTORY, refractory),
        factor(Purpose.PSP_LENGTH, psp_length),
    )


def _check(count: int, **spreads: float) -> None:
    whole("count", count, least=1, most=_MOST_NEURONS)
    for name, spread in spreads.items():
        number(name, spread, least=0, most=MOST)


def _per_synapse(values: NDArray[np.float64], count: int, diagonal: float) -> NDArray[np.float64]:
    array = np.full((count, count), diagonal)
    array[~np.eye(count, dtype=bool)] = values
    return array
