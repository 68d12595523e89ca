"""Two neurons as a network: neuron 0 is i, neuron 1 is j."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import LARGEST_POTENTIAL, SamplingNetwork
from ..values import array, broadcast, instance, room, shape_of, shown
from . import delayed, discrete

__all__ = ["chain", "effective", "of_two", "two_neurons", "within_reach"]

_EXACT = 15.0  # beyond, the discrete chain's stationary vector loses its digits
_OLDEST = 2000  # steps; the chain has twice as many states
_Array = NDArray[np.float64]


def two_neurons(
    w_ij: Any,
    w_ji: Any = None,
    b_i: Any = None,
    b_j: Any = None,
    tau_ref: Any = None,
    timing: str = "continuous",
    psp: str = "rectangular",
    tau_syn: float | None = None,
    refractory: int | None = None,
    psp_length: int | None = None,
    delays: tuple[int, int] | None = None,
) -> SamplingNetwork:
    """The network, or ensemble of networks, of two neurons.

    Parameters
    ----------
    w_ij, w_ji, b_i, b_j : floats or arrays that broadcast to the shape of the ensemble
        Weight from j to i, weight from i to j, biases.
    tau_ref, timing, psp, tau_syn, refractory, psp_length
        As in `salkit.SamplingNetwork`.
    delays : two numbers, optional
        d_ij, how long j's spikes are under way to i, and d_ji.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    MemoryError
        When the ensemble cannot fit.
    """
    given = {"w_ij": w_ij, "w_ji": w_ji, "b_i": b_i, "b_j": b_j}
    what = "a number or an array of numbers"
    most = LARGEST_POTENTIAL
    numbers = [array(name, value, least=-most, most=most, what=what) for name, value in given.items()]
    shapes = [x.shape for x in numbers]
    if not broadcast(*shapes):
        raise ValueError(f"w_ij, w_ji, b_i, b_j do not broadcast: {', '.join(map(str, shapes))}")
    shape = np.broadcast_shapes(*shapes)
    room(f"an ensemble of shape {shape}", 40.0 * float(np.prod(shape, dtype=float)), "use a smaller grid of weights")
    weights, biases = np.zeros((*shape, 2, 2)), np.empty((*shape, 2))
    weights[..., 0, 1], weights[..., 1, 0], biases[..., 0], biases[..., 1] = numbers
    under_way = None
    if delays is not None:
        if shape_of("delays", delays) != (2,):
            raise ValueError(f"delays must be two numbers, d_ij and d_ji, got {shown(delays)}")
        d_ij, d_ji = array("delays", delays)
        under_way = np.array([[0.0, d_ij], [d_ji, 0.0]])
    return SamplingNetwork(
        weights, biases, tau_ref, timing, psp, tau_syn, refractory=refractory, psp_length=psp_length, delays=under_way
    )


def of_two(given: tuple[Any, ...], settings: dict[str, Any]) -> SamplingNetwork:
    """A network of two neurons that is given, or made of numbers. Raises ValueError for one the theory is not of."""
    if given and isinstance(given[0], SamplingNetwork):
        if more := [*map(str, given[1:]), *settings]:
            raise ValueError(f"a network has all its settings: {', '.join(more)} cannot be given beside it")
        net = instance("network", given[0], SamplingNetwork)
    else:
        net = two_neurons(*given, **settings)
    if net.neurons != 2:
        raise ValueError(f"network must have two neurons, i and j, got {net.neurons}")
    if net.varied:
        raise ValueError("refractory and psp_length go with timing='discrete' only: here both are tau_ref")
    if net.delays is not None and (net.timing != "discrete" or np.ptp(net.delays.reshape(-1, 4), axis=0).any()):
        raise ValueError("delays go with timing='discrete' only here, the same for all members of an ensemble")
    return net


def effective(net: SamplingNetwork) -> list[_Array]:
    """a_i W_ij, a_j W_ji, a_i b_i, a_j b_j, of the shape of the ensemble. Raises ValueError as `within_reach`."""
    weights, biases = net.effective()
    return within_reach([weights[..., 0, 1], weights[..., 1, 0], biases[..., 0], biases[..., 1]])


def within_reach(numbers: list[_Array]) -> list[_Array]:
    """Effective weights and biases of any shape. Raises ValueError for potentials that the theory is not exact for."""
    w_ij, w_ji, b_i, b_j = map(np.abs, numbers)
    largest = max(np.max(b_i + w_ij), np.max(b_j + w_ji))
    if largest > _EXACT:
        raise ValueError(
            f"the theory is exact for potentials up to {_EXACT:g}, got |bias| + |weight| up to {largest:.4g}"
        )
    return numbers


def chain(net: SamplingNetwork, numbers: list[_Array]) -> discrete.TwoNeurons | delayed.TwoNeurons:
    """The Markov chain of networks in discrete time, numbers of shape (G,). Raises ValueError for too many states."""
    w_12, w_21, b_1, b_2 = (np.atleast_1d(x) for x in numbers)
    tau_ref = int(net.tau_ref)
    if net.delays is not None:
        d_12, d_21 = (int(d) for d in net.delays.reshape(-1, 2, 2)[0][[0, 1], [1, 0]])
        rest = net.psp_table(), tau_ref, int(net.refractory or tau_ref), d_12, d_21
        return delayed.TwoNeurons(w_12, w_21, b_1, b_2, *rest)
    two = discrete.TwoNeurons(w_12, w_21, b_1, b_2, net.psp_table(), tau_ref, int(net.refractory or tau_ref))
    if two.cap > _OLDEST:
        raise ValueError(
            f"the law in discrete time needs {24e-9 * (2 * two.cap) ** 2:.2g} GB where refractory period or PSP lasts "
            f"{two.cap} steps, at most {_OLDEST}: use a smaller tau_ref or psp_length, or timing='continuous'"
        )
    return two
