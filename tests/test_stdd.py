"""Two-neuron theory: independent derivations, exact limits, symmetries, the authors' numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import salkit as sk
from salkit import stdd
from salkit.psp import SHAPES
from salkit.stdd import drift

CASES = np.random.default_rng(21).uniform(-1.5, 1.5, (4, 4))  # w_ij, w_ji, b_i, b_j
GRID = np.arange(-2, 2.001, 0.25)


def transfer_matrix(w_ij, w_ji, b_i, b_j, tau_ref, table, refractory, reach):
    """The STDD from the full chain on both ages, state by state: masses and rates at lags −reach … reach."""
    cap = max(refractory, len(table) + 1)
    states = [(i, j) for i in range(1, cap + 1) for j in range(1, cap + 1)]
    number = {state: k for k, state in enumerate(states)}
    quiet, only_i, only_j, both = (np.zeros((len(states),) * 2) for _ in range(4))
    for (i, j), k in number.items():
        u_i = b_i + w_ij * (table[j - 1] if j <= len(table) else 0)
        u_j = b_j + w_ji * (table[i - 1] if i <= len(table) else 0)
        p_i = (i >= refractory) / (1 + tau_ref * np.exp(-u_i))
        p_j = (j >= refractory) / (1 + tau_ref * np.exp(-u_j))
        older_i, older_j = min(i + 1, cap), min(j + 1, cap)
        quiet[number[older_i, older_j], k] = (1 - p_i) * (1 - p_j)
        only_i[number[1, older_j], k] = p_i * (1 - p_j)
        only_j[number[older_i, 1], k] = p_j * (1 - p_i)
        both[number[1, 1], k] = p_i * p_j
    whole = quiet + only_i + only_j + both
    values, vectors = np.linalg.eig(whole)
    stationary = np.real(vectors[:, np.argmax(values.real)])
    stationary /= stationary.sum()
    after_i, after_j = (only_i + both) @ stationary, (only_j + both) @ stationary
    p = {0: (both @ stationary).sum()}
    for lag in range(1, reach + 1):
        p[lag], p[-lag] = ((only_i + both) @ after_j).sum(), ((only_j + both) @ after_i).sum()
        after_i, after_j = quiet @ after_i, quiet @ after_j
    rate = np.array([p[lag] for lag in range(-reach, reach + 1)])
    rest = np.linalg.solve(np.eye(len(states)) - quiet, np.stack([after_i, after_j], axis=1))
    total = rate.sum() + ((only_j + both) @ rest[:, 0]).sum() + ((only_i + both) @ rest[:, 1]).sum()
    return rate / total, rate * tau_ref


TIMINGS = [
    dict(psp=shape, psp_length=9) if shape not in ("rectangular", "cutoff") else dict(psp=shape) for shape in SHAPES
]


@pytest.mark.parametrize("kw", [*TIMINGS, dict(refractory=6, psp_length=4), dict(psp_length=8)])
@pytest.mark.parametrize("case", CASES)
def test_discrete_law_equals_the_full_transfer_matrix(case, kw):
    net = sk.SamplingNetwork(np.zeros((2, 2)), np.zeros(2), 5, "discrete", **kw)
    expected, rate = transfer_matrix(*case, 5, net.psp_table(), kw.get("refractory", 5), 25)
    lags, p = stdd.distribution(*case, 5, timing="discrete", t_max=25, **kw)
    np.testing.assert_allclose(p, expected, atol=1e-12)
    for window, tau in (("triangular", 5.0), ("triangular", 17.5), ("exponential", 0.8)):
        s = -np.sign(lags) * sk.stdp.window(window, np.abs(lags) / tau)
        drift = stdd.sal_drift(*case, 5, "discrete", window=window, tau=tau, **kw)[0], (s * p).sum()
        assert drift[0] == pytest.approx(drift[1], abs=1e-12)
        per_time = stdd.sal_drift(*case, 5, "discrete", window=window, tau=tau, per="time", **kw)[0]
        assert per_time == pytest.approx((s * rate).sum(), abs=1e-11)


@pytest.mark.parametrize("case", CASES)
def test_continuous_law_solves_its_integral_equations(case):
    """x_k against the integral equation it comes from, rates against their balance, on a fine trapezoidal grid."""
    two = stdd.continuous.TwoNeurons(*(np.array(x) for x in case))
    t = np.linspace(0, 1, 20_001)
    for k in (0, 1):
        mine, other = two.density(k, t), two.density(1 - k, t)
        beta, x_off = two.beta[k], two.alpha[1 - k]
        for m in (5_000, 13_000, 20_000):
            a = t[20_000 - m :]
            integral = np.trapezoid(other[20_000 - m :] * beta * np.exp(-beta * (t[m] - 1 + a)), a)
            assert mine[m] == pytest.approx(x_off * beta * np.exp(-beta * t[m]) + integral, rel=1e-7)
    survivors = sum(two.tails[k] / two.alpha[k] for k in (0, 1))
    assert survivors == pytest.approx(two.decay, rel=1e-12)  # what enters the silent state leaves it
    halves = [two.integral(k, np.ones_like) + two.tails[k] / two.decay for k in (0, 1)]
    assert halves[0] == pytest.approx(halves[1], rel=1e-12)  # switches between the neurons alternate


def test_continuous_state_is_boltzmann_for_symmetric_weights():
    for w, b_1, b_2 in ((0.7, -0.3, 0.9), (-1.4, 0.2, 0.0)):
        p = sk.boltzmann.distribution([[0, w], [w, 0]], [b_1, b_2])
        two = stdd.continuous.TwoNeurons(*(np.array(x) for x in (w, w, b_1, b_2)))
        assert two.both_off == pytest.approx(p[0], rel=1e-12)
        rate = two.both_off * (two.alpha[0] + two.integral(0, np.ones_like))
        assert rate == pytest.approx(p[2] + p[3], rel=1e-12)


def test_symmetric_weights_give_a_flat_law():
    """In continuous time, for any biases; with w_ij > w_ji causal pairs outnumber anti-causal ones at short lags."""
    lags, p = stdd.distribution(0.8, 0.8, -0.9, 0.4, 40, t_max=60)
    inside = np.abs(lags) < 40
    np.testing.assert_allclose(p[inside], p[lags == 0][0], rtol=1e-12)
    lags, p = stdd.distribution(1.2, 0.4, -0.5, -0.5, 40, t_max=60)
    short = (np.abs(lags) > 0) & (np.abs(lags) < 15)
    assert p[short & (lags > 0)].sum() > 1.1 * p[short & (lags < 0)].sum()


@pytest.mark.parametrize("kw", [{}, dict(timing="discrete"), dict(timing="discrete", psp="alpha", psp_length=40)])
@pytest.mark.parametrize("case", CASES)
def test_mass_and_exchange_of_neurons(case, kw):
    w_ij, w_ji, b_i, b_j = case
    lags, p = stdd.distribution(*case, 12, **kw)
    assert 1 - 1e-6 <= p.sum() <= 1 + 1e-12 and np.all(p > 0)
    assert lags[0] == -lags[-1]
    np.testing.assert_allclose(p[::-1], stdd.distribution(w_ji, w_ij, b_j, b_i, 12, **kw)[1], rtol=1e-9)


def test_discrete_tends_to_continuous_as_one_over_tau_ref():
    """L1 distance of the laws at tau_ref 25 … 400: slope −1 within 0.05; the drifts approach as fast or faster."""
    tau = np.array([25, 50, 100, 200, 400])
    for case in CASES:
        apart, drifts = [], []
        for tau_ref in (int(x) for x in tau):
            laws = [stdd.distribution(*case, tau_ref, timing, t_max=2 * tau_ref)[1] for timing in sk.network.TIMINGS]
            apart.append(np.abs(laws[0] - laws[1]).sum())
            drifts.append(abs(stdd.sal_drift(*case, tau_ref, "discrete")[0] - stdd.sal_drift(*case, 1)[0]))
        assert abs(np.polyfit(np.log(tau), np.log(apart), 1)[0] + 1) < 0.05
        assert drifts[-1] < drifts[0] / 10


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
@pytest.mark.parametrize("window", sk.stdp.ALL_WINDOWS)
def test_drift_over_the_phase_plane(timing, window):
    """Antisymmetric, zero to 1e-10 on the diagonal, its sign against w_ij − w_ji everywhere else."""
    plane = stdd.phase_plane(GRID, timing=timing, window=window)
    drift = plane.drift_ij.values
    np.testing.assert_array_equal(drift, -plane.drift_ji.values)
    np.testing.assert_allclose(drift, -drift.T, atol=1e-12)  # exchange of the neurons
    assert np.abs(np.diag(drift)).max() < 1e-10
    asymmetry = GRID[:, None] - GRID[None, :]
    np.testing.assert_array_equal(np.sign(drift[asymmetry != 0]), -np.sign(asymmetry[asymmetry != 0]))
    np.testing.assert_allclose(plane.magnitude, np.sqrt(2) * np.abs(drift), rtol=1e-12)


def test_unequal_biases_move_the_zero_only_in_discrete_time():
    for w_ji in (-1.0, 0.0, 1.5):
        assert stdd.fixed_point(w_ji, -0.2, -0.9, 25) == pytest.approx(w_ji, abs=1e-9)
    off = [abs(stdd.fixed_point(1.5, -0.2, -0.9, tau_ref, timing="discrete") - 1.5) for tau_ref in (25, 50, 100)]
    assert (
        off[0] > 0.01 and off[0] / off[1] == pytest.approx(2, rel=0.1) and off[1] / off[2] == pytest.approx(2, rel=0.1)
    )
    np.testing.assert_allclose(stdd.nullcline(GRID[:3], 0, 0, 15, timing="discrete"), GRID[:3], atol=1e-9)


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_large_potentials_lose_no_digits(timing):
    """Up to the largest allowed: mass 1, and exchanged neurons mirror the law."""
    for case in ((3.0, 6.0, 4.0, 2.0), (0.0, 0.0, 14.0, -14.0), (-5.0, 5.0, -10.0, 10.0)):
        p = stdd.distribution(*case, 10, timing, t_max=100_000)[1]
        assert np.all(p >= 0) and p.sum() <= 1 + 1e-9
        mirrored = stdd.distribution(case[1], case[0], case[3], case[2], 10, timing, t_max=100_000)[1]
        np.testing.assert_allclose(p, mirrored[::-1], atol=1e-9)
    assert stdd.distribution(3.0, 6.0, 4.0, 2.0, 10, timing)[1].sum() == pytest.approx(1, abs=1e-6)


AUTHORS = json.loads((Path(__file__).parent / "data" / "stdd_authors.json").read_text())


@pytest.mark.parametrize("name", AUTHORS)
def test_agreement_with_the_authors_transfer_matrix(name):
    """To O(1/tau_ref), 2/tau_ref per bin, after taking on their conventions: w_12 acts on neuron 2, Δt > 0 means 2
    after 1, halves of mass ½ within the range, no lag 0, shortest interval tau_ref + 1, rectangles one step short.
    """
    theirs = AUTHORS[name]
    tau_ref, p = theirs["tau_ref"], np.array(theirs["stdd"], float)
    kw = (
        dict(refractory=tau_ref + 1, psp_length=tau_ref - 1)
        if theirs["psp"] == "rect_PSP"
        else dict(psp="alpha", tau_syn=theirs["tau_syn"])
    )
    w, b = (theirs["w_12"], theirs["w_21"]), (theirs["b_2"], theirs["b_1"])
    lags, ours = stdd.distribution(*w, *b, tau_ref, "discrete", t_max=-theirs["first_lag"], **kw)
    ours = sum(np.where(half, ours / ours[half].sum() / 2, 0) for half in (lags > 0, lags < 0))
    np.testing.assert_allclose(ours[lags != 0], p[lags != 0], rtol=2 / tau_ref)
    drift = np.sum(-np.sign(lags) * np.exp(-np.abs(lags) / tau_ref) * ours)
    assert drift == pytest.approx(theirs["sal_drift_12"], rel=2 / tau_ref)


def test_arrays_broadcast_and_batches_join(monkeypatch):
    grid = stdd.sal_drift(GRID[:, None], GRID[None, :4], 0.3, 0.1, 10, "discrete")[0]
    monkeypatch.setattr(drift, "_BATCH", 5 * (2 * 11) ** 2)
    pieces = stdd.sal_drift(GRID[:, None], GRID[None, :4], 0.3, 0.1, 10, "discrete")[0]
    np.testing.assert_allclose(pieces, grid, rtol=1e-12, atol=1e-15)  # BLAS may round by where a row stands
    assert grid.shape == (17, 4) and grid[3, 2] == pytest.approx(
        stdd.sal_drift(GRID[3], GRID[2], 0.3, 0.1, 10, "discrete")[0]
    )
    assert stats.pearsonr(grid[:, 0], GRID).statistic < -0.9


def network(w_ij, w_ji, b_i, b_j, *more, **settings):
    w_ij, w_ji, b_i, b_j = np.broadcast_arrays(w_ij, w_ji, b_i, b_j)
    weights = np.zeros((*w_ij.shape, 2, 2))
    weights[..., 0, 1], weights[..., 1, 0] = w_ij, w_ji
    return sk.SamplingNetwork(weights, np.stack([b_i, b_j], axis=-1), *more, **settings)


@pytest.mark.parametrize("kw", [{}, dict(timing="discrete", psp="cutoff", refractory=13)])
def test_a_network_gives_what_its_numbers_give(kw):
    """The law, the drift, the plane (an ensemble with two axes) and the rest points, bit by bit."""
    case = 0.8, -0.3, -0.5, 0.2
    for ours, numbers in (
        (stdd.distribution(network(*case, 12, **kw), t_max=30), stdd.distribution(*case, 12, t_max=30, **kw)),
        (stdd.sal_drift(network(*case, 12, **kw), per="time"), stdd.sal_drift(*case, 12, per="time", **kw)),
    ):
        assert all(np.array_equal(a, b) for a, b in zip(ours, numbers, strict=True))
    grid = GRID[::4]
    net = network(grid[:, None], grid[None, :], -0.5, 0.2, 12, **kw)
    plane, other = (
        stdd.phase_plane(net, window="triangular"),
        stdd.phase_plane(grid, -0.5, 0.2, 12, window="triangular", **kw),
    )
    assert plane.equals(other) and plane.attrs["b_i"] == -0.5 and plane.attrs["tau_ref"] == 12
    rest = stdd.nullcline(grid, -0.5, 0.2, 12, **kw)
    assert np.array_equal(stdd.nullcline(net), np.broadcast_to(rest, (grid.size, grid.size)))
    assert stdd.fixed_point(net[0, 1]) == rest[1]


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_gains_multiply_weights_and_biases(timing):
    case, (a_i, a_j) = (0.8, -0.3, -0.5, 0.2), (1.5, 0.7)
    net = network(*case, 12, timing, gain=[a_i, a_j])
    plain = a_i * case[0], a_j * case[1], a_i * case[2], a_j * case[3], 12, timing
    assert np.array_equal(stdd.distribution(net)[1], stdd.distribution(*plain)[1])
    assert stdd.sal_drift(net) == stdd.sal_drift(*plain)
    assert stdd.fixed_point(net) == stdd.fixed_point(*plain[1:]) / a_i
    if timing == "continuous":
        assert stdd.fixed_point(net) == pytest.approx(a_j * case[1] / a_i, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: stdd.distribution(network(0, 0, 0, 0), 0.5), "a network has all its settings: 0.5 cannot be given"),
        (lambda: stdd.sal_drift(network(0, 0, 0, 0), timing="discrete"), "all its settings: timing cannot be given"),
        (lambda: stdd.phase_plane(network(0, 0, 0, 0), b_i=1.0), r"a grid of networks of two neurons, got 2 in \(\)"),
        (lambda: stdd.phase_plane(network(GRID[:, None], GRID, 0, 0), b_i=1.0), "settings: b_i cannot be given"),
        (lambda: stdd.phase_plane(network([[0, 1], [2, 3]], 0, 0, 0)), "weights must be a grid: W_ij the same along"),
        (lambda: stdd.sal_drift(sk.SamplingNetwork(np.zeros((3, 3)), np.zeros(3))), "must have two neurons, i and j"),
        (lambda: stdd.sal_drift(0, 0, 0, 0, 15, refractory=16), "refractory and psp_length go with timing='discrete'"),
        (lambda: stdd.distribution(network(0, 0, 0, 0, psp_length=9)), "and psp_length go with timing='discrete'"),
        (
            lambda: stdd.distribution(0, 0, 0, 0, 5000, "discrete"),
            "needs 2.4 GB .* use a smaller tau_ref or psp_length",
        ),
        (lambda: stdd.sal_drift(0, 0, 0, 0, 300, "discrete", psp="tail"), "lasts .* steps, at most 2000"),
        (lambda: stdd.fixed_point([0, 1], 0, 0, 15), r"fixed_point is of one network .* got shape \(2,\)"),
        (lambda: stdd.sal_drift(np.nan, 0, 0, 0, 15), "w_ij must be finite, got nan"),
        (lambda: stdd.sal_drift(0, 0, 0, "x", 15), "b_j must be a number or an array of numbers"),
        (lambda: stdd.sal_drift(np.zeros(2), np.zeros(3), 0, 0, 15), "do not broadcast"),
        (lambda: stdd.sal_drift(0, 0, 0, 0, 0.5), "tau_ref must be finite and at least 1, got 0.5"),
        (lambda: stdd.sal_drift(0, 0, 0, 0, 2.5, "discrete"), "tau_ref must be a whole number of steps"),
        (lambda: stdd.sal_drift(0, 0, 0, 0, 15, "steps"), "timing must be one of continuous, discrete, got 'steps'"),
        (lambda: stdd.sal_drift(0, 0, 0, 0, 15, window="flat"), "window must be one of triangular, exponential"),
        (lambda: stdd.sal_drift(0, 0, 0, 0, 15, tau=0), "tau must be finite and at least 0.001, got 0"),
        (lambda: stdd.sal_drift(0, 0, 0, 0, 15, per="spike"), "per must be one of pair, time, got 'spike'"),
        (lambda: stdd.distribution(0, 0, 0, 0, 15, psp="alpha"), "continuous time takes psp 'rectangular' only"),
        (lambda: stdd.distribution(0, 0, 0, 0, 15, t_max=0), "t_max must be a whole number from 1 to 1000000, got 0"),
        (lambda: stdd.sal_drift(6, 0, 10, 0, 15), r"potentials up to 15, got \|bias\| \+ \|weight\| up to 16"),
        (lambda: stdd.distribution(0, 0, -14, -14, 15), "more than 1000000: give t_max"),
        (lambda: stdd.distribution(0, 0, -14, -14, 15, "discrete"), "more than 1000000: give t_max"),
        (lambda: stdd.distribution([0, 1], 0, 0, 0, 15), r"of one network here .* got an ensemble \(2,\)"),
        (lambda: stdd.phase_plane(np.zeros((2, 2))), "weights must be one-dimensional"),
        (lambda: stdd.fixed_point(np.inf, 0, 0, 15), "w_ji must be finite, got inf"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_bin_z_scores_are_standard_normal_under_the_law():
    """2000 multinomial samples of a known law: mean 0 and variance 1 within 5 standard errors; sparse bins are nan."""
    rng, p = np.random.default_rng(3), np.array([0.3, 0.2, 0.001])
    sets = [rng.multinomial(400, np.append(p, 0.499), 30) for _ in range(2000)]
    z = np.array([stdd.bin_z_scores(p, x[:, :3], x.sum(axis=1)) for x in sets])
    assert np.all(np.isnan(z[:, 2])) and np.all(np.isfinite(z[:, [0, 1, 3]]))
    assert abs(z[:, 0].var() - 1) < 5 * np.sqrt(2 / 2000) and abs(z[:, 3].mean()) < 5 / np.sqrt(2000)
    with pytest.raises(ValueError, match="must be"):
        stdd.bin_z_scores(p, np.zeros((2, 2)), np.zeros(2))


def test_bin_z_scores_keep_their_tails_in_sparse_bins():
    """200 000 bins that expect 100 pairs in 60 replicas: as many scores beyond 3.5 on either side as a normal law has.

    46.5 are expected; bounds of a fifth more or less than the 1e-4 quantiles of a Poisson number of them.
    """
    rng, p = np.random.default_rng(4), np.full(400, 1 / 500)
    sets = (rng.multinomial(50_000 // 60, np.append(p, 0.2), 60) for _ in range(500))
    z = np.array([stdd.bin_z_scores(p, x[:, :400], x.sum(axis=1), least=99)[:400] for x in sets])
    expected = z.size * stats.norm.sf(3.5)
    low, high = 0.8 * stats.poisson.ppf(1e-4, expected), 1.2 * stats.poisson.isf(1e-4, expected)
    assert np.all(np.isfinite(z)) and low < np.sum(z < -3.5) < high and low < np.sum(z > 3.5) < high


def test_bin_z_scores_of_few_pairs_have_mean_zero():
    """Counts are skewed; the correction takes this out of the mean of t, in order 1/√n of the 40 pairs of a bin.

    120 000 scores within five of their standard errors: false alarm 6e-7. Without the last term of Hall's cubic, or
    with twice of it, the mean would be 1/(6√40) = 0.026 from zero, nine standard errors.
    """
    rng, p = np.random.default_rng(5), np.full(2000, 0.5 / 2000)
    sets = (rng.multinomial(8000, np.append(p, 0.5), 20) for _ in range(60))
    z = np.array([stdd.bin_z_scores(p, x[:, :2000], x.sum(axis=1), least=1)[:2000] for x in sets])
    assert np.all(np.isfinite(z)) and abs(z.mean()) < 5 / np.sqrt(z.size)


@pytest.mark.parametrize("window", sk.stdp.ALL_WINDOWS)
@pytest.mark.parametrize("tau", [0.4, 1.0, 2.5])
def test_continuous_drift_is_the_mean_of_the_window_over_the_law(window, tau):
    """Σ p(Δt) S(Δt) over fine bins, for windows shorter and longer than tau_ref: within what bins of 1/1500 leave out.

    Per time it is that times the pairs per tau_ref: two for each change of the neuron that spikes, of which as many go
    one way as the other.
    """
    case = (1.2, -0.4, -0.5, 0.6)
    lags, p = stdd.distribution(*case, 1500, t_max=45_000)
    ends = [np.maximum(np.abs(lags) + half, 0) / (tau * 1500) for half in (-0.5, 0.5)]  # of each bin
    mean = np.sum(-np.sign(lags) * sum(sk.stdp.window(window, x) for x in ends) / 2 * p)
    assert stdd.sal_drift(*case, 1500, window=window, tau=tau * 1500)[0] == pytest.approx(mean, rel=4e-3, abs=2.2e-4)
    spikes = sk.simulate(network(*case, 20), 200_000, seed=6, threads=1)
    pairs = np.count_nonzero(np.diff(spikes.neurons)) / 10_000  # per tau_ref, within 1 %: about 10 000 of them
    per_time = stdd.sal_drift(*case, 20, window=window, tau=tau * 20, per="time")[0]
    assert per_time / stdd.sal_drift(*case, 20, window=window, tau=tau * 20)[0] == pytest.approx(pairs, rel=0.06)


@pytest.mark.parametrize(
    ("timing", "psp"), [("continuous", "rectangular"), ("discrete", "rectangular"), ("discrete", "alpha")]
)
@pytest.mark.parametrize("case", [*CASES[:2], (0.5, -0.5, -3.0, -2.0)])
def test_the_default_range_is_the_shortest_that_leaves_a_millionth(timing, psp, case):
    """Two lags fewer leave more outside; and never fewer than what has no closed form."""
    lags, p = stdd.distribution(*case, 12, timing, psp)
    assert p.sum() >= 1 - 1e-6 - 1e-12
    if timing == "continuous" or psp == "rectangular":
        assert p[2:-2].sum() < 1 - 1e-6
    further = stdd.distribution(*case, 12, timing, psp, t_max=3 * int(lags[-1]))[1]
    np.testing.assert_allclose(further[np.abs(np.arange(-3 * lags[-1], 3 * lags[-1] + 1)) <= lags[-1]], p, rtol=1e-12)
    assert further.sum() == pytest.approx(1, abs=1e-9)


def test_bin_z_scores_by_hand():
    """Three replicas, one bin of p = 0.1: Hall's cubic of the residuals −1, 2, 5 and 1, −2, −5 written out in numbers.

    t = √3 (S + γ S²/3 + γ² S³/27 + γ/18), S = ±2/3; γ = (1 − 2p)/√(p (1 − p) 100), of the other lags −γ.
    """
    gamma = 0.8 / np.sqrt(0.09 * 100)
    z = stdd.bin_z_scores([0.1], [[9], [12], [15]], [100, 100, 100], least=1)
    for score, s, skew in zip(z, (2 / 3, -2 / 3), (gamma, -gamma), strict=True):
        t = np.sqrt(3) * (s + skew * s**2 / 3 + skew**2 * s**3 / 27 + skew / 18)
        assert stats.norm.cdf(score) == pytest.approx(stats.t.cdf(t, 2), rel=1e-12)
