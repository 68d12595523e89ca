"""The figures of notebooks 03 and 04: learning over cycles, against noise, and what the networks sample in the end."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import ArrayLike, NDArray

from .style import COLOURS, label_panels, styled

__all__ = ["bars", "bias", "curves", "decay_scan", "differences", "drifts", "levels", "reciprocal", "strips"]

_NAMES = {"sal": "SAL", "hebbian": "Hebbian", "kp": "Kolen–Pollack", "fa": "random (FA)", "bp": "copied (BP)"}
_MARKERS = {"sal": "o", "hebbian": "s", "kp": "^", "fa": "v", "bp": "D"}
_KL = r"$D_\mathrm{KL}(p^* \Vert\, p)$ (nats)"
_ASYMMETRY = r"$\mathrm{Var}(W_{ij} - W_{ji})$"
_FUNCTIONAL = r"$\mathrm{Var}(\tilde W_{ij} - \tilde W_{ji})$"
_SMALLEST = 1e-6  # asymmetries below are drawn there: zero has no place on a logarithmic axis

Runs = Mapping[str, ArrayLike]


def _quartiles(values: ArrayLike) -> NDArray[np.float64]:
    return np.quantile(np.asarray(values, dtype=float), [0.25, 0.5, 0.75], axis=0)


def _band(ax: Axes, x: ArrayLike, values: ArrayLike, rule: str, **style: Any) -> None:
    """Median line and quartile band over the first axis of `values`, shape (runs, points)."""
    low, middle, high = np.maximum(_quartiles(values), _SMALLEST)
    ax.fill_between(np.asarray(x, dtype=float), low, high, color=COLOURS[rule], alpha=0.25, lw=0)
    ax.plot(x, middle, color=COLOURS[rule], label=_NAMES.get(rule, rule), **style)


def _decades(*axes: Axes) -> None:
    """Logarithmic axes labelled at decades, or everywhere if less than two of them are in view."""
    for ax in axes:
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        if np.floor(np.log10(high)) > np.ceil(np.log10(low)):
            ax.yaxis.set_minor_formatter(NullFormatter())


def _free_band(ax: Axes, values: ArrayLike) -> None:
    low, middle, high = _quartiles(np.ravel(np.asarray(values)))
    ax.axhspan(low, high, color=COLOURS["free"], alpha=0.35, lw=0)
    ax.axhline(middle, color=COLOURS["free"], lw=1, label="no noise")


@styled
def bars(target: ArrayLike, sampled: Mapping[str, ArrayLike], most: int = 24) -> Figure:
    """The most probable states of a target, p* as steps and one row of bars for each sampled distribution.

    target : shape (states,); sampled : by title, each of shape (states,)
    """
    exact = np.asarray(target, dtype=float)
    order = np.argsort(exact)[::-1][:most]
    figure, axes = plt.subplots(len(sampled), 1, figsize=(3.4, 1.15 * len(sampled) + 0.4), sharex=True, sharey=True)
    for ax, (title, law) in zip(np.atleast_1d(axes), sampled.items(), strict=True):
        rule = next((rule for rule in _NAMES if rule in title.lower() or _NAMES[rule] in title), "free")
        ax.bar(range(order.size), np.asarray(law)[order], width=0.75, color=COLOURS[rule])
        ax.step(np.arange(order.size + 1) - 0.5, [*exact[order], exact[order[-1]]], where="post",
                color=COLOURS["theory"], lw=0.9, label="$p^*$")  # fmt: skip
        ax.set_title(title)
        ax.set_ylabel("$p(z)$")
    np.atleast_1d(axes)[0].legend(loc="upper right")
    np.atleast_1d(axes)[-1].set(xlabel="state, by its probability under $p^*$", xlim=(-0.7, order.size - 0.3))
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def differences(cycles: ArrayLike, runs: Runs) -> Figure:
    """W_ij − W_ji of every pair over the cycles, one panel a rule.

    cycles : shape (V,); runs : by rule, weights of one run, shape (V, N, N)
    """
    figure, axes = plt.subplots(1, len(runs), figsize=(3.4, 1.9), sharey=True)
    for ax, (rule, weights) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        w = np.asarray(weights)
        i, j = np.triu_indices(w.shape[-1], 1)
        ax.axhline(0, color=COLOURS["theory"], lw=0.7)
        ax.plot(cycles, w[:, i, j] - w[:, j, i], color=COLOURS[rule], lw=0.7)
        ax.set(xlabel="cycle", title=_NAMES[rule])
    np.atleast_1d(axes)[0].set_ylabel("$W_{ij} - W_{ji}$")
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def curves(cycles: ArrayLike, asymmetry: Runs, kl: Runs, free: ArrayLike) -> Figure:
    """Asymmetry and D_KL over the cycles by rule, medians and quartiles over runs.

    cycles : shape (V,); asymmetry, kl : by rule, each of shape (runs, V); free : D_KL without noise, shape (runs, V)
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(3.4, 3.6), sharex=True)
    for ax, values in ((top, asymmetry), (bottom, kl)):
        for rule, runs in values.items():
            _band(ax, cycles, runs, rule)
        ax.set_yscale("log")
    low, middle, high = _quartiles(free)
    bottom.fill_between(np.asarray(cycles, dtype=float), low, high, color=COLOURS["free"], alpha=0.35, lw=0)
    bottom.plot(cycles, middle, color=COLOURS["free"], ls="--", label="no noise")
    top.set_ylabel(_ASYMMETRY)
    bottom.set(ylabel=_KL, xlabel="cycle")
    bottom.legend(loc="upper right")
    label_panels((top, bottom))
    return figure


@styled
def levels(
    columns: Mapping[str, tuple[Sequence[float], Runs, Runs, ArrayLike]], label: str, functional: bool = False
) -> Figure:
    """Final asymmetry (top) and D_KL (bottom) against the level of noise, a column for each experiment.

    columns : by title, (levels (L,), asymmetry by rule (L, runs), D_KL by rule (L, runs), noise-free D_KL (runs,));
    label : what the levels are; functional : whether the asymmetry is that of the effective weights.
    """
    width = 3.4 if len(columns) == 1 else 5.2
    figure, grid = plt.subplots(2, len(columns), figsize=(width, 3.6), sharex="col", sharey="row", squeeze=False)
    for (top, bottom), (title, (x, asymmetry, kl, free)) in zip(grid.T, columns.items(), strict=True):
        for ax, values in ((top, asymmetry), (bottom, kl)):
            for rule, runs in values.items():
                _band(ax, x, np.swapaxes(np.asarray(runs), 0, 1), rule, marker=_MARKERS[rule])
        _free_band(bottom, free)
        _decades(top, bottom)
        bottom.set(xlabel=label, xticks=x)
        top.set_title(title)
    grid[0, 0].set_ylabel(_FUNCTIONAL if functional else _ASYMMETRY)
    grid[1, 0].set_ylabel(_KL)
    grid[1, -1].legend(loc="upper left", bbox_to_anchor=(0.0, 1.02))
    label_panels(grid.ravel())
    return figure


@styled
def decay_scan(decays: ArrayLike, asymmetry: ArrayLike, kl: ArrayLike, sal: ArrayLike, hebbian: ArrayLike) -> Figure:
    """Kolen–Pollack learning against its weight decay, with the D_KL of SAL and Hebbian learning as bands.

    decays : shape (D,); asymmetry, kl : shape (D, runs); sal, hebbian : D_KL, shape (runs,)
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(3.4, 3.4), sharex=True)
    for ax, values in ((top, asymmetry), (bottom, kl)):
        _band(ax, decays, np.swapaxes(np.asarray(values), 0, 1), "kp", marker=_MARKERS["kp"])
        ax.set(xscale="log", yscale="log")
    for rule, values in (("sal", sal), ("hebbian", hebbian)):
        low, middle, high = _quartiles(values)
        bottom.axhspan(low, high, color=COLOURS[rule], alpha=0.2, lw=0)
        bottom.axhline(middle, color=COLOURS[rule], lw=1, label=_NAMES[rule])
    top.set_ylabel(_ASYMMETRY)
    bottom.set(ylabel=_KL, xlabel=r"weight decay $\lambda$ per cycle")
    top.legend(*bottom.get_legend_handles_labels(), loc="lower left")
    label_panels((top, bottom))
    return figure


@styled
def strips(groups: Mapping[str, Mapping[str, ArrayLike]], label: str, one: bool = False) -> Figure:
    """Every run as a dot, the median as a line: groups side by side, within each one column a rule.

    groups : by name, then by rule ("sal", "hebbian", "kp", "free"), values of shape (runs,); label : y axis;
    one : draw a line at 1, for ratios.
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.4))
    named: set[str] = set()
    for place, columns in enumerate(groups.values()):
        for number, (rule, values) in enumerate(columns.items()):
            y = np.sort(np.asarray(values, dtype=float))
            x = place + 0.24 * (number - (len(columns) - 1) / 2)
            spread = 0.07 * (np.arange(y.size) % 3 - 1)
            name = None if rule in named else {"free": "no noise"}.get(rule, _NAMES.get(rule, rule))
            ax.plot(x + spread, y, ".", color=COLOURS[rule], ms=4, alpha=0.7, label=name)
            ax.plot([x - 0.1, x + 0.1], [np.median(y)] * 2, color=COLOURS[rule], lw=1.6)
            named.add(rule)
    if one:
        ax.axhline(1, color=COLOURS["theory"], lw=0.7)
    ax.set(yscale="log", ylabel=label, xlim=(-0.6, len(groups) - 0.4))
    ax.set_xticks(range(len(groups)), list(groups))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(named))
    return figure


@styled
def bias(predicted: ArrayLike, measured: ArrayLike) -> Figure:
    """Where learning with SAL comes to rest, against where the amplitudes say it should: one dot a pair and run.

    predicted, measured : of one shape, say (runs, pairs)
    """
    figure, ax = plt.subplots(figsize=(2.6, 2.6))
    x, y = np.ravel(np.asarray(predicted, dtype=float)), np.ravel(np.asarray(measured, dtype=float))
    ends = np.array([min(x.min(), y.min()), max(x.max(), y.max())])
    ax.plot(ends, ends, color=COLOURS["theory"], lw=0.8, label="predicted")
    ax.plot(x, y, ".", color=COLOURS["sal"], ms=3, alpha=0.5, label="SAL")
    ax.set(xlabel="$2 / (f_{ij} + f_{ji})$", ylabel="coactivation, sleep / wake", aspect="equal")
    ax.legend(loc="lower right")
    return figure


@styled
def reciprocal(panels: Mapping[str, Runs]) -> Figure:
    """Every pair of synapses as a point (W_ij, W_ji), a panel for each title, weights of shape (N, N) by rule."""
    figure, axes = plt.subplots(1, len(panels), figsize=(3.6, 2.3), sharex=True, sharey=True)
    reach = 1.1 * max(np.abs(np.asarray(w)).max() for by_rule in panels.values() for w in by_rule.values())
    for ax, (title, by_rule) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        ax.axline((0, 0), slope=1, color=COLOURS["theory"], lw=0.7)
        for rule, weights in by_rule.items():
            w = np.asarray(weights, dtype=float)
            i, j = np.triu_indices(w.shape[-1], 1)
            ax.plot(w[i, j], w[j, i], _MARKERS[rule], color=COLOURS[rule], ms=3, alpha=0.8, label=_NAMES[rule])
        ax.set(title=title, aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
    np.atleast_1d(axes)[0].set(xlabel="$W_{ij}$", ylabel="$W_{ji}$")
    np.atleast_1d(axes)[-1].set(xlabel="$a_i W_{ij} h_j$", ylabel="$a_j W_{ji} h_i$")
    np.atleast_1d(axes)[0].legend(loc="upper left")
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def drifts(cases: Mapping[str, Mapping[str, tuple[float, tuple[float, float]]]]) -> Figure:
    """Mean drift with its confidence interval, a row a case, a mark for each kind within it."""
    figure, ax = plt.subplots(figsize=(3.4, 0.34 * len(cases) + 0.9))
    marks = {kind: mark for kind, mark in zip(next(iter(cases.values())), "o^", strict=False)}
    for row, kinds in enumerate(cases.values()):
        for number, (kind, (mean, (low, high))) in enumerate(kinds.items()):
            ax.errorbar(
                mean, -row + 0.12 * (1 - 2 * number), xerr=[[mean - low], [high - mean]], fmt=marks[kind], ms=4,
                color=COLOURS["sal"], mfc=COLOURS["sal"] if number == 0 else "white", label=kind if row == 0 else None,
            )  # fmt: skip
    ax.axvline(0, color=COLOURS["theory"], lw=0.7)
    ax.set(
        yticks=-np.arange(len(cases)), yticklabels=list(cases), xlabel=r"drift of $W_{01}$ at equal effective weights"
    )
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure
