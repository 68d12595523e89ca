"""Deep networks of rate neurons that learn by errors fed back, where the feedback decides (Fig. 8).

    u_l = b_l + W_l r_{l−1},   r_l = f(u_l),   e_l = f'(u_l) B_l e_{l+1},   ΔW_l ∝ ⟨e_l r_{l−1}ᵀ⟩

follows the gradient if B_l = W_{l+1}ᵀ. "bp" copies, "fa" leaves B at random, "kp" hands it the steps of W, "sal" learns
it from spikes: after every `phase_every` epochs the layers above the input become a network of sampling neurons
(`salkit.layers`), W_2 … W_L and B_1 … B_{L−1} as they stand, without stimulus, with homeostatic biases and a
temperature, for `phase_length` refractory times in which only B moves. Weights W learn in the rate network meanwhile:
a hybrid. Cold phases (temperature 1) freeze strongly coupled layers, and B drifts off. With learning="spikes" there is
no rate network in training: patterns are shown to sampling neurons, and the changes of W come from their spikes.

    tasks       digits, Yin–Yang             ensemble    optimisers, a step, bp · fa · kp
    networks    rates, errors, changes       dyads       the same from spikes
    parameters  what is varied               phases      sal
                                             training    ensembles of runs from seeds

Sources: Gierlich et al. 2025, Fig. 8 (feedback compared, phases between epochs); temperature, homeostatic biases and
the bottleneck are this suite's.
"""

from .parameters import FEEDBACK, LEARNING, OPTIMISERS, Deep, mold
from .tasks import TASKS, Data, load, yin_yang, yin_yang_class
from .training import respond, train

__all__ = [
    "FEEDBACK",
    "LEARNING",
    "OPTIMISERS",
    "TASKS",
    "Data",
    "Deep",
    "load",
    "mold",
    "respond",
    "train",
    "yin_yang",
    "yin_yang_class",
]
