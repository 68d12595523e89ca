"""The hot loops: on CPU threads (Numba) and on a GPU (CUDA), the same functions, the same results."""

from types import ModuleType

__all__ = ["on"]


def on(device: str) -> ModuleType:
    """The module with the kernels of a device, "cpu" or "cuda"."""
    if device == "cuda":
        from . import cuda

        return cuda
    from . import cpu

    return cpu
