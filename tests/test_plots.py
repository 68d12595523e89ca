"""The look: a colour means one thing, labels come from one table, pictures do not depend on rounding, units on axes."""

import ast
import itertools
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import is_color_like, to_hex, to_rgb
from matplotlib.figure import Figure

from salkit import SamplingNetwork, plots, simulate, wakesleep
from salkit.estimates import Estimate
from salkit.plots import style
from salkit.suite import figures

FOLDER = Path(plots.__file__).parent
DRAWING = sorted(path for path in FOLDER.glob("*.py") if path.name not in ("__init__.py", "style.py"))
RECORDS = sorted((Path(__file__).parents[1] / "figures").rglob("*.json"))


def oklab(colour):
    """Lightness and two opponent hues (Ottosson 2020): equal distances look about equally different."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    cones = [
        [0.41222147, 0.53633254, 0.05144599],
        [0.2119035, 0.68069955, 0.10739696],
        [0.08830246, 0.28171884, 0.6299787],
    ]
    hues = [
        [0.21045426, 0.79361779, -0.00407205],
        [1.9779985, -2.42859221, 0.45059371],
        [0.02590404, 0.78277177, -0.80867577],
    ]
    return np.array(hues) @ np.cbrt(np.array(cones) @ linear)


def test_each_thing_has_a_colour_of_its_own():
    """0.075 is about the distance of two neighbouring greys of a scale of fourteen; the eye sees 0.02."""
    near = [
        (one, other)
        for one, other in itertools.combinations(style.LOOKS, 2)
        if np.linalg.norm(oklab(style.COLOURS[one]) - oklab(style.COLOURS[other])) < 0.075
    ]
    assert near == []
    assert np.linalg.norm(oklab("#FFFFFF") - oklab("#000000")) == pytest.approx(1, abs=1e-3)
    assert all(np.linalg.norm(oklab(look.colour) - oklab("white")) > 0.12 for look in style.LOOKS.values())


def colour_of(text):
    """The colour that a string names in a call of matplotlib, if it does: letters and words of other meanings aside."""
    if len(text) == 1 or text in ("none", "") or re.fullmatch(r"[\d.]+", text) or not is_color_like(text):
        return None
    return to_hex(text)


@pytest.mark.parametrize("path", DRAWING, ids=lambda path: path.stem)
def test_colours_come_from_the_table(path):
    """Whatever is no grey stands in LOOKS; labels and markers of rules are not written a second time."""
    strings = [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    colours = [(line, text) for line, text in strings if (found := colour_of(text)) and len({*to_rgb(found)}) > 1]
    assert colours == []
    rules = {style.LOOKS[name].label for name in ("hebbian", "kp", "fa", "bp")}
    assert [(line, text) for line, text in strings if text in rules] == []


def test_every_rule_has_its_row():
    assert {*wakesleep.RULES} <= {*style.LOOKS}
    assert all(style.look(rule).label and style.look(rule).marker for rule in ("sal", "hebbian", "kp", "fa", "bp"))
    with pytest.raises(ValueError, match="no look for 'rtrl'; LOOKS has sal, hebbian"):
        style.look("rtrl")


@style.styled
def picture(values, table):
    """All that `drawn` knows, from one array."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(3.4, 1.7))
    x = np.arange(values.size)
    left.plot(x, values, "o-", label="line")
    left.fill_between(x, values, 2 * values)
    left.scatter(x, values)
    left.bar(x, values)
    left.axhline(0.0)  # no data
    right.quiver(x, x, values, np.sign(values))
    right.stairs(values, np.arange(values.size + 1))
    right.imshow(np.sign(table["a"].values), extent=(0, 1, 0, 1))
    left.set(xlabel="x", ylabel="y", title="")
    return figure


def saved(figure, folder, name="02_test"):
    figures.save(figure, name, parameters={}, seeds=1)
    return [(folder / f"{name}.{suffix}").read_bytes() for suffix in ("png", "pdf")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(figures.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_rounding_errors_do_not_show(folder):
    """Numbers off by 1e-15 of themselves, and a residue of 1e-17 for 0 beside 1e-3, even where signs are shown."""
    rng = np.random.default_rng(3)
    exact = np.array([1e-3, -2e-3, 0.0, 1.5e-3, 0.0])
    found = []
    for residue in (0.0, 1e-17, -1e-17):
        values = exact * (1 + 1e-15 * rng.choice([-1, 1], exact.size)) + np.where(exact == 0, residue, 0)
        found.append(saved(picture(values, xr.Dataset({"a": (("x", "y"), values[:4].reshape(2, 2))})), folder))
    assert found[0] == found[1] == found[2]
    values = exact + np.array([0, 0, 1e-4, 0, 0])
    other = saved(picture(values, xr.Dataset({"a": (("x", "y"), values[:4].reshape(2, 2))})), folder)
    assert other[0] != found[0][0]


def test_steady_goes_into_everything_and_changes_nothing_else():
    noisy = 0.1 + 0.2
    table = xr.Dataset({"w": ("x", [1.0, 3e-13])}, coords={"x": [0, 1]})
    whole = np.array([2**53, 1])
    given = {
        "a": [noisy, "text"],
        "b": (np.array([1e3, 1e-10]), whole),
        "c": table,
        "e": Estimate(noisy, 0.0, 1.0),
        "n": None,
    }
    steady = style.steady(given)
    assert steady["a"] == [0.3, "text"] and steady["e"] == Estimate(0.3, 0.0, 1.0) and steady["n"] is None
    assert steady["b"][0].tolist() == [1e3, 0.0] and steady["b"][1] is whole
    assert steady["c"].w.values.tolist() == [1.0, 0.0] and table.w.values[1] == 3e-13
    odd = np.array([np.nan, np.inf, -np.inf, 1 / 3])
    np.testing.assert_array_equal(style.steady(odd), [np.nan, np.inf, -np.inf, 0.3333333333])
    assert style.steady(np.array([])).size == 0 and style.steady(5e-200) == 5e-200 and style.steady(5e-300) == 0


def test_drawn_gives_the_numbers_of_every_kind():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    figure = picture(values, xr.Dataset({"a": (("x", "y"), values.reshape(2, 2))}))
    left, right = style.drawn(figure)
    assert (left["x"], left["y"]) == ("x", "y")
    kinds = {item["kind"]: item for item in left["shown"]}
    assert [*kinds] == ["line", "bars", "band", "points"] and len(left["shown"]) == 4
    assert kinds["line"]["label"] == "line"
    np.testing.assert_array_equal(kinds["line"]["y"], values)
    np.testing.assert_array_equal(kinds["points"]["xy"][:, 1], values)
    np.testing.assert_array_equal(kinds["bars"]["x_y_width_height"][:, 3], values)
    assert kinds["band"]["xy"][:, 1].max() == 8
    kinds = {item["kind"]: item for item in right["shown"]}
    assert {*kinds} == {"arrows", "steps", "mesh"}
    np.testing.assert_array_equal(kinds["arrows"]["u"], values)
    np.testing.assert_array_equal(kinds["steps"]["values"], values)
    assert kinds["mesh"]["values"].shape == (2, 2)


def sampled():
    """One call of each function of notebook 02, on small made-up numbers."""
    rng = np.random.default_rng(0)
    spikes = simulate(SamplingNetwork(np.zeros((3, 3)), np.zeros(3), 10), 200, 1, threads=1)
    edges, bias = np.array([0.0, 50.0, 200.0]), np.array([-1.0, 0.0, 1.0])
    on = {name: 0.5 + 0.01 * rng.normal(size=(3, 4)) for name in ("continuous", "discrete", "authors")}
    times = np.array([1e4, 1e5, 1e6])
    kl = rng.uniform(1, 2, (3, 6)) / times[:, None]
    kl[0, :2] = np.inf
    steps, floors = np.array([10, 20, 40]), rng.uniform(1, 2, (3, 6)) / 1e3
    misplaced = {"none": floors[0], "both": floors[1]}
    limits = {"discrete": floors, "authors": floors}
    shares = rng.dirichlet(np.full(8, 9.0))
    return {
        "one_neuron": lambda: plots.one_neuron({0.0: spikes, 1.0: spikes}, bias, on),
        "network": lambda: plots.network(spikes, (edges, np.array([-0.5, 1.0])), neuron=0),
        "state_histogram": lambda: plots.state_histogram(np.full(8, 1 / 8), {"T": shares}),
        "convergence": lambda: plots.convergence({"continuous": times}, {"continuous": kl}, {"discrete": 1e-4}),
        "discrete_limit": lambda: plots.discrete_limit(steps, floors, 10 * floors),
        "authors_timing": lambda: plots.authors_timing(bias, on, np.full(3, 0.5), misplaced, steps, limits),
        "overlap": lambda: plots.overlap(0.4, np.array([0.1, 0.2]), np.array([[0.1, 0.11], [0.19, 0.2]])),
    }


@pytest.mark.parametrize(
    "name", ["one_neuron", "network", "state_histogram", "convergence", "discrete_limit", "authors_timing", "overlap"]
)
def test_sampling_figures_have_labels_and_the_same_bytes_again(name, folder):
    draw = sampled()[name]
    figure = draw()
    assert isinstance(figure, Figure) and not plt.get_fignums()
    assert complaints(style.drawn(figure)) == []
    assert saved(figure, folder) == saved(figure, folder) == saved(draw(), folder)


def test_figures_of_conditions_show_what_they_are_given():
    """An asymmetry of 0 is left out, what is predicted stands beside it, and panels that are not used are gone."""
    runs = {"sal": np.array([0.1, 0.2, 0.3]), "free": np.zeros(3)}
    kl = {"sal": np.array([0.01, 0.02, 0.03]), "free": np.array([0.01, 0.01, 0.02])}
    shapes = style.drawn(plots.shapes_learned({"one": runs, "two": runs}, {"one": kl, "two": kl}))
    assert len(shapes) == 2
    pulls = style.drawn(plots.pulls([-1.0, 1.0], {"one": {"sal": [0.1, -0.2]}, "two": {"sal": [0.3, 0.4]}}))
    assert [panel["title"].split()[-1] for panel in pulls] == ["one", "two"]
    assert np.array_equal(pulls[0]["shown"][0]["y"], [0.1, -0.2])
    levels = {"sal": np.array([[0.2, 0.3], [0.1, 0.1], [0.01, 0.02]])}
    bits = style.drawn(plots.few_bits([4, 8, 64], levels, levels, {"sal": [0.3, 0.2, 0.1]}, 64))
    predicted = [row for row in bits[0]["shown"] if row.get("label", "").startswith("predicted")]
    assert np.array_equal(predicted[0]["y"], [0.3, 0.2, 0.1])
    columns = {"matched": ([0.4, 0.7, 1.0], levels)}
    sparse = style.drawn(plots.constrained(columns, "density", {"matched": {"nearest machine": [0.1, 0.1, 0.1]}}))
    assert any(row.get("label") == "nearest machine" for row in sparse[0]["shown"])
    assert [complaints(panels) for panels in (shapes, pulls, bits, sparse)] == [[], [], [], []]


# What a label that names a quantity with a unit must say in parentheses.
UNITS = {
    r"\btime\b|period|\blag\b|Δt|\\Delta t|overlap": r"tau_?\{?\\?m?a?t?h?r?m?\{?ref|steps|ms|s\b|epochs|cycles",
    r"D_\{?\\(mathrm\{KL\}|infty)": r"nats",
    r"\b[Aa]ngle": r"degrees|°",
}


FREE = (r"$S(\Delta t)$", "angle to the gradient")  # a pure number; an axis whose ticks say degrees


def complaints(panels):
    """Labels that lack: a figure names an x and a y at least once, and quantities that have units give them."""
    found = []
    for axis in "xy":
        labels = [panel[axis] for panel in panels if panel[axis] not in FREE]
        if not any(labels):
            found.append(f"no {axis} label")
        for label, (quantity, unit) in itertools.product(labels, UNITS.items()):
            if re.search(quantity, label) and not re.search(rf"\([^)]*({unit})", label) and "/" not in label:
                found.append(f"{label!r} without a unit")
    return found


def test_what_complains_of_labels_can():
    assert complaints([{"x": "time", "y": ""}]) == ["'time' without a unit", "no y label"]
    assert complaints([{"x": r"time ($\tau_\mathrm{ref}$)", "y": r"$D_\mathrm{KL}$ (nats)"}]) == []


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_stored_figures_have_labels(path):
    """Diagrams and rasters have none; rows and columns that have names need none; `bench` keeps its own numbers."""
    panels = json.loads(path.read_text(encoding="utf-8"))["data"]
    if isinstance(panels, list) and any(panel["x"] or panel["y"] for panel in panels):
        assert [line for line in complaints(panels) if not line.startswith("no ")] == []


def dreamt():
    """One call of each function of notebook 09, on small made-up numbers."""
    rng = np.random.default_rng(0)
    rules = ("matched", "sal", "hebbian")
    pictures = {rule: rng.uniform(0, 1, (3, 9)) for rule in rules}
    shown = np.where(np.arange(9) < 3, 1.0, np.nan) * np.ones((3, 1))
    runs = {rule: rng.uniform(0, 1, (4, 3)) for rule in rules}
    ends = {condition: {rule: rng.uniform(0, 1, 4) for rule in rules} for condition in ("start, σ = 1", "both, σ = 1")}
    z = np.array([1.0, 2.0, 3.0])
    return {
        "dream_machine": lambda: plots.dream_machine(rng.uniform(0, 1, 9) > 0.5, 1, 2, rng.uniform(0, 1, 8)),
        "bars": lambda: plots.bars(pictures["sal"], pictures, ends["both, σ = 1"]),
        "dream_training": lambda: plots.dream_training(np.arange(3), runs, runs, runs, 0.5),
        "dreams": lambda: plots.dreams(pictures, ["0", "1", "2"]),
        "completions": lambda: plots.completions(pictures["sal"], shown, pictures),
        "likelihoods": lambda: plots.likelihoods(z, z, 0.1 * z, ends["both, σ = 1"]),
        "dream_levels": lambda: plots.dream_levels(ends, ends),
    }


@pytest.mark.parametrize("name", [*dreamt()])
def test_figures_of_dreams_are_drawn_and_have_labels(name, folder):
    """Pictures and the diagram have no axes to label; all else has labels, and what is saved twice is the same."""
    figure = dreamt()[name]()
    panels = style.drawn(figure)
    assert isinstance(figure, Figure) and not plt.get_fignums() and panels
    found = complaints(panels)
    assert all(line.startswith("no ") for line in found)
    assert found == [] or name in ("dream_machine", "dreams", "completions", "bars", "dream_levels")
    assert saved(figure, folder) == saved(figure, folder)
