"""The hot loops on a GPU: the functions of `kernels.cpu` under the same names and signatures, and the same results.

The kernels are the `.cu` files beside this one, compiled when first used (`--fmad=false`: no fused multiply–add, so
that every number equals the CPU's). Each is launched through `Device.launch`, by the names of its parameters, which are
read from its source: what is missing, of another type, not contiguous or too many is an error before anything runs. An
ensemble that does not fit into the device's memory runs in chunks of members; long runs come in several launches.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .. import device
from ..cpu.bounds import ROWS, SPAN
from ..cpu.continuous import TABLE_NEURONS
from ..cpu.elementary import log
from ..cpu.potentials import OFF, WIDTH
from ..structs import Patterns, Sampling, Training

__all__ = [
    "OPTIONS", "SOURCES", "Device", "run_patterns", "sample_continuous", "sample_discrete", "sample_varied",
    "signatures", "source", "train_continuous", "train_discrete", "use",
]  # fmt: skip

SOURCES = ("elementary", "sampling", "wakesleep", "microcircuit")
OPTIONS = ("--fmad=false", "--std=c++14")
_SMALL = 16  # SMALL in continuous.cuh: neurons of a network that one lane runs
_VARIED_ROOM = 7  # doubles a neuron, VARIED_ROOM in continuous.cuh
_AHEAD = 16  # steps of random words kept, AHEAD in microcircuit.cu
_LANES = 32
_SHARED_BYTES = 48 * 1024  # of shared memory that every device grants a block
_MEMORY_SHARE = 0.7  # of the free memory that one chunk may take
_CHANGED = ("ages", "draws", "rests", "counts", "occupancy", "pairs", "overlaps", "ties")
_CYCLES, _STEPS = 500, 200_000  # training cycles, microcircuit steps of one launch: a desktop's GPU also has a screen
_TYPES: dict[str, Any] = {"i64": np.int64, "u64": np.uint64, "u8": np.uint8, "int": np.int32, "double": np.float64}


def source(name: str) -> str:
    """The text of NAME.cu with its own headers written in, complete for a compiler."""
    seen: set[str] = set()

    def read(file: str) -> str:
        if file in seen:
            return ""
        seen.add(file)
        text = (Path(__file__).parent / file).read_text(encoding="utf-8")
        return re.sub(r'^#include "(.+)"$', lambda found: read(found[1]), text, flags=re.MULTILINE)

    return read(f"{name}.cu")


@cache
def signatures(name: str) -> dict[str, list[tuple[str, Any, bool]]]:
    """The kernels of NAME.cu: for each its parameters as (name, type, whether an array)."""
    found = {}
    for kernel, inside in re.findall(r"^KERNEL (\w+)\(([^)]*)\)", source(name), flags=re.MULTILINE):
        parts = [re.fullmatch(r"(?:const )?(\w+)(\*?) (\w+)", " ".join(part.split())) for part in inside.split(",")]
        found[kernel] = [(part[3], _TYPES[part[1]], part[2] == "*") for part in parts if part]
    return found


class Device:
    """Memory and launches of the GPU that CuPy has current; another class can stand in for it (see `use`)."""

    def __init__(self) -> None:
        import cupy

        self._cupy = cupy

    def put(self, array: np.ndarray) -> Any:
        """A copy in the device's memory, of any shape."""
        return self._cupy.asarray(np.ascontiguousarray(array))

    def zeros(self, shape: Any, dtype: Any) -> Any:
        """An array of zeros in the device's memory."""
        return self._cupy.zeros(shape, dtype)

    def get(self, array: Any) -> np.ndarray:
        """A copy in the host's memory."""
        return self._cupy.asnumpy(array)

    def free(self) -> int:
        """Bytes of the device's memory that can still be taken."""
        pool = self._cupy.get_default_memory_pool()
        return int(self._cupy.cuda.runtime.memGetInfo()[0]) + pool.free_bytes()

    def run(self, module: str, kernel: str, blocks: int, lanes: int, shared: int, arguments: list[Any]) -> None:
        """Launch; `launch` has checked the arguments."""
        _function(module, kernel)((blocks,), (lanes,), tuple(arguments), shared_mem=shared)

    def launch(
        self, module: str, kernel: str, given: Mapping[str, Any], blocks: int, lanes: int = _LANES, shared: int = 0
    ) -> None:
        """Launch a kernel, which takes what its parameters name, on `blocks` of `lanes` with `shared` bytes each.

        Raises TypeError for a parameter that is missing, of another type or not contiguous.
        """
        wanted = signatures(module)[kernel]
        missing = [name for name, _, _ in wanted if name not in given]
        if missing:
            raise TypeError(f"{kernel} is not given {', '.join(missing)}")
        arguments = []
        for name, dtype, is_array in wanted:
            value = given[name]
            if not is_array:
                if isinstance(value, np.ndarray) or not isinstance(value, int | float | np.number | np.bool_):
                    raise TypeError(f"{kernel}: {name} must be a number, got {type(value).__name__}")
                if dtype != np.float64 and int(value) != value:
                    raise TypeError(f"{kernel}: {name} must be a whole number, got {value!r}")
                arguments.append(dtype(value))
                continue
            if getattr(value, "dtype", None) != dtype:
                raise TypeError(f"{kernel}: {name} must be an array of {np.dtype(dtype)}, got {value!r:.80}")
            if not value.flags["C_CONTIGUOUS"]:
                raise TypeError(f"{kernel}: {name} must be contiguous")
            arguments.append(value)
        if blocks > 0:
            self.run(module, kernel, blocks, lanes, shared, arguments)


@cache
def _module(name: str, ordinal: int) -> Any:
    import cupy

    return cupy.RawModule(code=source(name), options=OPTIONS, backend="nvrtc")


def _function(module: str, kernel: str) -> Any:
    import cupy

    return _module(module, cupy.cuda.Device().id).get_function(kernel)


_made: list[Any] = []


def use(stand_in: Any = None) -> None:
    """Run on `stand_in` instead of the GPU from now on (None: the GPU again)."""
    _made[:] = [] if stand_in is None else [stand_in]


def _current() -> Any:
    if not _made:
        reason = device.missing()
        if reason:
            raise RuntimeError(f"device 'cuda' is not available: {reason}")
        _made.append(Device())
    return _made[0]


def _chunks(members: int, bytes_a_member: float) -> Iterator[slice]:
    """Slices of members whose arrays fit together into the device's memory."""
    most = max(1, int(_MEMORY_SHARE * _current().free() / max(bytes_a_member, 1.0)))
    for first in range(0, members, most):
        yield slice(first, min(first + most, members))


def _bytes(*arrays: np.ndarray) -> float:
    """Bytes of one member, of arrays whose first axis is the members."""
    return sum(array.nbytes / max(len(array), 1) for array in arrays)


class _Arrays:
    """One chunk's arrays on the device, by parameter name; `back` copies those that change into the host's."""

    def __init__(self, gpu: Any, chunk: slice, each: dict[str, np.ndarray], shared: dict[str, np.ndarray]) -> None:
        self._host = {name: array[chunk] for name, array in each.items()}
        as_bytes = {name: a.view(np.uint8) if a.dtype == np.bool_ else a for name, a in (self._host | shared).items()}
        self.device = {name: gpu.put(array) for name, array in as_bytes.items()}
        self._gpu = gpu

    def back(self, *names: str) -> None:
        for name in names:
            host = self._host[name]
            host[...] = self._gpu.get(self.device[name]).reshape(host.shape).view(host.dtype)


def _room(gpu: Any, blocks: int, doubles: int) -> tuple[dict[str, Any], int]:
    """A block's workplace of `doubles`: in shared memory if it fits there. (parameters, bytes of shared memory)"""
    fits = 8 * doubles <= _SHARED_BYTES
    scratch = gpu.zeros(1 if fits else blocks * doubles, np.float64)
    return {"scratch": scratch, "doubles": doubles, "shared": int(fits)}, 8 * doubles if fits else 0


def _blocks(count: int, lanes: int = _LANES) -> int:
    return -(-count // lanes)


def _sample(
    given: Sampling, names: tuple[str, ...], shared: dict[str, np.ndarray], work: float,
    launch: Callable[[Any, int, dict[str, Any]], None],
) -> None:  # fmt: skip
    """Run chunk by chunk, with the arrays of these names; spikes stay on the device until it is known how many."""
    gpu, each = _current(), {name: getattr(given, name) for name in names}
    replicas, n = given.ages.shape[1:]
    capacity = given.times.shape[1]
    numbers = {
        "replicas": replicas, "n": n, "capacity": capacity, "paired": int(given.pairs.shape[-1] > 0),
        "overlapped": int(given.overlaps.shape[-1] > 0),
        "duration": given.duration, "tau_ref": given.tau_ref, "states": given.occupancy.shape[2],
    }  # fmt: skip
    changed = [name for name in _CHANGED if name in each]
    for chunk in _chunks(len(given.biases), _bytes(*each.values()) + work + replicas * (12 * capacity)):
        size = chunk.stop - chunk.start
        arrays = _Arrays(gpu, chunk, each, shared)
        trains = size * replicas
        kept = gpu.zeros((trains, capacity), given.times.dtype), gpu.zeros((trains, capacity), np.int32)
        before = given.counts[chunk].sum(axis=-1)
        launch(gpu, size, arrays.device | numbers | {"trains": trains, "times": kept[0], "neurons": kept[1]})
        arrays.back(*changed)
        if capacity:
            spikes = (given.counts[chunk].sum(axis=-1) - before).ravel()
            for host, there in zip((given.times, given.neurons), kept, strict=True):
                for train, number in enumerate(spikes):
                    host[chunk.start * replicas + train, :number] = gpu.get(there[train, :number])


def _padded(n: int) -> int:
    return _blocks(n, WIDTH) * WIDTH


def _quantised(
    gpu: Any, p: dict[str, Any], members: int, n: int, log_tau_ref: float, diagonal: int
) -> dict[str, Any]:  # fmt: skip
    """Weights and biases as integers on the device: the parameters columns and scales."""
    made = {
        "magnitudes": gpu.zeros((members, n), np.float64), "scales": gpu.zeros(members, np.int64),
        "columns": gpu.zeros((members, n + 1, _padded(n)), np.int32),
    }  # fmt: skip
    given = p | made | {"members": members, "log_tau_ref": log_tau_ref, "diagonal": diagonal}
    gpu.launch("sampling", "magnitudes_of", given, _blocks(members * n))
    gpu.launch("sampling", "quantise", given, _blocks(members * (n + 1)))
    return made


def sample_continuous(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_continuous`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    width, small = _padded(n), n <= TABLE_NEURONS
    rows = 1 << n if small else 0
    blocks = _blocks(width, ROWS * WIDTH)
    room = width // 2 + 2 * n + 1 + (WIDTH + 1) * blocks + _blocks(blocks, SPAN)

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        if small:
            p |= {"members": members, "rows": rows, "kind": 0, "table": gpu.zeros((members, rows, n), np.float64)}
            gpu.launch("sampling", "tabulate", p, _blocks(members * rows))
            gpu.launch("sampling", "sample_continuous", p, _blocks(p["trains"]))
            return
        p |= _quantised(gpu, p, members, n, log(given.tau_ref), OFF)
        place, used = _room(gpu, p["trains"], room)
        gpu.launch("sampling", "sample_continuous_wide", p | place, p["trains"], _LANES, used)

    names = ("weights", "biases", "seeds", "runs", *_CHANGED[:-1])
    work = 8.0 * rows * n if small else 4.0 * (n + 1) * width + 8.0 * n
    _sample(given, names, {}, work + 8.0 * room * given.ages.shape[1], launch)


def sample_varied(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_varied`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    rows = 1 << n if n <= TABLE_NEURONS else 0

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        table = gpu.zeros((members, max(rows, 1), n), np.float64)
        room = gpu.zeros((p["trains"], n * _VARIED_ROOM), np.float64)
        p = p | {"members": members, "rows": rows, "kind": 1, "table": table, "room": room}
        gpu.launch("sampling", "tabulate", p, _blocks(members * rows))
        gpu.launch("sampling", "sample_varied", p, _blocks(p["trains"]))

    names = ("weights", "biases", "refractory", "length", "seeds", "runs", *_CHANGED[:-1])
    _sample(given, names, {}, 8.0 * rows * n + 8.0 * _VARIED_ROOM * n * given.ages.shape[1], launch)


def sample_discrete(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_discrete`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    small, rectangular = n <= _SMALL, bool(np.all(given.psp == 1.0))
    rows, whole = 1 << n if n <= TABLE_NEURONS and rectangular else 0, rectangular and n > TABLE_NEURONS
    room = 5 * n + 32
    steps = {"length": given.psp.size, "log_tau_ref": given.log_tau_ref, "refractory": given.refractory}
    integers = 4.0 * (n + 1) * _padded(n) + 8.0 * n if whole else 0.0

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        p = p | steps | {"whole": int(whole), "members": members}
        if whole:
            p |= _quantised(gpu, p, members, n, given.log_tau_ref, 0)
        else:
            p |= {"columns": gpu.zeros(1, np.int32), "scales": gpu.zeros(1, np.int64)}
        if not small:
            place, used = _room(gpu, p["trains"], room)
            p |= {"transposed": p["weights"]}
            gpu.launch("sampling", "sample_discrete_wide", p | place, p["trains"], _LANES, used)
            return
        p |= {"rows": rows, "table": gpu.zeros((members, max(rows, 1), n), np.uint64)}
        gpu.launch("sampling", "tabulate_thresholds", p, _blocks(members * rows))
        gpu.launch("sampling", "sample_discrete", p, _blocks(p["trains"]))

    if not small and not whole:
        given = given._replace(weights=np.ascontiguousarray(given.weights.swapaxes(1, 2)))
    changed = ("ages", "draws", "counts", "pairs", "ties", "overlaps") + (("occupancy",) if small else ())
    work = 8.0 * rows * n + integers + 8.0 * room * given.ages.shape[1]
    _sample(given, ("weights", "biases", "seeds", "runs", *changed), {"psp": given.psp}, work, launch)


def _training_room(n: int, replicas: int, kind: str, rectangular_sal: int) -> int:
    """Doubles that a member is trained in: `room_of` in wakesleep.cu."""
    table = n << n if n <= TABLE_NEURONS else (n + 1) * _padded(n) // 2
    more = {"continuous": 0, "varied": _VARIED_ROOM * n, "discrete": n * n}[kind]
    return table + 3 * n * n + 3 * n + 1 + replicas * (n * n + n + more + rectangular_sal * n * n)


def _train(
    kernel: str, kind: str, given: Training, names: tuple[str, ...], shared: dict[str, np.ndarray],
    numbers: dict[str, Any],
) -> None:  # fmt: skip
    """Train chunk by chunk, with the arrays of these names, in launches of some cycles."""
    gpu, each = _current(), {name: getattr(given, name) for name in names}
    replicas, n = given.ages.shape[1:]
    doubles = _training_room(n, replicas, kind, given.rectangular_sal)
    for chunk in _chunks(len(given.ages), _bytes(*each.values()) + 8.0 * doubles):
        members = chunk.stop - chunk.start
        arrays = _Arrays(gpu, chunk, each, {"plastic": given.plastic, **shared})
        place, used = _room(gpu, members, doubles)
        launched = given._asdict() | numbers | arrays.device | place | {"replicas": replicas, "n": n}
        for first in range(0, given.cycles, _CYCLES):
            launched["cycles"] = min(_CYCLES, given.cycles - first)
            gpu.launch("wakesleep", kernel, launched, members, _LANES * _blocks(replicas), used)
        arrays.back(*(name for name in _TRAINED if name in each))


_TRAINED = (
    "weights", "biases", "wake_pairs", "wake_rates", "ages", "draws", "rests", "wake_ages", "wake_draws", "wake_rests",
    "pattern_draws",
)  # fmt: skip
_MEMBER = ("gain", "height", "offset", "wake_factor", "sleep_factor", "rates", "seeds", "runs", "cumulative")


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


def run_patterns(members: int, threads: int, given: Patterns) -> None:
    """As `kernels.cpu.run_patterns`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    gpu = _current()
    total, neurons, patterns = int(given.first[-1]), given.last.shape[1], given.inputs.shape[1]
    record = given.spikes.shape[1] > 0
    own = (
        "modes",
        "up",
        "down",
        "inputs",
        "targets",
        "seeds",
        "runs",
        "draws",
        "last",
        "u",
        "outputs",
        "spikes",
        "potentials",
    )
    each = {name: getattr(given, name) for name in own}
    shared = {name: getattr(given, name) for name in ("sizes", "first", "rates", "kernel")}
    doubles = 8 * total + 4 * neurons + 2 * _AHEAD * ((neurons + 3) // 4)
    numbers = given._asdict() | {
        "layers": len(given.sizes), "neurons": neurons, "ups": given.up.shape[1], "downs": given.down.shape[1],
        "patterns": patterns, "reach": given.kernel.size, "record": int(record),
    }  # fmt: skip
    lanes = min(_LANES * _blocks(max(int(np.max(given.sizes[1:])), 1)), 256)
    at_once = max(1, _STEPS // given.steps)
    for chunk in _chunks(len(given.last), _bytes(*each.values()) + 8.0 * doubles + 16.0 * given.window * total):
        size = chunk.stop - chunk.start
        arrays = _Arrays(gpu, chunk, each, shared)
        place, used = _room(gpu, size, doubles)
        launched = numbers | arrays.device | place | {"rings": gpu.zeros((size, 2 * given.window * total), np.float64)}
        for begin in range(0, patterns, at_once):
            launched |= {"begin": begin, "stop": min(begin + at_once, patterns)}
            gpu.launch("microcircuit", "run_patterns", launched, size, lanes, used)
        arrays.back("up", "down", "draws", "last", "u", "outputs", *(("spikes", "potentials") if record else ()))
