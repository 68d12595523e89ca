"""A stand-in for the GPU: the CUDA sources, built by the host's C++ compiler, a block at a time.

The kernels see a block's lanes as a plain loop (kernels/common.cuh). `backwards` runs that loop from the last lane to
the first: where two lanes touch the same memory between two barriers, the results then differ.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from salkit.kernels import cuda
from salkit.kernels.cuda.launch import MOST_LANES, MOST_SHARED

FLAGS = ("-x", "c++", "-std=c++14", "-DSALKIT_HOST", "-O1", "-ffp-contract=off", "-Wall", "-Werror", "-shared", "-fPIC")
_NUMBERS = {np.int64: ctypes.c_int64, np.int32: ctypes.c_int32, np.float64: ctypes.c_double}


def compiler() -> str | None:
    """The host's C++ compiler: $CXX, g++ or clang++."""
    names = [os.environ.get("CXX", ""), "g++", "clang++", "c++"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


@cache
def library(module: str, constants: tuple[str, ...] = ()) -> ctypes.CDLL:
    """MODULE.cu as a library of this machine."""
    text, flags = cuda.source(module), [*FLAGS, *(f"-D{constant}" for constant in constants)]
    digest = hashlib.sha256("".join([text, *flags]).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"salkit-host-{os.getuid() if hasattr(os, 'getuid') else 0}"
    folder.mkdir(mode=0o700, exist_ok=True)
    built = folder / f"{module}-{digest}.so"
    if not built.exists():
        draft = built.with_suffix(f".{os.getpid()}")
        command = [str(compiler()), *flags, "-o", str(draft), "-"]
        subprocess.run(command, input=text, text=True, check=True)
        draft.replace(built)
    return ctypes.CDLL(str(built))


class HostDevice(cuda.Device):
    """Memory and launches of the host, with `memory` bytes free; `specialised`: built for each network, as on a GPU."""

    def __init__(self, backwards: bool = False, memory: int = 1 << 30, specialised: bool = False) -> None:
        self._backwards, self._memory, self._specialised = backwards, memory, specialised
        self.launches: list[tuple[str, int, int, int]] = []
        self.waits = 0
        self._alone = threading.Lock()  # which block it is a library knows from global variables

    def put(self, array: np.ndarray) -> Any:
        return np.array(array, order="C")

    def zeros(self, shape: Any, dtype: Any) -> Any:
        return np.zeros(shape, dtype)

    def get(self, array: Any) -> np.ndarray:
        return array

    def free(self) -> int:
        return self._memory

    def working(self) -> Any:
        return nullcontext()

    def wait(self) -> None:
        self.waits += 1

    def run(self, module: str, kernel: str, blocks: int, lanes: int, shared: int, arguments: list[Any],
            constants: tuple[str, ...]) -> None:  # fmt: skip
        assert shared <= MOST_SHARED and lanes <= MOST_LANES, (kernel, shared, lanes)
        self.launches.append((kernel, blocks, lanes, shared))
        built = library(module, constants if self._specialised else ())
        converted = [
            ctypes.c_void_p(value.ctypes.data) if isinstance(value, np.ndarray) else _NUMBERS[type(value)](value.item())
            for value in arguments
        ]
        with self._alone:
            for block in range(blocks):
                place = np.full(shared // 8 + 1, np.nan)  # shared memory begins as garbage
                pointer = ctypes.c_void_p(place.ctypes.data)
                built.salkit_block(ctypes.c_uint(block), ctypes.c_uint(lanes), pointer, int(self._backwards))
                getattr(built, kernel)(*converted)


class Guarded(np.ndarray):
    """Stands in for CuPy's arrays: NumPy's functions work on them, but not together with NumPy's own arrays."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        outs = kwargs.get("out", ())
        _refuse((inputs, outs))
        kwargs |= {"out": tuple(map(_plain, outs))} if outs else {}
        return _guarded(getattr(ufunc, method)(*map(_plain, inputs), **kwargs), outs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        _refuse((args, kwargs))
        return _guarded(function(*_plain(args), **_plain(kwargs)), ())

    def __setitem__(self, key: Any, value: Any) -> None:
        _refuse((key, value))
        np.ndarray.__setitem__(self, key, value)

    def __getitem__(self, key: Any) -> Any:
        _refuse(key)
        return super().__getitem__(key)


def _refuse(given: Any) -> None:
    """Raise TypeError for an array of NumPy's own, wherever in arguments it is; numbers are none."""
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, list | tuple):
        for each in given:
            _refuse(each)
    elif type(given) is np.ndarray and given.ndim:
        raise TypeError("Unsupported type numpy.ndarray: an array of the host among those of the device")


def _plain(given: Any) -> Any:
    if isinstance(given, dict):
        return {name: _plain(value) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return type(given)(map(_plain, given))
    return given.view(np.ndarray) if isinstance(given, Guarded) else given


def _guarded(found: Any, outs: Any) -> Any:
    if outs:
        return outs[0]
    if isinstance(found, list | tuple):
        return type(found)(_guarded(each, ()) for each in found)
    return found.view(Guarded) if isinstance(found, np.ndarray) else found


class GuardedDevice(HostDevice):
    """Its arrays do not mix with the host's."""

    def put(self, array: np.ndarray) -> Any:
        if isinstance(array, Guarded):
            raise TypeError("an array of the device is put there again")
        return np.array(array, order="C").view(Guarded)

    def get(self, array: Any) -> np.ndarray:
        if not isinstance(array, Guarded):
            raise TypeError("an array of the host is got from the device")
        return np.array(array.view(np.ndarray))
