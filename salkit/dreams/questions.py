"""What a network answers while some of its visible neurons are held: labels, missing halves, free dreams.

Held neurons are a part of the biases of those they drive,  b_i + Σ_{j held} W_ij v_j,  the others go on sampling. The
answer of a neuron is the share of time it is on: spikes per refractory time, counted after the network has settled.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernels import cpu
from ..layers.geometry import geometry, pack
from ..network import LARGEST_POTENTIAL
from ..philox import Purpose
from ..runs import seed_pairs
from ..values import array, instance, number, room, whole

__all__ = ["Network", "ask", "dream"]

_Array = NDArray[np.float64]
_SHORTEST, _LONGEST = 1e-3, 1e9  # in tau_ref
_QUESTION, _KIND = 32, 48  # the random numbers of question q of a kind begin at kind · 2^48 + q · 2^32


class Network(NamedTuple):
    """Weights upwards (run, hidden, visible) and downwards (run, visible, hidden), biases (run, visible + hidden)."""

    up: _Array
    down: _Array
    biases: _Array

    @property
    def visible(self) -> int:
        """Number of visible neurons."""
        return int(self.up.shape[2])

    @property
    def symmetric(self) -> _Array:
        """Means of reciprocal weights, (run, hidden, visible)."""
        return 0.5 * (self.up + np.swapaxes(self.down, 1, 2))


def ask(
    network: Network,
    held: ArrayLike,
    seeds: Any,
    settle: float = 10.0,
    length: float = 30.0,
    kind: int = 0,
    threads: int | None = None,
) -> _Array:
    """The share of time that each visible neuron is on while others are held.

    Parameters
    ----------
    network : Network
    held : array, of shape (Q, V) or (R, Q, V): R networks, Q questions, V visible neurons
        0 or 1 where a neuron is held, −1 where it is free: the same neurons in all questions, some free, some not.
    seeds : sequence of int or of pairs of int, one a run
        As in `salkit.dreams.train`.
    settle, length : float
        For how long a question is held before spikes count, and for how long they count; in tau_ref.
    kind : int
        From 0 to 255: each kind of question has random numbers of its own.
    threads : int, optional
        As in `salkit.simulate`.

    Returns
    -------
    array (run, question, visible)
        Held neurons as they are held, from 0 to 1.

    Raises
    ------
    ValueError
        For values and shapes that are not allowed.
    MemoryError
        When the questions cannot fit.
    """
    up, down, biases = checked_network(network)
    runs, _, visible = up.shape
    given = array("held", held)
    given = np.repeat(given[None], runs, axis=0) if given.ndim == 2 else given
    if given.ndim != 3 or given.shape[0] != runs or given.shape[2] != visible or not given.shape[1]:
        raise ValueError(f"held must be of shape (question, {visible}), or with {runs} runs before, got {given.shape}")
    free = np.all(given == -1, axis=(0, 1))
    if not np.all((given[:, :, ~free] == 0) | (given[:, :, ~free] == 1)) or not free.any():
        raise ValueError("held must be 0 or 1, or -1 for the same free neurons in all questions, one at least")
    questions = given.shape[1]
    fixed = given[:, :, ~free]
    drive = biases[:, None, visible:] + np.einsum("rqv,rhv->rqh", fixed, up[:, :, ~free])
    drive = np.concatenate([np.repeat(biases[:, None, :visible][:, :, free], questions, axis=1), drive], axis=2)
    found = _run(
        up[:, :, free], down[:, free], drive, seeds, settle=settle, length=length, states=0, kind=kind, threads=threads
    )
    answer = np.array(given, np.float64)
    answer[:, :, free] = np.minimum(found[0] / length, 1.0)
    return answer


def dream(
    network: Network,
    seeds: Any,
    states: int,
    chains: int = 4,
    settle: float = 100.0,
    gap: float = 2.0,
    kind: int = 1,
    threads: int | None = None,
) -> NDArray[np.uint8]:
    """States of free sampling, from silence: shape (run, chain, states, visible + hidden), a `gap` apart.

    Arguments as those of `ask`. Raises ValueError and MemoryError as `ask`, and for numbers below 1.
    """
    up, down, biases = checked_network(network)
    gap = float(number("gap", gap, least=_SHORTEST, most=_LONGEST))
    states, chains = whole("states", states, least=1), whole("chains", chains, least=1, most=2**16 - 1)
    drive = np.repeat(biases[:, None], chains, axis=1)
    return _run(up, down, drive, seeds, settle=settle, length=gap, states=states, kind=kind, threads=threads)[1]


def checked_network(network: Network) -> tuple[_Array, _Array, _Array]:
    """Its arrays. Raises ValueError for shapes that do not fit and potentials beyond 500."""
    given = instance("network", network, Network)
    up, down, biases = (array(f"network.{n}", part) for n, part in zip(Network._fields, given, strict=True))
    fits = up.ndim == 3 and down.shape == (up.shape[0], up.shape[2], up.shape[1])
    if not fits or 0 in up.shape or biases.shape != (up.shape[0], up.shape[1] + up.shape[2]):
        shapes = ", ".join(str(value.shape) for value in (up, down, biases))
        raise ValueError(f"network must be (run, hidden, visible), (run, visible, hidden), (run, all), got {shapes}")
    reach = np.concatenate([np.abs(down).sum(axis=2), np.abs(up).sum(axis=2)], axis=1) + np.abs(biases)
    if np.any(reach > LARGEST_POTENTIAL):
        raise ValueError(f"network must have |bias| + sum of |weights| up to {LARGEST_POTENTIAL:g}")
    return up, down, biases


def _run(
    up: _Array, down: _Array, drive: _Array, seeds: Any, *, settle: float, length: float, states: int, kind: int,
    threads: int | None,
) -> tuple[_Array, NDArray[np.uint8]]:  # fmt: skip
    """Spikes (run, question, visible) and states (run, question, states, visible + hidden)."""
    threads = cpu.thread_count(threads)
    settle = float(number("settle", settle, least=0, most=_LONGEST))
    length = float(number("length", length, least=_SHORTEST, most=_LONGEST))
    kind = whole("kind", kind, most=255)
    runs, hidden, visible = up.shape
    questions = whole("the number of questions", drive.shape[1], most=2**16 - 1)
    pairs = seed_pairs(seeds)
    if len(pairs) != runs:
        raise ValueError(f"seeds must be one or one pair for each of {runs} runs, got {len(pairs)}")
    g = geometry((visible, hidden))
    total = runs * questions
    room(f"{total} questions", total * (3.0 * g.neurons + states * g.neurons / 8.0), "ask fewer questions at once")
    own = np.zeros((total, g.neurons))
    own[:, g.of_layer(0)] = drive[:, :, :visible].reshape(total, visible)
    own[:, g.of_layer(1)] = drive[:, :, visible:].reshape(total, hidden)
    targets, starts = (np.repeat(column, questions) for column in np.array(pairs, np.uint64).reshape(runs, 2).T)
    first = (int(Purpose.VALIDATION) << 56) + (kind << _KIND)
    draws = np.uint64(first) + (np.arange(questions, dtype=np.uint64) << np.uint64(_QUESTION))
    given = dict(
        **g._asdict(), weights=pack(g, [up], [down]), member=np.repeat(np.arange(runs), questions), drive=own,
        settle=settle, duration=length, seeds=starts, runs=targets, ends=np.full((total, g.neurons), -1.0),
        draws=np.tile(draws, runs), rests=np.full(total, -1.0), counts=np.zeros((total, g.neurons), np.int64),
        states=np.zeros((total, states, g.neurons), np.uint8),
    )  # fmt: skip
    cpu.ask_dreams(total, threads, given)
    counts = given["counts"][:, g.of_layer(0)].reshape(runs, questions, visible)
    places = [np.arange(g.neurons)[g.of_layer(layer)] for layer in range(2)]
    on = given["states"][:, :, np.concatenate(places)].reshape(runs, questions, states, visible + hidden)
    return counts.astype(np.float64), on
