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

__all__ = ["DEVICES", "count", "has_cupy", "missing", "ordinals", "pick_device"]

DEVICES = ("auto", "cpu", "cuda")

_LIBRARIES = {"win32": ("nvcuda.dll",)}
_FEW = 256  # trains below which "auto" stays on the CPU: one lane of a GPU is slower than one core
_CAPABILITY = (7, 5)  # the oldest generation the kernels are compiled for
_log = logging.getLogger("salkit")


def has_cupy() -> bool:
    """Whether CuPy is installed; it is not imported."""
    return importlib.util.find_spec("cupy") is not None


@cache
def _probe() -> tuple[int, str]:
    """The number of devices that the driver shows, and where that is 0 the reason."""
    for name in _LIBRARIES.get(sys.platform, ("libcuda.so.1", "libcuda.so")):
        try:
            driver = ctypes.CDLL(name)
            break
        except OSError:
            continue
    else:
        return 0, "no NVIDIA driver is installed"
    status, number = driver.cuInit(0), ctypes.c_int(0)
    if status == 0:
        status = driver.cuDeviceGetCount(ctypes.byref(number))
    if status != 0 or number.value == 0:
        hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
        shown = "" if hidden is None else f", CUDA_VISIBLE_DEVICES={hidden!r}"
        return 0, f"the NVIDIA driver shows no device (status {status}{shown})"
    major, minor = ctypes.c_int(0), ctypes.c_int(0)
    for attribute, value in ((75, major), (76, minor)):  # compute capability of device 0
        driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, 0)
    if (major.value, minor.value) < _CAPABILITY:
        return 0, f"the GPU is of compute capability {major.value}.{minor.value}, at least 7.5 is needed"
    return number.value, ""


def count() -> int:
    """How many devices answer (0 without a driver)."""
    return _probe()[0]


def ordinals() -> list[str]:
    """The devices' names for CUDA_VISIBLE_DEVICES, one each."""
    shown = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return (shown or [str(number) for number in range(count())])[: count()]


def missing() -> str:
    """What the GPU lacks to be used, "" if nothing."""
    number, reason = _probe()
    if number == 0:
        return reason
    if not has_cupy():
        return "a GPU answers, but CuPy is not installed: install salkit[cuda12] or salkit[cuda13]"
    return ""


def pick_device(device: str, trains: int | None = None) -> str:
    """The device that will run that many trains (None: many): "cpu" or "cuda".

    Raises ValueError for an unknown name; RuntimeError for "cuda" where there is no GPU, saying what is missing.
    """
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    if device == "cpu" or (device == "auto" and trains is not None and trains < _FEW):
        return "cpu"
    lacking = missing()
    if device == "cuda" and lacking:
        raise RuntimeError(f"device 'cuda' is not available: {lacking}; use 'auto' or 'cpu'")
    if lacking and count():
        _say_once(f"running on the CPU: {lacking}")
    return "cpu" if lacking else "cuda"


@cache
def _say_once(line: str) -> None:
    _log.info(line)
