"""Figures and their records: both or neither, plain JSON, the same bytes again."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from salkit.suite import digests, figures
from salkit.suite.claims import Claim


@pytest.fixture
def where(tmp_path, monkeypatch):
    monkeypatch.setenv(figures.FOLDER_VARIABLE, str(tmp_path / "made"))
    return tmp_path / "made"


def draw(value=1.0):
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.plot([0, value])
    plt.close(figure)
    return figure


def save(figure, name="one", **kw):
    figures.save(figure, name, **{"data": {}, "parameters": {}, "seeds": 1, **kw})


def test_record_says_everything(where):
    claim = Claim("x", "y", 1.0, (0.5, 1.5), below=2)
    data = {"a": np.array([1 / 3, np.nan]), "b": xr.DataArray([np.int64(2)]), "c": (True, None, range(2))}
    save(draw(), data=data, parameters={"preset": "tutorial"}, seeds=np.arange(2), claims=[claim])
    record = json.loads((where / "one.json").read_text())
    assert record["data"] == {"a": [0.333333, None], "b": [2], "c": [True, None, [0, 1]]}
    assert record["claims"][0]["verdict"] == "holds" and record["claims"][0]["interval"] == [0.5, 1.5]
    assert record["seeds"] == [0, 1] and record["device"] == "cpu" and record["wall_time_s"] >= 0
    assert {"python", "numpy", "numba", "salkit", "matplotlib"} <= record["versions"].keys()
    assert record["sources"] == digests.digest("one") and record["contents"] == figures.contents(record)
    assert (where / "one.png").read_bytes()[:4] == b"\x89PNG"


def test_same_input_same_bytes(where):
    save(draw())
    first = (where / "one.png").read_bytes()
    save(draw())
    assert (where / "one.png").read_bytes() == first


def test_a_failure_leaves_the_earlier_figure(where):
    save(draw(), data={"x": 1})
    before = {path.name: path.read_bytes() for path in where.iterdir()}

    class Broken:
        def savefig(self, path, **kw):
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device", str(path))

    with pytest.raises(OSError, match="No space left"):
        save(Broken())
    assert {path.name: path.read_bytes() for path in where.iterdir()} == before


def test_both_files_or_neither(where):
    """The record cannot take its place: a first picture does not appear, an earlier one stays."""
    for earlier in (False, True):
        name = f"it{earlier:d}"
        (where / f"{name}.json").mkdir(parents=True)
        if earlier:
            (where / f"{name}.png").write_bytes(b"earlier")
        before = sorted(path.name for path in where.iterdir())
        with pytest.raises(OSError, match="Is a directory"):
            save(draw(), name)
        assert sorted(path.name for path in where.iterdir()) == before
    assert (where / "it1.png").read_bytes() == b"earlier"


def test_parameters_are_exact_and_claims_rounded(where):
    save(draw(), parameters={"lr": 0.123456789}, claims=[Claim("x", "y", 1 / 3, below=1)])
    record = json.loads((where / "one.json").read_text())
    assert record["parameters"] == {"lr": 0.123456789} and record["claims"][0]["measured"] == 0.333333


@pytest.mark.parametrize("value", [object(), 1 + 2j, {1, 2}])
def test_what_json_has_no_form_for_is_refused(where, value):
    with pytest.raises(TypeError, match="numbers, text, lists and mappings, got"):
        save(draw(), data={"x": value})
    assert not where.exists()


@pytest.mark.parametrize("name", ["", "a/b", "../a", "a.png", "a b"])
def test_bad_name(where, name):
    with pytest.raises(ValueError, match="letters, digits"):
        save(draw(), name)
    assert not where.exists()


def test_presets():
    assert figures.pick("tutorial", runs=(3, 9)).runs == 3
    assert figures.pick("paper", "cpu", runs=(3, 9)).runs == 9
    with pytest.raises(ValueError, match="preset must be one of tutorial, paper, got 'full'"):
        figures.pick("full")
    with pytest.raises(ValueError, match="device must be one of auto, cpu, cuda, got 'gpu'"):
        figures.pick("paper", "gpu")
    with pytest.raises(RuntimeError, match="device 'cuda' is not available"):
        figures.pick("paper", "cuda")


def test_without_the_variable_figures_go_to_the_repository(monkeypatch):
    monkeypatch.delenv(figures.FOLDER_VARIABLE)
    assert figures.folder().name == "figures" and (figures.folder().parent / "notebooks").is_dir()
