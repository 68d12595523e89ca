"""The folder of a sweep: held by one process at a time, with a record of what belongs into it, and what it holds."""

import json
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import shards, sources
from .files import DRAFT, dumps, write
from .runs import Experiment, run_keys

__all__ = ["Status", "held", "last_line", "record_of", "scan", "status", "stored"]

RECORD, LOCK = "sweep.json", ".lock"


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


def status(out: Path) -> Status:
    """What a sweep's folder holds. Raises ValueError if it is not one."""
    record = stored(Path(out))
    expected = {key for row in record["keys"] for key in row}
    found, rejected = scan(Path(out), expected)
    failed = {path.name: last_line(path.read_text(encoding="utf-8")) for path in sorted(Path(out).glob("failed-*.txt"))}
    aside = {path.name: "set aside earlier" for path in sorted(Path(out).glob("*.rejected"))}
    wrong = {path.name: reason for path, reason in rejected.items()} | aside
    return Status(record["experiment"], len(expected), len(found), failed, wrong)


def record_of(experiment: Experiment) -> dict[str, Any]:
    """What makes two sweeps the same, and the keys of the runs."""
    settings = [
        {"labels": dict(s.labels), "parameters": asdict(s.parameters), "seeds": s.seeds} for s in experiment.settings
    ]
    record: dict[str, Any] = json.loads(
        dumps(
            {
                "experiment": experiment.name,
                "title": experiment.title,
                "model": experiment.model,
                "kernel_version": sources.code(experiment.model),
                "settings": settings,
                "keys": run_keys(experiment),
            }
        )
    )
    return record


def stored(out: Path) -> dict[str, Any]:
    """The record in a folder. Raises ValueError if there is none."""
    try:
        record: dict[str, Any] = json.loads((out / RECORD).read_text(encoding="utf-8"))
        record["settings"], record["keys"], record["kernel_version"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{out} is not the folder of a sweep: it has no readable {RECORD}") from None
    return record


@contextmanager
def held(out: Path, record: dict[str, Any]) -> Iterator[None]:
    """The folder, for this process alone, marked as belonging to this sweep; it is free again when the process ends.

    Raises ValueError for a folder that another process holds, or that belongs to another sweep or to something else;
    OSError where it cannot be used.
    """
    import locket

    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = locket.lock_file(str(out.resolve() / LOCK), timeout=0)
        lock.acquire()
    except OSError as error:
        raise OSError(error.errno, f"cannot use the folder ({error.strerror})", str(out)) from None
    except locket.LockError:
        raise ValueError(f"another sweep is writing to {out}") from None
    try:
        _mark(out, record)
        yield
    finally:
        lock.release()


def _mark(out: Path, record: dict[str, Any]) -> None:
    """Write the record, unless it is there; that of other sources makes place, for its runs are computed again."""
    if (out / RECORD).exists():
        earlier = stored(out)
        if any(earlier.get(what) != record[what] for what in ("experiment", "settings")):
            name = earlier.get("experiment")
            raise ValueError(
                f"{out} holds results of another sweep ({name}): choose another folder, or delete this one"
            )
        if earlier == record:
            return
    else:
        others = sorted(path.name for path in out.iterdir() if not path.name.startswith((LOCK, DRAFT)))
        if others:
            raise ValueError(f"{out} is not empty and not the folder of a sweep: it holds {others[0]}")
    write(out / RECORD, dumps(record, indent=1) + "\n")


def scan(out: Path, expected: Set[str]) -> tuple[dict[str, tuple[Path, int]], dict[Path, str]]:
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
        if not expected >= set(keys):
            rejected[path] = "it holds runs of another sweep or of other sources"
            continue
        found.update({key: (path, place) for place, key in enumerate(keys)})
    return found, rejected


def last_line(text: str) -> str:
    """The last line of an error that says something."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
