"""Wake–sleep of a visible and a hidden layer, compiled from cycle to cycle; and the same network asked with parts held.

    wake      of each image of a minibatch v:  p_i = σ(b_i + Σ_j W_ij v_j)  for hidden i;  means of v_j, p_i and v_j p_i
    sleep     every replica runs on for `duration`, event by event as in `kernels.cpu.layers`;  c_ij = Σ K(|Δt|)/T,
              s_ij = Σ S(Δt)/T  with the triangular window at tau_ref,  n_i = spikes/T,  T over all replicas
    update    W_ij ← W_ij + η_W (f_ij ⟨v_j p_i⟩ − g_ij c_ij) + η_SAL s_ij − λ W_ij
              b_i  ← b_i  + η_b (wake_i − n_i),    both clipped to ±limit

Hidden neurons hear visible ones alone: given an image each is on with probability p_i, whatever the others do, so wake
averages need no spikes. Times in tau_ref. Places of neurons and synapses are those of `kernels.cpu.layers`, visible
layer first; the random numbers of replica r begin at r · 2⁴⁴ of the stream.
"""

import numpy as np

from ._jit import entry, jit
from .elementary import exp, logistic, philox
from .layers import _cycle, _factors

__all__ = ["ask_dreams", "train_dreams"]


@jit
def _pick(seed, run, draw, number):
    """A whole number below `number`."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    a, b, _, _ = philox(draw & low, draw >> half, np.uint64(0), run, seed & low, seed >> half)
    x = (np.float64((a << half | b) >> np.uint64(12)) + 0.5) * 2.0**-52
    return min(np.int64(x * number), number - 1)


@jit
def _wake(images, batch, weights, biases, sizes, start, width, up, seed, run, draw, means, pairs, on, chance):
    """Means over a minibatch of every neuron, and of v_j p_i at the places of the synapses j → i; the next draw."""
    visible, hidden = sizes[0], sizes[1]
    means[:] = 0.0
    pairs[up : up + visible * width[1]] = 0.0
    for _ in range(batch):
        image = images[_pick(seed, run, draw, images.shape[0])]
        draw += np.uint64(1)
        number = 0
        for j in range(visible):
            if image[j]:
                on[number] = j
                number += 1
                means[start[0] + j] += 1.0
        for k in range(hidden):
            chance[k] = biases[start[1] + k]
        for m in range(number):
            row = up + on[m] * width[1]
            for k in range(hidden):
                chance[k] += weights[row + k]
        for k in range(hidden):
            chance[k] = logistic(chance[k])
            means[start[1] + k] += chance[k]
        for m in range(number):
            row = up + on[m] * width[1]
            for k in range(hidden):
                pairs[row + k] += chance[k]
    means /= batch
    for m in range(up, up + visible * width[1]):
        pairs[m] /= batch
    return draw


@jit
def _bases(biases, sizes, start, base):
    """e^b, 0 where a place is padding."""
    base[:] = 0.0
    for layer in range(sizes.size):
        for k in range(start[layer], start[layer] + sizes[layer]):
            base[k] = exp(biases[k])


@jit
def _update(
    weights, biases, wake_factor, sleep_factor, rates, share, limit, means, pairs, counts, sums, per_time,
    sizes, start, width, up, down,
):  # fmt: skip
    """One step of learning, of which `share` is made. rates: η_W, η_b, η_SAL, λ."""
    for j in range(sizes[0]):
        for k in range(sizes[1]):
            a, b = up + j * width[1] + k, down + k * width[0] + j
            overlap = (sums[a] + sums[b]) * per_time
            late = (sums[b] - sums[a]) * per_time  # of k → j the anti-causal pairs less the causal ones
            for place, sal in ((a, -late), (b, late)):
                change = rates[0] * (wake_factor[place] * pairs[a] - sleep_factor[place] * overlap)
                change += rates[2] * sal - rates[3] * weights[place]
                weights[place] = min(max(weights[place] + share * change, -limit), limit)
    for layer in range(2):
        for k in range(start[layer], start[layer] + sizes[layer]):
            moved = biases[k] + share * rates[1] * (means[k] - counts[k] * per_time)
            biases[k] = min(max(moved, -limit), limit)


@entry
def train_dreams(
    first, stop, sizes, start, width, at, layer_of, images, shown, batch, duration, weights, biases,
    wake_factor, sleep_factor, rates, limit, seeds, runs, ends, draws, rests, picks, shares,
):  # fmt: skip
    """Train the members first … stop − 1 for a cycle each of `shares`, by which learning rates fall, in place.

    sizes … layer_of: the geometry of two layers, N neurons and M synapses padded; images (sets, images, visible) uint8,
    of which member e sees shown[e]; weights and factors (E, M), biases (E, N), rates (E, 4); sleep: ends (E, R, N),
    draws, rests (E, R); picks (E,): next draw of the minibatches.
    """
    size, synapses, replicas = biases.shape[1], weights.shape[1], ends.shape[1]
    up, down = at[0, 1], at[1, 0]
    on_factor, off_factor, base = np.ones(synapses), np.ones(synapses), np.zeros(size)
    ring, counts, sums = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(synapses)
    overlaps, means, pairs = np.empty(0), np.empty(size), np.empty(synapses)
    on, chance = np.empty(sizes[0], np.int64), np.empty(sizes[1])
    for e in range(first, stop):
        for share in shares:
            picks[e] = _wake(
                images[shown[e]], batch, weights[e], biases[e], sizes, start, width, up, seeds[e], runs[e], picks[e],
                means, pairs, on, chance,
            )  # fmt: skip
            _factors(weights[e], 1.0, 0, synapses, on_factor, off_factor)
            _bases(biases[e], sizes, start, base)
            counts[:] = 0
            sums[:] = 0.0
            for r in range(replicas):
                draws[e, r], rests[e, r] = _cycle(
                    base, on_factor, off_factor, start, width, at, layer_of, False, duration, seeds[e], runs[e],
                    draws[e, r], rests[e, r], ends[e, r], ring, counts, sums, overlaps,
                )  # fmt: skip
            _update(
                weights[e], biases[e], wake_factor[e], sleep_factor[e], rates[e], share, limit, means, pairs, counts,
                sums, 1.0 / (replicas * duration), sizes, start, width, up, down,
            )  # fmt: skip


@entry
def ask_dreams(
    first, stop, sizes, start, width, at, layer_of, weights, member, drive, settle, duration, seeds, runs,
    ends, draws, rests, counts, states,
):  # fmt: skip
    """Let questions first … stop − 1 run for `settle`, then for `duration`, S times if there are states, in place.

    Question q asks network member[q] of weights (E, M) at the biases drive (Q, N), with seeds[q], runs[q]; ends (Q, N),
    draws, rests (Q,). counts (Q, N): spikes after `settle`; states (Q, S, N) uint8: who is on after each `duration`.
    Questions of one network stand together, so that its tables are made once.
    """
    size, synapses, spans = drive.shape[1], weights.shape[1], max(states.shape[1], 1)
    on_factor, off_factor, base = np.ones(synapses), np.ones(synapses), np.zeros(size)
    ring, sums, overlaps, before = np.empty(size, np.int64), np.zeros(synapses), np.empty(0), -1
    for q in range(first, stop):
        if member[q] != before:
            before = member[q]
            _factors(weights[before], 1.0, 0, synapses, on_factor, off_factor)
        _bases(drive[q], sizes, start, base)
        for turn in range(-1, spans):
            span = settle if turn < 0 else duration
            if turn <= 0:
                counts[q] = 0
            if span > 0.0:
                draws[q], rests[q] = _cycle(
                    base, on_factor, off_factor, start, width, at, layer_of, False, span, seeds[q], runs[q],
                    draws[q], rests[q], ends[q], ring, counts[q], sums, overlaps,
                )  # fmt: skip
            if turn >= 0 and states.shape[1] > 0:
                for k in range(size):
                    states[q, turn, k] = ends[q, k] > 0.0
