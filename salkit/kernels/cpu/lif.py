"""What the networks of leaky integrate-and-fire neurons share: their drive, and postsynaptic potentials by recursion.

    drive   every `period` steps other `active` ones of n neurons, drawn without replacement, get external spikes:
            in each step and active neuron a Poisson number of given mean, or 1 with that probability
    PSP     Σ_spikes (e^{−a/tau_slow} − e^{−a/tau_fast}) / (tau_slow − tau_fast), a the spike's age: two traces, of unit
            jumps that decay; the area under it is 1

Pick k of period number p takes block p · active + k of the stream for patterns, slot k of step t one half of block
t · ⌈active/2⌉ + ⌊k/2⌋ of the stream for spikes: what a neuron gets depends on nothing that the network does.
"""

import numpy as np

from ._jit import jit
from .elementary import exp, philox

__all__ = ["choose", "spike_table", "uniforms"]


@jit
def uniforms(seed, run, draw):
    """Two numbers in (0, 1) from one block."""
    low, half, twelve = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(12)
    a, b, c, e = philox(draw & low, draw >> half, np.uint64(0), run, seed & low, seed >> half)
    first = (np.float64((a << half | b) >> twelve) + 0.5) * 2.0**-52
    return first, (np.float64((c << half | e) >> twelve) + 0.5) * 2.0**-52


@jit
def choose(seed, run, draw, order, active):
    """Put a random choice of the entries of `order` at its first `active` places."""
    n = order.size
    for k in range(active):
        u, _ = uniforms(seed, run, draw + np.uint64(k))
        j = k + np.int64(u * (n - k))
        order[k], order[j] = order[j], order[k]


@jit
def spike_table(mean, poisson, table):
    """Cumulative distribution of the external spikes in a step; a uniform u gives as many as there are entries ≤ u."""
    if not poisson:
        table[0], table[1:] = 1.0 - mean, 1.0
        return
    term = exp(-mean)
    total = term
    for k in range(table.size):
        table[k] = total
        term *= mean / (k + 1)
        total += term
