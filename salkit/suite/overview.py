"""README's picture, drawn from the records of three figures: `salkit overview`."""

import json
from pathlib import Path

from .. import plots
from . import figures

__all__ = ["draw"]

_PANELS = (("01_stdd", 0), ("paper/03_levels", 1), ("paper/05_weights", 0))


def draw(folder: Path | None = None) -> Path:
    """Draw overview.png, .pdf and .json into `folder` (default: `salkit.suite.figures.folder()`), which has the
    records.

    Raises ValueError where a record is missing or is none.
    """
    place, panels = folder or figures.folder(), []
    for name, number in _PANELS:
        try:
            record = json.loads((place / f"{name}.json").read_text(encoding="utf-8"))
            panels.append(record["data"][number])
        except (OSError, ValueError, KeyError, IndexError, TypeError):
            raise ValueError(f"{name}.json is no figure's record in {place}; make it with `salkit figures`") from None
    made_of = [name for name, _ in _PANELS]
    figures.save(plots.overview(*panels), "overview", parameters={"from": made_of}, seeds=1, into=place)
    return place / "overview.png"
