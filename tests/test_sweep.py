"""Sweeps: the same bits whatever is killed, restarted, batched or distributed; bad files named, good ones kept."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import host_device
import numpy as np
import pytest
import xarray as xr
from small_sweep import Deadly, experiment

from salkit import wakesleep
from salkit.kernels import cuda, device
from salkit.microcircuit import Microcircuit
from salkit.sweep import ensemble, folder, runs, shards, sources, workers
from salkit.sweep.ensemble import Experiment, Setting
from salkit.wakesleep import WakeSleep

SCRIPT = Path(__file__).parent / "small_sweep.py"
ROOT = str(Path(__file__).parents[1])


def same(a, b):
    return set(a.variables) == set(b.variables) and all(
        a[name].dtype == b[name].dtype and a[name].values.tobytes() == b[name].values.tobytes()
        for name in a.variables
        if a[name].dtype.kind in "fi"
    )


@pytest.fixture(scope="module")
def plain():
    """The result without any folder."""
    return ensemble.compute(experiment())


@pytest.fixture(scope="module")
def finished(tmp_path_factory, plain):
    """A finished sweep, to be copied."""
    out = tmp_path_factory.mktemp("sweep") / "out"
    assert ensemble.sweep(experiment(), out, batch=4, say=lambda line: None).done == 12
    assert same(ensemble.collect(out), plain)
    return out


@pytest.fixture
def out(finished, tmp_path):
    return Path(shutil.copytree(finished, tmp_path / "out"))


def test_results_are_labelled_and_ordered(plain):
    assert plain.sizes["run"] == 12
    assert list(plain.rule.values) == ["sal"] * 6 + ["hebbian"] * 6
    assert list(plain.start_seed.values) == [*range(6), *range(6)]
    assert "".join(map(str, plain.target_seed.values[:6])) == "000111"
    alone = wakesleep.train(experiment().settings[1].parameters, [(1, 4)])
    assert plain.weights[10].values.tobytes() == alone.weights[0].values.tobytes()


def children(pid):
    return subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()


def running(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and "Z" not in state


def within(seconds, condition):
    """Wait until the condition holds, for so long at most; whether it does."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def begun(out, workers, batch, cycles=600):
    """The sweep as a process of its own, about to compute."""
    child = subprocess.Popen(
        [sys.executable, "-u", str(SCRIPT), str(out), str(workers), str(batch), str(cycles)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": ROOT},
    )  # fmt: skip
    assert b"of 12 runs present" in child.stdout.readline()
    return child


@pytest.mark.parametrize(("workers", "batch"), [(1, 1), (2, 3)])
def test_killed_at_random_moments(tmp_path, plain, workers, batch):
    """SIGKILL of the sweep, its workers end by themselves; then it is left to end."""
    moments = random.Random(10 * workers + batch)
    for _ in range(2):
        child = begun(tmp_path / "out", workers, batch)
        time.sleep(moments.uniform(0, 3 * workers))
        others = children(child.pid)
        child.kill()
        child.wait()
        child.stdout.close()
        assert within(60, lambda pids=others: not any(map(running, pids))), "workers go on without the sweep"
    found = ensemble.sweep(experiment(), tmp_path / "out", batch=batch, say=lambda line: None)
    assert (found.done, found.failed, found.rejected) == (12, {}, {})
    assert same(ensemble.collect(tmp_path / "out"), plain)
    assert not list((tmp_path / "out").glob(".writing-*"))


@pytest.mark.parametrize(("workers", "sign"), [(2, signal.SIGINT), (1, signal.SIGTERM)])
def test_interrupting_ends_workers_and_leaves_no_draft(tmp_path, workers, sign):
    child = begun(tmp_path / "out", workers, 1, 10_000_000)
    assert within(60, lambda: workers == 1 or len(children(child.pid)) >= workers)
    time.sleep(2)
    others = children(child.pid)
    child.send_signal(sign)
    assert child.wait(60) not in (0, -signal.SIGKILL)
    child.stdout.close()
    assert within(30, lambda: not any(map(running, others)))
    assert sorted(os.listdir(tmp_path / "out")) == [".lock", "sweep.json"]


def test_batches_of_killed_workers_are_tried_three_times(tmp_path, monkeypatch):
    """And each worker has one thread, a GPU of its own, and writes nothing into the current folder."""
    monkeypatch.chdir(tmp_path)
    code = sources.code("wakesleep")
    batches = [
        Deadly("wakesleep", (), (), (str(n),), "cpu", code, str(tmp_path / str(n)), deaths)
        for n, deaths in enumerate([99, 1, 0, 0, 0])
    ]
    outcomes = {batch.keys[0]: outcome for batch, outcome in workers.computed(batches, 2, ["5", "7"])}
    assert "the workers that it was given to were killed" in outcomes.pop("0")
    assert (tmp_path / "0").read_text().count("died") in (2, 3)  # 2: it was waiting when the first was killed
    assert len(outcomes) == 4 and {found.NUMBA_NUM_THREADS for found in outcomes.values()} == {"1"}
    assert {found.CUDA_VISIBLE_DEVICES for found in outcomes.values()} <= {"5", "7"}
    assert sorted(os.listdir(tmp_path)) == list("01234")


def test_another_version_on_a_worker_is_a_failure():
    keys = runs.run_keys(experiment())
    batch = next(runs.batches(experiment(), keys, (), 1, "cpu"))
    assert isinstance(runs.train(batch), xr.Dataset)
    other = runs.train(replace(batch, code="0" * 16))
    assert other == "this worker has another version of salkit than the sweep\n"


def test_batch_size_may_change_between_restarts(out, plain):
    victim = max(out.glob("shard-*.nc"), key=lambda path: (path.stat().st_size, path.name))  # 4, 2, 4 and 2 runs
    victim.unlink()
    assert ensemble.status(out).done == 8
    ensemble.sweep(experiment(), out, batch=3, say=lambda line: None)
    assert same(ensemble.collect(out), plain)


def test_dask_cluster_with_a_worker_killed(tmp_path, plain):
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster:
        victims = [worker.pid for worker in cluster.workers.values()]
        said = []

        def kill_after_the_first(line):
            said.append(line)
            if len(said) == 2:
                os.kill(victims[0], signal.SIGKILL)

        found = ensemble.sweep(
            experiment(), tmp_path / "out", scheduler=cluster.scheduler_address, say=kill_after_the_first
        )
    assert found.done == 12 and not found.failed
    assert same(ensemble.collect(tmp_path / "out"), plain)


def test_no_scheduler_there(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_PATIENCE", 1)
    with pytest.raises(ValueError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        ensemble.sweep(experiment(), tmp_path / "out", scheduler="tcp://127.0.0.1:1", say=lambda line: None)


def test_a_scheduler_that_goes_away_is_one_error_and_what_is_done_stays(tmp_path):
    from distributed import LocalCluster

    options = dict(processes=False, protocol="tcp://", dashboard_address="127.0.0.1:0", silence_logs=50)
    with LocalCluster(n_workers=1, threads_per_worker=1, **options) as cluster:

        def close_after_the_first(line):
            if "1 of 12 runs" in line:
                cluster.close()

        with pytest.raises(RuntimeError, match="the Dask scheduler is gone; finished runs are stored"):
            ensemble.sweep(
                experiment(), tmp_path / "out", scheduler=cluster.scheduler_address, say=close_after_the_first
            )
    assert 1 <= ensemble.status(tmp_path / "out").done < 12


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def foreign(path):
    xr.Dataset({"x": ("y", np.arange(3))}).to_netcdf(path, engine="h5netcdf")


def text(path):
    path.write_text("not a netCDF file")


def of_another_sweep(path):
    other = wakesleep.train(WakeSleep(neurons=3, cycles=5, validate_every=5, validation_length=100), [1])
    path.unlink()
    shards.write(path.parent, other, ["0" * 24])


@pytest.mark.parametrize("damage", [truncate, flip, foreign, text, of_another_sweep])
def test_a_bad_file_is_named_and_its_runs_computed_again(out, plain, damage):
    victim = sorted(out.glob("shard-*.nc"))[0]
    before = set(out.glob("shard-*.nc"))
    damage(victim)
    bad = next(iter(set(out.glob("shard-*.nc")) - before), victim).name
    assert bad in ensemble.status(out).rejected
    missing = 12 - ensemble.status(out).done
    assert missing in (2, 4)
    with pytest.raises(ValueError, match=f"{missing} of 12 runs are missing"):
        ensemble.collect(out)
    said = []
    ensemble.sweep(experiment(), out, batch=4, say=said.append)
    assert any(line.startswith(f"{bad}: ") and "computed again" in line for line in said)
    assert (out / f"{bad}.rejected").exists()
    assert same(ensemble.collect(out), plain)


def test_a_full_disk_is_one_clear_error_and_earlier_shards_stay(out, plain, monkeypatch):
    kept = {path.name: path.read_bytes() for path in out.glob("shard-*.nc")}
    lost = sorted(kept)[0]
    (out / lost).unlink()

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"No space left on device.*earlier shards are intact") as caught:
            ensemble.sweep(experiment(), out, say=lambda line: None)
    assert caught.value.filename == str(out)
    assert {p.name: p.read_bytes() for p in out.glob("shard-*.nc")} == {n: c for n, c in kept.items() if n != lost}
    assert not list(out.glob(".writing-*"))
    ensemble.sweep(experiment(), out, say=lambda line: None)
    assert same(ensemble.collect(out), plain)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot use the folder"):
        ensemble.sweep(experiment(), tmp_path / "file" / "out", say=lambda line: None)


def test_folders_of_others_are_refused(out, tmp_path):
    with pytest.raises(ValueError, match=r"results of another sweep \(small\)"):
        ensemble.sweep(experiment("other"), out)
    with pytest.raises(ValueError, match=r"results of another sweep \(small\)"):
        ensemble.sweep(experiment(cycles=7), out)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    with pytest.raises(ValueError, match=r"is not empty and not the folder of a sweep: it holds thesis\.tex"):
        ensemble.sweep(experiment(), tmp_path / "mine")
    with pytest.raises(ValueError, match="is not the folder of a sweep"):
        ensemble.status(tmp_path / "mine")


def test_runs_of_other_code_are_computed_again(out, plain, monkeypatch):
    """A resumed sweep mixes nothing: what other sources computed is set aside."""
    say = lambda line: None  # noqa: E731
    with monkeypatch.context() as patched:
        patched.setattr(sources, "code", lambda *names: "another")
        found = ensemble.sweep(experiment(), out, batch=12, say=say)
        assert found.done == 12 and len(found.rejected) == 3
        assert ensemble.collect(out).kernel_version == "another"
    assert ensemble.collect(out).kernel_version == "another"  # what computed them, not today's
    assert ensemble.sweep(experiment(), out, batch=12, say=say).done == 12
    assert same(ensemble.collect(out), plain) and ensemble.collect(out).kernel_version == sources.code("wakesleep")


def test_one_sweep_a_folder_at_a_time(out):
    record = folder.record_of(experiment())
    with folder.held(out, record), pytest.raises(ValueError, match="another sweep is writing"):
        ensemble.sweep(experiment(), out)
    held = "import pathlib, sys\nfrom salkit.sweep import folder\nimport small_sweep as s\n"
    held += (
        "with folder.held(pathlib.Path(sys.argv[1]), folder.record_of(s.experiment())): print(1, flush=True); input()"
    )
    places = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, str(SCRIPT.parent)])}
    with subprocess.Popen(
        [sys.executable, "-c", held, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=places
    ) as other:
        assert other.stdout.readline() == b"1\n"
        with pytest.raises(ValueError, match="another sweep is writing"):
            ensemble.sweep(experiment(), out)
        other.kill()
    assert ensemble.sweep(experiment(), out, say=lambda line: None).done == 12  # a dead process holds nothing


def test_a_failing_batch_leaves_its_error_and_the_others_go_on(tmp_path, monkeypatch):
    train = wakesleep.train

    def failing(parameters, seeds, **rest):
        if (1, 3) in seeds:
            raise RuntimeError("this run is cursed")
        return train(parameters, seeds, **rest)

    said = []
    with monkeypatch.context() as patched:
        patched.setattr(wakesleep, "train", failing)
        found = ensemble.sweep(experiment(), tmp_path / "out", say=said.append)
    assert found.done == 10 and len(found.failed) == 2
    assert set(found.failed.values()) == {"RuntimeError: this run is cursed"}
    assert "Traceback" in (tmp_path / "out" / next(iter(found.failed))).read_text()
    assert "10 of 12 runs done" in str(ensemble.status(tmp_path / "out"))
    again = ensemble.sweep(experiment(), tmp_path / "out", say=said.append)
    assert again.done == 12 and not again.failed


def test_stored_results_are_verified(plain, tmp_path):
    small = ensemble.condense(plain)
    assert small.sizes["end"] == 2 and "validation" not in small.weights.dims
    assert np.array_equal(small.weights[:, 1], plain.weights[:, -1])
    shards.save(small, tmp_path / "small.nc")
    assert same(shards.load(tmp_path / "small.nc"), small)
    altered = small.copy(deep=True)
    altered.kl[0, 0] += 1e-12
    altered.to_netcdf(tmp_path / "altered.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match="was not written by salkit"):
        shards.load(tmp_path / "altered.nc")
    altered.attrs["content_sha256"] = "0"
    altered.to_netcdf(tmp_path / "altered.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match="damaged"):
        shards.load(tmp_path / "altered.nc")
    (tmp_path / "text.nc").write_text("no")
    with pytest.raises(ValueError, match="cannot be read"):
        shards.load(tmp_path / "text.nc")
    with pytest.raises(ValueError, match="cannot be read"):
        shards.load(tmp_path / "absent.nc")


def test_runs_are_selected_by_their_labels(plain):
    found = ensemble.select(plain, rule="hebbian", sigma=0.5, start_seed=4)
    assert found.sizes["run"] == 1 and np.array_equal(found.kl, plain.kl[[10]])
    with pytest.raises(ValueError, match=r"runs have no label 'cycle'; they have .*rule"):
        ensemble.select(plain, cycle=0)
    with pytest.raises(ValueError, match=r"no run has sigma = 0.4; there are 0.5"):
        ensemble.select(plain, sigma=0.4)
    with pytest.raises(ValueError, match=r"no run has start_seed = 4, target_seed = 0 at once"):
        ensemble.select(plain, start_seed=4, target_seed=0)


def test_bad_numbers(tmp_path):
    for wrong in (dict(workers=0), dict(batch=0), dict(batch=True)):
        with pytest.raises(ValueError, match="must be a whole number of at least 1"):
            ensemble.sweep(experiment(), tmp_path / "out", **wrong)
    with pytest.raises(RuntimeError, match="cuda"):
        ensemble.sweep(experiment(), tmp_path / "out", device="cuda")


def test_settings_that_do_not_fit_are_one_error():
    small = dict(neurons=3, cycles=20, validation_length=100)
    settings = tuple(
        Setting({"every": every}, WakeSleep(validate_every=every, **small), ((1, 1),)) for every in (5, 10)
    )
    with pytest.raises(ValueError, match="the settings' results do not fit together"):
        ensemble.compute(Experiment("odd", "", "wakesleep", settings))


def test_what_is_asked_for_twice_is_refused():
    """It would be run once, without a word."""
    one, two = Setting({"name": "one"}, WakeSleep(), ((1, 1),)), Setting({"name": "two"}, WakeSleep(), ((2, 2), (1, 1)))
    with pytest.raises(ValueError, match=r"the setting \{'name': 'one'\} has the seeds \(1, 2\) twice"):
        Experiment("x", "", "wakesleep", (Setting({"name": "one"}, WakeSleep(), ((1, 2), (1, 1), (1, 2))),))
    with pytest.raises(
        ValueError, match=r"settings .*'one'.* and .*'two'.* have the same parameters and seeds \(1, 1\)"
    ):
        Experiment("x", "", "wakesleep", (one, two))


@pytest.mark.parametrize("model", ["nothing", "", "stdp", "../x", "sweep", 3, None])
def test_an_unknown_model_is_one_error(model):
    assert {"microcircuit", "wakesleep"} <= set(runs.models())
    with pytest.raises(ValueError, match=r"no model .*; there are .*microcircuit, .*wakesleep"):
        Experiment("x", "", model, ())


@pytest.mark.cxx
def test_on_a_gpu_batches_run_side_by_side(monkeypatch):
    """Runs of two molds, each in a thread of its own: together, and with the CPU's numbers in their places."""
    small = Microcircuit(
        epochs=2, patterns=2, symmetrise=1, pattern_length=40, settle=5, window=8, target_length=40, phase_length=50
    )
    settings = tuple(
        Setting({"protocol": name}, replace(small, protocol=name), ((1, 2), (3, 4))) for name in ("paper", "exact")
    )
    pair = Experiment("pair", "two molds", "microcircuit", settings)
    alone = ensemble.compute(pair, "cpu", 1)
    monkeypatch.setattr(device, "missing", lambda: "")
    stand_in, threads, both = host_device.HostDevice(), set(), threading.Barrier(2, timeout=60)
    plain = stand_in.run

    def run(*given):
        if threading.get_ident() not in threads and len(threads) < 2:
            threads.add(threading.get_ident())
            both.wait()  # breaks if one batch waits for the other
        plain(*given)

    monkeypatch.setattr(stand_in, "run", run)
    cuda.use(stand_in)
    try:
        together = ensemble.compute(pair, "cuda", 1)
    finally:
        cuda.use()
    assert len(threads) == 2
    for name in alone.data_vars:
        assert alone[name].values.tobytes() == together[name].values.tobytes(), name
