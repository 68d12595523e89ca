"""The explorers' JavaScript, in Node: its spikes are salkit's spikes, its words say what salkit computes.

Spikes are compared bit for bit: both draw the same numbers and use the same operations.
"""

import re

import javascript
import numpy as np
import pytest

import salkit as sk
from salkit import explorer
from salkit.kernels.cpu.elementary import log
from salkit.philox import Purpose

pytestmark = pytest.mark.node

RNG = np.random.default_rng(12)
WEIGHTS = RNG.normal(0, 0.8, (5, 5)) * (1 - np.eye(5))
BIASES = RNG.normal(0, 0.5, 5)
SEED = 2**33 + 5
SHAPES = list(explorer.SHAPES)


def settings(shape, count):
    """Random settings over the sliders' range, some with equal weights, at short refractory periods."""
    rng = np.random.default_rng([SHAPES.index(shape), 3])
    for k in range(count):
        wij, wji, bi, bj = np.round(rng.uniform(-2, 2, 4), 2).tolist()
        tau_ref = int(rng.integers(5, 8))
        wji = wij if k % 4 == 0 else wji
        yield dict(wij=wij, wji=wji, bi=bi, bj=bj, tauRef=tau_ref, shape=shape, tauSyn=0.2 * tau_ref)


def arguments(s):
    """The same setting for `salkit.stdd`."""
    kind = explorer.SHAPES[s["shape"]]
    syn = None if kind["psp"] == "rectangular" else s["tauSyn"]
    numbers = [s[name] for name in ("wij", "wji", "bi", "bj", "tauRef")]
    return numbers, dict(timing=kind["timing"], psp=kind["psp"], tau_syn=syn)


def test_random_numbers_and_logarithm():
    assert javascript.run("sampling", "return m.uniforms(given, 1, 7)", SEED) == list(
        sk.philox.uniform(SEED, Purpose.MACHINE, 7)
    )
    x = np.exp(np.random.default_rng(1).uniform(-30, 30, 500)).tolist()
    assert javascript.run("sampling", "return given.map(m.ln)", x) == [log(value) for value in x]


def test_spikes_in_continuous_time_are_those_of_simulate():
    """Run in two pieces, so that a state carries over as `start` does."""
    network = sk.SamplingNetwork(WEIGHTS, BIASES, tau_ref=1)
    first = sk.simulate(network, 300, seed=SEED)
    second = sk.simulate(network, 200, seed=SEED, start=first.final)
    found = javascript.run(
        "sampling",
        "const net = new m.SamplingNetwork(given.w, given.b, given.seed);"
        "return [300, 200].map((length) => { const f = net.run(length);"
        "return [f.times, f.neurons, [...f.occupancy], [...f.pairs], f.counts]; });",
        dict(w=WEIGHTS.ravel().tolist(), b=BIASES.tolist(), seed=SEED),
    )
    off = 1 - np.eye(5)
    for spikes, (times, neurons, occupancy, pairs, counts) in zip((first, second), found, strict=True):
        assert np.array_equal(times, spikes.times) and np.array_equal(neurons, spikes.neurons)
        assert np.array_equal(occupancy, spikes.occupancy[0]) and np.array_equal(counts, spikes.spike_counts[0])
        assert np.array_equal(np.reshape(pairs, (5, 5)) * off, spikes.pairs[0] * off)
    assert len(found[0][0]) > 400


@pytest.mark.parametrize("shape", SHAPES)
def test_the_raster_counts_the_pairs_of_simulate(shape):
    """The same spikes, and the same histogram of lags as `Spikes.stdd_counts`."""
    s = dict(wij=1.2, wji=-0.3, bi=0.4, bj=-0.2, tauRef=8, shape=shape, tauSyn=3.2)
    (w_ij, w_ji, b_i, b_j, tau_ref), more = arguments(s)
    network = sk.stdd.two_neurons(w_ij, w_ji, b_i, b_j, tau_ref if more["timing"] == "discrete" else 1.0, **more)
    length = 4000 if more["timing"] == "discrete" else 500
    spikes = sk.simulate(network, length, seed=1)
    counts, pairs = javascript.run(
        "spikes", "const w = new m.Watched(given); w.advance(300); w.advance(200); return [w.counts, w.pairs];", s
    )
    if more["timing"] == "discrete":
        _, want, total = spikes.stdd_counts(0, 1, 24)
        assert counts == want[0].tolist() and pairs == total[0] > 200
    else:
        order = np.argsort(spikes.times)
        t, k = spikes.times[order], spikes.neurons[order]
        lags = np.diff(t)[np.diff(k) != 0] * np.where(k[1:][np.diff(k) != 0] == 0, 1, -1)
        bins = np.rint(lags * 8).astype(int)
        assert counts == np.bincount(bins[np.abs(bins) <= 24] + 24, minlength=49).tolist() and pairs == lags.size


@pytest.mark.parametrize("shape", SHAPES)
def test_shares_of_causal_pairs_are_exact(shape):
    """Within one refractory period; in continuous time whatever the bins, from a STDD in 4000 bins a tau_ref."""
    chosen = list(settings(shape, 4))
    for s, seen in zip(chosen, javascript.run("theory", "return given.map(m.look)", chosen), strict=True):
        numbers, more = arguments(s)
        if more["timing"] == "continuous":
            lags, p = sk.stdd.distribution(*numbers[:4], 4000, t_max=4000, **more)
            edge = 0.5 * np.where(np.abs(lags) == 4000, 1, 0)  # half of the last bin lies beyond
            want = [float((p * (1 - edge))[lags * sign > 0].sum() + p[lags == 0][0] / 2) for sign in (1, -1)]
            assert [seen["causal"], seen["antiCausal"]] == pytest.approx(want, abs=3e-4)
        else:
            lags, p = sk.stdd.distribution(*numbers, t_max=3 * numbers[4], **more)
            near = np.abs(lags) <= numbers[4]
            want = [p[near & (lags > 0)].sum(), p[near & (lags < 0)].sum(), p[lags == 0].sum()]
            assert [seen["causal"], seen["antiCausal"], seen["ties"]] == pytest.approx(want, abs=1e-9)


def left_to_go(weights, numbers, more):
    """How far W_ij still is from where the drift vanishes at the same sum of weights: Newton's step."""
    ends = np.array([weights, weights + np.array([1e-3, -1e-3])]).T
    here, beside = sk.stdd.sal_drift(*ends, *numbers[2:], **more)[0]
    return abs(here / ((beside - here) / 1e-3))


def value(text):
    return float(text.replace("−", "-"))


@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_summary_says_is_true(shape):
    """Every clause, over random settings: who is larger, where SAL goes, where it ends, whether it rests."""
    chosen = list(settings(shape, 8 if shape in ("continuous", "rectangular", "cutoff") else 4))
    seen = javascript.run("theory", "return given.map((s) => [s, m.look(s), [...m.path(s)]])", chosen)
    said = javascript.run("words", "return given.map(([s, l, p]) => m.summary(s, l, [p[0]], p))", seen)
    endings = set()
    for s, (_, shown, _), text in zip(chosen, seen, said, strict=True):
        numbers, more = arguments(s)
        follows = re.search(r"i follows j in ([\d.]+) % of all pairs, j follows i in ([\d.]+) %", text).groups()
        assert list(map(float, follows)) == pytest.approx([100 * shown["causal"], 100 * shown["antiCausal"]], abs=0.051)
        wij, wji = s["wij"], s["wji"]
        larger = re.match(r"(W_i?j?i?) is the larger weight \((.*?) and (.*?)\)", text)
        if wij == wji:
            assert text.startswith(f"Both weights are equal ({wij:.2f}".replace("-", "−"))
        else:
            assert larger[1] == ("W_ij" if wij > wji else "W_ji") and [value(larger[2]), value(larger[3])] == [wij, wji]
        drift = float(sk.stdd.sal_drift(*numbers, **more)[0])
        if abs(drift) < 5e-5:
            assert "SAL leaves both on average where they are" in text
        else:
            verbs = ("lowers", "raises") if drift < 0 else ("raises", "lowers")
            moves = re.search(r"On average SAL (\w+) W_ij and (\w+) W_ji, each by (\S+) per pair", text)
            assert moves.groups()[:2] == verbs and value(moves[3]) == pytest.approx(abs(drift), abs=6e-5)
        weights = explorer.path(*numbers, shape, 0.2)
        end = re.search(r"40 updates from now: W_ij = (\S+), W_ji = (\S+), (.*)\.$", text)
        assert [value(end[1]), value(end[2])] == pytest.approx(weights[-1].tolist(), abs=6e-4)
        gap = weights[:, 0] - weights[:, 1]
        if "at rest" in end[3]:
            endings.add("rest")
            assert left_to_go(weights[-1], numbers, more) < 0.006, (s, text)
            if found := re.search(r"(W_i?j?i?) larger by ([\d.]+)", end[3]):
                assert found[1] == ("W_ij" if gap[-1] > 0 else "W_ji") and shape != "continuous"
                assert value(found[2]) == pytest.approx(abs(gap[-1]), abs=6e-3)
            else:
                assert abs(gap[-1]) < 5.1e-3
        else:
            endings.add("moving")
            assert ("moving apart" in end[3]) == (abs(gap[-1]) > abs(gap[-2]))
            assert value(re.search(r"by (\S+) per update", end[3])[1]) == pytest.approx(
                abs(weights[-1, 0] - weights[-2, 0]), abs=6e-5
            )
    assert "rest" in endings


def test_what_the_button_does():
    """It says what a press does: nothing at rest, learn, pause, go on, or show the path again."""
    learn = [[1.5 - 0.5 * (1 - 0.7**n), 0.5 + 0.5 * (1 - 0.7**n)] for n in range(41)]
    still = [[1.0, 1.0]] * 41
    away = [[1 + 0.1 * n, 1 - 0.1 * n] for n in range(41)]
    cases = [[False, [learn[0]], learn], [True, learn[:3], learn[3:]], [False, learn[:5], learn[4:]],
             [False, [still[0]], still], [False, learn, still], [False, away, away]]  # fmt: skip
    found = javascript.run("words", "return given.map((c) => m.button(...c))", cases)
    assert [case["does"] for case in found] == ["learn", "pause", "learn", "nothing", "replay", "learn"]
    assert [case["label"] for case in found] == [
        "Let SAL learn", "Pause", "Let SAL go on", "At rest", "At rest: show again", "Let SAL go on",
    ]  # fmt: skip


def test_the_worker_answers_what_was_asked_last():
    """A second question takes the first one's place; the plane is the theory's, exact on its grid."""
    s = dict(wij=1.0, wji=0.0, bi=0.3, bj=-0.5, tauRef=6, shape="rectangular", tauSyn=3.0)
    answers = javascript.run(
        "engine",
        "const heard = []; const scope = { postMessage: (data) => heard.push(data) }; m.serve(scope);"
        "const ask = (id, wij) => scope.onmessage({ data: { id, setting: { ...given, wij }, "
        "parts: ['look', 'path', 'plane'] } });"
        "ask(1, 1.0); ask(2, 0.5); return new Promise((done) => { const look = () => heard.length === 3 ? done(heard)"
        ": setTimeout(look, 5); look(); });",
        s,
    )
    assert [(answer["id"], answer["part"]) for answer in answers] == [(2, "look"), (2, "path"), (2, "plane")]
    plane = answers[2]["value"]
    want = sk.stdd.phase_plane(np.linspace(-2, 2, 9), 0.3, -0.5, 6, timing="discrete")
    assert np.allclose(plane["drifts"], want.drift_ij.values.T, atol=1e-9)
