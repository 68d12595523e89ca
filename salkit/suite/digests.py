"""The sources that decide a figure's numbers, as one digest: it changes when they do, and with nothing else.

What counts is what Python would run: the library's modules and the code cells of the figure's notebook, read as syntax
trees without comments, docstrings and layout. So a sentence of prose or a reformatted line leaves the digest alone, and
it is the same on every machine. What cannot change a number is left out: how figures look, the command line, the
runner. CUDA sources count for what was made on a GPU. Figures of the paper preset also depend on the stored results
that their notebook names; those files count by their bytes, whatever sources they were computed with
(`tests/test_experiments.py` holds them to today's code).
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["digest", "notebook_of"]

_PACKAGE = Path(__file__).resolve().parents[1]
_REPOSITORY = _PACKAGE.parent
_NO_MATTER = {
    "__init__", "__main__", "cli", "comparison", "device", "explorer", "timing",
}  # fmt: skip
_LAYOUT = {"ctx", "kind", "lineno", "col_offset", "end_lineno", "end_col_offset", "type_comment"}


def notebook_of(figure: str) -> Path | None:
    """The notebook source that makes a figure: figure 03_levels is of notebooks/03_*.py. None where there is none."""
    found = sorted((_REPOSITORY / "notebooks").glob(f"{figure[:2]}_*.py")) if figure[:2].isdigit() else []
    return found[0] if found else None


def digest(figure: str, preset: str = "tutorial", device: str = "cpu") -> str:
    """16 hexadecimal digits for the sources that decide the numbers of a figure, its name like "03_levels".

    Raises SyntaxError where a source is not Python.
    """
    parts = [_library(), _cuda() if device == "cuda" else "", _notebook(notebook_of(figure), preset == "paper")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _notebook(path: Path | None, paper: bool) -> str:
    if path is None:
        return ""
    tree = _tree(path)
    return "\n".join([_canonical(tree), *(_stored(tree) if paper else ())])


@cache
def _library() -> str:
    modules = [path for path in _PACKAGE.rglob("*.py") if path.stem not in _NO_MATTER and path.parent.name != "cuda"]
    counted = sorted(
        path.relative_to(_PACKAGE).as_posix()
        for path in modules
        if path.parent.name not in ("plots", "rivals", "suite")
    )
    return "\n".join(f"{name} {_canonical(_tree(_PACKAGE / name))}" for name in counted)


@cache
def _cuda() -> str:
    own = sorted([*(_PACKAGE / "kernels" / "cuda").iterdir()])
    return "\n".join(path.name + hashlib.sha256(path.read_bytes()).hexdigest() for path in own if path.is_file())


def _stored(notebook: ast.AST) -> Iterator[str]:
    """Digests of the stored results that the notebook names."""
    names = {node.value for node in ast.walk(notebook) if isinstance(node, ast.Constant)}
    for path in sorted((_REPOSITORY / "figures" / "paper").glob("*.nc")):
        if path.stem in names:
            yield path.name + hashlib.sha256(path.read_bytes()).hexdigest()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=path.name)


def _canonical(node: object) -> str:
    """A node as text that does not depend on Python's version: fields that are empty are left out, docstrings too."""
    if isinstance(node, list):
        return "[" + ",".join(map(_canonical, node)) + "]"
    if not isinstance(node, ast.AST):
        return ascii(node)
    fields = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            value = value[1:] if ast.get_docstring(node, clean=False) is not None else value
        if value is not None and value != [] and name not in _LAYOUT:
            fields.append(f"{name}={_canonical(value)}")
    return f"{type(node).__name__}({','.join(fields)})"
