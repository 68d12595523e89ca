"""The command line: `salkit figures`, `notebooks`, `sweep`, `status`, `claims`, `bench`, `info`.

Bad input ends with exit code 2 and one line; a failing notebook or claim with 1.
"""

import json
import os
import platform
import signal
import sys
import threading
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from . import __version__
from .experiments import PRESETS
from .suite import pairs, runner
from .suite.figures import folder

__all__ = ["main"]

_LIMIT = 600.0  # seconds for one notebook; the paper preset takes longer and is given more
_LIMIT_PAPER = 24 * 3600.0
_SHOWN = ("verdict", "text", "result", "null_result", "held_to")
_SECONDS = click.IntRange(1, 30 * 24 * 3600)


class _Group(click.Group):
    """Turns what the library refuses into one line and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        if threading.current_thread() is threading.main_thread():  # ended as by Ctrl-C: children stop, drafts go
            earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)
            ctx.call_on_close(lambda: signal.signal(signal.SIGTERM, earlier))
        try:
            return super().invoke(ctx)
        except (ValueError, RuntimeError) as error:
            if isinstance(error, click.exceptions.Exit):
                raise
            raise click.UsageError(str(error)) from None
        except OSError as error:
            raise click.UsageError(f"{error.filename or 'file'}: {error.strerror or error}") from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="salkit")
def main() -> None:
    """Spike-based alignment learning, rebuilt: regenerate figures, check claims, measure speed."""


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--preset", type=click.Choice(PRESETS), default="tutorial", show_default=True, help="Sizes of the runs.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where figures go (default: figures/).")
@click.option("-p", "given", type=(str, str), multiple=True, metavar="NAME VALUE", help="Set a notebook's parameter.")
@click.option("--timeout", type=_SECONDS, help="Seconds for one notebook.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Notebooks run at once.")
def figures(
    names: tuple[str, ...],
    preset: str,
    out: Path | None,
    given: tuple[tuple[str, str], ...],
    timeout: float | None,
    jobs: int,
) -> None:
    """Run notebooks headless and regenerate their figures; without NAME all of them.

    Says the verdict on every claim, whatever it is; exit code 1 if a notebook does not run to its end.
    """
    sources = runner.find(names, runner.notebooks_folder())
    chosen = {"preset": preset, **dict(given)}
    parameters = {source: runner.check_parameters(source, chosen) for source in sources}
    limit = timeout or (_LIMIT if chosen["preset"] == "tutorial" else _LIMIT_PAPER)
    target = (out or folder()).absolute()

    def done(outcome: runner.Outcome) -> None:
        if outcome.error is not None:
            click.echo(f"{outcome.name} failed:\n{outcome.error}\n", err=True)

    outcomes = runner.make_figures(sources, target, parameters, limit, jobs, sys.stderr.isatty(), done)
    for outcome in outcomes:
        for record in outcome.figures:
            click.echo(f"figure  {_shown(target)}/{record['figure']}.png")
    claims = [claim for outcome in outcomes for record in outcome.figures for claim in record["claims"]]
    _say_claims(claims)
    failed = [outcome.name for outcome in outcomes if outcome.error is not None]
    made = sum(len(outcome.figures) for outcome in outcomes)
    spent = ", ".join(f"{outcome.name} {outcome.seconds:.0f} s" for outcome in outcomes)
    click.echo(f"{made} figures, {len(claims)} claims, {len(failed)} notebooks failed ({spent})")
    sys.exit(bool(failed))


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--check", is_flag=True, help="Only say where a pair differs; exit code 1 if one does.")
@click.option("--timeout", type=_SECONDS, default=_LIMIT, show_default=True, help="Seconds for one.")
def notebooks(names: tuple[str, ...], check: bool, timeout: float) -> None:
    """Renew the executed .ipynb references from their .py sources, one way."""
    wrong = False
    for source in runner.find(names, runner.notebooks_folder()):
        if check:
            found = pairs.differences(source)
        else:
            bar = {"desc": source.stem, "leave": False} if sys.stderr.isatty() else None
            error = pairs.renew(source, timeout, bar)
            found = [] if error is None else [error]
        wrong |= bool(found)
        for line in found:
            click.echo(f"{source.stem}: {line}", err=True)
        if not found:
            click.echo(f"{source.stem}: {'the pair agrees' if check else 'renewed'}")
    sys.exit(wrong)


@main.command()
@click.argument("experiment")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the results; resumed if begun.")
@click.option("--preset", type=click.Choice(PRESETS), default="tutorial", show_default=True, help="Sizes of the runs.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Names targets and starts.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--workers", type=click.IntRange(min=1), help="Local processes (default: all cores; on GPUs one each).")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the workers of this Dask scheduler instead.")
@click.option("--batch", type=click.IntRange(min=1), help="Runs a shard (default: 1; on GPUs all).")
@click.option(
    "--save", type=click.Path(dir_okay=False, path_type=Path), help="When all is done, condense into FILE.nc."
)
def sweep(
    experiment: str,
    out: Path,
    preset: str,
    seed: int,
    device: str,
    workers: int | None,
    scheduler: str | None,
    batch: int | None,
    save: Path | None,
) -> None:
    """Compute an experiment's runs into a folder; killed at any moment, it goes on where it was.

    \b
    EXPERIMENT is one of
      synaptic-noise, synaptic-noise-discrete, kp-scan (notebook 03),
      plasticity-noise, plasticity-noise-both, neuron-variability,
      neuron-variability-more (notebook 04),
      microcircuit, microcircuit-wide, microcircuit-deep, microcircuit-larger,
      microcircuit-ablation (notebook 05),
      layers-alignment, layers-fan-in, rivals, rivals-width (notebook 06),
      deep-bottleneck, deep-bottleneck-more, deep-map, deep-classifier,
      deep-yin-yang, deep-phases, deep-spiking (notebook 07),
      lif-alignment, lif-drift, limits-map (notebook 08),
      psp-shapes, sparse-unmatched, few-bits, dale-network (notebook 10),
      dreams-synaptic, dreams-plasticity (notebook 09).
    """
    from . import experiments
    from .kernels.cpu import thread_count
    from .kernels.device import pick_device
    from .sweep import ensemble, shards

    if scheduler and workers:
        raise ValueError("--workers are local processes, --scheduler a cluster: give one of the two")
    wanted = experiments.experiment(experiment, preset, seed)
    if workers is None and scheduler is None and pick_device(device) == "cpu":
        workers = thread_count()
    found = ensemble.sweep(wanted, out, workers, batch, device, scheduler, click.echo)
    click.echo(str(found))
    if found.done < found.runs:
        sys.exit(1)
    if save is not None:
        shards.save(ensemble.condense(ensemble.collect(out)), save)
        click.echo(f"saved {_shown(save)}, {save.stat().st_size / 1e6:.2f} MB")


@main.command()
@click.argument("where", type=click.Path(file_okay=False, path_type=Path))
def status(where: Path) -> None:
    """Say which runs of the sweep in WHERE are done, missing or failed; exit code 1 unless all are done."""
    from .sweep import ensemble

    found = ensemble.status(where)
    click.echo(str(found))
    sys.exit(found.done < found.runs)


@main.command()
@click.argument("where", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--markdown", is_flag=True, help="Only the ledger, as a Markdown table.")
@click.option(
    "--write", "page", type=click.Path(dir_okay=False, path_type=Path), help="Renew the ledger's summary in this page."
)
def claims(where: Path | None, markdown: bool, page: Path | None) -> None:
    """Print the ledger and every claim of the figures in WHERE (default: figures/).

    The ledger names the sentences of the abstract and the claims that are evidence for each; paper-scale figures are
    looked for in WHERE/paper. Exit code 1 if a verdict is not the expected one, or anything is stale or missing.
    """
    from .suite import ledger

    sentences, found = ledger.read(where), _stored_claims(where or folder())
    if page is not None:
        earlier = page.read_text(encoding="utf-8")
        page.write_text(ledger.renewed(earlier, sentences), encoding="utf-8")
        tested = Counter(sentence.verdict for sentence in sentences if sentence.evidence)
        said = ", ".join(f"{number} {verdict}" for verdict, number in tested.items())
        click.echo(f"{_shown(page)} renewed; of {tested.total()} tested sentences: {said}")
    if markdown:
        click.echo(ledger.markdown(sentences))
    elif page is None:
        click.echo(ledger.text(sentences))
        click.echo("\nEvery claim of every figure")
        _say_claims(found)
    sys.exit(any(e.verdict != e.expected for sentence in sentences for e in sentence.evidence))


@main.command()
@click.argument("where", required=False, type=click.Path(file_okay=False, path_type=Path))
def overview(where: Path | None) -> None:
    """Draw README's picture from the records of the figures in WHERE (default: figures/) and WHERE/paper."""
    from .suite import overview as picture

    click.echo(f"figure  {_shown(picture.draw(where))}")


@main.command()
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Also write the numbers here."
)
@click.option("--repeats", type=click.IntRange(min=3), default=15, show_default=True, help="Runs of each job.")
@click.option("--compare", is_flag=True, help="Also run Brian2 and NEST on the same networks; draws figure `bench`.")
@click.option(
    "--rivals",
    type=click.Path(path_type=Path),
    metavar="PYTHON",
    help="The Python that has them (default: .venv-bench).",
)
def bench(device: str, json_path: Path | None, repeats: int, compare: bool, rivals: Path | None) -> None:
    """Measure this machine against the authors' code, and against Brian2 and NEST; exit code 1 if rates disagree."""
    from .bench import timing as benchmark

    found = benchmark.run(device, json_path, repeats, click.echo, compare, rivals)["comparison"]
    if found is not None:
        click.echo(f"figure  {_shown(folder())}/bench.png")
        sys.exit(not found["agrees"])


@main.command()
def info() -> None:
    """Say what salkit runs on here."""
    from .kernels import device as gpu
    from .kernels.cpu import thread_count

    packages = ("numpy", "numba", "scipy", "xarray", "h5netcdf", "distributed", "matplotlib", "papermill")
    click.echo(f"salkit {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    click.echo(", ".join(f"{package} {version(package)}" for package in packages))
    click.echo(f"CPU: {os.cpu_count()} cores, {thread_count()} threads used (NUMBA_NUM_THREADS sets them)")
    cupy = "installed" if gpu.has_cupy() else "not installed"
    missing = gpu.missing()
    click.echo(f"GPU: {f'not used: {missing}' if missing else f'{gpu.count()} used'} (CuPy {cupy})")


def _stored_claims(place: Path) -> list[dict[str, Any]]:
    """The claims of the records in a folder. Raises ValueError for a file that is no record, and if there are none."""
    found: list[dict[str, Any]] = []
    for path in sorted(place.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            found += [{key: claim[key] for key in _SHOWN} for claim in record["claims"]]
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path.name} is not a figure's record; renew it with `salkit figures`") from None
    if not found:
        raise ValueError(f"no claims in {place}; make the figures first with `salkit figures`")
    return found


def _say_claims(found: list[dict[str, Any]]) -> None:
    for claim in found:
        null = f"; null {claim['null_result']}" if claim["null_result"] else ""
        click.echo(f"{claim['verdict']:<9} {claim['text']}: {claim['result']}, held to {claim['held_to']}{null}")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
