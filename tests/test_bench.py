"""The benchmark's table and record, on a job of its own; its figures are for `salkit bench` to measure."""

import json
import threading
import time

import pytest
import small_sweep

from salkit.bench import load, profile
from salkit.bench import timing as bench


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """The machine's load is measured in 20 ms."""
    monkeypatch.setattr(load.calibrate, "__defaults__", (0.02,))


def test_table_and_record(tmp_path, monkeypatch):
    calls, said = [], []
    jobs = [bench.Job("nothing", lambda: calls.append(1), (3.0, 5.0), 50.0), bench.Job("no reference", lambda: None)]
    monkeypatch.setattr(bench, "_jobs", lambda: jobs)
    first, second = bench.run("cpu", tmp_path / "bench.json", repeats=4, say=said.append)["timings"]
    assert len(calls) == 5  # one to compile
    assert first["fastest"] <= first["median"] <= first["slowest"] and first["repeats"] == 4
    assert "3–5" in said[0] and "≤ 50 ms: met" in said[0] and said[0].splitlines()[2].startswith("no reference")
    record = json.loads((tmp_path / "bench.json").read_text())
    assert record["timings"][1]["authors"] is None and record["machine"]["cores"] >= 1 and second["aim"] is None
    assert set(record["machine"]["load"]) == {"loaded", "loads"} and len(record["machine"]["load"]["loads"]) == 2
    assert said[1] == load.described(*(load.Load(**found) for found in record["machine"]["load"]["loads"]))
    assert record["comparison"] is None and "not compared with Brian2 and NEST: `make bench` does" in said[-1]


def test_a_call_of_many_units_is_given_for_one(monkeypatch):
    naps = [bench.Job(name, lambda: time.sleep(0.02), units=units) for name, units in (("one", 1), ("ten", 10))]
    monkeypatch.setattr(bench, "_jobs", lambda: naps)
    one, ten = bench.run("cpu", repeats=3, say=lambda line: None)["timings"]
    assert one["fastest"] >= 20 and 2 <= ten["fastest"] <= one["slowest"] / 2


def test_the_margin_leaves_out_the_set_up(monkeypatch):
    """20 ms and 10 ms a unit, for 3 units and for 1."""
    calls = [lambda units=units: time.sleep(0.02 + 0.01 * units) for units in (3, 1)]
    monkeypatch.setattr(bench, "_jobs", lambda: [bench.Job("naps", calls[0], units=3, shorter=calls[1], fewer=1)])
    said = []
    (found,) = bench.run("cpu", repeats=5, say=said.append)["timings"]
    assert found["fastest"] > 16.6 and 7 < found["marginal"] < 14 and f"{found['marginal']:.3g}" in said[0]


def test_a_loaded_machine_is_said_so():
    idle = load.Load(0.99, 0.05, 3.0, 2)
    assert idle.idle and load.Load(0.99, None, 0.4, 2).idle and load.Load(1.0, None, None, 2).idle
    busy = [load.Load(0.9, 0.0, 0.0, 2), load.Load(1.0, 0.3, 0.0, 2), load.Load(1.0, None, 0.6, 2)]
    for other in busy:
        assert load.loaded(idle, other) and load.as_json(other)["loaded"]
        assert load.described(idle, other).startswith("LOADED MACHINE, figures not to be quoted: ")
    assert (
        load.described(idle)
        == "idle machine: a busy loop got 99 % of a core, others used 0.1 of 2 cores, load average 3.0"
    )
    found = load.calibrate(0.05)
    assert 0 < found.share <= 1 and found.cores >= 1


def test_others_work_is_seen(monkeypatch):
    """A second of work on all cores in 0.1 s, of which this process did 0.1 s: nine cores for others."""
    clock = iter([5.0, 6.0])
    monkeypatch.setattr(load, "_busy", lambda: next(clock))
    found = load.calibrate(0.1)
    assert 7 < found.others < 11 and not found.idle


def test_fig_4_is_estimated_from_its_parts(monkeypatch):
    said = []
    monkeypatch.setattr(bench, "_jobs", lambda: [bench.Job(bench._LEARNING, int), bench.Job(bench._SAMPLING, int)])
    bench.run("cpu", repeats=3, say=said.append)
    assert "Fig. 4 at paper scale, 240 runs with 41 validations each, takes about 0.0 core-hours" in said[-2]


def test_a_deep_run_is_estimated_from_an_epoch(monkeypatch):
    """Half a second an epoch: 30 s for the 60 epochs of a run, which is what is aimed at."""
    said, job = [], next(job for job in bench._jobs() if job.work == bench._DEEP)
    assert job.aim * bench._EPOCHS == 30_000 and bench.deep.Deep().epochs == bench._EPOCHS
    monkeypatch.setattr(bench, "_jobs", lambda: [bench.Job(bench._DEEP, lambda: time.sleep(0.02), aim=job.aim)])
    found = bench.run("cpu", repeats=1, say=said.append)["timings"][0]
    wanted = f"so a deep network that learns for 60 epochs takes about {0.06 * found['median']:.1f} s here"
    assert found["median"] >= 20 and wanted in said


def test_every_job_of_the_reference_is_there():
    work = [job.work for job in bench._jobs()]
    assert (
        sum("sampling, continuous" in name for name in work) == 4 and sum("phase plane" in name for name in work) == 2
    )
    assert sum("microcircuit" in name for name in work) == 2
    assert {bench._LEARNING, bench._SAMPLING, bench._DEEP} <= set(work) and len(set(work)) == len(work)
    assert all(callable(job.call) for job in bench._jobs())


def test_paper_scale_times_whole_experiments(monkeypatch):
    asked, said = [], []

    def small(name, preset):
        asked.append((name, preset))
        return small_sweep.experiment(cycles=20)

    monkeypatch.setattr(bench.experiments, "experiment", small)
    seconds = bench.paper_scale(said.append, ("one", "two"), "cpu")
    assert asked == [("one", "paper"), ("two", "paper")] and set(seconds) == {"one", "two"}
    assert said[0].startswith("a small sweep, 12 runs at the paper's scale, cpu: ")


def test_experiments_side_by_side_are_all_computed(monkeypatch):
    """All are under way before the first is done."""
    meeting, said = threading.Barrier(3, timeout=30), []
    monkeypatch.setattr(bench.experiments, "experiment", lambda name, preset: (name, preset))
    monkeypatch.setattr(bench, "compute", lambda wanted, device: meeting.wait())
    assert 0 <= bench.side_by_side(said.append, ("one", "two", "three"), "cpu") < 30
    assert len(said) == 1 and said[0].startswith("3 experiments side by side, cpu: ")


def test_margins_of_a_clock_of_its_own(monkeypatch):
    """5 s, and 2 s a unit: 2e6 µs are left, the least times counting."""
    now, late = [0.0], iter([1.0, 1.0, 3.0, 0.0, 0.0, 4.0])

    def call(number):
        now[0] += 5.0 + 2.0 * number + next(late)

    monkeypatch.setattr(profile.time, "process_time", lambda: now[0])
    assert profile.marginal(call, 8, repeats=2) == pytest.approx(2e6)


def test_parts_add_up_to_the_whole():
    parts = profile.sampling(7, 400)
    assert next(iter(parts)) == "whole" and list(parts)[-1] == "rest" and parts["random numbers"] > 0
    assert sum(parts.values()) == pytest.approx(2 * parts["whole"])
    parts = profile.circuit(1, 1, 1, units=20_000)
    inside = [part for name, part in parts.items() if name != "whole" and "SAL" not in name]
    assert sum(inside) == pytest.approx(parts["whole"]) and 0 < parts["random words"] < 0.1
    said = profile.table("a step", {"whole": 4.0, "half": 2.0, "rest": 2.0})
    assert said.splitlines()[0] == "a step: 4 µs" and said.splitlines()[1].split() == ["half", "2", "50", "%"]


def test_functions_of_a_script_by_own_time(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("def slow():\n    return sum(range(300_000))\n\nfor _ in range(7):\n    slow()\n")
    found = profile.functions(script)
    assert found == sorted(found, key=lambda row: -row[1]) and len(found) <= 15
    named = {name: calls for name, _, calls in found}
    assert next(calls for name, calls in named.items() if "sum" in name) == 7
    assert any(name.endswith("script.py:1(slow)") for name in named)
    script.write_text("raise ValueError('no such luck')")
    with pytest.raises(RuntimeError, match=r"script\.py: ValueError: no such luck"):
        profile.functions(script)
    with pytest.raises(ValueError, match="nowhere"):
        profile.main(["nowhere"])
