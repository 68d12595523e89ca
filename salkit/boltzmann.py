"""Boltzmann machines solved exactly: distribution, moments, divergence, random machines.

p(z) = exp(½ zᵀWz + bᵀz) / Z,   z in {0, 1}^N;   state k: neuron 0 is the most significant bit
⟨z_i⟩ = Σ_z p(z) z_i,   ⟨z_i z_j⟩ = Σ_z p(z) z_i z_j
D_KL(p‖q) = Σ_z p(z) ln (p(z)/q(z))
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .network import SamplingNetwork
from .philox import Purpose, uniform
from .values import MOST, array, broadcast, number, room, whole

__all__ = ["distribution", "kl_divergence", "moments", "random_machine", "states"]

_MOST_NEURONS = 20


def states(neurons: int) -> NDArray[np.float64]:
    """All states in order, shape (2^N, N). Raises ValueError for more than 20 neurons."""
    neurons = whole("neurons", neurons, least=1, most=_MOST_NEURONS)
    return (np.arange(1 << neurons)[:, None] >> np.arange(neurons - 1, -1, -1) & 1).astype(np.float64)


def distribution(weights: ArrayLike, biases: ArrayLike) -> NDArray[np.float64]:
    """p(z) over all states: (..., N, N) and (..., N) → (..., 2^N).

    Raises ValueError for weights that are not symmetric with zero diagonal, for NaN, and for shapes that do not fit.
    """
    network = SamplingNetwork(array("weights", weights), array("biases", biases))
    w, b = network.weights, network.biases
    if not np.allclose(w, np.swapaxes(w, -1, -2), rtol=0, atol=1e-12):
        raise ValueError("weights must be symmetric: only then is the stationary law Boltzmann's")
    z = states(network.neurons)
    members = int(np.prod(network.ensemble))
    room(f"the law of {members} networks of {network.neurons} neurons", 2.0 * members * len(z), "solve fewer at once")
    exponent = 0.5 * np.einsum("ki,...ij,kj->...k", z, w, z, optimize=True) + b @ z.T
    p = np.exp(exponent - exponent.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def moments(weights: ArrayLike, biases: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """⟨z_i⟩, shape (..., N), and ⟨z_i z_j⟩, shape (..., N, N) with ⟨z_i⟩ on the diagonal. Errors as `distribution`."""
    p = distribution(weights, biases)
    z = states(int(np.log2(p.shape[-1])))
    return p @ z, np.einsum("...k,ki,kj->...ij", p, z, z, optimize=True)


def kl_divergence(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """D_KL(p‖q) over the last axis, in nats; inf where q is 0 and p is not. Shapes (..., states) broadcast.

    Raises ValueError unless both are distributions (non-negative, sum 1 within 1e-6) over the same states.
    """
    of, against = array("p", p, most=MOST), array("q", q, most=MOST)
    if of.ndim < 1 or against.ndim < 1 or of.shape[-1] != against.shape[-1]:
        raise ValueError(f"p and q must be over the same states, got shapes {of.shape} and {against.shape}")
    if not broadcast(of.shape, against.shape):
        raise ValueError(f"p and q must broadcast, got shapes {of.shape} and {against.shape}")
    for name, law in (("p", of), ("q", against)):
        if not np.all(law >= 0) or not np.allclose(law.sum(axis=-1), 1.0, rtol=0, atol=1e-6):
            raise ValueError(f"{name} must be non-negative and sum to 1")
    of, against = of / of.sum(axis=-1, keepdims=True), against / against.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(of > 0, of * np.log(of / against), 0.0)
    # q − p sums to zero and makes every term non-negative: small divergences are not lost to rounding.
    return np.asarray(np.sum(terms + (against - of), axis=-1))


def random_machine(neurons: int, seed: int, span: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Symmetric weights and biases uniform in (−span, span), the targets of Figs. 4 and 5: shapes (N, N) and (N,).

    Raises ValueError for a number of neurons below 1, a span that is negative or a seed that is none.
    """
    neurons, span = whole("neurons", neurons, least=1, most=10_000), number("span", span, least=0, most=MOST)
    pairs = neurons * (neurons - 1) // 2
    draw = span * (2.0 * uniform(seed, Purpose.MACHINE, pairs + neurons) - 1.0)
    weights = np.zeros((neurons, neurons))
    weights[np.triu_indices(neurons, 1)] = draw[:pairs]
    return weights + weights.T, draw[pairs:]
