"""Levels, missing synapses and signs: known answers, statistics of what is drawn, and what networks make of them."""

import numpy as np
import pytest

from salkit import boltzmann, constraints, wakesleep
from salkit.wakesleep import WakeSleep

QUICK = dict(neurons=5, cycle_length=200, replicas=4, lr_weight=0.1, lr_bias=0.1, lr_sal=0.1, validation_length=100)


@pytest.mark.parametrize("matched", [True, False])
def test_synapses_are_there_with_their_probability(matched):
    """400 draws of 20 neurons: the share within 5 standard errors; pairs agree always, or as chance has it (6e-7)."""
    drawn = np.array([constraints.synapses(20, 0.6, seed, matched) for seed in range(400)])
    i, j = np.triu_indices(20, 1)
    up, down = drawn[:, i, j], drawn[:, j, i]
    assert not drawn[:, np.arange(20), np.arange(20)].any()
    pairs = up.size
    assert abs(up.mean() - 0.6) < 5 * np.sqrt(0.24 / pairs)
    both = (up & down).mean()
    expected = 0.6 if matched else 0.36
    assert abs(both - expected) < 5 * np.sqrt(expected * (1 - expected) / pairs)
    assert np.array_equal(up, down) == matched
    fewer = np.array([constraints.synapses(20, 0.3, seed, matched) for seed in range(400)])
    assert np.all(drawn | ~fewer)  # fewer synapses are some of more
    assert constraints.synapses(4, 1.0, 3, matched).sum() == 12 and not constraints.synapses(4, 0.0, 3, matched).any()


def test_signs_have_their_number_and_are_drawn_evenly():
    """Of 7 neurons at 0.6 four are excitatory, each in 4/7 of 2000 draws within 5 standard errors (4e-6)."""
    drawn = np.array([constraints.signs(7, 0.6, seed) for seed in range(2000)])
    assert np.all(np.abs(drawn) == 1) and np.all((drawn > 0).sum(axis=1) == 4)
    assert np.all(np.abs((drawn > 0).mean(axis=0) - 4 / 7) < 5 * np.sqrt(12 / 49 / 2000))
    assert np.all(constraints.signs(3, 1.0, 1) == 1) and np.all(constraints.signs(3, 0.0, 1) == -1)


def test_weights_that_neurons_of_these_signs_can_have():
    w = np.array([[0, -1, 2, 3], [-1, 0, -4, 5], [2, -4, 0, 6], [3, 5, 6, 0]], float)
    found = constraints.follow_dale(w, [1, 1, -1, -1])
    assert np.array_equal(found, [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -6], [0, 0, -6, 0]])
    assert not np.any(np.signbit(found[found == 0]))


def test_levels():
    assert constraints.spacing(2, 1.5) == 1.5 and constraints.spacing(4, 2.1) == pytest.approx(0.3)
    assert np.allclose(constraints.levels([0.14, -0.16, 0.44, 0.46], 0.3), [0.0, -0.3, 0.3, 0.6])


@pytest.mark.parametrize("ratio", [0.02, 0.0999, 0.1001, 0.3, 1.0, 30.0])
def test_variance_of_rounding_is_the_integral_over_changes(ratio):
    """∫ δ² f (1 − f) over a normal change on a fine grid; the limits are δσ√(2/π) − σ² and δ²/6."""
    s = np.linspace(-9, 9, 2_000_001) * ratio
    density = np.exp(-((s / ratio) ** 2) / 2) / np.sqrt(2 * np.pi) / ratio
    f = s - np.floor(s)
    expected = 4.0 * np.sum(f * (1 - f) * density) * (s[1] - s[0])
    assert constraints.rounding_variance(2 * ratio, 2.0) == pytest.approx(expected, rel=1e-5)


def test_variance_of_rounding_in_a_network():
    """4000 synapses, one Hebbian step each from a symmetric start: right on average, and of the variance that is said.

    The step of a synapse is the same in both directions, its rounding is not: Var(W_ij − W_ji) = 2 δ² f (1 − f). Means
    and variances within 5 standard errors of 2000 pairs, false alarm 1e-6.
    """
    p = WakeSleep(**QUICK | dict(rule="hebbian", lr_weight=3.0, limit=2.0, bits=5))
    e = wakesleep.begin(p, range(200))
    delta = constraints.spacing(5, 2.0)
    assert np.allclose(e.weights / delta, np.rint(e.weights / delta), atol=1e-12)
    assert np.array_equal(e.weights, e.weights.swapaxes(1, 2))
    free = wakesleep.begin(WakeSleep(**QUICK | dict(rule="hebbian", lr_weight=3.0, limit=2.0)), range(200))
    free.weights[:] = e.weights
    wakesleep.learn(free, 1)
    wakesleep.learn(e, 1)
    assert np.allclose(e.weights / delta, np.rint(e.weights / delta), atol=1e-12)
    i, j = np.triu_indices(5, 1)
    f = free.weights[:, i, j] / delta - np.floor(free.weights[:, i, j] / delta)
    variance = delta**2 * f * (1 - f)
    error = np.concatenate([(e.weights - free.weights)[:, i, j], (e.weights - free.weights)[:, j, i]])
    assert abs(error.mean()) < 5 * np.sqrt(variance.mean() / error.size)
    difference = e.weights[:, i, j] - e.weights[:, j, i]
    spread = np.std(difference**2 - 2 * variance) / np.sqrt(difference.size)
    assert abs(np.mean(difference**2) - 2 * variance.mean()) < 5 * spread


def test_the_nearest_machine_is_the_machine_itself_where_it_is_allowed():
    weights, biases = boltzmann.random_machine(5, 3)
    found = constraints.nearest_machine(boltzmann.distribution(weights, biases), -2.0, 2.0)
    assert found.kl < 1e-13
    assert np.allclose(found.weights, weights, atol=1e-5) and np.allclose(found.biases, biases, atol=1e-5)


def test_the_nearest_machine_within_bounds_is_a_minimum():
    """Gradients vanish where a weight is free and point out of the bounds where not; without weights: the rates."""
    weights, biases = boltzmann.random_machine(6, 5, span=1.5)
    law = boltzmann.distribution(weights, biases)
    sign = constraints.signs(6, 0.5, 2)
    least, most = np.where(sign > 0, 0.0, -1.0), np.where(sign < 0, 0.0, 1.0)
    found = constraints.nearest_machine(law, least, most)
    assert found.kl == pytest.approx(float(boltzmann.kl_divergence(law, boltzmann.distribution(*found[:2]))))
    assert np.array_equal(found.weights, found.weights.T) and found.kl > 1e-3
    opposite = sign[:, None] != sign
    assert np.all(found.weights[opposite] == 0)
    (rates, pairs), (rate, pair) = boltzmann.moments(weights, biases), boltzmann.moments(*found[:2])
    assert np.allclose(rates, rate, atol=1e-5)
    pull = np.where(opposite, 0.0, pairs - pair)
    free = (found.weights > np.maximum(least, least[:, None])) & (found.weights < np.minimum(most, most[:, None]))
    assert np.abs(pull[free]).max() < 1e-5
    at_zero = (found.weights == 0) & ~opposite & ~np.eye(6, dtype=bool)
    assert np.all((pull * sign[:, None])[at_zero] <= 1e-5)
    none = constraints.nearest_machine(law, 0.0, 0.0)
    assert np.allclose(1 / (1 + np.exp(-none.biases)), rates, atol=1e-6) and not none.weights.any()


def test_networks_keep_within_their_constraints():
    """100 noisy cycles: no synapse where there is none, signs by column, levels, and nothing beyond the limit."""
    noisy = QUICK | dict(weight_noise=0.8, lr_weight=0.5, lr_sal=0.5, limit=0.8)
    e = wakesleep.begin(WakeSleep(**noisy, signs="dale", bits=4, density=0.7, matched=False), range(40))
    assert 0.55 < e.plastic.sum() / (40 * 20) < 0.85 and np.any(e.plastic != e.plastic.swapaxes(1, 2))
    wakesleep.learn(e, 100)
    assert np.all(e.weights[~e.plastic] == 0) and np.all(e.weights * e.sign[:, None, :] >= 0)
    assert np.abs(e.weights).max() == 0.8
    delta = constraints.spacing(4, 0.8)
    assert np.allclose(e.weights / delta, np.rint(e.weights / delta), atol=1e-12)
    assert np.array_equal(e.sign[3], constraints.signs(5, 0.5, 3))


def test_runs_of_one_seed_share_start_and_target_with_and_without_constraints():
    base = dict(neurons=5, weight_noise=0.4)
    free = wakesleep.begin(WakeSleep(**base), [4])
    sparse = wakesleep.begin(WakeSleep(**base, density=0.5), [4])
    dale = wakesleep.begin(WakeSleep(**base, signs="dale", target_signs="dale", excitatory=0.6), [(4, 7)])
    assert np.array_equal(sparse.weights, np.where(sparse.plastic, free.weights, 0.0))
    assert np.array_equal(sparse.target, free.target)
    own = wakesleep.begin(WakeSleep(**base), [(4, 7)])
    assert np.array_equal(np.abs(dale.weights), np.abs(own.weights))
    assert np.array_equal(dale.target_weights[0], constraints.follow_dale(free.target_weights[0], dale.sign[0]))
    shifted = wakesleep.begin(WakeSleep(**base, target_bias=-1.5), [4])
    assert np.array_equal(shifted.target_biases, free.target_biases - 1.5)
    assert np.array_equal(shifted.target_weights, free.target_weights)


def test_asymmetry_is_over_the_pairs_that_can_be_symmetric():
    """Each run by its own pairs, whichever runs are beside it."""
    p = WakeSleep(**QUICK | dict(weight_noise=0.5, density=0.6, matched=False, cycles=2, validate_every=1))
    together, alone = wakesleep.train(p, [1, 2, 3]), wakesleep.train(p, [2])
    assert np.array_equal(together.asymmetry[1], alone.asymmetry[0])
    there = together.synapse[1].values
    pairs = [(i, j) for i in range(5) for j in range(i) if there[i, j] and there[j, i]]
    weights = together.weights[1, 0].values
    assert 0 < len(pairs) < 10
    expected = np.var([weights[i, j] - weights[j, i] for i, j in pairs])
    assert together.asymmetry[1, 0] == pytest.approx(expected)
    dale = wakesleep.train(WakeSleep(**QUICK | dict(weight_noise=0.5, signs="dale", cycles=1)), [2])
    weights, sign = dale.weights[0, 0].values, dale.sign[0].values
    pairs = [(i, j) for i in range(5) for j in range(i) if sign[i] == sign[j]]
    assert dale.asymmetry_mean[0, 0] == pytest.approx(np.mean([weights[j, i] - weights[i, j] for i, j in pairs]))
    none = wakesleep.train(WakeSleep(**QUICK | dict(density=1e-9, cycles=1)), [1])
    assert none.asymmetry[0, 0] == 0 and not none.weights.any()
