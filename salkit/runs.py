"""What all models that learn share: seeds of runs, parameters of each run, their record, and a progress bar."""

import json
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np

from .values import flag, instance, shown, whole

__all__ = ["as_json", "each_run", "progress_bar", "seed_coordinates", "seed_list", "seed_pairs"]

_T = TypeVar("_T")
_MOST = 2**32 - 1


def seed_list(seeds: Any) -> list[int]:
    """Seeds of runs. Raises ValueError unless they are a sequence of whole numbers, one at least."""
    return [whole("each of seeds", seed, most=2**64 - 1) for seed in _sequence(seeds)]


def seed_pairs(seeds: Any) -> list[tuple[int, int]]:
    """(target seed, start seed) of each run; one number stands for both. Raises ValueError for others, or none."""
    pairs = []
    for given in _sequence(seeds):
        pair = given if isinstance(given, tuple | list | np.ndarray) else (given, given)
        try:
            target, start = (whole("seed", seed, most=_MOST) for seed in pair)
        except (TypeError, ValueError):
            allowed = "a whole number from 0 to 2**32 - 1, or a pair of them"
            raise ValueError(f"seeds: a seed is {allowed}, got {shown(given)}") from None
        pairs.append((target, start))
    return pairs


def _sequence(seeds: Any) -> list[Any]:
    if isinstance(seeds, str | bytes) or not hasattr(seeds, "__iter__") or getattr(seeds, "ndim", 1) < 1:
        raise ValueError(f"seeds must be a sequence of seeds, one for each run, got {shown(seeds)}")
    found = list(seeds)
    if not found:
        raise ValueError("seeds must name at least one run")
    return found


def seed_coordinates(pairs: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Coordinates of a Dataset along run: target_seed and start_seed."""
    targets, starts = np.array(pairs, np.int64).T
    return {"target_seed": ("run", targets), "start_seed": ("run", starts)}


def each_run(parameters: Any, kind: type[_T], runs: int, mold: Callable[[_T], tuple[Any, ...]]) -> list[_T]:
    """One set of parameters for each run, all of one mold.

    Raises ValueError for another number of them, for what is no such parameters, and for two that cannot be trained
    together, naming what differs.
    """
    if not isinstance(parameters, Sequence):
        return [instance("parameters", parameters, kind)] * runs
    if len(parameters) != runs:
        raise ValueError(f"parameters must be one for all runs, or one for each: got {len(parameters)} for {runs} runs")
    own = [instance("parameters", each, kind) for each in parameters]
    first = mold(own[0])
    for other in own[1:]:
        for one, two in zip(first, mold(other), strict=True):
            if one != two:
                what = f"{one[0]}: {one[1]!r} and {two[1]!r}" if isinstance(one, tuple) else "periods of their own"
                raise ValueError(f"runs that are trained together must not differ in {what}")
    return own


def as_json(parameters: Any) -> str:
    """Parameters, or a sequence of them, for a Dataset's attributes."""
    if isinstance(parameters, Sequence):
        return json.dumps([asdict(each) for each in parameters])
    return json.dumps(asdict(parameters))


def progress_bar(steps: range, what: str, unit: str, progress: bool | None) -> Iterator[int]:
    """The steps, with a bar on stderr if `progress`; None: on a terminal, in the main process. Raises ValueError."""
    from tqdm import tqdm

    if progress is None:
        progress = sys.stderr.isatty() and multiprocessing.parent_process() is None
    hidden = not flag("progress", progress)
    return iter(tqdm(steps, desc=what, unit=unit, leave=False, disable=hidden))
