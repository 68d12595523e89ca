"""The claims as committed: each is recorded at every preset, gives the expected verdict, and its null fails.

The notebooks compute nulls beside what they measure; strict nbval computes both again.
"""

import json
import tomllib
from pathlib import Path

import pytest

from salkit.suite import claims, ledger
from salkit.suite.notebook import claims_file

ROOT = Path(__file__).parents[1]
DEFINED = claims.definitions(claims_file())
PRESETS = tomllib.loads(ledger.ABSTRACT.read_text(encoding="utf-8"))["presets"]
EVERY = [(f"{figure}.{key}", preset) for figure in DEFINED for key in DEFINED[figure] for preset in PRESETS[figure[:2]]]


@pytest.mark.parametrize(("name", "preset"), EVERY)
def test_claim(name, preset):
    figure, key = name.split(".")
    path = ROOT / "figures" / ("paper" if preset == "paper" else "") / f"{figure}.json"
    (stored,) = [claim for claim in json.loads(path.read_text(encoding="utf-8"))["claims"] if claim["key"] == name]
    interval = stored["interval"]
    measured = claims.Estimate(stored["measured"], *interval) if interval else stored["measured"]
    entries = {field: value for field, value in DEFINED[figure][key].items() if field != "null_value"}
    again = claims.claim(name, entries, preset, (measured, claims.Estimate(*stored["null"])))
    assert again.discriminates, f"its null ({again.null_text}) gives {again.null_result}, within {again.held_to}"
    assert again.verdict == again.expected, f"{again.result} is held to {again.held_to}: {again.verdict}"
    assert again.verdict == "holds" or again.why, "a verdict that is not 'holds' needs its reason"
    assert len(again.paper) >= 1 and len(entries["reason"]) > 10


def test_there_are_claims_of_every_notebook():
    assert {figure[:2] for figure in DEFINED} == set(PRESETS) and len(EVERY) >= 50
