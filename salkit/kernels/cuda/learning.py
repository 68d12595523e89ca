"""Wake–sleep learning on a GPU: members chunk by chunk, in launches of some cycles."""

from typing import Any

import numpy as np

from ..cpu.continuous import TABLE_NEURONS
from ..structs import Training
from .launch import (
    VARIED_ROOM,
    Arrays,
    blocks_of,
    bytes_of,
    chunks,
    current,
    lanes_of,
    launches,
    made_for,
    padded,
    workplace,
)

__all__ = ["train_continuous", "train_discrete"]


def _training_room(n: int, replicas: int, kind: str, rectangular_sal: int) -> int:
    """Doubles that a member is trained in: `room_of` in wakesleep.cu."""
    table = (n + 1) << n if n <= TABLE_NEURONS else (n + 1) * padded(n) // 2
    more = {"continuous": 0, "varied": VARIED_ROOM * n, "discrete": n * n}[kind]
    return table + 3 * n * n + 3 * n + 1 + replicas * (n * n + n + more + rectangular_sal * n * n)


def _train(
    kernel: str, kind: str, given: Training, names: tuple[str, ...], shared: dict[str, np.ndarray],
    numbers: dict[str, Any],
) -> None:  # fmt: skip
    """Train chunk by chunk, with the arrays of these names, in launches of some cycles."""
    gpu, each = current(), {name: getattr(given, name) for name in names}
    replicas, n = given.ages.shape[1:]
    doubles, lanes = _training_room(n, replicas, kind, given.rectangular_sal), lanes_of(replicas)
    time = blocks_of(replicas, lanes) * given.duration + given.patterns * (given.settle + given.shown)
    events = time if kind == "discrete" else 4 * n * time / given.tau_ref
    for chunk in chunks(len(given.ages), bytes_of(*each.values()) + 8.0 * doubles):
        members = chunk.stop - chunk.start
        at_once = max(1, given.cycles // launches(given.cycles * events, members))
        arrays = Arrays(gpu, chunk, each, shared)
        place, used = workplace(gpu, members, doubles)
        launched = given._asdict() | numbers | arrays.device | place | {"replicas": replicas, "n": n}
        for first in range(0, given.cycles, at_once):
            launched["cycles"] = min(at_once, given.cycles - first)
            gpu.launch("wakesleep", kernel, launched, members, lanes, used, made_for(n, used, lanes))
            gpu.wait()
        arrays.back(*(name for name in _TRAINED if name in each))


_TRAINED = (
    "weights", "biases", "wake_pairs", "wake_rates", "ages", "draws", "rests", "wake_ages", "wake_draws", "wake_rests",
    "pattern_draws", "rounding_draws",
)  # fmt: skip
_MEMBER = (
    "gain", "height", "offset", "plastic", "aligned", "wake_factor", "sleep_factor", "rates", "least", "most",
    "spacing", "seeds", "runs", "cumulative",
)  # fmt: skip


def train_continuous(members: int, threads: int, given: Training) -> None:
    """As `kernels.cpu.train_continuous`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    varied = given.refractory.shape[1] > 0
    names = (*_TRAINED, *_MEMBER, "refractory", "length")
    _train("train_continuous", "varied" if varied else "continuous", given, names, {}, {"varied": int(varied)})


def train_discrete(members: int, threads: int, given: Training) -> None:
    """As `kernels.cpu.train_discrete`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    steps = {"length": given.psp.size, "log_tau_ref": given.log_tau_ref, "refractory": given.refractory}
    names = tuple(name for name in (*_TRAINED, *_MEMBER) if not name.endswith("rests"))
    _train("train_discrete", "discrete", given, names, {"psp": given.psp}, steps)
