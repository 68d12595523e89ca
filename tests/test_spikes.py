"""What is measured on spikes: empirical STDD by hand, picking members, errors."""

import numpy as np
import pytest
from test_stdp import by_hand

import salkit as sk


def test_stdd_pairs_by_hand():
    """0 at 3, 14; 1 at 20, 31: only 14→20 is consecutive and of different neurons, then nothing until 0 at 45."""
    lags, (number,), (pairs,) = by_hand([3, 14, 20, 31, 45], [0, 0, 1, 1, 0]).stdd_counts(0, 1)
    assert pairs == 2 and dict(zip(lags[number > 0].tolist(), number[number > 0].tolist(), strict=True)) == {
        -6: 1,
        14: 1,
    }
    mirrored = by_hand([3, 14, 20, 31, 45], [0, 0, 1, 1, 0]).stdd_counts(1, 0)
    np.testing.assert_array_equal(mirrored[1][0], number[::-1])


def test_stdd_ties_by_hand():
    """0 at 5, both at 12, 1 at 30: the tie is a pair of lag 0, ends one pair and starts another."""
    lags, (number,), (pairs,) = by_hand([5, 12, 12, 30], [0, 0, 1, 1]).stdd_counts(0, 1)
    assert pairs == 3 and dict(zip(lags[number > 0].tolist(), number[number > 0].tolist(), strict=True)) == {
        -7: 1,
        -18: 1,
        0: 1,
    }


def test_stdd_bins_and_range():
    spikes = by_hand([10.0, 12.4, 30.0, 33.6], [0, 1, 0, 1], timing="continuous")
    lags, p = spikes.stdd(1, 0)
    assert lags.tolist() == list(range(-18, 19)) and p[lags == 2] == p[lags == 4] == p[lags == -18] == 1 / 3
    lags, p = spikes.stdd(1, 0, t_max=3)
    assert lags.tolist() == list(range(-3, 4)) and p.sum() == pytest.approx(1 / 3)
    assert by_hand([], [], duration=50).stdd(0, 1)[1].sum() == 0


def test_picking_members_keeps_their_trains():
    net = sk.SamplingNetwork(np.zeros((2, 3, 2, 2)), np.array([[0, 1], [1, 0], [-1, 1.0]]), tau_ref=5)
    spikes = sk.simulate(net, 300.0, seed=1, replicas=2)
    every = {index: (times, neurons) for index, times, neurons in spikes.trains()}
    assert len(every) == 12
    for picked, prefix in ((spikes[1], (1,)), (spikes[1, 2], (1, 2)), (spikes[0:1], (0,))):
        for index, times, neurons in picked.trains():
            full = prefix + index if prefix != (0,) else index
            np.testing.assert_array_equal(times, every[full][0])
            np.testing.assert_array_equal(neurons, every[full][1])
    assert all(np.all(np.diff(times) > 0) for times, _ in every.values())
    np.testing.assert_array_equal(spikes[1, 2].counts(), spikes.counts()[1, 2])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.stdd(0, 0), "two different neurons, got 0 twice"),
        (lambda s: s.stdd(0, 2), "neurons are numbered 0 to 1, got 2"),
        (lambda s: s.stdd(0, 1, t_max=-1), "t_max must be a whole number of at least 0, got -1"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call(by_hand([20, 24], [0, 1]))


def test_what_is_not_there_is_said():
    net = sk.SamplingNetwork(np.zeros((2, 2, 2)), np.zeros(2))
    with pytest.raises(ValueError, match="pick a member of the ensemble"):
        sk.simulate(net, 200.0).stdd(0, 1)
    with pytest.raises(ValueError, match="simulate with record=True"):
        sk.simulate(net[0], 200.0, record=False).stdd(0, 1)
    with pytest.raises(ValueError, match="up to 16 neurons, this network has 17"):
        sk.simulate(sk.SamplingNetwork(np.zeros((17, 17)), np.zeros(17)), 200.0).state_distribution()
    with pytest.raises(IndexError):
        sk.simulate(net[0], 200.0)[0]


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_statistics_not_kept_are_asked_for_in_vain(timing):
    """What was not gathered is one clear error; what spikes alone tell is told."""
    net = sk.SamplingNetwork([[0, 1.0], [1.0, 0]], [0.0, 0.0], tau_ref=10, timing=timing)
    lean = sk.simulate(net, 500, seed=1, statistics=())
    full = sk.simulate(net, 500, seed=1)
    for ask in (lean.coactivation, lambda: sk.stdp.sal(sk.simulate(net, 500, record=False, statistics=("occupancy",)))):
        with pytest.raises(ValueError, match="'pairs' among the statistics"):
            ask()
    with pytest.raises(ValueError, match="'occupancy' among the statistics"):
        lean.state_distribution()
    np.testing.assert_array_equal(lean.rates(), full.rates())
    np.testing.assert_array_equal(sk.stdp.sal(lean, "exponential"), sk.stdp.sal(full, "exponential"))


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_statistics_of_a_member_are_the_members_statistics(timing):
    """Rates, coactivations, state distributions and SAL of a picked member; the state is what rates and pairs say."""
    w = np.array([[0, 1.0, -0.5], [0.2, 0, 0.8], [-1.0, 0.4, 0]])
    net = sk.SamplingNetwork(np.stack([w, 0 * w, 2 * w]), [-0.5, 0.3, 0.0], 12, timing)
    spikes = sk.simulate(net, 1200, seed=2, replicas=3)
    for k in range(3):
        one = spikes[k]
        for name in ("rates", "coactivation", "state_distribution"):
            np.testing.assert_array_equal(getattr(one, name)(), getattr(spikes, name)()[k])
        np.testing.assert_array_equal(sk.stdp.sal(one), sk.stdp.sal(spikes)[k])
        np.testing.assert_array_equal(one.final.ages, spikes.final.ages[k])
        z = sk.boltzmann.states(3)
        on = one.state_distribution() @ z
        np.testing.assert_allclose(np.diag(one.coactivation()), on, atol=1e-12)
        assert one.state_distribution().sum() == pytest.approx(1, abs=1e-12)
    bare = sk.simulate(net, 120, seed=2, statistics=())[1]
    assert bare.pairs is None and bare.occupancy is None and bare.ties is None


def test_overlaps_by_hand():
    """tau_ref 10: 1 at 9 starts on 0 at 3, 0 at 14 on 1 at 9; of the tie at 24 nobody, and 14 is a whole 10 ago."""
    spikes = by_hand([3, 9, 14, 24, 24], [0, 1, 0, 0, 1], tau_ref=10, duration=40)
    assert spikes.kept_overlaps()[0].tolist() == [[0, 1], [1, 0]]
    np.testing.assert_array_equal(spikes.overlaps(), [[0, 0.25], [0.25, 0]])


OVERLAPPING = [(4, "continuous", {}), (15, "continuous", {}), (4, "discrete", {}), (14, "discrete", {}),
               (14, "discrete", {"psp": "alpha"}), (4, "discrete", {"refractory": 13, "psp_length": 11}),
               (4, "continuous", {"refractory": [5.0, 9.0, 12.0, 20.0], "psp_length": 9.0})]  # fmt: skip


@pytest.mark.parametrize(("n", "timing", "kw"), OVERLAPPING)
def test_overlaps_kept_are_those_of_the_spikes(n, timing, kw):
    """Counted on the way and from recorded spikes, over a boundary of two runs; spikes do not depend on it."""
    rng = np.random.default_rng(n)
    net = sk.SamplingNetwork(
        rng.normal(0, 0.7, (2, n, n)) * (1 - np.eye(n)), rng.uniform(-1, 1, (2, n)), tau_ref=12, timing=timing, **kw
    )
    kept = ("overlaps",)
    first = sk.simulate(net, 600, seed=1, replicas=2, record=False, statistics=kept)
    recorded = sk.simulate(net, 600, seed=1, replicas=2)
    for one, two in ((first, recorded), (first[1], recorded[1])):
        np.testing.assert_array_equal(one.overlap_counts, two.kept_overlaps())
    assert recorded.overlap_counts is None and np.all(first.overlap_counts.sum((0, 1)) + np.eye(n) > 0)
    assert first[0].overlaps().shape == (n, n) and first.overlap_counts.dtype == np.int64
    later = sk.simulate(net, 600, seed=1, replicas=2, record=False, statistics=kept, start=first.final)
    np.testing.assert_array_equal(later.final.draws, sk.simulate(net, 600, 1, 2, start=first.final).final.draws)
    whole = sk.simulate(net, 1200, seed=1, replicas=2)
    np.testing.assert_array_equal(first.overlap_counts + later.overlap_counts, whole.kept_overlaps())
    with pytest.raises(ValueError, match="'overlaps' among the statistics, or record=True"):
        sk.simulate(net, 120, record=False).overlaps()


def test_remaining_time_on_by_hand():
    """Ages 3, 8 and 12 of tau_ref = 10: 7 and 2 are left; both are on for as long as the earlier to go is."""
    state = sk.spikes.State(np.array([[3.0, 8.0, 12.0]]), np.zeros(1, np.uint64), np.full(1, -1.0))
    assert state.remaining(10.0)[0].tolist() == [[7, 2, 0], [2, 2, 0], [0, 0, 0]]


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_both_ends_of_a_run_are_states_to_start_from(timing):
    """From the silent start the same spikes come again; from the end others, none before what is refractory is over."""
    net = sk.SamplingNetwork([[0, 1.0], [1.0, 0]], [0.5, 0.0], tau_ref=10, timing=timing)
    first = sk.simulate(net, 600, seed=4)
    np.testing.assert_array_equal(sk.simulate(net, 600, seed=4, start=first.initial).times, first.times)
    rest = sk.simulate(net, 600, seed=4, start=first.final)
    for i in (0, 1):
        latest = first.times[first.neurons == i][-1]
        assert first.final.ages[0, i] == pytest.approx(600 - latest, abs=1e-9)
        assert rest.times[rest.neurons == i][0] >= latest + 10 - 600 - 1e-9
    assert np.all(first.initial.ages == np.inf) and not np.array_equal(rest.times, first.times)


def test_rates_and_coactivations_by_hand():
    """tau_ref = 10, T = 100: 3 and 2 spikes are on for 0.3 and 0.2; pairs 4 and 7 apart overlap for 6 and 3 of 100."""
    spikes = by_hand([20, 24, 50, 70, 77], [0, 1, 0, 1, 0])
    one = sk.simulate(sk.SamplingNetwork([[0.0]], [300.0], tau_ref=10), 1000.0)  # on all the time
    assert one.rates() == pytest.approx([1.0]) and one.coactivation()[0, 0] == pytest.approx(1.0)
    assert sk.stdp.hebbian(spikes)[0, 1] == pytest.approx((6 + 3) / 100)
    assert sk.stdp.sal(spikes)[0, 1] == pytest.approx((6 - 3) / 100)
    rich = sk.SamplingNetwork([[0, 0.5], [0.5, 0]], [0.2, -0.4], tau_ref=10)
    mean, coactivation = sk.boltzmann.moments(rich.weights, rich.biases)
    long = sk.simulate(rich, 400_000, seed=1, replicas=16, record=False)
    for found, exact in ((long.rates(), mean), (long.coactivation(), coactivation)):
        np.testing.assert_allclose(found, exact, rtol=0.01)  # 6.4e5 tau_ref: eight standard errors or more
