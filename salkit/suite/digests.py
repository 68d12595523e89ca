"""What decides a figure's numbers, as one digest: it changes when that does, and with nothing else.

Counted are the code cells of the figure's notebook and the modules of salkit that it names, with all that they import
(`salkit.sweep.sources`), without the machinery: how figures look and how runs are spread, stored and shown. Sources for
GPUs count for what was made on one. Of the experiments, those count that the notebook names, by what they would run at
the figure's preset and seed, and their models' code. Figures of the paper preset also depend on the stored results of
these experiments; those files count by their bytes, whatever sources they were computed with
(`tests/test_experiments.py` holds them to today's code).
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .. import experiments
from ..sweep import sources
from ..sweep.files import dumps

__all__ = ["MACHINERY", "digest", "notebook_of"]

MACHINERY = frozenset({"bench", "cli", "explorer", "plots", "suite", "sweep"})  # of it, no number in a figure depends


def notebook_of(figure: str, repository: Path = sources.PACKAGE.parent) -> Path | None:
    """The notebook source that makes a figure: figure 03_levels is of notebooks/03_*.py. None where there is none."""
    found = sorted((repository / "notebooks").glob(f"{figure[:2]}_*.py")) if figure[:2].isdigit() else []
    return found[0] if found else None


@cache
def digest(
    figure: str,
    preset: str = "tutorial",
    device: str = "cpu",
    seed: int = 1,
    repository: Path = sources.PACKAGE.parent,
) -> str:
    """16 hexadecimal digits for what decides the numbers of a figure, its name like "03_levels".

    A figure that no notebook makes depends on all modules but the machinery. Raises SyntaxError where a source is not
    Python, and ValueError where it names a module that is not there.
    """
    package, notebook = repository / "salkit", notebook_of(figure, repository)
    named, parts = {""}, []
    if notebook is not None:
        tree = sources.parsed(notebook)
        named, texts = sources.used(tree, package=package), _texts(tree)
        parts.append(sources.canonical(tree))
        for wanted in (experiments.experiment(name, preset, seed) for name in experiments.EXPERIMENTS if name in texts):
            named.add(wanted.model)
            parts.append(dumps([(s.labels, s.parameters, s.seeds) for s in wanted.settings]))
        if preset == "paper":
            parts += _stored(texts, repository)
    if "" in named:
        named |= set(sources.modules(package))
    modules = {name for name in named if name.partition(".")[0] not in MACHINERY | {"", "experiments"}}
    return sources.digest([sources.code(*sorted(modules), cuda=device == "cuda", package=package), *parts])


def _texts(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _stored(names: set[str], repository: Path) -> Iterator[str]:
    """Digests of the stored results of these names."""
    for path in sorted((repository / "figures" / "paper").glob("*.nc")):
        if path.stem in names:
            yield path.name + hashlib.sha256(path.read_bytes()).hexdigest()
