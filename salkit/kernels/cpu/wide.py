"""Event-driven sampling of networks too large for a table over states: integer potentials, moved column by column.

    j switches on:  U ← U + C_·j       j switches off:  U ← U − C_·j       λ_i = H(U_i), 0 while i is refractory

with U and H of `kernels.cpu.potentials`: the diagonal of C holds i back while it is on. Hazards are functions of the
state alone, however it was reached. An event passes once over all neurons, and over one column of 32-bit integers.
The neuron that spikes is found in the order of the sums: first its lane, then the stretch, the pair, the neuron.
Otherwise as in `kernels.cpu.continuous`.
"""

import numpy as np

from ._jit import jit
from .elementary import BLOCKS, exponentials
from .potentials import LANES, STRIDE, WIDTH, switch_off, switch_on

__all__ = ["run_wide"]


@jit
def _chosen(hazard, sums, x):
    """The neuron in whose share of the total hazard x lies; of those that can spike the last tried, should rounding
    leave x beyond all."""
    last, lane, before, cumulative = sums.shape[0] - 1, 0, 0.0, 0.0
    for other in range(LANES):
        if sums[last, other] > 0.0:
            lane, before = other, cumulative
            cumulative += sums[last, other]
            if cumulative > x:
                break
    x -= before
    block = 0
    while block < last and sums[block, lane] <= x:
        block += 1
    if block > 0:
        x -= sums[block - 1, lane]
    first = block * STRIDE * WIDTH + lane
    end_of_block, i = min(first - lane + STRIDE * WIDTH, hazard.size), -1
    for half in (first, first + LANES):
        running = np.float32(0.0)
        for k in range(half, end_of_block, WIDTH):
            if hazard[k] > 0.0:
                i = k
                running += hazard[k]
                if running > x:
                    return i
        x -= running
    for k in range(lane if i < 0 else hazard.size, hazard.size, LANES):  # a stretch of zeros, reached by rounding alone
        if hazard[k] > 0.0:
            i = k
    return i


@jit
def _workplace(width, stretches):
    """Potentials 0, room for hazards and for sums: each begins on a cache line, which no vector then crosses."""
    raw = np.zeros(2 * width + 2 * LANES * stretches + WIDTH, np.int32)
    begin = -(raw.ctypes.data >> 2) & (WIDTH - 1)
    hazard = raw[begin + width : begin + 2 * width].view(np.float32)
    sums = raw[begin + 2 * width : begin + 2 * width + 2 * LANES * stretches].view(np.float64)
    return raw[begin : begin + width], hazard, sums.reshape(stretches, LANES)


@jit
def _pair(i, t, tau_ref, last, pairs):
    """Add the triangular window of i's spike at t with the latest spike of every other neuron; its own is too old."""
    for j in range(last.size):
        pairs[i, j] += max(0.0, 1.0 - (t - last[j]) / tau_ref)


@jit
def _overlap(i, t, tau_ref, last, overlaps):
    """Count i's spike at t with every other neuron that is on."""
    for j in range(last.size):
        overlaps[i, j] += t - last[j] < tau_ref
    overlaps[i, i] = 0


@jit
def run_wide(
    columns, shift, tau_ref, duration, seed, run, replica, draw, rest,
    last, ring, on, counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """One replica from last spike times and the ring of neurons that are on; as `run_continuous`.

    columns, shift: from `quantise`, with `OFF` on the diagonal. Returns (next draw, what is left of its exponential);
    `last` is relative to the start.
    """
    n, width = last.size, columns.shape[1]
    record, count_states = times.size > 0, occupancy.size > 0
    count_pairs, count_overlaps = pairs.size > 0, overlaps.size > 0
    head, spikes, ahead, t, state = 0, 0, 0, 0.0, 0
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, replica, draw, waits, shares)
    if rest >= 0.0:
        waits[0] = rest
    potential, hazard, sums = _workplace(width, (width + STRIDE * WIDTH - 1) // (STRIDE * WIDTH))
    for m in range(on):
        column = columns[ring[m]]
        for k in range(width):
            potential[k] += column[k]
        if count_states:
            state |= 1 << (n - 1 - ring[m])
    total = switch_on(potential, columns, n, shift, hazard, sums)
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
            total = switch_off(potential, columns, j, shift, hazard, sums)
            if count_states:
                state ^= 1 << (n - 1 - j)
            continue
        dt = wait / total
        t += dt
        if count_states:
            occupancy[state] += dt
        i = _chosen(hazard, sums, shares[ahead] * total)
        if count_pairs:
            _pair(i, t, tau_ref, last, pairs)
        if count_overlaps:
            _overlap(i, t, tau_ref, last, overlaps)
        counts[i] += 1
        if record:
            times[spikes] = t
            neurons[spikes] = i
        last[i] = t
        place = head + on
        ring[place if place < n else place - n] = i
        on += 1
        spikes += 1
        total = switch_on(potential, columns, i, shift, hazard, sums)
        if count_states:
            state |= 1 << (n - 1 - i)
        ahead += 1
        if ahead == BLOCKS:
            exponentials(seed, run, replica, draw + np.uint64(spikes), waits, shares)
            ahead = 0
        wait = waits[ahead]
    return draw + np.uint64(spikes), wait
