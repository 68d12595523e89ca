"""Imports run one way, from the kernels to the command line; some things are done in one place; importing is light."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from salkit.sweep import sources

PACKAGE = sources.PACKAGE
FILES = {path.relative_to(PACKAGE).as_posix(): sources.parsed(path) for path in sorted(PACKAGE.rglob("*.py"))}

# Lowest first: a module imports from its own layer and from those above it in this table. A new module is named here.
LAYERS = (
    ("kernels",),
    ("values",),
    ("philox", "psp", "copies", "synapses"),
    ("runs", "network"),
    ("sampling", "spikes", "boltzmann", "variability", "constraints"),
    ("stdp", "stdd", "alignment", "gradient", "regeneration", "reversibility", "fisher"),
    ("updates",),
    ("wakesleep", "layers", "lif", "microcircuit", "rate_network", "weight_inference"),
    ("deep",),
    ("estimates",),
    ("limits",),
    ("sweep",),
    ("deep_experiments", "lif_experiments", "limits_experiments"),
    ("experiments",),
    ("plots",),
    ("suite",),
    ("bench",),
    ("explorer", "cli", "__main__"),
)
LAYER = {module: number for number, layer in enumerate(LAYERS) for module in layer}
WRITERS = ("sweep/", "suite/", "bench/", "cli.py")
WRITING = {
    "NamedTemporaryFile", "TemporaryDirectory", "mkdtemp", "mkstemp", "mkdir", "replace", "savefig", "to_netcdf",
    "touch", "unlink", "write_bytes", "write_text",
}  # fmt: skip


def dotted(name):
    """The module of a file: stdd/__init__.py is stdd."""
    return name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def third_party(name):
    """Top-level names of the modules outside salkit that a file imports anywhere."""
    for node in ast.walk(FILES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def test_every_module_has_a_layer():
    found = {name.split("/")[0].removesuffix(".py") for name in FILES} - {"__init__"}
    assert found == set(LAYER), f"name them in LAYERS: {found ^ set(LAYER)}"


@pytest.mark.parametrize("name", [name for name in FILES if name != "__init__.py"])
def test_imports_run_one_way(name):
    own = dotted(name).split(".")[0]
    for module in sources.used(FILES[name], dotted(name)) - {""}:
        other = module.split(".")[0]
        assert LAYER[other] <= LAYER[own], f"{name} imports {module}, which stands above {own}"


def test_an_upward_import_would_be_seen():
    late = ast.parse("def f():\n    from .sweep.files import write\n    from . import plots")
    assert sources.used(late, "stdp") == {"sweep.files", "plots"}
    assert all(LAYER[name] > LAYER["stdp"] for name in ("sweep", "plots"))


def test_no_modules_import_each_other():
    files = {dotted(name): name for name in FILES if name != "__init__.py"}
    graph = {
        module: {m for m in sources.used(FILES[name], module) if m in files and m != module and not inside(module, m)}
        for module, name in files.items()
    }
    list(TopologicalSorter(graph).static_order())  # raises CycleError naming them


def inside(module, package):
    """Whether a module imports from its own package's surface by taking a sibling: `from . import sibling`."""
    return module.startswith(f"{package}.")


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("kernels/")])
def test_kernels_know_arrays_only(name):
    assert all(module.split(".")[0] == "kernels" for module in sources.used(FILES[name], dotted(name)))
    assert not {"dataclasses", "matplotlib", "pandas", "seaborn", "xarray"} & set(third_party(name))


@pytest.mark.parametrize("name", FILES)
def test_only_plots_draws_and_only_some_write(name):
    if not name.startswith("plots/"):
        assert not {"matplotlib", "seaborn"} & set(third_party(name))
    if name.startswith(WRITERS):
        return
    for call in (node for node in ast.walk(FILES[name]) if isinstance(node, ast.Call)):
        called = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if called == "open":
            mode = [*call.args, *(k.value for k in call.keywords if k.arg == "mode")][
                1 - isinstance(call.func, ast.Attribute) :
            ]
            assert not {c for m in mode if isinstance(m, ast.Constant) for c in str(m.value)} & set("wax+"), (
                f"{name} writes"
            )
        into_memory = called == "savefig" and ast.unparse(call.args[0]) == "buffer"
        of_another_kind = called == "replace" and not ast.unparse(call.func).startswith("os.")
        assert called not in WRITING or into_memory or of_another_kind, f"{name}:{call.lineno} calls {called}"


def test_importing_salkit_brings_no_tools():
    heavy = ("jupytext", "papermill", "nbformat", "distributed", "dask.array", "cupy", "locket", "tqdm.auto")
    code = f"import sys, salkit; print([name for name in {heavy} if name in sys.modules])"
    assert run(code) == "[]"


def test_salkit_can_be_imported_on_windows():
    """Nothing that only POSIX has is asked for at import; other packages, which know Windows, are imported before."""
    packages = {name for file in FILES for name in third_party(file)} - sys.stdlib_module_names - {"salkit"}
    wanted = sorted(
        packages & {"click", "h5netcdf", "matplotlib", "numba", "numpy", "scipy", "seaborn", "tqdm", "xarray"}
    )
    code = f"""
import {", ".join(wanted)}, matplotlib.pyplot, scipy.stats, scipy.special, scipy.signal, scipy.optimize
import builtins, os, signal, sys
posix = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty")
plain = builtins.__import__
def guarded(name, scope=None, *rest):
    if name in posix and (scope or {{}}).get("__name__", "").startswith("salkit"):
        raise ModuleNotFoundError(name)
    return plain(name, scope, *rest)
builtins.__import__ = guarded
for name in ("O_DIRECTORY", "fork", "getpgid", "getppid", "getuid", "killpg", "setsid", "sched_getaffinity"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1"):
    delattr(signal, name)
import salkit, salkit.sweep.workers, salkit.sweep.folder
print("imported")
"""
    assert run(code) == "imported"


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
