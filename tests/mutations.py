"""Break the science core on purpose and see whether its tests turn red: `python tests/mutations.py --help`.

Mutants are drawn with a seed from the syntax trees of the modules in `CORE`: a number changed, a sign or an operation
exchanged, a comparison shifted by its edge, a minimum for a maximum, a condition turned round. `NAMED` holds changes
that readers tried by hand. Left out is what changes no result: checks of arguments and what is computed for them alone,
tolerances, shapes, sizes of batches and limits, and the mutants of `EQUIVALENT`, each with its reason.

Each mutant is made in a copy of the repository and meets the tests of its module in one process, quickest first as
timed without a mutant, stopped at the first failure. Tests that do not end are red, too. A mutant's lot depends on
nothing but the seed and the text around it: leaving one out leaves the rest.
"""

import argparse
import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 5  # times what a module's tests take without a mutant, and no less than `SHORTEST` seconds
SHORTEST = 120.0
EXPERIMENTS = "full_length or fig_6_on"  # tests that take minutes: without them survivors are more, if anything

# Modules, how many mutants of each, and the tests they meet.
CORE = {
    "stdp.py": (5, "test_stdp"),
    "stdd/law.py": (5, "test_stdd test_theory_simulation"),
    "stdd/drift.py": (7, "test_stdd test_stdd_exact test_theory_simulation"),
    "stdd/scores.py": (4, "test_stdd test_stdd_exact"),
    "stdd/exact.py": (4, "test_stdd_exact"),
    "stdd/continuous.py": (6, "test_stdd test_stdd_exact"),
    "stdd/discrete.py": (6, "test_stdd"),
    "gradient.py": (4, "test_gradient"),
    "reversibility.py": (3, "test_reversibility"),
    "regeneration.py": (3, "test_reversibility"),
    "fisher.py": (3, "test_fisher"),
    "wakesleep.py": (7, "test_wakesleep"),
    "microcircuit/circuits.py": (7, "test_microcircuit test_exact_circuits"),
    "microcircuit/phases.py": (4, "test_exact_circuits"),
    "microcircuit/updates.py": (3, "test_exact_circuits"),
    "microcircuit/records.py": (2, "test_exact_circuits"),
    "microcircuit/drift.py": (2, "test_exact_circuits"),
    "microcircuit/training.py": (2, "test_microcircuit"),
    "microcircuit/watching.py": (2, "test_microcircuit"),
    "rate_network.py": (4, "test_microcircuit"),
    "variability.py": (3, "test_variability"),
    "boltzmann.py": (5, "test_boltzmann"),
    "spikes.py": (6, "test_spikes test_stdp"),
    "psp.py": (6, "test_psp"),
    "network.py": (3, "test_network test_stdd"),
    "kernels/cpu/elementary.py": (2, "test_philox"),
    "kernels/cpu/continuous.py": (3, "test_kernels"),
    "kernels/cpu/wide.py": (2, "test_kernels test_wide"),
    "kernels/cpu/potentials.py": (3, "test_wide"),
    "kernels/cpu/bounds.py": (3, "test_wide"),
    "kernels/cpu/sparse.py": (4, "test_sparse"),
    "kernels/cpu/steps.py": (3, "test_wide"),
    "kernels/cpu/varied.py": (3, "test_varied"),
    "kernels/cpu/discrete.py": (3, "test_kernels"),
    "kernels/cpu/wakesleep.py": (3, "test_wakesleep"),
    "kernels/cpu/microcircuit.py": (3, "test_microcircuit"),
    "kernels/cpu/layers.py": (6, "test_layered"),
    "layers/law.py": (4, "test_layered"),
    "layers/training.py": (5, "test_layered"),
    "layers/phases.py": (3, "test_layered"),
    "layers/geometry.py": (3, "test_layered"),
    "deep/networks.py": (6, "test_deep"),
    "deep/ensemble.py": (6, "test_deep"),
    "deep/phases.py": (2, "test_deep"),
    "deep/tasks.py": (4, "test_deep"),
    "deep/training.py": (4, "test_deep"),
}
# file: text before -> (after, tests)
NAMED = {
    "salkit/stdd/scores.py: skewness / (6 * ": ("skewness / (3 * ", "test_stdd"),
    "salkit/stdd/drift.py: max(0.0, tau - 1)": ("tau - 1", "test_stdd"),
    "salkit/variability.py: LEAST = 0.2 ": ("LEAST = 0.21 ", "test_variability"),
    "salkit/variability.py: return sigma * _per": ("return 1.03 * sigma * _per", "test_variability"),
    "salkit/microcircuit/circuits.py: aligning = mode(api=1.0": ("aligning = mode(api=0.9", "test_microcircuit"),
    "salkit/boltzmann.py: draw = span * ": ("draw = 1.01 * span * ", "test_boltzmann"),
    "salkit/wakesleep.py: p.neurons, seed, p.target_span)": (
        "p.neurons, seed, 1.01 * p.target_span)",
        "test_wakesleep",
    ),
    "salkit/kernels/cpu/wakesleep.py: CLAMP = 10.0": ("CLAMP = 9.0", "test_wakesleep"),
}
# Mutants that change no result: (file, piece of the line, what is put in or "" for all, why).
EQUIVALENT = (
    ("gradient.py", "SamplingNetwork(w, b, tau_ref=1.0)", "", "the unit of time: no law depends on it"),
    ("kernels/cpu/discrete.py", "if height != 0.0", "0.05", "a shortcut: what is left out adds 0"),
    ("kernels/cpu/discrete.py", "_BEYOND = ", "", "a bound that is less close, the comparison behind it stays"),
    (
        "kernels/cpu/discrete.py",
        "1 << n if rectangular and n <= TABLE_NEURONS",
        "",
        "another kernel, with the same results",
    ),
    ("kernels/cpu/wakesleep.py", "n <= TABLE_NEURONS", "<", "slower, with the same results"),
    ("kernels/cpu/potentials.py", "return (n + WIDTH - 1)", "+", "more padding, and padding changes nothing"),
    ("kernels/cpu/potentials.py", "_TILE = 64", "", "the order in which memory is read"),
    ("kernels/cpu/wide.py", "record, count_states = times.size", "1", "there are never as few as one"),
    ("kernels/cpu/steps.py", "if -last[j] < refractory", "<=", "it waits for no step"),
    ("kernels/cpu/steps.py", "_AHEAD = 4096", "", "how many words are drawn at a time"),
    ("kernels/cpu/steps.py", "_SLACK = ", "", "a bound that is less close, the comparison behind it stays"),
    ("stdd/discrete.py", "equations[:, -1, :] = 1.0", "", "a common factor of all rates, and they are normalised"),
    ("stdd/discrete.py", "right[:, -1] = 1.0", "", "the same"),
    (
        "stdd/discrete.py",
        "return max(self.refractory, self.psp.size + 1)",
        "2",
        "a later age from which nothing changes",
    ),
    ("stdd/exact.py", "biases = np.log(wanted / (1 - wanted))", "", "a solver's first guess"),
    ("stdd/law.py", "int(tau_ref) + 3]", "4", "one more interval of length 0"),
    ("stdd/drift.py", "low, high = float(rest[0])", "", "a bracket of the root: another has the same in it"),
    ("stdd/drift.py", "min(1.0, tau) * ones", "/", "what is divided by is 1"),
    ("psp.py", "flatnonzero(values >= _SMALLEST", ">", "equal with probability 0"),
)

CHECKS = {
    "array", "arrays", "broadcast", "check", "choice", "check_seed", "flag", "instance", "member_indices", "number",
    "room", "shape_of", "shown", "whole", "_check", "_checked", "_fits", "thread_count", "pick_device", "errstate",
    "progress_bar", "allclose", "empty", "zeros", "ones",
}  # fmt: skip
LIMITS = re.compile(r"\b_?(BATCH|BLOCKS|REFRESH|MOST\w*|LONGEST\w*|SHORTEST|STEP|ACCURACY)\b")
# Arguments that change no result, and flags that are positive or not.
LOOSE = {"tol", "xtol", "rtol", "atol", "initial", "optimize", "threads", "strict", "dtype", "axis", "keepdims"} | {
    "learn",
    "symmetrise",
}


class Mutant(NamedTuple):
    """A change of one place of one file."""

    file: Path
    line: int
    start: int
    stop: int
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        code = (ROOT / self.file).read_text(encoding="utf-8").splitlines()[self.line - 1].strip()
        return f"{self.file}:{self.line}  {self.old!r} -> {self.new!r}  in  {code}"


_EXCHANGED = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.Eq: "!=", ast.NotEq: "==", ast.And: "or", ast.Or: "and",
}  # fmt: skip
_NAMES = {"minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min", "floor": "ceil", "ceil": "floor"}


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


class Source:
    """A file's text and the bytes of a node in it."""

    def __init__(self, path: Path) -> None:
        self.raw = path.read_bytes()
        self.text = self.raw.decode()
        self.lines = self.text.splitlines()
        self.starts = [0, *accumulate(len(line) for line in self.raw.splitlines(keepends=True))]

    def span(self, node: Any) -> tuple[int, int]:
        """First byte and the one after the last."""
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def of(self, node: ast.AST) -> str:
        """What is written there, nothing for what has no place."""
        if not hasattr(node, "lineno"):
            return ""
        start, stop = self.span(node)
        return self.raw[start:stop].decode()


def _left_out(node: ast.AST, source: Source) -> bool:
    """Whether nothing in this node is to be changed."""
    if isinstance(node, ast.Raise | ast.Assert | ast.arguments | ast.JoinedStr | ast.ExceptHandler):
        return True
    if isinstance(node, ast.If) and any(isinstance(part, ast.Raise) for part in ast.walk(node)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Call) and _name(node.func) in CHECKS:
        return True
    if isinstance(node, ast.keyword) and node.arg in LOOSE:
        return True
    if isinstance(node, ast.UnaryOp) and type(getattr(node.operand, "value", None)) is int:  # −1, −2: axes
        return True
    simple = isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For | ast.Return)
    return simple and bool(LIMITS.search(source.lines[node.lineno - 1]))


def places(tree: ast.Module, source: Source) -> Iterator[ast.AST]:
    """Nodes inside functions, but for what is left out and for what is computed for that alone."""

    def below(node: ast.AST, silent: set[str]) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Assign | ast.AugAssign) and assigned(child) and assigned(child) <= silent:
                continue
            if not _left_out(child, source):
                yield child
                yield from below(child, silent)

    def assigned(node: ast.AST) -> set[str]:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        return {n.id for t in targets if t is not None for n in ast.walk(t) if isinstance(n, ast.Name)}

    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and "check" not in function.name:
            every = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
            silent: set[str] = set()
            while True:  # names that are read only where nothing is changed
                read = {
                    n.id for n in below(function, silent) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
                }
                if every - read == silent:
                    break
                silent = every - read
            yield from below(function, silent)


def changes(node: Any, source: Source) -> Iterator[tuple[int, int, str]]:
    """(first byte, one after the last, text to put there)."""
    old = source.of(node)
    if not old:
        return
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield *source.span(node), str(node.value + 1) if type(node.value) is int else repr(node.value * 1.05 or 0.05)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield *source.span(node), old[1:]
    if isinstance(node, ast.IfExp):
        yield *source.span(node.test), f"not ({source.of(node.test)})"
    if isinstance(node, ast.BinOp | ast.Compare):
        left, right = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.left, node.comparators[0])
        operator = node.op if isinstance(node, ast.BinOp) else node.ops[0]
        start, stop = source.span(left)[1], source.span(right)[0]
        between = source.raw[start:stop].decode()  # with the brackets that lie there
        if type(operator) in _EXCHANGED and "\n" not in between:
            yield start, stop, between.replace(between.strip("() "), _EXCHANGED[type(operator)], 1)
    if _name(node) in _NAMES and not isinstance(node, ast.keyword):
        yield *source.span(node), old[: -len(_name(node))] + _NAMES[_name(node)]


def of_file(path: Path, tests: tuple[str, ...]) -> list[Mutant]:
    """Every mutant of a file that may change a result."""
    source, name, found = Source(path), path.relative_to(ROOT / "salkit").as_posix(), set()
    for node in places(ast.parse(source.text), source):
        for start, stop, new in changes(node, source):
            number = source.raw[:start].count(b"\n") + 1
            line = source.lines[number - 1]
            if not any(
                file == name and piece in line and put in ("", new.strip()) for file, piece, put, _ in EQUIVALENT
            ):
                old = source.raw[start:stop].decode()
                found.add(Mutant(path.relative_to(ROOT), number, start, stop, old, new, tests))
    return sorted(found)


def drawn(seed: int) -> list[Mutant]:
    """The mutants of a seed."""

    def lot(mutant: Mutant) -> bytes:
        before = (ROOT / mutant.file).read_bytes()[max(0, mutant.start - 60) : mutant.stop + 20]
        return hashlib.sha256(f"{seed} {mutant.file} {mutant.new} ".encode() + before).digest()

    chosen = []
    for pattern, (count, tests) in CORE.items():
        every = [m for path in sorted((ROOT / "salkit").glob(pattern)) for m in of_file(path, tuple(tests.split()))]
        chosen += sorted(sorted(every, key=lot)[:count])
    return chosen


def named() -> list[Mutant]:
    """The changes of `NAMED`."""
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


class Quickest:
    """Inside the tests' process: puts the quickest tests first, as the file of times says, or writes that file."""

    def __init__(self, file: Path) -> None:
        self.file, self.times = file, json.loads(file.read_text()) if file.exists() else {}
        self.given = bool(self.times)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.times.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if not self.given:
            self.times[report.nodeid] = self.times.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        if not self.given:
            self.file.write_text(json.dumps(self.times))


def run_tests(copy: Path, tests: tuple[str, ...], limit: float | None = None) -> int:
    """Run test modules of a copy, stopped at the first failure; pytest's exit code. Raises TimeoutExpired."""
    environment = {"PYTHONPATH": str(copy), "NUMBA_CACHE_DIR": str(copy / ".numba"), "NUMBA_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--inside", str(copy / "times.json"), *(f"tests/{test}.py" for test in tests)]
    with (copy / "log").open("w") as out:
        done = subprocess.run(
            command, cwd=copy, env=os.environ | environment, stdout=out, stderr=out, timeout=limit, check=False
        )
    if done.returncode > 2:  # not red, but wrong
        raise SystemExit((copy / "log").read_text())
    return done.returncode


def inside(file: str, *tests: str) -> int:
    """What `run_tests` starts: pytest, with little enough memory that a mutant cannot take all."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
    except (ImportError, ValueError):
        pass
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line", "-k", f"not ({EXPERIMENTS})"]
    return int(pytest.main([*options, *tests], plugins=[Quickest(Path(file))]))


def red(mutant: Mutant, copy: Path) -> tuple[str, float]:
    """Apply, run the tests, undo: ("red", "red (no end)" or "GREEN", seconds)."""
    path, began = copy / mutant.file, time.monotonic()
    raw, stat = path.read_bytes(), path.stat()
    times = json.loads((copy / "times.json").read_text())
    usual = sum(seconds for test, seconds in times.items() if Path(test.split("::")[0]).stem in mutant.tests)
    path.write_bytes(raw[: mutant.start] + mutant.new.encode() + raw[mutant.stop :])
    try:
        verdict = "red" if run_tests(copy, mutant.tests, max(SHORTEST, PATIENCE * usual)) else "GREEN"
    except subprocess.TimeoutExpired:
        verdict = "red (no end)"
    finally:
        path.write_bytes(raw)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # what was compiled from it is still good
    return verdict, time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutate the science core and count how many mutants the tests catch.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="mutants of files whose name matches this regular expression")
    parser.add_argument("--folder", type=Path, help="where the copies lie and stay, with what was compiled")
    parser.add_argument("--list", action="store_true", help="show the mutants and stop")
    given = parser.parse_args()
    mutants = [m for m in [*named(), *drawn(given.seed)] if re.search(given.only, str(m.file))]
    if given.list or not mutants:
        print(*mutants, f"{len(mutants)} mutants", sep="\n")
        return 0
    began, survivors = time.monotonic(), []
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(given.jobs) as pool:
        copies = [(given.folder or Path(place)).resolve() / str(number) for number in range(given.jobs)]
        for copy in copies:
            for folder in ("salkit", "tests"):
                shutil.rmtree(copy / folder, ignore_errors=True)
                shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", copy)
            (copy / "times.json").unlink(missing_ok=True)
        every = tuple(sorted({test for mutant in mutants for test in mutant.tests}))
        for copy, code in zip(copies, pool.map(lambda copy: run_tests(copy, every), copies), strict=True):
            if code:
                raise SystemExit(f"red without any mutant:\n{(copy / 'log').read_text()}")
        print(f"green without a mutant, {time.monotonic() - began:.0f} s", flush=True)

        def run(mutant: Mutant) -> tuple[Mutant, str, float, str]:
            copy = copies.pop()
            try:
                verdict, seconds = red(mutant, copy)
                by = re.findall(r"^FAILED (?:tests/)?(\S+)", (copy / "log").read_text(), re.MULTILINE)
                return mutant, verdict, seconds, by[0] if by and verdict == "red" else ""
            finally:
                copies.append(copy)

        for mutant, verdict, seconds, by in pool.map(run, mutants):
            print(f"{verdict:<13} {seconds:4.0f} s  {mutant}  {by}", flush=True)
            if verdict == "GREEN":
                survivors.append(mutant)
    share = 100 * (1 - len(survivors) / len(mutants))
    spent = os.times()
    print(
        f"{len(mutants)} mutants, {len(survivors)} survive, {share:.0f} % red, {time.monotonic() - began:.0f} s,",
        end=" ",
    )
    print(f"{spent.children_user + spent.children_system:.0f} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(inside(*sys.argv[2:]) if sys.argv[1:2] == ["--inside"] else main())
