"""The suite's figures on the site: vectors in light and dark, paper-scale figures with their data, files to download.

A plate is one figure: two pictures, of which the theme shows one, that scroll sideways where a screen is too narrow for
their letters.
"""

import functools
import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import colours
import vectors
from sphinx.application import Sphinx

__all__ = ["names_of", "paper_page", "pictured", "plate", "ship"]

ROOT = Path(__file__).resolve().parents[2]
FIGURES, NOTEBOOKS = ROOT / "figures", ROOT / "notebooks"
DATA = "_static/data"
_WIDE = 360  # points: a figure of two columns
_RECORD = re.compile(r'book\.record\(\s*\w+,\s*"(\w+)"')
_RESULTS = re.compile(r'book\.results\((f?)"([\w-]+)')
_COMPOSITE = re.compile(r"_fig\d+$")


@functools.cache
def _page(name: str) -> vectors.Page:
    return vectors.svg((FIGURES / f"{name}.pdf").read_bytes())


def pictured(name: str) -> bool:
    """Whether a figure ("03_levels", "paper/03_levels") is there to be shown."""
    return (FIGURES / f"{name}.pdf").is_file()


def plate(name: str, alt: str, up: str = "", caption: str = "") -> str:
    """A figure as HTML, on a page that is `up` ("", "../") from the site's root."""
    page = _page(name)
    wide = page.width > _WIDE
    size = f'width="{round(page.width * 4 / 3)}" height="{round(page.height * 4 / 3)}"'
    pictures = "".join(
        f'<img class="only-{theme}" src="{up}_static/figures/{name}{ending}.svg" alt="{html.escape(alt)}" {size} '
        f'loading="lazy">'
        for theme, ending in (("light", ""), ("dark", ".dark"))
    )
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure class="plate{" plate-wide" * wide}"><div class="plate-scroll">{pictures}</div>{below}</figure>'


def names_of(cells: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """(cell, function of salkit.plots, name of the figure or "") of every picture of a notebook, in order.

    A figure is recorded in the cell that shows it, or in a later one before the next picture.
    """
    waiting: tuple[dict[str, Any], str] | None = None
    plot = ""
    for cell in cells:
        source = "".join(cell["source"])
        plot = (re.findall(r"sk\.plots\.(\w+)\(", source) or [plot])[-1]
        shown = any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
        names = _RECORD.findall(source)
        if shown and waiting:
            yield *waiting, ""
            waiting = None
        if shown or (waiting and names):
            where, drawn_by = waiting or (cell, plot)
            if names:
                yield where, drawn_by, names[-1]
            waiting = None if names else (cell, plot)
    if waiting:
        yield *waiting, ""


def ship(app: Sphinx) -> None:
    """Every figure as SVG, and what can be downloaded: figures, records, stored runs, notebooks."""
    static = Path(app.outdir) / "_static"
    for path in [*FIGURES.glob("*.pdf"), *FIGURES.glob("paper/*.pdf")]:
        name = path.relative_to(FIGURES).with_suffix("").as_posix()
        target = static / "figures" / f"{name}.svg"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_page(name).svg(colours.light), encoding="utf-8")
        target.with_suffix(".dark.svg").write_text(_page(name).svg(colours.dark), encoding="utf-8")
    data = static / "data"
    for folder, kinds in (("paper", ("png", "pdf", "json", "nc")), ("notebooks", ("py", "ipynb", "toml"))):
        (data / folder).mkdir(parents=True, exist_ok=True)
        for path in (FIGURES / "paper" if folder == "paper" else NOTEBOOKS).iterdir():
            if path.suffix[1:] in kinds:
                shutil.copy2(path, data / folder / path.name)
    shutil.copy2(ROOT / "CITATION.cff", data / "CITATION.cff")


def paper_page() -> str:
    """The page of paper-scale figures: by notebook, composites first, each with its claims and its files."""
    parts, listed = [], set()
    for notebook in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.py")):
        number, source = notebook.stem[:2], notebook.read_text(encoding="utf-8")
        records = sorted(FIGURES.glob(f"paper/{number}_*.json"), key=lambda p: (not _COMPOSITE.search(p.stem), p.stem))
        if not records:
            continue
        used = _RESULTS.findall(source)  # literal names, and beginnings of names
        stored = [
            path
            for path in sorted(FIGURES.glob("paper/*.nc"))
            if any(path.stem == name or (kind and path.stem.startswith(name)) for kind, name in used)
        ]
        listed |= {*stored}
        title = next(line for line in source.split("\n") if line.startswith("# # "))[4:]
        runs = ", ".join(_file(path, path.name) for path in stored)
        parts.append(f"## {number} {title}\n\n[To the notebook](notebooks/{notebook.stem}.ipynb).\n")
        if runs:
            parts.append(f"```{{raw}} html\n<p>Stored runs (NetCDF): {runs}.</p>\n```\n")
        parts += [f"```{{raw}} html\n{_figure(path)}\n```\n" for path in records if path.with_suffix(".pdf").is_file()]
    more = [path for path in sorted(FIGURES.glob("paper/*.nc")) if path not in listed]
    if more:
        runs = ", ".join(_file(path, path.name) for path in more)
        parts.append(f"## More stored runs\n\n```{{raw}} html\n<p>{runs}.</p>\n```\n")
    return "\n".join(parts)


def _figure(path: Path) -> str:
    record = json.loads(path.read_text(encoding="utf-8"))
    files = " · ".join(
        _file(path.with_suffix(f".{kind}"), label)
        for kind, label in (("pdf", "PDF"), ("png", "PNG"), ("json", "numbers (JSON)"))
    )
    claims = "".join(
        f"<li>{html.escape(claim['text'])}: <strong>{html.escape(claim['result'])}</strong>, held to "
        f"{html.escape(claim['held_to'])}: {html.escape(claim['verdict'])}</li>"
        for claim in record["claims"]
    )
    below = f"<ul>{claims}</ul>" if claims else ""
    caption = f'<p id="{path.stem}"><code>{path.stem}</code> · {files}</p>{below}'
    return plate(f"paper/{path.stem}", described(record), caption=caption)


def described(record: dict[str, Any]) -> str:
    """What a figure shows, from its record: panel by panel the axes and what is named in them."""
    panels = []
    for number, panel in enumerate(record["data"] if isinstance(record["data"], list) else [], start=1):
        axes = " against ".join(plain(panel.get(axis, "")) for axis in ("y", "x") if plain(panel.get(axis, "")))
        labels = list(dict.fromkeys(plain(item["label"]) for item in panel.get("shown", []) if item.get("label")))
        said = ", ".join(filter(None, [plain(panel.get("title", "")), axes, *labels[:6]]))
        panels.append(f"panel {number}: {said}" if said else f"panel {number}")
    return f"Figure {record['figure']} at the paper's scale; {'; '.join(panels) or 'a drawing'}."


def plain(text: str) -> str:
    """A label of Matplotlib without its mathematics' signs."""
    text = re.sub(r"\\(mathrm|mathbf|bf|rm)\b\s*", "", text)
    text = re.sub(r"\\(langle|rangle|left|right|,|;|!)", " ", text)
    for name, sign in _SIGNS.items():
        text = text.replace(f"\\{name}", sign)
    return re.sub(r"\s+", " ", re.sub(r"[${}\\]", "", text)).strip()


_SIGNS = {"tau": "τ", "sigma": "σ", "eta": "η", "Delta": "Δ", "lambda": "λ", "varepsilon": "ε", "epsilon": "ε",
          "partial": "∂", "alpha": "α", "kappa": "κ", "Vert": "‖", "times": "×", "cdot": "·", "infty": "∞",
          "approx": "≈", "propto": "∝", "geq": "≥", "leq": "≤", "pm": "±", "to": "→", "sum": "Σ"}  # fmt: skip


def _file(path: Path, label: str) -> str:
    size = path.stat().st_size
    shown = f"{size / 1e6:.1f} MB" if size > 1e6 else f"{max(1, round(size / 1e3))} kB"
    return f'<a href="{DATA}/paper/{path.name}" download>{html.escape(label)}</a> ({shown})'
