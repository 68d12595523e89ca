"""Figures from arrays and Datasets: every function returns a matplotlib Figure and shows nothing."""

from .any_network import breaking, efficiency, entropy, falling, fan_in, fig7, layer, reversal
from .bench import bench
from .conditions import constrained, few_bits, psp_shapes, pulls
from .deep import codes, deep_network, depth_width, fig8, reconstructions, schedules, spiking, training
from .explorer import explorer
from .learning import angles, curves, decay_scan, differences, distribution, fig4, levels, strips
from .lif import lif_alignment, lif_drift, lif_sampling
from .microcircuit import (
    compartments,
    copied,
    copying,
    error_angles,
    fig6,
    losses,
    microcircuit,
    phases,
    ratios,
    rest,
    self_prediction,
)
from .overview import overview
from .principle import alignment, circuit, fig2, jump, noise, phase_plane, sal_window, stdd, theory_vs_simulation
from .sampling import authors_timing, convergence, discrete_limit, network, one_neuron, overlap, state_histogram
from .style import COLOURS, LOOKS, look
from .variability import bias, drifts, fig5, reciprocal

__all__ = [
    "COLOURS",
    "LOOKS",
    "alignment",
    "angles",
    "authors_timing",
    "bench",
    "bias",
    "breaking",
    "circuit",
    "codes",
    "compartments",
    "constrained",
    "convergence",
    "copied",
    "copying",
    "curves",
    "decay_scan",
    "deep_network",
    "depth_width",
    "differences",
    "discrete_limit",
    "distribution",
    "drifts",
    "efficiency",
    "entropy",
    "error_angles",
    "explorer",
    "falling",
    "fan_in",
    "few_bits",
    "fig2",
    "fig4",
    "fig5",
    "fig6",
    "fig7",
    "fig8",
    "jump",
    "layer",
    "levels",
    "lif_alignment",
    "lif_drift",
    "lif_sampling",
    "look",
    "losses",
    "microcircuit",
    "network",
    "noise",
    "one_neuron",
    "overlap",
    "overview",
    "phase_plane",
    "phases",
    "psp_shapes",
    "pulls",
    "ratios",
    "reciprocal",
    "reconstructions",
    "rest",
    "self_prediction",
    "reversal",
    "sal_window",
    "schedules",
    "spiking",
    "state_histogram",
    "stdd",
    "strips",
    "theory_vs_simulation",
    "training",
]
