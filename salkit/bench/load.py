"""How busy the machine is with other work: figures that are measured beside it are not to be quoted.

A loop of fixed pieces of work keeps one core busy for half a second. What it got of that core and what others used of
all cores meanwhile,

    share  = our CPU time / wall time               others = (busy time of all cores − our CPU time) / wall time

say whether the machine is idle: share ≥ 0.97 and others ≤ 0.1 cores. Where the system does not tell the busy time, a
load average above 0.5, taken before we begin, stands for it; it lags by a minute, and so is only told otherwise.
"""

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["Load", "as_json", "calibrate", "described", "loaded"]

_WALL = 0.5  # seconds
_LEAST_SHARE, _MOST_OTHERS, _MOST_AVERAGE = 0.97, 0.1, 0.5


@dataclass(frozen=True)
class Load:
    """share: of a core that a busy loop got; others: cores in use beside it; average: load average of the last minute,
    both None where the system does not tell; cores: how many there are.
    """

    share: float
    others: float | None
    average: float | None
    cores: int

    @property
    def idle(self) -> bool:
        """Whether nobody else works on this machine."""
        quiet = (self.average or 0.0) <= _MOST_AVERAGE if self.others is None else self.others <= _MOST_OTHERS
        return self.share >= _LEAST_SHARE and quiet


def calibrate(wall: float = _WALL) -> Load:
    """Keep a core busy for `wall` seconds and see what else goes on."""
    average = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    busy, start, own = _busy(), time.perf_counter(), time.process_time()
    while time.perf_counter() - start < wall:
        sum(range(2000))
    elapsed, own, after = time.perf_counter() - start, time.process_time() - own, _busy()
    others = None if busy is None or after is None else max(0.0, (after - busy - own) / elapsed)
    return Load(min(1.0, own / elapsed), others, average, os.cpu_count() or 1)


def loaded(*loads: Load) -> bool:
    """Whether the machine was not idle at one of these times."""
    return not all(load.idle for load in loads)


def described(*loads: Load) -> str:
    """One line: what others did at these times, and what that means for the figures."""
    parts = []
    for load in loads:
        cores = "" if load.others is None else f", others used {load.others:.1f} of {load.cores} cores"
        average = "" if load.average is None else f", load average {load.average:.1f}"
        parts.append(f"a busy loop got {100 * load.share:.0f} % of a core{cores}{average}")
    words = "LOADED MACHINE, figures not to be quoted" if loaded(*loads) else "idle machine"
    return f"{words}: {'; at the end '.join(parts)}"


def as_json(*loads: Load) -> dict[str, Any]:
    """The same in JSON's own types: loaded, and each load."""
    return {"loaded": loaded(*loads), "loads": [asdict(load) for load in loads]}


def _busy() -> float | None:
    """Seconds that all cores together have worked since the start, for anyone and for the host; None if unknown."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
        user, nice, system, _, _, interrupts, soft, stolen = (int(field) for field in fields)
    except (OSError, ValueError):
        return None
    total = user + nice + system + interrupts + soft + stolen
    return total / os.sysconf("SC_CLK_TCK") if total else None
