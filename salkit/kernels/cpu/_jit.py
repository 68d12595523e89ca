"""Three decorators for compiled code, and a cache on disk that notices a change in any kernel source.

Numba compares a cached function with its own file only: a change in a file it calls into would go unnoticed, and old
spikes would come out of new sources. So the cache folder is named by the digest of all kernel sources. Only what Python
calls is cached, functions of a single signature: two processes that store different signatures of one function at
the same time can mix them up.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config as _config

config: Any = _config

__all__ = ["entry", "inlined", "jit"]


def _digest() -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


_CACHE = Path(config.CACHE_DIR or Path(__file__).parent / "__pycache__") / f"kernels-{_digest()}"


def jit(function: Callable[..., Any]) -> Any:
    """Compile with Numba for use by other compiled code: no GIL, no fast-math (results must reproduce)."""
    return numba.njit(nogil=True, error_model="numpy")(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile like `jit`, into each caller: loops around a call that is left standing are not vectorised."""
    return numba.njit(nogil=True, error_model="numpy", forceinline=True)(function)


def entry(function: Callable[..., Any]) -> Any:
    """Compile like `jit`, for use from Python and with one signature, cached on disk."""
    previous, config.CACHE_DIR = config.CACHE_DIR, str(_CACHE)
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = previous
