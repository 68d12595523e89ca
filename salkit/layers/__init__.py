"""Layers of reciprocally connected sampling neurons whose feedback weights become the transpose of the forward ones.

    u_i = (b_i + Σ_j W_l,ij z_j + Σ_k B_{l+1},ik z_k)/T          layer l hears layers l − 1 and l + 1, and nothing else
    b_i = T logit ρ − ρ Σ_j w_ij + spread                         homeostatic: all incoming weights w, as they stand

in continuous time with rectangular PSPs, all neurons free: no stimulus, and no input that is not answered. SAL moves B
(or both) after every cycle of frozen weights, at a learning rate η per pair of spikes,

    B_ik ← B_ik + η Σ S(t_i − t_k),   S = −K causal (i after k), +K anti-causal,   K = 1 or 1 − |Δt|  within tau_ref

With symmetric weights the network is reversible in time and every pair's sum vanishes in the mean, whatever the rates:
B_l = W_lᵀ is a fixed point. A one-way spiking input (`inputs`) breaks that. How fast alignment goes, and which η(t) is
best, follows from the noise of one synapse: see `law`. One-sided learning, for comparison,

    B_ik ← B_ik + η (Σ K over causal pairs of W_ki − their number by chance − decay B_ik)

sees what the forward synapse causes, and must know rates, the effect of B itself and the decay that makes B as large as
W. Kolen–Pollack learning is not defined here: it hands B the updates of W, and W stays as it is.

    law         drift, noise, time to align            parameters  what is varied
    training    ensembles of runs from seeds           phases      `symmetrise`, for weights that a caller brings
    geometry    places in flat arrays, angle, slope

Sources: Gierlich et al. 2025, Figs. 7 and 9 (layers, weights); the law and the schedule are this suite's.
"""

from .law import Law, law
from .parameters import Layers, mold
from .phases import Symmetrised, symmetrise
from .training import align

__all__ = ["Law", "Layers", "Symmetrised", "align", "law", "mold", "symmetrise", "train"]

train = align
