"""Networks beyond the tables: integer potentials, their hazards, and the kernels built on them.

Statistical tests: fixed seeds, Welch's or Student's t over independent replicas, family-wise false-alarm rate 1e-4.
"""

import math

import numba
import numpy as np
import pytest
import reference
from scipy import stats

import salkit as sk
from salkit.kernels.cpu import bounds, steps
from salkit.kernels.cpu import potentials as p
from salkit.philox import Purpose, uniform

FALSE_ALARM = 1e-4


@numba.njit
def switch(sign, potential, columns, j, scale, groups, areas, spans):
    if sign > 0:
        return bounds.switch_on(potential, columns, j, scale, groups, areas, spans)
    return bounds.switch_off(potential, columns, j, scale, groups, areas, spans)


@numba.njit
def curves(potential, scale):
    """H(U) and C(U)."""
    hazard, chord = np.empty(potential.size, np.float32), np.empty(potential.size, np.float32)
    for k in range(potential.size):
        hazard[k], chord[k] = p.hazard(potential[k], scale), p.chord(potential[k], scale)
    return hazard, chord


@numba.njit
def found_at(potential, scale, groups, areas, spans, x):
    return bounds.place(potential, scale, groups, areas, spans, x)


def room(width, rows=bounds.ROWS):
    return bounds.workplace.py_func(width, rows)


def bounds_of(potential, scale):
    """Room with the bounds of these potentials, through a column of zeros, and their sum."""
    size = int(p.padded(potential.size))
    place = room(size)
    place[0][:] = p.OFF
    place[0][: potential.size] = potential
    total = switch(1, place[0], np.zeros((1, size), np.int32), 0, scale, *place[1:])
    return place, total


def network(n, timing, seed=1, members=(), **kw):
    rng = np.random.default_rng(seed)
    w = rng.uniform(-1, 1, (*members, n, n)) * np.sqrt(7 / n) * (1 - np.eye(n))
    return sk.SamplingNetwork(w, rng.uniform(-1, 1, (*members, n)), tau_ref=20, timing=timing, **kw)


@pytest.mark.parametrize("scale", [p.FINEST, 20, 14])
def test_hazards_are_exponentials_within_a_stated_error(scale):
    """Every fraction of the scale (at most 2^20 of them), and random exponents between the two ends."""
    fractions = np.arange(0, 1 << scale, 1 << max(0, scale - 20))
    low, high = (max(-126 << scale, -p.RANGE) >> scale), min((126 << scale) + 1, p.RANGE) >> scale
    k = np.random.default_rng(0).integers(low, high, fractions.size)
    potential = (fractions + (k << scale)).astype(np.int32)
    hazard, chord = curves(potential, scale)
    np.testing.assert_array_less(np.abs(hazard / 2.0 ** (potential / 2.0**scale) - 1), 2.0**-22)

    ratio = chord.astype(float) / hazard
    assert np.all((ratio > 1 - 2.0**-22) & (ratio < 1.06149)) and ratio.max() > 1.0613
    np.testing.assert_allclose(chord, (1 + fractions / 2.0**scale) * 2.0**k, rtol=2.0**-23)


def test_hazards_end_at_both_ends():
    scale = 14
    ends = np.array([(-126 << scale) - 1, (-127 << scale) - 1, -p.RANGE, p.OFF, p.OFF - p.RANGE], np.int32)
    hazard, chord = curves(ends, scale)
    assert hazard.tolist() == [0.0] * 5 and chord[1:].tolist() == [0.0] * 4 and 0 < chord[0] < 2.0**-126
    for off in (p.OFF, p.OFF + p.RANGE - 1):
        assert [curve.tolist() for curve in curves(np.array([off], np.int32), p.FINEST)] == [[0.0], [0.0]]
    high = np.array([127 << scale, p.RANGE - 1], np.int32)
    hazard, chord = curves(high, scale)
    np.testing.assert_allclose(hazard, [2.0**126, 2.0**127], rtol=1e-4)
    assert np.all(chord >= hazard) and np.all(chord == 2.0**127)


@pytest.mark.parametrize("n", [13, 16, 300, 530, 4200])
def test_sums_of_bounds(n):
    """Of groups, blocks, spans (4200 neurons: two) and all: within 2^-20 of those of the chords."""
    potential = np.random.default_rng(n).integers(-20 << 20, 5 << 20, n).astype(np.int32)
    chord = curves(potential, 20)[1]
    (_, groups, areas, spans), total = bounds_of(potential, 20)
    assert (len(areas), len(spans)) == (-(-n // 256), -(-n // 4096))
    for block, kept in enumerate(groups):
        own = chord[256 * block : 256 * (block + 1)]
        expected = np.cumsum([math.fsum(own[group::16]) for group in range(16)])
        np.testing.assert_allclose(kept, expected, rtol=2.0**-20)
        assert kept[-1] == areas[block]
    np.testing.assert_allclose(spans, [areas[k : k + 16].sum() for k in range(0, len(areas), 16)], rtol=1e-14)
    assert total == pytest.approx(math.fsum(chord), rel=2.0**-20)


@pytest.mark.parametrize(("largest", "scale"), [(3.0, 22), (80.0, 22), (160.0, 21), (500.0, 19)])
def test_weights_as_integers_are_close(largest, scale):
    """Each within half a unit, 2^-s-1 ln 2; at the largest potential that is allowed still within 2^-20."""
    rng, n, log_tau_ref = np.random.default_rng(3), 45, math.log(20.0)
    w, b = rng.normal(size=(n, n)) * (1 - np.eye(n)), rng.normal(size=n)
    scaled = largest / np.max(np.abs(b) + np.abs(w).sum(axis=1))
    w, b = w * scaled, b * scaled + log_tau_ref
    columns = np.empty((n + 1, int(p.padded(n))), np.int32)
    assert p.quantise(w, b, log_tau_ref, p.OFF, columns) == scale
    unit = math.log(2) / 2**scale
    error = np.abs(columns[:n, :n].T * unit - w)
    np.fill_diagonal(error, 0.0)
    allowed = 0.5 * unit * (1 + 1e-6)
    assert max(error.max(), np.abs(columns[n, :n] * unit - (b - log_tau_ref)).max()) < allowed < 2.0**-20
    assert error.max() > 0.4 * unit  # the bound is not a loose one
    assert np.all(np.diagonal(columns) == p.OFF) and np.all(columns[:n, n:] == 0) and np.all(columns[n, n:] == p.OFF)
    off_diagonal = np.abs(columns[:, :n].astype(np.int64)) * (1 - np.eye(n + 1, n, dtype=np.int64))
    assert off_diagonal.sum(axis=0).max() <= p.RANGE


@pytest.mark.parametrize("n", [14, 300])
def test_potentials_do_not_drift(n):
    """After 1e5 switches they are those from scratch, to the last bit, and so are hazards and sums."""
    net, rng = network(n, "continuous"), np.random.default_rng(4)
    columns = np.empty((n + 1, int(p.padded(n))), np.int32)
    scale = p.quantise(net.weights, net.biases, math.log(20.0), p.OFF, columns)
    width = columns.shape[1]
    place, anew = room(width), room(width)
    switch(1, place[0], columns, n, scale, *place[1:])
    on = np.zeros(n, bool)
    for j in rng.integers(0, n, 100_000):
        total = switch(-1 if on[j] else 1, place[0], columns, j, scale, *place[1:])
        on[j] = not on[j]
    anew[0][:] = columns[:n][on].sum(axis=0)
    assert total == switch(1, anew[0], columns, n, scale, *anew[1:])
    for kept, expected in zip(place, anew, strict=True):
        np.testing.assert_array_equal(kept, expected)
    hazard = curves(place[0], scale)[0]
    assert np.all(hazard[:n][on] == 0) and np.all(hazard[:n][~on] > 0) and np.all(hazard[n:] == 0)
    expected = np.exp(net.biases + net.weights @ on)[~on] / 20
    np.testing.assert_allclose(hazard[:n][~on], expected, rtol=1e-6 * np.sqrt(n))


def in_order(n):
    """Block, group, row."""
    return sorted(range(n), key=lambda i: (i // 256, i % 16, i))


@pytest.mark.parametrize("n", [13, 40, 300, 700, 4200])
def test_the_neuron_is_found_under_its_bound(n):
    """Shares in the order block, group, row, and the height above 0; of what has no bound none is ever found."""
    rng = np.random.default_rng(n)
    potential = rng.integers(-4 << 20, 2 << 20, n).astype(np.int32)
    potential[rng.random(n) < 0.5] = p.OFF
    place, total = bounds_of(potential, 20)
    order, chord = in_order(n), curves(potential, 20)[1]
    edges = np.cumsum(chord[order].astype(float))
    for x in rng.uniform(0, total, 2000):
        rank = int(np.searchsorted(edges, x, side="right"))
        near = np.min(np.abs(edges - x)) < 1e-5 * edges[-1]
        found, height = found_at(place[0], 20, *place[1:], x)
        assert near or found == order[rank]
        assert near or height == pytest.approx(x - edges[rank] + chord[found], abs=1e-5 * edges[-1])
        assert chord[found] > height >= 0 or near
    beyond, height = found_at(place[0], 20, *place[1:], 2 * total)
    assert 0 <= beyond < int(p.padded(n)) and height > curves(place[0], 20)[0][beyond]  # does not spike


def continuous(weights, biases, tau_ref, duration, seed):
    """A readable twin for large networks: the neurons that spike, their times, and the number of candidates."""
    n = len(biases)
    order = np.array(in_order(n))
    stream = iter(uniform(seed, Purpose.SAMPLING, 20_000).reshape(-1, 2))
    t, off_at, z, spikes, candidates = 0.0, {}, np.zeros(n), [], 0
    number, share = next(stream)
    wait = -math.log(number)
    while True:
        x = (biases - math.log(tau_ref) + weights @ z) / math.log(2)
        chord = 2 ** np.floor(x) * (1 + x - np.floor(x)) * (z == 0)
        until = min([duration, *off_at.values()])
        if wait >= chord.sum() * (until - t):
            wait, t = wait - chord.sum() * (until - t), until
            if until == duration:
                return spikes, candidates
            j = next(iter(off_at))
            z[j] = 0
            del off_at[j]
            continue
        t += wait / chord.sum()
        edges = np.cumsum(chord[order])
        rank = np.searchsorted(edges, share * chord.sum(), side="right")
        neuron, height = int(order[rank]), share * chord.sum() - edges[rank] + chord[order[rank]]
        number, share = next(stream)
        wait = -math.log(number)
        candidates += 1
        if height < 2.0 ** x[neuron]:
            spikes.append((t, neuron))
            off_at[neuron], z[neuron] = t + tau_ref, 1


@pytest.mark.parametrize("n", [40, 600])
def test_continuous_time_equals_readable_twin(n):
    """600 neurons: three blocks."""
    net = network(n, "continuous")
    spikes = sk.simulate(net, 100.0, seed=5)
    expected, candidates = continuous(net.weights, net.biases, 20.0, 100.0, seed=5)
    assert len(expected) > 2 * n and candidates == spikes.final.draws[0] - spikes.initial.draws[0]
    assert 1.02 < candidates / len(expected) < 1.06
    assert spikes.neurons.tolist() == [neuron for _, neuron in expected]
    np.testing.assert_allclose(spikes.times, [time for time, _ in expected], rtol=1e-5)


@pytest.mark.parametrize(
    "kw", [{}, {"refractory": 23, "psp_length": 7}, {"refractory": 20, "psp_length": 57}, {"psp_length": 1}]
)
def test_discrete_time_equals_readable_twin(kw):
    """PSPs shorter and longer than the shortest interval: some end, some begin again before their end."""
    net = network(37, "discrete", **kw)
    steps_run = 120
    spikes = sk.simulate(net, steps_run, seed=6)
    found = reference.discrete(
        net.weights.tolist(), net.biases.tolist(), net.psp_table(), 20, kw.get("refractory", 20), steps_run, seed=6,
        states=False,
    )[0]  # fmt: skip
    assert len(found) > 100
    assert list(zip(spikes.times.tolist(), spikes.neurons.tolist(), strict=True)) == found


def test_thresholds_of_integers():
    """⌊σ(x) 2³²⌋ in steps of the scale, and no spike escapes the cheap bound."""
    rng = np.random.default_rng(8)
    potential, scale = rng.integers(-30 << 20, 30 << 20, 5000).astype(np.int32), 20
    x = potential * (math.log(2) / 2**scale)
    exact = np.array([steps.threshold(u, scale) for u in potential], float)
    np.testing.assert_allclose(exact, np.floor(2.0**32 / (1 + np.exp(-x))), atol=2)
    hazard = curves(potential, scale)[0]
    bound = hazard * steps._SLACK
    last_word = np.maximum(exact - 1, 0).astype(np.uint32).astype(np.float32)
    assert np.all((last_word < bound) | (exact < 1))
    assert np.mean(bound < 1.001 * exact + 1)[None] > 0.3  # and it is tight where spikes are rare


def rest_of(start, part):
    return [np.asarray(x) for x in (part.neurons, part.times + start)]


@pytest.mark.parametrize("n", [13, 60, 300])
@pytest.mark.parametrize("kw", [None, {}, {"refractory": 20, "psp_length": 57}])
def test_a_run_cut_in_two_is_one_run(n, kw):
    """In discrete time bit for bit; in continuous time the same spikes, their times within rounding."""
    net = network(n, "continuous" if kw is None else "discrete", **(kw or {}))
    whole, first = sk.simulate(net, 300, seed=9), sk.simulate(net, 137, seed=9)
    second = sk.simulate(net, 163, seed=9, start=first.final)
    np.testing.assert_array_equal(whole.neurons, np.concatenate([first.neurons, second.neurons]))
    assert np.array_equal(whole.final.draws, second.final.draws)
    times = np.concatenate([first.times, second.times + 137])
    if kw is not None:
        np.testing.assert_array_equal(whole.times, times)
        np.testing.assert_array_equal(whole.ties, first.ties + second.ties)
        np.testing.assert_array_equal(whole.final.ages, second.final.ages)
    np.testing.assert_allclose(whole.times, times, rtol=1e-12)
    np.testing.assert_allclose(whole.pairs, first.pairs + second.pairs, atol=1e-9)


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_threads_and_batches_change_nothing(timing):
    net = network(20, timing, members=(3,))
    whole = sk.simulate(net, 200, seed=2, replicas=3, threads=1)
    for other in (
        sk.simulate(net, 200, seed=2, replicas=3, threads=2),
        sk.simulate(net, 200, seed=2, replicas=3, threads=5, statistics=()),
    ):
        np.testing.assert_array_equal(whole.times, other.times)
        np.testing.assert_array_equal(whole.neurons, other.neurons)
    for member in range(3):
        alone = sk.simulate(net[member], 200, seed=2, replicas=3, first_run=member)
        np.testing.assert_array_equal(whole[member].pairs, alone.pairs)
        np.testing.assert_array_equal(whole[member].times, alone.times)


def moments(net, duration, seed, replicas, n):
    """Rates and coactivations of the first n neurons, shape (replicas, n (n + 1) / 2), after 20 tau_ref."""
    start = sk.simulate(net, 400, seed=seed, replicas=replicas, record=False, statistics=()).final
    spikes = sk.simulate(net, duration, seed=seed, replicas=replicas, record=False, start=start, statistics=("pairs",))
    overlap = spikes.pairs + np.swapaxes(spikes.pairs, -1, -2)
    overlap[:, np.arange(net.neurons), np.arange(net.neurons)] = spikes.spike_counts
    if spikes.ties is not None:
        overlap = overlap + spikes.ties
    return (overlap * 20 / duration)[:, :n, :n][:, *np.triu_indices(n)]


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
@pytest.mark.parametrize("n", [10, 12])
def test_wide_and_narrow_kernels_agree_in_law(n, timing):
    """Four neurons that never spike put the same network beyond the tables: all rates and coactivations, asymmetric W.

    Family-wise false alarm 1e-4; errors of a rate are below 0.0015, so a departure of 0.01 would show.
    """
    narrow = network(n, timing, seed=n)
    w, b = np.zeros((n + 4, n + 4)), np.full(n + 4, -100.0)
    w[:n, :n], b[:n] = narrow.weights, narrow.biases
    beyond = sk.SamplingNetwork(w, b, tau_ref=20, timing=timing)
    one, two = (moments(net, 80_000, seed, 40, n) for net, seed in ((narrow, 1), (beyond, 2)))
    assert one.std(axis=0).max() / math.sqrt(40) < 0.0015
    assert stats.ttest_ind(one, two, equal_var=False).pvalue.min() > FALSE_ALARM / one.shape[1]


@pytest.mark.parametrize("n", [13, 16])
def test_boltzmann_moments(n):
    """⟨z_i⟩ and ⟨z_i z_j⟩ of the exact law, 91 and 136 of them: family-wise false alarm 1e-4."""
    w, b = sk.boltzmann.random_machine(n, seed=n)
    w = w * math.sqrt(7 / n)
    law, z = sk.boltzmann.distribution(w, b), sk.boltzmann.states(n)
    exact = ((law[:, None] * z).T @ z)[np.triu_indices(n)]
    found = moments(sk.SamplingNetwork(w, b, tau_ref=20.0), 40_000.0, 3, 60, n)
    assert found.std(axis=0).max() / math.sqrt(60) < 0.002
    assert stats.ttest_1samp(found, exact).pvalue.min() > FALSE_ALARM / exact.size
