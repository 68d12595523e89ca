"""What a run costs on the CPU and on a GPU, for device="auto".

    seconds = start + max(1, trains / at_once) · length · neurons · (each + more · neurons)

A train is one replica of one network, or one microcircuit; length is in tau_ref in continuous time ("events"), in steps
in discrete time ("steps") and for microcircuits ("circuit", whose cells are its neurons here). Networks with a table
over states run one a lane of a GPU, wider ones one a block; circuits of a warp have a lane for each cell, wider ones
share lanes out: their rates are named apart. `at_once`: trains that go side by side without slowing each other; on the
CPU one a thread. `start` is what a run takes beside: on a GPU context and copies. (A kernel of new constants is first
compiled, for seconds; CuPy keeps it on disk.)

The rates of `SHIPPED` were measured on a machine with one NVIDIA H200 and Intel Xeon cores. What `salkit bench`
measures on a machine with a GPU it writes to `path()`, and from then on that is taken.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["CIRCUIT_CELLS", "KINDS", "SHIPPED", "TABLE_NEURONS", "Rate", "Work", "path", "rates", "seconds"]

TABLE_NEURONS = 12  # as in kernels.cpu.continuous
CIRCUIT_CELLS = 32  # of a warp
KINDS = ("events", "wide events", "steps", "wide steps", "circuit", "wide circuit")


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


SHIPPED = {
    "cpu": {
        "events": Rate(2.25e-8, 0.0, 1, 0.0),
        "wide events": Rate(6.6e-8, 1.4e-10, 1, 0.0),
        "steps": Rate(7.2e-9, 0.0, 1, 0.0),
        "wide steps": Rate(4.6e-9, 0.0, 1, 0.0),
        "circuit": Rate(1.8e-8, 0.0, 1, 0.0),
        "wide circuit": Rate(2.1e-8, 6e-12, 1, 0.0),
    },
    "cuda": {
        "events": Rate(4.2e-7, 0.0, 7786, 0.3),
        "wide events": Rate(1.3e-6, 1.9e-9, 1379, 0.3),
        "steps": Rate(2.45e-7, 0.0, 23_068, 0.3),
        "wide steps": Rate(1.15e-7, 0.0, 1702, 0.3),
        "circuit": Rate(5.9e-8, 0.0, 432, 0.3),
        "wide circuit": Rate(9.0e-8, 1.2e-10, 1001, 0.3),
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
        return {device: {kind: Rate(*map(float, found[device][kind])) for kind in KINDS} for device in SHIPPED}
    except (OSError, ValueError, KeyError, TypeError):
        return SHIPPED


def rates() -> Mapping[str, Mapping[str, Rate]]:
    """The rates of this machine if they have been measured, and can be read, else `SHIPPED`."""
    file = path()
    try:
        return _read(file, file.stat().st_mtime)
    except OSError:
        return SHIPPED


def seconds(device: str, work: Work, threads: int = 1) -> float:
    """What a run takes on "cpu" or "cuda"."""
    most = CIRCUIT_CELLS if work.kind == "circuit" else TABLE_NEURONS
    kind = f"wide {work.kind}" if work.neurons > most else work.kind
    rate = rates()[device][kind]
    at_once = rate.at_once * (threads if device == "cpu" else 1)
    rounds = max(1.0, work.trains / at_once)
    return rate.start + rounds * work.length * work.neurons * (rate.each + rate.more * work.neurons)
