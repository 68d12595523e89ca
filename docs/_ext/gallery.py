"""What the site adds to Sphinx: notebooks as pages, a page for each module, the ledger, shipped scripts.

Figures become vectors (`plates`), notebooks get a box that says how to run them (`running`), lines of code that do not
fit are wrapped with their indent, terms of the glossary get anchors. figures.toml lists every picture of every
notebook, in order, with the function that draws it and what is to be seen. A picture without its text, or out of order,
is a warning, and the build treats warnings as errors.
"""

import html
import importlib.util
import json
import pkgutil
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plates
import running
import yaml
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

import salkit
from salkit import ledger

__all__ = ["setup"]

_LOG = logging.getLogger(__name__)
_HERE = Path(__file__).resolve().parents[1]
_ROOT = _HERE.parent
_PICTURE = re.compile(r"^!\[(.*?)\]\(\.\./(?:\.\./)?figures/([\w/]+)\.png\)$", re.MULTILINE)
_TERM = re.compile(r"^- \*\*([^*]+)\*\*", re.MULTILINE)
_CODE = re.compile(
    r'(<div class="highlight-(?:i?python3?|default)[^>]*><div class="highlight"><pre>(?:<span></span>)?)(.*?)</pre>',
    re.DOTALL,
)
_DOWNLOADS = {"../CITATION.cff": "CITATION.cff", "../notebooks/claims.toml": "notebooks/claims.toml"}
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
        content[0] = prepared(docname.split("/")[1], content[0])
        return
    up = "../" * docname.count("/")
    for path, place in _DOWNLOADS.items():
        link = f'<a href="{up}{plates.DATA}/{place}" download>{Path(path).name}</a>'
        content[0] = content[0].replace(f"[{Path(path).name}]({path})", link)
    for place in ("", "../"):  # links are those of the repository, from docs/ and from docs/howto/
        content[0] = content[0].replace(f"](../{place}notebooks/", f"]({place}notebooks/")
    content[0] = _PICTURE.sub(lambda found: _raw(plates.plate(found[2], found[1], up)), content[0])
    if docname == "glossary":
        content[0] = _TERM.sub(_anchored, content[0])
    made: dict[str, Callable[[], str]] = {
        "summary": lambda: ledger.summary(ledger.read()),
        "ledger": lambda: _raw(ledger_html(ledger.read())),
        "notebooks": lambda: "\n".join(f"- [](notebooks/{path.name})" for path in _notebooks()),
        "paper figures": plates.paper_page,
        "repository": lambda: running.repository() or "ADDRESS",
        "reference": reference,
    }
    for name, make in made.items():
        if f"<!-- {name} -->" in content[0]:
            content[0] = content[0].replace(f"<!-- {name} -->", make())


def _notebooks() -> list[Path]:
    return sorted((_ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def _raw(text: str) -> str:
    return f"```{{raw}} html\n{text}\n```"


def _anchored(found: re.Match[str]) -> str:
    """A term of the glossary with an anchor and a link to it."""
    name = "term-" + re.sub(r"[^a-z0-9]+", "-", found[1].lower()).strip("-")
    link = f'<a class="headerlink" href="#{name}" aria-label="Link to {found[1]}"></a>'
    return f'- <span id="{name}"></span>**{found[1]}**{link}'


def reference() -> str:
    """BibTeX of the suite and of the works it rests on, from CITATION.cff."""
    cited = yaml.safe_load((_ROOT / "CITATION.cff").read_text(encoding="utf-8"))

    def names(authors: list[dict[str, str]]) -> str:
        return " and ".join(
            f"{{{a['name']}}}" if "name" in a else f"{a['family-names']}, {a['given-names']}" for a in authors
        )

    entries = [("software", "salkit", {**cited, "year": str(cited["date-released"])[:4]})]
    for source in cited["references"]:
        key = f"{source['authors'][0]['family-names'].lower()}{source['year']}"
        entries.append(("article" if source["type"] == "article" else "inproceedings", key, source))
    shown = []
    for kind, key, entry in entries:
        fields = {"title": f"{{{entry['title']}}}", "author": names(entry["authors"]), "year": str(entry["year"])}
        fields |= {"version": entry["version"]} if kind == "software" else {}
        fields |= {"booktitle": entry["conference"]["name"]} if "conference" in entry else {}
        for identifier in entry.get("identifiers", []):
            if identifier["value"].startswith("arXiv:"):
                fields |= {"eprint": identifier["value"].removeprefix("arXiv:"), "archivePrefix": "arXiv"}
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        shown.append(f"@{kind}{{{key},\n{lines}\n}}")
    return "```bibtex\n" + "\n\n".join(shown) + "\n```"


def prepared(name: str, text: str) -> str:
    """A notebook as a page: numbered, with its box "Run this", its figures as plates with their alternative texts, its
    claims as a table. A figure that is in no file stays the picture that the notebook has.
    """
    notebook = json.loads(text)
    described = tomllib.loads((_HERE / "figures.toml").read_text(encoding="utf-8")).get(name, [])
    pictures = list(plates.names_of(notebook["cells"]))
    if len(pictures) != len(described):
        _LOG.warning("%s has %d pictures, figures.toml describes %d", name, len(pictures), len(described))
    for number, ((cell, plot, figure), entry) in enumerate(zip(pictures, described, strict=False), start=1):
        if plot != entry["plot"]:
            _LOG.warning("%s, picture %d is drawn by %s, figures.toml has %s", name, number, plot, entry["plot"])
        cell["metadata"]["mystnb"] = {"image": {"alt": entry["alt"]}}
        shown = [output for output in cell["outputs"] if "image/png" in output.get("data", {})]
        if len(shown) > 1:
            _LOG.warning("%s: a cell shows %d pictures, one text describes one", name, len(shown))
        if figure and plates.pictured(figure):
            shown[0]["data"] = {"text/html": plates.plate(figure, entry["alt"], "../")}
    for cell in notebook["cells"]:
        if "book.verdicts()" in "".join(cell["source"]):
            cell["outputs"] = [part for output in cell["outputs"] for part in _with_table(output)]
        if cell["cell_type"] == "markdown":  # docs/ is the root of the site
            cell["source"] = "".join(cell["source"]).replace("](../docs/", "](../")
    title = next(cell for cell in notebook["cells"] if cell["source"][:2] == "# ")
    heading, _, rest = title["source"].partition("\n")
    title["source"] = f"# {name[:2]} {heading[2:]}\n\n{_raw(running.box(name))}\n{rest}"
    return json.dumps(notebook)


def hanging(body: str) -> str:
    """The page with each line of code as a block of its own, wrapped below where it begins."""
    return _CODE.sub(lambda found: found[1] + _lines(found[2]) + "</pre>", body)


def _lines(code: str) -> str:
    lines = code.rstrip("\n").split("\n")
    if any(line.count("<span") != line.count("</span>") for line in lines):
        return code  # a text of several lines
    shown = []
    for line in lines:
        text = html.unescape(re.sub(r"<[^>]+>", "", line))
        indent = len(text) - len(text.lstrip())
        shown.append(f'<span class="code-line" style="--indent: {indent + 4}ch">{line}\n</span>')
    return "".join(shown)


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
    untested = "" if sentence.evidence else ' class="untested"'
    return f"<li{untested}>{_badge(sentence.verdict)}{kind}<p>{esc(sentence.text)}</p>{note}{evidence}</li>"


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
    plates.ship(app)


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


def finish(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if "body" in context:
        context["body"] = hanging(context["body"])
    if pagename in _PAGES:
        app.add_js_file(f"explorer/{pagename}.bundle.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", gather)
    app.connect("builder-inited", ship)
    app.connect("source-read", read_source)
    app.connect("html-page-context", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
