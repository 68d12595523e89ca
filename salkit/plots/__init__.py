"""Figures from arrays and Datasets: every function returns a matplotlib Figure and shows nothing."""

from .bench import bench
from .explorer import explorer
<<<<<<< HEAD
from .learning import bars, bias, curves, decay_scan, differences, drifts, levels, reciprocal, strips
from .microcircuit import angles, compartments, copied, copying, fig6, losses, microcircuit, one_run, ratios, rest
from .principle import alignment, circuit, fig2, jump, noise, phase_plane, sal_window, stdd, theory_vs_simulation
from .sampling import authors_timing, convergence, discrete_limit, network, one_neuron, overlap, state_histogram
from .style import COLOURS, LOOKS, look
=======
from .learning import angles, curves, decay_scan, differences, distribution, fig4, levels, strips
from .microcircuit import compartments, copied, copying, epochs, microcircuit, one_run, rest
from .principle import alignment, circuit, noise, phase_plane, sal_window, stdd, theory_vs_simulation
from .sampling import convergence, discrete_limit, network, one_neuron, overlap, state_histogram
from .style import COLOURS
from .variability import bias, drifts, fig5, reciprocal
>>>>>>> wN34

__all__ = [
    "COLOURS",
    "LOOKS",
    "alignment",
    "angles",
<<<<<<< HEAD
    "authors_timing",
    "bars",
=======
>>>>>>> wN34
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
    "explorer",
<<<<<<< HEAD
    "fig2",
    "fig6",
    "jump",
=======
    "fig4",
    "fig5",
>>>>>>> wN34
    "levels",
    "look",
    "losses",
    "microcircuit",
    "network",
    "noise",
    "one_neuron",
    "one_run",
    "overlap",
    "phase_plane",
    "ratios",
    "reciprocal",
    "rest",
    "sal_window",
    "state_histogram",
    "stdd",
    "strips",
    "theory_vs_simulation",
]
