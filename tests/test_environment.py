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
SITE_LOCK = (ROOT / "requirements" / "site.lock").read_text(encoding="utf-8")
LOCKS = {"requirements.lock": (LOCK, EXTRAS["test"]), "requirements/site.lock": (SITE_LOCK, EXTRAS["site"])}

# conda's packages without Qt and without extras
CONDA_NAMES = {"matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
BROUGHT_ALONG = {"llvmlite": "numba", "docutils": "sphinx"}  # imported, and part of another package's interface
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
    files = [path for path in (ROOT / folder).rglob("*.py") if folder != "tests" or "site" not in path.parts]
    own = {"salkit"} | {path.stem for path in files}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            else:
                continue
            tops = {name.split(".")[0] for name in names}
            yield from tops - sys.stdlib_module_names - own


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
    assert found == bounds(PROJECT["dependencies"] + EXTRAS["test"] + EXTRAS["lab"])
    assert pip == {"pip": ["-e ."]}


@pytest.fixture(params=LOCKS)
def lock(request: pytest.FixtureRequest) -> tuple[str, list[str]]:
    """Text of a lock, and what it serves besides the dependencies."""
    return LOCKS[request.param]


def test_lock_holds_every_dependency_at_an_allowed_version(lock: tuple[str, list[str]]) -> None:
    pinned: dict[str, list[Requirement]] = {}
    for requirement, _ in lock_entries(lock[0]):
        pinned.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for name, allowed in bounds(PROJECT["dependencies"] + lock[1]).items():
        (entry,) = pinned[name]  # one version, the same on every Python
        (pin,) = entry.specifier
        assert entry.marker is None, f"{name} is only installed where {entry.marker}"
        assert pin.operator == "==" and allowed.contains(pin.version), f"{name} {pin} is outside {allowed}"


def test_both_locks_agree() -> None:
    pins = [
        {(canonicalize_name(r.name), str(r.marker)): str(r.specifier) for r, _ in lock_entries(text)}
        for text in (LOCK, SITE_LOCK)
    ]
    shared = pins[0].keys() & pins[1].keys()
    assert len(shared) > 50 and {key for key in shared if pins[0][key] != pins[1][key]} == set()


def test_lock_installs_with_hashes_from_anywhere(lock: tuple[str, list[str]]) -> None:
    entries = lock_entries(lock[0])
    assert len(entries) > 50
    for requirement, hashes in entries:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), f"{requirement} is not one version"
        assert requirement.url is None
        assert hashes, f"{requirement.name} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), f"{requirement.name}: {hashes}"
    for word in ("://", "file:", "index-url", "find-links", "trusted-host", "@"):
        assert word not in lock[0], f"the lock names a place to install from: {word}"


@pytest.mark.parametrize(
    "folder, allowed",
    [
        ("salkit", PROJECT["dependencies"] + EXTRAS["lab"]),
        ("notebooks", PROJECT["dependencies"]),
        ("tests", PROJECT["dependencies"] + EXTRAS["test"]),
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
