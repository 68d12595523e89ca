"""Results of many runs as one labelled Dataset: put together, selected by label, condensed to be kept."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from . import folder, shards
from .runs import Setting

__all__ = ["collect", "condense", "join", "provenance", "select"]


def collect(out: Path) -> xr.Dataset:
    """All runs of a finished sweep, settings and seeds in order, along the dimension run.

    The labels of the settings are coordinates along run, `setting` numbers them; the attributes hold provenance.
    Raises ValueError for a folder that is not a sweep's, or when runs are missing.
    """
    out = Path(out)
    record = folder.stored(out)
    found, _ = folder.scan(out, {key for row in record["keys"] for key in row})
    missing = sum(key not in found for row in record["keys"] for key in row)
    if missing:
        raise ValueError(f"{missing} of {sum(map(len, record['keys']))} runs are missing in {out}: run the sweep again")
    opened = {path: shards.read(path)[1] for path in {path for path, _ in found.values()}}
    parts = []
    for row in record["keys"]:
        rows = [opened[path].isel(run=[place]) for path, place in (found[key] for key in row)]
        parts.append(xr.concat(rows, "run", data_vars="all", coords="minimal", compat="equals", join="exact"))
    settings = [Setting(s["labels"], s["parameters"], tuple(map(tuple, s["seeds"]))) for s in record["settings"]]
    return join(settings, parts, provenance(record["experiment"], record["title"], record["kernel_version"]))


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


def join(settings: Sequence[Setting], parts: Sequence[xr.Dataset], attributes: dict[str, str]) -> xr.Dataset:
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


def provenance(name: str, title: str, code: str) -> dict[str, str]:
    """Where runs come from: the experiment, the digest of the code that computed them, versions and machine."""
    packages = {package: version(package) for package in ("salkit", "numpy", "numba", "xarray")}
    return {
        "experiment": name,
        "title": title,
        "kernel_version": code,
        "versions": json.dumps({"python": platform.python_version(), **packages}),
        "machine": f"{platform.system()} {platform.machine()}",
    }
