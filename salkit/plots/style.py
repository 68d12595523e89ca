"""The one look: style sheet, a table of names, colours and markers with a fixed meaning, and small helpers.

A rule that is added to `salkit.wakesleep.RULES` needs a row in `LOOKS`, and nothing else here.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["COLOURS", "LOOKS", "Look", "drawn", "label_panels", "look", "steady", "styled"]

_SHEET = Path(__file__).parent / "salkit.mplstyle"


class Look(NamedTuple):
    """How one thing is shown in every figure."""

    label: str
    colour: str
    marker: str = "o"
    line: str = "-"


# One colour, one meaning, in every figure: Okabe and Ito's for the rules, Tol's for the rest.
LOOKS = {
    # learning rules and feedback
    "sal": Look("SAL", "#0072B2", "o"),
    "hebbian": Look("Hebbian", "#D55E00", "s"),
    "kp": Look("Kolen–Pollack", "#009E73", "^"),
    "fa": Look("random (FA)", "#E69F00", "v"),
    "bp": Look("copied (BP)", "#333333", "D"),
    "sal exact": Look("SAL, exact phases", "#1E1AFF", "P"),
    # other ways to infer weights
    "rdd": Look("RDD", "#BF0000", "<"),
    "stdwi": Look("STDWI", "#E600E6", ">"),
    "weight mirror": Look("weight mirror", "#8969BF", "p"),
    "one-sided": Look("one-sided", "#730064", "h"),
    "paper": Look("SAL, phases as in the paper", "#FF6F61", "X"),
    "aligned pairs": Look("SAL on pairs only", "#FF0088", "d"),
    "rectangular window": Look("SAL, rectangular window", "#22EEBB", "^"),
    # what results are held against
    "theory": Look("theory", "#000000", ""),
    "free": Look("Hebbian, no noise", "#9A9A9A", ""),
    "matched": Look("matched synapses", "#220000", "D", "--"),
    "start": Look("before learning", "#8B7D6B", "D"),
    "guide": Look("", "#BBBBBB", ""),
    "simulation": Look("simulation", "#C9D6DF", ""),
    # timing
    "continuous": Look("continuous time", "#332288", "o"),
    "discrete": Look("discrete time", "#CC79A7", "s"),
    "authors": Look("authors' timing", "#999933", "D"),
    # pairs of spikes
    "causal": Look("causal", "#AA3377", "o"),
    "anti-causal": Look("anti-causal", "#44BBCC", "o"),
    # neurons, and the weights they receive
    "i": Look("$i$", "#117733", "o"),
    "j": Look("$j$", "#6F4E00", "o"),
    "k": Look("$k$", "#8A2BE2", "o"),
    # circuits
    "pyramidal": Look("pyramidal neuron", "#6699CC", ""),
    "interneuron": Look("interneuron", "#EE99AA", ""),
    # simulators
    "cuda": Look("salkit, GPU", "#55CC11", "^"),
    "brian2": Look("Brian2", "#9A5A1A", "D"),
    "nest": Look("NEST", "#661100", "v"),
    "loop": Look("plain loop in Numba", "#000040", "P"),
}
COLOURS = {name: kept.colour for name, kept in LOOKS.items()}

_P = ParamSpec("_P")
_DIGITS = 10
_NOTHING = 1e-12  # of the largest number of an array: what is below is a rounding error
_LEAST = 1e-250


def look(name: str) -> Look:
    """The row of a thing in `LOOKS`. Raises ValueError for a name without a row, naming those there are."""
    if name not in LOOKS:
        raise ValueError(f"no look for {name!r}; LOOKS has {', '.join(LOOKS)}")
    return LOOKS[name]


def styled(draw: Callable[_P, Figure]) -> Callable[_P, Figure]:
    """Draw `steady` numbers under the style sheet, and leave the figure to the caller instead of to pyplot."""

    @wraps(draw)
    def inner(*args: _P.args, **kwargs: _P.kwargs) -> Figure:
        with plt.style.context(_SHEET):
            figure = draw(*steady(args), **steady(kwargs))
            figure.canvas.draw()
            figure.set_layout_engine("none")  # each drawing would move the axes a little further
            plt.close(figure)
        return figure

    return inner


def steady(value: Any) -> Any:
    """The same with every float rounded to ten digits, and to 0 where it is nothing beside the largest of its array.

    The last bits of a sum or an exponential differ between processors; what they decide must not be seen.
    """
    if isinstance(value, xr.Dataset | xr.DataArray):
        return value.map(steady) if isinstance(value, xr.Dataset) else value.copy(data=steady(value.values))
    if isinstance(value, np.ndarray | float | np.floating):
        return _rounded(value)
    if isinstance(value, Mapping):
        return {key: steady(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(steady(item) for item in value))
    if isinstance(value, list | tuple):
        return type(value)(steady(item) for item in value)
    return value


def _rounded(value: Any) -> Any:
    x = np.asarray(value)
    if x.dtype.kind != "f" or x.size == 0:
        return value
    finite = np.isfinite(x)
    size = np.abs(np.where(finite, x, 0.0))
    kept = size > max(_NOTHING * float(size.max()), _LEAST)
    scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.where(kept, size, 1.0))))
    rounded = np.where(kept, np.rint(np.where(kept, x, 0.0) * scale) / scale, np.where(finite, 0.0, x))
    return rounded if isinstance(value, np.ndarray) else float(rounded)


def drawn(figure: Figure) -> list[dict[str, Any]]:
    """The numbers that a figure shows, panel by panel: lines, bands, points, bars, steps, arrows, images.

    Each is a mapping with its label where it has one, and arrays in the units of the axes.
    """
    return [panel for ax in figure.axes if (panel := _panel(ax))["shown"]]


def _panel(ax: Axes) -> dict[str, Any]:
    shown: list[dict[str, Any]] = []

    def keep(kind: str, artist: Any, **arrays: Any) -> None:
        label = str(artist.get_label() or "")
        name = {} if label.startswith("_") else {"label": label}
        shown.append({"kind": kind, **name, **{key: np.asarray(array) for key, array in arrays.items()}})

    for line in ax.lines:
        x: Any
        y: Any
        x, y = (np.ma.getdata(data) for data in line.get_data(orig=True))
        if len(np.atleast_1d(x)) and line.get_transform() == ax.transData and not isinstance(x[0], str):
            keep("line", line, x=x, y=y)
    kinds: Any = [(type(artist).__name__, artist) for artist in (*ax.collections, *ax.patches, *ax.images)]
    bars = [artist for name, artist in kinds if name == "Rectangle"]
    if bars:
        places = [(*bar.get_xy(), bar.get_width(), bar.get_height()) for bar in bars]
        shown.append({"kind": "bars", "x_y_width_height": np.array(places)})
    for name, artist in kinds:
        if name == "Quiver":
            keep("arrows", artist, x=artist.X, y=artist.Y, u=artist.U, v=artist.V)
        elif name in ("QuadMesh", "AxesImage"):
            keep("mesh", artist, values=np.ma.getdata(artist.get_array()))
        elif name == "PathCollection":
            keep("points", artist, xy=np.ma.getdata(artist.get_offsets()))
        elif name == "StepPatch":
            keep("steps", artist, values=artist.get_data().values, edges=artist.get_data().edges)
        elif hasattr(artist, "get_paths"):
            outline = np.concatenate([np.empty((0, 2)), *(path.vertices for path in artist.get_paths())])
            keep("lines" if name == "LineCollection" else "band", artist, xy=outline)
    return {"title": ax.get_title(loc="left"), "x": ax.get_xlabel(), "y": ax.get_ylabel(), "shown": shown}


def label_panels(axes: Any) -> None:
    """a, b, c … at the upper left of the panels."""
    for letter, ax in zip("abcdefghijkl", axes, strict=False):
        assert isinstance(ax, Axes)
        title = ax.get_title(loc="left")
        ax.set_title("")
        ax.set_title(f"$\\bf{{{letter}}}$  {title}".rstrip(), loc="left")
