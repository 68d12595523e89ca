"""The release: wheel and source archive, built offline, installed into an empty environment; citation and archive data.

Dependencies are taken from the environment of the tests, by a path of its packages that brings no salkit along.
"""

import ast
import datetime
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from flit_core import buildapi

import salkit

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = PROJECT["version"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
ZENODO = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))

# Citation File Format 1.2.0: the keys of its schema, of a file and of a reference.
CFF = set(
    [
        "abstract",
        "authors",
        "cff-version",
        "commit",
        "contact",
        "date-released",
        "doi",
        "identifiers",
        "keywords",
        "license",
        "license-url",
        "message",
        "preferred-citation",
        "references",
        "repository",
        "repository-artifact",
        "repository-code",
        "title",
        "type",
        "url",
        "version",
    ]
)
REFERENCE = set(
    [
        "authors",
        "conference",
        "doi",
        "identifiers",
        "journal",
        "notes",
        "pages",
        "title",
        "type",
        "url",
        "volume",
        "year",
    ]
)
REFERENCE_TYPES = {"article", "conference-paper", "conference", "software", "generic", "book", "thesis"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(wheel, source archive), built where nothing but the tree and flit_core is needed."""
    place, here = tmp_path_factory.mktemp("built"), os.getcwd()
    os.chdir(ROOT)
    try:
        return place / buildapi.build_wheel(os.fspath(place)), place / buildapi.build_sdist(os.fspath(place))
    finally:
        os.chdir(here)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with nothing but pip; other packages by a .pth file, so that editable ones are not among them."""
    place = tmp_path_factory.mktemp("empty") / "env"
    venv.create(place, with_pip=True, symlinks=os.name != "nt")
    paths = sysconfig.get_paths(vars={"base": os.fspath(place), "platbase": os.fspath(place)}, scheme="venv")
    Path(paths["purelib"], "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Path(paths["scripts"])


def run(*words, cwd, **environ):
    clean = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "SALKIT", "PIP_"))}
    return subprocess.run(
        [os.fspath(word) for word in words],
        cwd=cwd,
        env={**clean, **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )


def pip(scripts, *words, cwd):
    done = run(scripts / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", *words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done


def of_package(root):
    return {path.relative_to(root).as_posix() for path in (root / "salkit").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".nbi", ".nbc")}  # fmt: skip


def test_the_version_is_one(built):
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
    assert salkit.__version__ == VERSION == CITATION["version"] == ZENODO["version"]
    assert [path.name for path in built] == [f"salkit-{VERSION}-py3-none-any.whl", f"salkit-{VERSION}.tar.gz"]


def test_the_wheel_is_the_package_and_says_that_it_is_typed(built):
    with zipfile.ZipFile(built[0]) as wheel:
        names = set(wheel.namelist())
        metadata = wheel.read(f"salkit-{VERSION}.dist-info/METADATA").decode()
    assert {name for name in names if name.startswith("salkit/")} == of_package(ROOT)
    assert "salkit/py.typed" in names and f"salkit-{VERSION}.dist-info/licenses/LICENSE" in names
    assert metadata.count("Classifier: Programming Language :: Python :: 3.1") == 3
    assert "Classifier: Typing :: Typed" in metadata and "License-Expression: MIT" in metadata
    assert not any(
        "site" in line for line in metadata.splitlines() if line.startswith("Requires-Dist") and ";" not in line
    )


def test_every_python_of_the_classifiers_is_tested():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    named = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", c)]
    assert named == tested and (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-") in tested


def test_the_wheel_works_in_an_empty_environment(built, environment, tmp_path):
    """`salkit info`, the exact distribution of two neurons, and a plain word where something needs the repository."""
    pip(environment, "install", "--quiet", "--no-index", "--no-deps", "--force-reinstall", built[0], cwd=tmp_path)
    said = run(environment / "salkit", "info", cwd=tmp_path)
    assert said.returncode == 0 and said.stdout.startswith(f"salkit {VERSION}, Python"), said.stderr
    code = (
        "import salkit as sk; print(sk.__file__); "
        "print(sk.boltzmann.distribution([[0, 1.5], [1.5, 0]], [-0.5, -0.2]).round(9).tolist())"
    )
    said = run(environment / "python", "-c", code, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    where, found = said.stdout.split("\n")[:2]
    weights = [1.0, np.exp(-0.5), np.exp(-0.2), np.exp(0.8)]
    assert Path(where).is_relative_to(environment.parent)
    assert sorted(json.loads(found)) == pytest.approx(sorted(w / sum(weights) for w in weights), abs=1e-8)
    said = run(environment / "salkit", "figures", cwd=tmp_path)
    assert said.returncode == 2 and list(tmp_path.iterdir()) == []
    assert "in a clone of the repository or in the unpacked source archive" in said.stderr


def test_the_source_archive_is_the_whole_suite(built, environment, tmp_path):
    """It unpacks to what makes the same wheel, and `salkit` finds its notebooks, pairs and claims."""
    with tarfile.open(built[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        wanted = [name for name in archive.getnames() if not name.endswith(("_static", ".png", ".pdf"))]
        only_data = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from Python 3.11.4 on
        archive.extractall(tmp_path, [archive.getmember(name) for name in wanted], **only_data)
    tree = tmp_path / f"salkit-{VERSION}"
    tracked = run("git", "ls-files", cwd=ROOT)
    if tracked.returncode == 0 and (ROOT / ".git").exists():
        outside = {"pre-commit-config.yaml", "gitignore", "gitattributes", "editorconfig"}
        missing = {name for name in tracked.stdout.split("\n") if name and (ROOT / name).is_file()} - names
        assert {n for n in missing if not n.startswith((".github/", ".ci/")) and n.lstrip(".") not in outside} == set()
    assert not any(
        part in name for name in names for part in ("__pycache__", "docs/api/", "docs/notebooks/", "/executed/")
    )
    here = os.getcwd()
    os.chdir(tree)
    try:
        again = tmp_path / buildapi.build_wheel(os.fspath(tmp_path))
    finally:
        os.chdir(here)
    with zipfile.ZipFile(again) as one, zipfile.ZipFile(built[0]) as other:
        assert {n: one.read(n) for n in one.namelist()} == {n: other.read(n) for n in other.namelist()}
    pip(environment, "install", "--quiet", "--no-index", "--no-deps", "--force-reinstall", again, cwd=tmp_path)
    said = run(environment / "salkit", "notebooks", "--check", "01", cwd=tree)
    assert said.returncode == 0 and said.stdout == "01_sal_principle: the pair agrees\n", said.stderr


def test_binder_has_the_locked_versions(environment, tmp_path):
    """What Binder reads leads to requirements.lock, and its last step installs this tree in place."""
    place = ROOT / "binder"
    lines = (place / "requirements.txt").read_text(encoding="utf-8").split("\n")
    assert lines == ["-r ../requirements.lock", ""] and (place / ".." / "requirements.lock").is_file()
    step = place / "postBuild"
    assert step.stat().st_mode & 0o111 and step.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = "--disable-pip-version-check install --quiet --no-deps --no-build-isolation -e ."
    assert options in make and options in step.read_text(encoding="utf-8")
    path = os.pathsep.join([os.fspath(environment), os.environ["PATH"]])
    done = run("bash", step, cwd=ROOT, PATH=path, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stderr
    said = run(environment / "python", "-c", "import salkit; print(salkit.__file__)", cwd=tmp_path)
    assert Path(said.stdout.strip()).parent == ROOT / "salkit", said.stderr


def test_the_citation_is_valid():
    """By the schema of the Citation File Format 1.2.0, as far as this file uses it."""
    assert CITATION.keys() <= CFF and {"cff-version", "message", "title", "authors"} <= CITATION.keys()
    assert CITATION["type"] == "software" and datetime.date.fromisoformat(CITATION["date-released"])
    assert CITATION["license"] == PROJECT["license"] and len(set(CITATION["keywords"])) == len(CITATION["keywords"])
    assert [author["name"] for author in CITATION["authors"]] == [author["name"] for author in PROJECT["authors"]]
    for reference in CITATION["references"]:
        assert reference.keys() <= REFERENCE and {"authors", "title", "type"} <= reference.keys()
        assert reference["type"] in REFERENCE_TYPES and isinstance(reference["year"], int)
        for identifier in reference.get("identifiers", []):
            assert identifier.keys() <= {"type", "value", "description"} and identifier["type"] in {
                "doi",
                "url",
                "other",
            }


def test_zenodo_says_what_the_citation_says():
    assert ZENODO["upload_type"] == "software" and ZENODO["access_right"] == "open"
    assert ZENODO["title"] == CITATION["title"] and ZENODO["license"] == CITATION["license"]
    assert ZENODO["keywords"] == CITATION["keywords"] and ZENODO["publication_date"] == CITATION["date-released"]
    assert ZENODO["creators"] == [{"name": author["name"]} for author in CITATION["authors"]]
    (paper,) = ZENODO["related_identifiers"]
    assert paper["identifier"] == CITATION["references"][0]["identifiers"][0]["value"] and paper["scheme"] == "arxiv"
    assert len(ZENODO["description"]) > 100 and "<script" not in ZENODO["description"]


def test_version_and_date_leave_stored_evidence_alone(monkeypatch):
    """No digest of a figure or run counts salkit/__init__.py, where the version stands."""
    from salkit.sweep import sources

    tree = ast.parse((ROOT / "salkit/__init__.py").read_text(encoding="utf-8"))
    assert any(isinstance(n, ast.Assign) and n.targets[0].id == "__version__" for n in tree.body)
    counted = sources._closure(tuple(sources.modules()), sources.PACKAGE)
    assert sources.PACKAGE / "__init__.py" not in counted and len(counted) > 30
    assert sys.modules["salkit"].__version__ == VERSION
