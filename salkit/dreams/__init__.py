"""Networks that dream of images: wake–sleep learning with hidden neurons, and no sum over states.

Pixels and a label neuron for each class form the visible layer, v; hidden neurons h see nothing but them, and they
nothing but hidden ones, in continuous time with rectangular PSPs. Both directions have weights of their own, W_ij of
j → i. In each cycle the network sees a minibatch of images and then sleeps, sampling freely in `replicas` chains that
run on from cycle to cycle:

    W_ij ← W_ij + η_W (f_ij ⟨z_i z_j⟩_wake − g_ij ⟨z_i z_j⟩_sleep) + η_SAL (tau_ref/T) Σ S(Δt) − λ W_ij
    b_i  ← b_i  + η_b (⟨z_i⟩_wake − ⟨z_i⟩_sleep),      η ← η/(1 + c/anneal) in cycle c

with noise, rules and windows as in `salkit.wakesleep`. With v held, hidden neurons are independent and on with
probability σ(b_i + Σ_j W_ij v_j): wake averages are exact. If W is symmetric, sleep averages are those of a restricted
Boltzmann machine and this is the gradient of ln p(v), with persistent chains (Tieleman 2008). With
connectivity="full" all neurons are connected, and wake averages are sampled, cycle by cycle, by `salkit.simulate`.

    parameters  what is varied                       questions   labels, missing halves, free dreams
    tasks       digits, bars                         measures    accuracy, completion, patches, free energy
    ensemble    starts, noise, the compiled loop     likelihood  ln Z, exact or by annealed importance sampling
    training    ensembles of runs from seeds         full        the same with all neurons connected

Not in the paper; the rules are those of its Figs. 4 and 5 (Gierlich et al. 2025).
"""

from .full import FullNetwork
from .likelihood import LogSum, annealed_log_sum, exact_log_sum, log_likelihood, visible_distribution
from .measures import completion_error, exact_accuracy, free_energy, label_accuracy, patch_kl
from .parameters import Dreams, mold
from .questions import Network, ask, dream
from .tasks import TASKS, Images, load
from .training import network_of, train

__all__ = [
    "TASKS",
    "Dreams",
    "FullNetwork",
    "Images",
    "LogSum",
    "Network",
    "annealed_log_sum",
    "ask",
    "completion_error",
    "dream",
    "exact_accuracy",
    "exact_log_sum",
    "free_energy",
    "label_accuracy",
    "load",
    "log_likelihood",
    "mold",
    "network_of",
    "patch_kl",
    "train",
    "visible_distribution",
]
