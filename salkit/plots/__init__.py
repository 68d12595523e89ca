"""Figures from arrays and Datasets: every function returns a matplotlib Figure and shows nothing."""

from .bench import bench
from .explorer import explorer
from .learning import bars, bias, curves, decay_scan, differences, drifts, levels, reciprocal, strips
from .microcircuit import compartments, copied, copying, epochs, microcircuit, one_run, rest
from .principle import alignment, circuit, fig2, jump, noise, phase_plane, sal_window, stdd, theory_vs_simulation
from .sampling import authors_timing, convergence, discrete_limit, network, one_neuron, overlap, state_histogram
from .style import COLOURS, LOOKS, look

__all__ = [
    "COLOURS",
    "LOOKS",
    "alignment",
    "authors_timing",
    "bars",
    "bench",
    "bias",
    "circuit",
    "compartments",
    "convergence",
    "copied",
    "copying",
    "curves",
    "decay_scan",
    "differences",
    "discrete_limit",
    "drifts",
    "epochs",
    "explorer",
    "fig2",
    "jump",
    "levels",
    "look",
    "microcircuit",
    "network",
    "noise",
    "one_neuron",
    "one_run",
    "overlap",
    "phase_plane",
    "reciprocal",
    "rest",
    "sal_window",
    "state_histogram",
    "stdd",
    "strips",
    "theory_vs_simulation",
]
