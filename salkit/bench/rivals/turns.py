"""Simulators that take turns on one core, one run each a round: what disturbs the machine disturbs them alike."""

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...network import SamplingNetwork
from ...sampling import simulate
from ...spikes import State
from .process import Missing

__all__ = ["Measured", "Ours", "Runner", "core", "memory", "take_turns"]

_TURN = 0.05  # seconds


class Runner(Protocol):
    """A network that can be run again and again; `ready` and `run` raise Missing, with the reason, if they cannot."""

    key: str
    label: str

    def ready(self) -> None:
        """Wait until everything is compiled and built and the burn-in is over."""

    def run(self) -> tuple[float, NDArray[np.float64]]:
        """CPU seconds of one more run, and spikes of each neuron, shape (N,)."""

    def close(self) -> None:
        """Give back what it holds."""


class Ours:
    """`simulate` on one thread or a GPU, each call going on where the one before stopped; burn_in and duration in the
    unit of tau_ref. A run is one call, or as many as take `_TURN` together, and their mean. Seconds are CPU time, and
    on a GPU wall time.
    """

    def __init__(
        self, key: str, label: str, network: SamplingNetwork, burn_in: float, duration: float, device: str = "cpu"
    ) -> None:
        self.key, self.label = key, label
        self._network, self._burn_in, self._duration, self._device = network, burn_in, duration, device
        self._state: State | None = None
        self._calls = 1
        self._clock = time.process_time if device == "cpu" else time.perf_counter

    def ready(self) -> None:
        """Compile, run the burn-in twice, and see how long it takes. Raises Missing if that fails."""
        for _ in range(2):  # the first compiles
            seconds, _ = self._simulate(self._burn_in)
        self._calls = max(1, math.ceil(_TURN * self._burn_in / self._duration / seconds))

    def run(self) -> tuple[float, NDArray[np.float64]]:
        """Time whole calls, their set-up and their statistics with them. Raises Missing if one fails."""
        calls = [self._simulate(self._duration) for _ in range(self._calls)]
        return sum(seconds for seconds, _ in calls) / len(calls), np.mean([counts for _, counts in calls], axis=0)

    def close(self) -> None:
        """Forget the state."""
        self._state = None

    def _simulate(self, duration: float) -> tuple[float, NDArray[np.int64]]:
        try:
            start = self._clock()
            spikes = simulate(
                self._network, duration, seed=1, record=False, device=self._device, threads=1, start=self._state
            )
            seconds = self._clock() - start
        except (RuntimeError, MemoryError) as error:
            raise Missing(f"{self.label}: {error}") from None
        self._state = spikes.final
        return seconds, spikes.counts()[0]


@dataclass
class Measured:
    """What the runs of one simulator gave: seconds, and spike counts of shape (N,)."""

    label: str
    seconds: list[float] = field(default_factory=list)
    counts: list[NDArray[np.float64]] = field(default_factory=list)


def take_turns(
    begin: Sequence[Callable[[], Runner]], repeats: int, note: Callable[[str], None], stay_on: int | None = None
) -> dict[str, Measured]:
    """Start all (they build at the same time), then let each run once a round, on the core `stay_on`.

    A simulator that cannot run leaves a note, and the others go on: what is returned has those that ran to the end.
    """
    runners = [start() for start in begin]
    found: dict[str, Measured] = {}
    try:
        for runner in runners:
            try:
                runner.ready()
                found[runner.key] = Measured(runner.label)
            except Missing as reason:
                note(str(reason))
        with _staying_on(stay_on):
            for _ in range(repeats):
                for runner in runners:
                    if runner.key not in found:
                        continue
                    try:
                        seconds, counts = runner.run()
                        found[runner.key].seconds.append(seconds)
                        found[runner.key].counts.append(counts)
                    except Missing as reason:
                        note(str(reason))
                        del found[runner.key]
    finally:
        for runner in runners:
            runner.close()
    return found


def core() -> int | None:
    """The core to stay on: the last that this process may use; None where the system does not tell."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def memory() -> float:
    """Bytes of memory that are free for programs; infinite where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return float("inf")


@contextmanager
def _staying_on(chosen: int | None) -> Iterator[None]:
    if chosen is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {chosen})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
