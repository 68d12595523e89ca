"""Sources, memory and launches of a GPU: what `kernels.cuda` stands on.

A kernel is launched by the names of its parameters, which are read from its source: what is missing, of another type,
not contiguous or too many is an error before anything runs. A source may be compiled anew for constants (`-DNAME=…`)
that it then need not look up.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .. import device
from ..cpu.potentials import WIDTH

__all__ = [
    "LANES", "MOST_LANES", "MOST_SHARED", "OPTIONS", "SMALL", "SOURCES", "VARIED_ROOM", "Arrays", "Device", "blocks_of",
    "bytes_of", "chunks", "current", "lanes_of", "launches", "made_for", "padded", "signatures", "source", "use",
    "workplace",
]  # fmt: skip

SOURCES = ("elementary", "sampling", "delayed", "wakesleep", "microcircuit", "cells")
OPTIONS = ("--fmad=false", "--std=c++14")
LANES = 32  # of a warp
SMALL = 16  # SMALL in continuous.cuh: neurons of a network that one lane runs
VARIED_ROOM = 7  # doubles a neuron, VARIED_ROOM in continuous.cuh
_EVENTS = 1 << 19  # of a lane in one launch, each about a microsecond or less
_RESIDENT = 1024  # blocks that a GPU runs at once
MOST_LANES = 256  # of a block, of whatever number of registers a lane
_SHARED_BYTES = 48 * 1024  # of shared memory that every device grants a block
MOST_SHARED = 64 * 1024  # that every one grants where more is asked for
_MEMORY_SHARE = 0.7  # of the free memory that one chunk may take
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
    """The kernels of NAME.cu: for each its parameters as (name, type, whether an array).

    Raises TypeError for a parameter that is not a number or a pointer of the types that arrays have here.
    """
    return parse(source(name))


def parse(text: str) -> dict[str, list[tuple[str, Any, bool]]]:
    """The kernels of a source, as `signatures`. Raises TypeError as there."""
    found: dict[str, list[tuple[str, Any, bool]]] = {}
    for kernel, inside in re.findall(r"^KERNEL (\w+)\(([^)]*)\)", text, flags=re.MULTILINE):
        found[kernel] = []
        for part in inside.split(","):
            line = " ".join(part.split())
            known = re.fullmatch(rf"(?:const )?({'|'.join(_TYPES)})(\*?) (\w+)", line)
            if not known:
                raise TypeError(f"{kernel}: a parameter {line!r} cannot be given from here")
            found[kernel].append((known[3], _TYPES[known[1]], known[2] == "*"))
    return found


class Device:
    """Memory and launches of the GPU that CuPy has current; another class can stand in for it (see `use`).

    Every thread has a stream of its own: what two threads launch runs side by side. Raises RuntimeError where that GPU
    is older than the kernels allow.
    """

    def __init__(self) -> None:
        import cupy

        self._cupy = cupy
        gpu = cupy.cuda.Device()
        found = gpu.compute_capability
        if (reason := device.too_old(int(found[:-1]), int(found[-1]))) != "":
            raise RuntimeError(f"device 'cuda' is not available: {reason}")
        if gpu.id not in (streams := _own.__dict__.setdefault("streams", {})):
            streams[gpu.id] = cupy.cuda.Stream(non_blocking=True)
        self.stream = streams[gpu.id]

    def put(self, array: np.ndarray) -> Any:
        """A copy in the device's memory, of any shape."""
        with self.stream:
            return self._cupy.asarray(np.ascontiguousarray(array))

    def zeros(self, shape: Any, dtype: Any) -> Any:
        """An array of zeros in the device's memory."""
        with self.stream:
            return self._cupy.zeros(shape, dtype)

    def get(self, array: Any) -> np.ndarray:
        """A copy in the host's memory."""
        with self.stream:
            return self._cupy.asnumpy(array)

    def free(self) -> int:
        """Bytes of the device's memory that can still be taken."""
        pool = self._cupy.get_default_memory_pool()
        return int(self._cupy.cuda.runtime.memGetInfo()[0]) + pool.free_bytes()

    def working(self) -> Any:
        """A context in which CuPy computes in this thread's stream."""
        return self.stream

    def wait(self) -> None:
        """Until all launches are done: between two of them an interrupt gets through."""
        self.stream.synchronize()

    def run(self, module: str, kernel: str, blocks: int, lanes: int, shared: int, arguments: list[Any],
            constants: tuple[str, ...]) -> None:  # fmt: skip
        """Launch; `launch` has checked the arguments."""
        ordinal = self._cupy.cuda.Device().id
        function = _module(module, constants, ordinal).get_function(kernel)
        if shared > _SHARED_BYTES:
            function.max_dynamic_shared_size_bytes = shared
        with self.stream:
            function((blocks,), (lanes,), tuple(arguments), shared_mem=shared)

    def launch(
        self, module: str, kernel: str, given: Mapping[str, Any], blocks: int, lanes: int = LANES, shared: int = 0,
        constants: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Launch a kernel, which takes what its parameters name, on `blocks` of `lanes` with `shared` bytes each.

        constants: of its source, "NAME=value". Raises TypeError for a parameter that is missing, of another type or not
        contiguous.
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
            self.run(module, kernel, blocks, lanes, shared, arguments, constants)


@cache
def _module(name: str, constants: tuple[str, ...], ordinal: int) -> Any:
    import cupy

    options = (*OPTIONS, *(f"-D{constant}" for constant in constants))
    return cupy.RawModule(code=source(name), options=options, backend="nvrtc")


_own = threading.local()  # streams, by device
_made: list[Any] = []


def use(stand_in: Any = None) -> None:
    """Run on `stand_in` instead of the GPU from now on (None: the GPU again)."""
    _made[:] = [] if stand_in is None else [stand_in]


def current() -> Any:
    """What `use` has named, else the GPU. Raises RuntimeError where there is none, saying what is missing."""
    if _made:
        return _made[0]
    reason = device.missing()
    if reason:
        raise RuntimeError(f"device 'cuda' is not available: {reason}")
    return Device()


def chunks(members: int, bytes_a_member: float) -> Iterator[slice]:
    """Slices of members whose arrays fit together into the device's memory."""
    most = max(1, int(_MEMORY_SHARE * current().free() / max(bytes_a_member, 1.0)))
    for first in range(0, members, most):
        yield slice(first, min(first + most, members))


def bytes_of(*arrays: np.ndarray) -> float:
    """Bytes of one member, of arrays whose first axis is the members."""
    return sum(array.nbytes / max(len(array), 1) for array in arrays)


class Arrays:
    """One chunk's arrays on the device, by parameter name; `back` copies those that change into the host's."""

    def __init__(self, gpu: Any, chunk: slice, each: dict[str, np.ndarray], shared: dict[str, np.ndarray]) -> None:
        self._host = {name: array[chunk] for name, array in each.items()}
        as_bytes = {name: a.view(np.uint8) if a.dtype == np.bool_ else a for name, a in (self._host | shared).items()}
        self.device = {name: gpu.put(array) for name, array in as_bytes.items()}
        self._gpu = gpu

    def back(self, *names: str) -> None:
        """Copy into the host's arrays."""
        for name in names:
            host = self._host[name]
            host[...] = self._gpu.get(self.device[name]).reshape(host.shape).view(host.dtype)


def workplace(gpu: Any, blocks: int, doubles: int) -> tuple[dict[str, Any], int]:
    """A block's workplace of `doubles`: in shared memory if it fits there. (parameters, bytes of shared memory)"""
    fits = 8 * doubles <= _SHARED_BYTES
    scratch = gpu.zeros(1 if fits else blocks * doubles, np.float64)
    return {"scratch": scratch, "doubles": doubles, "shared": int(fits)}, 8 * doubles if fits else 0


def blocks_of(count: int, lanes: int = LANES) -> int:
    """Blocks of so many lanes for `count` lanes."""
    return -(-count // lanes)


def launches(events: float, blocks: int, n: int = 0) -> int:
    """In how many launches to run so many events a lane, each of them passing over n neurons that share out lanes."""
    return max(1, int(np.ceil(events * (1 + n // 256) * (1 + blocks // _RESIDENT) / _EVENTS)))


def made_for(n: int, used: int, lanes: int = LANES) -> tuple[str, ...]:
    """Constants that a source is compiled for: neurons of a small network; whether in shared memory, in one warp."""
    return f"NEURONS={n if n <= SMALL else 1}", f"IN_SHARED={int(used > 0)}", f"ONE_WARP={int(lanes == LANES)}"


def lanes_of(n: int) -> int:
    """Lanes of a block that shares out n neurons."""
    return min(LANES * blocks_of(max(n, 1)), MOST_LANES)


def padded(n: int) -> int:
    """n, up to whole rows of columns."""
    return blocks_of(n, WIDTH) * WIDTH
