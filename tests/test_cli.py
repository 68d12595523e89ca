"""The command line on small notebooks: results, refusals with exit code 2 and one line, nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from click.testing import CliRunner

from salkit.cli import main
from salkit.suite import pairs, runner

GOOD = """# %% [markdown]
# # A title

# %% tags=["parameters"]
preset = "tutorial"
seed = 1
scale = 2.0
flag = False

# %%
import matplotlib.pyplot as plt
from salkit import claims, figures

figures.pick(preset)
claim = claims.Claim("scale is small", "small", scale, below=5)
fig, ax = plt.subplots(figsize=(1, 1))
plt.close(fig)
figures.save(fig, "{name}", data={{"scale": scale}}, parameters=dict(seed=seed), seeds=seed, claims=[claim])
print(claim.verdict, seed, flag)
{extra}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of notebooks, and the runner pointed at it."""
    place = tmp_path / "notebooks"
    place.mkdir()
    write(place, "01_good")
    monkeypatch.setattr(runner, "notebooks_folder", lambda: place)
    return place


def write(place, stem, extra=""):
    (place / f"{stem}.py").write_text(GOOD.format(name=f"{stem}_figure", extra=extra))


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def files(place):
    return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}


def test_figures_runs_notebooks_and_lists_figures_and_claims(folder, tmp_path):
    out = tmp_path / "out"
    result = call("figures", "01", "--out", out, "-p", "scale", "3.5", "-p", "flag", "true", "-p", "seed", 7)
    assert result.exit_code == 0, result.output
    assert "01_good_figure.png" in result.output and "holds     scale is small: 3.5" in result.output
    assert "1 figures, 1 claims, 0 notebooks failed" in result.output
    record = json.loads((out / "01_good_figure.json").read_text())
    assert record["data"]["scale"] == 3.5 and record["parameters"]["seed"] == 7
    executed = nbformat.read(out / "executed" / "01_good.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].text == "holds 7 True\n"
    assert sorted(files(out)) == [
        "01_good_figure.json", "01_good_figure.pdf", "01_good_figure.png", "executed/01_good.ipynb",
    ]  # fmt: skip
    assert [p.name for p in folder.iterdir()] == ["01_good.py"]  # nothing beside the source


def test_a_failing_notebook_lets_the_others_run_and_keeps_its_old_figure(folder, tmp_path):
    out = tmp_path / "out"
    write(folder, "02_bad")
    assert call("figures", "--out", out).exit_code == 0
    before = files(out)
    write(folder, "02_bad", extra="1 / 0")
    (out / "01_good_figure.png").unlink()
    result = call("figures", "--out", out)
    assert result.exit_code == 1
    assert "02_bad failed" in result.output and "ZeroDivisionError" in result.output and "1 / 0" in result.output
    assert "\x1b[" not in result.output
    after = files(out)
    assert after.keys() == before.keys()
    assert {k: v for k, v in after.items() if "02_bad" in k} == {k: v for k, v in before.items() if "02_bad" in k}


def test_a_claim_that_does_not_hold_is_said_and_the_figure_made(folder, tmp_path):
    """Any seed draws every figure; the tests and nbval turn red at the stored one."""
    result = call("figures", "--out", tmp_path / "out", "-p", "scale", "9")
    assert result.exit_code == 0 and "fails     scale is small: 9" in result.output
    assert "01_good_figure.png" in files(tmp_path / "out")
    assert call("claims", tmp_path / "out").exit_code == 1  # none of the ledger's evidence is there


def running(pid):
    """Whether the process is there and no zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and "Z" not in state


def test_a_notebook_that_takes_too_long_is_stopped(folder, tmp_path):
    """And its kernel with it, even in a cell that lets no other thread of the kernel run."""
    busy = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid()))\n"
    write(folder, "02_slow", extra=busy + "import ctypes; ctypes.PyDLL(None).sleep(600)")
    for limit in (15, 120):  # the longer one where a busy machine has not come to the cell before
        start = time.monotonic()
        result = call("figures", "02", "--out", tmp_path / "out", "--timeout", str(limit))
        assert time.monotonic() - start < 4 * limit
        if (tmp_path / "pid").exists():
            break
    assert result.exit_code == 1 and ("longer than" in result.output or "did not end within" in result.output)
    assert files(tmp_path / "out") == {}
    assert not running(int((tmp_path / "pid").read_text()))


def test_what_cannot_be_moved_or_written_fails_alone(folder, tmp_path):
    """Exit code 1, the reason named, the notebook beside it done, nothing of the failed ones moved."""
    write(folder, "02_blocked")
    write(folder, "03_odd", extra="import shutil; shutil.rmtree(figures.folder())")
    out = tmp_path / "out"
    (out / "02_blocked_figure.png").mkdir(parents=True)
    result = call("figures", "--out", out)
    assert result.exit_code == 1 and "02_blocked_figure.png: Is a directory" in result.output
    assert "03_odd failed:\nFileNotFoundError" in result.output
    assert sorted(files(out)) == [
        "01_good_figure.json", "01_good_figure.pdf", "01_good_figure.png", "executed/01_good.ipynb",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ('preset = "tutorial"\nx = None', "01_good.py: the default of x must be a plain str, int, float or bool"),
        ('preset = "tutorial"\nx = 2 * 3', "01_good.py: the default of x must be a plain str, int, float or bool"),
        ('preset = "tutorial"\nx: int = 3', "parameter x must be of type int, got 'one'"),
        (None, "no notebooks NN_name.py in"),
    ],
)
def test_a_parameters_cell_of_other_than_plain_values(folder, tmp_path, cell, says):
    (folder / "01_good.py").unlink()
    if cell is not None:
        (folder / "01_good.py").write_text(f'# %% tags=["parameters"]\n{cell}\n')
    result = call("figures", "-p", "x", "one", "--out", tmp_path / "out")
    assert result.exit_code == 2 and says in result.output and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["figures", "03"], "no notebook '03'; there are 01_good"),
        (["figures", "--preset", "full"], "'full' is not one of 'tutorial', 'paper'"),
        (["figures", "-p", "preset", "full"], "preset must be one of tutorial, paper, got 'full'"),
        (["figures", "-p", "seed", "1.5"], "parameter seed must be of type int, got '1.5'"),
        (["figures", "-p", "sed", "2"], "01_good has no parameter 'sed'; it has preset, seed, scale, flag"),
        (["figures", "-p", "seed", "one"], "parameter seed must be of type int, got 'one'"),
        (["figures", "-p", "flag", "2"], "parameter flag must be of type bool, got '2'"),
        (["figures", "--jobs", "0"], "0 is not in the range"),
        (["figures", "--timeout", "inf"], "Invalid value for '--timeout'"),
        (["figure"], "No such command 'figure'"),
        (["notebooks", "9"], "no notebook '9'"),
        (["claims", "nowhere"], "no claims in nowhere"),
        (["bench", "--device", "gpu"], "device must be one of auto, cpu, cuda, got 'gpu'"),
        (["bench", "--device", "cuda"], "device 'cuda' is not available: no NVIDIA driver"),
        (["bench", "--rivals", "python"], "--rivals goes with --compare"),
        (["bench", "--compare", "--rivals", "nowhere/python"], "a Python that has brian2 or nest-simulator installed"),
        (["bench", "--json", "nowhere/x.json"], "the folder of --json does not exist: nowhere"),
    ],
)
def test_bad_input_is_one_line_exit_code_2_and_no_file(folder, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    result = call(*words, *(["--out", tmp_path / "out"] if words[0] == "figures" else []))
    assert result.exit_code == 2, result.output
    error = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert len(error) == 1 and says in error[0] and "Traceback" not in result.output
    assert files(tmp_path) == before and not (tmp_path / "out").exists()


def test_unwritable_folder_and_foreign_record_are_one_clear_error(folder, tmp_path):
    (tmp_path / "file").write_text("")
    result = call("figures", "--out", tmp_path / "file" / "out")
    assert result.exit_code == 2 and "Traceback" not in result.output and "file" in result.output
    (tmp_path / "odd").mkdir()
    for text in ("[1]", '{"claims": [{}]}'):
        (tmp_path / "odd" / "x.json").write_text(text)
        result = call("claims", tmp_path / "odd")
        assert result.exit_code == 2 and "x.json is not a figure's record" in result.output


def test_pairs_are_renewed_one_way_and_checked(folder):
    assert call("notebooks", "--check").exit_code == 1
    result = call("notebooks")
    assert result.exit_code == 0, result.output
    assert call("notebooks", "--check").exit_code == 0
    first = (folder / "01_good.ipynb").read_bytes()
    assert call("notebooks").exit_code == 0
    assert (folder / "01_good.ipynb").read_bytes() == first  # nothing in it depends on when it ran
    write(folder, "01_good", extra="1 / 0")
    result = call("notebooks")
    assert result.exit_code == 1 and "ZeroDivisionError" in result.output
    assert (folder / "01_good.ipynb").read_bytes() == first
    assert sorted(p.name for p in folder.iterdir()) == ["01_good.ipynb", "01_good.py"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda nb: nb.cells.pop(), "3 cells in 01_good.py, 2 in"),
        (lambda nb: nb.cells[1].update(source="preset = 'paper'"), "cell 2: source differs"),
        (lambda nb: nb.cells[1].metadata.update(tags=[]), "cell 2: tags differ"),
        (lambda nb: nb.cells[2].update(execution_count=None), "not all executed"),
    ],
)
def test_a_spoilt_pair_is_seen(folder, spoil, says):
    import jupytext

    notebook = pairs.normalise(jupytext.read(folder / "01_good.py"))
    for number, cell in enumerate(notebook.cells[1:], start=1):
        cell.execution_count = number
    nbformat.write(notebook, folder / "01_good.ipynb")
    assert pairs.differences(folder / "01_good.py") == []
    spoil(notebook)
    nbformat.write(notebook, folder / "01_good.ipynb")
    assert any(says in line for line in pairs.differences(folder / "01_good.py"))
    (folder / "01_good.ipynb").write_text("{")
    assert "is not a notebook" in pairs.differences(folder / "01_good.py")[0]


def within(seconds, condition):
    """Wait until the condition holds, for so long at most; whether it does."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_leaves_nothing(folder, tmp_path, sign):
    """Ctrl-C, or a job manager's end, while a notebook runs: children end, no draft stays."""
    here = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid()))\n"
    write(folder, "02_slow", extra=here + "import time; time.sleep(60)")
    script = (
        "import pathlib, signal, sys\nfrom salkit import cli\nfrom salkit.suite import runner\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in what `nohup … &` starts
        f"runner.notebooks_folder = lambda: pathlib.Path({str(folder)!r})\n"
        "sys.argv = ['salkit', 'figures', '02', '--out', sys.argv[1]]\ncli.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "out")], stderr=subprocess.PIPE, text=True
    ) as cli:
        try:
            assert within(120, (tmp_path / "pid").exists), "the notebook never ran"
            time.sleep(0.5)
            cli.send_signal(sign)
            _, error = cli.communicate(timeout=50)
        finally:
            cli.kill()
    assert cli.returncode not in (0, 2) and "Traceback" not in error
    assert files(tmp_path / "out") == {} and os.listdir(tmp_path / "out") == []
    assert not running(int((tmp_path / "pid").read_text()))


def test_info_and_version():
    result = call("info")
    assert result.exit_code == 0 and "GPU: not used" in result.output
    assert call("--version").output.startswith("salkit, version")
