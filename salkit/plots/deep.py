"""The figures of notebook 07: deep networks, what comes back to them as errors, and what they make of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .runs import Runs, band
from .style import COLOURS, label_panels, look, styled

__all__ = ["codes", "deep_network", "depth_width", "fig8", "reconstructions", "schedules", "spiking", "training"]

_TURN = "angle of $B$ to $W^\\mathsf{T}$ (degrees)"
_ERROR = "test error"
_MOST = 9  # neurons of a layer that are drawn


@styled
def deep_network(sizes: Sequence[int]) -> Figure:
    """A layered network: activity goes up through W, errors come down through B.

    sizes : neurons of each layer, the input first
    """
    figure, ax = plt.subplots(figsize=(5.2, 2.1))
    heights = [np.arange(n) - (n - 1) / 2 for n in (min(_MOST, max(2, round(1.1 * n**0.5))) for n in sizes)]
    for layer, (n, y) in enumerate(zip(sizes, heights, strict=True)):
        ax.plot(np.full(y.size, 2.0 * layer), y, "o", ms=7, color="white", mec=COLOURS["theory"], zorder=3)
        ax.text(2.0 * layer, -5.4, f"{n}", ha="center", va="center")
    for layer in range(1, len(sizes)):
        for kind, height, text in (("theory", 0.35, f"$W_{layer}$"), ("sal", -0.35, f"$B_{layer - 1}$")):
            if kind == "sal" and layer == 1:
                continue  # the input is not to learn
            ends = (2 * layer - 1.7, 2 * layer - 0.3)
            first, last = ends if kind == "theory" else ends[::-1]
            arrow = {"arrowstyle": "-|>", "color": COLOURS[kind], "lw": 1.4}
            ax.annotate("", xy=(last, height), xytext=(first, height), arrowprops=arrow)
            ax.text(2 * layer - 1, 3.2 * height, text, color=COLOURS[kind], ha="center", va="center")
    ax.text(0, 5.2, "input", ha="center")
    ax.text(2 * (len(sizes) - 1), 5.2, "output", ha="center")
    ax.set(xlim=(-0.6, 2 * len(sizes) - 1.4), ylim=(-6, 6))
    ax.axis("off")
    return figure


@styled
def reconstructions(images: ArrayLike, by_rule: Runs) -> Figure:
    """Pictures, and below them what networks with each feedback make of them.

    images : (pictures, side²), 0 … 1; by_rule : the same shape
    """
    rows = {"": np.asarray(images), **{rule: np.asarray(values) for rule, values in by_rule.items()}}
    count, pixels = rows[""].shape
    side = round(pixels**0.5)
    figure, axes = plt.subplots(len(rows), count, figsize=(0.47 * count + 1.0, 0.5 * len(rows)))
    for line, (rule, shown) in zip(axes, rows.items(), strict=True):
        for ax, picture in zip(line, shown, strict=True):
            ax.imshow(np.clip(picture, 0, 1).reshape(side, side), cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set(visible=bool(rule), color=COLOURS[rule] if rule else "white", lw=1.2)
        name = look(rule).label if rule else "digit"
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", color=COLOURS[rule] if rule else "black")
    return figure


@styled
def codes(by_rule: Mapping[str, ArrayLike], labels: ArrayLike) -> Figure:
    """Activity of the narrowest layer for many pictures, on its two main axes: a point a picture, named by its class.

    by_rule : (pictures, neurons); labels : classes 0 … 9, (pictures,)
    """
    figure, axes = plt.subplots(1, len(by_rule), figsize=(2.3 * len(by_rule), 2.3))
    named, shades = np.asarray(labels), plt.get_cmap("viridis")(np.linspace(0, 0.95, 10))
    for ax, (rule, values) in zip(np.atleast_1d(axes), by_rule.items(), strict=True):
        code = np.asarray(values, dtype=float)
        centred = code - code.mean(axis=0)
        turned = np.linalg.svd(centred, full_matrices=False)[2][:2]
        turned *= np.sign(turned[np.arange(2), np.abs(turned).argmax(axis=1)])[:, None]
        places = centred @ turned.T
        for digit, shade in enumerate(shades):
            own = places[named == digit]
            ax.scatter(*own.T, marker=f"${digit}$", s=14, color=[shade], lw=0, label=f"{digit}")
        ax.set(xlabel="first main axis", ylabel="second main axis" if rule == next(iter(by_rule)) else "")
        ax.set_title(look(rule).label, loc="left")
    label_panels(np.atleast_1d(axes))
    return figure


def angles_panel(ax: Axes, x: ArrayLike, by_rule: Mapping[str, ArrayLike]) -> None:
    """Draw angles in degrees, (run, epoch) by rule, over epochs from the first."""
    for rule, values in by_rule.items():
        band(ax, np.asarray(x)[1:], np.asarray(values), rule, marker="")
    ax.set(xlabel="epoch", ylabel=_TURN, ylim=(0, 95))
    ax.set_yticks([0, 30, 60, 90])


@styled
def training(epochs: ArrayLike, errors: Runs, angles: Runs, ends: Mapping[str, Mapping[str, ArrayLike]]) -> Figure:
    """A bottleneck that learns: test error and largest angle over epochs, and the error of each run in the end.

    epochs : from 0, (E,); errors : by feedback, (run, E); angles : (run, E − 1); ends : for each network, by feedback,
    (run,)
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.0, 2.4), width_ratios=[1, 1, 1.1])
    for rule, values in errors.items():
        band(axes[0], epochs, np.asarray(values), rule, marker="")
    axes[0].set(xlabel="epoch", ylabel="summed squared test error", ylim=(0, 5))
    angles_panel(axes[1], epochs, angles)
    axes[1].set_ylabel("largest " + _TURN)
    strips_panel(axes[2], ends)
    axes[2].set(ylabel="summed squared test error")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(errors))
    label_panels(axes)
    return figure


def strips_panel(ax: Axes, groups: Mapping[str, Mapping[str, ArrayLike]]) -> None:
    """Draw every run as a point, shape (run,) by group and rule, in the look of its rule; a line at each median."""
    for place, by_rule in enumerate(groups.values()):
        step = 0.8 / len(by_rule)
        for number, (rule, values) in enumerate(by_rule.items()):
            y = np.asarray(values, dtype=float)
            centre = place + step * (number - (len(by_rule) - 1) / 2)
            x = centre + 0.3 * step * np.linspace(-1, 1, y.size)
            ax.plot(x, y, look(rule).marker, ms=3, mew=0, alpha=0.7, color=COLOURS[rule])
            ax.plot([centre - 0.4 * step, centre + 0.4 * step], [np.median(y)] * 2, color=COLOURS[rule], lw=1.4)
    ax.set_xticks(range(len(groups)), [name.replace(", ", "\n") for name in groups])
    ax.tick_params(axis="x", length=0)


@styled
def depth_width(depths: Sequence[int], widths: Sequence[int], by_rule: Mapping[str, ArrayLike]) -> Figure:
    """Test error over that with copied feedback, for networks of so many hidden layers, each so wide.

    by_rule : medians over runs, (depth, width)
    """
    figure, axes = plt.subplots(1, len(by_rule), figsize=(2.9 * len(by_rule), 2.4), sharey=True)
    most = max(float(np.nanmax(np.asarray(values))) for values in by_rule.values())
    shown: Any = None
    for ax, (rule, values) in zip(np.atleast_1d(axes), by_rule.items(), strict=True):
        ratio = np.asarray(values, dtype=float)
        shown = ax.imshow(ratio, cmap="viridis_r", vmin=1, vmax=max(most, 1.2), aspect="auto", origin="lower")
        for (row, column), number in np.ndenumerate(ratio):
            dark = number > 1 + 0.35 * (most - 1)
            ax.text(column, row, f"{number:.2f}", ha="center", va="center", color="white" if dark else "black")
        ax.set_xticks(range(len(widths)), [f"{n}" for n in widths])
        ax.set_yticks(range(len(depths)), [f"{n}" for n in depths])
        ax.set(xlabel="neurons of each hidden layer")
        ax.set_title(look(rule).label, loc="left")
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
    np.atleast_1d(axes)[0].set_ylabel("hidden layers")
    figure.colorbar(shown, ax=np.atleast_1d(axes).tolist(), label="test error / copied (BP)")
    label_panels(np.atleast_1d(axes))
    return figure


@styled
def fig8(
    epochs: ArrayLike, right: Runs, angles: Runs, ends: Mapping[str, Mapping[str, ArrayLike]], chance: float
) -> Figure:
    """Fig. 8's counterpart: accuracy over epochs, angle in the deepest hidden link, and accuracy of every run by task.

    epochs : from 0, (E,); right : test accuracy in per cent by feedback, (run, E); angles : (run, E − 1);
    ends : for each task, by feedback, (run,); chance : per cent
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.0, 2.5), width_ratios=[1, 1, 1.3])
    for rule, values in right.items():
        band(axes[0], epochs, np.asarray(values), rule, marker="")
    axes[0].axhline(chance, color=COLOURS["guide"], lw=0.8, zorder=0)
    axes[0].set(xlabel="epoch", ylabel="test accuracy (%)", ylim=(0, 102))
    angles_panel(axes[1], epochs, angles)
    strips_panel(axes[2], ends)
    axes[2].set(ylabel="test accuracy (%)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(right))
    label_panels(axes)
    return figure


@styled
def schedules(
    time: Mapping[str, ArrayLike], ratio: Mapping[str, ArrayLike], turned: Mapping[str, ArrayLike], random: float
) -> Figure:
    """What phases cost: error over that with copied feedback, and the largest angle, against their time in all.

    time : for each kind of phase, in tau_ref, (setting,); ratio, turned : (setting, run); random : ratio of random
    feedback
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 2.6))
    for (kind, places), style in zip(time.items(), ("-", "--", ":"), strict=False):
        order = np.argsort(places, kind="stable")
        x = np.asarray(places, dtype=float)[order]
        for ax, values in zip(axes, (ratio[kind], turned[kind]), strict=True):
            band(ax, x, np.asarray(values, dtype=float)[order].T, "sal", marker="o", ls=style, label=kind)
    axes[0].axhline(random, color=COLOURS["fa"], lw=1, label=look("fa").label)
    axes[0].axhline(1, color=COLOURS["bp"], lw=1, label=look("bp").label)
    for ax in axes:
        ax.set(xscale="log", xlabel=r"time of all phases ($\tau_\mathrm{ref}$)")
    axes[0].set(ylabel="test error / copied (BP)")
    axes[1].set(ylabel="largest " + _TURN, ylim=(0, 95))
    axes[1].set_yticks([0, 30, 60, 90])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    label_panels(axes)
    return figure


@styled
def spiking(
    lengths: ArrayLike, turned: Mapping[str, ArrayLike], epochs: ArrayLike, rates: Runs, spikes: Runs
) -> Figure:
    """Forward weights that learn from spikes: angle of their changes to the gradient, and error beside the hybrid's.

    lengths : tau_ref for which a pattern is counted, (T,); turned : for each weight matrix, degrees (T,);
    epochs : (E,); rates, spikes : test error by feedback, (run, E)
    """
    figure, axes = plt.subplots(1, 2, figsize=(5.6, 2.4))
    for (name, degrees), style in zip(turned.items(), ("-", "--", ":", "-."), strict=False):
        axes[0].plot(lengths, degrees, ls=style, marker="o", color=COLOURS["continuous"], mew=0, label=name)
    axes[0].set(xscale="log", xlabel=r"time per pattern ($\tau_\mathrm{ref}$)", ylim=(0, None))
    axes[0].set_ylabel("angle of $\\Delta W$ to the gradient\n(degrees)")
    axes[0].set_xticks(np.asarray(lengths), [f"{x:g}" for x in np.asarray(lengths)])
    axes[0].minorticks_off()
    axes[0].legend(loc="lower left")
    ways: tuple[tuple[Runs, dict[str, Any], str], ...] = (
        (rates, {"ls": "--", "mfc": "white", "mew": 1}, "rates"),
        (spikes, {}, "spikes"),
    )
    for found, drawn, how in ways:
        for rule, values in found.items():
            y, colour = np.asarray(values)[:, 1:], COLOURS[rule]
            named: dict[str, Any] = {"marker": look(rule).marker, "mec": colour, "label": f"{rule}: {how}", **drawn}
            band(axes[1], np.asarray(epochs)[1:], y, rule, **named)
    handles = axes[1].get_legend_handles_labels()[0]
    names = [f"{look(rule).label}, {how}" for found, _, how in ways for rule in found]
    figure.legend(handles, names, loc="outside upper center", ncols=4)
    axes[1].set(xlabel="epoch", ylabel="summed squared test error")
    axes[1].xaxis.get_major_locator().set_params(integer=True)
    label_panels(axes)
    return figure
