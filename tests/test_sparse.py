"""Sparse weights: the integers and, in discrete time, the spikes of a matrix; bounds and law in continuous time.

Statistical tests: fixed seeds, Student's t over independent replicas, family-wise false-alarm rate 1e-4.
"""

import copy
import math
import pickle
import tracemalloc

import numba
import numpy as np
import pytest
from scipy import sparse as scipy_sparse
from scipy import stats

import salkit as sk
from salkit.kernels import cpu
from salkit.kernels.cpu import bounds, sparse
from salkit.kernels.cpu import potentials as p
from salkit.philox import Purpose, uniform


def matrix(n, synapses, seed=1, symmetric=False):
    """About so many synapses a neuron, weights of the size that keeps potentials of a few units."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(0, n, (2, n * synapses))
    w = scipy_sparse.coo_array((rng.uniform(-1, 1, rows.size) * math.sqrt(7 / synapses), (rows, columns)), (n, n))
    w = w.tolil()
    w.setdiag(0)
    return (w + w.T) * 0.5 if symmetric else w


def network(n, timing, synapses=6, seed=1, **kw):
    return sk.SamplingNetwork(matrix(n, synapses, seed), np.linspace(-1, 1, n), tau_ref=20, timing=timing, **kw)


def dense(net, **kw):
    return sk.SamplingNetwork(net.weights.toarray(), net.biases, net.tau_ref, net.timing, **kw)


def same(one, other):
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.neurons, other.neurons)
    for kept, expected in zip(one.final, other.final, strict=True):
        np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("n", [13, 60, 300])
@pytest.mark.parametrize("kw", [{}, {"refractory": 23, "psp_length": 7}, {"psp_length": 57}])
def test_discrete_time_is_that_of_the_matrix(n, kw):
    """Every spike, above 12 neurons."""
    net = network(n, "discrete", **kw)
    assert net.sparse and not dense(net).sparse
    spikes = sk.simulate(net, 300, seed=3, replicas=2)
    assert spikes.counts().sum() > 4 * n
    same(spikes, sk.simulate(dense(net, **kw), 300, seed=3, replicas=2))


@pytest.mark.parametrize("largest", [3.0, 160.0, 490.0])
@pytest.mark.parametrize("n", [13, 50])
def test_integers_are_those_of_the_matrix(n, largest):
    net, log_tau_ref = network(n, "continuous", synapses=10), math.log(20.0)
    w = net.weights * (largest / np.abs(net.weights).sum(axis=1).max())
    columns = np.empty((n + 1, int(p.padded(n))), np.int32)
    scale = p.quantise(w.toarray(), net.biases, log_tau_ref, 0, columns)
    links, row = np.empty((w.nnz, 2), np.int32), np.empty(columns.shape[1], np.int32)
    pointers = w.indptr.astype(np.int64)
    targets, data = w.indices.astype(np.int32), w.data.copy()
    assert sparse.quantise_sparse(pointers, targets, data, net.biases, log_tau_ref, links, row) == scale
    np.testing.assert_array_equal(row, columns[n])
    found = scipy_sparse.csc_array((links[:, 1], links[:, 0], w.indptr), (n, n)).toarray()
    np.testing.assert_array_equal(found, columns[:n, :n].T)


@numba.njit
def switches(numbers, signs, synapses, potential, shift, groups, areas, spans):
    marks = sparse.begin_sparse(potential, shift, groups, areas, spans, True)
    total = 0.0
    for m in range(numbers.size):
        total = sparse.switch_sparse(signs[m], numbers[m], synapses, potential, shift, marks, groups, areas, spans)
    return total, marks[0]


@pytest.mark.parametrize("n", [40, 300, 2500])
def test_bounds_follow_the_state(n):
    """After 20000 switches those from scratch, to the last bit; each group's is the chord of its highest potential."""
    net, rng = network(n, "continuous"), np.random.default_rng(4)
    sk.simulate(net, 1.0)
    made = net._kept["integers"]
    synapses, shift, row = (made["pointers"], made["links"]), made["scales"][0], made["columns"][0, 0]
    width, on, numbers, signs = row.size, np.zeros(n, np.int64), rng.integers(0, n, 20_000), []
    for j in numbers:
        signs.append(1 - 2 * on[j])
        on[j] ^= 1
    place, anew = (bounds.workplace.py_func(width, sparse.ROWS) for _ in range(2))
    place[0][:] = row
    total, highest = switches(numbers, np.array(signs), synapses, place[0], shift, *place[1:])
    values = scipy_sparse.csc_array((made["links"][:, 1], made["links"][:, 0], made["pointers"]), (n, n))
    anew[0][:] = row
    anew[0][:n] += (values @ on + p.OFF * on).astype(np.int32)
    nothing = np.zeros(0, np.int64)
    again, highest_anew = switches(nothing, nothing, synapses, anew[0], shift, *anew[1:])
    for kept, expected in zip((*place, highest), (*anew, highest_anew), strict=True):
        np.testing.assert_array_equal(kept, expected)
    blocks = -(-width // 128)
    whole = np.full(blocks * 128, -(1 << 31), np.int64)
    whole[:width] = place[0]
    top = whole.reshape(blocks, 8, 16).max(axis=1)
    np.testing.assert_array_equal(highest, top.ravel())
    rows = np.array([min(8, width // 16 - 8 * block) for block in range(blocks)])
    x = top / 2.0**shift
    chord = np.where(x > -127, 2 ** np.floor(x) * (1 + x - np.floor(x)), 0.0)
    np.testing.assert_allclose(place[1], np.cumsum(chord, axis=1), rtol=1e-6)
    assert total == pytest.approx(float(rows @ chord.sum(axis=1)), rel=1e-6)
    assert again == 0.0


def continuous(weights, biases, tau_ref, duration, seed):
    """A readable twin: spikes, and how many candidates there were; bounds of groups of up to 8 neurons."""
    n = len(biases)
    stream = iter(uniform(seed, Purpose.SAMPLING, 40_000).reshape(-1, 2))
    rows = -(-n // 16)
    t, off_at, z, spikes, candidates = 0.0, {}, np.zeros(n), [], 0
    number, share = next(stream)
    wait = -math.log(number)
    while True:
        x = np.full(16 * rows, -5000.0)
        x[:n] = np.where(z == 0, (biases - math.log(tau_ref) + weights @ z) / math.log(2), -5000.0)
        x = x.reshape(rows, 16)
        pieces = []  # neuron, bound, in the order block, row, group
        for first in range(0, rows, 8):
            block = x[first : first + 8]
            top = block.max(axis=0)
            bound = 2.0 ** np.floor(top) * (1 + top - np.floor(top))
            pieces += [(16 * (first + row) + k, bound[k]) for row in range(len(block)) for k in range(16)]
        edges = np.cumsum([bound for _, bound in pieces])
        until = min([duration, *off_at.values()])
        if wait >= edges[-1] * (until - t):
            wait, t = wait - edges[-1] * (until - t), until
            if until == duration:
                return spikes, candidates
            j = next(iter(off_at))
            z[j] = 0
            del off_at[j]
            continue
        t += wait / edges[-1]
        rank = int(np.searchsorted(edges, share * edges[-1], side="right"))
        neuron, height = pieces[rank][0], share * edges[-1] - edges[rank] + pieces[rank][1]
        number, share = next(stream)
        wait = -math.log(number)
        candidates += 1
        if height < 2.0 ** x.flat[neuron]:
            spikes.append((t, neuron))
            off_at[neuron], z[neuron] = t + tau_ref, 1


@pytest.mark.parametrize("n", [5, 40, 300])
def test_continuous_time_equals_readable_twin(n):
    net = network(n, "continuous", synapses=min(6, n // 2))
    spikes = sk.simulate(net, 100.0, seed=5)
    expected, candidates = continuous(net.weights.toarray(), net.biases, 20.0, 100.0, seed=5)
    assert spikes.neurons.tolist() == [neuron for _, neuron in expected] and len(expected) > 2 * n
    np.testing.assert_allclose(spikes.times, [time for time, _ in expected], rtol=1e-5)
    assert candidates == spikes.final.draws[0] - spikes.initial.draws[0] >= len(expected)
    assert n < 20 or candidates > 1.5 * len(expected)


def test_boltzmann_rates():
    """⟨z_i⟩ of the exact law of 13 neurons, 39 of 78 pairs linked: family-wise false alarm 1e-4."""
    w = matrix(13, 6, seed=2, symmetric=True)
    net = sk.SamplingNetwork(w, np.linspace(-1, 1, 13), tau_ref=20.0)
    exact = np.diagonal(sk.boltzmann.moments(net.weights.toarray(), net.biases)[1])
    start = sk.simulate(net, 400, seed=1, replicas=60, record=False).final
    counts = sk.simulate(net, 20_000, seed=1, replicas=60, record=False, start=start).counts() * (20 / 20_000)
    assert counts.std(axis=0).max() / math.sqrt(60) < 0.003
    assert stats.ttest_1samp(counts, exact).pvalue.min() > 1e-4 / 13


@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_a_run_cut_in_two_is_one_run_on_any_threads(timing):
    net = network(300, timing)
    whole, first = (sk.simulate(net, steps, seed=9, replicas=3, threads=1) for steps in (300, 137))
    second = sk.simulate(net, 163, seed=9, replicas=3, threads=2, start=first.final)
    for (_, times, neurons), (_, a, i), (_, b, j) in zip(whole.trains(), first.trains(), second.trains(), strict=True):
        np.testing.assert_array_equal(neurons, np.concatenate([i, j]))
        np.testing.assert_allclose(times, np.concatenate([a, b + 137]), rtol=1e-12)
    assert np.array_equal(whole.final.draws, second.final.draws)


def test_formats_duplicates_and_zeros_are_one_network():
    w = matrix(40, 6)
    doubled = scipy_sparse.coo_array(w)
    halves = scipy_sparse.coo_array(
        (np.tile(doubled.data / 2, 2), (np.tile(doubled.row, 2), np.tile(doubled.col, 2))), w.shape
    )
    biases = np.zeros(40)
    one = sk.SamplingNetwork(w, biases)
    for other in (w.tocsr(), scipy_sparse.csr_matrix(w), halves, w.tobsr()):
        net = sk.SamplingNetwork(other, biases)
        assert (net.weights != one.weights).nnz == 0 and net.weights.nnz == np.count_nonzero(w.toarray())
    assert one.neurons == 40 and one.ensemble == () and not one.varied
    with pytest.raises(ValueError, match="read-only"):
        one.weights.data[0] = 1.0
    halves.data[:] = 0.0  # a copy is kept
    assert abs(one.weights).sum() > 0
    silent = sk.SamplingNetwork(scipy_sparse.csr_array((20, 20)), np.full(20, -1.0))  # no synapse at all
    assert sk.simulate(silent, 500.0).counts().sum() > 0


def test_memory_and_time_grow_with_the_synapses():
    """N = 100 000, of which a matrix would have 80 GB: 20 bytes a synapse are kept, and less than twice that needed."""
    n, each = 100_000, 10
    rng = np.random.default_rng(0)
    pointers, targets = np.arange(0, n * each + 1, each), rng.integers(0, n - 1, n * each)
    targets += targets >= np.repeat(np.arange(n), each)
    w = scipy_sparse.csc_array((rng.uniform(-0.8, 0.8, n * each), targets, pointers), (n, n))
    tracemalloc.start()
    net = sk.SamplingNetwork(w, np.full(n, -3.0), tau_ref=20)
    spikes = sk.simulate(net, 10.0, record=False)
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 1000 < spikes.counts().sum() < n and spikes.pairs is None and spikes.occupancy is None
    kept = sum(array.nbytes for array in net._kept["integers"].values())
    assert kept < 8 * w.nnz + 20 * n and size < 32 * w.nnz and peak < 60 * w.nnz


S = matrix(13, 4).tocsc()
B = np.zeros(13)
POISONED = S.copy()
POISONED.data[3] = np.nan


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(weights=S[:5]), r"sparse weights must have shape \(N, N\), got \(5, 13\)"),
        (dict(weights=S + scipy_sparse.eye_array(13)), "weights must have a zero diagonal"),
        (dict(weights=POISONED), "weights must be finite, got nan"),
        (dict(weights=S.astype(bool)), "weights must be a sparse matrix of numbers"),
        (dict(weights=S * 1000), "potentials up to .*; at most 500"),
        (dict(biases=np.zeros((2, 13))), r"biases must have shape \(13,\) to go with sparse weights"),
        (dict(biases=np.zeros(12)), r"biases must have shape \(13,\) to go with sparse weights"),
        (dict(gain=2.0), "sparse weights take gain 1 only, got 2.0"),
        (dict(gain=np.full(13, 2.0)), "sparse weights take gain 1 only"),
        (dict(timing="discrete", psp="alpha"), "sparse weights take psp 'rectangular' only, got 'alpha'"),
        (dict(psp_length=30.0), "sparse weights take refractory and psp_length in discrete time only"),
        (dict(tau_ref=2.5, timing="discrete"), "tau_ref must be a whole number of steps"),
    ],
)
def test_bad_network(arguments, words):
    with pytest.raises(ValueError, match=words):
        sk.SamplingNetwork(**{"weights": S, "biases": B, **arguments})


def test_what_sparse_networks_do_not_have_is_one_clear_error():
    net = sk.SamplingNetwork(S, B)
    spikes = sk.simulate(net, 50.0, record=False)
    assert sk.simulate(net, 50.0, statistics=()).spike_counts.tolist() == spikes.spike_counts.tolist()
    for call, words in (
        (lambda: sk.simulate(net, 50.0, statistics=("pairs",)), "keep no statistics of states or all pairs"),
        (lambda: sk.simulate(net, 50.0, device="cuda"), "sparse weights run on the CPU"),
        (spikes.coactivation, "sums over pairs were not kept"),
        (spikes.state_distribution, "was not kept"),
        (net.effective, "network has sparse weights"),
        (lambda: sk.stdd.distribution(net), "two neurons"),
        (lambda: sk.fisher.information(net, spikes), "need recorded spikes"),
        (lambda: sk.reversibility.entropy_production(net, spikes), "network has sparse weights"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(IndexError, match="no ensemble axes"):
        net[0]


@pytest.mark.parametrize("make", [network, lambda n, timing: dense(network(n, timing))])
@pytest.mark.parametrize("timing", ["continuous", "discrete"])
def test_integers_are_made_once(monkeypatch, make, timing):
    """For a network, whatever the run; copies that go elsewhere, members and other networks have their own."""
    net, calls = make(40, timing), []
    for name in ("quantise_members", "quantise_sparse"):
        whole = getattr(cpu, name)
        monkeypatch.setattr(cpu, name, lambda *given, whole=whole: (calls.append(1), whole(*given))[1])
    first = sk.simulate(net, 100, seed=1)
    again = sk.simulate(net, 100, seed=1)
    assert len(calls) == 1
    same(first, again)
    other = pickle.loads(pickle.dumps(net))
    assert not other._kept and not copy.copy(net)._kept
    same(first, sk.simulate(other, 100, seed=1))
    assert len(calls) == 2
    more = sk.SamplingNetwork(net.weights, net.biases + 1, net.tau_ref, timing)
    assert sk.simulate(more, 100, seed=1).counts().sum() > first.counts().sum()


def test_networks_with_tables_keep_nothing():
    net = dense(network(12, "continuous"))
    sk.simulate(net, 50.0)
    assert not net._kept
