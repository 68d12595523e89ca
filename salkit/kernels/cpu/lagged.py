"""Sums of SAL's window over pairs of spikes of two layers, the window moved off zero lag.

    sums[x, y] = Σ S(t_x − t_y − d),   S(Δ) = −K(Δ) for Δ > 0 (x after y),  +K(−Δ − shift) for Δ < −shift

over all pairs of a spike of x and one of y, K rectangular or triangular and ending at tau. Each pair of trains is gone
through once, with two places in y's train that move along with x's spikes.
"""

from ._jit import entry

__all__ = ["lagged_sums", "trains_of"]


@entry
def lagged_sums(times, edges, lower, tau, delay, shift, rectangular, sums):
    """Fill sums (lower, upper) from the trains times[edges[i] : edges[i + 1]] of all neurons, the lower ones first."""
    upper = edges.size - 1 - lower
    for x in range(lower):
        for y in range(upper):
            first, end, total = edges[lower + y], edges[lower + y + 1], 0.0
            begin = first
            for k in range(edges[x], edges[x + 1]):
                t = times[k] - delay
                while begin < end and times[begin] <= t - tau:
                    begin += 1
                m = begin
                while m < end and times[m] < t + tau + shift:
                    lag = t - times[m]
                    if lag > 0.0:
                        total -= 1.0 if rectangular else 1.0 - lag / tau
                    elif lag < -shift:
                        total += 1.0 if rectangular else 1.0 + (lag + shift) / tau
                    m += 1
            sums[x, y] = total


@entry
def trains_of(times, neurons, edges, sorted_times):
    """Sort the spikes of one recording by neuron: fill edges (N + 1,) and sorted_times, in order of time."""
    n = edges.size - 1
    edges[:] = 0
    for k in range(neurons.size):
        edges[neurons[k] + 1] += 1
    for i in range(n):
        edges[i + 1] += edges[i]
    at = edges[:n].copy()
    for k in range(neurons.size):
        sorted_times[at[neurons[k]]] = times[k]
        at[neurons[k]] += 1
