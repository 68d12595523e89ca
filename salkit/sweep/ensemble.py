"""Many runs: in one process, on local processes, or on a Dask cluster; as shards on disk that survive being killed.

An experiment is a list of settings, each with parameters, labels and seeds; a run is one seed of one setting. `sweep`
finds which runs its folder holds, computes the others in batches and stores each batch as a shard (`salkit.shards`).
Killed and started again, with other batches, workers or devices, it ends with the same numbers, bit for bit.
"""

import fcntl
import importlib
import json
import multiprocessing
import os
import platform
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..kernels import device as gpu
from ..kernels.device import DEVICES, pick_device
from . import shards

__all__ = ["Experiment", "Setting", "Status", "collect", "compute", "condense", "select", "status", "sweep"]

_RECORD, _LOCK = "sweep.json", ".lock"
_ATTEMPTS = 3
_PATIENCE = 10  # seconds to find the scheduler in


@dataclass(frozen=True)
class Setting:
    """One row of an experiment: labels for its runs, parameters of the model, and (target, start) seeds."""

    labels: Mapping[str, Any]
    parameters: Any
    seeds: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Experiment:
    """Settings of one model: a module with `train(parameters, seeds, device=, threads=)` that returns runs."""

    name: str
    title: str
    model: str
    settings: tuple[Setting, ...]

    @property
    def runs(self) -> int:
        """Number of runs in all."""
        return sum(len(setting.seeds) for setting in self.settings)


@dataclass
class Status:
    """What a sweep's folder holds: numbers of runs, first lines of errors, and files that are no shards, by name."""

    name: str
    runs: int
    done: int
    failed: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.done} of {self.runs} runs done, {self.runs - self.done} missing"]
        lines += [f"failed    {name}: {line}" for name, line in self.failed.items()]
        lines += [f"rejected  {name}: {reason}" for name, reason in self.rejected.items()]
        return "\n".join(lines)


@dataclass(frozen=True)
class _Batch:
    """Runs that are computed together, of one mold, each with its own parameters."""

    model: str
    parameters: tuple[Any, ...]
    seeds: tuple[tuple[int, int], ...]
    keys: tuple[str, ...]
    device: str

    def train(self, threads: int | None = 1) -> xr.Dataset:
        result: xr.Dataset = _module(self.model).train(self.parameters, self.seeds, device=self.device, threads=threads)
        return result


def _module(model: str) -> Any:
    return importlib.import_module(f"salkit.{model}")


def compute(experiment: Experiment, device: str = "auto", threads: int | None = None) -> xr.Dataset:
    """Run an experiment here and now: see `collect` for the result.

    Raises ValueError where the model refuses parameters, seeds or device, and where its runs do not fit together.
    """
    keys = _keys(experiment.settings, experiment.model)
    places: dict[str, tuple[xr.Dataset, int]] = {}
    for batch in _batches(experiment.settings, keys, {}, experiment.model, experiment.runs, device):
        together = batch.train(threads)
        places.update({key: (together, place) for place, key in enumerate(batch.keys)})
    parts = [places[row[0]][0].isel(run=[places[key][1] for key in row]) for row in keys]  # a setting has one mold
    return _join(experiment.settings, parts, _provenance(experiment.name, experiment.title))


def sweep(
    experiment: Experiment,
    out: Path,
    workers: int | None = None,
    batch: int | None = None,
    device: str = "auto",
    scheduler: str | None = None,
    say: Callable[[str], None] = print,
    progress: bool | None = None,
) -> Status:
    """Compute every run of the experiment that `out` does not hold yet.

    Parameters
    ----------
    experiment : Experiment
    out : Path
        A folder for this sweep alone; made if it is not there.
    workers : int, optional
        Local processes: of one thread each (default: 1), or of one GPU each (default: all that are visible).
    batch : int, optional
        Runs a shard, computed together (default: 1; on GPUs, which want many at a time, all that a worker gets).
    device : "auto", "cpu" or "cuda"
        "auto": the GPUs if there are any.
    scheduler : str, optional
        Address of a Dask scheduler ("tcp://host:8786") to run on instead; results come back and are written here.
    say : callable
        Told of files set aside, of failures, and of progress where there is no bar.
    progress : bool, optional
        Show a bar on stderr (default: on a terminal).

    Raises
    ------
    ValueError
        For a folder of another sweep or with other files in it, one in use, or numbers that are not allowed.
    OSError
        When a shard cannot be written; those written before are intact.
    """
    for name, number in (("workers", workers), ("batch", batch)):
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            raise ValueError(f"{name} must be a whole number of at least 1, got {number!r}")
    if scheduler is None:
        device = pick_device(device)
    elif device not in DEVICES:
        pick_device(device)
    gpus = gpu.ordinals() if device == "cuda" and scheduler is None else []
    workers = workers or max(len(gpus), 1)
    out = Path(out)
    with _held(out, _record(experiment)):
        for leftover in [*out.glob(".writing-*"), *out.glob("failed-*.txt")]:
            leftover.unlink()
        keys = _keys(experiment.settings, experiment.model)
        found, rejected = _scan(out, {key for row in keys for key in row})
        for path, reason in rejected.items():
            path.rename(path.with_name(f"{path.name}.rejected"))
            say(f"{path.name}: {reason}; set aside, its runs are computed again")
        missing = experiment.runs - len(found)
        size = batch or (-(-missing // workers) if device == "cuda" else 1)
        batches = list(_batches(experiment.settings, keys, found, experiment.model, max(size, 1), device))
        todo = sum(len(piece.keys) for piece in batches)
        say(f"{experiment.name}: {len(found)} of {experiment.runs} runs present, {todo} to do")
        outcomes = _on_dask(batches, scheduler) if scheduler else _on_processes(batches, workers, gpus)
        for piece, outcome in _reported(outcomes, todo, say, progress):
            if isinstance(outcome, str):
                name = f"failed-{piece.keys[0]}.txt"
                (out / name).write_text(outcome)
                say(f"{name}: {_last_line(outcome)}")
                continue
            try:
                shards.write(out, outcome, piece.keys)
            except OSError as error:
                message = f"cannot write a shard ({error.strerror or error}); earlier shards are intact"
                raise OSError(error.errno, message, str(out)) from None
    return status(out)


def status(out: Path) -> Status:
    """What a sweep's folder holds. Raises ValueError if it is not one."""
    record = _stored(Path(out))
    expected = {key for row in record["keys"] for key in row}
    found, rejected = _scan(Path(out), expected)
    failed = {path.name: _last_line(path.read_text()) for path in sorted(Path(out).glob("failed-*.txt"))}
    aside = {path.name: "set aside earlier" for path in sorted(Path(out).glob("*.rejected"))}
    wrong = {path.name: reason for path, reason in rejected.items()} | aside
    return Status(record["experiment"], len(expected), len(found), failed, wrong)


def collect(out: Path) -> xr.Dataset:
    """All runs of a finished sweep, settings and seeds in order, along the dimension run.

    The labels of the settings are coordinates along run, `setting` numbers them; the attributes hold provenance.
    Raises ValueError for a folder that is not a sweep's, or when runs are missing.
    """
    out = Path(out)
    record = _stored(out)
    found, _ = _scan(out, {key for row in record["keys"] for key in row})
    missing = sum(key not in found for row in record["keys"] for key in row)
    if missing:
        raise ValueError(f"{missing} of {sum(map(len, record['keys']))} runs are missing in {out}: run the sweep again")
    opened = {path: shards.read(path)[1] for path in {path for path, _ in found.values()}}
    parts = []
    for row in record["keys"]:
        rows = [opened[path].isel(run=[place]) for path, place in (found[key] for key in row)]
        parts.append(xr.concat(rows, "run", data_vars="all", coords="minimal", compat="equals", join="exact"))
    settings = [Setting(s["labels"], s["parameters"], tuple(map(tuple, s["seeds"]))) for s in record["settings"]]
    return _join(settings, parts, _provenance(record["experiment"], record["title"]))


def select(dataset: xr.Dataset, **labels: Any) -> xr.Dataset:
    """The runs that carry these labels: select(ds, rule="sal", sigma=0.8), in the order of their seeds.

    Raises ValueError for a label the runs do not have, or a value that no run has, naming those there are.
    """
    chosen = np.ones(dataset.sizes["run"], dtype=bool)
    for name, value in labels.items():
        if name not in dataset.coords or dataset[name].dims != ("run",):
            there = [str(label) for label in dataset.coords if dataset[label].dims == ("run",)]
            raise ValueError(f"runs have no label {name!r}; they have {', '.join(there)}")
        has = dataset[name].values
        if value not in has:
            raise ValueError(f"no run has {name} = {value!r}; there are {', '.join(map(str, np.unique(has)))}")
        chosen &= has == value
    if not chosen.any():
        raise ValueError(f"no run has {', '.join(f'{name} = {value!r}' for name, value in labels.items())} at once")
    return dataset.isel(run=np.flatnonzero(chosen))


def condense(dataset: xr.Dataset) -> xr.Dataset:
    """The same with weights and biases at the first and the last validation only (dimension end), to be kept."""
    ends = {
        name: values.isel(validation=[0, -1]).rename(validation="end").drop_vars("cycle", errors="ignore")
        for name, values in dataset.data_vars.items()
        if "validation" in values.dims and values.ndim > 2
    }
    return dataset.drop_vars(list(ends)).assign(ends)


def _keys(settings: Sequence[Setting], model: str) -> list[list[str]]:
    release = shards.kernel_version()
    return [[shards.run_key(model, s.parameters, seeds, release) for seeds in s.seeds] for s in settings]


def _record(experiment: Experiment) -> dict[str, Any]:
    """What makes two sweeps the same."""
    settings = [
        {"labels": dict(s.labels), "parameters": asdict(s.parameters), "seeds": [list(pair) for pair in s.seeds]}
        for s in experiment.settings
    ]
    return {
        "experiment": experiment.name,
        "title": experiment.title,
        "kernel_version": shards.kernel_version(),
        "settings": settings,
        "keys": _keys(experiment.settings, experiment.model),
    }


def _stored(out: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((out / _RECORD).read_text(encoding="utf-8"))
        record["settings"], record["keys"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{out} is not the folder of a sweep: it has no readable {_RECORD}") from None
    return record


@contextmanager
def _held(out: Path, record: dict[str, Any]) -> Iterator[None]:
    """The folder, for this process alone, marked as belonging to this sweep."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = open(out / _LOCK, "w")  # noqa: SIM115 - held until the sweep ends
    except OSError as error:
        raise OSError(error.errno, f"cannot use the folder ({error.strerror})", str(out)) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another sweep is writing to {out}") from None
        if (out / _RECORD).exists():
            earlier = _stored(out)
            if earlier != json.loads(json.dumps(record)):
                same = earlier.get("experiment") == record["experiment"] and earlier["settings"] == record["settings"]
                what = "an earlier version of the sources" if same else f"another sweep ({earlier.get('experiment')})"
                raise ValueError(f"{out} holds results of {what}: choose another folder, or delete this one")
        else:
            others = sorted(path.name for path in out.iterdir() if not path.name.startswith((_LOCK, ".writing-")))
            if others:
                raise ValueError(f"{out} is not empty and not the folder of a sweep: it holds {others[0]}")
            draft = out / ".writing-record"
            draft.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            os.replace(draft, out / _RECORD)
        yield


def _scan(out: Path, expected: set[str]) -> tuple[dict[str, tuple[Path, int]], dict[Path, str]]:
    """Where each run is stored: {key: (shard, place in it)}, and what is wrong with other files."""
    found: dict[str, tuple[Path, int]] = {}
    rejected: dict[Path, str] = {}
    for path in sorted(out.glob("*.nc")):
        if path.name.startswith("."):
            continue
        try:
            keys, _ = shards.read(path)
        except ValueError as error:
            rejected[path] = str(error)
            continue
        if not expected.issuperset(keys):
            rejected[path] = "it holds runs of another sweep"
            continue
        found.update({key: (path, place) for place, key in enumerate(keys)})
    return found, rejected


def _batches(
    settings: Sequence[Setting], keys: list[list[str]], found: Mapping[str, Any], model: str, size: int, device: str
) -> Iterator[_Batch]:
    """What is missing, in pieces that can be trained together."""
    molds: dict[Any, list[tuple[Any, tuple[int, int], str]]] = {}
    for setting, row in zip(settings, keys, strict=True):
        together = molds.setdefault(_module(model).mold(setting.parameters), [])
        together += [(setting.parameters, *run) for run in zip(setting.seeds, row, strict=True) if run[1] not in found]
    for together in molds.values():
        for start in range(0, len(together), size):
            parameters, seeds, names = zip(*together[start : start + size], strict=True)
            yield _Batch(model, parameters, seeds, names, device)


def _train(batch: _Batch) -> xr.Dataset | str:
    """The results, or the traceback of what went wrong."""
    try:
        return batch.train()
    except Exception:
        return traceback.format_exc()


_Outcomes = Iterator[tuple[_Batch, xr.Dataset | str]]


def _on_processes(batches: list[_Batch], workers: int, gpus: Sequence[str] = ()) -> _Outcomes:
    """Local processes, each with a GPU of its own if there are some; one that is killed takes its pool along, which is
    started anew.
    """
    if workers == 1:
        yield from ((batch, _train(batch)) for batch in batches)
        return
    waiting, attempts = list(batches), dict.fromkeys(range(len(batches)), 0)
    numbers = {id(batch): number for number, batch in enumerate(batches)}
    while waiting:
        context = multiprocessing.get_context("spawn")
        shared = context.SimpleQueue()
        for worker in range(workers):
            shared.put(gpus[worker % len(gpus)] if gpus else None)
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker, initargs=(shared,)) as pool:
            jobs = {}
            try:
                queue = iter(list(waiting))
                for batch in queue:
                    jobs[pool.submit(_train, batch)] = batch
                    if len(jobs) < 2 * workers:
                        continue
                    yield from _finished(jobs, waiting)
                while jobs:
                    yield from _finished(jobs, waiting)
            except BrokenProcessPool:
                for batch in list(waiting):
                    if batch in jobs.values():
                        attempts[numbers[id(batch)]] += 1
                        if attempts[numbers[id(batch)]] >= _ATTEMPTS:
                            waiting.remove(batch)
                            yield batch, f"its process was killed {_ATTEMPTS} times (out of memory?)\n"
            except BaseException:
                for process in list((pool._processes or {}).values()):
                    process.terminate()
                raise


def _finished(jobs: dict[Any, _Batch], waiting: list[_Batch]) -> _Outcomes:
    """Wait for at least one job, and hand on those that have ended."""
    done, _ = wait(jobs, return_when=FIRST_COMPLETED)
    for job in done:
        outcome = job.result()
        batch = jobs.pop(job)
        waiting.remove(batch)
        yield batch, outcome


def _begin_worker(gpus: Any) -> None:
    """A worker takes a GPU, if there is one to take, and ends if its parent is killed."""
    ordinal = gpus.get()
    if ordinal is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = ordinal
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _on_dask(batches: list[_Batch], scheduler: str) -> _Outcomes:
    """Workers of a Dask cluster; those that die are replaced by Dask, which runs their batches again."""
    from distributed import Client, as_completed

    try:
        client = Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise ValueError(f"no Dask scheduler at {scheduler}: {error}") from None
    with client:
        jobs = {client.submit(_train, batch, pure=False, retries=_ATTEMPTS): batch for batch in batches}
        for job in as_completed(list(jobs)):
            batch = jobs.pop(job)
            try:
                outcome: xr.Dataset | str = job.result()
            except Exception:  # KilledWorker: it took several workers down
                outcome = traceback.format_exc()
            yield batch, outcome


def _reported(outcomes: _Outcomes, todo: int, say: Callable[[str], None], progress: bool | None) -> _Outcomes:
    """The outcomes, with a bar on a terminal and a line for each batch elsewhere."""
    from tqdm import tqdm

    shown = sys.stderr.isatty() if progress is None else progress
    started, done = time.monotonic(), 0
    with tqdm(total=todo, unit="run", disable=not shown) as bar:
        for piece, outcome in outcomes:
            yield piece, outcome
            done += len(piece.keys)
            bar.update(len(piece.keys))
            spent = time.monotonic() - started
            if not shown:
                say(f"{done} of {todo} runs, {spent:.0f} s, about {spent / done * (todo - done):.0f} s left")


def _join(settings: Sequence[Setting], parts: Sequence[xr.Dataset], attributes: dict[str, str]) -> xr.Dataset:
    """One Dataset of the settings' runs, labelled. Raises ValueError where they do not fit together."""
    labelled = []
    for number, (setting, part) in enumerate(zip(settings, parts, strict=True)):
        names: dict[str, Any] = {name: ("run", np.full(part.sizes["run"], v)) for name, v in setting.labels.items()}
        labelled.append(part.assign_coords(setting=("run", np.full(part.sizes["run"], number)), **names).drop_attrs())
    try:
        joined = xr.concat(labelled, "run", data_vars="all", coords="minimal", compat="equals", join="exact")
    except ValueError as error:
        raise ValueError(f"the settings' results do not fit together: {error}") from None
    parameters = [s.parameters if isinstance(s.parameters, dict) else asdict(s.parameters) for s in settings]
    return joined.assign_attrs(attributes, parameters=json.dumps(parameters))


def _provenance(name: str, title: str) -> dict[str, str]:
    packages = {package: version(package) for package in ("salkit", "numpy", "numba", "xarray")}
    return {
        "experiment": name,
        "title": title,
        "kernel_version": shards.kernel_version(),
        "versions": json.dumps({"python": platform.python_version(), **packages}),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
