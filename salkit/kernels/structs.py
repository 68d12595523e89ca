"""What kernels are given, by name: the same names in the Numba functions, the CUDA sources and their launchers.

A launch fills one structure; each kernel takes from it what its own parameters name. Axes: member (of the ensemble),
replica, neuron; train = member · replicas + replica.
"""

from typing import Any, NamedTuple

from numpy.typing import NDArray

__all__ = ["Sampling"]

_Array = NDArray[Any]


class Sampling(NamedTuple):
    """One sampling run; everything from `ages` on changes in place.

    weights (E, N, N), biases (E, N), seeds, runs (E,); tau_ref, duration in one unit. State: ages (E, R, N), draws,
    rests (E, R). Statistics: counts (E, R, N), occupancy (E, R, 2^N), pairs and ties (E, R, N, N), of which occupancy,
    pairs and ties are left out by an empty last axis. times, neurons (E·R, capacity), capacity 0 to record nothing.
    refractory and length: arrays (E, N) of neurons with periods of their own, in discrete time a number of steps and
    the psp's size; psp (L,): κ at ages 1 … L.
    """

    weights: _Array
    biases: _Array
    tau_ref: float
    duration: float
    seeds: _Array
    runs: _Array
    ages: _Array
    draws: _Array
    rests: _Array
    counts: _Array
    occupancy: _Array
    pairs: _Array
    ties: _Array
    times: _Array
    neurons: _Array
    refractory: Any = None
    length: Any = None
    psp: Any = None
    log_tau_ref: float = 0.0
