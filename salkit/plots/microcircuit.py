"""The figures of notebook 05: the circuit, a feedback weight that copies, losses, what fed-back errors are worth."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, Polygon
from numpy.typing import ArrayLike

from .learning import _MARKERS, _NAMES, Runs, _band
from .style import COLOURS, label_panels, styled

__all__ = ["compartments", "copied", "copying", "epochs", "microcircuit", "one_run", "rest"]

_CELL, _INTER = "#56B4E9", "#CC79A7"


@styled
def microcircuit() -> Figure:
    """Input, hidden pyramidal neuron with basal and apical dendrite, its interneuron, output; who projects to whom."""
    figure, ax = plt.subplots(figsize=(3.4, 2.7))
    ax.set(xlim=(-1.1, 3.3), ylim=(-0.5, 4.2), aspect="equal")
    ax.axis("off")

    def pyramid(x: float, y: float, name: str, apical: bool) -> None:
        ax.plot([x, x], [y - 0.55, y + (1.05 if apical else 0.3)], color=_CELL, lw=3, solid_capstyle="round", zorder=1)
        ax.add_patch(Polygon([(x - 0.26, y - 0.2), (x + 0.26, y - 0.2), (x, y + 0.3)], color=_CELL, zorder=2))
        ax.add_patch(Ellipse((x, y - 0.55), 0.5, 0.22, color=_CELL, zorder=2))
        side, align = (-0.34, "right") if apical else (0.34, "left")
        if apical:
            ax.add_patch(Ellipse((x, y + 1.1), 0.5, 0.22, color=_CELL, zorder=2))
            ax.text(x + side, y + 1.1, "apical", ha=align, va="center")
        ax.text(x + side, y - 0.55, "basal", ha=align, va="center")
        ax.text(x + side, y + 0.02, name, ha=align, va="center", weight="bold")

    def arrow(start: tuple[float, float], end: tuple[float, float], label: str, at: tuple[float, float], bend: float,
              colour: str = "#444444", style: str = "-|>") -> None:  # fmt: skip
        ax.add_patch(
            FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle=style, mutation_scale=8, lw=1.1,
                            color=colour, zorder=3)
        )  # fmt: skip
        ax.text(*at, label, color=colour, ha="center", va="center")

    ax.add_patch(Circle((0.0, -0.25), 0.2, color="#999999"))
    ax.text(-0.34, -0.25, "input", ha="right", va="center", weight="bold")
    pyramid(0.0, 1.1, "hidden", apical=True)
    pyramid(1.5, 3.6, "output", apical=False)
    ax.add_patch(Circle((1.5, 1.5), 0.24, color=_INTER))
    ax.text(1.85, 1.5, "interneuron", ha="left", va="center", weight="bold")
    arrow((0, -0.05), (0, 0.42), "$W_1$", (0.28, 0.18), 0.0)
    arrow((0.22, 1.2), (1.62, 2.94), "$W_2$", (1.35, 2.3), 0.25)
    arrow((1.24, 3.5), (0.1, 2.32), "$B$", (0.5, 3.15), 0.2, COLOURS["sal"])
    arrow((0.22, 1.0), (1.3, 1.36), "$W_2$", (0.8, 0.92), 0.2, "#888888")
    arrow((1.36, 1.7), (0.26, 2.18), "$-B$", (0.62, 1.8), -0.1, "#888888", "-[, widthB=0.25, lengthB=0")
    arrow((2.3, 4.1), (1.62, 3.85), "target", (2.62, 4.1), 0.0, "#888888")
    return figure


@styled
def compartments(panels: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]]) -> Figure:
    """Apical potential of a hidden neuron over time, and its running mean.

    panels : by title, (time in tau_ref (T,), apical potential (T,), its running mean (T,))
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(3.4, 1.25 * len(panels) + 0.4), sharex=True, sharey=True)
    for ax, (title, (time, apical, mean)) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        ax.plot(time, apical, color=COLOURS["free"], lw=0.5, drawstyle="steps-post", label="potential")
        ax.axhline(0, color=COLOURS["theory"], lw=0.7)
        ax.plot(time, mean, color=COLOURS["sal"], lw=1.4, label="running mean")
        ax.set(title=title, ylabel="apical $a$")
    np.atleast_1d(axes)[-1].set_xlabel(r"time ($\tau_\mathrm{ref}$)")
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def copying(time: ArrayLike, paths: Mapping[float, ArrayLike], goal: float) -> Figure:
    """Feedback weights over time, from several starts; the forward weight dashed.

    time : shape (T,); paths : by start, each of shape (T,)
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.0))
    for path in paths.values():
        ax.plot(time, path, color=COLOURS["sal"], lw=1)
    ax.axhline(goal, color=COLOURS["theory"], ls="--", lw=1)
    ax.text(np.max(time), goal, " $W_2$", va="bottom", ha="right")
    ax.set(xlabel=r"time ($10^3\,\tau_\mathrm{ref}$)", ylabel="feedback weight $B$")
    return figure


@styled
def epochs(panels: Mapping[str, tuple[ArrayLike, Runs]], label: str, log: bool = False) -> Figure:
    """A quantity over epochs by feedback, medians and quartiles over runs, one panel a task.

    panels : by title, (epochs (E,), by feedback an array of shape (runs, E))
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(max(3.4, 1.9 * len(panels)), 2.2), sharey=True, squeeze=False)
    for ax, (title, (x, by_rule)) in zip(axes[0], panels.items(), strict=True):
        for rule, runs in by_rule.items():
            _band(ax, x, runs, rule)
        if log:
            ax.set_yscale("log")
        ax.set(xlabel="epoch", title=title)
    axes[0, 0].set_ylabel(label)
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    label_panels(axes[0])
    return figure


@styled
def one_run(epoch: ArrayLike, weights: Mapping[str, Mapping[str, ArrayLike]], teacher: float) -> Figure:
    """W_1, W_2 and B of one seed over epochs, a panel for each feedback; the teacher's weights dashed.

    epoch : shape (E,); weights : by feedback, then by name ("W_1", "W_2", "B"), each of shape (E,)
    """
    figure, axes = plt.subplots(1, len(weights), figsize=(4.6, 1.9), sharey=True)
    marks = {"W_1": ("#666666", ":"), "W_2": ("#222222", "-"), "B": (None, "-")}
    for ax, (rule, by_name) in zip(np.atleast_1d(axes), weights.items(), strict=True):
        ax.axhline(teacher, color=COLOURS["theory"], ls="--", lw=0.7)
        for name, values in by_name.items():
            colour, line = marks[name]
            ax.plot(epoch, values, color=colour or COLOURS[rule], ls=line, lw=1.2, label=f"${name}$")
        ax.set(title=_NAMES[rule], xlabel="epoch")
    np.atleast_1d(axes)[0].set_ylabel("weight")
    np.atleast_1d(axes)[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def copied(points: Mapping[str, tuple[ArrayLike, ArrayLike]], label: str = "feedback weight $B$") -> Figure:
    """Where feedback weights end against forward weights, a dot a run; by feedback, (W_2, B)."""
    figure, ax = plt.subplots(figsize=(2.6, 2.4))
    reach = 1.1 * max(np.abs(np.asarray(v)).max() for pair in points.values() for v in pair)
    ax.axline((0, 0), slope=1, color=COLOURS["theory"], lw=0.8)
    ax.axhline(0, color=COLOURS["free"], lw=0.5)
    for rule, (w, b) in points.items():
        ax.plot(w, b, _MARKERS[rule], color=COLOURS[rule], ms=4, alpha=0.8, label=_NAMES[rule])
    ax.set(xlabel="forward weight $W_2$", ylabel=label, ylim=(-reach, reach))
    ax.legend(loc="best")
    return figure


@styled
def rest(b: Sequence[float], drifts: Mapping[str, ArrayLike], goal: float, ends: ArrayLike) -> Figure:
    """SAL's drift of B against B, by kind of pair; the forward weight dashed, where runs end as ticks.

    drifts : by label, arrays of shape (B,) or (runs, B)
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.2))
    colours = (COLOURS["theory"], COLOURS["causal"], COLOURS["sal"])
    for (label, values), colour in zip(drifts.items(), colours, strict=False):
        y = np.atleast_2d(np.asarray(values, dtype=float))
        error = y.std(axis=0, ddof=1) / np.sqrt(len(y)) if len(y) > 1 else np.zeros(y.shape[1])
        ax.errorbar(
            b, y.mean(axis=0), yerr=2 * error, color=colour, lw=1.2, marker="." if len(y) > 1 else None, label=label
        )
    ax.axhline(0, color=COLOURS["theory"], lw=0.7)
    ax.axvline(goal, color=COLOURS["theory"], lw=0.9, ls="--")
    ax.plot(ends, np.zeros(np.size(ends)), "|", color=COLOURS["sal"], ms=9, label="runs of Fig. 6 end")
    ax.set(xlabel="feedback weight $B$", ylabel="drift of $B$ under SAL")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
