"""The experiments on integrate-and-fire neurons (notebook 08), for `salkit.experiments`.

    lif-alignment   Boltzmann machines of four neurons whose synapses carry noise: SAL, and none; rates that differ,
                    conductances instead of the linear membrane, delays
    lif-drift       two layers of ten with frozen, independent weights: SAL's drift, by both layers' rates and by delay

Runs of one seed share weights, biases and noise across settings. Both are measured where neurons are half on at most
(bias −1: a share of 0.3), but for the settings that say otherwise.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .lif import Alignment, Neuron
from .sweep.ensemble import Experiment, Setting

__all__ = ["EXPERIMENTS"]


def _seeds(preset: str, paper: int, tutorial: int) -> tuple[tuple[int, int], ...]:
    return tuple((run, run) for run in (range(paper) if preset == "paper" else range(100, 100 + tutorial)))


def _alignment(preset: str) -> Experiment:
    base = Alignment(sizes=(4,), biases=(-1.0,), length=10_000, anneal=4000, validation_length=10_000)
    if preset != "paper":
        base = replace(base, length=3000, lr_sal=1.0, anneal=1000, records=10, validation_length=3000)
    conditions: dict[str, dict[str, Any]] = {
        "SAL": {},
        "no SAL": dict(lr_sal=0.0),
        "rates differ": dict(homeostatic=False, spread=2.0),
        "conductances": dict(neuron=Neuron(coupling="conductance")),
        "delay of 1 ms": dict(neuron=Neuron(delay=1.0)),
        "delay of 5 ms": dict(neuron=Neuron(delay=5.0)),
    }
    if preset != "paper":
        del conditions["delay of 1 ms"]
    seeds = _seeds(preset, 6, 6)
    settings = tuple(
        Setting({"condition": name}, replace(base, **differs), seeds) for name, differs in conditions.items()
    )
    return Experiment("lif-alignment", "Integrate-and-fire neurons: SAL in Boltzmann machines", "lif", settings)


def _drift(preset: str) -> Experiment:
    paper = preset == "paper"
    base = Alignment(
        sizes=(10, 10), biases=(0.0, 0.0), weight_noise=0.0, span=0.6, spread=0.0, learns="none", records=1,
        length=10_000 if paper else 3000, cycle_length=1000,
    )  # fmt: skip
    rates: list[tuple[float, float]] = [(-2.0, -2.0), (0.0, 0.0), (-2.5, -0.5), (-0.5, -2.5)]
    delays: list[tuple[float, float]] = [(-2.0, 5.0), (0.0, 1.0), (0.0, 5.0)]  # bias, ms
    if paper:
        rates += [(-3.0, -3.0), (-1.0, -1.0), (1.0, 1.0), (-1.5, 1.5), (1.5, -1.5)]
        delays += [(-2.0, 1.0), (-2.0, 3.0), (-2.0, 10.0), (0.0, 3.0), (0.0, 10.0)]
    cases = [(lower, upper, 0.0) for lower, upper in rates] + [(bias, bias, delay) for bias, delay in delays]
    settings = tuple(
        Setting(
            {"lower_bias": lower, "upper_bias": upper, "delay": delay},
            replace(base, biases=(lower, upper), neuron=Neuron(delay=delay)),
            _seeds(preset, 5, 3),
        )
        for lower, upper, delay in cases
    )
    return Experiment("lif-drift", "Integrate-and-fire neurons: where SAL comes to rest", "lif", settings)


EXPERIMENTS: dict[str, Callable[[str], Experiment]] = {"lif-alignment": _alignment, "lif-drift": _drift}
