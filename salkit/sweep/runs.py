"""What is to be run: an experiment as settings, its runs by their keys, and batches that are computed together."""

import hashlib
import importlib
import json
import re
import traceback
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import xarray as xr

from . import sources
from .files import dumps

__all__ = ["Batch", "Experiment", "Setting", "batches", "models", "run_key", "run_keys", "train"]


@dataclass(frozen=True)
class Setting:
    """One row of an experiment: labels for its runs, parameters of the model, and (target, start) seeds."""

    labels: Mapping[str, Any]
    parameters: Any
    seeds: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Experiment:
    """Settings of one model: a module with `train(parameters, seeds, device=, threads=)` that returns runs.

    Raises ValueError for a model that is not there, naming those there are, and for a run that is asked for twice.
    """

    name: str
    title: str
    model: str
    settings: tuple[Setting, ...]

    def __post_init__(self) -> None:
        if self.model not in models():
            raise ValueError(f"no model {self.model!r}; there are {', '.join(models())}")
        seen: dict[str, Setting] = {}
        for setting in self.settings:
            for pair in setting.seeds:
                earlier = seen.setdefault(run_key(self.model, setting.parameters, pair, ""), setting)
                if earlier is not setting:
                    both = f"{dict(earlier.labels)} and {dict(setting.labels)}"
                    raise ValueError(f"{self.name}: settings {both} have the same parameters and seeds {tuple(pair)}")
            if len(set(map(tuple, setting.seeds))) < len(setting.seeds):
                twice = next(pair for pair in setting.seeds if list(setting.seeds).count(pair) > 1)
                raise ValueError(f"{self.name}: the setting {dict(setting.labels)} has the seeds {tuple(twice)} twice")

    @property
    def runs(self) -> int:
        """Number of runs in all."""
        return sum(len(setting.seeds) for setting in self.settings)


@dataclass(frozen=True)
class Batch:
    """Runs that are computed together, of one mold, each with its own parameters; `code` is what they are to run."""

    model: str
    parameters: tuple[Any, ...]
    seeds: tuple[tuple[int, int], ...]
    keys: tuple[str, ...]
    device: str
    code: str

    def train(self, threads: int | None = 1) -> xr.Dataset:
        """Compute the runs; raises what the model raises."""
        model = importlib.import_module(f"salkit.{self.model}")
        result: xr.Dataset = model.train(self.parameters, self.seeds, device=self.device, threads=threads)
        return result


def train(batch: Batch) -> xr.Dataset | str:
    """The results of a batch on one thread, or the traceback of what went wrong."""
    try:
        if sources.code(batch.model) != batch.code:
            return "this worker has another version of salkit than the sweep\n"
        return batch.train()
    except Exception:
        return traceback.format_exc()


@cache
def models() -> tuple[str, ...]:
    """The modules that an experiment can name: those that have `mold` and `train` in `__all__`."""
    found = []
    for name in sources.modules():
        places = (sources.PACKAGE / f"{name}.py", sources.PACKAGE / name / "__init__.py")
        text = next(path for path in places if path.is_file()).read_text(encoding="utf-8")
        public = re.search(r"^__all__ = \[.*?\]", text, re.MULTILINE | re.DOTALL)
        if public and all(f'"{function}"' in public[0] for function in ("mold", "train")):
            found.append(name)
    return tuple(found)


def run_key(model: str, parameters: Any, seeds: Sequence[int], code: str) -> str:
    """The name of one run, whatever batch, worker or device it is computed on."""
    text = json.dumps([model, json.loads(dumps(asdict(parameters))), list(seeds), code], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def run_keys(experiment: Experiment) -> list[list[str]]:
    """The keys of an experiment's runs, a row for each setting."""
    model, code = experiment.model, sources.code(experiment.model)
    return [[run_key(model, s.parameters, seeds, code) for seeds in s.seeds] for s in experiment.settings]


def batches(
    experiment: Experiment, keys: Sequence[Sequence[str]], present: Container[str], size: int, device: str
) -> Iterator[Batch]:
    """The runs that are not `present`, in pieces of at most `size` that can be computed together."""
    mold = importlib.import_module(f"salkit.{experiment.model}").mold
    molds: dict[Any, list[tuple[Any, tuple[int, int], str]]] = {}
    for setting, row in zip(experiment.settings, keys, strict=True):
        together = molds.setdefault(mold(setting.parameters), [])
        together += [
            (setting.parameters, *run) for run in zip(setting.seeds, row, strict=True) if run[1] not in present
        ]
    for together in molds.values():
        for start in range(0, len(together), size):
            parameters, seeds, names = zip(*together[start : start + size], strict=True)
            yield Batch(experiment.model, parameters, seeds, names, device, sources.code(experiment.model))
