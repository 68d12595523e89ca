"""The claims ledger: every sentence of the abstract, the claims that are evidence for it, and the verdict today.

`abstract.toml` names the sentences and their evidence, `notebooks/claims.toml` the bounds; the figures' records hold
the results. Nothing is taken on trust: a verdict is computed again from the numbers stored, and counts only if the
figure is what the repository would make now.

    holds, differs, undecided, fails    as in `salkit.suite.claims`
    stale        the figure was made by other sources or with other parameters, or its record was altered since
    missing      the figure, or the claim in it, is not there

A sentence holds if all its evidence does, fails if all fails, and is *partly* true where some holds and some fails. It
is undecided where evidence is and none fails, stale or missing where any is, and not tested without evidence.
"""

import json
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..estimates import Estimate
from . import claims, digests, figures
from .notebook import claims_file

__all__ = ["ABSTRACT", "END", "START", "Evidence", "Sentence", "markdown", "read", "renewed", "summary", "text"]

ABSTRACT = Path(__file__).with_name("abstract.toml")
START, END = "<!-- ledger: `make evidence` writes these lines -->", "<!-- end of the ledger -->"
_SUPPORT = ("holds", "differs")
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
    null, key : str
        What the null gives; the claim's name, figure.key.
    verdict, expected : str
        "holds", "differs", "undecided", "fails", "stale" or "missing"; what it is to be.
    notebook, figure, preset : str
        Where it comes from: notebook and figure without suffix, "tutorial" or "paper".
    seeds : tuple of int
    version : str
        Digest of the sources that the figure was made by (`salkit.suite.digests.digest`).
    why : str
        What is wrong with evidence that is stale or missing; the reason for a verdict that is not "holds".
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
    null: str = ""
    key: str = ""
    expected: str = "holds"


@dataclass(frozen=True)
class Sentence:
    """One sentence of the abstract: its verdict, its evidence, and what is to be said beside it.

    `kind` is "empirical", "motivation" or "citation". `note` gives the reason where the verdict is "not tested", else
    what the evidence says and leaves open; `short` is the sentence in a few words, "" unless it is tested.
    """

    text: str
    verdict: str
    evidence: tuple[Evidence, ...]
    kind: str = "empirical"
    note: str = ""
    short: str = ""


def read(folder: Path | None = None) -> list[Sentence]:
    """The ledger for the figures in `folder` (default: `salkit.suite.figures.folder()`), paper-scale ones in
    folder/paper.

    Raises ValueError for a figure's record that is not one, naming it.
    """
    from . import runner  # brings jupytext, which a notebook's kernel does not need

    data = tomllib.loads(ABSTRACT.read_text(encoding="utf-8"))
    place, found = folder or figures.folder(), []
    known: dict[tuple[str, str], tuple[Any, str]] = {}  # each record and notebook is read once
    defaults = cache(runner.parameters_of)

    def evidence_of(figure: str, key: str, presets: Sequence[str]) -> tuple[Evidence, ...]:
        return tuple(_evidence(place, figure, key, preset, known, defaults) for preset in presets)

    for entry in data["sentence"]:
        evidence = tuple(
            one
            for item in entry.get("evidence", [])
            for one in evidence_of(
                item["figure"], item["claim"], item.get("presets", data["presets"][item["figure"][:2]])
            )
        )
        note = re.sub(
            r"\{(\w+)\.(\w+)(?:@(\w+))?\}",
            lambda name: evidence_of(name[1], name[2], [name[3] or "tutorial"])[0].result or "?",
            entry.get("note", entry.get("why", "")),
        )
        verdict = _verdict([e.verdict for e in evidence])
        found.append(Sentence(entry["text"], verdict, evidence, entry["kind"], note, entry.get("short", "")))
    return found


def _verdict(verdicts: Sequence[str]) -> str:
    """The verdict of a sentence, or of one claim at several presets, from those of its evidence."""
    if not verdicts:
        return "not tested"
    for broken in ("missing", "stale"):
        if broken in verdicts:
            return broken
    if all(verdict in _SUPPORT for verdict in verdicts):
        return "holds"
    if "fails" in verdicts:
        return "partly" if any(verdict in _SUPPORT for verdict in verdicts) else "fails"
    return "undecided"


def summary(sentences: Sequence[Sentence]) -> str:
    """One Markdown line for each sentence that is tested: its verdict, what it says in short, and with what caveat."""
    tested = [sentence for sentence in sentences if sentence.evidence]
    return "\n".join(f"- **{s.verdict}:** {s.short or s.text}" + (f" – {s.note}" if s.note else "") for s in tested)


def markdown(sentences: Sequence[Sentence], notebooks: str = "notebooks") -> str:
    """The ledger as a Markdown table, a line for each claim; links to notebooks start with `notebooks`/."""
    presets = {e.preset: None for s in sentences for e in s.evidence}
    shown = [f"{preset} preset" for preset in presets]
    head = ["the abstract says", "what was tested", "the paper shows", *shown, "null", "held to", "verdict"]
    lines = [head, ["---"] * len(head)]
    for sentence in sentences:
        said = f"**{sentence.verdict}:** {sentence.text}" + (f" *({sentence.note})*" if sentence.note else "")
        if not sentence.evidence:
            lines.append([said, f"— ({sentence.kind})", "", *[""] * len(presets), "", "", sentence.verdict])
        for by_preset in _grouped(sentence.evidence):
            results = {preset: _shown(e) for preset, e in by_preset.items()}
            nulls = dict.fromkeys(e.null for e in by_preset.values() if e.null)
            one = next(iter(by_preset.values()))
            tested = f"[{one.notebook[:2]}]({notebooks}/{one.notebook}.ipynb) {one.claim}"
            bounds = dict.fromkeys(e.held_to for e in by_preset.values() if e.held_to)
            verdict = ", ".join(dict.fromkeys(e.verdict for e in by_preset.values()))
            cells = [said, tested, one.paper, *(results.get(p, "") for p in presets), "; ".join(nulls)]
            lines.append([*cells, "; ".join(bounds), verdict])
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
    """A Markdown page with the summary between its two marks (START, END) written anew.

    Raises ValueError unless the page has both marks, once each and in this order.
    """
    if page.count(START) != 1 or page.count(END) != 1 or page.index(START) > page.index(END):
        raise ValueError(f"the page needs two lines to put the ledger between, once each: {START} and {END}")
    before, after = page.split(START)[0], page.split(END)[1]
    return f"{before}{START}\n\n{summary(sentences)}\n\n{END}{after}"


def _evidence(
    folder: Path,
    figure: str,
    key: str,
    preset: str,
    known: dict[tuple[str, str], tuple[Any, str]],
    defaults: Callable[[Path], dict[str, Any]],
) -> Evidence:
    """The claim as the figure's record has it, with the verdict that it deserves; `known` keeps records read before."""
    source = digests.notebook_of(figure)
    notebook, name = source.stem if source else "", f"{figure}.{key}"
    path = folder / _PLACES[preset] / f"{figure}.json"
    entries = claims.definitions(claims_file()).get(figure, {}).get(key, {})
    text = entries.get("claim", name)
    nothing = Evidence(text, entries.get("paper", ""), "", "", "missing", notebook, figure, (), preset, "", key=name)
    if source is None:
        return replace(nothing, why=f"no notebook makes the figure {figure}")
    if not entries:
        return replace(nothing, why=f"{claims_file().name} has no claim {name}")
    if not path.is_file():
        return replace(nothing, why=f"no figure {figure} at preset {preset}")
    try:
        if (figure, preset) not in known:
            record = json.loads(path.read_text(encoding="utf-8"))
            known[figure, preset] = record, _stale(record, defaults(source), figure, preset)
        record, stale = known[figure, preset]
        stored = [item for item in record["claims"] if item["key"] == name]
        seeds = record["seeds"] if isinstance(record["seeds"], list) else [record["seeds"]]
        nothing = replace(nothing, seeds=tuple(map(int, seeds)), version=str(record.get("sources", "")))
        if len(stored) != 1:
            return replace(nothing, why=f"the figure {figure} has no claim of this name")
        return _judged(nothing, entries, stored[0], stale)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path.name} is not a figure's record; renew it with `salkit figures`") from None


def _judged(blank: Evidence, entries: Mapping[str, Any], stored: Mapping[str, Any], stale: str) -> Evidence:
    """The numbers stored, held to the bounds of today."""
    interval = stored["interval"]
    measured = Estimate(stored["measured"], *interval) if interval else stored["measured"]
    free = {name: value for name, value in entries.items() if name != "null_value"}
    again = claims.claim(blank.key, free, blank.preset, (measured, Estimate(*stored["null"])))
    verdict = "stale" if stale and again.verdict in _SUPPORT else again.verdict
    return replace(
        blank, result=again.result, held_to=again.held_to, verdict=verdict, why=stale or again.why,
        null=again.null_result, expected=again.expected,
    )  # fmt: skip


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
    return evidence.result if evidence.verdict in _SUPPORT else f"{evidence.result} **{evidence.verdict}**".strip()


def _wrapped(line: str, indent: int, width: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent=" " * indent, drop_whitespace=True)
