"""The explorer: its numbers are salkit.stdd's, keys move its sliders, and its words say what its pictures show.

Tolerances: 1e-3 absolute is what the page promises for the drift per pair and for the density times tau_ref. The page's
theory is not interpolated, so these tests hold it to 1e-7.
"""

import json

import numpy as np
import pytest
from conftest import SITE, Visit

from salkit import explorer, stdd

TOLERANCE = 1e-7
SETTINGS = 60
SHAPES = list(explorer.SHAPES)


def settings(shape: str, count: int = SETTINGS) -> list[dict[str, float | int | str]]:
    """Random settings over the whole range of the sliders."""
    rng = np.random.default_rng([SHAPES.index(shape), 5])
    found = []
    for k in range(count):
        (wij, wji), (bi, bj) = rng.uniform(-2, 2, (2, 2)).tolist()
        tau_ref = int(rng.integers(5, 13 if k % 6 else 21))
        tau_syn = float(rng.choice([0.2, 0.3, 0.4, 0.5, 0.6])) * tau_ref
        found.append(dict(wij=wij, wji=wji, bi=bi, bj=bj, tauRef=tau_ref, shape=shape, tauSyn=tau_syn))
    return found


def expected(s: dict) -> tuple[float, np.ndarray]:
    """Drift of w_ij per pair, and density times tau_ref on lags −3 tau_ref … 3 tau_ref."""
    kind = explorer.SHAPES[s["shape"]]
    syn = None if kind["psp"] == "rectangular" else s["tauSyn"]
    args = (s["wij"], s["wji"], s["bi"], s["bj"], s["tauRef"])
    drift = float(stdd.sal_drift(*args, timing=kind["timing"], psp=kind["psp"], tau_syn=syn)[0])
    _, p = stdd.distribution(*args, timing=kind["timing"], psp=kind["psp"], tau_syn=syn, t_max=3 * s["tauRef"])
    return drift, p * s["tauRef"]


THEORY = """async settings => { const t = await import("/_static/explorer/theory.js");
    return settings.map(s => [t.driftSolver()(s), t.distribution(s, 3 * s.tauRef).p.map(x => x * s.tauRef)]); }"""


def test_python_and_the_page_offer_the_same_shapes(desktop: Visit) -> None:
    page = desktop.open("explorer.html")
    options = page.locator("#shape option").evaluate_all("nodes => nodes.map(node => node.value)")
    assert options == SHAPES and len(SHAPES) == 6


@pytest.mark.parametrize("shape", SHAPES)
def test_theory_in_the_browser(desktop: Visit, shape: str) -> None:
    desktop.open("index.html")
    chosen = settings(shape)
    worst = [0.0, 0.0]
    for s, (drift, density) in zip(chosen, desktop.page.evaluate(THEORY, chosen), strict=True):
        want_drift, want_density = expected(s)
        worst = [max(worst[0], abs(drift - want_drift)), max(worst[1], float(np.abs(density - want_density).max()))]
    print(f"{shape}: {len(chosen)} settings, largest difference {worst[0]:.1e} (drift), {worst[1]:.1e} (density)")
    assert max(worst) < TOLERANCE, worst


@pytest.mark.parametrize("shape", SHAPES)
def test_path_in_the_browser(desktop: Visit, shape: str) -> None:
    desktop.open("index.html")
    s = {**settings(shape, 1)[0], "tauRef": 8, "tauSyn": 4.0}
    found = desktop.page.evaluate('async s => [...(await import("/_static/explorer/theory.js")).path(s)]', s)
    syn = s["tauSyn"] / s["tauRef"]
    want = explorer.path(s["wij"], s["wji"], s["bi"], s["bj"], s["tauRef"], shape, syn)
    assert np.abs(np.array(found) - want).max() < 1e-5


def test_the_stationary_vector_by_elimination(desktop: Visit) -> None:
    """Weights so strong that iteration is slow: the other branch, and the same numbers."""
    desktop.open("index.html")
    s = dict(wij=9.0, wji=9.0, bi=-6.0, bj=-6.0, tauRef=6, shape="rectangular", tauSyn=3.0)
    ((drift, density),) = desktop.page.evaluate(THEORY, [s])
    want_drift, want_density = expected(s)
    assert abs(drift - want_drift) < TOLERANCE and np.abs(density - want_density).max() < TOLERANCE


def test_what_the_page_shows(visit: Visit) -> None:
    """Through the controls, for every shape: the numbers in the table and in the text are the theory's, rounded."""
    page = visit.open("explorer.html")
    for shape in SHAPES:
        s = dict(wij=1.25, wji=-0.4, bi=0.3, bj=-0.6, tauRef=7, shape=shape, tauSyn=0.4 * 7)
        put(visit, wij=1.25, wji=-0.4, bi=0.3, bj=-0.6, tauRef=7, tauSyn=0.4)
        page.locator("#shape").select_option(shape)
        page.wait_for_selector("#explorer[data-state=ready]")
        drift, density = expected(s)
        assert number(visit, "drift-ij") == pytest.approx(drift, abs=6e-5)
        assert number(visit, "drift-ji") == pytest.approx(-drift, abs=6e-5)
        assert number(visit, "plus-zero") == pytest.approx(density[3 * 7 + 1], abs=6e-4)
        assert number(visit, "minus-zero") == pytest.approx(density[3 * 7 - 1], abs=6e-4)
        end = explorer.path(1.25, -0.4, 0.3, -0.6, 7, shape, 0.4)[-1]
        assert [number(visit, "end-ij"), number(visit, "end-ji")] == pytest.approx(end.tolist(), abs=6e-4)
        said = page.locator("#summary").inner_text().replace("\n", "")
        assert f"{drift:.4f}".replace("-", "−") in said and "Wij is the stronger weight" in said.replace("_", "")
        assert page.locator("#tauSyn").is_disabled() == (explorer.SHAPES[shape]["psp"] == "rectangular")
        assert page.locator("#chart-plane .field").count() > 60 and page.locator("#chart-plane .nullcline").count() == 1


def put(visit: Visit, **values: float) -> None:
    for name, value in values.items():
        visit.page.locator(f"#{name}").evaluate(
            "(node, value) => { node.value = value; node.dispatchEvent(new Event('input', {bubbles: true})); }", value
        )


def number(visit: Visit, name: str) -> float:
    text = visit.page.locator(f"#number-{name}").inner_text()
    return float(text.split(" ")[0].replace("−", "-"))


@pytest.mark.parametrize("name", ["wij", "wji", "bi", "bj", "tauRef"])
def test_arrow_keys_change_the_numbers(visit: Visit, name: str) -> None:
    page = visit.open("explorer.html")
    slider, shown = page.locator(f"#{name}"), page.locator(f"#{name}-value")
    before, summary = shown.inner_text(), page.locator("#summary").inner_text()
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#explorer[data-state=ready]")
    step = {"tauRef": 1, "bi": 0.1, "bj": 0.1}.get(name, 0.05)
    change = float(shown.inner_text().split()[0].replace("−", "-")) - float(before.split()[0].replace("−", "-"))
    assert change == pytest.approx(2 * step)
    if name != "tauRef":  # in continuous time the law does not depend on the bins
        assert page.locator("#summary").inner_text() != summary


def test_tab_reaches_everything(desktop: Visit) -> None:
    page = desktop.open("explorer.html")
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("() => { const a = document.activeElement; return a.id || a.className || a.textContent; }")
        )
    order = json.dumps(reached)
    assert "Skip to main content" in order[:100]
    places = [
        next(k for k, what in enumerate(reached) if word in what) for word in ("nav-link", "search-button", "wij")
    ]
    assert places == sorted(places)
    ids = ["wij", "wji", "bi", "bj", "shape", "tauRef", "run", "again"]
    assert [what for what in dict.fromkeys(reached) if what in ids] == ids  # tauSyn is disabled for a rectangle


def test_skip_link_leads_to_the_text(desktop: Visit) -> None:
    page = desktop.open("explorer.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_let_sal_learn(chromium, server: str) -> None:
    """With less motion wished for, the weights go to the end of their path at once, and there they stay."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    visit = Visit(context.new_page(), server)
    page = visit.open("explorer.html")
    page.locator("#run").click()
    page.wait_for_selector("#explorer[data-state=ready]")
    assert page.locator("#wij-value").inner_text() == page.locator("#wji-value").inner_text() == "1.00"
    assert abs(number(visit, "drift-ij")) < 1e-3
    page.locator("#again").click()
    page.wait_for_selector("#explorer[data-state=ready]")
    assert page.locator("#wij-value").inner_text() == "1.50"
    context.close()


def test_let_sal_learn_step_by_step(desktop: Visit) -> None:
    page = desktop.open("explorer.html")
    page.locator("#run").click()
    page.wait_for_function("Number(document.querySelector('#wij').value) < 1.3")
    assert page.locator("#run").inner_text() == "Stop"
    page.locator("#run").click()
    stopped = page.locator("#wij").input_value()
    page.wait_for_timeout(400)
    assert page.locator("#wij").input_value() == stopped and 0.9 < float(stopped) < 1.3


def test_the_page_runs_the_modules_that_are_tested() -> None:
    bundle = (SITE / "_static" / "explorer" / "explorer.bundle.js").read_text(encoding="utf-8")
    theory = (SITE / "_static" / "explorer" / "theory.js").read_text(encoding="utf-8")
    assert theory.replace("export ", "") in bundle.replace("export ", "")
    assert "\nimport " not in bundle and "\nexport " not in bundle
