"""The experiments on wake–sleep learning under physical conditions (Fig. 11, notebook 10), for `salkit.experiments`.

    psp-shapes          PSP shapes in discrete time, at the rates of Fig. 4 and at high ones: SAL with either window,
                        Hebbian learning, and that without noise
    sparse-unmatched    synapses missing, in both directions of a pair or each by itself
    few-bits            weights of 2 to 8 bits with stochastic rounding
    dale-network        neurons of one sign; targets of any sign, and such as these neurons can have

σ = 0.8 at the start, as in Fig. 4. PSP shapes have the tau_ref of the paper's nullclines, 10 steps. The shortest
interval is one step longer than the PSP where that ends, as in the authors' sampler: then the rectangle's rest is
W_ij = W_ji exactly. "high" adds 2 to the biases of the targets. "aligned pairs" is SAL on those synapses only
that have a counterpart of their sign. A tutorial's run learns twice as fast as a paper's.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from .sweep.ensemble import Experiment, Setting
from .wakesleep import WakeSleep

__all__ = ["EXPERIMENTS", "FULL", "SHAPES"]

FULL = 64  # bits of a weight that is not rounded: a double
SHAPES: dict[str, dict[str, Any]] = {
    "rectangular": dict(psp_length=9),
    "alpha, short": dict(psp="alpha", tau_syn=10 / 3),
    "alpha, long": dict(psp="alpha", tau_syn=5.0),
    "exponential": dict(psp="exponential"),
    "cut-off": dict(psp="cutoff", tau_syn=10 / 3, psp_length=9),
    "tail": dict(psp="tail", tau_syn=10 / 3),
}
_Changes = Iterable[tuple[dict[str, Any], dict[str, Any]]]
_PAPER = tuple((run, run) for run in range(10))
_NEURONS = 7
_RULES: dict[str, dict[str, Any]] = {"sal": {}, "hebbian": dict(rule="hebbian")}
_ALIGNED: dict[str, dict[str, Any]] = {**_RULES, "aligned pairs": dict(sal_on="pairs")}


def _own(count: int) -> tuple[tuple[int, int], ...]:
    return tuple((seed, seed) for seed in range(100, 100 + count))


def _experiment(name: str, title: str, base: WakeSleep, runs: tuple[Any, ...], changes: _Changes) -> Experiment:
    settings = tuple(Setting(labels, replace(base, **differs), runs) for labels, differs in changes)
    return Experiment(name, title, "wakesleep", settings)


def _base(preset: str, cycles: int, **others: Any) -> WakeSleep:
    """`cycles` of a paper's run; two fifths of them at twice the rates in a tutorial's."""
    paper = preset == "paper"
    rate, number = (0.2, cycles) if paper else (0.4, 2 * cycles // 5)
    return WakeSleep(
        neurons=_NEURONS, weight_noise=0.8, lr_weight=rate, lr_bias=rate, lr_sal=rate, cycles=number + 1,
        validate_every=number, validation_length=200_000 if paper else 50_000, **others,
    )  # fmt: skip


def _psp_shapes(preset: str) -> Experiment:
    paper = preset == "paper"
    base = _base(preset, 500, timing="discrete", tau_ref=10, limit=4.0)
    base = replace(base, cycle_length=400, validation_length=100_000 if paper else 30_000)
    rules: dict[str, dict[str, Any]] = {
        "sal": {},
        "rectangular window": dict(window="rectangular"),
        "hebbian": dict(rule="hebbian"),
        "free": dict(rule="hebbian", weight_noise=0.0),
    }
    shapes = {
        "medium": tuple(SHAPES) if paper else ("rectangular", "alpha, long", "exponential", "cut-off"),
        "high": ("rectangular", "cut-off") if paper else ("cut-off",),
    }
    wanted = [
        (shape, rates, rule)
        for rates in ("medium", "high")
        for shape in shapes[rates]
        for rule in rules
        if rule != ("rectangular window" if rates == "medium" else "" if paper else "free")
    ]
    changes = [
        (
            {"shape": shape, "rates": rates, "rule": rule},
            {**SHAPES[shape], **rules[rule], "target_bias": 2.0 * (rates == "high")},
        )
        for shape, rates, rule in wanted
    ]
    runs = _PAPER if paper else _own(5)
    return _experiment("psp-shapes", "Fig. 11 in networks: PSP shapes", base, runs, changes)


def _sparse(preset: str) -> Experiment:
    paper = preset == "paper"
    levels = (1.0, 0.8, 0.6, 0.4) if paper else (1.0, 0.8, 0.6)
    changes = [
        ({"density": density, "pairs": pairs, "rule": rule}, {"density": density, "matched": matched, **differs})
        for density in levels
        for pairs, matched in (("matched", True), ("unmatched", False))
        if density < 1 or matched
        for rule, differs in (_RULES if matched else _ALIGNED).items()
    ]
    runs = _PAPER if paper else _own(6)
    return _experiment("sparse-unmatched", "Synapses that are missing", _base(preset, 1000), runs, changes)


def _few_bits(preset: str) -> Experiment:
    paper = preset == "paper"
    levels = (FULL, 10, 8, 6, 5, 4, 3, 2) if paper else (FULL, 6, 4, 3)
    changes = [
        ({"bits": bits, "rule": rule}, {"bits": None if bits == FULL else bits, **differs})
        for bits in levels
        for rule, differs in _RULES.items()
    ]
    return _experiment("few-bits", "Weights of few bits", _base(preset, 1000), _PAPER if paper else _own(6), changes)


def _dale(preset: str) -> Experiment:
    paper = preset == "paper"
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"signs": "any", "target": "any", "excitatory": 0, "rule": rule}, differs) for rule, differs in _RULES.items()
    ]
    changes += [
        (
            {"signs": "dale", "target": target, "excitatory": number, "rule": rule},
            {"signs": "dale", "target_signs": target, "excitatory": number / _NEURONS, **differs},
        )
        for number in ((4, 6) if paper else (4,))
        for target in ("any", "dale")
        for rule, differs in _ALIGNED.items()
    ]
    runs = _PAPER if paper else _own(6)
    return _experiment("dale-network", "Neurons of one sign", _base(preset, 1000), runs, changes)


EXPERIMENTS: dict[str, Callable[[str], Experiment]] = {
    "psp-shapes": _psp_shapes,
    "sparse-unmatched": _sparse,
    "few-bits": _few_bits,
    "dale-network": _dale,
}
