"""Event-driven sampling of networks too large for a table over states: candidates under bounds, of which some spike.

    j switches on:  U ← U + C_·j       j switches off:  U ← U − C_·j       λ_i = H(U_i), 0 while i is refractory

with U and H of `kernels.cpu.potentials`: the diagonal of C holds i back while it is on. λ_i is computed for candidates
alone. They come at the rate Λ̄ ≥ Λ, the area under bounds M_i ≥ λ_i (`kernels.cpu.bounds`): a unit exponential is used
up at this rate, then a place is drawn under the bounds. If it lies under M_i, at height y, neuron i spikes if y < λ_i;
if not, the next exponential begins (thinning: Lewis & Shedler, Nav. Res. Logist. Q. 26 (1979); Gillespie's rejection).
Bounds are functions of the state alone, however it was reached. An event passes once over all neurons and over one
column of 32-bit integers, or, where weights are sparse, over the synapses of one neuron (`kernels.cpu.sparse`).

Candidate number n of a replica takes block n of its random stream. Otherwise as in `kernels.cpu.continuous`.
"""

import numpy as np

from ._jit import jit
from .bounds import ROWS, place, switch_off, switch_on, workplace
from .elementary import BLOCKS, exponentials
from .potentials import OFF, WIDTH, hazard
from .sparse import ROWS as SPARSE_ROWS
from .sparse import area_of, begin_sparse, move, place_sparse, request, switch_sparse

__all__ = ["run_wide"]


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
    columns, synapses, shift, tau_ref, duration, seed, run, replica, draw, rest,
    last, ring, on, counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """One replica from last spike times and the ring of neurons that are on; as `run_continuous`.

    columns, shift: from `quantise`, with `OFF` on the diagonal; where weights are sparse its last row alone, and
    synapses: their pointers and links. Returns (next draw, what is left of its exponential); `last` is
    relative to the start.
    """
    n, width = last.size, columns.shape[1]
    sparse = synapses[0].size > 0
    record, count_states = times.size > 0, occupancy.size > 0
    count_pairs, count_overlaps = pairs.size > 0, overlaps.size > 0
    head, spikes, drawn, ahead, t, state = 0, 0, 0, 0, 0.0, 0
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, replica, draw, waits, shares)
    if rest >= 0.0:
        waits[0] = rest
    potential, groups, areas, spans = workplace(width, SPARSE_ROWS if sparse else ROWS)
    for m in range(on):
        j = ring[m]
        if sparse:
            move(1, j, synapses, potential)
            potential[j] += OFF
        else:
            column = columns[j]
            for k in range(width):
                potential[k] += column[k]
        if count_states:
            state |= 1 << (n - 1 - j)
    if sparse:
        potential += columns[0]
    marks = begin_sparse(potential, shift, groups, areas, spans, sparse)
    total = area_of(spans) if sparse else switch_on(potential, columns, n, shift, groups, areas, spans)
    wait = waits[0]
    while True:
        stop = duration
        if on > 0:
            stop = min(last[ring[head]] + tau_ref, duration)
        span = stop - t
        if wait >= total * span:  # no candidate before the earliest switching-off, or the end
            wait -= total * span
            if count_states:
                occupancy[state] += span
            t = stop
            if t >= duration:
                break
            j = ring[head]
            head = head + 1 if head + 1 < n else 0
            on -= 1
            if sparse:
                total = switch_sparse(-1, j, synapses, potential, shift, marks, groups, areas, spans)
                if on > 0:
                    request(ring[head], synapses)
            else:
                total = switch_off(potential, columns, j, shift, groups, areas, spans)
            if count_states:
                state ^= 1 << (n - 1 - j)
            continue
        dt = wait / total
        t += dt
        if count_states:
            occupancy[state] += dt
        x = shares[ahead] * total
        if sparse:
            i, height = place_sparse(width // WIDTH, groups, areas, spans, x)
        else:
            i, height = place(potential, shift, groups, areas, spans, x)
        drawn += 1
        ahead += 1
        if ahead == BLOCKS:
            exponentials(seed, run, replica, draw + np.uint64(drawn), waits, shares)
            ahead = 0
        wait = waits[ahead]
        if height >= hazard(potential[i], shift):
            continue
        if count_pairs:
            _pair(i, t, tau_ref, last, pairs)
        if count_overlaps:
            _overlap(i, t, tau_ref, last, overlaps)
        counts[i] += 1
        if record:
            times[spikes] = t
            neurons[spikes] = i
        last[i] = t
        entry = head + on
        ring[entry if entry < n else entry - n] = i
        on += 1
        spikes += 1
        if sparse:
            total = switch_sparse(1, i, synapses, potential, shift, marks, groups, areas, spans)
            request(ring[head], synapses)
        else:
            total = switch_on(potential, columns, i, shift, groups, areas, spans)
        if count_states:
            state |= 1 << (n - 1 - i)
    return draw + np.uint64(drawn), wait
