"""Whether there is a GPU, asked of the driver itself: CuPy is imported only where a GPU answers and is asked for.

That CuPy can be imported does not mean that a device answers; both are looked at apart, and `missing` says in words
what a GPU would still need.
"""

import ctypes
import importlib.util
import logging
import os
import sys
from functools import cache

from .cost import Work, seconds

__all__ = ["DEVICES", "count", "has_cupy", "missing", "ordinals", "pick_device", "too_old"]

DEVICES = ("auto", "cpu", "cuda")

_LIBRARIES = {"win32": ("nvcuda.dll",)}
_CAPABILITY = (7, 5)  # the oldest generation the kernels are compiled for
_log = logging.getLogger("salkit")


def has_cupy() -> bool:
    """Whether CuPy is installed; it is not imported."""
    return importlib.util.find_spec("cupy") is not None


@cache
def _capabilities() -> tuple[list[tuple[int, int]], str]:
    """The compute capability of every device that the driver shows, and where there is none the reason."""
    for name in _LIBRARIES.get(sys.platform, ("libcuda.so.1", "libcuda.so")):
        try:
            driver = ctypes.CDLL(name)
            break
        except OSError:
            continue
    else:
        return [], "no NVIDIA driver is installed"
    status, number = driver.cuInit(0), ctypes.c_int(0)
    if status == 0:
        status = driver.cuDeviceGetCount(ctypes.byref(number))
    if status != 0 or number.value == 0:
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
        shown = "" if hidden is None else f", CUDA_VISIBLE_DEVICES={hidden!r}"
        return [], f"the NVIDIA driver shows no device (status {status}{shown})"
    found = []
    for ordinal in range(number.value):
        handle, major, minor = ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(0)
        driver.cuDeviceGet(ctypes.byref(handle), ordinal)
        for attribute, value in ((75, major), (76, minor)):
            driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, handle)
        found.append((major.value, minor.value))
    return found, ""


def too_old(major: int, minor: int) -> str:
    """What to say of a GPU of that compute capability, "" if the kernels run on it."""
    if (major, minor) >= _CAPABILITY:
        return ""
    return f"the GPU is of compute capability {major}.{minor}, at least 7.5 is needed"


def _probe() -> tuple[int, str]:
    """The number of devices that the kernels run on, and where that is 0 the reason."""
    found, reason = _capabilities()
    usable = [capability for capability in found if not too_old(*capability)]
    return len(usable), reason or ("" if usable else too_old(*max(found)))


def count() -> int:
    """How many devices answer that the kernels run on (0 without a driver)."""
    return _probe()[0]


def ordinals() -> list[str]:
    """The names for CUDA_VISIBLE_DEVICES of the devices that the kernels run on, one each."""
    shown = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    found = _capabilities()[0] or [_CAPABILITY] * count()
    names = shown or [str(number) for number in range(len(found))]
    return [name for name, capability in zip(names, found, strict=False) if not too_old(*capability)]


def missing() -> str:
    """What the GPU lacks to be used, "" if nothing."""
    number, reason = _probe()
    if number == 0:
        return reason
    if not has_cupy():
        return "a GPU answers, but CuPy is not installed: install salkit[cuda12] or salkit[cuda13]"
    return ""


def pick_device(device: str, work: Work | None = None, threads: int = 1) -> str:
    """The device that will do that work, "cpu" or "cuda": for "auto" the faster one by `kernels.cost` (None: the GPU).

    Raises ValueError for an unknown name; RuntimeError for "cuda" where there is no GPU, saying what is missing.
    """
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    if device == "cpu" or (device == "auto" and work is not None and not _gains(work, threads)):
        return "cpu"
    lacking = missing()
    if device == "cuda" and lacking:
        raise RuntimeError(f"device 'cuda' is not available: {lacking}; use 'auto' or 'cpu'")
    if lacking and count():
        _say_once(f"running on the CPU: {lacking}")
    return "cpu" if lacking else "cuda"


def _gains(work: Work, threads: int) -> bool:
    """Whether a GPU, if there is one, would be faster."""
    return count() > 0 and seconds("cuda", work) < seconds("cpu", work, threads)


@cache
def _say_once(line: str) -> None:
    _log.info(line)
