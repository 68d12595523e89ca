"""What a notebook keeps besides its science: sizes of a preset, results of experiments, figures with their claims.

    book = sk.notebook("03", preset, seed, device, recompute)
    sizes = book.sizes(runs=(10, 50))                  # runs = 10 at the tutorial preset, 50 at the paper's
    fig4 = book.results("synaptic-noise")              # computed now, or the stored ones
    book.record(fig, "03_levels", variance=(with_sal, without), …)     # figure, data and claims in one call
    print(book.verdicts())

Texts, bounds and nulls of the claims stand in `notebooks/claims.toml`.
"""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import xarray as xr

from .. import experiments
from . import claims, figures
from .claims import Claim

__all__ = ["Notebook", "claims_file"]


def claims_file() -> Path:
    """`claims.toml` beside the notebooks: of the repository, else of the current folder or the one above it."""
    places = (Path(__file__).resolve().parents[2] / "notebooks", Path.cwd() / "notebooks", Path.cwd())
    return next((place / "claims.toml" for place in places if (place / "claims.toml").is_file()), Path("claims.toml"))


class Notebook:
    """One notebook while it runs.

    Parameters
    ----------
    name : str
        Its number, with which its figures' names begin.
    preset : "tutorial" or "paper"
    seed : int
    device : "auto", "cpu" or "cuda"
    recompute : bool
        Whether paper-scale experiments are run again instead of read.

    Raises
    ------
    ValueError
        For an unknown preset or device, and a seed that is not a whole number from 0 to 10⁶.
    RuntimeError
        For a device that is not there.
    """

    def __init__(self, name: str, preset: str, seed: int, device: str = "auto", recompute: bool | None = None) -> None:
        figures.pick(preset, device)
        experiments.check_seed(seed)
        self.name, self.preset, self.seed, self.device, self.recompute = name, preset, seed, device, recompute
        self.claims: list[Claim] = []

    def sizes(self, **pairs: Sequence[Any]) -> SimpleNamespace:
        """The sizes of this preset, each given as (tutorial, paper)."""
        return figures.pick(self.preset, self.device, **pairs)

    def results(self, experiment: str) -> xr.Dataset:
        """The runs of an experiment: see `salkit.experiments.results`."""
        return experiments.results(experiment, self.preset, self.seed, self.device, bool(self.recompute))

    def record(self, figure: Any, name: str, **results: Any) -> None:
        """Keep a figure with the numbers drawn in it, and the claims it is evidence for: key=(measured, null).

        Raises ValueError for a name of another notebook, and where keys and `claims.toml` differ.
        """
        if not name.startswith(f"{self.name}_"):
            raise ValueError(f"figures of notebook {self.name} are named {self.name}_…, got {name!r}")
        found = claims.of_figure(claims_file(), name, self.preset, results)
        self.claims = [claim for claim in self.claims if not claim.key.startswith(f"{name}.")] + found
        parameters = {"preset": self.preset, "seed": self.seed, "device": self.device}
        if self.recompute is not None:
            parameters["recompute"] = self.recompute
        figures.save(figure, name, parameters=parameters, seeds=self.seed, claims=found)

    def verdicts(self) -> str:
        """The table of all claims recorded so far; below it what is not as expected, and how the notebook was run."""
        from .. import __version__

        wrong = claims.check(self.claims)
        said = (
            "\n".join(["not as expected:", *wrong])
            if wrong
            else "all verdicts as expected; all nulls outside the bounds"
        )
        how = f"preset {self.preset}, seed {self.seed}, device {self.device}, salkit {__version__}"
        return f"{claims.table(self.claims)}\n\n{said}\n{how}"
