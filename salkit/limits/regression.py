"""The drift of SAL, measured with all weights frozen: where feedback will come to rest, before anything learns.

Two layers with random weights W (lower to upper) and B (back), neither of which learns. For each pair of a lower neuron
x and an upper neuron y the drift d_xy that SAL would give to B_xy, per tau_ref, is a line in the two weights:

    d_xy = s_W W_yx + s_B B_xy + offset + rest_xy + noise

    s_W > 0    what the forward synapse causes, as SAL sees it
    s_B < 0    what the feedback synapse causes; s_B > 0: asymmetry grows
    offset     what drives all pairs one way (common input, delays)
    rest_xy    what a pair has of its own, the same in every run: neighbours' weights, neurons that differ
    noise      of spikes; it differs from run to run and does not last

SAL comes to rest where the drift is zero, B = gain · W + …, gain = s_W/|s_B|, which should be 1. How far single
synapses will be off shows where all stand at the copy, B = Wᵀ: with d = a W + left_xy + noise there,

    gain = 1 + a/|s_B|,    tan² θ = M/(s_B gain)² / ⟨W²⟩,   M = ⟨left²⟩

θ is the angle that B will keep to Wᵀ. M is found without bias as the mean product of what two independent runs of the
same weights leave, since their noise is not shared. Pairs that share a neuron share its fluctuations: errors of slopes
are robust against that, in both layers at once (Cameron, Gelbach & Miller, J. Bus. Econ. Stat. 29 (2011)), with
Student's t for the fewer neurons; the error of the angle is a jackknife over upper neurons. The method is this suite's
own; any kind of neuron will do.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..estimates import Estimate
from ..kernels.cpu.lagged import lagged_sums, trains_of
from ..spikes import Spikes
from ..values import MOST, array, broadcast, choice, instance, number, room, shape_of, shown, whole

__all__ = ["Drift", "Rest", "between", "regress", "rest_point"]

_Array = NDArray[np.float64]
_SUMS = ("rectangular", "triangular")
_LONGEST = 1e9


class Drift(NamedTuple):
    """Slopes of the drift in W and B, its offset, and the fixed point's gain, which weights of its size have.

    noise: variance of the drift of one pair in one run, of its own length; others: slopes in further regressors.
    """

    forward: Estimate
    backward: Estimate
    offset: Estimate
    gain: Estimate
    noise: float
    others: dict[str, Estimate]

    @property
    def stable(self) -> bool:
        """Whether B surely returns to its fixed point: s_B < 0, with its interval."""
        return self.backward.high < 0


class Rest(NamedTuple):
    """Where B comes to rest: gain · Wᵀ, and the angle in degrees to it."""

    gain: Estimate
    angle: Estimate


def between(
    spikes: Spikes, lower: int, window: str = "rectangular", delay: float | None = None, shift: float = 0.0
) -> _Array:
    """SAL's drift of B_xy, (tau_ref/T) Σ S, replica by replica: shape (..., R, n_lower, n_upper).

    Parameters
    ----------
    spikes : Spikes
        Of two layers, the lower one first; with overlaps (rectangular window at tau_ref) or pairs (triangular) kept,
        or recorded.
    lower : int
        Neurons of the lower layer.
    window : "rectangular" or "triangular"
    delay : float, optional
        Of recorded spikes: what is taken off t_x − t_y, so that a spike of y counts when it arrives at x's synapse.
    shift : float
        With a delay: how much before that arrival a spike of x has to come to count as anti-causal.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    s = instance("spikes", spikes, Spikes)
    n = whole("lower", lower, least=1, most=s.neuron_count - 1)
    rectangular = choice("window", window, _SUMS) == "rectangular"
    if delay is not None:
        delay = float(number("delay", delay, least=-_LONGEST, most=_LONGEST))
        return _lagged(s, n, rectangular, delay, float(number("shift", shift, least=0, most=_LONGEST)))
    if number("shift", shift, least=0, most=_LONGEST):
        raise ValueError(f"shift goes with a delay, got {shift}")
    kept: NDArray[Any] = s.kept_overlaps() if rectangular else s.kept_pairs()
    later = np.swapaxes(kept[..., n:, :n], -1, -2) - kept[..., :n, n:]  # y after x potentiates B, x after y depresses
    drift: _Array = later * (s.tau_ref / s.duration)
    return drift


def _lagged(s: Spikes, lower: int, rectangular: bool, delay: float, shift: float) -> _Array:
    sums = np.zeros((*s.spike_counts.shape[:-1], lower, s.neuron_count - lower))
    if not s.recorded:
        raise ValueError("a delay needs recorded spikes: simulate with record=True")
    edges = np.empty(s.neuron_count + 1, np.int64)
    for index, times, neurons in s.trains():
        ordered = np.empty(times.size)
        trains_of(times.astype(np.float64), neurons, edges, ordered)
        lagged_sums(ordered, edges, lower, float(s.tau_ref), delay, shift, rectangular, sums[index])
    drift: _Array = sums * (s.tau_ref / s.duration)
    return drift


def regress(drift: ArrayLike, forward: ArrayLike, backward: ArrayLike, where: Any = None, **others: Any) -> Drift:
    """Fit the line to drifts measured at random weights.

    Parameters
    ----------
    drift : array, shape (..., R, n_lower, n_upper)
        Of B_xy, of R ≥ 2 independent runs of the same weights; leading axes are further pairs of layers.
    forward : array, shape (..., n_upper, n_lower)
        W.
    backward : array, shape (..., n_lower, n_upper)
        B.
    where : array of bool, shape (..., n_lower, n_upper), optional
        The pairs to count (default: all).
    **others : arrays, shape (..., n_lower, n_upper)
        Further regressors, such as the weights of neighbours.

    Raises
    ------
    ValueError
        Naming the value and what is allowed, and where weights do not tell the slopes apart.
    MemoryError
        Where there are too many pairs.
    """
    d, w, on = _checked(drift, forward, where)
    pairs, columns = w.shape, {"forward": w}
    for name, given in {"backward": backward, **others}.items():
        columns[name] = _column(name, given, pairs)
    room(f"a regression of {int(np.prod(pairs))} pairs", 6.0 * d.size * len(columns), "measure fewer pairs")
    x = np.stack([np.ones(pairs), *columns.values()], axis=-1)
    slopes, covariance, t = _line(d.mean(axis=1), x, on)
    found = [_around(value, t * error) for value, error in zip(slopes, np.sqrt(np.diag(covariance)), strict=True)]
    gain = -slopes[1] / slopes[2]
    spread = covariance[1, 1] + gain**2 * covariance[2, 2] + 2 * gain * covariance[1, 2]
    noise = float(np.sum(on * d.var(axis=1, ddof=1)) / on.sum())
    half = t * np.sqrt(max(spread, 0.0)) / abs(slopes[2])
    others_found = dict(zip(list(columns)[2:], found[3:], strict=True))
    return Drift(found[1], found[2], found[0], _around(gain, half), noise, others_found)


def rest_point(drift: ArrayLike, forward: ArrayLike, stiffness: float, where: Any = None) -> Rest:
    """Gain and angle of the fixed point from drifts measured at the copy, B = Wᵀ.

    Parameters
    ----------
    drift : array, shape (..., R, n_lower, n_upper)
        Of B_xy at B = Wᵀ, of R ≥ 2 independent runs of the same weights.
    forward : array, shape (..., n_upper, n_lower)
        W.
    stiffness : float
        |s_B| > 0, from `regress`.
    where : array of bool, shape (..., n_lower, n_upper), optional
        The pairs to count (default: all).

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    d, w, on = _checked(drift, forward, where)
    pull = float(number("stiffness", stiffness, positive=True, most=MOST))
    slopes, covariance, t = _line(d.mean(axis=1), np.stack([np.ones(w.shape), w], axis=-1), on)
    gain = _around(1 + slopes[1] / pull, t * np.sqrt(covariance[1, 1]) / pull)
    left, runs = d - slopes[1] * w[:, None], d.shape[1]
    product = (left.sum(axis=1) ** 2 - np.sum(left**2, axis=1)) / (runs * (runs - 1))
    over, size = np.sum(on * product, axis=1).ravel(), np.sum(on * w * w, axis=1).ravel()  # of each upper neuron
    ratio, without = float(over.sum() / size.sum()), (over.sum() - over) / (size.sum() - size)
    half = t * np.sqrt(np.sum((without - without.mean()) ** 2) * (over.size - 1) / over.size)
    tangents = np.sqrt(np.maximum([ratio, ratio - half, ratio + half], 0.0)) / pull
    middle, low, high = np.degrees(np.arctan2(tangents, gain.value))
    return Rest(gain, Estimate(float(middle), float(min(low, high)), float(max(low, high))))


def _checked(drift: Any, forward: Any, where: Any) -> tuple[_Array, _Array, NDArray[np.bool_]]:
    """drift (members, R, lower, upper), W as (members, lower, upper), and the pairs that count."""
    d = array("drift", drift)
    if d.ndim < 3 or d.shape[-3] < 2 or min(d.shape[-2:]) < 2:
        raise ValueError(f"drift must have shape (..., R, n_lower, n_upper), each 2 or more, got {d.shape}")
    pairs = (*d.shape[:-3], *d.shape[-2:])
    w = array("forward", forward)
    w = _column("forward", np.swapaxes(w, -1, -2) if w.ndim > 1 else w, pairs)
    on = np.ones(pairs, bool) if where is None else _mask(where, pairs)
    if not np.any(on):
        raise ValueError("where must leave pairs to count")
    return d.reshape(-1, *d.shape[-3:]), w, on.reshape(-1, *pairs[-2:])


def _column(name: str, given: Any, pairs: tuple[int, ...]) -> _Array:
    """Weights of all pairs, (members, lower, upper); `pairs` with or without the members in one axis."""
    values = array(name, given)
    members = int(np.prod(pairs[:-2], dtype=int))
    if values.ndim >= 2 and values.shape[-2:] == pairs[-2:] and values.size == members * pairs[-2] * pairs[-1]:
        return values.reshape(members, *pairs[-2:])
    if values.ndim < 2 or not broadcast(values.shape, pairs) or values.ndim > len(pairs):
        lower, upper = pairs[-2:]
        raise ValueError(f"{name} must fit drifts of {lower} lower and {upper} upper neurons, got {values.shape}")
    return np.broadcast_to(values, pairs).reshape(members, *pairs[-2:])


def _mask(where: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    given = shape_of("where", where)
    if not broadcast(given, shape) or len(given) > len(shape) or (chosen := np.asarray(where)).dtype != np.bool_:
        raise ValueError(f"where must be an array of bool of shape {shape}, got {shown(where)}")
    return np.broadcast_to(chosen, shape)


def _line(y: _Array, x: _Array, on: NDArray[np.bool_]) -> tuple[_Array, _Array, float]:
    """Slopes of y (members, lower, upper) in x (…, regressors), their covariance, and Student's t."""
    kept = on[..., None] * x
    square = np.einsum("mabi,mabj->ij", kept, kept)
    scale = np.sqrt(np.maximum(np.diag(square), 1e-300))
    if np.linalg.cond(square / scale / scale[:, None]) > 1e12:
        raise ValueError("forward and backward weights (and others) must vary, each in its own way, to tell slopes")
    inverse = np.linalg.inv(square)
    slopes = inverse @ np.einsum("mabi,mab->i", kept, y)
    score = kept * (y - x @ slopes)[..., None]
    plain = inverse * np.sum(score[..., 0] ** 2) / max(on.sum() - len(square), 1)
    meat = sum(_meat(part) for part in (score.sum(axis=2), score.sum(axis=1))) - _meat(score)
    robust = inverse @ meat @ inverse
    if np.min(np.linalg.eigvalsh(robust / scale / scale[:, None] * scale.min() ** 2)) <= 0:
        robust = plain  # the difference of two covariances need not be one
    fewer = min(int(np.sum(on.any(axis=axis))) for axis in (1, 2))
    return slopes, robust, float(stats.t.isf(0.025, max(fewer - 1, 1)))


def _meat(score: _Array) -> _Array:
    """Σ of the outer products of scores, with the correction for few of them."""
    rows = score.reshape(-1, score.shape[-1])
    number = int(np.count_nonzero(np.any(rows != 0, axis=1)))
    outer: _Array = rows.T @ rows * (number / max(number - 1, 1))
    return outer


def _around(value: float, half: float) -> Estimate:
    return Estimate(float(value), float(value - half), float(value + half))
