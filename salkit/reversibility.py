"""Entropy production: how irreversible a network runs, and why SAL works in any network.

Let w_ij = a_i W_ij be the effective weights, in continuous time with rectangular PSPs. The density of a realisation is

    Π_spikes exp(b_i + Σ_j w_ij z_j) / tau_ref · exp(−∫ Σ_{i off} λ_i dt)

Played backwards, on-intervals keep their places and the integral its value; of two that overlap, the one that began
later begins first. So each overlap that i begins while j is on has the factor e^{w_ij} forwards, e^{w_ji} backwards,
and with r_ij the rate of such overlaps (`Spikes.overlaps`) the stationary network produces entropy at the rate

    σ = Σ_{i<j} (w_ij − w_ji)(r_ij − r_ji) ≥ 0     nats per tau_ref,    0 only if the network is reversible

σ is a Kullback–Leibler divergence, so it is not negative, whatever the weights and biases; single pairs may well be
(polysynaptic paths). For symmetric effective weights it is zero, path by path: every pair's spike timing is then
symmetric, for windows of any shape, and SAL is at rest.

SAL with the rectangular window at tau_ref moves W_ij by η (r_ji − r_ij) per tau_ref: down the slope that σ is made of.
With P_ij = 1 for a plastic synapse, else 0, and D_ij = w_ij − w_ji,

    L = Σ_{i<j} D_ij² / (a_i P_ij + a_j P_ji),    dL/dt = −2 η Σ_{i<j} D_ij (r_ij − r_ji) = −2 η σ

over the pairs with a plastic synapse (without gains and with both plastic L = Σ D_ij²/2). So the summed squared
asymmetry of the effective weights can only fall, in the mean of slow learning, in a network of any size, if in each
pair at least one synapse learns. What noise adds to L is of order η², and smaller by η.

What else is reversible with symmetric effective weights, and what is not:

- Discrete time, where the odds p/(1 − p) take the place of λ, if the PSP lasts one step less than the shortest
  interval: `psp_length` tau_ref − 1, of which overlaps count every lag, so that the sum is σ exactly, or `refractory`
  tau_ref + 1. With neither or both SAL's rest point is off by O(1/tau_ref), and the sum is no σ.
- Neurons with a tau_i of their own, both refractory period and PSP length: on-intervals may nest, and backwards a spike
  becomes the end of its on-interval. So t_i − t_j is even about (τ_j − τ_i)/2, not about 0, and a window about 0 rests
  elsewhere where it reaches beyond the shorter one.
- One-way input never is: σ > 0 for ever, and SAL rests beside equal weights.

This derivation is this suite's own; entropy production of a jump process: Schnakenberg, Rev. Mod. Phys. 48 (1976).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import stdp
from .network import SamplingNetwork
from .regeneration import exact_overlaps, reversible_model
from .spikes import Spikes
from .values import instance, shape_of, shown

__all__ = [
    "decay", "entropy_production", "exact_entropy_production", "exact_overlaps", "pair_entropy_production",
    "squared_asymmetry", "standard_error",
]  # fmt: skip

_Array = NDArray[np.float64]


def entropy_production(network: SamplingNetwork, spikes: Spikes) -> _Array:
    """σ from the overlaps of a run, nats per tau_ref, shape (...): unbiased but for the start, so it may fall below 0.

    Parameters
    ----------
    network : SamplingNetwork
        What was simulated: rectangular PSPs and on-intervals of tau_ref.
    spikes : Spikes, with overlaps kept or recorded

    Raises
    ------
    ValueError
        For a network of other PSPs or with periods of its own (on-intervals would nest, or PSPs move when played
        backwards: σ is not this sum), spikes of another network's shape, and overlaps that were not kept.
    """
    return _halves(pair_entropy_production(network, spikes))


def pair_entropy_production(network: SamplingNetwork, spikes: Spikes) -> _Array:
    """Each pair's share D_ij (r_ij − r_ji) of σ, shape (..., N, N), symmetric; < 0 where a pair runs the wrong way.

    Arguments and errors as `entropy_production`.
    """
    asymmetry = _asymmetry(_of(network, spikes))
    rate = spikes.overlaps()
    return asymmetry * (rate - np.swapaxes(rate, -1, -2))


def standard_error(network: SamplingNetwork, spikes: Spikes) -> _Array:
    """Of `entropy_production`, from the spread over replicas, shape (...): arguments and errors as there.

    Raises ValueError for fewer than two replicas, too.
    """
    asymmetry = _asymmetry(_of(network, spikes))
    if spikes.replicas < 2:
        raise ValueError("spikes must be of at least 2 replicas for a standard error, got 1")
    number = spikes.kept_overlaps() * (spikes.tau_ref / spikes.duration)
    each = _halves(asymmetry[..., None, :, :] * (number - np.swapaxes(number, -1, -2)))
    spread: _Array = each.std(axis=-1, ddof=1) / np.sqrt(spikes.replicas)
    return spread


def exact_entropy_production(network: SamplingNetwork) -> _Array:
    """σ of up to three neurons, exactly, nats per tau_ref, shape (...): arguments and errors as `exact_overlaps`."""
    rate = exact_overlaps(network)
    return _halves(_asymmetry(network) * (rate - np.swapaxes(rate, -1, -2)))


def squared_asymmetry(network: SamplingNetwork, plastic: ArrayLike | None = None) -> _Array:
    """L, the squared asymmetry of the effective weights that σ brings down, shape (...).

    Parameters
    ----------
    network : SamplingNetwork
    plastic : array of bool, shape (N, N), optional
        Which synapses learn (default: all); pairs with none are left out.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    slowness = _slowness(instance("network", network, SamplingNetwork), plastic)
    return _halves(_asymmetry(network) ** 2 * slowness)


def decay(
    network: SamplingNetwork,
    spikes: Spikes,
    window: str = "rectangular",
    plastic: ArrayLike | None = None,
    pairing: str = "nearest",
) -> _Array:
    """dL/dt per unit of learning rate and per tau_ref as SAL would move the weights now, shape (...).

    For the rectangular window it is −2σ (of the pairs that learn); for others the theorem does not say its sign.

    Parameters
    ----------
    network, plastic
        As in `squared_asymmetry`.
    spikes : Spikes
        Of that network; recorded, or with overlaps (rectangular) or pairs (triangular) kept.
    window, pairing
        As in `salkit.stdp.sal`, at tau_ref.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    net = instance("network", network, SamplingNetwork)
    _fit(net, instance("spikes", spikes, Spikes))
    mask, gain = _plastic(net, plastic), net.gain[..., :, None]
    change = gain * mask * stdp.sal(spikes, window, pairing=pairing)
    change = change - np.swapaxes(change, -1, -2)
    return _halves(2 * _asymmetry(net) * change * _slowness(net, plastic))


def _of(network: Any, spikes: Any) -> SamplingNetwork:
    """The network whose spikes these are, as far as one can see."""
    net = reversible_model(network)
    _fit(net, instance("spikes", spikes, Spikes))
    return net


def _fit(net: SamplingNetwork, spikes: Spikes) -> None:
    own = (net.ensemble, net.neurons, net.tau_ref, net.timing)
    if own != (given := (spikes.ensemble, spikes.neuron_count, spikes.tau_ref, spikes.timing)):
        raise ValueError(f"spikes must be of the network (ensemble, neurons, tau_ref, timing) {own}, got {given}")


def _asymmetry(net: SamplingNetwork) -> _Array:
    weights = net.effective()[0]
    asymmetry: _Array = weights - np.swapaxes(weights, -1, -2)
    return asymmetry


def _plastic(net: SamplingNetwork, plastic: Any) -> NDArray[np.bool_]:
    mask = ~np.eye(net.neurons, dtype=bool)
    if plastic is None:
        return mask
    if shape_of("plastic", plastic) != mask.shape or (chosen := np.asarray(plastic)).dtype != np.bool_:
        raise ValueError(f"plastic must be an array of bool of shape {mask.shape}, got {shown(plastic)}")
    return mask & chosen


def _slowness(net: SamplingNetwork, plastic: Any) -> _Array:
    """1 / (a_i P_ij + a_j P_ji), 0 where neither synapse learns."""
    speed = net.gain[..., :, None] * _plastic(net, plastic)
    speed = speed + np.swapaxes(speed, -1, -2)
    return np.divide(1.0, speed, out=np.zeros_like(speed), where=speed > 0)


def _halves(symmetric: _Array) -> _Array:
    """The sum over pairs i < j."""
    total: _Array = 0.5 * symmetric.sum(axis=(-2, -1))
    return total
