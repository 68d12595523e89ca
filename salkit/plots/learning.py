"""The figures of notebook 03: what networks learn, their angle to the gradient, learning over cycles and noise."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .runs import ASYMMETRY, FUNCTIONAL, KL, Runs, band, bands, decades, reference, strip, with_zero
from .style import COLOURS, label_panels, look, styled

__all__ = ["angles", "curves", "decay_scan", "differences", "distribution", "fig4", "levels", "strips"]

Column = tuple[Sequence[float], Runs, Runs, ArrayLike]


def distribution_panel(ax: Axes, target: ArrayLike, sampled: Runs, most: int = 24) -> None:
    """Draw p/p* in the most probable states of a target, shape (states,), by rule; see `distribution`."""
    exact = np.asarray(target, dtype=float)
    order = np.argsort(exact)[::-1][:most]
    ax.axhline(1, color=COLOURS["theory"], lw=0.7)
    for rule, law in sampled.items():
        ratio = np.asarray(law)[order] / exact[order]
        ax.plot(ratio, look(rule).marker, color=look(rule).colour, mew=0, label=look(rule).label)
    ax.set(xlabel="state, by its probability under $p^*$", ylabel="$p(z)\\,/\\,p^*(z)$", xlim=(-0.7, order.size - 0.3))


def angle_panel(ax: Axes, levels: ArrayLike, angles: Runs) -> None:
    """Draw angles of the update to the gradient, by rule, against levels of shape (L,); see `angles`."""
    for rule, values in angles.items():
        band(ax, levels, np.swapaxes(np.asarray(values), 0, 1), rule, marker=look(rule).marker)
    ax.set(xlabel=r"$\sigma$ of the start weights", ylabel="angle to the gradient", ylim=(0, None))
    ax.set_xticks(np.asarray(levels), [f"{level:g}" for level in np.asarray(levels)])
    ax.yaxis.set_major_formatter("{x:g}°")


def asymmetry_panel(ax: Axes, cycles: ArrayLike, asymmetry: Runs) -> None:
    """Draw the asymmetry over the cycles, values of shape (runs, V) by rule."""
    bands(ax, cycles, asymmetry)
    ax.set(xlabel="cycle", ylabel=ASYMMETRY)


def kl_panel(ax: Axes, cycles: ArrayLike, kl: Runs) -> None:
    """Draw D_KL over the cycles, values of shape (runs, V) by rule, "free" among them."""
    bands(ax, cycles, kl)
    ax.set(xlabel="cycle", ylabel=KL)


def level_panels(top: Axes, bottom: Axes, column: Column, label: str, functional: bool = False) -> None:
    """Draw final asymmetry and D_KL against the level of noise; see `levels`."""
    x, asymmetry, kl, free = column
    foot = with_zero(top, x, asymmetry)
    for rule, runs in kl.items():
        band(bottom, x, np.swapaxes(np.asarray(runs), 0, 1), rule, marker=look(rule).marker)
    reference(bottom, free, "free")
    decades(bottom)
    bottom.set_xticks(np.asarray(x), [f"{level:g}" for level in x])
    foot.set_xlabel(label)
    top.set_ylabel(FUNCTIONAL if functional else ASYMMETRY)
    bottom.set(xlabel=label, ylabel=KL)


@styled
def distribution(target: ArrayLike, before: ArrayLike, sampled: Runs, most: int = 24) -> Figure:
    """The most probable states of a target: p* and p before learning, then p/p* after learning by rule.

    target, before : shape (states,); sampled : by rule, each of shape (states,)
    """
    exact = np.asarray(target, dtype=float)
    order = np.argsort(exact)[::-1][:most]
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(3.4, 3.4), sharex=True)
    top.bar(range(order.size), np.asarray(before)[order], width=0.75, color=COLOURS["start"], label=look("start").label)
    top.stairs(exact[order], np.arange(order.size + 1) - 0.5, color=COLOURS["theory"], lw=0.9, label="target $p^*$")
    top.set_ylabel("$p(z)$")
    top.legend(loc="upper right")
    distribution_panel(bottom, target, sampled, most)
    bottom.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    label_panels((top, bottom))
    return figure


@styled
def differences(cycles: ArrayLike, runs: Runs) -> Figure:
    """W_ij − W_ji of every pair over the cycles, one panel for each rule.

    cycles : shape (V,); runs : by rule, weights of one run, shape (V, N, N)
    """
    figure, axes = plt.subplots(1, len(runs), figsize=(3.4, 1.9), sharey=True)
    for ax, (rule, weights) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        w = np.asarray(weights)
        i, j = np.triu_indices(w.shape[-1], 1)
        ax.axhline(0, color=COLOURS["theory"], lw=0.7)
        ax.plot(cycles, w[:, i, j] - w[:, j, i], color=COLOURS[rule], lw=0.7)
        ax.set(xlabel="cycle", title=look(rule).label)
    np.atleast_1d(axes)[0].set_ylabel("$W_{ij} - W_{ji}$")
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def angles(levels: ArrayLike, by_rule: Runs) -> Figure:
    """Angle between the wake–sleep update and the gradient against the noise, medians and quartiles over networks.

    levels : shape (L,); by_rule : "start", "sal", "hebbian": degrees, shape (L, networks)
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.3))
    angle_panel(ax, levels, by_rule)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return figure


@styled
def curves(cycles: ArrayLike, asymmetry: Runs, kl: Runs) -> Figure:
    """Asymmetry and D_KL over the cycles by rule, medians and quartiles over runs.

    cycles : shape (V,); asymmetry, kl : by rule ("free" is the baseline), each of shape (runs, V)
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(3.4, 3.6), sharex=True)
    asymmetry_panel(top, cycles, asymmetry)
    kl_panel(bottom, cycles, kl)
    top.set_xlabel("")
    bottom.legend(loc="upper right")
    label_panels((top, bottom))
    return figure


@styled
def levels(columns: Mapping[str, Column], labels: Sequence[str], functional: bool = False) -> Figure:
    """Final asymmetry (top) and D_KL (bottom) against the level of noise, a column for each experiment.

    columns : by title, (levels (L,), asymmetry by rule (L, runs), D_KL by rule (L, runs), noise-free D_KL (runs,));
    labels : what the levels are, for each column; functional : whether the asymmetry is that of effective weights.
    """
    width = 3.4 if len(columns) == 1 else 5.2
    figure, grid = plt.subplots(2, len(columns), figsize=(width, 3.9), sharey="row", squeeze=False)
    for (top, bottom), (title, column), label in zip(grid.T, columns.items(), labels, strict=True):
        level_panels(top, bottom, column, label, functional)
        top.set_title(title)
    for ax in grid[:, 1:].ravel():
        ax.set_ylabel("")
    figure.legend(*grid[1, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    label_panels(grid.ravel())
    return figure


@styled
def decay_scan(decays: ArrayLike, asymmetry: ArrayLike, kl: ArrayLike, sal: ArrayLike, hebbian: ArrayLike) -> Figure:
    """Kolen–Pollack learning against its weight decay, with the D_KL of SAL and Hebbian learning as bands.

    decays : shape (D,); asymmetry, kl : shape (D, runs); sal, hebbian : D_KL, shape (runs,)
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(3.4, 3.4), sharex=True)
    for ax, values in ((top, asymmetry), (bottom, kl)):
        band(ax, decays, np.swapaxes(np.asarray(values), 0, 1), "kp", marker=look("kp").marker)
        ax.set_xscale("log")
    for rule, values in (("sal", sal), ("hebbian", hebbian)):
        reference(bottom, values, rule)
    decades(top, bottom)
    top.set_ylabel(ASYMMETRY)
    bottom.set(ylabel=KL, xlabel=r"weight decay $\lambda$ per cycle")
    figure.legend(*bottom.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    label_panels((top, bottom))
    return figure


@styled
def strips(groups: Mapping[str, Runs], label: str = KL) -> Figure:
    """Every run as a dot, the median as a line: groups side by side, within each one column for each rule.

    groups : by name, then by rule ("sal", "hebbian", "kp", "free"), values of shape (runs,); label : y axis
    """
    rules = list(dict.fromkeys(rule for group in groups.values() for rule in group))
    figure, ax = plt.subplots(figsize=(3.4, 2.4))
    strip(ax, groups, rules)
    ax.set_ylabel(label)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(rules))
    return figure


@styled
def fig4(ratio: Any, angles: Any, learning: Any, column: Column) -> Figure:
    """Fig. 4 in six panels, two columns of a page wide.

    ratio : arguments of `distribution_panel`; angles : of `angle_panel`; learning : of `curves`; column : of `levels`
    """
    figure, grid = plt.subplots(2, 3, figsize=(7.0, 4.2))
    (a, b, c), (d, e, f) = grid
    cycles, asymmetry, kl = learning
    distribution_panel(a, *ratio)
    asymmetry_panel(b, cycles, asymmetry)
    kl_panel(c, cycles, kl)
    angle_panel(d, *angles)
    level_panels(e, f, column, r"$\sigma$ of the start weights")
    shown = dict(zip(*reversed(c.get_legend_handles_labels()), strict=True))
    shown |= dict(zip(*reversed(d.get_legend_handles_labels()), strict=True))
    figure.legend(shown.values(), shown.keys(), loc="outside upper center", ncols=len(shown))
    label_panels(grid.ravel())
    return figure
