"""The training loop of a sampling network, compiled from cycle to cycle: sleep, pair, update, clip.

    sleep     every replica runs on for `duration`;  h_ij = ⟨Σ K⟩,  s_ij = ⟨Σ S⟩,  n_i = spikes, averaged over replicas
    update    W_ij ← W_ij + η_W (f_ij wake_ij − g_ij h_ij tau_ref/T) + η_SAL s_ij tau_ref/T [if aligned] − λ W_ij
              b_i  ← b_i  + η_b (wake_i − n_i tau_ref/T)
    clip      b_i to ±limit, W_ij to [least_j, most_j]
    round     where weights have levels δ apart:  W_ij ← δ ⌊W_ij/δ + x⌋,  x uniform in (0, 1), and clip again

with the triangular window at tau_ref, whose sums the sampling kernels keep (`pairs`): h_ij = pairs_ij + pairs_ji +
ties_ij, s_ij = pairs_ji − pairs_ij; or, for SAL alone, the rectangular one: s_ij = overlaps_ji − overlaps_ij. The
neurons see the effective weights a_i W_ij h_j and biases a_i b_i + θ_i. A wake phase, where it is measured, shows
patterns one after another to one replica of its own, with the visible neurons held at ±`CLAMP`.
"""

import numpy as np

from ._jit import entry, jit
from .continuous import TABLE_NEURONS, hazards, run_continuous, tabulate
from .discrete import _run as _run_discrete
from .discrete import threshold_table, thresholds
from .elementary import philox
from .potentials import columns_of, quantise
from .sparse import no_synapses
from .varied import rate_table, run_varied

__all__ = ["CLAMP", "train_continuous", "train_discrete"]

CLAMP = 10.0


@jit
def _effective(weights, biases, gain, height, offset, w, b):
    """What the neurons see: a_i W_ij h_j and a_i b_i + θ_i."""
    n = biases.size
    for i in range(n):
        b[i] = gain[i] * biases[i] + offset[i]
        for j in range(n):
            w[i, j] = gain[i] * (weights[i, j] * height[j])


@jit
def _gather(pairs, ties, overlaps, number, hebbian, sal, spikes):
    """Add one replica's sums to those of the cycle, and clear them."""
    n = number.size
    for i in range(n):
        spikes[i] += number[i]
        for j in range(n):
            hebbian[i, j] += pairs[i, j] + pairs[j, i] + ties[i, j]
            if overlaps.size > 0:
                sal[i, j] += overlaps[j, i] - overlaps[i, j]
            else:
                sal[i, j] += pairs[j, i] - pairs[i, j]
    overlaps[:] = 0
    for i in range(n):
        number[i] = 0
        for j in range(n):
            pairs[i, j] = 0.0
            ties[i, j] = 0


@jit
def _share(seed, run, draw, k):
    """The k-th uniform number in (0, 1) from block `draw` on, two of them a block."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    draw = draw + np.uint64(k // 2)
    a, b, c, e = philox(draw & low, draw >> half, np.uint64(0), run, seed & low, seed >> half)
    word = a << half | b if k % 2 == 0 else c << half | e
    return (np.float64(word >> np.uint64(12)) + 0.5) * 2.0**-52


@jit
def _update(
    weights, biases, plastic, aligned, wake_pairs, wake_rates, wake_factor, sleep_factor, rates, limit, least, most,
    spacing, seed, run, draw, hebbian, sal, spikes, replicas, per_time,
):  # fmt: skip
    """One step of learning from the sums of a cycle. rates: η_W, η_b, η_SAL, λ; draw: first block for rounding."""
    n = biases.size
    for i in range(n):
        for j in range(n):
            if plastic[i, j]:
                measured = hebbian[i, j] / replicas * per_time
                change = rates[0] * (wake_factor[i, j] * wake_pairs[i, j] - sleep_factor[i, j] * measured)
                if aligned[i, j]:
                    change += rates[2] * (sal[i, j] / replicas * per_time)
                change -= rates[3] * weights[i, j]
                now = min(max(weights[i, j] + change, least[j]), most[j])
                if spacing > 0.0:
                    level = np.floor(now / spacing + _share(seed, run, draw, i * n + j))
                    now = min(max(level * spacing, least[j]), most[j])
                weights[i, j] = now
        biases[i] = biases[i] + rates[1] * (wake_rates[i] - spikes[i] / replicas * per_time)
        biases[i] = min(max(biases[i], -limit), limit)


@jit
def _pattern(seed, run, draw, cumulative):
    """The number of a visible state, drawn from its cumulative distribution."""
    x = _share(seed, run, draw, 0)
    k = 0
    while k < cumulative.size - 1 and cumulative[k] <= x:
        k += 1
    return k


@jit
def _clamp(state, visible, w, b):
    """Hold the first `visible` neurons at the potentials ±`CLAMP`, whatever the others do."""
    for i in range(visible):
        b[i] = CLAMP if state >> (visible - 1 - i) & 1 else -CLAMP
        for j in range(b.size):
            w[i, j] = 0.0


@jit
def _silence(hebbian, sal, spikes):
    for i in range(spikes.size):
        spikes[i] = 0.0
        for j in range(spikes.size):
            hebbian[i, j] = 0.0
            sal[i, j] = 0.0


@jit
def _span(
    varied, table, columns, scale, w, b, refractory, length, tau_ref, span, seed, run, replica, draw, rest,
    ages, number, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """Run one replica on, with the neurons' own periods if they have any."""
    if varied:
        return run_varied(
            table, w, b, refractory, length, tau_ref, span, seed, run, replica, draw, rest,
            ages, number, occupancy, pairs, overlaps, times, neurons,
        )  # fmt: skip
    return run_continuous(
        table, columns, no_synapses(), scale, tau_ref, span, seed, run, replica, draw, rest,
        ages, number, occupancy, pairs, overlaps, times, neurons,
    )  # fmt: skip


@jit
def _tabulate(varied, w, b, tau_ref, table, columns):
    if not varied:
        return tabulate(w, b, tau_ref, table, columns)
    if b.size <= TABLE_NEURONS:
        rate_table(w, b, tau_ref, table)
    return 0


@entry
def train_continuous(
    first, stop, cycles, weights, biases, gain, height, offset, plastic, aligned, wake_pairs, wake_rates, wake_factor,
    sleep_factor, rates, limit, least, most, spacing, rounding_draws, refractory, length, tau_ref, duration, seeds,
    runs, ages, draws, rests, cumulative, visible, patterns, settle, shown, wake_ages, wake_draws, wake_rests,
    pattern_draws, rectangular_sal,
):  # fmt: skip
    """Train the members first … stop − 1 for `cycles` cycles in continuous time: arguments as in `structs.Training`."""
    replicas, n = ages.shape[1], ages.shape[2]
    varied = refractory.shape[1] > 0
    table, columns = hazards(n)
    w, b = np.empty((n, n)), np.empty(n)
    number, pairs, ties = np.zeros(n, np.int64), np.zeros((n, n)), np.zeros((n, n), np.int64)
    hebbian, sal, spikes = np.empty((n, n)), np.empty((n, n)), np.empty(n)
    overlaps = np.zeros((n, n) if rectangular_sal else (0, 0), np.int64)
    occupancy, times, neurons = np.empty(0), np.empty(0), np.empty(0, np.int32)
    zero = np.uint64(0)
    for e in range(first, stop):
        for _ in range(cycles):
            if patterns > 0:
                _silence(hebbian, sal, spikes)
                for _ in range(patterns):
                    state = _pattern(seeds[e], runs[e], pattern_draws[e], cumulative[e])
                    pattern_draws[e] += np.uint64(1)
                    _effective(weights[e], biases[e], gain[e], height[e], offset[e], w, b)
                    _clamp(state, visible, w, b)
                    scale = _tabulate(varied, w, b, tau_ref, table, columns)
                    for span in (settle, shown):
                        number[:] = 0
                        pairs[:] = 0.0
                        if span > 0.0:
                            wake_draws[e, 0], wake_rests[e, 0] = _span(
                                varied, table, columns, scale, w, b, refractory[e], length[e], tau_ref, span, seeds[e],
                                runs[e], zero, wake_draws[e, 0], wake_rests[e, 0], wake_ages[e, 0], number, occupancy,
                                pairs, overlaps, times, neurons,
                            )  # fmt: skip
                    _gather(pairs, ties, overlaps, number, hebbian, sal, spikes)
                for i in range(n):
                    wake_rates[e, i] = spikes[i] / patterns * (tau_ref / shown)
                    for j in range(n):
                        wake_pairs[e, i, j] = hebbian[i, j] / patterns * (tau_ref / shown)
            _silence(hebbian, sal, spikes)
            _effective(weights[e], biases[e], gain[e], height[e], offset[e], w, b)
            scale = _tabulate(varied, w, b, tau_ref, table, columns)
            for r in range(replicas):
                draws[e, r], rests[e, r] = _span(
                    varied, table, columns, scale, w, b, refractory[e], length[e], tau_ref, duration, seeds[e], runs[e],
                    np.uint64(r), draws[e, r], rests[e, r], ages[e, r], number, occupancy, pairs, overlaps,
                    times, neurons,
                )  # fmt: skip
                _gather(pairs, ties, overlaps, number, hebbian, sal, spikes)
            _update(
                weights[e], biases[e], plastic[e], aligned[e], wake_pairs[e], wake_rates[e], wake_factor[e],
                sleep_factor[e], rates[e], limit, least[e], most[e], spacing[e], seeds[e], runs[e], rounding_draws[e],
                hebbian, sal, spikes, replicas, tau_ref / duration,
            )  # fmt: skip
            if spacing[e] > 0.0:
                rounding_draws[e] += np.uint64((n * n + 1) // 2)


@jit
def _tabulate_steps(w, b, log_tau_ref, table, columns, whole):
    """Fill the one of the three that has room; returns the scale of the integers, or 0."""
    if table.shape[0] > 0:
        threshold_table(w, b, log_tau_ref, table)
    elif whole.shape[0] > 0:
        return quantise(w, b, log_tau_ref, 0, whole)
    else:
        columns[:] = w.T
    return 0


@entry
def train_discrete(
    first, stop, cycles, weights, biases, gain, height, offset, plastic, aligned, wake_pairs, wake_rates, wake_factor,
    sleep_factor, rates, limit, least, most, spacing, rounding_draws, psp, log_tau_ref, tau_ref, refractory, duration,
    seeds, runs, ages, draws, cumulative, visible, patterns, settle, shown, wake_ages, wake_draws, pattern_draws,
    rectangular_sal,
):  # fmt: skip
    """As `train_continuous`, step by step: psp (L,) is κ at ages 1 … L, durations are whole steps."""
    replicas, n = ages.shape[1], ages.shape[2]
    table = thresholds(n, psp)
    rectangular = np.all(psp == 1.0)
    columns, whole = np.empty((0 if rectangular else n, n)), columns_of(n if rectangular and table.shape[0] == 0 else 0)
    w, b = np.empty((n, n)), np.empty(n)
    number, pairs, ties = np.zeros(n, np.int64), np.zeros((n, n)), np.zeros((n, n), np.int64)
    hebbian, sal, spikes = np.empty((n, n)), np.empty((n, n)), np.empty(n)
    overlaps = np.zeros((n, n) if rectangular_sal else (0, 0), np.int64)
    occupancy, times, neurons = np.empty(0), np.empty(0, np.int64), np.empty(0, np.int32)
    zero = np.uint64(0)
    for e in range(first, stop):
        for _ in range(cycles):
            if patterns > 0:
                _silence(hebbian, sal, spikes)
                for _ in range(patterns):
                    state = _pattern(seeds[e], runs[e], pattern_draws[e], cumulative[e])
                    pattern_draws[e] += np.uint64(1)
                    _effective(weights[e], biases[e], gain[e], height[e], offset[e], w, b)
                    _clamp(state, visible, w, b)
                    scale = _tabulate_steps(w, b, log_tau_ref, table, columns, whole)
                    for span in (settle, shown):
                        number[:] = 0
                        pairs[:] = 0.0
                        ties[:] = 0
                        if span > 0:
                            wake_draws[e, 0] = _run_discrete(
                                table, columns, whole, no_synapses(), scale, b, psp, log_tau_ref, tau_ref, refractory,
                                span, seeds[e], runs[e], zero, wake_draws[e, 0], wake_ages[e, 0], number, occupancy,
                                pairs, ties, overlaps, times, neurons,
                            )  # fmt: skip
                    _gather(pairs, ties, overlaps, number, hebbian, sal, spikes)
                for i in range(n):
                    wake_rates[e, i] = spikes[i] / patterns * (tau_ref / shown)
                    for j in range(n):
                        wake_pairs[e, i, j] = hebbian[i, j] / patterns * (tau_ref / shown)
            _silence(hebbian, sal, spikes)
            _effective(weights[e], biases[e], gain[e], height[e], offset[e], w, b)
            scale = _tabulate_steps(w, b, log_tau_ref, table, columns, whole)
            for r in range(replicas):
                draws[e, r] = _run_discrete(
                    table, columns, whole, no_synapses(), scale, b, psp, log_tau_ref, tau_ref, refractory, duration,
                    seeds[e], runs[e], np.uint64(r), draws[e, r], ages[e, r], number, occupancy, pairs, ties,
                    overlaps, times, neurons,
                )  # fmt: skip
                _gather(pairs, ties, overlaps, number, hebbian, sal, spikes)
            _update(
                weights[e], biases[e], plastic[e], aligned[e], wake_pairs[e], wake_rates[e], wake_factor[e],
                sleep_factor[e], rates[e], limit, least[e], most[e], spacing[e], seeds[e], runs[e], rounding_draws[e],
                hebbian, sal, spikes, replicas, tau_ref / duration,
            )  # fmt: skip
            if spacing[e] > 0.0:
                rounding_draws[e] += np.uint64((n * n + 1) // 2)
