"""Every page, at both widths: nothing fails, nothing leaves this machine, pictures are described, WCAG 2 A/AA holds."""

import importlib.resources
import io
import re

import numpy as np
import pytest
from conftest import WIDTHS, Visit, page_names, watched
from PIL import Image
from playwright.sync_api import Browser

KINDS = ["index.html", "get_started.html", "cite.html", "paper_figures.html", "ledger.html", "explorer.html",
         "networks.html", "five_minutes.html", "howto/own_network.html", "notebooks.html",
         "notebooks/01_sal_principle.html", "howto/cluster.html", "howto/gpu.html", "api/index.html", "api/stdd.html",
         "glossary.html", "genindex.html", "search.html", "search.html?q=SAL"]  # fmt: skip
DARK = ["index.html", "get_started.html", "paper_figures.html", "ledger.html", "glossary.html", "explorer.html",
        "networks.html", "notebooks/03_sal_vs_hebbian.html", "search.html?q=refractory"]  # fmt: skip
AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(visit: Visit) -> list[str]:
    visit.page.evaluate(AXE)
    result = visit.page.evaluate("rules => axe.run({exclude: [['mjx-container > svg']]}, {runOnly: rules})", RULES)
    assert len(result["passes"]) > 5
    return [
        f"{v['id']}: {node['html'][:150]} {node['failureSummary']}" for v in result["violations"] for node in v["nodes"]
    ]


@pytest.mark.parametrize("name", page_names())
def test_page_is_whole(visit: Visit, name: str) -> None:
    visit.wrong.clear()
    page = visit.open(name)
    assert visit.wrong == []
    assert page.title() and page.locator("h1").count() == 1 and page.locator("html").get_attribute("lang") == "en"
    wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide[0] <= wide[1], "the page scrolls sideways"
    assert not re.search(r"\\[()\[\]]|\$\$|\\mathrm|\\frac", re.sub(r"(?s)```.*?```", "", prose(visit))), (
        "a raw formula"
    )
    assert page.locator("mjx-container[jax=SVG] mjx-merror, [data-mjx-error]").count() == 0


def prose(visit: Visit) -> str:
    """The text of the page without code."""
    return visit.page.evaluate(
        """() => { const copy = document.querySelector("main").cloneNode(true);
        copy.querySelectorAll("pre, code, script, mjx-container").forEach(node => node.remove());
        return copy.textContent; }"""
    )


def test_every_formula_is_set(desktop: Visit) -> None:
    for name in ("notebooks/01_sal_principle.html", "notebooks/02_neural_sampling.html"):
        page = desktop.open(name)
        assert page.locator("mjx-container svg").count() >= page.locator(".math").count() > 20
        assert page.locator("mjx-assistive-mml math").count() >= page.locator(".math").count()


@pytest.mark.parametrize("name", KINDS)
def test_axe(visit: Visit, name: str) -> None:
    visit.open(name)
    visit.page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert violations(visit) == []


@pytest.mark.parametrize("size", WIDTHS.values(), ids=WIDTHS)
def test_axe_in_the_dark(chromium: Browser, server: str, size: tuple[int, int]) -> None:
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme="dark")
    visit = watched(context.new_page(), server)
    for name in DARK:
        visit.wrong.clear()  # axe asks for style sheets by paths of its own
        visit.open(name)
        assert visit.wrong == [], name
        visit.page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        assert visit.page.locator("html[data-theme=dark]").count() == 1
        assert violations(visit) == [], name
    context.close()


def test_axe_can_fail(chromium: Browser, server: str) -> None:
    visit = Visit(chromium.new_page(), server)
    visit.open("index.html")
    visit.page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=\"\"><button></button>')"
    )
    assert {line.split(":")[0] for line in violations(visit)} == {"image-alt", "button-name"}
    visit.page.close()


def apart(one: bytes, other: bytes) -> float:
    """Share of the pixels of two screenshots that differ visibly: letters on a long page may, by a shade."""
    a, b = (np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.int16) for shot in (one, other))
    return 1.0 if a.shape != b.shape else float(np.mean(np.abs(a - b).max(axis=2) > 48))


def look(chromium: Browser, server: str, cut: bool, block: str = "") -> list[bytes]:
    """The articles of some pages. `cut`: no other host answers, and once a page has loaded this one does not either."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    if cut:
        context.route(lambda url: not url.startswith(server), lambda route: route.abort())
    if block:
        context.route(block, lambda route: route.abort())
    visit, looks = Visit(context.new_page(), server), []
    for name in ("index.html", "explorer.html", "notebooks/01_sal_principle.html", "api/stdd.html"):
        visit.open(name)
        visit.page.evaluate(
            """() => { for (const image of document.images) image.loading = "eager";
            return Promise.allSettled([...document.images].map(image => image.decode())); }"""
        )
        context.set_offline(cut)
        visit.page.screenshot(full_page=True)  # everything has been painted once
        looks.append(visit.page.locator("article").screenshot())
        context.set_offline(False)
    context.close()
    return looks


def test_the_pages_need_no_network(chromium: Browser, server: str) -> None:
    """Everything but this server cut off, and then the server as well after the page has loaded: the same picture."""
    online, offline = (look(chromium, server, cut) for cut in (False, True))
    found = [apart(*pair) for pair in zip(online, offline, strict=True)]
    assert max(found) < 1e-4, found
    without_pictures = look(chromium, server, True, block="**/*.svg")
    assert apart(online[2], without_pictures[2]) > 1e-2  # what is missing would be seen


def test_the_pages_work_as_files(chromium: Browser) -> None:
    """A reader opens build/site/index.html by hand."""
    from conftest import SITE

    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    visit = watched(context.new_page(), "file://")
    for name in ("index.html", "explorer.html", "notebooks/01_sal_principle.html"):
        visit.page.goto((SITE / name).as_uri())
        visit.settled()
        assert visit.page.locator("mjx-container svg").count() >= (name != "index.html")
    assert visit.wrong == []
    visit.page.goto((SITE / "search.html").as_uri() + "?q=nullcline")
    visit.page.wait_for_selector("#search-results li mark")
    context.close()


@pytest.mark.parametrize("word, page", [("nullcline", "notebooks/01_sal_principle"), ("sal_drift", "api/stdd")])
def test_search_finds_a_word(visit: Visit, word: str, page: str) -> None:
    visit.open("index.html")
    visit.page.keyboard.press("Control+k")
    box = visit.page.locator("dialog[open] input[type=search]")
    box.wait_for()
    visit.page.keyboard.type(word)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/search.html?q=*")
    visit.page.wait_for_selector(f"#search-results li a[href*='{page}']")
