"""What one run of a simulator gives."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Turn"]


class Turn(NamedTuple):
    """One run: CPU seconds, set-up left out; spikes of each neuron, shape (N,); seconds of the call as a whole, where
    it has a set-up.
    """

    seconds: float
    counts: NDArray[np.float64]
    whole: float | None = None
