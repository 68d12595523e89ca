"""The figures of notebook 09: a network that sleeps over digits, what it dreams, completes and names."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from .deep import strips_panel
from .runs import Runs, band
from .style import COLOURS, label_panels, look, styled

__all__ = ["bars", "completions", "dream_levels", "dream_machine", "dream_training", "dreams", "likelihoods"]

_ACCURACY = "digits named (%)"
_COMPLETION = "error of completed pixels"


def _picture(ax: Axes, pixels: ArrayLike, colour: str | None) -> None:
    """Pixels of 0 … 1, black where they are on, in a frame; no number is a grey line of hatching."""
    values = np.asarray(pixels, dtype=float)
    side = round(values.size**0.5)
    shown = values.reshape(side, side)
    ax.imshow(np.where(np.isnan(shown), 0.0, shown), cmap="gray_r", vmin=0, vmax=1)
    missing = np.isnan(shown).any(axis=1)
    if missing.any():
        low, high = np.flatnonzero(missing)[[0, -1]]
        ax.axhspan(low - 0.5, high + 0.5, color=COLOURS["simulation"], lw=0)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=colour is not None, color=colour or "white", lw=1.2)


@styled
def dream_machine(picture: ArrayLike, label: int, classes: int, hidden: ArrayLike) -> Figure:
    """The network: an image on its pixels, its label on, hidden neurons with their chance to be on, weights both ways.

    picture : (side²,), 0 or 1; label : the class; hidden : chances (H,), 0 … 1
    """
    figure, ax = plt.subplots(figsize=(5.2, 2.4))
    values = np.asarray(picture, dtype=float)
    side = round(values.size**0.5)
    place = [(0.3 * (k % side), 0.3 * (side - 1 - k // side)) for k in range(side * side)]
    place += [(3.4, 2.1 - 0.233 * k) for k in range(classes)]
    on = np.concatenate([values, np.eye(classes)[label]])
    x, y = np.array(place).T
    ax.scatter(x, y, s=26, c=on, cmap="gray_r", vmin=-0.1, vmax=1.1, edgecolors=COLOURS["theory"], linewidths=0.6)
    chance = np.asarray(hidden, dtype=float)
    column, row = np.divmod(np.arange(chance.size), 10)
    ax.scatter(
        7.0 + 0.3 * column, 2.1 - 0.233 * row, s=26, c=chance, cmap="gray_r", vmin=-0.1, vmax=1.1,
        edgecolors=COLOURS["theory"], linewidths=0.6,
    )  # fmt: skip
    for height, first, last, colour, text in (
        (1.35, 4.1, 6.4, COLOURS["i"], r"$W_{hv}$: wake"),
        (0.75, 6.4, 4.1, COLOURS["j"], r"$W_{vh}$: dreams"),
    ):
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.4}
        ax.annotate("", xy=(last, height), xytext=(first, height), arrowprops=arrow)
        ax.text(5.25, height + (0.2 if first < last else -0.2), text, color=colour, ha="center", va="center")
    for middle, name in ((1.05, "pixels"), (3.4, "label"), (7.0 + 0.15 * column[-1], "hidden neurons")):
        ax.text(middle, 2.55, name, ha="center")
    ax.set(xlim=(-0.4, 7.6 + 0.3 * column[-1]), ylim=(-0.5, 2.9), aspect="equal")
    ax.axis("off")
    return figure


@styled
def dreams(by_rule: Mapping[str, ArrayLike], labels: Sequence[str]) -> Figure:
    """What networks dream with one label held: a row of pictures for each rule.

    by_rule : share of time that pixels are on, (label, side²); labels : above the columns
    """
    figure, axes = plt.subplots(len(by_rule), len(labels), figsize=(0.47 * len(labels) + 1.2, 0.52 * len(by_rule)))
    for line, (rule, pictures) in zip(np.atleast_2d(axes), by_rule.items(), strict=True):
        for ax, picture in zip(line, np.asarray(pictures), strict=True):
            _picture(ax, picture, COLOURS[rule])
        line[0].set_ylabel(look(rule).label, rotation=0, ha="right", va="center", color=COLOURS[rule])
    for ax, text in zip(np.atleast_2d(axes)[0], labels, strict=True):
        ax.set_title(text, loc="center")
    return figure


@styled
def completions(images: ArrayLike, shown: ArrayLike, by_rule: Mapping[str, ArrayLike]) -> Figure:
    """Images, what of them is shown, and what networks make of it, a row for each rule.

    images, shown : (image, side²), NaN where nothing is shown; by_rule : the same shape, 0 … 1
    """
    rows = {"image": np.asarray(images), "shown": np.asarray(shown)} | {r: np.asarray(x) for r, x in by_rule.items()}
    count = len(rows["image"])
    figure, axes = plt.subplots(len(rows), count, figsize=(0.47 * count + 1.2, 0.5 * len(rows)))
    for line, (rule, pictures) in zip(axes, rows.items(), strict=True):
        colour = COLOURS.get(rule)
        for ax, picture in zip(line, pictures, strict=True):
            _picture(ax, picture, colour)
        name = look(rule).label if colour else rule
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", color=colour or COLOURS["theory"])
    return figure


@styled
def dream_training(cycles: ArrayLike, accuracy: Runs, completion: Runs, asymmetry: Runs, guess: float) -> Figure:
    """Learning: digits named, error of completed halves and asymmetry over cycles, by rule.

    cycles : (C,); accuracy in per cent, completion, asymmetry : (run, C); guess : completion error of the mean image
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.0, 2.4))
    for ax, values in zip(axes, (accuracy, completion, asymmetry), strict=True):
        for rule, found in values.items():
            band(ax, cycles, found, rule, marker="")
        ax.set(xlabel="cycles")
    axes[0].set(ylabel=_ACCURACY, ylim=(0, 102))
    axes[1].set(ylabel=_COMPLETION)
    axes[1].axhline(guess, color=COLOURS["guide"], lw=0.8, zorder=0)
    axes[2].set(ylabel=r"$\mathrm{Var}(W_{hv} - W_{vh})$", ylim=(0, None))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(accuracy))
    label_panels(axes)
    return figure


@styled
def dream_levels(
    accuracy: Mapping[str, Mapping[str, ArrayLike]], completion: Mapping[str, Mapping[str, ArrayLike]]
) -> Figure:
    """Every run in the end, by condition, such as "start, σ = 1", and rule: digits named and error of completed halves.

    accuracy in per cent, completion : for each condition, by rule, (run,)
    """
    figure, axes = plt.subplots(2, 1, figsize=(7.0, 3.9), sharex=True)
    for ax, groups, text in zip(axes, (accuracy, completion), (_ACCURACY, _COMPLETION), strict=True):
        strips_panel(ax, groups)
        ax.set(ylabel=text)
    rules = list(dict.fromkeys(rule for group in accuracy.values() for rule in group))
    handles = [
        Line2D([], [], ls="", marker=look(rule).marker, ms=4, mew=0, color=COLOURS[rule], label=look(rule).label)
        for rule in rules
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(rules))
    label_panels(axes)
    return figure


@styled
def bars(images: ArrayLike, seen: Mapping[str, ArrayLike], kl: Runs) -> Figure:
    """A machine small enough to enumerate: its images, what networks dream, and the exact D_KL of every run.

    images : (image, side²); seen : by rule, (dream, side²) as many as images; kl : in nats, (run,)
    """
    count = len(np.asarray(images))
    figure = plt.figure(figsize=(6.4, 2.3))
    grid = figure.add_gridspec(len(seen) + 1, count + 1, width_ratios=[*[1.0] * count, 6.0])
    rows = {"image": np.asarray(images)} | {rule: np.asarray(values) for rule, values in seen.items()}
    for number, (rule, pictures) in enumerate(rows.items()):
        colour = COLOURS.get(rule)
        for place, picture in enumerate(pictures):
            ax = figure.add_subplot(grid[number, place])
            _picture(ax, picture, colour or COLOURS["guide"])
            if not place:
                name = look(rule).label if colour else rule
                ax.set_ylabel(name, rotation=0, ha="right", va="center", color=colour or COLOURS["theory"])
    ax = figure.add_subplot(grid[:, -1])
    strips_panel(ax, {"": dict(kl)})
    ax.set(ylabel=r"$D_\mathrm{KL}$ (nats)", ylim=(0, None), xlim=(-0.6, 0.6))
    return figure


@styled
def likelihoods(exact: ArrayLike, annealed: ArrayLike, error: ArrayLike, nats: Runs) -> Figure:
    """Annealed importance sampling against the sum over all states, and how likely networks find test images.

    exact, annealed, error : ln Z of small machines, (machine,); nats : mean ln p of a test image, by rule, (run,)
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 2.4))
    low, high = float(np.min(np.asarray(exact))), float(np.max(np.asarray(exact)))
    axes[0].plot([low, high], [low, high], color=COLOURS["guide"], lw=0.8, zorder=0)
    axes[0].errorbar(exact, annealed, np.asarray(error), fmt="o", ms=3, mew=0, color=COLOURS["continuous"])
    axes[0].set(xlabel=r"$\ln Z$, exact", ylabel=r"$\ln Z$, annealed")
    strips_panel(axes[1], {"": dict(nats)})
    axes[1].set(ylabel=r"mean $\ln p$ (nats)", xlim=(-0.6, 0.6))
    handles = [
        Line2D([], [], ls="", marker=look(rule).marker, ms=4, mew=0, color=COLOURS[rule], label=look(rule).label)
        for rule in nats
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(nats))
    label_panels(axes)
    return figure
