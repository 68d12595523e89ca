"""The figures of notebook 06: why SAL works in any network, what it costs, and how other rules do."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator
from numpy.typing import ArrayLike

from ..estimates import Estimate
from ..spikes import Spikes
from .runs import band
from .style import COLOURS, label_panels, look, styled

__all__ = ["breaking", "efficiency", "entropy", "falling", "fan_in", "fig7", "layer", "reversal"]

_SIGMA = r"$\sigma$ (nats per $\tau_\mathrm{ref}$)"
_HALF_SQUARES = r"$\frac{1}{2}\sum_{i<j} D_{ij}^2$"
_TURN = "angle of $B$ to $W^\\mathsf{T}$ (degrees)"


@styled
def reversal(spikes: Spikes, until: float) -> Figure:
    """Draw the on-intervals of two neurons up to `until`, and the same backwards; an arrow for each overlap.

    spikes : recorded, of two neurons i and j, one replica
    """
    figure, axes = plt.subplots(2, 1, figsize=(5.2, 2.6), sharex=True)
    tau = float(spikes.tau_ref)
    start = [spikes.times[(spikes.neurons == n) & (spikes.times < until - tau)] / tau for n in (0, 1)]
    for ax, title, turned in zip(axes, ("forwards", "backwards"), (False, True), strict=True):
        begins = [np.sort(until / tau - 1 - times) if turned else times for times in start]
        for n, times in enumerate(begins):
            ax.barh(
                np.full(times.size, 1.0 - n), 1.0, left=times, height=0.42, color=COLOURS["ij"[n]], alpha=0.25, lw=0
            )
            ax.plot(times, np.full(times.size, 1.0 - n), "|", ms=11, mew=2, color=COLOURS["ij"[n]])
        for later, kind in ((0, "causal"), (1, "anti-causal")):
            for t in begins[later]:
                earlier = begins[1 - later][(begins[1 - later] < t) & (begins[1 - later] > t - 1)]
                for first in earlier:
                    ends = {"xy": (t, 1.0 - later), "xytext": (first, float(later))}
                    ax.annotate("", **ends, arrowprops={"arrowstyle": "-|>", "color": COLOURS[kind], "lw": 1.1})
        ax.set(yticks=[0, 1], yticklabels=["$j$", "$i$"], ylim=(-0.5, 1.5), xlim=(0, until / tau))
        ax.set_title(title, loc="left")
    axes[1].set_xlabel(r"time ($\tau_\mathrm{ref}$)")
    for place, kind, words in (
        (0.62, "causal", "$i$ joins $j$: $e^{W_{ij}}$"),
        (0.99, "anti-causal", "$j$ joins $i$: $e^{W_{ji}}$"),
    ):
        axes[0].text(place, 1.06, words, color=COLOURS[kind], transform=axes[0].transAxes, ha="right", va="bottom")
    label_panels(axes)
    return figure


@styled
def entropy(
    neurons: ArrayLike, measured: ArrayLike, error: ArrayLike, exact: Mapping[str, Any], scores: Mapping[str, ArrayLike]
) -> Figure:
    """Entropy production of random networks: against their size, against what is exact, and pair by pair.

    neurons, measured, error : one number a network; exact : for each label (exact, measured), arrays of one shape;
    scores : "random" and "symmetric" → (r_ij − r_ji)/its standard error, one number a pair
    """
    figure, (ax, middle, right) = plt.subplots(1, 3, figsize=(7.0, 2.4))
    n, number = np.asarray(neurons, dtype=float), np.arange(np.size(neurons))
    places = n * np.exp(0.05 * (number % 7 - 3))
    ax.errorbar(
        places, measured, yerr=2 * np.asarray(error), fmt="o", ms=2.5, color=COLOURS["continuous"], elinewidth=0.7
    )
    ax.set(xscale="log", yscale="log", xlabel="neurons $N$", ylabel=_SIGMA)
    ax.set_xticks(np.unique(n), [f"{x:g}" for x in np.unique(n)])
    ax.minorticks_off()
    ends = [np.inf, 0.0]
    for (label, (x, y)), kind in zip(exact.items(), "ik", strict=False):
        middle.plot(x, y, look(kind).marker, color=COLOURS[kind], ms=3.5, mew=0, alpha=0.8, label=label)
        ends = [min(ends[0], float(np.min(x))), max(ends[1], float(np.max(x)))]
    middle.plot(ends, ends, color=COLOURS["theory"], lw=0.8)
    middle.set(xscale="log", yscale="log", xlabel="exact " + _SIGMA, ylabel="from spikes")
    middle.legend(loc="upper left")
    bins = np.linspace(-8, 8, 49)
    for label, kind in (("random", "start"), ("symmetric", "continuous")):
        share = np.histogram(np.clip(scores[label], -8, 8), bins)[0] / np.size(scores[label]) / (bins[1] - bins[0])
        right.stairs(
            share, bins, color=COLOURS[kind], fill=kind == "start", alpha=0.5 if kind == "start" else 1, label=label
        )
    right.plot(bins, np.exp(-(bins**2) / 2) / np.sqrt(2 * np.pi), color=COLOURS["theory"], lw=0.8)
    right.set(xlabel="$r_{ij}-r_{ji}$ (standard errors)", ylabel="density of pairs")
    right.legend(loc="upper center")
    label_panels((ax, middle, right))
    return figure


@styled
def falling(curves: Mapping[str, tuple[Any, Any, Any]], wrong: tuple[ArrayLike, ArrayLike], pairs: ArrayLike) -> Figure:
    """Asymmetry over learning, measured and as the entropy production predicts; single pairs; pairs that go astray.

    curves : for each window (time in 1000 tau_ref, half sum of squares (run, time), what is predicted (run, time));
    wrong : sizes N, share of pairs whose drift has the wrong sign (network, N); pairs : |D_ij| of one run (time, pair)
    """
    figure, (ax, middle, right) = plt.subplots(1, 3, figsize=(7.0, 2.4))
    time = None
    for (window, (time, measured, predicted)), style in zip(curves.items(), ("-", "--"), strict=False):
        start = np.asarray(measured)[:, :1]
        band(ax, time, np.asarray(measured) / start, "sal", ls=style, label=f"{window} window")
        ax.plot(time, np.median(np.asarray(predicted) / start, axis=0), color=COLOURS["theory"], ls=":", lw=1.2)
    ax.plot([], [], color=COLOURS["theory"], ls=":", label=r"$-2\eta\int\sigma\,dt$")
    ax.set(xlabel=r"time ($10^3\,\tau_\mathrm{ref}$)", ylabel=_HALF_SQUARES + ", share of start", ylim=(0, None))
    ax.legend(loc="upper right")
    d = np.asarray(pairs)
    rising = d[len(d) // 6] > d[0]
    for column in np.argsort(rising, kind="stable"):
        colour, alpha = (COLOURS["causal"], 0.9) if rising[column] else (COLOURS["sal"], 0.3)
        middle.plot(time, d[:, column], color=colour, alpha=alpha, lw=0.7)
    middle.set(xlabel=ax.get_xlabel(), ylabel="$|D_{ij}|$", ylim=(0, None))
    n, share = np.asarray(wrong[0], dtype=float), 100 * np.asarray(wrong[1], dtype=float)
    band(right, n, share.T, "sal", marker="o")
    right.set(xlabel="neurons $N$", ylabel="pairs that go astray (%)", xscale="log", ylim=(0, None))
    right.set_xticks(n, [f"{x:g}" for x in n])
    right.minorticks_off()
    label_panels((ax, middle, right))
    return figure


@styled
def breaking(turned: Mapping[str, Estimate], slopes: Mapping[str, Estimate]) -> Figure:
    """How good a copy is under various conditions, a row each: the angle left, in degrees, and the slope of B on Wᵀ."""
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 0.24 * len(turned) + 0.8), sharey=True)
    rows = -np.arange(len(turned))
    for ax, found, best in zip(axes, (turned, slopes), (0, 1), strict=True):
        for row, (name, (middle, low, high)) in zip(rows, found.items(), strict=True):
            kind = "one-sided" if "one-sided" in name else "sal"
            error = [[middle - low], [high - middle]]
            ax.errorbar(middle, row, xerr=error, fmt=look(kind).marker, ms=4, color=COLOURS[kind])
        ax.axvline(best, color=COLOURS["theory"], lw=0.7)
    axes[0].set_yticks(rows, list(turned))
    axes[0].set(xlabel=_TURN, xlim=(0, None))
    axes[1].set_xlabel(r"slope of $B$ on $W^\mathsf{T}$")
    label_panels(axes)
    return figure


@styled
def layer(
    snapshots: Mapping[str, ArrayLike], forward: ArrayLike, time: ArrayLike, turned: ArrayLike, law: ArrayLike
) -> Figure:
    """A layer that aligns: B against Wᵀ at a few times, and the angle between them.

    snapshots : title → B (n, m); forward : W (m, n); time in tau_ref; turned : degrees (run, time); law : (time,)
    """
    figure, axes = plt.subplots(1, len(snapshots) + 1, figsize=(7.0, 2.1), width_ratios=[*[1] * len(snapshots), 1.5])
    copy, reach = np.asarray(forward).T, 1.15 * np.abs(np.asarray(forward)).max()
    for ax, (title, back) in zip(axes, snapshots.items(), strict=False):
        scatter_panel(ax, copy, back, reach)
        ax.set_title(title, loc="left")
    for ax in axes[1:-1]:
        ax.set_yticklabels([])
        ax.set_ylabel("")
    turn_panel(axes[-1], time, turned, "sal")
    axes[-1].plot(time, law, color=COLOURS["theory"], lw=1, label="theory")
    axes[-1].set(xlabel=r"time ($\tau_\mathrm{ref}$)")
    axes[-1].legend(loc="upper right")
    label_panels(axes)
    return figure


def scatter_panel(ax: Axes, copy: ArrayLike, back: ArrayLike, reach: float, rule: str = "sal") -> None:
    """Draw feedback weights against the forward weights that they should equal, arrays of one shape, within ±reach."""
    ax.axline((0, 0), slope=1, color=COLOURS["theory"], lw=0.7)
    ax.plot(np.ravel(copy), np.ravel(back), ".", ms=2, mew=0, alpha=0.5, color=look(rule).colour, rasterized=True)
    ax.set(xlabel=r"$W^\mathsf{T}$", ylabel="$B$", aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))


def turn_panel(ax: Axes, x: ArrayLike, turned: ArrayLike, rule: str, **style: Any) -> None:
    """Draw an angle in degrees, shape (run, time), against x, shape (time,), on a logarithmic axis."""
    places, degrees = np.asarray(x, dtype=float), np.asarray(turned, dtype=float)
    kept = places > 0
    band(ax, places[kept], degrees[:, kept], rule, marker="", **style)
    ax.set(xscale="log", ylim=(0, 95), ylabel=_TURN)
    ax.set_yticks([0, 30, 60, 90])


@styled
def fan_in(curves: Mapping[int, tuple[ArrayLike, ArrayLike]], law: ArrayLike, reached: tuple[Any, Any, Any]) -> Figure:
    """Angle over time for layers of n neurons, over time divided by n, and time to an angle against n.

    curves : n → (time in tau_ref, degrees (run, time)); law : time/n and the predicted angle, (2, points);
    reached : n, times to reach the angle, an array (run,) each, predicted (n,)
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.0, 2.4))
    shades = plt.get_cmap("viridis")(np.linspace(0.0, 0.85, len(curves)))
    for colour, (n, (time, turned)) in zip(shades, curves.items(), strict=True):
        t, degrees = np.asarray(time, dtype=float), np.median(np.asarray(turned, dtype=float), axis=0)
        for ax, scale in zip(axes[:2], (1, n), strict=True):
            ax.plot(t[t > 0] / scale, degrees[t > 0], color=colour, label=f"$n$ = {n}")
    axes[1].plot(*np.asarray(law), color=COLOURS["theory"], ls="--", lw=1, label="theory")
    for ax, label in zip(axes, (r"time ($\tau_\mathrm{ref}$)", r"time$/n$ ($\tau_\mathrm{ref}$)"), strict=False):
        ax.set(xscale="log", xlabel=label, ylabel=_TURN, ylim=(0, 95))
        ax.set_yticks([0, 30, 60, 90])
    n, times, predicted = reached
    axes[2].plot(n, predicted, color=COLOURS["theory"], ls="--", lw=1)
    for place, column, colour in zip(n, times, shades, strict=True):
        axes[2].plot(np.full(column.size, place), column, "o", ms=3, mew=0, alpha=0.7, color=colour)
    axes[2].set(xscale="log", yscale="log", xlabel="fan-in $n$", ylabel=r"time to 30° ($\tau_\mathrm{ref}$)")
    axes[2].set_xticks(n, [f"{x:g}" for x in n])
    axes[2].xaxis.set_minor_locator(NullLocator())
    axes[2].yaxis.set_minor_formatter(NullFormatter())
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=len(curves) + 1)
    label_panels(axes)
    return figure


@styled
def fig7(
    scatters: Mapping[str, tuple[ArrayLike, ArrayLike]], by_time: Mapping[str, Any], by_spikes: Mapping[str, Any]
) -> Figure:
    """Fig. 7: B against Wᵀ for each method after the same time, and the angle over time and over spikes.

    scatters : method → (Wᵀ, B), both of standard deviation 1;
    by_time, by_spikes : method → (x, degrees (run, x))
    """
    figure, panels = plt.subplot_mosaic("abcd;eeff", figsize=(7.0, 4.4), height_ratios=[1, 1.1])
    axes = list(panels.values())
    for ax, (method, (copy, back)) in zip(axes, scatters.items(), strict=False):
        scatter_panel(ax, copy, back, 3.0, method)
        ax.set_aspect("auto")
        ax.set_title(look(method).label, loc="left")
        ax.set(xlabel=r"$W^\mathsf{T}$ (SD)", ylabel="$B$ (SD)" if ax is axes[0] else "")
    for ax, found, label in zip(axes[4:], (by_time, by_spikes), ("time (s)", "spikes a neuron"), strict=True):
        for method, (x, turned) in found.items():
            turn_panel(ax, x, turned, method)
        ax.set(xlabel=label, ylim=(0, 65))
    axes[5].set_ylabel("")
    figure.legend(*axes[4].get_legend_handles_labels(), loc="outside lower center", ncols=len(by_time))
    label_panels(axes)
    return figure


@styled
def efficiency(rates: ArrayLike, methods: Mapping[str, tuple[ArrayLike, Sequence[Estimate]]]) -> Figure:
    """Share of the Cramér–Rao bound that an estimate of W_ij − W_ji reaches, against the firing rate.

    rates : per tau_ref; methods : label → (theory (rate,), measured, one estimate a rate)
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.5))
    shown = (("sal", "o", COLOURS["sal"]), ("sal", "s", "white"), ("theory", "^", COLOURS["theory"]))
    for (label, (theory, measured)), (kind, marker, face) in zip(methods.items(), shown, strict=False):
        middle, low, high = np.array(measured, dtype=float).T
        places = np.asarray(rates) * (1 + 0.02 * (kind == "theory"))
        error = [middle - low, high - middle]
        ax.errorbar(places, middle, yerr=error, fmt=marker, ms=4, color=COLOURS[kind], mfc=face, label=label)
        if np.size(theory):
            ax.plot(rates, theory, color=COLOURS[kind], lw=1)
    ax.set(xlabel=r"rate ($1/\tau_\mathrm{ref}$)", ylabel="efficiency", ylim=(0, 1.15))
    ax.legend(loc="lower left")
    return figure
