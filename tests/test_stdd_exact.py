"""Rates of two neurons, biases for given rates, isolated pairs, and how a law is compared with spikes."""

import numpy as np
import pytest
import xarray as xr

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
    pair = sk.SamplingNetwork([[0, 0.8], [0.4, 0]], [-0.5, -0.3], tau_ref=20)
    other = sk.SamplingNetwork([[0, 0.6], [0.6, 0]], [-0.5, -0.3], tau_ref=20)
    spikes = sk.simulate(pair, 100_000, seed=5, replicas=30, threads=1)
    right, wrong = (sk.stdd.compare(network, spikes, t_max=30) for network in (pair, other))
    assert np.array_equal(right.simulated, spikes.stdd(0, 1, 30)[1]) and right.jump == pytest.approx(0.4)
    assert np.array_equal(right.theory, sk.stdd.distribution(0.8, 0.4, -0.5, -0.3, 20, t_max=30)[1])
    assert sk.stdd.p_value(right) > 1e-3 and sk.stdd.p_value(right, wrong) < 1e-9


def test_compare_of_other_networks():
    three = sk.SamplingNetwork(np.zeros((3, 3)), np.zeros(3), tau_ref=20)
    many = sk.SamplingNetwork(np.zeros((4, 2, 2)), np.zeros(2), tau_ref=20)
    spikes = sk.simulate(sk.SamplingNetwork(np.zeros((2, 2)), np.zeros(2), 20), 1000, replicas=2, threads=1)
    for network in (three, many):
        with pytest.raises(ValueError, match="network"):
            sk.stdd.compare(network, spikes)
    steep = sk.SamplingNetwork([[0, 0.5], [0.1, 0]], [0.0, 0.0], tau_ref=20, gain=[2.0, 1.0])
    assert sk.stdd.compare(steep, spikes).attrs["jump"] == pytest.approx(0.9)  # of the effective weights


def test_p_value_is_bonferronis():
    ds = xr.Dataset({"z": ("lag", [1.96, np.nan]), "z_beyond": 0.5})
    assert sk.stdd.p_value(ds) == pytest.approx(0.1, abs=1e-4)
    assert sk.stdd.p_value(ds, ds) == pytest.approx(0.2, abs=1e-4)
    with pytest.raises(ValueError, match="at least one result"):
        sk.stdd.p_value()


def test_isolated_pairs_are_the_jump_of_the_stdd_and_of_mass_1():
    t = np.linspace(0, 1, 2001)
    causal, anti = sk.stdd.isolated_pairs(1.2, -0.5, -1.0, 0.3, t)
    assert np.allclose(causal / anti, np.exp(1.7), rtol=1e-12)
    assert np.trapezoid(causal + anti, t) == pytest.approx(1, abs=1e-6)
    lags, p = sk.stdd.distribution(1.2, -0.5, -1.0, 0.3, 5000, t_max=4)
    assert p[lags > 0][0] / p[lags < 0][-1] == pytest.approx(np.exp(1.7), rel=2e-3)


def test_isolated_pairs_of_spikes_follow_their_law():
    """Binomial number of causal ones, five standard deviations: false alarm 1e-6."""
    pair = sk.SamplingNetwork([[0, 1.2], [-0.5, 0]], [-1.0, 0.3], tau_ref=10)
    spikes = sk.simulate(pair, 400_000, seed=3, threads=1)
    gap = np.diff(spikes.times)
    alone = (gap[:-2] >= 10) & (gap[1:-1] < 10) & (gap[2:] >= 10)
    number, causal, share = np.sum(alone), np.sum(alone & (spikes.neurons[2:-1] == 0)), 1 / (1 + np.exp(-1.7))
    assert number > 2000 and abs(causal - share * number) < 5 * np.sqrt(share * (1 - share) * number)


def test_isolated_pairs_need_distances_within_tau_ref():
    for arguments in ((1, 1, 0, 0, 1.5), (np.nan, 1, 0, 0, 0.5)):
        with pytest.raises(ValueError, match=r"between 0 and 1|finite"):
            sk.stdd.isolated_pairs(*arguments)


def test_slope():
    """Exact on a line; its interval holds the truth in 95 % of 2000 draws, within four standard errors: 6e-5."""
    x, error = np.linspace(-2, 3, 12), np.linspace(0.5, 1.5, 12)
    assert sk.estimates.slope(x, 0.7 * x, error).value == pytest.approx(0.7)
    noise = np.random.default_rng(1).normal(size=(2000, 12)) * error
    held = [found.low < 0.7 < found.high for found in (sk.estimates.slope(x, 0.7 * x + e, error) for e in noise)]
    assert abs(np.mean(held) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 2000)
    for y, sd in ((np.ones(3), error), (x * np.nan, error), (x, 0 * error)):
        with pytest.raises(ValueError, match=r"shape|positive"):
            sk.estimates.slope(x, y, sd)


def test_isolated_pairs_of_spikes_are_as_far_apart_as_their_law_says():
    """Mean distance of causal and of anti-causal pairs, five standard errors: false alarm 1e-6."""
    setting = (1.2, -0.5, -1.0, 0.3)
    pair = sk.SamplingNetwork([[0, setting[0]], [setting[1], 0]], setting[2:], tau_ref=10)
    spikes = sk.simulate(pair, 400_000, seed=8, threads=1)
    gap = np.diff(spikes.times)
    alone = (gap[:-2] >= 10) & (gap[1:-1] < 10) & (gap[2:] >= 10)
    t = np.linspace(0, 1, 2001)
    for last, law in enumerate(sk.stdd.isolated_pairs(*setting, t)):
        apart = gap[1:-1][alone & (spikes.neurons[2:-1] == last)] / 10
        expected = np.trapezoid(t * law, t) / np.trapezoid(law, t)
        assert apart.size > 300 and abs(apart.mean() - expected) < 5 * apart.std() / np.sqrt(apart.size)
