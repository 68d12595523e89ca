"""Step-by-step sampling of networks too large for a table over states, with rectangular PSPs: integer potentials.

Potentials move by the columns of the neurons whose PSP begins (in the step after a spike) or ends; refractory neurons
lie below all others by `OFF`. Integers: the same whatever came before, and in which order. In step s neuron i spikes if

    word_i < ⌊σ(x_i) 2³²⌋,      x_i = 2⁻ˢ ln 2 · U_i      (`kernels.cpu.potentials`)

as in `kernels.cpu.discrete`. σ(x) < eˣ, so only neurons whose word lies below H(U) · 2³² (1 + 2⁻¹⁸) need the exact
comparison: about as many as spike.
"""

import numpy as np

from ._jit import jit
from .elementary import logistic, word_line
from .potentials import OFF, WIDTH, candidates
from .sparse import move_all

__all__ = ["run_steps", "threshold"]

NEVER = -(np.int64(1) << 62)
_LN2 = 0.6931471805599453
_TWO_32 = 4294967296.0
_SLACK = np.float32(4294983680.0)  # 2³² (1 + 2⁻¹⁸): beyond the errors of H and of the rounded word
_AHEAD = 4096  # words drawn at a time, at least those of a step


@jit
def threshold(potential, shift):
    """⌊σ(x) 2³²⌋ of an integer potential."""
    return np.uint64(logistic(np.float64(potential) * (_LN2 / np.float64(1 << shift))) * _TWO_32)


@jit
def _move(potential, columns, begin, begins, end, ends):
    """Add the columns begin[: begins] and take away end[: ends], two at a time where there are two."""
    width, both = potential.size, min(begins, ends)
    for m in range(both):
        more, less = begin[m], end[m]
        for k in range(width):
            potential[k] += columns[more, k] - columns[less, k]
    for m in range(both, begins):
        more = begin[m]
        for k in range(width):
            potential[k] += columns[more, k]
    for m in range(both, ends):
        less = end[m]
        for k in range(width):
            potential[k] -= columns[less, k]


@jit
def _after(j, place, last, following, before):
    """Put j into the list behind `place`, or before those of earlier places that spiked later."""
    n = last.size
    while place != n and last[place] > last[j]:
        place = before[place]
    behind = following[place]
    following[place], before[j], following[j], before[behind] = j, place, behind, j


@jit
def _gather(step, tau_ref, fired, number, last, pairs, ties):
    """Add what the spikes of a step bring to the window sums of pairs."""
    n = last.size
    for m in range(number):
        i = fired[m]
        for j in range(n):
            lag = step - last[j]
            if lag < tau_ref and j != i:
                pairs[i, j] += 1.0 - lag / tau_ref
        for k in range(number):
            if k != m:
                ties[i, fired[k]] += 1


@jit
def _overlap(step, tau_ref, fired, number, last, overlaps):
    """Count the spikes of a step with every other neuron that is on since before."""
    for m in range(number):
        i = fired[m]
        for j in range(last.size):
            overlaps[i, j] += step - last[j] < tau_ref
        overlaps[i, i] = 0


@jit
def _spikes(potential, shift, found, words, offset, fired):
    """The neurons, in their order, whose word is below their threshold; returns how many."""
    number = 0
    for row in range(found.size):
        if found[row] != 0:
            for k in range(row * WIDTH, (row + 1) * WIDTH):
                if found[row] >> (k - row * WIDTH) & 1 and words[offset + k] < threshold(potential[k], shift):
                    fired[number] = k
                    number += 1
    return number


@jit
def run_steps(
    columns, synapses, shift, length, tau_ref, refractory, duration, seed, run, replica, draw,
    last, counts, occupancy, pairs, ties, overlaps, times, neurons,
):  # fmt: skip
    """One replica from the steps of the latest spikes, `NEVER` where there is none; `last` is brought up to date.

    columns, shift: from `quantise`, with a diagonal of 0, and synapses, as for `run_wide`; length: steps of the PSP.
    Otherwise as `discrete._run`.
    """
    n, width = last.size, columns.shape[1]
    per_step = (n + 3) // 4
    record, count_states = times.size > 0, occupancy.size > 0
    count_pairs, count_overlaps = pairs.size > 0, overlaps.size > 0
    potential, found = columns[columns.shape[0] - 1].copy(), np.empty(width // WIDTH, np.uint16)
    fired, begin, end = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    active, waiting = np.zeros(n, np.bool_), np.empty(n, np.int64)  # PSPs that are on; a ring of refractory neurons
    following, before = np.full(n + 1, n), np.full(n + 1, n)  # a list of the active, longest on first; n is its end
    head, resting, begins, spikes = 0, 0, 0, 0
    for j in np.argsort(last, kind="mergesort"):  # every insertion is at the end
        if -last[j] <= length:
            active[j] = True
            begin[begins] = j
            begins += 1
            _after(j, before[n], last, following, before)
        if -last[j] < refractory:
            potential[j] += OFF
            place = resting
            while place > 0 and last[waiting[place - 1]] > last[j]:
                waiting[place] = waiting[place - 1]
                place -= 1
            waiting[place] = j
            resting += 1
    ahead = max(1, _AHEAD // (4 * per_step))
    words = np.zeros(4 * per_step * ahead + width, np.uint32)
    for step in range(duration):
        offset = step % ahead * 4 * per_step
        if offset == 0:
            blocks = per_step * min(ahead, duration - step)
            word_line(seed, run, replica, draw + np.uint64(step * per_step), blocks, words)
        ends = 0
        while following[n] != n and step - last[following[n]] > length:
            j = following[n]
            following[n], before[following[j]] = following[j], n
            active[j] = False
            end[ends] = j
            ends += 1
        while resting > 0 and step - last[waiting[head]] >= refractory:
            potential[waiting[head]] -= OFF
            head = head + 1 if head + 1 < n else 0
            resting -= 1
        if synapses[0].size > 0:
            move_all(1, begin, begins, synapses, potential)
            move_all(-1, end, ends, synapses, potential)
        else:
            _move(potential, columns, begin, begins, end, ends)
        candidates(potential, words, offset, shift, _SLACK, found)
        number = _spikes(potential, shift, found, words, offset, fired)
        if count_pairs:
            _gather(step, tau_ref, fired, number, last, pairs, ties)
        if count_overlaps:
            _overlap(step, tau_ref, fired, number, last, overlaps)
        begins = 0
        for m in range(number):
            i = fired[m]
            last[i] = step
            counts[i] += 1
            if record:
                times[spikes] = step
                neurons[spikes] = i
            spikes += 1
            if active[i]:
                following[before[i]], before[following[i]] = following[i], before[i]
            else:
                active[i] = True
                begin[begins] = i
                begins += 1
            _after(i, before[n], last, following, before)
            if refractory > 1:
                potential[i] += OFF
                place = head + resting
                waiting[place if place < n else place - n] = i
                resting += 1
        if count_states:
            state = 0
            for i in range(n):
                state = state << 1 | (step - last[i] < tau_ref)
            occupancy[state] += 1.0
    return draw + np.uint64(duration * per_step)
