"""One pass over a spike train: what precedes each spike, and the likelihood of weights that may have caused it.

While neuron i is off it spikes with hazard λ_i = exp(u_i)/tau_ref, u_i = b_i + Σ_j W_ij z_j. Over a train of duration T

    before[j, i]   = number of spikes of i while j was on                       what the data say about W_ij
    blocked[j, i]  = ∫ (1 − z_i) λ_i z_j dt                                     what W and b expect of it
    expected[i]    = ∫ (1 − z_i) λ_i dt
    log L_i        = Σ_j W_ij before[j, i] + b_i N_i − expected[i] − N_i ln tau_ref

so that before − blocked is the gradient with respect to W. λ follows by factors e^{±W_ij} as j switches on and off;
integrals over z_j are differences of a running integral at j's on- and offset: an event costs O(N). Continuous time,
equal tau_ref.
"""

import numpy as np

from ._jit import entry, jit
from .elementary import exp

__all__ = ["count_before", "expect"]

_REFRESH = 1024  # spikes between two products from scratch


@jit
def _resume(ages, tau_ref, last, ring):
    """The neurons that are on at the start, longest on first; how many they are."""
    on = 0
    for i in range(ages.size):
        last[i] = -ages[i]
        if ages[i] < tau_ref:
            place = on
            while place > 0 and last[ring[place - 1]] > last[i]:
                ring[place] = ring[place - 1]
                place -= 1
            ring[place] = i
            on += 1
    return on


@entry
def count_before(times, neurons, ages, tau_ref, places, before, moments):
    """Add a train's spikes to before (N, N), and to moments (N, K + 1, K + 1) those of pairs of neurons that were on.

    places (N, N): where j stands among the K regressors of i, −1 if nowhere; the last one is the constant 1.
    """
    n, size = ages.size, moments.shape[1]
    last, ring, regressors = np.empty(n), np.empty(n, np.int64), np.empty(max(size, 1), np.int64)
    on, head = _resume(ages, tau_ref, last, ring), 0
    for s in range(times.size):
        t, i = times[s], neurons[s]
        while on > 0 and last[ring[head]] + tau_ref <= t:
            head = head + 1 if head + 1 < n else 0
            on -= 1
        count = 0
        for m in range(on):
            place = head + m
            j = ring[place if place < n else place - n]
            before[j, i] += 1.0
            if size > 0 and places[i, j] >= 0:
                regressors[count] = places[i, j]
                count += 1
        if size > 0:
            regressors[count] = size - 1
            for a in range(count + 1):
                row = moments[i, regressors[a]]
                for b in range(count + 1):
                    row[regressors[b]] += 1.0
        last[i] = t
        place = head + on
        ring[place if place < n else place - n] = i
        on += 1


@entry
def expect(times, neurons, ages, tau_ref, duration, weights, biases, blocked, expected):
    """Add a train's integrals to blocked (N, N) and expected (N,); weights (N, N) from column to row."""
    n = ages.size
    rising, falling = np.empty((n, n)), np.empty((n, n))
    for i in range(n):
        for j in range(n):
            rising[j, i], falling[j, i] = exp(weights[i, j]), exp(-weights[i, j])
    last, ring, mark = np.empty(n), np.empty(n, np.int64), np.zeros((n, n))
    on, head = _resume(ages, tau_ref, last, ring), 0
    rate, off, total = np.empty(n), np.ones(n), np.zeros(n)
    for m in range(on):
        off[ring[m]] = 0.0
    _products(rising, biases, tau_ref, ring, head, on, rate)
    t, s = 0.0, 0
    while True:
        stop, kind = duration, 0
        if s < times.size:
            stop, kind = times[s], 1
        if on > 0 and last[ring[head]] + tau_ref <= stop:
            stop, kind = last[ring[head]] + tau_ref, 2
        span = stop - t
        for k in range(n):
            total[k] += off[k] * rate[k] * span
        t = stop
        if kind == 0:
            break
        if kind == 2:
            j = ring[head]
            head = head + 1 if head + 1 < n else 0
            on -= 1
            off[j] = 1.0
            for k in range(n):
                blocked[j, k] += total[k] - mark[j, k]
                rate[k] *= falling[j, k]
            continue
        i = neurons[s]
        last[i] = t
        place = head + on
        ring[place if place < n else place - n] = i
        on += 1
        s += 1
        off[i] = 0.0
        for k in range(n):
            mark[i, k] = total[k]
            rate[k] *= rising[i, k]
        if s % _REFRESH == 0:
            _products(rising, biases, tau_ref, ring, head, on, rate)
    for m in range(on):
        place = head + m
        j = ring[place if place < n else place - n]
        for k in range(n):
            blocked[j, k] += total[k] - mark[j, k]
    for k in range(n):
        expected[k] += total[k]


@jit
def _products(rising, biases, tau_ref, ring, head, on, rate):
    """λ from scratch."""
    n = biases.size
    for k in range(n):
        rate[k] = exp(biases[k]) / tau_ref
    for m in range(on):
        place = head + m
        j = ring[place if place < n else place - n]
        for k in range(n):
            rate[k] *= rising[j, k]
