"""Where the time goes: kernels by parts, notebooks by function (`make profile`, `python -m salkit.bench.profile`).

A profiler sees a compiled kernel as one call. Its parts are told by leaving them out, or by running them alone as often
as the whole runs them,

    part = T(with it) − T(without it)        or        part = number of times · T(one alone)

each T marginal: the least CPU time of a longer call minus that of a shorter one, in turns. What no part accounts for is
the `rest`; parts that overlap in the processor can add up to more than the whole, and the rest be negative. Notebooks
named as arguments (01 … 05, or `all`) run under cProfile with their tutorial sizes, and their functions are listed by
own time.
"""

import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np

from .. import boltzmann, microcircuit, wakesleep
from ..kernels.cpu import elementary
from ..kernels.cpu.continuous import hazards, tabulate
from ..microcircuit import circuits
from ..network import SamplingNetwork
from ..philox import Purpose
from ..sampling import simulate
from ..suite import runner
from . import load

__all__ = ["Parts", "circuit", "cycle", "functions", "main", "marginal", "sampling", "table"]

Parts = dict[str, float]  # microseconds a unit: first the whole, the rest last
_TAU_REF = 50
_ZERO = np.uint64(0)
_TOP = 15  # functions of a notebook


def marginal(call: Callable[[int], Any], units: int, repeats: int = 5) -> float:
    """Microseconds of one unit more: call(units) against call(units // 4), the least CPU time of each, in turns."""
    fewer = max(1, units // 4)
    found: dict[int, list[float]] = {units: [], fewer: []}
    for turn in range(repeats + 1):  # the first compiles
        for number, times in found.items():
            start = time.process_time()
            call(number)
            if turn:
                times.append(time.process_time() - start)
    return 1e6 * (min(found[units]) - min(found[fewer])) / (units - fewer)


def sampling(neurons: int, units: int) -> Parts:
    """A tau_ref of a random network in continuous time, with and without the window sums behind coactivation."""
    weights, biases = boltzmann.random_machine(neurons, seed=1)
    network = SamplingNetwork(weights * min(1.0, (7 / neurons) ** 0.5), biases, _TAU_REF)

    def run(statistics: Sequence[str], number: int) -> Any:
        return simulate(network, number * _TAU_REF, seed=1, record=False, threads=1, statistics=statistics)

    spikes = float(run((), units).counts().sum()) / units
    bare, full = (marginal(partial(run, kept), units) for kept in ((), ("pairs",)))
    return _with_rest({"whole": full, "random numbers": spikes * _number(), "window sums of spike pairs": full - bare})


def cycle(units: int = 400) -> Parts:
    """A cycle of training with SAL, N = 7, 1000 tau_ref: marginal in the number of cycles."""
    ensemble = wakesleep.begin(wakesleep.WakeSleep(weight_noise=0.8), [1])
    whole = marginal(lambda number: wakesleep.learn(ensemble, number, threads=1), units)
    inside = sampling(7, 4000)
    weights, biases = boltzmann.random_machine(7, seed=1)
    table_ = marginal(partial(_tables, weights, biases, float(_TAU_REF), hazards(7)), 4000)
    parts = {f"sampling: {name}": 1000 * part for name, part in inside.items() if name != "whole"}
    return _with_rest({"whole": whole, "table of hazards": table_} | parts)


def circuit(*layers: int, units: int) -> Parts:
    """A step of a microcircuit: a pattern shown; with a target; with plasticity, too; and one that aligns by SAL."""
    p = microcircuit.Microcircuit(layers=layers, epochs=1, train_inputs=1, validation_inputs=1, target_length=300)
    batch = circuits.begin(p, [1], device="cpu", threads=1)

    def show(mode: tuple[float, ...], steps: int) -> None:
        state, up, down = circuits.silent(p, 1, Purpose.SAMPLING), batch.up.copy(), batch.down.copy()
        circuits.show(
            batch, batch.inputs, batch.targets, [mode], 1, state=state, length=steps / p.tau_ref,
        )  # fmt: skip
        batch.up[:], batch.down[:] = up, down

    modes = {
        "shown": circuits.mode(api=p.api),
        "nudged": circuits.mode(api=p.api, nudge=p.nudge),
        "learning": circuits.mode(api=p.api, nudge=p.nudge, learn=1.0),
        "aligning": circuits.mode(api=1.0, sal=p.lr_sal, symmetrise=1.0, interneurons=0.0),
    }
    took = {name: marginal(partial(show, mode), units) for name, mode in modes.items()}
    cells = sum(layers) + sum(layers[2:])
    words = marginal(partial(_words, np.empty((4, elementary.BLOCKS * -(-cells // 4)), np.uint64)), units // 16) / 16
    return {
        "whole": took["learning"],
        "random words": words,
        "spikes and potentials": took["shown"] - words,
        "running mean of the output, target": took["nudged"] - took["shown"],
        "means of all neurons, plasticity": took["learning"] - took["nudged"],
        "(SAL instead of target and plasticity)": took["aligning"] - took["shown"],
    }


def functions(notebook: Path, most: int = _TOP) -> list[tuple[str, float, int]]:
    """Own seconds and number of calls of the functions of a notebook that takes longest in, largest first.

    Raises RuntimeError, with the last line that it says, if it does not run to its end.
    """
    with tempfile.TemporaryDirectory(prefix="salkit-profile-") as place:
        stored = Path(place) / "profile"
        done = subprocess.run(
            [sys.executable, "-m", "cProfile", "-o", str(stored), str(notebook)],
            env=os.environ | {"SALKIT_FIGURES": place, "MPLBACKEND": "Agg"},
            cwd=notebook.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{notebook.name}: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
        found: Any = pstats.Stats(str(stored))
    rows = [(_named(*place), own, calls) for place, (_, calls, own, _, _) in found.stats.items()]
    return sorted(rows, key=lambda row: -row[1])[:most]


def table(title: str, parts: Mapping[str, float]) -> str:
    """One line a part: microseconds and share of the whole."""
    whole = parts["whole"]
    lines = [f"{title}: {whole:.4g} µs"]
    lines += [
        f"  {name:<44} {part:>10.4g} {100 * part / whole:>6.0f} %" for name, part in parts.items() if name != "whole"
    ]
    return "\n".join(lines)


def main(names: Sequence[str], say: Callable[[str], None] = print) -> None:
    """Profile the kernels, then the notebooks named. Raises ValueError for a notebook that is not there."""
    wanted = runner.find(() if list(names) == ["all"] else names, runner.notebooks_folder()) if names else []
    before = load.calibrate()
    say(table("training with SAL, continuous, N = 7, a cycle", cycle()))
    for layers, units in (((1, 1, 1), 200_000), ((50, 50, 50), 4000)):
        say(table(f"microcircuit {'-'.join(map(str, layers))}, a step", circuit(*layers, units=units)))
    for neurons, units in ((7, 4000), (100, 200), (1000, 12)):
        say(table(f"sampling, continuous, N = {neurons}, a tau_ref", sampling(neurons, units)))
    for notebook in wanted:
        say(f"{notebook.stem}: own seconds, calls")
        for name, own, calls in functions(notebook):
            say(f"  {name:<70} {own:>8.2f} {calls:>9}")
    say(load.described(before, load.calibrate()))


def _with_rest(parts: Parts) -> Parts:
    return parts | {"rest": 2 * parts["whole"] - sum(parts.values())}


def _number() -> float:
    """Microseconds of a unit exponential and a uniform, drawn in blocks as the sampler does."""
    waits, shares = np.empty((2, elementary.BLOCKS))
    return marginal(partial(_exponentials, waits, shares), 4000) / elementary.BLOCKS


@numba.njit(nogil=True, error_model="numpy")
def _exponentials(waits: Any, shares: Any, times: int) -> None:
    for n in range(times):
        elementary.exponentials(np.uint64(1), _ZERO, _ZERO, np.uint64(n), waits, shares)


@numba.njit(nogil=True, error_model="numpy")
def _words(rows: Any, times: int) -> None:
    for n in range(times):
        elementary.word_rows(np.uint64(1), _ZERO, _ZERO, np.uint64(n), rows)


@numba.njit(nogil=True, error_model="numpy")
def _tables(weights: Any, biases: Any, tau_ref: float, room: Any, times: int) -> None:
    for _ in range(times):
        tabulate(weights, biases, tau_ref, room[0], room[1])


def _named(file: str, line: int, name: str) -> str:
    """package/module.py:line(function), without the folders before."""
    parts = Path(file).parts
    short = "/".join(parts[parts.index("site-packages") + 1 :] if "site-packages" in parts else parts[-2:])
    return f"{short}:{line}({name})" if line else name


if __name__ == "__main__":
    main(sys.argv[1:])
