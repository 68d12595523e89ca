"""Theory of two neurons: the spike-timing difference distribution (STDD), SAL's drift, its phase plane (Fig. 2, SI
Fig. 14).

The STDD p(Δt), Δt = t_i − t_j, is the law of the intervals between consecutive spikes of different neurons: a pair
counts if neither neuron spikes strictly in between; two spikes in one step of discrete time are a pair of lag 0.
The mass of all lags is 1. SAL moves the two weights by

    d_ij = Σ_Δt p(Δt) S(Δt),   S = −K(|Δt|/tau) for Δt > 0, +K for Δt < 0,   d_ji = −d_ij

per pair, or times the rate of pairs, per time. The laws are exact: in closed form in continuous time, from the Markov
chain of the two ages in discrete time. They use the conventions of `salkit.simulate`, with which they agree bin by bin.
"""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.optimize import brentq

from .. import stdp
from ..network import SamplingNetwork
from ..spikes import Spikes
from . import continuous, discrete
from .exact import isolated_pairs, matched_biases, rates

__all__ = [
    "bin_z_scores",
    "compare",
    "distribution",
    "fixed_point",
    "isolated_pairs",
    "matched_biases",
    "nullcline",
    "p_value",
    "phase_plane",
    "rates",
    "sal_drift",
]

_OUTSIDE = 1e-6  # mass left out by the default range of lags
_LONGEST = 1_000_000  # lags of that default range
_LARGEST_POTENTIAL = 15.0  # beyond, the discrete chain's stationary vector loses its digits
_BATCH = 2**24  # numbers in one batch of transition matrices
_PER = ("pair", "time")
_Array = NDArray[np.float64]


def distribution(
    w_ij: float,
    w_ji: float,
    b_i: float,
    b_j: float,
    tau_ref: float,
    timing: str = "continuous",
    psp: str = "rectangular",
    tau_syn: float | None = None,
    t_max: int | None = None,
    refractory: int | None = None,
    psp_length: int | None = None,
) -> tuple[NDArray[np.int64], _Array]:
    """The STDD of neurons i and j: (lags, probability of each bin), bins of width 1 centred on whole lags −t_max …
    t_max.

    Parameters
    ----------
    w_ij, w_ji, b_i, b_j : float
        Weight from j to i, weight from i to j, biases.
    tau_ref, timing, psp, tau_syn, refractory, psp_length
        As in `salkit.SamplingNetwork`.
    t_max : int, optional
        Longest lag shown (default: what leaves less than 10⁻⁶ outside); the law is of all lags.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    if t_max is not None and (isinstance(t_max, bool) or not isinstance(t_max, int | np.integer) or t_max < 1):
        raise ValueError(f"t_max must be a whole number of at least 1, got {t_max!r}")
    for name, value in (("w_ij", w_ij), ("w_ji", w_ji), ("b_i", b_i), ("b_j", b_j)):
        if np.ndim(value) != 0:
            raise ValueError(f"{name} must be one number here (sal_drift takes arrays), got shape {np.shape(value)}")
    settings = _parameters(w_ij, w_ji, b_i, b_j)
    net = _network(settings, tau_ref, timing, psp, tau_syn, refractory, psp_length)
    if timing == "discrete":
        return _discrete_bins(_discrete(net, settings), t_max)
    return _continuous_bins(continuous.TwoNeurons(*settings), float(tau_ref), t_max)


def sal_drift(
    w_ij: ArrayLike,
    w_ji: ArrayLike,
    b_i: ArrayLike,
    b_j: ArrayLike,
    tau_ref: float,
    timing: str = "continuous",
    window: str = "exponential",
    psp: str = "rectangular",
    tau_syn: float | None = None,
    tau: float | None = None,
    per: str = "pair",
    refractory: int | None = None,
    psp_length: int | None = None,
) -> tuple[_Array, _Array]:
    """SAL's drift of the two weights (d_ij, d_ji), for weights and biases that broadcast to one shape.

    Parameters
    ----------
    w_ij, w_ji, b_i, b_j : arrays
        Weight from j to i, weight from i to j, biases.
    tau_ref, timing, psp, tau_syn, refractory, psp_length
        As in `salkit.SamplingNetwork`.
    window : "exponential" or "triangular"
    tau : float, optional
        Time constant of the window (default tau_ref).
    per : "pair" or "time"
        Mean of S over pairs, or its sum per tau_ref: what `salkit.stdp.sal` with consecutive pairs estimates.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    if window not in stdp.WINDOWS:
        raise ValueError(f"window must be one of {', '.join(stdp.WINDOWS)}, got {window!r}")
    if per not in _PER:
        raise ValueError(f"per must be one of {', '.join(_PER)}, got {per!r}")
    settings = _parameters(w_ij, w_ji, b_i, b_j)
    net = _network(settings, tau_ref, timing, psp, tau_syn, refractory, psp_length)
    tau = float(tau_ref if tau is None else tau)
    if not np.isfinite(tau) or tau <= 0:
        raise ValueError(f"tau must be finite and positive, got {tau!r}")
    if timing == "continuous":
        drift = _continuous_drift(continuous.TwoNeurons(*settings), window, tau / float(tau_ref), per)
    else:
        shape, flat = settings[0].shape, [x.ravel() for x in settings]
        cap = _discrete(net, [x[:1] for x in flat]).cap
        batch = max(1, _BATCH // (2 * cap) ** 2)
        pieces = [
            _discrete_drift(_discrete(net, [x[k : k + batch] for x in flat]), window, tau, per)
            for k in range(0, flat[0].size, batch)
        ]
        drift = np.concatenate(pieces).reshape(shape)
    return drift, -drift


def phase_plane(
    weights: ArrayLike, b_i: float = 0.0, b_j: float = 0.0, tau_ref: float = 15, **settings: Any
) -> xr.Dataset:
    """SAL's drift over a square grid of weights: dims (w_ij, w_ji), variables drift_ij, drift_ji, magnitude.

    `settings` as in `sal_drift`. Raises ValueError unless `weights` is a one-dimensional array of numbers.
    """
    grid = np.asarray(weights, dtype=np.float64)
    if grid.ndim != 1 or grid.size < 1:
        raise ValueError(f"weights must be one-dimensional, got shape {grid.shape}")
    d_ij, d_ji = sal_drift(grid[:, None], grid[None, :], b_i, b_j, tau_ref, **settings)
    dims = ("w_ij", "w_ji")
    return xr.Dataset(
        {"drift_ij": (dims, d_ij), "drift_ji": (dims, d_ji), "magnitude": (dims, np.hypot(d_ij, d_ji))},
        coords={"w_ij": grid, "w_ji": grid},
        attrs={"b_i": b_i, "b_j": b_j, "tau_ref": tau_ref, **{k: v for k, v in settings.items() if v is not None}},
    )


def fixed_point(w_ji: float, b_i: float, b_j: float, tau_ref: float, **settings: Any) -> float:
    """The w_ij at which SAL comes to rest while w_ji is fixed: the root of d_ij. `settings` as in `sal_drift`.

    In continuous time it is w_ji itself. Raises ValueError if there is none within 4 of w_ji.
    """

    def drift(w_ij: float) -> float:
        return float(sal_drift(w_ij, w_ji, b_i, b_j, tau_ref, **settings)[0])

    if not np.isfinite(w_ji):
        raise ValueError(f"w_ji must be finite, got {w_ji!r}")
    low, high = float(w_ji) - 4.0, float(w_ji) + 4.0
    if not drift(low) > 0 > drift(high):
        raise ValueError(f"SAL has no fixed point of w_ij between {low} and {high}")
    return float(brentq(drift, low, high, xtol=1e-12))


def nullcline(w_ji: ArrayLike, b_i: float, b_j: float, tau_ref: float, **settings: Any) -> _Array:
    """`fixed_point` for each w_ji of an array of any shape: the phase plane's nullcline. Errors as `fixed_point`."""
    w_ji = np.asarray(w_ji, dtype=np.float64)
    roots = [fixed_point(float(w), b_i, b_j, tau_ref, **settings) for w in w_ji.ravel()]
    return np.array(roots).reshape(w_ji.shape)


def bin_z_scores(p: ArrayLike, number: ArrayLike, pairs: ArrayLike, least: float = 100.0) -> _Array:
    """How far simulated pairs are from a law, bin by bin, in standard errors: shape (bins + 1,), all other lags last.

    For every bin the residual n_r − p·N_r of replica r (pairs in the bin, of all its pairs) has mean zero if p is the
    law, however successive pairs are correlated, and its standard error s/√R comes from the replicas. Counts are
    skewed by γ = (1 − 2p)/√(p(1 − p)⟨N_r⟩), which Hall's cubic takes out of S = mean/s:

        t = √R (S + γS²/3 + γ²S³/27 + γ/(6R))

    Scores are this Student's t with R − 1 degrees of freedom turned into a normal one; the chance of |z| > 4.5 is then
    right to a quarter where a bin expects 100 pairs (twelvefold one-sided without). Bins that expect fewer than `least`
    pairs are nan, and count among the other lags. Source: Hall 1992, J. R. Stat. Soc. B 54, 221.

    Parameters
    ----------
    p : array, shape (bins,)
        Probabilities of the bins, of mass 1 over all lags.
    number, pairs : arrays, shapes (R, bins) and (R,)
        From `Spikes.stdd_counts`, R ≥ 2 replicas.

    Raises
    ------
    ValueError
        For shapes that do not fit.
    """
    law, n, total = np.asarray(p, dtype=np.float64), np.asarray(number), np.asarray(pairs)
    if law.ndim != 1 or n.ndim != 2 or n.shape != (total.size, law.size) or total.size < 2:
        raise ValueError(
            f"p, number, pairs must be (bins,), (R, bins), (R,), got {law.shape}, {n.shape}, {total.shape}"
        )
    tested = law * total.sum() >= least
    counts = np.column_stack([n, total - n[:, tested].sum(axis=1)])
    share = np.append(law, np.clip(1 - law[tested].sum(), 0, 1))
    residual = counts - share * total[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        skewness = (1 - 2 * share) / np.sqrt(share * (1 - share) * total.mean())
        score = residual.mean(axis=0) / residual.std(axis=0, ddof=1)
        cubic = score + skewness * score**2 / 3 + skewness**2 * score**3 / 27 + skewness / (6 * total.size)
        t = cubic * np.sqrt(total.size)
    z = np.sign(t) * -stats.norm.ppf(stats.t.sf(np.abs(t), total.size - 1))
    return np.where(np.append(tested, True), z, np.nan)


def compare(network: SamplingNetwork, spikes: Spikes, t_max: int | None = None) -> xr.Dataset:
    """The law of a network of two neurons beside spikes, lag by lag.

    Parameters
    ----------
    network : SamplingNetwork, of neurons i = 0 and j = 1, all of gain 1
        It need not be the one that spiked: the law of another one is a null.
    spikes : Spikes
        Recorded, in two or more replicas.
    t_max : int, optional
        As in `distribution`.

    Returns
    -------
    Dataset
        `theory`, `simulated` (probability per unit of lag) and `z` (see `bin_z_scores`) by `lag`, and `z_beyond` for
        all other lags; attributes `jump` (W_ij − W_ji) and `tau_ref`.

    Raises
    ------
    ValueError
        For a network of other size or an ensemble, and as `distribution`, `Spikes.stdd_counts` and `bin_z_scores`.
    """
    if network.ensemble or network.neurons != 2 or np.any(network.gain != 1):
        raise ValueError(
            f"the theory is of one network of two neurons of gain 1, got {network.neurons} neurons, ensemble "
            f"{network.ensemble}, gain {network.gain.tolist()}"
        )
    (_, w_ij), (w_ji, _) = network.weights.tolist()
    b_i, b_j = network.biases.tolist()
    lags, theory = distribution(
        w_ij, w_ji, b_i, b_j, network.tau_ref, network.timing, network.psp, network.tau_syn, t_max,
        network.refractory, network.psp_length,
    )  # fmt: skip
    _, number, pairs = spikes.stdd_counts(0, 1, int(lags[-1]))
    z = bin_z_scores(theory, number, pairs)
    shares = number.sum(axis=0) / max(pairs.sum(), 1)
    return xr.Dataset(
        {"theory": ("lag", theory), "simulated": ("lag", shares), "z": ("lag", z[:-1]), "z_beyond": float(z[-1])},
        coords={"lag": lags},
        attrs={"jump": w_ij - w_ji, "tau_ref": network.tau_ref},
    )


def p_value(*compared: xr.Dataset) -> float:
    """Bound on the chance of so large a |z| anywhere in all results of `compare`, if the theory is right.

    The smallest two-sided p-value times the number of scores (Bonferroni). Raises ValueError without a result.
    """
    if not compared:
        raise ValueError("p_value needs at least one result of compare")
    z = np.concatenate([np.append(ds.z.values, ds.z_beyond.values) for ds in compared])
    z = z[~np.isnan(z)]
    return float(min(1.0, z.size * 2 * stats.norm.sf(np.abs(z).max())))


def _parameters(*values: ArrayLike) -> list[_Array]:
    arrays = []
    for name, value in zip(("w_ij", "w_ji", "b_i", "b_j"), values, strict=True):
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"{name} must be a number or an array of numbers, got {value!r}") from None
        if not np.all(np.isfinite(array)):
            raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)].flat[0]}")
        arrays.append(array)
    try:
        return [np.array(array) for array in np.broadcast_arrays(*arrays)]
    except ValueError:
        raise ValueError(f"weights and biases do not broadcast: {', '.join(str(a.shape) for a in arrays)}") from None


def _network(settings: list[_Array], *timing: Any) -> SamplingNetwork:
    """The network of largest potentials: it checks tau_ref, timing and PSP."""
    w, b = (np.max(np.abs(np.stack(pair)), initial=0.0) for pair in (settings[:2], settings[2:]))
    if b + w > _LARGEST_POTENTIAL:
        raise ValueError(
            f"the theory is exact for potentials up to {_LARGEST_POTENTIAL:g}, got |bias| + |weight| up to {b + w:.4g}"
        )
    tau_ref, name, psp, tau_syn, refractory, psp_length = timing
    return SamplingNetwork(
        np.array([[0, w], [w, 0]]), np.array([b, b]), tau_ref, name, psp, tau_syn, 1.0, refractory, psp_length
    )


def _default_range(steps: float) -> int:
    """Whole steps, or a ValueError where neurons are so silent that the lags are too many."""
    if not steps <= _LONGEST:
        raise ValueError(f"the lags reach {steps:.3g}, more than {_LONGEST}: give t_max")
    return int(np.ceil(steps))


def _discrete(net: SamplingNetwork, settings: list[_Array]) -> discrete.TwoNeurons:
    tau_ref = int(net.tau_ref)
    w_12, w_21, b_1, b_2 = (np.atleast_1d(x) for x in settings)
    return discrete.TwoNeurons(w_12, w_21, b_1, b_2, net.psp_table(), tau_ref, int(net.refractory or tau_ref))


def _discrete_bins(two: discrete.TwoNeurons, t_max: int | None) -> tuple[NDArray[np.int64], _Array]:
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


def _discrete_drift(two: discrete.TwoNeurons, window: str, tau: float, per: str) -> _Array:
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


def _continuous_bins(two: continuous.TwoNeurons, tau_ref: float, t_max: int | None) -> tuple[NDArray[np.int64], _Array]:
    pairs, decay = float(two.pairs), float(two.decay)
    if t_max is None:
        outside = float(two.tails[0] + two.tails[1]) / decay / pairs
        t_max = _default_range(tau_ref * (1 + max(0.0, np.log(outside / _OUTSIDE) / decay)))
    edges = np.concatenate([[0.0], np.arange(t_max + 1) + 0.5]) / tau_ref
    halves = []
    for k in (0, 1):
        inside = np.minimum(edges[: int(tau_ref) + 3], 1.0)
        t, dt = continuous.quadrature(inside[:-1], inside[1:])
        near = np.zeros(t_max + 1)
        near[: inside.size - 1] = np.sum(two.density(k, t.ravel()).reshape(t.shape) * dt, axis=-1)
        far = np.exp(-decay * (np.maximum(edges, 1.0) - 1))
        halves.append((near + float(two.tails[k]) / decay * -np.diff(far)) / pairs)
    p = np.concatenate([halves[1][:0:-1], [halves[0][0] + halves[1][0]], halves[0][1:]])
    return np.arange(-t_max, t_max + 1), p


def _continuous_drift(two: continuous.TwoNeurons, window: str, tau: float, per: str) -> _Array:
    """tau in units of tau_ref."""
    ones = np.ones_like(two.w_12)
    t, dt = continuous.quadrature(0 * ones, min(1.0, tau) * ones if window == "triangular" else ones)
    k = stdp.window(window, t / tau) * dt
    drift = np.sum((two.density(1, t) - two.density(0, t)) * k, axis=-1)
    if window == "exponential":
        beyond = np.exp(-1 / tau) / (two.decay + 1 / tau)
    else:
        span = max(0.0, tau - 1)  # ∫_0^span (span − v)/tau e^{−decay v} dv
        beyond = (span / two.decay + np.expm1(-two.decay * span) / two.decay**2) / tau
    drift = drift + (two.tails[1] - two.tails[0]) * beyond
    return drift * two.both_off if per == "time" else drift / two.pairs
