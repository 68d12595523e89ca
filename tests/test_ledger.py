"""The ledger: every sentence once, evidence that exists, and no way to a "holds" that today's code would not give."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from salkit.cli import main
from salkit.suite import figures, ledger

ROOT = Path(__file__).parents[1]
DATA = tomllib.loads(ledger.ABSTRACT.read_text(encoding="utf-8"))
LEARNING = "In probabilistic spiking networks"  # a sentence whose evidence is claims of notebook 03


@pytest.fixture
def folder(tmp_path):
    """A copy of figures/ to spoil."""
    return Path(shutil.copytree(ROOT / "figures", tmp_path / "figures", ignore=shutil.ignore_patterns("*.png", "*.nc")))


def verdict(folder, start=LEARNING):
    """The verdict of the sentence that starts so, and the verdicts and reasons of its evidence."""
    (sentence,) = [s for s in ledger.read(folder) if s.text.startswith(start)]
    return sentence.verdict, [e.verdict for e in sentence.evidence], " ".join(e.why for e in sentence.evidence)


def change(path, how, sealed=True):
    """Alter a record; `sealed`: with its digest of contents made anew, as a notebook would have written it."""
    record = json.loads(path.read_text(encoding="utf-8"))
    how(record)
    if sealed:
        record["contents"] = figures.contents(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def measured(value):
    """Put another value in place of the one measured for Hebbian learning over SAL's, which is to be at least 10."""
    return lambda record: record["claims"][1].update(measured=value, interval=[value, value])


def test_every_sentence_of_the_abstract_once_and_in_order():
    sentences = ledger.read(ROOT / "figures")
    assert " ".join(s.text for s in sentences) == DATA["text"]
    assert len({s.text for s in sentences}) == len(sentences) == 13
    for sentence in sentences:
        assert sentence.text[0].isupper() and sentence.text.endswith(".") and ". " not in sentence.text
        assert sentence.kind in ("empirical", "motivation", "citation")
        assert bool(sentence.evidence) == (sentence.kind == "empirical")
        assert sentence.evidence or (sentence.verdict == "not tested" and sentence.note)


def test_evidence_named_exists():
    """A figure or claim that no notebook makes is an error here, whatever the ledger would say of it."""
    for entry in DATA["sentence"]:
        assert entry.keys() <= {"kind", "text", "why", "note", "evidence"}
        for item in entry.get("evidence", []):
            assert item.keys() == {"figure", "claim"}
            for preset in DATA["presets"][item["figure"][:2]]:
                path = ROOT / "figures" / ("paper" if preset == "paper" else "") / f"{item['figure']}.json"
                found = [claim["text"] for claim in json.loads(path.read_text(encoding="utf-8"))["claims"]]
                assert item["claim"] in found, f"{path.name}, {preset}: no claim {item['claim']!r}; it has {found}"


def test_the_repository_s_evidence_holds():
    """What is committed is up to date: `make evidence` renews it."""
    for sentence in ledger.read(ROOT / "figures"):
        problems = [f"{e.figure}, {e.preset}: {e.claim}: {e.why}" for e in sentence.evidence if e.verdict != "holds"]
        assert not problems, "\n".join([*problems, "renew with `make evidence`"])
        assert sentence.verdict == ("holds" if sentence.evidence else "not tested")
        for e in sentence.evidence:
            assert e.result and e.held_to and e.seeds and len(e.version) == 16 and e.notebook[:2] == e.figure[:2]


@pytest.mark.parametrize("where", ["", "paper"])
@pytest.mark.parametrize(
    ("how", "sealed", "says"),
    [
        (measured(0.5), True, "fails"),  # below 10 times SAL's
        (measured(0.5), False, "fails"),
        (lambda r: r["claims"][1].update(interval=[1.0, 30.0], measured=20.0), True, "undecided"),
        (measured(20.0), False, "stale"),  # a result that would hold, written by hand
        (lambda r: r["claims"][1].update(result="1000 [900, 1100]"), False, "stale"),
        (lambda r: r["claims"][1].update(above=None, below=1e6), False, "stale"),  # a bound
        (lambda r: r["parameters"].update(seed=2), False, "stale"),
        (lambda r: r["parameters"].update(seed=2), True, "stale"),
        (lambda r: r["parameters"].pop("seed"), True, "stale"),
        (lambda r: r["parameters"].update(more=1), True, "stale"),
        (lambda r: r.update(sources="0" * 16), False, "stale"),
        (lambda r: r.update(sources="0" * 16), True, "stale"),
        (lambda r: r.pop("sources"), True, "stale"),
        (lambda r: r["claims"].clear(), True, "missing"),
    ],
)
def test_an_altered_record_never_holds(folder, where, how, sealed, says):
    assert verdict(folder)[0] == "holds"
    change(folder / where / "03_levels.json", how, sealed)
    assert verdict(folder)[0] == says
    assert verdict(folder, "And in neuronal hierarchies")[0] == "holds"  # no evidence of this sentence


def test_how_a_result_was_computed_does_not_matter(folder):
    change(folder / "paper" / "03_levels.json", lambda r: r["parameters"].update(recompute=True, device="cpu"))
    assert verdict(folder)[0] == "holds"


def test_a_preset_in_the_other_s_place_is_stale(folder):
    shutil.copy(folder / "paper" / "03_levels.json", folder / "03_levels.json")
    assert verdict(folder)[0] == "stale" and "preset = paper, the preset has tutorial" in verdict(folder)[2]


@pytest.mark.parametrize("name", ["03_levels.json", "paper/03_levels.json"])
def test_a_deleted_figure_is_missing(folder, name):
    (folder / name).unlink()
    assert verdict(folder)[0] == "missing" and "no figure 03_levels at preset" in verdict(folder)[2]
    result = CliRunner().invoke(main, ["claims", str(folder)])
    assert result.exit_code == 1 and "MISSING     In probabilistic" in result.output


def test_a_sentence_is_worth_its_worst_evidence(folder):
    (folder / "03_discrete.json").unlink()
    change(folder / "03_levels.json", lambda r: r.update(sources="0" * 16))
    assert verdict(folder)[0] == "missing" and {"stale", "missing", "holds"} == set(verdict(folder)[1])
    change(folder / "paper" / "03_levels.json", measured(0.5))
    assert verdict(folder)[0] == "fails"


def test_a_file_that_is_no_record_is_named(folder):
    for content in ("[1]", "{", '{"claims": 3}', '{"claims": [3], "seeds": 1}'):
        (folder / "03_levels.json").write_text(content)
        with pytest.raises(ValueError, match=r"03_levels.json is not a figure's record"):
            ledger.read(folder)


def test_claims_prints_the_ledger_and_every_claim(folder):
    result = CliRunner().invoke(main, ["claims", str(folder)])
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    for sentence in ledger.read(folder):
        assert f"{sentence.verdict.upper()} {sentence.text[:40]}" in said
        assert all(f"{e.claim}: {e.result}" in said for e in sentence.evidence)
    assert "Every claim of every figure" in said and said.count("Thresholds, sd 0.3") == 1


def test_readme_shows_the_ledger(tmp_path):
    """README's table is what the ledger says today; `salkit claims --write README.md` renews it."""
    sentences, page = ledger.read(ROOT / "figures"), (ROOT / "README.md").read_text(encoding="utf-8")
    assert ledger.renewed(page, sentences) == page, "renew it with `make evidence`"
    assert ledger.markdown(sentences) in page
    other = tmp_path / "page.md"
    other.write_text(f"before\n{ledger.START}\nold\n{ledger.END}\nafter\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["claims", str(ROOT / "figures"), "--write", str(other)])
    assert result.exit_code == 0 and "renewed: 7 of 7 tested sentences hold" in result.output
    table = ledger.markdown(sentences)
    assert other.read_text(encoding="utf-8") == f"before\n{ledger.START}\n\n{table}\n\n{ledger.END}\nafter\n"
    other.write_text("no marks", encoding="utf-8")
    result = CliRunner().invoke(main, ["claims", str(ROOT / "figures"), "--write", str(other)])
    assert result.exit_code == 2 and "the page needs two lines" in result.output
    result = CliRunner().invoke(main, ["claims", str(ROOT / "figures"), "--markdown"])
    assert result.exit_code == 0 and result.output == f"{table}\n"


def test_the_table_is_a_table(folder):
    (folder / "05_loss.json").unlink()
    lines = ledger.markdown(ledger.read(folder), notebooks="../nb").splitlines()
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert any("**missing**" in line and "](../nb/05_microcircuit_weight_copying.ipynb)" in line for line in lines)
