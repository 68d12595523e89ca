"""The experiments on deep networks (notebook 07, Fig. 8), for `salkit.experiments`.

    deep-bottleneck       64-32-8-32-64 on digits: feedback copied, random, Kolen–Pollack's, by SAL in warm and in cold
                          phases, and by SAL as the paper's own phases would be here
    deep-bottleneck-more  64-32-16-8-16-32-64, the same but for cold phases
    deep-map              autoencoders of 1 to 6 hidden layers of 8 to 200 neurons
    deep-classifier       digits in ten classes: five hidden layers of 64 and the shape of Fig. 8, by SGD and by Adam
    deep-yin-yang         Yin–Yang, 30 hidden neurons
    deep-phases           the bottleneck with shorter and rarer phases, warm and cold

Runs of one seed share patterns, starts and order across settings: comparisons are paired. "warm" divides potentials by
a temperature of 2; phases take the rectangular window and the learning rate of `salkit.layers.law`. The paper's phases
(its Fig. 8) copy biases as they are, know no temperature, and learn at a constant η: 6.25e-5 for 32 000 refractory
times, here 1e-4 for 20 000.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from .deep import Deep
from .sweep.ensemble import Experiment, Setting

__all__ = ["EXPERIMENTS"]

_Changes = Iterable[tuple[dict[str, Any], dict[str, Any]]]
_PAPER = tuple((run, run) for run in range(10))
_WARM: dict[str, Any] = dict(temperature=2.0, lr_sal=None, window="rectangular", mismatch=0.4)
_AS_PAPER: dict[str, Any] = dict(
    temperature=1.0, homeostatic=False, lr_sal=1e-4, window="triangular", phase_length=20_000.0
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
    base = Deep(epochs=60 if paper else 30, phase_length=10_000.0 if paper else 3000.0, keep="layers", **_WARM)
    changes = [*_rules(*_RULES), ({"feedback": "cold"}, {"temperature": 1.0, "homeostatic": False})]
    if paper:
        changes[-1:] = [({"feedback": "cold"}, {"temperature": 1.0}), ({"feedback": "paper"}, _AS_PAPER)]
    title = "Autoencoders 64-32-8-32-64: feedback compared"
    return _experiment("deep-bottleneck", title, base, _PAPER if paper else _own(4), changes)


def _bottleneck_more(preset: str) -> Experiment:
    paper = preset == "paper"
    base = Deep(
        sizes=(64, 32, 16, 8, 16, 32, 64), epochs=60 if paper else 30, phase_length=10_000.0 if paper else 3000.0,
        keep="layers", **_WARM,
    )  # fmt: skip
    title = "Autoencoders 64-32-16-8-16-32-64: feedback compared"
    return _experiment("deep-bottleneck-more", title, base, _PAPER if paper else _own(4), _rules(*_RULES))
