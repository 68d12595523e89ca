"""The built files: links lead somewhere, every picture has a text of its own, nothing is loaded from elsewhere."""

import re
from functools import cache
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import SITE, page_names

PAGES = {name: BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser") for name in page_names()}
OUTSIDE = {  # links a reader may follow; nothing loads from them
    "www.dask.org", "jobqueue.dask.org", "docs.cupy.dev", "brian2.readthedocs.io", "www.nest-simulator.org",
    "arxiv.org", "docs.astral.sh", "github.com", "mybinder.org", "colab.research.google.com",
}  # fmt: skip


@cache
def targets(name: str) -> set[str]:
    """Anchors of a page; read once, as thousands of links ask for them."""
    soup = PAGES[name]
    return {tag["id"] for tag in soup.find_all(id=True)} | {
        tag["name"] for tag in soup.find_all("a", attrs={"name": True})
    }


def test_every_kind_of_page_is_here() -> None:
    assert {
        "index.html",
        "explorer.html",
        "glossary.html",
        "search.html",
        "howto/gpu.html",
        "api/stdd.html",
    } <= PAGES.keys()
    sources = {path.stem for path in (SITE.parents[1] / "notebooks").glob("[0-9][0-9]_*.py")}
    assert {name for name in PAGES if name.startswith("notebooks/")} == {f"notebooks/{stem}.html" for stem in sources}


@pytest.mark.parametrize("name", PAGES)
def test_links_and_anchors(name: str) -> None:
    for link in PAGES[name].find_all("a", href=True):
        address, anchor = urldefrag(link["href"])
        parts = urlsplit(address)
        if parts.scheme:
            assert parts.scheme == "https" and parts.netloc in OUTSIDE, address
            continue
        place = (SITE / name).parent / unquote(parts.path) if parts.path else SITE / name
        page = place.resolve().relative_to(SITE).as_posix()
        assert place.exists(), f"{name} links to {address}"
        if anchor and page in PAGES:
            assert unquote(anchor) in targets(page), f"{name} links to {address}#{anchor}"


def test_every_picture_has_a_text_of_its_own() -> None:
    """The two pictures of a plate, for the light and for the dark, share theirs; so do two plates of one figure."""
    texts: dict[str, str] = {}
    for name, soup in PAGES.items():
        for picture in soup.find_all("img"):
            alt, source = (picture.get("alt") or "").strip(), re.sub(r"^(\.\./)+|\.dark(?=\.svg$)", "", picture["src"])
            assert len(alt) > 40 and alt.endswith("."), f"{name}: {source} is described by {alt!r}"
            assert texts.setdefault(alt, source) == source, f"two pictures share the text {alt!r}"
    assert len(texts) == len({*texts.values()}) >= 90


def test_a_notebook_page_has_all_its_pictures() -> None:
    plates = {name: len(soup.select(".plate")) for name, soup in PAGES.items() if name.startswith("notebooks/")}
    assert min(plates.values()) >= 5


def test_nothing_is_loaded_from_elsewhere() -> None:
    loads = {"script": "src", "img": "src", "iframe": "src", "source": "src"}
    for name, soup in PAGES.items():
        for tag, attribute in loads.items():
            for node in soup.find_all(tag):
                assert not re.match(r"(https?:)?//", node.get(attribute) or ""), f"{name}: {node}"
        for node in soup.find_all("link", href=True):
            assert not re.match(r"(https?:)?//", node["href"]), f"{name}: {node}"
    for sheet in SITE.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_the_claims_are_tables_with_verdicts() -> None:
    for name, soup in PAGES.items():
        if not name.startswith("notebooks/"):
            continue
        (table,) = soup.select("table.claims")
        rows = table.select("tbody tr")
        verdicts = {row.select_one("td .verdict").text for row in rows}
        assert len(rows) >= 5 and verdicts <= {"holds", "differs", "fails", "undecided"} and "holds" in verdicts, name
        assert all(len(row.find_all("td")) == 6 and row.td.text.strip() for row in rows), name


def test_the_ledger_has_a_page_and_its_summary_the_start_page() -> None:
    from salkit import ledger

    sentences = ledger.read()
    shown = PAGES["ledger.html"].select("ol.ledger > li")
    assert [(li.select_one(".verdict").text, li.p.text) for li in shown] == [(s.verdict, s.text) for s in sentences]
    assert sum(len(li.select("details li")) for li in shown) == sum(len(s.evidence) for s in sentences) > 20
    tested = [s for s in sentences if s.evidence]
    lines = [
        li.text
        for li in PAGES["index.html"].select("li")
        if li.strong and li.text.startswith(tuple(s.verdict for s in tested))
    ]
    assert len(lines) == len(tested) == 8


def test_every_public_module_has_a_page_with_its_names() -> None:
    import salkit

    for name in salkit.__all__:
        value = getattr(salkit, name)
        if type(value).__name__ != "module":
            continue
        page = targets(f"api/{value.__name__.removeprefix('salkit.')}.html")
        for public in getattr(value, "__all__", []):
            if callable(getattr(value, public)):
                assert any(anchor.startswith("salkit.") and anchor.endswith(f".{public}") for anchor in page), (
                    f"{name}.{public}"
                )
