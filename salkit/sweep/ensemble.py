"""Many runs: in this process, on local processes, or on a Dask cluster; as shards on disk that survive being killed.

An experiment is a list of settings, each with parameters, labels and seeds; a run is one seed of one setting. `sweep`
finds which runs its folder holds, computes the others in batches and stores each batch as a shard. Killed and started
again, with other batches, workers or devices, it ends with the same numbers, bit for bit. A run counts as held only if
the code that computes it is today's.

    runs      experiments, the keys of their runs, batches       folder   its lock, record and contents
    workers   where batches are computed                         results  all runs as one Dataset
    sources   the code that a run depends on, as a digest        shards, files   what is written
"""

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import xarray as xr

from ..kernels import device as gpu
from ..kernels.device import DEVICES, pick_device
from . import shards, sources
from .files import DRAFT, write
from .folder import Status, held, last_line, record_of, scan, status
from .results import collect, condense, join, provenance, select
from .runs import Batch, Experiment, Setting, batches, run_keys
from .workers import computed

_AT_ONCE = 4  # batches that a GPU computes side by side

__all__ = ["Experiment", "Setting", "Status", "collect", "compute", "condense", "select", "status", "sweep"]


def compute(experiment: Experiment, device: str = "auto", threads: int | None = None) -> xr.Dataset:
    """Run an experiment here and now: see `collect` for the result.

    Raises ValueError where the model refuses parameters, seeds or device, and where its runs do not fit together.
    """
    keys = run_keys(experiment)
    found: dict[str, tuple[xr.Dataset, int]] = {}
    todo = list(batches(experiment, keys, (), max(experiment.runs, 1), device))
    for batch, together in zip(todo, _trained(todo, device, threads), strict=True):
        found.update({key: (together, place) for place, key in enumerate(batch.keys)})
    parts = [found[row[0]][0].isel(run=[found[key][1] for key in row]) for row in keys]  # a setting has one mold
    code = sources.code(experiment.model)
    return join(experiment.settings, parts, provenance(experiment.name, experiment.title, code))


def _trained(todo: list[Batch], device: str, threads: int | None) -> Iterator[xr.Dataset]:
    """The results of batches, one after the other; on a GPU, of which a few runs fill a part, side by side."""
    if device == "cpu" or gpu.missing():
        yield from (batch.train(threads) for batch in todo)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda batch: batch.train(threads), todo)


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
    with held(out, record_of(experiment)):
        for leftover in [*out.glob(f"{DRAFT}*"), *out.glob("failed-*.txt")]:
            leftover.unlink()
        keys = run_keys(experiment)
        found, rejected = scan(out, {key for row in keys for key in row})
        for path, reason in rejected.items():
            path.replace(path.with_name(f"{path.name}.rejected"))
            say(f"{path.name}: {reason}; set aside, its runs are computed again")
        missing = experiment.runs - len(found)
        size = batch or (-(-missing // workers) if device == "cuda" else 1)
        todo = list(batches(experiment, keys, found, max(size, 1), device))
        say(f"{experiment.name}: {len(found)} of {experiment.runs} runs present, {missing} to do")
        with closing(computed(todo, workers, gpus, scheduler)) as outcomes:
            for piece, outcome in _reported(outcomes, missing, say, progress):
                _keep(out, piece, outcome, say)
    return status(out)


def _keep(out: Path, batch: Batch, outcome: xr.Dataset | str, say: Callable[[str], None]) -> None:
    """Store the results of a batch, or beside them what went wrong."""
    try:
        if isinstance(outcome, str):
            name = f"failed-{batch.keys[0]}.txt"
            write(out / name, outcome)
            say(f"{name}: {last_line(outcome)}")
        else:
            shards.write(out, outcome, batch.keys)
    except OSError as error:
        message = f"cannot write a shard ({error.strerror or error}); earlier shards are intact"
        raise OSError(error.errno, message, str(out)) from None


_Outcomes = Iterator[tuple[Batch, xr.Dataset | str]]


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
