"""Ours beside other simulators: checks of rates, ratios, turns and the record on made-up simulators; the real ones
where their environment is there (`make bench` makes it).
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from salkit import SamplingNetwork, plots, simulate
from salkit.bench import comparison, rivals, tables
from salkit.bench import timing as bench
from salkit.bench.comparison import Size, check_rates
from salkit.bench.rivals import Measured, Missing, Ours, Plain, Rival, Turn, process
from salkit.cli import main

SMALL = Size(7, 200, 10)
LONE = np.array([-2.0, -0.5, 0.5, 2.0])


class Fake:
    """A simulator made of ours in discrete time whose spikes are `factor` times as many and which takes 2 s."""

    factor = 1.0

    def __init__(self, python, key, weights, biases, tau_ref, burn_in, steps, core=None):
        self.key, self.label, self.seed, self.steps = key, key, 100, steps
        self.set_up, self.memory = 3.0, 5e6
        self.network = SamplingNetwork(weights, biases, tau_ref, "discrete")

    def ready(self):
        if self.key == "brian2-runtime":
            raise Missing("Brian2 is not in the mood")

    def run(self):
        self.seed += 1
        counts = simulate(self.network, self.steps, self.seed, record=False, threads=1).counts()[0]
        return Turn(2.0, self.factor * counts)

    def close(self):
        pass


@pytest.fixture
def fakes(monkeypatch):
    monkeypatch.setattr(comparison, "Rival", Fake)
    monkeypatch.setattr(rivals, "find_python", lambda named=None: sys.executable)


def compared(**changes):
    said = []
    found = comparison.compare("cpu", 5, say=said.append, **{"sizes": (SMALL,), "members": (1, 3)} | changes)
    return found, "\n".join(said)


def test_rates_of_one_law_agree_and_wrong_ones_do_not():
    """200 comparisons of 7 to 1000 equal neurons, alike or moving together, at a false-alarm rate of 2e-4 each: none
    may fail (missed in 4 % of all seeds). A shift of all rates by 3 %, or of one rate in seven by 10 %, is seen.
    """
    rng = np.random.default_rng(1)
    for n, runs, common in ((7, 15, 0.0), (7, 5, 0.01), (100, 7, 0.0), (1000, 7, 0.01)):
        for _ in range(50):
            a, b = (0.5 + rng.normal(0, 0.01, (runs, n)) + common * rng.normal(size=(runs, 1)) for _ in range(2))
            assert check_rates(a, b, 0.0).agrees
    a, b = 0.5 + rng.normal(0, 0.005, (2, 15, 7))
    assert not check_rates(1.03 * a, b, 0.0).agrees
    one = a * np.where(np.arange(7) == 3, 1.1, 1 - 0.1 / 6)
    found = check_rates(one, b, 0.0)
    assert abs(found.mean) <= found.mean_tolerance and found.rms > found.rms_tolerance and not found.agrees
    assert check_rates(1.03 * a, b, 0.03).agrees


def test_sparse_networks_are_compared_and_named(fakes):
    """As many synapses as asked for, none onto itself; a plain loop over synapses has the rates of discrete time."""
    size = Size(200, 100, 10, synapses=20)
    weights, biases = comparison.random_network(size)
    assert weights.shape == (200, 200) and biases.shape == (200,) and not weights.diagonal().any()
    assert 3500 < weights.nnz <= size.links == 4000 and np.abs(weights.data).max() < 3 * (7 / 20) ** 0.5
    found, said = compared(sizes=(size,))
    record = found["networks"][0]
    assert record["synapses"] == 20 and "N = 200, 20 synapses a neuron: 5 runs" in said
    assert {"continuous", "discrete", "numba-loop"} <= {result["key"] for result in record["results"]}
    assert all(result["agrees"] for result in record["results"] if result["key"] in ("discrete", "numba-loop"))
    assert "| 200, 20 synapses each | " in tables.markdown(found["networks"])


def test_ratios_are_taken_run_by_run_and_given_for_1000_tau_ref():
    rng = np.random.default_rng(0)
    counts = [rng.poisson(50, 7).astype(float) for _ in range(3)]
    measured = {
        "continuous": Measured("ours", [0.1, 0.2, 0.4], counts),
        "discrete": Measured("ours too", [0.1, 0.4, 0.4], counts),
        "nest": Measured("NEST", [1.0, 4.0, 2.0], counts),
    }
    record = comparison._record(Size(7, 100, 10), measured, True)
    first, _, nest = record["results"]
    assert (first["median"], first["least"], first["most"]) == pytest.approx((2000, 1000, 4000))
    assert nest["ratio"]["runs"] == pytest.approx([10, 20, 5]) and nest["ratio"]["median"] == pytest.approx(10)
    assert first["check"] is None and nest["check"]["against"] == "discrete" and nest["agrees"]
    text = tables.table(record)
    assert nest["ratio_discrete"]["runs"] == pytest.approx([10, 10, 5]) and nest["ratio"]["covered"] == 0.75
    assert "N = 7: 3 runs of 100 tau_ref, in turns" in text and "10× [5 – 20], 10× [5 – 10]" in text
    assert "the others, NEST, takes 10× [5 – 20] as long as ours in continuous time, 10× [5 – 10] as long as in" in text
    del measured["discrete"]
    with pytest.raises(RuntimeError, match="ours in discrete time did not run"):
        comparison._record(Size(7, 100, 10), measured, True)


def test_without_simulators_ours_runs_and_a_line_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setattr(rivals, "find_python", lambda named=None: None)
    found, said = compared()
    keys = ["continuous", "discrete", "numba-loop"]
    assert [result["key"] for result in found["networks"][0]["results"]] == keys
    assert "not run: brian2cuda and GeNN" in said
    assert "not run: Brian2 and NEST: not installed here; `make bench`" in said and "not run: GPU" in said
    assert found["agrees"] and {r["members"] for r in found["ensembles"]} == {1, 3}
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    figure = plots.bench(found["networks"], found["ensembles"])
    top, bottom = figure.axes
    assert [text.get_text() for text in top.get_legend().get_texts()] == [
        "salkit, continuous", "salkit, discrete", "plain loop in Numba",
    ]  # fmt: skip
    assert top.get_xscale() == bottom.get_yscale() == "log"


def test_one_that_fails_leaves_a_line_and_the_others_go_on(fakes):
    found, said = compared(sizes=(SMALL, Size(8, 200, 10)))
    results = {result["key"]: result for result in found["networks"][0]["results"]}
    assert set(results) == {"continuous", "discrete", "numba-loop", "brian2-standalone", "nest"} and found["agrees"]
    assert results["nest"]["set_up_seconds"] == 3.0 and results["nest"]["memory_bytes"] == 5e6 and "5 MB" in said
    assert results["discrete"]["whole"] >= results["discrete"]["median"] > 0
    assert "not run: from N = 7: Brian2 is not in the mood" in said and said.count("mood") == 1
    assert results["nest"]["median"] == pytest.approx(2e3 * 1000 / 200)
    assert results["nest"]["ratio"]["least"] > 10 and "takes" in said


def test_wrong_rates_give_no_ratio_and_exit_code_1(fakes, monkeypatch, tmp_path):
    monkeypatch.setattr(Fake, "factor", 1.2)
    monkeypatch.setattr(comparison, "SIZES", (SMALL,))
    monkeypatch.setattr(comparison.compare, "__defaults__", ("auto", 15, None, print, (SMALL,), (1, 2)))
    monkeypatch.setattr(bench, "_jobs", lambda: [bench.Job("nothing", int)])
    monkeypatch.setenv("SALKIT_FIGURES", str(tmp_path))
    words = ["bench", "--compare", "--device", "cpu", "--repeats", "5", "--json", str(tmp_path / "all.json")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1, result.output
    assert "DIFFERS from discrete" in result.output and "rates differ: none" in result.output
    assert "the fastest of the others, plain loop in Numba, takes" in result.output
    record = json.loads((tmp_path / "all.json").read_text())
    assert not record["comparison"]["agrees"] and {"processor", "date", "packages"} <= set(record["machine"])
    drawn = json.loads((tmp_path / "bench.json").read_text())
    assert drawn["figure"] == "bench" and drawn["claims"] == [] and (tmp_path / "bench.png").is_file()
    assert drawn["data"]["networks"][0]["neurons"] == 7
    monkeypatch.setattr(Fake, "factor", 1.0)
    assert CliRunner().invoke(main, words).exit_code == 0


def test_what_does_not_fit_into_memory_is_left_out(fakes, monkeypatch):
    monkeypatch.setattr(rivals, "memory", lambda: 100 * 49 / 0.8)  # enough for 100 bytes a synapse
    found, said = compared()
    assert "not run: N = 7: nest needs about" in said and not found["networks"][0]["in_turns"]
    assert "one simulator after the other, for want of memory" in said
    monkeypatch.setattr(rivals, "memory", lambda: 0.0)
    found, said = compared()
    assert found["networks"] == [] and "not run: N = 7: ours needs" in said


def test_turns_go_round_and_ours_fills_its_turn(monkeypatch):
    order = []

    def runner(name):
        return SimpleNamespace(
            key=name,
            label=name,
            ready=lambda: order.append(f"{name} ready"),
            run=lambda: order.append(name) or Turn(1.0, np.ones(2)),
            set_up=1.0,
            memory=None,
            close=lambda: order.append(f"{name} closed"),
        )

    found = rivals.take_turns([lambda: runner("a"), lambda: runner("b")], 3, order.append)
    assert order == ["a ready", "b ready", *"ababab", "a closed", "b closed"] and len(found["b"].counts) == 3
    assert found["a"].set_up == 1.0 and found["a"].whole == [1.0] * 3


def test_ours_is_timed_by_its_margin(monkeypatch):
    """A call that takes 3 ms and 20 µs a tau_ref: these 20 are left; a run's counts are those of longer calls."""
    ours = Ours("x", "x", lambda: SamplingNetwork([[0.0, 1], [1, 0]], [0.0, 0]), 500, 400, unit=50)
    ours.ready()
    calls = []

    def steady(duration):
        calls.append(duration)
        return 0.003 + 20e-6 * duration / 50, np.full(2, duration)

    monkeypatch.setattr(ours, "_simulate", steady)
    seconds, counts, whole = ours.run()
    assert len(calls) > 10 and set(calls) == {400, 100} and counts[0] == 400
    assert seconds == pytest.approx(160e-6) and whole == pytest.approx(3.16e-3)
    monkeypatch.setattr(ours, "_simulate", lambda duration: (0.5, np.ones(2)))
    with pytest.raises(Missing, match="400 take no longer than 100: too busy a machine"):
        ours.run()


def test_intervals_of_medians():
    """15 values: from the 4th to the 12th, which covers in 1 − 2 (1 + 15 + 105 + 455)/2¹⁵ of all cases."""
    spread = comparison._spread([float(x) for x in np.random.default_rng(0).permutation(15)])
    assert (spread["median"], spread["low"], spread["high"]) == (7, 3, 11)
    assert spread["covered"] == pytest.approx(1 - 2 * 576 / 2**15)


def test_memory_at_the_peak_is_seen():
    with rivals.peak() as found:
        np.ones(3_000_000).sum()
    if found.bytes is not None:
        assert 22e6 < found.bytes < 40e6
    with rivals.peak() as found:
        pass
    assert found.bytes is None or found.bytes < 5e6


def test_the_plain_loop_has_the_law_of_discrete_time():
    """Lone neurons: on with probability tau_ref/(tau_ref − 1 + 1/p), to 4.5 standard errors (1 in 40 000).
    A spike counts for the thresholds of tau_ref steps: what only it can drive spikes as often as what always does.
    """
    tau_ref, duration = 10, 20_000
    plain = Plain(np.zeros((4, 4)), LONE, tau_ref, 100, duration * tau_ref)
    plain.ready()
    found = plain.run().counts / duration
    p = 1 / (1 + tau_ref * np.exp(-LONE))
    interval = (tau_ref - 1 + 1 / p) / tau_ref
    error = np.sqrt((1 - p) / (p * tau_ref) ** 2 / interval**3 / duration)
    assert np.all(np.abs(found - 1 / interval) < 4.5 * error)
    # neuron 1 only spikes while neuron 0, which spikes for certain every tau_ref steps, is on
    driven = Plain(np.array([[0.0, 0], [100, 0]]), np.array([50.0, -50]), tau_ref, 0, 300)
    driven.ready()
    assert driven.run().counts.tolist() == [30, 30]


WORKER = """
import json, sys
job = json.loads(sys.stdin.readline())
if job["simulator"] == "dies":
    sys.exit("what went wrong")
print(json.dumps({"error": "no compiler"} if job["simulator"] == "cannot" else {"label": "a name"}), flush=True)
for line in sys.stdin:
    print(json.dumps({"seconds": 0.25, "counts": [job["steps"], job["tau_ref"]]}), flush=True)
"""


def test_the_process_answers_or_says_why_not(monkeypatch, tmp_path):
    (tmp_path / "worker.py").write_text(WORKER)
    monkeypatch.setattr(process, "_WORKER", tmp_path / "worker.py")

    def rival(simulator):
        return Rival(sys.executable, simulator, np.zeros((2, 2)), np.zeros(2), 50, 10, 100)

    good = rival("good")
    good.ready()
    assert good.label == "a name" and good.run().seconds == 0.25 and good.run().counts.tolist() == [100, 50]
    good.close()
    for simulator, says in (("cannot", "cannot: no compiler"), ("dies", "ended with code 1: what went wrong")):
        bad = rival(simulator)
        with pytest.raises(Missing, match=says):
            bad.ready()
        bad.close()


def test_the_worker_says_what_is_not_installed():
    bad = Rival(sys.executable, "no such simulator", np.zeros((2, 2)), np.zeros(2), 50, 10, 100)
    with pytest.raises(Missing, match="KeyError: 'no such simulator'"):
        bad.ready()
    bad.close()


def test_a_python_without_them_is_refused(tmp_path):
    with pytest.raises(ValueError, match="--rivals must be a Python that has brian2 or nest-simulator"):
        rivals.find_python(tmp_path / "python")


PYTHON = rivals.find_python()


@pytest.mark.skipif(PYTHON is None, reason="no environment with Brian2 and NEST; `make bench` makes one")
@pytest.mark.parametrize("simulator", rivals.BYTES_A_SYNAPSE)
def test_lone_neurons_and_a_lopsided_pair(simulator):
    """The refractory period and the spike probability p to sampling error: a lone neuron is on with probability
    tau_ref/(tau_ref − 1 + 1/p), whatever its neighbours do (weights 0). Weights: a pair with weights 2 and −2 has the
    rates of ours, and not those of the transposed weights. Held to 4.5 standard errors: one false alarm in 30 000.
    """
    tau_ref, duration, runs = 10, 1500, 3
    weights, biases = np.zeros((6, 6)), np.append(LONE, [0.0, 0.0])
    weights[4, 5], weights[5, 4] = 2.0, -2.0
    rival = Rival(PYTHON, simulator, weights, biases, tau_ref, 100 * tau_ref, duration * tau_ref)
    try:
        rival.ready()
        assert rival.set_up > 0 and (rival.memory is None or rival.memory > 0)
        found = np.array([rival.run().counts for _ in range(runs)]) / duration
    finally:
        rival.close()
    hazard = np.exp(LONE) / tau_ref
    p = -np.expm1(-hazard) if simulator == "nest" else hazard / (1 + hazard)
    interval = (tau_ref - 1 + 1 / p) / tau_ref
    error = np.sqrt((1 - p) / (p * tau_ref) ** 2 / interval**3 / (duration * runs))
    assert np.all(np.abs(found[:, :4].mean(axis=0) - 1 / interval) < 4.5 * error)
    pair = SamplingNetwork(weights[4:, 4:], [0.0, 0.0], tau_ref, "discrete")
    ours = simulate(pair, 20 * duration * tau_ref, seed=1, record=False).rates()
    allowance = 0.5 / tau_ref if simulator == "nest" else 0.0
    assert np.all(np.abs(found[:, 4:].mean(axis=0) - ours) < 4.5 * 0.5 * (duration * runs) ** -0.5 + allowance)
    assert abs(ours[0] - ours[1]) > 0.2


def test_the_page_of_benchmarks_shows_the_numbers_of_the_figure():
    root = Path(__file__).resolve().parents[1]
    record = json.loads((root / "figures" / "bench.json").read_text(encoding="utf-8"))
    table = tables.markdown(record["data"]["networks"])
    page = (root / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert table in page, f"docs/benchmarks.md should hold\n{table}"
