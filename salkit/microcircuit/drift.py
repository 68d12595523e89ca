"""SAL's drift of B in the paper's phases of a 1-1-1 circuit, by pairing, with weights held.

    input 0 → hidden 1 by W_1,   1 → output 2 by W_2,   2 → 1 by B;   nothing returns to the input

B comes to rest where the drift vanishes: at W_2 in a network that is reversible once B = W_2, else elsewhere.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..network import LARGEST_POTENTIAL, SamplingNetwork
from ..sampling import simulate
from ..stdp import sal
from ..values import array, number, whole

__all__ = ["PAIRINGS", "chain_drift"]

PAIRINGS = ("consecutive", "nearest")
_TAU_REF = 10
_Array = NDArray[np.float64]


def chain_drift(
    w1: ArrayLike, w2: ArrayLike, b: ArrayLike, inputs: ArrayLike, seed: int, replicas: int = 1, length: float = 1000,
    bias: float = -1.0, device: str = "auto",
) -> dict[str, _Array]:  # fmt: skip
    """Drift of B per tau_ref at η = 1, mean over inputs, exponential window: by pairing, shape (replicas, ...).

    Parameters
    ----------
    w1, w2, b : arrays of one shape (...)
    inputs : array (K,)
        Potentials of the input neuron.
    seed, replicas, length, bias, device
        As in `salkit.simulate`; each replica and input is simulated for `length` tau_ref, in steps of tau_ref/10.

    Raises
    ------
    ValueError
        For arrays that do not fit, numbers that are not finite, and what `salkit.simulate` refuses.
    """
    bound = LARGEST_POTENTIAL / 4
    weights = [array(name, w, least=-bound, most=bound) for name, w in (("w1", w1), ("w2", w2), ("b", b))]
    if len({w.shape for w in weights}) > 1:
        raise ValueError(f"w1, w2 and b must have one shape, got {[w.shape for w in weights]}")
    x = array("inputs", inputs, 1, -bound, bound)
    if x.size == 0:
        raise ValueError("inputs must be at least one number")
    bias = float(number("bias", bias, least=-bound, most=bound))
    replicas = whole("replicas", replicas, least=1)
    length = float(number("length", length, positive=True, most=1e6))
    network = np.zeros((replicas, *weights[0].shape, x.size, 3, 3))
    for (post, pre), values in zip(((1, 0), (2, 1), (1, 2)), weights, strict=True):
        network[..., post, pre] = values[..., None]
    biases = np.full(network.shape[:-1], bias)
    biases[..., 0] = x
    spikes = simulate(SamplingNetwork(network, biases, _TAU_REF, "discrete"), length * _TAU_REF, seed, device=device)
    return {p: sal(spikes, "exponential", pairing=p)[..., 1, 2].mean(axis=-1) for p in PAIRINGS}
