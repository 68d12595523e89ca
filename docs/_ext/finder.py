"""The site's search: an index of sections, written as a script so that it loads from a file opened by hand, too.

    window.SALKIT_INDEX = [[address, title, kind, [[anchor, heading, text], …]], …]

One entry a page, one row a section, a glossary term or an object of the API. Outputs of code are left out; formulas are
written as readers type them (τ_ref). `_static/search.js` ranks.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from plates import plain
from sphinx import addnodes
from sphinx.application import Sphinx

__all__ = ["rows", "setup"]

_LONGEST = 6000  # characters of a row
_KINDS = {"notebooks/": "notebook", "howto/": "guide", "api/": "API"}
_TERM = re.compile(r'id="(term-[\w-]+)"')


def rows(document: nodes.Element) -> Iterator[tuple[str, str, str]]:
    """(anchor, heading, text) of each section, term and object, in order."""
    for part in _parts(document):
        text = " ".join(_words(part, part))
        yield _anchor(part), _heading(part), re.sub(r"\s+", " ", text).strip()[:_LONGEST]


def _parts(node: nodes.Element) -> Iterator[nodes.Element]:
    yield from node.findall(lambda n: isinstance(n, nodes.section | addnodes.desc) or _term(n) != "")


def _term(node: nodes.Node) -> str:
    if not isinstance(node, nodes.list_item):
        return ""
    found = (_TERM.search(raw.astext()) for raw in node.findall(nodes.raw))
    return next((match[1] for match in found if match), "")


def _anchor(node: nodes.Element) -> str:
    if isinstance(node, addnodes.desc):
        return next((name for sig in node.findall(addnodes.desc_signature) for name in sig["ids"]), "")
    return _term(node) or next(iter(node["ids"]), "")


def _heading(node: nodes.Element) -> str:
    if isinstance(node, addnodes.desc):
        return next((sig["fullname"] for sig in node.findall(addnodes.desc_signature) if "fullname" in sig), "")
    if isinstance(node, nodes.section):
        return plain(next(iter(node.findall(nodes.title))).astext())
    return " ".join(_words(node, node)).partition(":")[0].strip()[:80]  # a term, and its sign


def _words(node: nodes.Node, top: nodes.Node) -> Iterator[str]:
    """The text of a part without that of the parts inside it."""
    if node is not top and (isinstance(node, nodes.section | addnodes.desc) or _term(node)):
        return
    if isinstance(node, nodes.title) or "cell_output" in getattr(node, "attributes", {}).get("classes", []):
        return
    if isinstance(node, nodes.math | nodes.math_block):
        yield plain(node.astext())
    elif isinstance(node, nodes.raw):
        if not _TERM.search(node.astext()):
            yield re.sub(r"<[^>]+>", " ", node.astext())
    elif isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, nodes.image | nodes.comment):
        return
    else:
        inline = isinstance(node, nodes.paragraph | nodes.TextElement)
        found = (word for child in node.children for word in _words(child, top))
        if inline:
            yield "".join(found)
        else:
            yield from found


def write(app: Sphinx, problem: Exception | None) -> None:
    if problem is not None or app.builder.format != "html":
        return
    pages = []
    for name in sorted(app.env.found_docs):
        document = app.env.get_doctree(name)
        kind = next((kind for start, kind in _KINDS.items() if name.startswith(start)), "guide")
        kind = "glossary" if name == "glossary" else kind
        title = plain(app.env.titles[name].astext())
        pages.append([f"{name}.html", title, kind, [list(row) for row in rows(document) if row[1] or row[2]]])
    text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    (Path(app.outdir) / "_static" / "search-index.js").write_text(f"window.SALKIT_INDEX={text};\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
