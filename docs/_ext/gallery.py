"""What the site adds to Sphinx: notebooks with alternative texts, a page for each module, the ledger, shipped scripts.

figures.toml lists every picture of every notebook, in order, with the function that draws it and what is to be seen. A
picture without its text, or out of order, is a warning, and the build treats warnings as errors.
"""

import html
import importlib.util
import json
import pkgutil
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

import salkit
from salkit import ledger

__all__ = ["setup"]

_LOG = logging.getLogger(__name__)
_HERE = Path(__file__).resolve().parents[1]
_ROOT = _HERE.parent
_FIRST = ("network", "sampling", "spikes", "boltzmann", "stdp", "stdd", "alignment", "wakesleep", "microcircuit")
_LIBRARY = ("theory", "sampling", "words", "engine", "learning", "reports")  # in the order of their imports
_PAGES = {
    "explorer": ("address", "spikes", "charts", "connect", "explorer"),
    "networks": ("address", "charts", "networks"),
}


def gather(app: Sphinx, config: Any) -> None:
    """Notebooks and a stub for each public module, as Sphinx reads only what lies below its folder."""
    notebooks = sorted((_ROOT / "notebooks").glob("*.ipynb"))
    _write(_HERE / "notebooks", {path.name: path.read_text(encoding="utf-8") for path in notebooks})
    names = sorted(public_modules(), key=lambda name: (_FIRST.index(name) if name in _FIRST else 99, name))
    stubs = {
        f"{name}.md": f"# salkit.{name}\n\n```{{eval-rst}}\n.. automodule:: salkit.{name}\n```\n" for name in names
    }
    rows = "\n".join(f"| [`{name}`]({name}.md) | {_first_line(name)} |" for name in names)
    toc = "\n".join(names)
    stubs["index.md"] = (
        "# API reference\n\nEvery public module, in the order to read them. `import salkit as sk` gives "
        "`sk.SamplingNetwork`, `sk.simulate`, `sk.Spikes` and the modules.\n\n"
        f"| module | what it is |\n|---|---|\n{rows}\n\n```{{toctree}}\n:hidden:\n\n{toc}\n```\n"
    )
    _write(_HERE / "api", stubs)


def public_modules() -> set[str]:
    """Modules with names of their own to document: of packages only those whose `__init__` gives the public names."""
    found = {info.name.removeprefix("salkit.") for info in pkgutil.walk_packages(salkit.__path__, "salkit.")}
    found = {name for name in found if not any(part.startswith("_") for part in name.split("."))}
    found = {name for name in found if not name.startswith(("kernels", "bench.rivals"))}
    public = {name for name in found if hasattr(importlib.import_module(f"salkit.{name}"), "__all__")}
    return {name for name in public if name.rpartition(".")[0] not in public}


def _first_line(name: str) -> str:
    module = importlib.import_module(f"salkit.{name}")
    sentence = re.split(r"\n\s*\n", module.__doc__ or "")[0].replace("\n", " ")
    return re.sub(r"\s+", " ", sentence).replace("|", r"\|").replace("*", r"\*")


def _write(folder: Path, texts: dict[str, str]) -> None:
    """The folder with exactly these files; files that have not changed are left alone."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in texts:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def read_source(app: Sphinx, docname: str, content: list[str]) -> None:
    if docname.startswith("notebooks/"):
        content[0] = with_alternatives(docname.split("/")[1], content[0])
        return
    for place in ("", "../"):  # links are those of the repository, from docs/ and from docs/howto/
        content[0] = content[0].replace(f"](../{place}notebooks/", f"]({place}notebooks/")
    if "<!-- summary -->" in content[0]:
        content[0] = content[0].replace("<!-- summary -->", ledger.summary(ledger.read()))
    if "<!-- ledger -->" in content[0]:
        content[0] = content[0].replace("<!-- ledger -->", f"```{{raw}} html\n{ledger_html(ledger.read())}\n```")


def with_alternatives(name: str, text: str) -> str:
    """The notebook with the alternative text of each picture in its cell's metadata, where MyST-NB looks for it."""
    notebook = json.loads(text)
    described = tomllib.loads((_HERE / "figures.toml").read_text(encoding="utf-8")).get(name, [])
    pictures = list(_pictures(notebook))
    if len(pictures) != len(described):
        _LOG.warning("%s has %d pictures, figures.toml describes %d", name, len(pictures), len(described))
    for number, ((cell, plot), entry) in enumerate(zip(pictures, described, strict=False), start=1):
        if plot != entry["plot"]:
            _LOG.warning("%s, picture %d is drawn by %s, figures.toml has %s", name, number, plot, entry["plot"])
        cell["metadata"]["mystnb"] = {"image": {"alt": entry["alt"]}}
    for cell in notebook["cells"]:
        if "book.verdicts()" in "".join(cell["source"]):
            cell["outputs"] = [part for output in cell["outputs"] for part in _with_table(output)]
        if cell["cell_type"] == "markdown":  # docs/ is the root of the site
            cell["source"] = "".join(cell["source"]).replace("](../docs/", "](../")
    return json.dumps(notebook)


def _pictures(notebook: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """(cell, function of salkit.plots that drew it) of every picture."""
    plot = ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        plot = (re.findall(r"sk\.plots\.(\w+)\(", source) or [plot])[-1]
        shown = [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
        if len(shown) > 1:
            _LOG.warning("a cell shows %d pictures, one text describes one: %s", len(shown), source[:80])
        if shown:
            yield cell, plot


def _with_table(output: dict[str, Any]) -> list[dict[str, Any]]:
    """A printed table of claims as an HTML table, and what was printed before and after it."""
    if output["output_type"] != "stream":
        return [output]
    lines = "".join(output["text"]).split("\n")
    rule = next((k for k, line in enumerate(lines) if re.fullmatch(r"-+(  -+){5}", line)), None)
    if rule is None:
        return [output]
    ends = [match.span() for match in re.finditer(r"-+", lines[rule])]
    stop = next((k for k in range(rule, len(lines)) if not lines[k].strip()), len(lines))
    head, *rows = (
        [line[a : b if n + 1 < len(ends) else None].strip() for n, (a, b) in enumerate(ends)]
        for line in [lines[rule - 1], *lines[rule + 1 : stop]]
    )
    merged: list[list[str]] = []
    for line, row in zip(lines[rule + 1 : stop], rows, strict=True):  # a verdict opens a row, the lines below it go on
        if line.startswith("    "):  # the reason of a verdict
            merged[-1][0] = _joined(merged[-1][0], line.strip())
        elif row[-1]:
            merged.append(row)
        else:
            merged[-1] = [_joined(a, b) for a, b in zip(merged[-1], row, strict=True)]
    stream = [
        {**output, "text": "\n".join(part)} for part in (lines[: rule - 1], lines[stop:]) if "".join(part).strip()
    ]
    page = {"output_type": "display_data", "metadata": {}, "data": {"text/html": _claims_html(head, merged)}}
    before = stream[:1] if rule > 1 else []
    return [*before, page, *stream[len(before) :]]


def _joined(above: str, below: str) -> str:
    """Two lines of a wrapped cell; a word broken at its hyphen is one word."""
    return f"{above}{below}" if re.search(r"\w-$", above) else f"{above} {below}".strip()


def _claims_html(head: list[str], rows: list[list[str]]) -> str:
    titles = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)

    def shown(name: str, cell: str) -> str:
        return _badge(cell) if name == "verdict" else _minus(html.escape(cell))

    body = "\n".join(
        "<tr>"
        + "".join(
            f'<td data-label="{html.escape(name)}">{shown(name, cell)}</td>'
            for name, cell in zip(head, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table class="claims table"><thead><tr>{titles}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'


def ledger_html(sentences: list[ledger.Sentence]) -> str:
    """Every sentence of the abstract with its verdict; its evidence folds out."""
    counts = Counter(sentence.verdict for sentence in sentences)
    summary = ", ".join(f"{number} {_badge(verdict)}" for verdict, number in counts.most_common())
    return (
        f'<p>{len(sentences)} sentences: {summary}.</p>\n<ol class="ledger">\n'
        + "\n".join(map(_sentence, sentences))
        + "\n</ol>"
    )


def _sentence(sentence: ledger.Sentence) -> str:
    esc = html.escape
    note = f'<p class="ledger-note">{esc(sentence.note)}</p>' if sentence.note else ""
    evidence = ""
    if sentence.evidence:
        count = len(sentence.evidence)
        rows = "\n".join(map(_evidence, sentence.evidence))
        evidence = (
            f"<details><summary>{count} piece{'s' * (count > 1)} of evidence</summary>\n<ul>\n{rows}\n</ul></details>"
        )
    kind = "" if sentence.kind == "empirical" else f" <span>({esc(sentence.kind)})</span>"
    return f"<li>{_badge(sentence.verdict)}{kind}<p>{esc(sentence.text)}</p>{note}{evidence}</li>"


def _evidence(e: ledger.Evidence) -> str:
    esc = html.escape
    result = (
        f"measured <strong>{_minus(e.result)}</strong>, held to {_minus(esc(e.held_to))}" if e.result else esc(e.why)
    )
    paper = f"; the paper: {esc(e.paper)}" if e.paper and e.paper != "—" else ""
    null = f"; null {_minus(e.null)}" if e.null else ""
    seeds = f"{len(e.seeds)} seed{'s' * (len(e.seeds) != 1)}" if e.seeds else "no seeds"
    source = f'<a href="notebooks/{esc(e.notebook)}.html">notebook {esc(e.notebook[:2])}</a>' if e.notebook else ""
    why = f" ({esc(e.why)})" if e.why and e.result else ""
    made = f"{esc(e.figure)}, {esc(e.preset)} preset, {seeds}" + (
        f", sources {esc(e.version[:8])}" if e.version else ""
    )
    return f"<li>{_badge(e.verdict)} {esc(e.claim)}: {result}{null}{paper}{why}. <small>{source}, {made}</small></li>"


def _minus(text: str) -> str:
    """Numbers with a minus sign, at which no line breaks."""
    return re.sub(r"(?<![\w-])-(?=\d)|(?<=\de)-(?=\d)", "−", text)


def _badge(verdict: str) -> str:
    return f'<span class="verdict verdict-{verdict.replace(" ", "-")}">{html.escape(verdict)}</span>'


def ship(app: Sphinx) -> None:
    """MathJax, the explorer's modules as one script (modules do not load from a file opened by hand)."""
    static = Path(app.outdir) / "_static"
    found = importlib.util.find_spec("mathjax")
    if found is None or not found.submodule_search_locations:
        raise ExtensionError("MathJax is missing: `make site` installs it from requirements/site.lock")
    (static / "mathjax").mkdir(parents=True, exist_ok=True)
    shutil.copy2(Path(found.submodule_search_locations[0]) / "static/mathjax/es5/tex-svg.js", static / "mathjax")
    (static / "explorer").mkdir(exist_ok=True)
    for page in _PAGES:
        (static / "explorer" / f"{page}.bundle.js").write_text(bundle(page), encoding="utf-8")


def bundle(page: str) -> str:
    """A page's modules as one script. Those that touch no page make the function `library`, which a worker can run."""
    library, rest = "\n".join(map(_module, _LIBRARY)), "\n".join(map(_module, _PAGES[page]))
    return (
        f'(() => {{\n"use strict";\nconst library = (modules) => {{\n{library}\n}};\n'
        f"const modules = {{}};\nlibrary(modules);\n{rest}\n}})();\n"
    )


def _module(name: str) -> str:
    """A module as an entry of `modules`: imports become constants, exports the entry's names."""
    text = (_HERE / "_static" / "explorer" / f"{name}.js").read_text(encoding="utf-8")
    names = ", ".join(re.findall(r"^export (?:const|class|function\*?) (\w+)", text, flags=re.M))
    text = re.sub(r'^import (\{.*?\}) from "\./(\w+)\.js";$', r"const \1 = modules.\2;", text, flags=re.M | re.S)
    return f"modules.{name} = (() => {{\n{re.sub('^export ', '', text, flags=re.M)}\nreturn {{ {names} }};\n}})();"


def add_explorer(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if pagename in _PAGES:
        app.add_js_file(f"explorer/{pagename}.bundle.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", gather)
    app.connect("builder-inited", ship)
    app.connect("source-read", read_source)
    app.connect("html-page-context", add_explorer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
