"""SAL alone: weights that meet, or one that copies the other (Fig. 2d).

    W_ij ← W_ij + η (tau_ref/T) Σ S(Δt)     after every epoch of length T, for the plastic synapses

The network runs on from epoch to epoch: ages and random stream continue, and a spike pairs with one before the
boundary.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from . import stdp
from .network import SamplingNetwork
from .runs import seed_list
from .sampling import simulate
from .spikes import State
from .values import MOST, choice, instance, number, room, shape_of, shown, whole

__all__ = ["train"]


def train(
    network: SamplingNetwork,
    epochs: int = 1500,
    epoch_length: float = 1500,
    lr: float = 0.03,
    window: str = "exponential",
    pairing: str = "consecutive",
    plastic: ArrayLike | None = None,
    seeds: Sequence[int] = (0,),
    device: str = "auto",
    threads: int | None = None,
) -> xr.Dataset:
    """Run SAL on one network from several seeds at once.

    Parameters
    ----------
    network : SamplingNetwork, a single one
        Its weights are the start.
    epochs, epoch_length : int, float
        Number of weight updates, and time between them in the unit of tau_ref.
    lr : float
        Learning rate η.
    window : "triangular", "exponential" or "rectangular"
    pairing : "consecutive", "nearest" or "all"
        See `salkit.stdp`: neurons of different rates end with equal weights with consecutive pairs and with all, but
        not with nearest ones where the window reaches beyond tau_ref.
    plastic : array of bool, shape (N, N), optional
        Which synapses learn (default: all).
    seeds : sequence of int
        One run each.
    device, threads
        As in `salkit.simulate`.

    Returns
    -------
    Dataset
        `weights` (run, epoch, post, pre), the start at epoch 0; attributes: the parameters.

    Raises
    ------
    ValueError
        Naming the value and what is allowed, also when weights grow beyond what a network may have.
    MemoryError
        When the weights cannot fit.
    """
    if instance("network", network, SamplingNetwork).ensemble:
        raise ValueError(f"alignment starts from a single network, got an ensemble of shape {network.ensemble}")
    epochs, lr, seeds = whole("epochs", epochs, least=1), number("lr", lr, least=0, most=MOST), seed_list(seeds)
    choice("window", window, stdp.ALL_WINDOWS)
    choice("pairing", pairing, stdp.PAIRINGS)
    n, runs = network.neurons, len(seeds)
    room(f"every weight of {runs} runs over {epochs} epochs", float(runs) * epochs * n * n, "use fewer epochs")
    mask = ~np.eye(n, dtype=bool)
    if plastic is not None:
        if shape_of("plastic", plastic) != (n, n) or (chosen := np.asarray(plastic)).dtype != np.bool_:
            raise ValueError(f"plastic must be an array of bool of shape {(n, n)}, got {shown(plastic)}")
        mask &= chosen
    weights = np.empty((runs, epochs + 1, n, n))
    weights[:, 0] = network.weights
    state: State | None = None
    for epoch in range(epochs):
        now = replace(network, weights=weights[:, epoch])
        spikes = simulate(
            now, epoch_length, np.asarray(seeds, dtype=object), start=state, device=device, threads=threads
        )
        state = spikes.final
        weights[:, epoch + 1] = weights[:, epoch] + lr * mask * stdp.sal(spikes, window, pairing=pairing)
    return xr.Dataset(
        {"weights": (("run", "epoch", "post", "pre"), weights)},
        coords={
            "run": np.arange(runs),
            "seed": ("run", seeds),
            "epoch": np.arange(epochs + 1),
        },
        attrs={
            "epoch_length": epoch_length,
            "lr": lr,
            "window": window,
            "pairing": pairing,
            "tau_ref": network.tau_ref,
            "timing": network.timing,
        },
    )
