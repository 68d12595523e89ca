"""The figures of notebook 05: the circuit, a feedback weight that copies, losses, what fed-back errors are worth."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, Polygon
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from ..estimates import geometric_mean
from .style import COLOURS, label_panels, look, styled

__all__ = [
    "error_angles",
    "compartments",
    "copied",
    "copying",
    "fig6",
    "losses",
    "microcircuit",
    "phases",
    "ratios",
    "rest",
    "self_prediction",
]

Runs = Mapping[str, ArrayLike]
_INK, _PALE = "#444444", "#C8C8C8"
_TIME = r"time ($10^3\,\tau_\mathrm{ref}$)"


@styled
def microcircuit() -> Figure:
    """Input, hidden pyramidal neuron with basal and apical dendrite, its interneuron, output; who projects to whom."""
    figure, ax = plt.subplots(figsize=(3.4, 3.3))
    _circuit(ax)
    return figure


@styled
def compartments(panels: Mapping[str, tuple[ArrayLike, ArrayLike, float]]) -> Figure:
    """Apical potential of a hidden neuron over a short time, with its mean over a long one.

    panels : by title, (time in tau_ref (T,), apical potential (T,), mean over the whole recording)
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(3.4, 1.3 * len(panels) + 0.5), sharex=True, sharey=True)
    for ax, (title, (time, apical, mean)) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        t, a = np.asarray(time, dtype=float), np.asarray(apical, dtype=float)
        for part, cell, label in ((a > 0, "pyramidal", "output alone"), (a < 0, "interneuron", "interneuron alone")):
            height = np.where(part, a, 0.0)
            ax.fill_between(t, height, step="post", color=COLOURS[cell], lw=0, label=label)
        ax.axhline(0, color=_PALE, lw=0.7)
        ax.axhline(mean, color=_INK, lw=1.4, ls="--", label="mean over a long time")
        ax.set(title=title, ylabel="apical $a$", xlim=(t[0], t[-1]))
    np.atleast_1d(axes)[-1].set_xlabel(r"time ($\tau_\mathrm{ref}$)")
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, handlelength=1.0, columnspacing=0.9)
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def copying(time: ArrayLike, paths: Mapping[float, ArrayLike], goal: float) -> Figure:
    """Feedback weights over time, from several starts; the forward weight dashed.

    time : shape (T,); paths : by start, each of shape (T,)
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.1))
    _copying(ax, time, paths, goal)
    return figure


@styled
def losses(epoch: ArrayLike, runs: Runs) -> Figure:
    """Loss over epochs, a panel for each feedback: every run, and the median.

    epoch : shape (E,); runs : by feedback, shape (runs, E)
    """
    figure, axes = plt.subplots(1, len(runs), figsize=(0.6 + 1.35 * len(runs), 2.1), sharex=True, sharey=True)
    for ax, (feedback, values) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        _losses(ax, epoch, {feedback: values})
        ax.set_title(look(feedback).label)
    np.atleast_1d(axes)[0].set_ylabel("validation loss")
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def copied(panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]]) -> Figure:
    """Where feedback weights end against the forward weights that they are to copy, a panel for each circuit.

    panels : by title, then by feedback, (forward weights, feedback weights) of all synapses and runs, shapes (n,)
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(0.5 + 1.6 * len(panels), 2.4))
    for ax, (title, points) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        _copied(ax, points)
        ax.set(title=title, xlabel="forward weight", aspect="equal")
    np.atleast_1d(axes)[0].set_ylabel("feedback weight")
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def error_angles(panels: Mapping[str, tuple[ArrayLike, Runs]]) -> Figure:
    """Degrees from fed-back errors to the gradient over epochs: medians and quartiles, a panel for each circuit.

    panels : by title, (epochs (E,), by feedback an array of shape (runs, E))
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(1.2 + 1.3 * len(panels), 2.3), sharey=True)
    for ax, (title, (epoch, by_feedback)) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        _angles(ax, epoch, by_feedback)
        ax.set_title(title)
    np.atleast_1d(axes)[0].set_ylabel("error to gradient (degrees)")
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def ratios(groups: Mapping[str, Runs]) -> Figure:
    """Loss over that of the same seed with copied feedback: runs, and geometric means with 95 % confidence intervals.

    groups : by circuit, then by feedback, ratios of shape (runs,)
    """
    figure, ax = plt.subplots(figsize=(3.4, 2.3))
    rules = list(next(iter(groups.values())))
    at = [(name, rule, float(value)) for name, by_rule in groups.items()
          for rule, values in by_rule.items() for value in np.asarray(values)]  # fmt: skip
    names, hues, heights = zip(*at, strict=True)
    sns.stripplot(
        x=names, y=heights, hue=hues, hue_order=rules, palette=[COLOURS[rule] for rule in rules], dodge=True,
        jitter=False, alpha=0.5, size=3.5, legend=False, ax=ax,
    )  # fmt: skip
    for place, by_rule in enumerate(groups.values()):
        for number, rule in enumerate(rules):
            mean = geometric_mean(by_rule[rule])
            x = place + 0.8 * ((number + 0.5) / len(rules) - 0.5) + 0.1
            error = [[mean.value - mean.low], [mean.high - mean.value]]
            ax.errorbar(x, mean.value, yerr=error, fmt=look(rule).marker, ms=4, color=COLOURS[rule], capsize=2, lw=1.2,
                        label=look(rule).label if place == 0 else None)  # fmt: skip
    ax.axhline(1, color=COLOURS["bp"], lw=0.9, zorder=0, label=look("bp").label)
    ax.set(yscale="log", ylabel="loss over that with copied\nfeedback, same seed", xlabel="")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@styled
def phases(conditions: Mapping[str, Mapping[str, ArrayLike]]) -> Figure:
    """What phases leave behind, by how they are done: runs, and their medians as bars; a panel for each quantity.

    conditions : by name, the first on top, then by quantity, shape (runs,)
    """
    quantities = list(next(iter(conditions.values())))
    figure, axes = plt.subplots(1, len(quantities), figsize=(6.4, 0.8 + 0.24 * len(conditions)), sharey=True)
    for ax, quantity in zip(np.atleast_1d(axes), quantities, strict=True):
        for row, (name, found) in enumerate(conditions.items()):
            x = np.asarray(found[quantity], dtype=float)
            colour = COLOURS["sal" if name.startswith("paper") else "sal exact"]
            ax.plot(x, np.full(x.shape, row), "o", color=colour, ms=3, alpha=0.6, mew=0)
            ax.plot(np.median(x), row, "|", color=_INK, ms=9, mew=1.4)
        ax.set(xlabel=quantity, yticks=range(len(conditions)), yticklabels=list(conditions))
        ax.margins(x=0.08)
        ax.set_xlim(left=-0.04 * ax.get_xlim()[1])
    np.atleast_1d(axes)[0].invert_yaxis()
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def self_prediction(apical: Mapping[str, ArrayLike]) -> Figure:
    """Apical potential that interneurons leave without a target, by how they got their weights: circuits and medians.

    apical : by name, root mean squares over patterns and hidden neurons, shape (runs,)
    """
    figure, ax = plt.subplots(figsize=(3.4, 0.7 + 0.25 * len(apical)))
    for row, values in enumerate(apical.values()):
        x = np.asarray(values, dtype=float)
        ax.plot(x, np.full(x.shape, row), "o", color=COLOURS["interneuron"], ms=4, alpha=0.8, mew=0)
        ax.plot(np.median(x), row, "|", color=_INK, ms=10, mew=1.4)
    ax.set(xscale="log", yticks=range(len(apical)), yticklabels=list(apical), ylim=(len(apical) - 0.5, -0.5))
    ax.set_xlabel("apical potential left (rms of means)")
    return figure


@styled
def rest(
    b: Sequence[float], drifts: Runs, goal: float, predicted: ArrayLike, ends: ArrayLike, forward: ArrayLike
) -> Figure:
    """Where SAL lets a feedback weight rest: its drift at one forward weight, and single runs against the prediction.

    b : feedback weights (K,); drifts : by label, shape (K,) or (replicas, K); goal : the forward weight;
    predicted, ends, forward : of each run the point of no drift at its own weights, where B ended, and W_2
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.3), width_ratios=(1.25, 1))
    styles = ((COLOURS["theory"], ":", ""), (COLOURS["theory"], "-", ""), (COLOURS["sal"], "--", "o"),
              (COLOURS["sal"], "-", "o"))  # fmt: skip
    for (label, values), (colour, line, marker) in zip(drifts.items(), styles, strict=True):
        y = 1000 * np.atleast_2d(np.asarray(values, dtype=float))
        error = y.std(axis=0, ddof=1) / np.sqrt(len(y)) if len(y) > 1 else np.zeros(y.shape[1])
        left.errorbar(b, y.mean(axis=0), yerr=2 * error, color=colour, ls=line, marker=marker, ms=2.5, label=label)
    left.axhline(0, color=_INK, lw=0.7)
    left.axvline(goal, color=_PALE, lw=2.5, zorder=0)
    left.text(goal, 1.0, " $W_2$", transform=left.get_xaxis_transform(), va="top", color=_INK)
    left.set(xlabel="feedback weight $B$", ylabel=r"drift of $B$ ($10^{-3}$ per $\tau_\mathrm{ref}$)")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    right.axline((1, 1), slope=1, color=_INK, lw=0.7)
    right.plot(predicted, forward, "_", color="#888888", ms=5, label="$W_2$: a perfect copy")
    right.plot(predicted, ends, look("sal").marker, color=COLOURS["sal"], ms=3.5, alpha=0.8, label="$B$, last quarter")
    right.set(xlabel="predicted rest of $B$", ylabel="weight")
    right.legend(loc="upper left", bbox_to_anchor=(0.0, 1.04), handlelength=1.0)
    low, high = right.get_ylim()
    right.set_ylim(low, high + 0.25 * (high - low))
    left.set_title(f"$W_1 = W_2 = {goal:g}$")
    right.set_title("runs, at their own weights")
    label_panels((left, right))
    return figure


@styled
def fig6(
    copies: tuple[ArrayLike, Mapping[float, ArrayLike], float],
    epoch: ArrayLike,
    run: Mapping[str, Runs],
    loss: Runs,
    points: Mapping[str, tuple[ArrayLike, ArrayLike]],
    errors: Mapping[str, tuple[ArrayLike, Runs]],
) -> Figure:
    """Fig. 6 of the paper: circuit, copying, one run with two kinds of feedback, losses, weights, errors.

    copies : as in `copying`; epoch (E,), run : W_1, W_2 and B, by two kinds of feedback, (E,); loss : as in `losses`,
    shape (runs, E); points : as one panel of `copied`, shape (runs,); errors : as in `angles`, shape (runs, E), two
    panels
    """
    figure = plt.figure(figsize=(7.0, 4.7))
    names: Any = [["circuit", "copying", "one", "two"], ["loss", "weights", "wide", "deep"]]
    panels = figure.subplot_mosaic(names, width_ratios=(1.5, 1, 1, 1), height_ratios=(1.3, 1))
    _circuit(panels["circuit"], 6.5)
    panels["circuit"].set_title("microcircuit")
    _copying(panels["copying"], *copies)
    panels["copying"].set_title("SAL copies")
    for name, (feedback, by_name) in zip(("one", "two"), run.items(), strict=True):
        _one_run(panels[name], epoch, feedback, by_name, copies[2])
    panels["two"].sharey(panels["one"])
    panels["one"].set_ylabel("weight", labelpad=0)
    _losses(panels["loss"], epoch, loss, thin=0.15)
    panels["loss"].set(ylabel="validation loss", title="learning")
    _copied(panels["weights"], points)
    panels["weights"].set(xlabel="forward weight $W_2$", ylabel="feedback weight $B$", title="after learning")
    for name, (title, (epochs, by_feedback)) in zip(("wide", "deep"), errors.items(), strict=True):
        _angles(panels[name], epochs, by_feedback)
        panels[name].set_title(title)
    panels["wide"].set_ylabel("error to gradient (°)", labelpad=1)
    _weight_legend(figure, "outside lower left", 4)
    handles, labels = panels["deep"].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower right", ncols=4)
    label_panels([panels[name] for row in names for name in row])
    return figure


def _circuit(ax: Axes, size: float = 7.5) -> None:
    ax.set(xlim=(-2.4, 2.55), ylim=(-0.55, 4.65), aspect="equal")
    ax.axis("off")
    cell, inter = look("pyramidal"), look("interneuron")

    def text(x: float, y: float, words: str, **style: Any) -> None:
        ax.text(x, y, words, **{"ha": "center", "va": "center", "fontsize": size, **style})

    def pyramid(x: float, y: float, name: str, apical: bool) -> None:
        ax.plot([x, x], [y - 0.55, y + (1.05 if apical else 0.3)], color=cell.colour, lw=3, solid_capstyle="round")
        ax.add_patch(Polygon([(x - 0.26, y - 0.2), (x + 0.26, y - 0.2), (x, y + 0.3)], color=cell.colour))
        ax.add_patch(Ellipse((x, y - 0.55), 0.5, 0.22, color=cell.colour))
        if apical:
            ax.add_patch(Ellipse((x, y + 1.1), 0.5, 0.22, color=cell.colour))
            text(x + 0.34, y + 1.1, "apical $a$", ha="left")
        text(x + 0.34, y - 0.55, "basal $v$", ha="left")
        text(x + 0.36, y - 0.04, name, ha="left", weight="bold")

    def arrow(start: tuple[float, float], end: tuple[float, float], label: str, at: tuple[float, float], bend: float,
              colour: str = _INK, style: str = "-|>") -> None:  # fmt: skip
        ax.add_patch(
            FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle=style, mutation_scale=8, lw=1.2,
                            color=colour, zorder=3)
        )  # fmt: skip
        text(*at, label, color=colour)

    ax.add_patch(Circle((0.0, -0.25), 0.2, color="#999999"))
    text(0.34, -0.25, "input", ha="left", weight="bold")
    pyramid(0.0, 1.1, "hidden", apical=True)
    pyramid(1.5, 3.5, "output", apical=False)
    ax.add_patch(Circle((-1.1, 1.65), 0.22, color=inter.colour))
    text(-1.2, 1.24, "interneuron", weight="bold", ha="right")
    arrow((0, -0.05), (0, 0.42), "$W_1$", (-0.36, 0.18), 0.0)
    arrow((0.22, 1.2), (1.64, 2.82), "$W_2$", (1.85, 1.75), 0.42)
    arrow((1.26, 3.5), (0.08, 2.34), "$B$", (0.42, 3.3), 0.25, COLOURS["sal"])
    arrow((-0.24, 1.0), (-0.98, 1.44), "$W_2$", (-0.66, 0.92), -0.2, "#888888")
    arrow((-0.96, 1.84), (-0.28, 2.18), "$-B$", (-0.88, 2.25), -0.2, "#888888", "-[, widthB=0.25, lengthB=0")
    arrow((1.5, 4.38), (1.5, 3.86), "target: nudge", (1.5, 4.52), 0.0, "#888888")


def _copying(ax: Axes, time: ArrayLike, paths: Mapping[float, ArrayLike], goal: float) -> None:
    ax.axhline(goal, color=_INK, ls="--", lw=0.9)
    ax.text(np.max(time), goal + 0.12, "$W_2$", va="bottom", ha="right", color=_INK)
    for path in paths.values():
        ax.plot(time, path, color=COLOURS["sal"], lw=1)
    ax.set(xlabel=_TIME, ylabel="feedback weight $B$")


def _losses(ax: Axes, epoch: ArrayLike, runs: Runs, thin: float = 0.35) -> None:
    """Runs as thin lines, their median thick."""
    for feedback, values in runs.items():
        y = np.asarray(values, dtype=float)
        ax.plot(epoch, y.T, color=COLOURS[feedback], lw=0.5, alpha=thin)
        _median(ax, epoch, y, feedback, None)
    ax.set(yscale="log", xlabel="epoch")


def _one_run(ax: Axes, epoch: ArrayLike, feedback: str, weights: Runs, teacher: float) -> None:
    ax.axhline(teacher, color=_INK, ls="--", lw=0.7)
    ax.plot(epoch, weights["W_2"], color=_PALE, lw=3.5)
    ax.plot(epoch, weights["W_1"], color="#777777", ls=":", lw=1.3)
    ax.plot(epoch, weights["B"], color=COLOURS[feedback], lw=1.3)
    ax.set(title=look(feedback).label, xlabel="epoch")


def _weight_legend(figure: Figure, place: Any, columns: int) -> None:
    """Forward weights in greys; B in the colours of the rules, which the panels' titles name."""
    lines: list[Any] = [
        Line2D([], [], color=_PALE, lw=3.5), Line2D([], [], color="#777777", ls=":"),
        tuple(Line2D([], [], color=COLOURS[rule]) for rule in ("sal", "sal exact", "fa")),
        Line2D([], [], color=_INK, ls="--", lw=0.7),
    ]  # fmt: skip
    figure.legend(
        lines, ["$W_2$", "$W_1$", "$B$", "teacher"], loc=place, ncols=columns, handlelength=1.8,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
    )  # fmt: skip


def _copied(ax: Axes, points: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> None:
    reach = 1.08 * max(np.abs(np.asarray(v)).max() for pair in points.values() for v in pair)
    ax.axline((0, 0), slope=1, color=_INK, lw=0.7)
    ax.axhline(0, color=_PALE, lw=0.5, zorder=0)
    ax.axvline(0, color=_PALE, lw=0.5, zorder=0)
    for feedback in sorted(points, key=["fa", "bp", "sal", "sal exact"].index):
        kept = look(feedback)
        ax.plot(*points[feedback], kept.marker, color=kept.colour, ms=2.5, alpha=0.7, mew=0, label=kept.label)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(3, integer=True))


def _angles(ax: Axes, epoch: ArrayLike, runs: Runs) -> None:
    for feedback, values in runs.items():
        _median(ax, epoch, values, feedback, ("pi", 50))
    ax.axhline(90, color=_INK, ls=":", lw=0.9, label="knows nothing")
    ax.set(xlabel="epoch", yticks=(0, 30, 60, 90, 120), ylim=(-4, 132))


def _median(ax: Axes, x: ArrayLike, values: ArrayLike, feedback: str, band: Any) -> None:
    """Median over the runs of `values`, shape (runs, points), with seaborn's band."""
    y = np.asarray(values, dtype=float)
    sns.lineplot(
        x=np.tile(np.asarray(x), len(y)), y=y.ravel(), estimator="median", errorbar=band, color=COLOURS[feedback],
        label=look(feedback).label, legend=False, ax=ax, err_kws={"lw": 0},
    )  # fmt: skip
    ax.set(xlabel="", ylabel="")
