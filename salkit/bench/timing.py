"""How long the library takes on this machine, beside the authors' code (`salkit bench`).

Each job runs once to compile and warm up, then `repeats` times on one core. Where a job has a shorter one beside it,
the two take turns, and from their wall times T and T' for n and n' units follows the marginal time of a unit, without
the set-up that both have,

    (median T − median T') / (n − n')

Before and after, the machine's load is measured (`salkit.bench.load`), and said if it is not idle. The authors' numbers
are CPU times of their public code, run unchanged on one core of a 2-core AMD EPYC machine; ratios across machines are
orders of magnitude, not measurements. Brian2 and NEST are measured beside ours (`salkit.bench.comparison`). Learning is
timed over 100 cycles at a stretch, and given for one; a deep network over two epochs.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .. import boltzmann, deep, experiments, microcircuit, stdd, wakesleep
from ..kernels.device import pick_device
from ..network import SamplingNetwork
from ..philox import Purpose
from ..sampling import simulate
from ..sweep.ensemble import compute
from ..sweep.files import dumps, write
from . import comparison, costs, load
from .rivals import find_python

__all__ = ["Job", "Timing", "paper_scale", "run", "side_by_side", "table"]

_CYCLES = 100
_NOISE = ("synaptic-noise", "plasticity-noise", "plasticity-noise-both")  # Figs. 4 and 5
_PAPER = (*_NOISE, "microcircuit")  # and Fig. 6
_LEARNING, _SAMPLING = "learning, SAL, continuous, N = 7, a cycle", "sampling, continuous, N = 7, 1000 tau_ref"
_DEEP, _EPOCHS, _SHOWN = "deep 64-32-8-32-64, SAL, an epoch", 60, 32


@dataclass(frozen=True)
class Job:
    """Work to time: what one call does `units` times, the authors' milliseconds a unit from … to, and the aim; a call
    that does it `fewer` times, for the marginal time.
    """

    work: str
    call: Callable[[], Any]
    authors: tuple[float, float] | None = None
    aim: float | None = None
    units: float = 1
    shorter: Callable[[], Any] | None = None
    fewer: float = 0


@dataclass(frozen=True)
class Timing:
    """One job: median and extremes of its wall times, and what the authors' code takes, all in milliseconds a unit; the
    marginal time, where there is a shorter job.
    """

    work: str
    median: float
    fastest: float
    slowest: float
    repeats: int
    authors: tuple[float, float] | None
    aim: float | None
    marginal: float | None = None


def _sampling(neurons: int, timing: str, duration: int = 50_000) -> Callable[[], Any]:
    """`duration`, of which tau_ref is 50, of a random machine (weights scaled with 1/√N above 7 to keep rates alike),
    with statistics.
    """
    weights, biases = boltzmann.random_machine(neurons, seed=1)
    network = SamplingNetwork(weights * min(1.0, np.sqrt(7 / neurons)), biases, tau_ref=50, timing=timing)
    return partial(simulate, network, duration, seed=1, record=False, threads=1)


def _learning(**changes: Any) -> Callable[[], Any]:
    """Cycles of 1000 refractory periods, from weights with synaptic noise."""
    ensemble = wakesleep.begin(wakesleep.WakeSleep(weight_noise=0.8, **changes), [1])
    return partial(wakesleep.learn, ensemble, _CYCLES, threads=1)


def _circuit(*layers: int, steps: int) -> Callable[[], Any]:
    """One pattern of training with copied feedback, plasticity on, for `steps` steps."""
    p = microcircuit.Microcircuit(
        layers=layers, feedback="bp", epochs=1, patterns=1, symmetrise=0, pattern_length=steps / 10, settle=1,
        target_length=10, train_inputs=1, validation_inputs=1, teacher=0.5, span=0.2,
    )  # fmt: skip
    circuits = microcircuit.begin(p, [1], threads=1)
    return partial(microcircuit.learn, circuits, 0, threads=1)


def _deep(epochs: int) -> Callable[[], Any]:
    """Epochs of the autoencoder of digits in the rate network, each with its phase of 20 000 refractory times."""
    return partial(deep.train, deep.Deep(epochs=epochs), [1], threads=1, progress=False)


def _patterns() -> Callable[[], Any]:
    """Digits shown to the same network as it learns from spikes."""
    e = deep.ensemble.begin(deep.Deep(learning="spikes"), [1])
    inputs, targets = e.data.inputs[:, :_SHOWN], e.data.targets[:, :_SHOWN]
    return partial(e.spikes, inputs, targets, np.arange(_SHOWN)[None], Purpose.WAKE, 1, threads=1)


def _jobs() -> list[Job]:
    authors: dict[int, tuple[float, float] | None] = {7: (39, 45), 20: (88, 88), 50: (236, 236), 200: None}
    aims = {(7, "continuous"): 0.6}
    jobs = [
        Job(
            f"sampling, {timing}, N = {n}, 1000 tau_ref",
            _sampling(n, timing),
            authors[n],
            aims.get((n, timing)),
            shorter=_sampling(n, timing, 10_000),
            fewer=0.2,
        )
        for timing in ("continuous", "discrete")
        for n in authors
    ]
    jobs += [
        Job(_LEARNING, _learning(), (51, 62), 0.35, _CYCLES),
        Job("the same, neurons with periods of their own", _learning(refractory_cv=0.3), None, None, _CYCLES),
        Job("learning, SAL, discrete, N = 7, a cycle", _learning(timing="discrete"), (51, 62), None, _CYCLES),
    ]
    jobs += [
        Job(
            "microcircuit 1-1-1, a step",
            _circuit(1, 1, 1, steps=200_000),
            (0.23, 0.35),
            0.00005,
            200_000,
            _circuit(1, 1, 1, steps=40_000),
            40_000,
        ),
        Job(
            "microcircuit 50-50-50, a step",
            _circuit(50, 50, 50, steps=5000),
            (0.36, 0.36),
            0.02,
            5000,
            _circuit(50, 50, 50, steps=3000),
            3000,
        ),
    ]
    jobs += [
        Job(_DEEP, _deep(2), None, 500, 2, _deep(1), 1),
        Job("the same from spikes, a pattern of 36 tau_ref", _patterns(), None, None, _SHOWN),
    ]
    grid = np.arange(-2, 2.001, 0.25)
    for timing in ("continuous", "discrete"):
        law = partial(stdd.distribution, 0.8, 0.4, -0.5, -0.5, 50, timing=timing, t_max=102)
        jobs.append(Job(f"STDD, {timing}, tau_ref 50, t_max 102", law, (7600, 7600), 50))
    for timing in ("continuous", "discrete"):
        plane = partial(stdd.sal_drift, grid[:, None], grid[None, :], 0.0, 0.0, 15, timing=timing)
        jobs.append(Job(f"phase plane 17 × 17, {timing}, tau_ref 15", plane, (75_000, 97_000), 1000))
    return jobs


def run(
    device: str = "auto",
    json_path: Path | None = None,
    repeats: int = 15,
    say: Callable[[str], None] = print,
    compare: bool = False,
    rivals: Path | None = None,
) -> dict[str, Any]:
    """Time every job and say a table; with `json_path` also write it there, with the machine and the date.

    With `compare` also measure Brian2 and NEST (`salkit.bench.comparison`), which the Python `rivals` has, and draw the
    figure `bench`. On a GPU also measure the rates by which device="auto" decides (`salkit.bench.costs`). Returns what
    the JSON holds: machine, timings, and costs and comparison (None unless there is a GPU, unless asked for).

    Raises ValueError for an unknown device and for a `rivals` without simulators, RuntimeError for a device that is not
    there.
    """
    pick_device(device)
    if json_path is not None and not json_path.absolute().parent.is_dir():
        raise ValueError(f"the folder of --json does not exist: {json_path.parent}")
    if rivals is not None:
        if not compare:
            raise ValueError("--rivals goes with --compare")
        find_python(rivals)
    before = load.calibrate()
    timings = [_timed(job, repeats) for job in _jobs()]
    machine = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {package: version(package) for package in ("salkit", "numpy", "numba")},
        "date": time.strftime("%Y-%m-%d"),
    }
    after = load.calibrate()
    say(table(timings))
    say(load.described(before, after))
    say("one core of {cores}: {processor}; Python {python}; {date}; {n} runs each".format(**machine, n=repeats))
    found = {timing.work: timing.median for timing in timings}
    if _LEARNING in found and _SAMPLING in found:
        hours = 240 * (20_001 * found[_LEARNING] + 41 * 1000 * found[_SAMPLING]) / 3.6e6
        say(f"so Fig. 4 at paper scale, 240 runs with 41 validations each, takes about {hours:.1f} core-hours here")
    if _DEEP in found:
        say(f"so a deep network that learns for {_EPOCHS} epochs takes about {_EPOCHS * found[_DEEP] / 1e3:.1f} s here")
    gpu = pick_device(device) == "cuda"
    rates = costs.renew(say) if gpu else None
    on_gpu = paper_scale(say) | {"side by side": side_by_side(say)} if gpu else {}
    found_beside = None
    if compare:
        found_beside = comparison.compare(device, repeats, rivals, say)
        after = load.calibrate()
        say(load.described(before, after))
        machine["load"] = load.as_json(before, after)
        _draw(found_beside, machine, repeats)
    else:
        say("not compared with Brian2 and NEST: `make bench` does, in an environment of their own that it makes")
    machine["load"] = load.as_json(before, after)
    record: dict[str, Any] = {"machine": machine, "timings": [asdict(t) for t in timings]}
    record |= {"paper_scale_on_gpu": on_gpu, "costs": rates, "comparison": found_beside}
    if json_path is not None:
        write(json_path, dumps(record, indent=1) + "\n")
    return record


def _timed(job: Job, repeats: int) -> Timing:
    """Run a job and, in turns, its shorter one."""
    both = [job.call] if job.shorter is None else [job.call, job.shorter]
    walls: list[list[float]] = [[] for _ in both]
    for turn in range(repeats + 1):  # the first compiles
        for call, found in zip(both, walls, strict=True):
            start = time.perf_counter()
            call()
            if turn:
                found.append(1e3 * (time.perf_counter() - start))
    each = [wall / job.units for wall in walls[0]]
    marginal = None
    if job.shorter is not None:
        marginal = (statistics.median(walls[0]) - statistics.median(walls[1])) / (job.units - job.fewer)
    spread = statistics.median(each), min(each), max(each)
    return Timing(job.work, *spread, repeats, job.authors, job.aim, marginal)


def paper_scale(say: Callable[[str], None], names: Sequence[str] = _PAPER, device: str = "cuda") -> dict[str, float]:
    """Seconds that the paper's experiments take at full length: {experiment: seconds}."""
    seconds = {}
    for name in names:
        wanted = experiments.experiment(name, "paper")
        start = time.perf_counter()
        compute(wanted, device)
        seconds[name] = time.perf_counter() - start
        say(f"{wanted.title}, {wanted.runs} runs at the paper's scale, {device}: {seconds[name]:.1f} s")
    return seconds


def side_by_side(say: Callable[[str], None], names: Sequence[str] = _NOISE, device: str = "cuda") -> float:
    """Seconds that the paper's experiments on noise take when all run at once, on a GPU in a stream each."""
    start = time.perf_counter()
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: compute(experiments.experiment(name, "paper"), device), names))
    spent = time.perf_counter() - start
    say(f"{len(names)} experiments side by side, {device}: {spent:.1f} s")
    return spent


def _draw(found: dict[str, Any], machine: dict[str, Any], repeats: int) -> None:
    """The figure `bench` and its record."""
    from .. import plots
    from ..suite import figures

    lean = {key: found[key] for key in ("unit", "tau_ref", "networks", "ensembles", "not_run")}
    figures.save(
        plots.bench(found["networks"], found["ensembles"]),
        "bench",
        data={"machine": machine} | lean,
        parameters={"repeats": repeats},
        seeds=1,
    )


def table(timings: list[Timing]) -> str:
    """One line a job: median [fastest – slowest], marginal time, the authors' time and its ratio, the aim."""
    lines = [f"{'work':<42} {'ms, median [range]':>32} {'marginal':>10} {'authors, ms':>12} {'ratio':>7}  aim"]
    for t in timings:
        span = f"{t.median:.3g} [{t.fastest:.3g} – {t.slowest:.3g}]"
        theirs = "–" if t.authors is None else "–".join(f"{x:g}" for x in sorted(set(t.authors)))
        ratio = "–" if t.authors is None else f"{statistics.mean(t.authors) / t.median:.0f}×"
        aim = "" if t.aim is None else f"≤ {t.aim:g} ms: {'met' if t.median <= t.aim else 'missed'}"
        marginal = "–" if t.marginal is None else f"{t.marginal:.3g}"
        lines.append(f"{t.work:<42} {span:>32} {marginal:>10} {theirs:>12} {ratio:>7}  {aim}".rstrip())
    return "\n".join(lines)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
