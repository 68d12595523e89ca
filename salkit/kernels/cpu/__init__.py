"""The hot loops on CPU threads.

Each train (ensemble member × replica) is independent and owns its slice of every array. Results do not depend on the
number of threads: a train's random numbers are named by its member and replica, and no train reads what another writes.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from ..structs import Inference, Patterns, Sampling, Training
from .continuous import TABLE_NEURONS
from .continuous import sample_continuous as _sample_continuous
from .delayed import sample_delayed as _sample_delayed
from .delayed_steps import sample_delayed_steps as _sample_delayed_steps
from .discrete import sample_discrete as _sample_discrete
from .driven import sample_driven as _sample_driven
from .dyads import show_dyads as _show_dyads
from .elementary import log
from .layers import symmetrise_layers as _symmetrise_layers
from .lif_network import run_lif as _run_lif
from .microcircuit import run_patterns as _run_patterns
from .potentials import OFF, WIDTH, padded, quantise_members
from .rdd import learn_rdd as _learn_rdd
from .sparse import quantise_sparse
from .stdwi import learn_stdwi as _learn_stdwi
from .varied import sample_varied as _sample_varied
from .wakesleep import train_continuous as _train_continuous
from .wakesleep import train_discrete as _train_discrete

__all__ = [
    "learn_rdd",
    "learn_stdwi",
    "run_lif",
    "run_patterns",
    "sample_continuous",
    "sample_delayed",
    "sample_delayed_steps",
    "sample_discrete",
    "sample_driven",
    "sample_varied",
    "show_dyads",
    "symmetrise_layers",
    "thread_count",
    "train_continuous",
    "train_discrete",
]


def thread_count(threads: int | None = None) -> int:
    """The number of threads to use: `threads`, else $NUMBA_NUM_THREADS, else the cores this process may run on.

    Raises ValueError unless it is a whole number of at least 1.
    """
    if threads is None:
        threads = int(numba.get_num_threads())
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads must be a whole number of at least 1, got {threads!r}")
    return threads


def _spread(kernel: Callable[..., None], trains: int, threads: int, arguments: tuple[Any, ...]) -> None:
    """Call kernel(first, stop, *arguments) over the trains, a few contiguous pieces a thread."""
    if threads == 1 or trains == 1:
        kernel(0, trains, *arguments)
        return
    pieces = min(trains, 4 * threads)
    edges = [trains * piece // pieces for piece in range(pieces + 1)]
    with ThreadPoolExecutor(min(threads, trains)) as pool:
        jobs = [pool.submit(kernel, a, b, *arguments) for a, b in pairwise(edges)]
        for job in jobs:
            job.result()


def _run(kernel: Any, number: int, threads: int, given: Any) -> None:
    """Hand a kernel what its parameters name, after the first two."""
    code = kernel.py_func.__code__
    _spread(kernel, number, threads, tuple(getattr(given, name) for name in code.co_varnames[2 : code.co_argcount]))


def _aligned(*shape: int) -> NDArray[np.int32]:
    """Room that begins on a cache line, which no vector then crosses; by NumPy, which asks for large pages."""
    size = int(np.prod(shape))
    raw = np.empty(size + WIDTH, np.int32)
    begin = -(raw.ctypes.data // 4) % WIDTH
    return raw[begin : begin + size].reshape(shape)


def _quantised(given: Sampling, threads: int, wide: bool, log_tau_ref: float, diagonal: int) -> Sampling:
    """With weights as integers, made once for all trains, and for all runs that hand over the same `kept`; none unless
    `wide` or sparse.
    """
    kept = {} if given.kept is None else given.kept
    made = kept.get("integers")
    if made is None:
        members, n = given.biases.shape
        sparse = given.pointers.size > 0
        rows, width = (1 if sparse else n + 1, int(padded(n))) if wide or sparse else (0, 0)
        columns, scales = _aligned(members, rows, width), np.zeros(members, np.int64)
        links = np.empty((given.sparse.size, 2), np.int32)
        if sparse:
            scales[0] = quantise_sparse(
                given.pointers, given.targets, given.sparse, given.biases[0], log_tau_ref, links, columns[0, 0]
            )
        elif wide:
            arguments = (given.weights, given.biases, log_tau_ref, diagonal, columns, scales)
            _spread(quantise_members, members, threads, arguments)
        made = {"columns": columns, "scales": scales, "pointers": given.pointers, "links": links}
        if width:
            kept["integers"] = made
    return given._replace(**made)


def sample_continuous(trains: int, threads: int, given: Sampling) -> None:
    """Event-driven sampling of all trains in place: see `kernels.cpu.continuous`."""
    wide = given.biases.shape[1] > TABLE_NEURONS
    _run(_sample_continuous, trains, threads, _quantised(given, threads, wide, log(given.tau_ref), OFF))


def sample_discrete(trains: int, threads: int, given: Sampling) -> None:
    """Step-by-step sampling of all trains in place: see `kernels.cpu.discrete`."""
    wide = given.biases.shape[1] > TABLE_NEURONS and bool(np.all(given.psp == 1.0))
    _run(_sample_discrete, trains, threads, _quantised(given, threads, wide, given.log_tau_ref, 0))


def sample_driven(trains: int, threads: int, given: dict[str, Any]) -> None:
    """Event-driven sampling with inputs that switch: see `kernels.cpu.driven`.

    `given` has weights (E, N + K, N + K) and biases (E, N + K), of which the last K are inputs.
    """
    inputs, units, members = given["lit"].shape[1], given["biases"].shape[1], len(given["biases"])
    columns, scales = _aligned(members, units + 1, int(padded(units))), np.zeros(members, np.int64)
    arguments = (given["weights"], given["biases"], log(given["tau_ref"]), OFF, columns, scales)
    _spread(quantise_members, members, threads, arguments)
    own = np.arange(units - inputs, units)
    columns[:, own, own], columns[:, units, own] = 0, OFF
    _run_named(_sample_driven, trains, threads, given | {"columns": columns, "scales": scales})


def sample_varied(trains: int, threads: int, given: Sampling) -> None:
    """Event-driven sampling of neurons with their own periods: see `kernels.cpu.varied`."""
    _run(_sample_varied, trains, threads, given)


def sample_delayed(trains: int, threads: int, given: Sampling) -> None:
    """Event-driven sampling where spikes need time to arrive: see `kernels.cpu.delayed`."""
    _run(_sample_delayed, trains, threads, given)


def sample_delayed_steps(trains: int, threads: int, given: Sampling) -> None:
    """The same step by step: see `kernels.cpu.delayed_steps`."""
    _run(_sample_delayed_steps, trains, threads, given)


def train_continuous(members: int, threads: int, given: Training) -> None:
    """Wake–sleep cycles of all members in place: see `kernels.cpu.wakesleep`."""
    _run(_train_continuous, members, threads, given)


def train_discrete(members: int, threads: int, given: Training) -> None:
    """The same step by step: see `kernels.cpu.wakesleep`."""
    _run(_train_discrete, members, threads, given)


def run_patterns(members: int, threads: int, given: Patterns) -> None:
    """Patterns shown to the microcircuits of all members, in place: see `kernels.cpu.microcircuit`."""
    _run(_run_patterns, members, threads, given)


def learn_rdd(runs: int, threads: int, given: Inference) -> None:
    """Feedback weights by regression discontinuity, of all runs in place: see `kernels.cpu.rdd`."""
    _run(_learn_rdd, runs, threads, given)


def learn_stdwi(runs: int, threads: int, given: Inference) -> None:
    """Feedback weights by spike-timing-dependent inference, of all runs in place: see `kernels.cpu.stdwi`."""
    _run(_learn_stdwi, runs, threads, given)


def symmetrise_layers(members: int, threads: int, given: dict[str, Any]) -> None:
    """Cycles of layered networks of all members in place: see `kernels.cpu.layers`."""
    _run_named(_symmetrise_layers, members, threads, given)


def show_dyads(patterns: int, threads: int, given: dict[str, Any]) -> None:
    """Patterns shown to layers of paired neurons, counts in place: see `kernels.cpu.dyads`."""
    _run_named(_show_dyads, patterns, threads, given)


def run_lif(trains: int, threads: int, given: dict[str, Any]) -> None:
    """Networks of integrate-and-fire neurons of all trains in place: see `kernels.cpu.lif_network`."""
    _run_named(_run_lif, trains, threads, given)


def _run_named(kernel: Any, number: int, threads: int, given: dict[str, Any]) -> None:
    """Hand a kernel what its parameters name, after the first two, out of a dictionary."""
    code = kernel.py_func.__code__
    _spread(kernel, number, threads, tuple(given[name] for name in code.co_varnames[2 : code.co_argcount]))
