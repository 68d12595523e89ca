"""The experiment on physical conditions (notebook 08), for `salkit.experiments`.

    limits-map    two layers that learn under one condition at a time, at growing strength: what the angle of B to Wᵀ
                  and its slope are after 200 n refractory times (at paper scale 400 n)

Runs of one seed share W, the start and what can be shared of the noise. Layers of 20 neurons, at paper scale 30: those
with periods of their own are at most 60 together.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .limits import Condition
from .sweep.ensemble import Experiment, Setting

__all__ = ["EXPERIMENTS", "MAP"]


def _both(delay: float, **others: Any) -> dict[str, Any]:
    return dict(delay_forward=delay, delay_backward=delay, **others)


# condition → (unit of its strength, strengths, what a strength changes)
MAP: dict[str, tuple[str, tuple[float, ...], Callable[[float], dict[str, Any]]]] = {
    "strong weights": ("gain", (1.5, 2.0, 3.0, 4.0), lambda x: dict(gain=x)),
    "unequal rates": ("spread of biases", (0.5, 1.0, 1.5, 2.0), lambda x: dict(spread=x)),
    "missing synapses": ("share", (0.2, 0.4, 0.6, 0.8), lambda x: dict(one_way=x)),
    "few bits": ("bits", (6, 5, 4, 3), lambda x: dict(bits=int(x))),
    "Dale's law": ("share of inhibitory neurons", (0.1, 0.2, 0.35, 0.5), lambda x: dict(excitatory=1 - x)),
    "delays": ("each way", (0.1, 0.2, 0.4, 0.6), _both),
    "delays, read at synapses": ("each way", (0.1, 0.2, 0.3, 0.4), lambda x: _both(x, reading="synapse")),
    "the same, window shifted": (
        "each way", (0.1, 0.2, 0.3, 0.4), lambda x: _both(x, reading="synapse", shift=2 * x),
    ),
    "scattered delays": ("up to", (0.25, 0.5, 0.75, 1.0), lambda x: dict(delay_spread=x)),
    "slow common input": ("amplitude", (0.5, 1.0, 1.5, 2.0), lambda x: dict(drive=x, drive_tau=20.0)),
    "fast common input": ("amplitude", (0.5, 1.0, 1.5, 2.0), lambda x: dict(drive=x, drive_tau=0.2)),
    "late common input": (
        "amplitude", (0.25, 0.5, 0.75, 1.0), lambda x: dict(drive=x, drive_tau=0.2, drive_to="all", drive_lag=0.2),
    ),
    "shorter periods above": ("shorter by", (0.1, 0.2, 0.3, 0.4), lambda x: dict(period=1 - x)),
    "scattered periods": ("coefficient of variation", (0.05, 0.1, 0.2, 0.3), lambda x: dict(period_cv=x)),
    "exponential PSPs": (
        "rate", (0.2, 0.4, 0.6, 0.8), lambda x: dict(timing="discrete", tau_ref=10, psp="exponential", rate=x),
    ),
}  # fmt: skip


def _limits_map(preset: str) -> Experiment:
    paper = preset == "paper"
    base = Condition(sizes=(30, 30), length=12_000) if paper else Condition(sizes=(20, 20), length=4000)
    seeds = tuple((run, run) for run in (range(5) if paper else range(100, 103)))
    settings = [Setting({"condition": "none", "strength": 0.0}, base, seeds)]
    for name, (_, strengths, changes) in MAP.items():
        for strength in strengths if paper else strengths[1::2]:
            labels = {"condition": name, "strength": float(strength)}
            settings.append(Setting(labels, replace(base, **changes(strength)), seeds))
    return Experiment("limits-map", "Conditions of cortex and hardware, at growing strength", "limits", tuple(settings))


EXPERIMENTS: dict[str, Callable[[str], Experiment]] = {"limits-map": _limits_map}
