"""Training of deep networks: epoch by epoch, one run a seed."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from ..kernels.cpu import thread_count
from ..kernels.device import DEVICES
from ..philox import Purpose, check_seed
from ..rate_network import angle
from ..runs import as_json, progress_bar, seed_coordinates
from ..values import array, choice, instance, number
from .dyads import show, spanned
from .ensemble import Ensemble, begin, learn
from .networks import changes, error_angle, rates, transposed
from .parameters import LONGEST_PATTERN, Deep
from .phases import Report, phase
from .tasks import load

__all__ = ["respond", "train"]

_Array = NDArray[np.float64]


def train(
    parameters: Deep | Sequence[Deep],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Train one deep network a seed.

    Parameters
    ----------
    parameters : Deep, or a sequence of them
        The same for all, or one for each seed; they may differ in feedback, lr, gain, kp_decay and the phases.
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first seeds the patterns, the second weights, order and spikes. s is short for
        (s, s). Runs of one seed share patterns, start and order whatever the feedback.
    device : "auto", "cpu" or "cuda"
        Of the rate network ("auto": a GPU where a step is large); phases, and networks that learn from spikes, are on
        the CPU. Devices add up in other orders: numbers agree to rounding, and to what grows of it.
    threads : int, optional
        For the phases, as in `salkit.simulate`; results do not depend on them. The matrix products are NumPy's: on
        one machine the same seed gives the same numbers, on another the last bits may differ, and what grows of them.
    progress : bool, optional
        Show a progress bar on stderr (default: on a terminal).

    Returns
    -------
    Dataset
        Over (run, epoch), the epochs learned so far: train_error, test_error (mean over patterns of the summed squared
        error, or share of wrong answers), train_loss, test_loss; of hidden layers l, before the epoch's phase: angle_l
        of B_l to W_{l+1}ᵀ and its slope_l (ΣWB/ΣW²), update_angle_l between the change that the feedback gives W_l and
        minus the gradient, over all training patterns, error_angle between all hidden errors and the gradient's, mean
        over test patterns, and largest_angle of all angle_l (degrees); after it: angle_after_l. phase_time: tau_ref of
        all phases so far. Over (run, epoch, layer), layers from 1, of the phase: rates, per tau_ref, and frozen, the
        share of neurons below 0.02 or above 0.98; NaN without a phase. At the end: w_l, bias_l, b_l. Of this only what
        `keep` asks for. A run whose weights, or potentials in a phase, exceed 500 is given up and NaN from then on.

        With learning="spikes" all these errors, losses and angles are still those of the rate network with the same
        weights, and over (run, epoch) come: spiking_error, test_error of the spiking network itself, its rates counted
        over test_length; for all l from 1, spiking_angle_l between the change of W_l from the spikes of a batch and
        the rate network's gradient on it, mean over the epoch; pattern_time: tau_ref of all patterns shown in training
        so far.

    Raises
    ------
    ValueError
        For seeds or a device that are not allowed, and for parameters that cannot be trained together.
    RuntimeError
        For device="cuda" where there is no GPU, and for networks that learn from spikes; for digits where scikit-learn
        is not installed.
    MemoryError
        When the runs cannot fit.
    """
    threads, device = thread_count(threads), choice("device", device, DEVICES)
    e = begin(parameters, seeds, device)
    with e.place.working():
        return _trained(e, parameters, threads, progress)


def _trained(e: Ensemble, parameters: Any, threads: int, progress: bool | None) -> xr.Dataset:
    """All epochs of an ensemble."""
    none = np.full((len(e.seeds), len(e.weights)), np.nan)
    watched = _watched(e) | _spiking(e, none, 0, threads)
    records = [watched | _phased(e, phase(e, 0, threads))]
    for epoch in progress_bar(range(1, e.parameters.epochs + 1), "deep", "epoch", progress):
        off = learn(e, epoch, threads)
        watched = _watched(e) | _spiking(e, off, epoch, threads)
        records.append(watched | _phased(e, phase(e, epoch, threads)))
    found: dict[str, Any] = {
        name: (("run", "epoch", "layer")[: np.ndim(first) + 1], np.stack([r[name] for r in records], axis=1))
        for name, first in records[0].items()
    }
    found["phase_time"] = (("run", "epoch"), np.cumsum(found["phase_time"][1], axis=1))
    if e.parameters.keep == "errors":
        found = {name: values for name, values in found.items() if name[-1].isalpha() and "layer" not in values[0]}
    if e.parameters.keep != "all":
        return _labelled(found, e, parameters)
    for layer, (w, b) in enumerate(zip(e.weights, e.biases, strict=True), start=1):
        found[f"w_{layer}"] = (("run", f"neuron_{layer}", f"neuron_{layer - 1}"), e.place.get(w))
        found[f"bias_{layer}"] = (("run", f"neuron_{layer}"), e.place.get(b))
    for layer, b in enumerate(e.feedback, start=1):
        found[f"b_{layer}"] = (("run", f"neuron_{layer}", f"neuron_{layer + 1}"), e.place.get(b))
    return _labelled(found, e, parameters)


def _labelled(found: dict[str, Any], e: Ensemble, parameters: Any) -> xr.Dataset:
    coords: dict[str, Any] = {"epoch": np.arange(e.parameters.epochs + 1)}
    if e.parameters.keep != "errors":
        coords["layer"] = np.arange(1, len(e.weights) + 1)
    attributes = {"parameters": as_json(parameters), "device": e.place.device}
    return xr.Dataset(found, coords | seed_coordinates(e.seeds), attributes)


def respond(
    results: xr.Dataset, inputs: ArrayLike, spikes: float | None = None, seed: int = 0, threads: int | None = None
) -> list[_Array]:
    """What the trained networks of `train` answer: r_0 … r_L, each (run, pattern, n_l).

    Parameters
    ----------
    results : Dataset
        Of `train`, with w_l and bias_l.
    inputs : array (pattern, n_0) or (run, pattern, n_0)
        As the task's: `load`.
    spikes : float, optional
        Instead of the rate network's: rates of sampling neurons (`salkit.deep.dyads`, with their PSPs), counted over so
        many tau_ref. Inputs beyond the range of the task's training patterns are taken at its ends.
    seed : int
        Of these spikes; all runs and patterns of one number have the same.
    threads : int, optional
        As in `salkit.simulate`.

    Raises
    ------
    ValueError
        For other shapes and values, for what `train` did not return, and with spikes for networks that are not of
        logistic neurons throughout.
    MemoryError
        When the patterns cannot fit.
    """
    try:
        given = json.loads(instance("results", results, xr.Dataset).attrs["parameters"])
        given = given[0] if isinstance(given, list) else given
        p = Deep(**given)
        layers = range(1, len(p.sizes))
        weights = [results[f"w_{layer}"].values for layer in layers]
        biases = [results[f"bias_{layer}"].values for layer in layers]
        targets = results["target_seed"].values
    except (KeyError, TypeError):
        raise ValueError("results must be what deep.train returned") from None
    x = array("inputs", inputs)
    x = x[None] if x.ndim == 2 else x
    runs, width = weights[0].shape[0], weights[0].shape[2]
    if x.ndim != 3 or x.shape[0] not in (1, runs) or x.shape[2] != width:
        raise ValueError(f"inputs must have shape (pattern, {width}) or ({runs}, pattern, {width}), got {x.shape}")
    x = np.repeat(x, runs // x.shape[0], axis=0)
    if spikes is None:
        return rates(weights, biases, x, p.activation, p.measure)
    if (p.activation, p.measure) != ("logistic", "squared"):
        raise ValueError(f"spikes need logistic neurons and the squared loss, got {p.activation!r} and {p.measure!r}")
    check_seed(seed)
    length = number("spikes", spikes, least=0.1, most=LONGEST_PATTERN)
    spans = [spanned(load(p.task, target).inputs) for target in map(int, targets)]
    b = [np.zeros((runs, w.shape[1], w.shape[2])).swapaxes(1, 2) for w in weights[1:]]
    return show(
        p, weights, biases, b, x, np.zeros((*x.shape[:2], p.sizes[-1])), np.array(spans),
        seeds=np.full(runs, seed, np.uint64), numbers=np.tile(np.arange(x.shape[1]), (runs, 1)),
        purpose=Purpose.VALIDATION, epoch=0, length=length, threads=thread_count(threads), pairs=False,
    ).rates  # fmt: skip


def _watched(e: Ensemble) -> dict[str, _Array]:
    """Errors, losses and angles of every run, each of shape (run,)."""
    found: dict[str, Any] = {}
    with np.errstate(all="ignore"):  # of runs that are lost
        true, data = transposed(e.weights), e.data
        on = e.rates(data.inputs)
        found["train_error"], found["train_loss"] = _scored(e, on[-1], data.targets)
        if e.parameters.keep != "errors":
            fed, exact = (changes(on, e.errors(on, b, data.targets))[0][:-1] for b in (e.feedback, true))
            turned = {
                f"update_angle_{layer}": angle(*pair) for layer, pair in enumerate(zip(fed, exact, strict=True), 1)
            }
            found.update(turned)
        on = e.rates(data.test_inputs)
        found["test_error"], found["test_loss"] = _scored(e, on[-1], data.test_targets)
        found["error_angle"] = error_angle(*(e.errors(on, b, data.test_targets) for b in (e.feedback, true)))
        for layer, (b, w) in enumerate(zip(e.feedback, true, strict=True), start=1):
            found[f"angle_{layer}"] = angle(b, w)
            found[f"slope_{layer}"] = np.sum(b * w, axis=(1, 2)) / np.sum(w * w, axis=(1, 2))
    found = {name: e.place.get(values) for name, values in found.items()}
    found["largest_angle"] = np.max([found[f"angle_{layer}"] for layer in range(1, len(e.weights))], axis=0)
    return found


def _spiking(e: Ensemble, off: _Array, epoch: int, threads: int) -> dict[str, _Array]:
    """What spikes say, if it is from spikes that the network learns; `off` as `learn` gives it."""
    p, data = e.parameters, e.data
    if p.learning == "rates":
        return {}
    numbers = np.tile(np.arange(data.test_inputs.shape[1]), (len(e.seeds), 1))
    shown = e.spikes(data.test_inputs, data.test_targets, numbers, Purpose.VALIDATION, epoch, threads, tests=True)
    time = epoch * data.inputs.shape[1] * (p.settle + p.pattern_length)
    found = {"spiking_error": _scored(e, shown.rates[-1], data.test_targets)[0]}
    found["pattern_time"] = np.where(e.lost, np.nan, time)
    return found | {f"spiking_angle_{layer}": off[:, layer - 1] for layer in range(1, len(e.weights) + 1)}


def _phased(e: Ensemble, report: Report) -> dict[str, _Array]:
    after = {
        f"angle_after_{layer}": e.place.get(angle(b, w))
        for layer, (b, w) in enumerate(zip(e.feedback, transposed(e.weights), strict=True), start=1)
    }
    return after | {"rates": report.rates, "frozen": report.frozen, "phase_time": report.length}


def _scored(e: Ensemble, answers: _Array, targets: _Array) -> tuple[_Array, _Array]:
    """Error and loss, mean over patterns: (run,)."""
    error = np.sum((targets - answers) ** 2, axis=2).mean(axis=1)
    loss = 0.5 * error
    if e.parameters.task != "autoencoder":
        error = (answers.argmax(axis=2) != targets.argmax(axis=2)).mean(axis=1)
        error[np.isnan(loss)] = np.nan
    if e.loss == "cross-entropy":
        right = np.take_along_axis(answers, targets.argmax(axis=2)[..., None], axis=2)[..., 0]
        loss = -np.log(np.maximum(right, 1e-300)).mean(axis=1)
    return error, loss
