"""Ours beside Brian2 and NEST: the same network for the same time, on one core, in one run (`salkit bench --compare`).

The network is fully connected, its weights uniform in ±√(7/N), or sparse with K synapses from each neuron and weights
in ±√(7/K); its biases are uniform in ±1, tau_ref is 50 steps, PSPs are rectangles of length tau_ref.
After a burn-in all simulators take turns, one run each a round, so that what disturbs the
machine disturbs them alike; ours, where it is shorter, is repeated in its turn for 50 ms. Times are CPU times of one
thread (on a GPU wall times), which a busy machine lengthens least. Theirs is the simulation alone; ours is marginal,
what a longer call of `simulate` takes beyond a shorter one, statistics left out. Set-up is told beside it: of ours what
a call takes beyond that, of theirs compiling, building and connecting, in wall time; so is memory, at its peak.

Speed is the ratio of the times of one round, theirs to ours, and its median over the rounds. The interval of a median
of n rounds reaches from the k-th to the k-th last value, with the largest k that covers the median of all rounds in 95
% of cases by the binomial law, 1 − 2 P(B ≤ k − 1) with B of n tosses; under 6 rounds, k = 1 covers less.

Before any ratio is given, the rates have to agree. With r and r' the mean rates of the N neurons over the runs,

    |mean(r − r')| ≤ t · SE(mean) + a     and     rms(r − r') ≤ √F · rms(SE) + a

with standard errors from the spread of the runs, and quantiles of Student's t and Fisher's F for a false alarm of 1e-4
(F for as many independent directions as the covariance of the N rates has, (tr C)² / tr C²). The allowance a is what
discrete time may shift:

    Brian2 ↔ ours, discrete        a = 0                 the same law: σ(u − ln tau_ref) in each step
    plain loop ↔ ours, discrete    a = 0                 the same
    NEST ↔ ours, discrete          a = 1/(2 tau_ref)     1 − exp(−exp(u)/tau_ref) instead: a lone neuron that is on with
                                                         probability z is so with z + z²/(2 tau_ref)
    ours, discrete ↔ continuous    a = 1/(2 tau_ref)     spikes of one step do not see each other: half a step
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from .. import boltzmann
from ..kernels.device import missing, pick_device
from ..network import SamplingNetwork
from ..sampling import simulate
from . import rivals
from .rivals import BYTES_A_SYNAPSE, Measured, Ours, Plain, Rival, Runner
from .tables import BASE, STEPS, described, ensemble_table, table

__all__ = [
    "MEMBERS",
    "SIZES",
    "RateCheck",
    "Size",
    "check_rates",
    "compare",
    "ensembles",
]

TAU_REF = 50
_OUR_BYTES = 68  # a synapse: weights as given, copied and as integers, coactivation
MEMBERS = (1, 10, 100, 1000, 10_000)
_FALSE_ALARM = 1e-4
_HALF_STEP = 0.5 / TAU_REF
# whose rates are compared with whose, and what discrete time may shift
_CHECKS = {
    STEPS: (BASE, _HALF_STEP),
    "cuda": (BASE, 0.0),
    "brian2-standalone": (STEPS, 0.0),
    "brian2-runtime": (STEPS, 0.0),
    "nest": (STEPS, _HALF_STEP),
    "numba-loop": (STEPS, 0.0),
}
_CONFIDENCE = 0.95
_NEVER = "brian2cuda and GeNN: code generators for GPUs, not in the environment of `make bench`"


@dataclass(frozen=True)
class Size:
    """A network of `neurons`, run for `duration` after `burn_in`, both in tau_ref; large ones are run less often.

    Fully connected, or with so many synapses from each neuron.
    """

    neurons: int
    duration: int
    burn_in: int
    largest_repeats: int = 1000
    synapses: int | None = None

    @property
    def links(self) -> int:
        """The number of synapses of the network, N² where all are connected."""
        return self.neurons * (self.synapses or self.neurons)

    def described(self) -> str:
        """N, and how many synapses a neuron has where it has not all."""
        return described(self.neurons, self.synapses)


SIZES = (
    *(Size(neurons, 1000, 50) for neurons in (7, 20, 50, 100, 200)),
    Size(1000, 100, 20),
    Size(10_000, 5, 2, largest_repeats=3),
    Size(10_000, 20, 4, synapses=100),
    Size(100_000, 4, 2, largest_repeats=5, synapses=100),
)


@dataclass(frozen=True)
class RateCheck:
    """Whether two simulators' rates agree: differences of the mean and over neurons, each with its tolerance."""

    against: str
    mean: float
    mean_tolerance: float
    rms: float
    rms_tolerance: float

    @property
    def agrees(self) -> bool:
        """Both differences are within their tolerances."""
        return abs(self.mean) <= self.mean_tolerance and self.rms <= self.rms_tolerance


def check_rates(
    rates: NDArray[np.float64], reference: NDArray[np.float64], allowance: float, against: str = "reference"
) -> RateCheck:
    """Compare rates of two simulators, shapes (runs, N) and (runs', N) with at least two runs each."""
    difference = rates.mean(axis=0) - reference.mean(axis=0)
    centred = [(runs - runs.mean(axis=0)) / np.sqrt(len(runs) * (len(runs) - 1)) for runs in (rates, reference)]
    spread = np.concatenate(centred)  # its rows make up the covariance of the difference: spread.T @ spread
    freedom = len(rates) + len(reference) - 2
    of_mean = np.sqrt(np.sum(spread.mean(axis=1) ** 2))
    gram = spread @ spread.T
    total = np.trace(gram)
    directions = max(1.0, total**2 / max(np.sum(gram**2), 1e-300))
    factor = stats.f.isf(_FALSE_ALARM, directions, directions * freedom)
    return RateCheck(
        against,
        float(difference.mean()),
        float(stats.t.isf(_FALSE_ALARM / 2, freedom) * of_mean) + allowance,
        float(np.sqrt(np.mean(difference**2))),
        float(np.sqrt(factor * total / difference.size)) + allowance,
    )


def compare(
    device: str = "auto",
    repeats: int = 15,
    python: Path | None = None,
    say: Callable[[str], None] = print,
    sizes: Sequence[Size] = SIZES,
    members: Sequence[int] = MEMBERS,
) -> dict[str, Any]:
    """Run the comparison, say what is found as it comes, and return all of it in JSON's own types.

    Parameters
    ----------
    device : str
        "cpu" leaves a GPU out; "auto" takes it where there is one.
    repeats : int
        Runs of each simulator and size, at least 3.
    python : Path, optional
        The interpreter that has Brian2 and NEST (default: .venv-bench of the repository, else this one).

    Returns
    -------
    dict
        unit, tau_ref, networks (one record a size: results with times, set-up, memory, ratios to ours in continuous and
        in discrete time, rates and their check), ensembles, not_run (one line each) and agrees.

    Raises
    ------
    ValueError, RuntimeError
        For a device that is unknown or not there, and a `python` without either simulator.
    """
    gpu = pick_device(device) == "cuda"
    python = rivals.find_python(python)
    not_run = []
    if python is None:
        not_run.append("Brian2 and NEST: not installed here; `make bench` makes them an environment of their own")
    if not gpu:
        not_run.append(f"GPU: {missing() if device == 'auto' else f'device is {device!r}'}")
    not_run.append(_NEVER)
    networks: list[dict[str, Any]] = []
    wanted = dict(BYTES_A_SYNAPSE)
    for size in sizes:
        if _missing_memory("ours", size, _OUR_BYTES, not_run):
            continue
        networks.append(_network(size, max(3, min(repeats, size.largest_repeats)), python, wanted, gpu, not_run))
        say(table(networks[-1]))
    found = ensembles(members, repeats, gpu)
    say(ensemble_table(found))
    for line in not_run:
        say(f"not run: {line}")
    return {
        "unit": "milliseconds of CPU time (GPU: wall time) for 1000 tau_ref of a network, on one core, without set-up",
        "tau_ref": TAU_REF,
        "networks": networks,
        "ensembles": found,
        "not_run": not_run,
        "agrees": all(result["agrees"] for record in networks for result in record["results"]),
    }


def random_network(size: Size) -> tuple[Any, NDArray[np.float64]]:
    """Weights, an array or a `scipy.sparse.csc_array`, and biases of the network that is compared."""
    if size.synapses is None:
        weights, biases = boltzmann.random_machine(size.neurons, seed=1)
        return weights * min(1.0, (7 / size.neurons) ** 0.5), biases
    n, each, rng = size.neurons, size.synapses, np.random.default_rng(1)
    targets = rng.integers(0, n - 1, (n, each))
    targets += targets >= np.arange(n)[:, None]  # not onto itself
    data = rng.uniform(-1, 1, n * each) * (7 / each) ** 0.5
    weights = sparse.csc_array((data, targets.ravel(), np.arange(0, n * each + 1, each)), (n, n))
    weights.sum_duplicates()
    return weights, rng.uniform(-1, 1, n)


def _network(
    size: Size, repeats: int, python: Path | None, wanted: dict[str, int], gpu: bool, not_run: list[str]
) -> dict[str, Any]:
    """Everything measured on a network of one size; in turns if all simulators fit into memory at once.

    A simulator that cannot run is noted and taken out of `wanted`: it is not asked again.
    """
    weights, biases = random_network(size)
    lengths = (size.burn_in * TAU_REF, size.duration * TAU_REF)
    core = rivals.core()

    def ours(key: str, label: str, device: str = "cpu") -> Callable[[], Runner]:
        timing = "discrete" if key == STEPS else "continuous"
        build = partial(SamplingNetwork, weights, biases, TAU_REF, timing)
        return lambda: Ours(key, label, build, *lengths, device, unit=TAU_REF)

    def theirs(key: str, interpreter: Path) -> Callable[[], Runner]:
        return lambda: Rival(interpreter, key, weights, biases, TAU_REF, *lengths, core=core)

    begin = [ours(BASE, "ours, continuous time"), ours(STEPS, "ours, discrete time")]
    if gpu:
        begin.append(ours("cuda", "ours, continuous time, GPU", "cuda"))
    begin.append(lambda: Plain(weights, biases, TAU_REF, *lengths))
    started = {}
    for key, each in wanted.items():
        if python is not None and not _missing_memory(key, size, each, not_run):
            begin.append(theirs(key, python))
            started[key] = each * size.links
    together = sum(started.values()) < 0.25 * rivals.memory()
    measured: dict[str, Measured] = {}
    for group in [begin] if together else [[start] for start in begin]:
        measured |= rivals.take_turns(
            group, repeats, lambda why: not_run.append(f"from {size.described()}: {why}"), core
        )
    for key in started.keys() - measured.keys():
        del wanted[key]
    return _record(size, measured, together)


def _missing_memory(key: str, size: Size, bytes_a_synapse: int, not_run: list[str]) -> bool:
    needed, free = bytes_a_synapse * size.links / 1e9, rivals.memory() / 1e9
    if needed <= 0.8 * free:
        return False
    not_run.append(f"{size.described()}: {key} needs about {needed:.0f} GB of memory, {free:.0f} GB are free")
    return True


def _record(size: Size, measured: dict[str, Measured], in_turns: bool) -> dict[str, Any]:
    """Times, ratios and checks in JSON's own types. Raises RuntimeError if one of ours on the CPU did not run."""
    for key in (BASE, STEPS):
        if key not in measured:
            raise RuntimeError(f"nothing to compare with at N = {size.neurons}: ours in {key} time did not run")
    unit = 1e6 / size.duration
    rates = {key: np.array(found.counts) / size.duration for key, found in measured.items()}
    results = []
    for key, found in measured.items():
        against, allowance = _CHECKS.get(key, (None, 0.0))
        check = None if against is None else check_rates(rates[key], rates[against], allowance, against)
        result = {"key": key, "label": found.label} | _spread([unit * seconds for seconds in found.seconds])
        for name, ours in (("ratio", BASE), ("ratio_discrete", STEPS)):
            result[name] = _spread([a / b for a, b in zip(found.seconds, measured[ours].seconds, strict=True)])
        whole = statistics.median(found.whole or found.seconds)
        of_a_call = max(0.0, whole - statistics.median(found.seconds))
        result["whole"] = unit * whole
        result["set_up_seconds"] = of_a_call if found.set_up is None else found.set_up
        result["memory_bytes"] = found.memory
        result["mean_rate"] = float(rates[key].mean())
        result["check"] = None if check is None else asdict(check)
        result["agrees"] = check is None or check.agrees
        results.append(result)
    return {
        "neurons": size.neurons,
        "synapses": size.synapses,
        "duration_tau_ref": size.duration,
        "burn_in_tau_ref": size.burn_in,
        "repeats": len(measured[BASE].seconds),
        "in_turns": in_turns,
        "results": results,
    }


def ensembles(members: Sequence[int], repeats: int, gpu: bool) -> list[dict[str, Any]]:
    """Networks a second against the size of the ensemble: N = 7, continuous time, 1000 tau_ref; up to 1000 differ."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    ways: dict[str, dict[str, Any]] = {"one core": {"device": "cpu", "threads": 1}}
    if cores > 1:
        ways[f"{cores} cores"] = {"device": "cpu", "threads": cores}
    if gpu:
        ways["GPU"] = {"device": "cuda"}
    found = []
    for size in members:
        weights, biases = zip(*(boltzmann.random_machine(7, seed) for seed in range(min(size, 1000))), strict=True)
        network = SamplingNetwork(np.resize(weights, (size, 7, 7)), np.resize(biases, (size, 7)), TAU_REF)
        for way, how in ways.items():
            rates = []
            for _ in range(1 + repeats):  # the first compiles
                start = time.perf_counter()
                simulate(network, 1000 * TAU_REF, seed=1, record=False, **how)
                rates.append(size / (time.perf_counter() - start))
            found.append({"way": way, "members": size} | _spread(rates[1:]))
    return found


def _spread(values: list[float]) -> dict[str, Any]:
    """Median, extremes, and the interval of the median: from the k-th value to the k-th last, as the module says."""
    ordered, n = sorted(values), len(values)
    k = max(1, int(stats.binom.ppf((1 - _CONFIDENCE) / 2, n, 0.5)))
    spread = {"median": statistics.median(values), "least": ordered[0], "most": ordered[-1], "runs": values}
    covered = float(1 - 2 * stats.binom.cdf(k - 1, n, 0.5))
    return spread | {"low": ordered[k - 1], "high": ordered[n - k], "covered": covered}
