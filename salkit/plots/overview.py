"""The picture of README: spike timing, learning, copying, redrawn from what the figures' records say was drawn."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from .style import LOOKS, Look, label_panels, styled

__all__ = ["overview"]

Panel = Mapping[str, Any]


@styled
def overview(stdd: Panel, levels: Panel, weights: Panel) -> Figure:
    """Three panels side by side, each an entry of a record's `data`: of 01_stdd, of 03_levels and of 05_weights."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(7.0, 2.3), width_ratios=[1.1, 1, 0.9])
    for artist in stdd["shown"]:
        if artist["kind"] == "steps":
            left.stairs(
                artist["values"], artist["edges"], fill=True, color=LOOKS["simulation"].colour, label="simulation"
            )
        elif len(artist["x"]) > 2:
            look = LOOKS["guide" if artist.get("label") == "equal weights" else "theory"]
            line = "--" if artist.get("label") == "equal weights" else "-"
            left.plot(artist["x"], artist["y"], line, color=look.colour, lw=1, label=artist.get("label"))
    left.set(title="timing of two neurons", xlabel=stdd["x"], ylabel=stdd["y"], ylim=(0, 1.35 * left.get_ylim()[1]))
    left.legend(loc="upper left", ncols=1)

    lines = [artist for artist in levels["shown"] if artist["kind"] == "line" and "label" in artist]
    bands = [artist for artist in levels["shown"] if artist["kind"] == "band"]
    for line, band in zip(lines, bands, strict=True):
        look = _look(line["label"])
        x, y = zip(*band["xy"], strict=True)
        middle.fill(x, y, color=look.colour, alpha=0.25, lw=0)
        middle.plot(line["x"], line["y"], marker=look.marker, color=look.colour, label=look.label)
    middle.set(title="mismatched synapses", xlabel=levels["x"], ylabel=levels["y"], yscale="log")
    middle.legend(loc="upper left")

    right.axline((0, 0), slope=1, color=LOOKS["theory"].colour, lw=0.8)
    for artist in weights["shown"]:
        if artist["kind"] == "line" and "label" in artist:
            look = _look(artist["label"])
            right.plot(artist["x"], artist["y"], look.marker, color=look.colour, ms=3.5, alpha=0.8, label=look.label)
    right.set(title="feedback of a microcircuit", xlabel=weights["x"], ylabel=weights["y"] or "feedback weight")
    right.set_ylim(bottom=right.get_ylim()[0] - 1.8)  # room for the legend
    right.legend(loc="lower left")
    label_panels((left, middle, right))
    return figure


def _look(label: str) -> Look:
    return next(look for look in LOOKS.values() if look.label == label)
