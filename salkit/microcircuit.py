"""Cortical microcircuits that learn by dendritic errors: feedback weights by SAL, at random (FA), or copied (BP).

Pyramidal neurons of layers 0 … L, in discrete time. Neuron i of a hidden layer has a basal potential from the layer
below and an apical one from the layer above, from which interneurons (y) subtract what was expected:

    v_l = W_l z_{l−1},   a_l = B_l (z_{l+1} − y_l),   u_l = b + v_l + λ_api a_l
    output   u_L = b + v_L + λ_nudge (target − v̄_L − b),   interneurons   u = b + W_{l+1} z_l

The interneurons predict the layer above from the hidden layer as its basal potentials do (the *self-predicting state*
W_ip = W_{l+1}, W_pi = −B_l, held at every step), so that a_l carries nothing but the error, fed back through B_l. Then

    W_ij ← W_ij + η [φ(ū_i) − φ(v̄_i + b)]   at every spike of j,   φ(u) = σ(u − ln tau_ref), bars: running means

follows the gradient if B_l = W_{l+1}ᵀ. "bp" copies, "fa" leaves B at random, "sal" learns it: in the last `symmetrise`
patterns of an epoch the interneurons are silent, λ_api = 1, and for spikes of hidden i and k above

    B_ik ← B_ik − η_SAL e^{−Δt/tau_ref} for Δt = t_i − t_k > 0,   + for Δt < 0   (nearest pairs).

Sources: Gierlich et al. 2025, Fig. 6; Sacramento, Costa, Bengio & Senn 2018. The order within a step:
`kernels.microcircuit`.
"""

import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from .kernels import cpu, on
from .kernels.cpu.elementary import log
from .kernels.device import pick_device
from .philox import Purpose, uniform
from .runs import as_json, each_run, seed_pairs

__all__ = ["FEEDBACK", "Microcircuit", "error_angle", "errors", "gradient", "mold", "rates", "train", "watch"]

FEEDBACK = ("sal", "fa", "bp")
_TRAIN_INPUTS = (-3.0, -2.5, -2.0, -0.8, 0.8, 2.0, 2.5, 3.0)
_VALIDATION_INPUTS = (-2.7, -1.8, -0.5, 0.5, 1.8, 2.7)
_INPUT_SPAN = 3.0
_REACH = 40  # of the exponential window, in tau_ref: e^−40 is nothing

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Microcircuit:
    """Parameters of one experiment; lengths in tau_ref. Defaults: Fig. 6.

    Parameters
    ----------
    layers : tuple of int
        Neurons of the input, of one or more hidden layers, of the output.
    feedback : "sal", "fa" or "bp"
    epochs, patterns, symmetrise : int
        Patterns an epoch, of which with "sal" the last `symmetrise` train B instead of W.
    pattern_length, settle, window : float
        Length of a pattern; plasticity and readout begin `settle` after its start; span of the running means.
    tau_ref : int
        Refractory period = length of the PSP = time constant of SAL's window, in steps.
    bias, api, nudge : float
        b, λ_api, λ_nudge.
    lr_hidden, lr_output, lr_sal : float
        η of the hidden layers, of the output layer, η_SAL.
    teacher : float, optional
        All weights of the teacher, a network of the same layers; None: random, uniform in ±`span`.
    span : float
        Forward and feedback weights start uniform in ±span.
    train_inputs, validation_inputs : int or sequence, optional
        Potentials of the input neurons, one row of `layers[0]` numbers a pattern; or how many rows to draw, uniform in
        ±3. Default: with one input neuron the paper's 8 and 6, otherwise 8 and 6 times as many rows as inputs.
    validate_every : int
        Epochs between two validations; weights are kept then, too.
    target_length : float
        The targets are the teacher's mean output potentials over that time.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    layers: tuple[int, ...] = (1, 1, 1)
    feedback: str = "sal"
    epochs: int = 150
    patterns: int = 20
    symmetrise: int = 5
    pattern_length: float = 2000
    settle: float = 200
    window: float = 200
    tau_ref: int = 10
    bias: float = -1.0
    api: float = 0.02
    nudge: float = 0.6
    lr_hidden: float = 0.2
    lr_output: float = 0.003
    lr_sal: float = 0.001
    teacher: float | None = 2.0
    span: float = 3.0
    train_inputs: Any = None
    validation_inputs: Any = None
    validate_every: int = 1
    target_length: float = 20_000

    def __post_init__(self) -> None:
        sizes = self.layers
        if not isinstance(sizes, list | tuple) or len(sizes) < 3 or not all(_whole(n, 1) for n in sizes):
            raise ValueError(f"layers must be at least three whole numbers, such as (1, 1, 1), got {sizes!r}")
        object.__setattr__(self, "layers", tuple(int(n) for n in sizes))
        if self.feedback not in FEEDBACK:
            raise ValueError(f"feedback must be one of {', '.join(FEEDBACK)}, got {self.feedback!r}")
        for name, least in (("epochs", 0), ("patterns", 1), ("symmetrise", 0), ("tau_ref", 1), ("validate_every", 1)):
            if not _whole(getattr(self, name), least):
                raise ValueError(f"{name} must be a whole number of at least {least}, got {getattr(self, name)!r}")
        for name in _NUMBERS:
            value = getattr(self, name)
            if name == "teacher" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
                raise ValueError(f"{name} must be a number, got {value!r}")
            if not np.isfinite(value) or (name in _POSITIVE and value <= 0) or (name in _SIGNLESS and value < 0):
                bound = "positive" if name in _POSITIVE else "at least 0" if name in _SIGNLESS else "a number"
                raise ValueError(f"{name} must be finite and {bound}, got {value!r}")
        if self.symmetrise > self.patterns:
            raise ValueError(f"symmetrise must not exceed patterns = {self.patterns}, got {self.symmetrise}")
        for name in ("pattern_length", "settle", "window", "target_length"):
            if getattr(self, name) * self.tau_ref != int(getattr(self, name) * self.tau_ref):
                raise ValueError(f"{name} must be a whole number of steps, got {getattr(self, name)!r} tau_ref")
        for name in ("pattern_length", "target_length"):
            if self.settle >= getattr(self, name):
                raise ValueError(f"settle must be shorter than {name} = {getattr(self, name)}, got {self.settle}")
        for name in ("train_inputs", "validation_inputs"):
            object.__setattr__(self, name, self._checked(name, getattr(self, name)))

    def _checked(self, name: str, given: Any) -> Any:
        """A number of patterns, or rows of numbers as tuples."""
        inputs = self.layers[0]
        if given is None:
            known = _TRAIN_INPUTS if name == "train_inputs" else _VALIDATION_INPUTS
            return tuple((x,) for x in known) if inputs == 1 else len(known) * inputs
        if _whole(given, 1):
            return int(given)
        try:
            rows = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            rows = np.empty(0)
        if inputs == 1 and rows.ndim == 1:
            rows = rows[:, None]
        if rows.ndim != 2 or rows.shape[1] != inputs or rows.size == 0 or not np.all(np.isfinite(rows)):
            raise ValueError(f"{name} must be a number of patterns or finite rows of {inputs} numbers, got {given!r}")
        return tuple(tuple(row) for row in rows.tolist())


_POSITIVE = ("pattern_length", "window", "target_length")
_SIGNLESS = ("settle", "api", "nudge", "lr_hidden", "lr_output", "lr_sal", "span")
_NUMBERS = (*_POSITIVE, *_SIGNLESS, "bias", "teacher")


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= least)


@dataclass
class Circuits:
    """All runs of one batch: flat weights by presynaptic neuron, where spikes and streams stand, what to learn.

    `parameters` are those of the first run; the others differ in feedback at most.
    Weights have shape (run, synapses), inputs and targets (run, patterns, n_0 or n_L), last and u (run, cells).
    """

    parameters: Microcircuit
    feedback: list[str]
    seeds: list[tuple[int, int]]
    up: _Array
    down: _Array
    teacher: _Array
    inputs: _Array
    targets: _Array
    validation_inputs: _Array
    validation_targets: _Array
    last: NDArray[np.int64]
    u: _Array
    draws: NDArray[np.uint64]
    order: _Array
    device: str = "cpu"

    @property
    def sizes(self) -> NDArray[np.int64]:
        """n_0 … n_L."""
        return np.array(self.parameters.layers, np.int64)

    def forward(self, flat: _Array | None = None) -> list[_Array]:
        """W_1 … W_L, each (run, n_l, n_{l−1})."""
        shapes = list(pairwise(self.sizes))
        return _unpack(self.up if flat is None else flat, shapes)

    def backward(self) -> list[_Array]:
        """B_1 … B_{L−1}, each (run, n_l, n_{l+1})."""
        return _unpack(self.down, list(zip(self.sizes[2:], self.sizes[1:-1], strict=True)))


def mold(parameters: Microcircuit) -> tuple[Any, ...]:
    """What runs must have in common to be trained together: all but the feedback."""
    return tuple((name, value) for name, value in asdict(parameters).items() if name != "feedback")


def begin(
    parameters: Microcircuit | Sequence[Microcircuit],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
) -> Circuits:
    """Every run before its first epoch, its targets measured on its teacher."""
    pairs = seed_pairs(seeds)
    own = each_run(parameters, Microcircuit, len(pairs), mold)
    p = own[0]
    device = pick_device(device, len(pairs))
    sizes = np.array(p.layers)
    n_up, n_down = int(np.sum(sizes[1:] * sizes[:-1])), int(np.sum(sizes[2:] * sizes[1:-1]))
    targets, starts = [target for target, _ in pairs], [start for _, start in pairs]
    teacher = np.stack(
        [_spread(t, Purpose.TEACHER, n_up, p.span) if p.teacher is None else np.full(n_up, p.teacher) for t in targets]
    )
    shown = p.epochs * p.patterns
    circuits = Circuits(
        parameters=p, feedback=[q.feedback for q in own], seeds=pairs, device=device,
        up=np.stack([_spread(s, Purpose.START, n_up, p.span) for s in starts]),
        down=np.stack([_spread(s, Purpose.FEEDBACK, n_down, p.span) for s in starts]),
        teacher=teacher,
        inputs=np.stack([_rows(p.train_inputs, p.layers[0], t, 0) for t in targets]),
        targets=np.empty(0),
        validation_inputs=np.stack([_rows(p.validation_inputs, p.layers[0], t, 1) for t in targets]),
        validation_targets=np.empty(0),
        **_silent(p, len(pairs), Purpose.SAMPLING),
        order=np.stack([uniform(s, Purpose.PATTERNS, shown).reshape(p.epochs, p.patterns) for s in starts]),
    )  # fmt: skip
    copying = np.array([feedback == "bp" for feedback in circuits.feedback])
    for layer, weights in enumerate(circuits.forward()[1:]):
        _pack_into(circuits.down, sizes, layer, weights, copying)
    every = np.concatenate([circuits.inputs, circuits.validation_inputs], axis=1)
    found = _show(
        circuits, every, np.zeros((*every.shape[:2], p.layers[-1])), [_mode()] * every.shape[1], threads,
        weights=teacher, length=p.target_length, state=_silent(p, len(pairs), Purpose.TARGETS), by_target=True,
    )  # fmt: skip
    circuits.targets, circuits.validation_targets = np.split(found, [circuits.inputs.shape[1]], axis=1)
    return circuits


def learn(circuits: Circuits, epoch: int, threads: int | None = None) -> None:
    """One epoch of training in place."""
    c, p = circuits, circuits.parameters
    shown = np.floor(c.order[:, epoch] * c.inputs.shape[1]).astype(np.int64)
    rows = np.arange(len(c.seeds))[:, None]
    aligning = _mode(api=1.0, sal=p.lr_sal, symmetrise=1.0, interneurons=0.0)
    modes = []
    for feedback in c.feedback:
        symmetrised = p.symmetrise if feedback == "sal" else 0
        forward = _mode(api=p.api, nudge=p.nudge, learn=1.0, copy=float(feedback == "bp"))
        modes.append([forward] * (p.patterns - symmetrised) + [aligning] * symmetrised)
    state = {"last": c.last, "u": c.u, "draws": c.draws}
    _show(c, c.inputs[rows, shown], c.targets[rows, shown], modes, threads, state=state)


def validate(circuits: Circuits, state: dict[str, Any], threads: int | None = None) -> tuple[_Array, _Array]:
    """Mean squared error of the output potential on the validation patterns, without and with nudging: (run,)."""
    c, p = circuits, circuits.parameters
    inputs, targets = np.tile(c.validation_inputs, (1, 2, 1)), np.tile(c.validation_targets, (1, 2, 1))
    count = c.validation_inputs.shape[1]
    modes = [_mode(api=p.api)] * count + [_mode(api=p.api, nudge=p.nudge)] * count
    error = np.mean((_show(c, inputs, targets, modes, threads, state=state) - targets) ** 2, axis=2)
    return error[:, :count].mean(axis=1), error[:, count:].mean(axis=1)


def train(
    parameters: Microcircuit | Sequence[Microcircuit],
    seeds: Sequence[Any],
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Train one microcircuit a seed.

    Parameters
    ----------
    parameters : Microcircuit, or a sequence of them
        The same for all, or one for each seed; they may differ in feedback.
    seeds : sequence of int or of pairs of int, each from 0 to 2**32 − 1
        A pair is (target, start): the first seeds teacher and inputs, the second everything else. s is short for
        (s, s). Runs of one seed share teacher, inputs, start and the order of patterns whatever the feedback.
    device, threads
        As in `salkit.simulate`; results do not depend on them, nor on which other seeds are trained along.
    progress : bool, optional
        Show a progress bar on stderr (default: on a terminal).

    Returns
    -------
    Dataset
        Dimensions run, epoch (the number of epochs learned so far), neuron_0 … neuron_L: loss, loss_nudged: mean
        squared error of the output potential on the validation inputs, without and with nudging; w_up_l (post
        neuron_l, pre neuron_{l−1}), b_down_l (post neuron_l, pre neuron_{l+1}); angle_l: between B_l and W_{l+1}ᵀ in
        degrees; teacher_l; inputs, targets, validation_inputs, validation_targets. Attributes: parameters as JSON,
        device.

    Raises
    ------
    ValueError
        For seeds or a device that are not allowed.
    RuntimeError
        For a device that is not there.
    """
    from tqdm import tqdm

    threads = cpu.thread_count(threads)
    c = begin(parameters, seeds, device, threads)
    p = c.parameters
    watching = _silent(p, len(c.seeds), Purpose.VALIDATION)
    if progress is None:
        progress = sys.stderr.isatty() and multiprocessing.parent_process() is None
    losses, up, down = [validate(c, watching, threads)], [c.forward()], [c.backward()]
    for epoch in tqdm(range(p.epochs), desc="microcircuit", unit="epoch", leave=False, disable=not progress):
        learn(c, epoch, threads)
        if (epoch + 1) % p.validate_every == 0:
            losses.append(validate(c, watching, threads))
            up.append(c.forward())
            down.append(c.backward())
    loss, nudged = np.stack(losses, axis=2)
    found: dict[str, Any] = {"loss": (("run", "epoch"), loss), "loss_nudged": (("run", "epoch"), nudged)}
    w, b = ([np.stack(weights, axis=1) for weights in zip(*kept, strict=True)] for kept in (up, down))
    for layer, weights in enumerate(w, start=1):
        found[f"w_up_{layer}"] = (("run", "epoch", f"neuron_{layer}", f"neuron_{layer - 1}"), weights)
    for layer, weights in enumerate(b, start=1):
        found[f"b_down_{layer}"] = (("run", "epoch", f"neuron_{layer}", f"neuron_{layer + 1}"), weights)
        found[f"angle_{layer}"] = (("run", "epoch"), _angle(weights, w[layer].swapaxes(-1, -2)))
    for layer, weights in enumerate(c.forward(c.teacher), start=1):
        found[f"teacher_{layer}"] = (("run", f"neuron_{layer}", f"neuron_{layer - 1}"), weights)
    top = f"neuron_{len(p.layers) - 1}"
    found |= {
        "inputs": (("run", "pattern", "neuron_0"), c.inputs),
        "targets": (("run", "pattern", top), c.targets),
        "validation_inputs": (("run", "validation_pattern", "neuron_0"), c.validation_inputs),
        "validation_targets": (("run", "validation_pattern", top), c.validation_targets),
    }
    coords = {
        "epoch": np.arange(0, p.epochs + 1, p.validate_every),
        "target_seed": ("run", np.array([target for target, _ in c.seeds], np.int64)),
        "start_seed": ("run", np.array([start for _, start in c.seeds], np.int64)),
    }
    return xr.Dataset(found, coords, {"parameters": as_json(parameters), "device": c.device})


def watch(
    parameters: Microcircuit,
    seed: Any,
    forward: Sequence[Any],
    backward: Sequence[Any],
    inputs: Any,
    targets: Any = None,
    symmetrise: bool = False,
) -> xr.Dataset:
    """Show patterns to one microcircuit and record every step; weights learn as they do in training, on copies.

    Parameters
    ----------
    parameters : Microcircuit
        Each pattern lasts `pattern_length`.
    seed : int or (int, int)
    forward, backward : sequences of arrays
        W_1 … W_L and B_1 … B_{L−1}, shapes (n_l, n_{l−1}) and (n_l, n_{l+1}).
    inputs : array, shape (patterns, n_0)
    targets : array, shape (patterns, n_L), optional
        Without, nothing is nudged and no forward weight learns.
    symmetrise : bool
        Whether SAL is at work on B, instead.

    Returns
    -------
    Dataset
        Dimensions step, neuron (pyramidal neurons of all layers, coordinate `layer`), cell (the same, then the
        interneurons): u, basal, apical; spikes (step, cell); output: mean output potentials of the patterns;
        w_up_l, b_down_l: the weights in the end.

    Raises
    ------
    ValueError
        For arrays that do not fit the layers.
    """
    p = parameters
    sizes = np.array(p.layers, np.int64)
    shapes_up = [(int(n), int(m)) for m, n in pairwise(sizes)]
    shapes_down = [(int(n), int(m)) for n, m in pairwise(sizes[1:])]
    up, down = _packed("forward", forward, shapes_up), _packed("backward", backward, shapes_down)
    x = _shaped("inputs", inputs, p.layers[0])
    y = np.zeros((len(x), p.layers[-1])) if targets is None else _shaped("targets", targets, p.layers[-1])
    if len(x) != len(y):
        raise ValueError(f"inputs and targets must have as many patterns, got {len(x)} and {len(y)}")
    if symmetrise:
        mode = _mode(api=1.0, sal=p.lr_sal, symmetrise=1.0, interneurons=0.0)
    elif targets is None:
        mode = _mode(api=p.api)
    else:
        mode = _mode(api=p.api, nudge=p.nudge, learn=1.0, copy=float(p.feedback == "bp"))
    state = _silent(p, 1, Purpose.SAMPLING)
    steps, cells, total = len(x) * round(p.pattern_length * p.tau_ref), state["last"].shape[1], int(sizes.sum())
    spikes, potentials = np.zeros((1, steps, cells), np.bool_), np.empty((1, steps, 3, total))
    circuits = Circuits(
        p, [p.feedback], seed_pairs([seed]), up[None], down[None], up[None], x[None], y[None], x[None], y[None],
        order=np.empty(0), **state,
    )  # fmt: skip
    output = _show(circuits, x[None], y[None], [mode] * len(x), 1, state=state, record=(spikes, potentials))
    found: dict[str, Any] = {
        "u": (("step", "neuron"), potentials[0, :, 0]),
        "basal": (("step", "neuron"), potentials[0, :, 1]),
        "apical": (("step", "neuron"), potentials[0, :, 2]),
        "spikes": (("step", "cell"), spikes[0]),
        "output": (("pattern", "output_neuron"), output[0]),
    }
    for layer, weights in enumerate(circuits.forward(), start=1):
        found[f"w_up_{layer}"] = ((f"neuron_{layer}", f"neuron_{layer - 1}"), weights[0])
    for layer, weights in enumerate(circuits.backward(), start=1):
        found[f"b_down_{layer}"] = ((f"neuron_{layer}", f"neuron_{layer + 1}"), weights[0])
    return xr.Dataset(found, {"layer": ("neuron", np.repeat(np.arange(len(sizes)), sizes))})


def rates(forward: Sequence[_Array], inputs: _Array, bias: float) -> tuple[list[_Array], list[_Array]]:
    """The rate network: (on-probabilities r_0 … r_L, potentials u_1 … u_L), for inputs of shape (..., patterns, n_0).

    r_0 = σ(x), u_l = b + W_l r_{l−1}, r_l = σ(u_l); weights of shape (..., n_l, n_{l−1}).
    """
    on, potentials = [_logistic(np.asarray(inputs, dtype=np.float64))], []
    for weights in forward:
        potentials.append(bias + np.einsum("...ij,...pj->...pi", weights, on[-1]))
        on.append(_logistic(potentials[-1]))
    return on, potentials


def errors(
    forward: Sequence[_Array], backward: Sequence[_Array], inputs: _Array, targets: _Array, bias: float
) -> list[_Array]:
    """Errors of the rate network's layers: e_L = target − u_L, e_l = σ'(u_l) B_l e_{l+1}, each (..., patterns, n_l)."""
    _, potentials = rates(forward, inputs, bias)
    found = [targets - potentials[-1]]
    for b, u in zip(reversed(backward), reversed(potentials[:-1]), strict=True):
        slope = _logistic(u) * (1 - _logistic(u))
        found.append(slope * np.einsum("...ik,...pk->...pi", b, found[-1]))
    return found[::-1]


def gradient(forward: Sequence[_Array], inputs: _Array, targets: _Array, bias: float) -> list[_Array]:
    """−∂/∂W_l of ½ Σ_p |target − u_L|² in the rate network: arrays of the shapes of W_1 … W_L (see `rates`)."""
    on, _ = rates(forward, inputs, bias)
    true = errors(forward, _transposed(forward), inputs, targets, bias)
    return [np.einsum("...pi,...pj->...ij", e, r) for e, r in zip(true, on[:-1], strict=True)]


def error_angle(
    forward: Sequence[_Array], backward: Sequence[_Array], inputs: _Array, targets: _Array, bias: float
) -> _Array:
    """Degrees between the errors that reach hidden layers through B and the gradient's, mean over patterns: (...)."""
    fed_back, true = (
        np.concatenate(errors(forward, b, inputs, targets, bias)[:-1], axis=-1)
        for b in (backward, _transposed(forward))
    )
    return _angle(fed_back[..., None], true[..., None]).mean(axis=-1)


def _transposed(forward: Sequence[_Array]) -> list[_Array]:
    return [np.swapaxes(w, -1, -2) for w in forward[1:]]


def _logistic(u: _Array) -> _Array:
    return 1 / (1 + np.exp(-u))


def _angle(a: _Array, b: _Array) -> _Array:
    """Degrees between matrices, taken as vectors over the last two axes; nan where one is zero."""
    dot = np.sum(a * b, axis=(-1, -2))
    with np.errstate(invalid="ignore"):
        cosine = dot / np.sqrt(np.sum(a * a, axis=(-1, -2)) * np.sum(b * b, axis=(-1, -2)))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def _mode(
    api: float = 0.0, nudge: float = 0.0, sal: float = 0.0, learn: float = 0.0, symmetrise: float = 0.0,
    copy: float = 0.0, interneurons: float = 1.0,
) -> tuple[float, ...]:  # fmt: skip
    """What a pattern is shown for: the row of `modes` in `kernels.microcircuit`."""
    return api, nudge, sal, learn, symmetrise, copy, interneurons


def _silent(p: Microcircuit, runs: int, purpose: Purpose) -> dict[str, Any]:
    """Nobody has spiked, and a stream at its beginning."""
    cells = sum(p.layers) + sum(p.layers[2:])
    return {
        "last": np.full((runs, cells), -(1 << 60), np.int64),
        "u": np.full((runs, cells), p.bias),
        "draws": np.full(runs, int(purpose) << 56, np.uint64),
    }


def _show(
    c: Circuits, inputs: _Array, targets: _Array, modes: list[Any], threads: int | None,
    state: dict[str, Any], weights: _Array | None = None, length: float | None = None, by_target: bool = False,
    record: tuple[Any, Any] | None = None,
) -> _Array:  # fmt: skip
    """Show patterns to every run, in place; mean output potentials, shape (run, patterns, n_L).

    modes: one for each pattern, or for each run one for each pattern.
    """
    p, sizes, runs = c.parameters, c.sizes, len(c.seeds)
    outputs = np.zeros((runs, inputs.shape[1], p.layers[-1]))
    spikes, potentials = record or (np.empty((runs, 0, 1), np.bool_), np.empty((runs, 0, 3, 1)))
    seeds, streams = np.array([pair[::-1] for pair in c.seeds], np.uint64).T.copy()
    if by_target:
        seeds = streams
    learning = np.array([0.0, *[p.lr_hidden] * (len(sizes) - 2), p.lr_output])
    each = np.array(np.broadcast_to(modes, (runs, inputs.shape[1], 7)))
    window = np.exp(-np.arange(_REACH * p.tau_ref) / p.tau_ref)
    steps = round((p.pattern_length if length is None else length) * p.tau_ref)
    on(c.device).run_patterns(
        runs, cpu.thread_count(threads), sizes, np.concatenate([[0], np.cumsum(sizes)]),
        c.up if weights is None else weights, c.down, float(p.bias), np.ascontiguousarray(inputs),
        np.ascontiguousarray(targets), learning, steps, round(p.settle * p.tau_ref), round(p.window * p.tau_ref),
        p.tau_ref, log(float(p.tau_ref)), each, window, seeds, streams, state["draws"], state["last"],
        state["u"], outputs, spikes, potentials,
    )  # fmt: skip
    return outputs


def _spread(seed: int, purpose: Purpose, count: int, span: float) -> _Array:
    return span * (2.0 * uniform(seed, purpose, count) - 1.0)


def _rows(given: Any, inputs: int, seed: int, run: int) -> _Array:
    if isinstance(given, int):
        return _INPUT_SPAN * (2.0 * uniform(seed, Purpose.INPUTS, given * inputs, run=run).reshape(given, inputs) - 1.0)
    return np.array(given)


def _unpack(flat: _Array, shapes: list[tuple[int, int]]) -> list[_Array]:
    """Flat weights by presynaptic neuron → copies of shape (run, post, pre)."""
    found, at = [], 0
    for pre, post in shapes:
        found.append(flat[:, at : at + pre * post].reshape(len(flat), pre, post).swapaxes(1, 2).copy())
        at += pre * post
    return found


def _pack_into(down: _Array, sizes: NDArray[Any], layer: int, weights: _Array, runs: NDArray[np.bool_]) -> None:
    """B of hidden layer `layer` + 1 = Wᵀ in the chosen runs: by presynaptic neuron k above that is W[k, i], by row."""
    at = int(np.sum(sizes[2 : 2 + layer] * sizes[1 : 1 + layer]))
    down[runs, at : at + weights[0].size] = weights.reshape(len(weights), -1)[runs]


def _packed(name: str, given: Sequence[Any], shapes: list[tuple[int, int]]) -> _Array:
    arrays = [np.asarray(w, dtype=np.float64) for w in given]
    if [w.shape for w in arrays] != shapes or not all(np.all(np.isfinite(w)) for w in arrays):
        raise ValueError(f"{name} must be finite arrays of shapes {shapes}, got {[w.shape for w in arrays]}")
    return np.concatenate([w.T.ravel() for w in arrays])


def _shaped(name: str, given: Any, width: int) -> _Array:
    array = np.asarray(given, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != width or len(array) == 0 or not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite and have shape (patterns, {width}), got {array.shape}")
    return array
