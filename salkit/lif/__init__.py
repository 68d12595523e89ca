"""Leaky integrate-and-fire neurons that sample, and SAL among them."""

from .calibration import Activation, activation, assumed, logistic_fit, translate
from .parameters import Neuron
from .sampling import Membranes, Network, simulate
from .theory import fast_membrane, free_membrane
from .training import Alignment, mold, train

__all__ = [
    "Activation", "Alignment", "Membranes", "Network", "Neuron", "activation", "assumed", "fast_membrane",
    "free_membrane", "logistic_fit", "mold", "simulate", "train", "translate",
]  # fmt: skip
