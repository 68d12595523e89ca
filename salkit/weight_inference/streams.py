"""The random streams of a rival's drive, as the kernels take them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..philox import Purpose

__all__ = ["PATTERNS", "SPIKES", "seed_arrays"]

PATTERNS, SPIKES = np.uint64(Purpose.PATTERNS << 56), np.uint64(Purpose.SAMPLING << 56)


def seed_arrays(seeds: Sequence[int]) -> dict[str, Any]:
    """Seeds of the kernels, and runs: each run has a seed of its own."""
    return {"seeds": np.array(seeds, np.uint64), "runs": np.zeros(len(seeds), np.uint64)}
