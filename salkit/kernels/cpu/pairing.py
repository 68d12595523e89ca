"""Sums over pairs of spikes where spikes need time to arrive: for each synapse of its own two trains.

    causal[i, j]   Σ K(t_i − a)                of spikes of i, a = t_j + d_ij the latest arrival at the synapse before
    against[i, j]  Σ K(a − t_i − shift_ij)     of arrivals a, t_i the latest spike of i before a − shift_ij

Pairs of lag 0 count on neither side. Numbers: window 0 triangular, 1 exponential, 2 rectangular; pairing 0 nearest,
1 consecutive (the later train has no spike since the earlier one's), 2 all (traces, from time 0 on).
"""

from ._jit import entry, jit
from .elementary import exp

__all__ = ["sum_pairs"]


@jit
def _window(kind, x):
    if kind == 1:
        return exp(-x)
    if x >= 1.0:
        return 0.0
    return 1.0 - x if kind == 0 else 1.0


@jit
def _one_sided(later, first, earlier, second, tau, duration, kind, pairing):
    """Σ K over pairs whose later spike is of one train and within the recording; first, second: added to the trains."""
    found, m, trace, at = 0.0, 0, 0.0, 0.0
    for k in range(later.size):
        t = later[k] + first
        while m < earlier.size and earlier[m] + second < t:
            if pairing == 2 and earlier[m] + second >= 0.0:
                trace = trace * exp((at - earlier[m] - second) / tau) + 1.0
                at = earlier[m] + second
            m += 1
        if t < 0.0 or t >= duration or m == 0:
            continue
        if pairing == 2:
            found += trace * exp((at - t) / tau)
            continue
        latest = earlier[m - 1] + second
        if pairing == 0 or k == 0 or later[k - 1] + first <= latest:
            found += _window(kind, (t - latest) / tau)
    return found


@entry
def sum_pairs(times, begins, delays, shift, tau, duration, kind, pairing, causal, against):
    """Fill causal and against (N, N). times[begins[i] : begins[i + 1]]: all spikes of i that are known, in order, those
    before the recording negative; delays, shift (N, N).
    """
    n = causal.shape[0]
    for i in range(n):
        post = times[begins[i] : begins[i + 1]]
        for j in range(n):
            if i != j:
                pre, d = times[begins[j] : begins[j + 1]], delays[i, j]
                causal[i, j] = _one_sided(post, 0.0, pre, d, tau, duration, kind, pairing)
                against[i, j] = _one_sided(pre, d, post, shift[i, j], tau, duration, kind, pairing)
