"""Theory of two neurons: the spike-timing difference distribution (STDD), SAL's drift, its phase plane (Fig. 2, SI
Fig. 14).

The STDD p(Δt), Δt = t_i − t_j, is the law of the intervals between consecutive spikes of different neurons: a pair
counts if neither neuron spikes strictly in between; two spikes in one step of discrete time are a pair of lag 0.
The mass of all lags is 1. SAL moves the two weights by

    d_ij = Σ_Δt p(Δt) S(Δt),   S = −K(|Δt|/tau) for Δt > 0, +K for Δt < 0,   d_ji = −d_ij

per pair, or times the rate of pairs, per time. The laws are exact: in closed form in continuous time, from the Markov
chain of the two ages in discrete time, there with transmission delays, too. They use the conventions of
`salkit.simulate`, with which they agree bin by bin.

All functions take a `SamplingNetwork` of two neurons, 0 for i and 1 for j, whose ensemble axes give the phase plane, or
the numbers of one. With gains a, weights and biases are a_i W_ij and a_i b_i.
"""

from . import continuous, delayed, discrete
from .drift import fixed_point, nullcline, phase_plane, sal_drift
from .exact import isolated_pairs, matched_biases, rates
from .law import distribution
from .pair import two_neurons
from .response import alpha
from .scores import bin_z_scores, compare, p_value
from .synapse import all_pairs_drift

__all__ = [
    "all_pairs_drift", "alpha", "bin_z_scores", "compare", "continuous", "delayed", "discrete", "distribution",
    "fixed_point", "isolated_pairs", "matched_biases", "nullcline", "p_value", "phase_plane", "rates", "sal_drift",
    "two_neurons",
]  # fmt: skip
