"""The spike-timing difference distribution of two neurons."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..values import whole
from . import continuous, delayed, discrete
from .pair import chain, effective, of_two

__all__ = ["distribution"]

_OUTSIDE = 1e-6  # mass left out by the default range of lags
_LONGEST = 1_000_000  # lags of that default range
_MOST_BINS, _BATCH = 100_000, 4096  # within tau_ref, each an integral
_Array = NDArray[np.float64]


def distribution(*network: Any, t_max: int | None = None, **settings: Any) -> tuple[NDArray[np.int64], _Array]:
    """The STDD of neurons i and j: (lags, probability of each bin), bins of width 1 centred on whole lags −t_max …
    t_max.

    Parameters
    ----------
    network : SamplingNetwork
        A single one of two neurons, i and j; or the arguments of `two_neurons`, all numbers.
    t_max : int, optional
        Longest lag shown (default: what leaves less than 10⁻⁶ outside); the law is of all lags.
    **settings
        More arguments of `two_neurons`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    if t_max is not None:
        t_max = whole("t_max", t_max, least=1, most=_LONGEST)
    net = of_two(network, settings)
    if net.ensemble:
        raise ValueError(f"the STDD is of one network here (sal_drift takes ensembles), got an ensemble {net.ensemble}")
    numbers = effective(net)
    if net.timing == "discrete":
        return _discrete_bins(chain(net, numbers), t_max)
    return _continuous_bins(continuous.TwoNeurons(*numbers), float(net.tau_ref), t_max)


def _default_range(steps: float) -> int:
    """Whole steps, or a ValueError where neurons are so silent that the lags are too many."""
    if not steps <= _LONGEST:
        raise ValueError(f"the lags reach {steps:.3g}, more than {_LONGEST}: give t_max")
    return int(np.ceil(steps))


def _discrete_bins(
    two: discrete.TwoNeurons | delayed.TwoNeurons, t_max: int | None
) -> tuple[NDArray[np.int64], _Array]:
    start = two.cap - 1
    later_1, later_2, ties, tail_1, tail_2 = (x[0] for x in two.rates(start))
    total = later_1.sum() + later_2.sum() + ties + sum(tail[0] / (1 - tail[1]) for tail in (tail_1, tail_2))
    if t_max is None:
        outside = (tail_1[0] + tail_2[0]) / (1 - tail_1[1]) / total
        further = np.log(_OUTSIDE / outside) / np.log(tail_1[1]) if outside > _OUTSIDE else 0
        t_max = _default_range(start + further)
    beyond = np.arange(max(t_max - start, 0))
    halves = [
        np.concatenate([later, tail[0] * tail[1] ** beyond])[:t_max]
        for later, tail in ((later_1, tail_1), (later_2, tail_2))
    ]
    return np.arange(-t_max, t_max + 1), np.concatenate([halves[1][::-1], [ties], halves[0]]) / total


def _continuous_bins(two: continuous.TwoNeurons, tau_ref: float, t_max: int | None) -> tuple[NDArray[np.int64], _Array]:
    pairs, decay = float(two.pairs), float(two.decay)
    if t_max is None:
        outside = float(two.tails[0] + two.tails[1]) / decay / pairs
        t_max = _default_range(tau_ref * (1 + max(0.0, np.log(outside / _OUTSIDE) / decay)))
    if min(tau_ref, t_max) > _MOST_BINS:
        raise ValueError(f"tau_ref or t_max must be at most {_MOST_BINS} bins, got {tau_ref:g} and {t_max}")
    edges = np.concatenate([[0.0], np.arange(t_max + 1) + 0.5]) / tau_ref
    halves = []
    for k in (0, 1):
        inside, near = np.minimum(edges[: int(tau_ref) + 3], 1.0), np.zeros(t_max + 1)
        for at in range(0, inside.size - 1, _BATCH):
            part = inside[at : at + _BATCH + 1]
            t, dt = continuous.quadrature(part[:-1], part[1:])
            near[at : at + part.size - 1] = np.sum(two.density(k, t.ravel()).reshape(t.shape) * dt, axis=-1)
        far = np.exp(-decay * (np.maximum(edges, 1.0) - 1))
        halves.append((near + float(two.tails[k]) / decay * -np.diff(far)) / pairs)
    p = np.concatenate([halves[1][:0:-1], [halves[0][0] + halves[1][0]], halves[0][1:]])
    return np.arange(-t_max, t_max + 1), p
