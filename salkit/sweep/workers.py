"""Where batches are computed: on the workers of a Dask cluster, one of this machine's processes or one by address.

A worker has one thread, and on GPUs one of them to itself. One that is killed (out of memory, say) is replaced, and
what it was given is computed again, alone, after all others; at the third worker that is killed it has failed. If this
process is killed its workers end, too. With a single local worker this process is the worker.
"""

import logging
import tempfile
from collections.abc import Collection, Generator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack
from itertools import islice
from typing import Any

import xarray as xr

from .runs import Batch, train

__all__ = ["computed"]

_ATTEMPTS = 3
_KILLED = "the workers that it was given to were killed, one after the other (out of memory?)\n"
_PATIENCE = 10  # seconds to find the scheduler in
_LOOK = 10  # seconds between looks at the workers
_LOST = 60  # seconds after which a worker that was killed and did not come back is replaced, enough for a busy machine
_NONE = 300  # seconds without any worker after which it is given up
_GONE = "the Dask scheduler is gone; finished runs are stored, start the sweep again"


def computed(
    batches: Sequence[Batch], workers: int = 1, gpus: Sequence[str] = (), scheduler: str | None = None
) -> Generator[tuple[Batch, xr.Dataset | str], None, None]:
    """Batches in the order in which they are done, each with its results or with what went wrong.

    `gpus` are names for CUDA_VISIBLE_DEVICES, given to the workers in turn. Close the iterator to end all workers.
    Raises ValueError where no scheduler answers, RuntimeError where it is lost.
    """
    if scheduler is None and min(workers, len(batches)) <= 1:
        yield from ((batch, train(batch)) for batch in batches)
        return
    import dask
    from distributed import Client

    with ExitStack() as stack:
        if scheduler is None:
            workers = min(workers, len(batches))
            stack.enter_context(dask.config.set({"distributed.deploy.lost-worker-timeout": f"{_LOST} s"}))
            cluster, at_once = stack.enter_context(_cluster(workers, gpus)), workers
        else:
            cluster, at_once = scheduler, len(batches)
        try:
            client = stack.enter_context(Client(cluster, timeout=_PATIENCE))
        except (OSError, ValueError) as error:
            raise ValueError(f"no Dask scheduler at {scheduler}: {error}") from None
        waiting, killed = iter(batches), []
        jobs = {client.submit(train, batch, pure=False): batch for batch in islice(waiting, at_once)}
        while jobs:
            for job in _ended(jobs, client, cluster, workers):
                batch, outcome = jobs.pop(job), _outcome(job)
                jobs |= {client.submit(train, another, pure=False): another for another in islice(waiting, 1)}
                if outcome is not None:
                    yield batch, outcome
                elif scheduler is None:
                    killed.append(batch)
                else:  # the cluster has tried it on several
                    yield batch, _KILLED
        for batch in killed:  # alone: a batch that waits behind one which kills its worker is thought to be at fault
            for _ in range(_ATTEMPTS - 1):
                (job,) = _ended([client.submit(train, batch, pure=False)], client, cluster, workers)
                if (outcome := _outcome(job)) is not None:
                    break
            yield batch, _KILLED if outcome is None else outcome


def _ended(jobs: Collection[Any], client: Any, cluster: Any, workers: int) -> list[Any]:
    """Those jobs that have ended, at least one; meanwhile, local workers that did not come back are replaced."""
    from distributed import wait

    without = 0
    while True:
        try:
            return list(wait(list(jobs), timeout=_LOOK, return_when="FIRST_COMPLETED").done)
        except CancelledError:
            raise RuntimeError(_GONE) from None
        except TimeoutError:
            if isinstance(cluster, str):
                continue
        without = 0 if client.nthreads() else without + 1
        if without * _LOOK > _NONE:
            raise RuntimeError(f"no worker could be started again in {_NONE} s; finished runs are stored")
        cluster.scale(workers)


def _outcome(job: Any) -> xr.Dataset | str | None:
    """What came of a batch; None if its worker was killed. Raises RuntimeError where the scheduler is lost."""
    from distributed.scheduler import KilledWorker

    try:
        outcome: xr.Dataset | str = job.result()
        return outcome
    except KilledWorker:
        return None
    except (CancelledError, OSError):  # what the batch itself raises comes as text
        raise RuntimeError(_GONE) from None


def _cluster(workers: int, gpus: Sequence[str]) -> Any:
    """Processes of this machine under a scheduler in this one, heard on the loopback address only."""
    from distributed import Nanny, Scheduler, SpecCluster

    common = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    worker = common | {
        "nthreads": 1,
        "memory_limit": 0,  # none
        "local_directory": tempfile.gettempdir(),
        "silence_logs": logging.CRITICAL,
    }
    single = {name: "1" for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    environments = [
        single | ({"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if gpus else {}) for number in range(workers)
    ]
    return SpecCluster(
        workers={n: {"cls": Nanny, "options": {**worker, "env": env}} for n, env in enumerate(environments)},
        scheduler={"cls": Scheduler, "options": {**common, "port": 0, "allowed_failures": 0}},
        silence_logs=logging.CRITICAL,
    )
