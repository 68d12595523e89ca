"""Two neurons under SAL, to play with: sliders for the weights, biases, refractory period and PSP, in a notebook.

`numbers` gives, for one setting, the spike-timing difference distribution, SAL's drift per pair, and the path on which
both weights move by their mean drift: 40 updates of `RATE` = η × pairs each,

    w_ij ← w_ij + RATE · d_ij(w_ij, w_ji),   w_ji ← w_ji − RATE · d_ij(w_ij, w_ji)

`show` draws them beside the phase plane, with ipywidgets (extra `lab`). The site's explorer computes the same in the
browser and is tested against this module. PSPs are named as there; their time constant counts in tau_ref.
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from . import plots, stdd

__all__ = ["RATE", "SHAPES", "UPDATES", "numbers", "path", "plane", "show", "summary"]

SHAPES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "continuous": {"label": "rectangular, continuous time", "timing": "continuous", "psp": "rectangular"},
        "rectangular": {"label": "rectangular, discrete time", "timing": "discrete", "psp": "rectangular"},
        "cutoff": {"label": "exponential, cut off, discrete time", "timing": "discrete", "psp": "cutoff"},
        "exponential": {"label": "exponential, discrete time", "timing": "discrete", "psp": "exponential"},
        "tail": {"label": "rectangular with a tail, discrete time", "timing": "discrete", "psp": "tail"},
        "alpha": {"label": "alpha function, discrete time", "timing": "discrete", "psp": "alpha"},
    }
)
UPDATES = 40
RATE = 2.0
_GRID = np.linspace(-2, 2, 9)


def _settings(tau_ref: int, shape: str, tau_syn: float) -> dict[str, Any]:
    """Keyword arguments of `salkit.stdd` for a named shape."""
    if shape not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}, got {shape!r}")
    kind = SHAPES[shape]
    syn = None if kind["psp"] == "rectangular" else tau_syn * tau_ref
    return {"tau_ref": tau_ref, "timing": kind["timing"], "psp": kind["psp"], "tau_syn": syn}


def path(
    w_ij: float, w_ji: float, b_i: float, b_j: float, tau_ref: int, shape: str = "continuous", tau_syn: float = 0.5
) -> NDArray[np.float64]:
    """Both weights after 0 … `UPDATES` updates: shape (UPDATES + 1, 2), columns w_ij and w_ji.

    Parameters
    ----------
    w_ij, w_ji, b_i, b_j : float
        Weight from j to i, weight from i to j, biases.
    tau_ref : int
        Refractory period in steps.
    shape : one of `SHAPES`
    tau_syn : float
        Time constant of the PSP in units of tau_ref; a rectangle has none.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    settings, points = _settings(tau_ref, shape, tau_syn), [(float(w_ij), float(w_ji))]
    for _ in range(UPDATES):
        here_ij, here_ji = points[-1]
        move = RATE * float(stdd.sal_drift(here_ij, here_ji, b_i, b_j, **settings)[0])
        points.append((here_ij + move, here_ji - move))
    return np.array(points)


def numbers(
    w_ij: float, w_ji: float, b_i: float, b_j: float, tau_ref: int, shape: str = "continuous", tau_syn: float = 0.5
) -> xr.Dataset:
    """What the explorer shows: `density` (per tau_ref) by `lag` (steps), `drift_ij` per pair, `weights` by `update`,
    `causal` and `anti_causal`, the shares of all pairs with 0 < Δt ≤ tau_ref and −tau_ref ≤ Δt < 0, whatever the bins.

    Arguments and errors as `path`.
    """
    settings = _settings(tau_ref, shape, tau_syn)
    lags, p = stdd.distribution(w_ij, w_ji, b_i, b_j, t_max=3 * tau_ref, **settings)
    mean = (w_ij + w_ji) / 2
    equal = stdd.distribution(mean, mean, b_i, b_j, t_max=3 * tau_ref, **settings)[1]
    drift = stdd.sal_drift(w_ij, w_ji, b_i, b_j, **settings)[0]
    if settings["timing"] == "continuous":
        two = stdd.continuous.TwoNeurons(*(np.array(x, np.float64) for x in (w_ij, w_ji, b_i, b_j)))
        causal, anti_causal = (float(two.integral(k, np.ones_like) / two.pairs) for k in (0, 1))
    else:
        near = np.abs(lags) <= tau_ref
        causal, anti_causal = (float(p[near & (lags * sign > 0)].sum()) for sign in (1, -1))
    return xr.Dataset(
        {
            "density": ("lag", p * tau_ref),
            "density_equal": ("lag", equal * tau_ref),
            "drift_ij": float(drift),
            "causal": causal,
            "anti_causal": anti_causal,
            "weights": (("update", "weight"), path(w_ij, w_ji, b_i, b_j, tau_ref, shape, tau_syn)),
        },
        coords={"lag": lags, "update": np.arange(UPDATES + 1), "weight": ["w_ij", "w_ji"]},
        attrs={"b_i": b_i, "b_j": b_j, "tau_ref": tau_ref, "shape": shape, "tau_syn": tau_syn},
    )


@lru_cache(maxsize=64)
def plane(b_i: float, b_j: float, tau_ref: int, shape: str = "continuous", tau_syn: float = 0.5) -> xr.Dataset:
    """SAL's drift over weights −2 … 2 in steps of 0.5, as `salkit.stdd.phase_plane`, with `rest`: the w_ij at which it
    vanishes for each w_ji, nan outside the grid.

    `rest` is interpolated on the grid. Arguments and errors as `path`.
    """
    field = stdd.phase_plane(_GRID, b_i, b_j, **_settings(tau_ref, shape, tau_syn))
    columns = field.drift_ij.values.T  # a row for each w_ji, falling in w_ij
    rest = [np.interp(0, -row, _GRID) if row[0] >= -1e-12 and row[-1] <= 1e-12 else np.nan for row in columns]
    return field.assign(rest=("w_ji", np.array(rest, dtype=np.float64)))


def summary(ds: xr.Dataset) -> str:
    """The result of `numbers` in a sentence or two."""
    (w_ij, w_ji), (end_ij, end_ji) = ds.weights.values[0], ds.weights.values[-1]
    causal, anti, drift = float(ds.causal), float(ds.anti_causal), float(ds.drift_ij)
    return (
        f"W_ij = {w_ij:.2f}, W_ji = {w_ji:.2f}. Within one refractory period i follows j in {100 * causal:.1f} % of "
        f"all pairs, j follows i in {100 * anti:.1f} %. Drift of W_ij {drift:.4f} per pair, of W_ji {-drift:.4f}. "
        f"After {UPDATES} updates: W_ij = {end_ij:.3f}, W_ji = {end_ji:.3f}."
    )


def show() -> Any:
    """Sliders and three pictures as an ipywidgets box: the last expression of a notebook cell shows it.

    Raises
    ------
    RuntimeError
        Where ipywidgets is not installed.
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        raise RuntimeError("the explorer needs ipywidgets: pip install ipywidgets (or salkit[lab])") from None

    def slider(text: str, value: float, low: float, high: float, step: float, kind: Any = widgets.FloatSlider) -> Any:
        return kind(value, min=low, max=high, step=step, description=text, continuous_update=False)

    controls = {
        "w_ij": slider("W_ij", 1.5, -2, 2, 0.05),
        "w_ji": slider("W_ji", 0.5, -2, 2, 0.05),
        "b_i": slider("b_i", -0.5, -2, 2, 0.1),
        "b_j": slider("b_j", -0.2, -2, 2, 0.1),
        "tau_ref": slider("tau_ref", 15, 5, 20, 1, widgets.IntSlider),
        "shape": widgets.Dropdown(options=[(kind["label"], name) for name, kind in SHAPES.items()], description="PSP"),
        "tau_syn": slider("tau_syn", 0.5, 0.2, 0.6, 0.1),
    }
    picture, text = widgets.Image(format="png"), widgets.HTML()

    def update(_: Any = None) -> None:
        chosen = {name: control.value for name, control in controls.items()}
        controls["tau_syn"].disabled = SHAPES[chosen["shape"]]["psp"] == "rectangular"
        ds = numbers(**chosen)
        field = plane(chosen["b_i"], chosen["b_j"], chosen["tau_ref"], chosen["shape"], chosen["tau_syn"])
        buffer = io.BytesIO()
        plots.explorer(ds, field).savefig(buffer, format="png", dpi=110)
        picture.value, text.value = buffer.getvalue(), summary(ds)

    for control in controls.values():
        control.observe(update, names="value")
    update()
    return widgets.VBox([*controls.values(), text, picture])
