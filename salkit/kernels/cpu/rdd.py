"""Regression discontinuity design in a two-layer network of leaky integrate-and-fire neurons, step by step.

Order within step t, all ages counted from 1 for the step after a spike (external spikes: in their own step):

    1  the drive of a new period is chosen; external spikes 2  layer x: v += leak (−v) + couple (I − v), the same for u;
    spikes where v ≥ threshold and not refractory, v reset 3  windows that end in this step update the fits; outside
    windows u = v; a window starts where |threshold − u| ≤ band 4  layer y: the same with x's spikes of this step; its
    spikes are seen by x from the next step on

PSPs end at age `memory`: a spike is taken out of the traces one step later. With q_k the PSP of y_k's spikes and a
window that starts in step s, R_k = mean of q_k over s + 1 … s + window, minus q_k in s; from running sums of q at the
two ends of the window, so that a step costs O(x + y) and only a window's end O(y).
"""

import numpy as np

from ._jit import entry, jit
from .elementary import exp
from .lif import choose, spike_table, uniforms

__all__ = ["learn_rdd"]

_SPIKES = 24  # more in one step and neuron are never drawn


@jit
def _install(beta, scale, b):
    """B = β scaled to a standard deviation, that of all entries that have been estimated."""
    total, square, count = 0.0, 0.0, 0
    for value in beta.flat:
        if value != 0.0:
            total += value
            count += 1
    mean = total / max(count, 1)
    for value in beta.flat:
        if value != 0.0:
            square += (value - mean) * (value - mean)
    if square > 0.0:
        factor = scale / np.sqrt(square / count)
        for i in range(b.shape[0]):
            for k in range(b.shape[1]):
                if beta[i, k] != 0.0:
                    b[i, k] = beta[i, k] * factor


@jit
def _run(weights, scale, amounts, lengths, seed, run, patterns, spikes_from, feedback, counts):
    """One run; weights (x, y) as they act, feedback (reports, x, y) whose first entry is the start."""
    leak, couple, gain, threshold, reset = amounts[0], amounts[1], amounts[2], amounts[3], amounts[4]
    tau_slow, tau_fast, mean, band, reach, rate = (
        amounts[5], amounts[6], amounts[7], amounts[8], amounts[9], amounts[10],
    )  # fmt: skip
    refractory, memory, window, active = lengths[0], lengths[1], lengths[2], lengths[3]
    period, update, restart, report = lengths[4], lengths[5], lengths[6], lengths[7]
    nx, ny = weights.shape
    slow, fast = exp(-1.0 / tau_slow), exp(-1.0 / tau_fast)
    slow_end, fast_end = exp(-(memory + 1.0) / tau_slow), exp(-(memory + 1.0) / tau_fast)
    height = 1.0 / (tau_slow - tau_fast)
    table = np.empty(_SPIKES)
    spike_table(mean, True, table)
    order, pairs = np.arange(nx), np.uint64((active + 1) // 2)
    ring = memory + 1
    external, x_spikes, y_spikes = np.zeros((ring, nx)), np.zeros((ring, nx), np.bool_), np.zeros((ring, ny), np.bool_)
    in_slow, in_fast = np.zeros(nx), np.zeros(nx)
    up_slow, up_fast = np.zeros(ny), np.zeros(ny)
    q_slow, q_fast, q, q_sum = np.zeros(ny), np.zeros(ny), np.zeros(ny), np.zeros(ny)
    recent = np.zeros(ny, np.int64)
    v, u, top, vy = np.full(nx, reset), np.full(nx, reset), np.zeros(nx), np.full(ny, reset)
    rest_x, rest_y, left = np.zeros(nx, np.int64), np.zeros(ny, np.int64), np.zeros(nx, np.int64)
    fired, before, sum_before = np.zeros(nx, np.bool_), np.zeros((nx, ny)), np.zeros((nx, ny))
    slopes, offsets, beta = np.zeros((2, nx, ny)), np.zeros((2, nx, ny)), np.zeros((nx, ny))
    b, seen = feedback[0].copy(), counts[0].copy()
    for t in range((feedback.shape[0] - 1) * report):
        now, old, last = t % ring, (t + 1) % ring, (t + ring - 1) % ring
        if t % period == 0:
            choose(seed, run, patterns + np.uint64(t // period * active), order, active)
        external[now] = 0.0
        for k in range(0, active, 2):
            one, two = uniforms(seed, run, spikes_from + np.uint64(t) * pairs + np.uint64(k // 2))
            for half in range(min(2, active - k)):
                share, number = one if half == 0 else two, 0
                while number < _SPIKES and table[number] <= share:
                    number += 1
                external[now, order[k + half]] = number
        for k in range(ny):
            q_slow[k] = slow * (q_slow[k] + y_spikes[last, k]) - slow_end * y_spikes[now, k]
            q_fast[k] = fast * (q_fast[k] + y_spikes[last, k]) - fast_end * y_spikes[now, k]
            recent[k] += np.int64(y_spikes[last, k]) - np.int64(y_spikes[now, k])
            if recent[k] == 0:  # exactly, without what rounding leaves: β = 0 means not yet estimated
                q_slow[k] = q_fast[k] = 0.0
            q[k] = height * (q_slow[k] - q_fast[k])
            q_sum[k] += q[k]
        for i in range(nx):
            if left[i] > 0 and u[i] > top[i]:
                top[i] = u[i]
            in_slow[i] = slow * (in_slow[i] + external[now, i]) - slow_end * external[old, i]
            in_fast[i] = fast * (in_fast[i] + external[now, i]) - fast_end * external[old, i]
            current = gain * height * (in_slow[i] - in_fast[i])
            v[i] += couple * (current - v[i]) - leak * v[i]
            u[i] += couple * (current - u[i]) - leak * u[i]
        for i in range(nx):
            rest_x[i] = max(rest_x[i] - 1, 0)
            spike = v[i] >= threshold and rest_x[i] == 0
            x_spikes[now, i] = spike
            if spike:
                v[i], rest_x[i] = reset, refractory
                seen[i] += 1
            if left[i] == 1:
                if abs(top[i] - threshold) <= reach:
                    side = 0 if fired[i] else 1
                    for k in range(ny):
                        response = (q_sum[k] - sum_before[i, k]) / window - before[i, k]
                        error = slopes[side, i, k] * top[i] + offsets[side, i, k] - response
                        slopes[side, i, k] -= rate * error * top[i]
                        offsets[side, i, k] -= rate * error
                        above = slopes[0, i, k] * threshold + offsets[0, i, k]
                        beta[i, k] = above - (slopes[1, i, k] * threshold + offsets[1, i, k])
                top[i] = 0.0
                fired[i] = False
            elif left[i] > 1 and spike:
                fired[i] = True
            left[i] = max(left[i] - 1, 0)
            if left[i] == 0:
                u[i] = v[i]
                if abs(threshold - u[i]) <= band:
                    left[i] = window
                    for k in range(ny):
                        before[i, k], sum_before[i, k] = q[k], q_sum[k]
        for k in range(ny):
            up_slow[k] *= slow
            up_fast[k] *= fast
        for i in range(nx):
            if x_spikes[now, i]:
                for k in range(ny):
                    up_slow[k] += slow * weights[i, k]
                    up_fast[k] += fast * weights[i, k]
            if x_spikes[old, i]:
                for k in range(ny):
                    up_slow[k] -= slow_end * weights[i, k]
                    up_fast[k] -= fast_end * weights[i, k]
        for k in range(ny):
            vy[k] += couple * (height * (up_slow[k] - up_fast[k]) - vy[k]) - leak * vy[k]
        for k in range(ny):
            rest_y[k] = max(rest_y[k] - 1, 0)
            spike = vy[k] >= threshold and rest_y[k] == 0
            y_spikes[now, k] = spike
            if spike:
                vy[k], rest_y[k] = reset, refractory
                seen[nx + k] += 1
        if (t % restart + 1) % update == 0:
            _install(beta, scale, b)
        if (t + 1) % report == 0:
            feedback[(t + 1) // report] = b
            counts[(t + 1) // report] = seen


@entry
def learn_rdd(first, stop, weights, scales, amounts, lengths, seeds, runs, patterns, spikes_from, feedback, counts):
    """Run first … stop − 1 in place.

    weights (R, x, y) as they act on y; scales (R,): standard deviation given to B; amounts (R, 11): leak, coupling and
    gain of the input, threshold, reset, tau_slow, tau_fast, external spikes a step, band, largest distance of the
    maximum from threshold, learning rate; lengths (R, 8) in steps: refractory period, PSP, window, active neurons,
    their period, steps between updates of B, steps after which that counter starts anew, steps between reports. seeds,
    runs (R,); patterns, spikes_from: first blocks of the two streams. Results: feedback (R, reports, x, y), whose first
    entry is the start, and counts (R, reports, x + y) of spikes so far.
    """
    for r in range(first, stop):
        _run(
            weights[r], scales[r], amounts[r], lengths[r], seeds[r], runs[r], patterns, spikes_from, feedback[r],
            counts[r],
        )  # fmt: skip
