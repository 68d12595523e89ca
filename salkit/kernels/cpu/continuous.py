"""Event-driven sampling in continuous time: exact, without ties, at a cost per event and not per step.

    neuron i, not refractory, fires with hazard   λ_i = exp(u_i) / tau_ref,   u_i = b_i + Σ_j W_ij z_j

Between two changes of the state z all hazards are constant. A unit exponential E is drawn for each spike and used up at
the rate Λ = Σ λ_i; while it lasts, the neuron longest on is switched off when its tau_ref is over (equal tau_ref: first
on, first off, so a ring buffer holds them in order). When it is used up, neuron i spikes with probability λ_i / Λ.
Spike number n of a replica takes block n of its random stream, whatever happens in between.

Up to `TABLE_NEURONS` the hazards come from a table over the 2^N states (cumulative over neurons); larger networks, and
those of sparse weights, are `kernels.cpu.wide`'s. Statistics gathered on the way:

    counts[i]      spikes of i
    occupancy[k]   time spent in state k (neuron 0 is the most significant bit)
    pairs[i, j]    Σ 1 − (t_i − t_j)/tau_ref over spikes of i, with j's latest spike before, where positive
    overlaps[i, j] spikes of i while j is on: 0 < t_i − t_j < tau_ref
"""

import numpy as np

from ._jit import entry, jit
from .elementary import BLOCKS, exp, exponentials, log
from .potentials import OFF, columns_of, quantise
from .wide import _overlap, _pair, run_wide

__all__ = ["TABLE_NEURONS", "hazard_table", "hazards", "run_continuous", "sample_continuous", "tabulate"]

TABLE_NEURONS = 12


@jit
def hazard_table(weights, biases, tau_ref, table):
    """table[k, i] = Σ_{m ≤ i} λ_m in state k, refractory neurons having none."""
    states, n = table.shape
    for k in range(states):
        total = 0.0
        for i in range(n):
            if k >> (n - 1 - i) & 1 == 0:
                u = biases[i]
                for j in range(n):
                    if k >> (n - 1 - j) & 1:
                        u += weights[i, j]
                total += exp(u) / tau_ref
            table[k, i] = total


@jit
def _resume(ages, tau_ref, last, ring):
    """Last spike times from the ages; the neurons that are on in the ring, longest on first; how many these are."""
    n, on = ages.size, 0
    for i in range(n):
        last[i] = -ages[i]
    for i in np.arange(n) if n <= TABLE_NEURONS else np.argsort(last, kind="mergesort"):  # then no insertion is long
        if ages[i] < tau_ref:
            place = on
            while place > 0 and last[ring[place - 1]] > last[i]:
                ring[place] = ring[place - 1]
                place -= 1
            ring[place] = i
            on += 1
    return on


@jit
def hazards(n):
    """Room for what `tabulate` fills: a table over states, or above `TABLE_NEURONS` columns of integers."""
    small = n <= TABLE_NEURONS
    return np.empty((1 << n if small else 0, n)), columns_of(0 if small else n)


@jit
def tabulate(weights, biases, tau_ref, table, columns):
    """Fill the table over states that `run_continuous` takes, or the columns; returns the scale of these, or 0."""
    if biases.size <= TABLE_NEURONS:
        hazard_table(weights, biases, tau_ref, table)
        return 0
    return quantise(weights, biases, log(tau_ref), OFF, columns)


@jit
def run_continuous(
    table, columns, synapses, scale, tau_ref, duration, seed, run, replica, draw, rest,
    ages, counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """One replica. Returns (next draw, what is left of its exponential)."""
    n = ages.size
    record, count_states = times.size > 0, occupancy.size > 0
    count_pairs, count_overlaps = pairs.size > 0, overlaps.size > 0
    last, ring = np.empty(n), np.empty(n, np.int64)
    on = _resume(ages, tau_ref, last, ring)
    if table.shape[0] == 0:
        draw, wait = run_wide(
            columns, synapses, scale, tau_ref, duration, seed, run, replica, draw, rest,
            last, ring, on, counts, occupancy, pairs, overlaps, times, neurons,
        )  # fmt: skip
        for i in range(n):
            ages[i] = duration - last[i]
        return draw, wait
    head, spikes, ahead, t, state = 0, 0, 0, 0.0, 0
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, replica, draw, waits, shares)
    if rest >= 0.0:
        waits[0] = rest
    for m in range(on):
        state |= 1 << (n - 1 - ring[m])
    total = table[state, n - 1]
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
            state ^= 1 << (n - 1 - ring[head])
            head = head + 1 if head + 1 < n else 0
            on -= 1
            total = table[state, n - 1]
            continue
        dt = wait / total
        t += dt
        if count_states:
            occupancy[state] += dt
        x = shares[ahead] * total
        i = 0
        for k in range(n - 1):
            i += table[state, k] <= x
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
        state |= 1 << (n - 1 - i)
        total = table[state, n - 1]
        ahead += 1
        if ahead == BLOCKS:
            exponentials(seed, run, replica, draw + np.uint64(spikes), waits, shares)
            ahead = 0
        wait = waits[ahead]
    for i in range(n):
        ages[i] = duration - last[i]
    return draw + np.uint64(spikes), wait


@entry
def sample_continuous(
    first, stop, weights, biases, columns, pointers, links, scales, tau_ref, duration, seeds, runs,
    ages, draws, rests, counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """Run the trains first … stop − 1, train = member · replicas + replica, in place.

    weights (E, N, N), biases (E, N), seeds and runs (E,); state ages (E, R, N), draws and rests (E, R); results counts
    (E, R, N), occupancy (E, R, 2^N), pairs and overlaps (E, R, N, N), times and neurons (E·R, capacity): a last
    axis of 0 leaves one out. columns, scales, and pointers, links of sparse weights: see `run_wide`.
    """
    replicas, n = ages.shape[1], ages.shape[2]
    small, member_done = columns.shape[1] == 0, -1
    table, synapses = np.empty((1 << n if small else 0, n)), (pointers, links)
    for train in range(first, stop):
        e, r = train // replicas, train % replicas
        if e != member_done:
            if small:
                hazard_table(weights[e], biases[e], tau_ref, table)
            member_done = e
        draws[e, r], rests[e, r] = run_continuous(
            table, columns[e], synapses, scales[e], tau_ref, duration, seeds[e], runs[e], np.uint64(r),
            draws[e, r], rests[e, r], ages[e, r], counts[e, r], occupancy[e, r], pairs[e, r], overlaps[e, r],
            times[train], neurons[train],
        )  # fmt: skip
