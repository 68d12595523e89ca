"""Transmission delays: spikes against readable twins, exact laws of two neurons, pairs read at synapses."""

import math

import numpy as np
import pytest

import salkit as sk
from salkit import stdd, stdp
from salkit.philox import Purpose, philox4x32, uniform
from salkit.psp import SHAPES
from salkit.spikes import State

ALL = ("occupancy", "pairs", "overlaps")


def machine(n=4, longest=25, timing="continuous", tau_ref=10, **more):
    """A network of asymmetric weights; delays of single synapses, equal ones among them, up to some tau_ref."""
    rng = np.random.default_rng(n)
    weights, delays = rng.normal(0, 1, (n, n)) * (1 - np.eye(n)), rng.integers(0, longest + 1, (n, n)).astype(float)
    if timing == "continuous":
        delays *= rng.choice([1.0, 1.0, 0.77], (n, n))
    weights[0, 1] = 0.0  # a synapse that is not there
    return sk.SamplingNetwork(weights, rng.normal(-0.5, 0.5, n), tau_ref, timing, delays=delays, **more)


def events(network, duration, seed, member=()):
    """Continuous time by definition: hazards from the list of all PSPs that begin and end, found anew at each event."""
    weights, biases, delays = (np.asarray(x)[member] for x in (network.weights, network.biases, network.delays))
    n, tau_ref, stream = len(biases), network.tau_ref, iter(uniform(seed, Purpose.SAMPLING, 40_000).reshape(-1, 2))
    number, share = next(stream)
    t, wait, spikes = 0.0, -math.log(number), []
    while True:
        ends = [s + tau_ref for s, _ in spikes[-n:]]
        moves = [s + delays[i, j] + more for s, j in spikes for i in range(n) for more in (0.0, tau_ref)]
        on = {j for s, j in spikes if s <= t < s + tau_ref}
        hazards = np.zeros(n)
        for i in set(range(n)) - on:
            u = biases[i] + sum(weights[i, j] for s, j in spikes if s + delays[i, j] <= t < s + delays[i, j] + tau_ref)
            hazards[i] = math.exp(u) / tau_ref
        stop = min([duration, *(x for x in [*ends, *moves] if x > t)])
        if wait >= hazards.sum() * (stop - t):
            wait -= hazards.sum() * (stop - t)
            t = stop
            if t == duration:
                return spikes
            continue
        t += wait / hazards.sum()
        spikes.append((t, int(np.searchsorted(np.cumsum(hazards), share * hazards.sum(), side="right"))))
        number, share = next(stream)
        wait = -math.log(number)


def steps(network, duration, seed):
    """Discrete time by definition: of the spikes that have arrived the latest counts."""
    n, psp, spikes = network.neurons, network.psp_table(), [[] for _ in range(network.neurons)]
    refractory, found = network.refractory or network.tau_ref, []
    for step in range(duration):
        counter = [[step * -(-n // 4) + k, int(Purpose.SAMPLING) << 24, 0, 0] for k in range(-(-n // 4))]
        words = philox4x32(counter, [seed, 0]).ravel()
        fired = []
        for i in range(n):
            u = network.biases[i]
            for j in range(n):
                arrived = [s for s in spikes[j] if s + network.delays[i, j] < step]
                age = int(step - network.delays[i, j]) - arrived[-1] if arrived else 0
                u += network.weights[i, j] * (psp[age - 1] if 0 < age <= len(psp) else 0.0)
            ready = not spikes[i] or step - spikes[i][-1] >= refractory
            if ready and words[i] / 2**32 < 1 / (1 + math.exp(math.log(network.tau_ref) - u)):
                fired.append(i)
        for i in fired:
            spikes[i].append(step)
            found.append((step, i))
    return found


def test_spikes_are_those_of_the_definition():
    """Five neurons, delays to 2.5 tau_ref, some 60 spikes of either timing; a wrong PSP anywhere moves all after it."""
    network = machine(5)
    spikes = sk.simulate(network, 400, seed=7)
    expected = events(network, 400, 7)
    assert spikes.neurons.tolist() == [i for _, i in expected] and len(expected) > 50
    np.testing.assert_allclose(spikes.times, [t for t, _ in expected], rtol=0, atol=1e-9)
    for more in ({}, {"refractory": 11}, {"psp": "alpha"}, {"psp": "exponential", "refractory": 12}):
        network = machine(5, timing="discrete", **more)
        spikes = sk.simulate(network, 400, seed=7)
        assert list(zip(spikes.times, spikes.neurons, strict=True)) == steps(network, 400, 7), more


@pytest.mark.parametrize("n", [1, 2, 6, 9])
def test_delays_of_zero_give_the_spikes_without(n):
    weights, biases = sk.boltzmann.random_machine(n, 2)
    for timing, psp in [("continuous", "rectangular"), *(("discrete", psp) for psp in SHAPES)]:
        plain, delayed = (
            sk.simulate(sk.SamplingNetwork(weights, biases, 20, timing, psp, delays=d), 3000, seed=5, statistics=ALL)
            for d in (None, 0)
        )
        assert np.array_equal(plain.neurons, delayed.neurons), psp
        for name in ("times", "occupancy", "pairs"):
            np.testing.assert_allclose(getattr(delayed, name), getattr(plain, name), rtol=0, atol=1e-8)
        assert np.array_equal(plain.overlap_counts, delayed.overlap_counts)


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_statistics_are_those_of_the_recorded_spikes(timing):
    spikes = sk.simulate(machine(timing=timing), 4000, seed=3, replicas=2, statistics=ALL)
    counted = [np.bincount(neurons, minlength=4) for _, _, neurons in spikes.trains()]
    assert np.array_equal(counted, spikes.counts())
    for window in ("triangular", "rectangular"):
        bare = sk.simulate(machine(timing=timing), 4000, seed=3, replicas=2, record=False, statistics=ALL)
        np.testing.assert_allclose(stdp.sal(spikes, window), stdp.sal(bare, window), atol=1e-12)
    shares = spikes.state_distribution()
    on = (np.arange(16)[:, None] >> np.arange(3, -1, -1)) & 1
    cut = spikes.final.remaining(10)[:, np.arange(4), np.arange(4)].mean(axis=0) / spikes.duration
    np.testing.assert_allclose(shares @ on, spikes.rates() - cut, atol=1e-12)
    np.testing.assert_allclose(shares.sum(), 1)


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_a_run_goes_on_where_it_stopped(timing):
    """With three spikes of a neuron under way; cut in two, on any threads, as a member of an ensemble: equal."""
    network = machine(timing=timing, longest=35)
    at_once = sk.simulate(network, 1500, seed=2, replicas=3)
    first = sk.simulate(network, 600, seed=2, replicas=3)
    rest = sk.simulate(network, 900, seed=2, replicas=3, start=first.final, threads=2)
    for (k, times, neurons), (_, a, i), (_, b, j) in zip(at_once.trains(), first.trains(), rest.trains(), strict=True):
        np.testing.assert_allclose(times, np.concatenate([a, 600 + b]), rtol=0, atol=1e-9, err_msg=str(k))
        assert np.array_equal(neurons, np.concatenate([i, j]))
    np.testing.assert_allclose(rest.final.earlier, at_once.final.earlier, rtol=0, atol=1e-9)
    both = sk.SamplingNetwork(
        np.stack([0.5 * network.weights, network.weights]), network.biases, 10, timing,
        delays=np.stack([0 * network.delays, network.delays]),
    )  # fmt: skip
    assert np.array_equal(sk.simulate(both, 1500, seed=[1, 2], replicas=3)[1].times, at_once.times)
    assert np.array_equal(sk.simulate(both[1], 1500, seed=2, replicas=3).times, at_once.times)


def test_a_start_must_hold_what_is_under_way():
    network, bare = machine(), sk.SamplingNetwork(np.zeros((4, 4)), np.zeros(4), 10)
    assert network.spikes_under_way() == 5 and bare.spikes_under_way() == 1
    plain = sk.simulate(bare, 100).final
    with pytest.raises(ValueError, match="start does not hold the spikes under way"):
        sk.simulate(network, 10, start=plain)
    final = sk.simulate(network, 100).final
    assert sk.simulate(bare, 10, start=final).final.earlier is None
    with pytest.raises(ValueError, match="start must hold 4 earlier spikes of each neuron for delays so long, got 3"):
        sk.simulate(network, 10, start=final._replace(earlier=final.earlier[..., :3]))
    floats = final.earlier.astype(np.float32)
    for bad, words in [(np.zeros((1, 4, 4)), "grow"), (np.zeros(3), "shape"), ("x", "shape"), (floats, "float64"),
                       (np.full((1, 4, 4), np.nan), "grow")]:  # fmt: skip
        with pytest.raises(ValueError, match=words):
            sk.simulate(network, 10, start=final._replace(earlier=bad))
    silent = State.silent((), 1, 4, final.draws[0])
    assert np.all(np.isinf(silent.under_way(2).earlier)) and silent.earlier is None


LAWS = [
    dict(psp="rectangular", refractory=11, delays=(3, 5)),
    dict(psp="rectangular", delays=(0, 17)),
    dict(psp="cutoff", refractory=12, delays=(4, 4)),
]


@pytest.mark.parametrize("settings", LAWS, ids=lambda s: f"{s['psp']}-{s['delays']}")
def test_two_neurons_have_the_law_of_theory_in_every_bin(settings):
    """100 replicas of 2 10⁴ steps; bound 10⁻⁴ on the chance that a right law fails. The law without delays fails."""
    network = stdd.two_neurons(1.2, -0.4, 0.3, -0.5, 10, "discrete", **settings)
    spikes = sk.simulate(network, 20_000, seed=4, replicas=100)
    assert stdd.p_value(stdd.compare(network, spikes)) > 1e-4
    wrong = stdd.two_neurons(1.2, -0.4, 0.3, -0.5, 10, "discrete", **settings | dict(delays=(0, 0)))
    assert stdd.p_value(stdd.compare(wrong, spikes)) < 1e-12


def test_without_delays_the_histories_are_ages():
    for psp, refractory in ((np.ones(10), 10), (np.linspace(1, 0.2, 14), 11), (np.ones(4), 9)):
        given = (np.array([1.0, 0.0]), np.array([-0.5, 1.0]), np.array([0.3, 1.0]), np.array([-1.0, 2.0]))
        ages = stdd.discrete.TwoNeurons(*given, psp, 9, refractory)
        delayed = stdd.delayed.TwoNeurons(*given, psp, 9, refractory, 0, 0)
        assert delayed.cap == ages.cap
        for one, other in zip(ages.rates(ages.cap + 3), delayed.rates(ages.cap + 3), strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=1e-15)


def test_only_the_round_trip_matters():
    """Clocks of the two neurons set apart by 3 steps turn delays (3, 5) into (0, 8): every pair's lag moves by 3."""

    def lags(d_12, d_21):
        each = [np.array([x]) for x in (1.5, -0.7, 0.4, -1.0)]
        two = stdd.delayed.TwoNeurons(*each, np.ones(10), 10, 11, d_12, d_21)
        later_1, later_2, ties = two.correlogram(40)
        return np.concatenate([later_2[0, ::-1], ties, later_1[0]])

    np.testing.assert_allclose(lags(3, 5)[3:], lags(0, 8)[:-3], rtol=1e-11)
    given = (1.5, -0.7, 0.4, -1.0, 10, "discrete")
    drifts = [
        stdd.all_pairs_drift(*given, refractory=11, delays=delays, shift=shift)
        for delays in ((0, 8), (3, 5), (8, 0))
        for shift in (0, 8)
    ]
    np.testing.assert_allclose(drifts[0::2], np.broadcast_to(drifts[0], (3, 2)), rtol=1e-11)
    np.testing.assert_allclose(drifts[1::2], np.broadcast_to(drifts[1], (3, 2)), rtol=1e-11)
    assert drifts[1][0] == pytest.approx(-drifts[1][1], rel=1e-12) and abs(drifts[0][0] + drifts[0][1]) > 1e-3


@pytest.mark.parametrize("shift", [0, 9])
def test_simulated_drift_at_the_synapses_is_the_exact_one(shift):
    """All pairs of 64 replicas: within 4.5 standard errors, which a right drift leaves in 1.4 10⁻⁵ of the cases."""
    network = stdd.two_neurons(1.2, -0.4, 0.3, -0.5, 10, "discrete", refractory=11, delays=(3, 6))
    exact = stdd.all_pairs_drift(network, shift=shift)
    spikes = sk.simulate(network, 10_000, seed=8, replicas=64)
    each = np.array([
        stdp.sal(sk.simulate(network, 10_000, seed=8, first_run=k), "exponential", pairing="all", delays=network.delays,
                 shift=shift)[[0, 1], [1, 0]]
        for k in range(24)
    ])  # fmt: skip
    error = each.std(axis=0, ddof=1)
    found = stdp.sal(spikes, "exponential", pairing="all", delays=network.delays, shift=shift)[[0, 1], [1, 0]]
    assert np.all(np.abs(found - exact) < 4.5 * error / 8)
    assert np.any(np.abs(found - stdd.all_pairs_drift(network, read="soma")) > 9 * error / 8)


def pairs_by_hand(spikes, window, tau, pairing, delays, shift):
    """SAL at the synapses: every arrival with every spike, and then those that the pairing leaves."""
    n, total = spikes.neuron_count, np.zeros((spikes.neuron_count,) * 2)
    for index, times, neurons in spikes.trains():
        before = np.concatenate([spikes.initial.ages[index][:, None], spikes.initial.earlier[index]], axis=1)
        trains = [np.sort([*-before[k][np.isfinite(before[k])], *times[neurons == k]]) for k in range(n)]
        for i in range(n):
            for j in set(range(n)) - {i}:
                post, arrival = trains[i], trains[j] + delays[i, j]
                for sign, first, second in ((-1, arrival, post), (1, post + shift[i, j], arrival)):
                    for b in second[(second >= 0) & (second < spikes.duration)]:
                        earlier = first[first < b]
                        if pairing == "all":
                            earlier = earlier[earlier >= 0]
                        else:
                            earlier = earlier[-1:]
                            if pairing == "consecutive" and np.any((second > earlier.min(initial=b)) & (second < b)):
                                continue
                        total[i, j] += sign * stdp.window(window, (b - earlier) / tau).sum()
    return total * spikes.tau_ref / spikes.duration / spikes.replicas


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_pairs_at_the_synapses_are_those_of_the_definition(timing):
    network = machine(timing=timing, longest=15)
    begin = sk.simulate(network, 100, seed=1, replicas=2).final
    spikes = sk.simulate(network, 250, seed=1, replicas=2, start=begin)
    d, round_trip = network.delays, network.delays + network.delays.T
    for window, pairing in [("triangular", "nearest"), ("rectangular", "consecutive"), ("exponential", "nearest"),
                            ("exponential", "consecutive"), ("exponential", "all")]:  # fmt: skip
        for shift in (0 * d, round_trip, d):
            found = stdp.sal(spikes, window, 14.0, pairing, delays=d, shift=shift)
            np.testing.assert_allclose(found, pairs_by_hand(spikes, window, 14.0, pairing, d, shift), atol=1e-12)
        np.testing.assert_allclose(
            stdp.sal(spikes, window, 14.0, pairing, delays=0), stdp.sal(spikes, window, 14.0, pairing), atol=1e-12
        )
    cured = stdp.sal(spikes, "triangular", pairing="nearest", delays=d, shift=round_trip)
    assert not np.allclose(cured, stdp.sal(spikes, "triangular", delays=d))


def test_pairs_at_the_synapses_add_up_over_epochs():
    """An arrival belongs to the epoch in which it arrives: two halves give what the whole gives."""
    network = machine(longest=30)
    given = dict(window="triangular", delays=network.delays, shift=network.delays)
    whole = sk.simulate(network, 900, seed=6)
    first = sk.simulate(network, 400, seed=6)
    second = sk.simulate(network, 500, seed=6, start=first.final)
    parts = 400 * stdp.sal(first, **given) + 500 * stdp.sal(second, **given)
    np.testing.assert_allclose(parts, 900 * stdp.sal(whole, **given), rtol=0, atol=1e-9)


def test_the_first_order_answer():
    """Low rates: (1 − 1/e) e^{−d}, to order ρ. At rates 0.5 and 0.27, delays 1/8 and 1/4: slopes of the drift in both
    weights from the exact law of two neurons, grids of 8, 16 and 32 steps in tau_ref taken to the limit: within 10⁻⁴.
    """
    d = np.array([0.0, 0.3, 1.0])
    np.testing.assert_allclose(stdd.alpha(d, 1e-4), (1 - np.exp(-1)) * np.exp(-d), rtol=1e-3)
    one, two = 0.5, 1 / (1 + np.e)
    given = dict(window="triangular", tau=1.0)
    for read, shift, predicted in [
        ("soma", 0.0, (stdd.alpha(0.125, two, one, **given), stdd.alpha(0.25, one, two, **given))),
        ("synapse", 0.0, (stdd.alpha(0.0, two, one, **given), stdd.alpha(0.375, one, two, **given))),
        ("synapse", 0.375, tuple(stdd.alpha(0.0, *rates, **given, shift=0.375) for rates in ((two, one), (one, two)))),
    ]:
        once, twice, fourfold = (slopes(tau, read, round(shift * tau)) for tau in (8, 16, 32))
        limit = (4 * (2 * fourfold - twice) - (2 * twice - once)) / 3
        np.testing.assert_allclose(limit, predicted, rtol=0, atol=1e-4)
    assert stdd.alpha(0, one, two) == pytest.approx(stdd.alpha(0, two, one), abs=1e-5)  # time reversal
    assert stdd.alpha(0.6, 0.49) > 0 > stdd.alpha(0.8, 0.49) and stdd.alpha(0.35, 0.8) < 0  # where SAL reverses


def slopes(tau, read, shift):
    """Drift of a weak W_ij in −W_ij and in W_ji, per pair of spikes at random in tau; delays 1/8 and 1/4."""
    settings = dict(refractory=tau + 1, delays=(tau // 8, tau // 4), read=read, shift=shift, window="triangular")
    up, down, partner_up, partner_down = (
        stdd.all_pairs_drift(w_ij, w_ji, 0.0, -1.0, tau, "discrete", **settings)[0]
        for w_ij, w_ji in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02))
    )
    chances = 1 / (1 + tau), 1 / (1 + tau * np.e)  # of a spike when ready, without weights
    return np.array([down - up, partner_up - partner_down]) / 0.04 / np.prod([tau * p / (1 + tau * p) for p in chances])


def test_what_delays_do_not_go_with():
    weights, biases = np.zeros((2, 2)), np.zeros(2)
    plain = sk.SamplingNetwork(weights, biases, 10, delays=3.0)
    assert np.array_equal(plain.delays, [[0, 3], [3, 0]]) and not plain.delays.flags.writeable
    for call, words in [
        (
            lambda: sk.SamplingNetwork(weights, biases, delays=-1.0),
            "delays must be",
        ),
        (lambda: sk.SamplingNetwork(weights, biases, 10, "discrete", delays=1.5), "whole numbers of steps"),
        (lambda: sk.SamplingNetwork(weights, biases, delays=np.ones((3, 3))), r"fit shape \(2, 2\), got \(3, 3\)"),
        (lambda: sk.SamplingNetwork(weights, biases, delays=1.0, psp_length=9.0), "discrete time only"),
        (lambda: sk.reversibility.exact_entropy_production(plain), "no delays"),
        (lambda: sk.fisher.exact_information(plain), "no delays"),
        (lambda: stdd.distribution(plain), "timing='discrete'"),
        (lambda: stdd.all_pairs_drift(0, 0, 0, 0, 10), "timing='discrete'"),
        (lambda: stdd.two_neurons(0, 0, 0, 0, 10, delays=3), "two numbers"),
        (lambda: stdd.distribution(0, 0, 0, 0, 10, "discrete", delays=(200, 200)), "histories"),
        (lambda: stdp.sal(sk.simulate(plain, 10), delays=[1.0, 2.0, 3.0]), "fit shape"),
        (lambda: stdp.sal(sk.simulate(plain, 10, record=False), delays=1.0), "record=True"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
