"""Verdicts, intervals, the table, errors."""

import numpy as np
import pytest

from salkit.estimates import Estimate
from salkit.suite import claims
from salkit.suite.claims import Claim, check, table


@pytest.mark.parametrize(
    ("interval", "bounds", "verdict"),
    [
        ((0.9, 1.1), dict(above=0.5), "holds"),
        ((0.9, 1.1), dict(above=1.2), "fails"),
        ((0.9, 1.1), dict(above=1.05), "undecided"),
        ((0.9, 1.1), dict(below=1.0), "undecided"),
        ((0.9, 1.1), dict(above=0.9, below=1.1), "holds"),
        ((0.9, 1.1), dict(above=1.05, below=2.0), "undecided"),
        ((0.9, 1.1), dict(above=-1.0, below=0.5), "fails"),
        (None, dict(below=1.0), "holds"),
        (None, dict(below=0.99), "fails"),
    ],
)
def test_verdicts(interval, bounds, verdict):
    claim = Claim("x", "y", 1.0, interval, **bounds)
    assert claim.verdict == verdict
    said = check([Claim("fine", "y", 1.0, below=2), claim])
    assert said == [] if verdict == "holds" else f"x: {claim.result} is held to {claim.held_to}, {verdict}" in said[0]
    assert check([Claim("x", "y", 1.0, interval, expected=verdict, **bounds)]) == []


@pytest.mark.parametrize(
    ("interval", "shown", "verdict"),
    [
        ((0.9, 1.1), (1.05, 2.0), "holds"),  # they overlap
        ((0.9, 1.1), (1.2, 2.0), "differs"),
        ((0.9, 1.1), (0.2, 0.8), "differs"),
        ((0.9, 1.1), (0.0, 3.0), "holds"),
        ((0.4, 1.1), (1.2, 2.0), "undecided"),  # not within its bounds: that comes first
        ((0.1, 1.0), (3.0, 4.0), "undecided"),
    ],
)
def test_what_differs_from_the_paper_says_so(interval, shown, verdict):
    assert Claim("x", "y", 1.0, interval, above=0.5, shown=shown).verdict == verdict


def test_a_null_must_lie_outside_the_bounds_with_its_whole_interval():
    for null, fine in (((0.2, 0.1, 0.3), True), ((0.2, 0.1, 0.6), False), ((1.0, 1.0, 1.0), False)):
        claim = Claim("x", "y", 1.0, (0.9, 1.1), above=0.5, null=null, null_text="Hebbian")
        assert claim.discriminates is fine
        assert check([claim]) == (
            [] if fine else [f"x: its null (Hebbian) gives {claim.null_result}, which is not outside ≥ 0.5"]
        )


FILE = """
[01_one.slope]
claim = "slope"
paper = "about 1"
shown = [0.9, 1.1]
above = 0.8
below = 1.2
reason = "theory"
null = "a floor"
null_value = 0
at_paper = { above = 0.9, verdict = "differs", why = "longer" }

[01_one.ratio]
claim = "ratio"
paper = "—"
above = 2
reason = "seeds 1 to 9"
null = "Hebbian"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_claims_from_their_file(file):
    results = {"slope": Estimate(1.0, 0.9, 1.05), "ratio": (Estimate(5.0, 4.0, 6.0), Estimate(1.0, 0.9, 1.1))}
    slope, ratio = claims.of_figure(file, "01_one", "tutorial", results)
    assert (slope.key, slope.above, slope.null, slope.expected) == ("01_one.slope", 0.8, (0.0, 0.0, 0.0), "holds")
    assert slope.verdict == ratio.verdict == "holds" and slope.discriminates and ratio.discriminates
    assert (
        ratio.null == (1.0, 0.9, 1.1)
        and ratio.null_text == "Hebbian"
        and ratio.to_dict()["null_result"] == "1 [0.9, 1.1]"
    )
    paper = claims.of_figure(file, "01_one", "paper", results)[0]
    assert (paper.above, paper.expected, paper.why) == (0.9, "differs", "longer")
    assert claims.of_figure(file, "02_none", "paper", {}) == []


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ({"slope": 1.0}, r"only the file has \['ratio'\], only the notebook \[\]"),
        ({"slope": 1.0, "ratio": (3.0, 1.0), "more": 1.0}, r"only the notebook \['more'\]"),
        ({"slope": 1.0, "ratio": 3.0}, "01_one.ratio needs its null from one place"),
        ({"slope": (1.0, 0.0), "ratio": (3.0, 1.0)}, "01_one.slope needs its null from one place"),
    ],
)
def test_file_and_notebook_must_agree(file, results, words):
    with pytest.raises(ValueError, match=words):
        claims.of_figure(file, "01_one", "tutorial", results)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[a.b", "claims.toml cannot be read"),
        (FILE.replace('null = "Hebbian"', ""), r"01_one.ratio: unknown entries \[\], missing \['null'\]"),
        (FILE.replace("above = 2", "beyond = 2"), r"unknown entries \['beyond'\]"),
        (FILE.replace("{ above", "{ beyond"), r"unknown entries \['beyond'\]"),
    ],
)
def test_a_file_that_is_wrong_is_named(file, text, words):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        claims.definitions(file)


def test_table_is_plain_text_of_all_claims():
    text = table([Claim("a long claim " * 5, "paper", 0.12345, (0.1, 0.2), below=1.0), Claim("b", "p", 3, above=2.5)])
    large = Claim("c", "p", 243.2, (101.4, 1.6e7), above=1)
    assert large.result == "240 [100, 1.6e+07]" and Claim("d", "p", 2.96e-15, below=1, digits=1).result == "3e-15"
    assert "0.12 [0.1, 0.2]" in text and "≥ 2.5" in text and text.count("holds") == 2
    assert all(len(line) <= 150 and line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Claim("x", "y", 1.0), "needs a bound"),
        (lambda: Claim("x", "y", np.nan, below=1), "must be finite"),
        (lambda: Claim("x", "y", 1.0, (2.0, 3.0), below=1), "must contain the measured value"),
        (lambda: Claim("x", "y", 1.0, (0.0, np.inf), below=1), "must be finite"),
        (lambda: Claim("x", "y", 1.0, above=2, below=1), "above must not exceed below, got above=2, below=1"),
        (lambda: Claim("x", "y", 1.0, above=0, null=(0.0, np.nan, 0.0)), "bounds and null must be finite"),
        (lambda: Claim("x", "y", 1.0, above=0, expected="true"), "a verdict must be one of holds, differs"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()
