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
from salkit.kernels.cpu import potentials as p
from salkit.kernels.cpu import steps, wide
from salkit.philox import Purpose, uniform

FALSE_ALARM = 1e-4


@numba.njit
def switch(sign, potential, columns, j, scale, hazard, sums):
    if sign > 0:
        return p.switch_on(potential, columns, j, scale, hazard, sums)
    return p.switch_off(potential, columns, j, scale, hazard, sums)


def hazards_of(potential, scale):
    """H(U) and the lanes' sums, through a column of zeros."""
    size = int(p.padded(potential.size))
    own = np.full(size, p.OFF, np.int32)
    own[: potential.size] = potential
    hazard, sums = np.empty(size, np.float32), np.empty((-(-size // (p.STRIDE * p.WIDTH)), p.LANES))
    total = switch(1, own, np.zeros((1, size), np.int32), 0, scale, hazard, sums)
    e = sums[-1]
    assert total == ((e[0] + e[4]) + (e[2] + e[6])) + ((e[1] + e[5]) + (e[3] + e[7]))
    return hazard[: potential.size], sums


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
    hazard, _ = hazards_of(potential, scale)
    np.testing.assert_array_less(np.abs(hazard / 2.0 ** (potential / 2.0**scale) - 1), 2.0**-22)


def test_hazards_end_at_both_ends():
    scale = 14
    ends = np.array([(-126 << scale) - 1, -p.RANGE, p.OFF, p.OFF - p.RANGE], np.int32)
    assert hazards_of(ends, scale)[0].tolist() == [0.0] * 4
    assert hazards_of(np.array([p.OFF + p.RANGE - 1], np.int32), p.FINEST)[0].tolist() == [0.0]
    top, _ = hazards_of(np.array([127 << scale, p.RANGE - 1], np.int32), scale)
    np.testing.assert_allclose(top, [2.0**126, 2.0**127], rtol=1e-4)


@pytest.mark.parametrize("n", [13, 16, 300, 530])
def test_sums_of_hazards(n):
    """Of all neurons and of every lane: within 2^-20."""
    potential = np.random.default_rng(n).integers(-20 << 20, 5 << 20, n).astype(np.int32)
    hazard, sums = hazards_of(potential, 20)
    for lane in range(p.LANES):
        assert sums[-1, lane] == pytest.approx(math.fsum(hazard[lane :: p.LANES]), rel=2.0**-20)
    assert sums[-1].sum() == pytest.approx(math.fsum(hazard), rel=2.0**-20)
    if len(sums) > 1:
        assert sums[0, 3] == pytest.approx(math.fsum(hazard[3 : p.STRIDE * p.WIDTH : p.LANES]), rel=2.0**-20)


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
    stretches = -(-width // (p.STRIDE * p.WIDTH))

    def room():
        return np.zeros(width, np.int32), np.empty(width, np.float32), np.empty((stretches, p.LANES))

    potential, hazard, sums = room()
    switch(1, potential, columns, n, scale, hazard, sums)
    on = np.zeros(n, bool)
    for j in rng.integers(0, n, 100_000):
        switch(-1 if on[j] else 1, potential, columns, j, scale, hazard, sums)
        on[j] = not on[j]
    anew, hazard_anew, sums_anew = room()
    anew[:] = columns[:n][on].sum(axis=0)
    switch(1, anew, columns, n, scale, hazard_anew, sums_anew)
    np.testing.assert_array_equal(potential, anew)
    np.testing.assert_array_equal(hazard, hazard_anew)
    np.testing.assert_array_equal(sums, sums_anew)
    assert np.all(hazard[:n][on] == 0) and np.all(hazard[:n][~on] > 0) and np.all(hazard[n:] == 0)
    expected = np.exp(net.biases + net.weights @ on)[~on] / 20
    np.testing.assert_allclose(hazard[:n][~on], expected, rtol=1e-6 * np.sqrt(n))


@pytest.mark.parametrize("n", [13, 40, 300, 700])
def test_the_neuron_is_found_in_its_share(n):
    """Shares in the order lane, stretch, half, place; of what has no hazard none is ever found."""
    rng = np.random.default_rng(n)
    potential = rng.integers(-4 << 20, 2 << 20, n).astype(np.int32)
    potential[rng.random(n) < 0.5] = p.OFF
    hazard, sums = hazards_of(potential, 20)
    padding = np.zeros(int(p.padded(n)) - n, np.float32)
    order = sorted(range(n), key=lambda i: (i % 8, i // 256, i % 16, i))
    edges = np.cumsum(hazard[order].astype(float))
    for x in rng.uniform(0, edges[-1], 2000):
        expected = order[int(np.searchsorted(edges, x, side="right"))]
        near = np.min(np.abs(edges - x)) < 1e-5 * edges[-1]
        found = wide._chosen(np.append(hazard, padding), sums, x)
        assert hazard[found] > 0 and (near or found == expected)
    beyond = wide._chosen(np.append(hazard, padding), sums, 2 * edges[-1])
    assert hazard[beyond] > 0 and beyond == max((i for i in order if hazard[i] > 0), key=order.index)


def continuous(weights, biases, tau_ref, duration, seed):
    """A readable twin for large networks: the neurons that spike and their times."""
    n = len(biases)
    order = np.array(sorted(range(n), key=lambda i: (i % 8, i // 256, i % 16, i)))
    stream = iter(uniform(seed, Purpose.SAMPLING, 20_000).reshape(-1, 2))
    t, off_at, z, spikes = 0.0, {}, np.zeros(n), []
    number, share = next(stream)
    wait = -math.log(number)
    while True:
        hazards = np.exp(biases + weights @ z) / tau_ref * (z == 0)
        until = min([duration, *off_at.values()])
        if wait >= hazards.sum() * (until - t):
            wait, t = wait - hazards.sum() * (until - t), until
            if until == duration:
                return spikes
            j = next(iter(off_at))
            z[j] = 0
            del off_at[j]
            continue
        t += wait / hazards.sum()
        neuron = int(order[np.searchsorted(np.cumsum(hazards[order]), share * hazards.sum(), side="right")])
        spikes.append((t, neuron))
        off_at[neuron], z[neuron] = t + tau_ref, 1
        number, share = next(stream)
        wait = -math.log(number)


@pytest.mark.parametrize("n", [40, 600])
def test_continuous_time_equals_readable_twin(n):
    """600 neurons: three stretches of sums."""
    net = network(n, "continuous")
    spikes = sk.simulate(net, 100.0, seed=5)
    expected = continuous(net.weights, net.biases, 20.0, 100.0, seed=5)
    assert len(expected) > 2 * n
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
    hazard, _ = hazards_of(potential, scale)
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
