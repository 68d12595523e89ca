"""The spiking sampling network: what it is, before anything runs.

Neuron i has the membrane potential

    u_i = a_i (b_i + Σ_j W_ij κ(time since j's last spike))

with gain a_i (1 unless said) and postsynaptic potential κ. It is on, z_i = 1, for tau_ref after each spike, and as long
refractory. When it is not refractory it spikes

    in continuous time   with hazard exp(u_i)/tau_ref
    in discrete time     with probability σ(u_i − ln tau_ref) in each step

In continuous time with rectangular κ and symmetric a_i W_ij the stationary law of z is exactly Boltzmann's,
p(z) ∝ exp(½ zᵀWz + bᵀz). Sources: Buesing, Bill, Nessler & Maass, PLoS Comput. Biol. 7 (2011); Gierlich et al. 2025.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import psp as psp_shapes
from .synapses import compressed, is_sparse
from .values import MOST, array, check_fields, checked, choice, member_indices, number, shown

__all__ = ["LARGEST_POTENTIAL", "TIMINGS", "SamplingNetwork"]

TIMINGS = ("continuous", "discrete")
LARGEST_POTENTIAL = 500.0  # exp stays far from overflow
_MOST_VARIED = 60  # their state is a number of 64 bits


@dataclass(frozen=True, eq=False)
class SamplingNetwork:
    """An ensemble of networks of N neurons; leading axes of weights and biases are the ensemble.

    Its parameters cannot change. The first run on the CPU of more than 12 neurons with rectangular PSPs, or of sparse
    weights, leaves the weights as integers with the network, for those that follow: 4 bytes a weight, 8 a synapse.
    Copies and pickles go without.

    Parameters
    ----------
    weights : array, shape (..., N, N)
        W[i, j] is the weight from neuron j (pre) to neuron i (post); the diagonal is zero. It need not be symmetric.
        Or a matrix of `scipy.sparse`, of one network: then memory and time grow with the synapses. Such a network has
        rectangular PSPs, gain 1, no periods of its own in continuous time, and runs on the CPU.
    biases : array, shape (..., N)
        Leading axes broadcast with those of the weights.
    tau_ref : float
        Refractory period = time a neuron stays on, at least 1, in the unit of all times; whole in discrete time.
    timing : "continuous" or "discrete"
        Discrete time is the paper's model; continuous time its limit for fine steps.
    psp : str
        A shape named in `salkit.psp.SHAPES`; continuous time takes the rectangular one only.
    tau_syn : float, optional
        Synaptic time constant of shapes that have one (default tau_ref).
    gain : float or array, shape (..., N)
        Slope of the activation function of each neuron, positive.
    refractory, psp_length : optional
        Shortest interval and length of the PSP (default: tau_ref, and the whole shape). In discrete time a number of
        steps (the authors' sampler has tau_ref + 1 and tau_ref − 1); in continuous time a positive number or array,
        shape (..., N). z_i stays 1 for tau_ref after a spike: what is read out does not know of them.
    delays : float or array, shape (..., N, N), optional
        d[i, j] ≥ 0, how long j's spike is under way to i, in the unit of tau_ref; whole steps in discrete time. The PSP
        begins so much later: κ(time since j's latest spike − d_ij), of spikes that have arrived. The diagonal does
        not matter. Not with sparse weights, nor with periods of their own in continuous time. None: at once.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    weights: Any
    biases: NDArray[np.float64]
    tau_ref: float = checked(50, number, least=1, most=MOST)
    timing: str = checked("continuous", choice, allowed=TIMINGS)
    psp: str = checked("rectangular", choice, allowed=psp_shapes.SHAPES)
    tau_syn: float | None = checked(None, number, optional=True, least=psp_shapes.LEAST_TAU, most=MOST)
    gain: Any = 1.0
    refractory: Any = None
    psp_length: Any = None
    delays: Any = None
    ensemble: tuple[int, ...] = field(init=False, repr=False)
    _kept: dict[str, Any] = field(init=False, repr=False, default_factory=dict)  # what kernels made of the parameters

    def __post_init__(self) -> None:
        check_fields(self)
        if is_sparse(self.weights):
            self._begin_sparse()
            return
        weights, biases, gain = (array(name, getattr(self, name)) for name in ("weights", "biases", "gain"))
        if weights.ndim < 2 or weights.shape[-1] != weights.shape[-2]:
            raise ValueError(f"weights must have shape (..., N, N), got {weights.shape}")
        n = weights.shape[-1]
        if n < 1 or biases.ndim < 1 or biases.shape[-1] != n:
            raise ValueError(
                f"biases must have shape (..., {n}) to go with weights {weights.shape}, got {biases.shape}"
            )
        if gain.ndim and gain.shape[-1] not in (1, n):
            raise ValueError(f"gain must be a number or have shape (..., {n}), got {gain.shape}")
        try:
            ensemble = np.broadcast_shapes(weights.shape[:-2], biases.shape[:-1], gain.shape[:-1])
        except ValueError:
            raise ValueError(
                f"leading (ensemble) axes do not fit: weights {weights.shape}, biases {biases.shape}, gain {gain.shape}"
            ) from None
        if 0 in ensemble:
            raise ValueError(f"weights and biases: the ensemble must not be empty, got leading axes {ensemble}")
        if np.any(np.diagonal(weights, axis1=-2, axis2=-1) != 0):
            raise ValueError("weights must have a zero diagonal: a neuron has no synapse onto itself")
        if np.any(gain <= 0):
            raise ValueError(f"gain must be positive, got {gain.min()}")
        self._check_timing()
        delays = self._checked_delays((*ensemble, n, n))
        weights = np.ascontiguousarray(np.broadcast_to(weights, (*ensemble, n, n)))
        biases = np.ascontiguousarray(np.broadcast_to(biases, (*ensemble, n)))
        gain = np.ascontiguousarray(np.broadcast_to(gain, (*ensemble, n)))
        highest = np.abs(biases) + self._highest_psp() * np.abs(weights).sum(axis=-1)
        _check_potentials(float(np.max(gain * highest, initial=0.0)))
        arrays = {"weights": weights, "biases": biases, "gain": gain, "delays": delays}
        if self.timing == "continuous":
            if self._periods() and n > _MOST_VARIED:
                raise ValueError(f"neurons with periods of their own: at most {_MOST_VARIED}, got {n}")
            arrays |= {name: self._period(name, (*ensemble, n)) for name in self._periods()}
        self._fix(arrays, ensemble)

    def _checked_delays(self, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
        if self.delays is None:
            return None
        delays = array("delays", self.delays, least=0, most=MOST)
        if self.timing == "discrete" and np.any(delays != np.floor(delays)):
            fraction = delays[delays != np.floor(delays)].flat[0]
            raise ValueError(f"delays must be whole numbers of steps in discrete time, got {fraction}")
        if self.timing == "continuous" and self._periods():
            raise ValueError("delays go with refractory and psp_length in discrete time only")
        try:
            delays = np.broadcast_to(delays, shape).copy()
        except ValueError:
            raise ValueError(f"delays must be a number or fit shape {shape}, got {delays.shape}") from None
        diagonal = np.arange(shape[-1])
        delays[..., diagonal, diagonal] = 0.0
        return delays

    def _fix(self, arrays: dict[str, Any], ensemble: tuple[int, ...]) -> None:
        for name, value in arrays.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)
        object.__setattr__(self, "ensemble", ensemble)

    def _begin_sparse(self) -> None:
        weights, biases, gain = compressed("weights", self.weights), array("biases", self.biases), self.gain
        n = weights.shape[0]
        if biases.shape != (n,):
            raise ValueError(f"biases must have shape ({n},) to go with sparse weights {weights.shape}: {biases.shape}")
        if np.any(array("gain", gain) != 1.0):
            raise ValueError(f"sparse weights take gain 1 only, got {shown(gain)}: scale weights and biases instead")
        if self.psp != "rectangular":
            raise ValueError(f"sparse weights take psp 'rectangular' only, got {self.psp!r}")
        if self.delays is not None:
            raise ValueError("sparse weights take no delays: give an array of weights")
        self._check_timing()
        if self.timing == "continuous" and self._periods():
            raise ValueError("sparse weights take refractory and psp_length in discrete time only")
        _check_potentials(float(np.max(np.abs(biases) + np.bincount(weights.indices, np.abs(weights.data), n))))
        self._fix({"weights": weights, "biases": biases, "gain": np.ones(n)}, ())

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_kept": {}}

    def _check_timing(self) -> None:
        if self.timing == "continuous":
            if self.psp != "rectangular":
                raise ValueError(
                    f"continuous time takes psp 'rectangular' only, got {self.psp!r}; use timing='discrete'"
                )
            return
        for name in ("tau_ref", "refractory", "psp_length"):
            value = getattr(self, name)
            if value is not None:
                number(name, value, least=1, most=MOST, steps=True)
        if self.refractory is not None and self.refractory < self.tau_ref:
            raise ValueError(f"refractory must be at least tau_ref = {self.tau_ref} steps, got {self.refractory!r}")

    def _periods(self) -> tuple[str, ...]:
        """In continuous time, where one of the two is given, both become arrays."""
        return ("refractory", "psp_length") if self.refractory is not None or self.psp_length is not None else ()

    def _period(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        given = getattr(self, name)
        period = array(name, self.tau_ref if given is None else given, most=MOST)
        if np.any(period <= 0):
            raise ValueError(f"{name} must be positive, got {period.min()}")
        try:
            return np.ascontiguousarray(np.broadcast_to(period, shape))
        except ValueError:
            raise ValueError(f"{name} must be a number or fit shape {shape}, got {period.shape}") from None

    @property
    def varied(self) -> bool:
        """Whether neurons have periods of their own (continuous time)."""
        return self.timing == "continuous" and self.refractory is not None

    def spikes_under_way(self) -> int:
        """H, how many spikes of one neuron its own PSPs can still depend on: 1 without delays."""
        if self.delays is None:
            return 1
        longest = float(np.max(self.delays, initial=0.0))
        if self.timing == "continuous":
            return int(np.ceil(longest / self.tau_ref)) + 2
        return int(longest + self.psp_table().size) // int(self.refractory or self.tau_ref) + 2

    def _highest_psp(self) -> float:
        return 1.0 if self.timing == "continuous" else float(np.max(self.psp_table()))

    @property
    def neurons(self) -> int:
        """N, the number of neurons of each network."""
        return int(self.weights.shape[-1])

    @property
    def sparse(self) -> bool:
        """Whether only the synapses are kept, as a `scipy.sparse.csc_array`, instead of all N² weights."""
        return is_sparse(self.weights)

    def psp_table(self) -> NDArray[np.float64]:
        """κ at ages 1, 2, … steps after the spike, shape (L,) (discrete time)."""
        return psp_shapes.table(self.psp, int(self.tau_ref), self.tau_syn, self.psp_length)

    def effective(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights a_i W_ij, shape (..., N, N), and biases a_i b_i, shape (..., N): what the potential sees.

        Raises ValueError where weights are sparse.
        """
        if self.sparse:
            raise ValueError("network has sparse weights: this takes an array; see weights.toarray()")
        return self.gain[..., :, None] * self.weights, self.gain * self.biases

    def __getitem__(self, members: Any) -> "SamplingNetwork":
        """Pick ensemble members by index, slice or mask along the leading axes. Raises IndexError where none fits."""
        if not self.ensemble:
            raise IndexError("a single network has no ensemble axes to index")
        member_indices(members, self.ensemble)
        periods = (self.refractory, self.psp_length)
        if self.varied:
            periods = (self.refractory[members], self.psp_length[members])
        return SamplingNetwork(
            self.weights[members], self.biases[members], self.tau_ref, self.timing, self.psp,
            self.tau_syn, self.gain[members], *periods, None if self.delays is None else self.delays[members],
        )  # fmt: skip


def _check_potentials(largest: float) -> None:
    if largest > LARGEST_POTENTIAL:
        raise ValueError(
            f"weights and biases allow potentials up to {largest:.4g}; at most {LARGEST_POTENTIAL:.0f} is allowed"
        )
