"""Leaky integrate-and-fire neurons that sample, and SAL among them."""

from .calibration import Activation, activation, assumed, logistic_fit, translate
from .parameters import Neuron
from .sampling import Membranes, Network, simulate
from .theory import fast_membrane, free_membrane

__all__ = [
    "Activation", "Membranes", "Network", "Neuron", "activation", "assumed", "fast_membrane", "free_membrane",
    "logistic_fit", "simulate", "translate",
]  # fmt: skip
