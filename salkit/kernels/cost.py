"""What a run costs on the CPU and on a GPU, for device="auto".

    seconds = start + max(1, trains / at_once) · length · neurons · (each + more · neurons)

A train is one replica of one network, or one microcircuit; length is in tau_ref in continuous time ("events"), in steps
in discrete time ("steps") and for microcircuits ("circuit"). Networks with a table over states run one a lane of a GPU,
wider ones one a block, whose rates are named apart. `at_once`: trains that go side by side without slowing each other;
on the CPU one a thread. `start` is what a run takes beside: of a GPU the compiler, context and copies.

The rates of `MODELLED` are, for the CPU, those of docs/benchmarks.md; for a GPU they come from machine code
(tests/cuda_model.py, an H100) and, where that is said, from no more than an estimate: none is measured. What `salkit
bench` measures on a machine with a GPU it writes to `path()`, and from then on that is taken.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["KINDS", "MODELLED", "TABLE_NEURONS", "Rate", "Work", "path", "rates", "seconds"]

TABLE_NEURONS = 12  # as in kernels.cpu.continuous
KINDS = ("events", "wide events", "steps", "wide steps", "circuit")


class Work(NamedTuple):
    """A run: kind "events", "steps" or "circuit", number of trains, neurons of each, length of each."""

    kind: str
    trains: int
    neurons: int
    length: float


class Rate(NamedTuple):
    """Seconds a neuron and unit of length: each + more · neurons; trains at once; seconds to start."""

    each: float
    more: float
    at_once: float
    start: float


MODELLED = {
    "cpu": {
        "events": Rate(6e-8, 0.0, 1, 0.0),
        "wide events": Rate(6e-8, 9e-10, 1, 0.0),
        "steps": Rate(4.6e-9, 0.0, 1, 0.0),
        "wide steps": Rate(4.5e-9, 0.0, 1, 0.0),
        "circuit": Rate(1.5e-8, 1.3e-10, 1, 0.0),
    },
    "cuda": {
        "events": Rate(3.4e-7, 0.0, 16_896, 0.5),  # 975 cycles a round; 132 · 4 warps of 32 lanes
        "wide events": Rate(9e-7, 3e-10, 1056, 0.5),  # estimated: 2000 cycles an event, 8 blocks a multiprocessor
        "steps": Rate(5e-8, 0.0, 16_896, 0.5),  # estimated: 600 cycles a step of 7 neurons
        "wide steps": Rate(1e-8, 1e-10, 1056, 0.5),  # estimated: 2000 cycles a step of 100 neurons
        "circuit": Rate(9e-8, 1.3e-10, 1056, 0.5),  # estimated: a step takes six times as long as on the CPU
    },
}


def path() -> Path:
    """Where measured rates are kept: the file $SALKIT_COSTS, else one in the user's cache folder."""
    named = os.environ.get("SALKIT_COSTS")
    cache_folder = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(named) if named else Path(cache_folder) / "salkit" / "costs.json"


@cache
def _read(file: Path, changed: float) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {device: {kind: Rate(*map(float, found[device][kind])) for kind in KINDS} for device in MODELLED}
    except (OSError, ValueError, KeyError, TypeError):
        return MODELLED


def rates() -> Mapping[str, Mapping[str, Rate]]:
    """The rates of this machine if they have been measured, and can be read, else `MODELLED`."""
    file = path()
    try:
        return _read(file, file.stat().st_mtime)
    except OSError:
        return MODELLED


def seconds(device: str, work: Work, threads: int = 1) -> float:
    """What a run takes on "cpu" or "cuda"."""
    kind = f"wide {work.kind}" if work.kind != "circuit" and work.neurons > TABLE_NEURONS else work.kind
    rate = rates()[device][kind]
    at_once = rate.at_once * (threads if device == "cpu" else 1)
    rounds = max(1.0, work.trains / at_once)
    return rate.start + rounds * work.length * work.neurons * (rate.each + rate.more * work.neurons)
