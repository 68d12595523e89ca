"""Entropy production: exact for two and three neurons, σ ≥ 0 in any network, zero where reversible, and its fall."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import salkit as sk
from salkit import regeneration, reversibility, stdd
from salkit.reversibility import entropy_production, exact_entropy_production, exact_overlaps, standard_error

KEPT = ("overlaps",)


def network(n, seed, symmetric=False, gain=1.0, **kw):
    """Random weights of mean square 1/n … 4/n, biases ±1.5."""
    rng = np.random.default_rng(seed)
    w = rng.normal(0, rng.uniform(1, 2) / np.sqrt(n), (n, n)) * (1 - np.eye(n))
    gain = np.broadcast_to(gain, n)
    if symmetric:
        w = (w + w.T) / np.sqrt(2) / gain[:, None]
    return sk.SamplingNetwork(w, rng.uniform(-1.5, 1.5, n), kw.pop("tau_ref", 1.0), gain=gain, **kw)


def run(net, duration, seed=1, replicas=16):
    """Overlaps of a stationary run: 20 tau_ref are left out at the start."""
    kw = dict(seed=seed, replicas=replicas, record=False, statistics=KEPT, threads=1)
    return sk.simulate(net, duration, start=sk.simulate(net, 20 * net.tau_ref, **kw).final, **kw)


def overlaps_by_states(w, b, steps):
    """r_ij of a Markov chain on remaining times in steps of 1/steps: births at the hazard of the step before."""
    n = len(b)
    on = np.arange((steps + 1) ** n)
    left = np.stack(np.unravel_index(on, (steps + 1,) * n))
    index = {tuple(state): k for k, state in enumerate(left.T)}
    move, gained = np.zeros((on.size, on.size)), np.zeros((on.size, n, n))
    for k, state in enumerate(left.T):
        active = state > 0
        hazard = np.where(active, 0.0, np.exp(b + w @ active))
        total = hazard.sum()
        later = np.maximum(state - 1, 0)
        move[k, index[tuple(later)]] += np.exp(-total / steps)
        for i in np.flatnonzero(~active):
            born = later.copy()
            born[i] = steps
            chance = -np.expm1(-total / steps) * hazard[i] / total
            move[k, index[tuple(born)]] += chance
            gained[k, i, active] += chance * steps
    stationary = np.linalg.matrix_power(move, 1 << 12)[0]
    return np.einsum("k,kij->ij", stationary, gained)


def test_independent_neurons_overlap_by_chance():
    """Without weights r_ij = r_i r_j; with weights of one neuron's input only, r_ij > 0 = σ's other terms."""
    net = sk.SamplingNetwork(np.zeros((3, 3)), [-1.0, 0.3, 0.8], 2.0)
    rate = 1 / (1 + np.exp(-net.biases))
    np.testing.assert_allclose(exact_overlaps(net), np.outer(rate, rate) * (1 - np.eye(3)), rtol=1e-9)
    assert exact_overlaps(sk.SamplingNetwork([[0.0]], [1.0])).tolist() == [[0.0]]


def test_three_neurons_with_a_silent_one_are_two():
    """The integral equation against the closed form, which knows nothing of it."""
    w = np.array([[0, 1.3], [-0.8, 0]])
    three = np.pad(w, (0, 1))
    for b in ([0.4, -0.9], [2.0, 1.5], [-2.0, 0.0]):
        two = exact_overlaps(sk.SamplingNetwork(w, b))
        np.testing.assert_allclose(regeneration._three(three, np.array([*b, -30.0]))[:2, :2], two, rtol=2e-9)


@pytest.mark.parametrize("seed", range(3))
def test_three_neurons_are_the_limit_of_a_markov_chain(seed):
    """Steps of 1/2 … 1/6 extrapolated by a polynomial through all five: within 2 %, where the finest is 10 % off."""
    net = network(3, seed)
    steps = np.arange(2, 7)
    chain = np.stack([overlaps_by_states(*net.effective(), s) for s in steps])
    limit = np.array([np.prod([-1 / t / (1 / s - 1 / t) for t in steps if t != s]) for s in steps])
    off = ~np.eye(3, dtype=bool)
    exact = exact_overlaps(net)[off]
    assert np.abs(chain[-1][off] / exact - 1).max() > 0.05
    np.testing.assert_allclose(np.einsum("s,sij->ij", limit, chain)[off], exact, rtol=0.02)


def test_error_of_the_grids():
    """Against grids twice as fine, at potentials of 3 and of 6, the largest allowed: as the docstring says."""
    for scale, tolerance in ((3.0, 1e-7), (6.0, 1e-4)):
        for seed in range(2):
            rng = np.random.default_rng(seed)
            u = rng.uniform(-1, 1, (3, 3)) if seed else np.ones((3, 3))
            w = u * scale / np.abs(u).sum(axis=1, keepdims=True)
            b, w = np.diag(w).copy(), w * (1 - np.eye(3))
            a, c, d = (regeneration._on_grid(w, b, 2 * steps) for steps in regeneration.GRIDS)
            finer = (16 * (4 * d - c) / 3 - (4 * c - a) / 3) / 15
            off = ~np.eye(3, dtype=bool)
            assert np.abs(regeneration._three(w, b)[off] / finer[off] - 1).max() < tolerance


@pytest.mark.parametrize("n", [2, 3])
def test_from_spikes_as_from_theory(n):
    """Overlaps and σ of 6 networks: χ² over replicas' means, false alarm 1e-4 each (t of 63 d.o.f. as normal)."""
    scores, rates = [], []
    for seed in range(6):
        net = network(n, seed, gain=np.linspace(0.7, 1.4, n), tau_ref=3.0)
        spikes = run(net, 6000.0, seed, replicas=64)
        each = spikes.kept_overlaps() * (3.0 / spikes.duration) - exact_overlaps(net)
        off = ~np.eye(n, dtype=bool)
        rates.append((each.mean(axis=0) / each.std(axis=0, ddof=1).clip(1e-9) * 8)[off])
        scores.append((entropy_production(net, spikes) - exact_entropy_production(net)) / standard_error(net, spikes))
    assert np.sum(np.square(scores)) < stats.chi2.isf(1e-4, 6)
    assert np.abs(rates).max() < stats.norm.isf(1e-4 / np.size(rates) / 2)
    assert exact_entropy_production(net) > 0.01


def test_never_negative_in_a_hundred_networks():
    """N = 2 … 50, random weights, biases and gains: each σ above −4.5 standard errors (false alarm 1e-4 for all, with
    t of 31 d.o.f. 0.5 %), and nearly all well above zero.
    """
    clear = 0
    for seed in range(100):
        n = int(np.random.default_rng(1000 + seed).integers(2, 51))
        net = network(n, seed, gain=np.random.default_rng(seed).uniform(0.6, 1.6, n))
        spikes = run(net, 60.0, seed, replicas=32)
        found, error = entropy_production(net, spikes), standard_error(net, spikes)
        assert found > -4.5 * error
        clear += found > 4.5 * error
        upper = np.triu_indices(n, 1)
        pairs = reversibility.pair_entropy_production(net, spikes)
        np.testing.assert_allclose(pairs[upper].sum(), found, rtol=1e-12)
    assert clear > 90


def test_zero_where_effective_weights_are_symmetric():
    """Path by path: exactly zero, not only in the mean, whatever the gains; without the gains it would not be."""
    gain = np.linspace(0.6, 1.6, 20)
    net = network(20, 3, symmetric=True, gain=gain)
    spikes = run(net, 100.0)
    assert abs(entropy_production(net, spikes)) < 1e-12
    assert reversibility.squared_asymmetry(net) < 1e-24
    assert abs(entropy_production(replace(net, gain=1.0), spikes)) > 1e-3
    assert abs(exact_entropy_production(network(3, 5, symmetric=True))) < 1e-12


def test_symmetric_weights_run_alike_both_ways():
    """r_ij = r_ji, to 1e-9 exactly for three neurons, and in a network of 12 from spikes: χ² of 66 pairs, 1e-4."""
    exact = exact_overlaps(network(3, 4, symmetric=True))
    np.testing.assert_allclose(exact, exact.T, rtol=1e-9)
    spikes = run(network(12, 4, symmetric=True), 500.0, replicas=64)
    each = spikes.kept_overlaps() - np.swapaxes(spikes.kept_overlaps(), -1, -2)
    upper = np.triu_indices(12, 1)
    t = (each.mean(axis=0) / each.std(axis=0, ddof=1).clip(1e-9) * 8)[upper]
    assert np.sum(t**2) < stats.chi2.isf(1e-4, t.size) * (63 / 61)


def test_discrete_time_is_exact_with_a_psp_one_step_shorter():
    """Symmetric weights, tau_ref 4: overlaps are even with psp_length 3, and clearly uneven with 4 (χ² of 6 pairs)."""
    found = []
    for psp_length in (3, 4):
        net = sk.SamplingNetwork(
            network(4, 2, symmetric=True).weights * 2, [-1.5, 1.0, 2.0, -0.5], 4, "discrete", psp_length=psp_length
        )
        spikes = run(net, 20_000, replicas=64)
        each = spikes.kept_overlaps() - np.swapaxes(spikes.kept_overlaps(), -1, -2)
        t = (each.mean(axis=0) / each.std(axis=0, ddof=1).clip(1e-9) * 8)[np.triu_indices(4, 1)]
        found.append(np.sum(t**2))
    assert found[0] < stats.chi2.isf(1e-4, 6) * 1.2 and found[1] > 100


@pytest.mark.parametrize("window", sk.stdp.ALL_WINDOWS)
def test_rest_in_discrete_time(window):
    """Two neurons of biases ±1 and a partner of 1.5: at 1.5 to 1e-9 where the PSP is one step shorter than the shortest
    interval, off to either side by O(1/tau_ref) where it is as long, or two steps shorter.
    """
    for tau_ref in (10, 20):
        for kw in (dict(refractory=tau_ref + 1), dict(psp_length=tau_ref - 1)):
            assert stdd.fixed_point(1.5, -1.0, 1.0, tau_ref, "discrete", window=window, **kw) == pytest.approx(
                1.5, abs=1e-9
            )
    for kw, sign in ((dict(), 1), (dict(refractory=11, psp_length=9), -1)):
        off = sign * (stdd.fixed_point(1.5, -1.0, 1.0, 10, "discrete", window=window, **kw) - 1.5)
        assert 0.4 < off < 1.0


def test_own_periods_shift_the_centre_of_a_symmetric_law():
    """Three neurons of symmetric weights on for 0.5, 1 and 1.5: t_i − t_j is even about (τ_j − τ_i)/2, and not about 0.

    Numbers of pairs (all pairs, so they are a little over-dispersed) on both sides within tau_ref: below 5 against 20.
    """
    w, period = np.array([[0, 1.5, -0.8], [1.5, 0, 0.7], [-0.8, 0.7, 0]]), np.array([0.5, 1.0, 1.5])
    net = sk.SamplingNetwork(w, [-1.0, 1.0, 0.0], 1.0, refractory=period, psp_length=period)
    spikes = sk.simulate(net, 200_000.0, 5, threads=1)
    train = [spikes.times[spikes.neurons == i] for i in range(3)]

    def z(i, j, centre):
        edges = [np.searchsorted(train[i], train[j] + centre + side).sum() for side in (-1, 0, 1)]
        below, above = np.diff(edges)
        return (above - below) / np.sqrt(above + below)

    pairs = [(0, 1), (0, 2), (1, 2)]
    assert all(abs(z(i, j, (period[j] - period[i]) / 2)) < 5 for i, j in pairs)
    assert max(abs(z(i, j, 0.0)) for i, j in pairs) > 20


def test_one_way_input_keeps_the_network_irreversible():
    """Neuron 2 drives 0 and not 1: equal weights of 1.5 between those are no rest, and where SAL rests σ is not 0."""
    net = sk.SamplingNetwork([[0, 1.5, 2.0], [1.5, 0, 0], [0, 0, 0]], [-1.0, -0.5, 0.0])
    r = exact_overlaps(net)
    assert r[1, 0] - r[0, 1] > 0.03 and exact_entropy_production(net) > 0.3
    rest = replace(net, weights=[[0, 1.941, 2.0], [1.5, 0, 0], [0, 0, 0]])
    assert abs(np.diff(exact_overlaps(rest)[[0, 1], [1, 0]])[0]) < 1e-4 and exact_entropy_production(rest) > 0.3


@pytest.mark.parametrize("plastic", [None, np.triu(np.ones((3, 3), bool))])
def test_decay_over_a_learning_run(plastic):
    """SAL with the rectangular window: L follows the ordinary equation dW = η (r_ji − r_ij) with exact overlaps, and
    its fall is the sum of −2ησ. In the mean of 32 seeds within 4.5 standard errors (t of 31 d.o.f.: 1e-4) and at most
    what noise adds, the variance of each epoch's step as measured in the same runs: less than a tenth of the fall.
    """
    gain, lr, epochs, each = np.array([0.8, 1.0, 1.3]), 0.15, 60, 10
    net = replace(network(3, 8), gain=gain)
    kw = {} if plastic is None else {"plastic": plastic}
    runs = sk.alignment.train(
        net, epochs, 150.0, lr, "rectangular", "nearest", seeds=range(32), threads=1, **kw
    ).weights.values
    mask = ~np.eye(3, dtype=bool) if plastic is None else plastic & ~np.eye(3, dtype=bool)
    now, fallen = net, 0.0
    for _ in range(epochs // each):  # midpoint rule
        r = exact_overlaps(now)
        half = replace(now, weights=now.weights + lr * each / 2 * mask * (r.T - r))
        r = exact_overlaps(half)
        d = half.effective()[0] - half.effective()[0].T
        fallen -= 2 * lr * each * np.sum(d * (r - r.T)) / 2
        now = replace(now, weights=now.weights + lr * each * mask * (r.T - r))
    level = [reversibility.squared_asymmetry(one, **kw) for one in (net, now)]
    assert level[1] - level[0] == pytest.approx(fallen, rel=0.01) and level[1] < 0.7 * level[0]
    learnt = reversibility.squared_asymmetry(replace(net, weights=runs[:, -1]), **kw)
    steps = np.diff(runs, axis=1)
    sides = np.triu(np.ones((3, 3)), 1) - np.tril(
        np.ones((3, 3)), -1
    )  # both synapses of a pair step against each other
    spread = [np.sqrt(variance) * sides for variance in steps.var(axis=0, ddof=1)]
    noise = sum(reversibility.squared_asymmetry(replace(net, weights=one), **kw) for one in spread)
    error = 4.5 * learnt.std(ddof=1) / np.sqrt(32)
    assert noise < -0.1 * fallen
    assert level[1] - error < learnt.mean() < level[1] + error + noise


def test_decay_is_twice_sigma_for_the_rectangular_window_and_negative_for_the_triangular():
    """An identity in every run; in a network of 20, σ well above its error. One plastic synapse: the same −2σ."""
    net = network(20, 6, gain=np.linspace(0.7, 1.5, 20))
    spikes = sk.simulate(net, 800.0, 1, 4, record=False, statistics=("overlaps", "pairs"), threads=1)
    sigma = entropy_production(net, spikes)
    assert reversibility.decay(net, spikes) == pytest.approx(-2 * sigma, rel=1e-12) and sigma > 0.5
    lower = np.tril(np.ones((20, 20), bool))
    assert reversibility.decay(net, spikes, plastic=lower) == pytest.approx(-2 * sigma, rel=1e-12)
    assert reversibility.decay(net, spikes, plastic=np.zeros((20, 20), bool)) == 0
    assert -2 * sigma < reversibility.decay(net, spikes, "triangular") < 0


def test_ensembles_are_treated_member_by_member():
    weights = np.stack([network(3, k).weights for k in (1, 2)])[:, None]
    nets = sk.SamplingNetwork(weights, np.zeros(3), 1.0, gain=[0.9, 1.0, 1.2])
    spikes = run(nets, 50.0, replicas=3)
    for index in np.ndindex(2, 1):
        one, part = nets[index], spikes[index]
        for function in (entropy_production, standard_error, reversibility.decay):
            np.testing.assert_array_equal(function(nets, spikes)[index], function(one, part))
        for exact in (exact_overlaps, exact_entropy_production, reversibility.squared_asymmetry):
            np.testing.assert_array_equal(exact(nets)[index], exact(one))


def test_one_number_of_the_stdd_is_the_asymmetry():
    """p(0⁺)/p(0⁻) = e^{w_ij − w_ji}, whatever the biases: spikes at lag 0⁺ are begun on a partner just on."""
    for w_ij, w_ji, b_i, b_j in ((0.7, -0.4, -1.0, 2.0), (-1.5, 0.5, 0.3, 0.3)):
        two = stdd.continuous.TwoNeurons(*(np.array(x) for x in (w_ij, w_ji, b_i, b_j)))
        zero = np.zeros(1)
        assert float(two.density(0, zero)[0] / two.density(1, zero)[0]) == pytest.approx(np.exp(w_ij - w_ji), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda net, spk: entropy_production(replace(net, psp="alpha", timing="discrete"), spk), "rectangular PSPs"),
        (lambda net, spk: entropy_production(replace(net, refractory=9.0), spk), "refractory period and PSP length"),
        (lambda net, spk: entropy_production(replace(net, tau_ref=9), spk), "spikes must be of the network"),
        (lambda net, spk: entropy_production(net, sk.simulate(net, 90.0, record=False)), "overlaps were not kept"),
        (lambda net, spk: standard_error(net, spk), "at least 2 replicas"),
        (lambda net, spk: exact_overlaps(network(4, 1)), "at most 3 neurons in continuous time, got 4"),
        (lambda net, spk: exact_overlaps(replace(net, timing="discrete")), "got 2 in discrete time"),
        (lambda net, spk: exact_overlaps(replace(net, biases=[16, 0])), "potentials up to"),
        (lambda net, spk: reversibility.decay(net, spk, plastic=np.ones((2, 2))), "array of bool"),
    ],
)
def test_bad_input(call, words):
    net = sk.SamplingNetwork([[0, 1.0], [0.5, 0]], [0.0, 0.2], 10)
    with pytest.raises(ValueError, match=words):
        call(net, sk.simulate(net, 90.0))
