"""The rates by which device="auto" decides, measured on this machine: see `salkit.kernels.cost`.

    unit = (T(1 train, L) − T(1 train, L/4)) / (¾ L),   start = T(1 train, L/4) − ¼ L · unit
    at_once = trains · unit(1 train) / unit(trains)

T: least wall time of some calls. Where the time of a neuron grows with their number, two numbers are measured.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import boltzmann, microcircuit
from ..kernels import cost
from ..network import SamplingNetwork
from ..sampling import simulate
from ..sweep.files import dumps, write

__all__ = ["measure", "renew"]

_TAU_REF = 50
_SIZES = {
    "events": (7,), "wide events": (20, 200), "steps": (7,), "wide steps": (20, 200), "circuit": (4, 24),
    "wide circuit": (48, 96),
}  # fmt: skip
_TRAINS = {
    "events": 32_768, "wide events": 4096, "steps": 32_768, "wide steps": 4096, "circuit": 4096, "wide circuit": 1024,
}  # fmt: skip
_LENGTH = {
    "events": 4000.0, "wide events": 400.0, "steps": 40_000.0, "wide steps": 8000.0, "circuit": 40_000.0,
    "wide circuit": 8000.0,
}  # fmt: skip


def _run(kind: str, neurons: int, trains: int, device: str, length: float) -> Callable[[], Any]:
    """A call that does that work on one thread."""
    if kind.endswith("circuit"):  # a quarter of whose cells are interneurons
        p = microcircuit.Microcircuit(
            layers=(neurons // 4,) * 3, feedback="bp", epochs=1, patterns=1, symmetrise=0, settle=1, target_length=10,
            pattern_length=max(2, int(length) // 10), train_inputs=1, validation_inputs=1, teacher=0.5, span=0.2,
        )  # fmt: skip
        circuits = microcircuit.begin(p, list(range(trains)), device, threads=1)
        return partial(microcircuit.learn, circuits, 0, threads=1)
    weights, biases = boltzmann.random_machine(neurons, seed=1)
    timing = "discrete" if kind.endswith("steps") else "continuous"
    network = SamplingNetwork(weights * min(1.0, np.sqrt(7 / neurons)), biases, _TAU_REF, timing)
    whole = max(4, int(length)) if timing == "discrete" else length * _TAU_REF
    kept = ("occupancy",) if neurons <= cost.TABLE_NEURONS else ()
    return partial(simulate, network, whole, 1, trains, record=False, device=device, threads=1, statistics=kept)


def _unit(kind: str, neurons: int, trains: int, device: str, length: float, repeats: int) -> tuple[float, float]:
    """(seconds of a unit of length, seconds beside)."""
    calls = [_run(kind, neurons, trains, device, part) for part in (length, length / 4)]
    least = [np.inf, np.inf]
    for turn in range(repeats + 1):  # the first compiles
        for k, call in enumerate(calls):
            start = time.perf_counter()
            call()
            if turn:
                least[k] = min(least[k], time.perf_counter() - start)
    unit = max((least[0] - least[1]) / (0.75 * length), 1e-15)
    return unit, max(least[1] - 0.25 * length * unit, 0.0)


def measure(device: str, scale: float = 1.0, repeats: int = 3) -> dict[str, cost.Rate]:
    """The rates of a device, "cpu" or "cuda", by kind of work; scale multiplies lengths and trains."""
    found = {}
    for kind, sizes in _SIZES.items():
        length = _LENGTH[kind] * scale
        alone = [_unit(kind, n, 1, device, length, repeats) for n in sizes]
        a_neuron = [unit / n for (unit, _), n in zip(alone, sizes, strict=True)]
        more = max(0.0, (a_neuron[-1] - a_neuron[0]) / (sizes[-1] - sizes[0])) if len(sizes) > 1 else 0.0
        at_once = 1.0
        if device == "cuda":
            trains = max(2, int(_TRAINS[kind] * scale))
            together, _ = _unit(kind, sizes[0], trains, device, length / 4, repeats)
            at_once = max(1.0, trains * alone[0][0] / together)
        start = alone[0][1] if device == "cuda" else 0.0
        found[kind] = cost.Rate(max(a_neuron[0] - more * sizes[0], 1e-15), more, at_once, start)
    return found


def renew(say: Callable[[str], None], scale: float = 1.0) -> dict[str, dict[str, cost.Rate]]:
    """Measure both devices, say the rates and keep them for device="auto" where `salkit.kernels.cost` looks."""
    found = {device: measure(device, scale) for device in ("cpu", "cuda")}
    for device, kinds in found.items():
        for kind, rate in kinds.items():
            say(
                f"{device}, {kind}: {1e9 * rate.each:.3g} + {1e9 * rate.more:.3g} N ns a neuron and unit, "
                f"{rate.at_once:.0f} trains at once, {rate.start:.2g} s to start"
            )
    file = cost.path()
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, dumps(found, indent=1) + "\n")
    say(f'device="auto" goes by these rates from now on: {file}')
    return found
