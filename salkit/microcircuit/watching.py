"""One microcircuit, step by step."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..philox import Purpose
from ..runs import seed_pairs
from ..values import MOST, array, flag, instance, room, shown
from .circuits import Circuits, mode, show, silent
from .parameters import Microcircuit

__all__ = ["left_over", "watch"]


def watch(
    parameters: Microcircuit,
    seed: Any,
    forward: Sequence[Any],
    backward: Sequence[Any],
    inputs: Any,
    targets: Any = None,
    symmetrise: bool = False,
    lateral: Sequence[Any] | None = None,
    rehearse: bool = False,
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
        Whether SAL is at work on B, as in the paper's protocol, instead.
    lateral : pair of sequences of arrays, optional
        W_ip and W_pi of interneurons with weights of their own, shaped as W_2 … W_L and B_1 … B_{L−1}.
    rehearse : bool
        Whether these learn, without targets.

    Returns
    -------
    Dataset
        Dimensions step, neuron (pyramidal neurons of all layers, coordinate `layer`), cell (the same, then the
        interneurons): u, basal, apical; spikes (step, cell); output: mean output potentials of the patterns;
        w_up_l, b_down_l, with lateral w_ip_l and w_pi_l: the weights in the end.

    Raises
    ------
    ValueError
        For arrays that do not fit the layers, and for learning of several kinds at once.
    MemoryError
        When the record cannot fit.
    """
    p, symmetrise = instance("parameters", parameters, Microcircuit), flag("symmetrise", symmetrise)
    sizes = np.array(p.layers, np.int64)
    shapes_up = [(int(n), int(m)) for m, n in pairwise(sizes)]
    shapes_down = [(int(n), int(m)) for n, m in pairwise(sizes[1:])]
    up, down = _packed("forward", forward, shapes_up), _packed("backward", backward, shapes_down)
    x = _shaped("inputs", inputs, p.layers[0])
    y = np.zeros((len(x), p.layers[-1])) if targets is None else _shaped("targets", targets, p.layers[-1])
    if len(x) != len(y):
        raise ValueError(f"inputs and targets must have as many patterns, got {len(x)} and {len(y)}")
    predict = cancel = np.empty(0)
    if lateral is not None:
        if isinstance(lateral, str | bytes) or not hasattr(lateral, "__len__") or len(lateral) != 2:
            raise ValueError(f"lateral must be a pair, W_ip and W_pi, got {shown(lateral)}")
        predict = _packed("W_ip of lateral", lateral[0], shapes_up[1:])
        cancel = _packed("W_pi of lateral", lateral[1], shapes_down)
    if flag("rehearse", rehearse) and (lateral is None or targets is not None or symmetrise):
        raise ValueError("rehearse needs lateral weights, and neither targets nor symmetrise")
    if symmetrise:
        shown_for = mode(api=1.0, sal=p.lr_sal, symmetrise=1.0, interneurons=0.0)
    elif targets is None:
        shown_for = mode(api=p.api)
    else:
        shown_for = mode(api=p.api, nudge=p.nudge, learn=1.0, copy=float(p.feedback == "bp"))
    state = silent(p, 1, Purpose.SAMPLING)
    steps, cells, total = len(x) * round(p.pattern_length * p.tau_ref), state["last"].shape[1], int(sizes.sum())
    room(f"every step of {len(x)} patterns", steps * (cells / 8 + 3.0 * total), "use fewer or shorter patterns")
    spikes, potentials = np.zeros((1, steps, cells), np.bool_), np.empty((1, steps, 3, total))
    circuits = Circuits(
        p, [p.feedback], seed_pairs([seed]), up[None], down[None], up[None], x[None], y[None], x[None], y[None],
        order=np.empty(0), predict=predict[None], cancel=cancel[None], **state,
    )  # fmt: skip
    output = show(
        circuits, x[None], y[None], [shown_for] * len(x), 1, state=state, record=(spikes, potentials), lateral=rehearse
    )
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
    for layer, (onto, of) in enumerate(zip(*circuits.lateral(), strict=True) if lateral is not None else (), start=1):
        found[f"w_ip_{layer}"] = ((f"neuron_{layer + 1}", f"neuron_{layer}"), onto[0])
        found[f"w_pi_{layer}"] = ((f"neuron_{layer}", f"neuron_{layer + 1}"), of[0])
    return xr.Dataset(found, {"layer": ("neuron", np.repeat(np.arange(len(sizes)), sizes))})


def left_over(
    parameters: Microcircuit,
    seed: Any,
    forward: Sequence[Any],
    backward: Sequence[Any],
    inputs: Any,
    lateral: Sequence[Any] | None = None,
) -> float:
    """What interneurons leave of the apical potential without a target: 0 in the self-predicting state.

    Arguments and errors as of `watch`. Returns the root mean square, over hidden neurons and inputs, of the mean apical
    potential from `settle` on; noise of spikes alone leaves some |B|/√(pattern_length).
    """
    p = instance("parameters", parameters, Microcircuit)
    ds = watch(p, seed, forward, backward, inputs, lateral=lateral)
    hidden = ds.apical.values[:, (ds.layer.values > 0) & (ds.layer.values < len(p.layers) - 1)]
    steps, skipped = (round(time * p.tau_ref) for time in (p.pattern_length, p.settle))
    means = hidden.reshape(-1, steps, hidden.shape[1])[:, skipped:].mean(axis=1)
    return float(np.sqrt(np.mean(means**2)))


def _packed(name: str, given: Any, shapes: list[tuple[int, int]]) -> NDArray[np.float64]:
    if isinstance(given, str | bytes) or not hasattr(given, "__len__"):
        raise ValueError(f"{name} must be arrays of shapes {shapes}, got {shown(given)}")
    arrays = [array(name, w, least=-MOST, most=MOST) for w in given]
    if (found := [w.shape for w in arrays]) != shapes:
        raise ValueError(f"{name} must be arrays of shapes {shapes}, got {found}")
    return np.concatenate([w.T.ravel() for w in arrays])


def _shaped(name: str, given: Any, width: int) -> NDArray[np.float64]:
    rows = array(name, given, least=-MOST, most=MOST)
    if rows.ndim != 2 or rows.shape[1] != width or len(rows) == 0:
        raise ValueError(f"{name} must have shape (patterns, {width}), got {rows.shape}")
    return rows
