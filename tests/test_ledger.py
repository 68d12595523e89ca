"""The ledger: every sentence once, evidence that exists, and no way to a "holds" that today's code would not give."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from salkit.cli import main
from salkit.suite import claims, figures, ledger
from salkit.suite.notebook import claims_file

ROOT = Path(__file__).parents[1]
DATA = tomllib.loads(ledger.ABSTRACT.read_text(encoding="utf-8"))
LEARNING = "In probabilistic spiking networks"  # a sentence whose evidence is claims of notebook 03


@pytest.fixture
def folder(tmp_path):
    """A copy of figures/ to spoil."""
    leave = shutil.ignore_patterns("*.png", "*.pdf", "*.nc")
    return Path(shutil.copytree(ROOT / "figures", tmp_path / "figures", ignore=leave))


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


def improved(record):
    """The claim that Hebbian learning's D_KL is a multiple of SAL's."""
    return next(claim for claim in record["claims"] if claim["key"] == "03_levels.improved")


def measured(value, low=None, high=None):
    """Put another value in place of the one measured."""
    interval = [value if low is None else low, value if high is None else high]
    return lambda record: improved(record).update(measured=value, interval=interval)


def test_every_sentence_of_the_abstract_once_and_in_order():
    sentences = ledger.read(ROOT / "figures")
    assert " ".join(s.text for s in sentences) == DATA["text"]
    assert len({s.text for s in sentences}) == len(sentences) == 13
    for sentence in sentences:
        assert sentence.text[0].isupper() and sentence.text.endswith(".") and ". " not in sentence.text
        assert sentence.kind in ("empirical", "motivation", "citation")
        assert bool(sentence.evidence) == bool(sentence.short) == (sentence.kind == "empirical")
        assert sentence.evidence or (sentence.verdict == "not tested" and sentence.note)
        assert "?" not in sentence.note, "a result that a note names is not there"


def test_evidence_named_exists():
    """A claim that the file of claims does not have is an error here, whatever the ledger would say of it."""
    defined = claims.definitions(claims_file())
    for entry in DATA["sentence"]:
        assert entry.keys() <= {"kind", "text", "why", "note", "evidence", "short"}
        for item in entry.get("evidence", []):
            assert item.keys() <= {"figure", "claim", "presets"}
            assert item["claim"] in defined.get(item["figure"], {}), item


def test_the_repository_s_evidence_is_up_to_date():
    """What is committed is as expected: `make evidence` renews it."""
    sentences = ledger.read(ROOT / "figures")
    for sentence in sentences:
        problems = [f"{e.key}, {e.preset}: {e.verdict} {e.why}" for e in sentence.evidence if e.verdict != e.expected]
        assert not problems, "\n".join([*problems, "renew with `make evidence`"])
        for e in sentence.evidence:
            assert e.result and e.held_to and e.null and e.seeds and len(e.version) == 16
            assert e.notebook[:2] == e.figure[:2]
    assert {sentence.verdict for sentence in sentences} <= {"holds", "partly", "not tested"}


@pytest.mark.parametrize("where", ["", "paper"])
@pytest.mark.parametrize(
    ("how", "sealed", "says"),
    [
        (measured(0.5), True, "fails"),
        (measured(0.5), False, "stale"),
        (measured(20.0, 1.0, 30.0), True, "undecided"),
        (measured(20.0), False, "stale"),  # a result that would hold, written by hand
        (lambda r: improved(r).update(result="1000 [900, 1100]"), False, "stale"),
        (lambda r: improved(r).update(null=[0.1, 0.1, 0.1]), False, "stale"),
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
    other = verdict(folder, "And in neuronal hierarchies")
    change(folder / where / "03_levels.json", how, sealed)
    found, each, _ = verdict(folder)
    assert says in each and found == {"fails": "partly"}.get(says, says)
    assert verdict(folder, "And in neuronal hierarchies") == other  # no evidence of this sentence


def test_bounds_are_those_of_today(folder, monkeypatch):
    """Not those that the record was made with: a bound that is moved needs no figure made again."""
    moved = {figure: dict(entries) for figure, entries in claims.definitions(claims_file()).items()}
    moved["03_levels"]["improved"] = {**moved["03_levels"]["improved"], "above": 1e4}
    monkeypatch.setattr(claims, "definitions", lambda path: moved)
    assert verdict(folder)[0] == "partly" and "fails" in verdict(folder)[1]


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        ([], "not tested"),
        (["holds", "differs"], "holds"),
        (["holds", "fails"], "partly"),
        (["fails", "fails"], "fails"),
        (["fails", "undecided"], "fails"),
        (["holds", "undecided"], "undecided"),
        (["holds", "undecided", "fails"], "partly"),
        (["holds", "stale", "fails"], "stale"),
        (["stale", "missing"], "missing"),
    ],
)
def test_a_sentence_follows_from_its_evidence(verdicts, sentence):
    assert ledger._verdict(verdicts) == sentence


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
    assert "Every claim of every figure" in said


def test_readme_shows_the_summary(tmp_path):
    """README's lines are what the ledger says today; `salkit claims --write README.md` renews them."""
    sentences, page = ledger.read(ROOT / "figures"), (ROOT / "README.md").read_text(encoding="utf-8")
    assert ledger.renewed(page, sentences) == page, "renew it with `make evidence`"
    summary = ledger.summary(sentences)
    assert summary in page and len(summary.splitlines()) == 8
    other = tmp_path / "page.md"
    other.write_text(f"before\n{ledger.START}\nold\n{ledger.END}\nafter\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["claims", str(ROOT / "figures"), "--write", str(other)])
    assert result.exit_code == 0 and "renewed; of 8 tested sentences: " in result.output
    assert other.read_text(encoding="utf-8") == f"before\n{ledger.START}\n\n{summary}\n\n{ledger.END}\nafter\n"
    other.write_text("no marks", encoding="utf-8")
    result = CliRunner().invoke(main, ["claims", str(ROOT / "figures"), "--write", str(other)])
    assert result.exit_code == 2 and "the page needs two lines" in result.output
    result = CliRunner().invoke(main, ["claims", str(ROOT / "figures"), "--markdown"])
    assert result.exit_code == 0 and result.output == f"{ledger.markdown(sentences)}\n"


def test_the_table_is_a_table(folder):
    (folder / "05_loss.json").unlink()
    lines = ledger.markdown(ledger.read(folder), notebooks="../nb").splitlines()
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert any("**missing**" in line and "](../nb/05_microcircuit_weight_copying.ipynb)" in line for line in lines)
