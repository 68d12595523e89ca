"""Files of results that know whether they are whole: shards of a sweep, and the one file it is condensed into.

A shard is a netCDF file with one batch of runs. Its name ends in the digest of its own bytes, and it carries the keys
of its runs: a file that is truncated, altered or of another origin is recognised, named and never read as a result.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .files import drafted, settle

__all__ = ["load", "read", "save", "write"]

_DIGEST = "content_sha256"


def write(folder: Path, dataset: xr.Dataset, keys: Sequence[str]) -> Path:
    """Store one batch; the file appears complete or not at all. Raises OSError when it cannot be written."""
    batch = hashlib.sha256("".join(keys).encode()).hexdigest()[:12]
    marked = dataset.assign_attrs(run_keys=json.dumps(list(keys)))
    return _write(marked, folder, lambda digest: f"shard-{batch}-{digest[:16]}.nc")


def read(path: Path) -> tuple[list[str], xr.Dataset]:
    """The keys and runs of a shard. Raises ValueError saying what is wrong with the file."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    if path.stem.rpartition("-")[2] != digest:
        raise ValueError("its contents do not match its name: truncated, altered or not a shard")
    try:
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            dataset = opened.load()
        keys = [str(key) for key in json.loads(dataset.attrs.pop("run_keys"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"not a shard: {error}") from None
    if dataset.sizes.get("run") != len(keys):
        raise ValueError(f"not a shard: {dataset.sizes.get('run')} runs with {len(keys)} keys")
    return keys, dataset


def save(dataset: xr.Dataset, path: Path) -> None:
    """Store a Dataset in one compressed file that `load` can verify. Raises OSError when it cannot be written."""
    numbers = [str(name) for name, values in dataset.data_vars.items() if values.dtype.kind in "fiu"]
    packed = {name: {"zlib": True, "complevel": 4} for name in numbers}
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(dataset.assign_attrs({_DIGEST: _contents(dataset)}), path.parent, lambda digest: path.name, packed)


def load(path: Path) -> xr.Dataset:
    """Read what `save` has written. Raises ValueError for a file that is missing, damaged or of another origin."""
    try:
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            dataset = opened.load()
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from None
    if _DIGEST not in dataset.attrs:
        raise ValueError(f"{path.name} was not written by salkit: it has no {_DIGEST}")
    if dataset.attrs.pop(_DIGEST) != _contents(dataset):
        raise ValueError(f"{path.name} is damaged: its numbers do not match its digest")
    return dataset


def _contents(dataset: xr.Dataset) -> str:
    """A digest of names, shapes and numbers."""
    digest = hashlib.sha256()
    for name in sorted(map(str, dataset.variables)):
        values = dataset[name].values
        raw = np.ascontiguousarray(values).tobytes() if values.dtype.kind in "fiub" else str(values.tolist()).encode()
        digest.update(f"{name} {dataset[name].dims} {values.shape}".encode() + raw)
    return digest.hexdigest()


def _write(dataset: xr.Dataset, folder: Path, name: Any, encoding: Any = None) -> Path:
    """Write to a file named name(digest of its bytes), at once."""
    with drafted(folder, ".nc") as draft:
        dataset.to_netcdf(draft, engine="h5netcdf", encoding=encoding)
        target: Path = folder / name(hashlib.sha256(draft.read_bytes()).hexdigest())
        settle(draft, target)
    return target
