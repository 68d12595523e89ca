"""What kernels are given, by name: the same names in the Numba functions, the CUDA sources and their launchers.

A launch fills one structure; each kernel takes from it what its own parameters name. Axes: member (of the ensemble),
replica, neuron; train = member · replicas + replica.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Inference", "Patterns", "Sampling", "Training"]

_Array = NDArray[Any]


class Sampling(NamedTuple):
    """One sampling run; everything from `ages` on changes in place.

    weights (E, N, N), biases (E, N), seeds, runs (E,); tau_ref, duration in one unit. State: ages (E, R, N), draws,
    rests (E, R). Statistics: counts (E, R, N), occupancy (E, R, 2^N), pairs, ties and overlaps (E, R, N, N), of
    which all but counts are left out by an empty last axis. times, neurons (E·R, capacity), capacity 0 to record
    nothing. refractory and length: arrays (E, N) of neurons with periods of their own, in discrete time a number of
    steps and the psp's size; psp (L,): κ at ages 1 … L. columns, scales: weights as integers, which the kernels make
    themselves. Sparse weights, of one member: pointers (N + 1,), targets and sparse (synapses,), `weights` then without
    numbers; links (synapses, 2): targets and integers. kept: where the kernels leave the integers, to find them in the
    next run. With delays: fan (E, N), posts, lags, strengths (E, N, N), longest and earlier (E, R, N, H − 1), see
    `kernels.cpu.delayed`.
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
    overlaps: _Array
    times: _Array
    neurons: _Array
    refractory: Any = None
    length: Any = None
    psp: Any = None
    log_tau_ref: float = 0.0
    columns: Any = None
    scales: Any = None
    pointers: Any = np.empty(0, np.int64)
    targets: Any = np.empty(0, np.int32)
    links: Any = np.empty((0, 2), np.int32)
    sparse: Any = np.empty(0)
    kept: Any = None
    fan: Any = None
    posts: Any = None
    lags: Any = None
    strengths: Any = None
    longest: int = 0
    earlier: Any = None


class Training(NamedTuple):
    """Wake–sleep cycles; weights, biases, what was measured while awake, and the states change in place.

    weights, wake_pairs, wake_factor, sleep_factor (E, N, N); biases, gain, height, offset, wake_rates (E, N); plastic
    and aligned (E, N, N) bool: whether a synapse learns, and whether the SAL term is part of it; rates (E, 4): η_W,
    η_b, η_SAL, λ; limit of biases; least, most (E, N) of weights, by presynaptic neuron; spacing (E,) of the levels
    that weights are rounded to, 0 for none, and rounding_draws (E,), the next block of its random numbers. Sleep:
    tau_ref, duration, seeds, runs and the state as in `Sampling`; so are refractory and length, (E, 0) where all are
    tau_ref, psp and log_tau_ref. The wake phase is measured if patterns > 0: cumulative (E, 2^visible) over the visible
    states, each shown for settle (not counted) and then shown; its state wake_ages (E, 1, N), wake_draws, wake_rests
    (E, 1), pattern_draws (E,). rectangular_sal: whether the SAL term has the rectangular window, 0 or 1.
    """

    cycles: int
    weights: _Array
    biases: _Array
    gain: _Array
    height: _Array
    offset: _Array
    plastic: _Array
    aligned: _Array
    wake_pairs: _Array
    wake_rates: _Array
    wake_factor: _Array
    sleep_factor: _Array
    rates: _Array
    limit: float
    least: _Array
    most: _Array
    spacing: _Array
    rounding_draws: _Array
    tau_ref: float
    duration: float
    seeds: _Array
    runs: _Array
    ages: _Array
    draws: _Array
    rests: _Array
    cumulative: _Array
    visible: int
    patterns: int
    settle: float
    shown: float
    wake_ages: _Array
    wake_draws: _Array
    wake_rests: _Array
    pattern_draws: _Array
    rectangular_sal: int = 0
    refractory: Any = None
    length: Any = None
    psp: Any = None
    log_tau_ref: float = 0.0


class Patterns(NamedTuple):
    """Patterns shown to microcircuits; weights, draws, last, u, outputs, spikes and potentials change in place.

    sizes (L + 1,): n_0 … n_L; first (L + 2,): number of each layer's first neuron; up, down (E, synapses) by
    presynaptic neuron; inputs (E, P, n_0), targets and outputs (E, P, n_L); rates (L + 1,): η of each layer; steps of a
    pattern, of which plasticity and readout leave out settle; window: steps of the running means; modes (E, P, 7), see
    `kernels.cpu.microcircuit`; kernel (K,): SAL's window; last, u (E, cells); spikes (E, steps, cells) and potentials
    (E, steps, 3, neurons), without steps to record nothing; predict, cancel: weights onto and from interneurons, laid
    out as up above the first hidden layer and as down, or (E, 0): held; own (P, 3): how they learn.
    """

    sizes: _Array
    first: _Array
    up: _Array
    down: _Array
    predict: _Array
    cancel: _Array
    bias: float
    inputs: _Array
    targets: _Array
    rates: _Array
    steps: int
    settle: int
    window: int
    tau_ref: int
    log_tau: float
    modes: _Array
    own: _Array
    kernel: _Array
    seeds: _Array
    runs: _Array
    draws: _Array
    last: _Array
    u: _Array
    outputs: _Array
    spikes: _Array
    potentials: _Array


class Inference(NamedTuple):
    """Rules that infer weights between two layers of integrate-and-fire neurons; feedback, counts, shown are results.

    weights (R, x, y) as they act; scales (R,), amounts and lengths (R, …): see `kernels.cpu.rdd` and
    `kernels.cpu.stdwi`; seeds, runs (R,); patterns, spikes_from: first blocks of the two random streams; feedback (R,
    reports, x, y), whose first entry is the start; counts (R, reports, x + y); shown (R, periods, x + y), periods 0 to
    leave it out.
    """

    weights: _Array
    scales: _Array
    amounts: _Array
    lengths: _Array
    seeds: _Array
    runs: _Array
    patterns: Any
    spikes_from: Any
    feedback: _Array
    counts: _Array
    shown: _Array
