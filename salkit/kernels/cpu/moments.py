"""Boltzmann machines summed state by state, from IEEE operations alone: what learning aims at is the same everywhere.

p(z) = exp(½ zᵀWz + bᵀz) / Z; state k: neuron 0 is the most significant bit. (`salkit.boltzmann` is the array version.)
"""

import numpy as np

from ._jit import entry
from .elementary import exp

__all__ = ["machine_moments"]


@entry
def machine_moments(weights, biases, p, mean, coactivation):
    """Fill p (2^N,), ⟨z_i⟩ (N,) and ⟨z_i z_j⟩ (N, N; the mean on its diagonal) of one machine, W symmetric."""
    n, largest, total = biases.size, -np.inf, 0.0
    for k in range(p.size):
        p[k] = 0.0
        for i in range(n):
            if k >> (n - 1 - i) & 1:
                p[k] += biases[i]
                for j in range(i):
                    if k >> (n - 1 - j) & 1:
                        p[k] += weights[i, j]
        largest = max(largest, p[k])
    for k in range(p.size):
        p[k] = exp(p[k] - largest)
        total += p[k]
    coactivation[:] = 0.0
    for k in range(p.size):
        p[k] /= total
        for i in range(n):
            if k >> (n - 1 - i) & 1:
                for j in range(n):
                    if k >> (n - 1 - j) & 1:
                        coactivation[i, j] += p[k]
    for i in range(n):
        mean[i] = coactivation[i, i]
