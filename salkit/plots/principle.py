"""The figures of notebook 01: how spike timing shows an asymmetry, and how SAL removes it (Fig. 2, SI Fig. 14).

Each panel is drawn by a function that takes its Axes, so that `fig2` is built of the same panels as the single figures.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from ..estimates import Estimate
from ..spikes import Spikes
from .style import COLOURS, label_panels, look, styled

__all__ = ["alignment", "circuit", "fig2", "jump", "noise", "phase_plane", "sal_window", "stdd", "theory_vs_simulation"]

_LAG = "$\\Delta t = t_i - t_j$ ($\\tau_\\mathrm{ref}$)"


@styled
def circuit(spikes: Spikes, until: float) -> Figure:
    """Two neurons with reciprocal synapses (i = 0, j = 1); their spikes, causal and anti-causal pairs of j→i."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(3.4, 1.6), width_ratios=[1, 2.2])
    _diagram(left)
    _trains(right, spikes, until)
    return figure


def _diagram(ax: Axes) -> None:
    ax.set(xlim=(-0.62, 0.62), ylim=(-1.5, 1.5), aspect="equal")
    ax.axis("off")
    for y, name in ((0.9, "i"), (-0.9, "j")):
        ax.add_patch(Circle((0, y), 0.34, facecolor=COLOURS[name], edgecolor="none"))
        ax.text(0, y, f"${name}$", color="white", ha="center", va="center", fontsize=9)
    for width, label, x, ends in (
        (2.4, "$W_{ij}$", 0.5, ((0.12, -0.55), (0.12, 0.55))),
        (0.9, "$W_{ji}$", -0.5, ((-0.12, 0.55), (-0.12, -0.55))),
    ):
        ax.add_patch(
            FancyArrowPatch(
                *ends, connectionstyle="arc3,rad=0.35", arrowstyle="-|>", mutation_scale=8, lw=width, color="#444444"
            )
        )
        ax.text(x, 0, label, ha="left" if x > 0 else "right", va="center")


def _trains(ax: Axes, spikes: Spikes, until: float) -> None:
    times, neurons = spikes.times, spikes.neurons
    shown = np.flatnonzero(times < until)
    for k, name in enumerate("ij"):
        for t in times[shown[neurons[shown] == k]]:
            ax.barh(1 - k, spikes.tau_ref, left=t, height=0.34, color=COLOURS[name], alpha=0.25, lw=0)
            ax.plot([t, t], [0.76 - k, 1.24 - k], color=COLOURS[name], lw=1.6)
    for a, b in pairwise(shown):
        if neurons[a] != neurons[b]:
            ends = (times[a], float(neurons[a] == 0)), (times[b], float(neurons[b] == 0))
            colour = COLOURS["causal" if neurons[b] == 0 else "anti-causal"]
            ax.add_patch(
                FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=6, lw=0.9, color=colour, shrinkA=5, shrinkB=5)
            )
    ax.set(xlim=(0, until), ylim=(-0.5, 1.5), xlabel="time ($\\tau_\\mathrm{ref}$)")
    ax.set_yticks([0, 1], ["$j$", "$i$"])
    ticks = np.arange(0, until + 1, 4 * spikes.tau_ref)
    ax.set_xticks(ticks, [f"{t / spikes.tau_ref:.0f}" for t in ticks])
    ax.text(0.0, 1.02, "causal for $j\\to i$", color=COLOURS["causal"], fontsize=7, transform=ax.transAxes)
    ax.text(1.0, 1.02, "anti-causal", color=COLOURS["anti-causal"], fontsize=7, ha="right", transform=ax.transAxes)


@styled
def jump(
    lags: ArrayLike, law: tuple[ArrayLike, ArrayLike], true: ArrayLike, measured: ArrayLike, error: ArrayLike,
    overlapping: ArrayLike,
) -> Figure:  # fmt: skip
    """Isolated pairs: (a) their distances, causal and anti-causal, in one setting; (b) log of their numbers' ratio.

    Parameters
    ----------
    lags : array, shape (n,)
        Δt of isolated pairs, in units of tau_ref.
    law : two arrays, shape (m,)
        Exact density of causal and of anti-causal pairs at |Δt| = 0 … 1, of mass 1 together.
    true, measured, error, overlapping : arrays, shape (k,)
        W_ij − W_ji, its estimate from isolated pairs, the standard error, and the estimate from all overlapping pairs.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(3.4, 2.1))
    found, edges = np.asarray(lags), np.linspace(0, 1, 11)
    at = np.linspace(0, 1, np.size(law[0]))
    both = [np.asarray(density, dtype=np.float64) for density in law]
    for sign, name, density in zip((1, -1), ("causal", "anti-causal"), both, strict=True):
        number = np.histogram(sign * found, edges)[0] / (found.size * np.diff(edges))
        left.stairs(number, edges, baseline=None, color=COLOURS[name], lw=1.8, alpha=0.6)
        left.plot(at, density, color=COLOURS["theory"], lw=0.8)
    foot, head = (float(np.interp(0.15, at, density)) for density in (both[1], both[0]))
    arrow = {"arrowstyle": "<->", "lw": 0.8, "shrinkA": 0, "shrinkB": 0}
    left.annotate("", (0.15, head), (0.15, foot), arrowprops=arrow)
    power = round(float(np.log(head / foot)), 2)
    left.text(0.2, (foot**2 * head) ** (1 / 3), f"$\\times e^{{{power:g}}}$", va="center")
    left.text(0.97, 0.95, "causal", color=COLOURS["causal"], ha="right", va="top", transform=left.transAxes)
    left.text(0.04, 0.05, "anti-causal", color=COLOURS["anti-causal"], transform=left.transAxes)
    left.set(yscale="log", xlim=(0, 1), xlabel="$|\\Delta t|$ ($\\tau_\\mathrm{ref}$)")
    left.set_ylabel("density of isolated pairs")
    reach = 1.1 * float(np.max(np.abs(true)))
    right.plot([-reach, reach], [-reach, reach], color=COLOURS["theory"], lw=0.8, label="theory")
    right.errorbar(
        np.asarray(true), np.asarray(measured), 2 * np.asarray(error), fmt="o", ms=2.5, lw=0.8,
        color=COLOURS["continuous"], label="isolated pairs",
    )  # fmt: skip
    right.plot(true, overlapping, "x", color=COLOURS["free"], ms=3, mew=0.8, label="all overlapping")
    right.set(xlabel="$W_{ij} - W_{ji}$", ylabel="ln(causal/anti-causal)", xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=3, columnspacing=0.8)
    label_panels((left, right))
    return figure


@styled
def stdd(panels: Mapping[str, tuple[xr.Dataset, xr.Dataset]]) -> Figure:
    """STDDs by title: results of `salkit.stdd.compare` with the network's law, and with that of equal weights."""
    figure, axes = plt.subplots(1, len(panels), figsize=(3.4, 2.1), sharey=True)
    for ax, title in zip(axes, panels, strict=True):
        _law(ax, title, *panels[title])
    axes[0].set_ylabel("density ($1/\\tau_\\mathrm{ref}$)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    label_panels(axes)
    return figure


def _histogram(ax: Axes, compared: xr.Dataset) -> tuple[Any, Any]:
    """The simulated law as a filled outline; lags and theory in units of tau_ref."""
    tau_ref = compared.tau_ref
    lags, width = compared.lag.values / tau_ref, 1 / tau_ref
    edges = np.append(lags - width / 2, lags[-1] + width / 2)
    kept = look("simulation")
    ax.stairs(compared.simulated.values * tau_ref, edges, fill=True, color=kept.colour, label=kept.label)
    return lags, compared.theory.values * tau_ref


def _law(ax: Axes, title: str, compared: xr.Dataset, equal: xr.Dataset) -> None:
    lags, theory = _histogram(ax, compared)
    flat = equal.theory.values * equal.tau_ref
    ax.plot(lags, flat, "--", color=COLOURS["free"], lw=1, label="equal weights")
    for k, side in enumerate((lags < 0, lags > 0)):  # the bin at zero holds half of each side
        ax.plot(lags[side], theory[side], color=COLOURS["theory"], lw=1, label=None if k else look("theory").label)
    foot, head = theory[lags < 0][-1], theory[lags > 0][0]
    ax.plot([0, 0], [foot, head], color=COLOURS["theory"], lw=1, ls=":")
    ax.annotate(
        f"$\\times e^{{{compared.jump:.2g}}}$", (0.0, head), (0.0, 1.18 * np.max(theory)), ha="center", va="bottom",
        arrowprops={"arrowstyle": "-", "lw": 0.5, "color": COLOURS["guide"], "shrinkA": 0, "shrinkB": 1},
    )  # fmt: skip
    ax.set(title=title, xlabel=_LAG, xticks=[-2, -1, 0, 1, 2])
    ax.set_ylim(0, max(ax.get_ylim()[1], 1.45 * np.max(theory)))


@styled
def sal_window(lags: ArrayLike, triangular: ArrayLike, exponential: ArrayLike) -> Figure:
    """S(Δt) of both windows; lags in units of tau_ref, all of shape (n,)."""
    figure, ax = plt.subplots(figsize=(3.4, 1.6))
    _window(ax, np.asarray(lags), np.asarray(triangular), np.asarray(exponential))
    return figure


def _window(ax: Axes, x: Any, narrow: Any, wide: Any) -> None:
    for name, side in (("causal", x > 0), ("anti-causal", x < 0)):
        ax.fill_between(x, narrow, where=side, color=COLOURS[name], alpha=0.2, lw=0)
    for window, line, name in ((narrow, "-", "triangular"), (wide, "--", "exponential")):
        ax.plot(np.where(x == 0, np.nan, x), window, line, color=COLOURS["theory"], label=name)
    ax.axhline(0, color="#999999", lw=0.6)
    ax.axvline(0, color="#999999", lw=0.6)
    ax.text(0.35, 0.62, "causal:\ndepress", color=COLOURS["causal"])
    ax.text(-0.35, -0.9, "anti-causal:\npotentiate", color=COLOURS["anti-causal"], ha="right")
    ax.set(xlabel=_LAG, ylabel="$S(\\Delta t)$", xlim=(x[0], x[-1]), ylim=(-1.1, 1.35))
    ax.set_yticks([-1, 0, 1])
    ax.legend(loc="upper left")


@styled
def alignment(both: xr.Dataset, one: xr.Dataset) -> Figure:
    """Weights over epochs, median and quartiles over runs: both synapses plastic, and one only."""
    figure, axes = plt.subplots(1, 2, figsize=(3.4, 1.9), sharey=True)
    _paths(axes, both, one)
    label_panels(axes)
    return figure


def _paths(axes: Sequence[Axes], both: xr.Dataset, one: xr.Dataset) -> None:
    for ax, data, title in zip(axes, (both, one), ("both plastic", "only $W_{ji}$ plastic"), strict=True):
        thin = data.isel(epoch=slice(None, None, max(1, data.sizes["epoch"] // 150)))
        for post, pre, name in ((0, 1, "i"), (1, 0, "j")):
            table = thin.weights.sel(post=post, pre=pre).to_dataframe().reset_index()
            label = "$W_{ij}$" if name == "i" else "$W_{ji}$"
            sns.lineplot(
                table, x="epoch", y="weights", estimator="median", errorbar=("pi", 50), color=COLOURS[name],
                label=label, ax=ax,
            )  # fmt: skip
        ax.set(
            title=title,
            xlabel="epoch (60 $\\tau_\\mathrm{ref}$)",
            ylabel="weight",
            ylim=(0.4, 1.6),
            xticks=[0, 750, 1500],
        )
        ax.legend(loc="lower right")
    axes[1].set_ylabel("")


@styled
def phase_plane(plane: xr.Dataset, nullcline: ArrayLike, paths: Mapping[str, ArrayLike]) -> Figure:
    """Drift field with its magnitude and nullcline, and paths (epochs, 2) of (w_ij, w_ji) by name."""
    figure, ax = plt.subplots(figsize=(3.4, 3.9))
    _plane(figure, ax, plane, nullcline, paths)
    return figure


def _plane(figure: Any, ax: Axes, plane: xr.Dataset, nullcline: ArrayLike, paths: Mapping[str, ArrayLike]) -> None:
    w = plane.w_ij.values
    greys = ListedColormap(plt.get_cmap("Greys")(np.linspace(0, 0.5, 256)))
    percent = 100 * plane.magnitude.values.T
    levels = MaxNLocator(8).tick_values(0, percent.max())
    mesh = ax.contourf(w, w, percent, levels=levels, cmap=greys, zorder=0)
    mesh.set_edgecolor("face")  # no hairlines between the levels of a PDF
    figure.colorbar(
        mesh, ax=ax, label="drift per pair ($10^{-2}$)", ticks=levels[::2], location="bottom", shrink=0.8, aspect=30
    )
    step = slice(None, None, 2)
    u, v = plane.drift_ij.values.T[step, step], plane.drift_ji.values.T[step, step]
    x, y = np.meshgrid(w[step], w[step])
    every = np.concatenate([np.asarray(path) for path in paths.values()])
    free = np.min(np.hypot(x[..., None] - every[:, 0], y[..., None] - every[:, 1]), axis=-1) > 0.2
    shown = free & (np.hypot(u, v) > 0)
    length = np.hypot(u, v)[shown]
    ax.quiver(
        x[shown], y[shown], u[shown] / length, v[shown] / length, color="#444444", pivot="mid", angles="xy",
        scale_units="xy", scale=3.4, width=0.007, zorder=3,
    )  # fmt: skip
    ax.plot(nullcline, w, color=COLOURS["theory"], lw=1.2, label="no drift", zorder=2)
    for (name, path), line in zip(paths.items(), ("-", "--"), strict=False):
        points = np.asarray(path)
        ax.plot(points[:, 0], points[:, 1], line, color=COLOURS["sal"], lw=1.6, label=name, zorder=4)
        ax.plot(*points[0], "o", color=COLOURS["sal"], zorder=4)
    reach = 1.1 * float(np.max(np.abs(w)))
    ax.set(xlabel="$W_{ij}$", ylabel="$W_{ji}$", aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
    ax.set(xticks=[-2, -1, 0, 1, 2], yticks=[-2, -1, 0, 1, 2])
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, columnspacing=1.0)


@styled
def fig2(
    spikes: Spikes, until: float, windows: Sequence[ArrayLike], panels: Mapping[str, tuple[xr.Dataset, xr.Dataset]],
    both: xr.Dataset, one: xr.Dataset, plane: xr.Dataset, nullcline: ArrayLike, paths: Mapping[str, ArrayLike],
) -> Figure:  # fmt: skip
    """The paper's Fig. 2: circuit and spikes, window, two STDDs, paths of the weights, phase plane.

    Arguments as of `circuit`, `sal_window` (lags, triangular, exponential), `stdd`, `alignment` and `phase_plane`.
    """
    figure: Any = plt.figure(figsize=(7.0, 5.2))
    above, below = figure.subfigures(2, 1, height_ratios=[1, 2.3])
    graph, trains, window = above.subplots(1, 3, width_ratios=[1, 3, 2.6])
    _diagram(graph)
    _trains(trains, spikes, until)
    _window(window, *(np.asarray(x) for x in windows))
    left, right = below.subfigures(1, 2, width_ratios=[1.1, 1])
    (first, second), curves = left.subplots(2, 2, sharey="row", height_ratios=[1.1, 1])
    for ax, title in zip((first, second), panels, strict=True):
        _law(ax, title, *panels[title])
    first.set_ylabel("density ($1/\\tau_\\mathrm{ref}$)")
    left.legend(*first.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    _paths(curves, both, one)
    field = right.subplots()
    _plane(right, field, plane, nullcline, paths)
    label_panels([graph, window, first, second, *curves, field])
    field.set_title(field.get_title(loc="left"), loc="left", pad=18)  # above its legend
    return figure


@styled
def theory_vs_simulation(panels: Mapping[str, xr.Dataset]) -> Figure:
    """A column per setting, results of `salkit.stdd.compare` by title: the law above, z-scores of all lags below."""
    figure, axes = plt.subplots(
        2, len(panels), figsize=(7.0, 2.8), height_ratios=[1.6, 1], sharex="col", sharey="row", squeeze=False
    )
    for (above, below), (title, compared) in zip(axes.T, panels.items(), strict=True):
        lags, theory = _histogram(above, compared)
        above.plot(lags, theory, color=COLOURS["theory"], lw=1, label=look("theory").label)
        above.set(title=title)
        below.axhspan(-2, 2, color="#EEEEEE", lw=0)
        timing = "discrete" if "discrete" in title else "continuous"
        below.plot(lags, compared.z.values, ".", color=COLOURS[timing], ms=2)
        below.set(xlabel="$\\Delta t$ ($\\tau_\\mathrm{ref}$)", ylim=(-6, 6), xlim=(-3, 3))
    axes[0, 0].set_ylabel("density ($1/\\tau_\\mathrm{ref}$)")
    axes[0, 0].legend(loc="upper right")
    axes[1, 0].set_ylabel("z-score")
    label_panels(axes[0])
    return figure


@styled
def noise(
    temperatures: ArrayLike,
    theory: Mapping[str, ArrayLike],
    drift: Mapping[str, Sequence[Estimate]],
    certainty: Mapping[str, ArrayLike],
) -> Figure:
    """What SAL's drift owes to noise, at matched rates: (a) drift, (b) drift over its spread, against the temperature.

    Parameters
    ----------
    temperatures : array, shape (n,)
    theory, drift : by name of the pair of neurons
        −(drift of W_ij) per tau_ref: exact, shape (n,), and n estimates from spikes.
    certainty : by name
        Mean over standard deviation of the update after 100 tau_ref, shape (n,).
    """
    t = np.asarray(temperatures)
    figure, (left, right) = plt.subplots(1, 2, figsize=(3.4, 2.2))
    for k, (name, marker) in enumerate(zip(theory, "os", strict=False)):
        left.plot(t, np.asarray(theory[name]), color=COLOURS["theory"], lw=1, label=None if k else "theory")
        value, low, high = np.array([tuple(estimate) for estimate in drift[name]]).T
        for ax, y, bars in ((left, value, (value - low, high - value)), (right, np.asarray(certainty[name]), None)):
            face = COLOURS["sal"] if k == 0 else "white"
            ax.errorbar(
                t, y, bars, fmt=marker, ms=3, lw=0.8, color=COLOURS["sal"], mfc=face, label=name if ax is left else None
            )
        right.plot(t, np.asarray(certainty[name]), color=COLOURS["sal"], lw=0.6)
    for ax in (left, right):
        ax.set(xscale="log", xlabel="temperature $T$", xticks=[0.1, 1, 10])
        ax.set_xticklabels(["0.1", "1", "10"])
    left.set(yscale="log", ylabel="$-$drift of $W_{ij}$ per $\\tau_\\mathrm{ref}$")
    right.set(ylabel="drift/spread (100 $\\tau_\\mathrm{ref}$)", ylim=(0, None))
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3, columnspacing=0.8)
    label_panels((left, right))
    return figure
