"""Kernels against slow readable twins, and what must not change a spike: threads, batches, order, continuation."""

import numpy as np
import pytest
import reference

import salkit as sk
from salkit.psp import SHAPES

W5 = np.random.default_rng(5).uniform(-1.5, 1.5, (5, 5)) * (1 - np.eye(5))  # asymmetric on purpose
B5 = np.array([-0.7, 0.2, 0.5, -0.1, -1.0])


def network(timing, psp="rectangular", **kw):
    return sk.SamplingNetwork(W5, B5, tau_ref=12, timing=timing, psp=psp, **kw)


def same(a, b):
    """Every spike, statistic and final state of two results are equal bit for bit."""
    for name in ("times", "neurons", "offsets", "spike_counts", "occupancy", "pairs", "ties"):
        one, two = getattr(a, name), getattr(b, name)
        assert (one is None and two is None) or np.array_equal(one, two), name
    for one, two in zip(a.final, b.final, strict=True):
        np.testing.assert_array_equal(one, two)


def test_continuous_kernel_equals_readable_twin():
    spikes = sk.simulate(network("continuous"), 3000.0, seed=7, replicas=2)
    for (replica,), times, neurons in spikes.trains():
        expected, occupancy = reference.continuous(W5, B5, 12.0, 3000.0, seed=7, replica=replica)
        assert len(expected) > 400
        assert neurons.tolist() == [neuron for _, neuron in expected]
        np.testing.assert_allclose(times, [time for time, _ in expected], rtol=1e-12)
        np.testing.assert_allclose(spikes.occupancy[replica], occupancy, atol=1e-8)


@pytest.mark.parametrize("kw", [{"psp": psp} for psp in SHAPES] + [{"refractory": 13, "psp_length": 11}])
def test_discrete_kernel_equals_readable_twin(kw):
    net = network("discrete", **kw)
    spikes = sk.simulate(net, 2000, seed=2**35 + 7)
    refractory = kw.get("refractory", 12)
    expected, occupancy = reference.discrete(W5, B5, net.psp_table(), 12, refractory, 2000, seed=2**35 + 7)
    assert len(expected) > 300
    assert list(zip(spikes.times.tolist(), spikes.neurons.tolist(), strict=True)) == expected
    np.testing.assert_array_equal(spikes.occupancy[0], occupancy)


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_large_networks_equal_readable_twin(timing):
    """Above twelve neurons there are no tables but integer potentials and 32-bit hazards: times within 1e-6."""
    w = np.random.default_rng(6).uniform(-0.5, 0.5, (14, 14)) * (1 - np.eye(14))
    b = np.linspace(-1, 1, 14)
    spikes = sk.simulate(sk.SamplingNetwork(w, b, tau_ref=12, timing=timing), 2500, seed=3)
    if timing == "continuous":
        expected, occupancy = reference.continuous(w, b, 12.0, 2500.0, seed=3)
    else:
        expected, occupancy = reference.discrete(w, b, np.ones(12), 12, 12, 2500, seed=3)
    assert len(expected) > 1200
    assert spikes.neurons.tolist() == [neuron for _, neuron in expected]
    np.testing.assert_allclose(spikes.times, [time for time, _ in expected], rtol=1e-6)
    np.testing.assert_allclose(spikes.occupancy[0], occupancy, atol=1e-2)


@pytest.mark.parametrize("net", [network("continuous"), network("discrete"), network("discrete", "alpha")])
def test_threads_batches_and_order_change_nothing(net):
    ensemble = sk.SamplingNetwork(
        np.stack([W5 * scale for scale in (0.2, 0.5, 1.0, 0.8)]), B5, net.tau_ref, net.timing, net.psp
    )
    whole = sk.simulate(ensemble, 600, seed=9, replicas=3, threads=1)
    same(whole, sk.simulate(ensemble, 600, seed=9, replicas=3, threads=2))
    same(whole, sk.simulate(ensemble, 600, seed=9, replicas=3, threads=7))
    for cut in ([0], [1], [2, 3]):
        part = slice(cut[0], cut[-1] + 1)
        same(whole[part], sk.simulate(ensemble[part], 600, seed=9, replicas=3, first_run=cut[0]))
    seeds = np.array([5, 8, 2**60, 0])
    forward = sk.simulate(ensemble, 600, seed=seeds)
    backward = sk.simulate(ensemble[::-1], 600, seed=seeds[::-1])
    for k in range(4):
        same(forward[k], backward[3 - k])
        same(forward[k], sk.simulate(ensemble[k], 600, seed=int(seeds[k])))
    fewer = sk.simulate(ensemble, 600, seed=9, replicas=2)
    np.testing.assert_array_equal(fewer.counts(), whole.counts()[:, :2])


@pytest.mark.parametrize("net", [network("continuous"), network("discrete"), network("discrete", "exponential")])
def test_recording_and_continuation_change_nothing(net):
    whole = sk.simulate(net, 1200, seed=4, replicas=2)
    silent = sk.simulate(net, 1200, seed=4, replicas=2, record=False)
    np.testing.assert_array_equal(whole.counts(), silent.counts())
    np.testing.assert_array_equal(whole.pairs, silent.pairs)
    first = sk.simulate(net, 500, seed=4, replicas=2)
    second = sk.simulate(net, 700, seed=4, replicas=2, start=first.final)
    for k, (_, times, neurons) in enumerate(whole.trains()):
        pieces = [list(part.trains())[k] for part in (first, second)]
        np.testing.assert_array_equal(neurons, np.concatenate([pieces[0][2], pieces[1][2]]))
        np.testing.assert_allclose(times, np.concatenate([pieces[0][1], pieces[1][1] + 500]), rtol=1e-12)
    np.testing.assert_array_equal(whole.counts(), first.counts() + second.counts())
    np.testing.assert_allclose(whole.pairs, first.pairs + second.pairs, atol=1e-9)
    np.testing.assert_allclose(
        whole.coactivation() * 1200, first.coactivation() * 500 + second.coactivation() * 700, atol=1e-8
    )


def test_different_seeds_runs_and_replicas_give_different_spikes():
    net = network("continuous")
    first = sk.simulate(net, 600, seed=1).times
    assert not np.array_equal(first, sk.simulate(net, 600, seed=2).times)
    assert not np.array_equal(first, sk.simulate(net, 600, seed=1, first_run=1).times)
    trains = [times for _, times, _ in sk.simulate(net, 600, seed=1, replicas=2).trains()]
    np.testing.assert_array_equal(trains[0], first)
    assert not np.array_equal(trains[1], first)


@pytest.mark.parametrize(
    ("net", "shortest"),
    [(network("continuous"), 12), (network("discrete"), 12), (network("discrete", refractory=15), 15)],
)
def test_refractory_period(net, shortest):
    spikes = sk.simulate(
        sk.SamplingNetwork(net.weights, B5 + 4, 12, net.timing, refractory=net.refractory), 20_000, seed=1
    )
    intervals = np.concatenate([np.diff(spikes.times[spikes.neurons == i]) for i in range(5)])
    assert shortest * (1 - 1e-12) <= intervals.min() < shortest + 0.01


def test_extreme_potentials():
    """A neuron that cannot spike stays silent to the end, one that must spikes once in every tau_ref."""
    off = sk.simulate(sk.SamplingNetwork([[0.0]], [-500.0]), 1000.0)
    assert off.times.size == 0 and off.state_distribution().tolist() == [1.0, 0.0]
    on = sk.simulate(sk.SamplingNetwork([[0.0]], [300.0], tau_ref=10), 1000.0)
    assert on.times.size == 100 and on.coactivation()[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
@pytest.mark.parametrize("n", [12, 13])
def test_both_sides_of_where_tables_end(n, timing):
    """Twelve neurons have tables over states, thirteen do not: the readable twin's spikes, in one go and in two.

    Coactivations of pairs, kept without spikes, are those of the states.
    """
    w = np.random.default_rng(n).uniform(-0.6, 0.6, (n, n)) * (1 - np.eye(n))
    b = np.linspace(-1, 1, n)
    net = sk.SamplingNetwork(w, b, tau_ref=12, timing=timing)
    spikes = sk.simulate(net, 400, seed=3)
    expected = (
        reference.continuous(w, b, 12.0, 400.0, seed=3)[0]
        if timing == "continuous"
        else reference.discrete(w, b, np.ones(12), 12, 12, 400, seed=3)[0]
    )
    assert len(expected) > 150
    assert spikes.neurons.tolist() == [neuron for _, neuron in expected]
    np.testing.assert_allclose(spikes.times, [time for time, _ in expected], rtol=1e-11 if n == 12 else 1e-6)
    first = sk.simulate(net, 150, seed=3)
    rest = sk.simulate(net, 250, seed=3, start=first.final)
    np.testing.assert_array_equal(spikes.neurons, np.concatenate([first.neurons, rest.neurons]))
    np.testing.assert_allclose(spikes.times, np.concatenate([first.times, rest.times + 150]), rtol=1e-11)
    z = sk.boltzmann.states(n)
    for part in (spikes, rest, sk.simulate(net, 250, seed=3, start=first.final, record=False)):
        p = part.state_distribution()
        np.testing.assert_allclose(part.coactivation(), (p[:, None] * z).T @ z, atol=1e-11)
        assert p.sum() == pytest.approx(1, abs=1e-12)
