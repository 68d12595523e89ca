"""SAL's drift of the two weights, its phase plane, and where it comes to rest."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import brentq

from .. import stdp
from ..network import SamplingNetwork
from ..psp import LEAST_TAU
from ..values import MOST, array, choice, number
from . import continuous, delayed, discrete
from .pair import chain, effective, of_two, within_reach

__all__ = ["fixed_point", "nullcline", "phase_plane", "sal_drift"]

_BATCH = 2**24  # numbers in one batch of networks
_PER = ("pair", "time")
_LONGEST_WINDOW = 20_000  # steps of a window that ends, gone through one by one
_REACH = 4.0  # how far from its partner a weight is looked for
_Array = NDArray[np.float64]


def sal_drift(
    *network: Any, window: str = "exponential", tau: float | None = None, per: str = "pair", **settings: Any
) -> tuple[_Array, _Array]:
    """SAL's drift of the two weights (d_ij, d_ji), arrays of the shape of the ensemble.

    Parameters
    ----------
    network : SamplingNetwork
        Of two neurons, i and j, or an ensemble of them; or the arguments of `two_neurons`, arrays that broadcast.
    window : "exponential", "triangular" or "rectangular"
    tau : float, optional
        Time constant of the window (default tau_ref).
    per : "pair" or "time"
        Mean of S over pairs, or its sum per tau_ref: what `salkit.stdp.sal` with consecutive pairs estimates.
    **settings
        More arguments of `two_neurons`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    net = of_two(network, settings)
    drift = _drift(net, effective(net), window, _checked(net, window, tau, per), per)
    return drift, -drift


def phase_plane(
    weights: Any, b_i: float | None = None, b_j: float | None = None, tau_ref: float | None = None, **settings: Any
) -> xr.Dataset:
    """SAL's drift over a grid of weights: dims (w_ij, w_ji), variables drift_ij, drift_ji, magnitude.

    Parameters
    ----------
    weights : SamplingNetwork, or array of shape (points,)
        An ensemble of networks of two neurons with two axes, W_ij along the first and W_ji along the second; or the
        values of both weights.
    b_i, b_j, tau_ref : float, optional
        With values: the biases (default 0) and the refractory period (default 15).
    **settings
        Those of `sal_drift`; with values also those of `two_neurons`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    given: dict[str, Any] = {k: v for k, v in (("b_i", b_i), ("b_j", b_j), ("tau_ref", tau_ref)) if v is not None}
    if isinstance(weights, SamplingNetwork):
        w_ij, w_ji, attributes = _axes(weights)
        d_ij, d_ji = sal_drift(weights, **given, **settings)
    else:
        w_ij = w_ji = array("weights", weights, ndim=1)
        attributes = {"b_i": 0.0, "b_j": 0.0, "tau_ref": 15} | given
        d_ij, d_ji = sal_drift(w_ij[:, None], w_ji[None, :], **attributes, **settings)
    dims = ("w_ij", "w_ji")
    return xr.Dataset(
        {"drift_ij": (dims, d_ij), "drift_ji": (dims, d_ji), "magnitude": (dims, np.hypot(d_ij, d_ji))},
        coords={"w_ij": w_ij, "w_ji": w_ji},
        attrs={**attributes, **{name: value for name, value in settings.items() if value is not None}},
    )


def fixed_point(*network: Any, **settings: Any) -> float:
    """The w_ij at which SAL comes to rest while w_ji is fixed: the root of d_ij.

    In continuous time it is a_j w_ji / a_i, with the gains a of the neurons. Arguments as `sal_drift`: a single
    network, whose own W_ij does not matter, or w_ji, b_i, b_j, tau_ref and so on, without w_ij. Raises ValueError if
    a_i w_ij has no root within 4 of a_j w_ji.
    """
    roots = nullcline(*network, **settings)
    if roots.ndim:
        raise ValueError(f"fixed_point is of one network (nullcline takes ensembles), got shape {roots.shape}")
    return float(roots)


def nullcline(
    *network: Any, window: str = "exponential", tau: float | None = None, per: str = "pair", **settings: Any
) -> _Array:
    """`fixed_point` for each network of an ensemble of any shape: the phase plane's nullcline. Errors as `fixed_point`.

    Arguments as `fixed_point`, which may be arrays that broadcast.
    """
    net = of_two(network if isinstance(network[0], SamplingNetwork) else (0.0, *network), settings)
    tau = _checked(net, window, tau, per)
    _, w_ji, b_i, b_j = effective(net)
    roots = np.empty(w_ji.shape)
    for index in np.ndindex(w_ji.shape):
        rest = [np.array(x[index]) for x in (w_ji, b_i, b_j)]

        def drift(own: float, rest: list[_Array] = rest) -> float:
            return float(_drift(net, within_reach([np.array(own), *rest]), window, tau, per))

        low, high = float(rest[0]) - _REACH, float(rest[0]) + _REACH
        if not drift(low) > 0 > drift(high):
            raise ValueError(f"SAL has no fixed point of w_ij between {low} and {high}")
        roots[index] = brentq(drift, low, high, xtol=1e-12)
    return roots / net.gain[..., 0]


def _checked(net: SamplingNetwork, window: str, tau: float | None, per: str) -> float:
    """tau in the unit of tau_ref, when all three are allowed."""
    choice("window", window, stdp.ALL_WINDOWS)
    choice("per", per, _PER)
    longest = _LONGEST_WINDOW if net.timing == "discrete" and window != "exponential" else MOST
    return float(net.tau_ref if tau is None else number("tau", tau, least=LEAST_TAU, most=longest))


def _axes(net: SamplingNetwork) -> tuple[_Array, _Array, dict[str, Any]]:
    """w_ij, w_ji along the two axes of an ensemble, and what is the same for all its members."""
    if len(net.ensemble) != 2 or net.neurons != 2:
        raise ValueError(f"weights must be a grid of networks of two neurons, got {net.neurons} in {net.ensemble}")
    w_ij, w_ji = net.weights[:, 0, 0, 1], net.weights[0, :, 1, 0]
    if not (np.all(net.weights[..., 0, 1] == w_ij[:, None]) and np.all(net.weights[..., 1, 0] == w_ji)):
        raise ValueError("weights must be a grid: W_ij the same along the second axis, W_ji along the first")
    same = {name: np.unique(net.biases[..., k]) for k, name in enumerate(("b_i", "b_j"))}
    attributes = {name: float(values[0]) for name, values in same.items() if values.size == 1}
    return w_ij, w_ji, {**attributes, "tau_ref": net.tau_ref, "timing": net.timing}


def _drift(net: SamplingNetwork, numbers: list[_Array], window: str, tau: float, per: str) -> _Array:
    """d_ij for effective weights and biases of one shape, in batches."""
    flat = [x.ravel() for x in numbers]
    continuous_time = net.timing == "continuous"
    size = continuous.POINTS if continuous_time else (2 * chain(net, [x[:1] for x in flat]).cap) ** 2
    batch, pieces = max(1, _BATCH // size), []
    for k in range(0, flat[0].size, batch):
        part = [x[k : k + batch] for x in flat]
        if continuous_time:
            pieces.append(_continuous_drift(continuous.TwoNeurons(*part), window, tau / float(net.tau_ref), per))
        else:
            pieces.append(_discrete_drift(chain(net, part), window, tau, per))
    return np.concatenate(pieces).reshape(numbers[0].shape)


def _discrete_drift(two: discrete.TwoNeurons | delayed.TwoNeurons, window: str, tau: float, per: str) -> _Array:
    reach = two.cap - 1 if window == "exponential" else max(two.cap - 1, int(np.ceil(tau)))
    later_1, later_2, ties, tail_1, tail_2 = two.rates(reach)
    drift = (later_2 - later_1) @ stdp.window(window, np.arange(1, reach + 1) / tau)
    stay = tail_1[:, 1]
    if window == "exponential":
        drift = drift + (tail_2[:, 0] - tail_1[:, 0]) * np.exp(-(reach + 1) / tau) / (1 - stay * np.exp(-1 / tau))
    if per == "time":
        return drift * two.tau_ref
    pairs = later_1.sum(axis=1) + later_2.sum(axis=1) + ties + (tail_1[:, 0] + tail_2[:, 0]) / (1 - stay)
    return drift / pairs


def _continuous_drift(two: continuous.TwoNeurons, window: str, tau: float, per: str) -> _Array:
    """tau in units of tau_ref."""
    ones = np.ones_like(two.w_12)
    t, dt = continuous.quadrature(0 * ones, ones if window == "exponential" else min(1.0, tau) * ones)
    k = stdp.window(window, t / tau) * dt
    drift = np.sum((two.density(1, t) - two.density(0, t)) * k, axis=-1)
    span = max(0.0, tau - 1)  # what a window that ends reaches beyond tau_ref
    if window == "exponential":
        beyond = np.exp(-1 / tau) / (two.decay + 1 / tau)
    elif window == "rectangular":  # ∫_0^span e^{−decay v} dv
        beyond = -np.expm1(-two.decay * span) / two.decay
    else:  # ∫_0^span (span − v)/tau e^{−decay v} dv
        beyond = (span / two.decay + np.expm1(-two.decay * span) / two.decay**2) / tau
    drift = drift + (two.tails[1] - two.tails[0]) * beyond
    return drift * two.both_off if per == "time" else drift / two.pairs
