"""The CUDA sources, built for the host, against the Numba kernels: equal bit for bit. With a GPU: the device itself.

What is compared needs no tolerance: every spike, statistic, weight and state must be the same double.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import cuda_compilers
import cuda_model
import host_device
import numpy as np
import pytest

import salkit as sk
from salkit import experiments, microcircuit, wakesleep
from salkit.kernels import cost, cuda, device
from salkit.kernels.cpu import elementary
from salkit.kernels.cpu.continuous import TABLE_NEURONS
from salkit.kernels.cuda import launch, learning
from salkit.microcircuit import Microcircuit
from salkit.microcircuit.circuits import Circuits
from salkit.psp import SHAPES
from salkit.wakesleep import WakeSleep

HOST = pytest.param("host", marks=pytest.mark.cxx)
BACKWARDS = pytest.param("backwards", marks=pytest.mark.cxx)
GPU = pytest.param("gpu", marks=pytest.mark.gpu)
ARCHITECTURES = ("75", "80", "90")
PROBE = device._probe  # tests without a GPU see another


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


CONSTANTS = {
    "elementary": [()], "microcircuit": [("NEURONS=1", "IN_SHARED=1", "ONE_WARP=1"), ("NEURONS=1", "IN_SHARED=0")],
    "cells": [
        ("CELLS=18", "WINDOW=2000", "TAU_REF=10", "BELOW=4", "ABOVE=4", "APART=0"),
        ("CELLS=4", "WINDOW=64", "TAU_REF=1", "BELOW=1", "ABOVE=1", "APART=1"),
    ],
    "delayed": [()],
    "sampling": [("NEURONS=7", "IN_SHARED=0", "ONE_WARP=1"), ("NEURONS=1", "IN_SHARED=1", "ONE_WARP=0")],
    "wakesleep": [("NEURONS=7", "IN_SHARED=1", "ONE_WARP=1"), ("NEURONS=13", "IN_SHARED=0", "ONE_WARP=0")],
}  # fmt: skip


@pytest.mark.nvcc
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("name", "constants"), [(name, c) for name, each in CONSTANTS.items() for c in each])
def test_sources_compile_for_every_architecture(name, constants, architecture):
    """Without a GPU; the assembly has every kernel."""
    assert cuda_compilers.found(), "neither NVRTC nor nvcc"
    options = [*cuda.OPTIONS, *(f"-D{constant}" for constant in constants)]
    for compile_source in cuda_compilers.found():
        assembly = compile_source(cuda.source(name), architecture, options)
        for kernel in cuda.signatures(name):
            assert f".entry {kernel}" in assembly
        assert "mul.rn.f64" in assembly and ("fma.rn.f64" in assembly) == (name != "microcircuit")


@pytest.mark.nvcc
@pytest.mark.parametrize("name", cuda.SOURCES)
def test_multiply_adds_are_fused_only_where_that_is_written(name):
    """Others would change bits: without those of `fused` in common.cuh the assembly has none."""
    options = [*cuda.OPTIONS, *(f"-D{constant}" for constant in CONSTANTS[name][0]), "-DUNFUSED"]
    for compile_source in cuda_compilers.found():
        assert "fma.rn.f64" not in compile_source(cuda.source(name), "80", options)
        if name == "elementary":
            assert "fma.rn.f64" in compile_source(cuda.source(name), "80", ["--std=c++14", "-DUNFUSED"])


def test_every_source_is_named():
    folder = Path(cuda.__file__).parent
    assert {path.stem for path in folder.glob("*.cu")} == set(cuda.SOURCES)
    for name in cuda.SOURCES:
        assert '#include "' not in cuda.source(name) and cuda.signatures(name)


def test_published_vectors(where):
    ones = 0xFFFFFFFF
    counter = [[0] * 4, [ones] * 4, [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344]]
    key = [[0, 0], [ones, ones], [0xA4093822, 0x299F31D0]]
    expected = [
        [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8], [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ]  # fmt: skip
    gpu = where or cuda.Device()
    out = gpu.zeros((3, 4), np.uint64)
    given = {"count": 3, "counter": gpu.put(np.array(counter, np.uint64)), "key": gpu.put(np.array(key, np.uint64))}
    gpu.launch("elementary", "philox_blocks", given | {"out": out}, 1)
    np.testing.assert_array_equal(gpu.get(out), expected)


def test_elementary_functions(where):
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-720, 720, 3000), rng.normal(0, 1, 3000), [0.5, 1.0, 2.0, np.sqrt(2), -710.0, 0.0]])
    ulp, tens, near = 2.0**-52, 10.0 ** rng.uniform(-300, 300, 20_000), rng.uniform(0, 2, 20_000)
    ends = [1 + ulp * np.arange(-300, 300), 0.5 + ulp / 2 * np.arange(300), 2 - ulp * np.arange(1, 99)]
    x = np.concatenate([x, tens, near, *ends, np.sqrt(2) + ulp * np.arange(-99, 99)])
    gpu = where or cuda.Device()
    out = {name: gpu.zeros(x.shape, np.float64) for name in ("logarithm", "exponential", "sigma", "beside")}
    gpu.launch("elementary", "functions", {"count": x.size, "x": gpu.put(x)} | out, -(-x.size // 32))
    found = {name: gpu.get(array) for name, array in out.items()}
    known = x != 0.0
    np.testing.assert_array_equal(found["logarithm"][known], [elementary.log(abs(value)) for value in x[known]])
    np.testing.assert_allclose(found["exponential"], np.exp(np.clip(x, -700, 700)), rtol=5e-16)
    np.testing.assert_allclose(found["sigma"], 1 / (1 + np.exp(-np.clip(x, -700, 700))), rtol=5e-16)
    np.testing.assert_array_equal(found["sigma"], [elementary.logistic(value) for value in x])
    np.testing.assert_array_equal(found["beside"], found["sigma"])


def test_reciprocals_are_rounded_correctly(where):
    """Of numbers from 1 on, with significands near 1, near 2 and of ones alone, and where single precision ends."""
    rng, ulp = np.random.default_rng(3), 2.0**-52
    near = np.concatenate([1 + ulp * np.arange(200), 2 - ulp * np.arange(1, 200), rng.uniform(1, 2, 20_000)])
    y = np.concatenate([near * 2.0**k for k in (0, 1, 2, 20, 52, 99, 100, 101, 126, 127, 128, 900, 1022)])
    gpu = where or cuda.Device()
    out = gpu.zeros(y.shape, np.float64)
    gpu.launch("elementary", "reciprocals", {"count": y.size, "y": gpu.put(y), "out": out}, -(-y.size // 32))
    np.testing.assert_array_equal(gpu.get(out), 1 / y)


def test_means_are_rounded_correctly(where):
    """Sums of every size over numbers of steps: zero, subnormal and overflowing ones, too."""
    rng = np.random.default_rng(4)
    size = 2.0 ** rng.integers(-1074, 1024, 4000)
    sums = np.concatenate([size * rng.uniform(-1, 1, 4000), rng.normal(0, 50, 4000), [0.0, 5e-324, np.inf, -np.inf]])
    for full in (1, 2, 3, 7, 49, 1999, 2000, 2001, 2**30 - 1, *map(int, rng.integers(1, 2**30, 20))):
        gpu = where or cuda.Device()
        out = gpu.zeros(sums.shape, np.float64)
        given = {"count": sums.size, "full": float(full), "sums": gpu.put(sums), "out": out}
        gpu.launch("elementary", "means", given, -(-sums.size // 32))
        np.testing.assert_array_equal(gpu.get(out), sums / full)


def test_quotients_are_rounded_correctly(where):
    """The quotient by a known divisor equals IEEE division: periods of every size, lags up to them, ends included."""
    rng = np.random.default_rng(2)
    for tau_ref in (*10.0 ** rng.uniform(-6, 12, 40), 1.0, 3.0, 50.0, 1.0 + 2.0**-52, 2.0 - 2.0**-52):
        lag = tau_ref * np.concatenate([rng.uniform(0, 1, 5000), 10.0 ** rng.uniform(-15, 0, 500), [0.0, 1.0]])
        lag[:50] = np.nextafter(tau_ref, 0) - np.arange(50) * np.spacing(tau_ref / 2)
        gpu = where or cuda.Device()
        out = gpu.zeros(lag.shape, np.float64)
        given = {"count": lag.size, "tau_ref": tau_ref, "lag": gpu.put(lag), "out": out}
        gpu.launch("elementary", "quotients", given, -(-lag.size // 32))
        np.testing.assert_array_equal(gpu.get(out), lag / tau_ref)


@pytest.mark.parametrize("bits", [4, 5, 6, 7, 8, 9, 10])
def test_the_quotient_is_right_in_every_small_precision(bits):
    """q = x·z, q + (x − q y) z with z = 1/y, each rounded to so many bits, is x/y rounded: for all significands, for a
    quarter of which q is not. Doubles hold what is rounded exactly.
    """

    def rounded(value):
        mantissa, exponent = np.frexp(value)
        return np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)

    significand = np.arange(2.0 ** (bits - 1), 2.0**bits)
    x, y = significand[:, None], significand
    z, right = rounded(1 / y), rounded(x / y)
    q = rounded(x * z)
    assert (q != right).mean() > 0.2
    np.testing.assert_array_equal(rounded(q + rounded(x - q * y) * z), right)


def test_the_model_waits_for_stalls_and_barriers():
    """Two cycles' stall, then a load's 29 cycles waited for at its use; a branch around a call is taken."""
    control = {"stall": 1, "written": 7, "read": 7, "waits": 0}
    lines = [
        ("LDS.64 R2, [R4]", control | {"written": 0}), ("IADD3 R5, R5, 1, RZ", control | {"stall": 2}),
        ("@P0 BRA `(.L_x_1)", control | {"stall": 5}), ("CALL.REL.NOINC `(f)", control),
        ("DADD R6, R2, R2", control | {"waits": 1, "stall": 8}), ("VOTE.ANY P1, P2", control),
        ("@P1 BRA `(.L_x_0)", control),
    ]  # fmt: skip
    text = ['\t.section\t.text.one,"ax"', ".L_x_0:"]
    for number, (line, c) in enumerate(lines):
        text += [".L_x_1:"] if line.startswith("DADD") else []
        high = (c["stall"] | c["written"] << 5 | c["read"] << 8 | c["waits"] << 11) << 41
        text += [f"        /*{16 * number:04x}*/    {line} ;   /* 0x{0:016x} */", f"    /* 0x{high:016x} */"]
    ((rows, labels),) = cuda_model.parse("\n".join(text)).values()
    path = cuda_model.loop(rows, labels)
    assert [one.operation for one in path] == ["LDS", "IADD3", "BRA", "DADD", "VOTE", "BRA"]
    assert cuda_model.walk(path[:3]) == 1 + 2 + 5 and cuda_model.walk(path) == 29 + 8 + 1 + 1


@pytest.mark.nvcc
@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no nvcc")
def test_replicas_of_small_networks_stay_in_registers():
    """No stack, and few enough registers for 256 lanes; a round of the paper's network takes hundreds of cycles."""
    said, listing = cuda_model.compiled(7)
    used = re.findall(r"(\d+) bytes stack frame.*?Used (\d+) registers", said, flags=re.DOTALL)
    assert len(used) == 2 and all(stack == "0" and int(registers) <= 128 for stack, registers in used)
    for rows, labels in cuda_model.parse(listing).values():
        assert 300 < cuda_model.walk(cuda_model.loop(rows, labels)) < 1200


@pytest.mark.nvcc
@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no nvcc")
def test_cells_of_circuits_stay_in_registers():
    """No stack; a step of the paper's circuit takes hundreds of cycles, three times as many where it learns."""
    said, listing = cuda_model.circuit((1, 1, 1))
    ((stack, registers),) = re.findall(r"(\d+) bytes stack frame.*?Used (\d+) registers", said, flags=re.DOTALL)
    assert stack == "0" and int(registers) <= 255
    if listing:
        rows, labels = cuda_model.parse(listing)["run_cells"]
        loops = cuda_model.steps(rows, labels)
        assert len(loops) == 3
        plain, learning = (cuda_model.walk(cuda_model.step(rows, labels, *loops[1], kind)) for kind in (False, True))
        assert 150 < plain < 450 and 2 * plain < learning < 1500


def test_a_parameter_that_cannot_be_given_is_an_error():
    text = "KERNEL one(i64 n, const double* x) {\nKERNEL two(float x) {"
    with pytest.raises(TypeError, match="two: a parameter 'float x' cannot be given"):
        launch.parse(text)
    assert launch.parse(text.replace("float", "u8*")) == {
        "one": [("n", np.int64, False), ("x", np.float64, True)], "two": [("x", np.uint8, True)],
    }  # fmt: skip


@pytest.mark.cxx
def test_launches_check_what_they_are_given():
    host = host_device.HostDevice()
    good = {"count": 1, "counter": np.zeros((1, 4), np.uint64), "key": np.zeros((1, 2), np.uint64)}
    wide = np.zeros((1, 8), np.uint64)
    for wrong, words in (
        ({}, "is not given out"),
        ({"out": np.zeros((1, 4), np.int64)}, "out must be an array of uint64"),
        ({"out": np.zeros((2, 8), np.uint64)[:, ::2]}, "out must be contiguous"),
        ({"out": wide, "count": 1.5}, "count must be a whole number"),
        ({"out": wide, "count": wide}, "count must be a number"),
        ({"out": 3}, "out must be an array"),
    ):
        with pytest.raises(TypeError, match=f"philox_blocks.*{words}"):
            host.launch("elementary", "philox_blocks", good | wrong, 1)


def network(n, timing, seed=5, members=(2,), **kw):
    rng = np.random.default_rng(seed)
    w = rng.normal(0, 1.2 / np.sqrt(n / 4), (*members, n, n)) * (1 - np.eye(n))
    return sk.SamplingNetwork(w, rng.uniform(-1, 1, (*members, n)), tau_ref=12, timing=timing, **kw)


def same(one, two):
    for name in ("times", "neurons", "offsets", "spike_counts", "occupancy", "pairs", "ties", "overlap_counts"):
        a, b = getattr(one, name), getattr(two, name)
        assert (a is None and b is None) or np.array_equal(a, b), name
    for a, b in zip(one.final, two.final, strict=True):
        np.testing.assert_array_equal(a, b)


def both(net, duration, **kw):
    """The same on CPU and device, in two stretches, so that a start state is passed on; at least some spikes."""
    kw.setdefault("statistics", ("occupancy", "pairs", "overlaps"))
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


@pytest.mark.cxx
@pytest.mark.parametrize("n", [7, TABLE_NEURONS + 1])
def test_sources_compiled_for_one_network(n, monkeypatch):
    """As a GPU is given them, with the number of neurons and the place of their arrays known."""
    monkeypatch.setattr(device, "missing", lambda: "")
    cuda.use(host_device.HostDevice(specialised=True))
    try:
        for timing in ("continuous", "discrete"):
            both(network(n, timing), 200)
            p = replace(
                LEARNING, neurons=n, replicas=3, cycle_length=48, cycles=5, validate_every=5, validation_length=60,
                timing=timing,
            )  # fmt: skip
            one, two = (wakesleep.train(p, [1], device=d, progress=False) for d in ("cpu", "cuda"))
            assert one.weights.values.tobytes() == two.weights.values.tobytes()
    finally:
        cuda.use()


def test_long_runs_of_wide_networks(where):
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


@pytest.mark.parametrize("kw", [{}, {"psp": "alpha"}, {"refractory": 13.0}])
@pytest.mark.parametrize("n", [3, TABLE_NEURONS + 2, 20])
def test_statistics_that_nobody_asked_for(where, n, kw):
    """Spikes and states do not depend on what is gathered."""
    net = network(n, "discrete" if "psp" in kw else "continuous", **kw)
    full = sk.simulate(net, 200, seed=4, replicas=2, device="cuda")
    for kept in ((), ("occupancy",), ("pairs",), ("overlaps",)):
        lean = [sk.simulate(net, 200, seed=4, replicas=2, device=d, statistics=kept) for d in ("cpu", "cuda")]
        same(*lean)
        assert np.array_equal(lean[0].times, full.times) and np.array_equal(lean[0].final.ages, full.final.ages)
        for name in ("occupancy", "pairs"):
            found, wanted = getattr(lean[0], name), getattr(full, name)
            assert np.array_equal(found, wanted) if name in kept and wanted is not None else found is None
        counted = lean[1].overlap_counts
        assert np.array_equal(counted, full.kept_overlaps()) if "overlaps" in kept else counted is None
    with pytest.raises(ValueError, match="statistics must be"):
        sk.simulate(net, 200, statistics=("spikes",))


DELAYS = np.random.default_rng(3).integers(0, 40, (2, 18, 18))


@pytest.mark.parametrize("n", [1, 2, 5, 18, 33])
@pytest.mark.parametrize("longest", [0, 7, 30])
def test_delays(where, n, longest):
    """Equal ones and those of single synapses, up to 2.5 tau_ref, of every PSP shape in discrete time."""
    drawn = np.random.default_rng(n).integers(0, longest + 1, (n, n))
    for delays in (longest, drawn):
        both(network(n, "continuous", delays=delays * 0.9), 150.0 if n > 5 else 400.0)
        both(network(n, "discrete", delays=delays, psp=SHAPES[(n + longest) % len(SHAPES)]), 200 if n > 5 else 500)
        both(network(n, "discrete", delays=delays, refractory=13), 200 if n > 5 else 500, record=False, statistics=())


CUT = [
    (1, "continuous", {}), (7, "continuous", {}), (TABLE_NEURONS, "continuous", {}), (20, "continuous", {}),
    (4, "continuous", {"refractory": 13.0}), (TABLE_NEURONS + 2, "continuous", {"psp_length": 9.0}),
    (5, "discrete", {}), (6, "discrete", {"psp": "alpha"}), (14, "discrete", {}), (19, "discrete", {}),
    (18, "discrete", {"psp": "exponential"}), (5, "continuous", {"delays": 9.0}), (5, "discrete", {"delays": 9}),
    (18, "continuous", {"delays": DELAYS}), (18, "discrete", {"psp": "cutoff", "delays": DELAYS}),
]  # fmt: skip


@pytest.mark.parametrize("events", [9, 40])
@pytest.mark.parametrize(("n", "timing", "kw"), CUT)
def test_long_runs_come_in_several_launches(where, monkeypatch, n, timing, kw, events):
    """Cut every few spikes, or between two: the same run, as states and counters are carried over as they are."""
    monkeypatch.setattr(launch, "_EVENTS", events)
    both(network(n, timing, **kw), 300)
    if where is not None:
        kernels = [launch[0] for launch in where.launches if launch[0].startswith("sample_")]
        assert len(kernels) > 2 and where.waits == len(kernels)


def test_silent_networks_end_in_their_first_launch(where, monkeypatch):
    monkeypatch.setattr(launch, "_EVENTS", 10)
    for n in (3, 20):
        silent = sk.SamplingNetwork(np.zeros((2, n, n)), np.full((2, n), -30.0), tau_ref=12)
        same(*(sk.simulate(silent, 400.0, device=d) for d in ("cpu", "cuda")))


def test_an_interrupt_comes_through_between_two_launches(where, monkeypatch):
    if where is None:
        pytest.skip("interrupts the stand-in")
    monkeypatch.setattr(launch, "_EVENTS", 100)

    def wait():
        where.waits += 1
        if where.waits == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(where, "wait", wait)
    net, ensemble = network(5, "continuous"), wakesleep.begin(LEARNING, [1])
    before = ensemble.weights.copy()
    for call in (lambda: sk.simulate(net, 500.0, device="cuda"), lambda: wakesleep.learn(ensemble, 50, device="cuda")):
        where.waits = 0
        with pytest.raises(KeyboardInterrupt):
            call()
        assert where.waits == 2
    assert np.array_equal(ensemble.weights, before)


@pytest.mark.parametrize("lanes", [32, 64, 96])
def test_the_number_of_lanes_changes_nothing(where, monkeypatch, lanes):
    """Wide networks share their neurons out, trainings their replicas: one warp or several."""
    for module in (cuda, learning):
        monkeypatch.setattr(module, "lanes_of", lambda n: lanes)
    for timing, kw in (("continuous", {}), ("discrete", {}), ("discrete", {"psp": "alpha"})):
        both(network(70, timing, **kw), 60)
    p = replace(LEARNING, replicas=100, cycle_length=500, cycles=2, validate_every=1, validation_length=500)
    one, two = (wakesleep.train(p, [1], device=d, progress=False) for d in ("cpu", "cuda"))
    assert one.weights.values.tobytes() == two.weights.values.tobytes()
    if where is not None:
        assert {launch[2] for launch in where.launches if "wide" in launch[0] or "train" in launch[0]} == {lanes}


def test_blocks_have_at_most_256_lanes(where):
    p = replace(LEARNING, replicas=300, cycle_length=1500, cycles=2, validate_every=2, validation_length=1500)
    one, two = (wakesleep.train(p, [1], device=d, progress=False) for d in ("cpu", "cuda"))
    assert one.weights.values.tobytes() == two.weights.values.tobytes()
    if where is not None:
        assert max(launch[2] for launch in where.launches) == 256


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
        {"window": "rectangular"},
        {"window": "rectangular", "timing": "discrete", "replicas": 40, "cycle_length": 400},
        {"window": "rectangular", "refractory_cv": 0.3, "wake": "sampled", "patterns": 4},
        {"window": "rectangular", "neurons": TABLE_NEURONS + 1, "replicas": 2, "cycle_length": 32},
        {"wake": "sampled", "patterns": 4, "timing": "discrete"},
        {"neurons": 3, "hidden": 3, "connectivity": "restricted", "wake": "sampled", "patterns": 4, "settle": 0.0},
        {"wake": "sampled", "patterns": 4, "refractory_cv": 0.2, "hidden": 2},
        {"timing": "discrete", "psp": "alpha", "tau_syn": 7.0, "refractory": 21, "wake": "sampled", "patterns": 4},
        {"timing": "discrete", "psp": "exponential", "neurons": TABLE_NEURONS + 1, "replicas": 2, "cycle_length": 32},
        {"density": 0.6, "matched": False, "sal_on": "pairs"},
        {"bits": 4, "limit": 0.7},
        {"bits": 3, "timing": "discrete", "replicas": 40, "cycle_length": 400},
        {"signs": "dale", "target_signs": "dale", "bits": 6, "density": 0.7, "sal_on": "pairs"},
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
    monkeypatch.setattr(launch, "_EVENTS", 2000)
    assert one.equals(wakesleep.train(LEARNING, [1], device="cuda", progress=False))


CIRCUIT = Microcircuit(epochs=2, patterns=4, symmetrise=2, pattern_length=125, settle=20, window=30, target_length=100)


def on_both(p, seeds):
    """Trained on CPU and device, with the same numbers; weights that are learned have moved."""
    one, two = (microcircuit.train(p, seeds, device=d, progress=False) for d in ("cpu", "cuda"))
    for name in one.variables:
        if one[name].dtype.kind == "f":
            assert one[name].values.tobytes() == two[name].values.tobytes(), name
    moved = {name for name in two.data_vars if name[:2] == "w_" and np.any(np.diff(two[name], axis=1))}
    assert moved & {"w_up_1", "w_up_2"} and {name for name in two.data_vars if name[:4] in ("w_ip", "w_pi")} <= moved


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
    on_both(p, [(1, 2), 3])
    if where is not None:
        wide = layers == (3, 40, 2)
        assert {launch[0] for launch in where.launches} == {"run_patterns" if wide else "run_cells"}


@pytest.mark.parametrize(
    "changes",
    [
        {"interneurons": "learned", "rehearsal": 3, "quiet": 2},
        {"interneurons": "learned", "rehearsal": 3, "quiet": 2, "feedback": "bp", "layers": (2, 3, 4, 2)},
        {"window": 6.4},  # twice as many steps as are looked ahead
        {"window": 6.3},  # one less: the kernel of wide circuits
        {"window": 125, "settle": 0.7},
        {"tau_ref": 3, "window": 41, "sal_window": "triangular"},
        {"layers": (1, 15, 1), "span": 1.0, "pattern_length": 60},  # 18 cells
        {"layers": (2, 12, 6), "span": 1.0, "pattern_length": 60},  # 26 cells
        {"layers": (1, 1, 15), "span": 1.0, "pattern_length": 60},  # 32 cells
        {"layers": (1, 1, 16), "span": 1.0, "pattern_length": 60},  # 34: the kernel of wide circuits
        {"nudge": 0.0, "api": 0.5},
        {"bias": -12.0, "span": 15.0, "teacher": 15.0},  # σ at its ends: few words are sure
    ],
    ids=str,
)
@pytest.mark.parametrize("specialised", [False, True])
def test_microcircuits_of_every_kind(where, monkeypatch, changes, specialised):
    """Both kernels, at the sizes where one takes over from the other, and where shortcuts in arithmetic end."""
    if where is not None:
        monkeypatch.setattr(where, "_specialised", specialised)
    elif not specialised:
        pytest.skip("a GPU's are")
    p = replace(
        replace(CIRCUIT, layers=(2, 3, 2), train_inputs=3, validation_inputs=2, teacher=None, lr_output=0.05), **changes
    )
    on_both(p, [(1, 2), 3])


@pytest.mark.parametrize("interneurons", microcircuit.INTERNEURONS)
def test_every_step_of_a_microcircuit(where, interneurons, monkeypatch):
    """Spikes and potentials as recorded, forwards, symmetrising and rehearsing."""
    rng, p = np.random.default_rng(3), replace(CIRCUIT, layers=(2, 4, 3, 2), train_inputs=1, validation_inputs=1)
    p = replace(p, interneurons=interneurons)
    forward = [rng.normal(size=(n, m)) for m, n in ((2, 4), (4, 3), (3, 2))]
    backward = [rng.normal(size=(n, m)) for n, m in ((4, 3), (3, 2))]
    lateral = None if interneurons == "held" else (forward[1:], backward)
    kinds = [{}, {"targets": np.ones((2, 2))}, {"symmetrise": True}]
    kinds += [{"rehearse": True}] if lateral else []
    for kind in kinds:
        given = (p, 4, forward, backward, rng.uniform(-2, 2, (2, 2)))
        one = microcircuit.watch(*given, lateral=lateral, **kind)
        monkeypatch.setattr(microcircuit.watching, "Circuits", lambda *a, **kw: Circuits(*a, **kw, device="cuda"))
        two = microcircuit.watch(*given, lateral=lateral, **kind)
        monkeypatch.setattr(microcircuit.watching, "Circuits", Circuits)
        assert one.identical(two) and one.spikes.values.sum() > 50


def test_runs_with_rules_of_their_own_train_together(where):
    """One launch for SAL, Hebbian and KP runs of several noise levels; each as when it is trained alone."""
    own = [
        replace(LEARNING, rule="sal", weight_noise=0.8), replace(LEARNING, rule="hebbian", plasticity_noise=0.3),
        replace(LEARNING, rule="kp", weight_decay=0.02, gain_cv=0.2), replace(LEARNING, bits=4, signs="dale"),
        replace(LEARNING, density=0.5, matched=False, target_bias=1.0),
    ]  # fmt: skip
    together = wakesleep.train(own, [1, 2, 3, 4, 5], device="cuda", progress=False)
    for run, p in enumerate(own):
        alone = wakesleep.train(p, [run + 1], device="cpu", progress=False)
        assert together.weights[run].values.tobytes() == alone.weights[0].values.tobytes()
    small = replace(CIRCUIT, train_inputs=3, validation_inputs=2)
    circuits = [replace(small, feedback=feedback) for feedback in microcircuit.FEEDBACK]
    together = microcircuit.train(circuits, [4, 4, 4], device="cuda", progress=False)
    for run, p in enumerate(circuits):
        alone = microcircuit.train(p, [4], device="cpu", progress=False)
        assert together.b_down_1[run].values.tobytes() == alone.b_down_1[0].values.tobytes()


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["synaptic-noise", "plasticity-noise", "plasticity-noise-both", "microcircuit"])
def test_stored_results_of_the_paper_recomputed(name):
    stored, anew = (experiments.results(name, "paper", device="cuda", recompute=again) for again in (False, True))
    for variable in stored.data_vars:
        if variable == "kl":  # NumPy's logarithm, which may round otherwise on another machine
            np.testing.assert_allclose(anew.kl, stored.kl, rtol=1e-11)
        else:
            assert stored[variable].values.tobytes() == anew[variable].values.tobytes(), variable


@pytest.mark.gpu
@pytest.mark.skipif(shutil.which("compute-sanitizer") is None, reason="no compute-sanitizer")
@pytest.mark.parametrize("tool", ["memcheck", "racecheck", "initcheck"])
def test_sanitizer(tool):
    """A small network of every kind, a training and a microcircuit under the sanitizer."""
    script = Path(__file__).parent / "sanitized.py"
    command = ["compute-sanitizer", "--tool", tool, "--error-exitcode", "9", sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_gpu_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(device, "_probe", lambda: (0, "no NVIDIA driver is installed"))
    words = "device 'cuda' is not available: no NVIDIA driver is installed; use 'auto' or 'cpu'"
    net = network(3, "continuous", members=())
    for call in (
        lambda: sk.simulate(net, 10.0, device="cuda"),
        lambda: wakesleep.train(LEARNING, [1], device="cuda"),
        lambda: microcircuit.train(CIRCUIT, [1], device="cuda"),
        lambda: sk.figures.pick("tutorial", "cuda"),
    ):
        with pytest.raises(RuntimeError, match=words):
            call()
    with pytest.raises(RuntimeError, match="device 'cuda' is not available: no NVIDIA driver"):
        cuda.current()
    assert sk.simulate(net, 10.0, device="auto").counts().shape == (1, 3)


def test_a_gpu_without_cupy_is_said_once_and_the_cpu_runs(monkeypatch, caplog):
    monkeypatch.setattr(device, "_probe", lambda: (1, ""))
    monkeypatch.setattr(device, "has_cupy", lambda: False)
    monkeypatch.setattr(device, "_gains", lambda work, threads: True)
    net = network(3, "continuous", members=(300,))
    with caplog.at_level("INFO", logger="salkit"):
        for _ in range(2):
            sk.simulate(net, 10.0, device="auto")
    assert [record.message for record in caplog.records] == [
        "running on the CPU: a GPU answers, but CuPy is not installed: install salkit[cuda12] or salkit[cuda13]"
    ]
    with pytest.raises(RuntimeError, match="install salkit"):
        sk.simulate(net, 10.0, device="cuda")


@pytest.fixture
def costs(monkeypatch, tmp_path):
    """A file of its own for measured rates, and a GPU that could be used."""
    monkeypatch.setenv("SALKIT_COSTS", str(tmp_path / "costs.json"))
    monkeypatch.setattr(device, "_probe", lambda: (1, ""))
    monkeypatch.setattr(device, "has_cupy", lambda: True)
    return tmp_path / "costs.json"


def test_auto_takes_the_device_that_is_faster(costs):
    """More trains, neurons and length speak for the GPU, threads for the CPU; one long train never does."""
    assert cost.rates() is cost.SHIPPED and cost.TABLE_NEURONS == TABLE_NEURONS
    few, many = cost.Work("events", 100, 7, 10.0), cost.Work("events", 16_000, 7, 60_000.0)
    assert device.pick_device("auto", few) == "cpu" and device.pick_device("auto", many) == "cuda"
    assert device.pick_device("auto") == "cuda" and device.pick_device("cpu", many) == "cpu"
    assert device.pick_device("auto", cost.Work("events", 1, 7, 1e9)) == "cpu"
    assert device.pick_device("auto", cost.Work("events", 40, 7, 1e6), 1) == "cuda"
    assert device.pick_device("auto", cost.Work("events", 40, 7, 1e6), 16) == "cpu"
    circuits = {(4, 60, 2): "cuda", (4, 60, 64): "cpu", (4, 1, 1): "cpu", (72, 4, 1): "cpu", (72, 500, 16): "cuda"}
    for (cells, runs, threads), faster in circuits.items():
        assert device.pick_device("auto", cost.Work("circuit", runs, cells, 1e7), threads) == faster, (cells, runs)
    for kind in ("events", "steps"):
        for trains in (1, 10, 1000, 10**6):
            times = [[cost.seconds(d, cost.Work(kind, trains, n, 1e4)) for n in (20, 1000)] for d in cost.SHIPPED]
            assert all(narrow < wide for narrow, wide in times)
    assert cost.seconds("cpu", many, 8) == cost.seconds("cpu", many, 1) / 8


def test_measured_rates_replace_the_shipped_ones(costs):
    rates = {d: {kind: [1e-8, 0.0, 1, 0.0] for kind in cost.KINDS} for d in cost.SHIPPED}
    rates["cuda"]["events"] = [1e-8, 0.0, 64, 2.0]
    costs.write_text(json.dumps(rates))
    assert cost.seconds("cuda", cost.Work("events", 128, 10, 1e6)) == pytest.approx(2.0 + 2 * 1e6 * 10 * 1e-8)
    for second, text in enumerate(("", "{}", '{"cpu": 3}', json.dumps(rates).replace("64", '"x"'))):
        costs.write_text(text)
        os.utime(costs, (second, second))
        assert cost.rates() == cost.SHIPPED


def test_rates_are_measured_and_kept(costs, monkeypatch):
    """On the CPU for both: a unit's time and what stands beside it, in a file that `auto` reads."""
    from salkit.bench import costs as measured

    monkeypatch.setattr(measured, "_SIZES", {kind: sizes[:1] for kind, sizes in measured._SIZES.items()})
    plain = measured.measure
    monkeypatch.setattr(measured, "measure", lambda name, scale: plain("cpu", scale, 1))
    said = []
    found = measured.renew(said.append, scale=0.02)
    assert len(said) == 2 * len(cost.KINDS) + 1 and str(costs) in said[-1]
    assert cost.rates() == found and all(0 < rate.each < 1e-5 for rate in found["cpu"].values())


def test_nothing_imports_cupy_where_there_is_no_gpu():
    code = (
        "import sys, salkit as sk, numpy as np\n"
        "from salkit.kernels import cuda, device\n"
        "if device.count(): sys.exit()  # another machine's test\n"
        "sk.simulate(sk.SamplingNetwork(np.zeros((300, 2, 2)), np.zeros(2)), 10.0)\n"
        "assert device.missing() and 'cupy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_visible_device_has_a_name(monkeypatch):
    monkeypatch.setattr(device, "_probe", lambda: (2, ""))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert device.ordinals() == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-8f")
    assert device.ordinals() == ["3", "GPU-8f"]


def test_devices_that_are_too_old_are_left_out(monkeypatch):
    """The capability of every device is asked for, not that of the first."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(device, "_capabilities", lambda: ([(6, 1), (9, 0), (7, 0), (7, 5)], ""))
    monkeypatch.setattr(device, "_probe", PROBE)
    assert device.count() == 2 and device.ordinals() == ["1", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-8f,0,1")
    assert device.ordinals() == ["GPU-8f", "1"]
    monkeypatch.setattr(device, "_capabilities", lambda: ([(6, 1), (7, 0)], ""))
    assert device.count() == 0 and device.ordinals() == []
    assert device.missing() == "the GPU is of compute capability 7.0, at least 7.5 is needed"


def test_the_current_device_may_be_too_old(monkeypatch):
    """CuPy may have another device current than the driver's first."""
    current = types.SimpleNamespace(Device=lambda: types.SimpleNamespace(compute_capability="61"))
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(cuda=current))
    with pytest.raises(RuntimeError, match=r"'cuda' is not available: the GPU is of compute capability 6\.1"):
        cuda.Device()
