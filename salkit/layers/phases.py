"""A symmetrisation phase for weights that a caller brings: feedback in, better feedback out."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernels.cpu import thread_count
from ..network import LARGEST_POTENTIAL
from ..philox import check_seed
from ..values import MOST, array, number, room, shown, whole
from .geometry import fit, unpack
from .law import law
from .training import FROZEN, annealed, begin_phase

__all__ = ["Symmetrised", "symmetrise"]

_Array = NDArray[np.float64]
_CYCLE = 100.0  # tau_ref between updates
_LONGEST = 1e9


class Symmetrised(NamedTuple):
    """What a phase left behind.

    backward: one array a link, of the shape it was given in. angle (degrees) and slope of B to Wᵀ (..., links); rates
    per tau_ref and the share of neurons that are frozen, below 0.02 or above 0.98, (..., layers). All with the axis of
    runs if the weights had one.
    """

    backward: list[_Array]
    angle: _Array
    slope: _Array
    rates: _Array
    frozen: _Array


def symmetrise(
    forward: Sequence[ArrayLike],
    backward: Sequence[ArrayLike],
    seed: int | Sequence[int],
    length: float,
    temperature: float = 1.0,
    rate: float = 0.5,
    window: str = "rectangular",
    lr: float | None = None,
    mismatch: float = 2.0**0.5,
    biases: Sequence[ArrayLike] | None = None,
    phase: int = 0,
    threads: int | None = None,
) -> Symmetrised:
    """Let layers sample freely for `length` tau_ref while SAL moves feedback weights, from silence.

    Parameters
    ----------
    forward, backward : sequences of arrays, one a link
        W_l of shape (n_l, n_{l−1}) and B_l of shape (n_{l−1}, n_l), or all with an axis of runs before.
    seed : int, or a sequence of them, one a run
        Random numbers are named (seed, run, phase); with seeds of their own all runs are run 0.
    length : float
        In tau_ref, taken up to whole cycles of 100 (one shorter cycle if it is less).
    temperature, rate, window
        As in `Layers`; biases are homeostatic.
    lr : float, optional
        Constant η per pair of spikes; by default the schedule of `salkit.layers.law`.
    mismatch : float
        For that schedule: the rms of B − Wᵀ to be expected at the start, in units of the rms of each W_l. √2 if
        feedback is as large as W and independent; 0.1 … 0.3 if it was aligned and W has moved since.
    biases : sequence of arrays (n_l,), optional
        One for each layer, instead of homeostatic ones.
    phase : int
        Number of this phase, so that each has random numbers of its own.
    threads : int, optional
        As in `salkit.simulate`.

    Returns
    -------
    Symmetrised
        The caller's arrays are left alone.

    Raises
    ------
    ValueError
        Naming the value and what is allowed, also when weights grow beyond what neurons may have.
    MemoryError
        When the runs cannot fit.
    """
    ws, bs, many = _matrices(forward, backward)
    threads, constants = thread_count(threads), law(rate, window)
    length = float(number("length", length, positive=True, most=_LONGEST))
    temperature = float(number("temperature", temperature, least=0.01, most=1000))
    mismatch = float(number("mismatch", mismatch, least=0, most=MOST))
    phase = whole("phase", phase, most=2**20)
    cycle = min(_CYCLE, length)
    cycles, runs = int(np.ceil(length / cycle)), ws[0].shape[0]
    seeds, numbers = _seeds(seed, runs)
    room(f"symmetrising {runs} runs", 8.0 * sum(w.size for w in ws) + runs * cycles * len(ws), "use fewer runs")
    sizes = [ws[0].shape[2], *(w.shape[1] for w in ws)]
    drive = np.full((runs, sum(sizes)), temperature * np.log(rate / (1.0 - rate)))
    if biases is not None:
        drive[:] = np.concatenate(_biases(biases, sizes))
    stop = cycle * np.arange(1, cycles + 1)[None, :, None]
    if lr is None:
        variance = mismatch**2 * np.array([np.mean(w * w, axis=(1, 2)) for w in ws]).T[:, None, :]
        back = annealed(constants, "sal", temperature, variance, stop)
    else:
        back = np.full((runs, cycles, len(ws)), float(number("lr", lr, least=0, most=MOST)))
    network = begin_phase(
        ws, bs, drive, seeds, numbers, balance=0.0 if biases is not None else rate,
        temperature=temperature, window=window, rate=rate, cycle_length=cycle,
    )  # fmt: skip
    network.draws += np.uint64(phase << 32)
    network.learn(back, np.zeros_like(back), threads)
    g, learned = network.geometry, unpack(network.geometry, network.weights)[1]
    fits = [fit(w, b) for w, b in zip(ws, learned, strict=True)]
    own = network.counts / (cycles * cycle)
    places = [g.of_layer(layer) for layer in range(len(sizes))]
    rates = np.stack([own[:, place].mean(axis=1) for place in places], axis=1)
    frozen = np.stack([_frozen(own[:, place]) for place in places], axis=1)
    found = [np.stack([f.angle for f in fits], axis=1), np.stack([f.slope for f in fits], axis=1), rates, frozen]
    if not many:
        learned, found = [b[0] for b in learned], [values[0] for values in found]
    return Symmetrised(learned, *found)


def _seeds(seed: Any, runs: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """(seed, run) of every run. Raises ValueError."""
    if not isinstance(seed, Sequence) or isinstance(seed, str):
        check_seed(seed)
        return np.full(runs, seed, np.uint64), np.arange(runs, dtype=np.uint64)
    for each in seed:
        check_seed(each)
    if len(seed) != runs:
        raise ValueError(f"seed must be one for all runs or one for each, got {len(seed)} for {runs} runs")
    return np.array(seed, np.uint64), np.zeros(runs, np.uint64)


def _frozen(rates: _Array) -> _Array:
    return ((rates < FROZEN) | (rates > 1.0 - FROZEN)).mean(axis=1)


def _matrices(forward: Any, backward: Any) -> tuple[list[_Array], list[_Array], bool]:
    """Checked matrices with an axis of runs, and whether they had it. Raises ValueError."""
    lists = []
    for name, given in (("forward", forward), ("backward", backward)):
        try:
            lists.append([array(f"each of {name}", w, most=LARGEST_POTENTIAL, least=-LARGEST_POTENTIAL) for w in given])
        except TypeError:
            raise ValueError(f"{name} must be a sequence of matrices, got {shown(given)}") from None
    ws, bs = lists
    if not ws or len({w.ndim for w in ws}) > 1 or ws[0].ndim not in (2, 3) or any(0 in w.shape for w in ws):
        raise ValueError(
            f"forward must be matrices (n_l, n_l-1), or (runs, n_l, n_l-1), got {shown([w.shape for w in ws])}"
        )
    if any(a.shape[-2] != b.shape[-1] or a.shape[:-2] != b.shape[:-2] for a, b in pairwise(ws)):
        raise ValueError(f"forward matrices must follow each other, got shapes {shown([w.shape for w in ws])}")
    wanted = [(*w.shape[:-2], w.shape[-1], w.shape[-2]) for w in ws]
    if [b.shape for b in bs] != wanted:
        raise ValueError(
            f"backward must be of forward's shapes transposed, {shown(wanted)}, got {shown([b.shape for b in bs])}"
        )
    many = ws[0].ndim == 3
    return ([*ws], [*bs], many) if many else ([w[None] for w in ws], [b[None] for b in bs], many)


def _biases(biases: Any, sizes: list[int]) -> list[_Array]:
    try:
        found = [array("each of biases", b, 1, -LARGEST_POTENTIAL, LARGEST_POTENTIAL) for b in biases]
    except TypeError:
        raise ValueError(f"biases must be a sequence of arrays, got {shown(biases)}") from None
    if [b.size for b in found] != sizes:
        raise ValueError(f"biases must be of {sizes} neurons, got {[b.size for b in found]}")
    return found
