"""Files that appear complete or not at all, and values in the form that JSON has for them."""

import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["drafted", "dumps", "plain", "settle", "write"]

DRAFT = ".writing-"  # how the names of unfinished files begin


@contextmanager
def drafted(folder: Path, suffix: str = "") -> Iterator[Path]:
    """A temporary file in `folder`, for `settle`, removed if it was not moved. Raises OSError as the system does."""
    handle, name = tempfile.mkstemp(prefix=DRAFT, suffix=suffix, dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        with suppress(OSError):
            os.unlink(name)


def settle(draft: Path, target: Path) -> None:
    """Bring a draft to the disk, then to its place, over whatever is there."""
    with open(draft, "rb+") as file:
        os.fsync(file.fileno())
    os.chmod(draft, 0o644)
    os.replace(draft, target)
    with suppress(OSError):  # some systems cannot sync a folder; the file itself is safe
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write(path: Path, content: str | bytes) -> None:
    """Write text (UTF-8) or bytes, so that `path` is the earlier file or the new one, whatever happens meanwhile."""
    with drafted(path.parent, path.suffix) as draft:
        draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        settle(draft, path)


def dumps(value: Any, indent: int | None = None) -> str:
    """A value as JSON, every float to its last digit; arrays and dataclasses as `plain` gives them.

    Raises TypeError for what JSON has no form for.
    """
    return json.dumps(value, indent=indent, ensure_ascii=False, default=plain)


def plain(value: Any, digits: int | None = None) -> Any:
    """A value in JSON's own types: arrays as lists, dataclasses as mappings, what is not finite as None.

    `digits`, if given, are the significant digits that floats keep. Raises TypeError for what JSON has no form for.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value), digits)
    if isinstance(value, Mapping):
        return {str(key): plain(item, digits) for key, item in value.items()}
    if isinstance(value, np.ndarray) or hasattr(value, "to_numpy"):
        return plain(np.asarray(value).tolist(), digits)
    if isinstance(value, list | tuple | range):
        return [plain(item, digits) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        exact = float(value) if digits is None else float(f"{value:.{digits}g}")
        return exact if math.isfinite(value) else None
    if value is None or isinstance(value, str | Path):
        return value if value is None else str(value)
    raise TypeError(f"JSON holds numbers, text, lists and mappings, got {type(value).__name__}: {value!r}")
