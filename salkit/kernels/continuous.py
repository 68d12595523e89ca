"""Event-driven sampling in continuous time: exact, without ties, at a cost per event and not per step.

    neuron i, not refractory, fires with hazard   λ_i = exp(u_i) / tau_ref,   u_i = b_i + Σ_j W_ij z_j

Between two changes of the state z all hazards are constant. A unit exponential E is drawn for each spike and used up at
the rate Λ = Σ λ_i; while it lasts, the neuron longest on is switched off when its tau_ref is over (equal tau_ref: first
on, first off, so a ring buffer holds them in order). When it is used up, neuron i spikes with probability λ_i / Λ.
Spike number n of a replica takes block n of its random stream, whatever happens in between.

Up to `TABLE_NEURONS` the hazards come from a table over the 2^N states (cumulative over neurons); above, u follows the
columns of W. Statistics gathered on the way:

    counts[i]      spikes of i
    occupancy[k]   time spent in state k (neuron 0 is the most significant bit)
    pairs[i, j]    Σ 1 − (t_i − t_j)/tau_ref over spikes of i, with j's latest spike before, where positive
"""

import numpy as np

from ._jit import entry, jit
from .elementary import BLOCKS, exp, exponentials

__all__ = ["TABLE_NEURONS", "sample_continuous"]

TABLE_NEURONS = 12
_REFRESH = 1024  # spikes between two recomputations of u from scratch


@jit
def _hazard_table(weights, biases, tau_ref, table):
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
    """Set the last spike times from the ages; put the neurons that are on into the ring, longest on first."""
    n, on = ages.size, 0
    for i in range(n):
        last[i] = -ages[i]
        if ages[i] < tau_ref:
            place = on
            while place > 0 and last[ring[place - 1]] > last[i]:
                ring[place] = ring[place - 1]
                place -= 1
            ring[place] = i
            on += 1
    return on


@jit
def _pair(i, t, tau_ref, last, pairs):
    """Add the triangular window of i's spike at t with the latest spike of every other neuron; its own is too old."""
    for j in range(last.size):
        pairs[i, j] += max(0.0, 1.0 - (t - last[j]) / tau_ref)


@jit
def _potentials(columns, biases, ring, head, on, u):
    """u from scratch: columns[j] is column j of W."""
    n = u.size
    for i in range(n):
        u[i] = biases[i]
    for m in range(on):
        place = head + m
        column = columns[ring[place if place < n else place - n]]
        for i in range(n):
            u[i] += column[i]


@jit
def _hazards(u, off, tau_ref, hazard):
    """Hazards of the neurons that are off (off[i] = 1, else 0), and their sum."""
    for i in range(u.size):
        hazard[i] = off[i] * (exp(u[i]) / tau_ref)
    total = 0.0
    for i in range(u.size):
        total += hazard[i]
    return total


@jit
def _run(
    table, columns, biases, tau_ref, duration, seed, run, replica, draw, rest,
    ages, counts, occupancy, pairs, times, neurons,
):  # fmt: skip
    """One replica, hazards from the table unless it is empty. Returns (next draw, what is left of its exponential)."""
    n = ages.size
    tabulated, record, count_states = table.shape[0] > 0, times.size > 0, occupancy.size > 0
    track_state = tabulated or count_states
    last, ring = np.empty(n), np.empty(n, np.int64)
    on, head, spikes, ahead, t = _resume(ages, tau_ref, last, ring), 0, 0, 0, 0.0
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, replica, draw, waits, shares)
    if rest >= 0.0:
        waits[0] = rest
    u, off, hazard = np.empty(n), np.ones(n), np.empty(n)
    state = 0
    for m in range(on):
        off[ring[m]] = 0.0
        if track_state:
            state |= 1 << (n - 1 - ring[m])
    if tabulated:
        total = table[state, n - 1]
    else:
        _potentials(columns, biases, ring, head, on, u)
        total = _hazards(u, off, tau_ref, hazard)
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
            if track_state:
                state ^= 1 << (n - 1 - j)
            if tabulated:
                total = table[state, n - 1]
            else:
                off[j] = 1.0
                for k in range(n):
                    u[k] -= columns[j, k]
                total = _hazards(u, off, tau_ref, hazard)
            continue
        dt = wait / total
        t += dt
        if count_states:
            occupancy[state] += dt
        x = shares[ahead] * total
        i = 0
        if tabulated:
            for k in range(n - 1):
                i += table[state, k] <= x
        else:
            cumulative = hazard[0]
            while cumulative <= x:
                i += 1
                cumulative += hazard[i]
        _pair(i, t, tau_ref, last, pairs)
        counts[i] += 1
        if record:
            times[spikes] = t
            neurons[spikes] = i
        last[i] = t
        place = head + on
        ring[place if place < n else place - n] = i
        on += 1
        spikes += 1
        if track_state:
            state |= 1 << (n - 1 - i)
        if tabulated:
            total = table[state, n - 1]
        else:
            off[i] = 0.0
            if spikes % _REFRESH == 0:
                _potentials(columns, biases, ring, head, on, u)
            else:
                for k in range(n):
                    u[k] += columns[i, k]
            total = _hazards(u, off, tau_ref, hazard)
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
    first,
    stop,
    weights,
    biases,
    tau_ref,
    duration,
    seeds,
    runs,
    ages,
    draws,
    rests,
    counts,
    occupancy,
    pairs,
    times,
    neurons,
):
    """Run the trains first … stop − 1, train = member · replicas + replica, in place.

    weights (E, N, N), biases (E, N), seeds and runs (E,); state ages (E, R, N), draws and rests (E, R); results counts
    (E, R, N), occupancy (E, R, 2^N, or 0 to leave it out), pairs (E, R, N, N), times and neurons (E·R, capacity, or 0).
    """
    replicas, n = ages.shape[1], ages.shape[2]
    table, columns = np.empty((0, n)), np.empty((0, n))
    tabulated = n <= TABLE_NEURONS
    member_done = -1
    for train in range(first, stop):
        e, r = train // replicas, train % replicas
        if e != member_done:
            if tabulated:
                table = np.empty((1 << n, n))
                _hazard_table(weights[e], biases[e], tau_ref, table)
            else:
                columns = weights[e].T.copy()
            member_done = e
        draws[e, r], rests[e, r] = _run(
            table, columns, biases[e], tau_ref, duration, seeds[e], runs[e], np.uint64(r), draws[e, r], rests[e, r],
            ages[e, r], counts[e, r], occupancy[e, r], pairs[e, r], times[train], neurons[train],
        )  # fmt: skip
