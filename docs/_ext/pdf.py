"""Objects of the PDFs that Matplotlib writes, and the tokens of their streams."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Document", "Reference", "Stream", "Word", "tokens"]

_TOKEN = re.compile(
    rb"[\s\x00]*(?:%[^\n]*\n[\s\x00]*)*(<<|>>|\[|\]|<[0-9A-Fa-f\s]*>|\(|/[^\s\[\]<>()/%]*|[^\s\[\]<>()/%]+)"
)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Reference:
    number: int


@dataclass
class Stream:
    entries: dict[str, Any]
    raw: bytes

    @property
    def data(self) -> bytes:
        return zlib.decompress(self.raw) if self.entries.get("Filter") == "FlateDecode" else self.raw


class Word(str):
    """An operator, in contrast to a name (str)."""


def tokens(data: bytes, at: int = 0) -> Iterator[tuple[Any, int]]:
    """Numbers, names, strings (bytes), arrays, dictionaries and operators, each with the place where it ends."""
    stack: list[list[Any]] = [[]]
    while found := _TOKEN.match(data, at):
        text, at = found[1], found.end()
        if text in (b"[", b"<<"):
            stack.append([])
            continue
        if text == b"]":
            value: Any = stack.pop()
        elif text == b">>":
            items = stack.pop()
            value = dict(zip(items[::2], items[1::2], strict=True))
        elif text == b"(":
            value, at = _string(data, at)
        elif text[:1] == b"<":
            value = bytes.fromhex(text[1:-1].decode())
        elif text[:1] == b"/":
            value = text[1:].decode("latin-1")
        elif re.fullmatch(rb"[+-]?(\d+\.?\d*|\.\d+)", text):
            value = float(text)
        elif text == b"R":
            value = Reference(int(stack[-1][-2]))
            del stack[-1][-2:]
        else:
            value = {b"true": True, b"false": False, b"null": None}.get(text, Word(text.decode("latin-1")))
        stack[-1].append(value)
        if len(stack) == 1:
            yield value, at


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    found, depth = bytearray(), 1
    while True:
        char = data[at : at + 1]
        at += 1
        if char == b"\\":
            octal = re.match(rb"[0-7]{1,3}", data[at : at + 3])
            if octal:
                found.append(int(octal[0], 8))
                at += octal.end()
            else:
                found += _ESCAPES.get(data[at : at + 1], data[at : at + 1])
                at += 1
            continue
        depth += (char == b"(") - (char == b")")
        if not char or depth == 0:
            return bytes(found), at
        found += char


class Document:
    """Objects of a PDF with a plain table of places."""

    def __init__(self, data: bytes) -> None:
        start = int(data[data.rindex(b"startxref") + 9 :].split()[0])
        lines = data[start:].split(b"\n")
        if lines[0].strip() != b"xref":
            raise ValueError("not a PDF as Matplotlib writes it: no table of objects")
        count = int(lines[1].split()[1])
        self.data = data
        self.places = [int(line.split()[0]) if line.split()[2] == b"n" else -1 for line in lines[2 : 2 + count]]

    def __getitem__(self, value: Any) -> Any:
        """What a reference leads to; any other value itself."""
        if not isinstance(value, Reference):
            return value
        words = tokens(self.data, self.places[value.number])
        for _ in range(3):  # number, generation, obj
            next(words)
        found, at = next(words)
        if isinstance(found, dict) and self.data[at:].lstrip(b"\r\n ")[:6] == b"stream":
            begin = self.data.index(b"stream", at) + 6
            begin += 2 if self.data[begin : begin + 2] == b"\r\n" else 1
            return Stream(found, self.data[begin : begin + int(self[found["Length"]])])
        return self[found]

    def page(self) -> dict[str, Any]:
        root = next(n for n, place in enumerate(self.places) if place >= 0 and self._is(n, "Page"))
        return self[Reference(root)]

    def _is(self, number: int, kind: str) -> bool:
        found = self[Reference(number)]
        return isinstance(found, dict) and found.get("Type") == kind
