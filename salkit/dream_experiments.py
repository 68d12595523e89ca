"""The experiments on networks that dream of digits (notebook 09), for `salkit.experiments`.

    dreams-synaptic    synaptic noise at the start: Hebbian learning, SAL, and weights as noisy but equal both ways
    dreams-plasticity  noise of STDP amplitudes, of the sleep term or of both terms, the same three

Runs of one seed share images, start and noise (up to its σ): comparisons are paired. "matched" is Hebbian learning of
synapses that have, in both directions, the mean of what was drawn for the two.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .dreams import Dreams
from .sweep.ensemble import Experiment, Setting

__all__ = ["EXPERIMENTS"]

_PAPER = tuple((run, run) for run in range(5))
_TUTORIAL = tuple((seed, seed) for seed in range(110, 115))
RULES: dict[str, dict[str, Any]] = {
    "matched": dict(rule="hebbian", matched=True),
    "hebbian": dict(rule="hebbian"),
    "sal": dict(rule="sal"),
}


def _experiment(name: str, title: str, preset: str, changes: list[tuple[dict[str, Any], dict[str, Any]]]) -> Experiment:
    paper = preset == "paper"
    base = Dreams(validate_every=1000)
    if not paper:
        base = replace(base, cycles=800, anneal=500.0, validate_every=400, dreams=50)
    settings = tuple(
        Setting({**labels, "rule": rule}, replace(base, **differs, **own), _PAPER if paper else _TUTORIAL)
        for labels, differs in changes
        for rule, own in RULES.items()
        if not (rule == "matched" and not any(differs.values()))  # without noise Hebbian learning is matched
    )
    return Experiment(name, title, "dreams", settings)


def _synaptic(preset: str) -> Experiment:
    levels = (0.0, 0.5, 1.0, 1.5) if preset == "paper" else (0.0, 1.0)
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [({"sigma": s}, {"weight_noise": s}) for s in levels]
    return _experiment("dreams-synaptic", "Dreams of digits: synaptic noise", preset, changes)


def _plasticity(preset: str) -> Experiment:
    levels = (("sleep", 0.1), ("sleep", 0.2), ("both", 0.8)) if preset == "paper" else (("sleep", 0.1), ("both", 0.8))
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"noise_on": term, "sigma": s}, {"plasticity_noise": s, "plasticity_noise_on": term}) for term, s in levels
    ]
    return _experiment("dreams-plasticity", "Dreams of digits: plasticity noise", preset, changes)


EXPERIMENTS: dict[str, Callable[[str], Experiment]] = {
    "dreams-synaptic": _synaptic,
    "dreams-plasticity": _plasticity,
}
