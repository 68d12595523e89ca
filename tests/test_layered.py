"""Layers that align: the law of their spikes, the fixed point, the time it takes, and what breaks it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

import salkit as sk
from salkit.layers import Layers, align, law, symmetrise
from salkit.layers.geometry import fit, geometry, pack, unpack
from salkit.layers.training import begin, begin_phase, learn, schedule


def free(forward, backward, biases, length, runs=1, seed=1, **given):
    """`runs` independent copies of a network of given biases, one cycle without learning: their `Phase` after it."""
    many = [[np.repeat(np.asarray(w, float)[None], runs, axis=0) for w in side] for side in (forward, backward)]
    settings = dict(balance=0.0, temperature=1.0, window="triangular", rate=0.5) | given
    phase = begin_phase(
        *many, np.tile(biases, (runs, 1)), np.full(runs, seed), np.arange(runs), cycle_length=length, **settings
    )
    links = len(forward)
    phase.produced = phase.learn(
        np.zeros((runs, 1, links)), np.zeros((runs, 1, links)), 1, settings.get("entropy", False)
    )
    return phase


def rates(phase):
    """(runs, neurons), without padding."""
    g = phase.geometry
    places = [phase.counts[:, g.of_layer(layer)] for layer in range(g.sizes.size)]
    return np.concatenate(places, axis=1) / phase.duration


def pair_sums(phase):
    """By link, per tau_ref: Σ K where the lower follows the upper, (runs, upper, lower); the reverse, transposed."""
    up, down = unpack(phase.geometry, phase.sums / phase.duration)
    return up, down


def dense(forward, backward):
    """The same network as one matrix W[post, pre]."""
    sizes = [forward[0].shape[1], *(w.shape[0] for w in forward)]
    edge, n = np.cumsum([0, *sizes]), sum(sizes)
    weights = np.zeros((n, n))
    for lower, (w, b) in enumerate(zip(forward, backward, strict=True)):
        below, above = slice(edge[lower], edge[lower + 1]), slice(edge[lower + 1], edge[lower + 2])
        weights[above, below], weights[below, above] = w, b
    return weights, edge


def some(sizes, seed, scale=1.0):
    """Random W_l and B_l, and biases."""
    rng = np.random.default_rng(seed)
    forward = [scale * rng.normal(size=(m, n)) for n, m in pairwise(sizes)]
    return forward, [scale * rng.normal(size=w.T.shape) for w in forward], rng.normal(size=sum(sizes)) / 2


def test_places_of_synapses_and_what_a_fit_is():
    forward, backward, _ = some((3, 9, 2), 1)
    g = geometry((3, 9, 2))
    flat = pack(g, [w[None] for w in forward], [b[None] for b in backward])
    again = unpack(g, flat)
    assert all(np.array_equal(a[0], b) for a, b in zip(again[0], forward, strict=True))
    assert all(np.array_equal(a[0], b) for a, b in zip(again[1], backward, strict=True))
    assert np.count_nonzero(flat) == 2 * (27 + 18)
    assert flat[0, g.at[1, 1] + 4 * g.width[2] + 1] == forward[1][1, 4]  # leaves neuron 4 of layer 1
    w = np.array([[[1.0, 2.0, -3.0]]])
    assert fit(w, 2 * np.swapaxes(w, 1, 2)).slope == pytest.approx(2.0)
    turned = np.array([[[2.0], [-1.0], [0.0]]])  # ΣWB = 0
    assert fit(w, turned).angle == pytest.approx(90.0) and fit(w, turned).sign == pytest.approx(1 / 3)
    part = fit(w, turned, np.array([[[True], [False], [False]]]))
    assert part.slope == pytest.approx(2.0) and part.angle == pytest.approx(0.0, abs=1e-6) and part.sign == 1.0


@pytest.mark.parametrize("w, b, drive", [(1.0, -0.5, (0.3, -0.7)), (0.4, 0.4, (-1.0, 1.0)), (-0.8, 0.6, (0.0, 0.0))])
def test_one_neuron_above_another_is_salkits_law_of_two(w, b, drive):
    """Rates and SAL's drift in 64 copies of 4000 tau_ref, against the closed law: |z| < 4.5: false alarms 2e-5."""
    phase = free([[[w]]], [[[b]]], drive, 4000.0, runs=64)
    net = sk.SamplingNetwork([[0.0, b], [w, 0.0]], drive, 1.0)  # neuron 0 below, so W_01 = B
    up, down = pair_sums(phase)
    drift = (down[0] - up[0].swapaxes(1, 2)).ravel()
    exact = sk.stdd.sal_drift(net, window="triangular", per="time")[0]
    start = 3.0 / 4000.0  # from silence, a few tau_ref
    for found, wanted in ((drift, exact), *zip(rates(phase).T, sk.stdd.rates(b, w, *drive), strict=True)):
        error = found.std(ddof=1) / 8
        assert abs(found.mean() - wanted) < 4.5 * error + start, (found.mean(), wanted, error)


def test_layers_are_the_dense_network_in_law():
    """3-4-2 at T = 2, 40 copies of 1500 tau_ref each way: rates and all pair sums, Bonferroni at 1e-4 over 49."""
    forward, backward, biases = some((3, 4, 2), 5, 1.5)
    phase = free(forward, backward, biases, 1500.0, runs=40, temperature=2.0)
    weights, edge = dense(forward, backward)
    spikes = sk.simulate(sk.SamplingNetwork(weights / 2, biases / 2, 1.0), 1500.0, 7, replicas=40, record=False)
    mine, theirs = (
        [rates(phase)],
        [spikes.counts_of_replicas() if hasattr(spikes, "counts_of_replicas") else spikes.spike_counts / 1500.0],
    )
    up, down = pair_sums(phase)
    for lower in range(2):
        below, above = slice(edge[lower], edge[lower + 1]), slice(edge[lower + 1], edge[lower + 2])
        mine += [up[lower].swapaxes(1, 2).reshape(40, -1), down[lower].swapaxes(1, 2).reshape(40, -1)]
        theirs += [
            spikes.pairs[:, below, above].reshape(40, -1) / 1500.0,
            spikes.pairs[:, above, below].reshape(40, -1) / 1500.0,
        ]
    p = stats.ttest_ind(np.concatenate(mine, axis=1), np.concatenate(theirs, axis=1)).pvalue
    assert p.size == 9 + 2 * 20 and p.min() > 1e-4 / p.size
    wrong = free([w.copy() for w in forward], [b[::-1] for b in backward], biases, 1500.0, runs=40, temperature=2.0)
    assert stats.ttest_ind(rates(wrong), theirs[0]).pvalue.min() < 1e-9


def test_symmetric_layers_sample_their_boltzmann_distribution():
    """5-3-4 with B = Wᵀ: rates against the exact means, |z| < 4.5 for 12 neurons, false alarms 1e-4."""
    forward, _, biases = some((5, 3, 4), 3)
    backward = [w.T for w in forward]
    found = rates(free(forward, backward, biases, 2000.0, runs=40))
    mean, _ = sk.boltzmann.moments(dense(forward, backward)[0], biases)
    assert np.all(np.abs(found.mean(axis=0) - mean) < 4.5 * found.std(axis=0, ddof=1) / np.sqrt(40) + 1e-3)


def drift_z(forward, backward, **given):
    """z of the mean drift of every feedback weight over 40 copies of 1000 tau_ref."""
    phase = free(forward, backward, np.zeros(16), 1000.0, runs=40, **given)
    up, down = pair_sums(phase)
    drift = (down[0] - up[0].swapaxes(1, 2)).reshape(40, -1)
    return drift.mean(axis=0) / (drift.std(axis=0, ddof=1) / np.sqrt(40))


@pytest.mark.parametrize("window", ["triangular", "rectangular"])
def test_the_transpose_is_a_fixed_point_and_nothing_else(window):
    """8 × 8: the 64 drifts at B = Wᵀ are noise (χ², four standard deviations), not so at B = W."""
    forward = [np.random.default_rng(2).normal(size=(8, 8)) / 2]
    scale = 64 * 39 / 37  # E t²
    assert abs(np.sum(drift_z(forward, [forward[0].T], window=window) ** 2) - scale) < 4 * np.sqrt(2 * 64) * 1.15
    assert np.sum(drift_z(forward, [forward[0]], window=window) ** 2) > 10 * scale


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.8])
def test_the_laws_drift_is_that_of_two_neurons(rate):
    """First order in the weights: against the exact law at small ones, and in closed form for both windows."""
    bias, small = np.log(rate / (1 - rate)), 1e-3
    exact = sk.stdd.sal_drift(small, -small, bias, bias, 10, window="triangular", per="time")[0] / (-2 * small)
    found, box = law(rate), law(rate, "rectangular")
    assert found.drift == pytest.approx(exact, rel=1e-5) and found.drift == pytest.approx(rate**2 * (0.5 - rate / 3))
    assert found.anticausal == pytest.approx(-(rate**3) * (1 / 3 - rate / 4), abs=1e-9)
    assert box.drift == pytest.approx(rate**2 * (1 - rate)) and box.noise == pytest.approx(2 * box.drift)
    assert box.anticausal == pytest.approx(-(rate**3) * (1 - rate) / 2, abs=1e-9)
    assert box.constant == pytest.approx(2 / (rate**2 * (1 - rate))) and box.constant < found.constant


@pytest.mark.parametrize("rate, window", [(0.2, "triangular"), (0.5, "rectangular"), (0.7, "triangular")])
def test_the_laws_noise_is_that_of_unconnected_neurons(rate, window):
    """Variance over 40 copies of 24 × 24 pairs, 200 tau_ref each; its error is about √(2/(40 · 48)) = 3 %."""
    zero = np.zeros((24, 24))
    phase = free([zero], [zero], np.full(48, np.log(rate / (1 - rate))), 200.0, runs=40, window=window)
    up, down = pair_sums(phase)
    drift = down[0] - up[0].swapaxes(1, 2)
    assert np.mean(drift**2) * 200.0 == pytest.approx(law(rate, window).noise, rel=0.1)
    half = np.var(down[0] - law(rate, window).area * rate**2) * 200.0
    assert half > law(rate, window).half_noise  # where rates are not known as they came out


def test_alignment_takes_the_time_that_theory_says():
    """20 × 20 in 1e5 tau_ref, three seeds: below 8°, slope 1, no further from the best possible error than a third."""
    found = align(Layers(sizes=(20, 20), length=100_000, records=5), [1, 2, 3])
    angle = found.angle_1.values
    assert np.all(np.abs(angle[:, 0] - 90) < 10) and np.all(angle[:, -1] < 8)
    assert abs(found.slope_1.values[:, -1].mean() - 1) < 0.02
    time = found.time.values[1:] + law(0.5, "rectangular").constant * 20 / 2
    theory = np.degrees(np.arctan(np.sqrt(law(0.5, "rectangular").constant * 20 / time)))
    assert np.all(angle[:, 1:].mean(axis=0) / theory > 0.95) and np.all(angle[:, 1:].mean(axis=0) / theory < 1.33)
    assert np.all(found.sign_1.values[:, -1] > 0.9) and np.all(found.correlation_1.values[:, -1] > 0.98)
    assert np.all(np.abs(found.rates.values - 0.5) < 0.05) and np.all(found.frozen.values == 0)
    assert np.array_equal(found.w_1.values[:, 0], found.w_1.values[:, 1])


@pytest.mark.parametrize("rate, window, length", [(0.2, "triangular", 23_700), (0.8, "rectangular", 4_400)])
def test_the_constant_holds_at_other_rates(rate, window, length):
    """20 × 20, to about 16°: tan² of the angle against K n/t, with the schedule's 1.5²/2; four seeds, error 4 %."""
    p = Layers(sizes=(20, 20), length=length, records=1, rate=rate, window=window, spread=0.1)
    angle = align(p, [1, 2, 3, 4]).angle_1.values[:, -1]
    wanted = 1.125 * law(rate, window).constant * 20 / length
    assert np.mean(np.tan(np.radians(angle)) ** 2) == pytest.approx(wanted, rel=0.2)


def test_schedules():
    p = Layers(sizes=(20, 50), length=10_000, cycle_length=100, temperature=2.0)
    constants = law(0.5, "rectangular")
    start = constants.constant * 4 * 20 / 2
    assert schedule(p)[:, 0] == pytest.approx(2 / constants.drift / (100 * np.arange(1, 101) / 1.5 + start))
    assert schedule(replace(p, learns="both")) == pytest.approx(schedule(p) / 2)
    assert np.all(schedule(replace(p, lr_sal=1e-3)) == 1e-3)
    assert schedule(replace(p, lr_sal=1e-3, anneal=100.0))[:, 0] == pytest.approx(1e-3 / (1 + np.arange(1, 101)))
    assert np.all(100 / 2 * constants.drift * schedule(p) < 1)  # never beyond the difference itself


def test_the_wrong_sign_diverges():
    """With SAL turned around the difference grows, whatever the window."""
    for window in ("triangular", "rectangular"):
        p = Layers(sizes=(10, 10), length=3000, lr_sal=1e-3, records=1, sign=-1, window=window)
        found = align(p, [1, 2])
        miss = [
            np.linalg.norm(found.w_1.values[:, k].swapaxes(1, 2) - found.b_1.values[:, k], axis=(1, 2)) for k in (0, 1)
        ]
        assert np.all(miss[1] > 1.2 * miss[0])
        found = align(replace(p, sign=1), [1, 2])
        right = np.linalg.norm(found.w_1.values[:, 1].swapaxes(1, 2) - found.b_1.values[:, 1], axis=(1, 2))
        assert np.all(right < 0.9 * miss[0])


def test_results_depend_on_nothing_but_the_seed():
    p = Layers(sizes=(7, 5, 3), length=2000, records=4, weights="all", unpaired=0.2, one_way=0.2)
    both = align(p, [(1, 2), 3], threads=2)
    one = align(p, [3], threads=1)
    for name in both.data_vars:
        assert np.array_equal(both[name].values[1], one[name].values[0]), name
    coarse = align(replace(p, records=1, weights="ends"), [3])
    assert np.array_equal(coarse.b_2.values[0, -1], one.b_2.values[0, -1])
    assert coarse.spikes.values[0, -1] == pytest.approx(one.spikes.values[0, -1])
    other = align(p, [(1, 3), (2, 2)])
    assert np.array_equal(other.w_1.values[0, 0] != 0, both.w_1.values[1, 0] != 0)  # the start's seed cuts
    again = align([p, replace(p, gain=2.0)], [3, 3])
    assert np.array_equal(again.b_1.values[0], one.b_1.values[0])
    assert np.array_equal(again.w_1.values[1], 2 * one.w_1.values[0])
    with pytest.raises(RuntimeError, match="on the CPU only"):
        align(p, [1], device="cuda")


def test_start_has_the_stated_spread_and_rate():
    """Weights uniform in ±gain √(3/fan-in), the fan-in without missing synapses (1 in 1e4 seeds has no weight near the
    edge); neurons without weights at the given rate, to six standard errors."""
    p = Layers(sizes=(100, 80), length=400, records=1, gain=2.0, unpaired=0.6, inputs=50, input_gain=3.0)
    forward, backward = unpack(begin(p, [1]).phase.geometry, begin(p, [1]).phase.weights)
    edges = 3 * np.sqrt(3 / 50), 2 * np.sqrt(3 / 40), 2 * np.sqrt(3 / 40)
    for weights, edge in zip((*forward, backward[1]), edges, strict=True):
        assert 0.995 * edge < np.abs(weights).max() <= edge
    rate, neurons, length = 0.3, 200, 2000
    free = begin(Layers(sizes=(100, 100), length=length, records=1, gain=0, lr_sal=0.0, rate=rate, spread=0), [1])
    learn(free, 0, free.parameters.cycles)
    found = free.phase.counts.sum() / (neurons * length)
    assert abs(found - rate) < 6 * np.sqrt(rate * (1 - rate) ** 2 / (neurons * length)), found


def test_missing_synapses_stay_missing():
    p = Layers(sizes=(12, 12), length=20_000, records=1, unpaired=0.4, one_way=0.25)
    found = align(p, [1])
    w, b = found.w_1.values[0, -1], found.b_1.values[0]
    assert 0.45 < np.mean(w != 0) < 0.75 and np.array_equal(b[0] != 0, b[1] != 0)
    assert np.all(w.T[b[0] != 0] != 0) and np.sum(w != 0) > np.sum(b[1] != 0)
    assert found.angle_1.values[0, -1] < 20


def test_entropy_production_falls_to_zero():
    """From the counts of overlaps: positive for unequal weights, zero within its error for equal ones, both windows."""
    p = Layers(sizes=(20, 20), length=20_000, records=20, entropy=True)
    found = align(p, [1, 2]).entropy_production.values
    assert np.all(found[:, 0] > 10 * np.abs(found[:, -1])) and np.all(found[:, -1] > -0.01)
    forward, backward, biases = some((4, 3), 8)
    mirrored = free(forward, [forward[0].T], biases, 4000.0, runs=16, entropy=True)
    assert np.max(np.abs(mirrored.produced)) < 1e-12  # w_ij = w_ji, term by term
    for window in ("rectangular", "triangular"):
        phase = free(forward, backward, biases, 4000.0, runs=16, entropy=True, window=window)
        weights, _ = dense(forward, backward)
        spikes = sk.simulate(sk.SamplingNetwork(weights, biases, 1.0), 64_000.0, 3)
        times, who = spikes.times, spikes.neurons
        last, count = np.full(7, -np.inf), np.zeros((7, 7))
        for t, i in zip(times, who, strict=True):
            count[i] += t - last < 1
            last[i] = t
        count[np.diag_indices(7)] = 0
        wanted = np.sum((weights - weights.T) * (count - count.T)) / 2 / 64_000.0
        assert phase.produced.mean() == pytest.approx(wanted, rel=0.05) and wanted > 0.3


def test_a_one_way_input_spoils_the_copy():
    """Spiking neurons that hear nothing back: B settles beyond W (slope above 1), as it does not without them."""
    p = Layers(sizes=(20, 20), length=40_000, records=1, inputs=20)
    slope = align(p, range(1, 4)).slope_1.values[:, -1]
    assert slope.mean() > 1.03 and np.all(slope > 1.0), slope


def test_both_sides_may_learn():
    found = align(Layers(sizes=(10, 10), length=20_000, records=1, learns="both"), [1, 2])
    first, last = found.w_1.values[:, 0], found.w_1.values[:, 1]
    assert np.all(found.angle_1.values[:, -1] < 10)
    assert last + found.b_1.values[:, 1].swapaxes(1, 2) == pytest.approx(first + found.b_1.values[:, 0].swapaxes(1, 2))


def test_one_sided_learning_aligns_less_well():
    """With theory's decay it copies weak weights as SAL does; unequal rates change its slope, strong weights end it."""
    p = Layers(sizes=(20, 20), length=20_000, records=1)
    for changes, least, most in ((dict(), 0, 15), (dict(spread=1.5), 10, 25), (dict(gain=2.0), 30, 90)):
        angles, slopes = {}, {}
        for rule in ("sal", "one-sided"):
            found = align(replace(p, rule=rule, **changes), [1, 2])
            angles[rule], slopes[rule] = found.angle_1.values[:, -1], found.slope_1.values[:, -1]
        assert np.all(angles["sal"] < 12) and np.all((least < angles["one-sided"]) & (angles["one-sided"] < most))
        assert np.all(np.abs(slopes["sal"] - 1) < np.abs(slopes["one-sided"] - 1)) or not changes


def test_symmetrise_brings_feedback_to_the_callers_weights():
    forward, backward, _ = some((12, 10, 6), 4, 0.4)
    before = [b.copy() for b in backward]
    done = symmetrise(forward, backward, 1, 20_000)
    assert all(np.array_equal(a, b) for a, b in zip(before, backward, strict=True))
    assert np.all(done.angle < 12) and np.all(np.abs(done.slope - 1) < 0.1) and done.rates.shape == (3,)
    assert [b.shape for b in done.backward] == [(12, 10), (10, 6)]
    more = symmetrise(forward, done.backward, 1, 20_000, mismatch=0.15, phase=1)
    assert more.angle.mean() < done.angle.mean() + 0.5
    stacked = [[np.stack([w, 2 * w]) for w in side] for side in (forward, backward)]
    many = symmetrise(*stacked, 1, 20_000)
    assert np.array_equal(many.backward[0][0], done.backward[0]) and many.angle.shape == (2, 2)
    own = symmetrise(*stacked, [5, 1], 20_000)
    assert np.array_equal(
        own.backward[1][1], symmetrise(*[[w[1] for w in side] for side in stacked], 1, 20_000).backward[1]
    )
    held = symmetrise(forward, backward, 1, 500.0, lr=0.0, biases=[np.full(n, -1.0) for n in (12, 10, 6)])
    assert all(np.array_equal(a, b) for a, b in zip(held.backward, backward, strict=True))
    cold = symmetrise([20 * w for w in forward], backward, 1, 500.0, lr=0.0, biases=[np.zeros(n) for n in (12, 10, 6)])
    assert np.any(cold.frozen > 0.1) and np.all(held.frozen < 0.2)


def test_cycles_are_pieces_of_one_run():
    """Without learning, 50 cycles of 10 tau_ref have the spikes of one cycle of 500: neurons stay on over the edge."""
    forward, backward, biases = some((4, 3), 6)
    one = free(forward, backward, biases, 500.0, runs=2)
    given = dict(balance=0.0, temperature=1.0, window="triangular", rate=0.5, cycle_length=10.0)
    many = [[np.repeat(w[None], 2, axis=0) for w in side] for side in (forward, backward)]
    pieces = begin_phase(*many, np.tile(biases, (2, 1)), np.full(2, 1), np.arange(2), **given)
    pieces.learn(np.zeros((2, 50, 1)), np.zeros((2, 50, 1)), 1)
    assert np.array_equal(one.counts, pieces.counts) and pieces.ends == pytest.approx(one.ends, abs=1e-9)
