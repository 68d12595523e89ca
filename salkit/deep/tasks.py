"""What deep networks learn: digits to compress or to name, and Yin–Yang.

    autoencoder   8 × 8 digits, grey levels 0 … 1, to reproduce themselves through a bottleneck
    classifier    the same, standardised by mean and deviation of all training pixels, in ten classes
    yin-yang      points (x, y, 1 − x, 1 − y) of a disc in three classes

Digits: the 1797 images that come with scikit-learn (Alpaydin & Kaynak 1998, the test set of "Optical Recognition of
Handwritten Digits", UCI), 1437 to train and 360 to test. Yin–Yang (Kriener, Göltz & Petrovici 2022): a disc of radius
R = ½ around (R, R), dots of radius 0.1 around (R/2, R) and (3R/2, R); a point is

    2  within a dot,
    1  else, if within R/2 of the left centre, or above the middle (y > R) and not within R/2 of the right one,
    0  else

so that turning the disc by 180° exchanges 0 and 1. Classes are equally likely, points uniform within each; 5000 to
train, 1000 to test. Loss, by which the task is learned: "squared" or "cross-entropy" (`networks`).
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..philox import Purpose, check_seed, uniform
from ..values import array, choice, room, whole

__all__ = ["LOSSES", "TASKS", "Data", "load", "yin_yang", "yin_yang_class"]

_Array = NDArray[np.float64]
TASKS = {"autoencoder": (64, 64), "classifier": (64, 10), "yin-yang": (4, 3)}  # neurons of input and output
LOSSES = {"autoencoder": "squared", "classifier": "cross-entropy", "yin-yang": "cross-entropy"}
_DIGITS, _TRAINED = 1797, 1437
_POINTS = (5000, 1000)
_RADIUS, _DOT = 0.5, 0.1


class Data(NamedTuple):
    """Inputs (pattern, n_0), targets (pattern, n_L) and class (pattern,) of each training and each test pattern."""

    inputs: _Array
    targets: _Array
    labels: NDArray[np.int64]
    test_inputs: _Array
    test_targets: _Array
    test_labels: NDArray[np.int64]


def load(task: str, seed: int = 0) -> Data:
    """The patterns of a task; the seed splits the digits, or draws the points.

    Raises ValueError for other tasks and seeds, RuntimeError where scikit-learn is not installed and digits are asked
    for.
    """
    choice("task", task, TASKS)
    check_seed(seed)
    if task == "yin-yang":
        parts = [yin_yang(number, seed, run) for run, number in enumerate(_POINTS)]
        (x, y), (test_x, test_y) = parts
        return Data(x, np.eye(3)[y], y, test_x, np.eye(3)[test_y], test_y)
    images, labels = _digits()
    order = np.argsort(uniform(seed, Purpose.INPUTS, len(images)), kind="stable")
    train, test = order[:_TRAINED], order[_TRAINED:]
    x, test_x, y, test_y = images[train], images[test], labels[train], labels[test]
    if task == "autoencoder":
        return Data(x, x, y, test_x, test_x, test_y)
    mean, deviation = x.mean(), x.std()
    x, test_x = (x - mean) / deviation, (test_x - mean) / deviation
    return Data(x, np.eye(10)[y], y, test_x, np.eye(10)[test_y], test_y)


@cache
def _digits() -> tuple[_Array, NDArray[np.int64]]:
    """Images, (1797, 64) in 0 … 1, and their classes."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise RuntimeError(f"the digits come with scikit-learn, which cannot be imported: {error}") from None
    images, labels = load_digits(return_X_y=True)
    if images.shape != (_DIGITS, 64):
        raise RuntimeError(f"scikit-learn's digits must be {_DIGITS} images of 64 pixels, got shape {images.shape}")
    return images / 16.0, labels.astype(np.int64)


def yin_yang(number: int, seed: int = 0, stream: int = 0) -> tuple[_Array, NDArray[np.int64]]:
    """So many inputs, shape (number, 4), and their classes (number,). Raises ValueError."""
    number, stream = whole("number", number, least=1), whole("stream", stream, most=2**32 - 1)
    check_seed(seed)
    room(f"{number} points", 250.0 * number, "use a smaller number")
    goal = np.floor(3.0 * uniform(seed, Purpose.TARGETS, number, run=stream)).astype(np.int64)
    wanted, drawn = np.bincount(goal, minlength=3), 8 * number + 64
    while True:  # the stream's beginning stays as it is when more of it is drawn
        points = uniform(seed, Purpose.INPUTS, 2 * drawn, run=stream).reshape(drawn, 2)
        points = points[np.hypot(*(points - _RADIUS).T) <= _RADIUS]
        kind = yin_yang_class(points)
        if np.all(np.bincount(kind, minlength=3) >= wanted):
            break
        drawn *= 2
    found = np.empty((number, 2))
    for c in range(3):
        found[goal == c] = points[kind == c][: wanted[c]]
    return np.concatenate([found, 1.0 - found], axis=1), goal


def yin_yang_class(points: ArrayLike) -> NDArray[np.int64]:
    """The class of points of the disc, shape (..., 2) → (...). Raises ValueError for other shapes."""
    at = array("points", points)
    if at.ndim == 0 or at.shape[-1] != 2:
        raise ValueError(f"points must have shape (..., 2), got {at.shape}")
    x, y = at[..., 0], at[..., 1]
    left, right = np.hypot(x - _RADIUS / 2, y - _RADIUS), np.hypot(x - 3 * _RADIUS / 2, y - _RADIUS)
    yin = (left <= _RADIUS / 2) | ((y > _RADIUS) & (right > _RADIUS / 2))
    return np.where((left < _DOT) | (right < _DOT), 2, yin.astype(np.int64))
