"""The committed notebooks: pairs agree, everything is executed, no output is volatile, the shape is right."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from salkit.suite import pairs, runner

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = sorted(FOLDER.glob("*.py"))


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request):
    return request.param


@pytest.fixture
def notebook(source):
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def outputs(notebook):
    """(cell number, kind, text) of every output's text representations."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                yield number, output.name, output.text
            elif output.output_type == "error":
                yield number, "error", output.evalue
            else:
                for kind, text in output.data.items():
                    yield number, kind, text


def test_every_notebook_is_here_in_both_forms():
    assert [path.stem for path in SOURCES] == sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    assert len(SOURCES) >= 2 and all(re.fullmatch(r"\d\d_\w+", path.stem) for path in SOURCES)


def test_pair_agrees_and_is_executed(source):
    assert pairs.differences(source) == []


def test_metadata_is_normalised(notebook):
    again = pairs.normalise(nbformat.from_dict(notebook))
    assert nbformat.writes(again) == nbformat.writes(notebook)


def test_one_parameters_cell_with_the_common_names(source):
    defaults = runner.parameters_of(source)
    assert defaults["preset"] == "tutorial" and defaults["device"] == "auto" and isinstance(defaults["seed"], int)


def test_outputs_are_stable_text_and_pictures(notebook):
    found = list(outputs(notebook))
    assert {kind for _, kind, _ in found} <= {"stdout", "text/plain", "image/png"}, "no stderr, HTML, SVG or errors"
    for number, kind, text in found:
        if kind == "image/png":
            continue
        assert not re.search(r"(/home/|/root|/work|/tmp|/Users/|[A-Z]:\\)", text), f"cell {number} prints a path"
        text = re.sub(r"after \d+ s\b|\d+ ms a refractory period", "", text)  # biological time is no timing
        assert not re.search(r"0x[0-9a-f]{6}|<Axes|\bms\b|\bseconds\b|\d s\b", text), f"cell {number}: {text!r}"
        assert not re.search(r"\d\.\d{7}", text), f"cell {number} prints an unrounded number"


def test_shape(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert 15 <= len(notebook.cells) <= 30 and notebook.cells[0].cell_type == "markdown"
    for words in ("What you will do", "What you will learn", "What you need"):
        assert words in notebook.cells[0].source
    for cell in code:
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]
        assert len(lines) <= 15, cell.source
        nodes = list(ast.walk(ast.parse(cell.source)))
        imports = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        imports |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        assert imports <= {"numpy", "scipy", "salkit"}, "a notebook imports salkit and nothing below it"


def test_it_closes_with_its_claims(notebook):
    """At the stored seed every verdict is the expected one and every null outside its bounds; else nbval is red."""
    tables = [cell for cell in notebook.cells if "book.verdicts()" in cell.source]
    assert len(tables) == 1 and tables[0] is [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    text = "".join(output.text for output in tables[0].outputs)
    assert "all verdicts as expected; all nulls outside the bounds" in text and text.count("holds") >= 5


BOOKKEEPING = {"notebook", "sizes", "record", "verdicts"}


def is_bookkeeping(statement, parameters):
    """Imports, the parameters, and calls of the book but for the results of experiments."""
    called = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
    names = {f.attr for f in called if isinstance(f, ast.Attribute) and getattr(f.value, "id", "") in ("book", "sk")}
    return parameters or isinstance(statement, ast.Import | ast.ImportFrom) or bool(names & BOOKKEEPING)


def test_the_code_a_reader_sees_is_science(notebook):
    """At most 15 % of the lines of code are bookkeeping."""
    kept = every = 0
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        lines = cell.source.splitlines()
        written = {n for n, line in enumerate(lines, start=1) if line.strip() and not line.strip().startswith("#")}
        every += len(written)
        for statement in ast.parse(cell.source).body:
            if is_bookkeeping(statement, "parameters" in cell.metadata.get("tags", [])):
                kept += len(written & set(range(statement.lineno, statement.end_lineno + 1)))
    assert kept <= 0.15 * every, f"{kept} of {every} lines are bookkeeping"
