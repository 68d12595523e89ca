"""The explorer of networks: it runs, says what it shows, is used by keyboard, and keeps its state in the address.

What it computes is held to salkit's numbers in tests/test_networks_js.py.
"""

import re
from itertools import pairwise

import pytest
from conftest import Visit, watched
from playwright.sync_api import Browser


def number(visit: Visit, name: str) -> float:
    return float(visit.page.locator(f"#number-{name}").inner_text().replace("−", "-"))


def calm(chromium: Browser, server: str) -> Visit:
    """Less motion wished for: a press runs 50 cycles at once."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    visit = watched(context.new_page(), server)
    visit.open("networks.html")
    return visit


def test_learning_brings_the_weights_together(visit: Visit) -> None:
    page = visit.open("networks.html")
    start = number(visit, "asymmetry")
    page.locator("#run-machine").click()
    page.wait_for_function("Number(document.querySelector('#number-cycles').textContent) > 150", timeout=60_000)
    assert page.locator("#run-machine").inner_text() == "Pause"
    page.locator("#run-machine").click()
    assert number(visit, "asymmetry") < 0.8 * start and page.locator("#run-machine").inner_text() == "Let it learn"
    said = page.locator("#summary").inner_text().replace("\n", "")
    assert f"{int(number(visit, 'cycles'))} cycles done" in said and "down from" in said
    assert float(re.search(r"differ by ([\d.]+)", said)[1]) == pytest.approx(number(visit, "asymmetry"), abs=6e-3)
    assert page.locator("#chart-states .wanted").count() == 32 and page.locator("#weights .cell").count() == 20
    page.locator("#again").click()
    assert number(visit, "asymmetry") == start and number(visit, "cycles") == 0


def test_hebbian_learning_alone_keeps_the_difference(chromium: Browser, server: str) -> None:
    visit = calm(chromium, server)
    start = number(visit, "asymmetry")
    visit.page.locator("#sal").uncheck()
    visit.page.locator("#run-machine").click()
    assert number(visit, "cycles") > 0 and number(visit, "asymmetry") == start
    assert "Hebbian learning alone" in visit.page.locator("#summary").inner_text()
    visit.page.locator("#noise").uncheck()
    assert number(visit, "asymmetry") == number(visit, "largest") == 0
    assert visit.wrong == []
    visit.page.context.close()


def test_layers_align(desktop: Visit) -> None:
    page = desktop.open("networks.html")
    start = number(desktop, "angle")
    page.locator("#run-layers").click()
    page.wait_for_function("Number(document.querySelector('#number-time').textContent) > 4000", timeout=60_000)
    page.locator("#run-layers").click()
    assert number(desktop, "angle") < 40 < start
    assert page.locator("#chart-fit .synapse").count() == 25


def test_the_address_keeps_the_setting(desktop: Visit) -> None:
    page = desktop.open("networks.html")
    page.locator("#hebbian").uncheck()
    page.locator("#seed").fill("5")
    page.locator("#seed").press("Enter")
    page.locator("#seed").blur()
    shared, shown = page.url, number(desktop, "asymmetry")
    assert "seed=5" in shared and "hebbian=0" in shared
    page.goto("about:blank")
    page.goto(shared)
    page.wait_for_selector("#explorer[data-state=ready]")
    assert number(desktop, "asymmetry") == shown and not page.locator("#hebbian").is_checked()


def test_keys_reach_and_switch_everything(desktop: Visit) -> None:
    page = desktop.open("networks.html")
    page.locator("#hebbian").focus()
    reached = ["hebbian"]
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached == ["hebbian", "sal", "noise", "speed", "seed", "run-machine", "again", "run-layers"]
    page.locator("#sal").focus()
    page.keyboard.press("Space")
    assert not page.locator("#sal").is_checked()


def test_a_frame_leaves_time(desktop: Visit) -> None:
    """Both networks as fast as they go: what a frame takes, simulation and drawing, leaves 60 frames a second. The
    median counts, as processors of test machines are shared.
    """
    page = desktop.open("networks.html")
    page.evaluate(
        """() => { window.spent = []; window.starts = []; const ask = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (work) => ask((now) => { const start = performance.now(); work(now);
            window.starts.push(now); window.spent.push(performance.now() - start); }); }"""
    )
    page.locator("#run-machine").click()
    page.locator("#run-layers").click()
    page.wait_for_function("window.spent.length > 100", timeout=60_000)
    spent = sorted(page.evaluate("window.spent"))
    starts = sorted({*page.evaluate("window.starts")})
    apart = sorted(b - a for a, b in pairwise(starts))
    print(f"a frame's work: median {spent[len(spent) // 2]:.1f} ms, longest {spent[-1]:.1f} ms")
    print(f"frames apart: median {apart[len(apart) // 2]:.1f} ms, longest {apart[-1]:.1f} ms, of {len(starts)}")
    assert spent[len(spent) // 2] < 1000 / 60
