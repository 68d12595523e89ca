"""Event-driven sampling with inputs that switch at times given beforehand; otherwise as `kernels.cpu.wide`.

    u_i = b_i + Σ_j W_ij z_j + Σ_k D_ik s_k(t),   s_k = 0 or 1

The inputs k are the last columns of the weights, of units that never spike (`OFF` in the last row, 0 on the diagonal):
`lit` says which are 1 at the start, and the list `when`, `which`, in order of time, when one of them changes.
Candidates are drawn as in `wide`: an input that changes is one more end of a span in which the state is constant.
Without inputs spikes equal those of `wide`.
"""

import numpy as np

from ._jit import entry, jit
from .bounds import ROWS, place, switch_off, switch_on, workplace
from .elementary import BLOCKS, exponentials
from .potentials import hazard
from .wide import _overlap, _pair

__all__ = ["run_driven", "sample_driven"]


@jit
def run_driven(
    columns, shift, tau_ref, duration, seed, run, replica, draw, when, which, lit, inputs,
    ages, counts, pairs, overlaps, times, neurons,
):  # fmt: skip
    """One replica from silence, of columns.shape[0] − 1 − inputs neurons; returns as `run_wide`."""
    units, width = columns.shape[0] - 1, columns.shape[1]
    n = units - inputs
    record, count_pairs, count_overlaps = times.size > 0, pairs.size > 0, overlaps.size > 0
    last, ring, lit = np.full(n, -np.inf), np.empty(n, np.int64), lit.copy()
    head, on, spikes, drawn, ahead, t, change = 0, 0, 0, 0, 0, 0.0, 0
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, replica, draw, waits, shares)
    potential, groups, areas, spans = workplace(width, ROWS)
    for k in range(inputs):
        if lit[k]:
            potential += columns[n + k]
    total = switch_on(potential, columns, units, shift, groups, areas, spans)  # the biases
    wait = waits[0]
    while True:
        stop, kind = duration, 0
        if on > 0 and last[ring[head]] + tau_ref < stop:
            stop, kind = last[ring[head]] + tau_ref, 1
        if change < when.size and when[change] < stop:
            stop, kind = when[change], 2
        span = stop - t
        if wait >= total * span:
            wait -= total * span
            t = stop
            if kind == 0:
                break
            if kind == 1:
                j = ring[head]
                head = head + 1 if head + 1 < n else 0
                on -= 1
                total = switch_off(potential, columns, j, shift, groups, areas, spans)
            else:
                k = which[change]
                lit[k] = not lit[k]
                switch = n + k
                if lit[k]:
                    total = switch_on(potential, columns, switch, shift, groups, areas, spans)
                else:
                    total = switch_off(potential, columns, switch, shift, groups, areas, spans)
                change += 1
            continue
        t += wait / total
        i, height = place(potential, shift, groups, areas, spans, shares[ahead] * total)
        drawn += 1
        ahead += 1
        if ahead == BLOCKS:
            exponentials(seed, run, replica, draw + np.uint64(drawn), waits, shares)
            ahead = 0
        wait = waits[ahead]
        if height >= hazard(potential[i], shift):
            continue
        if count_pairs:
            _pair(i, t, tau_ref, last, pairs)
        if count_overlaps:
            _overlap(i, t, tau_ref, last, overlaps)
        counts[i] += 1
        if record:
            times[spikes] = t
            neurons[spikes] = i
        last[i] = t
        at = head + on
        ring[at if at < n else at - n] = i
        on += 1
        spikes += 1
        total = switch_on(potential, columns, i, shift, groups, areas, spans)
    for i in range(n):
        ages[i] = duration - last[i]
    return draw + np.uint64(drawn), wait


@entry
def sample_driven(
    first, stop, columns, scales, tau_ref, duration, seeds, runs, first_draw, edges, when, which, lit,
    ages, draws, rests, counts, pairs, overlaps, times, neurons,
):  # fmt: skip
    """Run the trains first … stop − 1, train = member · replicas + replica, in place.

    columns (E, N + K + 1, width), scales, seeds, runs (E,); the changes of train number m are when[edges[m] : edges[m +
    1]], and `lit` (trains, K) what is on before; state at the end and results as in `sample_continuous`.
    """
    replicas, inputs = counts.shape[1], lit.shape[1]
    for train in range(first, stop):
        e, r = train // replicas, train % replicas
        own = slice(edges[train], edges[train + 1])
        draws[e, r], rests[e, r] = run_driven(
            columns[e], scales[e], tau_ref, duration, seeds[e], runs[e], np.uint64(r), first_draw, when[own],
            which[own], lit[train], inputs, ages[e, r], counts[e, r], pairs[e, r], overlaps[e, r], times[train],
            neurons[train],
        )  # fmt: skip
