"""Learning in sampling networks: wake–sleep with Hebbian STDP, with SAL, and with Kolen–Pollack decay.

A network of N neurons is to sample a Boltzmann distribution p*. In each cycle it sleeps (samples freely) for T, split
over `replicas` that run on from cycle to cycle, and then

    W_ij ← W_ij + η_W (f_ij ⟨z_i z_j⟩_wake − g_ij ⟨z_i z_j⟩_sleep) + η_SAL (tau_ref/T) Σ S(Δt) − λ W_ij
    b_i  ← b_i  + η_b (⟨z_i⟩_wake − ⟨z_i⟩_sleep)

and both are clipped; weights of few bits are then rounded to a level, at random (`salkit.constraints`). Sleep averages
come from spikes: (tau_ref/T) Σ K(|Δt|) with the triangular window at tau_ref for pairs, spikes per tau_ref for single
neurons (see `salkit.stdp`); the SAL term may have the rectangular one. Wake averages are exact, or measured while
visible neurons are clamped. f and g are the plasticity noise: (1, f) if it acts on "sleep", (f, f) if on "both". Rules:

    "hebbian"   η_SAL = 0, λ = 0        "sal"   λ = 0        "kp"   η_SAL = 0 (Kolen–Pollack)

A rule is a line in `RULES`: "sal+kp": ("hebbian", "bias", "sal", "decay") would add another.
The Hebbian term is symmetric in i and j: without SAL, decay, noise and clipping it never changes W_ij − W_ji. The
neurons see a_i W_ij h_j and a_i b_i + θ_i (`salkit.variability`). Sources: Gierlich et al. 2025, Figs. 4 and 5; Kolen
& Pollack 1994.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from . import constraints, variability
from .boltzmann import kl_divergence, random_machine
from .kernels import cpu, on
from .kernels.cost import Work
from .kernels.cpu.elementary import log
from .kernels.cpu.moments import machine_moments
from .kernels.device import DEVICES, pick_device
from .kernels.structs import Training
from .network import LARGEST_POTENTIAL, TIMINGS, SamplingNetwork
from .philox import Purpose, normal
from .psp import LEAST_TAU, SHAPES
from .runs import as_json, each_run, progress_bar, seed_coordinates, seed_pairs
from .sampling import simulate
from .spikes import State
from .values import MOST, check_fields, checked, choice, flag, number, room, whole

__all__ = ["RULES", "TERMS", "WakeSleep", "mold", "train"]

# The terms of a learning rule, each with its learning rate, in the order the kernels take the rates.
TERMS = {"hebbian": "lr_weight", "bias": "lr_bias", "sal": "lr_sal", "decay": "weight_decay"}
RULES = {
    "sal": ("hebbian", "bias", "sal"),
    "hebbian": ("hebbian", "bias"),
    "kp": ("hebbian", "bias", "decay"),
}
_PSEUDO_TIME = 0.5  # tau_ref added to the time in every state, so that D_KL is finite where one never came up
_MOST_NEURONS = 16
_SHORTEST, _LONGEST = 1e-3, 1e12  # in tau_ref

_amount = partial(checked, check=number, least=0, most=MOST)


@dataclass(frozen=True)
class WakeSleep:
    """Parameters of one experiment; lengths in tau_ref. Defaults: synaptic noise, Fig. 4, in continuous time.

    Parameters
    ----------
    rule : "sal", "hebbian" or "kp"
    neurons, hidden : int
        Visible neurons, those of the target, and hidden ones; at most 16 in all.
    connectivity : "full" or "restricted"
        Restricted: synapses between visible and hidden neurons only.
    density : float
        Share of the synapses that `connectivity` allows which are there, drawn from the start seed.
    matched : bool
        Whether a pair of neurons has both its synapses or none (`density` is then that of pairs); otherwise each
        synapse is there or not by itself, so that some are in one direction only.
    tau_ref, timing, psp, tau_syn, refractory, psp_length
        As in `SamplingNetwork`; shapes other than the rectangular one in discrete time only.
    cycles, cycle_length, replicas
        Number of updates; length of each sleep phase in tau_ref, shared by the replicas.
    lr_weight, lr_bias, lr_sal, weight_decay : float
        η_W, η_b, η_SAL (rule "sal" only) and λ (rule "kp" only).
    window : "triangular" or "rectangular"
        Of the SAL term, at tau_ref; the Hebbian term is triangular.
    sal_on : "all" or "pairs"
        Synapses with a SAL term: all, or those of pairs that can be symmetric, with both synapses and, where signs
        are "dale", of one sign.
    weight_noise, plasticity_noise : float
        σ of the synaptic noise at the start, and of the STDP amplitudes.
    plasticity_noise_on : "sleep" or "both"
        Whether the amplitude's factor multiplies the sleep term only or the wake term, too.
    gain_cv, height_cv, refractory_cv, psp_length_cv, threshold_sd : float
        Neuron variability (`salkit.variability.neurons`); the periods in continuous time only.
    bits : int, optional
        Of a weight, sign included: levels limit/(2^{bits−1} − 1) apart, to which weights are rounded at random after
        each update, right on average, and to the nearest one at the start.
    signs, target_signs : "any" or "dale"
        "dale": the synapses of a neuron all have its sign; weights are clipped at 0, and start from ±|what is drawn|.
        The target's weights: "dale" makes them what such a network can have, |W| between excitatory neurons, −|W|
        between inhibitory ones, 0 between the two (`salkit.constraints.follow_dale`).
    excitatory : float
        Share of excitatory neurons where signs are "dale"; which ones is drawn from the target seed.
    start_sd, target_span, target_bias, limit : float
        Start ~ N(0, start_sd²), symmetric; target uniform in ±target_span, and target_bias is added to its biases;
        weights and biases clipped to ±limit.
    wake : "exact" or "sampled"
        Wake averages from the target itself, or from `patterns` visible states a cycle, each shown for `settle` (not
        counted) and then cycle_length / patterns. Hidden neurons need "sampled".
    validate_every, validation_length : int, float
        Cycles between validations, the first before any learning; length of each in tau_ref.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    rule: str = checked("sal", choice, allowed=RULES)
    neurons: int = checked(7, whole, least=1, most=_MOST_NEURONS)
    hidden: int = checked(0, whole, most=_MOST_NEURONS)
    connectivity: str = checked("full", choice, allowed=("full", "restricted"))
    density: float = checked(1.0, number, positive=True, most=1)
    matched: bool = checked(True, flag)
    tau_ref: float = 50
    timing: str = checked("continuous", choice, allowed=TIMINGS)
    psp: str = checked("rectangular", choice, allowed=SHAPES)
    tau_syn: float | None = checked(None, number, optional=True, least=LEAST_TAU, most=MOST)
    refractory: int | None = None
    psp_length: int | None = None
    cycles: int = checked(20_001, whole, least=1, most=10**9)
    cycle_length: float = checked(1000, number, least=_SHORTEST, most=_LONGEST)
    replicas: int = checked(16, whole, least=1, most=10**6)
    lr_weight: float = _amount(0.01)
    lr_bias: float = _amount(0.01)
    lr_sal: float = _amount(0.01)
    weight_decay: float = _amount(0.0)
    window: str = checked("triangular", choice, allowed=("triangular", "rectangular"))
    sal_on: str = checked("all", choice, allowed=("all", "pairs"))
    weight_noise: float = _amount(0.0)
    plasticity_noise: float = _amount(0.0)
    plasticity_noise_on: str = checked("sleep", choice, allowed=("sleep", "both"))
    gain_cv: float = _amount(0.0)
    height_cv: float = _amount(0.0)
    threshold_sd: float = _amount(0.0)
    refractory_cv: float = _amount(0.0)
    psp_length_cv: float = _amount(0.0)
    bits: int | None = checked(None, whole, optional=True, least=2, most=constraints.MOST_BITS)
    signs: str = checked("any", choice, allowed=constraints.SIGNS)
    target_signs: str = checked("any", choice, allowed=constraints.SIGNS)
    excitatory: float = checked(0.5, number, least=0, most=1)
    start_sd: float = _amount(0.2)
    target_span: float = _amount(1.0)
    target_bias: float = checked(0.0, number, least=-LARGEST_POTENTIAL, most=LARGEST_POTENTIAL)
    limit: float = checked(2.0, number, positive=True, most=LARGEST_POTENTIAL)
    wake: str = checked("exact", choice, allowed=("exact", "sampled"))
    patterns: int = checked(20, whole, least=1, most=10**9)
    settle: float = checked(4.0, number, least=0, most=_LONGEST)
    validate_every: int = checked(500, whole, least=1)
    validation_length: float = checked(1_000_000, number, least=_SHORTEST, most=_LONGEST)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.neurons + self.hidden > _MOST_NEURONS:
            raise ValueError(f"neurons + hidden must not exceed {_MOST_NEURONS}, got {self.neurons} + {self.hidden}")
        for term, rate in TERMS.items():  # a rate that is 0 unless given is not given in vain
            given = getattr(self, rate)
            if given and not getattr(WakeSleep, rate) and term not in RULES[self.rule]:
                having = " or ".join(repr(rule) for rule, terms in RULES.items() if term in terms)
                raise ValueError(f"{rate} goes with rule {having} only, got {given!r} with {self.rule!r}")
        if self.window != "triangular" and "sal" not in RULES[self.rule]:
            raise ValueError(f"window is of the SAL term: {self.window!r} does not go with rule {self.rule!r}")
        if self.sal_on != "all" and "sal" not in RULES[self.rule]:
            raise ValueError(f"sal_on is of the SAL term: {self.sal_on!r} does not go with rule {self.rule!r}")
        if self.sal_on != "all" and self.matched and self.signs == "any":
            raise ValueError("sal_on='pairs' goes with matched=False or signs='dale': here all pairs can be symmetric")
        if self.hidden and self.wake == "exact":
            raise ValueError("hidden neurons have no exact wake averages: use wake='sampled'")
        if self.connectivity == "restricted" and not self.hidden:
            raise ValueError("restricted connectivity needs hidden neurons")
        if self.timing == "discrete" and (self.refractory_cv or self.psp_length_cv):
            raise ValueError("refractory_cv and psp_length_cv go with timing='continuous' only")
        if not self.matched and self.density == 1:
            raise ValueError("matched=False goes with a density below 1: of all synapses each has its counterpart")
        if self.excitatory != WakeSleep.excitatory and "dale" not in (self.signs, self.target_signs):
            raise ValueError(f"excitatory goes with signs or target_signs 'dale' only, got {self.excitatory!r}")
        if self.tau_syn is not None and self.psp == "rectangular":
            raise ValueError(f"tau_syn goes with shapes of psp that have one, got {self.tau_syn!r} with 'rectangular'")
        self._network(np.zeros((self._count, self._count)), np.zeros(self._count))  # checks timing, psp and steps
        for name, value in (("a replica's share of cycle_length", self._span(self.cycle_length)),
                            ("a replica's share of validation_length", self._span(self.validation_length)),
                            ("a pattern's share of cycle_length", self.cycle_length * self.tau_ref / self.patterns),
                            ("settle", self.settle * self.tau_ref)):  # fmt: skip
            if self.timing == "discrete" and value != int(value):
                raise ValueError(f"{name} must be a whole number of steps, got {value!r}")

    def rates(self) -> tuple[float, ...]:
        """The learning rate of each of `TERMS`, 0 where the rule lacks the term."""
        return tuple(float(getattr(self, rate)) * (term in RULES[self.rule]) for term, rate in TERMS.items())

    @property
    def _count(self) -> int:
        return int(self.neurons + self.hidden)

    def _span(self, length: float) -> float:
        """What one replica runs of `length` tau_ref, in the unit of tau_ref."""
        return length * self.tau_ref / self.replicas

    def _network(self, weights: NDArray[np.float64], biases: NDArray[np.float64], **lengths: Any) -> SamplingNetwork:
        steps = {"refractory": self.refractory, "psp_length": self.psp_length}
        return SamplingNetwork(weights, biases, self.tau_ref, self.timing, self.psp, self.tau_syn, **(lengths or steps))


_OWN = (
    "rule", *TERMS.values(), "sal_on", "weight_noise", "plasticity_noise", "plasticity_noise_on", "gain_cv",
    "height_cv", "threshold_sd", "refractory_cv", "psp_length_cv", "start_sd", "target_span", "target_bias", "density",
    "matched", "bits", "signs", "target_signs", "excitatory",
)  # fmt: skip


def mold(parameters: WakeSleep) -> tuple[Any, ...]:
    """What runs must have in common to be trained together: all but rule, learning rates and what is drawn."""
    own_periods = bool(parameters.refractory_cv or parameters.psp_length_cv)
    return (*((name, value) for name, value in asdict(parameters).items() if name not in _OWN), own_periods)


@dataclass
class Ensemble:
    """All runs of one batch, member by member: what learns, what does not, and where the samplers stand.

    `parameters` are those of the first run; all runs have their mold. rates (run, 4): η_W, η_b, η_SAL, λ.
    Arrays have the run first: weights, plastic, wake_pairs and the factors are of shape (run, N, N), biases, sign (0
    without Dale's law), bounds of weights by presynaptic neuron and wake_rates (run, N), target (run, 2^N of the
    visible neurons), spacing of levels (0 without) and everywhere (whether all synapses have a SAL term) (run,).
    """

    parameters: WakeSleep
    seeds: list[tuple[int, int]]
    rates: NDArray[np.float64]
    weights: NDArray[np.float64]
    biases: NDArray[np.float64]
    target_weights: NDArray[np.float64]
    target_biases: NDArray[np.float64]
    target: NDArray[np.float64]
    neurons: variability.Neurons
    plastic: NDArray[np.bool_]
    everywhere: NDArray[np.bool_]
    sign: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    spacing: NDArray[np.float64]
    wake_pairs: NDArray[np.float64]
    wake_rates: NDArray[np.float64]
    wake_factor: NDArray[np.float64]
    sleep_factor: NDArray[np.float64]
    sleep: State
    shown: State
    pattern_draws: NDArray[np.uint64]
    rounding_draws: NDArray[np.uint64]
    validation_draws: NDArray[np.uint64]

    def pairs(self) -> NDArray[np.bool_]:
        """Synapses of pairs that can be symmetric, with both synapses and of one sign: shape (run, N, N)."""
        both = self.plastic & self.plastic.swapaxes(1, 2)
        return np.asarray(both & (self.sign[:, :, None] == self.sign[:, None, :]))

    def effective(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """a_i W_ij h_j, shape (run, N, N), and a_i b_i + θ_i, shape (run, N)."""
        gain, height, threshold = self.neurons[:3]
        return gain[:, :, None] * (self.weights * height[:, None, :]), gain * self.biases + threshold

    def network(self) -> SamplingNetwork:
        """The networks as they stand, with what their neurons make of the weights."""
        p = self.parameters
        if not (p.refractory_cv or p.psp_length_cv):
            return p._network(*self.effective())
        lengths = {"refractory": p.tau_ref * self.neurons.refractory, "psp_length": p.tau_ref * self.neurons.psp_length}
        return p._network(*self.effective(), **lengths)


def begin(parameters: WakeSleep | Sequence[WakeSleep], seeds: Sequence[Any]) -> Ensemble:
    """Every run before its first cycle. Raises ValueError for what `train` does not allow."""
    pairs_of = seed_pairs(seeds)
    own = each_run(parameters, WakeSleep, len(pairs_of), mold)
    p = own[0]
    runs, n, visible = len(pairs_of), p._count, p.neurons
    kept = (p.cycles / p.validate_every + 1) * (2 * n * n + (1 << visible)) + p.replicas * (n * n + (1 << n))
    room(f"training {runs} runs", runs * kept, "use fewer runs, replicas or validations")
    machines = [_target(q, target) for q, (target, _) in zip(own, pairs_of, strict=True)]
    target_weights, target_biases = (np.stack(part) for part in zip(*machines, strict=True))
    target, mean, coactivation = np.empty((runs, 1 << visible)), np.zeros((runs, n)), np.zeros((runs, n, n))
    for e, machine in enumerate(machines):
        found = np.empty(visible), np.empty((visible, visible))
        machine_moments(*machine, target[e], *found)
        mean[e, :visible], coactivation[e, :visible, :visible] = found

    kind = np.arange(n) < visible
    plastic = np.tile(~np.eye(n, dtype=bool), (runs, 1, 1))
    if p.connectivity == "restricted":
        plastic &= kind[:, None] != kind
    weights, biases, factor = np.zeros((runs, n, n)), np.empty((runs, n)), np.empty((runs, n, n))
    sign, spacing = np.zeros((runs, n)), np.zeros(runs)
    upper = np.triu_indices(n, 1)
    for e, (q, (target_seed, seed)) in enumerate(zip(own, pairs_of, strict=True)):
        drawn = q.start_sd * normal(seed, Purpose.START, upper[0].size + n)
        weights[e][upper] = drawn[: upper[0].size]
        weights[e] = weights[e] + weights[e].T + variability.synaptic_noise(n, q.weight_noise, seed)
        if q.density < 1:
            plastic[e] &= constraints.synapses(n, q.density, seed, q.matched)
        if q.signs == "dale":
            sign[e] = constraints.signs(n, q.excitatory, target_seed)
            weights[e] = sign[e] * np.abs(weights[e])
        if q.bits is not None:
            spacing[e] = constraints.spacing(q.bits, q.limit)
            weights[e] = constraints.levels(np.clip(weights[e], -q.limit, q.limit), spacing[e])
        weights[e][~plastic[e]] = 0.0
        biases[e] = drawn[upper[0].size :]
        factor[e] = variability.plasticity_noise(n, q.plasticity_noise, seed)
    each = [
        variability.neurons(n, seed, q.gain_cv, q.height_cv, q.threshold_sd, q.refractory_cv, q.psp_length_cv)
        for q, (_, seed) in zip(own, pairs_of, strict=True)
    ]
    on_both = np.array([q.plasticity_noise_on == "both" for q in own])[:, None, None]
    first = {purpose: np.uint64(int(purpose) << 56) for purpose in (Purpose.SAMPLING, Purpose.WAKE)}
    return Ensemble(
        parameters=p, seeds=pairs_of, rates=np.array([q.rates() for q in own]), weights=weights, biases=biases,
        target_weights=target_weights, target_biases=target_biases, target=target,
        neurons=variability.Neurons(*(np.stack(values) for values in zip(*each, strict=True))),
        plastic=plastic, everywhere=np.array([q.sal_on == "all" for q in own]), sign=sign,
        least=np.where(sign > 0, 0.0, -p.limit), most=np.where(sign < 0, 0.0, p.limit),
        spacing=spacing, wake_pairs=coactivation, wake_rates=mean,
        wake_factor=np.where(on_both, factor, 1.0), sleep_factor=factor,
        sleep=State.silent((runs,), p.replicas, n, first[Purpose.SAMPLING]),
        shown=State.silent((runs,), 1, n, first[Purpose.WAKE]),
        pattern_draws=np.full(runs, int(Purpose.PATTERNS) << 56, np.uint64),
        rounding_draws=np.full(runs, int(Purpose.ROUNDING) << 56, np.uint64),
        validation_draws=np.full((runs, p.replicas), int(Purpose.VALIDATION) << 56, np.uint64),
    )  # fmt: skip


def _target(p: WakeSleep, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights and biases of the machine whose law is p*."""
    weights, biases = random_machine(p.neurons, seed, p.target_span)
    if p.target_signs == "dale":
        weights = constraints.follow_dale(weights, constraints.signs(p._count, p.excitatory, seed)[: p.neurons])
    return weights, biases + p.target_bias


def learn(ensemble: Ensemble, cycles: int, threads: int = 1, device: str = "cpu") -> None:
    """Go through `cycles` cycles of every run, in place; the compiled loop."""
    e, p, kernels = ensemble, ensemble.parameters, on(device)
    network = e.network()
    targets, starts = np.array(e.seeds, np.uint64).T.copy()
    time = int if p.timing == "discrete" else float
    gain, height, offset = e.neurons[:3]
    given = Training(
        cycles=cycles, weights=e.weights, biases=e.biases, gain=gain, height=height, offset=offset, plastic=e.plastic,
        aligned=np.ascontiguousarray(e.plastic & (e.pairs() | e.everywhere[:, None, None])),
        wake_pairs=e.wake_pairs, wake_rates=e.wake_rates, wake_factor=e.wake_factor, sleep_factor=e.sleep_factor,
        rates=e.rates, limit=float(p.limit), least=e.least, most=e.most, spacing=e.spacing,
        rounding_draws=e.rounding_draws, tau_ref=time(p.tau_ref), duration=time(p._span(p.cycle_length)),
        seeds=starts, runs=targets, ages=e.sleep.ages, draws=e.sleep.draws, rests=e.sleep.rests,
        cumulative=np.cumsum(e.target, axis=-1), visible=p.neurons, patterns=p.patterns if p.wake == "sampled" else 0,
        settle=time(p.settle * p.tau_ref), shown=time(p.cycle_length * p.tau_ref / p.patterns),
        wake_ages=e.shown.ages, wake_draws=e.shown.draws, wake_rests=e.shown.rests, pattern_draws=e.pattern_draws,
        rectangular_sal=int(p.window == "rectangular"),
    )  # fmt: skip
    if p.timing == "discrete":
        steps: dict[str, Any] = {"psp": network.psp_table(), "log_tau_ref": log(float(p.tau_ref))}
        steps["refractory"] = int(p.refractory or p.tau_ref)
        kernels.train_discrete(len(e.seeds), threads, given._replace(**steps))
    else:
        none = np.empty((len(e.seeds), 0))
        refractory, length = (network.refractory, network.psp_length) if network.varied else (none, none)
        kernels.train_continuous(len(e.seeds), threads, given._replace(refractory=refractory, length=length))


def validate(ensemble: Ensemble, device: str = "auto", threads: int | None = None) -> NDArray[np.float64]:
    """What the networks sample as they stand, over visible states: shape (run, 2^neurons).

    A long sleep phase with random numbers of its own: learning does not notice. Half a tau_ref is added to the time in
    every state, so that D_KL is finite where a rare state never came up.
    """
    e, p = ensemble, ensemble.parameters
    state = State(e.sleep.ages, e.validation_draws, np.full(e.validation_draws.shape, -1.0))
    targets, starts = np.array(e.seeds, dtype=object).T
    spikes = simulate(
        e.network(), p._span(p.validation_length), starts, p.replicas, record=False, device=device, threads=threads,
        start=state, first_run=targets, statistics=("occupancy",),
    )  # fmt: skip
    assert spikes.occupancy is not None
    e.validation_draws = spikes.final.draws
    time = spikes.occupancy.sum(axis=1).reshape(len(e.seeds), 1 << p.neurons, -1).sum(axis=-1)
    time += _PSEUDO_TIME * p.tau_ref
    return time / time.sum(axis=-1, keepdims=True)


def asymmetry(
    weights: NDArray[np.float64], pairs: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variance and mean of W_ij − W_ji over pairs i < j that have a synapse: (..., N, N) → two of shape (...).

    pairs : which count, shape (runs, N, N), symmetric, of weights (runs, ..., N, N); without, all where a weight ever
    is not 0. 0 where there are none.
    """
    if pairs is not None and np.any(pairs != pairs[0]):  # each run by its own
        each = [asymmetry(own, there[None]) for own, there in zip(weights, pairs, strict=True)]
        variance, mean = (np.stack(values) for values in zip(*each, strict=True))
        return variance, mean
    i, j = np.triu_indices(weights.shape[-1], 1)
    if pairs is None:
        present = np.any((weights[..., i, j] != 0) | (weights[..., j, i] != 0), axis=tuple(range(weights.ndim - 2)))
    else:
        present = pairs[0, i, j]
    difference = (weights[..., i, j] - weights[..., j, i])[..., present]
    if not present.any():
        return np.zeros(weights.shape[:-2]), np.zeros(weights.shape[:-2])
    return difference.var(axis=-1), difference.mean(axis=-1)


def train(
    parameters: WakeSleep | Sequence[WakeSleep],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Train one network a seed.

    Parameters
    ----------
    parameters : WakeSleep, or a sequence of them
        The same for all, or one for each seed; they may differ in rule, learning rates and what is drawn.
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first seeds p*, the second everything else (start, noise, neurons, spikes; two
        runs of equal start and unequal targets share what they start from, not their spikes). s is short for (s, s).
    device, threads
        As in `salkit.simulate`; results do not depend on them, nor on which other seeds are trained along.
    progress : bool, optional
        Show a progress bar on stderr (default: on a terminal).

    Returns
    -------
    Dataset
        Dimensions run, validation (coordinate `cycle`), post, pre, neuron, state:
        kl: D_KL(p*‖p) in nats, p sampled; asymmetry, asymmetry_mean: variance and mean of W_ij − W_ji over the pairs
        that can be symmetric, with both synapses and, where signs are "dale", of one sign;
        functional_asymmetry, functional_asymmetry_mean: the same of a_i W_ij h_j; weights, biases at each validation;
        target_weights, target_biases, target (p*); sampled: p at the first and the last validation (dimension end);
        synapse: whether there is one; sign: of a neuron's synapses, 0 for any; gain, height, threshold, refractory,
        psp_length. Attributes: parameters as JSON, versions, device.

    Raises
    ------
    ValueError
        For seeds or a device that are not allowed, and for parameters that cannot be trained together.
    RuntimeError
        For a device that is not there.
    MemoryError
        When the runs cannot fit.
    """
    threads, device = cpu.thread_count(threads), choice("device", device, DEVICES)
    e = begin(parameters, seeds)
    p = e.parameters
    starts = range(0, p.cycles, p.validate_every)
    length = (p.cycles * p.cycle_length + len(starts) * p.validation_length) / p.replicas
    kind, unit = ("steps", p.tau_ref) if p.timing == "discrete" else ("events", 1.0)
    device = pick_device(device, Work(kind, len(e.seeds) * p.replicas, p._count, length * unit), threads)
    kept: dict[str, list[Any]] = {name: [] for name in ("sampled", "weights", "biases", "functional")}
    for cycle in progress_bar(starts, "wake-sleep", "validation", progress):
        kept["sampled"].append(validate(e, device, threads))
        kept["weights"].append(e.weights.copy())
        kept["biases"].append(e.biases.copy())
        kept["functional"].append(e.effective()[0])
        learn(e, min(p.validate_every, p.cycles - cycle), threads, device)
    found = {name: np.stack(values, axis=1) for name, values in kept.items()}
    variance, mean = asymmetry(found["weights"], e.pairs())
    functional_variance, functional_mean = asymmetry(found["functional"], e.pairs())
    per_validation, per_neuron = ("run", "validation"), ("run", "neuron")
    return xr.Dataset(
        {
            "kl": (per_validation, kl_divergence(e.target[:, None], found["sampled"])),
            "asymmetry": (per_validation, variance),
            "asymmetry_mean": (per_validation, mean),
            "functional_asymmetry": (per_validation, functional_variance),
            "functional_asymmetry_mean": (per_validation, functional_mean),
            "weights": ((*per_validation, "post", "pre"), found["weights"]),
            "biases": ((*per_validation, "neuron"), found["biases"]),
            "target_weights": (("run", "target_post", "target_pre"), e.target_weights),
            "target_biases": (("run", "target_neuron"), e.target_biases),
            "target": (("run", "state"), e.target),
            "sampled": (("run", "end", "state"), found["sampled"][:, [0, -1]]),
            "synapse": (("run", "post", "pre"), e.plastic),
            "sign": (per_neuron, e.sign),
            **{name: (per_neuron, values) for name, values in e.neurons._asdict().items()},
        },
        coords={"cycle": ("validation", np.array(starts)), **seed_coordinates(e.seeds), "end": ["first", "last"]},
        attrs={"parameters": as_json(parameters), "device": device},
    )  # fmt: skip
