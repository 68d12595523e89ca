"""Where SAL works and fails: the regression of drifts, theory to first order, drives, and layers under conditions."""

from dataclasses import replace

import numpy as np
import pytest

import salkit as sk
from salkit import layers, limits, stdd, updates
from salkit.limits import dale, inputs, linear, loop, proof, shapes
from salkit.limits.linear import Neuron
from salkit.limits.regression import between, regress, rest_point

SMALL = limits.Condition(sizes=(20, 20), length=2000.0, records=5)


def made(rng, runs=2, members=1, lower=12, upper=9, s=(0.12, -0.1, 0.003), noise=0.01, rest=0.0):
    """Drifts on a known line, with fluctuations that pairs of one neuron share."""
    w, b = rng.normal(size=(members, upper, lower)), rng.normal(size=(members, lower, upper))
    d = s[0] * np.swapaxes(w, 1, 2) + s[1] * b + s[2] + rest * rng.normal(size=b.shape)
    shared = rng.normal(size=(members, runs, lower, 1)) + rng.normal(size=(members, runs, 1, upper))
    return d[:, None] + noise * (rng.normal(size=(members, runs, lower, upper)) + shared), w, b


def test_the_line_is_found_and_its_intervals_cover_it():
    """500 experiments; intervals of 95 % that cover 92 to 98 % (binomial, four standard errors: false alarm 1e-4)."""
    rng, truth = np.random.default_rng(1), (0.12, -0.1, 0.003)
    hits, gains = np.zeros(3), 0
    for _ in range(500):
        found = regress(*made(rng, members=4))
        for k, estimate in enumerate((found.forward, found.backward, found.offset)):
            hits[k] += estimate.low < truth[k] < estimate.high
        gains += found.gain.low < 1.2 < found.gain.high
    assert np.all(hits / 500 > 0.91) and np.all(hits / 500 < 0.99) and 0.91 < gains / 500 < 0.99
    exact = regress(*made(rng, noise=0.0))
    assert np.allclose([exact.forward.value, exact.backward.value, exact.gain.value], [0.12, -0.1, 1.2], rtol=1e-9)
    assert exact.stable and exact.noise < 1e-20


def test_further_regressors_and_masks():
    rng = np.random.default_rng(2)
    d, w, b = made(rng, noise=0.0)
    other, on = rng.normal(size=b.shape), rng.random(b.shape) < 0.6
    spoilt = np.where(on[:, None], d + 0.02 * other[:, None], 7.0)
    found = regress(spoilt, w, b, where=on, other=other)
    assert found.others["other"].value == pytest.approx(0.02, abs=1e-12)
    assert found.backward.value == pytest.approx(-0.1, abs=1e-12)
    with pytest.raises(ValueError, match="must vary"):
        regress(d, w, np.swapaxes(w, 1, 2))


def test_the_angle_left_is_that_of_the_fixed_point():
    """At the copy: gain 1 + a/|s_B| and the angle of offset and rest, whatever the noise; without them near 0."""
    rng = np.random.default_rng(3)
    w = rng.normal(size=(6, 30, 30))
    copy = np.swapaxes(w, 1, 2)
    noise = 0.05 * rng.normal(size=(6, 3, 30, 30))
    left = 0.03 + 0.04 * rng.normal(size=(6, 1, 30, 30))
    rest = rest_point(0.02 * copy[:, None] + left + noise, w, 0.1)
    end = 1.2 * copy + left[:, 0] / 0.1
    cosine = np.sum(end * copy) / np.sqrt(np.sum(end**2) * np.sum(copy**2))
    assert rest.gain.low < 1.2 < rest.gain.high and rest.gain.value == pytest.approx(1.2, abs=0.03)
    assert rest.angle.value == pytest.approx(np.degrees(np.arccos(cosine)), abs=1.0)
    nothing = rest_point(noise, w, 0.1)
    assert nothing.angle.low == 0 and nothing.angle.value < 5
    turned = rest_point(-0.15 * copy[:, None] + noise, w, 0.1)
    assert turned.gain.value == pytest.approx(-0.5, abs=0.03) and turned.angle.value > 150


@pytest.mark.parametrize("window", ["rectangular", "triangular"])
def test_drifts_are_those_of_stdp(window):
    """From kept sums, from recorded spikes, and by the definition in `updates`; the latter without a past."""
    rng = np.random.default_rng(4)
    net = sk.SamplingNetwork(np.where(np.eye(5), 0, rng.normal(size=(5, 5))), np.zeros(5), 1.0)
    spikes = sk.simulate(net, 200, 5, replicas=2, statistics=("overlaps", "pairs"))
    assert np.allclose(between(spikes, 2, window).mean(axis=0), sk.stdp.sal(spikes, window)[:2, 2:], atol=1e-12)
    for delay in (0.0, 0.3, -0.4):
        found = between(spikes, 2, window, delay)
        for r, (_, times, neurons) in enumerate(spikes.trains()):
            late = times + delay * (neurons >= 2)
            plain = updates.sal(late, neurons, 1.0, size=5, window=window, pairing="nearest")[:2, 2:] / 200
            every = np.zeros((2, 3))
            for x in range(2):
                for y in range(3):
                    lag = (times[neurons == x][:, None] - times[neurons == 2 + y] - delay).ravel()
                    for shift in (0.5, 0.0):
                        past = np.where(lag > 0, lag, -lag - shift)
                        k = np.where((past > 0) & (past < 1), 1 - past * (window == "triangular"), 0)
                        every[x, y] = -np.sum(np.sign(lag) * k) / 200
                        shifted = between(spikes, 2, window, delay, shift)[r, x, y]
                        assert shifted == pytest.approx(every[x, y], abs=1e-12)
            assert np.allclose(found[r], every, atol=1e-12) and np.allclose(found[r], plain, atol=1e-12)


def test_theory_to_first_order_has_known_limits():
    """ρ²(1 − ρ) with the rectangular window; e^−d at low rates with the exponential one; slow drive cancels."""
    for rate in (0.05, 0.3, 0.5, 0.8):
        assert linear.synapse(Neuron(rate), Neuron(rate)) == pytest.approx(rate**2 * (1 - rate), rel=1e-4)
        assert linear.synapse(Neuron(rate), Neuron(rate), "triangular") == pytest.approx(
            layers.law(rate, "triangular").drift, rel=1e-4
        )
    quiet = Neuron(0.002)
    late = [linear.synapse(quiet, quiet, "exponential", d) / 0.002**2 for d in (0.0, 0.5, 1.0, 2.0)]
    assert np.allclose(late, (1 - np.exp(-1)) * np.exp(-np.array([0.0, 0.5, 1.0, 2.0])), rtol=0.01)
    half = Neuron(0.5)
    assert linear.synapse(half, half, delay=0.3, behind=0.3, ahead=-0.3) == pytest.approx(linear.synapse(half, half))
    for behind, ahead in ((0.3, 0.2), (-0.2, 0.2)):  # two windows of half the strength add up
        both = [linear.synapse(half, half, window, 0.1, behind, ahead) for window in ("rectangular", "triangular")]
        assert both[0] != pytest.approx(both[1], rel=0.1)
    leaks = [linear.leak(half, half, 1.0, tau) for tau in (0.2, 1.0, 5.0, 50.0)]
    assert leaks[0] > leaks[1] > leaks[2] > leaks[3] > 0 and leaks[3] < 0.01
    assert linear.leak(half, half, 1.0, 50.0, rule="one-sided") > 0.1
    assert linear.common(half, half, 1.0, 1.0) == pytest.approx(0, abs=1e-12)
    assert linear.common(half, half, 1.0, 1.0, 0.2) == pytest.approx(-linear.common(half, half, 1.0, 1.0, -0.2))


def test_without_a_drive_spikes_are_those_of_simulate():
    """Bit for bit where no input changes, but for rounding where one that does nothing does."""
    rng = np.random.default_rng(6)
    net = sk.SamplingNetwork(np.where(np.eye(20), 0, 0.3 * rng.normal(size=(2, 20, 20))), np.zeros(20), 1.0)
    for statistic in ("overlaps", "pairs"):
        plain = sk.simulate(net, 100, 7, replicas=3, statistics=(statistic,), device="cpu")
        driven = inputs.simulate(net, np.zeros((2, 20)), 1e8, 100, 7, replicas=3, record=True, statistic=statistic)
        assert np.array_equal(plain.times, driven.times) and np.array_equal(plain.neurons, driven.neurons)
        for name in ("pairs", "overlap_counts"):
            one, other = getattr(plain, name), getattr(driven, name)
            assert (one is None and other is None) or np.array_equal(one, other)
        assert np.array_equal(plain.final.ages, driven.final.ages)
        often = inputs.simulate(net, np.zeros((2, 20)), 1.0, 100, 7, replicas=3, record=True, statistic=statistic)
        assert np.array_equal(plain.neurons, often.neurons) and np.allclose(plain.times, often.times, atol=1e-10)


def test_a_drive_moves_the_neurons_it_reaches_and_no_others():
    """Slow drive of ±1: the rate is the mean of σ(±1) of those that get it, and their correlation lasts as long.

    Rates of 16 replicas of 2000 tau_ref: tolerance four standard errors, measured over replicas.
    """
    net = sk.SamplingNetwork(np.zeros((14, 14)), np.full(14, -0.5), 1.0)
    a = np.zeros((2, 14))
    a[0, :4], a[1, 4:8] = 1.0, -1.0
    spikes = inputs.simulate(net, a, 20.0, 2000, 8, replicas=16, threads=1)
    rate = spikes.spike_counts / 2000
    half, plain = (1 / (1 + np.exp(-0.5)) + 1 / (1 + np.exp(1.5))) / 2, 1 / (1 + np.exp(0.5))
    for part, expected in ((slice(0, 4), half), (slice(4, 8), half), (slice(8, 14), plain)):
        each = rate[:, part].mean(axis=1)
        assert abs(each.mean() - expected) < 4 * each.std(ddof=1) / 4
    together = [np.corrcoef(rate[:, i], rate[:, j])[0, 1] for i, j in ((0, 1), (0, 5), (0, 9))]
    assert together[0] > 0.9 and abs(together[1]) < 0.9 and abs(together[2]) < 0.9
    again = inputs.simulate(net, a, 20.0, 2000, 8, replicas=16, threads=2)
    assert np.array_equal(again.spike_counts, spikes.spike_counts)


def test_lags_move_a_drive_and_nothing_else():
    """Changes of one drive reach neurons later by their lags, back to before the start."""
    units, _, lags = inputs._units(np.ones((1, 3)), np.array([[0.0, 0.7, 0.7]]))
    edges, when, which, lit = inputs._switches(3, 2, units, lags, 0.5, 50.0)
    for train in range(2):
        own = slice(edges[train], edges[train + 1])
        early, late = (when[own][which[own] == unit] for unit in (0, 1))
        assert np.allclose(early[early < 49.3], late[late > 0.7] - 0.7)
        on = (lit[train, unit] ^ bool(np.sum((early, late)[unit] <= t) % 2) for unit, t in ((0, 10.0), (1, 10.7)))
        assert len(set(on)) == 1


@pytest.mark.parametrize("tau", [0.2, 1.0, 5.0])
def test_a_common_drive_leaks_as_theory_says(tau):
    """The neighbour's share and the gain 1 + leak; the offset of a drive that reaches the upper layer late.

    To first order in A² = 0.25: tolerance 10 % and four half-widths of the 95 % interval (false alarm 1e-6 each).
    """
    half = Neuron(0.5)
    shared = replace(SMALL, drive=0.7, drive_tau=tau)
    drift, rest = limits.measure(shared, range(4), 6000)
    predicted = linear.leak(half, half, 0.7, tau)
    neighbour = drift.others["neighbour"]
    width = 2 * (neighbour.high - neighbour.low)
    assert abs(neighbour.value / -drift.backward.value - predicted) < 0.1 * predicted - width / drift.backward.value
    assert abs(rest.gain.value - 1 - predicted) < 0.1 * predicted + 2 * (rest.gain.high - rest.gain.low)
    late = replace(SMALL, drive=0.5, drive_tau=tau, drive_to="all", drive_lag=0.2)
    drift, _ = limits.measure(late, range(4), 6000)
    expected = linear.common(half, half, 0.5, tau, 0.2)
    assert abs(drift.offset.value - expected) < 0.1 * expected + 2 * (drift.offset.high - drift.offset.low)


def test_the_exact_network_rests_at_the_copy():
    """Slopes ∓ρ²(1 − ρ) less what strong weights cost; gain 1; unequal rates, strong weights leave no angle."""
    drift, rest = limits.measure(SMALL, range(4), 6000)
    assert drift.forward.value == pytest.approx(0.125, rel=0.05) and drift.gain.value == pytest.approx(1, abs=0.05)
    for differs in ({}, {"gain": 2.0}, {"spread": 1.5}, {"rate_ratio": 0.2}, {"one_way": 0.5}):
        _, rest = limits.measure(replace(SMALL, **differs), range(4), 3000)
        assert abs(rest.gain.value - 1) < 0.05 and rest.angle.low == 0 and rest.angle.value < 8, differs


def test_layers_that_learn_end_where_the_law_says():
    """The same angle as `layers.align` and the law, within their spread; threads and companions change nothing."""
    law = layers.law(0.5, "rectangular")
    long = replace(SMALL, length=6000.0)
    found = limits.close(long, range(4))
    x = law.constant * 20 / 6000
    assert found.angle.values[:, -1].mean() == pytest.approx(np.degrees(np.arctan(np.sqrt(x + x * x / 4))), abs=2.5)
    assert found.slope.values[:, -1].mean() == pytest.approx(1, abs=0.05)
    alone = limits.close(long, [3], threads=1)
    assert np.array_equal(alone.angle.values[0], found.angle.values[3])


def test_conditions_restrict_weights():
    bits = replace(SMALL, bits=3)
    state = loop.begin(bits, [(1, 2)])
    b = loop._allowed(bits, state, state.backward, [(1, 2)], 0)
    most = 2 * np.sqrt(3 / 20)
    assert np.allclose((b + most) / (2 * most / 7) % 1 * (1 - (b + most) / (2 * most / 7) % 1), 0, atol=1e-9)
    means = np.mean([loop._allowed(bits, state, state.backward, [(1, 2)], c) for c in range(400)], axis=0)
    assert np.max(np.abs(means - state.backward)) < 5 * (2 * most / 7) / 2 / 20  # stochastic rounding has no bias
    dale = replace(SMALL, excitatory=0.75)
    end = loop.begin(dale, [(1, 2)])
    assert np.all(end.forward * end.sign[:, None, :20] >= 0) and np.all(end.backward * end.sign[:, None, 20:] >= 0)
    best = np.sum((end.sign[:, :20, None] == end.sign[:, None, 20:]) * np.swapaxes(end.forward, 1, 2) ** 2)
    floor = np.degrees(np.arccos(np.sqrt(best / np.sum(end.forward**2))))
    found = limits.close(replace(dale, length=6000.0), [(1, 2)])
    assert floor - 1 < found.angle.values[0, -1] < floor + 8


def test_a_twin_of_simulate_in_discrete_time():
    """Conditions of discrete time: exact with the shortest interval one step longer than the PSP."""
    steps = replace(SMALL, timing="discrete", tau_ref=10, refractory=11, rate_ratio=0.3)
    _, rest = limits.measure(steps, range(6), 6000)
    assert abs(rest.gain.value - 1) < 0.03 and rest.angle.low < 2


def test_delays_move_the_fixed_point_as_theory_says():
    """Somata: slopes α(d), gain 1; synapses: gain α(D)/α(0), reversed beyond; the shifted window mends it.

    Tolerance 6 % for what weights of gain 1 add to the first order, and twice the 95 % interval.
    """
    late = replace(SMALL, delay_forward=0.2, delay_backward=0.2)
    reversed_ = replace(SMALL, delay_forward=0.4, delay_backward=0.4, reading="synapse")
    for condition in (late, replace(late, reading="synapse"), reversed_, replace(reversed_, shift=0.8)):
        drift, rest = limits.measure(condition, range(4), 4000)
        theory = limits.predict(condition)
        for found, expected in ((drift.forward, theory.forward), (drift.backward, theory.backward)):
            assert abs(found.value - expected) < 0.06 * abs(expected) + (found.high - found.low)
        assert abs(rest.gain.value - theory.gain) < 0.06 + (rest.gain.high - rest.gain.low)
    assert limits.predict(replace(late, shift=0.0)).gain == pytest.approx(1) and limits.predict(reversed_).gain < -0.05


def test_a_shorter_period_above_makes_feedback_too_large():
    """Gain as theory says, and 1 where the window ends with the shorter period (period 1.25): within 6 %."""
    for period, least in ((0.8, 1.4), (1.25, 0.9)):
        condition = limits.Condition(sizes=(6, 6), period=period)
        rest = limits.measure(condition, range(40), 2000)[1]
        assert rest.gain.value == pytest.approx(limits.predict(condition).gain, rel=0.06) and rest.gain.value > least


def test_the_proof_in_closed_form():
    """δ and Δ agree with the law in bins; halves are ½; the reference's numbers; Δ ≥ 0 on a grid, but not by shape."""
    for w, most, place in ((0.5, 0.0115, 27), (-0.5, 0.0157, 39)):
        found = proof.curves(w, 0.05, 0.0, 1.0, 2.0, 81)
        assert found.integral.max() == pytest.approx(most, abs=1e-4) and np.argmax(found.integral) == place
        assert np.allclose(found.halves, 0.5, atol=1e-12)
        lags, p = sk.stdd.distribution(w + 0.05, w - 0.05, 0.0, 1.0, tau_ref=400, t_max=800)
        odd = p[lags > 0] - p[lags < 0][::-1]
        middle = proof.curves(w, 0.05, 0.0, 1.0, 800.5 / 400, 1602).integral[1::2]
        assert np.allclose(np.cumsum(odd), middle[1:] - middle[0], atol=1e-9)
    grid = proof.exhaust([-3.0, -0.5, 0.0, 1.0, 3.0], [-4.0, 0.0, 1.0, 4.0], [1e-3, 0.5, 3.0])
    assert grid.least.min() > -1e-9 and grid.most.min() > 0 and grid.drift.max() < 0 and grid.halves.max() < 1e-12
    assert np.all(np.isfinite(grid.to_array()))
    for shape, sign in ((dict(psp_length=19), 1), (dict(psp="exponential"), -1)):
        integral = proof.of_shape(0.5, 0.05, 2.0, 2.0, 20, **shape).integral[:20]
        assert np.sign(integral[np.argmax(np.abs(integral))]) == sign


def test_shapes_rest_on_the_diagonal_or_not():
    """The rectangle always, others where rates are equal; alpha turns as in the reference."""
    w = np.array([-1.5, 0.75, 1.5])
    for shape in shapes.PAPER:
        assert np.allclose(shapes.rest_lines(shape, w, [0.0], [0.0]), w, atol=5e-3)
    assert np.allclose(shapes.rest_lines("rectangle", w, [-1.0, 1.0], [1.0, -0.5]), w, atol=1e-3)
    line = shapes.rest_lines("alpha, short", w, [-1.0], [1.0])
    assert line[0, 0] < -1.7 and line[0, 2] < 1.4 and shapes.deviation(line, w)[0] > 0.05
    lags, p = shapes.timing("rectangle", 1.0, -1.0, 1.0)
    assert np.allclose(p, p[::-1]) and lags[-1] == 2


def test_dales_law():
    """Definitions, the reference's rates, a symmetric circuit on the diagonal, and the drawn one off it as measured."""
    assert dale.effective(0.0, "21", "symmetric", "charged") == pytest.approx(-1.0)
    charged = [float(dale.effective(0.0, d, "drawn", "charged")) for d in ("21", "12")]
    assert charged[0] - charged[1] == pytest.approx(0.164, abs=1e-3)
    rate = dale.rates("drawn", [0.0, 1.0, 2.0], 20_000, 3)
    assert np.allclose(rate.mean(axis=1), [0.388, 0.506, 0.628], atol=0.006)  # discrete time: 0.392, 0.502, 0.613
    w = [0.75, 1.25]
    same, apart = (dale.off_diagonal(w, dale.nullcline(w, kind, 8000, 5)) for kind in ("symmetric", "drawn"))
    assert same.low - 0.02 < 0 < same.high + 0.02 and 0.08 < apart.value < 0.2
    zero = [dale.balance(direction, "drawn", 8000, 6).value for direction in ("12", "21")]
    assert zero[0] - zero[1] == pytest.approx(0.135, abs=0.04)
    lags, found = dale.correlogram(dale.circuit(0.0, 1.0, "none"), 4000, 7)
    assert found[:, (lags > 0) & (lags < 0.2)].mean() > 1.3 and found[:, np.abs(lags) > 2].mean() == pytest.approx(
        1, abs=0.1
    )


@pytest.mark.parametrize("window", ["exponential", "triangular", "rectangular"])
@pytest.mark.parametrize(("pre", "post"), [(0.49, 0.49), (0.2, 0.6)])
def test_the_first_order_answer_is_that_of_two_derivations(window, pre, post):
    """`linear.synapse`, an integral over frequencies, and `stdd.alpha`, spike densities in time within 1e-5."""
    delays = np.array([0.0, 0.2, 0.5, 0.9])
    neurons = linear.Neuron(pre), linear.Neuron(post)
    found = [linear.synapse(*neurons, window, delay=d) / (pre * post) for d in delays]
    np.testing.assert_allclose(found, stdd.alpha(delays, pre, post, window), atol=1e-5)
