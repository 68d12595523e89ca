"""Overlaps of up to three neurons in continuous time, exactly: from one return to silence to the next.

Whenever all neurons are off, everything begins anew. So rates are expectations over one cycle: silence, which lasts 1/Λ
on average (Λ = Σ e^{b_i}), and a busy period, begun by neuron i with probability e^{b_i}/Λ. Unit of time: tau_ref.

Two neurons: r_ij = π ∫_0^1 x_i(t) dt in the closed form of `salkit.stdd.continuous`.

Three neurons. Let V_i(a) be what is expected of a busy period from now on, when i alone is on, for a more; and
V_ij(a, d) when i is on for a more and j for d longer than that, a + d ≤ 1. Neurons go off in the order in which they
came on. With hazards λ_j|i, λ_k|ij and R what a spike adds,

    V_i(0) = 0         ∂V_i/∂a  = Σ_j λ_j|i  [R + V_ij(a, 1 − a) − V_i(a)]
    V_ij(0, d) = V_j(d)   ∂V_ij/∂a = λ_k|ij [R + V_jk(d, 1 − a − d) − V_ij(a, d)]

since nothing happens while all three are on until the one longest on is off, a later: then j is on for d more, k for
1 − a; that span a counts as time. The trapezoidal rule on a grid makes this one sparse linear system; its error goes
in even powers of the step, and three grids take out the first two (Romberg). R counts spikes of i while j is on; 1
for ∂a measures the time.
"""

from functools import cache
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from .network import SamplingNetwork
from .stdd.continuous import TwoNeurons
from .values import instance

__all__ = ["GRIDS", "exact_overlaps", "reversible_model"]

GRIDS = (12, 24, 48)  # steps in one tau_ref
_EXACT = 6.0  # largest effective potential of three neurons: beyond, the grids are too coarse
_PAIRS = tuple(permutations(range(3), 2))
_Array = NDArray[np.float64]


def reversible_model(network: Any) -> SamplingNetwork:
    """The network. Raises ValueError unless PSPs are rectangular, on-intervals last tau_ref and there are no delays."""
    net = instance("network", network, SamplingNetwork)
    if net.psp != "rectangular":
        raise ValueError(f"network must have rectangular PSPs, got {net.psp!r}: of others σ is not this sum")
    if net.varied and not (np.all(net.refractory == net.tau_ref) and np.all(net.psp_length == net.tau_ref)):
        raise ValueError("network must have refractory period and PSP length tau_ref: of others σ is not this sum")
    if net.delays is not None:
        raise ValueError("network must have no delays: with them σ is not this sum")
    return net


def exact_overlaps(network: SamplingNetwork) -> _Array:
    """r_ij, spikes of i while j is on, per tau_ref, shape (..., N, N): what `Spikes.overlaps` estimates.

    Of at most three neurons in continuous time. The relative error is 1e-10 for two, and for three below 1e-7 at
    potentials up to 3, below 1e-4 at the largest allowed.

    Raises
    ------
    ValueError
        For more neurons, discrete time, potentials |a_i b_i| + Σ_j |a_i W_ij| above 15 (two neurons) or 6 (three), and
        for networks as `entropy_production`.
    """
    net = reversible_model(network)
    n = net.neurons
    if net.timing != "continuous" or n > 3:
        raise ValueError(f"network must be of at most 3 neurons in continuous time, got {n} in {net.timing} time")
    weights, biases = net.effective()
    largest = float(np.max(np.abs(biases) + np.abs(weights).sum(axis=-1)))
    if largest > (most := _EXACT if n == 3 else 15.0):
        raise ValueError(f"network has potentials up to {largest:.4g}: exact overlaps are for at most {most:g}")
    found = np.zeros(weights.shape)
    if n == 2:
        two = TwoNeurons(weights[..., 0, 1], weights[..., 1, 0], biases[..., 0], biases[..., 1])
        for k in (0, 1):
            found[..., k, 1 - k] = two.both_off * two.integral(k, np.ones_like)
    for member in np.ndindex(net.ensemble if n == 3 else (0,)):
        found[member] = _three(weights[member], biases[member])
    return found


def _three(w: _Array, b: _Array) -> _Array:
    coarse, middle, fine = (_on_grid(w, b, steps) for steps in GRIDS)
    better = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    return (16 * better[1] - better[0]) / 15


@cache
def _layout(steps: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Places of V_i(a), shape (3, M + 1), and V_ij(a, d), shape (3, 3, M + 1, M + 1), −1 where there is none."""
    alone = np.arange(3 * (steps + 1)).reshape(3, steps + 1)
    m, n = np.nonzero(np.add.outer(np.arange(steps + 1), np.arange(steps + 1)) <= steps)
    both = np.full((3, 3, steps + 1, steps + 1), -1)
    for k, (i, j) in enumerate(_PAIRS):
        both[i, j, m, n] = alone.size + k * m.size + np.arange(m.size)
    return alone, both, alone.size + 6 * m.size


def _on_grid(w: _Array, b: _Array, steps: int) -> _Array:
    """r_ij from the trapezoidal rule with so many steps."""
    alone, both, size = _layout(steps)
    rows: list[Any] = []
    columns: list[Any] = []
    values: list[Any] = []
    gained = np.zeros((size, 10))  # spikes of i while j is on at 3 i + j; time at 9

    def add(row: NDArray[np.int64], column: NDArray[np.int64], value: float) -> None:
        rows.append(row.ravel())
        columns.append(column.ravel())
        values.append(np.full(row.size, value))

    half = 0.5 / steps
    m, n = np.nonzero(np.add.outer(np.arange(1, steps + 1), np.arange(steps + 1)) <= steps)
    m += 1
    for i in range(3):
        add(alone[i], alone[i], 1.0)
        row = alone[i, 1:]
        add(row, alone[i, :-1], -1.0)
        gained[row, 9] += 2 * half
        for j in (k for k in range(3) if k != i):
            rate = half * np.exp(b[j] + w[j, i])
            gained[row, 3 * j + i] += 2 * rate
            for shift in (0, 1):
                at = np.arange(1, steps + 1) - shift
                add(row, alone[i, at], rate)
                add(row, both[i, j, at, steps - at], -rate)
    for i, j in _PAIRS:
        k = 3 - i - j
        rate = half * np.exp(b[k] + w[k, i] + w[k, j])
        add(both[i, j, 0], both[i, j, 0], 1.0)
        add(both[i, j, 0], alone[j], -1.0)
        row = both[i, j, m, n]
        add(row, row, 1.0)
        add(row, both[i, j, m - 1, n], -1.0)
        gained[row, 9] += 2 * half + rate * (2 * m - 1) / steps
        for other in (i, j):
            gained[row, 3 * k + other] += 2 * rate
        for shift in (0, 1):
            add(row, both[i, j, m - shift, n], rate)
            add(row, both[j, k, n, steps - (m - shift) - n], -rate)
    matrix = sparse.csc_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (size, size))
    expected = splu(matrix).solve(gained)[alone[:, steps]]
    first = np.exp(b)
    busy = first @ expected / first.sum()
    overlaps: _Array = busy[:9].reshape(3, 3) / (1 / first.sum() + busy[9])
    return overlaps
