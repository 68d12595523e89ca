"""Leaky integrate-and-fire neurons under synaptic noise: they sample a Boltzmann machine, and SAL works among them.

    C du/dt = g_l (E_l − u) + g_e (E_e − u) + g_i (E_i − u) + I,   u ≥ θ: a spike, then held at reset for tau_ref
    P(z = 1) ≈ σ((ū − u0)/α),   ū_i = u0 + α b_i,   mean of a pulse over tau_ref = α W_ij

    parameters   the neuron, and what its constants amount to in the high-conductance state
    sampling     networks of them, and their `Spikes`
    theory       what is exact: the free membrane, and rates by first passages for a fast one
    calibration  the activation function measured and fitted, and machines translated by it
    alignment, training   runs from seeds: weights that meet by SAL, and its drift with frozen weights

Times in ms, potentials in mV, conductances in µS. Sources: Petrovici, Bill, Bytschok, Schemmel & Meier, Phys. Rev. E
94, 042312 (2016); SAL, Gierlich et al. 2025; what SAL does here is this suite's own measurement.
"""

from .alignment import Alignment, mold
from .calibration import Activation, activation, assumed, logistic_fit, translate
from .parameters import Neuron
from .sampling import Membranes, Network, simulate
from .theory import fast_membrane, free_membrane
from .training import train

__all__ = [
    "Activation", "Alignment", "Membranes", "Network", "Neuron", "activation", "assumed", "fast_membrane",
    "free_membrane", "logistic_fit", "mold", "simulate", "train", "translate",
]  # fmt: skip
