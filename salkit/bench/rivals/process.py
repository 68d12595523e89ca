"""A network in Brian2 or NEST, in a process of its own: their versions need an older NumPy than ours may be.

How each maps the model is said in `worker.py`, the program that runs there.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...synapses import is_sparse
from .turn import Turn

__all__ = ["BYTES_A_SYNAPSE", "Missing", "Rival", "find_python"]

# Peak memory while the network is built, measured at 9 (NEST) and 4 million (Brian2) synapses, with some room.
BYTES_A_SYNAPSE = {"brian2-standalone": 80, "brian2-runtime": 80, "nest": 120}
_WORKER = Path(__file__).with_name("worker.py")
_PATIENCE = 1800.0  # seconds for an answer
_PROBE = "import importlib.util as u, sys; sys.exit(not (u.find_spec('brian2') or u.find_spec('nest')))"


class Missing(RuntimeError):
    """A simulator that cannot be run here; the message says why."""


def find_python(named: Path | None = None) -> Path | None:
    """The Python that has Brian2 or NEST: `named`, else .venv-bench of the repository, else this one; None if none has.

    Raises ValueError if `named` is no program, or has neither.
    """
    repository = Path(__file__).resolve().parents[3]
    places = [named] if named else [repository / ".venv-bench/bin/python", Path(sys.executable)]
    for python in places:
        try:
            found = subprocess.run([python, "-c", _PROBE], capture_output=True, env=_environment(), timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if found.returncode == 0:
            return python
    if named:
        raise ValueError(f"--rivals must be a Python that has brian2 or nest-simulator installed, got {named}")
    return None


class Rival:
    """One network in another simulator: a process that builds it at once and runs it when asked.

    Parameters
    ----------
    python : Path
        The interpreter that has the simulator.
    simulator : str
        "brian2-standalone", "brian2-runtime" or "nest".
    weights, biases : arrays, shapes (N, N) and (N,)
        Or weights of `scipy.sparse`.
    tau_ref, burn_in, steps : int
        In steps; the burn-in is run once, before the first of the timed runs.
    core : int, optional
        The core that it stays on when it is built.
    """

    def __init__(
        self,
        python: Path,
        simulator: str,
        weights: Any,
        biases: NDArray[np.float64],
        tau_ref: int,
        burn_in: int,
        steps: int,
        seed: int = 1,
        core: int | None = None,
    ) -> None:
        self.key = simulator
        self.label = simulator
        self.set_up: float | None = None
        self.memory: float | None = None
        self._files = tempfile.TemporaryDirectory(prefix="salkit-rival-")
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  closed in close()
        parts = {"weights": weights, "biases": biases}
        if is_sparse(weights):
            synapses = weights.tocoo()
            parts |= {"weights": synapses.data, "post": synapses.row, "pre": synapses.col}
        files = {name: str(Path(self._files.name) / f"{name}.npy") for name in parts}
        for name, part in parts.items():
            np.save(files[name], part)
        self._process = subprocess.Popen(
            [python, str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=_environment(),
            text=True,
        )
        self._ask(
            json.dumps(
                {"simulator": simulator, **files, "tau_ref": tau_ref, "burn_in": burn_in, "steps": steps}
                | {"seed": seed, "core": core}
            )
        )

    def ready(self) -> None:
        """Wait until the network is built. Raises Missing, with the reason, if it cannot be."""
        answer = self._answer()
        self.label, self.set_up, self.memory = str(answer["label"]), answer.get("set_up"), answer.get("memory")

    def run(self) -> Turn:
        """One more run: CPU seconds of the simulation alone, and spikes of each neuron. Raises Missing."""
        self._ask("run")
        answer = self._answer()
        return Turn(float(answer["seconds"]), np.array(answer["counts"], np.float64))

    def close(self) -> None:
        """End the process and remove its files."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._complaints.close()
        self._files.cleanup()

    def _ask(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # if it has ended, the answer that does not come says why
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        clock = threading.Timer(_PATIENCE, self._process.kill)
        clock.start()
        try:
            line = self._process.stdout.readline()
        finally:
            clock.cancel()
        if not line:
            self._process.wait()
            self._complaints.seek(0)
            last = self._complaints.read().decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise Missing(f"{self.label} ended with code {self._process.returncode}: {last[0]}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Missing(f"{self.label}: {answer['error']}")
        return answer


def _environment() -> dict[str, str]:
    """Ours without what would lead another Python astray, and one thread for everything."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return kept | {"PYTHONNOUSERSITE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
