"""Layers of sampling neurons that symmetrise, event by event: neighbours alone are touched, and by factors.

    λ_i = exp((b_i + Σ_j w_ij z_j)/T),  times in tau_ref
    j switches on: λ_i ← λ_i e^{w_ij/T},  off: λ_i ← λ_i / e^{w_ij/T}

event by event as in `kernels.cpu.continuous`, but an event of layer l changes the hazards of layers l − 1 and l + 1
only. Every `_REFRESH` spikes the products start anew, so that rounding errors (a few 2⁻⁵³ each) stay below 1e-12.
Everything that belongs to a synapse stands in one flat array, in rows by the neuron it leaves: the row of neuron a of
layer l towards a neighbouring layer begins at at[l, side] + a · width[that layer], side 0 for l − 1 and 1 for l + 1.
Rows are padded to whole lanes with synapses of weight 0, layers with neurons of hazard 0. At a → b stand

    weights  w_ba        on, off  e^{± w_ba/T}        sums  Σ K over the spikes of a that follow one of b
    counts of overlaps  the same with K = 1: a starts while b is on

so that a → b is anti-causal where its own sum counts, and SAL is  w_ba ← w_ba + η (sum at a → b − sum at b → a).
Hazards are summed by layer in `LANES` interleaved partial sums, those of layers in their order.
"""

import numpy as np

from ._jit import entry, jit
from .elementary import BLOCKS, exp, exponentials
from .potentials import LANES

__all__ = ["LANES", "LARGEST", "ONE_SIDED", "SAL", "symmetrise_layers"]

SAL, ONE_SIDED = 0, 1
_REFRESH = 1024  # spikes between two products from scratch
LARGEST = 500.0  # potential, as in `salkit.network`


@jit
def _scale(rate, off, first, factor, row, width, hazard, partial, layer):
    """Every λ of a layer, from `first` on, times its factor, from `row` on; returned is the layer's hazard.

    Rows of lanes are folded, the upper half on the lower, until one is left: plain loops over whole arrays, which
    compilers turn into vector code whatever the machine, with sums in one order. Places are unsigned, so that they need
    no check for negative ones, and views are not made, since counting their references costs more than short loops.
    `hazard` is scratch.
    """
    first, row, layer = np.uint64(first), np.uint64(row), np.uint64(layer)
    one, eight = np.uint64(1), np.uint64(LANES)
    for k in range(np.uint64(width)):
        rate[first + k] *= factor[row + k]
        hazard[k] = off[first + k] * rate[first + k]
    rows = np.uint64(width) // eight
    while rows > one:
        half = (rows + one) // np.uint64(2)
        upper = half * eight
        for k in range((rows - half) * eight):
            hazard[k] += hazard[upper + k]
        rows = half
    total = 0.0
    for lane in range(eight):
        partial[layer, lane] = hazard[lane]
        total += hazard[lane]
    return total


@jit
def _lane(rate, off, first, width, partial, layer, place):
    """The lane of a neuron anew, after it alone has switched; returned is the layer's hazard."""
    lane, step, layer = np.uint64(place % LANES), np.uint64(LANES), np.uint64(layer)
    a, m, last = 0.0, np.uint64(first) + lane, np.uint64(first + width)
    while m < last:
        a += rate[m] * off[m]
        m += step
    partial[layer, lane] = a
    total = 0.0
    for m in range(step):
        total += partial[layer, m]
    return total


@jit
def _triangular(sums, row, ends, first, width, t):
    row, first = np.uint64(row), np.uint64(first)
    for k in range(np.uint64(width)):
        sums[row + k] += max(0.0, ends[first + k] - t)


@jit
def _rectangular(sums, row, off, first, width):
    row, first = np.uint64(row), np.uint64(first)
    for k in range(np.uint64(width)):
        sums[row + k] += 1.0 - off[first + k]


@jit
def _chosen(rate, off, start, width, partial, totals, x):
    """(layer, place in it) of the neuron in whose share of the total hazard x lies."""
    layer, before, cumulative = 0, 0.0, 0.0
    for other in range(totals.size):
        if totals[other] > 0.0:
            layer, before = other, cumulative
            cumulative += totals[other]
            if cumulative > x:
                break
    lane, cumulative = 0, before
    for other in range(LANES):
        if partial[layer, other] > 0.0:
            lane, before = other, cumulative
            cumulative += partial[layer, other]
            if cumulative > x:
                break
    i, cumulative = lane, before
    for k in range(lane, width[layer], LANES):
        hazard = rate[start[layer] + k] * off[start[layer] + k]
        if hazard > 0.0:
            i = k
            cumulative += hazard
            if cumulative > x:
                break
    return layer, i


@jit
def _products(base, on_factor, start, width, at, layer_of, ring, head, on, rate):
    """λ from scratch, refractory or not."""
    rate[:] = base
    for m in range(on):
        place = head + m
        j = ring[place if place < ring.size else place - ring.size]
        layer = layer_of[j]
        for side in range(2):
            if at[layer, side] >= 0:
                other = layer - 1 + 2 * side
                row = at[layer, side] + (j - start[layer]) * width[other]
                for k in range(width[other]):
                    rate[start[other] + k] *= on_factor[row + k]


@jit
def _switched(layer, place, factor, start, width, at, rate, off, hazard, partial, totals):
    """A neuron has switched: its own lane, and both neighbouring layers; returned is the total hazard."""
    totals[layer] = _lane(rate, off, start[layer], width[layer], partial, layer, place)
    for side in range(2):
        if at[layer, side] >= 0:
            other = layer - 1 + 2 * side
            row = at[layer, side] + place * width[other]
            totals[other] = _scale(rate, off, start[other], factor, row, width[other], hazard, partial, other)
    total = 0.0
    for other in range(totals.size):
        total += totals[other]
    return total


@jit
def _anew(base, on_factor, start, width, at, layer_of, ring, head, on, nothing, rate, off, hazard, partial, totals):
    """All hazards from scratch; returned is their sum."""
    _products(base, on_factor, start, width, at, layer_of, ring, head, on, rate)
    total = 0.0
    for layer in range(width.size):
        totals[layer] = _scale(rate, off, start[layer], nothing, 0, width[layer], hazard, partial, layer)
        total += totals[layer]
    return total


@jit
def _cycle(
    base, on_factor, off_factor, start, width, at, layer_of, rectangular, duration, seed, run, draw, rest,
    ends, ring, counts, sums, overlaps,
):  # fmt: skip
    """One cycle of frozen weights. Returns (next draw, what is left of its exponential); `ends` is relative to it."""
    size, layers = base.size, width.size
    on = 0
    for k in range(size):
        if ends[k] > 0.0:
            ring[on] = k
            on += 1
    for m in range(1, on):  # in the order in which they will switch off
        k, p = ring[m], m
        while p > 0 and ends[ring[p - 1]] > ends[k]:
            ring[p] = ring[p - 1]
            p -= 1
        ring[p] = k
    head, spikes, ahead, t = 0, 0, 0, 0.0
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, np.uint64(0), draw, waits, shares)
    if rest >= 0.0:
        waits[0] = rest
    rate, off, nothing, hazard = np.empty(size), np.ones(size), np.ones(size), np.empty(size)
    partial, totals = np.empty((layers, LANES)), np.empty(layers)
    for m in range(on):
        off[ring[m]] = 0.0
    total = _anew(
        base, on_factor, start, width, at, layer_of, ring, head, on, nothing, rate, off, hazard, partial, totals
    )
    wait = waits[0]
    while True:
        stop = duration
        if on > 0:
            stop = min(ends[ring[head]], duration)
        span = stop - t
        if wait >= total * span:  # nobody spikes before the earliest switching-off, or the end
            wait -= total * span
            t = stop
            if t >= duration:
                break
            j = ring[head]
            head = head + 1 if head + 1 < size else 0
            on -= 1
            off[j] = 1.0
            layer = layer_of[j]
            total = _switched(layer, j - start[layer], off_factor, start, width, at, rate, off, hazard, partial, totals)
            continue
        t += wait / total
        layer, place = _chosen(rate, off, start, width, partial, totals, shares[ahead] * total)
        i = start[layer] + place
        for side in range(2):
            if at[layer, side] >= 0:
                other = layer - 1 + 2 * side
                a, row = start[other], at[layer, side] + place * width[other]
                if rectangular:
                    _rectangular(sums, row, off, a, width[other])
                else:
                    _triangular(sums, row, ends, a, width[other], t)
                if overlaps.size > 0:
                    _rectangular(overlaps, row, off, a, width[other])
        counts[i] += 1
        ends[i] = t + 1.0
        tail = head + on
        ring[tail if tail < size else tail - size] = i
        on += 1
        off[i] = 0.0
        spikes += 1
        if spikes % _REFRESH == 0:
            total = _anew(
                base, on_factor, start, width, at, layer_of, ring, head, on, nothing, rate, off, hazard, partial, totals
            )
        else:
            total = _switched(layer, place, on_factor, start, width, at, rate, off, hazard, partial, totals)
        ahead += 1
        if ahead == BLOCKS:
            exponentials(seed, run, np.uint64(0), draw + np.uint64(spikes), waits, shares)
            ahead = 0
        wait = waits[ahead]
    for k in range(size):
        ends[k] -= duration
    return draw + np.uint64(spikes), wait


@jit
def _factors(weights, temperature, first, stop, on_factor, off_factor):
    for m in range(first, stop):
        on_factor[m] = exp(weights[m] / temperature)
        off_factor[m] = 1.0 / on_factor[m]


@jit
def _bases(weights, drive, balance, temperature, sizes, start, width, at, base):
    """exp((drive_i − balance Σ_j w_ij)/T) with the weights as they stand."""
    potential = drive.copy()
    for layer in range(sizes.size):
        for side in range(2):
            if at[layer, side] >= 0:
                other = layer - 1 + 2 * side
                for j in range(sizes[layer]):
                    row = at[layer, side] + j * width[other]
                    for k in range(sizes[other]):
                        potential[start[other] + k] -= balance * weights[row + k]
    base[:] = 0.0
    for layer in range(sizes.size):
        for k in range(sizes[layer]):
            base[start[layer] + k] = exp(potential[start[layer] + k] / temperature)


@jit
def _allowed(weights, drive, balance, temperature, sizes, start, width, at, potential):
    """Whether (|drive_i| + (1 + balance) Σ_j |w_ij|)/T ≤ `LARGEST`, so that no product of factors can overflow."""
    potential[:] = np.abs(drive)
    for layer in range(sizes.size):
        for side in range(2):
            if at[layer, side] >= 0:
                other = layer - 1 + 2 * side
                for j in range(sizes[layer]):
                    row = at[layer, side] + j * width[other]
                    for k in range(sizes[other]):
                        potential[start[other] + k] += (1.0 + balance) * abs(weights[row + k])
    return np.all(potential <= LARGEST * temperature)


@jit
def _learn(weights, sums, present, spikes, sizes, start, width, at, rule, area, decay, duration, back, forth):
    """One update of link `l`'s feedback at rate back[l], of its forward weights at forth[l]."""
    for lower in range(sizes.size - 1):
        if back[lower] == 0.0 and forth[lower] == 0.0:
            continue
        for j in range(sizes[lower]):
            for k in range(sizes[lower + 1]):
                up = at[lower, 1] + j * width[lower + 1] + k
                down = at[lower + 1, 0] + k * width[lower] + j
                step = sums[down] - sums[up]
                if rule == ONE_SIDED:
                    chance = area * spikes[start[lower] + j] * spikes[start[lower + 1] + k] / duration
                    step = sums[down] - chance - decay * duration * weights[down]
                if present.size == 0 or present[down]:
                    weights[down] += back[lower] * step
                if present.size == 0 or present[up]:
                    weights[up] -= forth[lower] * step


@jit
def _entropy(weights, overlaps, sizes, width, at):
    """Σ over pairs (w_ij − w_ji)(n_ij − n_ji), n_ij: i starts while j is on."""
    total = 0.0
    for lower in range(sizes.size - 1):
        for j in range(sizes[lower]):
            for k in range(sizes[lower + 1]):
                up = at[lower, 1] + j * width[lower + 1] + k
                down = at[lower + 1, 0] + k * width[lower] + j
                total += (weights[down] - weights[up]) * (overlaps[up] - overlaps[down])
    return total


@entry
def symmetrise_layers(
    first,
    stop,
    cycles,
    sizes,
    start,
    width,
    at,
    layer_of,
    weights,
    present,
    drive,
    balance,
    temperature,
    rectangular,
    rule,
    area,
    decay,
    duration,
    back,
    forth,
    seeds,
    runs,
    ends,
    draws,
    rests,
    counts,
    sums,
    overlaps,
    entropy,
):
    """`cycles` cycles of the members first … stop − 1, in place; where potentials may grow too large, weights are NaN.

    sizes, start, width (layers,), at (layers, 2), layer_of (N,), N padded: the geometry; weights (E, M) and present
    (E, M) uint8, or (E, 0) for all; drive (E, N), balance and temperature as in `_bases`; back, forth (E, cycles,
    links): learning rates per pair of spikes; state ends (E, N), draws, rests (E,); counts (E, N) int64 grow; sums
    (E, M) and overlaps (E, M), or (E, 0), are those of the last cycle, entropy (E, cycles), or (E, 0), is in nats per
    tau_ref.
    """
    size, synapses = drive.shape[1], weights.shape[1]
    on_factor, off_factor, base = np.ones(synapses), np.ones(synapses), np.zeros(size)
    ring, spikes = np.empty(size, np.int64), np.empty(size, np.int64)
    for e in range(first, stop):
        _factors(weights[e], temperature, 0, synapses, on_factor, off_factor)
        for c in range(cycles):
            if not _allowed(weights[e], drive[e], balance, temperature, sizes, start, width, at, base):
                weights[e] = np.nan
                break
            _bases(weights[e], drive[e], balance, temperature, sizes, start, width, at, base)
            spikes[:] = 0
            sums[e] = 0.0
            overlaps[e] = 0.0
            draws[e], rests[e] = _cycle(
                base, on_factor, off_factor, start, width, at, layer_of, rectangular, duration, seeds[e], runs[e],
                draws[e], rests[e], ends[e], ring, spikes, sums[e], overlaps[e],
            )  # fmt: skip
            if entropy.shape[1] > 0:
                counted = overlaps[e] if overlaps.shape[1] > 0 else sums[e]
                entropy[e, c] = _entropy(weights[e], counted, sizes, width, at) / (temperature * duration)
            for k in range(size):
                counts[e, k] += spikes[k]
            _learn(
                weights[e], sums[e], present[e], spikes, sizes, start, width, at, rule, area, decay, duration,
                back[e, c], forth[e, c],
            )  # fmt: skip
            for lower in range(sizes.size - 1):  # tables of what has changed
                if back[e, c, lower] != 0.0:
                    a = at[lower + 1, 0]
                    _factors(weights[e], temperature, a, a + sizes[lower + 1] * width[lower], on_factor, off_factor)
                if forth[e, c, lower] != 0.0:
                    a = at[lower, 1]
                    _factors(weights[e], temperature, a, a + sizes[lower] * width[lower + 1], on_factor, off_factor)
