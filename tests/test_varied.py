"""Neurons with their own refractory period and PSP length, in continuous time."""

import numpy as np
import pytest

import salkit as sk


def test_equal_periods_give_the_spikes_of_the_plain_kernel():
    weights, biases = sk.boltzmann.random_machine(6, 2)
    plain = sk.simulate(sk.SamplingNetwork(weights, biases, 20), 20_000, seed=5, replicas=2)
    varied = sk.simulate(sk.SamplingNetwork(weights, biases, 20, refractory=20), 20_000, seed=5, replicas=2)
    assert np.array_equal(plain.neurons, varied.neurons) and np.array_equal(plain.times, varied.times)
    assert np.array_equal(plain.pairs, varied.pairs) and np.array_equal(plain.occupancy, varied.occupancy)


def test_equal_periods_give_the_law_of_the_plain_kernel_without_a_table():
    """14 neurons choose in another order than the plain kernel: rates and pairs within 6 standard errors."""
    weights, biases = sk.boltzmann.random_machine(14, 2)
    plain, varied = (
        sk.simulate(sk.SamplingNetwork(weights, biases, 20, refractory=r), 20_000, seed=5, replicas=32, record=False)
        for r in (None, 20)
    )
    for one, two in ((plain.counts(), varied.counts()), (plain.pairs, varied.pairs)):
        error = np.sqrt((one.var(axis=0, ddof=1) + two.var(axis=0, ddof=1)) / 32)
        assert np.all(np.abs(one.mean(axis=0) - two.mean(axis=0)) <= 6 * error)


def test_where_psp_and_refractoriness_end_together_the_law_is_boltzmanns():
    """A neuron on for tau_i of its own has the odds e^u tau_i / tau_ref: rates within 6 standard errors, 5 neurons."""
    weights, biases = sk.boltzmann.random_machine(5, 8)
    period = np.array([7.0, 30.0, 20.0, 12.0, 45.0])
    network = sk.SamplingNetwork(weights, biases, 20, refractory=period, psp_length=period)
    spikes = sk.simulate(network, 2e5, seed=1, replicas=32, record=False)
    on = spikes.counts() * period / spikes.duration
    exact = sk.boltzmann.moments(weights, biases + np.log(period / 20))[0]
    assert np.all(np.abs(on.mean(axis=0) - exact) < 6 * on.std(axis=0, ddof=1) / np.sqrt(32))


def test_a_short_psp_weakens_its_synapses():
    """One synapse 0→1: the rate of 1 is that of the hazards e^b and e^(b+w), weighted by how long the PSP is on."""
    network = sk.SamplingNetwork([[0, 0], [2.0, 0]], [0.0, -3.0], 20, psp_length=[5.0, 20.0])
    spikes = sk.simulate(network, 4e5, seed=2, replicas=32, record=False)
    rates = spikes.counts() * 20 / spikes.duration
    excited = rates[:, 0] * 5 / 20
    off = 1 - rates[:, 1]
    # neuron 1 is rarely on: its state hardly depends on where the PSP stands
    expected = (off * np.exp(-3) * (1 + excited * (np.exp(2) - 1))).mean()
    assert rates[:, 1].mean() == pytest.approx(expected, rel=0.05)
    full = sk.simulate(sk.SamplingNetwork([[0, 0], [2.0, 0]], [0.0, -3.0], 20), 4e5, seed=2, replicas=32, record=False)
    assert rates[:, 1].mean() < 0.75 * full.rates()[1]


def test_going_on_and_picking_members_keep_the_periods():
    weights, biases = sk.boltzmann.random_machine(4, 3)
    period = np.array([[5.0, 30, 20, 12], [20.0, 20, 9, 40]])
    network = sk.SamplingNetwork(np.stack([weights, weights]), biases, 20, refractory=period)
    whole = sk.simulate(network, 3000, seed=[4, 5], record=False)
    first = sk.simulate(network, 1000, seed=[4, 5], record=False)
    rest = sk.simulate(network, 2000, seed=[4, 5], record=False, start=first.final)
    assert np.array_equal(whole.counts(), first.counts() + rest.counts())
    alone = sk.simulate(network[1], 3000, seed=5, record=False)
    assert np.array_equal(alone.counts(), whole[1].counts())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(refractory=[1, -2]), "refractory must be positive, got -2"),
        (dict(psp_length=[1, 2, 3]), r"psp_length must be a number or fit shape \(2,\), got \(3,\)"),
        (dict(refractory=float("nan")), "refractory must be finite"),
        (dict(refractory="long"), "refractory must be an array of numbers"),
    ],
)
def test_bad_periods(arguments, words):
    with pytest.raises(ValueError, match=words):
        sk.SamplingNetwork(np.zeros((2, 2)), np.zeros(2), 20, **arguments)


def test_too_many_neurons_with_periods():
    with pytest.raises(ValueError, match="at most 60, got 61"):
        sk.SamplingNetwork(np.zeros((61, 61)), np.zeros(61), 20, refractory=20)
