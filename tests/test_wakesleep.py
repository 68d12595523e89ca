"""Wake–sleep learning: the compiled loop against a readable one, against exact moments, and what the rules do."""

import numpy as np
import pytest
import reference

import salkit as sk
from salkit import wakesleep
from salkit.kernels.cpu.moments import machine_moments
from salkit.philox import Purpose
from salkit.wakesleep import WakeSleep

SMALL = dict(
    neurons=5, tau_ref=20, cycle_length=64, replicas=4, cycles=30, weight_noise=0.5, lr_weight=0.1, lr_bias=0.1,
    lr_sal=0.1, validate_every=10, validation_length=400,
)  # fmt: skip
ALL_VARY = dict(gain_cv=0.2, height_cv=0.2, threshold_sd=0.1)


def same(a, b):
    return all(np.array_equal(a[name].values, b[name].values) for name in a.data_vars)


@pytest.mark.parametrize(
    "setting",
    [
        dict(rule="sal"),
        dict(rule="hebbian", plasticity_noise=0.3),
        dict(rule="kp", weight_decay=0.01, plasticity_noise=0.3, plasticity_noise_on="both"),
        dict(rule="sal", timing="discrete", plasticity_noise=0.3),
        dict(rule="kp", timing="discrete", weight_decay=0.01),
        dict(rule="sal", limit=0.3, **ALL_VARY),
        dict(rule="sal", refractory_cv=0.3, psp_length_cv=0.3, **ALL_VARY),
        dict(window="rectangular"),
        dict(window="rectangular", timing="discrete", plasticity_noise=0.3),
        dict(window="rectangular", refractory_cv=0.3, psp_length_cv=0.3),
        dict(timing="discrete", psp="exponential", plasticity_noise=0.3),
        dict(timing="discrete", psp="alpha", tau_syn=5.0, refractory=21),
        dict(timing="discrete", psp="tail", tau_syn=6.0, psp_length=30, window="rectangular"),
        dict(density=0.6),
        dict(density=0.6, matched=False, sal_on="pairs"),
        dict(density=0.6, matched=False, rule="hebbian", timing="discrete"),
        dict(bits=4),
        dict(bits=3, timing="discrete", limit=0.7, **ALL_VARY),
        dict(signs="dale", timing="discrete", sal_on="pairs"),
        dict(signs="dale", target_signs="dale", excitatory=0.8, bits=5, density=0.8, matched=False),
    ],
    ids=lambda setting: "-".join(map(str, setting.values())),
)
def test_compiled_loop_is_the_readable_one_bit_by_bit(setting):
    p = WakeSleep(**SMALL | setting)
    ensemble = wakesleep.begin(p, [(3, 4), (9, 2)])
    for cycle, (weights, biases) in enumerate(reference.wake_sleep(p, ensemble, 40)):
        wakesleep.learn(ensemble, 1)
        assert np.array_equal(ensemble.weights, weights), cycle
        assert np.array_equal(ensemble.biases, biases), cycle


@pytest.fixture
def recombined(monkeypatch):
    """SAL together with Kolen–Pollack decay, and SAL alone: one line each."""
    monkeypatch.setitem(wakesleep.RULES, "sal+kp", ("hebbian", "bias", "sal", "decay"))
    monkeypatch.setitem(wakesleep.RULES, "sal alone", ("sal",))


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_a_recombined_rule_does_what_its_terms_say(recombined, timing):
    """Bit by bit the readable loop, and unlike either of its parents; a rate whose term is missing has no effect."""
    both = SMALL | dict(weight_decay=0.01, timing=timing)
    ensemble = wakesleep.begin(WakeSleep(**both, rule="sal+kp"), [(3, 4)])
    for weights, biases in reference.wake_sleep(WakeSleep(**both, rule="sal+kp"), ensemble, 20):
        wakesleep.learn(ensemble, 1)
        assert np.array_equal(ensemble.weights, weights) and np.array_equal(ensemble.biases, biases)
    kp, sal = WakeSleep(**both, rule="kp"), WakeSleep(**SMALL, timing=timing)
    for parent in (wakesleep.begin(p, [(3, 4)]) for p in (kp, sal)):
        wakesleep.learn(parent, 20)
        assert np.abs(parent.weights - ensemble.weights).max() > 1e-3
    alone = wakesleep.train(WakeSleep(**SMALL, rule="sal alone", timing=timing), [1])
    assert np.all(alone.biases == alone.biases[:, 0])
    total = alone.weights + alone.weights.transpose("run", "validation", "pre", "post").values
    assert np.allclose(total, total[:, 0], atol=1e-12) and np.ptp(alone.weights.values, axis=1).max() > 0.01


def test_rules_are_made_of_known_terms(recombined):
    assert all(set(terms) <= set(wakesleep.TERMS) for terms in wakesleep.RULES.values())
    assert all(hasattr(WakeSleep, rate) for rate in wakesleep.TERMS.values())
    assert WakeSleep(rule="kp", weight_decay=0.1).rates() == (0.01, 0.01, 0.0, 0.1)
    assert WakeSleep(rule="sal+kp", weight_decay=0.1).rates() == (0.01, 0.01, 0.01, 0.1)
    with pytest.raises(ValueError, match=r"weight_decay goes with rule 'kp' or 'sal\+kp' only, got 0.1 with 'sal "):
        WakeSleep(rule="sal alone", weight_decay=0.1)
    with pytest.raises(ValueError, match=r"rule must be one of sal, hebbian, kp, sal\+kp, sal alone, got 'sal-kp'"):
        WakeSleep(rule="sal-kp")


def test_results_do_not_depend_on_batch_threads_or_validation():
    p = WakeSleep(**SMALL)
    together = wakesleep.train(p, [1, (2, 5), 7], threads=2)
    alone = wakesleep.train(p, [(2, 5)], threads=1)
    assert same(together.isel(run=[1]), alone)
    often = wakesleep.train(WakeSleep(**SMALL | dict(validate_every=5, validation_length=200)), [(2, 5)])
    assert np.array_equal(often.weights[:, ::2], alone.weights)


def test_runs_of_one_seed_share_target_and_start_across_levels_and_rules():
    quiet, noisy = (
        wakesleep.begin(WakeSleep(weight_noise=s, rule=r), [4]) for s, r in ((0.0, "sal"), (0.6, "hebbian"))
    )
    assert np.array_equal(quiet.target, noisy.target)
    assert np.array_equal(quiet.weights, quiet.weights.swapaxes(1, 2))
    twice = wakesleep.begin(WakeSleep(weight_noise=1.2), [4])
    assert np.allclose(twice.weights - quiet.weights, 2 * (noisy.weights - quiet.weights), atol=1e-15)
    other_target = wakesleep.begin(WakeSleep(), [(8, 4)])
    assert np.array_equal(other_target.weights, quiet.weights) and not np.array_equal(other_target.target, quiet.target)


def test_start_has_the_stated_spread():
    """Pooled over 400 starts: each variance within 5 standard errors, false alarm 1e-6."""
    e = wakesleep.begin(WakeSleep(weight_noise=0.6), range(400))
    i, j = np.triu_indices(7, 1)
    difference, mean = e.weights[:, i, j] - e.weights[:, j, i], (e.weights[:, i, j] + e.weights[:, j, i]) / 2
    for values, variance in ((difference, 2 * 0.36), (mean, 0.04 + 0.18), (e.biases, 0.04)):
        assert abs(values.var() / variance - 1) < 5 * np.sqrt(2 / values.size)


def test_exact_moments_are_those_of_the_array_version():
    weights, biases = sk.boltzmann.random_machine(6, 3, span=2.0)
    p, mean, coactivation = np.empty(64), np.empty(6), np.empty((6, 6))
    machine_moments(weights, biases, p, mean, coactivation)
    assert np.allclose(p, sk.boltzmann.distribution(weights, biases), rtol=1e-13)
    assert np.allclose(mean, sk.boltzmann.moments(weights, biases)[0], rtol=1e-13)
    assert np.allclose(coactivation, sk.boltzmann.moments(weights, biases)[1], rtol=1e-13)


def test_hebbian_learning_conserves_every_difference():
    p = WakeSleep(rule="hebbian", weight_noise=0.3, cycles=2001, validate_every=1000, validation_length=100)
    ds = wakesleep.train(p, range(500, 504))
    assert np.abs(ds.weights).max() < p.limit  # nothing was clipped
    difference = (ds.weights - ds.weights.transpose("run", "validation", "pre", "post").values).values
    assert np.abs(difference - difference[:, :1]).max() < 2001 * 2**-52
    assert np.ptp(ds.weights.values, axis=1).max() > 0.1  # and yet it learned


def test_full_length_sal_recovers_the_noise_free_machine():
    """Fig. 4's two claims at full length, on seeds used nowhere else."""
    every = dict(validate_every=20_000)
    seeds = range(900, 906)
    free = wakesleep.train(WakeSleep(rule="hebbian", **every), seeds)
    hebbian = wakesleep.train(WakeSleep(rule="hebbian", weight_noise=0.8, **every), seeds)
    sal = wakesleep.train(WakeSleep(rule="sal", weight_noise=0.8, **every), seeds)
    final = {name: np.median(ds.kl[:, -1]) for name, ds in (("free", free), ("hebbian", hebbian), ("sal", sal))}
    assert final["sal"] < 3 * final["free"]
    assert final["hebbian"] > 10 * final["sal"]
    assert sal.asymmetry[:, 0].min() > 0.5 and sal.asymmetry[:, -1].max() < 1e-2
    # 6 × 21 differences: the mean is zero within 5 standard errors (false alarm 6e-7; pairs of one run are exchangeable
    # but not independent, so the error comes from the runs' own means)
    mean = sal.asymmetry_mean[:, -1].values
    assert abs(mean.mean()) < 7.0 * mean.std(ddof=1) / np.sqrt(mean.size)  # t(5): 1e-3 at 6.9


def test_noise_on_the_sleep_term_drives_weights_apart():
    """Mean drift of W_ij − W_ji per cycle is −η (f_ij − f_ji) ⟨z_i z_j⟩_sleep; slope 1 within 5 standard errors."""
    p = WakeSleep(
        rule="hebbian", plasticity_noise=0.3, lr_weight=1e-4, lr_bias=0.0, cycles=200, validate_every=199,
        validation_length=20_000, cycle_length=2000,
    )  # fmt: skip
    seeds = range(700, 720)
    ds, start = wakesleep.train(p, seeds), wakesleep.begin(p, seeds)
    i, j = np.triu_indices(7, 1)
    moved = (ds.weights[:, -1] - ds.weights[:, 0]).values
    measured = (moved[:, i, j] - moved[:, j, i]) / 199
    states = sk.boltzmann.states(7)
    coactivation = np.einsum("rk,ki,kj->rij", ds.sampled[:, 0].values, states, states)[:, i, j]
    factor = start.sleep_factor
    expected = -p.lr_weight * (factor[:, i, j] - factor[:, j, i]) * coactivation
    slopes = np.sum(measured * expected, axis=1) / np.sum(expected**2, axis=1)
    assert abs(slopes.mean() - 1) < 5 * slopes.std(ddof=1) / np.sqrt(slopes.size)
    assert slopes.std(ddof=1) < 0.05


def test_sal_makes_the_effective_weights_symmetric():
    p = WakeSleep(
        gain_cv=0.3, height_cv=0.3, limit=4.0, lr_weight=0.05, lr_bias=0.05, lr_sal=0.05, cycles=2001,
        validate_every=2000, validation_length=1000,
    )  # fmt: skip
    seeds = range(40, 44)
    sal, hebbian = (wakesleep.train(WakeSleep(**{**vars(p), "rule": rule}), seeds) for rule in ("sal", "hebbian"))
    assert sal.functional_asymmetry[:, -1].max() < 3e-3 < 1e-2 < hebbian.functional_asymmetry[:, -1].min()
    assert sal.asymmetry[:, -1].min() > 1e-2  # the weights themselves have to differ
    gain, height, weights = sal.gain.values, sal.height.values, sal.weights.values
    by_hand = gain[:, None, :, None] * weights * height[:, None, None, :]
    assert np.allclose(wakesleep.asymmetry(by_hand)[0], sal.functional_asymmetry, rtol=1e-12)


def test_asymmetry_is_variance_and_mean_over_pairs():
    weights = np.array([[0, 3, 1], [1, 0, 5], [0, 1, 0]], float)
    variance, mean = wakesleep.asymmetry(weights)
    assert mean == pytest.approx(7 / 3) and variance == pytest.approx(np.var([2, 1, 4]))


def test_sampled_wake_averages_are_the_targets():
    """Over 300 cycles of 40 patterns: within 6 standard errors for each of 20 averages, false alarm 4e-8."""
    p = WakeSleep(neurons=4, wake="sampled", patterns=40, cycle_length=800, lr_weight=0.0, lr_bias=0.0, lr_sal=0.0)
    for timing in ("continuous", "discrete"):
        e = wakesleep.begin(WakeSleep(**{**vars(p), "timing": timing}), [5])
        exact = wakesleep.begin(WakeSleep(neurons=4), [5])
        pairs, rates = [], []
        for _ in range(300):
            wakesleep.learn(e, 1)
            pairs.append(e.wake_pairs[0][np.triu_indices(4, 1)])
            rates.append(e.wake_rates[0].copy())
        for found, truth in ((pairs, exact.wake_pairs[0][np.triu_indices(4, 1)]), (rates, exact.wake_rates[0])):
            error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
            assert np.all(np.abs(np.mean(found, axis=0) - truth) < 6 * error + 1e-3)  # a clamp of ±10 leaks 5e-5


def visible_law(weights, biases, visible):
    """Exact law of the visible neurons of a symmetric machine."""
    return sk.boltzmann.distribution((weights + weights.T) / 2, biases).reshape(1 << visible, -1).sum(axis=1)


def test_hidden_units_follow_the_gradient_of_the_likelihood():
    """The mean update is parallel to the numerical gradient of Σ p* ln p over weights and biases."""
    p = WakeSleep(
        rule="hebbian", neurons=2, hidden=2, wake="sampled", patterns=100, cycle_length=10_000, cycles=1,
        start_sd=1.0, target_span=2.0, settle=5.0, limit=20.0,
    )  # fmt: skip
    e = wakesleep.begin(p, [3])
    weights, biases, target = e.weights[0].copy(), e.biases[0].copy(), e.target[0]
    upper = list(zip(*np.triu_indices(4, 1), strict=True))
    mean = np.zeros(10)
    for _ in range(150):
        e.weights[0], e.biases[0] = weights, biases
        wakesleep.learn(e, 1)
        mean += [*(e.weights[0][k] - weights[k] for k in upper), *(e.biases[0] - biases)]

    def likelihood(change):
        moved = weights.copy()
        for k, pair in enumerate(upper):
            moved[pair] += change[k]
            moved[pair[::-1]] += change[k]
        return np.sum(target * np.log(visible_law(moved, biases + change[6:], 2)))

    gradient = [(likelihood(1e-5 * axis) - likelihood(-1e-5 * axis)) / 2e-5 for axis in np.eye(10)]
    assert mean @ gradient / np.linalg.norm(mean) / np.linalg.norm(gradient) > 0.98


@pytest.mark.parametrize("connectivity", ["restricted", "full"])
def test_hidden_units_learn_and_the_sampled_divergence_is_the_exact_one(connectivity):
    p = WakeSleep(
        neurons=3, hidden=3, connectivity=connectivity, wake="sampled", patterns=20, replicas=4, cycles=1501,
        validate_every=500, validation_length=400_000, lr_weight=0.2, lr_bias=0.2, lr_sal=0.2, target_span=2.0,
        limit=6.0, start_sd=0.5, weight_noise=0.3,
    )  # fmt: skip
    ds = wakesleep.train(p, [1, 2])
    assert ds.kl[:, 0].min() > 0.3 and ds.kl[:, -1].max() < 0.05
    for run in range(2):
        law = visible_law(ds.weights[run, -1].values, ds.biases[run, -1].values, 3)
        exact = sk.boltzmann.kl_divergence(ds.target[run], law)
        assert ds.kl[run, -1] == pytest.approx(float(exact), rel=0.35, abs=1e-3)  # what is left of the asymmetry
    if connectivity == "restricted":
        assert np.all(ds.weights[..., :3, :3] == 0) and np.all(ds.weights[..., 3:, 3:] == 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(rule="stdp"), "rule must be one of sal, hebbian, kp, got 'stdp'"),
        (dict(timing="steps"), "timing must be one of continuous, discrete"),
        (dict(plasticity_noise_on="wake"), "plasticity_noise_on must be one of sleep, both"),
        (dict(neurons=0), "neurons must be a whole number from 1 to 16, got 0"),
        (dict(cycles=10.5), "cycles must be a whole number"),
        (dict(lr_sal=-0.1), "lr_sal must be finite and at least 0, got -0.1"),
        (dict(weight_noise=float("nan")), "weight_noise must be finite"),
        (dict(cycle_length=0), "cycle_length must be finite and at least 0.001, got 0"),
        (dict(neurons=12, hidden=5), "neurons [+] hidden must not exceed 16, got 12 [+] 5"),
        (dict(weight_decay=0.1), "weight_decay goes with rule 'kp' only, got 0.1 with 'sal'"),
        (dict(hidden=2), "hidden neurons have no exact wake averages"),
        (dict(connectivity="restricted"), "restricted connectivity needs hidden neurons"),
        (dict(timing="discrete", refractory_cv=0.1), "go with timing='continuous' only"),
        (dict(timing="discrete", replicas=7), "share of cycle_length must be a whole number of steps"),
        (dict(timing="discrete", tau_ref=2.5), "tau_ref must be a whole number of steps"),
        (dict(gain_cv="0.1"), "gain_cv must be a number, got '0.1'"),
        (dict(psp="box"), "psp must be one of rectangular, exponential, cutoff, tail, alpha, got 'box'"),
        (dict(psp="alpha"), "psp 'rectangular' only, got 'alpha'|'alpha'"),
        (dict(tau_syn=10.0, timing="discrete"), "tau_syn goes with shapes of psp that have one, got 10.0"),
        (dict(density=0.0), "density must be finite and positive, got 0.0"),
        (dict(density=1.5), "density must be at most 1, got 1.5"),
        (dict(matched=False), "matched=False goes with a density below 1"),
        (dict(matched=1, density=0.5), "matched must be True or False, got 1"),
        (dict(bits=1), "bits must be a whole number from 2 to 16, got 1"),
        (dict(bits=4.0), "bits must be a whole number from 2 to 16, got 4.0"),
        (dict(signs="plus"), "signs must be one of any, dale, got 'plus'"),
        (dict(target_signs=1), "target_signs must be one of any, dale, got 1"),
        (dict(sal_on="both"), "sal_on must be one of all, pairs, got 'both'"),
        (dict(sal_on="pairs"), "sal_on='pairs' goes with matched=False or signs='dale'"),
        (dict(sal_on="pairs", rule="hebbian", signs="dale"), "does not go with rule 'hebbian'"),
        (dict(excitatory=0.8), "excitatory goes with signs or target_signs 'dale' only, got 0.8"),
        (dict(signs="dale", excitatory=1.1), "excitatory must be at most 1, got 1.1"),
    ],
)
def test_bad_parameters(arguments, words):
    with pytest.raises(ValueError, match=words):
        WakeSleep(**arguments)


@pytest.mark.parametrize("seeds", [[], [-1], [2**32], [1.5], [(1, 2, 3)], [True], ["1"]])
def test_bad_seeds(seeds):
    with pytest.raises(ValueError, match="seed"):
        wakesleep.train(WakeSleep(**SMALL), seeds)


def test_targets_fill_their_span():
    """5600 uniform draws of 200 targets: none beyond ±0.7, and one within 1 % of it but for a chance of 1e-24."""
    e = wakesleep.begin(WakeSleep(target_span=0.7), range(200))
    drawn = np.concatenate([e.target_weights[:, *np.triu_indices(7, 1)].ravel(), e.target_biases.ravel()])
    assert 0.693 < np.abs(drawn).max() < 0.7
    law = sk.boltzmann.distribution(e.target_weights, e.target_biases)
    np.testing.assert_allclose(e.target, law, rtol=1e-12)
    mean, coactivation = sk.boltzmann.moments(e.target_weights, e.target_biases)
    np.testing.assert_allclose(e.wake_rates, mean, rtol=1e-12)
    np.testing.assert_allclose(e.wake_pairs, coactivation, rtol=1e-12)


@pytest.mark.parametrize(("timing", "length"), [("continuous", 4e6), ("discrete", 2e6)])
def test_visible_neurons_are_held_at_a_potential_of_ten(timing, length):
    """Shown "off" all the time, a neuron is on for σ(−10) of it whatever its own bias and the hidden neuron are.

    90 spikes or more: within five standard errors, false alarm 6e-7. At ±9 there would be 2.7 times as many.
    """
    p = WakeSleep(
        rule="hebbian", neurons=1, hidden=1, wake="sampled", patterns=1, settle=10, cycle_length=length, timing=timing,
        tau_ref=5, cycles=1, replicas=1, lr_weight=0.0, lr_bias=0.0,
    )  # fmt: skip
    e = wakesleep.begin(p, [3])
    e.target[:], e.biases[:], e.weights[:] = [1.0, 0.0], 1.5, [[0.0, 2.0], [2.0, 0.0]]
    wakesleep.learn(e, 1)
    expected = 1 / (1 + np.exp(10))
    assert abs(e.wake_rates[0, 0] / expected - 1) < 5 / np.sqrt(expected * length)
    free = 1 / (1 + np.exp(-1.5))
    assert e.wake_rates[0, 1] == pytest.approx(free, rel=0.01)


def test_what_is_drawn_for_different_purposes_comes_from_different_streams():
    """A draw's high byte names its purpose: spikes asleep, awake and in validation, and the patterns, share none."""
    e = wakesleep.begin(WakeSleep(neurons=2, hidden=1, wake="sampled", cycles=1, timing="discrete", tau_ref=4), [1, 2])
    for draws, purpose in (
        (e.sleep.draws, Purpose.SAMPLING),
        (e.shown.draws, Purpose.WAKE),
        (e.pattern_draws, Purpose.PATTERNS),
        (e.validation_draws, Purpose.VALIDATION),
    ):
        assert np.all(draws >> np.uint64(56) == purpose) and np.all(draws << np.uint64(8) == 0)
    wakesleep.learn(e, 3)
    assert np.all(e.pattern_draws - (np.uint64(Purpose.PATTERNS) << np.uint64(56)) == 3 * 20)


def test_asymmetry_leaves_out_pairs_without_a_synapse():
    """Known answers: of three pairs one has no synapse, one has a synapse in one direction only, one of weight 1."""
    weights = np.array([[0, 1, 0], [4, 0, 2], [0, 0, 0]], float)
    variance, mean = wakesleep.asymmetry(weights)
    assert mean == pytest.approx((-3 + 2) / 2) and variance == pytest.approx(np.var([-3, 2]))
    none = wakesleep.asymmetry(np.zeros((4, 5, 3, 3)))
    assert all(found.shape == (4, 5) and not found.any() for found in none)


@pytest.mark.parametrize(("hidden", "connectivity"), [(0, "full"), (2, "full"), (2, "restricted")])
def test_every_synapse_starts_from_a_number_of_its_own(hidden, connectivity):
    """200 starts without noise: symmetric, each plastic weight and bias of variance 0.09 within 5.5 standard errors.

    28 numbers at most: false alarm 1e-6 each. No number of a start is used twice.
    """
    p = WakeSleep(neurons=5, hidden=hidden, connectivity=connectivity, wake="sampled", start_sd=0.3)
    e, n = wakesleep.begin(p, range(200)), 5 + hidden
    visible = np.arange(n) < 5
    synapse = ~np.eye(n, dtype=bool) & ((visible[:, None] != visible) | (connectivity == "full"))
    assert np.array_equal(e.weights, e.weights.swapaxes(1, 2)) and np.all(e.plastic == synapse)
    assert np.all(e.weights[:, ~synapse] == 0)
    drawn = np.concatenate([e.weights[:, synapse & np.triu(np.ones((n, n), bool))], e.biases], axis=1)
    assert np.all(np.abs((drawn**2).mean(axis=0) / 0.09 - 1) < 5.5 * np.sqrt(2 / 200))
    assert all(np.unique(row).size == row.size for row in drawn)
