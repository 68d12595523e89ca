"""Training of networks that dream, one run a seed, with questions on the way."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..kernels.cpu import thread_count
from ..kernels.device import DEVICES
from ..runs import as_json, progress_bar, seed_coordinates
from ..values import choice, instance
from .ensemble import Ensemble, begin, learn
from .full import FullEnsemble, FullNetwork, ask_full, begin_full, dream_full, learn_full
from .measures import completion_error, exact_accuracy, label_accuracy, patch_kl
from .parameters import Dreams
from .questions import Network, ask, dream

__all__ = ["network_of", "train"]

_CHAINS, _SETTLE, _GAP = 100, 50.0, 4.0  # of free dreams: chains at most, tau_ref from silence, and between two dreams
_LABELS, _DREAMS, _HALVES = 0, 1, 2  # kinds of questions


def train(
    parameters: Dreams | Sequence[Dreams],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Teach one network a seed to dream of images.

    Parameters
    ----------
    parameters : Dreams, or a sequence of them
        The same for all, or one for each seed; they may differ in rule, learning rates and what is drawn.
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first splits the images, the second seeds all else. s is short for (s, s). Runs
        of one seed share images, start and noise (up to its σ) whatever the rule.
    device : "auto" or "cpu"
    threads : int, optional
        As in `salkit.simulate`; results do not depend on them, nor on which other seeds are trained along.
    progress : bool, optional
        Show a progress bar on stderr (default: on a terminal).

    Returns
    -------
    Dataset
        Over (run, validation), cycles learned so far in `cycle`: accuracy, completion and patches
        (`salkit.dreams.measures`; the lower half of pixels is missing, labels are free) of the network as it is, on
        test images, patches against all images trained on; exact_accuracy of its symmetrised twin; asymmetry, the
        variance of W_ij − W_ji over pairs with synapses, asymmetry_mean, and weight_sd of all weights. At the end: up
        (run, hidden, visible), down (run, visible, hidden), biases (run, neuron). With full connectivity there is no
        exact_accuracy, and weights (run, post, pre) stand for up and down.

    Raises
    ------
    ValueError
        For seeds or a device that are not allowed, and for parameters that cannot be trained together.
    RuntimeError
        For device="cuda", which dreams do not use; for digits where scikit-learn is not installed.
    MemoryError
        When the runs cannot fit.
    """
    threads, device = thread_count(threads), choice("device", device, DEVICES)
    if device == "cuda":
        raise RuntimeError("dreams run on the CPU only: use device='cpu'")
    first = parameters[0] if isinstance(parameters, Sequence) and parameters else parameters
    full = isinstance(first, Dreams) and first.connectivity == "full"
    e: Ensemble | FullEnsemble = begin_full(parameters, seeds) if full else begin(parameters, seeds)
    of = e.start if isinstance(e, FullEnsemble) else e
    p = of.parameters
    records = [_watched(e, threads)]
    for _ in progress_bar(range(0, p.cycles, p.validate_every), "dreams", "validation", progress):
        if isinstance(e, FullEnsemble):
            learn_full(e, p.validate_every, threads)
        else:
            learn(e, p.validate_every, threads)
        records.append(_watched(e, threads))
    found: dict[str, Any] = {
        name: (("run", "validation"), np.stack([record[name] for record in records], axis=1)) for name in records[0]
    }
    dims = {
        "up": ("hidden", "visible"),
        "down": ("visible", "hidden"),
        "weights": ("post", "pre"),
        "biases": ("neuron",),
    }
    parts = e.network()._asdict()
    found |= {name: (("run", *dims[name]), values.astype(np.float32)) for name, values in parts.items()}
    cycle = np.arange(0, p.cycles + 1, p.validate_every)
    coordinates = {"cycle": ("validation", cycle), **seed_coordinates(of.seeds)}
    return xr.Dataset(found, coordinates, {"parameters": as_json(parameters), "device": "cpu"})


def network_of(results: xr.Dataset) -> Network | FullNetwork:
    """The networks that `train` left, as float64. Raises ValueError for what it did not return."""
    given = instance("results", results, xr.Dataset)
    for kind, names in ((Network, ("up", "down", "biases")), (FullNetwork, ("weights", "biases"))):
        if all(name in given for name in names):
            return kind(*(given[name].values.astype(np.float64) for name in names))
    raise ValueError("results must be what dreams.train returned")


def _watched(e: Ensemble | FullEnsemble, threads: int) -> dict[str, NDArray[np.float64]]:
    """What a validation finds, each of shape (run,). Learning does not notice: random numbers are its own."""
    of, network = (e.start if isinstance(e, FullEnsemble) else e), e.network()
    p, sets = of.parameters, [of.images[shown] for shown in of.shown]
    pixels, side = sets[0].pixels, sets[0].side
    asked = np.stack([images.test_states[: p.questions] for images in sets]).astype(np.float64)
    labels = np.stack([images.test_labels[: p.questions] for images in sets])
    half = side // 2 * side
    held = {"labels": asked.copy(), "halves": asked.copy()}
    held["labels"][:, :, pixels:] = -1
    held["halves"][:, :, half:] = -1
    chains = min(p.dreams, _CHAINS)
    if isinstance(network, FullNetwork):
        named = ask_full(network, held["labels"], of.seeds, p.settle, p.answer, _LABELS, threads)
        halves = ask_full(network, held["halves"], of.seeds, p.settle, p.answer, _HALVES, threads)
        seen = dream_full(network, of.seeds, p.dreams // chains, chains, _SETTLE, _GAP, _DREAMS, threads)
        found: dict[str, NDArray[np.float64]] = {}
        i, j = np.triu_indices(p.neurons, 1)
        difference = network.weights[:, i, j] - network.weights[:, j, i]
        spread = network.weights[:, ~np.eye(p.neurons, dtype=bool)].std(axis=1)
    else:
        named = ask(network, held["labels"], of.seeds, p.settle, p.answer, _LABELS, threads)
        halves = ask(network, held["halves"], of.seeds, p.settle, p.answer, _HALVES, threads)
        seen = dream(network, of.seeds, p.dreams // chains, chains, _SETTLE, _GAP, _DREAMS, threads)
        each = (Network(*(part[k : k + 1] for part in network)) for k in range(len(sets)))
        classes = asked.shape[2] - pixels
        exact = [exact_accuracy(*given, classes)[0] for given in zip(each, asked, labels, strict=True)]
        found = {"exact_accuracy": np.array(exact)}
        difference = (network.up - np.swapaxes(network.down, 1, 2)).reshape(len(sets), -1)
        spread = np.sqrt(0.5 * (network.up.var(axis=(1, 2)) + network.down.var(axis=(1, 2))))
    patches = [
        patch_kl(images.states[:, :pixels], own[:, :, :pixels].reshape(-1, pixels), side)
        for images, own in zip(sets, seen, strict=True)
    ]
    return {
        "accuracy": label_accuracy(named[:, :, pixels:], labels),
        "completion": completion_error(halves[:, :, half:pixels], asked[:, :, half:pixels]),
        "patches": np.array(patches),
        **found,
        "asymmetry": difference.var(axis=1),
        "asymmetry_mean": difference.mean(axis=1),
        "weight_sd": spread,
    }
