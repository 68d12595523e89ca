"""salkit: spike-based alignment learning (SAL), rebuilt on a small library.

A synapse that lets causal spike pairs depress it and anti-causal pairs potentiate it measures, by timing and noise
alone, how much stronger it is than its reciprocal partner, and corrects the difference.
"""

from . import (
    alignment,
    boltzmann,
    constraints,
    copies,
    deep,
    estimates,
    experiments,
    explorer,
    fisher,
    gradient,
    layers,
    lif,
    limits,
    microcircuit,
    philox,
    plots,
    psp,
    rate_network,
    reversibility,
    stdd,
    stdp,
    updates,
    variability,
    wakesleep,
    weight_inference,
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
    "constraints",
    "copies",
    "deep",
    "ensemble",
    "experiments",
    "explorer",
    "figures",
    "fisher",
    "gradient",
    "layers",
    "ledger",
    "lif",
    "limits",
    "microcircuit",
    "notebook",
    "philox",
    "plots",
    "psp",
    "rate_network",
    "reversibility",
    "simulate",
    "stdd",
    "stdp",
    "updates",
    "variability",
    "wakesleep",
    "weight_inference",
]
__version__ = "0.1.0"
