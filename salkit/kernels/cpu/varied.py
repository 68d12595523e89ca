"""Event-driven sampling where neurons differ in refractory period and PSP length; otherwise as `kernels.continuous`.

    hazard     λ_i = exp(u_i) / tau_ref,  u_i = b_i + Σ_j W_ij κ_j,  from `refractory_i` after i's latest spike on
    κ_j = 1    for `length_j` after j's latest spike
    z_i = 1    for tau_ref after i's latest spike: what is read out, and what plasticity sees

So each spike sets three alarms. Spike number n of a replica takes block n of its random stream; where all periods are
tau_ref and there is a table over states, spikes equal those of `kernels.continuous` bit for bit.
"""

import numpy as np

from ._jit import entry, jit
from .continuous import TABLE_NEURONS
from .elementary import BLOCKS, exp, exponentials
from .wide import _overlap, _pair

__all__ = ["run_varied", "sample_varied", "rate_table"]


@jit
def rate_table(weights, biases, tau_ref, table):
    """table[k, i] = λ_i while the PSPs of the neurons in state k are on."""
    states, n = table.shape
    for k in range(states):
        for i in range(n):
            u = biases[i]
            for j in range(n):
                if k >> (n - 1 - j) & 1:
                    u += weights[i, j]
            table[k, i] = exp(u) / tau_ref


@jit
def _rates(table, weights, biases, active, tau_ref, rate):
    """λ of every neuron, from the table unless it is empty."""
    n = biases.size
    if table.shape[0] > 0:
        for i in range(n):
            rate[i] = table[active, i]
        return
    for i in range(n):
        u = biases[i]
        for j in range(n):
            if active >> (n - 1 - j) & 1:
                u += weights[i, j]
        rate[i] = exp(u) / tau_ref


@jit
def _hazards(rate, ready, hazard):
    """Hazards of the neurons that are not refractory, and their sum."""
    total = 0.0
    for i in range(rate.size):
        hazard[i] = ready[i] * rate[i]
        total += hazard[i]
    return total


@jit
def run_varied(
    table, weights, biases, refractory, length, tau_ref, duration, seed, run, replica, draw, rest,
    ages, counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """One replica. Returns (next draw, what is left of its exponential)."""
    n = ages.size
    record, count_states = times.size > 0, occupancy.size > 0
    count_pairs, count_overlaps = pairs.size > 0, overlaps.size > 0
    last, alarm = np.empty(n), np.full((3, n), np.inf)  # alarms: end of refractoriness, of the PSP, of z = 1
    rate, ready, hazard = np.empty(n), np.ones(n), np.empty(n)
    active, state, spikes, ahead, t = 0, 0, 0, 0, 0.0
    for i in range(n):
        last[i] = -ages[i]
        if ages[i] < refractory[i]:
            alarm[0, i] = last[i] + refractory[i]
            ready[i] = 0.0
        if ages[i] < length[i]:
            alarm[1, i] = last[i] + length[i]
            active |= 1 << (n - 1 - i)
        if ages[i] < tau_ref:
            alarm[2, i] = last[i] + tau_ref
            state |= 1 << (n - 1 - i)
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, replica, draw, waits, shares)
    if rest >= 0.0:
        waits[0] = rest
    wait = waits[0]
    _rates(table, weights, biases, active, tau_ref, rate)
    total = _hazards(rate, ready, hazard)
    while True:
        stop, kind, j = duration, 0, -1
        for k in range(3):
            for i in range(n):
                if alarm[k, i] < stop:
                    stop, kind, j = alarm[k, i], k, i
        span = stop - t
        if wait >= total * span:  # nobody spikes before the earliest alarm, or the end
            wait -= total * span
            if count_states:
                occupancy[state] += span
            t = stop
            if j < 0:
                break
            alarm[kind, j] = np.inf
            if kind == 0:
                ready[j] = 1.0
                total = _hazards(rate, ready, hazard)
            elif kind == 1:
                active ^= 1 << (n - 1 - j)
                _rates(table, weights, biases, active, tau_ref, rate)
                total = _hazards(rate, ready, hazard)
            else:
                state ^= 1 << (n - 1 - j)
            continue
        dt = wait / total
        t += dt
        if count_states:
            occupancy[state] += dt
        x, i = shares[ahead] * total, 0
        cumulative = hazard[0]
        while cumulative <= x:
            i += 1
            cumulative += hazard[i]
        if count_pairs:
            _pair(i, t, tau_ref, last, pairs)
            pairs[i, i] = 0.0
        if count_overlaps:
            _overlap(i, t, tau_ref, last, overlaps)
        counts[i] += 1
        if record:
            times[spikes] = t
            neurons[spikes] = i
        last[i] = t
        alarm[0, i], alarm[1, i], alarm[2, i] = t + refractory[i], t + length[i], t + tau_ref
        ready[i] = 0.0
        active |= 1 << (n - 1 - i)
        state |= 1 << (n - 1 - i)
        _rates(table, weights, biases, active, tau_ref, rate)
        total = _hazards(rate, ready, hazard)
        spikes += 1
        ahead += 1
        if ahead == BLOCKS:
            exponentials(seed, run, replica, draw + np.uint64(spikes), waits, shares)
            ahead = 0
        wait = waits[ahead]
    for i in range(n):
        ages[i] = duration - last[i]
    return draw + np.uint64(spikes), wait


@entry
def sample_varied(
    first, stop, weights, biases, refractory, length, tau_ref, duration, seeds, runs, ages, draws, rests,
    counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """Run the trains first … stop − 1 in place: as `sample_continuous`, with refractory and length (E, N)."""
    replicas, n = ages.shape[1], ages.shape[2]
    table = np.empty((1 << n if n <= TABLE_NEURONS else 0, n))
    member_done = -1
    for train in range(first, stop):
        e, r = train // replicas, train % replicas
        if e != member_done:
            rate_table(weights[e], biases[e], tau_ref, table)
            member_done = e
        draws[e, r], rests[e, r] = run_varied(
            table, weights[e], biases[e], refractory[e], length[e], tau_ref, duration, seeds[e], runs[e], np.uint64(r),
            draws[e, r], rests[e, r], ages[e, r], counts[e, r], occupancy[e, r], pairs[e, r], overlaps[e, r],
            times[train], neurons[train],
        )  # fmt: skip
