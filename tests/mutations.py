"""Break the science core on purpose and see whether its tests turn red: `python tests/mutations.py --help`.

Mutants are drawn at random, with a fixed seed, from the syntax trees of the modules below: a number changed, a sign or
an operation exchanged, a comparison shifted by its edge, a minimum for a maximum, a condition turned round. What raises
errors is left out. Each mutant is made in a copy of the repository and meets the tests of its module, stopped at the
first failure; tests that do not end count as red. With a text given in `NAMED` the same is done for changes that
readers tried by hand.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 240  # seconds for one mutant's tests

# Modules, how many mutants of each, and the tests they meet, quick ones first.
CORE = {
    "stdp.py": (5, "test_stdp test_sampling"),
    "stdd/*.py": (10, "test_stdd test_theory_simulation"),
    "wakesleep*.py": (7, "test_wakesleep test_variability"),
    "microcircuit*.py": (6, "test_microcircuit"),
    "rate_network.py": (3, "test_microcircuit"),
    "variability.py": (3, "test_variability"),
    "boltzmann.py": (4, "test_boltzmann"),
    "spikes.py": (5, "test_spikes test_stdp test_sampling"),
    "psp.py": (4, "test_psp"),
    "network.py": (3, "test_network test_sampling"),
    "kernels/cpu/continuous.py": (4, "test_kernels test_sampling"),
    "kernels/cpu/wide.py": (3, "test_kernels test_sampling"),
    "kernels/cpu/varied.py": (3, "test_varied"),
    "kernels/cpu/discrete.py": (4, "test_kernels test_sampling"),
    "kernels/cpu/wakesleep.py": (4, "test_wakesleep"),
    "kernels/cpu/microcircuit.py": (4, "test_microcircuit"),
    "kernels/cpu/elementary.py": (3, "test_philox test_kernels"),
}
NAMED: dict[str, tuple[str, str]] = {}


class Mutant(NamedTuple):
    """A change of one place of one file."""

    file: Path
    line: int
    start: int
    stop: int
    old: str
    new: str
    tests: tuple[str, ...]


_EXCHANGED = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.Eq: "!=", ast.NotEq: "==", ast.And: "or", ast.Or: "and",
}  # fmt: skip
_NAMES = {"minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min", "floor": "ceil", "ceil": "floor"}


def places(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes inside functions, but for docstrings, defaults, annotations, asserts and what raises."""

    def below(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Raise | ast.Assert | ast.arguments | ast.JoinedStr | ast.Subscript):
                continue
            if isinstance(child, ast.If) and any(isinstance(n, ast.Raise) for n in ast.walk(child)):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield child
            yield from below(child)

    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and not any(isinstance(n, ast.Raise) for n in function.body):
            for statement in function.body:
                if not isinstance(statement, ast.Raise | ast.Assert):
                    yield statement
                    yield from below(statement)


def changes(node: ast.AST, text: str) -> Iterator[tuple[ast.AST, str, str]]:
    """(node of the place, text there, text to put there)."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        new = str(node.value + 1) if isinstance(node.value, int) else repr(node.value * 1.05 if node.value else 0.05)
        yield node, ast.get_source_segment(text, node) or "", new
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        whole = ast.get_source_segment(text, node) or ""
        yield node, whole, whole[1:]
    if isinstance(node, ast.BinOp | ast.Compare) and ast.get_source_segment(text, node):
        left, right = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.left, node.comparators[0])
        operator = node.op if isinstance(node, ast.BinOp) else node.ops[0]
        if type(operator) in _EXCHANGED and left.end_lineno == right.lineno:
            yield ast.Pass(lineno=left.end_lineno, col_offset=left.end_col_offset, end_lineno=right.lineno,
                           end_col_offset=right.col_offset), "", _EXCHANGED[type(operator)]  # fmt: skip
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    if name in _NAMES:
        whole = ast.get_source_segment(text, node) or ""
        yield node, whole, whole[: -len(name)] + _NAMES[name]


def of_file(path: Path, tests: tuple[str, ...]) -> list[Mutant]:
    """Every mutant of a file."""
    text = path.read_text(encoding="utf-8")
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found, raw = set(), text.encode()
    for node in places(ast.parse(text)):
        for place, old, new in changes(node, text):
            start, stop = (
                starts[place.lineno - 1] + place.col_offset,
                starts[place.end_lineno - 1] + place.end_col_offset,
            )
            old = raw[start:stop].decode()
            if not any(sign in old for sign in ("(", ")")) or old.strip("() ") == "" or "." in old:
                if isinstance(place, ast.Pass):
                    if any(c in old for c in "()"):
                        continue  # a bracket lies between the operands
                    new = f" {new} "
                found.add(Mutant(path.relative_to(ROOT), place.lineno, start, stop, old, new, tests))
    return sorted(found)


def drawn(seed: int) -> list[Mutant]:
    """The mutants of a seed."""
    chosen, dice = [], random.Random(seed)
    for pattern, (count, tests) in CORE.items():
        every = [m for path in sorted((ROOT / "salkit").glob(pattern)) for m in of_file(path, tuple(tests.split()))]
        chosen += sorted(dice.sample(every, min(count, len(every))))
    return chosen


def named() -> list[Mutant]:
    """The changes of `NAMED`: {"file: old": (new, tests)}."""
    found = []
    for key, (new, tests) in NAMED.items():
        name, old = key.split(": ", 1)
        raw = (ROOT / name).read_bytes()
        if raw.count(old.encode()) != 1:
            raise SystemExit(f"{name} has {raw.count(old.encode())} times {old!r}, not once")
        start = raw.index(old.encode())
        line = raw[:start].count(b"\n") + 1
        found.append(Mutant(Path(name), line, start, start + len(old.encode()), old, new, tuple(tests.split())))
    return found


def red(mutant: Mutant, copy: Path, log: Path) -> tuple[str, float]:
    """Apply, run the tests, undo: ("red", "red (no end)" or "GREEN", seconds)."""
    path, began = copy / mutant.file, time.monotonic()
    raw = path.read_bytes()
    path.write_bytes(raw[: mutant.start] + mutant.new.encode() + raw[mutant.stop :])
    environment = os.environ | {
        "PYTHONPATH": str(copy),
        "NUMBA_CACHE_DIR": str(copy / ".numba"),
        "NUMBA_NUM_THREADS": "1",
    }
    verdict = "GREEN"
    try:
        for test in mutant.tests:
            command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{test}.py"]
            with log.open("w") as out:
                done = subprocess.run(command, cwd=copy, env=environment, stdout=out, stderr=out, timeout=LIMIT)
            if done.returncode != 0:
                verdict = "red"
                break
    except subprocess.TimeoutExpired:
        verdict = "red (no end)"
    finally:
        path.write_bytes(raw)
    return verdict, time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutate the science core and count how many mutants the tests catch.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="mutants of files with this in their name")
    parser.add_argument("--list", action="store_true", help="show the mutants and stop")
    given = parser.parse_args()
    mutants = [m for m in [*named(), *drawn(given.seed)] if given.only in str(m.file)]
    if given.list:
        print(*[f"{m.file}:{m.line}  {m.old!r} -> {m.new!r}" for m in mutants], sep="\n")
        return 0
    began, survivors = time.monotonic(), []
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(given.jobs) as pool:
        copies = []
        for number in range(given.jobs):
            copy = Path(place) / str(number)
            for folder in ("salkit", "tests"):
                shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", copy)
            copies.append(copy)

        def run(mutant: Mutant) -> tuple[Mutant, str, float]:
            copy = copies.pop()
            try:
                return mutant, *red(mutant, copy, copy / "log")
            finally:
                copies.append(copy)

        for mutant, verdict, seconds in pool.map(run, mutants):
            print(
                f"{verdict:<13} {seconds:4.0f} s  {mutant.file}:{mutant.line}  {mutant.old!r} -> {mutant.new!r}",
                flush=True,
            )
            if verdict == "GREEN":
                survivors.append(mutant)
    share = 100 * (1 - len(survivors) / len(mutants))
    print(f"{len(mutants)} mutants, {len(survivors)} survive, {share:.0f} % red, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
