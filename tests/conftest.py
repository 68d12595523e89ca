"""What every test shares: no window, no figure written into the repository, no race for compiled code."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest

matplotlib.use("Agg")  # not MPLBACKEND: notebooks run by a test would inherit it and show no figures

# Two processes that store two signatures of one function at once can overwrite each other in Numba's cache: one each,
# which begins with what `make test` has compiled.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    caches = Path(__file__).parents[1] / ".pytest_cache" / "numba"
    if "NUMBA_CACHE_DIR" not in os.environ and (caches / "compiled").exists():
        shutil.copytree(caches / "compiled", caches / worker, dirs_exist_ok=True)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(caches / worker))


@pytest.fixture(scope="session", autouse=True)
def _figures_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """SALKIT_FIGURES names a temporary folder, for the tests and for every process they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALKIT_FIGURES", os.fspath(tmp_path_factory.mktemp("figures")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """A kernel that Python calls is compiled for one kind of arguments: a second costs everyone as long again."""
    yield
    from salkit.kernels import cpu

    kernels = {
        name: found for name, found in vars(cpu).items() if name.startswith("_") and hasattr(found, "signatures")
    }
    twice = {name: len(kernel.signatures) for name, kernel in kernels.items() if len(kernel.signatures) > 1}
    assert not twice, f"kernels compiled more than once: {twice}"


@pytest.fixture(autouse=True)
def _no_gpu_unless_marked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only tests marked gpu see one: the others do the same on every machine."""
    from salkit.kernels import device

    if request.node.get_closest_marker("gpu") is None:
        monkeypatch.setattr(device, "_probe", lambda: (0, "no NVIDIA driver is installed"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-gpu", action="store_true", help="tests on a GPU fail where there is none")
    parser.addoption("--require-tools", action="store_true", help="the same for tests that need a compiler or Node")


def _absent(config: pytest.Config) -> dict[str, str]:
    """What cannot be run here, and why, unless the options want it to fail."""
    import cuda_compilers
    import host_device
    import javascript

    from salkit.kernels import device

    found = {}
    if device.missing() and not config.getoption("--require-gpu"):
        found["gpu"] = f"tests on a GPU: {device.missing()}"
    if not config.getoption("--require-tools"):
        if host_device.compiler() is None:
            found["cxx"] = "CUDA sources built for the host: no C++ compiler"
        if javascript.node() is None:
            found["node"] = "the explorers' JavaScript: no node"
        if not cuda_compilers.found():
            found["nvcc"] = "CUDA sources compiled: neither NVRTC (in CuPy) nor nvcc"
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    absent = _absent(config)
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.getoption("nbval", default=False):
        for line in _absent(config).values():
            terminalreporter.write_line(f"not run: {line}")
