"""Figures as products: each a PNG with a JSON beside it that says where it came from and what it shows.

NAME.json holds the notebook's parameters, seeds, the versions and the device it was made with, the wall time, the
numbers plotted and the claims; a digest of the sources that decide them (`salkit.sources`), and one of its contents.
Both files appear together, complete, or not at all.
"""

import hashlib
import json
import math
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from ..experiments import PRESETS
from ..kernels.device import DEVICES, pick_device
from . import digests
from .claims import Claim

__all__ = ["FOLDER_VARIABLE", "PRESETS", "contents", "folder", "pick", "replace_all", "save"]

FOLDER_VARIABLE = "SALKIT_FIGURES"
_PACKAGES = ("salkit", "numpy", "numba", "scipy", "xarray", "matplotlib")
_DPI = 200
_STARTED = time.monotonic()


def folder() -> Path:
    """Where figures go: $SALKIT_FIGURES, else figures/ of the repository, else of the current folder."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    repository = Path(__file__).resolve().parents[2]
    return (repository if (repository / "notebooks").is_dir() else Path.cwd()) / "figures"


def pick(preset: str, device: str = "auto", **sizes: Sequence[Any]) -> Any:
    """The sizes of a preset: `pick("tutorial", runs=(10, 50))` is a namespace with runs = 10, `pick("paper", …)` 50.

    Raises ValueError for an unknown preset or device, naming the allowed ones; RuntimeError for a device that is
    not there.
    """
    from types import SimpleNamespace

    if preset not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {preset!r}")
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    pick_device(device)
    return SimpleNamespace(**{name: pair[PRESETS.index(preset)] for name, pair in sizes.items()})


def save(
    figure: Any,
    name: str,
    *,
    data: Mapping[str, Any],
    parameters: Mapping[str, Any],
    seeds: Any,
    claims: Sequence[Claim] = (),
) -> None:
    """Write NAME.png and NAME.json into `folder()`.

    Parameters
    ----------
    figure : matplotlib Figure
    name : str
        Letters, digits, '_' and '-'.
    data : mapping
        The numbers plotted: arrays or scalars by name; kept to six significant digits.
    parameters : mapping
        The notebook's parameters, kept exactly.
    seeds : int, or sequence of int
    claims : sequence of Claim
        What the figure is evidence for.

    Raises
    ------
    ValueError
        For a name that is no plain file name.
    TypeError
        For a value that JSON has no form for.
    OSError
        When the folder cannot be written; earlier files are intact.
    """
    if not name or not name.replace("_", "").replace("-", "").isalnum():
        raise ValueError(f"a figure's name has letters, digits, '_' and '-' only, got {name!r}")
    device = pick_device("auto")
    record = {
        "figure": name,
        "parameters": _plain(dict(parameters), exact=True),
        "seeds": _plain(seeds, exact=True),
        "claims": [_plain(claim.to_dict()) for claim in claims],
        "data": _plain(dict(data)),
        "versions": {"python": platform.python_version(), **{package: _version(package) for package in _PACKAGES}},
        "sources": digests.digest(name, str(parameters.get("preset", PRESETS[0])), device, parameters.get("seed", 1)),
        "device": device,
        "wall_time_s": round(time.monotonic() - _STARTED, 1),
    }
    record["contents"] = contents(record)
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=target) as draft:
        picture, text = Path(draft) / f"{name}.png", Path(draft) / f"{name}.json"
        figure.savefig(picture, dpi=_DPI, metadata={"Software": None})
        text.write_text(json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")
        replace_all({picture: target / picture.name, text: target / text.name}, Path(draft))


def contents(record: Mapping[str, Any]) -> str:
    """A digest of what a record says, by which `salkit.ledger` sees that it was not altered: 16 hexadecimal digits."""
    said = {key: record.get(key) for key in ("figure", "parameters", "seeds", "claims", "data", "sources", "device")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def replace_all(moves: Mapping[Path, Path], spare: Path) -> None:
    """Move every file to its place, or none: where one move fails, the earlier ones are undone.

    `spare` is a folder of the same file system that keeps what is replaced until all have moved.
    """
    done: list[tuple[Path, Path | None]] = []
    try:
        for number, (source, target) in enumerate(moves.items()):
            kept = spare / f".kept-{number}"
            if target.is_file():
                shutil.copy2(target, kept)
            os.replace(source, target)
            done.append((target, kept if kept.exists() else None))
    except OSError:
        for target, earlier in done:
            if earlier is None:
                target.unlink()
            else:
                os.replace(earlier, target)
        raise


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _plain(value: Any, exact: bool = False) -> Any:
    """JSON's own types: arrays as lists, floats to six digits unless `exact`, what is not finite as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item, exact) for key, item in value.items()}
    if isinstance(value, np.ndarray) or hasattr(value, "to_numpy"):
        return _plain(np.asarray(value).tolist(), exact)
    if isinstance(value, list | tuple | range):
        return [_plain(item, exact) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return (float(value) if exact else float(f"{value:.6g}")) if math.isfinite(value) else None
    if value is None or isinstance(value, str | Path):
        return value if value is None else str(value)
    raise TypeError(f"a figure's record holds numbers, text, lists and mappings, got {type(value).__name__}: {value!r}")
