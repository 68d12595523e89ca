"""Pairs of notebook source and reference: NN_name.py is written, NN_name.ipynb is made from it, one way only.

The reference is the executed notebook that strict nbval compares with. Its metadata is reduced to what does not
depend on where and when it ran, and cell ids are made from position and content, so that a regenerated reference
differs only where a result does.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from ..sweep.files import write
from . import runner

__all__ = ["differences", "normalise", "renew"]

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}
_JUPYTEXT = {"formats": "ipynb,py:percent", "main_language": "python"}


def normalise(notebook: Any) -> Any:
    """The notebook with stable metadata, cell ids and streams, in place and returned."""
    notebook.metadata.clear()
    notebook.metadata.update(kernelspec=dict(_KERNEL), language_info=dict(_LANGUAGE), jupytext=dict(_JUPYTEXT))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{number:02d}-" + hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        tags = cell.metadata.get("tags")
        cell.metadata.clear()
        if tags:
            cell.metadata["tags"] = tags
        if cell.cell_type == "code":
            cell.outputs = _merged(cell.outputs)
        for output in cell.get("outputs", []):
            output.pop("execution_count", None) if output.output_type != "execute_result" else None
            if "metadata" in output:
                output.metadata.clear()
    return notebook


def renew(source: Path, limit: float, bar: dict[str, Any] | None = None) -> str | None:
    """Execute `source` and replace the reference beside it; return the error that kept it from that, or None."""
    with tempfile.TemporaryDirectory() as draft:
        executed, figures = Path(draft) / "executed.ipynb", Path(draft) / "figures"
        error = runner.execute(source, executed, {}, figures, limit, bar)
        if error is not None:
            return error
        notebook = normalise(nbformat.read(executed, as_version=4))
    write(source.with_suffix(".ipynb"), nbformat.writes(notebook).rstrip("\n") + "\n")
    return None


def differences(source: Path) -> list[str]:
    """In what the reference beside `source` is not its executed twin: empty if it is."""
    target = source.with_suffix(".ipynb")
    if not target.exists():
        return [f"{target.name} is missing"]
    try:
        reference = nbformat.read(target, as_version=4)
    except Exception as error:  # nbformat raises several kinds, and an unreadable file is what is to be said
        return [f"{target.name} is not a notebook: {error}"]
    written = jupytext.read(source, fmt="py:percent")
    found = []
    if len(written.cells) != len(reference.cells):
        found.append(f"{len(written.cells)} cells in {source.name}, {len(reference.cells)} in {target.name}")
    for number, (ours, theirs) in enumerate(zip(written.cells, reference.cells, strict=False), start=1):
        for what in ("cell_type", "source"):
            if ours[what] != theirs[what]:
                found.append(f"cell {number}: {what} differs")
        if ours.metadata.get("tags", []) != theirs.metadata.get("tags", []):
            found.append(f"cell {number}: tags differ")
    code = [cell for cell in reference.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        found.append("code cells are not all executed, once and in order")
    return found


def _merged(outputs: list[Any]) -> list[Any]:
    """Neighbouring pieces of one stream as one: where it was cut depends on how fast the cell ran."""
    merged: list[Any] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged
