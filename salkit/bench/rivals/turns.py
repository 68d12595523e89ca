"""Simulators that take turns on one core, one run each a round: what disturbs the machine disturbs them alike.

Ours is timed by its margin: with T and T' the times of calls for n and n' tau_ref, (T − T') n / (n − n') is what n
tau_ref take without the set-up of a call, and T − that the set-up. The others time their simulation alone.
"""

import contextlib
import ctypes
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...network import SamplingNetwork
from ...sampling import simulate
from ...spikes import State
from .process import Missing
from .turn import Turn

__all__ = ["Measured", "Ours", "Runner", "core", "memory", "peak", "take_turns"]

_TURN = 0.05  # seconds
_PART = 0.25  # of a run: the shorter call


class Runner(Protocol):
    """A network that can be run again and again; `ready` and `run` raise Missing, with the reason, if they cannot."""

    key: str
    label: str
    set_up: float | None  # seconds before the first run
    memory: float | None  # bytes, at the peak

    def ready(self) -> None:
        """Wait until everything is compiled and built and the burn-in is over."""

    def run(self) -> Turn:
        """One more run."""

    def close(self) -> None:
        """Give back what it holds."""


class Ours:
    """`simulate` on one thread or a GPU, each call going on where the one before stopped; burn_in and duration in the
    unit of tau_ref. A run is a longer and a shorter call, or as many of both as take `_TURN` together, and medians.
    Seconds are CPU time, and on a GPU wall time. Statistics are left out: only spikes are counted, as by the others.
    """

    def __init__(
        self,
        key: str,
        label: str,
        build: Callable[[], SamplingNetwork],
        burn_in: float,
        duration: float,
        device: str = "cpu",
        unit: float = 1.0,
    ) -> None:
        self.key, self.label = key, label
        self.set_up: float | None = None
        self.memory: float | None = None
        self._build, self._network = build, build()
        self._burn_in, self._duration, self._device = burn_in, duration, device
        self._shorter = max(1.0, duration * _PART // unit) * unit
        self._state: State | None = None
        self._clock = time.process_time if device == "cpu" else time.perf_counter

    def ready(self) -> None:
        """Compile, and run the burn-in twice, the second time as a network anew, whose memory is measured.

        Raises Missing if it fails.
        """
        self._simulate(self._burn_in)  # compiles
        del self._network
        with peak() as found:
            self._network = self._build()
            self._state = None
            self._simulate(self._burn_in)
        self.memory = found.bytes if self._device == "cpu" else None

    def run(self) -> Turn:
        """Time longer and shorter calls in turns. Raises Missing if one fails, or if the longer take no longer."""
        longer: list[float] = []
        shorter: list[float] = []
        counts: NDArray[np.float64] = np.zeros(self._network.neurons)
        seconds = spent = 0.0
        while spent < _TURN or (seconds <= 0.0 and spent < 20 * _TURN):
            for duration, times in ((self._duration, longer), (self._shorter, shorter)):
                took, spikes = self._simulate(duration)
                times.append(took)
                spent += took
                if times is longer:
                    counts += spikes
            margin = statistics.median(longer) - statistics.median(shorter)
            seconds = margin * self._duration / (self._duration - self._shorter)
        if seconds <= 0.0:
            raise Missing(f"{self.label}: {self._duration:g} take no longer than {self._shorter:g}: too busy a machine")
        return Turn(seconds, counts / len(longer), statistics.median(longer))

    def close(self) -> None:
        """Forget the state."""
        self._state = None

    def _simulate(self, duration: float) -> tuple[float, NDArray[np.int64]]:
        try:
            start = self._clock()
            spikes = simulate(
                self._network,
                duration,
                seed=1,
                record=False,
                device=self._device,
                threads=1,
                start=self._state,
                statistics=(),
            )
            seconds = self._clock() - start
        except (RuntimeError, MemoryError) as error:
            raise Missing(f"{self.label}: {error}") from None
        self._state = spikes.final
        return seconds, spikes.counts()[0]


@dataclass
class Measured:
    """What the runs of one simulator gave: seconds of each, without and with the set-up of a call, and spike counts of
    shape (N,); seconds before the first run, and bytes at the peak.
    """

    label: str
    seconds: list[float] = field(default_factory=list)
    counts: list[NDArray[np.float64]] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    set_up: float | None = None
    memory: float | None = None


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
                        turn, kept = runner.run(), found[runner.key]
                        kept.seconds.append(turn.seconds)
                        kept.counts.append(turn.counts)
                        kept.whole.append(turn.seconds if turn.whole is None else turn.whole)
                        kept.set_up, kept.memory = runner.set_up, runner.memory
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


@contextmanager
def peak() -> Iterator[SimpleNamespace]:
    """How many more bytes than before this process held at the peak: `bytes`, None where the system does not tell."""
    found = SimpleNamespace(bytes=None)
    with contextlib.suppress(AttributeError, OSError):  # memory given back to malloc alone would hide what comes
        ctypes.CDLL(None).malloc_trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = _status("VmRSS")
    except OSError:
        before = None
    yield found
    if before is not None:
        found.bytes = max(0.0, _status("VmHWM") - before)


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return 1024.0 * next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


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
