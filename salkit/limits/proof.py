"""Does SAL's drift restore equal weights? The paper's proof (Fig. 12), and its condition tried on a grid of networks.

Two neurons with the weights (W + e, W − e) have the spike-timing difference law p_e(t), t = t_i − t_j. For t > 0

    δ(t) = [p_e(t) − p_0(t)] − [p_e(−t) − p_0(−t)],      Δ(t) = ∫_0^t δ

is what the asymmetry e adds to causal pairs over anti-causal ones. Runs of consecutive spikes alternate, i … j, j … i,
so causal and anti-causal pairs are equally many, and Δ(0) = Δ(∞) = 0. For a window K that falls, SAL's drift of W_ij
beyond what it was at e = 0 is

    − ∫ K δ dt = ∫ K' Δ dt ≤ 0   wherever Δ ≥ 0

so that the larger weight falls. Whether Δ ≥ 0 is a question about the network. In continuous time with rectangular
PSPs p_e has a closed form (`salkit.stdd.continuous`), and so has Δ:

    Δ(t) = [D(t) − D(0)] / pairs,    D: of x_i(s) − x_j(s) its integral up to s, to which e = 0 adds nothing

since for equal weights the law is even. For e → 0 the sign of Δ is that of its slope in e; `exhaust` looks at finite e
of both sizes on a grid of weights and biases. In discrete time, where other PSPs live, the law is that of the Markov
chain, and for peaked PSPs Δ < 0 at high rates: there SAL drives weights apart.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from ..stdd import distribution, two_neurons
from ..stdd.continuous import TwoNeurons, quadrature
from ..stdd.pair import within_reach
from ..values import array, number, room, whole

__all__ = ["Curves", "curves", "exhaust", "of_shape"]

_Array = NDArray[np.float64]
_LONGEST = 100.0


class Curves(NamedTuple):
    """t in tau_ref, δ per tau_ref, Δ, all (points,); and the masses of both halves of the law with e, which are ½."""

    t: _Array
    density: _Array
    integral: _Array
    halves: tuple[float, float]


def curves(w: float, e: float, b_i: float, b_j: float, t_max: float = 2.0, points: int = 161) -> Curves:
    """δ and Δ in continuous time with rectangular PSPs, at equally far times from 0 to t_max.

    Parameters
    ----------
    w, e, b_i, b_j : float
        Weights w ± e, effective, and biases.
    t_max : float
        In tau_ref.
    points : int

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    numbers = [float(number(name, x)) for name, x in (("w", w), ("e", e), ("b_i", b_i), ("b_j", b_j))]
    t_max = float(number("t_max", t_max, positive=True, most=_LONGEST))
    t = np.linspace(0.0, t_max, whole("points", points, least=3, most=10**6))
    two = _network(*(np.array(x) for x in numbers))
    level, total, decay = _integrals(two, t), float(two.pairs), float(two.decay)
    inside = np.minimum(t, 1.0)
    tail = np.where(t > 1.0, np.exp(-decay * np.maximum(t - 1.0, 0.0)), 0.0)
    density = [np.where(t <= 1.0, two.density(k, inside), two.tails[k] * tail) for k in (0, 1)]
    halves = [float(two.integral(k, np.ones_like) + two.tails[k] / decay) / total for k in (0, 1)]
    return Curves(t, (density[0] - density[1]) / total, (level[0] - level[1])[0] / total, (halves[0], halves[1]))


def exhaust(
    weights: ArrayLike, biases: ArrayLike, asymmetries: ArrayLike, t_max: float = 3.0, points: int = 61
) -> xr.Dataset:
    """Δ over a grid: the smallest value over t of Δ/max Δ for e > 0, dims (w, e, b_i, b_j). Where ≥ 0, SAL restores.

    Parameters
    ----------
    weights, biases, asymmetries : arrays, shape (points,)
        Values of W, of both biases, and of e > 0.
    t_max, points
        As in `curves`; both halves of the law are looked at, and Δ(∞) = 0 is left out.

    Returns
    -------
    Dataset
        least (of Δ/max Δ), most (max Δ), drift (of W_ij per pair, exponential window), halves (the largest distance of
        a half of the law from ½).

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    MemoryError
        Where the grid does not fit.
    """
    w, b = array("weights", weights, ndim=1), array("biases", biases, ndim=1)
    e = array("asymmetries", asymmetries, ndim=1, least=1e-6)
    t_max = float(number("t_max", t_max, positive=True, most=_LONGEST))
    points = whole("points", points, least=3, most=10**5)
    room("the grid", 300.0 * w.size * e.size * b.size**2 + 1000.0 * points * b.size**2, "use fewer points")
    t = np.linspace(0.0, t_max, points)[1:]
    shape = (w.size, e.size, b.size, b.size)
    found = {name: np.empty(shape) for name in ("least", "most", "drift", "halves")}
    b_i, b_j = (x.ravel() for x in np.meshgrid(b, b, indexing="ij"))
    for k, m in np.ndindex(*shape[:2]):
        two = _network(w[k], e[m], b_i, b_j)
        level, total = _integrals(two, t), two.pairs[:, None]
        delta = (level[0] - level[1]) / total
        most = delta.max(axis=1)
        halves = [(two.integral(o, np.ones_like) + two.tails[o] / two.decay) / two.pairs for o in (0, 1)]
        s, ds = quadrature(np.zeros_like(b_i), np.ones_like(b_i))
        near = np.sum((two.density(1, s) - two.density(0, s)) * np.exp(-s) * ds, axis=-1)
        drift = near + (two.tails[1] - two.tails[0]) * np.exp(-1.0) / (two.decay + 1.0)
        values = (delta.min(axis=1) / most, most, drift / two.pairs, np.abs(np.array(halves) - 0.5).max(axis=0))
        for name, value in zip(found, values, strict=True):
            found[name][k, m] = value.reshape(b.size, b.size)
    dims = ("w", "e", "b_i", "b_j")
    return xr.Dataset({name: (dims, x) for name, x in found.items()}, {"w": w, "e": e, "b_i": b, "b_j": b})


def of_shape(w: float, e: float, b_i: float, b_j: float, tau_ref: int = 20, **settings: Any) -> Curves:
    """The same in discrete time, for any PSP: t = 1, 2, … steps, in tau_ref; δ per step.

    Arguments as `curves`, then those of `salkit.stdd.two_neurons` (psp, tau_syn, refractory, psp_length). Where the
    law at e = 0 is not even, it is taken off.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    numbers = [float(number(name, x)) for name, x in (("w", w), ("e", e), ("b_i", b_i), ("b_j", b_j))]
    steps = whole("tau_ref", tau_ref, least=1, most=1000)

    def odd(apart: float) -> tuple[_Array, _Array]:
        more = {"b_i": numbers[2], "b_j": numbers[3], "tau_ref": steps, "timing": "discrete", **settings}
        net = two_neurons(numbers[0] + apart, numbers[0] - apart, **more)
        lags, p = distribution(net, t_max=30 * steps)
        return p[lags > 0] - p[lags < 0][::-1], p[lags != 0]

    with_e, law = odd(numbers[1])
    without, _ = odd(0.0)
    delta = with_e - without
    masses = float(law[: law.size // 2].sum()), float(law[law.size // 2 :].sum())
    return Curves(np.arange(1, delta.size + 1) / steps, delta, np.cumsum(delta), masses)


def _network(w: Any, e: Any, b_i: Any, b_j: Any) -> TwoNeurons:
    numbers = [np.asarray(x, dtype=np.float64) for x in (w + e, w - e, b_i, b_j)]
    return TwoNeurons(*within_reach([np.broadcast_to(x, np.broadcast_shapes(*(y.shape for y in numbers))).copy()
                                     for x in numbers]))  # fmt: skip


def _integrals(two: TwoNeurons, t: _Array) -> tuple[_Array, _Array]:
    """∫_0^t of the density of both orders, shape (networks, times): in closed form."""
    parts = []
    alpha, beta = ([np.atleast_1d(x)[:, None] for x in pair] for pair in (two.alpha, two.beta))
    decay, tails = np.atleast_1d(two.decay)[:, None], [np.atleast_1d(x)[:, None] for x in two.tails]
    inside = np.minimum(t, 1.0)
    for k in (0, 1):
        own, other = beta[k], beta[1 - k]
        start, end, delta = alpha[1 - k] * own, alpha[k] * other, other - own
        second = _second(delta, inside) / _first(delta, other)
        near = start * inside + (end - start) * own * second
        far = tails[k] / decay * -np.expm1(-decay * np.maximum(t - 1.0, 0.0))
        parts.append(near + far)
    return parts[0], parts[1]


def _second(delta: _Array, t: _Array) -> _Array:
    """∫_0^t (e^{δs} − 1)/δ ds = (e^{δt} − 1 − δt)/δ², times e^{−δ} where δ > 0; its series where that loses digits."""
    x, scale = delta * t, np.exp(-np.maximum(delta, 0.0))
    small = np.abs(x) < 1e-2
    safe = np.where(small, 1.0, delta)
    risen = np.exp(np.where(delta > 0, delta * (t - 1.0), x))
    plain = (risen - scale * (1.0 + x)) / safe**2
    series = 0.5 + x / 6 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6)))
    return np.where(small, scale * t**2 * series, plain)


def _first(delta: _Array, other: _Array) -> _Array:
    """1 + β (e^δ − 1)/δ, times e^{−δ} where δ > 0."""
    fall = -np.abs(delta)
    h = np.where(fall == 0, 1.0, np.expm1(fall) / np.where(fall == 0, 1.0, fall))
    return np.exp(np.where(delta > 0, fall, 0.0)) + other * h
