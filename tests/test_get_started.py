"""The site's pages for a start: their code prints what they say, their commands take what is given to them."""

import contextlib
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import nbformat
import pytest

from salkit.cli import main
from salkit.suite import runner

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))

import running  # noqa: E402

PAGE = (ROOT / "docs" / "get_started.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.py"))
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, flags=re.S) for line in block.strip().split("\n")]
ADDRESS = "https://github.com/someone/salkit"


def test_the_first_network_prints_what_the_page_says():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
    (printed,) = re.findall(r"```text\n(.*?)```", PAGE, flags=re.S)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(code, {})
    assert said.getvalue() == printed


def accepted(words):
    """Whether `salkit` takes these words: the command's own parser reads them; a notebook's parameters are checked."""
    command = main.commands[words[0]]
    context = command.make_context(words[0], list(words[1:]))
    assert isinstance(context, click.Context)
    if words[0] == "figures":
        for source in runner.find(context.params["names"], ROOT / "notebooks"):
            runner.check_parameters(source, {"preset": context.params["preset"], **dict(context.params["given"])})


def test_every_command_of_the_page_is_one():
    """make's targets are in the Makefile, salkit's words pass its parser; nothing else is asked of a reader but git,
    cd, pip and papermill.
    """
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    seen = set()
    for line in COMMANDS:
        program, *words = shlex.split(re.sub(r"<!--.*?-->", "ADDRESS", line), comments=True)
        seen.add(program.rpartition("/")[2])
        if program == "make":
            assert re.search(rf"^{words[0]}:", makefile, flags=re.M), line
        elif program.endswith("salkit"):
            accepted(words)
    assert seen == {"git", "cd", "make", "python", "salkit", "papermill"}
    with pytest.raises(ValueError, match="no notebook '99'"):
        accepted(["figures", "99"])
    with pytest.raises(click.UsageError):
        accepted(["figures", "01", "--preset", "full"])


@pytest.mark.parametrize("source", NOTEBOOKS[:1], ids=lambda path: path.stem)
def test_papermill_takes_the_line_of_the_box(source, tmp_path):
    """The box's line, as it stands but for its output and with --prepare-only: the seed is in the notebook it makes."""
    line = next(line for line in running.box(source.stem).split("\n") if "papermill" in line).removesuffix("</pre>")
    program, *words = shlex.split(line)
    assert program == ".venv/bin/papermill" and words[-4:] == ["out.ipynb", "-p", "seed", "7"]
    words[-4] = str(tmp_path / "out.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "papermill", *words, "--prepare-only"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert any("seed = 7" in cell.source for cell in cells if "injected-parameters" in cell.metadata.get("tags", []))


@pytest.mark.parametrize("source", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_to_run_a_notebook_elsewhere(source, monkeypatch):
    """Binder's and Colab's addresses name this repository, a revision and a file that is there."""
    monkeypatch.delenv(running.VARIABLE, raising=False)
    assert running.repository() == "" and "mybinder" not in running.box(source.stem)
    monkeypatch.setenv(running.VARIABLE, f"{ADDRESS}.git")
    assert running.repository() == ADDRESS
    box, found = running.box(source.stem), running.links(ADDRESS, source.stem, "abc123")
    binder = re.fullmatch(r"https://mybinder\.org/v2/gh/someone/salkit/abc123\?urlpath=lab/tree/(.+)", found["Binder"])
    colab = re.fullmatch(r"https://colab\.research\.google\.com/github/someone/salkit/blob/abc123/(.+)", found["Colab"])
    assert binder and colab and binder[1] == colab[1] and (ROOT / binder[1]).is_file()
    assert box.count("mybinder.org") == box.count("colab.research") == 1 and "Restart session" in box


def test_colab_gets_the_locked_versions():
    """Its first cell installs requirements.lock with hashes, then this package in place, as `make setup` does."""
    cell = running.colab_cell(ADDRESS, "abc123")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lock, own = re.findall(r"pip install -q (.*)", cell)
    assert lock == "--require-hashes -r /content/salkit/requirements.lock" and (ROOT / "requirements.lock").is_file()
    assert (
        own == "--no-deps --no-build-isolation -e /content/salkit" and own.removesuffix("/content/salkit") in makefile
    )
    assert cell.startswith(f"!git clone -q {ADDRESS} ") and "checkout -q abc123" in cell


@pytest.mark.parametrize("wrong", ["http://github.com/a/b", "https://github.com/a", "https://example.org/a/b", "a/b"])
def test_another_address_is_refused(monkeypatch, wrong):
    monkeypatch.setenv(running.VARIABLE, wrong)
    with pytest.raises(ValueError, match=r"must be https://github.com/OWNER/NAME"):
        running.repository()
