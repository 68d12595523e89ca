"""Rates of two neurons, biases for given rates, and how a law is compared with spikes."""

import numpy as np
import pytest

import salkit as sk


def test_rates_are_those_of_the_boltzmann_law_where_weights_are_symmetric():
    for w, b_i, b_j in ((0.7, -0.5, 0.3), (-2.0, 1.0, 0.0), (5.0, -3.0, -2.0)):
        mean, _ = sk.boltzmann.moments([[0, w], [w, 0]], [b_i, b_j])
        assert np.allclose(sk.stdd.rates(w, w, b_i, b_j), mean, rtol=1e-9)


def test_rates_of_unequal_weights_are_those_of_spikes():
    """Five standard errors of 64 replicas: false alarm 1e-5."""
    pair = sk.SamplingNetwork([[0, 1.5], [-1.0, 0]], [-0.5, 0.4], tau_ref=10)
    counts = sk.simulate(pair, 20_000, seed=3, replicas=64, record=False, threads=1).counts() * 10 / 20_000
    error = counts.std(axis=0, ddof=1) / 8
    assert np.all(np.abs(counts.mean(axis=0) - np.array(sk.stdd.rates(1.5, -1.0, -0.5, 0.4))) < 5 * error)


@pytest.mark.parametrize("w_ij, w_ji", [(0.0, 0.0), (0.08, 0.04), (8.0, 4.0), (-4.0, -8.0), (3.0, -3.0)])
def test_matched_biases_give_the_rates(w_ij, w_ji):
    found = sk.stdd.rates(w_ij, w_ji, *sk.stdd.matched_biases(w_ij, w_ji, 0.45, 0.4))
    assert np.allclose(found, (0.45, 0.4), rtol=1e-5)


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((1, 1, 0.0, 0.5), "between 0 and 1"),
        ((1, 1, 0.5, np.nan), "between 0 and 1"),
        ((np.inf, 1, 0.5, 0.5), "finite"),
    ],
)
def test_bad_arguments(arguments, said):
    with pytest.raises(ValueError, match=said):
        sk.stdd.matched_biases(*arguments)


def test_rates_need_finite_numbers():
    with pytest.raises(ValueError, match="finite"):
        sk.stdd.rates(1, 1, np.nan, 0)


def test_compare_accepts_the_law_and_rejects_another():
    """p_value bounds the false alarm: 1e-3."""
    pair = sk.SamplingNetwork([[0, 0.8], [0.4, 0]], [-0.5, -0.5], tau_ref=20)
    spikes = sk.simulate(pair, 100_000, seed=5, replicas=30, threads=1)
    _, law = sk.stdd.distribution(0.8, 0.4, -0.5, -0.5, 20, t_max=30)
    _, other = sk.stdd.distribution(0.6, 0.6, -0.5, -0.5, 20, t_max=30)
    shares, z = sk.stdd.compare(spikes, law)
    assert np.array_equal(shares, spikes.stdd(0, 1, 30)[1]) and z.shape == (62,)
    assert sk.stdd.p_value(z) > 1e-3 and sk.stdd.p_value(z, sk.stdd.compare(spikes, other)[1]) < 1e-9


def test_p_value():
    assert sk.stdd.p_value([1.96, np.nan], [0.5]) == pytest.approx(0.1, abs=1e-4) and sk.stdd.p_value([0.1]) < 1
    with pytest.raises(ValueError, match="at least one score"):
        sk.stdd.p_value([np.nan])
