"""Step-by-step sampling where spikes need time to arrive, in discrete time, for every PSP shape.

    a neuron that has not spiked in the last `refractory` − 1 steps spikes with probability  p_i = σ(u_i − ln tau_ref),
    u_i(s) = b_i + Σ_j W_ij κ_j(s − d_ij),   κ_j(s) = κ(steps since j's latest spike before step s)

When κ_j changes, in step s, what that adds to u_i goes into row (s + d_ij) mod (D + 1) of a ring, D the longest delay;
in each step one row is added to the potentials and emptied. They are integers in units of 2⁻⁴³, and a PSP of height
W_ij κ is rounded to one before differences are taken: potentials are the same whatever came before. Random words,
comparison and statistics as in `kernels.cpu.discrete`, whose spikes come without delays.
"""

import numpy as np

from ._jit import entry, jit
from .delayed import PER_UNIT, fixed
from .discrete import _fired
from .elementary import BLOCKS, word_line
from .steps import NEVER, _gather, _overlap

__all__ = ["run_delayed_steps", "sample_delayed_steps"]


@jit
def _height(psp, age):
    return psp[age - 1] if 0 < age <= psp.size else 0.0


@jit
def _height_before(psp, spike, step):
    """κ in a step, from the steps of a neuron's spikes, latest first."""
    for k in range(spike.size):
        if spike[k] < step:
            return 0.0 if spike[k] == NEVER else _height(psp, step - spike[k])
    return 0.0


@jit
def _send(step, old, new, number, posts, lags, strengths, ring):
    """Put what a change of κ adds to the potentials into the ring, unless it is for a step before 0."""
    for m in range(number):
        at = step + lags[m]
        if at >= 0:
            ring[at % ring.shape[0], posts[m]] += fixed(strengths[m] * new) - fixed(strengths[m] * old)


@jit
def run_delayed_steps(
    fan, posts, lags, strengths, longest, biases, psp, log_tau_ref, tau_ref, refractory, duration, seed, run, replica,
    draw, ages, earlier, counts, occupancy, pairs, ties, overlaps, times, neurons,
):  # fmt: skip
    """One replica. Returns the next draw."""
    n, depth = ages.size, earlier.shape[1] + 1
    per_step, spikes = (n + 3) // 4, 0
    record, count_states = times.size > 0, occupancy.size > 0
    count_pairs, count_overlaps = pairs.size > 0, overlaps.size > 0
    ring, height = np.zeros((longest + 1, n), np.int64), np.empty(n)
    spike = np.empty((n, depth), np.int64)  # of each neuron the latest, latest first
    last, potential, u = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    maybe, fired = np.empty(n, np.bool_), np.empty(n, np.int64)
    for i in range(n):
        potential[i] = fixed(biases[i])
        for k in range(depth):
            age = ages[i] if k == 0 else earlier[i, k - 1]
            spike[i, k] = NEVER if np.isinf(age) else -np.int64(age)
        last[i] = spike[i, 0]
    for j in range(n):
        for m in range(fan[j]):
            potential[posts[j, m]] += fixed(strengths[j, m] * _height_before(psp, spike[j], -1 - lags[j, m]))
        height[j] = _height_before(psp, spike[j], -longest - 1)
        for step in range(-longest, 0):
            now = _height_before(psp, spike[j], step)
            if now != height[j]:
                _send(step, height[j], now, fan[j], posts[j], lags[j], strengths[j], ring)
            height[j] = now
    line = np.empty(BLOCKS * per_step * 4, np.uint32)
    row = 0
    for step in range(duration):
        ahead = step % BLOCKS
        if ahead == 0:
            word_line(seed, run, replica, draw + np.uint64(step * per_step), BLOCKS * per_step, line)
        for j in range(n):
            now = _height(psp, step - last[j])
            if now != height[j]:
                _send(step, height[j], now, fan[j], posts[j], lags[j], strengths[j], ring)
                height[j] = now
        for i in range(n):
            potential[i] += ring[row, i]
            ring[row, i] = 0
            u[i] = np.float64(potential[i]) * PER_UNIT
        row = row + 1 if row < longest else 0
        number = _fired(u, log_tau_ref, line, ahead * 4 * per_step, last, step - refractory, maybe, fired)
        if count_pairs:
            _gather(step, tau_ref, fired, number, last, pairs, ties)
        if count_overlaps:
            _overlap(step, tau_ref, fired, number, last, overlaps)
        for m in range(number):
            i = fired[m]
            last[i] = step
            for k in range(depth - 1, 0, -1):
                spike[i, k] = spike[i, k - 1]
            spike[i, 0] = step
            counts[i] += 1
            if record:
                times[spikes] = step
                neurons[spikes] = i
            spikes += 1
        if count_states:
            state = 0
            for i in range(n):
                state = state << 1 | (step - last[i] < tau_ref)
            occupancy[state] += 1.0
    for i in range(n):
        for k in range(depth):
            age = np.inf if spike[i, k] == NEVER else np.float64(duration - spike[i, k])
            if k == 0:
                ages[i] = age
            else:
                earlier[i, k - 1] = age
    return draw + np.uint64(duration * per_step)


@entry
def sample_delayed_steps(
    first, stop, fan, posts, lags, strengths, longest, biases, psp, log_tau_ref, tau_ref, refractory, duration, seeds,
    runs, ages, earlier, draws, counts, occupancy, pairs, ties, overlaps, times, neurons,
):  # fmt: skip
    """Run the trains first … stop − 1 in place: as `sample_discrete`, with the synapses of `sample_delayed`.

    lags are whole steps, `longest` the longest of all; the H spikes of a neuron last for it and for the PSP.
    """
    replicas = ages.shape[1]
    for train in range(first, stop):
        e, r = train // replicas, train % replicas
        draws[e, r] = run_delayed_steps(
            fan[e], posts[e], lags[e], strengths[e], longest, biases[e], psp, log_tau_ref, tau_ref, refractory,
            duration, seeds[e], runs[e], np.uint64(r), draws[e, r], ages[e, r], earlier[e, r], counts[e, r],
            occupancy[e, r], pairs[e, r], ties[e, r], overlaps[e, r], times[train], neurons[train],
        )  # fmt: skip
