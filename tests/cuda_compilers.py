"""Compilers of CUDA sources that need no GPU: NVRTC, through CuPy where it is installed, and nvcc where it is found."""

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

Compiler = Callable[[str, str, Sequence[str]], str]


def nvrtc(text: str, architecture: str, options: Sequence[str]) -> str:
    """The assembly (PTX) of a source. CuPy's public compiler would ask for a device; the library below it does not."""
    from cupy_backends.cuda.libs import nvrtc as library

    program = library.createProgram(text, "source.cu", (), ())
    try:
        library.compileProgram(program, (f"-arch=compute_{architecture}", *options))
        return str(library.getPTX(program).decode())
    finally:
        library.destroyProgram(program)


def nvcc(text: str, architecture: str, options: Sequence[str]) -> str:
    """The assembly (PTX) of a source, by the toolkit's compiler."""
    with tempfile.TemporaryDirectory() as folder:
        source, assembly = Path(folder) / "source.cu", Path(folder) / "source.ptx"
        source.write_text(text, encoding="utf-8")
        command = ["nvcc", *options, f"-arch=compute_{architecture}", "-ptx", "-o", str(assembly), str(source)]
        subprocess.run(command, check=True, capture_output=True)
        return assembly.read_text(encoding="utf-8")


@cache
def found() -> tuple[Compiler, ...]:
    """Those that work here."""
    compilers: list[Compiler] = []
    if importlib.util.find_spec("cupy_backends") is not None:
        try:
            nvrtc("", "75", ())
            compilers.append(nvrtc)
        except Exception:  # CuPy without the NVRTC library: an ImportError, a RuntimeError or one of CuPy's own
            pass
    if shutil.which("nvcc"):
        compilers.append(nvcc)
    return tuple(compilers)
