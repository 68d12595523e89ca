"""Colours of figures on a light and on a dark page.

    dark:  a grey of lightness L lies L^1.6 of the way from a dark page's text (black) to its ground (white), in Oklab;
           a colour keeps its hue and chroma, its lightness L becomes 0.48 + 0.42 L

The matrices are those of Oklab (Ottosson 2020).
"""

import math
from typing import Any

__all__ = ["dark", "light"]


def light(colour: tuple[float, ...]) -> str:
    """A colour as it is."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)


_TO_LMS = ((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
           (0.0883024619, 0.2817188376, 0.6299787005))  # fmt: skip
_TO_LAB = ((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
           (0.0259040371, 0.7827717662, -0.8086757660))  # fmt: skip
_FROM_LAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_FROM_LMS = ((4.0767416621, -3.3077115913, 0.2309699292), (-1.2684380046, 2.6097574011, -0.3413193965),
             (-0.0041960863, -0.7034186147, 1.7076147010))  # fmt: skip
_GREY = 0.045  # chroma below which a colour is a grey
_INK, _GROUND = (0.93, 0.0, 0.0), (0.2082, -0.0029, -0.0126)  # Oklab of #e9e9e9, and of #14181e, the theme's dark page


def _times(matrix: Any, vector: Any) -> list[float]:
    return [sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix]


def dark(colour: tuple[float, ...]) -> str:
    """A colour for a dark page: greys turned round, colours lightened, hue and chroma kept where sRGB has them."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    lightness, a, b = _times(_TO_LAB, [math.cbrt(part) for part in _times(_TO_LMS, linear)])
    if math.hypot(a, b) < _GREY:
        share = max(lightness, 0.0) ** 1.6
        lightness, a, b = (ink + share * (ground - ink) for ink, ground in zip(_INK, _GROUND, strict=True))
    else:
        lightness = 0.48 + 0.42 * lightness
    for share in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2, 0.0):  # less chroma until sRGB has it
        back = _times(_FROM_LMS, [part**3 for part in _times(_FROM_LAB, (lightness, share * a, share * b))])
        if all(-1e-4 <= part <= 1.0001 for part in back):
            break
    clipped = [min(max(part, 0.0), 1.0) for part in back]
    return light(tuple(12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in clipped))
