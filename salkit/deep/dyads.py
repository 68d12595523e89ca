"""Rates and errors out of spikes: forward neurons z, and a pair y⁺, y⁻ of each, whose difference is the error.

    z_l    u  = b_l + W_l ζ_{l−1}
    y±_l   u± = b_l + W_l ζ_{l−1} ± a_l,   a_l = λ B_l (η⁺_{l+1} − η⁻_{l+1})/2,   a_L = β (y − ζ_L)

All are sampling neurons, on for one refractory time from each spike; ζ, η± are their PSPs, 1/K high for K refractory
times (in SAL's phases 1 high for one). Input neurons are on with the probability that the input says, of its range over
the training patterns (at most 0.99), and their PSPs give it back. A pattern is shown from silence, for `settle` and
then for T, in which spikes are counted:

    r_l = n/T,   q_l = (n⁺ − n⁻)/(2T)

z knows nothing of errors, y differs from it by what errors do, so that one phase is enough. The weights W of z and of
its pair are held equal, as those of pyramidal neurons and interneurons in the microcircuit. If potentials did not
fluctuate, q_l = [σ(v + a) − σ(v − a)]/2 = σ'(v) a + O(a³): to first order βλ^{L−l} times the errors of `networks`.
Plasticity sees potentials averaged over the pattern, and spikes of the layer below, as in the paper's microcircuit:

    v_l = b_l + W_l r_{l−1},   a_l = λ B_l q_{l+1},   a_L = β (y − r_L)
    e_l = [σ(v_l + a_l) − σ(v_l − a_l)]/(2 β λ^{L−l}),   ΔW_l = ⟨e_l r_{l−1}ᵀ⟩,   Δb_l = ⟨e_l⟩

What spikes cost: a rate has the variance ρ(1 − ρ)²/T, q half of it; and potentials fluctuate by about
Σ w² ρ(1 − ρ)²/K, which bends the activation function. K → ∞, T/K → ∞ and β → 0 is the rate network.

Sources: Gierlich et al. 2025, Fig. 6 (plasticity; y takes the place of nudged pyramidal neurons, z of interneurons);
Høier, Staudt & Zach 2023 (pairs pushed either way, for rates); the spiking network is this suite's.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import cpu
from ..kernels.cpu.potentials import LANES
from ..network import LARGEST_POTENTIAL
from ..philox import Purpose
from ..values import room
from .parameters import Deep

__all__ = ["Shown", "errors", "show", "spanned"]

_Array = NDArray[np.float64]
_HIGHEST = 0.99  # on-probability of an input neuron


class Places(NamedTuple):
    """What `kernels.cpu.dyads` describes: sizes, width, start, up_at, down_at (layers,); how many places and rows."""

    sizes: NDArray[np.int64]
    width: NDArray[np.int64]
    start: NDArray[np.int64]
    up_at: NDArray[np.int64]
    down_at: NDArray[np.int64]
    number: int
    up_rows: int
    down_rows: int


@cache
def places(sizes: tuple[int, ...]) -> Places:
    """The places for layers of these sizes."""
    size = np.array(sizes, np.int64)
    width = (size + LANES - 1) // LANES * LANES
    up = np.concatenate([size[:-1] * width[1:], [0]])
    down = np.concatenate([[0, 0], size[2:] * width[1:-1]])
    start, up_at, down_at = (np.concatenate([[0], np.cumsum(x)[:-1]]).astype(np.int64) for x in (width, up, down))
    return Places(size, width, start, up_at, down_at, int(width.sum()), int(up.sum()), int(down.sum()))


def _rows(count: int, matrices: Sequence[_Array], at: NDArray[np.int64], width: NDArray[np.int64]) -> _Array:
    """Matrices (run, post, pre), each in rows by its presynaptic unit, padded with 0."""
    flat = np.zeros((matrices[0].shape[0], count))
    for m, first, n in zip(matrices, at, width, strict=True):
        runs, post, pre = m.shape
        flat[:, first : first + pre * n].reshape(runs, pre, n)[:, :, :post] = np.swapaxes(m, 1, 2)
    return flat


def spanned(inputs: _Array) -> tuple[float, float]:
    """Least and greatest of the inputs, (pattern, n_0): what on-probabilities of 0 and 1 stand for."""
    return float(inputs.min()), float(inputs.max())


class Shown(NamedTuple):
    """r_0 … r_L and q_2 … q_L, each (run, pattern, n_l), measured from spikes."""

    rates: list[_Array]
    differences: list[_Array]


def show(
    p: Deep, weights: Sequence[_Array], biases: Sequence[_Array], feedback: Sequence[_Array], inputs: _Array,
    targets: _Array, span: _Array, *, seeds: NDArray, numbers: NDArray, purpose: Purpose, epoch: int, length: float,
    threads: int, pairs: bool = True,
) -> Shown:  # fmt: skip
    """Show patterns, each from silence, for p.settle + `length`; arrays as in `networks`; without `pairs` only to z.

    span (run, 2): the inputs that stand for on-probabilities of 0 and 1. seeds (run,), numbers (run, pattern), purpose
    and epoch name the random numbers. A run whose weights allow potentials beyond 500 is NaN.
    """
    g = places((inputs.shape[2], *(w.shape[1] for w in weights)))
    runs = np.flatnonzero(_highest(p, weights, biases, feedback, span, targets) <= LARGEST_POTENTIAL)
    low, width = span[:, :1], span[:, 1:] - span[:, :1]
    on = np.clip((inputs - low[..., None]) / width[..., None], 0.0, _HIGHEST)
    flat = np.zeros((inputs.shape[0], g.number))
    for layer, b in enumerate((biases[0] + low * weights[0].sum(axis=2), *biases[1:]), start=1):
        flat[:, g.start[layer] : g.start[layer] + g.sizes[layer]] = b
    forward = _rows(g.up_rows, (weights[0] * width[..., None], *weights[1:]), g.up_at[:-1], g.width[1:])
    backward = _rows(g.down_rows, feedback, g.down_at[2:], g.width[1:-1])
    number = inputs.shape[0] * inputs.shape[1]
    of_threads = min(threads, number) * 8.0 * g.number * (p.settle + length)
    room(f"showing {number} patterns", 8.0 * number * g.number + of_threads, "show fewer or shorter ones")
    counts = np.zeros((runs.size, inputs.shape[1], 3, g.number), np.int64)
    given = {
        **g._asdict(), "forward": forward[runs], "backward": backward[runs], "biases": flat[runs],
        "hazards": (on / (1.0 - on))[runs], "targets": targets[runs], "apical": float(p.apical),
        "nudge": float(p.nudge), "pairs": pairs, "psp": float(p.psp_length), "settle": float(p.settle),
        "duration": float(p.settle + length), "seeds": seeds[runs].astype(np.uint64),
        "numbers": numbers[runs].astype(np.uint64), "counts": counts,
        "draws": np.full(runs.size, (int(purpose) << 56) + (epoch << 32), np.uint64),
    }  # fmt: skip
    if runs.size:
        cpu.show_dyads(counts.shape[0] * counts.shape[1], threads, given)
    seen = np.full((inputs.shape[0], *counts.shape[1:]), np.nan)
    seen[runs] = counts / length
    layers = [seen[..., first : first + n] for first, n in zip(g.start, g.sizes, strict=True)]
    rates = [r[:, :, 0] for r in layers]
    rates[0] = low[..., None] + width[..., None] * rates[0]
    return Shown(rates, [(r[:, :, 1] - r[:, :, 2]) / 2.0 for r in layers[2:]])


def _highest(
    p: Deep, weights: Sequence[_Array], biases: Sequence[_Array], feedback: Sequence[_Array], span: _Array,
    targets: _Array,
) -> _Array:  # fmt: skip
    """A bound on the potentials of each run: of PSPs 1/K high, no more than K taken up to a whole number add up."""
    psp = np.ceil(p.psp_length) / p.psp_length
    most, lowest = np.zeros(len(span)), np.abs(span).max(axis=1)
    for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
        u = np.abs(b) + np.abs(w).sum(axis=2) * (psp if layer else 2.0 * psp * lowest[:, None])
        if layer < len(feedback):
            u = u + p.apical * psp * np.abs(feedback[layer]).sum(axis=2)
        else:
            u = u + p.nudge * (np.abs(targets).max() + psp)
        most = np.maximum(most, u.max(axis=1))
    return most


def errors(
    p: Deep, weights: Sequence[_Array], biases: Sequence[_Array], feedback: Sequence[_Array], shown: Shown,
    targets: _Array,
) -> list[_Array]:  # fmt: skip
    """e_1 … e_L, each (run, pattern, n_l), from potentials that spikes give."""
    found, gain, top = [], p.nudge, len(weights) - 1
    for layer in range(top, -1, -1):
        v = shown.rates[layer] @ np.swapaxes(weights[layer], 1, 2) + biases[layer][:, None]
        if layer == top:
            a = p.nudge * (targets - shown.rates[-1])
        else:
            a = p.apical * shown.differences[layer] @ np.swapaxes(feedback[layer], 1, 2)
            gain *= p.apical
        found.append((_logistic(v + a) - _logistic(v - a)) / (2.0 * gain))
    return found[::-1]


def _logistic(u: _Array) -> _Array:
    return 1.0 / (1.0 + np.exp(-np.clip(u, -700.0, 700.0)))
