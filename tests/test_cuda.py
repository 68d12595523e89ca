"""The CUDA sources, built for the host, against the Numba kernels: equal bit for bit. With a GPU: the device itself.

What is compared needs no tolerance: every spike, statistic, weight and state must be the same double.
"""

from dataclasses import replace

import host_device
import numpy as np
import pytest

import salkit as sk
from salkit import microcircuit, wakesleep
from salkit.kernels import cuda, device
from salkit.kernels.continuous import TABLE_NEURONS
from salkit.microcircuit import Microcircuit
from salkit.psp import SHAPES
from salkit.wakesleep import WakeSleep

HOST = pytest.param("host", marks=pytest.mark.skipif(host_device.compiler() is None, reason="no C++ compiler"))
BACKWARDS = pytest.param("backwards", marks=HOST.marks)
GPU = pytest.param("gpu", marks=pytest.mark.gpu)


@pytest.fixture(params=[HOST, BACKWARDS, GPU])
def where(request, monkeypatch):
    """device="cuda" runs on the sources built for the host, its lanes forwards or backwards, or on the GPU."""
    if request.param == "gpu":
        yield None
        return
    stand_in = host_device.HostDevice(backwards=request.param == "backwards")
    monkeypatch.setattr(device, "missing", lambda: "")
    cuda.use(stand_in)
    yield stand_in
    cuda.use()


def network(n, timing, seed=5, members=(2,), **kw):
    rng = np.random.default_rng(seed)
    w = rng.normal(0, 1.2 / np.sqrt(n / 4), (*members, n, n)) * (1 - np.eye(n))
    return sk.SamplingNetwork(w, rng.uniform(-1, 1, (*members, n)), tau_ref=12, timing=timing, **kw)


def same(one, two):
    for name in ("times", "neurons", "offsets", "spike_counts", "occupancy", "pairs", "ties"):
        a, b = getattr(one, name), getattr(two, name)
        assert (a is None and b is None) or np.array_equal(a, b), name
    for a, b in zip(one.final, two.final, strict=True):
        np.testing.assert_array_equal(a, b)


def both(net, duration, **kw):
    """The same on CPU and device, in two stretches, so that a start state is passed on; at least some spikes."""
    first = [sk.simulate(net, duration, seed=11, replicas=3, device=d, **kw) for d in ("cpu", "cuda")]
    same(*first)
    second = [
        sk.simulate(net, duration + 1, seed=11, replicas=3, device=d, start=spikes.final, **kw)
        for d, spikes in zip(("cpu", "cuda"), first, strict=True)
    ]
    same(*second)
    assert second[0].counts().sum() > 50


@pytest.mark.parametrize("n", [1, 2, 5, 7, TABLE_NEURONS, TABLE_NEURONS + 1, 16, 17, 40])
def test_continuous_time(where, n):
    both(network(n, "continuous"), 400.0 if n < 17 else 150.0)
    both(network(n, "continuous", seed=6), 300.0, record=False)


def test_wide_networks_pass_a_refresh(where):
    spikes = [sk.simulate(network(30, "continuous", members=()), 1500.0, seed=3, device=d) for d in ("cpu", "cuda")]
    assert spikes[0].counts().sum() > 1100
    same(*spikes)


@pytest.mark.parametrize("n", [1, 5, TABLE_NEURONS, 14, 16, 19, 33])
@pytest.mark.parametrize("kw", [{"psp": psp} for psp in SHAPES] + [{"refractory": 13, "psp_length": 11}])
def test_discrete_time(where, n, kw):
    both(network(n, "discrete", **kw), 300)


@pytest.mark.parametrize("n", [3, TABLE_NEURONS + 2, 20])
def test_neurons_with_their_own_periods(where, n):
    rng = np.random.default_rng(n)
    both(network(n, "continuous", refractory=rng.uniform(6, 20, n), psp_length=rng.uniform(5, 25, n)), 250.0)


def test_large_seeds_and_runs(where):
    net = network(4, "continuous", members=(3,))
    seeds, runs = np.array([2**63 + 1, 2**35, 0], object), np.array([2**32 - 1, 5, 0], object)
    same(*(sk.simulate(net, 200.0, seeds, first_run=runs, device=d) for d in ("cpu", "cuda")))


def test_ensembles_larger_than_memory_run_in_chunks(where):
    if where is None:
        pytest.skip("the GPU has room")
    net = network(5, "continuous", members=(9,))
    for memory in (1, 30_000, 10**9):
        where._memory, where.launches = memory, []
        same(*(sk.simulate(net, 100.0, seed=1, replicas=2, device=d) for d in ("cpu", "cuda")))
        sampled = sum(launch[0] == "sample_continuous" for launch in where.launches)
        assert sampled == {1: 9, 30_000: sampled, 10**9: 1}[memory] and sampled >= 1
        if memory == 30_000:
            assert 1 < sampled < 9


LEARNING = WakeSleep(
    neurons=5, tau_ref=20, cycle_length=64, replicas=4, cycles=50, weight_noise=0.5, lr_weight=0.1, lr_bias=0.1,
    lr_sal=0.1, validate_every=25, validation_length=640,
)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rule": "hebbian", "plasticity_noise": 0.3},
        {"rule": "kp", "weight_decay": 0.01, "plasticity_noise": 0.3, "plasticity_noise_on": "both"},
        {"timing": "discrete"},
        {"timing": "discrete", "refractory": 21, "psp_length": 19, "neurons": 3},
        {"gain_cv": 0.3, "height_cv": 0.2, "threshold_sd": 0.1, "limit": 0.6},
        {"refractory_cv": 0.3, "psp_length_cv": 0.3},
        {"neurons": TABLE_NEURONS + 1, "replicas": 2, "cycle_length": 32},
        {"neurons": TABLE_NEURONS + 1, "replicas": 2, "cycle_length": 32, "refractory_cv": 0.2},
        {"neurons": TABLE_NEURONS + 1, "replicas": 2, "cycle_length": 32, "timing": "discrete"},
        {"replicas": 40, "cycle_length": 400},
        {"wake": "sampled", "patterns": 4},
        {"wake": "sampled", "patterns": 4, "timing": "discrete"},
        {"neurons": 3, "hidden": 3, "connectivity": "restricted", "wake": "sampled", "patterns": 4, "settle": 0.0},
        {"wake": "sampled", "patterns": 4, "refractory_cv": 0.2, "hidden": 2},
    ],
)
def test_training(where, changes):
    """Fifty cycles of two runs, with the validations that go with them."""
    p = replace(LEARNING, **changes)
    one, two = (wakesleep.train(p, [(1, 2), (3, 4)], device=d, progress=False) for d in ("cpu", "cuda"))
    assert not np.array_equal(one.weights[:, 0], one.weights[:, -1])
    for name in one.variables:
        if one[name].dtype.kind == "f":
            assert one[name].values.tobytes() == two[name].values.tobytes(), name


def test_many_launches_are_one_training(where, monkeypatch):
    one = wakesleep.train(LEARNING, [1], device="cuda", progress=False)
    monkeypatch.setattr(cuda, "_CYCLES", 7)
    assert one.equals(wakesleep.train(LEARNING, [1], device="cuda", progress=False))


CIRCUIT = Microcircuit(epochs=2, patterns=4, symmetrise=2, pattern_length=125, settle=20, window=30, target_length=100)


@pytest.mark.parametrize("feedback", microcircuit.FEEDBACK)
@pytest.mark.parametrize(
    ("layers", "length"), [((1, 1, 1), 500), ((2, 5, 2), 125), ((2, 4, 3, 2), 125), ((3, 40, 2), 40)]
)
def test_microcircuits(where, layers, length, feedback):
    """Two epochs of four patterns and their validations; for 1-1-1 that is 20 000 steps an epoch in training alone."""
    p = replace(
        CIRCUIT, layers=layers, feedback=feedback, pattern_length=length, train_inputs=3, validation_inputs=2,
        teacher=None, lr_output=0.05,
    )  # fmt: skip
    one, two = (microcircuit.train(p, [(1, 2), 3], device=d, progress=False) for d in ("cpu", "cuda"))
    assert not np.array_equal(one.w_up_1[:, 0], one.w_up_1[:, -1])
    for name in one.variables:
        if one[name].dtype.kind == "f":
            assert one[name].values.tobytes() == two[name].values.tobytes(), name
