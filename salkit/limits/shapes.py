"""PSP shapes for two neurons (Fig. 11): kernels, spike-timing laws, nullclines, and how far these lie off the diagonal.

The paper's three shapes: the rectangle of tau_ref, and alpha functions tau_ref/τ² · s e^{−s/τ} with τ = tau_ref/3 and
tau_ref/2, of which its calculator keeps 2 tau_ref. In discrete time a rectangle is exactly reversible if the shortest
interval is one step longer than it, so `refractory` is tau_ref + 1 here, as in the authors' sampler. Where rates are
equal every shape rests on the diagonal: exchanging the two neurons exchanges causal and anti-causal pairs. Where they
differ only the rectangle does. The deviation is the paper's: the mean over a line of |W_ij − W_ji|/|W_ij + W_ji|.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from ..psp import kernel
from ..stdd import distribution, sal_drift, two_neurons
from ..values import array, choice, number, whole

__all__ = ["PAPER", "deviation", "height", "rest_lines", "settings", "timing"]

_Array = NDArray[np.float64]
PAPER: dict[str, tuple[str, float]] = {
    "rectangle": ("rectangular", 1.0),
    "alpha, short": ("alpha", 1 / 3),
    "alpha, long": ("alpha", 1 / 2),
    "exponential": ("exponential", 1.0),
    "exponential, short": ("exponential", 1 / 3),
    "cut-off": ("cutoff", 1 / 3),
}
_REACH = 8.0  # of the other weight
_POINTS = 49


def settings(shape: str, tau_ref: int) -> dict[str, Any]:
    """Arguments of `salkit.stdd.two_neurons` for a shape of `PAPER`, tau_ref in steps. Raises ValueError for others."""
    psp, share = PAPER[choice("shape", shape, tuple(PAPER))]
    steps = whole("tau_ref", tau_ref, least=2, most=1000)
    long = {"tau_syn": share * steps, "psp_length": 2 * steps} if psp != "rectangular" else {}
    return dict(tau_ref=steps, timing="discrete", psp=psp, refractory=steps + 1, **long)


def height(shape: str, s: ArrayLike) -> _Array:
    """κ at times s in tau_ref, any shape. Raises ValueError for a shape that is not in `PAPER`."""
    psp, share = PAPER[choice("shape", shape, tuple(PAPER))]
    return kernel(psp, s, 1.0, share)


def timing(shape: str, w: float, b_i: float, b_j: float, tau_ref: int = 30) -> tuple[_Array, _Array]:
    """Spike-timing law at equal weights w: lags in tau_ref up to 2, and probability per step.

    Raises ValueError for what is no number, or beyond the theory.
    """
    w = float(number("w", w))
    net = two_neurons(w, w, float(number("b_i", b_i)), float(number("b_j", b_j)), **settings(shape, tau_ref))
    lags, p = distribution(net, t_max=2 * tau_ref)
    return lags / tau_ref, p


def rest_lines(shape: str, weights: ArrayLike, b_i: ArrayLike, b_j: ArrayLike, tau_ref: int = 10) -> _Array:
    """W_ij at which SAL rests, exponential window of tau_ref, shape (biases, weights): of pairs of biases, and W_ji.

    Drifts on a grid of W_ij within 8, joined by cubic splines as in the paper; infinite where no root at which SAL is
    stable lies within.

    Parameters
    ----------
    shape : one of `PAPER`
    weights : array, shape (weights,)
        W_ji.
    b_i, b_j : arrays, shape (biases,)
    tau_ref : int
        In steps.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    w = array("weights", weights, ndim=1, least=-_REACH, most=_REACH)
    one, two = array("b_i", b_i, ndim=1), array("b_j", b_j, ndim=1)
    if one.shape != two.shape or not one.size or not w.size:
        raise ValueError(f"b_i and b_j must be of one length, got {one.shape} and {two.shape}, for {w.size} weights")
    own = np.linspace(-_REACH, _REACH, _POINTS)
    grid = (own, w[:, None], one[:, None, None], two[:, None, None])
    d = sal_drift(*grid, **settings(shape, tau_ref))[0]
    found = np.full(d.shape[:2], np.inf)
    for index in np.ndindex(found.shape):
        line = CubicSpline(own, d[index])
        roots = line.roots(extrapolate=False)
        roots = roots[line(roots, 1) < 0]
        if roots.size:
            found[index] = roots[np.argmin(np.abs(roots - w[index[1]]))]
    return found


def deviation(lines: ArrayLike, weights: ArrayLike) -> _Array:
    """The paper's deviation of lines, shape (..., weights), at W_ji of shape (weights,); 1 for a line that ends.

    Raises ValueError where shapes do not fit.
    """
    own, w = array("lines", lines, finite=False), array("weights", weights, ndim=1)
    if own.ndim < 1 or own.shape[-1] != w.size:
        raise ValueError(f"lines must have {w.size} weights along their last axis, got shape {own.shape}")
    near = np.where(np.isinf(own), 0.0, own)
    mean: _Array = np.mean(np.abs(near - w) / np.abs(near + w), axis=-1)  # 1 at 0
    return mean
