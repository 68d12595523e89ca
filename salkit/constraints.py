"""Weights that cannot be what they like: few levels, synapses that are missing, neurons of one sign; and what is left.

    few bits    W = k δ,  |k| ≤ 2^{bits−1} − 1,  δ = limit/(2^{bits−1} − 1);  W ← δ ⌊W/δ + x⌋, x uniform in (0, 1):
                right on average, with variance δ² f (1 − f) where f is the fraction of W/δ
    sparse      matched: a pair of neurons has both its synapses, or none; unmatched: each synapse by itself
    Dale's law  all synapses of a neuron have its sign: columns W_{·j} ≥ 0 (excitatory) or ≤ 0 (inhibitory)

Of a weight on the grid that changes by s ~ N(0, σ²), rounding has the variance

    ⟨δ² f (1 − f)⟩ = δ² (1/6 − Σ_{k ≥ 1} exp(−2π²k²σ²/δ²)/(π²k²))   →   δσ √(2/π) for σ ≪ δ,   δ²/6 for σ ≫ δ

(Fourier series of f (1 − f)). A symmetric machine needs both synapses of a pair, of one sign: what no machine within
such bounds can do is D_KL to the nearest of them. Sources: Gupta et al. 2015 (stochastic rounding); the rest is ours.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from .boltzmann import distribution, kl_divergence, states
from .network import LARGEST_POTENTIAL
from .philox import Purpose, uniform
from .values import MOST, array, flag, number, whole

__all__ = [
    "MOST_BITS", "SIGNS", "Nearest", "follow_dale", "levels", "nearest_machine", "rounding_variance", "signs",
    "spacing", "synapses",
]  # fmt: skip

MOST_BITS = 16
SIGNS = ("any", "dale")
_MOST_NEURONS = 10_000
_MOST_VISIBLE = 12
_RARELY = 0.1  # of the distance: a change of ten standard deviations reaches a level
_TERMS = 20  # of the Fourier series: exp(−2π²k²σ²/δ²) is then below 1e-34 from there on
_Array = NDArray[np.float64]


class Nearest(NamedTuple):
    """A Boltzmann machine and its D_KL(p*‖p): weights (N, N), biases (N,), kl in nats."""

    weights: _Array
    biases: _Array
    kl: float


def synapses(count: int, density: float, seed: int, matched: bool = True) -> NDArray[np.bool_]:
    """Which synapses are there, shape (count, count), [i, j] from j to i; none of a neuron onto itself.

    A synapse is there with probability `density`: matched, together with the one of the other direction; otherwise by
    itself. Of one seed, fewer synapses are some of more. Raises ValueError for a share that is not from 0 to 1, and for
    what is no number, seed or truth value.
    """
    count, density = whole("count", count, least=1, most=_MOST_NEURONS), number("density", density, least=0, most=1)
    drawn = uniform(seed, Purpose.SYNAPSES, count * count).reshape(count, count)
    if flag("matched", matched):
        upper = np.triu(drawn, 1)
        drawn = upper + upper.T
    return (drawn < density) & ~np.eye(count, dtype=bool)


def signs(count: int, excitatory: float, seed: int) -> _Array:
    """+1 for the excitatory of `count` neurons, −1 for the others; shape (count,).

    round(excitatory · count) neurons are excitatory; which ones is drawn. Raises ValueError for a share that is not
    from 0 to 1, and for what is no number or seed.
    """
    count = whole("count", count, least=1, most=_MOST_NEURONS)
    share = number("excitatory", excitatory, least=0, most=1)
    order = np.argsort(uniform(seed, Purpose.SIGNS, count), kind="stable")
    found = -np.ones(count)
    found[order[: round(share * count)]] = 1.0
    return found


def follow_dale(weights: ArrayLike, sign: ArrayLike) -> _Array:
    """Symmetric weights that such neurons can have: |W| between excitatory ones, −|W| between inhibitory ones.

    Between the two kinds W_ij and W_ji would be of unequal sign: 0. Shapes (N, N) and (N,) → (N, N). Raises ValueError
    for other shapes and for signs that are not ±1.
    """
    w, s = array("weights", weights, ndim=2), array("sign", sign, ndim=1)
    if w.shape != (s.size, s.size):
        raise ValueError(f"weights must have shape {(s.size, s.size)} to go with sign, got {w.shape}")
    if not np.all(np.abs(s) == 1):
        raise ValueError("sign must be of +1 and -1")
    return np.where(s[:, None] == s, s * np.abs(w), 0.0) + 0.0


def spacing(bits: int, limit: float) -> float:
    """δ between two levels of a weight of so many bits, sign included: limit/(2^{bits−1} − 1).

    Raises ValueError for bits that are not 2 … 16, and for a limit that is not positive.
    """
    bits = whole("bits", bits, least=2, most=MOST_BITS)
    return float(number("limit", limit, positive=True, most=LARGEST_POTENTIAL)) / (2 ** (bits - 1) - 1)


def levels(weights: ArrayLike, distance: float) -> _Array:
    """Weights of any shape at their nearest levels, `distance` apart.

    Raises ValueError for weights that are no numbers and a distance that is not positive.
    """
    distance = number("distance", distance, positive=True, most=MOST)
    return np.rint(array("weights", weights, most=MOST) / distance) * distance + 0.0


def rounding_variance(change: ArrayLike, distance: float) -> _Array:
    """Variance that stochastic rounding adds to a weight on the grid which changes by N(0, change²).

    change : standard deviations, any shape; distance : δ between levels. Raises ValueError for what are no numbers, for
    negative standard deviations and for a distance that is not positive.
    """
    sd = array("change", change, least=0, most=MOST)
    distance = number("distance", distance, positive=True, most=MOST)
    ratio = sd / distance
    k = np.arange(1, _TERMS + 1)
    series = np.sum(np.exp(-2 * (np.pi * k * ratio[..., None]) ** 2) / (np.pi * k) ** 2, axis=-1)
    few = np.sqrt(2 / np.pi) * ratio - ratio**2  # δ⟨|s|⟩ − ⟨s²⟩: exact where no change reaches a level
    return np.asarray(distance**2 * np.where(ratio < _RARELY, few, 1 / 6 - series))


def nearest_machine(
    target: ArrayLike, least: ArrayLike, most: ArrayLike, bias_limit: float = LARGEST_POTENTIAL
) -> Nearest:
    """The Boltzmann machine nearest to a law, of symmetric weights that both synapses of each pair allow.

    D_KL(p*‖p) is convex in weights and biases; its gradient is the difference of moments.

    Parameters
    ----------
    target : array, shape (2^N,)
        p*, of at most 12 neurons.
    least, most : arrays that broadcast to shape (N, N)
        Bounds of W_ij: both 0 for a synapse that is missing. A pair has the weights that are within the bounds of both.
    bias_limit : float
        Biases are within ±bias_limit.

    Raises
    ------
    ValueError
        Naming the value and what is allowed; also where the two synapses of a pair allow no common weight.
    """
    law = array("target", target, ndim=1, least=0, most=1)
    n = int(np.log2(max(law.size, 1)))
    if law.size != 1 << n or not 1 <= n <= _MOST_VISIBLE or abs(law.sum() - 1) > 1e-6:
        raise ValueError(f"target must be a distribution over 2 ... 2**{_MOST_VISIBLE} states, got {law.size} numbers")
    bound = float(number("bias_limit", bias_limit, positive=True, most=LARGEST_POTENTIAL))
    sides = []
    for name, given in (("least", least), ("most", most)):
        side = array(name, given, least=-LARGEST_POTENTIAL, most=LARGEST_POTENTIAL)
        if side.ndim > 2 or any(size not in (1, n) for size in side.shape):
            raise ValueError(f"{name} must broadcast to shape {(n, n)}, got {side.shape}")
        sides.append(np.broadcast_to(side, (n, n)))
    i, j = np.triu_indices(n, 1)
    low, high = np.maximum(sides[0], sides[0].T)[i, j], np.minimum(sides[1], sides[1].T)[i, j]
    if np.any(low > high):
        raise ValueError("least and most leave a pair of neurons no weight that both its synapses can have")
    z = states(n)
    features = np.concatenate([z[:, i] * z[:, j], z], axis=1)
    mean = law @ features

    def against(x: _Array) -> tuple[float, _Array]:
        energy = features @ x
        top = energy.max()
        p = np.exp(energy - top)
        return float(top + np.log(p.sum()) - mean @ x), p / p.sum() @ features - mean

    start = np.concatenate([np.clip(0.0, low, high), np.zeros(n)])
    bounds = [*zip(low, high, strict=True), *[(-bound, bound)] * n]
    options = {"maxiter": 5000, "maxfun": 50_000, "ftol": 1e-15, "gtol": 1e-10}
    x = minimize(against, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    weights = np.zeros((n, n))
    weights[i, j] = x[: i.size]
    weights += weights.T
    return Nearest(weights, x[i.size :], float(kl_divergence(law, distribution(weights, x[i.size :]))))
