"""Values that are wrong for an argument of some kind, and a time limit for the calls that get them."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np

NAN, INF = float("nan"), float("inf")
DIGITS = 10**5000  # too many digits to print


class Odd:
    """An object that cannot even be printed."""

    def __repr__(self):
        raise TypeError("no")


NO_NUMBER = [None, "1", True, 1j, [1.0, 2.0], {}, Odd(), np.array(["1"])]
WHOLE = [*NO_NUMBER, NAN, INF, 1.5, 2.0, -1, -DIGITS, DIGITS]
NUMBER = [*NO_NUMBER, NAN, INF, -INF, DIGITS]
AMOUNT = [*NUMBER, -1e-9, -1, 1e300]
SPREAD = AMOUNT
POSITIVE = [*AMOUNT, 0]
NAME = [None, "", "nonsense", 3, True, ["sal"], NAN, Odd(), b"sal"]
FLAG = [None, "no", 1, 0.0, [True], NAN]
SEED = [None, -1, 1.5, "1", True, NAN, 2**64, [[1], [2, 3]], {}, Odd()]
SEEDS = [
    None,
    3,
    "12",
    [],
    [-1],
    [1.5],
    [True],
    [None],
    ["1"],
    [2**64],
    [[1, 2, 3]],
    [[1], 2],
    np.array(3),
    [Odd()],
    {},
]
THREADS = [0, -1, 1.5, "1", True]
INDEX = [2, -3, None, ..., "a", 1.5, (0, 0), [0, 5], np.ones(3, bool), True, {}, Odd()]


def arrays(*shape: int, wide: bool = False) -> list[Any]:
    """What is no array of finite numbers of this shape; `wide`: very large numbers are wrong, too."""
    good = np.zeros(shape)
    spoilt = [good.copy() for _ in range(4)]
    for array, value in zip(spoilt, (NAN, INF, -INF, 1e300), strict=True):
        array.flat[-1] = value
    return [
        None,
        "x",
        True,
        {},
        Odd(),
        1j * good,
        good.astype(bool),
        good.astype(str),
        good.astype(object),
        [[0.0], [0.0, 1.0]],
        np.zeros((*shape[:-1], shape[-1] + 1)),
        np.zeros((*shape[:-1], 0)),
        *spoilt[: 4 if wide else 3],
    ]


def without(values: list[Any], *fine: Any) -> list[Any]:
    """The values that are not among those that are fine here."""
    return [
        value
        for value in values
        if not any(value is one or (type(value) is type(one) is float and value == one) for one in fine)
    ]


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """An AssertionError in what takes more of the processor's time, where the system has such a clock."""

    def stop(*_: Any) -> None:
        raise AssertionError(f"no error within {seconds} s")

    if not hasattr(signal, "SIGPROF") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def last(traceback: TracebackType) -> TracebackType:
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback
