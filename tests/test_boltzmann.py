"""The exact machine: brute force, closed forms, divergence, errors."""

import itertools
import math

import numpy as np
import pytest

import salkit as sk


def test_distribution_by_brute_force():
    w, b = sk.boltzmann.random_machine(4, seed=3)
    weight = [
        math.exp(sum(b[i] * z[i] for i in range(4)) + sum(w[i, j] * z[i] * z[j] for i in range(4) for j in range(i)))
        for z in itertools.product((0, 1), repeat=4)  # neuron 0 is the most significant bit
    ]
    np.testing.assert_allclose(sk.boltzmann.distribution(w, b), np.array(weight) / sum(weight), rtol=1e-13)


def test_moments_and_ensembles():
    w, b = sk.boltzmann.random_machine(5, seed=1)
    mean, coact = sk.boltzmann.moments(np.stack([w, 0 * w]), b)
    assert mean.shape == (2, 5) and coact.shape == (2, 5, 5)
    np.testing.assert_allclose(np.diagonal(coact, axis1=-2, axis2=-1), mean, rtol=1e-12)
    independent = 1 / (1 + np.exp(-b))
    np.testing.assert_allclose(mean[1], independent, rtol=1e-12)
    np.testing.assert_allclose(coact[1][0, 1], independent[0] * independent[1], rtol=1e-12)
    p = sk.boltzmann.distribution(w, b)
    z = sk.boltzmann.states(5)
    np.testing.assert_allclose(mean[0][2], p[z[:, 2] == 1].sum(), rtol=1e-12)


def test_kl_divergence():
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    assert sk.boltzmann.kl_divergence(p, q) == pytest.approx(math.log(2))
    assert sk.boltzmann.kl_divergence(p, p) == 0
    assert sk.boltzmann.kl_divergence(q, p) == np.inf
    assert sk.boltzmann.kl_divergence(np.stack([p, q]), q).tolist() == pytest.approx([math.log(2), 0])
    tiny = np.array([1e-9, -1e-9])
    assert sk.boltzmann.kl_divergence([0.5, 0.5], 0.5 + tiny) == pytest.approx(2e-18, rel=1e-6)  # Σ ε²/(2p)·2


def test_random_machine():
    w, b = sk.boltzmann.random_machine(7, seed=5)
    np.testing.assert_array_equal(w, w.T)
    assert np.all(np.diag(w) == 0) and np.abs(w).max() < 1 and np.abs(b).max() < 1
    assert not np.array_equal(b, sk.boltzmann.random_machine(7, seed=6)[1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sk.boltzmann.distribution([[0, 1], [2, 0]], [0, 0]), "weights must be symmetric"),
        (lambda: sk.boltzmann.distribution([[0, 1], [1, 0]], [0, np.nan]), "biases must be finite, got nan"),
        (lambda: sk.boltzmann.kl_divergence([0.5, 0.5], [1.0]), "over the same states"),
        (lambda: sk.boltzmann.kl_divergence([0.5, 0.6], [0.5, 0.5]), "p must be non-negative and sum to 1"),
        (lambda: sk.boltzmann.kl_divergence([0.5, 0.5], [1.5, -0.5]), "q must be non-negative"),
        (lambda: sk.boltzmann.states(21), "neurons must be a whole number from 1 to 20, got 21"),
        (lambda: sk.boltzmann.random_machine(2, seed=-1), "seed must be"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("span", [1.0, 0.3])
def test_random_machines_fill_their_span_evenly(span):
    """45 150 uniform draws: extremes within 1e-3 of ±span, which they miss with a chance of 5e-10; moments within five
    standard errors (6e-7).
    """
    w, b = sk.boltzmann.random_machine(300, seed=8, span=span)
    drawn = np.concatenate([w[np.triu_indices(300, 1)], b]) / span
    assert drawn.size == 45_150 and -1 < drawn.min() < -0.999 and 0.999 < drawn.max() < 1
    assert abs(drawn.mean()) < 5 / np.sqrt(3 * drawn.size)
    assert abs(np.mean(drawn**2) - 1 / 3) < 5 * np.sqrt(4 / 45 / drawn.size)
    assert np.unique(drawn).size == drawn.size  # no number is used twice


def test_divergence_is_of_the_normalised_laws():
    """Sums that are off by less than the allowed 1e-6 change nothing, not even in second order (3e-13)."""
    p, q = np.array([0.2, 0.5, 0.3]), np.array([0.3, 0.3, 0.4])
    assert sk.boltzmann.kl_divergence(p * (1 + 8e-7), p) == pytest.approx(0, abs=1e-15)
    assert sk.boltzmann.kl_divergence(p, p * (1 - 8e-7)) == pytest.approx(0, abs=1e-15)
    assert sk.boltzmann.kl_divergence(p * (1 + 8e-7), q) == pytest.approx(np.sum(p * np.log(p / q)), rel=1e-12)
