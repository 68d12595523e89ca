"""The figures of notebook 08: theory and measurement of SAL under conditions, Figs. 10 to 12, and the map of all."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ..estimates import Estimate
from .style import COLOURS, label_panels, look, styled

__all__ = [
    "Panel",
    "against_theory",
    "conditions_map",
    "fig10",
    "delays_panel",
    "drive_panel",
    "frozen",
    "fig12",
    "fig11",
]

_TURN = "angle of $B$ to $W^\\mathsf{T}$ (degrees)"
_TAU = r"$\tau_\mathrm{ref}$"
_RULES = {"SAL": "sal", "one-sided": "one-sided", "window shifted": "sal exact"}


class Panel(NamedTuple):
    """What theory says and what was measured.

    x, y : labels of the axes; theory : label → (x (points,), y (points,)); measured : label → (x (n,), n estimates);
    a label of both has one colour, that of the look in `looks`; log : whether x is on a logarithmic axis
    """

    x: str
    y: str
    theory: Mapping[str, tuple[ArrayLike, ArrayLike]]
    measured: Mapping[str, tuple[ArrayLike, Sequence[Estimate]]]
    looks: Mapping[str, str]
    log: bool = False


def delays_panel(label: str, theory: Mapping[str, Any], measured: Mapping[str, Any]) -> Panel:
    """A panel over the delay each way: label → (x (n,), y (n,)) and label → (x (n,), n estimates), of y's label."""
    return Panel(f"delay each way ({_TAU})", label, theory, measured, _RULES)


def drive_panel(label: str, theory: Mapping[str, Any], measured: Mapping[str, Any]) -> Panel:
    """A panel over the correlation time of a drive, as `delays_panel`."""
    return Panel(f"correlation time ({_TAU})", label, theory, measured, _RULES, True)


def _points(ax: Axes, x: ArrayLike, found: Sequence[Estimate], colour: str, marker: str = "o", **style: Any) -> None:
    middle, low, high = np.array([tuple(e) for e in found], dtype=float).T
    error = [middle - low, high - middle]
    ax.errorbar(np.asarray(x, dtype=float), middle, yerr=error, fmt=marker, ms=3.5, color=colour, lw=1, **style)


@styled
def against_theory(panels: Mapping[str, Panel]) -> Figure:
    """Draw panels of lines (theory) and points with their intervals (measured).

    panels : title → Panel
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(min(2.6 * len(panels), 7.2), 2.4))
    axes = np.atleast_1d(axes)
    for ax, (title, panel) in zip(axes, panels.items(), strict=True):
        for label, (x, y) in panel.theory.items():
            ax.plot(x, y, color=COLOURS[panel.looks[label]], lw=1, label=None if label in panel.measured else label)
        for label, (places, found) in panel.measured.items():
            kind = panel.looks[label]
            _points(ax, places, found, COLOURS[kind], look(kind).marker or "o", label=label)
        ax.axhline(0, color=COLOURS["guide"], lw=0.6, zorder=0)
        if panel.log:
            ax.set_xscale("log")
        ax.set(xlabel=panel.x, ylabel=panel.y)
        ax.set_title(title, loc="left")
        ax.legend(loc="best")
    label_panels(axes)
    return figure


@styled
def frozen(drift: tuple[ArrayLike, ArrayLike], ends: Mapping[str, tuple[float, Estimate, Estimate]]) -> Figure:
    """What a frozen network tells: the drift against W − B, and where B ends against where the drift said it would.

    drift : (W − B (pairs,), drift (pairs,)) of one network; ends : condition → (the gain that theory predicts, the
    gain found with frozen weights, the slope that B has in the end)
    """
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.8), width_ratios=[1, 1.15])
    apart, moved = (np.ravel(np.asarray(x, dtype=float)) for x in drift)
    axes[0].plot(apart, moved, ".", ms=2, mew=0, alpha=0.6, color=COLOURS["sal"], rasterized=True)
    axes[0].set(xlabel="$W - B$ of the pair", ylabel=f"drift of $B$ (per {_TAU})")
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(ends)))
    for shade, (name, (theory, found, end)) in zip(shades, ends.items(), strict=True):
        for value, marker, face in ((found, "o", shade), (end, "s", "white")):
            error = [[value.value - value.low], [value.high - value.value]]
            axes[1].errorbar(theory, value.value, yerr=error, fmt=marker, ms=4, color=shade, mfc=face, lw=1)
        axes[1].plot([], [], "o", color=shade, label=name)
    ends_of = np.array([entry[0] for entry in ends.values()])
    span = np.array([min(ends_of.min(), 0.0) - 0.1, ends_of.max() + 0.15])
    axes[1].plot(span, span, color=COLOURS["theory"], lw=0.7)
    axes[1].set(xlabel="gain $B/W$ that theory predicts", ylabel="frozen ●, learned □", xlim=span)
    axes[1].legend(loc="upper left", fontsize=6)
    label_panels(axes)
    return figure


@styled
def fig12(
    cases: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]], grid: tuple[ArrayLike, ArrayLike, ArrayLike],
    shapes: Mapping[str, tuple[ArrayLike, ArrayLike]],
) -> Figure:  # fmt: skip
    """Fig. 12: δ and its integral Δ for two weights; the smallest Δ/max Δ over biases; Δ for other PSPs.

    cases : title → (t, δ, Δ), each (points,); grid : biases (B,), least values (B, B), max Δ (B, B);
    shapes : PSP → (t, Δ)
    """
    figure, axes = plt.subplots(1, 4, figsize=(7.4, 2.3), width_ratios=[1, 1, 1.25, 1])
    for ax, (title, (t, density, integral)) in zip(axes, cases.items(), strict=False):
        ax.axhline(0, color=COLOURS["guide"], lw=0.6)
        ax.plot(t, density, color=COLOURS["simulation"], lw=1.5, label=r"$\delta$")
        ax.plot(t, integral, color=COLOURS["sal"], label=r"$\Delta$")
        ax.set(xlabel=f"$t$ ({_TAU})", xticks=[0, 1, 2])
        ax.set_title(title, loc="left")
        ax.legend(loc="upper right")
    biases, _, most = (np.asarray(x, dtype=float) for x in grid)
    half = (biases[1] - biases[0]) / 2
    extent = (biases[0] - half, biases[-1] + half, biases[0] - half, biases[-1] + half)
    shown = axes[2].imshow(np.log10(most), extent=extent, origin="lower", cmap="viridis", aspect="equal")
    axes[2].set(xlabel="$b_j$", ylabel="$b_i$", xticks=[-4, 0, 4], yticks=[-4, 0, 4])
    figure.colorbar(shown, ax=axes[2], label=r"$\log_{10}\max\Delta$", shrink=0.9)
    colours = (COLOURS["theory"], COLOURS["sal"], COLOURS["hebbian"], COLOURS["kp"])
    for colour, (name, (t, integral)) in zip(colours, shapes.items(), strict=False):
        at = np.asarray(t) <= 2
        axes[3].plot(np.asarray(t)[at], np.asarray(integral)[at], color=colour, label=name)
    axes[3].axhline(0, color=COLOURS["guide"], lw=0.6, zorder=0)
    axes[3].set(xlabel=f"$t$ ({_TAU})", ylabel=r"$\Delta$", xticks=[0, 1, 2])
    axes[3].legend(loc="lower right", fontsize=6)
    label_panels(axes)
    return figure


@styled
def fig11(
    kernels: Mapping[str, tuple[ArrayLike, ArrayLike]],
    laws: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]],
    nullclines: Mapping[str, tuple[ArrayLike, Mapping[float, ArrayLike]]],
    deviations: Mapping[str, tuple[ArrayLike, ArrayLike]],
) -> Figure:
    """Fig. 11: a column for each PSP, rows for its shape, spike-timing laws, nullclines, and the deviation by biases.

    kernels : shape → (s, κ); laws : shape → biases → (lags, p), lags in tau_ref; nullclines : shape → (W_ji (n,), b_i
    → W_ij (n,)); deviations : shape → (biases (B,), mean |difference|/|sum| (B, B))
    """
    figure, axes = plt.subplots(4, len(kernels), figsize=(1.7 * len(kernels) + 1.0, 6.6))
    most = max(float(np.max(values)) for _, values in deviations.values())
    shown: Any = None
    for column, (shape, (s, height)) in zip(axes.T, kernels.items(), strict=True):
        column[0].plot(s, height, color=COLOURS["sal"])
        column[0].set_title(shape, loc="left")
        column[0].set(xlabel=f"$s$ ({_TAU})", ylim=(-0.05, 2.05))
        shades = plt.get_cmap("viridis")(np.linspace(0, 0.85, len(laws[shape])))
        for shade, (label, (lags, p)) in zip(shades, laws[shape].items(), strict=True):
            column[1].plot(lags, p, color=shade, lw=1, label=label)
        column[1].set(xlabel=rf"$\Delta t$ ({_TAU})", xticks=[-2, 0, 2], ylim=(0, None))
        own, lines = nullclines[shape]
        column[2].axline((0, 0), slope=1, color=COLOURS["theory"], lw=0.7, ls="--")
        shades = plt.get_cmap("coolwarm")(np.linspace(0, 1, len(lines)))
        for shade, (bias, line) in zip(shades, lines.items(), strict=True):
            column[2].plot(line, own, color=shade, lw=1, label=f"$b_i$ = {bias:g}")
        column[2].set(xlabel="$W_{ij}$", xlim=(-2, 2), ylim=(-1.6, 1.6), aspect="equal")
        biases, values = (np.asarray(x, dtype=float) for x in deviations[shape])
        ends = (biases[0], biases[-1])
        shown = column[3].imshow(values.T, extent=(*ends, *ends), origin="lower", vmin=0, vmax=most, cmap="viridis")
        column[3].set(xlabel="$b_i$")
    for ax, label in zip(axes[:, 0], (r"$\kappa$", "$p$ (per step)", "$W_{ji}$", "$b_j$"), strict=True):
        ax.set_ylabel(label)
    axes[1, -1].legend(loc="upper right", fontsize=5.5)
    axes[2, -1].legend(loc="lower right", fontsize=5.5)
    figure.colorbar(shown, ax=axes[3].tolist(), label="deviation", shrink=0.9)
    label_panels(axes[:, 0])
    return figure


@styled
def fig10(
    rates: Mapping[str, tuple[ArrayLike, ArrayLike]], nullcline: Mapping[str, tuple[ArrayLike, Sequence[Estimate]]],
    lines: Mapping[str, float], correlograms: Mapping[str, tuple[ArrayLike, ArrayLike]],
) -> Figure:  # fmt: skip
    """Fig. 10: rates with and without interneurons, the nullcline off the diagonal, and how late the indirect path is.

    rates : system → (W_21 (n,), rate of E2 (n, R)); nullcline : circuit → (W_21 (n,), W_12 − W_21 as estimates);
    lines : definition → the shift that it predicts for the drawn circuit; correlograms : path → (lags (bins,), rate
    over chance (R, bins))
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 2.5), width_ratios=[1, 1.3, 1.2])
    for (label, (w, found)), kind, marker in zip(rates.items(), ("sal", "theory", "hebbian"), "os^", strict=False):
        own = np.asarray(found, dtype=float)
        face = "none" if marker != "o" else COLOURS[kind]
        axes[0].plot(w, own.mean(axis=1), marker, ms=4, mfc=face, color=COLOURS[kind], label=label)
    axes[0].set(xlabel="$W_{21}$", ylabel=f"rate of E2 (1/{_TAU})")
    axes[0].legend(loc="upper left", fontsize=6)
    for (label, (w, shifts)), kind in zip(nullcline.items(), ("sal", "start"), strict=True):
        _points(axes[1], w, shifts, COLOURS[kind], label=label)
    for (label, shift), style in zip(lines.items(), (":", "--", "-"), strict=True):
        axes[1].axhline(shift, color=COLOURS["theory"], lw=0.9, ls=style, label=label)
    axes[1].axhline(0, color=COLOURS["guide"], lw=0.6, zorder=0)
    axes[1].set(xlabel="$W_{21}$", ylabel="$W_{12}-W_{21}$ at rest")
    low, high = axes[1].get_ylim()
    axes[1].set_ylim(low, high + 0.55 * (high - low))
    axes[1].legend(loc="upper left", fontsize=6, ncols=2)
    for (label, (lags, found)), kind in zip(correlograms.items(), ("sal", "hebbian", "kp"), strict=False):
        axes[2].plot(lags, np.asarray(found, dtype=float).mean(axis=0), color=COLOURS[kind], label=label, lw=1)
    axes[2].axhline(1, color=COLOURS["guide"], lw=0.6, zorder=0)
    axes[2].set(xlabel=rf"$t_2-t_1$ ({_TAU})", ylabel="rate of E2 over chance")
    axes[2].legend(loc="lower left", fontsize=6)
    label_panels(axes)
    return figure


@styled
def conditions_map(
    reference: float, angles: Mapping[str, Sequence[tuple[float, float, float]]], units: Mapping[str, str]
) -> Figure:
    """All conditions: the angle left at growing strength, as a map with the slope of B on W below each number.

    reference : the angle without any; angles : condition → (strength, angle in degrees, slope) in order;
    units : condition → what the strength is
    """
    names, most = list(angles), max(len(row) for row in angles.values())
    figure, ax = plt.subplots(figsize=(1.25 * most + 3.6, 0.33 * len(names) + 0.9))
    values = np.full((len(names), most), np.nan)
    for n, name in enumerate(names):
        values[n, : len(angles[name])] = [angle for _, angle, _ in angles[name]]
    shown = ax.imshow(values, cmap="viridis_r", vmin=10, vmax=60, aspect="auto")
    for n, name in enumerate(names):
        for k, (strength, angle, slope) in enumerate(angles[name]):
            text = f"{strength:g}:  {angle:.0f}°, {slope:.2f}"
            ax.text(k, n, text, ha="center", va="center", fontsize=6.5, color="white" if angle > 35 else "black")
            if angle > 30:
                ax.plot([k - 0.46, k - 0.46], [n - 0.36, n + 0.36], color=COLOURS["hebbian"], lw=2.5)
    ax.set_yticks(range(len(names)), [f"{name} ({units[name]})" for name in names])
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(f"strength: angle, slope; without any {reference:.0f}°, 1.00; red: beyond 30°", loc="left")
    figure.colorbar(shown, ax=ax, label="angle (degrees)", extend="both")
    return figure
