"""A claim: what the paper shows, what we measured, what a null would show, and the verdict.

    holds       the whole interval lies within the bounds
    fails       the whole interval lies outside
    undecided   the interval contains a bound: more seeds would tell
    differs     it holds, but lies wholly outside what the paper shows; the reason is given

A number known exactly (a count, a rounding error) has no interval. The *null* is what would be measured if the claim
were empty: no SAL, Hebbian learning, random feedback, another window. A claim discriminates if its null fails.

Texts, bounds with their reason, nulls, the paper's column and the verdict that the stored seed is to give are data:
`notebooks/claims.toml`, one table a claim, [figure.key]:

    claim, paper    what is claimed; what the paper shows, in words
    shown           the same as two numbers, where it gives some: an interval wholly outside them "differs"
    above, below    the bounds, at least one; reason: where they come from
    null            what the null is
    null_value      its value, where theory knows it; else the notebook measures it
    why             for a verdict that is not "holds": the reason
    verdict         the expected one (default "holds")
    digits          significant digits shown (default 2)
    at_paper        a table of entries that differ at the paper preset
"""

import math
import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..estimates import Estimate, bootstrap_interval, mean_interval

__all__ = ["Claim", "bootstrap_interval", "check", "claim", "definitions", "mean_interval", "of_figure", "table"]

VERDICTS = ("holds", "differs", "undecided", "fails")
_FIELDS = {
    "claim", "paper", "shown", "above", "below", "reason", "null", "null_value", "why", "verdict", "digits", "at_paper",
}  # fmt: skip
_NEEDED = ("claim", "paper", "reason", "null")


@dataclass(frozen=True)
class Claim:
    """One claim and its evidence.

    Parameters
    ----------
    text, paper : str
        What is claimed, and what the paper shows.
    measured : float
        The statistic.
    interval : (float, float), optional
        Its 95 % confidence interval; it must contain `measured`.
    above, below : float, optional
        The bounds that the claim is held to, at least one.
    digits : int
        Significant digits shown.
    shown : (float, float), optional
        The range that the paper shows.
    null : (float, float, float), optional
        What the null gives: value and interval, of which all three may be the same number.
    null_text, why, key : str
        What the null is; the reason for a verdict that is not "holds"; the claim's name in `notebooks/claims.toml`.
    expected : str
        The verdict that the stored seed is to give.

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
    shown: tuple[float, float] | None = None
    null: tuple[float, float, float] | None = None
    null_text: str = ""
    why: str = ""
    key: str = ""
    expected: str = "holds"

    def __post_init__(self) -> None:
        object.__setattr__(self, "measured", float(self.measured))
        if self.interval is not None:
            low, high = (float(bound) for bound in self.interval)
            object.__setattr__(self, "interval", (low, high))
            if not low <= self.measured <= high:
                raise ValueError(f"the interval {low} … {high} must contain the measured value {self.measured}")
        numbers = [self.measured, *(self.interval or ()), *(b for b in (self.above, self.below) if b is not None)]
        if not all(math.isfinite(number) for number in [*numbers, *(self.null or ())]):
            raise ValueError(f"measured, interval, bounds and null must be finite, got {numbers} and {self.null}")
        if self.above is None and self.below is None:
            raise ValueError("a claim needs a bound to be held to: above=, below= or both")
        if self.above is not None and self.below is not None and self.above > self.below:
            raise ValueError(f"above must not exceed below, got above={self.above}, below={self.below}")
        if self.expected not in VERDICTS:
            raise ValueError(f"a verdict must be one of {', '.join(VERDICTS)}, got {self.expected!r}")

    @property
    def verdict(self) -> str:
        """ "holds", "differs", "undecided" or "fails"."""
        low, high = self.interval or (self.measured, self.measured)
        found = self._against_bounds(low, high)
        if found == "holds" and self.shown is not None and (high < self.shown[0] or low > self.shown[1]):
            return "differs"
        return found

    @property
    def discriminates(self) -> bool:
        """Whether the null lies outside the bounds, with its whole interval."""
        return self.null is not None and self._against_bounds(*self.null[1:]) == "fails"

    def _against_bounds(self, low: float, high: float) -> str:
        above = -math.inf if self.above is None else self.above
        below = math.inf if self.below is None else self.below
        if above <= low and high <= below:
            return "holds"
        return "fails" if high < above or low > below else "undecided"

    @property
    def result(self) -> str:
        """The measured value with its interval, rounded."""
        return self._shown(self.measured, self.interval)

    @property
    def null_result(self) -> str:
        """The same of the null, "" where it is not given."""
        if self.null is None:
            return ""
        value, low, high = self.null
        return self._shown(value, None if low == high else (low, high))

    def _shown(self, value: float, interval: tuple[float, float] | None) -> str:
        shown = [f"{float(f'{x:.{self.digits}g}'):g}" for x in (value, *(interval or ()))]  # 240, not 2.4e+02
        return shown[0] if interval is None else f"{shown[0]} [{shown[1]}, {shown[2]}]"

    @property
    def held_to(self) -> str:
        """The bounds in words."""
        if self.above is None:
            return f"≤ {self.below:g}"
        return f"≥ {self.above:g}" if self.below is None else f"{self.above:g} … {self.below:g}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, the verdict among them."""
        return {
            "key": self.key,
            "text": self.text,
            "paper": self.paper,
            "measured": self.measured,
            "interval": None if self.interval is None else list(self.interval),
            "above": self.above,
            "below": self.below,
            "shown": None if self.shown is None else list(self.shown),
            "null": None if self.null is None else list(self.null),
            "null_text": self.null_text,
            "why": self.why,
            "result": self.result,
            "null_result": self.null_result,
            "held_to": self.held_to,
            "verdict": self.verdict,
        }


@cache
def definitions(path: Path) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The claims of the suite as data: {figure: {key: entries}}.

    Raises ValueError for a file that cannot be read, and for a claim with an unknown entry or without a needed one.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from None
    for figure, claims in found.items():
        for key, entries in claims.items():
            unknown = {*entries, *entries.get("at_paper", {})} - _FIELDS
            missing = [name for name in _NEEDED if name not in entries]
            if unknown or missing:
                raise ValueError(f"{path.name}, {figure}.{key}: unknown entries {sorted(unknown)}, missing {missing}")
    return found


def of_figure(path: Path, figure: str, preset: str, results: Mapping[str, Any]) -> list[Claim]:
    """The claims of a figure with what was measured: {key: measured, or (measured, null)}.

    measured and null are numbers, or a `salkit.estimates.Estimate`; a null that theory knows stands in the file
    instead.
    Raises ValueError unless the keys are just those that the file has for this figure, each with a null from one place.
    """
    defined = definitions(path).get(figure, {})
    if set(defined) != set(results):
        raise ValueError(
            f"{path.name} and the notebook differ in the claims of {figure}: only the file has "
            f"{sorted(set(defined) - set(results))}, only the notebook {sorted(set(results) - set(defined))}"
        )
    return [claim(f"{figure}.{key}", defined[key], preset, result) for key, result in results.items()]


def claim(key: str, entries: Mapping[str, Any], preset: str, result: Any) -> Claim:
    """One claim of `of_figure`, from its entries in the file. Raises ValueError without its null, or with two."""
    entries = {**entries, **(entries.get("at_paper", {}) if preset == "paper" else {})}
    pair = isinstance(result, tuple) and not isinstance(result, Estimate)
    measured, null = result if pair else (result, entries.get("null_value"))
    if null is None or (pair and "null_value" in entries):
        raise ValueError(f"{key} needs its null from one place: (measured, null) in the notebook, or null_value")
    value, interval = _split(measured)
    null_value, null_interval = _split(null)
    return Claim(
        entries["claim"], entries["paper"], value, interval, entries.get("above"), entries.get("below"),
        entries.get("digits", 2), entries.get("shown") and tuple(entries["shown"]),
        (null_value, *(null_interval or (null_value, null_value))), entries["null"], entries.get("why", ""), key,
        entries.get("verdict", "holds"),
    )  # fmt: skip


def _split(measured: Any) -> tuple[float, tuple[float, float] | None]:
    if isinstance(measured, Estimate):
        return measured.value, (measured.low, measured.high)
    return float(measured), None


def table(claims: Sequence[Claim]) -> str:
    """The claims as a text table: claim, paper, what we measured, what the null gives, bounds, verdict."""
    head = ("claim", "the paper shows", "we measured [95 % CI]", "null", "held to", "verdict")
    widths = (36, 24, 24, 24, 16, 9)
    lines = [_row(head, widths), "  ".join("-" * width for width in widths)]
    for claim in claims:
        null = f"{claim.null_result} ({claim.null_text})" if claim.null_text else claim.null_result
        lines.append(_row((claim.text, claim.paper, claim.result, null, claim.held_to, claim.verdict), widths))
        if claim.verdict != "holds" and claim.why:
            lines += textwrap.wrap(
                f"{claim.verdict}: {claim.why}", 120, initial_indent="    ", subsequent_indent="    "
            )
    return "\n".join(lines)


def check(claims: Sequence[Claim]) -> list[str]:
    """What is not as it is to be: verdicts other than the expected ones, and nulls that pass. Empty if all is."""
    wrong = [f"{c.text}: {c.result} is held to {c.held_to}, {c.verdict}, expected: {c.expected}" for c in claims
             if c.verdict != c.expected]  # fmt: skip
    return wrong + [
        f"{c.text}: its null ({c.null_text}) gives {c.null_result}, which is not outside {c.held_to}"
        for c in claims if c.null is not None and not c.discriminates
    ]  # fmt: skip


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    height = max(len(cell) for cell in wrapped)
    lines = [
        "  ".join((cell[k] if k < len(cell) else "").ljust(width) for cell, width in zip(wrapped, widths, strict=True))
        for k in range(height)
    ]
    return "\n".join(line.rstrip() for line in lines)
