"""The claims ledger: every sentence of the abstract, the figures that are evidence for it, and the verdict today.

`abstract.toml` names the sentences and their evidence; the figures' records, written by the notebooks, hold the
results. Nothing is taken on trust: a verdict is computed again from the numbers stored, and counts only if the figure
is what the repository would make now.

    holds        the measured interval lies within the bounds, and the figure is up to date
    fails        the interval lies outside the bounds
    undecided    the interval contains a bound
    stale        the figure was made by other sources or with other parameters, or its record was altered since
    missing      the figure, or the claim in it, is not there
    not tested   a sentence without evidence; the reason is given

A sentence is worth its worst piece of evidence: it holds only if all hold.
"""

import json
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from . import digests, figures
from .claims import Claim

__all__ = ["ABSTRACT", "END", "START", "Evidence", "Sentence", "markdown", "read", "renewed", "text"]

ABSTRACT = Path(__file__).with_name("abstract.toml")
START, END = "<!-- ledger: `make evidence` writes this table -->", "<!-- end of the ledger -->"
_WORST_FIRST = ("fails", "missing", "stale", "undecided", "holds")
_HOW = {"device", "recompute"}  # parameters that say how a result is computed, not which
_PLACES = {"tutorial": Path(), "paper": Path("paper")}  # of each preset's figures, below the folder


@dataclass(frozen=True)
class Evidence:
    """One claim of one figure at one preset.

    Parameters
    ----------
    claim, paper : str
        What is claimed, and what the paper shows.
    result, held_to : str
        The measured value with its 95 % confidence interval, and the bounds in words.
    verdict : str
        "holds", "fails", "undecided", "stale" or "missing".
    notebook, figure, preset : str
        Where it comes from: notebook and figure without suffix, "tutorial" or "paper".
    seeds : tuple of int
    version : str
        Digest of the sources that the figure was made by (`salkit.digests.digest`).
    why : str
        What is wrong with evidence that is stale or missing.
    """

    claim: str
    paper: str
    result: str
    held_to: str
    verdict: str
    notebook: str
    figure: str
    seeds: tuple[int, ...]
    preset: str
    version: str
    why: str = ""


@dataclass(frozen=True)
class Sentence:
    """One sentence of the abstract: its verdict, its evidence, and what is to be said beside it.

    `kind` is "empirical", "motivation" or "citation". `note` gives the reason where the verdict is "not tested", else
    what the evidence leaves open.
    """

    text: str
    verdict: str
    evidence: tuple[Evidence, ...]
    kind: str = "empirical"
    note: str = ""


def read(folder: Path | None = None) -> list[Sentence]:
    """The ledger for the figures in `folder` (default: `salkit.figures.folder()`), paper-scale ones in folder/paper.

    Raises ValueError for a figure's record that is not one, naming it.
    """
    from . import runner  # brings jupytext, which a notebook's kernel does not need

    data = tomllib.loads(ABSTRACT.read_text(encoding="utf-8"))
    place, found = folder or figures.folder(), []
    known: dict[tuple[str, str], tuple[Any, str]] = {}  # each record and notebook is read once
    defaults = cache(runner.parameters_of)
    for entry in data["sentence"]:
        evidence = tuple(
            _evidence(place, item["figure"], item["claim"], preset, known, defaults)
            for item in entry.get("evidence", [])
            for preset in data["presets"][item["figure"][:2]]
        )
        verdict = min((e.verdict for e in evidence), key=_WORST_FIRST.index, default="not tested")
        found.append(Sentence(entry["text"], verdict, evidence, entry["kind"], entry.get("note", entry.get("why", ""))))
    return found


def markdown(sentences: Sequence[Sentence], notebooks: str = "notebooks") -> str:
    """The ledger as a Markdown table, a line for each claim; links to notebooks start with `notebooks`/."""
    presets = {e.preset: None for s in sentences for e in s.evidence}
    head = ["the abstract says", "what was tested", *(f"{preset} preset" for preset in presets), "held to", "verdict"]
    lines = [head, ["---"] * len(head)]
    for sentence in sentences:
        said = f"**{sentence.verdict}:** {sentence.text}" + (f" *({sentence.note})*" if sentence.note else "")
        if not sentence.evidence:
            lines.append([said, f"— ({sentence.kind})", *[""] * len(presets), "", sentence.verdict])
        for by_preset in _grouped(sentence.evidence):
            shown = {preset: _shown(e) for preset, e in by_preset.items()}
            one = next(iter(by_preset.values()))
            tested = f"[{one.notebook[:2]}]({notebooks}/{one.notebook}.ipynb) {one.claim}"
            bounds = dict.fromkeys(e.held_to for e in by_preset.values() if e.held_to)
            verdict = min((e.verdict for e in by_preset.values()), key=_WORST_FIRST.index)
            lines.append([said, tested, *(shown.get(p, "") for p in presets), "; ".join(bounds), verdict])
            said = ""
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def text(sentences: Sequence[Sentence], width: int = 110) -> str:
    """The ledger for a terminal: each sentence with its verdict, and below it its evidence."""
    lines = []
    for sentence in sentences:
        lines += _wrapped(f"{sentence.verdict.upper():<11} {sentence.text}", 12, width)
        if sentence.note:
            lines += _wrapped(" " * 12 + f"({sentence.kind}: {sentence.note})", 12, width)
        for e in sentence.evidence:
            what = f"{e.result}, held to {e.held_to}" if e.result else e.why
            said = f"{' ' * 12}{e.verdict:<9}  {e.claim}: {what}; {e.figure}, {e.preset}"
            lines += _wrapped(said + (f" ({e.why})" if e.result and e.why else ""), 23, width)
        lines.append("")
    return "\n".join(lines).rstrip()


def renewed(page: str, sentences: Sequence[Sentence]) -> str:
    """A Markdown page with the table between its two marks (START, END) written anew.

    Raises ValueError unless the page has both marks, once each and in this order.
    """
    if page.count(START) != 1 or page.count(END) != 1 or page.index(START) > page.index(END):
        raise ValueError(f"the page needs two lines to put the ledger between, once each: {START} and {END}")
    before, after = page.split(START)[0], page.split(END)[1]
    return f"{before}{START}\n\n{markdown(sentences)}\n\n{END}{after}"


def _evidence(
    folder: Path,
    figure: str,
    claim: str,
    preset: str,
    known: dict[tuple[str, str], tuple[Any, str]],
    defaults: Callable[[Path], dict[str, Any]],
) -> Evidence:
    """The claim as the figure's record has it, with the verdict that it deserves; `known` keeps records read before."""
    source = digests.notebook_of(figure)
    notebook = source.stem if source else ""
    path = folder / _PLACES[preset] / f"{figure}.json"
    nothing = Evidence(claim, "", "", "", "missing", notebook, figure, (), preset, "")
    if source is None:
        return replace(nothing, why=f"no notebook makes the figure {figure}")
    if not path.is_file():
        return replace(nothing, why=f"no figure {figure} at preset {preset}")
    try:
        if (figure, preset) not in known:
            record = json.loads(path.read_text(encoding="utf-8"))
            known[figure, preset] = record, _stale(record, defaults(source), figure, preset)
        record, stale = known[figure, preset]
        stored = [item for item in record["claims"] if item["text"] == claim]
        seeds = record["seeds"] if isinstance(record["seeds"], list) else [record["seeds"]]
        nothing = replace(nothing, seeds=tuple(map(int, seeds)), version=str(record.get("sources", "")))
        if len(stored) != 1:
            return replace(nothing, why=f"the figure {figure} has no claim of this name")
        return _judged(nothing, stored[0], stale)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path.name} is not a figure's record; renew it with `salkit figures`") from None


def _judged(blank: Evidence, stored: Mapping[str, Any], stale: str) -> Evidence:
    interval = stored["interval"] and (stored["interval"][0], stored["interval"][1])
    again = Claim(stored["text"], stored["paper"], stored["measured"], interval, stored["above"], stored["below"])
    paper, result = str(stored["paper"]), str(stored["result"])
    verdict = "stale" if stale and again.verdict == "holds" else again.verdict
    return replace(blank, paper=paper, result=result, held_to=again.held_to, verdict=verdict, why=stale)


def _stale(record: Mapping[str, Any], defaults: Mapping[str, Any], figure: str, preset: str) -> str:
    """Why a figure's record is not what the repository would make now; empty if it is."""
    if "sources" not in record or "contents" not in record:
        return "made before records named their sources"
    if record["contents"] != figures.contents(record):
        return "the record was altered after it was made"
    made, wanted = record["parameters"], {**defaults, "preset": preset}
    for name in sorted({*wanted, *made} - _HOW):
        if made.get(name) != wanted.get(name):
            return f"made with {name} = {made.get(name)}, the preset has {wanted.get(name)}"
    if record["sources"] != digests.digest(figure, preset, record["device"], wanted.get("seed", 1)):
        return "made by other sources than today's"
    return ""


def _grouped(evidence: Sequence[Evidence]) -> Iterator[dict[str, Evidence]]:
    """The evidence by claim, each claim's by preset."""
    for key in dict.fromkeys((e.figure, e.claim) for e in evidence):
        yield {e.preset: e for e in evidence if (e.figure, e.claim) == key}


def _shown(evidence: Evidence) -> str:
    return evidence.result if evidence.verdict == "holds" else f"{evidence.result} **{evidence.verdict}**".strip()


def _wrapped(line: str, indent: int, width: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent=" " * indent, drop_whitespace=True)
