"""The experiments on deep networks (notebook 07, Fig. 8), for `salkit.experiments`.

    deep-bottleneck       64-32-8-32-64 on digits: feedback copied, random, Kolen–Pollack's, by SAL, and by SAL in
                          phases as the paper's own
    deep-bottleneck-more  64-32-16-8-16-32-64, the same without the last
    deep-map              autoencoders of 1 to 6 hidden layers of 8 to 120 neurons
    deep-classifier       digits in ten classes: one and five hidden layers and the shape of Fig. 8, by SGD and Adam
    deep-yin-yang         Yin–Yang, 30 hidden neurons
    deep-phases           the bottleneck with shorter and rarer phases, warm and cold
    deep-spiking          an autoencoder whose forward weights learn from spikes, too: 64-16-64, at paper scale
                          64-32-8-32-64

Runs of one seed share patterns, starts and order across settings: comparisons are paired. "warm" divides potentials by
a temperature of 2; phases take the rectangular window and the learning rate of `salkit.layers.law`. The paper's phases
(its Fig. 8) copy biases as they are, know no temperature, and learn at a constant η: 6.25e-5 for 32 000 refractory
times, here 2e-4 for 10 000.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from .deep import Deep
from .sweep.ensemble import Experiment, Setting

__all__ = ["EXPERIMENTS"]

_Changes = Iterable[tuple[dict[str, Any], dict[str, Any]]]
_PAPER = tuple((run, run) for run in range(10))
_FEWER = _PAPER[:5]
_WARM: dict[str, Any] = dict(temperature=2.0, lr_sal=None, window="rectangular", mismatch=0.4)
_AS_PAPER: dict[str, Any] = dict(
    temperature=1.0, homeostatic=False, lr_sal=2e-4, window="triangular", first_phase=10_000.0
)  # fmt: skip
_RULES = ("bp", "fa", "kp", "sal")


def _experiment(name: str, title: str, base: Deep, seeds: Iterable[tuple[int, int]], changes: _Changes) -> Experiment:
    runs = tuple(seeds)
    settings = tuple(Setting(labels, replace(base, **differs), runs) for labels, differs in changes)
    return Experiment(name, title, "deep", settings)


def _own(count: int) -> tuple[tuple[int, int], ...]:
    return tuple((seed, seed) for seed in range(100, 100 + count))


def _rules(*names: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [({"feedback": name}, {"feedback": name}) for name in names]


def _bottleneck(preset: str) -> Experiment:
    paper = preset == "paper"
    base = Deep(epochs=60, phase_length=10_000.0, first_phase=40_000.0, keep="layers", **_WARM)
    if not paper:
        base = replace(base, epochs=20, phase_length=1500.0, first_phase=6000.0)
    as_paper = ({"feedback": "paper"}, _AS_PAPER)
    title = "Autoencoders 64-32-8-32-64: feedback compared"
    seeds = _PAPER if paper else _own(4)
    return _experiment("deep-bottleneck", title, base, seeds, [*_rules(*_RULES), as_paper])


def _bottleneck_more(preset: str) -> Experiment:
    paper = preset == "paper"
    base = Deep(
        sizes=(64, 32, 16, 8, 16, 32, 64), epochs=60, phase_length=5000.0, first_phase=40_000.0,
        keep="layers", **_WARM,
    )  # fmt: skip
    if not paper:
        base = replace(base, epochs=20, phase_length=1500.0, first_phase=6000.0)
    title = "Autoencoders 64-32-16-8-16-32-64: feedback compared"
    seeds = _PAPER if paper else _own(4)
    return _experiment("deep-bottleneck-more", title, base, seeds, _rules("bp", "fa", "sal"))


def _map(preset: str) -> Experiment:
    """Phases are longer where layers are wider: alignment takes a time proportional to the fan-in."""
    paper = preset == "paper"
    base = Deep(epochs=30 if paper else 16, phase_every=3 if paper else 4, keep="errors", **_WARM)
    changes = []
    for depth in (1, 3, 6) if paper else (1, 4):
        for width in (8, 20, 50, 120) if paper else (8, 40):
            length = (100.0 if paper else 50.0) * width
            for feedback in ("bp", "fa", "sal"):
                labels = {"depth": depth, "width": width, "feedback": feedback}
                differs = dict(
                    sizes=(64, *[width] * depth, 64), feedback=feedback, phase_length=length, first_phase=4 * length
                )  # fmt: skip
                changes.append((labels, differs))
    title = "Autoencoders of 1 to 6 hidden layers of 8 to 120 neurons"
    return _experiment("deep-map", title, base, _PAPER if paper else _own(3), changes)


def _classifier(preset: str) -> Experiment:
    """At a rate of 0.01 plain SGD diverges with SAL, which feeds on its own error there."""
    paper = preset == "paper"
    width = 64 if paper else 32
    base = Deep(
        task="classifier", sizes=(64, *[width] * 5, 10), activation="relu", gain=3**-0.5, batch=32,
        epochs=30, phase_length=2000.0 if paper else 700.0, first_phase=20_000.0 if paper else 7000.0,
        keep="errors", **{**_WARM, "temperature": 1.0},
    )  # fmt: skip
    kinds: dict[str, dict[str, Any]] = {
        "deep, SGD": dict(optimiser="sgd", lr=0.005),
        "deep, Adam": dict(optimiser="adam", lr=0.001 if paper else 0.002),
        "shallow, SGD": dict(optimiser="sgd", lr=0.005, sizes=(64, width, 10)),
    }
    if paper:
        kinds["Fig. 8, SGD"] = dict(optimiser="sgd", lr=0.01, sizes=(64, 384, 192, 10), batch=128, phase_length=1000.0)
    changes = [
        ({"network": network, "feedback": feedback}, {"feedback": feedback, **differs})
        for network, differs in kinds.items()
        for feedback in (_RULES if paper and network == "deep, SGD" else ("bp", "fa", "sal"))
    ]
    title = "Digits in ten classes: feedback compared (Fig. 8)"
    return _experiment("deep-classifier", title, base, _FEWER if paper else _own(3), changes)


def _yin_yang(preset: str) -> Experiment:
    paper = preset == "paper"
    base = Deep(
        task="yin-yang", sizes=(4, 30, 3), activation="relu", gain=3**-0.5, batch=32, optimiser="sgd",
        lr=0.03 if paper else 0.06, epochs=40 if paper else 15, phase_length=5000.0 if paper else 1500.0,
        first_phase=20_000.0 if paper else 8000.0, keep="errors", **{**_WARM, "temperature": 1.0},
    )  # fmt: skip
    title = "Yin–Yang, 30 hidden neurons: feedback compared"
    rules = _RULES if paper else ("bp", "fa", "sal")
    return _experiment("deep-yin-yang", title, base, _PAPER if paper else _own(8), _rules(*rules))


def _phases(preset: str) -> Experiment:
    """Each kind of phase at several lengths; beside them the bottleneck with copied and with random feedback."""
    paper = preset == "paper"
    base = Deep(epochs=60 if paper else 20, keep="errors", **_WARM)
    changes = [({"kind": name, "length": 0.0}, {"feedback": name}) for name in ("bp", "fa")]
    kinds: dict[str, dict[str, Any]] = {
        "every epoch": {},
        "every fifth": dict(phase_every=5),
        "every epoch, cold": dict(temperature=1.0, homeostatic=False),
    }
    for kind, differs in kinds.items():
        for length in (50.0, 300.0, 2000.0) if paper else (50.0, 500.0):
            lengths: dict[str, Any] = {"phase_length": length, "first_phase": 4 * length}
            changes.append(({"kind": kind, "length": length}, {**differs, **lengths}))
    title = "How long, how often and how warm phases must be"
    return _experiment("deep-phases", title, base, _FEWER if paper else _own(4), changes)


def _spiking(preset: str) -> Experiment:
    """Forward weights that learn from spikes, and the hybrid with the same starts and patterns."""
    paper = preset == "paper"
    base = Deep(
        sizes=(64, 16, 64), lr=0.02, epochs=2, pattern_length=10.0, test_length=10.0, settle=10.0,
        phase_length=4000.0, first_phase=20_000.0, keep="errors", **_WARM,
    )  # fmt: skip
    if paper:
        base = replace(
            base, sizes=(64, 32, 8, 32, 64), lr=0.01, epochs=30, pattern_length=30.0, test_length=100.0, settle=16.0,
            phase_length=10_000.0, first_phase=40_000.0,
        )  # fmt: skip
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"learning": learning, "feedback": feedback}, {"learning": learning, "feedback": feedback})
        for learning in ("rates", "spikes")
        for feedback in ("fa", "sal")
    ]
    title = "Autoencoders that learn from spikes alone"
    seeds = tuple((run, run) for run in range(20, 25)) if paper else _own(4)
    return _experiment("deep-spiking", title, base, seeds, changes)


EXPERIMENTS: dict[str, Callable[[str], Experiment]] = {
    "deep-bottleneck": _bottleneck,
    "deep-bottleneck-more": _bottleneck_more,
    "deep-map": _map,
    "deep-classifier": _classifier,
    "deep-yin-yang": _yin_yang,
    "deep-phases": _phases,
    "deep-spiking": _spiking,
}
