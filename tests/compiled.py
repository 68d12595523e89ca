"""Compile the kernels once, for all that `make test` starts: into the folder named, each half in a process of its own.

Every test process has a cache of its own (see conftest.py), which begins as a copy of that folder. What is not compiled
here is compiled where it is needed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HALVES = ("learning", "the rest")


def _learning() -> list[Callable[[], Any]]:
    from salkit import wakesleep
    from salkit.wakesleep import WakeSleep

    small = dict(neurons=3, tau_ref=10, cycles=1, cycle_length=64, replicas=4, validate_every=1, validation_length=64)
    every: list[dict[str, Any]] = [{}, {"timing": "discrete"}]
    return [lambda p=p: wakesleep.train(WakeSleep(**small, **p), [1], progress=False) for p in every]


def _rest() -> list[Callable[[], Any]]:
    import numpy as np

    import salkit as sk
    from salkit import dreams, layers, microcircuit, weight_inference
    from salkit.microcircuit import Microcircuit

    circuit = dict(epochs=1, patterns=1, symmetrise=1, pattern_length=20, settle=5, window=10, target_length=20)
    short = dict(inputs=3, outputs=2, duration=0.2, report_every=0.1)
    nothing, w = (np.zeros((2, 2)), np.zeros(2), 10), np.ones((1, 2, 2))
    varied = sk.SamplingNetwork(*nothing, refractory=[9, 11])
    late = [sk.SamplingNetwork(*nothing, timing, delays=2.0) for timing in ("continuous", "discrete")]
    bars = dreams.Dreams(task="bars", hidden=2, replicas=1, questions=2, dreams=10, validate_every=1, cycles=1)
    return [
        lambda: layers.symmetrise(list(w), list(w), 1, length=10),
        lambda: microcircuit.train(Microcircuit(train_inputs=1, validation_inputs=1, **circuit), [1], progress=False),
        lambda: sk.simulate(varied, 10, seed=1),
        *(lambda network=network: sk.simulate(network, 10, seed=1) for network in late),
        lambda: dreams.train(bars, [1], progress=False),
        lambda: weight_inference.train(weight_inference.RDD(**short), [1], progress=False),
        lambda: weight_inference.train(weight_inference.STDWI(**short), [1], progress=False),
    ]


def main(folder: Path) -> int:
    """Compile both halves at once and put what they made together."""
    with tempfile.TemporaryDirectory() as room:
        own = [Path(room, str(half)) for half in range(len(HALVES))]
        for place in own:
            if folder.exists():
                shutil.copytree(folder, place)
        command = [sys.executable, __file__, "--half"]
        started = [
            subprocess.Popen([*command, half], env=os.environ | {"NUMBA_CACHE_DIR": str(place)})
            for half, place in zip(HALVES, own, strict=True)
        ]
        failed = [half for half, process in zip(HALVES, started, strict=True) if process.wait()]
        shutil.rmtree(folder, ignore_errors=True)
        for place in own:
            if place.exists():
                shutil.copytree(place, folder, dirs_exist_ok=True)
    return len(failed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--half"]:
        for call in _learning() if sys.argv[2] == HALVES[0] else _rest():
            call()
    else:
        sys.exit(main(Path(sys.argv[1])))
