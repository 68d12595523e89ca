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
LOCKS = {
    place: ((ROOT / place).read_text(encoding="utf-8"), [*based, *EXTRAS[extra]], least)
    for place, extra, based, least in (
        ("requirements.lock", "test", PROJECT["dependencies"], 50),
        ("requirements/site.lock", "site", PROJECT["dependencies"], 50),
        ("requirements/bench.lock", "bench", [], 15),  # stands alone
        ("requirements/cuda.lock", "cuda12", [], 2),  # stands on requirements.lock
    )
}
LOCK, SITE_LOCK = LOCKS["requirements.lock"][0], LOCKS["requirements/site.lock"][0]
WORKER = ROOT / "salkit" / "bench" / "rivals" / "worker.py"  # runs in the environment of the extra `bench`

# conda's packages without Qt and without extras
CONDA_NAMES = {"matplotlib-base": "matplotlib", "seaborn-base": "seaborn", "dask-core": "dask"}
BROUGHT_ALONG = {"llvmlite": "numba", "docutils": "sphinx", "cupy": "cupy-cuda12x", "cupy_backends": "cupy-cuda12x"}
SITE_NAMES = {"bs4": "beautifulsoup4"}  # the site's environment is not this one: module names it cannot be asked for
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
    """Top-level names of the third-party modules that the Python files of `folder` import; tests/site is apart."""
    files = {path for path in (ROOT / folder).rglob("*.py") if folder != "tests" or "site" not in path.parts}
    own = {"salkit"} | {path.stem for path in files | {*(ROOT / "docs" / "_ext").glob("*.py")}}
    for path in files - {WORKER}:
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
    named = BROUGHT_ALONG | SITE_NAMES
    names = {name: named.get(name) or known.get(name, [name])[0] for name in imports(folder)}
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


@pytest.fixture(params=LOCKS)
def lock(request: pytest.FixtureRequest) -> tuple[str, list[str], int]:
    """Text of a lock, the requirements it serves, and at least how many entries it has."""
    return LOCKS[request.param]


def test_lock_holds_every_dependency_at_an_allowed_version(lock: tuple[str, list[str], int]) -> None:
    pinned: dict[str, list[Requirement]] = {}
    for requirement, _ in lock_entries(lock[0]):
        pinned.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for name, allowed in bounds(lock[1]).items():
        (entry,) = pinned[name]  # one version, the same on every Python
        (pin,) = entry.specifier
        assert entry.marker is None, f"{name} is only installed where {entry.marker}"
        assert pin.operator == "==" and allowed.contains(pin.version), f"{name} {pin} is outside {allowed}"


def test_locks_of_one_environment_agree() -> None:
    pins = [
        {(canonicalize_name(r.name), str(r.marker)): str(r.specifier) for r, _ in lock_entries(text)}
        for text in (LOCK, SITE_LOCK)
    ]
    shared = pins[0].keys() & pins[1].keys()
    assert len(shared) > 50 and {key for key in shared if pins[0][key] != pins[1][key]} == set()


def test_lock_installs_with_hashes_from_anywhere(lock: tuple[str, list[str], int]) -> None:
    entries = lock_entries(lock[0])
    assert len(entries) > lock[2]
    for requirement, hashes in entries:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), f"{requirement} is not one version"
        assert requirement.url is None
        assert hashes, f"{requirement.name} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), f"{requirement.name}: {hashes}"
    for word in ("://", "file:", "index-url", "find-links", "trusted-host", "@"):
        assert word not in lock[0], f"it names a place to install from: {word}"


def test_the_rivals_worker_imports_nothing_of_salkit() -> None:
    """It runs in the environment of requirements/bench.lock, where salkit is not installed."""
    assert imported(WORKER) == {"numpy", "brian2", "nest"}


@pytest.mark.parametrize(
    "folder, allowed",
    [
        ("salkit", PROJECT["dependencies"] + EXTRAS["lab"] + EXTRAS["cuda12"]),
        ("notebooks", PROJECT["dependencies"]),
        ("tests", PROJECT["dependencies"] + EXTRAS["test"] + EXTRAS["cuda12"]),
        ("tests/site", PROJECT["dependencies"] + EXTRAS["site"]),
        ("docs", PROJECT["dependencies"] + EXTRAS["site"]),
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
