"""Notebooks run headless: the percent script is the source, one process executes it, nothing half-done is left behind.

`execute` turns NN_name.py into a notebook in memory and runs it with papermill in a process of its own, under a
time limit for each cell and one for the whole. `make_figures` does so for several at once: a notebook writes its
figures into a draft folder, and only when it has run to its end are they, with the executed notebook, moved to
their place.
"""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext

from ..experiments import PRESETS
from .figures import FOLDER_VARIABLE, pick, replace_all

__all__ = ["Outcome", "check_parameters", "execute", "find", "make_figures", "notebooks_folder", "parameters_of"]

CELL_LIMIT = 0.9  # of the whole limit, so that the cell at fault is named
_RETRY = 75  # exit code of a child whose kernel did not start
_STARTS = 3
_GRACE = 5.0  # seconds that a stopped child has to end its kernel
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Outcome:
    """What came of one notebook: its error (None if it ran to the end), seconds, and the records of its figures."""

    name: str
    error: str | None
    seconds: float
    figures: list[dict[str, Any]] = field(default_factory=list)


def notebooks_folder() -> Path:
    """notebooks/ of the repository, else of the current folder. Raises ValueError if there is none, as beside a package
    that was installed without the repository; the message says where to run.
    """
    for place in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (place / "notebooks").is_dir():
            return place / "notebooks"
    raise ValueError(
        "no notebooks/ folder here: the installed package has the library, not the notebooks; "
        "run this in a clone of the repository or in the unpacked source archive"
    )


def find(names: Sequence[str], folder: Path) -> list[Path]:
    """The sources of the named notebooks ("01" and "01_sal_principle" are the same), of all if none is named.

    Raises ValueError for an unknown name, naming the available ones, and for a folder without notebooks.
    """
    sources = sorted(folder.glob("[0-9][0-9]_*.py"))
    if not sources:
        raise ValueError(f"no notebooks NN_name.py in {folder}")
    if not names:
        return sources
    found = []
    for name in names:
        matching = [s for s in sources if name in (s.stem, s.stem[:2])]
        if not matching:
            raise ValueError(f"no notebook {name!r}; there are {', '.join(s.stem for s in sources)}")
        found += [source for source in matching if source not in found]
    return found


def parameters_of(source: Path) -> dict[str, Any]:
    """The defaults in the notebook's cell tagged "parameters".

    Raises ValueError unless there is exactly one such cell, of plain values: str, int, float or bool.
    """
    notebook = jupytext.read(source, fmt="py:percent")
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ValueError(f"{source.name} must have one cell tagged 'parameters', it has {len(cells)}")
    defaults: dict[str, Any] = {}
    for statement in ast.parse(cells[0].source).body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if isinstance(target, ast.Name):
            with suppress(ValueError, TypeError):
                defaults[target.id] = ast.literal_eval(statement.value)
            if type(defaults.get(target.id)) not in (str, int, float, bool):
                raise ValueError(f"{source.name}: the default of {target.id} must be a plain str, int, float or bool")
    return defaults


def check_parameters(source: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """Read parameters given as text with the types of the notebook's defaults.

    Raises ValueError for a name that the notebook does not have, a value not of the default's type, or an unknown
    preset or device; RuntimeError for a device that is not there.
    """
    defaults = parameters_of(source)
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in defaults:
            raise ValueError(f"{source.stem} has no parameter {name!r}; it has {', '.join(defaults)}")
        kind = type(defaults[name])
        try:
            values[name] = {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
        except (KeyError, ValueError):
            raise ValueError(f"parameter {name} must be of type {kind.__name__}, got {text!r}") from None
    pick(values.get("preset", PRESETS[0]), values.get("device", "auto"))
    return values


def execute(
    source: Path,
    executed: Path,
    parameters: Mapping[str, Any],
    figures: Path,
    limit: float,
    bar: Mapping[str, Any] | None = None,
    on_start: Callable[[subprocess.Popen[str]], None] = lambda process: None,
) -> str | None:
    """Run one notebook in a process of its own; return its error, or None when it ran to the end.

    The executed notebook is written to `executed`; the notebook's figures go to the folder `figures`. `limit` is in
    seconds. `bar`, if given, are the settings of a progress bar on stderr.
    """
    job = {
        "source": str(source),
        "executed": str(executed),
        "parameters": dict(parameters),
        "cell_limit": max(1, int(CELL_LIMIT * limit)),
        "bar": bar and dict(bar),
    }
    environment = {**os.environ, FOLDER_VARIABLE: str(figures), "PYTHONWARNINGS": "ignore"}
    for _ in range(_STARTS):
        child = subprocess.Popen(
            [sys.executable, "-m", "salkit.suite.runner", json.dumps(job)],
            stdout=subprocess.PIPE,
            stderr=None if bar else subprocess.DEVNULL,
            text=True,
            env=environment,
            start_new_session=True,
        )
        on_start(child)
        try:
            message, _ = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return f"{source.stem} did not end within {limit:g} s"
        finally:
            stop(child)
        if child.returncode == 0:
            return None
        if child.returncode != _RETRY:
            break
    return message.strip() or f"{source.stem}: its process ended with exit code {child.returncode}"


def stop(child: "subprocess.Popen[str]") -> None:
    """End a child and its kernel, which lives in a session of its own: the child ends it when it is told to end."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                child.wait(_GRACE)
    if child.stdout is not None:
        child.stdout.close()


def make_figures(
    sources: Sequence[Path],
    out: Path,
    parameters: Mapping[Path, Mapping[str, Any]],
    limit: float,
    jobs: int,
    show_progress: bool,
    done: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Run the notebooks, `jobs` at a time, and move what each has made into `out`; `done` hears of each as it ends.

    Raises OSError when `out` cannot be made or no draft folder in it; a notebook whose results cannot be moved there
    has failed like any other.
    """
    out.mkdir(parents=True, exist_ok=True)
    children: list[subprocess.Popen[str]] = []

    def run(place: int, source: Path) -> Outcome:
        start = time.monotonic()
        draft = Path(tempfile.mkdtemp(prefix=".making-", dir=out))
        try:
            bar = {"desc": source.stem, "position": place, "leave": False} if show_progress else None
            executed = draft / f"{source.stem}.ipynb"
            error = execute(source, executed, parameters[source], draft, limit, bar, children.append)
            records = []
            if error is None:
                records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(draft.glob("*.json"))]
                made = [path for path in sorted(draft.iterdir()) if path.suffix in (".png", ".pdf", ".json")]
                try:
                    (out / "executed").mkdir(exist_ok=True)
                    places = {path: out / path.name for path in made}
                    replace_all({**places, executed: out / "executed" / executed.name}, draft)
                except OSError as problem:
                    records, error = [], f"{problem.filename2 or problem.filename}: {problem.strerror}"
            outcome = Outcome(source.stem, error, time.monotonic() - start, records)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        done(outcome)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(run, place, source) for place, source in enumerate(sources)]
        try:
            return [job.result() for job in waiting]
        except BaseException:
            for job in waiting:
                job.cancel()
            for child in children:
                stop(child)
            raise


def _failure(error: Any) -> str:
    """The cell that failed and its traceback, without colours."""
    lines = _ANSI.sub("", "\n".join(error.traceback) or f"{error.ename}: {error.evalue}").strip()
    return f"cell [{error.exec_count}] failed\n{error.source.strip()}\n\n{lines}"


def _own_stderr() -> Any:
    """This process's stderr for the progress bar alone: the kernel and its loggers get none."""
    own = os.fdopen(os.dup(2), "w")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    os.close(silence)
    return own


def _child(job: dict[str, Any]) -> int:
    """Execute the job in this process; the error, if any, is printed on stdout."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # an exit ends the kernel, a signal would leave it behind
    try:
        return _run(job)
    except Exception as error:  # whatever it is, the parent sees only what is printed here
        print(f"{type(error).__name__}: {error}")
        return 1


def _run(job: dict[str, Any]) -> int:
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    source = Path(job["source"])
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    bar = job["bar"] and {**job["bar"], "file": _own_stderr()}
    try:
        result = papermill.execute_notebook(
            notebook,
            None,
            job["parameters"],
            kernel_name="python3",
            language="python",
            progress_bar=bar or False,
            cwd=source.parent,
            execution_timeout=job["cell_limit"],
        )
    except PapermillExecutionError as error:
        print(_failure(error))
        return 1
    except RuntimeError as error:
        print(error)
        return _RETRY if "Kernel died before replying" in str(error) else 1
    except TimeoutError as error:
        print(f"a cell took longer than {job['cell_limit']} s\n{str(error).strip()}")
        return 1
    result.metadata.pop("papermill", None)
    for cell in result.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    nbformat.write(result, job["executed"])
    return 0


if __name__ == "__main__":
    sys.exit(_child(json.loads(sys.argv[1])))
