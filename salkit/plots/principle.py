"""The figures of notebook 01: how spike timing shows an asymmetry, and how SAL removes it (Fig. 2, SI Fig. 14)."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from numpy.typing import ArrayLike

from ..spikes import Spikes
from .style import COLOURS, label_panels, styled

__all__ = ["alignment", "circuit", "noise", "phase_plane", "sal_window", "stdd", "theory_vs_simulation"]

_PAIR = ("#009E73", "#D55E00")  # neurons i and j


@styled
def circuit(spikes: Spikes, until: float) -> Figure:
    """Two neurons with reciprocal synapses (i = 0, j = 1); their spikes, causal and anti-causal pairs of j→i."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(3.4, 1.6), width_ratios=[1, 2.2])
    left.set(xlim=(-0.62, 0.62), ylim=(-1.5, 1.5), aspect="equal")
    left.axis("off")
    for y, name, colour in ((0.9, "i", _PAIR[0]), (-0.9, "j", _PAIR[1])):
        left.add_patch(Circle((0, y), 0.34, facecolor=colour, edgecolor="none"))
        left.text(0, y, f"${name}$", color="white", ha="center", va="center", fontsize=9)
    for bend, width, label, x, ends in (
        (0.35, 2.4, "$W_{ij}$", 0.5, ((0.12, -0.55), (0.12, 0.55))),
        (0.35, 0.9, "$W_{ji}$", -0.5, ((-0.12, 0.55), (-0.12, -0.55))),
    ):
        style = f"arc3,rad={bend}"
        left.add_patch(
            FancyArrowPatch(*ends, connectionstyle=style, arrowstyle="-|>", mutation_scale=8, lw=width, color="#444444")
        )
        left.text(x, 0, label, ha="left" if x > 0 else "right", va="center")
    times, neurons = spikes.times, spikes.neurons
    shown = times < until
    for k, (y, colour) in enumerate(((1.0, _PAIR[0]), (0.0, _PAIR[1]))):
        for t in times[shown & (neurons == k)]:
            right.barh(y, spikes.tau_ref, left=t, height=0.34, color=colour, alpha=0.25, lw=0)
            right.plot([t, t], [y - 0.24, y + 0.24], color=colour, lw=1.6)
    for a, b in zip(np.flatnonzero(shown)[:-1], np.flatnonzero(shown)[1:], strict=True):
        if neurons[a] != neurons[b]:
            causal = neurons[b] == 0
            ends = (times[a], float(neurons[a] == 0)), (times[b], float(neurons[b] == 0))
            colour = COLOURS["causal" if causal else "anti-causal"]
            right.add_patch(
                FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=6, lw=0.9, color=colour, shrinkA=5, shrinkB=5)
            )
    right.set(
        xlim=(0, until),
        ylim=(-0.5, 1.5),
        yticks=[0, 1],
        yticklabels=["$j$", "$i$"],
        xlabel="time ($\\tau_\\mathrm{ref}$)",
    )
    ticks = np.arange(0, until + 1, 2 * spikes.tau_ref)
    right.set_xticks(ticks, [f"{t / spikes.tau_ref:.0f}" for t in ticks])
    right.text(0.0, 1.02, "causal for $j\\to i$", color=COLOURS["causal"], fontsize=7, transform=right.transAxes)
    right.text(0.52, 1.02, "anti-causal", color=COLOURS["anti-causal"], fontsize=7, transform=right.transAxes)
    return figure


@styled
def stdd(panels: Sequence[Mapping[str, Any]], tau_ref: float) -> Figure:
    """STDDs, one panel each: mappings with title, lags, simulated, theory and symmetric (probability a unit of lag)."""
    figure, axes = plt.subplots(1, len(panels), figsize=(3.4, 1.9), sharey=True)
    for ax, panel in zip(axes, panels, strict=True):
        edges = np.append(panel["lags"] - 0.5, panel["lags"][-1] + 0.5) / tau_ref
        scale = 1e3
        ax.stairs(scale * panel["simulated"], edges, fill=True, color="#BBD7EA", label="simulation")
        x = panel["lags"] / tau_ref
        ax.plot(x, scale * panel["symmetric"], "--", color=COLOURS["free"], lw=1, label="equal weights")
        ax.plot(x, scale * panel["theory"], color=COLOURS["theory"], lw=1, label="theory")
        ax.axvline(0, color="#CCCCCC", lw=0.6, zorder=0)
        ax.set(title=panel["title"], xlabel="$\\Delta t = t_i - t_j$ ($\\tau_\\mathrm{ref}$)", xticks=[-2, -1, 0, 1, 2])
    axes[0].set_ylabel("probability a bin ($10^{-3}$)")
    axes[0].set_ylim(0, 1.45 * axes[0].get_ylim()[1])
    axes[0].legend(loc="upper left", ncols=1)
    label_panels(axes)
    return figure


@styled
def sal_window(lags: ArrayLike, triangular: ArrayLike, exponential: ArrayLike) -> Figure:
    """S(Δt) of both windows; lags in units of tau_ref, all of shape (n,)."""
    figure, ax = plt.subplots(figsize=(3.4, 1.6))
    x, narrow, wide = np.asarray(lags), np.asarray(triangular), np.asarray(exponential)
    ax.fill_between(x, narrow, where=x > 0, color=COLOURS["causal"], alpha=0.2, lw=0)
    ax.fill_between(x, narrow, where=x < 0, color=COLOURS["anti-causal"], alpha=0.2, lw=0)
    ax.plot(np.where(x == 0, np.nan, x), narrow, color=COLOURS["theory"], label="triangular")
    ax.plot(np.where(x == 0, np.nan, x), wide, "--", color=COLOURS["theory"], label="exponential")
    ax.axhline(0, color="#999999", lw=0.6)
    ax.axvline(0, color="#999999", lw=0.6)
    ax.text(0.35, 0.62, "causal:\ndepress", color=COLOURS["causal"])
    ax.text(-0.35, -0.9, "anti-causal:\npotentiate", color=COLOURS["anti-causal"], ha="right")
    ax.set(xlabel="$\\Delta t = t_i - t_j$ ($\\tau_\\mathrm{ref}$)", ylabel="$S(\\Delta t)$", xlim=(x[0], x[-1]))
    ax.legend(loc="upper left")
    return figure


@styled
def alignment(both: xr.Dataset, one: xr.Dataset) -> Figure:
    """Weights over epochs, median and quartiles over runs: both synapses plastic, and one only."""
    figure, axes = plt.subplots(1, 2, figsize=(3.4, 1.9), sharey=True)
    for ax, data, title in zip(axes, (both, one), ("both plastic", "only $W_{ji}$ plastic"), strict=True):
        thin = data.isel(epoch=slice(None, None, max(1, data.sizes["epoch"] // 150)))
        for post, pre, colour, name in ((0, 1, _PAIR[0], "$W_{ij}$"), (1, 0, _PAIR[1], "$W_{ji}$")):
            table = thin.weights.sel(post=post, pre=pre).to_dataframe().reset_index()
            sns.lineplot(
                table, x="epoch", y="weights", estimator="median", errorbar=("pi", 50), color=colour, label=name, ax=ax
            )
        ax.set(title=title, xlabel="epoch (60 $\\tau_\\mathrm{ref}$)")
        ax.legend(loc="lower right")
    axes[0].set_ylabel("weight")
    label_panels(axes)
    return figure


@styled
def phase_plane(plane: xr.Dataset, nullcline: ArrayLike, paths: Mapping[str, ArrayLike]) -> Figure:
    """Drift field with its magnitude and nullcline, and paths (epochs, 2) of (w_ij, w_ji) by name."""
    figure, ax = plt.subplots(figsize=(3.4, 2.9))
    w = plane.w_ij.values
    greys = ListedColormap(plt.get_cmap("Greys")(np.linspace(0, 0.55, 256)))
    mesh = ax.pcolormesh(w, w, 1e3 * plane.magnitude.values.T, cmap=greys, shading="nearest", vmin=0, rasterized=True)
    figure.colorbar(mesh, ax=ax, label="drift per pair ($10^{-3}$)", shrink=0.85)
    step = slice(None, None, 2)
    u, v = plane.drift_ij.values.T[step, step], plane.drift_ji.values.T[step, step]
    length = np.hypot(u, v)
    length[length == 0] = 1
    ax.quiver(w[step], w[step], u / length, v / length, color="#222222", pivot="mid", scale=14, width=0.006)
    ax.plot(nullcline, w, color="#009E73", lw=1.4, label="no drift")
    for (name, path), line in zip(paths.items(), ("-", "--"), strict=False):
        points = np.asarray(path)
        ax.plot(points[:, 0], points[:, 1], line, color=COLOURS["sal"], lw=1.5, label=name)
        ax.plot(*points[0], "o", color=COLOURS["sal"])
    ax.set(xlabel="$W_{ij}$", ylabel="$W_{ji}$", aspect="equal", xlim=(w[0], w[-1]), ylim=(w[0], w[-1]))
    legend = ax.legend(loc="lower left", frameon=True, framealpha=0.9, edgecolor="none")
    legend.set_zorder(5)
    return figure


@styled
def theory_vs_simulation(panels: Sequence[Mapping[str, Any]]) -> Figure:
    """A column a setting: the law above, the z-score of every bin below (mappings with title, tau_ref, lags, simulated,
    theory, z and the lags of z)."""
    figure, axes = plt.subplots(
        2, len(panels), figsize=(7.0, 2.8), height_ratios=[1.6, 1], sharex="col", sharey="row", squeeze=False
    )
    for (above, below), panel in zip(axes.T, panels, strict=True):
        tau_ref = panel["tau_ref"]
        edges = np.append(panel["lags"] - 0.5, panel["lags"][-1] + 0.5) / tau_ref
        above.stairs(panel["simulated"] * tau_ref, edges, fill=True, color="#BBD7EA", label="simulation")
        above.plot(panel["lags"] / tau_ref, panel["theory"] * tau_ref, color=COLOURS["theory"], lw=1, label="theory")
        above.set(title=panel["title"])
        below.axhspan(-2, 2, color="#EEEEEE", lw=0)
        below.plot(np.asarray(panel["z_lags"]) / tau_ref, panel["z"], ".", color=COLOURS["sal"], ms=2)
        below.set(xlabel="$\\Delta t$ ($\\tau_\\mathrm{ref}$)", ylim=(-6, 6), xlim=(-3, 3))
    axes[0, 0].set_ylabel("density ($1/\\tau_\\mathrm{ref}$)")
    axes[0, 0].legend(loc="upper right")
    axes[1, 0].set_ylabel("z-score")
    _letters(axes[0])
    return figure


def _letters(axes: Sequence[Axes]) -> None:
    label_panels(axes)


@styled
def noise(biases: ArrayLike, theory: ArrayLike, simulated: Mapping[float, tuple[float, tuple[float, float]]]) -> Figure:
    """What SAL's drift owes to noise: (a) variation of a lone neuron's intervals, (b) drift, both against the bias.

    `biases` and `theory` (the drift of W_ij per time) have shape (n,); `simulated` maps a bias to mean and interval.
    """
    b = np.asarray(biases, dtype=float)
    figure, (left, right) = plt.subplots(1, 2, figsize=(3.4, 1.7), width_ratios=[1, 1.5])
    left.plot(b, 1 / (1 + np.exp(b)), color=COLOURS["theory"], lw=1.2)
    left.set(xlabel="bias $b$", ylabel="variation of intervals", ylim=(-0.05, 1.05))
    right.axhline(0, color=COLOURS["free"], lw=0.8)
    right.plot(b, 1e2 * np.asarray(theory), color=COLOURS["theory"], lw=1.2, label="theory")
    at = np.array(sorted(simulated))
    means = np.array([simulated[x][0] for x in at])
    ends = np.array([simulated[x][1] for x in at])
    right.errorbar(
        at, 1e2 * means, 1e2 * np.abs(ends - means[:, None]).T, fmt="o", ms=2.5, lw=0.8, color=COLOURS["sal"],
        label="simulation",
    )  # fmt: skip
    right.set(xlabel="bias $b$", ylabel="drift of $W_{ij}$ ($10^{-2}$)")
    right.set_ylim(1.45 * right.get_ylim()[0], None)  # room for the legend below the curve
    right.legend(loc="lower right", handlelength=0.8, handletextpad=0.4)
    label_panels([left, right])
    return figure
