"""The pages' examples run as they stand; the simulators' spikes give SAL the same updates as ours."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import salkit as sk
from salkit.bench import rivals

DOCS = Path(__file__).resolve().parents[1] / "docs"
WEIGHTS = np.array([[0.0, 1.5, -0.5], [0.5, 0.0, 0.8], [0.3, -0.2, 0.0]])
BIASES, TAU_REF, STEPS, PARTS = np.array([-0.5, -0.2, 0.1]), 20, 60_000, 30
PYTHON = rivals.find_python()


def blocks(page, kind=""):
    """Code blocks of a page: of the plain kind, or those named for a simulator."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```python{' ' + kind if kind else ''}\n(.*?)```", text, flags=re.S)


def parted(times, neurons):
    """Updates per tau_ref of all pairs, and their standard errors over parts of the recording."""
    length = STEPS / PARTS
    part = np.minimum((times // length).astype(int), PARTS - 1)
    found = [
        sk.updates.sal(times[part == k], neurons[part == k], TAU_REF, size=3, resolution=1.0) for k in range(PARTS)
    ]
    per_time = np.array(found) * TAU_REF / length
    return per_time.mean(axis=0), per_time.std(axis=0, ddof=1) / np.sqrt(PARTS)


def ours():
    network = sk.SamplingNetwork(WEIGHTS, BIASES, TAU_REF, "discrete")
    spikes = sk.simulate(network, STEPS, seed=1)
    return spikes.times, spikes.neurons


def test_the_arrays_on_the_page(capsys):
    """Its first block prints what its comment says; its last line takes spikes in milliseconds."""
    first, last = blocks("howto/own_network.md")
    names = {}
    exec(first, names)
    assert float(capsys.readouterr().out) == pytest.approx(0.01 * (-0.7 - 0.7 + 0.6))
    names["times"], names["neurons"] = ours()
    exec(last, names)
    assert names["dw"].shape == (3, 3) and names["dw"][0, 1] < 0 < names["dw"][1, 0]


def test_five_minutes(capsys):
    """The larger weight goes down, the other up by as much."""
    (block,) = blocks("five_minutes.md")
    names = {}
    exec(block, names)
    update = sk.stdp.sal(names["spikes"])
    assert update[0, 1] < 0 and update[1, 0] == -update[0, 1]
    assert len(capsys.readouterr().out.splitlines()) >= 3


@pytest.mark.skipif(PYTHON is None, reason="no environment with Brian2 and NEST; `make bench` makes one")
@pytest.mark.parametrize("simulator, shift", [("brian2", 0.0), ("nest", 0.5 / TAU_REF)])
def test_simulators_give_the_same_updates(simulator, shift, tmp_path):
    """Each pair's update per tau_ref within 4.5 standard errors (three pairs: one false alarm in 50 000), with NEST
    times 1 ± half a step a tau_ref besides; and the largest of them is 5 of its standard errors away from none.
    """
    (block,) = blocks("howto/own_network.md", simulator)
    script = f"{block}\nnp.savez({str(tmp_path / 'spikes.npz')!r}, times=times, neurons=neurons)\n"
    done = subprocess.run([str(PYTHON), "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = np.load(tmp_path / "spikes.npz")
    (found, error), (want, own) = parted(theirs["times"], theirs["neurons"]), parted(*ours())
    spread = np.hypot(error, own) + np.eye(3)
    assert np.all(np.abs(found - want) < 4.5 * spread + shift * np.abs(want)), (found, want, spread)
    assert np.max(np.abs(found) / spread) > 5
