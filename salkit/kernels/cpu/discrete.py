"""Step-by-step sampling in discrete time, for every PSP shape.

    a neuron that has not spiked in the last `refractory` − 1 steps spikes with probability  p_i = σ(u_i − ln tau_ref),
    u_i = b_i + Σ_j W_ij κ(a_j),   a_j = steps since j's last spike (1 in the step after it),

all neurons at once, from the state left by the step before; on, z_i = 1, for the tau_ref steps from the spike on.
In step s neuron i spikes if its 32-bit word is below ⌊p_i 2³²⌋; the word is number i mod 4 of block s·⌈N/4⌉ +
⌊i/4⌋, whether i is refractory or not. Thresholds of rectangular PSPs are tabulated over their states for
N ≤ `TABLE_NEURONS`; larger networks with such PSPs are `kernels.cpu.steps`'. For other shapes potentials are computed
anew in every step in which a PSP has changed, thresholds where a word may lie below: not where

    k + m − 1 ≥ x / ln 2 + 32,     word = 2^k m,  m in [1, 2),   x = u_i − ln tau_ref

since the left side is at most log2 of the word, and σ(x) < eˣ.

Statistics gathered on the way:

    counts[i]      spikes of i
    occupancy[k]   steps spent in state k (neuron 0 is the most significant bit)
    pairs[i, j]    Σ 1 − (t_i − t_j)/tau_ref over spikes of i, with j's latest spike strictly before, where positive
    ties[i, j]     steps in which i and j spike together
    overlaps[i, j] spikes of i while j is on and has been since the step before: 0 < t_i − t_j < tau_ref
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ._jit import entry, jit
from .elementary import BLOCKS, double_bits, logistic, word_line
from .potentials import LANES, data_of
from .steps import NEVER, run_steps

__all__ = ["TABLE_NEURONS", "sample_discrete", "threshold_table", "thresholds"]

TABLE_NEURONS = 12
_TWO_32 = 4294967296.0
_LOG2_E = 1.4426950408889634
_BEYOND = 32.000000001  # log2 of 2³², and more than all roundings


@jit
def threshold_table(weights, biases, log_tau_ref, table):
    """table[k, i] = ⌊p_i 2³²⌋ while the PSPs of the neurons in state k are at 1, the others at 0."""
    states, n = table.shape
    for k in range(states):
        for i in range(n):
            u = biases[i]
            for j in range(n):
                if k >> (n - 1 - j) & 1:
                    u += weights[i, j]
            table[k, i] = np.uint64(logistic(u - log_tau_ref) * _TWO_32)


@intrinsic
def _add_four(typing: Any, columns: Any, active: Any, heights: Any, first: Any, u: Any) -> Any:
    """(columns, active, heights, first, u): u plus four columns, of the active from `first` on, times their heights, in
    this order: four together, since u then need not be read and written for each, and eight neurons at a time.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        of, numbers, kappa, own = (data_of(context, builder, signature, arguments, k) for k in (0, 1, 2, 4))
        n = context.make_array(signature.args[4])(context, builder, arguments[4]).nitems
        rows, factors = [], []
        for k in range(4):
            at = [builder.add(arguments[3], ir.Constant(n.type, k))]
            rows.append(builder.gep(of, [builder.mul(builder.load(builder.gep(numbers, at)), n)]))
            factors.append(builder.load(builder.gep(kappa, at)))
        width, real = ir.Constant(n.type, LANES), ir.VectorType(ir.DoubleType(), LANES)
        nothing, zeros = ir.Constant(real, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        first = [builder.insert_element(nothing, factor, ir.Constant(ir.IntType(32), 0)) for factor in factors]
        wide = [builder.shuffle_vector(vector, nothing, zeros) for vector in first]
        with cgutils.for_range(builder, builder.udiv(n, width)) as block:
            at = [builder.mul(block.index, width)]
            total = builder.load(builder.bitcast(builder.gep(own, at), real.as_pointer()), align=8)
            for row, factor in zip(rows, wide, strict=True):
                part = builder.load(builder.bitcast(builder.gep(row, at), real.as_pointer()), align=8)
                total = builder.fadd(total, builder.fmul(part, factor))
            builder.store(total, builder.bitcast(builder.gep(own, at), real.as_pointer()), align=8)
        with cgutils.for_range(builder, n, start=builder.mul(builder.udiv(n, width), width)) as one:
            total = builder.load(builder.gep(own, [one.index]))
            for row, factor in zip(rows, factors, strict=True):
                total = builder.fadd(total, builder.fmul(builder.load(builder.gep(row, [one.index])), factor))
            builder.store(total, builder.gep(own, [one.index]))
        return context.get_dummy_value()

    return types.void(columns, active, heights, types.int64, u), generate


@jit
def _potentials(columns, biases, active, heights, number, u):
    """The potentials while the PSPs of the first `number` of the active are at these heights; columns[j] is column j
    of W.
    """
    n = biases.size
    for i in range(n):
        u[i] = biases[i]
    for m in range(0, number - 3, 4):
        _add_four(columns, active, heights, m, u)
    for m in range(number // 4 * 4, number):
        j, a = active[m], heights[m]
        for i in range(n):
            u[i] += columns[j, i] * a


@jit
def _fired(u, log_tau_ref, words, offset, last, latest, maybe, fired):
    """The neurons, in their order, whose word is below their threshold, of those whose last spike is not later than
    `latest`; returns how many.
    """
    for i in range(u.size):
        below = np.float64(double_bits(np.float64(words[offset + i]))) * 2.0**-52 - 1023.0
        maybe[i] = below < (u[i] - log_tau_ref) * _LOG2_E + _BEYOND
    number = 0
    for i in range(u.size):
        if maybe[i] and last[i] <= latest and words[offset + i] < np.uint64(logistic(u[i] - log_tau_ref) * _TWO_32):
            fired[number] = i
            number += 1
    return number


@jit
def thresholds(n, psp):
    """Room for the table over states; empty where there is none."""
    rectangular = True
    for age in range(psp.size):
        rectangular &= psp[age] == 1.0
    return np.empty((1 << n if rectangular and n <= TABLE_NEURONS else 0, n), np.uint64)


@jit
def _run(
    table, columns, whole, synapses, scale, biases, psp, log_tau_ref, tau_ref, refractory, duration, seed, run,
    replica, draw, ages, counts, occupancy, pairs, ties, overlaps, times, neurons,
):  # fmt: skip
    """One replica. Returns the next draw."""
    n = ages.size
    per_step = (n + 3) // 4
    tabulated, record = table.shape[0] > 0, times.size > 0
    count_states, count_pairs, count_overlaps = occupancy.size > 0, pairs.size > 0, overlaps.size > 0
    last, fired = np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        last[i] = NEVER if np.isinf(ages[i]) else -np.int64(ages[i])
    if whole.shape[0] > 0:
        draw = run_steps(
            whole, synapses, scale, psp.size, tau_ref, refractory, duration, seed, run, replica, draw,
            last, counts, occupancy, pairs, ties, overlaps, times, neurons,
        )  # fmt: skip
        for i in range(n):
            ages[i] = np.inf if last[i] == NEVER else np.float64(duration - last[i])
        return draw
    kappa, u, threshold = np.full(n, -1.0), np.empty(n), np.empty(n, np.uint64)
    active, heights, maybe = np.empty(n, np.int64), np.empty(n), np.empty(n, np.bool_)
    line = np.empty(BLOCKS * per_step * 4, np.uint32)
    flat = line.reshape(BLOCKS, 4 * per_step)
    spikes = 0
    for step in range(duration):
        ahead = step % BLOCKS
        if ahead == 0:
            word_line(seed, run, replica, draw + np.uint64(step * per_step), BLOCKS * per_step, line)
        if tabulated:
            state = 0
            for j in range(n):
                state = state << 1 | (step - last[j] <= psp.size)
            threshold = table[state]
            number = 0
            for i in range(n):
                if flat[ahead, i] < threshold[i] and step - last[i] >= refractory:
                    fired[number] = i
                    number += 1
        else:
            changed, number = False, 0
            for j in range(n):
                age = step - last[j]
                height = psp[age - 1] if age <= psp.size else 0.0
                changed |= height != kappa[j]
                kappa[j] = height
                if height != 0.0:
                    active[number], heights[number] = j, height
                    number += 1
            if changed:
                _potentials(columns, biases, active, heights, number, u)
            number = _fired(u, log_tau_ref, line, ahead * 4 * per_step, last, step - refractory, maybe, fired)
        for m in range(number if count_pairs else 0):
            i = fired[m]
            for j in range(n):
                lag = step - last[j]
                if lag < tau_ref and j != i:
                    pairs[i, j] += 1.0 - lag / tau_ref
            for k in range(number):
                if k != m:
                    ties[i, fired[k]] += 1
        for m in range(number if count_overlaps else 0):
            i = fired[m]
            for j in range(n):
                overlaps[i, j] += step - last[j] < tau_ref
            overlaps[i, i] = 0
        for m in range(number):
            i = fired[m]
            last[i] = step
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
        ages[i] = np.inf if last[i] == NEVER else np.float64(duration - last[i])
    return draw + np.uint64(duration * per_step)


@entry
def sample_discrete(
    first, stop, weights, biases, columns, pointers, links, scales, psp, log_tau_ref, tau_ref, refractory,
    duration, seeds, runs, ages, draws, counts, occupancy, pairs, ties, overlaps, times, neurons,
):  # fmt: skip
    """Run the trains first … stop − 1, train = member · replicas + replica, in place.

    psp (L,): κ at ages 1 … L; the other arrays as in `sample_continuous`, ties and overlaps (E, R, N, N) like
    pairs. Times are whole steps. log_tau_ref is given, so that it is computed once.
    """
    replicas, n = ages.shape[1], ages.shape[2]
    wide, member_done, transposed = columns.shape[1] > 0, -1, np.empty((0, n))
    table, synapses = thresholds(0 if wide else n, psp), (pointers, links)
    for train in range(first, stop):
        e, r = train // replicas, train % replicas
        if e != member_done:
            if not wide and table.shape[0] > 0:
                threshold_table(weights[e], biases[e], log_tau_ref, table)
            elif not wide:
                transposed = weights[e].T.copy()
            member_done = e
        draws[e, r] = _run(
            table, transposed, columns[e], synapses, scales[e], biases[e], psp, log_tau_ref, tau_ref, refractory,
            duration, seeds[e], runs[e], np.uint64(r), draws[e, r], ages[e, r], counts[e, r], occupancy[e, r],
            pairs[e, r], ties[e, r], overlaps[e, r], times[train], neurons[train],
        )  # fmt: skip
