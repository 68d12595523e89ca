"""Where arrays are: in the host's memory, or in a GPU's, as CuPy's, with which NumPy's functions compute there.

NumPy hands a function of CuPy arrays over to CuPy, so that code is written once; what it must not do is mix the two:
arrays go to a place and come back by name.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from . import on

__all__ = ["Place"]


class Place:
    """The memory of a device, "cpu" or "cuda". Raises RuntimeError where there is no GPU, saying what is missing."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._gpu = on("cuda").current() if device == "cuda" else None

    def put(self, array: Any) -> Any:
        """The array there, which may be the same one."""
        return array if self._gpu is None else self._gpu.put(array)

    def get(self, array: Any) -> np.ndarray:
        """The array in the host's memory, which may be the same one."""
        return np.asarray(array) if self._gpu is None else self._gpu.get(array)

    def working(self) -> AbstractContextManager[Any]:
        """Whatever is computed within is so in this thread's own stream."""
        return nullcontext() if self._gpu is None else self._gpu.working()
