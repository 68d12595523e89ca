"""Runs of the rivals: weights drawn, inferred, and judged."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from .. import copies
from ..kernels import cpu
from ..kernels.device import DEVICES
from ..runs import as_json, each_run, progress_bar, seed_coordinates, seed_pairs
from ..values import choice, room
from . import rdd, stdwi, weight_mirror
from .protocol import Protocol, draw_weights, mold

__all__ = ["train"]

_LEARN: dict[type, Any] = {
    rdd.RDD: rdd.learn,
    stdwi.STDWI: stdwi.learn,
    weight_mirror.WeightMirror: weight_mirror.learn,
}


def train(
    parameters: Protocol | Sequence[Protocol],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Infer the weights of one network a seed.

    Parameters
    ----------
    parameters : RDD, STDWI or WeightMirror, or a sequence of them
        The same for all, or one for each seed; all of one rule, size and duration.
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first seeds W and B, the second the drive. s is short for (s, s). Runs of one
        target seed share W and B at the start whatever the rule.
    device, threads
        As in `salkit.simulate`, but these rules run on the CPU only, whatever the device. Results do not depend on
        threads, nor on which other seeds are trained along.
    progress : bool, optional
        Show a progress bar on stderr (default: on a terminal).

    Returns
    -------
    Dataset
        Dimensions run, time (s), x, y: angle, correlation, sign, slope (run, time) of B beside Wᵀ (`salkit.copies`);
        spikes_x, spikes_y (run, time): spikes a neuron so far, 0 for rate neurons; w (run, y, x) and b (run, time, x,
        y), or at the ends only (run, end, x, y), as `keep` says. Attributes: parameters as JSON, device.

    Raises
    ------
    ValueError
        For seeds, a device or a rule that are not allowed, for rules that do not fit together, and for weights that
        grow beyond all bounds.
    MemoryError
        When the weights of every report cannot fit.
    """
    threads, pairs = cpu.thread_count(threads), seed_pairs(seeds)
    choice("device", device, DEVICES)
    own = each_run(parameters, Protocol, len(pairs), mold)
    p = own[0]
    if type(p) not in _LEARN:
        raise ValueError(f"parameters must be those of a rule, {', '.join(kind.__name__ for kind in _LEARN)}")
    size = float(p.inputs) * p.outputs
    room("the weights of every report", size * len(own) * (p.reports + 12), "use fewer reports, runs or neurons")
    drawn = [draw_weights(each, target) for each, (target, _) in zip(own, pairs, strict=True)]
    weights, full = np.stack([w for w, _ in drawn]), np.stack([b for _, b in drawn])
    feedback = np.zeros((len(own), p.reports, p.inputs, p.outputs))
    counts = np.zeros((len(own), p.reports, p.inputs + p.outputs), np.int64)
    for r, each in enumerate(own):
        feedback[r, 0] = full[r] if each.start == "full" else 0.0
    drives = [start for _, start in pairs]
    for first in progress_bar(range(0, len(own), threads), "weight inference", "batch", progress):
        now = slice(first, first + threads)
        _LEARN[type(p)](own[now], weights[now], full[now], feedback[now], counts[now], drives[now], threads)
    if not np.all(np.abs(feedback) < 1e6):
        raise ValueError("weights grow beyond all bounds: use a smaller lr")
    measures = copies.quality(feedback, weights[:, None])
    found: dict[str, Any] = {name: (("run", "time"), values) for name, values in measures.items()}
    for layer, share in (("x", counts[..., : p.inputs]), ("y", counts[..., p.inputs :])):
        found[f"spikes_{layer}"] = (("run", "time"), share.mean(axis=-1))
    if p.keep != "none":
        found["w"] = (("run", "y", "x"), weights)
        there = ("time", feedback) if p.keep == "all" else ("end", feedback[:, [0, -1]])
        found["b"] = (("run", there[0], "x", "y"), there[1])
    coords = {"time": np.arange(p.reports) * p.report_every, **seed_coordinates(pairs)}
    return xr.Dataset(found, coords, {"parameters": as_json(parameters), "device": "cpu"})
