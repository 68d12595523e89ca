"""The figures of integrate-and-fire neurons: do they sample, do their weights meet, and where do they come to rest?"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import ArrayLike

from ..estimates import Estimate
from ..lif import Activation
from .runs import ASYMMETRY, decades
from .style import COLOURS, label_panels, styled

__all__ = ["lif_alignment", "lif_drift", "lif_sampling"]

_KL = r"$D_\mathrm{KL}(p \Vert\, p^*)$ (nats)"
_SHADES = ("0.0", "0.45", "0.65")
_MARKERS = "os^vD"


@styled
def lif_sampling(activation: Activation, exact: ArrayLike, sampled: Mapping[str, ArrayLike]) -> Figure:
    """The activation function and what σ leaves of it, and the law of a machine that such neurons sample.

    activation : measured, with its fit; exact : probabilities of all states, shape (states,), and as such sampled ones
    by label
    """
    figure, panels = plt.subplot_mosaic("ac;bc", figsize=(7.0, 2.9), height_ratios=[1.5, 1], width_ratios=[1, 1.4])
    top, bottom, right = (panels[name] for name in "abc")
    rates, fine = activation.rates, np.linspace(activation.levels[0], activation.levels[-1], 200)
    mean = rates.mean(axis=1)
    error = 1.96 * rates.std(axis=1, ddof=1) / np.sqrt(rates.shape[1])
    top.plot(fine, activation.logistic(fine), color=COLOURS["theory"], lw=1, label=r"$\sigma((\bar u - u_0)/\alpha)$")
    top.errorbar(activation.levels, mean, yerr=error, fmt="o", ms=3, color=COLOURS["i"], label="simulation")
    top.set(ylabel="$P(z = 1)$", xticklabels=[])
    top.legend(loc="upper left")
    left = mean - activation.logistic(activation.levels)
    bottom.errorbar(activation.levels, left, yerr=error, fmt="o", ms=3, color=COLOURS["i"])
    bottom.axhline(0, color=COLOURS["theory"], lw=0.7)
    bottom.set(xlabel=r"mean free potential $\bar u$ (mV)", ylabel=r"$P - \sigma$")
    p = np.asarray(exact, dtype=float)
    order = np.argsort(-p)
    places = np.arange(p.size)
    right.bar(places, p[order], color=COLOURS["simulation"], label="exact")
    for number, (label, law) in enumerate(sampled.items()):
        face = COLOURS["i"] if number == 0 else "white"
        right.plot(places, np.asarray(law)[order], _MARKERS[number], ms=3.5, color=COLOURS["i"], mfc=face, label=label)
    right.set(xlabel="states, most probable first", ylabel="probability", xticks=[], yscale="log")
    right.legend(loc="upper right")
    label_panels((top, bottom, right))
    return figure


@styled
def lif_alignment(time: ArrayLike, asymmetry: Mapping[str, ArrayLike], kl: Mapping[str, ArrayLike]) -> Figure:
    """Asymmetry over time, and D_KL to the law of the symmetrised weights before and after, by condition.

    time : (T,) in tau_ref; asymmetry : variance over pairs, (run, T); kl : (run, 2), in nats
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.0, 2.6), width_ratios=[1, 1.2])
    for number, (label, values) in enumerate(asymmetry.items()):
        middle = np.exp(np.log(np.asarray(values, dtype=float)).mean(axis=0))
        axes[0].plot(time, middle, _MARKERS[number % 5] + "-", ms=3, lw=1, color=_tone(number), label=label)
    axes[0].set(xlabel=r"time ($\tau_\mathrm{ref}$)", ylabel=ASYMMETRY)
    for row, values in enumerate(kl.values()):
        before, after = np.asarray(values, dtype=float).T
        for shift, ends, face in ((0.15, before, "white"), (-0.15, after, _tone(row))):
            axes[1].plot(ends, np.full(ends.size, shift - row), _MARKERS[row % 5], ms=3, color=_tone(row), mfc=face)
    axes[1].set_yticks(-np.arange(len(kl)), list(kl))
    axes[1].set(xlabel=f"{_KL}: open before, filled after", xscale="log")
    axes[1].set_xticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
    axes[1].xaxis.set_minor_formatter(NullFormatter())
    decades(axes[0])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    label_panels(axes)
    return figure


@styled
def lif_drift(gains: Mapping[str, Estimate], delays: Mapping[str, tuple[ArrayLike, Sequence[Estimate]]]) -> Figure:
    """Gain of the feedback weights at rest for pairs of rates, and what is left of the drift under delays.

    gains : label → gain, 1 where B comes to rest at Wᵀ; delays : label → (delays in ms, shape (D,), the drift's slope
    in W over that without delay, one estimate each)
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.0, 0.22 * len(gains) + 1.2), width_ratios=[1.2, 1])
    for row, estimate in enumerate(gains.values()):
        _whisker(axes[0], estimate.value, -row, estimate, True, COLOURS["sal"])
    axes[0].axvline(1, color=COLOURS["theory"], lw=0.7)
    axes[0].set_yticks(-np.arange(len(gains)), list(gains))
    axes[0].set(xlabel="gain: $B$ at rest over $W^\\mathsf{T}$", ylabel="rates: lower, upper layer")
    for number, (label, (at, found)) in enumerate(delays.items()):
        for place, estimate in zip(np.asarray(at, dtype=float), found, strict=True):
            _whisker(axes[1], place, estimate.value, estimate, False, _SHADES[number], _MARKERS[number])
        values = [estimate.value for estimate in found]
        axes[1].plot(at, values, _MARKERS[number] + "-", ms=3, lw=0.8, color=_SHADES[number], label=label)
    axes[1].axhline(0, color=COLOURS["guide"], lw=0.7)
    axes[1].set(xlabel="delay (ms)", ylabel="drift left")
    axes[1].legend(loc="upper right")
    label_panels(axes)
    return figure


def _whisker(ax: Axes, x: float, y: float, estimate: Estimate, flat: bool, colour: Any, marker: str = "o") -> None:
    ends = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
    ax.errorbar(x, y, xerr=ends if flat else None, yerr=None if flat else ends, fmt=marker, ms=3, color=colour)


def _tone(number: int) -> str:
    """The rule in its colour, what it is held against in black, further conditions in greys."""
    return COLOURS["sal"] if number == 0 else ("0.0", "0.35", "0.5", "0.62", "0.72")[(number - 1) % 5]
