"""A claim: what the paper shows, what we measured with its confidence interval, and the verdict.

    holds       the whole interval lies within the bounds
    fails       the whole interval lies outside
    undecided   the interval contains a bound: more seeds would tell

A number known exactly (a count, a rounding error) has no interval and holds or fails. Intervals are over seeds or
replicas: Student's for a mean, percentile bootstrap for anything else.
"""

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

__all__ = ["Claim", "bootstrap_interval", "check", "mean_interval", "table"]

VERDICTS = ("holds", "fails", "undecided")


@dataclass(frozen=True)
class Claim:
    """One claim and its evidence.

    Parameters
    ----------
    text : str
        What is claimed.
    paper : str
        What the paper shows.
    measured : float
        The statistic.
    interval : (float, float), optional
        Its 95 % confidence interval; it must contain `measured`.
    above, below : float, optional
        The bounds that the claim is held to, at least one.
    digits : int
        Significant digits shown.

    Raises
    ------
    ValueError
        For a number that is not finite, an interval without the measured value, no bound, or bounds that cross.
    """

    text: str
    paper: str
    measured: float
    interval: tuple[float, float] | None = None
    above: float | None = None
    below: float | None = None
    digits: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "measured", float(self.measured))
        if self.interval is not None:
            low, high = (float(bound) for bound in self.interval)
            object.__setattr__(self, "interval", (low, high))
            if not low <= self.measured <= high:
                raise ValueError(f"the interval {low} … {high} must contain the measured value {self.measured}")
        numbers = [self.measured, *(self.interval or ()), *(b for b in (self.above, self.below) if b is not None)]
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"measured, interval and bounds must be finite, got {numbers}")
        if self.above is None and self.below is None:
            raise ValueError("a claim needs a bound to be held to: above=, below= or both")
        if self.above is not None and self.below is not None and self.above > self.below:
            raise ValueError(f"above must not exceed below, got above={self.above}, below={self.below}")

    @property
    def verdict(self) -> str:
        """ "holds", "fails" or "undecided"."""
        low, high = self.interval or (self.measured, self.measured)
        above = -math.inf if self.above is None else self.above
        below = math.inf if self.below is None else self.below
        if above <= low and high <= below:
            return "holds"
        return "fails" if high < above or low > below else "undecided"

    @property
    def result(self) -> str:
        """The measured value with its interval, rounded."""
        shown = [
            f"{float(f'{x:.{self.digits}g}'):g}" for x in (self.measured, *(self.interval or ()))
        ]  # 240, not 2.4e+02
        return shown[0] if self.interval is None else f"{shown[0]} [{shown[1]}, {shown[2]}]"

    @property
    def held_to(self) -> str:
        """The bounds in words."""
        if self.above is None:
            return f"≤ {self.below:g}"
        return f"≥ {self.above:g}" if self.below is None else f"{self.above:g} … {self.below:g}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, the verdict among them."""
        return {
            "text": self.text,
            "paper": self.paper,
            "measured": self.measured,
            "interval": None if self.interval is None else list(self.interval),
            "above": self.above,
            "below": self.below,
            "result": self.result,
            "held_to": self.held_to,
            "verdict": self.verdict,
        }


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


def table(claims: Sequence[Claim]) -> str:
    """The claims as a text table: claim, what the paper shows, what we measured, the bound it is held to, verdict."""
    head = ("claim", "the paper shows", "we measured [95 % CI]", "held to", "verdict")
    widths = (38, 30, 24, 16, 9)
    lines = [_row(head, widths), "  ".join("-" * width for width in widths)]
    for claim in claims:
        lines.append(_row((claim.text, claim.paper, claim.result, claim.held_to, claim.verdict), widths))
    return "\n".join(lines)


def check(claims: Sequence[Claim]) -> None:
    """Raise AssertionError naming every claim that does not hold."""
    wrong = [f"{c.text}: {c.result} is held to {c.held_to}, {c.verdict}" for c in claims if c.verdict != "holds"]
    assert not wrong, "; ".join(wrong)


def _sample(values: ArrayLike, level: float) -> Any:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size < 2 or not np.all(np.isfinite(x)):
        raise ValueError(f"an interval needs at least two finite values in one row, got shape {x.shape}")
    return x


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    height = max(len(cell) for cell in wrapped)
    lines = [
        "  ".join((cell[k] if k < len(cell) else "").ljust(width) for cell, width in zip(wrapped, widths, strict=True))
        for k in range(height)
    ]
    return "\n".join(line.rstrip() for line in lines)
