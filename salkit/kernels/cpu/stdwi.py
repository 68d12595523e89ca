"""Spike-timing-dependent weight inference in a two-layer network of leaky integrate-and-fire neurons, step by step.

Order within step t; PSPs and traces count ages from 0, and a PSP is 0 at age 0:

    1  layers x and y: v += speed (I − 2 v), I the PSPs as they stood after the step before; v ≥ threshold: spike, reset
    2  the drive of a new period is chosen; external spikes, and those of x, enter the PSPs and the traces of x
    3  every spike of y_k: B_ik += rate (fast_i − slow_i − decay B_ik)

(I − 2 v: one part leak, one part coupling to the dendrite.) Spikes of both layers are counted in every period of the
drive: what a rule that compares the rates of patterns needs.
"""

import numpy as np

from ._jit import entry, jit
from .elementary import exp
from .lif import choose, spike_table, uniforms

__all__ = ["learn_stdwi"]


@jit
def _run(weights, amounts, lengths, seed, run, patterns, spikes_from, feedback, counts, shown):
    """One run; weights (x, y) as they act, feedback (reports, x, y) whose first entry is the start."""
    speed, gain, threshold, reset, psp_slow = amounts[0], amounts[1], amounts[2], amounts[3], amounts[4]
    psp_fast, chance, tau_fast, tau_slow, rate, decay = (
        amounts[5], amounts[6], amounts[7], amounts[8], amounts[9], amounts[10],
    )  # fmt: skip
    active, period, report = lengths[0], lengths[1], lengths[2]
    nx, ny = weights.shape
    slow, fast, height = exp(-1.0 / psp_slow), exp(-1.0 / psp_fast), 1.0 / (psp_slow - psp_fast)
    lasting, passing, share_slow = exp(-1.0 / tau_slow), exp(-1.0 / tau_fast), tau_fast / tau_slow
    table = np.empty(1)
    spike_table(chance, False, table)
    order, pairs = np.arange(nx), np.uint64((active + 1) // 2)
    in_slow, in_fast, up_slow, up_fast = np.zeros(nx), np.zeros(nx), np.zeros(ny), np.zeros(ny)
    long, short, v, vy = np.zeros(nx), np.zeros(nx), np.zeros(nx), np.zeros(ny)
    fired, b, seen = np.empty(ny, np.int64), feedback[0].copy(), counts[0].copy()
    for t in range((feedback.shape[0] - 1) * report):
        if t % period == 0:
            choose(seed, run, patterns + np.uint64(t // period * active), order, active)
        slot = t // period
        for i in range(nx):
            v[i] += speed * (gain * height * (in_slow[i] - in_fast[i]) - 2.0 * v[i])
            in_slow[i] *= slow
            in_fast[i] *= fast
            long[i] *= lasting
            short[i] *= passing
        for k in range(ny):
            vy[k] += speed * (height * (up_slow[k] - up_fast[k]) - 2.0 * vy[k])
            up_slow[k] *= slow
            up_fast[k] *= fast
        for i in range(nx):
            if v[i] >= threshold:
                v[i] = reset
                long[i] += share_slow
                short[i] += 1.0
                seen[i] += 1
                if shown.size > 0:
                    shown[slot, i] += 1
                for k in range(ny):
                    up_slow[k] += weights[i, k]
                    up_fast[k] += weights[i, k]
        for k in range(0, active, 2):
            one, two = uniforms(seed, run, spikes_from + np.uint64(t) * pairs + np.uint64(k // 2))
            for half in range(min(2, active - k)):
                if (one if half == 0 else two) >= table[0]:
                    in_slow[order[k + half]] += 1.0
                    in_fast[order[k + half]] += 1.0
        spikes = 0
        for k in range(ny):
            if vy[k] >= threshold:
                vy[k] = reset
                fired[spikes] = k
                spikes += 1
                seen[nx + k] += 1
                if shown.size > 0:
                    shown[slot, nx + k] += 1
        if rate > 0.0:
            for m in range(spikes):
                k = fired[m]
                for i in range(nx):
                    b[i, k] += rate * (short[i] - long[i] - decay * b[i, k])
        if (t + 1) % report == 0:
            feedback[(t + 1) // report] = b
            counts[(t + 1) // report] = seen


@entry
def learn_stdwi(first, stop, weights, amounts, lengths, seeds, runs, patterns, spikes_from, feedback, counts, shown):
    """Run first … stop − 1 in place.

    weights (R, x, y) as they act on y; amounts (R, 11): step over tau_m, gain of the input, threshold, reset, the PSP's
    two time constants, chance of an external spike, time constants of the fast and slow trace, learning rate (0: none),
    decay; lengths (R, 3): active neurons, their period, steps between reports. seeds, runs (R,); patterns, spikes_from:
    first blocks of the two streams. Results: feedback (R, reports, x, y), whose first entry is the start, counts (R,
    reports, x + y) of spikes so far, and shown (R, periods, x + y), spikes in each period; of no periods to leave it
    out.
    """
    for r in range(first, stop):
        _run(
            weights[r], amounts[r], lengths[r], seeds[r], runs[r], patterns, spikes_from, feedback[r], counts[r],
            shown[r],
        )  # fmt: skip
