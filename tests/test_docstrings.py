"""Every public name says what it does, which shapes its arrays have, and what it raises."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "salkit"
MODULES = sorted(PACKAGE.rglob("*.py"))
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
ARRAYS = re.compile(r"ArrayLike|NDArray|ndarray|_Array|DataArray")
SHAPES = re.compile(r"\bshapes?\b|\((?:\.\.\.|…|\w+)?,[^()]*\)|\(\.\.\.\)|as `\w+`|any shape")


def public(name: str) -> bool:
    return not name.startswith("_")


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """(dotted name, definition) of all public functions, classes and methods."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (*FUNCTION, ast.ClassDef)) and public(node.name):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from definitions(node, f"{prefix}{node.name}.")


def raised(function: ast.AST, helpers: dict[str, ast.AST], seen: frozenset[str] = frozenset()) -> set[str]:
    """Names of the exceptions that a function raises itself or through private functions of its module."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            found.add(node.exc.func.id)
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in helpers and called not in seen:
                found |= raised(helpers[called], helpers, seen | {called})
    return found


def problems(source: str) -> list[str]:
    """What the docstrings of a module's public names leave out."""
    tree = ast.parse(source)
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, FUNCTION)}
    commands = {
        name for name, node in functions.items() if any("command" in ast.unparse(d) for d in node.decorator_list)
    }
    helpers = {name: node for name, node in functions.items() if name.startswith("_") and not name.startswith("__")}
    found = [] if ast.get_docstring(tree) else ["the module has no docstring"]
    for name, node in definitions(tree):
        doc = ast.get_docstring(node)
        if not doc:
            found.append(f"{name} has no docstring")
            continue
        if isinstance(node, ast.ClassDef):
            checks = [m for m in node.body if isinstance(m, FUNCTION) and m.name in ("__init__", "__post_init__")]
            errors = set().union(*(raised(check, helpers) for check in checks))
            arrays = [a.target.id for a in node.body if isinstance(a, ast.AnnAssign) and isinstance(a.target, ast.Name)
                      and public(a.target.id) and ARRAYS.search(ast.unparse(a.annotation))]  # fmt: skip
        else:
            errors = raised(node, helpers)
            parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            arrays = [a.arg for a in parameters if a.annotation and ARRAYS.search(ast.unparse(a.annotation))]
        said = name in commands or re.search(r"[Ee]rrors as `|Raises as", doc)  # a command turns them into exit code 2
        if missing := [] if said else sorted(error for error in errors if error not in doc):
            found.append(f"{name} raises {', '.join(missing)} and does not say so")
        if arrays and not SHAPES.search(doc):
            found.append(f"{name} takes arrays ({', '.join(arrays)}) and does not say of which shape")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_public_names_say_what_they_do(path):
    if path.read_text(encoding="utf-8").strip():
        assert problems(path.read_text(encoding="utf-8")) == []


def test_the_public_surface_is_there_and_documented():
    """salkit's __all__, and that of each of its modules, name things that exist and say what they are."""
    import salkit

    for name in salkit.__all__:
        thing = getattr(salkit, name)
        assert thing.__doc__, name
        for exported in getattr(thing, "__all__", []):
            found = getattr(thing, exported)
            assert not callable(found) or found.__doc__, f"{name}.{exported}"


def test_what_is_left_out_is_seen():
    good = '''"""Module."""
def f(x: ArrayLike) -> float:
    """The sum of x, shape (n,). Raises ValueError for no values."""
    if len(x) < 1:
        raise ValueError("x")
    return sum(x)
'''
    assert problems(good) == []
    assert problems(good.replace("Raises ValueError for no values.", "")) == ["f raises ValueError and does not say so"]
    assert problems(good.replace(", shape (n,)", "")) == ["f takes arrays (x) and does not say of which shape"]
    assert problems(good.replace('"""Module."""', "")) == ["the module has no docstring"]
    assert problems(re.sub(r'    """The.*"""\n', "", good)) == ["f has no docstring"]
    through = (
        good.replace("def f", "def _g").replace("The sum", "Sum") + 'def f() -> float:\n    """One."""\n    _g([])\n'
    )
    assert problems(through) == ["f raises ValueError and does not say so"]
    assert problems('"""M."""\nclass A:\n    """A."""\n    def b(self):\n        pass\n') == ["A.b has no docstring"]
