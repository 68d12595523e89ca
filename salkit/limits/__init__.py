"""Where SAL works, and where it fails: two layers of sampling neurons under the conditions of cortex and hardware.

    Condition, close    what may be wrong, and layers that learn under it (`train`)
    measure, regress    the drift with frozen weights: the fixed point, and the angle left, before anything learns
    linear              what theory predicts, to first order in weights: delays, periods, common drive
    inputs              networks under common drive
    dale                excitatory and inhibitory neurons apart (Fig. 10)
    shapes              other postsynaptic potentials (Fig. 11)
    proof               the sign of the drift, on a grid of all two-neuron networks (Fig. 12)

Sources: Gierlich et al. 2025, Figs. 10 to 12; the method of the frozen drift and its predictions are this suite's own.
"""

from . import dale, inputs, linear, proof, shapes
from .linear import Prediction, predict
from .loop import close, measure
from .parameters import Condition, mold
from .regression import Drift, Rest, between, regress, rest_point

__all__ = [
    "Condition", "Drift", "Prediction", "Rest", "between", "close", "dale", "inputs", "linear", "measure", "mold",
    "predict", "proof", "regress", "rest_point", "shapes", "train",
]  # fmt: skip

train = close
