"""The environment files, lock and citation agree with pyproject.toml; the sources import nothing else."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
BENCH_LOCK = (ROOT / "requirements" / "bench.lock").read_text(encoding="utf-8")
WORKER = ROOT / "salkit" / "rivals" / "worker.py"  # runs in the environment of the extra `bench`

# conda's packages without Qt and without extras
CONDA_NAMES = {"matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
BROUGHT_ALONG = {"llvmlite": "numba"}  # imported, and part of another package's interface
NOT_IMPORTED = {"ipykernel", "h5netcdf", "h5py"}  # the notebooks' kernel; xarray's engine and what it writes with


def bounds(lines: list[str]) -> dict[str, SpecifierSet]:
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): r.specifier for r in requirements}


def lock_entries(text: str) -> list[tuple[Requirement, list[str]]]:
    """The pinned requirements of a lock, each with its hashes."""
    entries = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            requirement, *hashes = re.split(r"\s+--hash=", line.strip())
            entries.append((Requirement(requirement), hashes))
    return entries


def imports(folder: str) -> Iterator[str]:
    """Top-level names of the third-party modules that the Python files of `folder` import."""
    own = {"salkit"} | {path.stem for path in (ROOT / folder).rglob("*.py")}
    for path in set((ROOT / folder).rglob("*.py")) - {WORKER}:
        yield from imported(path) - own


def imported(path: Path) -> set[str]:
    """Top-level names of the modules that one file imports, without the standard library."""
    tops = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        else:
            continue
        tops |= {name.split(".")[0] for name in names}
    return tops - sys.stdlib_module_names


def packages(folder: str) -> set[str]:
    """Names of the packages behind `imports(folder)`."""
    known = packages_distributions()
    names = {name: BROUGHT_ALONG.get(name) or known.get(name, [name])[0] for name in imports(folder)}
    return {canonicalize_name(name) for name in names.values()}


def test_conda_names_the_same_packages_with_the_same_bounds() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    found = bounds(conda)
    for name, canonical in CONDA_NAMES.items():
        found[canonical] = found.pop(name)
    assert found.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert found.pop("pip") == SpecifierSet()
    # not the extra `bench`: Brian2 2.9 does not import with the NumPy that the others get; `make bench` sets it apart
    assert found == bounds(PROJECT["dependencies"] + EXTRAS["test"] + EXTRAS["lab"])
    assert pip == {"pip": ["-e ."]}


def test_lock_holds_every_dependency_at_an_allowed_version() -> None:
    pinned: dict[str, list[Requirement]] = {}
    for requirement, _ in lock_entries(LOCK):
        pinned.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for name, allowed in bounds(PROJECT["dependencies"] + EXTRAS["test"]).items():
        (entry,) = pinned[name]  # one version, the same on every Python
        (pin,) = entry.specifier
        assert entry.marker is None, f"{name} is only installed where {entry.marker}"
        assert pin.operator == "==" and allowed.contains(pin.version), f"{name} {pin} is outside {allowed}"


@pytest.mark.parametrize(("lock", "least"), [(LOCK, 50), (BENCH_LOCK, 15)], ids=["requirements.lock", "bench.lock"])
def test_lock_installs_with_hashes_from_anywhere(lock: str, least: int) -> None:
    entries = lock_entries(lock)
    assert len(entries) > least
    for requirement, hashes in entries:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), f"{requirement} is not one version"
        assert requirement.url is None
        assert hashes, f"{requirement.name} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), f"{requirement.name}: {hashes}"
    for word in ("://", "file:", "index-url", "find-links", "trusted-host", "@"):
        assert word not in lock, f"it names a place to install from: {word}"


def test_bench_lock_holds_the_simulators_and_their_numpy() -> None:
    pinned = {canonicalize_name(requirement.name): requirement.specifier for requirement, _ in lock_entries(BENCH_LOCK)}
    for name, allowed in bounds(EXTRAS["bench"]).items():
        (pin,) = pinned[name]
        assert allowed.contains(pin.version), f"{name} {pin} is outside {allowed}"
    assert imported(WORKER) == {"numpy", "brian2", "nest"}  # nothing of salkit: it is not installed there


@pytest.mark.parametrize(
    "folder, allowed",
    [
        ("salkit", PROJECT["dependencies"]),
        ("notebooks", PROJECT["dependencies"]),
        ("tests", PROJECT["dependencies"] + EXTRAS["test"]),
    ],
)
def test_every_import_is_declared(folder: str, allowed: list[str]) -> None:
    undeclared = packages(folder) - set(bounds(allowed))
    assert not undeclared, f"{folder} imports what pyproject.toml does not name: {sorted(undeclared)}"


def test_every_dependency_is_used() -> None:
    unused = set(bounds(PROJECT["dependencies"])) - packages("salkit") - packages("notebooks") - NOT_IMPORTED
    assert not unused, f"pyproject.toml names what nothing imports: {sorted(unused)}"


def test_citation_names_this_version_and_both_sources() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"title", "message", "authors", "references"} <= set(citation)
    assert citation["version"] == PROJECT["version"] and citation["license"] == PROJECT["license"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['version']}] - {citation['date-released']}" in changes
    paper, abstract = citation["references"]
    assert paper["identifiers"][0]["value"] == "arXiv:2503.02642"
    assert abstract["title"] == "Weight transport through spike timing for robust local gradients"
    for source in (paper, abstract):
        assert {"type", "title", "authors", "year"} <= set(source)
        assert all({"family-names", "given-names"} == set(author) for author in source["authors"])
