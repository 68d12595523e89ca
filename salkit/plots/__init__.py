"""Figures from arrays and Datasets: every function returns a matplotlib Figure and shows nothing."""

from .learning import bars, curves, decay_scan, differences, levels, strips
from .principle import alignment, circuit, phase_plane, sal_window, stdd, theory_vs_simulation
from .sampling import convergence, discrete_limit, network, one_neuron, overlap, state_histogram
from .style import COLOURS

__all__ = [
    "COLOURS",
    "alignment",
    "bars",
    "circuit",
    "convergence",
    "curves",
    "decay_scan",
    "differences",
    "discrete_limit",
    "levels",
    "network",
    "one_neuron",
    "overlap",
    "phase_plane",
    "sal_window",
    "state_histogram",
    "stdd",
    "strips",
    "theory_vs_simulation",
]
