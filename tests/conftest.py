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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-gpu", action="store_true", help="tests marked gpu fail, rather than skip, without a GPU"
    )
    parser.addoption("--require-tools", action="store_true", help="tests of the CUDA sources fail without a compiler")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from salkit.kernels import device

    missing = device.missing()
    if missing and not config.getoption("--require-gpu"):
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason=f"no GPU: {missing}"))
