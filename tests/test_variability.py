"""Draws of variability: their laws, and that they are part of the seed's streams."""

import numpy as np
import pytest
from scipy import stats

from salkit import variability
from salkit.philox import Purpose, normal, uniform


def test_normal_is_standard_normal():
    """Kolmogorov–Smirnov on 20 000 draws of a fixed seed; red at p < 1e-6."""
    drawn = normal(3, Purpose.GAIN, 20_000)
    assert stats.kstest(drawn, "norm").pvalue > 1e-6
    assert abs(np.corrcoef(drawn[::2], drawn[1::2])[0, 1]) < 5 / np.sqrt(10_000)


def test_truncated_normal_is_the_law_between_the_limits():
    drawn = normal(3, Purpose.PLASTICITY_NOISE, 20_000, limit=1.5)
    assert np.abs(drawn).max() <= 1.5
    assert stats.kstest(drawn, stats.truncnorm(-1.5, 1.5).cdf).pvalue > 1e-6


def test_polar_method_by_hand():
    x, y = 2 * uniform(9, Purpose.START, 64).reshape(32, 2).T - 1
    s = x**2 + y**2
    first = np.flatnonzero(s < 1)[0]
    expected = np.sqrt(-2 * np.log(s[first]) / s[first])
    assert normal(9, Purpose.START, 2) == pytest.approx([x[first] * expected, y[first] * expected], rel=1e-14)


def test_fewer_draws_are_the_first_of_more_and_streams_differ():
    assert np.array_equal(normal(1, Purpose.GAIN, 5), normal(1, Purpose.GAIN, 500)[:5])
    assert not np.array_equal(normal(1, Purpose.GAIN, 5), normal(1, Purpose.PSP_HEIGHT, 5))
    assert not np.array_equal(normal(1, Purpose.GAIN, 5), normal(2, Purpose.GAIN, 5))


def test_synaptic_noise_is_independent_for_the_two_directions():
    """Pooled over 500 seeds, 21 pairs: correlation within 5 standard errors (false alarm 6e-7)."""
    noise = np.stack([variability.synaptic_noise(7, 0.5, seed) for seed in range(500)])
    i, j = np.triu_indices(7, 1)
    forward, back = noise[:, i, j].ravel(), noise[:, j, i].ravel()
    assert abs(np.corrcoef(forward, back)[0, 1]) < 5 / np.sqrt(forward.size)
    assert abs((forward - back).var() / 0.5 - 1) < 5 * np.sqrt(2 / forward.size)
    assert np.all(noise[:, range(7), range(7)] == 0)


def test_plasticity_noise_is_cut_and_never_negative():
    factor = np.stack([variability.plasticity_noise(7, 0.8, seed) for seed in range(200)])
    assert factor.min() == 0.0 and factor.max() <= 1 + 1.5 * 0.8
    assert np.all(factor[:, range(7), range(7)] == 1)
    small = variability.plasticity_noise(7, 0.05, 3)
    assert np.abs(small - 1).max() <= 0.075 and np.allclose(
        (small - 1) / 0.05, (variability.plasticity_noise(7, 0.1, 3) - 1) / 0.1
    )


def test_neurons_are_constant_without_variability_and_cut_with_much():
    plain = variability.neurons(7, 1)
    assert all(
        np.array_equal(values, np.full(7, 0.0 if name == "threshold" else 1.0))
        for name, values in plain._asdict().items()
    )
    wide = variability.neurons(2000, 1, gain=0.5, threshold=0.3)
    assert wide.gain.min() == variability.LEAST and wide.gain.std() == pytest.approx(0.5, rel=0.1)
    assert wide.threshold.std() == pytest.approx(0.3, rel=0.1) and np.all(wide.height == 1)


def test_noise_has_the_stated_sizes():
    """Standard deviations of 9e4 draws within five standard errors (1.2 %): false alarm 6e-7 each.

    Cut at ±1.5 σ a normal law keeps the variance 1 − 3 φ(1.5)/(2 Φ(1.5) − 1).
    """
    synaptic = variability.synaptic_noise(300, 0.4, 11)[~np.eye(300, dtype=bool)]
    plasticity = variability.plasticity_noise(300, 0.4, 11)[~np.eye(300, dtype=bool)]
    cut = np.sqrt(1 - 3 * stats.norm.pdf(1.5) / (2 * stats.norm.cdf(1.5) - 1))
    for values, mean, spread in ((synaptic, 0, 0.4), (plasticity, 1, 0.4 * cut)):
        assert abs(values.mean() - mean) < 5 * spread / 300
        assert abs(values.std() / spread - 1) < 5 / np.sqrt(2 * values.size)


def test_factors_of_neurons_are_normal_down_to_a_fifth():
    """Share at the floor 0.2 and moments of the unfloored half within five standard errors: false alarm 6e-7 each."""
    drawn = variability.neurons(10_000, 4, 0.5, 0.5, 0.5, 0.5, 0.5)
    for name in ("gain", "height", "refractory", "psp_length"):
        values, share = getattr(drawn, name), stats.norm.cdf(-1.6)
        assert values.min() == 0.2
        assert abs(np.mean(values == 0.2) - share) < 5 * np.sqrt(share * (1 - share) / 1e4)
        assert stats.kstest((values[values > 1] - 1) / 0.5, stats.halfnorm.cdf).pvalue > 1e-6
        assert abs(np.mean(values > 1) - 0.5) < 5 * 0.5 / 100
    assert abs(drawn.threshold.mean()) < 5 * 0.5 / 100 and abs(drawn.threshold.std() / 0.5 - 1) < 5 / np.sqrt(2e4)
    assert len({tuple(values[:3]) for values in drawn}) == 5  # five streams
