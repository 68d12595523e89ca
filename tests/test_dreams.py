"""Dreams: what is learned in one cycle is what theory and other code say; small machines are solved exactly."""

from dataclasses import replace

import numpy as np
import pytest

from salkit import SamplingNetwork, boltzmann, dreams, simulate, stdp
from salkit.dreams import Dreams, Network, ensemble, full, measures

BARS = Dreams(task="bars", hidden=5, replicas=2, questions=6, dreams=50, validate_every=1, cycles=1, limit=40.0)
STATE = dreams.load("bars").states[3]


def whole(net):
    """Weights (N, N) and biases (N,) of all neurons of the first network, visible ones first."""
    hidden, visible = net.up.shape[1:]
    weights = np.zeros((visible + hidden, visible + hidden))
    weights[visible:, :visible], weights[:visible, visible:] = net.up[0], net.down[0]
    return weights, net.biases[0].copy()


def network(visible=11, hidden=5, seed=0, asymmetry=0.0, size=0.7):
    rng = np.random.default_rng(seed)
    up = rng.normal(0, size, (1, hidden, visible))
    down = np.swapaxes(up, 1, 2) + asymmetry * rng.normal(0, 1, (1, visible, hidden))
    return Network(up, down, rng.normal(0, 0.5, (1, visible + hidden)))


def repeated(net, runs):
    return Network(*(np.repeat(part, runs, axis=0) for part in net))


def cycle(p, net, **changes):
    """What one cycle changes in W upwards and downwards and in b, a run a network, all shown one image only."""
    e = ensemble.begin(p, range(len(net.up)))
    g = e.geometry
    e.weights = ensemble.pack(g, [net.up], [net.down])
    e.biases[:, g.of_layer(0)], e.biases[:, g.of_layer(1)] = net.biases[:, : p.visible], net.biases[:, p.visible :]
    e.images = [images._replace(states=STATE[None]) for images in e.images]
    for name, value in changes.items():
        getattr(e, name)[:] = value
    before = e.network()
    ensemble.learn(e, 1)
    return [after - was for after, was in zip(e.network(), before, strict=True)]


def test_wake_averages_are_those_of_spikes_under_clamped_neurons():
    """In closed form to the last bits, and against all neurons sampled with the visible ones held at ±10.

    Sixteen replicas of 2500 tau_ref: standard errors up to 0.004, bounds at 5 of them.
    """
    net = network(asymmetry=1.0)
    p = replace(BARS, rule="hebbian", lr_weight=1.0)
    up, down, _ = cycle(p, net, sleep_factor=0.0)
    chance = 1 / (1 + np.exp(-(net.biases[0, 11:] + net.up[0] @ STATE)))
    np.testing.assert_allclose(up[0], np.outer(chance, STATE), atol=1e-13)
    np.testing.assert_allclose(down[0], np.outer(STATE, chance), atol=1e-13)
    weights, biases = whole(net)
    weights[:11], biases[:11] = 0.0, np.where(STATE, 10.0, -10.0)
    found = stdp.hebbian(simulate(SamplingNetwork(weights, biases, 1.0), 2500, 1, 16, threads=1))[11:, :11]
    np.testing.assert_allclose(found, up[0], atol=0.02)


def test_sleep_averages_are_the_moments_of_the_machine():
    """Symmetric weights, 32 runs of 1000 tau_ref: all within 5.5 standard errors over runs; false alarms 4e-4."""
    one = network()
    p = replace(BARS, rule="hebbian", lr_weight=1.0, lr_bias=1.0, cycle_length=1000.0)
    up, down, bias = cycle(p, repeated(one, 32), wake_factor=0.0)
    mean, pairs = boltzmann.moments(*whole(one))
    np.testing.assert_allclose(up, np.swapaxes(down, 1, 2), atol=1e-12)
    wake = np.concatenate([STATE, 1 / (1 + np.exp(-(one.biases[0, 11:] + one.up[0] @ STATE)))])
    for found, wanted in ((-up, pairs[11:, :11]), (wake - bias, mean)):
        off = (found.mean(axis=0) - wanted) / (found.std(axis=0, ddof=1) / np.sqrt(32))
        assert 1 < np.abs(off).max() < 5.5


def test_sal_is_that_of_recorded_spikes():
    """Asymmetric weights: SAL's change over 32 runs of 1000 tau_ref beside `stdp.sal` of spikes from the other sampler.

    Differences within 5.5 standard errors, though the changes themselves are up to 40 of them; both weights of a pair
    move oppositely, and their difference falls in the sum over pairs.
    """
    one = network(asymmetry=1.5)
    p = replace(BARS, rule="sal", lr_weight=0.0, lr_sal=1.0, cycle_length=1000.0)
    up, down, _ = cycle(p, repeated(one, 32))
    np.testing.assert_allclose(up, -np.swapaxes(down, 1, 2), atol=1e-12)
    assert np.sum((one.up - np.swapaxes(one.down, 1, 2))[0] * up.mean(axis=0)) < 0
    networks = SamplingNetwork(np.repeat(whole(one)[0][None], 32, axis=0), whole(one)[1], 1.0)
    other = stdp.sal(simulate(networks, 1000, 2, threads=1))[:, 11:, :11]
    spread = np.sqrt((up.var(axis=0, ddof=1) + other.var(axis=0, ddof=1)) / 32)
    assert np.abs(up.mean(axis=0) - other.mean(axis=0)).max() < 5.5 * spread.max()
    assert np.abs((up.mean(axis=0) - other.mean(axis=0)) / spread).max() < 5.5 < np.abs(up.mean(axis=0) / spread).max()


def test_both_roads_learn_the_same():
    """Full connectivity, but with the synapses between the layers alone, by another sampler and other numbers.

    One cycle of 32 runs, 1000 tau_ref of sleep, fifty an image awake: means within 5.5 standard errors, false alarms
    1e-4; SAL turned round would be off by 40.
    """
    one = network(asymmetry=1.5)
    p = replace(BARS, rule="sal", lr_weight=1.0, lr_sal=1.0, lr_bias=1.0, cycle_length=1000.0)
    nets, runs = repeated(one, 32), range(32)
    e = full.begin_full(replace(p, connectivity="full", limit=20.0), runs)
    e.start.weights[:], e.start.biases[:] = whole(one)
    e.start.images[:] = [images._replace(states=STATE[None]) for images in e.start.images]
    kind = np.arange(16) < 11
    e.only = kind[:, None] != kind
    before = e.network()
    full.learn_full(e, 1, 1)
    change = e.network().weights - before.weights
    assert np.all(change[:, ~e.only] == 0)
    ways = cycle(p, nets), (change[:, 11:, :11], change[:, :11, 11:], e.network().biases - before.biases)
    for a, b in zip(*ways, strict=True):
        spread = np.sqrt((a.var(axis=0, ddof=1) + b.var(axis=0, ddof=1)) / 32)
        off = (a.mean(axis=0) - b.mean(axis=0)) / np.maximum(spread, 1e-12)
        assert 1 < np.abs(off).max() < 5.5


def test_full_wake_averages_are_enumerated():
    """All pairs, hidden ones that hear each other too, given the image: 32 runs of 20 times 50 tau_ref; 5.5 errors."""
    weights, biases = boltzmann.random_machine(16, 3, 1.5)
    e = full.begin_full(replace(BARS, connectivity="full", limit=20.0, cycle_length=1000.0), range(32))
    e.start.weights[:], e.start.biases[:] = weights, biases
    e.start.images[:] = [images._replace(states=STATE[None]) for images in e.start.images]
    pairs, mean = full._wake(e, np.arange(32), np.arange(32), 1)
    law, z = boltzmann.distribution(weights, biases), boltzmann.states(16)
    law = law * np.all(z[:, :11] == STATE, axis=1)
    wanted = np.einsum("k,ki,kj->ij", law / law.sum(), z, z)
    inner = ~np.eye(16, dtype=bool)
    for found, exact in ((pairs[:, inner], wanted[inner]), (mean, np.diag(wanted))):
        error = np.maximum(found.std(axis=0, ddof=1) / np.sqrt(32), 1e-9)
        assert 1 < np.abs((found.mean(axis=0) - exact) / error).max() < 5.5
    apart = wanted[11:, 11:] - np.outer(*[np.diag(wanted)[11:]] * 2)
    assert np.abs(apart[inner[11:, 11:]]).max() > 0.03  # they do hear each other


def test_full_connectivity():
    """Runs reproduce, whatever the threads and the batch; questions get the enumerated means."""
    p = replace(
        BARS, rule="sal", connectivity="full", limit=20.0, weight_noise=0.5, cycles=2, batch=4, cycle_length=40.0
    )
    runs = [dreams.train(p, [1, 2], threads=threads) for threads in (1, 2)]
    alone = dreams.train(p, [2], threads=1)
    for name in ("weights", "biases", "accuracy", "completion", "patches"):
        np.testing.assert_array_equal(runs[0][name].values, runs[1][name].values)
        np.testing.assert_array_equal(runs[0][name].values[1], alone[name].values[0])
    assert isinstance(dreams.network_of(alone), dreams.FullNetwork) and "exact_accuracy" not in alone
    weights, biases = boltzmann.random_machine(16, 3, 1.5)
    net = dreams.FullNetwork(weights[None], biases[None])
    held = np.full(11, -1.0)
    held[[0, 3, 4, 9]] = [1, 0, 1, 1]
    law, z = boltzmann.distribution(weights, biases), boltzmann.states(16)
    law = law * np.all(z[:, [0, 3, 4, 9]] == [1, 0, 1, 1], axis=1)
    answers = full.ask_full(net, np.repeat(held[None, None], 400, axis=1), [(0, 0)], 20.0, 100.0, 0, 1)[0]
    free = np.flatnonzero(held < 0)
    spread = answers.std(axis=0, ddof=1)[free] / 20
    assert np.abs((answers.mean(axis=0) - (law @ z)[:11] / law.sum())[free] / spread).max() < 5


def test_factors_decay_and_clipping():
    """Kolen–Pollack's decay, the amplitude's factor of each synapse and term, and the limit, in one cycle each."""
    net = network(asymmetry=1.0)
    quiet = dict(wake_factor=0.0, sleep_factor=0.0)
    up, down, _ = cycle(replace(BARS, rule="kp", weight_decay=0.25), net, **quiet)
    np.testing.assert_allclose(up, -0.25 * net.up, atol=1e-14)
    np.testing.assert_allclose(down, -0.25 * net.down, atol=1e-14)
    p = replace(BARS, rule="hebbian", lr_weight=1.0)
    both = cycle(p, net)
    wake, sleep = cycle(p, net, sleep_factor=0.0), cycle(p, net, wake_factor=0.0)
    for b, w, s in zip(both[:2], wake[:2], sleep[:2], strict=True):
        np.testing.assert_allclose(b, w + s, atol=1e-13)
    half = cycle(p, net, sleep_factor=0.5)
    np.testing.assert_allclose(half[0], wake[0] + 0.5 * sleep[0], atol=1e-13)
    held = cycle(replace(p, limit=0.2), net)
    assert np.all(np.abs(net.up + held[0]) <= 0.2 + 1e-15) and np.all(np.abs(net.biases + held[2]) <= 0.2 + 1e-15)


def test_starts():
    """Noise is as large as asked for, the same for each rule, scales with σ, and is shared where matched."""
    p = replace(BARS, task="digits", hidden=50, limit=4.0)
    a, b, c, d = (
        ensemble.begin(replace(p, **own), [7])
        for own in (
            dict(rule="hebbian", weight_noise=0.5, plasticity_noise=0.2),
            dict(rule="sal", weight_noise=1.0, plasticity_noise=0.2, plasticity_noise_on="both"),
            dict(rule="hebbian", weight_noise=0.5, plasticity_noise=0.2, matched=True),
            dict(rule="hebbian"),
        )
    )  # fmt: skip
    (up, down, _), (wider, _, _), (tied, same, _), (plain, back, bias) = (e.network() for e in (a, b, c, d))
    assert (up - np.swapaxes(down, 1, 2)).std() == pytest.approx(2**0.5 * 0.5, rel=0.03)
    np.testing.assert_allclose(wider - plain, 2 * (up - plain), atol=1e-12)
    np.testing.assert_array_equal(tied, np.swapaxes(same, 1, 2))
    np.testing.assert_allclose(tied, 0.5 * (up + np.swapaxes(down, 1, 2)), atol=1e-15)
    np.testing.assert_array_equal(plain, np.swapaxes(back, 1, 2))
    assert plain.std() == pytest.approx(0.1, rel=0.05) and set(np.unique(d.sleep_factor)) == {0.0, 1.0}
    factors = a.sleep_factor[a.sleep_factor > 0]
    assert factors.std() == pytest.approx(0.2 * 0.74, rel=0.1)  # cut at 1.5 σ; 0 is padding
    assert set(np.unique(a.wake_factor)) == {0.0, 1.0} and np.array_equal(b.wake_factor, b.sleep_factor)
    on = dreams.load("digits", 7).states.mean(axis=0)
    inner = (on > 0.05) & (on < 0.95)
    np.testing.assert_allclose(1 / (1 + np.exp(-bias[0, :74]))[inner], on[inner], atol=1e-3)


def test_results_do_not_depend_on_threads_batches_or_validations():
    p = replace(BARS, rule="sal", weight_noise=0.5, cycles=6, validate_every=2)
    together = dreams.train([p, replace(p, rule="hebbian"), p], [1, 1, 2], threads=3)
    alone = dreams.train(replace(p, validate_every=3), [2], threads=1)
    for name in ("up", "down", "biases"):
        np.testing.assert_array_equal(together[name].values[2], alone[name].values[0])
        assert np.any(together[name].values[0] != together[name].values[1])
    np.testing.assert_array_equal(together.accuracy.values[2, -1], alone.accuracy.values[0, -1])
    np.testing.assert_array_equal(together.patches.values[2, [0, -1]], alone.patches.values[0, [0, -1]])
    assert together.cycle.values.tolist() == [0, 2, 4, 6] and together.sizes["run"] == 3


def test_hidden_neurons_learn_bars():
    """A machine small enough to enumerate: D_KL of the six bars with their labels, and what synaptic noise of 1 does.

    Without hidden neurons 5.3 nats are the least. Bounds are from seeds 10 to 12, where matched synapses end at 0.4 to
    0.6, SAL at 0.4 to 1.2 and Hebbian learning at 1.0 to 1.9.
    """
    fast = dict(cycles=2000, validate_every=2000, lr_weight=0.2, lr_bias=0.2, anneal=300.0, weight_noise=1.0)
    p = replace(BARS, hidden=8, replicas=4, limit=6.0, **fast)
    kinds = [replace(p, rule="hebbian", matched=True), replace(p, rule="hebbian"), replace(p, rule="sal", lr_sal=0.6)]
    runs = dreams.train([kind for kind in kinds for _ in range(4)], [*range(4)] * 3, threads=1)
    images, wanted = dreams.load("bars"), np.zeros(2**11)
    np.add.at(wanted, images.states @ (1 << np.arange(10, -1, -1)), 1 / 6)
    law = dreams.visible_distribution(dreams.network_of(runs))
    matched, hebbian, sal = boltzmann.kl_divergence(wanted, law).reshape(3, 4)
    on = images.states.mean(axis=0)
    independent = -np.log(6) - np.sum(on * np.log(on) + (1 - on) * np.log(1 - on))
    assert independent > 5 and np.all(matched < 1) and sal.mean() < 1 < hebbian.mean()
    assert np.all(runs.asymmetry.values[8:, -1] < 0.3 * runs.asymmetry.values[4:8, -1])
    assert np.all(runs.asymmetry.values[:4] < 1e-20)


def test_questions_get_the_conditional_means_of_the_machine():
    """Some visible neurons held, 400 equal questions of 100 tau_ref: within 5 standard errors of enumerated means."""
    net = network(size=1.0)
    held = np.full(11, -1.0)
    held[[0, 3, 4, 9]] = [1, 0, 1, 1]
    p, z = boltzmann.distribution(*whole(net)), boltzmann.states(16)
    p = p * np.all(z[:, [0, 3, 4, 9]] == [1, 0, 1, 1], axis=1)
    mean = (p @ z)[:11] / p.sum()
    answers = dreams.ask(net, np.repeat(held[None], 400, axis=0), [(0, 0)], settle=20, length=100, threads=2)[0]
    assert np.all(answers[:, [0, 3, 4, 9]] == [1, 0, 1, 1])
    free = np.flatnonzero(held < 0)
    off = (answers.mean(axis=0) - mean)[free] / (answers.std(axis=0, ddof=1)[free] / 20)
    assert 0.3 < np.abs(off).max() < 5
    assert np.abs(mean - boltzmann.moments(*whole(net))[0][:11])[free].max() > 0.05  # 10 standard errors


def test_dreams_are_the_states_of_the_machine():
    """64 chains of 200 states, 4 tau_ref apart: means within 5 standard errors over chains."""
    net = network(size=1.0, seed=2)
    seen = dreams.dream(net, [(3, 4)], 200, chains=64, gap=4.0, threads=1)[0]
    mean = boltzmann.moments(*whole(net))[0]
    by_chain = seen.mean(axis=1)
    off = (by_chain.mean(axis=0) - mean) / (by_chain.std(axis=0, ddof=1) / 8)
    assert seen.shape == (64, 200, 16) and 0.3 < np.abs(off).max() < 5
    assert not np.array_equal(seen[0], seen[1])


def test_annealed_sums_are_the_exact_ones():
    """Twelve machines: within 4 of their errors and 0.2 nats; without annealing (one step) errors are larger."""
    for seed in range(12):
        net = network(visible=14, hidden=9, seed=seed, asymmetry=0.3, size=0.8)
        exact, found = dreams.exact_log_sum(net), dreams.annealed_log_sum(net, seed, chains=64, steps=100)
        assert abs(found.value[0] - exact.value[0]) < min(4 * found.error[0], 0.2)
        hasty = dreams.annealed_log_sum(net, seed, chains=64, steps=1)
        assert found.error[0] < 0.05 and hasty.error[0] > 2 * found.error[0]


def test_free_energy_is_the_marginal_of_the_machine():
    net = network(visible=8, hidden=5)
    p = boltzmann.distribution(*whole(net)).reshape(2**8, 2**5).sum(axis=1)
    np.testing.assert_allclose(dreams.visible_distribution(net)[0], p, rtol=1e-10)
    log_sum = dreams.exact_log_sum(net)
    turned = Network(np.swapaxes(net.up, 1, 2), np.swapaxes(net.down, 1, 2), np.roll(net.biases, 5, axis=1))
    np.testing.assert_allclose(dreams.exact_log_sum(turned).value, log_sum.value, rtol=1e-12)
    states = boltzmann.states(8)
    np.testing.assert_allclose(-dreams.free_energy(net, states)[0] - log_sum.value, np.log(p), rtol=1e-9)
    np.testing.assert_allclose(dreams.log_likelihood(net, states, log_sum), np.log(p).mean(), rtol=1e-9)


def test_exact_labels_are_those_of_the_marginal():
    """Of the enumerated law, the likelier of two labels given the pixels."""
    net, images = network(size=2.0, seed=5), dreams.load("bars")
    p = dreams.visible_distribution(net)[0].reshape(512, 4)
    pixels = images.states[:, :9] @ (1 << np.arange(8, -1, -1))
    named = np.where(p[pixels, 2] > p[pixels, 1], 0, 1)
    assert 0 < (named == images.labels).mean() < 1
    found = dreams.exact_accuracy(net, images.states, images.labels, 2)
    assert found == pytest.approx([(named == images.labels).mean()])


def test_measures_of_known_answers():
    images = dreams.load("bars-and-stripes")
    pixels = images.states[:, :16]
    many = np.repeat(pixels, 2000, axis=0)
    assert dreams.patch_kl(pixels, many, 4) == pytest.approx(0, abs=2e-3)
    blank = np.zeros((1000, 16))
    shown = measures._patterns(pixels.reshape(-1, 4, 4).astype(float))
    p = shown / shown.sum(axis=1, keepdims=True)
    q = np.full(512, 1 / 16)
    q[0] += 1000
    wanted = np.sum(p * np.log(np.where(p > 0, p, 1) / (q / q.sum())), axis=1).mean()
    assert dreams.patch_kl(pixels, blank, 4) == pytest.approx(wanted, rel=1e-12) and wanted > 5
    assert dreams.label_accuracy([[0.1, 0.9], [0.8, 0.3], [0.2, 0.4]], [1, 0, 0]) == pytest.approx(2 / 3)
    assert dreams.completion_error([[0.5, 1.0]], [[1, 1]]) == pytest.approx(0.125)


def test_images():
    digits = dreams.load("digits", 3)
    assert digits.states.shape == (1437, 74) and digits.test_states.shape == (360, 74) and digits.pixels == 64
    assert np.array_equal(digits.states[:, 64:].argmax(axis=1), digits.labels) and np.all(
        digits.states[:, 64:].sum(axis=1) == 1
    )
    assert 0.2 < digits.states[:, :64].mean() < 0.4
    bars, stripes = dreams.load("bars"), dreams.load("bars-and-stripes")
    assert bars.states.shape == (6, 11) and np.all(bars.states[:, :9].sum(axis=1) == 3)
    assert stripes.states.shape == (32, 18) and len(np.unique(stripes.states[:, :16], axis=0)) == 30
