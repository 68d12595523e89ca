"""The counter-based random number generator, Philox 4×32-10, and how its streams are named.

A block of four 32-bit words is a pure function of a key and a counter. Ten rounds mix the counter words
(c0, c1, c2, c3), each with a bumped key (k0, k1):

    (h0, l0) = M0 · c0,   (h1, l1) = M1 · c2        (32 × 32 → 64 bits, split into high and low word)
    c ← (h1 ⊕ c1 ⊕ k0,  l1,  h0 ⊕ c3 ⊕ k1,  l0)
    k ← (k0 + W0, k1 + W1)

The key is the seed (low word, high word). The counter names what a number is for, never who drew it:

    c0 = draw (low 32 bits)     c1 = draw (high 24 bits) + 2²⁴ · purpose     c2 = replica     c3 = run

so neither thread, batch nor device can change a stream. This module is the readable NumPy definition; the
compiled twin in `kernels` is tested against it.

Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), Random123 constants.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .kernels.cpu.elementary import log
from .values import broadcast, number, room, shape_of, shown, whole

__all__ = ["Purpose", "check_seed", "normal", "philox4x32", "uniform"]

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_LEAST_LIMIT = 1e-3  # of normal numbers: fewer than one in a thousand are within a smaller one
_SMALLER = "draw fewer numbers"


class Purpose(IntEnum):
    """What a stream is for: streams of different purpose never share a counter."""

    SAMPLING = 0  # spikes of a network
    MACHINE = 1  # weights and biases of a random Boltzmann machine
    START = 2  # weights and biases that learning starts from
    VALIDATION = 3  # spikes while a network in training is tested
    PATTERNS = 4  # the order in which patterns are shown
    WAKE = 5  # spikes while patterns are shown
    SYNAPTIC_NOISE = 6
    PLASTICITY_NOISE = 7
    GAIN = 8
    PSP_HEIGHT = 9
    THRESHOLD = 10
    REFRACTORY = 11
    PSP_LENGTH = 12
    TEACHER = 13  # weights of a teacher
    INPUTS = 14  # patterns to learn
    FEEDBACK = 15  # feedback weights that learning starts from
    TARGETS = 16  # spikes of a teacher
    ROUNDING = 17  # of weights to the levels of a grid
    SYNAPSES = 18  # which are there
    SIGNS = 19  # of neurons, excitatory or inhibitory
    DRIVE = 24  # inputs that neurons have in common


def philox4x32(counter: ArrayLike, key: ArrayLike) -> NDArray[np.uint64]:
    """Return the output words for each counter: shapes (..., 4) and (..., 2) → (..., 4), 32-bit words in uint64.

    Raises ValueError for other shapes and for what are not whole numbers from 0 to 2⁶⁴ − 1.
    """
    c0, c1, c2, c3 = np.moveaxis(_words("counter", counter, 4), -1, 0)
    k0, k1 = np.moveaxis(_words("key", key, 2), -1, 0)
    if not broadcast(c0.shape, k0.shape):
        raise ValueError(f"counter and key must broadcast, got shapes {(*c0.shape, 4)} and {(*k0.shape, 2)}")
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return np.stack(np.broadcast_arrays(c0, c1, c2, c3), axis=-1)


def uniform(seed: int, purpose: Purpose, size: int, *, run: int = 0, replica: int = 0) -> NDArray[np.float64]:
    """Return `size` numbers in the open interval (0, 1), 52 random bits each, from the named stream.

    Two numbers come from each block: the first from its words 0 and 1, the second from its words 2 and 3.
    Raises ValueError for a seed, purpose, size, run or replica that is none, MemoryError for too many numbers.
    """
    check_seed(seed)
    seed, kind = int(seed), whole("purpose", purpose, most=255)
    size, run = whole("size", size), whole("run", run, most=2**32 - 1)
    replica = whole("replica", replica, most=2**32 - 1)
    room(f"a draw of size {size}", 12.0 * size, _SMALLER)
    draw = np.arange((size + 1) // 2, dtype=np.uint64)
    counter = np.stack(
        np.broadcast_arrays(draw & _LOW, (draw >> _HALF) + np.uint64(kind << 24), np.uint64(replica), np.uint64(run)),
        axis=-1,
    )
    words = philox4x32(counter, np.array([seed & 0xFFFFFFFF, seed >> 32], dtype=np.uint64)).reshape(-1, 2)
    bits = (words[:, 0] << _HALF | words[:, 1]) >> np.uint64(12)
    return (bits[:size].astype(np.float64) + 0.5) * 2.0**-52


def normal(seed: int, purpose: Purpose, size: int, *, run: int = 0, limit: float = np.inf) -> NDArray[np.float64]:
    """Return `size` numbers from N(0, 1), those beyond ±`limit` drawn again, from the named stream.

    Marsaglia's polar method: of a uniform point (x, y) in the unit disc, s = x² + y², both x and y times
    √(−2 ln s / s) are normal. It needs a logarithm and a root only, so that all machines draw the same numbers.
    Errors as `uniform`, and ValueError for a limit below 0.001.
    """
    size = whole("size", size)
    if limit != np.inf:
        limit = number("limit", limit, least=_LEAST_LIMIT)
    room(f"a draw of size {size} with limit {limit:g}", 24.0 * size / min(limit, 1.0), _SMALLER)
    points = 2 * size + 16
    while True:
        x = 2.0 * uniform(seed, purpose, 2 * points, run=run).reshape(points, 2) - 1.0
        s = x[:, 0] * x[:, 0] + x[:, 1] * x[:, 1]
        x, s = x[(s > 0.0) & (s < 1.0)], s[(s > 0.0) & (s < 1.0)]
        drawn = (x * np.sqrt(-2.0 * np.array([log(value) for value in s]) / s)[:, None]).ravel()
        drawn = drawn[np.abs(drawn) <= limit]
        if drawn.size >= size:
            return drawn[:size]
        points *= 2


def check_seed(seed: object) -> None:
    """Raise ValueError unless `seed` is a whole number from 0 to 2⁶⁴ − 1."""
    whole("seed", seed, most=2**64 - 1)


def _words(name: str, value: ArrayLike, last: int) -> NDArray[np.uint64]:
    """The low halves of whole numbers, shape (..., last)."""
    shape, numbers = shape_of(name, value), np.asarray(value)
    if not shape or shape[-1] != last:
        raise ValueError(f"{name} must have shape (..., {last}), got {shape}")
    if (numbers.dtype.kind == "i" and np.all(numbers >= 0)) or numbers.dtype.kind == "u":
        return numbers.astype(np.uint64) & _LOW
    raise ValueError(f"{name} must be of whole numbers from 0 to 2**64 - 1, got {shown(value)}")
