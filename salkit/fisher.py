"""How well spike trains can tell weights at all: Fisher information, the Cramér–Rao bound, and maximum likelihood.

In continuous time with rectangular PSPs, spikes of neuron i have the intensity λ_i = e^{u_i}/tau_ref while it is off,
u_i = b_i + Σ_j w_ij z_j, with effective weights and biases. The log-likelihood of its spikes given all others'

    ℓ_i = Σ_{spikes of i} u_i − ∫_{i off} λ_i dt = n_i b_i + Σ_j w_ij n_ij − Σ_z T(z) (1 − z_i) λ_i(z)

needs three statistics only: counts n_i, overlaps n_ij (spikes of i while j is on), and the time T(z) in each state.
It is concave in θ_i = (b_i, w_i1, …, w_iN), so Newton's method finds its maximum. With x = (1, z_1, …, z_N)

    I_i = ⟨λ_i (1 − z_i) x xᵀ⟩ tau_ref     per tau_ref, (N + 1, N + 1), row and column of w_ii empty

and nothing of two neurons jointly: ℓ is a sum over i. No unbiased estimate from spikes that last T has a variance
below

    var(w_ij) ≥ [I_i⁻¹]_jj tau_ref/T,    var(w_ij − w_ji) ≥ ([I_i⁻¹]_jj + [I_j⁻¹]_ii) tau_ref/T

with all other weights and the biases unknown. For two neurons I_i is made of rates and overlaps, r_i and r_ij, and
[I_i⁻¹]_jj = 1/(r_ij (1 − r_ij/r_i)). What SAL's rectangular window counts, n_ij − n_ji, is the score of w_ij − w_ji but
for its compensator; at equal weights and rates of two neurons its variance is that bound. Source of the likelihood of a
point process: Daley & Vere-Jones, An Introduction to the Theory of Point Processes, 2nd ed., section 7.2.
"""

import numpy as np
from numpy.typing import NDArray

from .boltzmann import states
from .network import SamplingNetwork
from .regeneration import exact_overlaps, reversible_model
from .spikes import Spikes
from .stdd.exact import rates
from .values import array, instance

__all__ = ["exact_information", "information", "maximum_likelihood", "weight_variance"]

_STEPS, _CONVERGED = 100, 1e-10
_Array = NDArray[np.float64]


def information(network: SamplingNetwork, spikes: Spikes) -> _Array:
    """I_i of every neuron, per tau_ref, shape (..., N, N + 1, N + 1); order (b_i, w_i1, …, w_iN).

    Parameters
    ----------
    network : SamplingNetwork
        What was simulated, in continuous time.
    spikes : Spikes, with occupancy kept, or recorded
        From the time in each state, which gives the smaller error, or at the spikes: any number of neurons.

    Raises
    ------
    ValueError
        For discrete time and networks that `salkit.reversibility` does not take, and spikes that are neither.
    """
    net = _continuous(network)
    if instance("spikes", spikes, Spikes).ensemble != net.ensemble or spikes.neuron_count != net.neurons:
        raise ValueError(f"spikes must be of the network, of {net.neurons} neurons, got {spikes.neuron_count}")
    if spikes.occupancy is None:
        return _at_spikes(spikes)
    weights, biases = net.effective()
    return _information(biases, weights, spikes.state_distribution())


def exact_information(network: SamplingNetwork) -> _Array:
    """`information` of two neurons from theory, shape (..., 2, 3, 3).

    Raises ValueError for other networks, and as `salkit.reversibility.exact_overlaps`.
    """
    net = _continuous(network)
    if net.neurons != 2:
        raise ValueError(f"network must have two neurons, got {net.neurons}")
    overlaps = exact_overlaps(net)
    weights, biases = net.effective()
    rate = rates(weights[..., 0, 1], weights[..., 1, 0], biases[..., 0], biases[..., 1])
    found = np.zeros((*net.ensemble, 2, 3, 3))
    for i in (0, 1):
        j = 1 - i
        found[..., i, 0, 0] = rate[i]
        for row, column in ((0, 1 + j), (1 + j, 0), (1 + j, 1 + j)):
            found[..., i, row, column] = overlaps[..., i, j]
    return found


def weight_variance(information: _Array) -> _Array:
    """The bound on var(w_ij), times T/tau_ref, shape (..., N, N): that of w_ij − w_ji is this plus its transpose.

    Parameters
    ----------
    information : array, shape (..., N, N + 1, N + 1)
        As from `information`.

    Raises
    ------
    ValueError
        For another shape, and where spikes tell nothing of some weight.
    """
    given = array("information", information)
    if given.ndim < 3 or given.shape[-1] != given.shape[-3] + 1 or given.shape[-2] != given.shape[-1]:
        raise ValueError(f"information must have shape (..., N, N + 1, N + 1), got {given.shape}")
    n = given.shape[-3]
    bound = np.zeros((*given.shape[:-2], n))
    for i in range(n):
        kept = np.delete(np.arange(n + 1), 1 + i)
        one = given[..., i, kept[:, None], kept]
        if np.any(np.linalg.cond(one) > 1e12):
            raise ValueError(
                f"information on the weights of neuron {i} is singular: its spikes or a partner's are missing"
            )
        bound[..., i, kept[1:] - 1] = np.diagonal(np.linalg.inv(one), axis1=-2, axis2=-1)[..., 1:]
    return bound


def maximum_likelihood(spikes: Spikes) -> tuple[_Array, _Array]:
    """Effective weights (..., R, N, N) and biases (..., R, N) that make each replica's spikes most likely.

    Of runs in continuous time with rectangular PSPs.

    Parameters
    ----------
    spikes : Spikes
        With occupancy kept (up to 16 neurons), and overlaps kept or recorded.

    Raises
    ------
    ValueError
        For discrete time, statistics that were not kept, and trains too short: a neuron without spikes while some other
        is on, or off, has no best weight.
    """
    if instance("spikes", spikes, Spikes).timing != "continuous":
        raise ValueError("spikes must be of continuous time")
    if spikes.occupancy is None:
        raise ValueError("occupancy was not kept: simulate with 'occupancy' among the statistics")
    n, counts, overlaps = spikes.neuron_count, spikes.counts(), spikes.kept_overlaps()
    missing = (overlaps == 0) | (overlaps == counts[..., :, None])
    if np.any(missing & ~np.eye(n, dtype=bool)) or np.any(counts == 0):
        raise ValueError("spikes are too few: a neuron never spiked while another was on, or off; use a longer run")
    time = spikes.occupancy / spikes.tau_ref
    biases = np.log(counts / (spikes.duration / spikes.tau_ref - counts))
    weights = np.zeros(overlaps.shape)
    for _ in range(_STEPS):
        score = np.concatenate([counts[..., :, None], overlaps], axis=-1) - _expected(biases, weights, time)
        hessian = _information(biases, weights, time)
        hessian[..., np.arange(n), 1 + np.arange(n), 1 + np.arange(n)] = 1.0
        step = np.linalg.solve(hessian, score[..., None])[..., 0]
        step *= np.minimum(1.0, 2.0 / np.maximum(np.abs(step).sum(axis=-1, keepdims=True), 2.0))
        biases, weights = biases + step[..., 0], weights + step[..., 1:]
        if np.max(np.abs(step)) < _CONVERGED:
            return weights, biases
    raise ValueError(f"spikes are too few: no maximum of the likelihood in {_STEPS} steps")


def _continuous(network: SamplingNetwork) -> SamplingNetwork:
    net = reversible_model(network)
    if net.timing != "continuous":
        raise ValueError(f"network must be in continuous time, got {net.timing!r}")
    return net


def _intensity(biases: _Array, weights: _Array) -> tuple[_Array, _Array]:
    """x, shape (2^N, N + 1), and tau_ref λ_i (1 − z_i), shape (..., N, 2^N)."""
    z = states(biases.shape[-1]).astype(np.float64)
    u = biases[..., :, None] + weights @ z.T
    return np.concatenate([np.ones((len(z), 1)), z], axis=1), np.exp(u) * (1 - z.T)


def _expected(biases: _Array, weights: _Array, time: _Array) -> _Array:
    """Spikes, and spikes while j is on, that are expected from the time in each state (..., 2^N)."""
    x, intensity = _intensity(biases, weights)
    expected: _Array = (intensity * time[..., None, :]) @ x
    return expected


def _information(biases: _Array, weights: _Array, time: _Array) -> _Array:
    x, intensity = _intensity(biases, weights)
    found: _Array = np.einsum("...ik,kp,kq->...ipq", intensity * time[..., None, :], x, x, optimize=True)
    return found


def _at_spikes(spikes: Spikes) -> _Array:
    """⟨x xᵀ⟩ over the spikes of each neuron, times their rate."""
    n = spikes.neuron_count
    found = np.zeros((*spikes.ensemble, n, n + 1, n + 1))
    for index, times, neurons in spikes.trains():
        trains = [np.concatenate([[-age], times[neurons == i]]) for i, age in enumerate(spikes.initial.ages[index])]
        for i in range(n):
            own = trains[i][1:]
            x = np.ones((own.size, n + 1))
            for j in range(n):
                latest = trains[j][np.searchsorted(trains[j], own, side="left") - 1]
                x[:, 1 + j] = (own - latest < spikes.tau_ref) & (j != i)
            found[(*index[:-1], i)] += x.T @ x
    return found * (spikes.tau_ref / spikes.duration / spikes.replicas)
