"""Plasticity: windows, hand-worked pairs, the overlap identity, symmetries, kernels' sums."""

import math
from dataclasses import replace

import numpy as np
import pytest

import salkit as sk

TIMINGS = [
    dict(timing="continuous"),
    dict(timing="discrete"),
    dict(timing="discrete", refractory=21, psp_length=19),
    dict(timing="discrete", psp="alpha"),
]


def run(kw, duration=3000, **more):
    w = np.random.default_rng(2).uniform(-1, 1, (4, 4)) * (1 - np.eye(4))
    net = sk.SamplingNetwork(w, [-0.5, 0.4, 0.8, 0.0], tau_ref=20, **kw)
    start = sk.simulate(net, 313, seed=8, replicas=3).final
    return sk.simulate(net, duration, seed=8, replicas=3, start=start, **more)


def by_hand(times, neurons, duration=100, tau_ref=10, ages=(np.inf, np.inf), timing="discrete"):
    """Spikes of two neurons, as if recorded."""
    spikes = sk.simulate(sk.SamplingNetwork(np.zeros((2, 2)), [-9, -9], tau_ref=tau_ref, timing=timing), duration)
    initial = spikes.initial._replace(ages=np.array([ages], float))
    return replace(spikes, times=np.array(times), neurons=np.array(neurons, np.int32), offsets=np.array([0,
    len(times)]),
                   initial=initial, recorded=True)  # fmt: skip


def test_windows():
    assert sk.stdp.window("triangular", [0, 0.25, 1, 3]).tolist() == [1, 0.75, 0, 0]
    assert sk.stdp.window("rectangular", [0, 0.25, 1, 3]).tolist() == [1, 1, 0, 0]
    assert sk.stdp.window("exponential", [0, 1]).tolist() == pytest.approx([1, math.exp(-1)])


def test_signs_on_one_pair():
    """Neuron 1 spikes 4 after neuron 0. For the synapse 0→1 that is causal: SAL depresses it and potentiates 1→0."""
    spikes = by_hand([20, 24], [0, 1])
    share = 10 / 100 * (1 - 4 / 10)
    assert sk.stdp.sal(spikes)[1, 0] == pytest.approx(-share)  # W[post 1, pre 0]
    assert sk.stdp.sal(spikes)[0, 1] == pytest.approx(+share)
    np.testing.assert_allclose(sk.stdp.hebbian(spikes), [[0, share], [share, 0]])
    np.testing.assert_allclose(sk.stdp.anti_hebbian(spikes), [[0, -share], [-share, 0]])


def test_nearest_and_all_pairs_by_hand():
    """Spikes 0 at 10, 30; 1 at 32, 45; neuron 1's last spike before the recording at −5."""
    spikes = by_hand([10, 30, 32, 45], [0, 0, 1, 1], ages=(np.inf, 5))
    k = [math.exp(-lag / 10) for lag in (2, 15, 22, 35, 35)]
    nearest = sk.stdp.sal(spikes, "exponential") * 100 / 10
    one_after_zero, zero_after_one = k[0] + k[1], math.exp(-1.5) + math.exp(-3.5)
    assert nearest[0, 1] == pytest.approx(one_after_zero - zero_after_one)
    consecutive = sk.stdp.sal(spikes, "exponential", pairing="consecutive") * 100 / 10
    assert consecutive[0, 1] == pytest.approx(k[0] - math.exp(-1.5))  # 30 and 45 follow a spike of their own neuron
    every = sk.stdp.hebbian(spikes, "exponential", pairing="all") * 100 / 10
    assert every[0, 1] == pytest.approx(sum(k[:4]))
    assert sk.stdp.sal(spikes, "exponential", tau=3)[0, 1] * 10 == pytest.approx(
        sum(math.exp(-lag / 3) for lag in (2, 15)) - math.exp(-5) - math.exp(-35 / 3)
    )


@pytest.mark.parametrize("kw", TIMINGS)
def test_triangular_window_is_the_overlap(kw):
    """(tau_ref/T) Σ K equals the time both are on, to rounding, ends of the recording and ties included."""
    spikes = run(kw)
    p, z = spikes.state_distribution(), sk.boltzmann.states(4)
    np.testing.assert_allclose(spikes.coactivation(), np.einsum("k,ki,kj->ij", p, z, z), atol=1e-12)
    ends = (spikes.initial.remaining(20) - spikes.final.remaining(20)).mean(axis=0) / spikes.duration
    off_diagonal = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(
        sk.stdp.hebbian(spikes)[off_diagonal], (spikes.coactivation() - ends)[off_diagonal], atol=1e-12
    )
    assert np.abs(ends[off_diagonal]).max() > 1e-4  # the ends matter here


@pytest.mark.parametrize("kw", TIMINGS)
def test_kernel_sums_equal_the_readable_rule(kw):
    spikes = run(kw)
    silent = run(kw, record=False)
    np.testing.assert_allclose(sk.stdp.sal(spikes), sk.stdp.sal(silent), atol=1e-12)
    np.testing.assert_allclose(sk.stdp.hebbian(spikes), sk.stdp.hebbian(silent), atol=1e-12)
    assert np.abs(sk.stdp.sal(spikes)).max() > 1e-4
    bare = run(kw, record=False, statistics=("pairs", "overlaps"))
    for rule in (sk.stdp.sal, sk.stdp.hebbian, sk.stdp.anti_hebbian):
        np.testing.assert_array_equal(rule(spikes, "rectangular"), rule(bare, "rectangular"))
    np.testing.assert_allclose(sk.stdp.sal(bare, "rectangular"), bare.overlaps().T - bare.overlaps(), atol=1e-15)


@pytest.mark.parametrize("kw", TIMINGS)
@pytest.mark.parametrize(
    "rule",
    [
        dict(),
        dict(window="rectangular"),
        dict(window="rectangular", pairing="consecutive", tau=31.0),
        dict(window="exponential"),
        dict(window="exponential", pairing="consecutive"),
        dict(window="exponential", pairing="all", tau=7.0),
    ],
)
def test_symmetries(kw, rule):
    spikes = run(kw, duration=1000)
    sal, hebbian = sk.stdp.sal(spikes, **rule), sk.stdp.hebbian(spikes, **rule)
    np.testing.assert_allclose(sal, -sal.T, atol=1e-15)
    np.testing.assert_allclose(hebbian, hebbian.T, atol=1e-15)
    assert np.all(np.diag(sal) == 0) and np.all(np.diag(hebbian) == 0)
    assert np.all(np.abs(sal) <= hebbian + 1e-15)


@pytest.mark.parametrize("kw", TIMINGS)
def test_consecutive_pairs_are_the_stdd(kw):
    """Their SAL sum is Σ S(Δt) over the pairs that `stdd_counts` bins (discrete time, where bins are lags)."""
    spikes = run(kw)
    triangular = [sk.stdp.sal(spikes, pairing=pairing) for pairing in ("nearest", "consecutive")]
    np.testing.assert_allclose(*triangular, atol=1e-15)
    if kw["timing"] == "discrete":
        fresh = replace(spikes, initial=spikes.initial._replace(ages=np.full((3, 4), np.inf)))
        lags, number, _ = fresh.stdd_counts(2, 1)
        expected = -np.sum(number.sum(axis=0) * np.sign(lags) * np.exp(-np.abs(lags) / 20)) / 3 * 20 / 3000
        assert sk.stdp.sal(fresh, "exponential", pairing="consecutive")[2, 1] == pytest.approx(expected, rel=1e-12)


def test_ensembles_are_treated_member_by_member():
    net = sk.SamplingNetwork(np.zeros((3, 2, 2)), np.array([[0, 1], [1, 0], [-1, 1.0]]), tau_ref=5)
    spikes = sk.simulate(net, 300.0, seed=1, replicas=2)
    for k in range(3):
        np.testing.assert_array_equal(sk.stdp.sal(spikes, "exponential")[k], sk.stdp.sal(spikes[k], "exponential"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(window="gaussian"), "window must be one of triangular, exponential, rectangular, got 'gaussian'"),
        (dict(pairing="some"), "pairing must be one of nearest, consecutive, all, got 'some'"),
        (dict(pairing="all"), "pairing 'all' goes with the exponential window"),
        (dict(tau=0), "tau must be finite and at least 0.001, got 0"),
        (dict(tau=np.nan), "tau must be finite and at least 0.001, got nan"),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        sk.stdp.sal(by_hand([20, 24], [0, 1]), **arguments)


def test_rules_beyond_the_kernels_sums_need_recorded_spikes():
    with pytest.raises(ValueError, match="need recorded spikes"):
        sk.stdp.sal(run(TIMINGS[0], record=False), "exponential")
