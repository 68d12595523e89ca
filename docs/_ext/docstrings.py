"""The docstrings as reStructuredText: indented lines are equations or tables and stay as they are set.

The library's docstrings are plain text to read in an editor. Outside NumPy's sections an indented block becomes a
literal block, and characters that would be markup (|Δt|, p*, a trailing _) are kept as characters.
"""

import importlib
import re
from typing import Any

from docutils import nodes
from numpy.typing import ArrayLike
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import stringify_annotation

__all__ = ["setup", "translate"]

_LITERAL = re.compile(r"(`[^`]*`)")
_EMPHASIS = re.compile(r"(?<![\w*])\*(\w[^*]*\w|\w)\*(?![\w*])")


def translate(lines: list[str]) -> list[str]:
    """The lines of a docstring, dedented, as reStructuredText."""
    found: list[str] = []
    block: list[str] = []
    inside_section = False
    for number, line in enumerate([*lines, ""]):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}", following.strip()) and line.strip() and not line.startswith(" "):
            inside_section = True
        if line.strip():
            block.append(line)
            continue
        if block:
            found += _block(block, inside_section)
            block = []
        found.append(line)
    return found[:-1] if found and not found[-1] else found


def _block(block: list[str], inside_section: bool) -> list[str]:
    if inside_section or block[0].startswith(">>>"):
        return [line if re.fullmatch(r"\s*-{3,}", line) else _escaped(line) for line in block]
    if all(line.startswith("  ") for line in block):
        return ["::", "", *block]
    start = next((k for k, line in enumerate(block) if line.startswith("  ") and not _continues(block, k)), len(block))
    head = [_escaped(line) for line in block[:start]]
    return head if start == len(block) else [*head, "", "::", "", *block[start:]]


def _continues(block: list[str], number: int) -> bool:
    """Whether an indented line carries on a list item."""
    return any(re.match(r"\s*(-|\d+\.) ", line) for line in block[:number])


def _escaped(line: str) -> str:
    parts = _LITERAL.split(line)
    for k in range(0, len(parts), 2):
        text = re.sub(r"\b(?!https?:)(\w+)://", r"\1:\\ //", parts[k]).replace("|", r"\|")  # tcp:// is no link
        kept = _EMPHASIS.sub("\0\\1\0", text).replace("*", r"\*").replace("\0", "*")
        parts[k] = re.sub(r"(?<=\w)_(?!\w)", r"\\_", kept)
    return "".join(parts)


def _process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = translate(lines)


def _shorten(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """NumPy's type aliases by their names, not by what they stand for."""
    return _short(signature), _short(returns)


def _short(text: str | None) -> str | None:
    if text is None:
        return None
    for mode in ("fully-qualified-except-typing", "smart"):
        text = text.replace(stringify_annotation(ArrayLike, mode), "ArrayLike")
    text = re.sub(
        r"(~?numpy\.)?ndarray\[tuple\[(~?typing\.)?Any, \.\.\.\], (~?numpy\.)?dtype\[(~?numpy\.)?(\w+)\]\]",
        r"NDArray[\5]",
        text,
    )
    return text


def _resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element) -> nodes.Node | None:
    """`salkit.SamplingNetwork` is documented in its own module; a name that exists but has no entry stays plain."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("salkit."):
        return None
    module, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None  # Sphinx warns
    home = f"{getattr(found, '__module__', module)}.{name}"
    domain, fromdoc = env.get_domain("py"), node.get("refdoc", "")
    again = domain.resolve_xref(env, fromdoc, app.builder, "obj", home, pending_xref("", **node.attributes), content)
    return again or content


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", _process, priority=400)  # before napoleon reads the sections
    app.connect("autodoc-process-signature", _shorten)
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
