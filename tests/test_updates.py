"""SAL updates from arrays: known pairs, the same as from our own spikes in any order and unit, no drift by chance."""

import numpy as np
import pytest

import salkit as sk
from salkit import updates

WINDOWS = [(w, p) for w in sk.stdp.ALL_WINDOWS for p in ("consecutive", "nearest")] + [("exponential", "all")]
PAIRS = [[0, 1], [3, 2], [2, 3], [0, 3], [0, 1]]


def shuffled(spikes, seed=2):
    order = np.random.default_rng(seed).permutation(spikes.times.size)
    return spikes.times[order], spikes.neurons[order]


def network(timing):
    rng = np.random.default_rng(8)
    weights = rng.normal(0, 1, (4, 4)) * (1 - np.eye(4))
    return sk.SamplingNetwork(weights, rng.normal(0, 0.4, 4), 20, timing)


def test_pairs_that_can_be_counted():
    """j = 0 at 0, 100, 200; i = 1 comes 3 later twice, and once 4 earlier: triangular window, tau 10."""
    times, neurons = [0, 3, 100, 103, 196, 200], [0, 1, 0, 1, 1, 0]
    w = updates.sal(times, neurons, 10, learning_rate=0.5)
    assert w == pytest.approx(0.5 * np.array([[0, 0.7 + 0.7 - 0.6], [-0.7 - 0.7 + 0.6, 0]]))
    assert updates.sal(times, neurons, 10, window="rectangular")[1, 0] == -1
    both = np.exp(-np.array([3, 97, 3, 93, 4]) / 10) * [-1, 1, -1, 0, 1]  # 103 → 196 are both of neuron 1
    assert updates.sal(times, neurons, 10, window="exponential")[1, 0] == pytest.approx(both.sum())


@pytest.mark.parametrize("window, pairing", WINDOWS)
@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_the_same_as_from_our_spikes(timing, window, pairing):
    """All pairs and chosen ones, shuffled; in seconds with an origin at −5 s, where steps are named, bit for bit."""
    spikes = sk.simulate(network(timing), 4000, seed=3)
    want = sk.stdp.sal(spikes, window, 20, pairing) * 4000 / 20
    found = updates.sal(*shuffled(spikes), 20, window=window, pairing=pairing)
    assert np.abs(want).max() > 1 and np.allclose(found, want, rtol=1e-12, atol=1e-10)
    some = updates.sal(*shuffled(spikes), 20, window=window, pairing=pairing, pairs=PAIRS)
    assert np.allclose(some, [found[i, j] for i, j in PAIRS], rtol=0, atol=1e-10)
    times, neurons = shuffled(spikes)
    if timing == "discrete":
        seconds = updates.sal(1e-4 * times - 5, neurons, 20e-4, window=window, pairing=pairing, resolution=1e-4)
        assert np.array_equal(seconds, found)
    else:
        assert np.allclose(updates.sal(1e-4 * times, neurons, 20e-4, window=window, pairing=pairing), found, atol=1e-6)


def test_spikes_of_one_step_are_no_pair_only_where_steps_are_named():
    """0.1 + 0.2 is not 0.3: taken exactly, the two spikes are a pair of K = 1."""
    times, neurons = [0.1 + 0.2, 0.3], [1, 0]
    assert updates.sal(times, neurons, 10)[1, 0] == pytest.approx(-1)
    assert np.all(updates.sal(times, neurons, 10, resolution=0.1) == 0)


def poisson(rng, rate, duration):
    return np.sort(rng.uniform(0, duration, rng.poisson(rate * duration)))


@pytest.mark.parametrize("pairing", ["consecutive", "all"])
def test_independent_neurons_of_any_rate_do_not_drift(pairing):
    """Poisson neurons of rates r and q: consecutive pairs of lag t come at the rate r q e^{−(r+q)t} in both orders, all
    pairs at r q. Mean of 100 recordings, held to 4 standard errors: one false alarm in 15 000.
    """
    rng = np.random.default_rng(4)
    found = []
    for _ in range(100):
        trains = [poisson(rng, rate, 2000.0) for rate in (0.2, 0.7)]
        neurons = np.repeat([0, 1], [train.size for train in trains])
        found.append(updates.sal(np.concatenate(trains), neurons, 1.5, window="exponential", pairing=pairing)[0, 1])
    assert abs(np.mean(found)) < 4 * np.std(found, ddof=1) / 10


def test_a_driven_neuron_has_the_drift_of_its_drive():
    """Each spike of j makes i spike 0.4 later with probability 0.3, on top of its own rate: in the mean
    ΔW_ij = −0.3 · K(0.4) a spike of j, ΔW_ji the opposite, as all other pairs of independent trains cancel.
    20 recordings, held to 4 standard errors (1 in 15 000 at normal means).
    """
    rng = np.random.default_rng(5)
    found = []
    for _ in range(20):
        j, own = poisson(rng, 0.5, 4000.0), poisson(rng, 0.2, 4000.0)
        i = np.concatenate([own, j[rng.random(j.size) < 0.3] + 0.4])
        neurons = np.repeat([0, 1], [i.size, j.size])
        w = updates.sal(np.concatenate([i, j]), neurons, 2.0, window="exponential", pairing="all")
        found.append([w[0, 1] / 4000, w[1, 0] / 4000])
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(20)
    assert mean[0] == -mean[1] and abs(mean[0] + 0.5 * 0.3 * np.exp(-0.2)) < 4 * error[0]


def test_symmetric_and_lopsided_networks():
    """Of any simulator: SAL lowers the larger of two reciprocal weights, and leaves equal ones alone (|z| < 4)."""
    for w_ij, w_ji, sign in ((1.5, 0.0, -1), (0.0, 1.5, 1), (0.8, 0.8, 0)):
        net = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [-0.3, 0.2], 1.0)
        spikes = sk.simulate(net, 2000, seed=9, replicas=12)
        found = [updates.sal(times, neurons, 1.0, pairs=[[0, 1]])[0] for _, times, neurons in spikes.trains()]
        z = np.mean(found) / (np.std(found, ddof=1) / np.sqrt(12))
        assert z * sign > 8 if sign else abs(z) < 4


def test_few_or_no_spikes():
    assert updates.sal([], np.array([], int), 1.0).shape == (0, 0)
    assert np.array_equal(updates.sal([], [], 1.0, size=3), np.zeros((3, 3)))
    assert np.array_equal(updates.sal([1.0], [2], 1.0, size=4, pairs=[[0, 2], [3, 1]]), np.zeros(2))
    assert updates.sal([1.0], [2], 1.0, pairs=np.zeros((0, 2), int)).shape == (0,)
