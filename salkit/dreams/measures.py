"""How well a network dreams, without a sum over its states.

accuracy     share of images whose own label neuron is on the longest while their pixels are held
completion   mean squared difference, per pixel of the lower half, between the share of time it is on while the
             upper half is held, and the image
patches      D_KL of 3 × 3 patches of images from those of dreams, mean over their places; a sixteenth of a dream is
             added to each of the 512 patterns, so that it is finite
free energy  F(v) = − Σ_j b_j v_j − Σ_i ln(1 + exp(b_i + Σ_j W_ij v_j)) of the symmetrised network W, (W + W'ᵀ)/2:
             exact, p(v) ∝ e^−F(v); which label has the least, with its label neuron on and no other, is a check
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..values import array, whole
from .questions import Network, checked_network

__all__ = ["completion_error", "exact_accuracy", "free_energy", "label_accuracy", "patch_kl"]

_Array = NDArray[np.float64]
_SIDE = 3
_LEAST = 1.0 / 16.0


def free_energy(network: Network, states: ArrayLike) -> _Array:
    """F of visible states (state, visible), or with runs before, in the symmetrised networks: (run, state), in nats.

    Raises ValueError for shapes that do not fit.
    """
    up, _, biases = checked_network(network)
    visible = up.shape[2]
    v = array("states", states)
    v = v[None] if v.ndim == 2 else v
    if v.ndim != 3 or v.shape[2] != visible or v.shape[0] not in (1, up.shape[0]):
        raise ValueError(f"states must be of shape (state, {visible}), or with the runs before, got {v.shape}")
    drive = v @ np.swapaxes(network.symmetric, 1, 2) + biases[:, None, visible:]
    energy: _Array = -(v @ biases[:, :visible, None])[:, :, 0] - np.logaddexp(0.0, drive).sum(axis=2)
    return energy


def label_accuracy(answers: ArrayLike, labels: ArrayLike) -> _Array:
    """Share of questions, (…, question, classes), whose own label, (…, question), is on the longest: (…).

    Raises ValueError for shapes that do not fit.
    """
    on, wanted = array("answers", answers), array("labels", labels)
    if on.ndim < 2 or wanted.ndim < 1 or on.shape[-2] != wanted.shape[-1]:
        raise ValueError(f"answers and labels must be of as many questions, got shapes {on.shape} and {wanted.shape}")
    return np.asarray((on.argmax(axis=-1) == wanted).mean(axis=-1))


def exact_accuracy(network: Network, states: ArrayLike, labels: ArrayLike, classes: int) -> _Array:
    """Share of visible states to which the symmetrised networks give their own label, one of them on: (run,).

    states: (state, visible), the last `classes` of them labels, which are not looked at; labels: (state,).
    Raises ValueError for shapes that do not fit.
    """
    given, visible = array("states", states, 2), checked_network(network)[0].shape[2]
    if given.shape[1] != visible:
        raise ValueError(f"states must be of shape (state, {visible}), got {given.shape}")
    classes = whole("classes", classes, least=1, most=visible)
    v = np.repeat(given[:, None], classes, axis=1)
    v[:, :, visible - classes :] = np.eye(classes)
    energy = free_energy(network, v.reshape(-1, v.shape[2])).reshape(-1, v.shape[0], classes)
    return label_accuracy(-energy, labels)


def completion_error(answers: ArrayLike, states: ArrayLike) -> _Array:
    """Mean squared difference of answers (…, question, pixel) and pixels (…, question, pixel): (…).

    Raises ValueError for shapes that do not fit.
    """
    on, wanted = array("answers", answers), array("states", states)
    if on.ndim < 2 or on.shape[-2:] != wanted.shape[-2:]:
        raise ValueError(f"answers and states must be of one shape, got {on.shape} and {wanted.shape}")
    return np.asarray(((on - wanted) ** 2).mean(axis=(-2, -1)))


def patch_kl(images: ArrayLike, dreams: ArrayLike, side: int) -> float:
    """D_KL of 3 × 3 patches of images (image, side²) from those of dreams (dream, side²), mean over places, in nats.

    Raises ValueError for shapes that do not fit.
    """
    shares, side = [], whole("side", side, least=_SIDE)
    for name, given in (("images", images), ("dreams", dreams)):
        pixels = array(name, given, 2)
        if pixels.shape[1] != side**2 or not len(pixels):
            raise ValueError(f"{name} must be of shape (number, side²), here with a side of {side}, got {pixels.shape}")
        shares.append(_patterns(pixels.reshape(-1, side, side)))
    p = shares[0] / shares[0].sum(axis=1, keepdims=True)
    q = shares[1] + _LEAST
    q /= q.sum(axis=1, keepdims=True)
    return float(np.sum(p * np.log(np.where(p > 0, p, 1.0) / q), axis=1).mean())


def _patterns(pixels: _Array) -> _Array:
    """How often each of the 512 patterns comes up at each place: (place, 512)."""
    reach = pixels.shape[1] - _SIDE + 1
    codes = np.zeros((len(pixels), reach, reach), np.int64)
    for k in range(_SIDE**2):
        row, column = divmod(k, _SIDE)
        codes += (pixels[:, row : row + reach, column : column + reach] > 0.5).astype(np.int64) << k
    places = codes.reshape(len(pixels), -1).T
    return np.stack([np.bincount(place, minlength=2 ** (_SIDE**2)) for place in places]).astype(np.float64)
