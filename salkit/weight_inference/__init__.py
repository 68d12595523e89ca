"""The rivals: feedback weights inferred from activity, by the rules of others, on the networks they were made for.

    rdd             regression discontinuity design: the response just above threshold, and just below
    stdwi           spike-timing-dependent weight inference: fast minus slow trace at every spike above
    weight_mirror   noise through the forward weights, in rates or spikes; Kolen–Pollack
    estimators      the same ideas on the spikes of a sampling network, and maximum likelihood, what can at best be had
    settings        constants as published, repaired, and the best found

Layer x drives layer y; W is fixed, B to become Wᵀ. What differs from SAL: RDD needs the membrane potential, STDWI and
the mirror need other stimuli all the time, none feeds B back into the network while it learns. Each rule's source
stands in its module.
"""

from .estimators import count_covariance, maximum_likelihood, one_sided
from .protocol import Protocol, mold
from .rdd import RDD
from .settings import SETTINGS
from .stdwi import STDWI
from .training import train
from .weight_mirror import WeightMirror, kolen_pollack

__all__ = [
    "RDD",
    "SETTINGS",
    "STDWI",
    "Protocol",
    "WeightMirror",
    "count_covariance",
    "kolen_pollack",
    "maximum_likelihood",
    "mold",
    "one_sided",
    "train",
]
