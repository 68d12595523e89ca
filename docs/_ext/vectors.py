"""Figures for the site, as SVG, from the PDFs that Matplotlib writes (`pdf`); `colours` maps theirs to a page's.

    x' = C x     C: product of the matrices in force; the page's y axis points up, SVG's down

Matplotlib's PDFs have few operators: paths, clips, two kinds of colour, glyphs as paths (Type 3 fonts), markers as
forms, pictures. Anything else is an error, not a guess. Pictures (`imshow`, rasterised points) keep their colours.
"""

import base64
import html
import io
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from pdf import Document, Reference, Stream, Word, tokens
from PIL import Image

__all__ = ["Page", "svg"]

Matrix = tuple[float, float, float, float, float, float]
_PAINTS = {"S": (False, True), "s": (False, True), "f": (True, False), "B": (True, True), "b": (True, True)}
_CAPS, _JOINS = ("butt", "round", "square"), ("miter", "round", "bevel")


@dataclass(frozen=True)
class State:
    matrix: Matrix
    fill: tuple[float, ...] = (0.0, 0.0, 0.0)
    stroke: tuple[float, ...] = (0.0, 0.0, 0.0)
    fill_alpha: float = 1.0
    stroke_alpha: float = 1.0
    width: float = 1.0
    cap: int = 0
    join: int = 0
    dash: tuple[float, ...] = ()
    dash_start: float = 0.0
    clip: str = ""


@dataclass
class Page:
    """One page of a PDF as SVG: `width`, `height` in points, `svg(colour)` with every colour mapped."""

    width: float
    height: float
    items: list[tuple[State, bool, bool, str]] = field(default_factory=list)  # state, filled?, stroked?, element
    shared: dict[str, str] = field(default_factory=dict)  # elements in <defs>

    def svg(self, colour: Callable[[tuple[float, ...]], str]) -> str:
        def style(item: tuple[State, bool, bool, str]) -> tuple[str, str]:
            state, filled, stroked, _ = item
            said = {"fill": colour(state.fill) if filled else "none"}
            if filled and state.fill_alpha < 1:
                said["fill-opacity"] = _number(state.fill_alpha)
            if stroked:
                scale = math.sqrt(abs(state.matrix[0] * state.matrix[3] - state.matrix[1] * state.matrix[2]))
                said |= {"stroke": colour(state.stroke), "stroke-width": _number(max(state.width * scale, 0.1))}
                said |= {"stroke-linecap": _CAPS[state.cap], "stroke-linejoin": _JOINS[state.join]}
                if state.stroke_alpha < 1:
                    said["stroke-opacity"] = _number(state.stroke_alpha)
                if state.dash:
                    said["stroke-dasharray"] = " ".join(_number(part * scale) for part in state.dash)
                    said["stroke-dashoffset"] = _number(state.dash_start * scale)
            return state.clip, "".join(f' {name}="{html.escape(value)}"' for name, value in said.items())

        body = []
        for clip, clipped in groupby(self.items, lambda item: item[0].clip):
            inside = [
                f"<g{attributes}>" + "".join(item[3] for item in same) + "</g>"
                for (_, attributes), same in groupby(clipped, style)
            ]
            body.append(f'<g clip-path="url(#{clip})">' + "".join(inside) + "</g>" if clip else "".join(inside))
        size = f"{_number(self.width)} {_number(self.height)}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_number(self.width)}pt" '
            f'height="{_number(self.height)}pt"><defs>{"".join(self.shared.values())}</defs>{"".join(body)}</svg>\n'
        )


def svg(data: bytes) -> Page:
    """The page of a figure's PDF. Raises ValueError for an operator that Matplotlib does not write."""
    document = Document(data)
    page = document.page()
    left, low, right, top = page["MediaBox"]
    drawn = Page(right - left, top - low)
    start = State((1.0, 0.0, 0.0, -1.0, -left, top))
    _Interpreter(document, drawn).run(document[page["Contents"]].data, document[page["Resources"]], start)
    return drawn


class _Interpreter:
    def __init__(self, document: Document, page: Page) -> None:
        self.document, self.page = document, page
        self.glyphs: dict[tuple[int, int], tuple[str, float]] = {}

    def run(self, content: bytes, resources: dict[str, Any], state: State) -> None:
        states: list[State] = []
        path: list[tuple[str, tuple[float, ...]]] = []
        operands: list[Any] = []
        clipping, font, size, line = False, None, 0.0, (0.0, 0.0)
        pen = 0.0
        for value, _ in tokens(content):
            if not isinstance(value, Word):
                operands.append(value)
                continue
            o, operands = operands, []
            match value:
                case "q":
                    states.append(state)
                case "Q":
                    state = states.pop()
                case "cm":
                    state = replace(state, matrix=_product(tuple(o), state.matrix))
                case "m" | "l" | "c":
                    path.append((value, tuple(o)))
                case "re":
                    x, y, w, h = o
                    path += [("m", (x, y)), ("l", (x + w, y)), ("l", (x + w, y + h)), ("l", (x, y + h)), ("h", ())]
                case "h":
                    path.append(("h", ()))
                case "W":
                    clipping = True
                case "S" | "s" | "f" | "B" | "b" | "n":
                    outline = _outline(path + [("h", ())] * (value in "sb"), state.matrix)
                    if clipping:
                        state, clipping = replace(state, clip=self._clip(outline, state.clip)), False
                    elif value != "n" and outline:
                        self._draw(state, *_PAINTS[value], f'<path d="{outline}"/>')
                    path = []
                case "g" | "rg":
                    state = replace(state, fill=tuple(o) * (3 if value == "g" else 1))
                case "G" | "RG":
                    state = replace(state, stroke=tuple(o) * (3 if value == "G" else 1))
                case "w":
                    state = replace(state, width=o[0])
                case "J":
                    state = replace(state, cap=int(o[0]))
                case "j":
                    state = replace(state, join=int(o[0]))
                case "d":
                    state = replace(state, dash=tuple(o[0]), dash_start=o[1])
                case "gs":
                    entries = self.document[self.document[resources["ExtGState"]][o[0]]]
                    state = replace(state, fill_alpha=entries.get("ca", 1.0), stroke_alpha=entries.get("CA", 1.0))
                case "BT":
                    line, pen = (0.0, 0.0), 0.0
                case "Tf":
                    font, size = self.document[resources["Font"]][o[0]], o[1]
                case "Td":
                    line, pen = (line[0] + o[0], line[1] + o[1]), 0.0
                case "Tj" | "TJ":
                    for part in o[0] if value == "TJ" else o:
                        if isinstance(part, float):
                            pen -= part / 1000 * size
                            continue
                        for code in part:
                            pen += self._glyph(font, code, size, (line[0] + pen, line[1]), state)
                case "Do":
                    self._object(self.document[self.document[resources["XObject"]][o[0]]], o[0], resources, state)
                case "CS" | "cs" | "ET":
                    pass
                case _:
                    raise ValueError(f"a PDF with the operator {value!r}, which Matplotlib does not write")

    def _draw(self, state: State, filled: bool, stroked: bool, element: str) -> None:
        filled, stroked = filled and state.fill_alpha > 0, stroked and state.stroke_alpha > 0 and state.width > 0
        if filled or stroked:
            self.page.items.append((state, filled, stroked, element))

    def _share(self, kind: str, text: str) -> str:
        """The name in <defs> of an element, given without its id."""
        found = self.page.shared
        name = next((key for key, known in found.items() if known == text.replace("*", key, 1)), "")
        if not name:
            name = f"{kind}{len(found)}"
            found[name] = text.replace("*", name, 1)
        return name

    def _clip(self, outline: str, within: str) -> str:
        inside = f' clip-path="url(#{within})"' if within else ""
        return self._share("c", f'<clipPath id="*"{inside}><path d="{outline}"/></clipPath>')

    def _glyph(self, font: Reference, code: int, size: float, at: tuple[float, float], state: State) -> float:
        """Draw a glyph; return how far the pen moves."""
        if (font.number, code) not in self.glyphs:
            entries = self.document[font]
            if entries["Subtype"] != "Type3":
                raise ValueError(f"a PDF with a font of type {entries['Subtype']}; Matplotlib's default is Type 3")
            names, place = {}, 0
            for item in self.document[entries["Encoding"]]["Differences"]:
                if isinstance(item, float):
                    place = int(item)
                else:
                    names[place], place = item, place + 1
            advance = self.document[entries["Widths"]][code - int(entries["FirstChar"])] / 1000
            outline = self._outline_of(self.document[self.document[entries["CharProcs"]][names[code]]].data)
            name = self._share("g", f'<path id="*" d="{outline}"/>') if outline else ""
            self.glyphs[font.number, code] = name, advance
        name, advance = self.glyphs[font.number, code]
        if name:
            scale = size / 1000
            matrix = _product((scale, 0.0, 0.0, scale, *at), state.matrix)
            place = " ".join(_number(part, 5 if k < 4 else 2) for k, part in enumerate(matrix))
            self._draw(state, True, False, f'<use href="#{name}" transform="matrix({place})"/>')
        return advance * size

    def _outline_of(self, content: bytes) -> str:
        path: list[tuple[str, tuple[float, ...]]] = []
        operands: list[Any] = []
        for value, _ in tokens(content):
            if not isinstance(value, Word):
                operands.append(value)
                continue
            if value in ("m", "l", "c", "h"):
                path.append((str(value), tuple(operands)))
            elif value not in ("d1", "f"):
                raise ValueError(f"a glyph with the operator {value!r}")
            operands = []
        return _outline(path, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))

    def _object(self, found: Stream, name: str, resources: dict[str, Any], state: State) -> None:
        if found.entries["Subtype"] == "Form":
            matrix = found.entries.get("Matrix")
            inner = replace(state, matrix=_product(tuple(matrix), state.matrix)) if matrix else state
            own = self.document[found.entries.get("Resources", resources)]
            before = len(self.page.items)
            self.run(found.data, own, replace(inner, matrix=(*inner.matrix[:4], 0.0, 0.0)))
            x, y = (_number(part) for part in inner.matrix[4:])
            for k in range(before, len(self.page.items)):  # drawn at the origin, so that markers share their outline
                was, filled, stroked, element = self.page.items[k]
                if element.startswith("<path"):
                    key = self._share("m", element.replace("<path", '<path id="*"'))
                    self.page.items[k] = (was, filled, stroked, f'<use href="#{key}" x="{x}" y="{y}"/>')
                else:
                    moved = f'<g transform="translate({x} {y})">{element}</g>'
                    self.page.items[k] = (was, filled, stroked, moved)
            return
        a, b, c, d, e, f = _product((1.0, 0.0, 0.0, -1.0, 0.0, 1.0), state.matrix)  # pictures run from top to bottom
        place = " ".join(_number(part, 4) for part in (a, b, c, d, e, f))
        data = base64.b64encode(self._picture(found)).decode()
        self._draw(
            replace(state, fill_alpha=1.0), True, False,
            f'<image width="1" height="1" preserveAspectRatio="none" image-rendering="pixelated" '
            f'transform="matrix({place})" href="data:image/png;base64,{data}"/>',
        )  # fmt: skip

    def _picture(self, found: Stream) -> bytes:
        picture = _raster(self.document, found)
        if "SMask" in found.entries:
            picture = picture.convert("RGB")
            picture.putalpha(_raster(self.document, self.document[found.entries["SMask"]]).convert("L"))
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
        return out.getvalue()


def _raster(document: Document, found: Stream) -> Image.Image:
    """A picture: its rows are a PNG's, so a PNG is put around them."""
    entries = found.entries
    parameters = document[entries.get("DecodeParms", {})]
    space = document[entries["ColorSpace"]]
    size, bits = (int(entries["Width"]), int(entries["Height"])), int(entries["BitsPerComponent"])
    indexed = isinstance(space, list)
    kind = 3 if indexed else {"DeviceRGB": 2, "DeviceGray": 0}[space]
    if parameters.get("Predictor") != 10.0:
        return Image.frombytes("RGB" if kind == 2 else "L", size, found.data)

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big") + bytes([bits, kind, 0, 0, 0])
    palette = document[space[3]] if indexed else b""
    table = chunk(b"PLTE", palette.data if isinstance(palette, Stream) else palette) if indexed else b""
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + table + chunk(b"IDAT", found.raw) + chunk(b"IEND", b"")
    return Image.open(io.BytesIO(whole)).convert("RGB" if kind else "L")


def _product(one: Any, then: Any) -> Any:
    """The matrix that applies `one` first."""
    a, b, c, d, e, f = one
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _outline(path: list[tuple[str, tuple[float, ...]]], matrix: Any) -> str:
    a, b, c, d, e, f = matrix
    parts = []
    for kind, numbers in path:
        places = zip(numbers[::2], numbers[1::2], strict=True)
        moved = [f"{_number(a * x + c * y + e)} {_number(b * x + d * y + f)}" for x, y in places]
        parts.append({"m": "M", "l": "L", "c": "C", "h": "Z"}[kind] + " ".join(moved))
    return "".join(parts)


def _number(value: float, digits: int = 2) -> str:
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return "0" if text in ("-0", "") else text
