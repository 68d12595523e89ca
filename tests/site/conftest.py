"""What the site's tests share: the built pages on a local server, one browser, pages that note whatever goes wrong."""

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import browser
import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

SITE = Path(__file__).resolve().parents[2] / "build" / "site"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


def pytest_configure() -> None:
    if browser.find() is None:
        pytest.exit(browser.MISSING, returncode=2)
    if not (SITE / "index.html").is_file():
        pytest.exit("test-site: no build/site; run `make site` first", returncode=2)


def page_names() -> list[str]:
    names = (path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    return sorted(name for name in names if not name.startswith("_static/"))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of the site, on this machine only."""
    handler = functools.partial(_Quiet, directory=os.fspath(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser.find(), args=list(browser.ARGUMENTS))
        yield running
        running.close()


@dataclass
class Visit:
    """A page and what went wrong on it: errors on the console, failed requests, requests to another host."""

    page: Page
    server: str
    wrong: list[str] = field(default_factory=list)

    def open(self, name: str) -> Page:
        """The page, with its formulas set and, on the explorer, its numbers computed."""
        self.page.goto(self.server + name)
        self.settled()
        return self.page

    def settled(self) -> None:
        if self.page.locator("script[src*=mathjax]").count():
            self.page.wait_for_function("document.documentElement.dataset.formulas === 'ready'")
        if self.page.locator(".plate").count():  # lazy pictures: none is under way when the next page is opened
            self.page.wait_for_load_state("networkidle")
        if self.page.locator("#explorer").count():
            self.page.wait_for_selector("#explorer[data-state=ready]")


def watched(page: Page, server: str) -> Visit:
    visit = Visit(page, server)

    def request(sent: Request) -> None:
        if not sent.url.startswith((server, "data:", "blob:")):
            visit.wrong.append(f"request to {sent.url}")

    page.on("request", request)

    def failed(sent: Request) -> None:
        if sent.failure != "net::ERR_ABORTED":  # the browser's own doing, when the next page is opened
            visit.wrong.append(f"failed: {sent.url}")

    page.on("requestfailed", failed)
    page.on("response", lambda got: got.status >= 400 and visit.wrong.append(f"{got.status}: {got.url}"))
    page.on("pageerror", lambda error: visit.wrong.append(f"error: {error}"))
    page.on("console", lambda said: said.type in ("error", "warning") and visit.wrong.append(f"console: {said.text}"))
    return visit


@pytest.fixture(params=WIDTHS, scope="session")
def visit(request: pytest.FixtureRequest, chromium: Browser, server: str) -> Iterator[Visit]:
    """One page at each width."""
    width, height = WIDTHS[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme="light")
    yield watched(context.new_page(), server)
    context.close()


@pytest.fixture
def desktop(chromium: Browser, server: str) -> Iterator[Visit]:
    """A fresh page at desktop width."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    visit = watched(context.new_page(), server)
    yield visit
    context.close()
    assert visit.wrong == []
