"""Layers of sampling neurons that carry rates up, and pairs of them that carry errors down, pattern by pattern.

    z, y⁺, y⁻   on for 1 from each spike, hazard exp(u), times in tau_ref;   ζ, η⁺, η⁻ their PSPs: 1/K for K

    input    exp(u) = p/(1 − p)                        on with probability p
    z_l      u  = b_l + W_l ζ_{l−1}
    y±_l     u± = b_l + W_l ζ_{l−1} ± λ B_l (η⁺_{l+1} − η⁻_{l+1})/2,   in the output ± β (target − ζ_L)

Nothing goes round in a circle: z_0, z_1, …, z_L, y_L, …, y_2 are simulated one after another, each for the whole
pattern (y_1 is not: nothing hears it). Given the spikes it hears, a neuron is a Poisson process of its own, silent
while refractory:

    E_i ← E_i − exp(u_i) · (time since the last event, as far as i was not refractory),   a spike where E_i reaches 0

with E_i a unit exponential drawn anew at each spike, from block n of the neuron's stream for spike n. An event, a PSP
that begins or ends, multiplies hazards by a row of factors e^{± w/K}, those of y⁻ by the inverse if it comes from
above. Rounding errors of the products, some 2⁻⁵³ an event of either sign, stay below 1e-12 in a million events.

Layer l has width[l] places, neurons of hazard 0 behind its own. Its z are `width` neurons, its y twice as many, y⁺
first. Rows of factors belong to the unit that spikes: unit j of layer l has those for layer l + 1 from up_at[l] +
j · width[l + 1] on, those for layer l − 1 from down_at[l] + j · width[l − 1] on.
"""

import numpy as np

from ._jit import entry, jit
from .elementary import BLOCKS, exp, exponentials

__all__ = ["show_dyads"]


@jit
def _advance(rate, old, wait, ready, first, width, dt, until, factor, row):
    """Neurons `first` … use up their exponentials over dt, then change hazards; returned is how many have spiked.

    One plain loop over whole arrays, which compilers turn into vector code; `old` keeps the hazards of before.
    """
    spiked = np.int64(0)
    first, row = np.uint64(first), np.uint64(row)
    for k in range(np.uint64(width)):
        free = until - ready[first + k]
        free = free if free > 0.0 else 0.0
        free = free if free < dt else dt
        left = wait[first + k] - rate[first + k] * free
        wait[first + k] = left
        old[first + k] = rate[first + k]
        rate[first + k] *= factor[row + k]
        spiked += left < 0.0
    return spiked


@jit
def _next(i, seed, place, number, draw, draws, waits, shares):
    """The next unit exponential of neuron i, out of `BLOCKS` at a time."""
    ahead = draws[i] % BLOCKS
    if ahead == 0:
        exponentials(seed, place + np.uint64(i), number, draw + np.uint64(draws[i]), waits[i], shares)
    draws[i] += 1
    return waits[i, ahead]


@jit
def _fire(
    old, wait, ready, first, stop, t, until, seed, place, number, draw, draws, waits, shares, times, units, spikes
):  # fmt: skip
    """Spikes from t to `until` of the neurons first … stop − 1 whose exponentials are used up, sorted into the others.

    Returned is how many there are. `place` is the first neuron's of the population, which names its stream.
    """
    for i in range(first, stop):
        while wait[i] < 0.0:
            spike = max(until + wait[i] / old[i], max(t, ready[i]))
            at = spikes
            while at > 0 and times[at - 1] > spike:
                times[at], units[at] = times[at - 1], units[at - 1]
                at -= 1
            times[at], units[at] = spike, i
            spikes += 1
            ready[i] = spike + 1.0
            wait[i] = _next(i, seed, place, number, draw, draws, waits, shares)
            if ready[i] < until:
                wait[i] -= old[i] * (until - ready[i])
    return spikes


@jit
def _layer(
    rate, size, width, factors, own, low_times, low_units, low, low_rows, high_times, high_units, high, high_rows,
    high_width, psp, duration, seed, place, number, draw, old, wait, ready, draws, waits, shares, times, units,
):  # fmt: skip
    """A population from silence to `duration`, `size` neurons; returned is the number of its spikes.

    It hears `low` spikes (times, units) from below and `high` ones from above, those of units from high_width on with
    the opposite sign. Where their rows of factors begin, and those of the inverses: low_rows, high_rows. Without these,
    what stands above are the layer's own z, and `own` are the factors of a unit's pair.
    """
    for i in range(size):
        draws[i] = 0
        ready[i] = 0.0
        wait[i] = _next(i, seed, place, number, draw, draws, waits, shares)
    a = b = c = d = 0  # PSPs from below that have begun and that have ended, and from above
    t, spikes = 0.0, 0
    while True:
        until, what = duration, 0
        if a < low and low_times[a] < until:
            until, what = low_times[a], 1
        if b < low and low_times[b] + psp < until:
            until, what = low_times[b] + psp, 2
        if c < high and high_times[c] < until:
            until, what = high_times[c], 3
        if d < high and high_times[d] + psp < until:
            until, what = high_times[d] + psp, 4
        first = second = 0  # rows of ones
        unit = -1
        if what == 1 or what == 2:
            first = second = low_rows[what - 1] + low_units[a if what == 1 else b] * width
        elif what > 2:
            unit, sign = high_units[c if what == 3 else d], what - 3
            if unit >= high_width:
                unit, sign = unit - high_width, 1 - sign
            first, second = high_rows[sign] + unit * width, high_rows[1 - sign] + unit * width
        a, b, c, d = a + (what == 1), b + (what == 2), c + (what == 3), d + (what == 4)
        if what > 2 and high_rows[0] == 0:  # of a pair: the others go on
            for half in range(2):
                i = half * width + unit
                wait[i] -= rate[i] * min(max(until - ready[i], 0.0), until - t)
                old[i] = rate[i]
                if wait[i] < 0.0:
                    spikes = _fire(
                        old, wait, ready, i, i + 1, t, until, seed, place, number, draw, draws, waits, shares, times,
                        units, spikes,
                    )  # fmt: skip
                ready[i] = max(ready[i], until)
                rate[i] *= own[sign if half == 0 else 1 - sign]
            continue
        spiked = _advance(rate, old, wait, ready, 0, width, until - t, until, factors, first)
        if size > width:
            spiked += _advance(rate, old, wait, ready, width, width, until - t, until, factors, second)
        if spiked > 0:
            spikes = _fire(
                old, wait, ready, 0, size, t, until, seed, place, number, draw, draws, waits, shares, times, units,
                spikes,
            )  # fmt: skip
        if what == 0:
            return spikes
        t = until


@jit
def _factors(weights, scale, at, factors):
    """e^{w · scale} from at[0] on, the inverses from at[1] on."""
    for m in range(weights.size):
        f = exp(weights[m] * scale)
        factors[at[0] + m], factors[at[1] + m] = f, 1.0 / f


@jit
def _count(times, units, spikes, settle, width, counts):
    """Late spikes, into a row of counts for each population of the layer."""
    for k in range(spikes):
        if times[k] >= settle:
            counts[units[k] // width, units[k] % width] += 1


@entry
def show_dyads(
    begin,
    stop,
    sizes,
    width,
    start,
    up_at,
    down_at,
    forward,
    backward,
    biases,
    hazards,
    targets,
    apical,
    nudge,
    pairs,
    psp,
    settle,
    duration,
    seeds,
    numbers,
    draws,
    counts,
):
    """Show patterns begin … stop − 1, each run · P + its place among those of the run.

    sizes, width, start, up_at, down_at (layers,): the geometry. forward, backward (R, rows): W and B by the unit that
    they leave; biases (R, N): of layer l from start[l] on, N the width of all layers; hazards (R, P, n_0) of the input,
    targets (R, P, n_L); apical λ, nudge β, psp K; whether there are `pairs`. Spikes are counted from `settle` to
    `duration`: counts (R, P, 3, N), of z, y⁺, y⁻, grow. seeds, draws (R,), numbers (R, P): each pattern's streams.
    """
    patterns, places, top = hazards.shape[1], counts.shape[3], sizes.size - 1
    widest, rows, back = 2 * np.max(width), forward.shape[1], backward.shape[1]
    factors = np.ones(widest + 2 * rows + 2 * back)
    up_rows, down_rows = (widest, widest + rows), (widest + 2 * rows, widest + 2 * rows + back)
    own = (exp(-nudge / psp), exp(nudge / psp))  # ζ of the output takes from y⁺ and gives to y⁻
    rate, old, wait, ready = np.empty(widest), np.empty(widest), np.empty(widest), np.empty(widest)
    drawn, waits, shares = np.empty(widest, np.int64), np.empty((widest, BLOCKS)), np.empty(BLOCKS)
    bias, room = np.zeros(places), np.int64(np.ceil(duration)) + 1
    times, units, spikes = np.empty(places * room), np.empty(places * room, np.int64), np.empty(sizes.size, np.int64)
    pair_times, pair_units = np.empty((2, widest * room)), np.empty((2, widest * room), np.int64)
    known = -1
    for each in range(begin, stop):
        e, p = each // patterns, each % patterns
        if e != known:
            known = e
            _factors(forward[e], 1.0 / psp, up_rows, factors)
            _factors(backward[e], 0.5 * apical / psp, down_rows, factors)
            for layer in range(1, sizes.size):
                for i in range(sizes[layer]):
                    bias[start[layer] + i] = exp(biases[e, start[layer] + i])
        for layer in range(sizes.size):
            n, first, lower = width[layer], start[layer], max(layer - 1, 0)
            for i in range(n):
                rate[i] = bias[first + i] if layer > 0 else hazards[e, p, i] if i < sizes[0] else 0.0
            spikes[layer] = _layer(
                rate, n, n, factors, own,
                times[start[lower] * room :], units[start[lower] * room :], spikes[lower] if layer > 0 else 0,
                (up_rows[0] + up_at[lower], up_rows[1] + up_at[lower]),
                times, units, 0, (0, 0), n,
                psp, duration, seeds[e], np.uint64(first), numbers[e, p], draws[e], old, wait, ready, drawn, waits,
                shares, times[first * room :], units[first * room :],
            )  # fmt: skip
            _count(times[first * room :], units[first * room :], spikes[layer], settle, n, counts[e, p, 0:1, first:])
        above = spikes[top]
        for layer in range(top if pairs else 0, 1, -1):
            n, first, lower, last = width[layer], start[layer], layer - 1, layer == top
            for i in range(n):
                rate[i] = rate[n + i] = bias[first + i]
            for i in range(sizes[top] if last else 0):
                push = exp(nudge * targets[e, p, i])
                rate[i] *= push
                rate[n + i] /= push
            now, before = layer % 2, 1 - layer % 2
            above = _layer(
                rate, 2 * n, n, factors, own,
                times[start[lower] * room :], units[start[lower] * room :], spikes[lower],
                (up_rows[0] + up_at[lower], up_rows[1] + up_at[lower]),
                times[first * room :] if last else pair_times[before],
                units[first * room :] if last else pair_units[before], above,
                (0, 0) if last else (down_rows[0] + down_at[layer + 1], down_rows[1] + down_at[layer + 1]),
                n if last else width[layer + 1],
                psp, duration, seeds[e], np.uint64(places + 2 * first), numbers[e, p], draws[e], old, wait, ready,
                drawn, waits, shares, pair_times[now], pair_units[now],
            )  # fmt: skip
            _count(pair_times[now], pair_units[now], above, settle, n, counts[e, p, 1:, first:])
