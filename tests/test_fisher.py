"""Fisher information of spike trains: two neurons from theory, and maximum likelihood, which attains the bound."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

import salkit as sk
from salkit import fisher

KEPT = ("occupancy", "overlaps")


def network(n, seed, **kw):
    rng = np.random.default_rng(seed)
    w = rng.normal(0, 0.8, (n, n)) * (1 - np.eye(n))
    return sk.SamplingNetwork(w, rng.uniform(-1, 0.5, n), 2.0, gain=rng.uniform(0.7, 1.3, n), **kw)


def run(net, duration, replicas, seed=1, **kw):
    """A stationary run: 20 tau_ref are left out at the start."""
    kw = dict(seed=seed, replicas=replicas, record=False, statistics=KEPT, threads=1) | kw
    return sk.simulate(net, duration, start=sk.simulate(net, 20 * net.tau_ref, **kw).final, **kw)


def log_likelihood(spikes, weights, biases):
    """Of a recorded train, by going through its events one by one."""
    _, times, neurons = next(spikes.trains())
    n, last, total = spikes.neuron_count, -spikes.initial.ages[0].astype(float), 0.0
    edges = np.sort(np.concatenate([times, times + spikes.tau_ref, (last + spikes.tau_ref), [0.0, spikes.duration]]))
    edges = edges[(edges >= 0) & (edges <= spikes.duration)]
    spiking = dict(zip(times, neurons, strict=True))
    for left, right in pairwise(edges):
        if left in spiking:
            on = left - last < spikes.tau_ref
            total += biases[spiking[left]] + weights[spiking[left]] @ on
            last[spiking[left]] = left
        on = (left + right) / 2 - last < spikes.tau_ref
        total -= np.sum(np.where(on, 0, np.exp(biases + weights @ on))) * (right - left) / spikes.tau_ref
    assert n == on.size
    return total


def test_two_neurons_from_theory():
    """Rates and overlaps: from the time in each state, and at spikes, within 4.5 standard errors (0.0013 at most)."""
    net = network(2, 3)
    exact = fisher.exact_information(net)
    recorded = run(net, 4000.0, 64, record=True)
    for spikes in (recorded, replace(recorded, occupancy=None)):
        found = fisher.information(net, spikes)
        np.testing.assert_allclose(found, exact, atol=0.006)
        assert found.shape == (2, 3, 3) and np.all(found[0, :, 1] == 0) and np.all(found[1, 2] == 0)
    r, rate = sk.reversibility.exact_overlaps(net), exact[:, 0, 0]
    bound = fisher.weight_variance(exact)
    assert bound[0, 1] == pytest.approx(1 / (r[0, 1] * (1 - r[0, 1] / rate[0])), rel=1e-12)
    assert bound[1, 0] == pytest.approx(1 / (r[1, 0] * (1 - r[1, 0] / rate[1])), rel=1e-12)
    assert bound[0, 0] == bound[1, 1] == 0
    assert fisher.information(net, recorded)[0, 0, 0] == pytest.approx(recorded.rates()[0], rel=0.03)


def test_information_is_the_curvature_of_the_likelihood():
    """At the maximum of a recorded train, by events one by one: no slope, and the curvature that I says, to 1e-4."""
    net = network(3, 5)
    spikes = sk.simulate(net, 800.0, 2, statistics=KEPT, threads=1)
    weights, biases = (x[0] for x in fisher.maximum_likelihood(spikes))
    found = sk.SamplingNetwork(weights, biases, 2.0)
    curvature = fisher.information(found, spikes) * 400.0
    best = log_likelihood(spikes, weights, biases)
    for i, j in ((0, 1), (0, 2), (2, 1)):
        step = np.zeros((3, 3))
        step[i, j] = 0.02
        up, down = (log_likelihood(spikes, weights + sign * step, biases) for sign in (1, -1))
        assert abs(up - down) / 0.04 < 1e-2 and up < best > down
        assert (2 * best - up - down) / 0.02**2 == pytest.approx(curvature[i, 1 + j, 1 + j], rel=1e-3)


def test_maximum_likelihood_attains_the_bound():
    """400 trains of 1000 tau_ref, four neurons: mean of each of 12 weights the true one (χ² 12 d.o.f., 1e-4; bias of
    order 1/T allowed for), variances over the bound 1 within 5 % on average (their errors: 7 % each, 2 % in the mean).
    """
    net = network(4, 3)
    spikes = run(net, 2000.0, 400)
    weights, biases = fisher.maximum_likelihood(spikes)
    bound = fisher.weight_variance(fisher.information(net, spikes)) / 1000.0
    off = ~np.eye(4, dtype=bool)
    truth = net.effective()
    z = ((weights.mean(axis=0) - truth[0])[off]) / np.sqrt(bound[off] / 400)
    assert np.sum(z**2) < 2 * stats.chi2.isf(1e-4, 12)
    ratio = weights.var(axis=0, ddof=1)[off] / bound[off]
    assert ratio.mean() == pytest.approx(1, abs=0.06) and np.all(np.abs(ratio - 1) < 4.5 * 0.0707 + 0.05)
    np.testing.assert_allclose(biases.mean(axis=0), truth[1], atol=0.02)
    assert np.all(np.diagonal(weights, axis1=-2, axis2=-1) == 0)


@pytest.mark.parametrize(
    ("w", "b_i", "b_j"), [(0.0, 0.0, 0.0), (0.0, -2.0, -2.0), (0.0, 1.5, 1.5), (1.0, -0.5, -0.5), (0.0, -2.0, 1.5)]
)
def test_efficiency_of_sal(w, b_i, b_j):
    """Bound over the variance of SAL's sum as an estimate of w_ij − w_ji, from 4000 trains of 300 tau_ref: its error is
    √(2/4000), 2.2 %. At equal rates the rectangular window is efficient, within 4.5 errors (1e-5 each); the triangular
    one is at 0.75 (rare spikes) and less. At rates of 0.1 and 0.8 both are below.
    """
    net = sk.SamplingNetwork(np.broadcast_to([[0.0, w], [w, 0.0]], (4000, 2, 2)), [b_i, b_j])
    spikes = run(net, 300.0 * 50, 1, statistics=("pairs", "overlaps"))
    variance = fisher.weight_variance(fisher.exact_information(net[0]))
    efficiency = {}
    for window in ("rectangular", "triangular"):
        drift = [sk.stdd.sal_drift(w + h, w - h, b_i, b_j, 1, window=window, per="time")[0] for h in (1e-3, -1e-3)]
        slope = (drift[0] - drift[1]) / 4e-3
        efficiency[window] = variance.sum() / (sk.stdp.sal(spikes, window)[:, 0, 1].var(ddof=1) * 300 / slope**2)
    if b_i == b_j:
        assert efficiency["rectangular"] == pytest.approx(1, abs=4.5 * 0.0224)
        assert 0.5 < efficiency["triangular"] < 0.75 * (1 + 4.5 * 0.0224)
    else:
        assert 0.6 < efficiency["rectangular"] < 0.9 and 0.3 < efficiency["triangular"] < 0.5


def test_larger_networks_at_their_spikes():
    """20 neurons, whose states are too many to count: as many spikes as rates say, r_ij beside, symmetric."""
    rng = np.random.default_rng(2)
    net = sk.SamplingNetwork(rng.normal(0, 0.2, (20, 20)) * (1 - np.eye(20)), rng.uniform(-1, 0, 20), 2.0)
    spikes = sk.simulate(net, 2000.0, replicas=2, threads=1)
    found = fisher.information(net, spikes)
    np.testing.assert_allclose(found[:, 0, 0], spikes.rates(), rtol=1e-12)
    np.testing.assert_allclose(found[:, 0, 1:], spikes.overlaps(), rtol=1e-12)
    np.testing.assert_array_equal(found, np.swapaxes(found, -1, -2))
    assert np.all(fisher.weight_variance(found)[~np.eye(20, dtype=bool)] > 4)


def test_ensembles_are_treated_member_by_member():
    nets = sk.SamplingNetwork(np.stack([network(3, k).weights for k in (1, 2)]), np.zeros(3), 2.0)
    spikes = run(nets, 400.0, 3)
    for k in (0, 1):
        np.testing.assert_allclose(
            fisher.information(nets, spikes)[k], fisher.information(nets[k], spikes[k]), rtol=1e-12
        )
        for one, two in zip(fisher.maximum_likelihood(spikes), fisher.maximum_likelihood(spikes[k]), strict=True):
            np.testing.assert_allclose(one[k], two, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda net: fisher.information(replace(net, timing="discrete"), sk.simulate(net, 50.0)), "continuous time"),
        (lambda net: fisher.information(network(3, 1), sk.simulate(net, 50.0)), "of 3 neurons, got 2"),
        (lambda net: fisher.exact_information(network(3, 1)), "two neurons, got 3"),
        (lambda net: fisher.maximum_likelihood(sk.simulate(net, 5.0)), "too few"),
        (lambda net: fisher.maximum_likelihood(sk.simulate(net, 50.0, statistics=())), "occupancy was not kept"),
        (lambda net: fisher.weight_variance(np.zeros((2, 3, 3))), "neuron 0 is singular"),
        (lambda net: fisher.weight_variance(np.zeros((3, 3))), "information must have shape"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call(network(2, 1))
