"""The one look: style sheet, colours with a fixed meaning, small helpers."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["COLOURS", "label_panels", "styled"]

_SHEET = Path(__file__).parent / "salkit.mplstyle"

# One colour, one meaning, in every figure.
COLOURS = {
    "sal": "#0072B2",
    "hebbian": "#D55E00",
    "kp": "#009E73",
    "fa": "#E69F00",
    "bp": "#333333",
    "theory": "#222222",
    "continuous": "#0072B2",
    "discrete": "#CC79A7",
    "authors": "#E69F00",
    "causal": "#AA3377",
    "anti-causal": "#0072B2",
    "quiet": "#9A9A9A",
    "brian2": "#E69F00",
    "nest": "#333333",
    "gpu": "#009E73",
}

_P = ParamSpec("_P")


def styled(draw: Callable[_P, Figure]) -> Callable[_P, Figure]:
    """Draw under the style sheet, and leave the figure to the caller instead of to pyplot."""

    @wraps(draw)
    def inner(*args: _P.args, **kwargs: _P.kwargs) -> Figure:
        with plt.style.context(_SHEET):
            figure = draw(*args, **kwargs)
            figure.canvas.draw()
            plt.close(figure)
        return figure

    return inner


def label_panels(axes: Any) -> None:
    """a, b, c … at the upper left of the panels."""
    for letter, ax in zip("abcdefgh", axes, strict=False):
        assert isinstance(ax, Axes)
        title = ax.get_title(loc="left")
        ax.set_title("")
        ax.set_title(f"$\\bf{{{letter}}}$  {title}".rstrip(), loc="left")
