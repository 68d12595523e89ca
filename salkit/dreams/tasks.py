"""What networks dream of: binary images with a label neuron for each class.

    digits            8 × 8, a pixel is on from half its range upwards; ten classes (`salkit.deep.tasks`)
    bars              3 × 3, one row or one column on: six images, two classes
    bars-and-stripes  4 × 4, any rows, or any columns, on: 30 images, two classes; blank and full ones in both

A visible state is the pixels, row by row, and then the labels, of which one is on.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..deep import tasks as deep_tasks
from ..philox import check_seed
from ..values import choice

__all__ = ["TASKS", "Images", "load"]

TASKS = {"digits": (64, 10), "bars": (9, 2), "bars-and-stripes": (16, 2)}  # neurons of pixels and labels

_Bits = NDArray[np.uint8]


class Images(NamedTuple):
    """Visible states (image, pixels + labels) and class (image,) to train and to test; side of an image."""

    states: _Bits
    labels: NDArray[np.int64]
    test_states: _Bits
    test_labels: NDArray[np.int64]
    side: int

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.side**2


def load(task: str, seed: int = 0) -> Images:
    """The images of a task; the seed splits the digits, 1437 to train and 360 to test. Bars are trained and tested all.

    Raises ValueError for other tasks and seeds, RuntimeError where scikit-learn is not installed and digits are asked
    for.
    """
    choice("task", task, TASKS)
    check_seed(seed)
    if task == "digits":
        data = deep_tasks.load("autoencoder", seed)
        parts = [(data.inputs >= 0.5, data.labels), (data.test_inputs >= 0.5, data.test_labels)]
        (x, y), (test_x, test_y) = ((_states(pixels, labels, 10), labels) for pixels, labels in parts)
        return Images(x, y, test_x, test_y, 8)
    side = 3 if task == "bars" else 4
    lines = np.eye(side, dtype=bool) if task == "bars" else np.arange(2**side)[:, None] >> np.arange(side) & 1 > 0
    rows = np.repeat(lines[:, :, None], side, axis=2)
    pixels = np.concatenate([rows, rows.swapaxes(1, 2)]).reshape(2 * len(lines), side * side)
    labels = np.repeat([0, 1], len(lines))
    states = _states(pixels, labels, 2)
    return Images(states, labels, states, labels, side)


def _states(pixels: NDArray[np.bool_], labels: NDArray[np.int64], classes: int) -> _Bits:
    return np.concatenate([pixels, np.eye(classes, dtype=bool)[labels]], axis=1).astype(np.uint8)
