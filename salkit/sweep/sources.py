"""The code that a result depends on, as one digest: it changes when that code does, and with nothing else.

Counted are the modules named and every module of salkit that they import, at their top or within a function, and what
those import in turn. Python counts as syntax trees: comments, docstrings and layout leave the digest alone, and so does
the version of Python. Whoever reaches the kernels depends on the whole folder of kernels, on files that are added to it
too; CUDA's sources count by their text. Paths count, so a module that is renamed changes the digest. A module that is
imported but not there is an error.

    run of a sweep   `code` of its model's module
    figure           `code` of the modules that its notebook names (`used`), and more (`salkit.suite.digests`)
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

__all__ = ["PACKAGE", "canonical", "code", "digest", "modules", "parsed", "used"]

PACKAGE = Path(__file__).resolve().parents[1]
_KERNELS, _CUDA = "kernels", "kernels/cuda/"
_LAYOUT = {"ctx", "kind", "lineno", "col_offset", "end_lineno", "end_col_offset", "type_comment"}


def digest(lines: Iterable[str]) -> str:
    """16 hexadecimal digits for some lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@cache
def code(*names: str, cuda: bool = True, package: Path = PACKAGE) -> str:
    """The digest of modules of salkit ("wakesleep", "kernels.cpu") and of all they depend on.

    `cuda`: whether the sources for GPUs count, files of kernels/cuda and others in CUDA. Raises ValueError for a module
    that is not there, naming who imports it, and SyntaxError where a source is not Python.
    """
    counted = (path for path in _closure(names, package) if cuda or not _for_gpus(path, package))
    return digest(
        sorted(
            f"{path.relative_to(package).as_posix()} {_content(path.read_text(encoding='utf-8'), path.name)}"
            for path in counted
        )
    )


def modules(package: Path = PACKAGE) -> list[str]:
    """The modules that stand at the top of salkit, in alphabetical order; those with underscores are left out."""
    files = (path for path in package.glob("*.py") if not path.stem.startswith("_"))
    return sorted([path.stem for path in files] + [path.parent.name for path in package.glob("*/__init__.py")])


def used(tree: ast.AST, module: str = "", package: Path = PACKAGE) -> set[str]:
    """The modules of salkit that a syntax tree names, by import or as attributes of salkit; "" is all of salkit.

    `module` is the tree's own name if it is one of salkit's. Raises ValueError for a name that salkit does not have.
    """
    found, aliases = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition(".")
                if top == "salkit":
                    found |= {rest} - {""}
                    aliases |= set() if rest and alias.asname else {alias.asname or top}
        elif isinstance(node, ast.ImportFrom):
            found |= _imported(node, module, package)
    if not aliases:
        return found
    known = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            known.add(node.value)
            found |= _public(node.attr, package)
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in aliases)
    return found | ({""} if any(node not in known for node in names) else set())


@cache
def _closure(names: tuple[str, ...], package: Path) -> list[Path]:
    """The files of modules and of all that they import."""
    waiting = [(name, "a digest") for name in names]
    seen: dict[str, Path] = {}
    while waiting:
        name, asker = waiting.pop()
        path = _file(name, package)
        if path is None:
            raise ValueError(f"{asker} needs salkit.{name}, which is not there")
        if name in seen:
            continue
        seen[name] = path
        if path.suffix != ".py":
            continue
        waiting += [(needed, path.name) for needed in used(parsed(path), name, package)]
        waiting += [(parent, path.name) for parent in [name.rpartition(".")[0]] if parent]
        if name == _KERNELS:
            waiting += [(other, path.name) for other in _folder(path.parent, package)]
    return list(seen.values())


def _folder(kernels: Path, package: Path) -> Iterator[str]:
    """Modules in a folder by their names, other files by their paths."""
    for path in kernels.rglob("*"):
        inside = path.relative_to(package)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside.parts):
            parts = inside.parent.parts if path.name == "__init__.py" else inside.with_suffix("").parts
            yield ".".join(parts) if path.suffix == ".py" else inside.as_posix()


def _file(name: str, package: Path) -> Path | None:
    """The file of a module, or of one named by its path."""
    inside = package / name.replace(".", "/")
    places = (package / name,) if "/" in name else (inside / "__init__.py", inside.with_name(f"{inside.name}.py"))
    return next((place for place in places if name and place.is_file()), None)


def _imported(node: ast.ImportFrom, module: str, package: Path) -> set[str]:
    if node.level == 0:
        top, _, base = (node.module or "").partition(".")
        if top != "salkit":
            return set()
    else:
        path = _file(module, package)
        own = module.split(".") if module else []
        up = node.level - (path is not None and path.name == "__init__.py")
        base = ".".join([*own[: len(own) - up], *([node.module] if node.module else [])])
    if not base:
        return set().union(*({""} if alias.name == "*" else _public(alias.name, package) for alias in node.names))
    inside = {f"{base}.{alias.name}" for alias in node.names}
    return {base, *(name for name in inside if _file(name, package))}


def _public(name: str, package: Path) -> set[str]:
    """The modules behind salkit.NAME: none for what salkit/__init__.py itself defines."""
    surface = _surface(package)
    if name in surface:
        return surface[name]
    if _file(name, package):
        return {name}
    raise ValueError(f"salkit has no {name!r}")


@cache
def _surface(package: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"__doc__": set(), "__file__": set(), "__name__": set(), "__path__": set()}
    for node in parsed(package / "__init__.py").body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: set() for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}" if node.module else alias.name
                found[alias.asname or alias.name] = {
                    node.module if node.module and not _file(inside, package) else inside
                }
    return found


def _for_gpus(path: Path, package: Path) -> bool:
    return path.suffix in (".cu", ".cuh") or path.relative_to(package).as_posix().startswith(_CUDA)


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file. Raises SyntaxError naming it."""
    return _tree(path.read_text(encoding="utf-8"), path.name)


@cache
def _tree(text: str, name: str) -> ast.Module:
    return ast.parse(text, filename=name)


@cache
def _content(text: str, name: str) -> str:
    return digest([canonical(_tree(text, name)) if name.endswith(".py") else text])


def canonical(node: object) -> str:
    """A syntax tree as text, without docstrings, layout and fields that are empty (their number grows with Python)."""
    if isinstance(node, list):
        return "[" + ",".join(map(canonical, node)) + "]"
    if not isinstance(node, ast.AST):
        return ascii(node)
    fields = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            value = value[1:] if ast.get_docstring(node, clean=False) is not None else value
        if value is not None and value != [] and name not in _LAYOUT:
            fields.append(f"{name}={canonical(value)}")
    return f"{type(node).__name__}({','.join(fields)})"
