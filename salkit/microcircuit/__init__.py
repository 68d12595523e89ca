"""Cortical microcircuits that learn by dendritic errors: feedback weights by SAL, at random (FA), or copied (BP).

Pyramidal neurons of layers 0 … L, in discrete time. Neuron i of a hidden layer has a basal potential from the layer
below and an apical one from the layer above, from which interneurons (y) subtract what was expected:

    v_l = W_l z_{l−1},   a_l = B_l (z_{l+1} − y_l),   u_l = b + v_l + λ_api a_l
    output   u_L = b + v_L + λ_nudge (target − v̄_L − b),   interneurons   u = b + W_{l+1} z_l

The interneurons predict the layer above from the hidden layer as its basal potentials do (the *self-predicting state*
W_ip = W_{l+1}, W_pi = −B_l, held at every step), so that a_l carries nothing but the error, fed back through B_l. Then

    W_ij ← W_ij + η [φ(ū_i) − φ(v̄_i + b)]   at every spike of j,   φ(u) = σ(u − ln tau_ref), bars: running means

follows the gradient if B_l = W_{l+1}ᵀ. "bp" copies, "fa" leaves B at random, "sal" learns it. Protocol "paper": in the
last `symmetrise` patterns of an epoch the interneurons are silent, λ_api = 1, and for spikes of hidden i and k above

    B_ik ← B_ik − η_SAL e^{−Δt/tau_ref} for Δt = t_i − t_k > 0,   + for Δt < 0   (nearest pairs).

Protocol "exact": after each epoch all layers above the input sample freely in continuous time (`phases`). Nearest pairs
that reach beyond tau_ref are what first keeps the paper's protocol from a copy: where rates differ they are not the
same backwards in time, so that B_l = W_{l+1}ᵀ is no fixed point. Next come frozen neurons in short phases.

    parameters  what is varied           circuits   a batch, its epochs       phases    protocol "exact"
    training    runs from seeds          updates    ΔW against the gradient   watching  one circuit, step by step
    records     results as matrices      drift      of B in 1-1-1, by pairing

Interneurons may have weights of their own, which they learn without a target (`kernels.microcircuit`).

Sources: Gierlich et al. 2025, Fig. 6; protocol "exact" is this suite's; Sacramento, Costa, Bengio & Senn 2018. The
order within a step: `kernels.microcircuit`.
"""

from ..rate_network import error_angle, errors, gradient, rates
from .circuits import Circuits, begin, learn, validate
from .drift import chain_drift
from .parameters import FEEDBACK, INTERNEURONS, PROTOCOLS, Microcircuit, mold
from .phases import phase_rates
from .records import end_pairs, matrices
from .training import train
from .updates import update_angle
from .watching import left_over, watch

__all__ = [
    "FEEDBACK",
    "INTERNEURONS",
    "PROTOCOLS",
    "Circuits",
    "Microcircuit",
    "begin",
    "chain_drift",
    "end_pairs",
    "error_angle",
    "errors",
    "gradient",
    "learn",
    "left_over",
    "matrices",
    "mold",
    "phase_rates",
    "rates",
    "train",
    "update_angle",
    "validate",
    "watch",
]
