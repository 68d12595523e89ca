"""A number with its 95 % confidence interval, over seeds or replicas that are independent.

    mean             Student's interval
    geometric_mean   the same of the logarithms: for ratios, compared run by run
    median           percentile bootstrap
    slope            through the origin, of values with known standard errors

Runs that share a target are more alike than runs of two. With `groups`, means are taken within each group first and the
interval is over groups; the bootstrap draws groups, then values within them (Davison & Hinkley 1997, section 3.8).
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

__all__ = ["Estimate", "bootstrap_interval", "geometric_mean", "mean", "mean_interval", "median", "slope"]


class Estimate(NamedTuple):
    """A measured value and the ends of its confidence interval."""

    value: float
    low: float
    high: float


def mean(values: ArrayLike, groups: ArrayLike | None = None) -> Estimate:
    """Mean of values of shape (n,) with n ≥ 2 (or as many groups). Raises ValueError as `mean_interval`."""
    x = _by_group(values, groups)
    return Estimate(float(x.mean()), *mean_interval(x))


def geometric_mean(values: ArrayLike, groups: ArrayLike | None = None) -> Estimate:
    """Geometric mean of positive values, as `mean`. Raises ValueError for a value that is not positive, too."""
    x = np.asarray(values, dtype=np.float64)
    if not np.all(x > 0):
        raise ValueError(f"a geometric mean needs positive values, got {x[~(x > 0)].flat[0]}")
    return Estimate(*(float(np.exp(number)) for number in mean(np.log(x), groups)))


def median(values: ArrayLike, groups: ArrayLike | None = None) -> Estimate:
    """Median of values of shape (n,) with n ≥ 2. Raises ValueError as `bootstrap_interval`."""
    return Estimate(float(np.median(np.asarray(values))), *bootstrap_interval(values, groups=groups))


def slope(x: ArrayLike, y: ArrayLike, error: ArrayLike) -> Estimate:
    """Slope of y against x through the origin, y normal with known standard errors: all of shape (n,).

    Raises ValueError for other shapes, values that are not finite, errors that are not positive, and x all zero.
    """
    at, value, sd = (np.asarray(array, dtype=np.float64) for array in (x, y, error))
    if at.ndim != 1 or not at.shape == value.shape == sd.shape or not np.all(np.isfinite([at, value, sd])):
        raise ValueError(f"x, y, error must be finite, of one shape (n,), got {at.shape}, {value.shape}, {sd.shape}")
    if not np.all(sd > 0) or not np.any(at):
        raise ValueError("a slope needs positive standard errors and an x that is not 0")
    information = np.sum((at / sd) ** 2)
    best, half = np.sum(at * value / sd**2) / information, stats.norm.isf(0.025) / math.sqrt(information)
    return Estimate(float(best), float(best - half), float(best + half))


def mean_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Student's confidence interval of the mean of independent values, shape (n,) with n ≥ 2.

    Raises ValueError for fewer values, for values that are not finite, and for a level outside (0, 1).
    """
    x = _sample(values, level)
    half = stats.t.isf((1 - level) / 2, x.size - 1) * x.std(ddof=1) / math.sqrt(x.size)
    return float(x.mean() - half), float(x.mean() + half)


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[..., Any] = np.median,
    level: float = 0.95,
    resamples: int = 4000,
    seed: int = 0,
    groups: ArrayLike | None = None,
) -> tuple[float, float]:
    """Percentile bootstrap interval of `statistic(x, axis=-1)` of values of shape (n,) with n ≥ 2.

    The values are independent, or come in independent `groups` of one size, shape (n,): runs of one target are more
    alike than runs of two. Then groups are drawn with replacement, and from each as many values as it has, with
    replacement (Davison & Hinkley 1997, section 3.8: a little wider than groups alone). `statistic` must not depend on
    the order of the values.

    Raises ValueError for values that are not finite, and for groups of another shape, of unequal sizes or only one.
    """
    x = _sample(values, level)
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}")
    labels = np.arange(x.size) if groups is None else np.asarray(groups)
    sizes = np.unique(labels, return_counts=True)[1]
    if labels.shape != x.shape or sizes.size < 2 or np.ptp(sizes) > 0:
        raise ValueError(f"groups must be two or more of one size, for {x.size} values, got {labels.tolist()}")
    grouped = x[np.argsort(labels, kind="stable")].reshape(sizes.size, sizes[0])
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, sizes.size, (resamples, sizes.size, 1))
    drawn = grouped[chosen, rng.integers(0, sizes[0], (resamples, *grouped.shape))].reshape(resamples, x.size)
    low, high = np.quantile(statistic(drawn, axis=-1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _sample(values: ArrayLike, level: float) -> Any:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size < 2 or not np.all(np.isfinite(x)):
        raise ValueError(f"an interval needs at least two finite values in one row, got shape {x.shape}")
    return x


def _by_group(values: ArrayLike, groups: ArrayLike | None) -> Any:
    """The values, or the mean of each group."""
    x = np.asarray(values, dtype=np.float64)
    if groups is None:
        return x
    labels = np.asarray(groups)
    if x.ndim != 1 or labels.shape != x.shape:
        raise ValueError(f"groups must have the shape of the values {x.shape}, got {labels.shape}")
    return np.array([x[labels == label].mean() for label in np.unique(labels)])
