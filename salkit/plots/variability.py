"""The figures of notebook 04: learning where synapses and neurons differ, and what SAL measures there."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ..estimates import Estimate
from .learning import Column, level_panels
from .runs import KL, Runs, strip
from .style import COLOURS, label_panels, look, styled

__all__ = ["bias", "drifts", "fig5", "reciprocal"]

_LEVELS = (r"$\sigma$ of the amplitudes", r"$\sigma$ of the amplitudes", "coefficient of variation")


def bias_panel(ax: Axes, predicted: ArrayLike, measured: ArrayLike) -> None:
    """Draw measured against predicted deviations of coactivations, both of shape (runs, pairs); see `bias`."""
    x, y = (100 * (np.ravel(np.asarray(values, dtype=float)) - 1) for values in (predicted, measured))
    ends = np.array([min(x.min(), y.min()), max(x.max(), y.max())])
    ax.plot(ends, ends, color=COLOURS["theory"], lw=0.8, label="as predicted")
    ax.plot(x, y, ".", color=COLOURS["sal"], ms=3, alpha=0.5, mew=0, label=look("sal").label)
    ax.set(xlabel="predicted deviation (%)", ylabel="measured deviation (%)", aspect="equal")
    ax.locator_params(nbins=4)


def reciprocal_panel(ax: Axes, weights: Runs, labels: tuple[str, str], reach: float) -> None:
    """Draw every pair of synapses as a point (W_ij, W_ji), weights of shape (N, N) by rule."""
    ax.axline((0, 0), slope=1, color=COLOURS["theory"], lw=0.7)
    for rule, matrix in weights.items():
        w = np.asarray(matrix, dtype=float)
        i, j = np.triu_indices(w.shape[-1], 1)
        label, colour, marker = look(rule)[:3]
        ax.plot(w[i, j], w[j, i], marker, color=colour, ms=3.5, alpha=0.8, mew=0, label=label)
    ax.set(xlabel=labels[0], ylabel=labels[1], aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))


_AXES = (("$W_{ij}$", "$W_{ji}$"), (r"$a_i W_{ij} h_j$", r"$a_j W_{ji} h_i$"))


@styled
def bias(predicted: ArrayLike, measured: ArrayLike) -> Figure:
    """Where learning with SAL comes to rest against where the amplitudes say it should: one dot for each pair and run.

    predicted, measured : coactivation asleep over awake, of one shape
    """
    figure, ax = plt.subplots(figsize=(3.0, 2.8))
    bias_panel(ax, predicted, measured)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


@styled
def reciprocal(weights: Runs, effective: Runs) -> Figure:
    """Every pair of synapses as a point: the weights themselves, and the effective ones, of shape (N, N) by rule."""
    figure, axes = plt.subplots(1, 2, figsize=(3.6, 2.2), sharex=True, sharey=True)
    reach = 1.1 * max(np.abs(np.asarray(w)).max() for by_rule in (weights, effective) for w in by_rule.values())
    for ax, by_rule, labels in zip(axes, (weights, effective), _AXES, strict=True):
        reciprocal_panel(ax, by_rule, labels, reach)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    label_panels(axes)
    return figure


@styled
def drifts(cases: Mapping[str, Mapping[str, Estimate]]) -> Figure:
    """Mean drift with its confidence interval, a row for each case, a mark for each kind within it."""
    figure, ax = plt.subplots(figsize=(3.4, 0.34 * len(cases) + 0.9))
    for row, kinds in enumerate(cases.values()):
        for number, (kind, (mean, low, high)) in enumerate(kinds.items()):
            ax.errorbar(
                mean, -row + 0.12 * (1 - 2 * number), xerr=[[mean - low], [high - mean]], fmt="o^"[number], ms=4,
                color=COLOURS["sal"], mfc=COLOURS["sal"] if number == 0 else "white", label=kind if row == 0 else None,
            )  # fmt: skip
    ax.axvline(0, color=COLOURS["theory"], lw=0.7)
    ax.set_yticks(-np.arange(len(cases)), list(cases))
    ax.set_xlabel("SAL's drift of $W_{ij}$ per $\\tau_\\mathrm{ref}$")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


@styled
def fig5(columns: Mapping[str, Column], bias: Any, effective: Runs, groups: Mapping[str, Runs]) -> Figure:
    """Fig. 5 and the neurons' variability in nine panels, two columns of a page wide.

    columns : as `levels` takes them, plasticity noise (1), (2) and neurons; bias : arguments of `bias`;
    effective : effective weights by rule, shape (N, N); groups : as `strips` takes them
    """
    figure, grid = plt.subplots(3, 3, figsize=(7.0, 6.2))
    for number, (column, label, title) in enumerate(zip(columns.values(), _LEVELS, columns, strict=True)):
        level_panels(grid[0, number], grid[1, number], column, label, functional=number == 2)
        grid[0, number].set_title(title)
    for left, right, _ in grid[:2]:
        ends = np.array([left.get_ylim(), right.get_ylim()])
        for ax in (left, right):
            ax.set_ylim(ends.min(), ends.max())
        right.set_ylabel("")
    bias_panel(grid[2, 0], *bias)
    reach = 1.1 * max(np.abs(np.asarray(w)).max() for w in effective.values())
    reciprocal_panel(grid[2, 1], effective, _AXES[1], reach)
    strip(grid[2, 2], groups, ["hebbian", "sal"])
    grid[2, 2].set_ylabel(KL)
    grid[2, 2].tick_params(axis="x", labelsize=6)
    figure.legend(*grid[1, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    label_panels(grid.ravel())
    return figure
