"""salkit: spike-based alignment learning (SAL), rebuilt on a small library.

A synapse that lets causal spike pairs depress it and anti-causal pairs potentiate it measures, by timing and noise
alone, how much stronger it is than its reciprocal partner, and corrects the difference.
"""

from . import (
    alignment,
    boltzmann,
    deep,
    estimates,
    experiments,
    explorer,
    gradient,
    layers,
    microcircuit,
    philox,
    plots,
    psp,
    rate_network,
    stdd,
    stdp,
    variability,
    wakesleep,
)
from .network import SamplingNetwork
from .sampling import simulate
from .spikes import Spikes, State
from .suite import claims, figures, ledger
from .suite.notebook import Notebook as notebook
from .sweep import ensemble

__all__ = [
    "SamplingNetwork",
    "Spikes",
    "State",
    "alignment",
    "boltzmann",
    "estimates",
    "claims",
    "deep",
    "ensemble",
    "experiments",
    "explorer",
    "figures",
    "gradient",
    "layers",
    "ledger",
    "microcircuit",
    "notebook",
    "philox",
    "plots",
    "psp",
    "rate_network",
    "simulate",
    "stdd",
    "stdp",
    "variability",
    "wakesleep",
]
__version__ = "0.1.0"
