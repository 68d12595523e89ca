"""Links in Markdown and notebooks lead somewhere: files exist, anchors are headings, web addresses are whole."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
]


def text(page: Path) -> str:
    """The Markdown of a page; of a notebook its Markdown cells."""
    if page.suffix != ".ipynb":
        return page.read_text(encoding="utf-8")
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def links(markdown: str) -> Iterator[str]:
    """Targets of links and pictures, written in Markdown or HTML."""
    for block in MARKDOWN.parse(markdown):
        for token in [block, *(block.children or [])]:
            found = token.attrGet("href") or token.attrGet("src")
            if found:
                yield str(found)
            if token.type in ("html_block", "html_inline"):
                yield from re.findall(r"""(?:href|src)=["']([^"']+)""", token.content)


def anchors(markdown: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and MyST make them, and those written by hand."""
    tokens, found = MARKDOWN.parse(markdown), set(re.findall(r"""(?:id|name)=["']([^"']+)""", markdown))
    found |= set(re.findall(r"^\(([\w-]+)\)=$", markdown, re.MULTILINE))
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(t.content for t in inline.children or [] if t.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            again = 0
            while (f"{slug}-{again}" if again else slug) in found:
                again += 1
            found.add(f"{slug}-{again}" if again else slug)
    return found


def broken(markdown: str, folder: Path) -> list[str]:
    """The links of a page in `folder` that lead nowhere. Nothing is fetched."""
    found = []
    for link in links(markdown):
        parts = urlsplit(link)
        target = (folder / unquote(parts.path)).resolve() if parts.path else None
        if parts.scheme in ("http", "https"):
            good = "." in parts.netloc and not re.search(r"\s", link)
        elif parts.scheme:
            good = parts.scheme == "mailto"
        elif target is None:
            good = unquote(parts.fragment) in anchors(markdown)
        else:
            good = target.exists() and target.is_relative_to(ROOT)
            if good and parts.fragment and target.suffix in (".md", ".ipynb"):
                good = unquote(parts.fragment) in anchors(text(target))
        if not good:
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    assert broken(text(page), page.parent) == []


def test_every_notebook_is_named_in_readme():
    named = {link for link in links(text(ROOT / "README.md")) if link.startswith("notebooks/")}
    assert {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")} <= named


def test_what_is_broken_is_seen():
    page = """# Two words
[a](README.md) [b](#two-words) ![c](figures/01_stdd.png) <https://arxiv.org/abs/2503.02642>
[d](docs/glossary.md#statistics)
`[code](nowhere.md)` <a href="CONTRIBUTING.md">e</a>

| t |
|---|
| [f](gone-from-a-table.md) |

[g](NOTHERE.md) [h](#three-words) [i](docs/glossary.md#nowhere) ![j](figures/none.png)
<img src="gone.png"> [k](http://x) [l](../outside.md)
"""
    assert broken(page, ROOT) == [
        "gone-from-a-table.md", "NOTHERE.md", "#three-words", "docs/glossary.md#nowhere", "figures/none.png",
        "gone.png", "http://x", "../outside.md",
    ]  # fmt: skip


def test_solutions_are_hidden_and_closed():
    """Each notebook ends with exercises, and each exercise with a solution that opens and closes."""
    for page in (ROOT / "notebooks").glob("*.ipynb"):
        last = text(page)[text(page).index("## Exercises") :]
        count = len(re.findall(r"^\*\*\d\.\*\*", last, re.MULTILINE))
        assert 2 <= count <= 3, page.name
        assert last.count("<details><summary>Solution</summary>\n\n") == last.count("\n\n</details>") == count, (
            page.name
        )
        assert last.count("```python") == last.count("```") / 2 >= count, page.name
