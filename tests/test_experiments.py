"""The paper's experiments: what they hold, and that the stored results are what the code computes."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from salkit import deep, dreams, ensemble, experiments, layers, lif, limits, microcircuit, wakesleep, weight_inference
from salkit.cli import main
from salkit.sweep import sources


def test_they_are_named_and_matched():
    with pytest.raises(ValueError, match="no experiment 'fig4'; there are synaptic-noise, "):
        experiments.experiment("fig4")
    with pytest.raises(ValueError, match="preset must be one of"):
        experiments.experiment("kp-scan", "huge")
    for name in experiments.EXPERIMENTS:
        for preset in ("tutorial", "paper"):
            found = experiments.experiment(name, preset)
            assert found.name == name and found.runs >= 9
            shared = found.settings[0].seeds  # matched across settings, but that a layer of 1000 neurons runs once
            assert all(setting.seeds in (shared, shared[:1]) for setting in found.settings)
            assert sum(setting.seeds != shared for setting in found.settings) == (
                (name, preset) == ("layers-fan-in", "paper")
            )
            assert len({tuple(sorted(setting.labels.items())) for setting in found.settings}) == len(found.settings)
        other = experiments.experiment(name, seed=2)
        assert not set(other.settings[0].seeds) & set(experiments.experiment(name).settings[0].seeds)
    said = " ".join(CliRunner().invoke(main, ["sweep", "--help"]).output.split())
    assert f"one of {', '.join(list(experiments.EXPERIMENTS)[:3])} (notebook 03)" in said
    assert f"{', '.join(list(experiments.EXPERIMENTS)[3:7])} (notebook 04)" in said
    assert f"{', '.join(list(experiments.EXPERIMENTS)[7:12])} (notebook 05)" in said
    assert f"{', '.join(list(experiments.EXPERIMENTS)[12:16])} (notebook 06)" in said
    assert f"{', '.join(list(experiments.EXPERIMENTS)[16:23])} (notebook 07)" in said
    assert f"{', '.join(list(experiments.EXPERIMENTS)[23:26])} (notebook 08)" in said
    assert f"{', '.join(list(experiments.EXPERIMENTS)[26:30])} (notebook 10)" in said
    assert f"{', '.join(list(experiments.EXPERIMENTS)[30:])} (notebook 09)" in said
    fig4 = experiments.experiment("synaptic-noise", "paper")
    sal = [s.parameters for s in fig4.settings if s.parameters.rule == "sal"]
    assert [p.weight_noise for p in sal] == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert all((p.cycles, p.validate_every, p.validation_length) == (20_001, 500, 1_000_000) for p in sal)
    assert len(set(fig4.settings[0].seeds)) == 20 and len({target for target, _ in fig4.settings[0].seeds}) == 5


NOTEBOOKS = "".join(path.read_text(encoding="utf-8") for path in (sources.PACKAGE.parent / "notebooks").glob("*.py"))
SHOWN = [name for name in experiments.EXPERIMENTS if f'"{name}"' in NOTEBOOKS]  # what a notebook shows is stored
OTHERS = ("microcircuit", "layers", "rivals", "deep", "dreams", "lif", "limits")
LEARNING = [name for name in SHOWN if not name.startswith(OTHERS)]
CIRCUITS = [name for name in SHOWN if name.startswith("microcircuit")]
LAYERS = [name for name in SHOWN if name.startswith("layers")]
RIVALS = [name for name in SHOWN if name.startswith("rivals")]
LIMITS = [name for name in SHOWN if name.startswith("limits")]
DEEP = [name for name in SHOWN if name.startswith("deep")]
DREAMS = [name for name in SHOWN if name.startswith("dreams")]


@pytest.mark.parametrize("name", LEARNING)
def test_stored_results_are_those_of_the_code(name):
    """One run of the noisiest setting of each rule, up to its second validation where that is within 5000 fast cycles.

    Learning is chaotic: one other spike, and the numbers part. Their sums may round differently on other machines.
    """
    stored, wanted = experiments.results(name, "paper"), experiments.experiment(name, "paper")
    for setting in {s.parameters.rule: s for s in wanted.settings}.values():
        p, seeds = setting.parameters, setting.seeds[3]
        slow = p.timing == "discrete" or p.refractory_cv or p.psp_length_cv or p.validate_every > 5000
        piece = wakesleep.train(replace(p, cycles=1 if slow else p.validate_every + 1), [seeds])
        run = ensemble.select(stored, **setting.labels, target_seed=seeds[0], start_seed=seeds[1]).squeeze("run")
        count = piece.sizes["validation"]
        for quantity in ("kl", "asymmetry", "asymmetry_mean", "functional_asymmetry"):
            found = piece[quantity].values[0]
            np.testing.assert_allclose(found, run[quantity].values[:count], rtol=1e-9, atol=1e-12, err_msg=quantity)
        assert np.array_equal(piece.weights.values[0, 0], run.weights.values[0])
        assert np.array_equal(piece.gain.values[0], run.gain.values)


@pytest.mark.parametrize("name", CIRCUITS)
def test_stored_microcircuits_are_those_of_the_code(name):
    """The first five epochs of one run of each feedback; spikes decide, so any other would show."""
    stored, wanted = experiments.results(name, "paper"), experiments.experiment(name, "paper")
    for setting in wanted.settings:
        piece = microcircuit.train(replace(setting.parameters, epochs=5), setting.seeds[3:4])
        run = ensemble.select(stored, **setting.labels, start_seed=setting.seeds[3][1]).squeeze("run")
        for quantity in ("loss", "loss_nudged", "w_up_1", "w_up_2", "b_down_1", "targets"):
            found, kept = piece[quantity].values[0], run[quantity].values[: len(piece[quantity].values[0])]
            np.testing.assert_allclose(found, kept, rtol=1e-9, atol=1e-12, err_msg=quantity)


@pytest.mark.parametrize("name", LAYERS)
def test_stored_layers_are_those_of_the_code(name):
    """The first record of one run of each setting of at most 100 neurons; spikes decide, so any other would show."""
    stored, wanted = experiments.results(name, "paper"), experiments.experiment(name, "paper")
    for setting in (s for s in wanted.settings if max(s.parameters.sizes) <= 100):
        p = setting.parameters
        first = replace(p, length=p.length / p.records, records=1)
        piece = layers.align(first, setting.seeds[3:4])
        run = ensemble.select(stored, **setting.labels, start_seed=setting.seeds[3][1]).squeeze("run")
        for quantity in ("angle_1", "slope_1", "spikes"):
            found = piece[quantity].values[0]
            np.testing.assert_allclose(found, run[quantity].values[:2], rtol=1e-9, atol=1e-12, err_msg=quantity)


def test_layers_of_all_sizes_are_one_dataset():
    """The tutorial of the fan-in, and the two tutorials' settings against the time axis they share."""
    found = experiments.results("layers-fan-in")
    at = {n: ensemble.select(found, neurons=n).angle_1.sel(time=100 * n).values.mean() for n in (20, 40, 80)}
    assert all(18 < angle < 26 for angle in at.values())  # tan θ = 1.06 √(K n/t) and a little more: 23°
    conditions = experiments.experiment("layers-alignment").settings
    assert {s.parameters.length for s in conditions} == {20_000}


@pytest.mark.parametrize("name", RIVALS)
def test_stored_rivals_are_those_of_the_code(name):
    """The first two reports of one run of each setting; spikes decide, so any other would show."""
    stored, wanted = experiments.results(name, "paper"), experiments.experiment(name, "paper")
    for setting in wanted.settings:
        p, seeds = setting.parameters, setting.seeds[3]
        piece = weight_inference.train(replace(p, duration=p.report_every), [seeds], progress=False)
        run = ensemble.select(stored, **setting.labels, start_seed=seeds[1]).squeeze("run")
        for quantity in ("angle", "correlation", "sign", "slope", "spikes_x", "spikes_y"):
            found, kept = piece[quantity].values[0], run[quantity].values[:2]
            np.testing.assert_allclose(found, kept, rtol=1e-9, atol=1e-12, err_msg=quantity)


@pytest.mark.parametrize("name", LIMITS)
def test_stored_conditions_are_those_of_the_code(name):
    """The first record of one run of each condition at its second strength; spikes decide, so any other would show."""
    stored, wanted = experiments.results(name, "paper"), experiments.experiment(name, "paper")
    for setting in wanted.settings[2::4]:
        p = setting.parameters
        piece = limits.train(replace(p, length=p.length / p.records, records=1), setting.seeds[3:4])
        run = ensemble.select(stored, **setting.labels, start_seed=setting.seeds[3][1]).squeeze("run")
        for quantity in ("angle", "slope", "size"):
            found = piece[quantity].values[0]
            np.testing.assert_allclose(found, run[quantity].values[:2], rtol=1e-9, atol=1e-12, err_msg=quantity)


@pytest.mark.parametrize("name", DEEP)
def test_stored_deep_networks_are_those_of_the_code(name):
    """The first epoch and its phases of one run of each setting, but for the largest networks.

    Sums may round differently on other machines, and 90 steps make a little more of it.
    """
    stored, wanted = experiments.results(name, "paper"), experiments.experiment(name, "paper")
    for setting in (s for s in wanted.settings if max(s.parameters.sizes[1:-1]) < 50 or "feedback" not in s.labels):
        piece = deep.train(replace(setting.parameters, epochs=1), setting.seeds[-1:])
        run = ensemble.select(stored, **setting.labels, start_seed=setting.seeds[-1][1]).squeeze("run")
        for quantity in ("train_error", "test_loss", "error_angle", "largest_angle", "phase_time"):
            found = piece[quantity].values[0]
            np.testing.assert_allclose(found, run[quantity].values[:2], rtol=1e-6, atol=1e-5, err_msg=quantity)


def test_stored_integrate_and_fire_neurons_are_those_of_the_code():
    """The first record of one machine of each condition, and one run of the drift; any other spike would show."""
    stored, wanted = experiments.results("lif-alignment", "paper"), experiments.experiment("lif-alignment", "paper")
    for setting in wanted.settings:
        p = setting.parameters
        piece = lif.train(replace(p, length=p.length / p.records, records=1), setting.seeds[3:4])
        run = ensemble.select(stored, **setting.labels, start_seed=setting.seeds[3][1]).squeeze("run")
        for quantity in ("asymmetry", "asymmetry_mean", "slope", "spikes"):
            np.testing.assert_allclose(piece[quantity].values[0], run[quantity].values[:2], rtol=1e-9, err_msg=quantity)
        assert piece.kl.values[0, 0] == pytest.approx(float(run.kl[0]), rel=1e-9)
    stored, setting = (
        experiments.results("lif-drift", "paper"),
        experiments.experiment("lif-drift", "paper").settings[5],
    )
    piece = lif.train(setting.parameters, setting.seeds[2:3])
    run = ensemble.select(stored, **setting.labels, start_seed=setting.seeds[2][1]).squeeze("run")
    np.testing.assert_allclose(piece.drift.values[0], run.drift.values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", DREAMS)
def test_stored_dreams_are_those_of_the_code(name):
    """The first thousand cycles of one run of each rule at the strongest noise; logarithms of the start are NumPy's."""
    stored, wanted = experiments.results(name, "paper"), experiments.experiment(name, "paper")
    for setting in {s.labels["rule"]: s for s in wanted.settings}.values():
        piece = dreams.train(replace(setting.parameters, cycles=1000), setting.seeds[3:4])
        run = ensemble.select(stored, **setting.labels, start_seed=setting.seeds[3][1]).squeeze("run")
        for quantity in ("accuracy", "completion", "patches", "exact_accuracy", "asymmetry"):
            found = piece[quantity].values[0]
            np.testing.assert_allclose(found, run[quantity].values[:2], rtol=1e-6, atol=1e-9, err_msg=quantity)


@pytest.mark.parametrize("name", SHOWN)
def test_stored_results_are_complete(name):
    stored, wanted = experiments.results(name, "paper"), experiments.experiment(name, "paper")
    assert stored.sizes["run"] == wanted.runs and stored.attrs["title"] == wanted.title
    assert [*zip(stored.target_seed.values, stored.start_seed.values, strict=True)] == [
        pair for setting in wanted.settings for pair in setting.seeds
    ]
    if name in RIVALS:  # nothing can be said of B = 0, where some start
        assert np.all(np.isfinite(stored.isel(time=-1).to_array())) and np.all(np.isfinite(stored.spikes_y))
    elif name in DEEP:  # rates of phases are of runs that have phases
        errors = ("train_error", "test_error", "error_angle", "largest_angle", "phase_time")
        assert all(np.all(np.isfinite(stored[quantity])) for quantity in errors)
    else:
        assert all(np.all(np.isfinite(values)) for values in stored.data_vars.values())
    if name in RIVALS:
        assert stored.time.values[-1] == 100
    elif name in LEARNING:
        assert stored.cycle.values[-1] == wanted.settings[0].parameters.cycles - 1
    elif name in DREAMS:
        assert stored.cycle.values[-1] == wanted.settings[0].parameters.cycles
    elif "time" in stored.dims:
        assert stored.time.values[-1] == wanted.settings[0].parameters.length
    else:
        assert stored.epoch.values[-1] == wanted.settings[0].parameters.epochs
    assert "numba" in stored.attrs["versions"] and len(stored.attrs["kernel_version"]) == 16


def test_stored_results_of_other_parameters_are_refused(monkeypatch):
    other = replace(experiments.experiment("kp-scan", "paper"), settings=())
    monkeypatch.setattr(experiments, "experiment", lambda *_: other)
    with pytest.raises(
        ValueError, match="stored results of kp-scan are of other parameters: renew them, or set recompute"
    ):
        experiments.results("kp-scan", "paper")


def test_the_paper_preset_is_recomputed_where_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(experiments, "compute", lambda wanted, device: asked.append(wanted) or "computed")
    monkeypatch.setattr(experiments, "condense", lambda dataset: dataset)
    assert experiments.results("kp-scan", "paper", recompute=True) == "computed"
    assert experiments.results("kp-scan", "paper", seed=2) == "computed"  # stored are those of seed 1
    assert experiments.results("kp-scan") == "computed"
    assert [wanted.settings[0].parameters.cycles for wanted in asked] == [20_001, 20_001, 1001]


@pytest.mark.parametrize("preset", experiments.PRESETS)
def test_an_unknown_device_is_refused_also_where_nothing_is_computed(preset):
    with pytest.raises(ValueError, match="device must be one of auto, cpu, cuda, got 'x'"):
        experiments.results("kp-scan", preset, device="x")


def test_stored_results_of_parameters_that_came_later(monkeypatch):
    """Results computed before a parameter was there count as of its default, and of no other value."""
    wanted = experiments.experiment("synaptic-noise", "paper")
    kept = [{k: v for k, v in experiments._plain(s.parameters).items() if k != "window"} for s in wanted.settings]
    now = [experiments._plain(setting.parameters) for setting in wanted.settings]
    assert experiments._completed(kept, wanted) == now != experiments._completed([kept[0] | {"cycles": 3}], wanted)
    changed = replace(wanted.settings[0].parameters, window="rectangular")
    assert experiments._completed(kept, wanted)[0] != experiments._plain(changed)
