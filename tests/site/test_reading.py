"""What a reader looks for: the search ranks and excerpts, code and figures fit, terms and files are found."""

import json
import re

import pytest
from conftest import SITE, Visit, watched
from playwright.sync_api import Browser, Page

ROOT = SITE.parents[1]
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
PAPER = sorted(path.stem for path in (ROOT / "figures" / "paper").glob("*.json"))

# What is typed, the page that comes first, and a word of its excerpt.
SEARCHES = [
    ("refractory", "glossary.html", "refractory"),
    ("Kolen", "glossary.html", "Kolen"),
    ("gpu", "howto/gpu.html", "GPU"),
    ("install", "get_started.html", "install"),
    ("τ_ref", "glossary.html", "τ_ref"),
    ("download", "cite.html", "download"),
    ("SAL", "five_minutes.html", "SAL"),
    ("nullcline", "notebooks/01_sal_principle.html", "nullcline"),
    ("sal_drift", "api/stdd.html", "drift"),
    ("cluster", "howto/cluster.html", "luster"),
    ("microcircuit", "notebooks/05_microcircuit_weight_copying.html", "icrocircuit"),
]


def search(page: Page, server: str, words: str) -> list[dict]:
    page.goto(f"{server}search.html?q={words}")
    page.wait_for_selector("#search-results [role=status]")
    return page.locator("#search-results li").evaluate_all(
        """nodes => nodes.map(node => ({page: node.querySelector("a").getAttribute("href"),
        excerpt: node.querySelector(".search-title + p").textContent,
        marks: [...node.querySelectorAll("mark")].map(m => m.textContent),
        sections: [...node.querySelectorAll(".search-sections a")].map(a => a.getAttribute("href"))}))"""
    )


@pytest.mark.parametrize(("words", "first", "shown"), SEARCHES)
def test_search_ranks_and_excerpts(desktop: Visit, words: str, first: str, shown: str) -> None:
    found = search(desktop.page, desktop.server, words)
    assert first in [one["page"] for one in found[: 1 if words not in ("Kolen", "nullcline", "microcircuit") else 3]], (
        found[:3]
    )
    (one,) = [one for one in found if one["page"] == first]
    assert shown in one["excerpt"] and one["marks"] and len(one["excerpt"]) < 320
    assert len({f["page"] for f in found}) == len(found) <= 40
    for address in {a for f in found[:5] for a in (f["page"], *f["sections"])}:
        page, _, anchor = address.partition("#")
        text = (SITE / page).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in text, address


def test_search_tells_words_from_beginnings(desktop: Visit) -> None:
    """SAL is not salkit: pages about the rule come before modules. τ_ref and tau_ref find the same."""
    found = search(desktop.page, desktop.server, "SAL")
    assert not any(one["page"].startswith("api/") for one in found[:8]) and "salkit" not in found[0]["marks"]
    one, other = (search(desktop.page, desktop.server, words) for words in ("τ_ref", "tau_ref"))
    assert [f["page"] for f in one] == [f["page"] for f in other] and len(one) > 5
    assert search(desktop.page, desktop.server, "zyzzogeton") == []
    assert "Nothing found" in desktop.page.locator("#search-results").inner_text()


def test_search_works_from_a_file(chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    visit = watched(context.new_page(), "file://")
    found = search(visit.page, SITE.as_uri() + "/", "refractory")
    assert found[0]["page"] == "glossary.html" and found[0]["marks"] and visit.wrong == []
    assert visit.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_code_and_figures_fit(chromium: Browser, server: str, name: str) -> None:
    """At 1440 pixels no line of code is cut, and every figure is a vector at least as large as in print."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    visit = watched(context.new_page(), server)
    page = visit.open(f"notebooks/{name}.html")
    cut = page.locator(".cell_input pre").evaluate_all(
        "nodes => nodes.filter(n => n.scrollWidth > n.clientWidth + 1).map(n => n.textContent.slice(0, 80))"
    )
    assert cut == [] and page.locator(".cell_input pre").count() > 5
    sizes = page.locator(".cell_output img").evaluate_all(
        "nodes => nodes.map(n => [n.getAttribute('src'), n.getBoundingClientRect().width, +n.getAttribute('width')])"
    )
    for source, width, natural in sizes:
        assert source.endswith(".svg"), f"{source} is no vector: make its figure"
        assert width == 0 if ".dark" in source else width >= 0.99 * natural, source
    assert len(sizes) >= 2
    context.close()
    assert visit.wrong == []


def test_code_keeps_its_lines(desktop: Visit) -> None:
    """What is copied from a cell is the notebook's code."""
    page = desktop.open(f"notebooks/{NOTEBOOKS[2]}.html")
    cells = json.loads((ROOT / "notebooks" / f"{NOTEBOOKS[2]}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]).strip() for cell in cells if cell["cell_type"] == "code"]
    shown = page.locator(".cell_input pre").evaluate_all("nodes => nodes.map(n => n.textContent.trim())")
    assert shown == code


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_stand_on_the_page(chromium: Browser, server: str, scheme: str) -> None:
    """One picture of each pair is seen, that of the theme; its ground is the page's, in a notebook too."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    visit = watched(context.new_page(), server)
    ground = {"light": [255, 255, 255], "dark": [20, 24, 30]}[scheme]
    for name in ("index.html", "notebooks/03_sal_vs_hebbian.html", "paper_figures.html"):
        page = visit.open(name)
        shown = page.locator(".plate img").evaluate_all(
            "nodes => nodes.filter(n => getComputedStyle(n).display !== 'none').map(n => n.getAttribute('src'))"
        )
        assert len(shown) == page.locator(".plate").count() > 0
        assert all((".dark.svg" in source) == (scheme == "dark") for source in shown)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == f"rgb({', '.join(map(str, ground))})"
        slabs = page.locator(".plate, .plate-scroll, .plate img, .cell_output .text_html").evaluate_all(
            "nodes => nodes.map(n => getComputedStyle(n)).filter(s => s.display !== 'none').map(s => s.backgroundColor)"
        )
        assert set(slabs) <= {"rgba(0, 0, 0, 0)"}
    context.close()


def test_letters_on_a_phone(chromium: Browser, server: str) -> None:
    """The smallest letters of figures, 7 points in print, are at least 8 pixels high; wide figures scroll."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    visit = watched(context.new_page(), server)
    for name in ("index.html", "notebooks/05_microcircuit_weight_copying.html"):
        page = visit.open(name)
        for width, natural in page.locator(".plate img.only-light").evaluate_all(
            "nodes => nodes.map(n => [n.getBoundingClientRect().width, +n.getAttribute('width')])"
        ):
            assert 7 * 4 / 3 * width / natural >= 8
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.locator(".plate-wide .plate-scroll[tabindex='0'][aria-label]").count() >= 1
    context.close()


def test_the_first_screen_shows_the_result(chromium: Browser, server: str) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = watched(context.new_page(), server).open("index.html")
    box = page.locator(".plate").first.bounding_box()
    assert box and box["y"] > 100 and box["y"] + box["height"] < 900 and box["width"] > 600
    assert page.title() != "salkit — salkit" and page.title().endswith("salkit")
    links = page.locator("article a").evaluate_all("nodes => nodes.map(n => n.getAttribute('href'))")
    assert {"get_started.html", "cite.html", "ledger.html", "paper_figures.html"} <= set(links)
    listed = [link for link in links if link.startswith("notebooks/")]
    assert listed[: len(NOTEBOOKS)] == [f"notebooks/{name}.html" for name in NOTEBOOKS]
    context.close()


def test_notebooks_are_numbered_and_say_how_to_run(desktop: Visit) -> None:
    for name in NOTEBOOKS:
        page = desktop.open(f"notebooks/{name}.html")
        assert page.locator("h1").inner_text().startswith(f"{name[:2]} ")
        box = page.locator("details.run-this")
        assert box.bounding_box()["y"] < 600
        box.locator("summary").click()
        for kind in ("py", "ipynb"):
            link = box.locator(f"a[download][href$='{name}.{kind}']")
            with desktop.page.expect_download() as got:
                link.click()
            assert got.value.path().read_bytes() == (ROOT / "notebooks" / f"{name}.{kind}").read_bytes()
        assert f"papermill --cwd notebooks notebooks/{name}.ipynb" in box.inner_text()


def test_terms_have_anchors(desktop: Visit) -> None:
    page = desktop.open("glossary.html#term-refractory-period")
    terms = re.findall(r"(?m)^- \*\*", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    ids = page.locator("article li span[id^=term-]").evaluate_all("nodes => nodes.map(n => n.id)")
    assert len(ids) == len(set(ids)) == len(terms) > 60
    place = page.locator("#term-refractory-period")
    assert 0 <= place.bounding_box()["y"] < 900 and "refractory period" in place.locator("..").inner_text()
    link = place.locator("xpath=..").locator("a.headerlink")
    assert link.get_attribute("href") == "#term-refractory-period" and link.get_attribute("aria-label")


def test_paper_figures_come_with_their_data(desktop: Visit) -> None:
    page = desktop.open("paper_figures.html")
    links = set(page.locator("article a[download]").evaluate_all("nodes => nodes.map(n => n.getAttribute('href'))"))
    stored = {path.name for path in (ROOT / "figures" / "paper").glob("*.nc")}
    wanted = {f"{name}.{kind}" for name in PAPER for kind in ("pdf", "png", "json")} | stored
    assert {link.rpartition("/")[2] for link in links} == wanted and len(stored) > 15
    for link in links:
        assert (SITE / link).read_bytes() == (ROOT / "figures" / "paper" / link.rpartition("/")[2]).read_bytes()
    assert page.locator(".plate").count() == len(PAPER)


def test_the_ledger_reads_on_a_phone(chromium: Browser, server: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = watched(context.new_page(), server).open("ledger.html")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    wide = page.evaluate(
        """[...document.querySelectorAll('ol.ledger *')].filter(n => n.getBoundingClientRect().right > innerWidth
        || parseFloat(getComputedStyle(n).fontSize) < 12).map(n => n.outerHTML.slice(0, 80))"""
    )
    assert wide == [] and page.locator("ol.ledger > li").count() >= 10
    context.close()
