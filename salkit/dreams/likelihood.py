"""How likely a network finds images: the sum over its states, exact where it is small, estimated where it is large.

    p(v) = e^−F(v)/Z                               F of `salkit.dreams.measures`, of the symmetrised network
    p_β(v) ∝ exp(b · v) Π_i (1 + exp(β (c_i + Σ_j W_ij v_j)))       β = 0: independent, Z_0 known; β = 1: p

Annealed importance sampling runs from β = 0 to 1 in small steps: of every chain, w = Π p_β'(v)/p_β(v), v moved by one
sweep (hidden given visible, visible given hidden) in between; then Z = Z_0 ⟨w⟩, without bias. The error of ln Z is the
standard error of ⟨w⟩ over ⟨w⟩, to first order: an error much below 1 can be trusted, others cannot.

Source: Salakhutdinov & Murray 2008.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..boltzmann import states as all_states
from ..philox import Purpose, check_seed, uniform
from ..values import array, instance, room, whole
from .measures import free_energy
from .questions import Network, checked_network

__all__ = ["LogSum", "annealed_log_sum", "exact_log_sum", "log_likelihood", "visible_distribution"]

_Array = NDArray[np.float64]
_MOST = 20


class LogSum(NamedTuple):
    """ln Z and its standard error, (run,)."""

    value: _Array
    error: _Array


def exact_log_sum(network: Network) -> LogSum:
    """ln Z by the sum over all states of the smaller layer. Raises ValueError where that has more than 20 neurons."""
    _, _, biases = checked_network(network)
    runs, hidden, visible = network.symmetric.shape
    if min(hidden, visible) > _MOST:
        raise ValueError(f"network must have a layer of at most {_MOST} neurons, got {visible} and {hidden}")
    w, near, far = network.symmetric, biases[:, visible:], biases[:, :visible]
    if visible < hidden:
        w, near, far = np.swapaxes(w, 1, 2), far, near
    z = all_states(w.shape[1])
    room(f"the sum over {len(z)} states", 3.0 * runs * len(z) * w.shape[2], "use fewer neurons or runs")
    terms = z @ near[:, :, None]
    terms = terms[:, :, 0] + np.logaddexp(0.0, z @ w + far[:, None]).sum(axis=2)
    value = np.logaddexp.reduce(terms, axis=1)
    return LogSum(value, np.zeros(runs))


def annealed_log_sum(network: Network, seed: int = 0, chains: int = 64, steps: int = 500) -> LogSum:
    """ln Z by annealed importance sampling of `chains` chains through `steps` temperatures, from the biases alone.

    Raises ValueError for a number or a seed that is none.
    """
    _, _, biases = checked_network(network)
    check_seed(seed)
    chains, steps = whole("chains", chains, least=2, most=10**6), whole("steps", steps, least=1, most=10**8)
    w = network.symmetric
    runs, hidden, visible = w.shape
    room(f"{chains} chains", 8.0 * runs * chains * (hidden + visible), "use fewer chains or runs")
    b, c = biases[:, None, :visible], biases[:, None, visible:]
    size, sums = runs * chains * (hidden + visible), np.zeros((runs, chains))
    v = _draws(seed, 0, size)[: runs * chains * visible].reshape(runs, chains, visible) < 1 / (1 + np.exp(-b))
    betas = np.arange(steps + 1) / steps
    for step in range(1, steps + 1):
        drive = v @ np.swapaxes(w, 1, 2) + c
        sums += (np.logaddexp(0.0, betas[step] * drive) - np.logaddexp(0.0, betas[step - 1] * drive)).sum(axis=2)
        if step == steps:
            break
        x = _draws(seed, step, size)
        h = x[: runs * chains * hidden].reshape(drive.shape) < 1 / (1 + np.exp(-betas[step] * drive))
        v = x[runs * chains * hidden :].reshape(v.shape) < 1 / (1 + np.exp(-(b + betas[step] * (h @ w))))
    most = sums.max(axis=1, keepdims=True)
    ratios = np.exp(sums - most)
    mean = ratios.mean(axis=1)
    start = np.logaddexp(0.0, b).sum(axis=(1, 2)) + hidden * np.log(2.0)
    return LogSum(start + most[:, 0] + np.log(mean), ratios.std(axis=1, ddof=1) / mean / np.sqrt(chains))


def _draws(seed: int, step: int, size: int) -> _Array:
    return uniform(seed, Purpose.VALIDATION, size, replica=step + 1)


def log_likelihood(network: Network, states: ArrayLike, log_sum: LogSum) -> _Array:
    """Mean ln p of visible states (state, visible), or with runs before, in nats: (run,).

    Raises ValueError as `free_energy`, for no states, and for a log_sum of other networks.
    """
    energy, value = free_energy(network, states), array("log_sum", instance("log_sum", log_sum, LogSum).value, 1)
    if value.size != len(energy) or not energy.size:
        raise ValueError(
            f"log_sum and states must be of {len(energy)} networks, got {value.size}, {energy.size} states"
        )
    found: _Array = -energy.mean(axis=1) - value
    return found


def visible_distribution(network: Network) -> _Array:
    """p of all visible states of the symmetrised networks, in the order of `salkit.boltzmann.states`: (run, 2^visible).

    Raises ValueError for more than 20 visible neurons.
    """
    _, _, biases = checked_network(network)
    v = all_states(network.up.shape[2])
    room(f"{len(v)} states", 3.0 * len(biases) * len(v) * network.up.shape[1], "use fewer neurons or runs")
    energy = free_energy(network, v)
    p = np.exp(energy.min(axis=1, keepdims=True) - energy)
    found: _Array = p / p.sum(axis=1, keepdims=True)
    return found
