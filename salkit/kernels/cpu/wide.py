"""Event-driven sampling of networks too large for a table over states: hazards follow by factors.

    λ_k = exp(b_k + Σ_j W_kj z_j) / tau_ref
    j switches on:  λ_k ← λ_k e^{W_kj}       j switches off:  λ_k ← λ_k e^{−W_kj}

so an event costs two multiplications a neuron, and no exponential; `_REFRESH` spikes later the products start anew, so
that rounding errors (a few 2⁻⁵³ each) stay below 1e-12. The total hazard is summed in `LANES` interleaved partial
sums, lane l over the neurons l, l + LANES, …, then over lanes; the neuron that spikes is found in the same order, first
its lane, then its place there. Vector units and GPUs do this alike, bit for bit. Otherwise as in `kernels.continuous`.
"""

import numpy as np

from ._jit import jit
from .elementary import BLOCKS, exp, exponentials

__all__ = ["LANES", "factor_table", "padded", "run_wide"]

LANES = 8
_REFRESH = 1024  # spikes between two products from scratch


@jit
def padded(n):
    """n rounded up to whole rows of lanes."""
    return (n + LANES - 1) // LANES * LANES


@jit
def factor_table(weights, factors):
    """factors[2 j] = e^{W_kj} for all k, factors[2 j + 1] = e^{−W_kj}, padded with 1: shape (2 N, padded N)."""
    n = weights.shape[0]
    factors[:] = 1.0
    for j in range(n):
        for k in range(n):
            factors[2 * j, k] = exp(weights[k, j])
            factors[2 * j + 1, k] = exp(-weights[k, j])


@jit
def _products(factors, biases, tau_ref, ring, head, on, rate):
    """λ from scratch, refractory or not."""
    n = biases.size
    for k in range(n):
        rate[k] = exp(biases[k]) / tau_ref
    for m in range(on):
        place = head + m
        row = factors[2 * ring[place if place < n else place - n]]
        for k in range(n):
            rate[k] *= row[k]


@jit
def _multiply(rate, factor, off, hazard):
    """Every λ times its factor; hazard: λ where the neuron is off (off[k] = 1), 0 where it is on (off[k] = 0)."""
    for k in range(rate.size):
        rate[k] *= factor[k]
        hazard[k] = off[k] * rate[k]


@jit
def _total(hazard, partial):
    """The sum over all neurons, lane by lane: hazard (rows, LANES), partial (LANES,)."""
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = 0.0
    for row in range(hazard.shape[0]):
        a0 += hazard[row, 0]
        a1 += hazard[row, 1]
        a2 += hazard[row, 2]
        a3 += hazard[row, 3]
        a4 += hazard[row, 4]
        a5 += hazard[row, 5]
        a6 += hazard[row, 6]
        a7 += hazard[row, 7]
    partial[0], partial[1], partial[2], partial[3] = a0, a1, a2, a3
    partial[4], partial[5], partial[6], partial[7] = a4, a5, a6, a7
    return a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7


@jit
def _chosen(hazard, partial, x):
    """The neuron in whose share of the total hazard x lies."""
    lane, before, cumulative = 0, 0.0, 0.0
    for other in range(LANES):
        if partial[other] > 0.0:
            lane, before = other, cumulative
            cumulative += partial[other]
            if cumulative > x:
                break
    i, cumulative = lane, before
    for k in range(lane, hazard.size, LANES):
        if hazard[k] > 0.0:
            i = k
            cumulative += hazard[k]
            if cumulative > x:
                break
    return i


@jit
def run_wide(
    factors, biases, tau_ref, duration, seed, run, replica, draw, rest,
    last, ring, on, counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """One replica from last spike times and the ring of neurons that are on; as `kernels.continuous.run_continuous`.

    Returns (next draw, what is left of its exponential); `last` is relative to the start.
    """
    n, width = biases.size, factors.shape[1]
    record, count_states = times.size > 0, occupancy.size > 0
    count_pairs, count_overlaps = pairs.size > 0, overlaps.size > 0
    head, spikes, ahead, t, state = 0, 0, 0, 0.0, 0
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, replica, draw, waits, shares)
    if rest >= 0.0:
        waits[0] = rest
    rate, off, hazard, partial = np.zeros(width), np.zeros(width), np.empty(width), np.empty(LANES)
    rows, nothing = hazard.reshape(-1, LANES), np.ones(width)
    off[:n] = 1.0
    for m in range(on):
        off[ring[m]] = 0.0
        if count_states:
            state |= 1 << (n - 1 - ring[m])
    _products(factors, biases, tau_ref, ring, head, on, rate)
    _multiply(rate, nothing, off, hazard)
    total = _total(rows, partial)
    wait = waits[0]
    while True:
        stop = duration
        if on > 0:
            stop = min(last[ring[head]] + tau_ref, duration)
        span = stop - t
        if wait >= total * span:  # nobody spikes before the earliest switching-off, or the end
            wait -= total * span
            if count_states:
                occupancy[state] += span
            t = stop
            if t >= duration:
                break
            j = ring[head]
            head = head + 1 if head + 1 < n else 0
            on -= 1
            off[j] = 1.0
            _multiply(rate, factors[2 * j + 1], off, hazard)
            total = _total(rows, partial)
            if count_states:
                state ^= 1 << (n - 1 - j)
            continue
        dt = wait / total
        t += dt
        if count_states:
            occupancy[state] += dt
        i = _chosen(hazard, partial, shares[ahead] * total)
        if count_pairs:
            for j in range(n):
                pairs[i, j] += max(0.0, 1.0 - (t - last[j]) / tau_ref)
        if count_overlaps:
            for j in range(n):
                overlaps[i, j] += t - last[j] < tau_ref
            overlaps[i, i] = 0
        counts[i] += 1
        if record:
            times[spikes] = t
            neurons[spikes] = i
        last[i] = t
        place = head + on
        ring[place if place < n else place - n] = i
        on += 1
        off[i] = 0.0
        spikes += 1
        if spikes % _REFRESH == 0:
            _products(factors, biases, tau_ref, ring, head, on, rate)
            _multiply(rate, nothing, off, hazard)
        else:
            _multiply(rate, factors[2 * i], off, hazard)
        total = _total(rows, partial)
        if count_states:
            state |= 1 << (n - 1 - i)
        ahead += 1
        if ahead == BLOCKS:
            exponentials(seed, run, replica, draw + np.uint64(spikes), waits, shares)
            ahead = 0
        wait = waits[ahead]
    return draw + np.uint64(spikes), wait
