"""What spiking circuits did in an epoch against what gradient descent would have done, from a finished training.

Between two records W has changed by ΔW_l. The rate network with the same weights, which are taken to move in a straight
line between the records, has the gradient of the patterns that were shown meanwhile, one after another,

    G_l = Σ_p e_l(W(t_p), x_p) r_{l−1}(x_p)ᵀ,   B = Wᵀ     (`salkit.rate_network`)

The angle between the two is that of the whole step: noise of spikes, the circuit's own slopes φ' in place of σ', large
steps and wrong feedback alike. That of copied feedback shows what is not feedback's fault.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..philox import Purpose, uniform
from ..rate_network import angle, gradient
from ..values import instance
from .parameters import Microcircuit

__all__ = ["update_angle"]

_Array = NDArray[np.float64]


def update_angle(parameters: Microcircuit, dataset: xr.Dataset) -> xr.DataArray:
    """Degrees between the weight changes of hidden layers and the gradient's, by interval between records.

    Parameters
    ----------
    parameters : Microcircuit
        Those of the training; of one setting.
    dataset : Dataset
        What `train` returned, or the runs of that setting out of a sweep.

    Returns
    -------
    DataArray, dimensions (run, interval)
        interval: the epoch at which it ends. Layers 1 … L − 1 together, each divided by the norm of its gradient, since
        layers differ in learning rate and slope.

    Raises
    ------
    ValueError
        For a dataset of other parameters.
    """
    p = instance("parameters", parameters, Microcircuit)
    weights, epochs = _weights(p, instance("dataset", dataset, xr.Dataset)), dataset.epoch.values
    learned = p.patterns - (p.symmetrise if p.feedback == "sal" and p.protocol == "paper" else 0)
    rows, found = np.arange(dataset.sizes["run"])[:, None], []
    order = np.stack([uniform(int(s), Purpose.PATTERNS, p.epochs * p.patterns) for s in dataset.start_seed.values])
    order = order.reshape(len(rows), p.epochs, p.patterns)[:, :, :learned]
    shown = np.floor(order * dataset.sizes["pattern"]).astype(np.int64)
    for k in range(len(epochs) - 1):
        at = shown[:, epochs[k] : epochs[k + 1]].reshape(len(rows), -1)
        share = (np.arange(at.shape[1]) + 0.5)[:, None, None] / at.shape[1]
        path = [w[:, k, None] + share * (w[:, k + 1] - w[:, k])[:, None] for w in weights]
        x, y = dataset.inputs.values[rows, at], dataset.targets.values[rows, at]
        steps = [g.sum(axis=1) for g in gradient(path, x[:, :, None], y[:, :, None], p.bias)]
        change = [w[:, k + 1] - w[:, k] for w in weights]
        found.append(angle(*(_together(ws, steps) for ws in (change[:-1], steps[:-1]))))
    return xr.DataArray(np.stack(found, axis=1), {"interval": epochs[1:]}, ("run", "interval"))


def _together(hidden: list[_Array], steps: list[_Array]) -> _Array:
    """All hidden layers as one column, (run, synapses, 1), each over the norm of its gradient."""
    runs = len(hidden[0])
    scales = [np.linalg.norm(g.reshape(runs, -1), axis=1) for g in steps]
    parts = [w.reshape(runs, -1) / np.maximum(s, 1e-300)[:, None] for w, s in zip(hidden, scales[:-1], strict=True)]
    return np.concatenate(parts, axis=1)[:, :, None]


def _weights(p: Microcircuit, dataset: xr.Dataset) -> list[_Array]:
    """W_1 … W_L of every record. Raises ValueError where they are not of these parameters."""
    names, sizes = [f"w_up_{layer}" for layer in range(1, len(p.layers))], p.layers
    fits = all(name in dataset for name in (*names, "inputs", "targets", "epoch", "start_seed"))
    if not fits or any(dataset[name].shape[2:] != (sizes[n + 1], sizes[n]) for n, name in enumerate(names)):
        raise ValueError(f"dataset must be of a training of layers {sizes}, got variables {[*dataset.data_vars]}")
    if dataset.epoch.values[-1] > p.epochs:
        raise ValueError(f"dataset must have at most {p.epochs} epochs, got {dataset.epoch.values[-1]}")
    return [dataset[name].values for name in names]
