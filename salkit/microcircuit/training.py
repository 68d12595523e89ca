"""Training of microcircuits: epoch by epoch, one run a seed."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from ..kernels import cpu
from ..kernels.device import DEVICES
from ..philox import Purpose
from ..rate_network import angle
from ..runs import as_json, progress_bar, seed_coordinates
from ..values import choice
from .circuits import Circuits, begin, learn, silent, validate
from .parameters import Microcircuit

__all__ = ["train"]


def train(
    parameters: Microcircuit | Sequence[Microcircuit],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Train one microcircuit a seed.

    Parameters
    ----------
    parameters : Microcircuit, or a sequence of them
        The same for all, or one for each seed; they may differ in feedback.
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first seeds teacher and inputs, the second everything else. s is short for
        (s, s). Runs of one seed share teacher, inputs, start and the order of patterns whatever the feedback.
    device, threads
        As in `salkit.simulate`; results do not depend on them, nor on which other seeds are trained along.
    progress : bool, optional
        Show a progress bar on stderr (default: on a terminal).

    Returns
    -------
    Dataset
        Dimensions run, epoch (the number of epochs learned so far), neuron_0 … neuron_L: loss, loss_nudged: mean
        squared error of the output potential on the validation inputs, without and with nudging; w_up_l (post
        neuron_l, pre neuron_{l−1}), b_down_l (post neuron_l, pre neuron_{l+1}); angle_l: between B_l and W_{l+1}ᵀ in
        degrees; if interneurons learn w_ip_l and w_pi_l, shaped as w_up_{l+1} and b_down_l; teacher_l; inputs, targets,
        validation_inputs, validation_targets. Attributes: parameters as JSON, device.

    Raises
    ------
    ValueError
        For seeds or a device that are not allowed, and for weights that grow beyond all numbers.
    RuntimeError
        For a device that is not there, and for device="cuda" with interneurons that learn and more than 26 cells.
    MemoryError
        When the runs cannot fit.
    """
    threads, device = cpu.thread_count(threads), choice("device", device, DEVICES)
    c = begin(parameters, seeds, device, threads)
    p = c.parameters
    watching = silent(p, len(c.seeds), Purpose.VALIDATION)
    up, down, lateral = [c.forward()], [c.backward()], [c.lateral()]
    with ThreadPoolExecutor(1) as beside:
        losses = [_validated(c, watching, threads, beside)]
        for epoch in progress_bar(range(p.epochs), "microcircuit", "epoch", progress):
            learn(c, epoch, threads)
            if (epoch + 1) % p.validate_every == 0:
                losses.append(_validated(c, watching, threads, beside))
                up.append(c.forward())
                down.append(c.backward())
                lateral.append(c.lateral())
    if not all(np.all(np.isfinite(weights)) for weights in (c.up, c.down, c.predict, c.cancel)):
        raise ValueError("weights are no longer finite: use smaller lr_hidden, lr_output or lr_sal")
    loss, nudged = np.stack([loss() for loss in losses], axis=2)
    found: dict[str, Any] = {"loss": (("run", "epoch"), loss), "loss_nudged": (("run", "epoch"), nudged)}
    w, b = ([np.stack(weights, axis=1) for weights in zip(*kept, strict=True)] for kept in (up, down))
    for layer, weights in enumerate(w, start=1):
        found[f"w_up_{layer}"] = (("run", "epoch", f"neuron_{layer}", f"neuron_{layer - 1}"), weights)
    for layer, weights in enumerate(b, start=1):
        found[f"b_down_{layer}"] = (("run", "epoch", f"neuron_{layer}", f"neuron_{layer + 1}"), weights)
        found[f"angle_{layer}"] = (("run", "epoch"), angle(weights, w[layer].swapaxes(-1, -2)))
    if p.interneurons == "learned":
        for layer in range(1, len(p.layers) - 1):
            onto, of = (np.stack([kept[side][layer - 1] for kept in lateral], axis=1) for side in (0, 1))
            found[f"w_ip_{layer}"] = (("run", "epoch", f"neuron_{layer + 1}", f"neuron_{layer}"), onto)
            found[f"w_pi_{layer}"] = (("run", "epoch", f"neuron_{layer}", f"neuron_{layer + 1}"), of)
    for layer, weights in enumerate(c.forward(c.teacher), start=1):
        found[f"teacher_{layer}"] = (("run", f"neuron_{layer}", f"neuron_{layer - 1}"), weights)
    top = f"neuron_{len(p.layers) - 1}"
    found |= {
        "inputs": (("run", "pattern", "neuron_0"), c.inputs),
        "targets": (("run", "pattern", top), c.targets),
        "validation_inputs": (("run", "validation_pattern", "neuron_0"), c.validation_inputs),
        "validation_targets": (("run", "validation_pattern", top), c.validation_targets),
    }
    coords = {
        "epoch": np.arange(0, p.epochs + 1, p.validate_every),
        **seed_coordinates(c.seeds),
    }
    return xr.Dataset(found, coords, {"parameters": as_json(parameters), "device": c.device})


def _validated(c: Circuits, state: dict[str, Any], threads: int, beside: ThreadPoolExecutor) -> Callable[[], Any]:
    """What gives the losses of today's weights; on a GPU, of which a few runs fill a part, beside the next epoch."""
    if c.device == "cpu":
        found = validate(c, state, threads)
        return lambda: found
    held = replace(c, up=c.up.copy(), down=c.down.copy(), predict=c.predict.copy(), cancel=c.cancel.copy())
    return beside.submit(validate, held, state, threads).result
