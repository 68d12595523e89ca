"""The figure of `salkit bench --compare`: how long simulators take, and how many networks run per second."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from .style import label_panels, look, styled

__all__ = ["bench"]

# label, whose look, line
_SIMULATORS = {
    "continuous": ("salkit, continuous", "continuous", "-"),
    "discrete": ("salkit, discrete", "discrete", "-"),
    "cuda": ("salkit, continuous, GPU", "cuda", "-"),
    "brian2-standalone": ("Brian2, C++ standalone", "brian2", "-"),
    "brian2-runtime": ("Brian2, run time", "brian2", "--"),
    "nest": ("NEST, pp_psc_delta", "nest", "-"),
    "numba-loop": ("plain loop in Numba", "loop", "-"),
}
_WAYS = {"one core": ("continuous", "-"), "GPU": ("cuda", "-")}
_CORES = ("continuous", "--")


@styled
def bench(networks: Sequence[Mapping[str, Any]], ensembles: Sequence[Mapping[str, Any]]) -> Figure:
    """Time of one network against N, and networks per second against the ensemble; medians, bars from least to most.

    networks and ensembles are records of `salkit.bench.comparison.compare`; a simulator whose rates differ is left out,
    and so are sparse networks.
    """
    figure, axes = plt.subplots(2, 1, figsize=(3.4, 5.4), height_ratios=[1.5, 1])
    top, bottom = axes
    found: list[tuple[int, Mapping[str, Any]]]
    for key, (label, name, line) in _SIMULATORS.items():
        found = [
            (record["neurons"], result)
            for record in networks
            if not record.get("synapses")
            for result in record["results"]
            if result["key"] == key and result["agrees"]
        ]
        _line(top, found, label, name, line)
    top.set(xscale="log", yscale="log", xlabel="neurons $N$", ylabel=r"CPU time for 1000 $\tau_\mathrm{ref}$ (ms)")
    top.legend(loc="upper center", bbox_to_anchor=(0.45, -0.22), ncols=2, columnspacing=1.2)
    top.set_title("one network, one core", loc="left")
    ways = dict.fromkeys(record["way"] for record in ensembles)
    for way in ways:
        found = [(record["members"], record) for record in ensembles if record["way"] == way]
        _line(bottom, found, way, *_WAYS.get(way, _CORES))
    bottom.set(xscale="log", yscale="log", xlabel="networks in the ensemble", ylabel="networks per second")
    bottom.legend(loc="best")
    bottom.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    bottom.yaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    bottom.yaxis.set_minor_formatter(NullFormatter())
    bottom.set_title(r"ensembles, $N = 7$, 1000 $\tau_\mathrm{ref}$ each", loc="left")
    label_panels(axes)
    return figure


def _line(ax: Axes, found: Sequence[tuple[int, Mapping[str, Any]]], label: str, name: str, line: str) -> None:
    if not found:
        return
    median = [spread["median"] for _, spread in found]
    below = [spread["median"] - spread["least"] for _, spread in found]
    above = [spread["most"] - spread["median"] for _, spread in found]
    ax.errorbar(
        [x for x, _ in found], median, [below, above], color=look(name).colour, marker=look(name).marker, ls=line,
        mfc=None if line == "-" else "white", label=label, elinewidth=0.8,
    )  # fmt: skip
