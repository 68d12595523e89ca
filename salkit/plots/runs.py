"""Many runs in one panel: medians with quartile bands, runs as dots, and an axis that has a zero below its decades."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

from .style import look

__all__ = ["ASYMMETRY", "FUNCTIONAL", "KL", "Runs", "band", "bands", "decades", "reference", "strip", "with_zero"]

KL = r"$D_\mathrm{KL}(p^* \Vert\, p)$ (nats)"
ASYMMETRY = r"$\mathrm{Var}(W_{ij} - W_{ji})$"
FUNCTIONAL = r"$\mathrm{Var}(\tilde W_{ij} - \tilde W_{ji})$"
_NOTHING = 1e-12  # an asymmetry below is a rounding error

Runs = Mapping[str, ArrayLike]


def band(ax: Axes, x: ArrayLike, values: ArrayLike, rule: str, **style: Any) -> None:
    """Draw the median line and the quartile band of `values`, shape (runs, points), in the look of `rule`."""
    y = np.asarray(values, dtype=np.float64)
    places = np.broadcast_to(np.asarray(x, dtype=np.float64), y.shape)
    kept = {"label": look(rule).label, "ls": look(rule).line, "mew": 0, **style}
    sns.lineplot(
        x=places.ravel(), y=y.ravel(), estimator="median", errorbar=("pi", 50), color=look(rule).colour, ax=ax,
        legend=False, err_kws={"alpha": 0.25, "lw": 0}, **kept,
    )  # fmt: skip


def bands(ax: Axes, x: ArrayLike, by_rule: Runs) -> None:
    """Draw a band for every rule, values of shape (runs, points), on a logarithmic axis."""
    for rule, values in by_rule.items():
        band(ax, x, values, rule, marker="")
    decades(ax)


def reference(ax: Axes, values: ArrayLike, rule: str) -> None:
    """Draw median and quartiles of `values`, shape (runs,), across the whole panel."""
    low, middle, high = np.quantile(np.asarray(values, dtype=np.float64), [0.25, 0.5, 0.75])
    ax.axhspan(low, high, color=look(rule).colour, alpha=0.25, lw=0)
    ax.axhline(middle, color=look(rule).colour, lw=1, label=look(rule).label)


def with_zero(ax: Axes, x: ArrayLike, by_rule: Runs) -> Axes:
    """Draw a band for every rule, values of shape (levels, runs), with what is zero below a break of the axis.

    Return the lowest axes of the panel, which has the x axis.
    """
    places, ticks = np.asarray(x, dtype=np.float64), [f"{level:g}" for level in np.asarray(x, dtype=np.float64)]
    nothing: dict[str, NDArray[np.bool_]] = {}
    for rule, values in by_rule.items():
        y = np.asarray(values, dtype=np.float64)
        nothing[rule] = np.median(y, axis=1) < _NOTHING
        shown = ~nothing[rule]
        if shown.any():
            band(ax, places[shown], y[shown].T, rule, marker=look(rule).marker)
    decades(ax)
    ax.set_xticks(places, ticks)
    if not any(rows.any() for rows in nothing.values()):
        return ax
    foot = ax.inset_axes((0, -0.17, 1, 0.11), sharex=ax)
    for rule, rows in nothing.items():
        if rows.any():
            foot.plot(places[rows], np.zeros(rows.sum()), look(rule).marker, color=look(rule).colour, clip_on=False)
    foot.set(ylim=(-1, 1), yticks=[0], yticklabels=["0"])
    foot.set_xticks(places, ticks)
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    ax.spines["bottom"].set_visible(False)
    stroke: dict[str, Any] = {"marker": [(-1, -0.6), (1, 0.6)], "ms": 6, "ls": "", "color": "k", "mew": 0.7}
    for axes, height in ((ax, 0), (foot, 1)):
        axes.plot([0], [height], transform=axes.transAxes, clip_on=False, **stroke)
    return foot


def strip(ax: Axes, groups: Mapping[str, Runs], rules: Sequence[str]) -> None:
    """Draw every run as a dot, its rule's median as a line: groups side by side, one column for each rule."""
    rows = [
        (place, rule, value)
        for place, group in enumerate(groups.values())
        for rule, values in group.items()
        for value in np.asarray(values, dtype=np.float64).ravel()
    ]
    where, which, y = (list(column) for column in zip(*rows, strict=True))
    ax.set_yscale("log")
    shown = {"x": where, "y": y, "hue": which, "hue_order": list(rules), "ax": ax, "legend": False}
    colours = {rule: look(rule).colour for rule in rules}
    sns.stripplot(**shown, palette=colours, dodge=True, jitter=False, size=3, alpha=0.6)
    sns.pointplot(
        **shown, palette=colours, estimator="median", errorbar=None, linestyle="none", marker="_", markersize=11,
        markeredgewidth=1.6, dodge=0.8 * (1 - 1 / len(rules)),
    )  # fmt: skip
    for rule in rules:
        ax.plot([], [], "o", ms=3, color=look(rule).colour, label=look(rule).label)
    ax.set(xlabel="", ylabel="")
    ax.set_xticks(range(len(groups)), list(groups))


def decades(*axes: Axes) -> None:
    """Make the y axes logarithmic, labelled at decades, or everywhere if less than two of them are in view."""
    for ax in axes:
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        if np.floor(np.log10(high)) > np.ceil(np.log10(low)):
            ax.yaxis.set_minor_formatter(NullFormatter())
        if high > 1e6 * low:
            ax.yaxis.set_minor_locator(NullLocator())
