"""Event-driven sampling where spikes need time to arrive, in continuous time: exact, for any delays of single synapses.

    hazard  λ_i = exp(u_i)/tau_ref while i is not refractory,   u_i = b_i + Σ_j W_ij z_j(t − d_ij)

The PSP of j's spike at t_j is on at i from t_j + d_ij until tau_ref later. PSPs of one synapse do not overlap, since
j's own intervals are at least tau_ref; where d_ij > tau_ref several spikes of j are under way at once. So each spike
walks along its neuron's synapses twice, in the order of their delays: PSPs begin, and tau_ref later end. Walks wait in
a heap for their next synapse; all synapses of the same delay make one event.

Potentials are integers in units of 2⁻⁴³, the same whatever came before and in which order. Hazards are the leaves of a
binary tree whose nodes are the sums of two below: its root is Λ, the neuron that spikes is found from the root down.
Spike number n of a replica takes block n of its random stream; without delays spikes are those of
`kernels.cpu.continuous` with a table, to within rounding.
"""

import numpy as np

from ._jit import entry, jit
from .elementary import BLOCKS, exp, exponentials
from .wide import _overlap, _pair

__all__ = ["PER_UNIT", "UNIT", "fixed", "run_delayed", "sample_delayed"]

UNIT = 2.0**43  # of potentials: 500 of them are 2⁵², which a double holds
PER_UNIT = 2.0**-43
_FEW = 8  # leaves set one by one


@jit
def fixed(x):
    """x as an integer in units of 2⁻⁴³."""
    return np.int64(np.floor(x * UNIT + 0.5))


@jit
def _up(tree, leaf, value):
    """Set a leaf, and with it the sums above."""
    k = tree.size // 2 + leaf
    tree[k] = value
    k //= 2
    while k > 0:
        tree[k] = tree[2 * k] + tree[2 * k + 1]
        k //= 2


@jit
def _sums(tree):
    """All sums anew."""
    for k in range(tree.size // 2 - 1, 0, -1):
        tree[k] = tree[2 * k] + tree[2 * k + 1]


@jit
def _find(tree, x):
    """The leaf in which x lies, of the leaves laid end to end; never an empty one."""
    size, k = tree.size // 2, 1
    while k < size:
        k *= 2
        if x >= tree[k] and tree[k + 1] > 0.0:
            x -= tree[k]
            k += 1
    return k - size


@jit
def _rise(when, who, k):
    """Bring entry k of the heap, earliest first, to its place among those above."""
    while k > 0 and when[k] < when[(k - 1) // 2]:
        above = (k - 1) // 2
        when[k], when[above] = when[above], when[k]
        who[k], who[above] = who[above], who[k]
        k = above


@jit
def _sink(when, who, size):
    """Bring the first entry of a heap to its place among those below."""
    k = 0
    while 2 * k + 1 < size:
        below = 2 * k + 1
        if below + 1 < size and when[below + 1] < when[below]:
            below += 1
        if when[k] <= when[below]:
            return
        when[k], when[below] = when[below], when[k]
        who[k], who[below] = who[below], who[k]
        k = below


@jit
def _hazard(potential, tau_ref):
    return exp(np.float64(potential) * PER_UNIT) / tau_ref


@jit
def _arrive(m, sign, number, posts, lags, strengths, tau_ref, potential, tree):
    """The PSPs of synapse m, and of those of the same delay, begin or end; returns the synapse behind them."""
    first, leaves, lag = m, tree.size // 2, lags[m]
    while m < number and lags[m] == lag:
        m += 1
    for k in range(first, m):
        i = posts[k]
        potential[i] += sign * fixed(strengths[k])
        if tree[leaves + i] > 0.0:  # not refractory
            if m - first > _FEW:
                tree[leaves + i] = _hazard(potential[i], tau_ref)
            else:
                _up(tree, i, _hazard(potential[i], tau_ref))
    if m - first > _FEW:
        _sums(tree)
    return m


@jit
def run_delayed(
    fan, posts, lags, strengths, biases, tau_ref, duration, seed, run, replica, draw, rest,
    ages, earlier, counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """One replica. Returns (next draw, what is left of its exponential)."""
    n, depth = ages.size, earlier.shape[1] + 1
    record, count_states = times.size > 0, occupancy.size > 0
    count_pairs, count_overlaps = pairs.size > 0, overlaps.size > 0
    last, spike, latest = np.empty(n), np.empty((n, depth)), np.full(n, depth - 1)  # the latest `depth` of each, a ring
    ring, head, on, state = np.empty(n, np.int64), 0, 0, 0  # of refractory neurons, longest on first
    walks, size = 2 * n * depth, 0  # number (ends · depth + slot) · n + neuron
    when, who = np.empty(walks), np.empty(walks, np.int64)  # a heap
    base, place = np.empty(walks), np.zeros(walks, np.int64)  # from when delays count; the next synapse
    potential, leaves = np.empty(n, np.int64), 1
    while leaves < n:
        leaves *= 2
    tree = np.zeros(2 * leaves)
    for i in range(n):
        potential[i] = fixed(biases[i])
        last[i] = -ages[i]
        spike[i, depth - 1] = last[i]
        for k in range(depth - 1):
            spike[i, depth - 2 - k] = -earlier[i, k]
    for i in np.argsort(last, kind="mergesort"):
        if ages[i] < tau_ref:
            ring[on] = i
            on += 1
            state |= 1 << (n - 1 - i) if count_states else 0
    for walk in range(walks):
        j, slot, ends = walk % n, walk // n % depth, walk >= n * depth
        base[walk] = spike[j, slot] + (tau_ref if ends else 0.0)
        if base[walk] > -np.inf:
            m = 0
            while m < fan[j] and base[walk] + lags[j, m] <= 0.0:
                potential[posts[j, m]] += (-1 if ends else 1) * fixed(strengths[j, m])
                m += 1
            if m < fan[j]:
                place[walk], when[size], who[size] = m, base[walk] + lags[j, m], walk
                _rise(when, who, size)
                size += 1
    for i in range(n):
        if ages[i] >= tau_ref:
            tree[leaves + i] = _hazard(potential[i], tau_ref)
    _sums(tree)
    waits, shares = np.empty(BLOCKS), np.empty(BLOCKS)
    exponentials(seed, run, replica, draw, waits, shares)
    if rest >= 0.0:
        waits[0] = rest
    wait, spikes, ahead, t = waits[0], 0, 0, 0.0
    while True:
        stop, what = duration, 0
        if on > 0 and last[ring[head]] + tau_ref < stop:
            stop, what = last[ring[head]] + tau_ref, 1
        if size > 0 and when[0] < stop:
            stop, what = when[0], 2
        span, total = stop - t, tree[1]
        if wait >= total * span:  # nobody spikes before the next event, or the end
            wait -= total * span
            if count_states:
                occupancy[state] += span
            t = stop
            if what == 0:
                break
            if what == 1:
                i = ring[head]
                head = head + 1 if head + 1 < n else 0
                on -= 1
                state ^= 1 << (n - 1 - i) if count_states else 0
                _up(tree, i, _hazard(potential[i], tau_ref))
                continue
            walk = who[0]
            j, sign = walk % n, -1 if walk >= n * depth else 1
            m = _arrive(place[walk], sign, fan[j], posts[j], lags[j], strengths[j], tau_ref, potential, tree)
            if m < fan[j]:
                place[walk], when[0] = m, base[walk] + lags[j, m]
            else:
                size -= 1
                when[0], who[0] = when[size], who[size]
            _sink(when, who, size)
            continue
        dt = wait / total
        t += dt
        if count_states:
            occupancy[state] += dt
        i = _find(tree, shares[ahead] * total)
        if count_pairs:
            _pair(i, t, tau_ref, last, pairs)
            pairs[i, i] = 0.0
        if count_overlaps:
            _overlap(i, t, tau_ref, last, overlaps)
        counts[i] += 1
        if record:
            times[spikes] = t
            neurons[spikes] = i
        spikes += 1
        last[i] = t
        _up(tree, i, 0.0)
        slot = head + on
        ring[slot if slot < n else slot - n] = i
        on += 1
        state |= 1 << (n - 1 - i) if count_states else 0
        latest[i] = latest[i] + 1 if latest[i] + 1 < depth else 0
        spike[i, latest[i]] = t
        for ends in range(2 if fan[i] > 0 else 0):
            walk = (ends * depth + latest[i]) * n + i
            base[walk] = t + (tau_ref if ends else 0.0)
            place[walk], when[size], who[size] = 0, base[walk] + lags[i, 0], walk
            _rise(when, who, size)
            size += 1
        ahead += 1
        if ahead == BLOCKS:
            exponentials(seed, run, replica, draw + np.uint64(spikes), waits, shares)
            ahead = 0
        wait = waits[ahead]
    for i in range(n):
        ages[i] = duration - last[i]
        for k in range(depth - 1):
            earlier[i, k] = duration - spike[i, (latest[i] - 1 - k) % depth]
    return draw + np.uint64(spikes), wait


@entry
def sample_delayed(
    first, stop, fan, posts, lags, strengths, biases, tau_ref, duration, seeds, runs, ages, earlier, draws, rests,
    counts, occupancy, pairs, overlaps, times, neurons,
):  # fmt: skip
    """Run the trains first … stop − 1 in place: as `sample_continuous`.

    Synapses of neuron j, by delay: fan (E, N), how many; posts, lags, strengths (E, N, N), row j: where they go, their
    delays and weights. earlier (E, R, N, H − 1): ages of the spikes before the latest, latest first; H spikes of a
    neuron last for its longest delay and tau_ref.
    """
    replicas = ages.shape[1]
    for train in range(first, stop):
        e, r = train // replicas, train % replicas
        draws[e, r], rests[e, r] = run_delayed(
            fan[e], posts[e], lags[e], strengths[e], biases[e], tau_ref, duration, seeds[e], runs[e], np.uint64(r),
            draws[e, r], rests[e, r], ages[e, r], earlier[e, r], counts[e, r], occupancy[e, r], pairs[e, r],
            overlaps[e, r], times[train], neurons[train],
        )  # fmt: skip
