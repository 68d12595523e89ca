"""The figures of notebook 02: neurons that sample, how well, and why a coincidence detector measures ⟨z_i z_j⟩."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..spikes import Spikes
from .style import COLOURS, label_panels, look, styled

__all__ = [
    "authors_timing", "convergence", "discrete_limit", "network", "one_neuron", "overlap", "state_histogram",
]  # fmt: skip

_NEURONS = tuple(COLOURS[name] for name in "ijk")
_UNIT = r"$\tau_\mathrm{ref}$"
_FLOOR = r"$D_\infty$"


@styled
def one_neuron(trains: Mapping[float, Spikes], biases: ArrayLike, on: Mapping[str, ArrayLike]) -> Figure:
    """Trains of single neurons, P(z = 1) against the bias, and its departure from σ(b) with 95 % confidence intervals.

    Parameters
    ----------
    trains : recorded runs of one neuron each, by its bias
    biases : shape (B,)
    on : share of the time that z = 1 by timing, each of shape (B, replicas)
    """
    figure, axes = plt.subplots(3, 1, figsize=(3.4, 4.4), height_ratios=[1, 1.35, 1.2])
    top, middle, bottom = axes
    for row, spikes in enumerate(trains.values()):
        for t in spikes.times / spikes.tau_ref:
            _interval(top, t, row, COLOURS["i"])
        top.set_xlim(0, spikes.duration / spikes.tau_ref)
    top.set(ylim=(-0.5, len(trains) - 0.4), xlabel=f"time ({_UNIT})", yticks=range(len(trains)))
    top.set_yticklabels([f"$b = {bias:g}$" for bias in trains])
    top.tick_params(axis="y", length=0)
    top.spines["left"].set_visible(False)

    b = np.asarray(biases, dtype=float)
    fine = np.linspace(b[0] - 0.3, b[-1] + 0.3, 200)
    middle.plot(fine, 1 / (1 + np.exp(-fine)), color=COLOURS["theory"], label=r"$\sigma(b)$")
    sizes = dict(zip(on, np.linspace(3, 6, len(on)), strict=True))  # the later ones around the earlier ones
    for name, samples in on.items():
        middle.plot(b, np.asarray(samples).mean(axis=-1), look(name).marker, color=COLOURS[name], ms=sizes[name],
                    mfc="none" if sizes[name] > 3 else None, mew=0.9, label=look(name).label)  # fmt: skip
    middle.set(ylabel="$P(z = 1)$", ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], xlim=(fine[0], fine[-1]))
    middle.legend(loc="lower right")
    _departures(bottom, b, on)
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
    colours = [_NEURONS[i % len(_NEURONS)] for i in range(n)]
    for t, i in zip(spikes.times / tau_ref, spikes.neurons, strict=True):
        if t < until:
            _interval(top, t, n - 1 - i, colours[i])
    edges, code = _states(spikes, until)
    for left, right, k in zip(edges[:-1], edges[1:], code, strict=True):
        top.barh(-1.25, right - left, left=left, height=0.75, color=str(0.97 - 0.5 * k / (2**n - 1)), lw=0)
        if right - left > 0.024 * until * len(str(k)):
            top.text((left + right) / 2, -1.28, str(k), ha="center", va="center", fontsize=7)
    rows = [*range(n - 1, -1, -1), -1.25]
    top.set(xlim=(0, until), ylim=(-1.7, n - 0.4), yticks=rows)
    top.set_yticklabels([*(f"neuron {i}" for i in range(n)), "state $k$"])
    for label, colour in zip(top.get_yticklabels(), colours, strict=False):
        label.set_color(colour)
    top.tick_params(axis="y", length=0)
    top.spines["left"].set_visible(False)

    times, values = potential
    bottom.stairs(values, np.asarray(times) / tau_ref, baseline=None, color=colours[neuron], lw=1.2)
    for t in spikes.times[spikes.neurons == neuron] / tau_ref:
        bottom.axvspan(t, t + 1, color=colours[neuron], alpha=0.15, lw=0)
    bottom.set(xlabel=f"time ({_UNIT})", ylabel=f"potential $u_{neuron}$")
    levels = np.unique(np.round(values, 10))
    bottom.set_yticks(levels, [f"${level:g}$" for level in levels])
    bottom.margins(y=0.15)
    label_panels(axes)
    return figure


@styled
def state_histogram(exact: ArrayLike, sampled: Mapping[str, ArrayLike]) -> Figure:
    """Probabilities of all states, most probable first: exact and sampled (by label), and their ratio.

    `exact` and each of `sampled` have shape (states,). The lowest panel shows each state, one column per state and one
    row per neuron, dark where z_i = 1.
    """
    p = np.asarray(exact)
    order, n = np.argsort(-p), int(np.log2(p.size))
    figure, axes = plt.subplots(3, 1, figsize=(3.4, 3.7), height_ratios=[2.2, 1.3, 0.85], sharex=True)
    top, middle, bottom = axes
    top.plot(p[order], "_", color=COLOURS["theory"], ms=6, mew=1.2, label="exact")
    middle.axhline(1, color=COLOURS["theory"], lw=0.8)
    colour = COLOURS["continuous"]
    for number, (label, q) in enumerate(sampled.items()):
        share = np.asarray(q)[order]
        dots = {"color": colour, "mfc": colour if number else "white", "ms": 2.6 if number else 3.2, "mew": 0.8}
        top.plot(share, "o", **dots, label=label)
        middle.plot(share / p[order], "o", **dots)
    top.set(yscale="log", ylabel="probability of the state")
    top.legend(loc="upper right")
    off = 1.1 * max(float(np.abs(np.asarray(q) / p - 1).max()) for q in sampled.values())
    middle.set(ylabel="sampled / exact", ylim=(1 - off, 1 + off))
    middle.yaxis.set_major_locator(MaxNLocator(4))
    codes = (order[None, :] >> np.arange(n - 1, -1, -1)[:, None]) & 1
    rows, columns = np.nonzero(codes)
    bottom.barh(rows, np.ones(rows.size), left=columns - 0.5, height=1.0, color="0.25", lw=0)
    bottom.set(xlim=(-0.8, p.size - 0.2), ylim=(n - 0.5, -0.5), xticks=[], yticks=range(n), ylabel="neuron")
    bottom.set_xlabel("state, most probable first")
    bottom.tick_params(axis="y", length=0)
    label_panels(axes)
    return figure


@styled
def convergence(
    durations: Mapping[str, ArrayLike], divergences: Mapping[str, ArrayLike], floors: Mapping[str, float] | None = None
) -> Figure:
    """D_KL(p*‖p) against the sampling time (in tau_ref): median and quartiles over machines, by timing.

    divergences : by timing, shape (durations, machines); infinite where a state has not been visited
    floors : what remains of D_KL for T → ∞, by timing
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.7))
    for name, values in divergences.items():
        x, y = np.asarray(durations[name], dtype=float), np.asarray(values)
        seen = np.isfinite(y).mean(axis=1) > 0.75  # else a quartile is infinite
        x, y = x[seen], y[seen]
        _medians(ax, x, y, name)
        if name == "continuous":
            _guide(ax, x, 0.3 * np.median(y[0]) * x[0] / x, r"$\propto 1/T$")
    for name, floor in (floors or {}).items():
        ax.axhline(floor, color=COLOURS[name], ls="--", lw=0.9)
        ax.annotate(_FLOOR, (1, floor), (0, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
                    ha="right", va="bottom", color=COLOURS[name])  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel=f"sampling time $T$ ({_UNIT})")
    ax.set_ylabel(r"$D_\mathrm{KL}(p^* \Vert\, p)$ (nats)")
    ax.legend(loc="lower left")
    return figure


@styled
def discrete_limit(tau_refs: ArrayLike, exact_period: ArrayLike, late: ArrayLike) -> Figure:
    """What remains of D_KL for T → ∞ against tau_ref in steps: median and quartiles over machines, log–log.

    exact_period, late : shape (tau_refs, machines), discrete time with the refractory period of the model, and with one
    that is too long by a tenth whatever the steps
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.5))
    x = np.asarray(tau_refs, dtype=float)
    _medians(ax, x, np.asarray(late), "discrete", label="refractory period 1/10 too long", ls="--", mfc="white")
    _medians(ax, x, np.asarray(exact_period), "discrete")
    _guide(ax, x, 0.45 * np.median(np.asarray(exact_period)[0]) * (x[0] / x) ** 2, r"$\propto 1/\tau_\mathrm{ref}^2$")
    ax.set(xscale="log", yscale="log", xlabel=f"refractory period {_UNIT} (steps)", ylabel=f"{_FLOOR} (nats)")
    ax.set_xticks(x, [f"{value:g}" for value in x])
    ax.minorticks_off()
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.79))
    return figure


@styled
def authors_timing(
    biases: ArrayLike,
    on: Mapping[str, ArrayLike],
    expected: ArrayLike,
    floors: Mapping[str, ArrayLike],
    tau_refs: ArrayLike,
    limits: Mapping[str, ArrayLike],
) -> Figure:
    """Discrete time beside the authors' timing: one neuron, floors of D_KL machine by machine, and their limit.

    Parameters
    ----------
    biases : shape (B,)
    on : share of the time that z = 1 by timing ("discrete", "authors"), each of shape (B, replicas)
    expected : the same of the authors' timing in theory, shape (B,)
    floors : what remains of D_KL for T → ∞, shape (machines,), by what is misplaced
    tau_refs, limits : tau_ref in steps, shape (L,), and by timing what remains of D_KL, shape (L, machines)
    """
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(7.0, 2.4))
    b = np.asarray(biases, dtype=float)
    _departures(left, b, {name: on[name] for name in ("discrete", "authors")})
    left.plot(b, 1e3 * (np.asarray(expected) - 1 / (1 + np.exp(-b))), "--", color=COLOURS["authors"], lw=0.9, zorder=1)
    left.legend(loc="lower left")

    values = 1e3 * np.stack([np.asarray(floor) for floor in floors.values()])
    middle.plot(values, color=COLOURS["guide"], lw=0.6)
    colours = [COLOURS["discrete"], *[COLOURS["authors"]] * (len(values) - 1)]
    for place, (row, colour) in enumerate(zip(values, colours, strict=True)):
        middle.plot(np.full(row.size, place), row, "o", color=colour, ms=2.2, alpha=0.7, mew=0)
        middle.plot([place - 0.22, place + 0.22], [row.mean()] * 2, color=colour, lw=2)
    middle.set_xticks(range(len(values)), list(floors))
    middle.set(ylabel=f"{_FLOOR} ($10^{{-3}}$ nats)", xlim=(-0.4, len(values) - 0.6))
    middle.set_xlabel("steps too many or too few")

    x = np.asarray(tau_refs, dtype=float)
    for name, limit in limits.items():
        _medians(right, x, np.asarray(limit), name)
    right.set(xscale="log", yscale="log", xlabel=f"refractory period {_UNIT} (steps)", ylabel=f"{_FLOOR} (nats)")
    right.set_xticks(x, [f"{value:g}" for value in x])
    right.minorticks_off()
    right.legend(loc="lower left")
    label_panels((left, middle, right))
    return figure


@styled
def overlap(lag: float, exact: ArrayLike, measured: ArrayLike) -> Figure:
    """Two on-intervals `lag` apart (in tau_ref), their overlap against the lag, and coactivations ⟨z_i z_j⟩.

    exact, measured : coactivations of pairs of neurons, any shape, and (..., replicas)
    """
    figure, axes = plt.subplots(2, 2, figsize=(3.4, 3.2), height_ratios=[0.8, 1])
    (bars, window), (scatter, residual) = axes
    bars.axvspan(lag, 1, color="0.91", lw=0)
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


def _departures(ax: Axes, b: NDArray[np.float64], on: Mapping[str, ArrayLike]) -> None:
    """P(z = 1) − σ(b) by timing, shape (B, replicas) each, with Student's 95 % confidence intervals, side by side."""
    ax.axhline(0, color=COLOURS["theory"], lw=0.9)
    for place, (name, samples) in enumerate(on.items()):
        share = np.asarray(samples)
        half = stats.t.isf(0.025, share.shape[1] - 1) * share.std(axis=1, ddof=1) / np.sqrt(share.shape[1])
        away = share.mean(axis=1) - 1 / (1 + np.exp(-b))
        ax.errorbar(b + 0.12 * (place - (len(on) - 1) / 2), 1e3 * away, 1e3 * half, fmt=look(name).marker, lw=0.9, ms=3,
                    color=COLOURS[name], label=look(name).label)  # fmt: skip
    ax.set(xlabel="bias $b$", ylabel=r"$P(z = 1) - \sigma(b)$ ($10^{-3}$)", xlim=(b[0] - 0.3, b[-1] + 0.3))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


def _medians(ax: Axes, x: NDArray[np.float64], values: NDArray[np.float64], name: str, **changes: Any) -> None:
    """Median and quartiles over the columns of values, shape (x, columns), in the look of `name`."""
    line = {"marker": look(name).marker, "mec": COLOURS[name], "label": look(name).label} | changes
    sns.lineplot(x=np.repeat(x, values.shape[1]), y=values.ravel(), estimator="median", errorbar=("pi", 50), ax=ax,
                 color=COLOURS[name], err_kws={"alpha": 0.25, "lw": 0}, **line)  # fmt: skip


def _guide(ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], text: str) -> None:
    """A dotted line to compare slopes with, its law written below its middle."""
    ax.plot(x, y, ":", color=COLOURS["theory"], lw=1)
    at = len(x) // 2
    ax.annotate(text, (x[at], y[at]), (-4, -4), textcoords="offset points", ha="right", va="top")
