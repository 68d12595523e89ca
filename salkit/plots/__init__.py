"""Figures from arrays and Datasets: every function returns a matplotlib Figure and shows nothing."""

from .bench import bench
from .explorer import explorer
from .learning import angles, curves, decay_scan, differences, distribution, fig4, levels, strips
from .microcircuit import compartments, copied, copying, epochs, microcircuit, one_run, rest
from .principle import alignment, circuit, noise, phase_plane, sal_window, stdd, theory_vs_simulation
from .sampling import convergence, discrete_limit, network, one_neuron, overlap, state_histogram
from .style import COLOURS
from .variability import bias, drifts, fig5, reciprocal

__all__ = [
    "COLOURS",
    "alignment",
    "angles",
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
    "distribution",
    "drifts",
    "epochs",
    "explorer",
    "fig4",
    "fig5",
    "levels",
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
