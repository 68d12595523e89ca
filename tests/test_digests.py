"""Digests follow the code that a result depends on, and nothing else: each change is tried on a copy."""

import ast
import importlib.util
import shutil
import sys
from pathlib import Path

import pytest
from small_sweep import experiment as small

from salkit.suite import digests
from salkit.sweep import runs, sources

ROOT = Path(__file__).parents[1]
NOTEBOOK = "notebooks/03_sal_vs_hebbian.py"
WHICH = [("03_levels", "tutorial", "cpu"), ("03_levels", "paper", "cpu"), ("03_levels", "tutorial", "cuda")]
NONE, ALL = [False] * 3, [True] * 3  # of WHICH


def forget():
    for cached in (sources.code, sources._closure, sources._surface, digests.digest):
        cached.cache_clear()


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    place = tmp_path_factory.mktemp("original") / "repository"
    ignored = shutil.ignore_patterns("__pycache__", "*.png", "*.pdf", "*.ipynb")
    for name in ("salkit", "notebooks", "figures/paper"):
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    return place


class Copy:
    """A copy of the repository, with the digests that it had before it was edited."""

    def __init__(self, place):
        self.place, self.package = place, place / "salkit"
        self.before = self.now()

    def now(self):
        forget()
        return self.figures(), self.sweep()

    def figures(self, which=WHICH, seed=1):
        return [digests.digest(*figure, seed, repository=self.place) for figure in which]

    def sweep(self, model="wakesleep"):
        return sources.code(model, package=self.package)

    def edit(self, name, old, new):
        path = self.place / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return self

    def stale(self):
        """Which figures of WHICH changed, and whether a sweep's runs did."""
        figures, sweep = self.now()
        return [a != b for a, b in zip(self.before[0], figures, strict=True)], sweep != self.before[1]


@pytest.fixture
def copy(original, tmp_path):
    yield Copy(Path(shutil.copytree(original, tmp_path / "repository")))
    forget()


def test_a_copy_has_the_digests_of_the_original(copy):
    assert copy.figures() == [digests.digest(*which) for which in WHICH] and len(set(copy.figures())) == 3
    assert copy.sweep() == sources.code("wakesleep") != copy.sweep("microcircuit")
    assert copy.figures(seed=2)[0] != copy.figures()[0]  # the experiment's seeds


@pytest.mark.parametrize(
    ("name", "old", "new", "figures", "sweep"),
    [
        # what decides numbers
        ("salkit/wakesleep.py", "import ", "import math as _math, ", ALL, True),
        ("salkit/philox.py", "import ", "import math as _math, ", ALL, True),  # by another module
        ("salkit/kernels/cpu/continuous.py", "import ", "import math as _math, ", ALL, True),
        ("salkit/kernels/cpu/microcircuit.py", "import ", "import math as _math, ", ALL, True),  # the whole folder
        ("salkit/stdp.py", "import ", "import math as _math, ", ALL, False),  # of the notebook, not of the sweep
        ("salkit/kernels/cuda/sampling.cu", "KERNEL ", "// altered\nKERNEL ", [False, False, True], True),
        ("salkit/kernels/cuda/common.cuh", "\n", "\n\n", [False, False, True], True),
        ("salkit/kernels/cuda/launch.py", "SMALL = 16", "SMALL = 15", [False, False, True], True),
        (NOTEBOOK, "tau_ref = 50", "tau_ref = 49", ALL, False),
        # what does not
        ("salkit/wakesleep.py", '"""', '"""Words. ', NONE, False),
        ("salkit/wakesleep.py", "import numpy as np", "# words\n\n\nimport  numpy as np", NONE, False),
        ("salkit/microcircuit/circuits.py", "import ", "import math as _math, ", NONE, False),  # neither asks for it
        ("salkit/plots/learning.py", "figsize=(", "figsize=(1 + ", NONE, False),
        ("salkit/cli.py", "import ", "import math, ", NONE, False),
        ("salkit/__init__.py", "from . import (", "import math\n\nfrom . import (", NONE, False),
        ("salkit/sweep/ensemble.py", "import ", "import math, ", NONE, False),
        ("salkit/suite/claims.py", "import ", "import math as _math, ", NONE, False),
        ("salkit/bench/timing.py", "import ", "import math, ", NONE, False),
        ("salkit/explorer.py", "import ", "import math, ", NONE, False),
        (NOTEBOOK, "# # Learning", "# # About learning", NONE, False),
        ("notebooks/04_variability_compensation.py", "import numpy", "import math, numpy", NONE, False),
    ],
)
def test_what_makes_stale(copy, name, old, new, figures, sweep):
    assert copy.edit(name, old, new).stale() == (figures, sweep)


@pytest.mark.parametrize(
    ("name", "content", "figures"),
    [("cpu/other.py", "x = 1", ALL), ("cuda/other.cu", "//", [False, False, True]), ("tables.txt", "1", ALL)],
)
def test_a_new_kernel_file_counts(copy, name, content, figures):
    (copy.package / "kernels" / name).write_text(content)
    assert copy.stale() == (figures, True)
    (copy.package / "kernels" / "__pycache__").mkdir()
    (copy.package / "kernels" / "__pycache__" / "x.nbc").write_bytes(b"\xff")
    copy.before = copy.now()
    (copy.package / "kernels" / "__pycache__" / "x.nbc").write_bytes(b"\xfe")
    assert copy.stale() == (NONE, False)


def test_a_renamed_module_counts_and_a_missing_one_is_an_error(copy):
    (copy.package / "variability.py").rename(copy.package / "scatter.py")
    for missing in (copy.sweep, copy.figures):
        forget()
        with pytest.raises(ValueError, match=r"needs salkit\.variability, which is not there"):
            missing()
    copy.edit("salkit/wakesleep.py", "import constraints, variability", "import constraints, scatter as variability")
    assert copy.stale() == (ALL, True)
    with pytest.raises(ValueError, match=r"a digest needs salkit\.nothing, which is not there"):
        sources.code("nothing", package=copy.package)
    (copy.place / NOTEBOOK).write_text("import salkit as sk\nsk.wakesleeping.train()")
    forget()
    with pytest.raises(ValueError, match="salkit has no 'wakesleeping'"):
        copy.figures()


def test_confidence_intervals_count_where_a_notebook_takes_them(copy):
    copy.edit("salkit/estimates.py", "import ", "import cmath, ")
    assert copy.stale() == (ALL, False)
    text = (copy.package.parent / NOTEBOOK).read_text(encoding="utf-8")
    (copy.package.parent / NOTEBOOK).write_text(text.replace("sk.estimates", "numbers"), encoding="utf-8")
    copy.before = copy.now()
    copy.edit("salkit/estimates.py", "import ", "import fractions, ")
    assert copy.stale() == (NONE, False)


def test_only_the_experiments_that_a_notebook_names_count(copy, monkeypatch):
    """By what they would run: experiments.py of the copy is edited and loaded."""

    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # its age is told in seconds: an edit could go unseen

    def edited(old, new):
        copy.edit("salkit/experiments.py", old, new)
        spec = importlib.util.spec_from_file_location("salkit.experiments", copy.package / "experiments.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(digests, "experiments", module)
        return copy.stale()[0]

    assert edited("import json", "import json, math") == NONE
    assert edited('"microcircuit", title, fast, _own(14)', '"microcircuit", title, fast, _own(13)') == NONE
    assert edited('"Fig. 4 in discrete time"', '"Fig. 4, in steps"') == NONE  # a title
    assert edited("(0.0, 0.2, 0.4, 0.6, 0.8, 1.0)", "(0.0, 0.2, 0.4, 0.6, 0.8)") == [False, True, False]
    assert edited("seeds = _PAPER_SEEDS if paper else _own(12)", "seeds = _PAPER_SEEDS if paper else _own(11)") == ALL


def test_stored_results_count_where_a_notebook_names_them(copy):
    for name, matters in (("microcircuit", False), ("kp-scan", True)):
        with (copy.place / "figures" / "paper" / f"{name}.nc").open("ab") as file:
            file.write(b"x")
        assert copy.stale() == ([False, matters, False], False)


def test_a_figure_of_no_notebook_depends_on_all_but_the_machinery(copy):
    assert digests.notebook_of("one", copy.place) is None and digests.notebook_of("99_x", copy.place) is None

    def one():
        forget()
        return digests.digest("one", repository=copy.place)

    before = one()
    copy.edit("salkit/plots/style.py", "import ", "import math, ")
    assert one() == before
    copy.edit("salkit/boltzmann.py", "import ", "import math as _math, ")
    assert one() != before


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import salkit as sk\nsk.simulate(sk.SamplingNetwork)", {"sampling", "network"}),
        ("import salkit\nsalkit.stdd.drift", {"stdd"}),
        ("import salkit.stdd.discrete as d", {"stdd.discrete"}),
        ("import salkit.stdd\nsalkit.stdp.sal", {"stdd", "stdp"}),
        ("from salkit import Spikes, claims as c", {"spikes", "suite.claims"}),
        ("from salkit.kernels import cpu, on", {"kernels", "kernels.cpu"}),
        ("from salkit import *", {""}),
        ("import salkit as sk\nx = sk", {""}),
        ("import salkit as sk\nprint(sk.__version__)", set()),
        ("def f():\n    from salkit.stdd import drift", {"stdd", "stdd.drift"}),
        ("import numpy as np\nnp.exp(sk.x)", set()),
    ],
)
def test_what_a_notebook_names(text, names):
    assert sources.used(ast.parse(text)) == names


def test_relative_imports_are_followed_from_where_they_stand():
    assert sources.used(ast.parse("from . import discrete\nfrom .. import stdp"), "stdd") == {
        "stdd", "stdd.discrete", "stdp",
    }  # fmt: skip
    assert sources.used(ast.parse("from ..kernels.device import pick_device"), "stdd.discrete") == {"kernels.device"}
    reached = {path.relative_to(sources.PACKAGE).parts[0] for path in sources._closure(("wakesleep",), sources.PACKAGE)}
    assert not reached & {"__init__.py", "sweep", "suite", "plots", "experiments.py", "cli.py", "bench"}


def test_a_run_s_key_follows_the_code(monkeypatch):
    keys = runs.run_keys(small())
    assert len({key for row in keys for key in row}) == 12 and keys == runs.run_keys(small())
    monkeypatch.setattr(sources, "code", lambda *names: "another")
    assert not {key for row in keys for key in row} & {key for row in runs.run_keys(small()) for key in row}


def test_digests_do_not_depend_on_the_version_of_python():
    """Newer versions of Python give syntax trees more fields, empty ones: they are left out."""
    tree = ast.parse("def f(x):\n    'words'\n    return f'{x:.2f}' + 'é'\n")
    function = tree.body[0]
    before = sources.canonical(tree)
    if sys.version_info < (3, 12):
        function._fields, function.type_params = (*function._fields, "type_params"), []
    assert sources.canonical(tree) == before and "words" not in before
    assert before == (
        "Module(body=[FunctionDef(name='f',args=arguments(args=[arg(arg='x')]),body=[Return(value=BinOp(left=JoinedStr("
        "values=[FormattedValue(value=Name(id='x'),conversion=-1,format_spec=JoinedStr(values=[Constant(value='.2f')]))]"
        "),op=Add(),right=Constant(value='\\xe9')))])])"
    )
