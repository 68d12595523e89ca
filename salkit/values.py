"""Checks of values: what is wrong is one error of one line that names the value and what is allowed.

A check takes a name and a value, returns the value as the type the code goes on with, and raises. Parameters of frozen
dataclasses carry theirs in the field,

    cycles: int = checked(20_001, whole, least=1)

and `check_fields`, called in `__post_init__`, runs them all.
"""

import dataclasses
import os
import sys
from collections.abc import Callable, Collection
from functools import cache, partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MOST",
    "array",
    "broadcast",
    "check_fields",
    "checked",
    "choice",
    "flag",
    "instance",
    "member_indices",
    "number",
    "room",
    "shape_of",
    "shown",
    "whole",
]

_T = TypeVar("_T")

MOST = 1e6  # of rates, standard deviations and other amounts: larger ones end in NaN
_WHOLE = 2**53  # beyond it a float no longer holds every whole number
_WORDS = {2**32 - 1: "2**32 - 1", 2**64 - 1: "2**64 - 1", _WHOLE: "2**53"}


def shown(value: Any) -> str:
    """A value in a message: one line of at most 80 characters."""
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"an array of shape {value.shape}"
    try:
        text = " ".join(repr(value).split())
    except Exception:  # whatever a foreign object raises, or a whole number of too many digits
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 80 else text[:76] + " ..."


def whole(name: str, value: Any, least: int = 0, most: int = _WHOLE) -> int:
    """A whole number within bounds. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        open_ended = most == _WHOLE and not (isinstance(value, int | np.integer) and value > most)
        allowed = f"of at least {least}" if open_ended else f"from {least} to {_WORDS.get(most, most)}"
        raise ValueError(f"{name} must be a whole number {allowed}, got {shown(value)}")
    return int(value)


def number(
    name: str, value: Any, least: float = -np.inf, most: float = np.inf, positive: bool = False, steps: bool = False
) -> Any:
    """A finite number within bounds, as int or float; with `steps` a whole one. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ValueError(f"{name} must be a number, got {shown(value)}")
    bound = "" if least == -np.inf else f" and at least {least:g}"
    if positive:
        bound = " and positive"
    infinite = isinstance(value, float | np.floating) and not np.isfinite(value)
    if infinite or value < least or (positive and value <= 0):
        raise ValueError(f"{name} must be finite{bound}, got {shown(value)}")
    if value > (most := min(most, sys.float_info.max)):
        raise ValueError(f"{name} must be at most {most:g}, got {shown(value)}")
    if steps and value != int(value):
        raise ValueError(f"{name} must be a whole number of steps, got {shown(value)}")
    return value.item() if isinstance(value, np.generic) else value


def choice(name: str, value: Any, allowed: Collection[str]) -> str:
    """One of the names allowed. Raises ValueError."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {shown(value)}")
    return value


def flag(name: str, value: Any) -> bool:
    """True or False. Raises ValueError."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def instance(name: str, value: Any, kind: type[_T]) -> _T:
    """An object of a class. Raises ValueError."""
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be a {kind.__name__}, got {shown(value)}")
    return value


def array(
    name: str,
    value: Any,
    ndim: int | None = None,
    least: float = -np.inf,
    most: float = np.inf,
    finite: bool = True,
    what: str = "an array of numbers",
) -> NDArray[np.float64]:
    """A float64 copy of numbers, any shape or of `ndim` axes. Raises ValueError.

    With finite=False infinities are allowed, NaN is not.
    """
    try:
        given = np.asarray(value)
    except Exception:  # ragged lists, and what foreign objects raise
        given = np.empty(0, dtype=object)
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be {what}, got {shown(value)}")
    if ndim is not None and given.ndim != ndim:
        axes = "one-dimensional" if ndim == 1 else f"of {ndim} dimensions"
        raise ValueError(f"{name} must be {axes}, got shape {given.shape}")
    numbers = np.array(given, dtype=np.float64)
    wrong = ~np.isfinite(numbers) if finite else np.isnan(numbers)
    if np.any(wrong):
        word = "finite" if finite else "numbers"
        raise ValueError(f"{name} must be {word}, got {numbers[wrong].flat[0]}")
    for outside, bound in ((numbers < least, f"at least {least:g}"), (numbers > most, f"at most {most:g}")):
        if np.any(outside):
            raise ValueError(f"{name} must be {bound}, got {numbers[outside].flat[0]}")
    return numbers


def shape_of(name: str, value: Any) -> tuple[int, ...]:
    """The shape of a number or an array. Raises ValueError for lists of unequal lengths."""
    try:
        return np.shape(value)
    except Exception:  # NumPy raises ValueError, foreign objects anything
        raise ValueError(f"{name} must be a number or an array, got {shown(value)}") from None


def broadcast(*shapes: tuple[int, ...]) -> bool:
    """Whether shapes broadcast."""
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def member_indices(members: Any, ensemble: tuple[int, ...]) -> NDArray[np.int64]:
    """Numbers of the members that an index, slice or mask along the ensemble axes picks, in their new shape.

    Raises IndexError.
    """
    pick = members if isinstance(members, tuple) else (members,)
    try:
        if len(pick) > len(ensemble) or any(item is Ellipsis or isinstance(item, bool | None) for item in pick):
            raise IndexError
        return np.arange(int(np.prod(ensemble))).reshape(ensemble)[members]
    except (IndexError, ValueError, TypeError):
        raise IndexError(f"index {shown(members)} does not fit the ensemble axes {ensemble}") from None


def room(what: str, numbers: float, instead: str) -> None:
    """Raise MemoryError where so many numbers of 8 bytes are more than the machine's memory, saying what to change."""
    size, there = 8e-9 * float(numbers), 1e-9 * _memory()
    if size > there:
        raise MemoryError(f"{what} needs {size:.3g} GB, this machine has {there:.3g} GB: {instead}")


@cache
def _memory() -> int:
    """Bytes of this machine; 16 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**34


def checked(default: Any, check: Callable[..., Any], optional: bool = False, **bounds: Any) -> Any:
    """A dataclass field with its default and its check; where `optional`, None passes."""
    return dataclasses.field(default=default, metadata={"check": partial(check, **bounds), "optional": optional})


def check_fields(parameters: Any) -> None:
    """Run the checks of all fields of a frozen dataclass and keep what they return. Raises ValueError."""
    for field in dataclasses.fields(parameters):
        check, value = field.metadata.get("check"), getattr(parameters, field.name, None)
        if check is not None and not (value is None and field.metadata["optional"]):
            object.__setattr__(parameters, field.name, check(field.name, value))
