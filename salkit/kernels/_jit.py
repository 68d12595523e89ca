"""One decorator for compiled code, with a cache on disk that notices a change in any kernel source.

Numba compares a cached function with its own file only: a change in a file it calls into would go unnoticed, and old
spikes would come out of new sources. So the cache folder is named by the digest of all kernel sources.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config as _config

config: Any = _config

__all__ = ["jit"]


def _digest() -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


_CACHE = Path(config.CACHE_DIR or Path(__file__).parent / "__pycache__") / f"kernels-{_digest()}"


def jit(function: Callable[..., Any]) -> Any:
    """Compile with Numba: no GIL, no fast-math (results must reproduce), cached on disk."""
    previous, config.CACHE_DIR = config.CACHE_DIR, str(_CACHE)
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = previous
