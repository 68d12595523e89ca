"""The figure of `salkit bench --compare`: how long simulators take, and how many networks run in a second."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import COLOURS, label_panels, styled

__all__ = ["bench"]

# label, colour, marker, line
_SIMULATORS = {
    "continuous": ("salkit, continuous", COLOURS["continuous"], "o", "-"),
    "discrete": ("salkit, discrete", COLOURS["discrete"], "s", "-"),
    "cuda": ("salkit, continuous, GPU", COLOURS["cuda"], "^", "-"),
    "brian2-standalone": ("Brian2, C++ standalone", COLOURS["brian2"], "D", "-"),
    "brian2-runtime": ("Brian2, run time", COLOURS["brian2"], "d", "--"),
    "nest": ("NEST, pp_psc_delta", COLOURS["nest"], "v", "-"),
}
_WAYS = {"one core": (COLOURS["continuous"], "o", "-"), "GPU": (COLOURS["cuda"], "^", "-")}
_CORES = (COLOURS["continuous"], "s", "--")


@styled
def bench(networks: Sequence[Mapping[str, Any]], ensembles: Sequence[Mapping[str, Any]]) -> Figure:
    """Time of one network against N, and networks a second against the ensemble; medians, bars from least to most.

    networks and ensembles are records of `salkit.comparison.compare`; a simulator whose rates differ is left out.
    """
    figure, axes = plt.subplots(2, 1, figsize=(3.4, 4.8), height_ratios=[1.5, 1])
    top, bottom = axes
    found: list[tuple[int, Mapping[str, Any]]]
    for key, (label, *look) in _SIMULATORS.items():
        found = [
            (record["neurons"], result)
            for record in networks
            for result in record["results"]
            if result["key"] == key and result["agrees"]
        ]
        _line(top, found, label, *look)
    top.set(xscale="log", yscale="log", xlabel="neurons $N$", ylabel=r"CPU time for 1000 $\tau_\mathrm{ref}$ (ms)")
    top.legend(loc="lower right")
    top.set_title("one network, one core", loc="left")
    ways = dict.fromkeys(record["way"] for record in ensembles)
    for way in ways:
        found = [(record["members"], record) for record in ensembles if record["way"] == way]
        _line(bottom, found, way, *_WAYS.get(way, _CORES))
    bottom.set(xscale="log", yscale="log", xlabel="networks in the ensemble", ylabel="networks per second")
    bottom.legend(loc="lower right")
    bottom.set_title(r"ensembles, $N = 7$, 1000 $\tau_\mathrm{ref}$ each", loc="left")
    label_panels(axes)
    return figure


def _line(
    ax: Axes, found: Sequence[tuple[int, Mapping[str, Any]]], label: str, colour: str, marker: str, line: str
) -> None:
    if not found:
        return
    median = [spread["median"] for _, spread in found]
    below = [spread["median"] - spread["least"] for _, spread in found]
    above = [spread["most"] - spread["median"] for _, spread in found]
    ax.errorbar(
        [x for x, _ in found], median, [below, above], color=colour, marker=marker, ls=line, label=label, elinewidth=0.8
    )
