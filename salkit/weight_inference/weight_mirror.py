"""The weight mirror: noise through the forward weights, and what it looks like on the other side; and Kolen–Pollack.

Rate neurons. Layer x shows uniform noise of width 0.1 and mean 0, y answers with σ(W x), and in batches of 128 patterns

    B_ik += η x_i y_k − η λ B_ik        E[x_i y_k] = σ'(0) Var(x) W_ki

Noise has mean 0, its answers have not: taken as they are (as in the source's public code) their mean of ½ adds variance
but no signal, hence `centred`. The public code scales B to a common size afterwards, but assigns that to a loop
variable; here λ bounds B.

Spiking neurons. The network and the drive of `salkit.weight_inference.stdwi`; x_i and y_k are the numbers of spikes in
one period of the drive (0.1 s) minus their means over a batch of 100 periods. A batch is learned at its end.

Kolen–Pollack gives B the transpose of every update of W, and both the same decay: W − Bᵀ shrinks as (1 − λ)^steps,
whatever the updates are. It copies by copying updates, so it is defined where W learns: with W fixed, as in Fig. 7,
there are no updates to share (and if the decay were applied to B alone, it would only forget).

Sources: Akrout, Wilson, Humphreys, Lillicrap & Tweed, "Deep learning without weight transport" (2019), and its public
code; the spiking form: Ahmad, Ambrogioni & van Gerven 2020, and its public code; Kolen & Pollack 1994.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..philox import Purpose, uniform
from ..values import MOST, array, checked, choice, flag, number, room, whole
from .stdwi import Network, run_network

__all__ = ["NEURONS", "WeightMirror", "kolen_pollack", "learn"]

NEURONS = ("rate", "spiking")
_Array = NDArray[np.float64]


@dataclass(frozen=True)
class WeightMirror(Network):
    """Parameters of a weight mirror; times in seconds, a pattern a `period`. Defaults: the spiking one as published.

    Parameters
    ----------
    neurons : "rate" or "spiking"
    lr, decay : float
        η and λ.
    batch : int
        Patterns that are learned at a time.
    centred : bool
        Whether means over the batch are subtracted.
    noise : float
        Width of the noise that rate neurons show.
    inputs … forward_scale
        As in `Network`; drive and membrane are those of spiking neurons only.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    neurons: str = checked("spiking", choice, allowed=NEURONS)
    lr: float = checked(1e-4, number, least=0, most=MOST)
    decay: float = checked(0.2, number, least=0, most=MOST)
    batch: int = checked(100, whole, least=2, most=10**6)
    centred: bool = checked(True, flag)
    noise: float = checked(0.1, number, positive=True, most=100)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lr * self.decay > 1:
            raise ValueError(f"decay times lr = {self.lr!r} must be at most 1, got {self.decay!r}")


def learn(
    own: Sequence[WeightMirror],
    weights: _Array,
    full: _Array,
    feedback: _Array,
    counts: NDArray[np.int64],
    seeds: Sequence[int],
    threads: int,
) -> None:
    """Fill feedback (R, reports, x, y) and counts (R, reports, x + y), 0 for rates: weights (R, y, x)."""
    patterns = int(own[0].duration / own[0].period + 1e-9)
    x = own[0].inputs
    room("the spikes of every pattern", float(len(own)) * patterns * (x + own[0].outputs), "use a shorter duration")
    spiking = [r for r, p in enumerate(own) if p.neurons == "spiking"]
    answers = np.zeros((len(own), patterns, x + own[0].outputs))
    if spiking:
        shown = np.zeros((len(spiking), patterns + 1, answers.shape[2]), np.int64)
        some, seen = feedback[spiking], counts[spiking]  # copies
        chosen = [own[r] for r in spiking]
        run_network(
            chosen, [[1.0, 1.0, 0.0, 0.0]] * len(spiking), weights[spiking], some, seen, shown,
            [seeds[r] for r in spiking], threads,
        )  # fmt: skip
        answers[spiking], counts[spiking] = shown[:, :patterns], seen
    for r, p in enumerate(own):
        if p.neurons == "rate":
            noise = p.noise * (uniform(seeds[r], Purpose.SAMPLING, patterns * x).reshape(patterns, x) - 0.5)
            answers[r, :, :x], answers[r, :, x:] = noise, 1 / (1 + np.exp(-noise @ weights[r].T))
        done = 0
        for report in range(1, p.reports):
            feedback[r, report] = feedback[r, report - 1]
            until = int(report * p.report_every / p.period + 1e-9) // p.batch
            for pattern in range(done * p.batch, until * p.batch, p.batch):
                _mirror(feedback[r, report], answers[r, pattern : pattern + p.batch], p)
            done = until


def _mirror(b: _Array, shown: _Array, p: WeightMirror) -> None:
    """Learn a batch, shape (batch, x + y), in place: pattern by pattern, in closed form."""
    shown = shown - shown.mean(axis=0) if p.centred else shown
    kept = (1 - p.lr * p.decay) ** np.arange(p.batch, -1.0, -1.0)
    b *= kept[0]
    b += p.lr * (kept[1:, None] * shown[:, : p.inputs]).T @ shown[:, p.inputs :]


def kolen_pollack(
    updates: ArrayLike, forward: ArrayLike, feedback: ArrayLike, decay: float
) -> Iterator[tuple[_Array, _Array]]:
    """W and B after every update: W ← (1 − λ) W + U, B ← (1 − λ) B + Uᵀ.

    Parameters
    ----------
    updates : array, shape (T, n, m)
        U of each step, as some rule gave them.
    forward, feedback : array, shape (n, m) and (m, n)
        The weights at the start.
    decay : float
        λ, from 0 to 1.

    Raises
    ------
    ValueError
        For shapes that do not fit and numbers that are not finite.
    """
    u, decay = array("updates", updates, ndim=3, least=-MOST, most=MOST), number("decay", decay, least=0, most=1)
    w = array("forward", forward, ndim=2, least=-MOST, most=MOST)
    b = array("feedback", feedback, ndim=2, least=-MOST, most=MOST)
    if w.shape != u.shape[1:]:
        raise ValueError(f"forward must have the shape of one of updates, {u.shape[1:]}, got {w.shape}")
    if b.shape != w.shape[::-1]:
        raise ValueError(f"feedback must have shape {w.shape[::-1]}, got {b.shape}")
    return _steps(u, w, b, decay)


def _steps(u: _Array, w: _Array, b: _Array, decay: float) -> Iterator[tuple[_Array, _Array]]:
    for update in u:
        w, b = (1 - decay) * w + update, (1 - decay) * b + update.T
        yield w, b
