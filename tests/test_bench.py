"""The benchmark's table and record, on a job of its own; its figures are for `salkit bench` to measure."""

import json

from salkit import bench


def test_table_and_record(tmp_path, monkeypatch):
    calls, said = [], []
    jobs = [("nothing", lambda: calls.append(1), (3.0, 5.0), 50.0), ("no reference", lambda: None, None, None)]
    monkeypatch.setattr(bench, "_jobs", lambda: jobs)
    first, second = bench.run("cpu", tmp_path / "bench.json", repeats=4, say=said.append)
    assert len(calls) == 5  # one to compile
    assert first.fastest <= first.median <= first.slowest and first.repeats == 4
    assert "3–5" in said[0] and "≤ 50 ms: met" in said[0] and said[0].splitlines()[2].startswith("no reference")
    record = json.loads((tmp_path / "bench.json").read_text())
    assert record["timings"][1]["authors"] is None and record["machine"]["cores"] >= 1 and second.aim is None


def test_every_job_of_the_reference_is_there():
    work = [name for name, *_ in bench._jobs()]
    assert (
        sum("sampling, continuous" in name for name in work) == 4 and sum("phase plane" in name for name in work) == 2
    )
    assert all(callable(job) for _, job, *_ in bench._jobs())
