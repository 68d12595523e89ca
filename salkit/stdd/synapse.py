"""SAL's drift from all pairs of two neurons, exact, read at the somata or at the synapses that spikes reach late.

With C(l) the rate of pairs of spikes t_i − t_j = l, whatever comes in between (discrete time, `salkit.stdd.delayed`),

    d_ij = tau_ref Σ_{x > 0} K(x/tau) [C(d − shift − x) − C(d + x)],     d = d_ij at the synapse, 0 at the somata

and the same with i and j exchanged: what `salkit.stdp.sal` with pairing "all" and the same delays and shift estimates.
At the synapse the effect of W_ij begins at once, that of W_ji only after the round trip d_ij + d_ji.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import stdp
from ..psp import LEAST_TAU
from ..values import choice, number, whole
from . import delayed
from .pair import chain, effective, of_two

__all__ = ["all_pairs_drift"]

_READ = ("synapse", "soma")
_FAR = 37.0  # time constants, after which exp(−x) is below the last digit of what it is added to
_LONGEST = 20_000  # steps of a window
_Array = NDArray[np.float64]


def all_pairs_drift(
    *network: Any, window: str = "exponential", tau: float | None = None, read: str = "synapse", shift: int = 0,
    **settings: Any,
) -> tuple[_Array, _Array]:  # fmt: skip
    """SAL's drift of the two weights (d_ij, d_ji) per tau_ref, from all pairs, arrays of the ensemble's shape.

    Parameters
    ----------
    network : SamplingNetwork
        Of two neurons in discrete time, i and j, or an ensemble with the same delays; or the arguments of
        `two_neurons`, arrays that broadcast.
    window : "exponential", "triangular" or "rectangular"
    tau : float, optional
        Time constant of the window (default tau_ref).
    read : "synapse" or "soma"
        Where pairs are read: t_i − t_j − d_ij, or t_i − t_j.
    shift : int
        Steps after which the window's anti-causal branch begins.
    **settings
        More arguments of `two_neurons`.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    net = of_two(network, settings)
    if net.timing != "discrete":
        raise ValueError(f"drift from all pairs goes with timing='discrete', got {net.timing!r}")
    choice("window", window, stdp.ALL_WINDOWS)
    choice("read", read, _READ)
    tau = float(net.tau_ref if tau is None else number("tau", tau, least=LEAST_TAU, most=_LONGEST / _FAR))
    shift = whole("shift", shift, most=_LONGEST)
    flat = [x.ravel() for x in effective(net)]
    two = chain(net, flat)
    if not isinstance(two, delayed.TwoNeurons):
        two = delayed.TwoNeurons(two.w_12, two.w_21, two.b_1, two.b_2, two.psp, two.tau_ref, two.refractory, 0, 0)
    span = int(np.ceil(tau * (_FAR if window == "exponential" else 1.0)))
    delays = (two.delay_12, two.delay_21) if read == "synapse" else (0, 0)
    reach = span + max(*delays, shift)
    later_1, later_2, ties = two.correlogram(reach)[:3]
    of_lags = np.concatenate([later_2[:, ::-1], ties[:, None], later_1], axis=1)  # C(−reach) … C(reach)
    x = np.arange(1, span + 1)
    weight = stdp.window(window, x / tau) * two.tau_ref
    drifts = [
        (c[:, reach + d - shift - x] - c[:, reach + d + x]) @ weight
        for c, d in ((of_lags, delays[0]), (of_lags[:, ::-1], delays[1]))
    ]
    return drifts[0].reshape(net.ensemble), drifts[1].reshape(net.ensemble)
