"""Figures as products: each a PNG and a PDF with a JSON beside them that says where they came from and what they show.

NAME.json holds the notebook's parameters, seeds, the versions and the device it was made with, the wall time, the
numbers plotted and the claims; a digest of the sources that decide them (`salkit.suite.digests`), and one of its
contents. All three appear together, complete, or not at all.
"""

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..experiments import PRESETS
from ..kernels.device import DEVICES, pick_device
from ..plots.style import drawn
from ..sweep.files import plain
from . import digests
from .claims import Claim

__all__ = ["FOLDER_VARIABLE", "PRESETS", "contents", "folder", "pick", "replace_all", "save"]

FOLDER_VARIABLE = "SALKIT_FIGURES"
_PACKAGES = ("salkit", "numpy", "numba", "scipy", "xarray", "matplotlib")
_DPI, _DIGITS = 200, 6
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
    parameters: Mapping[str, Any],
    seeds: Any,
    claims: Sequence[Claim] = (),
    data: Mapping[str, Any] | None = None,
    into: Path | None = None,
) -> None:
    """Write NAME.png, NAME.pdf and NAME.json into `into`, or else `folder()`.

    Parameters
    ----------
    figure : matplotlib Figure
    name : str
        Letters, digits, '_' and '-'.
    parameters : mapping
        The notebook's parameters, kept exactly.
    seeds : int, or sequence of int
    claims : sequence of Claim
        What the figure is evidence for.
    data : mapping, optional
        Numbers to keep to six significant digits (default: those drawn, see `salkit.plots.style.drawn`).

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
        "parameters": plain(dict(parameters)),
        "seeds": plain(seeds),
        "claims": [plain(claim.to_dict(), _DIGITS) for claim in claims],
        "data": plain(drawn(figure) if data is None else dict(data), _DIGITS),
        "versions": {"python": platform.python_version(), **{package: _version(package) for package in _PACKAGES}},
        "sources": digests.digest(name, str(parameters.get("preset", PRESETS[0])), device, parameters.get("seed", 1)),
        "device": device,
        "wall_time_s": round(time.monotonic() - _STARTED, 1),
    }
    record["contents"] = contents(record)
    target = into or folder()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=target) as draft:
        made = [Path(draft) / f"{name}.{suffix}" for suffix in ("png", "pdf", "json")]
        figure.savefig(made[0], dpi=_DPI, metadata={"Software": None})
        figure.savefig(made[1], metadata={"Creator": None, "Producer": None, "CreationDate": None})
        made[2].write_text(_lines(record) + "\n", encoding="utf-8")
        replace_all({path: target / path.name for path in made}, Path(draft))


def _lines(record: Mapping[str, Any]) -> str:
    """The record as JSON, an entry of a panel or a claim on a line of its own."""

    def compact(value: Any) -> str:
        return json.dumps(value, allow_nan=False, ensure_ascii=False)

    def block(value: Any, depth: int) -> str:
        pad = " " * (depth + 1)
        if isinstance(value, dict) and value and depth < 4:
            inside = [f"{pad}{compact(key)}: {block(item, depth + 1)}" for key, item in value.items()]
            return "{\n" + ",\n".join(inside) + "\n" + " " * depth + "}"
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            return "[\n" + ",\n".join(pad + block(item, depth + 1) for item in value) + "\n" + " " * depth + "]"
        return compact(value)

    return block(dict(record), 0)


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
