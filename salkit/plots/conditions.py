"""The figures of wake–sleep learning under physical conditions: PSP shapes, few bits, missing synapses, signs."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .runs import ASYMMETRY, KL, Runs, band, decades, strip
from .style import COLOURS, label_panels, look, styled

__all__ = ["constrained", "few_bits", "shapes_learned", "pulls"]

_NOTHING = 1e-12  # an asymmetry below is a rounding error
_EXACT = 1e-6  # a D_KL below is that of the target itself


def _legend(figure: Figure, axes: Sequence[Axes], columns: int) -> None:
    """One legend above the panels, each thing once."""
    shown: dict[str, Any] = {}
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        shown |= dict(zip(labels, handles, strict=True))
    figure.legend(shown.values(), shown.keys(), loc="outside upper center", ncols=columns)


def _line(ax: Axes, x: ArrayLike, y: ArrayLike, style: str, label: str) -> None:
    ax.plot(x, y, style, color=COLOURS["theory"], lw=0.9, label=label)


@styled
def shapes_learned(asymmetry: Mapping[str, Runs], kl: Mapping[str, Runs]) -> Figure:
    """Asymmetry and D_KL after learning, a group for each PSP shape, every run as a dot and medians as lines.

    asymmetry, kl : by shape, then by rule, values of shape (runs,); an asymmetry of 0 is not shown
    """
    figure, axes = plt.subplots(2, 1, figsize=(5.2, 3.9), sharex=True)
    for ax, groups, label in zip(axes, (asymmetry, kl), (ASYMMETRY, KL), strict=True):
        shown = {
            shape: {rule: values for rule, values in group.items() if np.median(np.asarray(values)) > _NOTHING}
            for shape, group in groups.items()
        }
        strip(ax, shown, list(dict.fromkeys(rule for group in shown.values() for rule in group)))
        ax.set_ylabel(label)
    axes[1].set_xlabel("PSP shape")
    _legend(figure, axes, 4)
    label_panels(axes)
    return figure


@styled
def pulls(biases: ArrayLike, by_shape: Mapping[str, Runs]) -> Figure:
    """SAL's pull towards equal weights against the bias of two neurons, one panel for each PSP shape.

    biases : shape (B,); by_shape : by shape, then by "sal" or another row of `LOOKS`, the pull, shape (B,)
    """
    columns = 3
    rows = -(-len(by_shape) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(5.2, 1.5 * rows + 0.5), sharex=True, sharey=True, squeeze=False)
    for ax, (shape, lines) in zip(grid.ravel(), by_shape.items(), strict=False):
        ax.axhline(0, color=COLOURS["theory"], lw=0.7)
        for kind, values in lines.items():
            ax.plot(biases, np.asarray(values), color=COLOURS[kind], label=look(kind).label)
        ax.set_title(shape)
    for ax in grid[-1]:
        ax.set_xlabel("bias of both neurons")
    for ax in grid[:, 0]:
        ax.set_ylabel(r"pull $r$ (1/$\tau_\mathrm{ref}$)")
    for ax in grid.ravel()[len(by_shape) :]:
        ax.set_visible(False)
    _legend(figure, grid.ravel()[:1].tolist(), 2)
    label_panels(grid.ravel()[: len(by_shape)])
    return figure


@styled
def few_bits(bits: Sequence[int], asymmetry: Runs, kl: Runs, predicted: Mapping[str, ArrayLike], full: int) -> Figure:
    """Asymmetry left and D_KL against the bits of a weight, medians and quartiles over runs.

    bits : ascending, the last one `full`, a double's; asymmetry, kl : by rule, shape (len(bits), runs);
    predicted : asymmetry by rule, shape (len(bits),)
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.2, 2.4))
    x = np.arange(len(bits))
    for ax, by_rule in ((left, asymmetry), (right, kl)):
        for rule, values in by_rule.items():
            band(ax, x, np.asarray(values).T, rule, marker=look(rule).marker)
        decades(ax)
        ax.set_xticks(x, ["double" if number == full else f"{number}" for number in bits])
        ax.set_xlabel("bits of a weight")
    for (rule, values), style in zip(predicted.items(), ("--", ":"), strict=False):
        _line(left, x, values, style, f"predicted, {look(rule).label}")
    left.set_ylabel(ASYMMETRY)
    right.set_ylabel(KL)
    _legend(figure, [left], 2)
    label_panels((left, right))
    return figure


@styled
def constrained(
    columns: Mapping[str, tuple[Sequence[float], Runs]], label: str, bounds: Mapping[str, Mapping[str, ArrayLike]]
) -> Figure:
    """D_KL after learning against a level, a panel for each kind of constraint, beside what no machine can do better.

    columns : by title, (levels (L,), D_KL by rule, shape (L, runs)); label : what the levels are;
    bounds : by title, then by name, D_KL of the nearest machine, shape (L,); where that is 0 it is not shown
    """
    figure, axes = plt.subplots(1, len(columns), figsize=(2.6 * len(columns), 2.5), sharey=True, squeeze=False)
    for ax, (title, (levels, by_rule)) in zip(axes[0], columns.items(), strict=True):
        for rule, values in by_rule.items():
            band(ax, levels, np.asarray(values).T, rule, marker=look(rule).marker)
        for (name, values), style in zip(bounds.get(title, {}).items(), ("--", ":", "-."), strict=False):
            height = np.asarray(values, dtype=float)
            _line(ax, levels, np.where(height > _EXACT, height, np.nan), style, name)
        ax.set_xticks(np.asarray(levels), [f"{level:g}" for level in levels])
        ax.set(title=title, xlabel=label)
        decades(ax)
    axes[0, 0].set_ylabel(KL)
    _legend(figure, axes[0].tolist(), 3)
    label_panels(axes[0])
    return figure
