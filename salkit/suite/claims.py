"""A claim: what the paper shows, what we measured with its confidence interval, and the verdict.

    holds       the whole interval lies within the bounds
    fails       the whole interval lies outside
    undecided   the interval contains a bound: more seeds would tell

A number known exactly (a count, a rounding error) has no interval and holds or fails. Intervals are over seeds or
replicas: Student's for a mean, percentile bootstrap for anything else.
"""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    height = max(len(cell) for cell in wrapped)
    lines = [
        "  ".join((cell[k] if k < len(cell) else "").ljust(width) for cell, width in zip(wrapped, widths, strict=True))
        for k in range(height)
    ]
    return "\n".join(line.rstrip() for line in lines)
