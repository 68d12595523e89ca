"""The experiments of the paper, as sets of runs for `salkit sweep`: what varies, and the sizes of each preset.

    synaptic-noise            Fig. 4: rule and σ of the start weights; with KP at its published decay
    synaptic-noise-discrete   the same in discrete time (the paper's model), at the largest σ and without noise
    kp-scan                   the weight decay λ of KP, at σ = 0.8
    plasticity-noise          Fig. 5, first definition: rule and σ of the sleep term's amplitude
    plasticity-noise-both     Fig. 5, second definition: rule and σ of both terms' amplitude
    neuron-variability        rule, coefficient of variation of the gains and PSP heights
    neuron-variability-more   the same for thresholds, refractory periods and PSP lengths
    microcircuit              Fig. 6: feedback by SAL, at random, copied, in a 1-1-1 microcircuit; SAL by both protocols
    microcircuit-wide         the same in 2-5-2, with random teachers
    microcircuit-deep         the same with two hidden layers, 2-4-4-2
    microcircuit-larger       the same in 4-20-20-4, with weaker weights
    microcircuit-ablation     2-4-4-2: what the paper's phases do otherwise than the exact ones, one by one
    layers-alignment          two layers whose feedback aligns (Fig. 7): windows, rules, and what helps or breaks it
    layers-fan-in             the same by SAL, for layers of 10 to 1000 neurons
    rivals                    Fig. 7: RDD, STDWI, weight mirror, as published, repaired, and at their best
    rivals-width              RDD and STDWI in layers of 25 to 200 neurons
    limits-map                notebook 08: conditions of cortex and hardware (`salkit.limits_experiments`)
    deep-…                    Fig. 8 and beyond: feedback in deep networks (`salkit.deep_experiments`)
    lif-…                     integrate-and-fire neurons (`salkit.lif_experiments`)
    dreams-…                  networks that dream of digits (`salkit.dream_experiments`)
    psp-shapes, …             notebook 10: imperfect synapses (`salkit.conditions_experiments`)

Runs of one seed share target, start and noise (up to its σ) across levels and rules: comparisons are matched. The
paper's 20 runs a level are 5 targets with 4 starts each. The tutorial preset learns twenty times faster in a
twentieth of the cycles, or more where noise matters less.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import xarray as xr

from .conditions_experiments import EXPERIMENTS as CONDITIONS
from .deep_experiments import EXPERIMENTS as DEEP
from .dream_experiments import EXPERIMENTS as DREAMS
from .kernels.device import DEVICES
from .layers import Layers
from .lif_experiments import EXPERIMENTS as LIF
from .limits_experiments import EXPERIMENTS as LIMITS
from .microcircuit import FEEDBACK, Microcircuit
from .sweep.ensemble import Experiment, Setting, compute, condense
from .sweep.shards import load
from .wakesleep import WakeSleep
from .weight_inference import SETTINGS

__all__ = ["EXPERIMENTS", "KP_DECAY", "KP_SCAN", "PRESETS", "check_seed", "experiment", "results", "stored_results"]

PRESETS = ("tutorial", "paper")
KP_DECAY = {"synaptic": 1.6e-4, "plasticity": 4e-5}
KP_SCAN = sorted({*(1e-6 * k for k in (1, 2, 4, 8, 16, 32, 64, 120, 240, 480)), *(1e-5 * 2.0**k for k in range(-3, 5))})
_PAPER_SEEDS = tuple((run // 4, run) for run in range(20))
_FAST: dict[str, Any] = dict(
    cycles=1001, lr_weight=0.2, lr_bias=0.2, lr_sal=0.2, validate_every=1000, validation_length=100_000
)  # fmt: skip

_FASTER = {**_FAST, "cycles": 501, "lr_weight": 0.4, "lr_bias": 0.4, "lr_sal": 0.4, "validate_every": 500}


def experiment(name: str, preset: str = "tutorial", seed: int = 1) -> Experiment:
    """The named experiment at the sizes of a preset; every `seed` has targets and starts of its own.

    Raises ValueError for an unknown name or preset, naming the allowed ones, and for a seed that is not 0 … 10⁶.
    """
    if name not in EXPERIMENTS:
        raise ValueError(f"no experiment {name!r}; there are {', '.join(EXPERIMENTS)}")
    if preset not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {preset!r}")
    check_seed(seed)
    found = EXPERIMENTS[name](preset)
    move = 1000 * (seed - 1) if seed else 1_000_000_000
    moved = tuple(
        replace(setting, seeds=tuple((target + move, start + move) for target, start in setting.seeds))
        for setting in found.settings
    )
    return replace(found, settings=moved)


def check_seed(seed: Any) -> None:
    """Raise ValueError unless `seed` is a whole number from 0 to 10⁶."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= 1_000_000:
        raise ValueError(f"seed must be a whole number from 0 to 1000000, got {seed!r}")


def results(
    name: str, preset: str = "tutorial", seed: int = 1, device: str = "auto", recompute: bool = False
) -> xr.Dataset:
    """What a notebook shows: the tutorial's runs computed now, the paper's read from `figures/paper/` unless asked for.

    The Dataset is that of `salkit.sweep.results.collect`, condensed. Raises ValueError for unknown names and devices,
    and for stored results that are missing, damaged, or of other parameters than the experiment's.
    """
    wanted = experiment(name, preset, seed)
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    if preset == "tutorial" or recompute or seed != 1:
        return condense(compute(wanted, device))
    stored = load(stored_results() / f"{name}.nc")
    if _completed(json.loads(stored.attrs["parameters"]), wanted) != [_plain(s.parameters) for s in wanted.settings]:
        raise ValueError(f"the stored results of {name} are of other parameters: renew them, or set recompute")
    return stored


def _plain(parameters: Any) -> dict[str, Any]:
    """As they read in a file."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(parameters)))
    return plain


def _completed(stored: list[dict[str, Any]], wanted: Experiment) -> list[dict[str, Any]]:
    """Parameters of stored results; one that they were computed without has its default."""
    if len(stored) != len(wanted.settings):
        return stored
    kinds = (type(setting.parameters) for setting in wanted.settings)
    return [{**_plain(kind()), **kept} for kind, kept in zip(kinds, stored, strict=True)]


def stored_results() -> Path:
    """The folder of the paper-scale results, figures/paper of the repository."""
    return Path(__file__).resolve().parents[1] / "figures" / "paper"


def _own(count: int) -> tuple[tuple[int, int], ...]:
    """Tutorial runs: a target of its own each."""
    return tuple((seed, seed) for seed in range(100, 100 + count))


def _settings(
    base: WakeSleep, seeds: Iterable[tuple[int, int]], changes: Iterable[tuple[dict[str, Any], dict[str, Any]]]
) -> tuple[Setting, ...]:
    """One setting for each (labels, what differs from `base`)."""
    runs = tuple(seeds)
    return tuple(Setting(labels, replace(base, **differs), runs) for labels, differs in changes)


def _rules(name: str, levels: Sequence[float], *parameters: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """SAL and Hebbian learning at every level of `parameters`, labelled `name`."""
    return [
        ({"rule": rule, name: level}, {"rule": rule, **dict.fromkeys(parameters, level)})
        for level in levels
        for rule in ("sal", "hebbian")
    ]


def _synaptic(preset: str) -> Experiment:
    paper = preset == "paper"
    levels = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0) if paper else (0.0, 0.4, 0.8)
    base = WakeSleep() if paper else WakeSleep(**{**_FAST, "validate_every": 200})
    decay = KP_DECAY["synaptic"] * (1 if paper else 20)
    kp = [
        ({"rule": "kp", "sigma": level}, {"rule": "kp", "weight_decay": decay, "weight_noise": level})
        for level in (levels if paper else (0.8,))
    ]
    changes = [*_rules("sigma", levels, "weight_noise"), *kp]
    seeds = _PAPER_SEEDS if paper else _own(12)
    return Experiment("synaptic-noise", "Fig. 4: synaptic noise", "wakesleep", _settings(base, seeds, changes))


def _synaptic_discrete(preset: str) -> Experiment:
    paper = preset == "paper"
    base = WakeSleep(timing="discrete", validate_every=5000)
    if not paper:
        base = replace(base, **_FASTER, tau_ref=20)
    changes = [c for c in _rules("sigma", (0.0, 0.8), "weight_noise") if c[0] != {"rule": "sal", "sigma": 0.0}]
    seeds = _PAPER_SEEDS[::4] if paper else _own(10)
    name = "synaptic-noise-discrete"
    settings = _settings(base, seeds, changes if paper else changes[1:])
    return Experiment(name, "Fig. 4 in discrete time", "wakesleep", settings)


def _kp_scan(preset: str) -> Experiment:
    paper = preset == "paper"
    base = WakeSleep(rule="kp", weight_noise=0.8, validate_every=5000)
    if not paper:
        base = replace(base, **_FAST)
    factor = 1 if paper else 20
    scan = KP_SCAN if paper else (8e-6, 3.2e-5, 1.6e-4, 4.8e-4)
    changes = [({"decay": decay}, {"weight_decay": factor * decay}) for decay in scan]
    seeds = _PAPER_SEEDS[::4] if paper else _own(8)
    return Experiment("kp-scan", "Kolen–Pollack decay, at σ = 0.8", "wakesleep", _settings(base, seeds, changes))


def _plasticity(preset: str) -> Experiment:
    paper = preset == "paper"
    base = WakeSleep(
        lr_weight=0.001, lr_bias=0.001, lr_sal=0.002, cycles=150_001, weight_noise=0.2, validate_every=5000
    )
    if not paper:
        fast = {**_FAST, "cycles": 751, "lr_sal": 0.4, "validate_every": 750}
        base = WakeSleep(weight_noise=0.2, **fast)
    changes = _rules("sigma", (0.0, 0.03, 0.05), "plasticity_noise")
    seeds = _PAPER_SEEDS if paper else _own(8)
    title = "Fig. 5, first definition: noise on the sleep term"
    return Experiment("plasticity-noise", title, "wakesleep", _settings(base, seeds, changes))


def _plasticity_both(preset: str) -> Experiment:
    paper = preset == "paper"
    base = WakeSleep(weight_noise=0.2, plasticity_noise_on="both", validate_every=1000)
    if not paper:
        base = replace(base, **_FAST)
    changes = _rules("sigma", (0.0, 0.4, 0.8), "plasticity_noise")
    seeds = _PAPER_SEEDS if paper else _own(10)
    title = "Fig. 5, second definition: noise on both terms"
    return Experiment("plasticity-noise-both", title, "wakesleep", _settings(base, seeds, changes))


def _neurons(preset: str) -> Experiment:
    paper = preset == "paper"
    base = WakeSleep(limit=4.0, validate_every=5000)
    if not paper:
        base = replace(base, **_FASTER)
    levels = (0.0, 0.1, 0.3, 0.5) if paper else (0.0, 0.3)
    changes = _rules("cv", levels, "gain_cv", "height_cv")
    seeds = _PAPER_SEEDS if paper else _own(36)
    title = "Neuron variability: gains and PSP heights"
    return Experiment("neuron-variability", title, "wakesleep", _settings(base, seeds, changes))


def _neurons_more(preset: str) -> Experiment:
    paper = preset == "paper"
    base = WakeSleep(limit=4.0, validate_every=10_000)
    if not paper:
        base = replace(base, **_FASTER)
    properties = {"threshold": "threshold_sd", "refractory period": "refractory_cv", "PSP length": "psp_length_cv"}
    levels = (0.1, 0.3, 0.5) if paper else (0.5,)
    changes = [
        ({"varies": varies, **labels}, differs)
        for varies, parameter in properties.items()
        for labels, differs in _rules("cv", levels, parameter)
    ]
    seeds = _PAPER_SEEDS[::2] if paper else _own(6)
    title = "Neuron variability: thresholds, refractory periods, PSP lengths"
    return Experiment("neuron-variability-more", title, "wakesleep", _settings(base, seeds, changes))


def _feedbacks(name: str, title: str, base: Microcircuit, seeds: Iterable[tuple[int, int]]) -> Experiment:
    runs = tuple(seeds)
    changes: list[tuple[str, dict[str, Any]]] = [(f, {"feedback": f}) for f in FEEDBACK]
    changes.append(("sal exact", {"feedback": "sal", "protocol": "exact"}))
    settings = tuple(Setting({"feedback": label}, replace(base, **differs), runs) for label, differs in changes)
    return Experiment(name, title, "microcircuit", settings)


def _microcircuit(preset: str) -> Experiment:
    title = "Fig. 6: microcircuits 1-1-1"
    if preset == "paper":
        return _feedbacks("microcircuit", title, Microcircuit(), [(run, run) for run in range(20)])
    fast = Microcircuit(
        epochs=40, pattern_length=500, settle=100, window=100, lr_hidden=2.0, lr_output=0.03, lr_sal=0.005,
        validate_every=2, target_length=3000,
    )  # fmt: skip
    return _feedbacks("microcircuit", title, fast, _own(14))


def _larger(name: str, layers: tuple[int, ...], preset: str) -> Experiment:
    base = Microcircuit(layers=layers, teacher=None, pattern_length=1000, target_length=5000, validate_every=5)
    title = f"Microcircuits {'-'.join(map(str, layers))}"
    if preset == "paper":
        return _feedbacks(name, title, replace(base, epochs=150), [(run, run) for run in range(10)])
    fast = replace(
        base, epochs=12, pattern_length=500, settle=100, window=100, lr_hidden=0.8, lr_output=0.012, lr_sal=0.004,
        validation_inputs=6, validate_every=2, target_length=2000,
    )  # fmt: skip
    return _feedbacks(name, title, fast, _own(7))


def _microcircuit_wide(preset: str) -> Experiment:
    return _larger("microcircuit-wide", (2, 5, 2), preset)


def _microcircuit_deep(preset: str) -> Experiment:
    return _larger("microcircuit-deep", (2, 4, 4, 2), preset)


def _quick(layers: tuple[int, ...], epochs: int, **others: Any) -> Microcircuit:
    """Random teachers, a quarter of the paper's time a pattern, four times its learning rates."""
    return Microcircuit(
        layers=layers, teacher=None, epochs=epochs, pattern_length=500, settle=100, window=100, lr_hidden=0.8,
        lr_output=0.012, lr_sal=0.004, validation_inputs=6, target_length=2000, **others,
    )  # fmt: skip


def _microcircuit_larger(preset: str) -> Experiment:
    """Weights of half the span: a neuron hears four times as many others as in 2-5-2."""
    paper = preset == "paper"
    base = _quick((4, 20, 20, 4), 20 if paper else 2, span=1.5, validate_every=2 if paper else 1)
    seeds = [(run, run) for run in range(10)] if paper else _own(3)
    return _feedbacks("microcircuit-larger", "Microcircuits 4-20-20-4", base, seeds)


def _microcircuit_ablation(preset: str) -> Experiment:
    paper = preset == "paper"
    base = _quick((2, 4, 4, 2), 40 if paper else 8, protocol="exact", validate_every=5 if paper else 2)
    conditions: dict[str, dict[str, Any]] = {
        "paper": dict(protocol="paper"),
        "paper, pairs within tau_ref": dict(protocol="paper", sal_window="rectangular", lr_sal=0.016),
        "exact but input, cold, biases held": dict(one_way=True, temperature=1.0, homeostatic=False),
        "exact but input": dict(one_way=True),
        "exact but cold, biases held": dict(temperature=1.0, homeostatic=False),
        "exact but cold": dict(temperature=1.0),
        "exact but biases held": dict(homeostatic=False),
        "exact but short": dict(phase_length=2000),
        "exact": {},
    }
    if not paper:
        conditions = {name: differs for name, differs in conditions.items() if "exact but" not in name or "," in name}
    seeds = [(run, run) for run in range(10)] if paper else _own(3)
    settings = tuple(
        Setting({"condition": name}, replace(base, **differs), tuple(seeds)) for name, differs in conditions.items()
    )
    return Experiment("microcircuit-ablation", "What makes phases exact", "microcircuit", settings)


def _layers_alignment(preset: str) -> Experiment:
    n = 50 if preset == "paper" else 20
    base = Layers(sizes=(n, n), length=100_000 if preset == "paper" else 20_000, weights="none")
    conditions: dict[str, dict[str, Any]] = {
        "SAL": {},
        "triangular window": dict(window="triangular"),
        "both plastic": dict(learns="both"),
        "one-sided": dict(rule="one-sided"),
        "unequal rates": dict(spread=1.5),
        "unequal rates, one-sided": dict(spread=1.5, rule="one-sided"),
        "strong": dict(gain=4.0),
        "strong, hot": dict(gain=4.0, temperature=3.0),
        "strong, biases fixed": dict(gain=4.0, homeostatic=False),
        "strong, one-sided": dict(gain=4.0, rule="one-sided"),
        "one-way input": dict(inputs=n),
        "half the pairs": dict(unpaired=0.5),
        "unmatched": dict(one_way=0.3),
    }
    seeds = [(run, run) for run in range(10)] if preset == "paper" else _own(4)
    settings = tuple(
        Setting({"condition": name}, replace(base, entropy=True, **differs), tuple(seeds))
        for name, differs in conditions.items()
    )
    return Experiment("layers-alignment", "Fig. 7: feedback that aligns", "layers", settings)


def _layers_fan_in(preset: str) -> Experiment:
    """One time axis for all sizes: alignment takes a time proportional to the fan-in, so that curves overlap."""
    paper = preset == "paper"
    base = Layers(length=100_000, records=200, weights="none") if paper else Layers(length=10_000, weights="none")
    sizes = (10, 20, 50, 100, 200, 500, 1000) if paper else (10, 20, 40, 80)
    seeds = tuple((run, run) for run in range(5)) if paper else _own(4)
    settings = tuple(
        Setting({"neurons": n}, replace(base, sizes=(n, n)), seeds[:1] if n == 1000 else seeds) for n in sizes
    )
    return Experiment("layers-fan-in", "Time to align against fan-in", "layers", settings)


def _rivals(preset: str) -> Experiment:
    paper = preset == "paper"
    seeds = [(run, run) for run in range(20)] if paper else _own(3)
    report = 5.0 if paper else 10.0
    settings = tuple(
        Setting({"rule": name}, replace(p, report_every=report, keep="none"), tuple(seeds))
        for name, p in SETTINGS.items()
    )
    return Experiment("rivals", "Fig. 7: the rivals", "weight_inference", settings)


def _rivals_width(preset: str) -> Experiment:
    paper = preset == "paper"
    seeds = [(run, run) for run in range(10)] if paper else _own(2)
    settings = tuple(
        Setting({"rule": name, "neurons": n}, replace(SETTINGS[name], inputs=n, outputs=n, keep="none"), tuple(seeds))
        for name in ("RDD, repaired", "RDD, best", "STDWI, from zero", "STDWI, best")
        for n in ((25, 50, 100, 200) if paper else (25, 50, 100))
    )
    return Experiment("rivals-width", "Fig. 7: the rivals in wider layers", "weight_inference", settings)


EXPERIMENTS: dict[str, Callable[[str], Experiment]] = {
    "synaptic-noise": _synaptic,
    "synaptic-noise-discrete": _synaptic_discrete,
    "kp-scan": _kp_scan,
    "plasticity-noise": _plasticity,
    "plasticity-noise-both": _plasticity_both,
    "neuron-variability": _neurons,
    "neuron-variability-more": _neurons_more,
    "microcircuit": _microcircuit,
    "microcircuit-wide": _microcircuit_wide,
    "microcircuit-deep": _microcircuit_deep,
    "microcircuit-larger": _microcircuit_larger,
    "microcircuit-ablation": _microcircuit_ablation,
    "layers-alignment": _layers_alignment,
    "layers-fan-in": _layers_fan_in,
    "rivals": _rivals,
    "rivals-width": _rivals_width,
    **DEEP,
    **LIF,
    **LIMITS,
    **CONDITIONS,
    **DREAMS,
}
