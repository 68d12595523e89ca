"""The figures of notebook 02: neurons that sample, how well, and why a coincidence detector measures ⟨z_i z_j⟩."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..spikes import Spikes
from .style import COLOURS, label_panels, styled

__all__ = ["convergence", "discrete_limit", "network", "one_neuron", "overlap", "state_histogram"]

_NEURONS = ("#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#E69F00", "#0072B2", "#333333")
_LABELS = {"continuous": "continuous", "discrete": "discrete", "authors": "authors' timing"}
_MARKERS = {"continuous": "o", "discrete": "s", "authors": "D"}
_UNIT = r"$\tau_\mathrm{ref}$"


@styled
def one_neuron(
    trains: Mapping[float, Spikes],
    biases: ArrayLike,
    on: Mapping[str, ArrayLike],
    expected: Mapping[str, ArrayLike],
    until: float = 20.0,
) -> Figure:
    """Trains of single neurons, P(z = 1) against the bias, and its departure from σ(b).

    Parameters
    ----------
    trains : recorded runs of one neuron each, by its bias, shown up to `until` (in tau_ref)
    biases : shape (B,)
    on : share of the time that z = 1 by timing ("continuous", "discrete", "authors"), each of shape (B, replicas)
    expected : what theory says by timing, each of shape (B,)
    """
    figure, axes = plt.subplots(3, 1, figsize=(3.4, 4.5), height_ratios=[1, 1.35, 1.35])
    top, middle, bottom = axes
    for row, spikes in enumerate(trains.values()):
        for t in spikes.times[spikes.times < until * spikes.tau_ref] / spikes.tau_ref:
            _interval(top, t, row, COLOURS["continuous"])
    top.set(xlim=(0, until), ylim=(-0.5, len(trains) - 0.4), xlabel=f"time ({_UNIT})", yticks=range(len(trains)))
    top.set_yticklabels([f"$b = {bias:g}$" for bias in trains])
    top.tick_params(axis="y", length=0)
    top.spines["left"].set_visible(False)

    b = np.asarray(biases, dtype=float)
    fine = np.linspace(b[0] - 0.3, b[-1] + 0.3, 200)
    middle.plot(fine, 1 / (1 + np.exp(-fine)), color=COLOURS["theory"], label=r"$\sigma(b)$")
    bottom.axhline(0, color=COLOURS["theory"])
    for place, (name, samples) in enumerate(on.items()):
        share = np.asarray(samples)
        mean, colour = share.mean(axis=1), COLOURS[name]
        half = stats.t.isf(0.025, share.shape[1] - 1) * share.std(axis=1, ddof=1) / np.sqrt(share.shape[1])
        middle.plot(b, mean, _MARKERS[name], color=colour, mfc="none" if name != "continuous" else colour, mew=0.9)
        sideways = b + 0.09 * (place - (len(on) - 1) / 2)
        away = 1e3 * (mean - 1 / (1 + np.exp(-b)))
        bottom.errorbar(sideways, away, 1e3 * half, fmt=_MARKERS[name], color=colour, lw=0.9, ms=3, label=_LABELS[name])
        theory = np.asarray(expected[name]) - 1 / (1 + np.exp(-b))
        if np.any(theory != 0):
            bottom.plot(b, 1e3 * theory, "--", color=colour, lw=0.9, zorder=1)
    middle.set(ylabel="$P(z = 1)$", ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], xlim=(fine[0], fine[-1]))
    middle.legend(loc="upper left")
    bottom.set(xlabel="bias $b$", ylabel=r"$P(z = 1) - \sigma(b)$ ($10^{-3}$)", xlim=(fine[0], fine[-1]))
    bottom.legend(loc="lower left")
    label_panels(axes)
    return figure


@styled
def network(spikes: Spikes, potential: Sequence[NDArray[np.float64]], neuron: int, until: float = 20.0) -> Figure:
    """On-intervals of a network up to `until` (in tau_ref), the number of its state below, and one neuron's potential.

    potential : its times, shape (S + 1,), and its values between them, shape (S,)
    """
    figure, axes = plt.subplots(2, 1, figsize=(3.4, 3.3), height_ratios=[2.4, 1], sharex=True)
    top, bottom = axes
    n, tau_ref = spikes.neuron_count, spikes.tau_ref
    for t, i in zip(spikes.times / tau_ref, spikes.neurons, strict=True):
        if t < until:
            _interval(top, t, n - 1 - i, _NEURONS[i])
    edges, code = _states(spikes, until)
    for left, right, k in zip(edges[:-1], edges[1:], code, strict=True):
        top.barh(-1.25, right - left, left=left, height=0.75, color=str(0.97 - 0.5 * k / (2**n - 1)), lw=0)
        if right - left > 0.024 * until * len(str(k)):
            top.text((left + right) / 2, -1.28, str(k), ha="center", va="center", fontsize=7)
    rows = [*range(n - 1, -1, -1), -1.25]
    top.set(xlim=(0, until), ylim=(-1.7, n - 0.4), yticks=rows)
    top.set_yticklabels([*(f"neuron {i}" for i in range(n)), "state $k$"])
    for label, colour in zip(top.get_yticklabels(), _NEURONS[:n], strict=False):
        label.set_color(colour)
    top.tick_params(axis="y", length=0)
    top.spines["left"].set_visible(False)

    times, values = potential
    bottom.stairs(values, np.asarray(times) / tau_ref, baseline=None, color=_NEURONS[neuron], lw=1.2)
    for t in spikes.times[spikes.neurons == neuron] / tau_ref:
        bottom.axvspan(t, t + 1, color=_NEURONS[neuron], alpha=0.15, lw=0)
    bottom.set(xlabel=f"time ({_UNIT})", ylabel=f"potential $u_{neuron}$")
    bottom.yaxis.set_major_locator(MaxNLocator(4))
    bottom.margins(y=0.15)
    label_panels(axes)
    return figure


@styled
def state_histogram(exact: ArrayLike, sampled: Mapping[str, ArrayLike]) -> Figure:
    """Probabilities of all states, most probable first: exact (bars) and sampled (by label), with their ratio.

    `exact` and each of `sampled` have shape (states,). The lowest panel shows each state, one column a state and one
    row a neuron, dark where z_i = 1.
    """
    p = np.asarray(exact)
    order, n = np.argsort(-p), int(np.log2(p.size))
    figure, axes = plt.subplots(3, 1, figsize=(3.4, 3.7), height_ratios=[2.2, 1.3, 0.85], sharex=True)
    top, middle, bottom = axes
    top.bar(np.arange(p.size), p[order], width=0.85, color="#CFCFCF", label="exact")
    middle.axhline(0, color=COLOURS["theory"], lw=0.8)
    looks = (("x", COLOURS["hebbian"]), ("o", COLOURS["continuous"]))
    for (label, q), (marker, colour) in zip(sampled.items(), looks, strict=False):
        share = np.asarray(q)[order]
        top.plot(share, marker, color=colour, ms=3, mew=0.9, label=label)
        middle.plot(100 * (share / p[order] - 1), marker, color=colour, ms=3, mew=0.9)
    top.set(yscale="log", ylabel="probability")
    handles, labels = top.get_legend_handles_labels()
    top.legend([handles[-1], *handles[:-1]], [labels[-1], *labels[:-1]], loc="upper right")
    middle.set(ylabel="error (%)")
    middle.yaxis.set_major_locator(MaxNLocator(5, symmetric=True))
    codes = (order[None, :] >> np.arange(n - 1, -1, -1)[:, None]) & 1
    bottom.imshow(codes, cmap="Greys", vmin=0, vmax=1.25, aspect="auto", interpolation="nearest")
    bottom.set(xlim=(-0.8, p.size - 0.2), xticks=[], yticks=range(n), xlabel="state, most probable first")
    bottom.set_ylabel("neuron")
    bottom.tick_params(axis="y", length=0)
    label_panels(axes)
    return figure


@styled
def convergence(durations: Mapping[str, ArrayLike], divergences: Mapping[str, ArrayLike]) -> Figure:
    """D_KL(p*‖p) against the sampling time (in tau_ref): median and quartiles over machines, by timing.

    divergences : by timing, shape (durations, machines); infinite where a state has not been visited
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.7))
    for name, values in divergences.items():
        x = np.asarray(durations[name])
        low, middle, high = _quartiles(values)
        seen = np.isfinite(high)
        ax.fill_between(x[seen], low[seen], high[seen], color=COLOURS[name], alpha=0.25, lw=0)
        ax.plot(x[seen], middle[seen], marker=_MARKERS[name], color=COLOURS[name], label=_LABELS[name])
        if name == "continuous":
            guide = 0.3 * middle[seen][0] * x[seen][0] / x[seen]
            ax.plot(x[seen], guide, ":", color=COLOURS["theory"], lw=1)
            at = seen.sum() // 2
            ax.annotate(
                r"$\propto 1/T$", (x[seen][at], guide[at]), (-4, -4), textcoords="offset points", ha="right", va="top"
            )
    ax.set(xscale="log", yscale="log", xlabel=f"sampling time $T$ ({_UNIT})")
    ax.set_ylabel(r"$D_\mathrm{KL}(p^* \Vert\, p)$ (nats)")
    ax.legend(loc="lower left")
    return figure


@styled
def discrete_limit(tau_refs: ArrayLike, distances: Mapping[str, ArrayLike]) -> Figure:
    """Distance √Σ(p − p*)² of sampled and exact law against tau_ref in steps: median and quartiles over machines.

    distances : by timing, shape (tau_refs, machines)
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.4))
    x = np.asarray(tau_refs, dtype=float)
    for name, values in distances.items():
        low, middle, high = _quartiles(values)
        ax.fill_between(x, low, high, color=COLOURS[name], alpha=0.25, lw=0)
        ax.plot(x, middle, marker=_MARKERS[name], color=COLOURS[name], label=_LABELS[name])
        if name == "discrete":
            ax.plot(x, 0.6 * middle[0] * x[0] / x, ":", color=COLOURS["theory"], lw=1)
            at = len(x) // 2
            ax.annotate(
                r"$\propto 1/\tau_\mathrm{ref}$", (x[at], 0.6 * middle[0] * x[0] / x[at]), (-3, -3),
                textcoords="offset points", ha="right", va="top",
            )  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel=rf"refractory period {_UNIT} (steps)")
    ax.set_ylabel(r"distance of $p$ and $p^*$")
    ax.set_xticks(x, [f"{value:g}" for value in x])
    ticks = np.outer(10.0 ** np.arange(-5, 1), [1, 2, 5]).ravel()
    bottom, top = ax.get_ylim()
    ticks = ticks[(ticks >= bottom) & (ticks <= top)]
    ax.set_yticks(ticks, [f"{value:g}" for value in ticks])
    ax.minorticks_off()
    ax.legend(loc="upper right")
    return figure


@styled
def overlap(lag: float, exact: ArrayLike, measured: ArrayLike) -> Figure:
    """Two on-intervals `lag` apart (in tau_ref), their overlap against the lag, and coactivations ⟨z_i z_j⟩.

    exact, measured : coactivations of pairs of neurons, any shape, and (..., replicas)
    """
    figure, axes = plt.subplots(2, 2, figsize=(3.4, 3.2), height_ratios=[0.8, 1])
    (bars, window), (scatter, residual) = axes
    bars.axvspan(lag, 1, color="#E9E9E9", lw=0)
    for row, (t, colour) in enumerate(((0.0, _NEURONS[1]), (lag, _NEURONS[0]))):
        _interval(bars, t, row, colour)
    bars.annotate("", (0, -0.72), (lag, -0.72), arrowprops={"arrowstyle": "<->", "lw": 0.7, "shrinkA": 0, "shrinkB": 0})
    bars.text(lag / 2, -0.85, r"$\Delta t$", ha="center", va="top")
    bars.text((1 + lag) / 2, 1.62, "overlap", ha="center", va="center")
    bars.set(xlim=(-0.1, 1.1 + lag), ylim=(-1.35, 1.9), yticks=[0, 1], yticklabels=["$z_j$", "$z_i$"], xticks=[0, 1])
    bars.set_xlabel(f"time ({_UNIT})")
    bars.tick_params(axis="y", length=0)
    bars.spines["left"].set_visible(False)

    x = np.array([-1.7, -1, 0, 1, 1.7])
    window.plot(x, np.maximum(0, 1 - np.abs(x)), color=COLOURS["hebbian"])
    window.plot([lag, lag, -2], [0, 1 - lag, 1 - lag], ":", color=COLOURS["theory"], lw=0.9)
    window.plot(lag, 1 - lag, "o", color=COLOURS["theory"])
    window.set(xlabel=rf"$\Delta t$ ({_UNIT})", ylabel=f"overlap ({_UNIT})", xlim=(-1.7, 1.7), ylim=(0, 1.1))
    window.set(xticks=[-1, 0, 1], yticks=[0, 0.5, 1])

    truth = np.asarray(exact).ravel()
    samples = np.asarray(measured).reshape(truth.size, -1)
    mean, top = samples.mean(axis=1), 1.05 * truth.max()
    half = stats.t.isf(0.025, samples.shape[1] - 1) * samples.std(axis=1, ddof=1) / np.sqrt(samples.shape[1])
    scatter.plot([0, top], [0, top], color=COLOURS["theory"], lw=0.9)
    scatter.plot(truth, mean, "o", color=COLOURS["continuous"], ms=2.5, alpha=0.7, mew=0)
    scatter.set(xlabel=r"exact $\langle z_i z_j\rangle$", ylabel=r"from spikes", xlim=(0, top), ylim=(0, top))
    residual.axhline(0, color=COLOURS["theory"], lw=0.9)
    residual.errorbar(truth, 1e3 * (mean - truth), 1e3 * half, fmt="o", color=COLOURS["continuous"], ms=2, lw=0.6)
    residual.set(xlabel=r"exact $\langle z_i z_j\rangle$", ylabel=r"difference ($10^{-3}$)", xlim=(0, top))
    label_panels(axes.ravel())
    return figure


def _interval(ax: Axes, start: float, row: float, colour: str) -> None:
    """One spike and the interval for which it switches its neuron on."""
    ax.barh(row, 1.0, left=start, height=0.55, color=colour, alpha=0.3, lw=0)
    ax.plot([start, start], [row - 0.36, row + 0.36], color=colour, lw=1.2, solid_capstyle="butt")


def _states(spikes: Spikes, until: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times (in tau_ref) at which the state changes, and its number in between (neuron 0: most significant bit)."""
    start = spikes.times / spikes.tau_ref
    edges = np.unique(np.concatenate([[0.0, until], start, start + 1.0]))
    edges = edges[edges <= until]
    inside = (edges[:-1] + edges[1:])[:, None] / 2
    on = (start <= inside) & (inside < start + 1.0)
    bits = 1 << (spikes.neuron_count - 1 - spikes.neurons.astype(np.int64))
    return edges, on @ bits


def _quartiles(values: ArrayLike) -> NDArray[np.float64]:
    """Quartiles over the last axis, shape (3, ...); not finite where an infinite value takes part."""
    with np.errstate(invalid="ignore"):
        return np.quantile(np.asarray(values, dtype=float), [0.25, 0.5, 0.75], axis=-1)
