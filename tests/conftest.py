"""What every test shares: no window, no figure written into the repository, no race for compiled code."""

import os
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest

matplotlib.use("Agg")  # not MPLBACKEND: notebooks run by a test would inherit it and show no figures

# Two processes that store two signatures of one function at once can overwrite each other in Numba's cache: one each.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "numba" / worker))


@pytest.fixture(scope="session", autouse=True)
def _figures_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """SALKIT_FIGURES names a temporary folder, for the tests and for every process they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALKIT_FIGURES", os.fspath(tmp_path_factory.mktemp("figures")))
        yield
