"""The gradient that learning is to follow, measured by turning every parameter a little, and an update's angle to it.

    g_k = −∂ D_KL(p*‖p)/∂θ_k ≈ Σ_z p*(z) [ln p(z; θ + h e_k) − ln p(z; θ − h e_k)] / 2h

θ are the weights of the pairs i < j, where W_ij and W_ji are changed together, and the biases: N(N−1)/2 + N numbers.
p is what the network samples, so that weights may be asymmetric, for which no formula is known. The wake–sleep update:

    u = (⟨z_i z_j⟩_wake − ⟨z_i z_j⟩_sleep)_{i<j}, (⟨z_i⟩_wake − ⟨z_i⟩_sleep)_i

For symmetric weights u = g (Ackley, Hinton & Sejnowski 1985). The error of the central difference is of order h²,
that of sampling of order 1/(h √T).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import boltzmann
from .network import SamplingNetwork
from .sampling import simulate

__all__ = ["angle", "downhill", "wake_sleep"]


def wake_sleep(
    weights: ArrayLike,
    biases: ArrayLike,
    target: ArrayLike,
    duration: float = 100_000,
    seed: int = 1,
    replicas: int = 8,
    device: str = "auto",
) -> NDArray[np.float64]:
    """Measure the wake–sleep update of a network in continuous time.

    Parameters
    ----------
    weights, biases : array_like, shapes (..., N, N) and (..., N)
    target : array_like, shape (..., 2^N)
        p*, states ordered as in `salkit.boltzmann.states`.
    duration : float
        Length of the sleep phase in tau_ref, shared by the replicas.
    seed, replicas, device
        As in `salkit.simulate`.

    Returns
    -------
    array, shape (..., replicas, N(N−1)/2 + N)
        The estimate of each replica: first the pairs i < j, then the biases.

    Raises
    ------
    ValueError
        Unless the target has 2^N states, and for what `simulate` does not allow.
    """
    w, b, law, _ = _checked(weights, biases, target)
    sampled = _sampled(w, b, duration, seed, replicas, device)
    return _moments(law[..., None, :]) - _moments(sampled)


def downhill(
    weights: ArrayLike,
    biases: ArrayLike,
    target: ArrayLike,
    duration: float = 1_000_000,
    step: float = 0.25,
    seed: int = 1,
    replicas: int = 8,
    device: str = "auto",
) -> NDArray[np.float64]:
    """Measure the direction in which D_KL(p*‖p) falls fastest, by central differences.

    Parameters
    ----------
    weights, biases, target, seed, replicas, device
        As in `wake_sleep`.
    duration : float
        Length of each of the N(N+1) simulations in tau_ref, shared by the replicas; long enough that every state
        comes up in each replica.
    step : float
        h, by which weights and biases are changed.

    Returns
    -------
    array, shape (..., replicas, N(N−1)/2 + N)
        Minus the gradient, in nats per unit of weight or bias, from each replica.

    Raises
    ------
    ValueError
        As `wake_sleep`; for a step that is not positive; and where a state of the target never came up.
    """
    if not (isinstance(step, int | float) and math.isfinite(step) and step > 0):
        raise ValueError(f"step must be positive and finite, got {step!r}")
    w, b, law, (i, j) = _checked(weights, biases, target)
    count = b.shape[-1]
    turned_w, turned_b = np.zeros((i.size + count, count, count)), np.zeros((i.size + count, count))
    turned_w[np.arange(i.size), i, j] = turned_w[np.arange(i.size), j, i] = step
    turned_b[i.size + np.arange(count), np.arange(count)] = step
    logs = []
    for sign in (1, -1):
        moved = w[..., None, :, :] + sign * turned_w, b[..., None, :] + sign * turned_b
        sampled = _sampled(*moved, duration, seed, replicas, device)
        if np.any((sampled == 0) & (law[..., None, None, :] > 0)):
            raise ValueError(f"a state of the target never came up: duration must be longer, got {duration!r}")
        logs.append(np.log(np.where(sampled > 0, sampled, 1.0)))
    slopes = np.einsum("...z,...krz->...rk", law, logs[0] - logs[1]) / (2 * step)
    return np.asarray(slopes)


def angle(update: ArrayLike, direction: ArrayLike) -> Any:
    """Angle between two vectors along the last axis, in degrees; shapes broadcast.

    Raises ValueError for vectors of other lengths, and for one that is zero.
    """
    u, g = np.asarray(update, dtype=np.float64), np.asarray(direction, dtype=np.float64)
    if u.ndim == 0 or g.ndim == 0 or u.shape[-1] != g.shape[-1]:
        raise ValueError(f"an angle needs two vectors of one length, got shapes {u.shape} and {g.shape}")
    sizes = np.linalg.norm(u, axis=-1) * np.linalg.norm(g, axis=-1)
    if np.any(sizes == 0):
        raise ValueError("a vector of length zero has no angle")
    return np.degrees(np.arccos(np.clip((u * g).sum(axis=-1) / sizes, -1, 1)))


def _checked(weights: ArrayLike, biases: ArrayLike, target: ArrayLike) -> Any:
    w, b, law = (np.asarray(array, dtype=np.float64) for array in (weights, biases, target))
    if b.ndim == 0 or law.shape[-1:] != (1 << b.shape[-1],):
        raise ValueError(f"a target of N neurons has 2^N states, got shapes {b.shape} and {law.shape}")
    return w, b, law, np.triu_indices(b.shape[-1], 1)


def _sampled(w: Any, b: Any, duration: float, seed: int, replicas: int, device: str) -> Any:
    """The distribution that each replica samples, shape (..., replicas, 2^N)."""
    network = SamplingNetwork(w, b, tau_ref=1.0)
    kept = ("occupancy",)
    spikes = simulate(network, duration / replicas, seed, replicas, record=False, device=device, statistics=kept)
    return np.asarray(spikes.occupancy) / spikes.duration


def _moments(law: Any) -> Any:
    """⟨z_i z_j⟩ of the pairs i < j, then ⟨z_i⟩: shape (..., 2^N) → (..., N(N−1)/2 + N)."""
    states = boltzmann.states(int(law.shape[-1]).bit_length() - 1)
    i, j = np.triu_indices(states.shape[-1], 1)
    return law @ np.concatenate([states[:, i] * states[:, j], states], axis=1)
