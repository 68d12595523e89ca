"""The dendritic microcircuit step by step: spikes, potentials, running means, plasticity.

Pyramidal neurons of layers 0 … L; hidden layer l also has one interneuron for each neuron of layer l + 1, its *twin*. A
neuron that has not spiked in the last tau_ref − 1 steps spikes with probability σ(u − ln tau_ref), u from the step
before; z = 1 for the tau_ref steps from the spike on. Then, with the new z (y for the twins),

    v_l = W_l z_{l−1},   a_l = B_l (z_{l+1} − g y_l),                                     basal and apical potential
    input   u = x            hidden  u = b + v + λ_api a
    twin    u = b + g W_{l+1} z_l                                                         W_ip = W, W_pi = −B
    output  u = b + v + λ_nudge (target − v̄ − b)

g is 1, and 0 while SAL is at work. Interneurons with weights of their own instead have, P and Q for W_ip and W_pi,

    a_l = B_l z_{l+1} + g Q_l y_l,   v_y = P_{l+1} z_l,   twin u = b + g v_y + λ_int (ū of its pyramid − v̄_y − b)
    P_kj ← P_kj + η_ip [φ(ū_y,k) − φ(v̄_y,k + b)] at spikes of j,   Q_ik ← Q_ik − η_pi ā_i at spikes of twin k

with λ_int > 0 in the patterns in which they learn. v̄ and ū are means over the last `window` steps of the pattern. Then,
from `settle` steps after the start of a pattern on, for every j of the layer below that spiked in the step before,

    W_ij ← W_ij + η [φ(ū_i) − φ(v̄_i + b)],   φ(u) = σ(u − ln tau_ref)
    SAL  B_ij ← B_ij ∓ η_SAL K(Δt),   − if i has spiked after k (causal), + if k after i; nearest pairs

Spikes: neuron number n, pyramidal ones first, spikes if word n mod 4 of block step·⌈N/4⌉ + ⌊n/4⌋ is below ⌊p 2³²⌋.
Nearly every word is told from p by bounds out of a table. Potentials are summed anew when a z or a weight has changed,
running means where they are used. No result depends on it.
Weights are flat, layer by layer, each layer by presynaptic neuron: W_l as (n_{l−1}, n_l), B_l as (n_{l+1}, n_l).
"""

import numpy as np

from ._jit import entry, inlined, jit
from .elementary import BLOCKS, logistic, word_rows

__all__ = ["run_patterns"]

_TWO_32 = 4294967296.0
_EDGE, _FINE = 16.0, 32.0  # the bounds: of σ(x) for |x| < _EDGE, _FINE cells a unit


@jit
def _bounds():
    """Row k + 1: thresholds ⌊σ(x) 2³²⌋ at both ends of cell k of a grid of x. Row 0, for every other x: none known.

    Rounding of `logistic` moves a threshold by one at most; so do the bounds.
    """
    cells = np.int64(2.0 * _EDGE * _FINE)
    bounds = np.zeros((cells + 1, 2), np.uint64)
    bounds[0, 0], bounds[0, 1] = np.uint64(0), np.uint64(2.0 * _TWO_32)
    for k in range(cells):
        bounds[k + 1, 0] = np.uint64(logistic(k / _FINE - _EDGE) * _TWO_32 - 1.0)
        bounds[k + 1, 1] = np.uint64(logistic((k + 1) / _FINE - _EDGE) * _TWO_32 + 1.0)
    return bounds


@inlined
def _below(word, x, bounds):
    """word < ⌊σ(x) 2³²⌋, by the bounds if they leave no doubt: σ(x) itself is asked for once in hundreds of words."""
    cell = (x + _EDGE) * _FINE
    k = np.int64(cell) + 1 if 0.0 <= cell < 2.0 * _EDGE * _FINE else 0
    limit = bounds[k, 0]
    if limit <= word <= bounds[k, 1]:
        limit = np.uint64(logistic(x) * _TWO_32)
    return word < limit


@inlined
def _add(sums, at, factor, weights, start, count):
    """sums[at + i] += factor · weights[start + i]; vectorised, since unsigned indices never count from the end."""
    for i in range(count):
        sums[np.uint64(at + i)] += factor * weights[np.uint64(start + i)]


@inlined
def _potentials(sizes, first, up, down, z, y, gated, v, a):
    """Basal potentials of all neurons above the input, apical ones of the hidden neurons."""
    up_at, down_at = 0, 0
    for layer in range(1, sizes.size):
        n, below, here, under = sizes[layer], sizes[layer - 1], first[layer], first[layer - 1]
        for i in range(n):
            v[here + i] = 0.0
        for j in range(below):
            if z[under + j]:
                _add(v, here, 1.0, up, up_at + j * n, n)
        up_at += below * n
        if layer == sizes.size - 1:
            break
        above, over = sizes[layer + 1], first[layer + 1]
        for i in range(n):
            a[here + i] = 0.0
        for k in range(above):
            difference = np.int64(z[over + k]) - (np.int64(y[over + k]) if gated else 0)
            if difference != 0:
                _add(a, here, np.float64(difference), down, down_at + k * n, n)
        down_at += above * n


@jit
def _learn_up(sizes, first, up, down, bias, rates, log_tau, before, sum_u, sum_v, full, copy, gain):
    """Forward plasticity at the spikes of the step before; with `copy` the feedback follows. Whether there were any."""
    up_at, down_at, learned = 0, 0, False
    for layer in range(1, sizes.size):
        n, below, here, under = sizes[layer], sizes[layer - 1], first[layer], first[layer - 1]
        known = False
        for j in range(below):
            if before[under + j]:
                if not known:
                    for i in range(n):
                        there = sum_v[here + i] / full + bias
                        gain[i] = rates[layer] * (
                            logistic(sum_u[here + i] / full - log_tau) - logistic(there - log_tau)
                        )
                    known = True
                for i in range(n):
                    up[up_at + j * n + i] += gain[i]
                    if copy and layer > 1:
                        down[down_at + i * below + j] = up[up_at + j * n + i]
        learned |= known
        up_at += below * n
        if layer > 1:
            down_at += below * n
    return learned


@jit
def _learn_down(sizes, first, down, rate, kernel, step, fired, last):
    """SAL on the feedback weights: pairs of this step's spikes with the latest ones strictly before."""
    down_at = 0
    for layer in range(1, sizes.size - 1):
        n, above, here, over = sizes[layer], sizes[layer + 1], first[layer], first[layer + 1]
        for i in range(n):
            if fired[here + i]:
                for k in range(above):
                    since_pre = step - last[over + k]
                    if since_pre < kernel.size:
                        down[down_at + k * n + i] -= rate * kernel[since_pre]
        for k in range(above):
            if fired[over + k]:
                for i in range(n):
                    since_post = step - last[here + i]
                    if since_post < kernel.size:
                        down[down_at + k * n + i] += rate * kernel[since_post]
        down_at += above * n


@jit
def _own_potentials(sizes, first, predict, down, cancel, z, y, v_y, a):
    """Basal potentials of twins with weights of their own, and the apical ones that they then leave."""
    up_at, down_at = 0, 0
    for layer in range(1, sizes.size - 1):
        n, above, here, over = sizes[layer], sizes[layer + 1], first[layer], first[layer + 1]
        twin = over - first[2]
        for k in range(above):
            v_y[twin + k] = 0.0
        for j in range(n):
            if z[here + j]:
                _add(v_y, twin, 1.0, predict, up_at + j * above, above)
        for i in range(n):
            a[here + i] = 0.0
        for k in range(above):
            if z[over + k]:
                _add(a, here, 1.0, down, down_at + k * n, n)
            if y[over + k]:
                _add(a, here, 1.0, cancel, down_at + k * n, n)
        up_at += n * above
        down_at += above * n


@jit
def _slide(sums, ring, slot, late, now):
    """Running sums over a window; summed anew once a window, as sums of differences drift."""
    for k in range(now.size):
        sums[k] += now[k] - (ring[slot, k] if late else 0.0)
        ring[slot, k] = now[k]
    if slot == ring.shape[0] - 1:
        for k in range(now.size):
            sums[k] = 0.0
        for m in range(ring.shape[0]):
            for k in range(now.size):
                sums[k] += ring[m, k]


@jit
def _learn_own(sizes, first, predict, cancel, bias, rates, log_tau, before, means, mean_y, full):
    """Lateral plasticity at the spikes of the step before. means: sums of v_y, of their pyramids' u, of a."""
    up_at, down_at, twins, total = 0, 0, mean_y.size, first[sizes.size]
    for layer in range(1, sizes.size - 1):
        n, above, here, twin = sizes[layer], sizes[layer + 1], first[layer], first[layer + 1] - first[2]
        for k in range(above):
            there = means[twin + k] / full + bias
            gain = rates[0] * (logistic(mean_y[twin + k] / full - log_tau) - logistic(there - log_tau))
            for j in range(n):
                if before[here + j]:
                    predict[up_at + j * above + k] += gain
            if before[total + twin + k]:
                for i in range(n):
                    cancel[down_at + k * n + i] -= rates[1] * (means[2 * twins + here - sizes[0] + i] / full)
        up_at += n * above
        down_at += above * n


@jit
def _pattern(
    sizes, first, up, down, predict, cancel, bias, x, target, rates, steps, settle, tau_ref, log_tau, mode, own,
    kernel, seed, run, draw, last, u, ring_u, ring_v, ring_own, ring_y, bounds, output, spikes, potentials,
):  # fmt: skip
    """One pattern of `steps` steps. mode: λ_api, λ_nudge, η_SAL, learn W, learn B, copy, interneurons.

    own: η_ip, η_pi, λ_int of interneurons with weights of their own, `predict` and `cancel`; else these are empty.

    Adds the output potentials of the steps from `settle` on to `output`. Returns the next draw.
    """
    api, nudge, sal_rate = mode[0], mode[1], mode[2]
    forward, symmetrise, copy, gated = mode[3] > 0.0, mode[4] > 0.0, mode[5] > 0.0, mode[6] > 0.0
    inputs, total, top = sizes[0], first[sizes.size], first[sizes.size - 1]
    neurons = last.size
    per_step = (neurons + 3) // 4
    window, record = ring_u.shape[0], spikes.shape[0] > 0
    averaged = inputs if forward else top if nudge != 0.0 else total  # from this neuron on means are asked for
    z, fired, before = np.empty(neurons, np.bool_), np.zeros(neurons, np.bool_), np.zeros(neurons, np.bool_)
    v, a, gain = np.zeros(total), np.zeros(total), np.empty(total)
    sum_u, sum_v = np.zeros(total), np.zeros(total)
    for n in range(inputs):
        u[n] = x[n]
    for n in range(neurons):
        z[n] = -1 - last[n] < tau_ref
    word = np.empty((4, BLOCKS * per_step), np.uint64)
    twins = total - sizes[1] - inputs  # of the neurons of layers 2 … L, in their order
    y = z[twins:]  # y[n] is of the twin of neuron n
    apart, lateral = predict.size > 0, predict.size > 0 and own[2] > 0.0
    v_y, sum_own, sum_y = np.zeros(twins), np.zeros(ring_own.shape[1]), np.zeros(ring_y.shape[1])
    now = np.empty(ring_own.shape[1])
    changed, spiked, slot = True, False, -1
    for step in range(steps):
        ahead = step % BLOCKS
        if ahead == 0:
            word_rows(seed, run, np.uint64(0), draw + np.uint64(step * per_step), word)
        stirred, spiked = spiked, False
        for n in range(neurons):
            ready = step - last[n] >= tau_ref
            before[n] = fired[n]
            fired[n] = ready and _below(word[n % 4, ahead * per_step + n // 4], u[n] - log_tau, bounds)
            on = not ready or fired[n]
            changed |= on != z[n]
            spiked |= fired[n]
            z[n] = on
        if spiked:
            if symmetrise:
                _learn_down(sizes, first, down, sal_rate, kernel, step, fired, last)
                changed = True
            for n in range(neurons):
                if fired[n]:
                    last[n] = step
        if changed:
            _potentials(sizes, first, up, down, z, y, gated, v, a)
            if apart and gated:
                _own_potentials(sizes, first, predict, down, cancel, z, y, v_y, a)
            for n in range(inputs, top):
                u[n] = bias + v[n]
                u[n] += api * a[n]
            for n in range(top, total):
                u[n] = bias + v[n]
            for n in range(twins):
                basal = v_y[n] if apart else v[total - twins + n]
                u[total + n] = bias + (basal if gated else 0.0)
            changed = False
        full = min(step + 1, window)
        slot = slot + 1 if slot + 1 < window else 0
        late = step >= window
        for n in range(averaged, total):
            sum_v[n] += v[n] - (ring_v[slot, n] if late else 0.0)
            ring_v[slot, n] = v[n]
        if nudge != 0.0:
            for n in range(top, total):
                u[n] = bias + v[n]
                u[n] += nudge * (target[n - top] - sum_v[n] / full - bias)
        if forward:
            for n in range(averaged, total):
                sum_u[n] += u[n] - (ring_u[slot, n] if late else 0.0)
                ring_u[slot, n] = u[n]
        if lateral:
            for n in range(twins):
                now[n], now[twins + n] = v_y[n], u[total - twins + n]
            for n in range(inputs, top):
                now[2 * twins + n - inputs] = a[n]
            _slide(sum_own, ring_own, slot, late, now)
            for n in range(twins):
                u[total + n] = bias + v_y[n]
                u[total + n] += own[2] * ((sum_own[twins + n] - sum_own[n]) / full - bias)
            _slide(sum_y, ring_y, slot, late, u[total:])
            if step >= settle and stirred:
                _learn_own(sizes, first, predict, cancel, bias, own, log_tau, before, sum_own, sum_y, full)
                changed = True
        if step >= settle:
            for i in range(total - top):
                output[i] += u[top + i]
            if forward and stirred:
                changed = _learn_up(
                    sizes, first, up, down, bias, rates, log_tau, before, sum_u, sum_v, full, copy, gain
                )
        if slot == window - 1:  # sums of differences drift: sum anew once a window
            for n in range(averaged, total):
                sum_u[n], sum_v[n] = 0.0, 0.0
            for m in range(window):
                for n in range(averaged, total):
                    sum_u[n] += ring_u[m, n]
                    sum_v[n] += ring_v[m, n]
        if record:
            for n in range(neurons):
                spikes[step, n] = fired[n]
            for n in range(total):
                potentials[step, 0, n], potentials[step, 1, n], potentials[step, 2, n] = u[n], v[n], a[n]
    for n in range(neurons):
        last[n] -= steps
    return draw + np.uint64(steps * per_step)


@entry
def run_patterns(
    begin, stop, sizes, first, up, down, predict, cancel, bias, inputs, targets, rates, steps, settle, window, tau_ref,
    log_tau, modes, own, kernel, seeds, runs, draws, last, u, outputs, spikes, potentials,
):  # fmt: skip
    """Show every pattern to the members begin … stop − 1, one after another, in place: as `structs.Patterns`."""
    total = first[sizes.size]
    ring_u, ring_v = np.empty((window, total)), np.empty((window, total))
    twins, rows = last.shape[1] - total, window if predict.shape[1] > 0 else 0
    ring_own, ring_y = np.empty((rows, 2 * twins + first[sizes.size - 1] - sizes[0])), np.empty((rows, twins))
    bounds = _bounds()
    record = spikes.shape[1] > 0
    for e in range(begin, stop):
        for p in range(inputs.shape[1]):
            at, until = (p * steps, (p + 1) * steps) if record else (0, 0)
            draws[e] = _pattern(
                sizes, first, up[e], down[e], predict[e], cancel[e], bias, inputs[e, p], targets[e, p], rates, steps,
                settle, tau_ref, log_tau, modes[e, p], own[p], kernel, seeds[e], runs[e], draws[e], last[e], u[e],
                ring_u, ring_v, ring_own, ring_y, bounds, outputs[e, p], spikes[e, at:until], potentials[e, at:until],
            )  # fmt: skip
            for i in range(outputs.shape[2]):
                outputs[e, p, i] /= steps - settle
