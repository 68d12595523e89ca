"""The hot loops on a GPU: the functions of `kernels.cpu` under the same names and signatures, and the same results.

The kernels are the `.cu` files beside this one, compiled when first used, for the number of neurons of a small network
(`--fmad=false`: no fused multiply–add but where one is written, so that every number equals the CPU's). An ensemble
that does not fit into the device's memory runs in chunks of members. Long runs come in several launches, each of a
second or so: the GPU of a desktop also has a screen, and between two of them an interrupt gets through. Where a run is
cut does not change it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..cpu.bounds import ROWS, SPAN
from ..cpu.continuous import TABLE_NEURONS
from ..cpu.elementary import log
from ..cpu.potentials import OFF, WIDTH
from ..structs import Sampling
from .circuits import fits_warp, run_patterns
from .launch import (
    LANES,
    OPTIONS,
    SMALL,
    SOURCES,
    VARIED_ROOM,
    Arrays,
    Device,
    blocks_of,
    bytes_of,
    chunks,
    current,
    lanes_of,
    launches,
    made_for,
    padded,
    signatures,
    source,
    use,
    workplace,
)  # fmt: skip
from .learning import train_continuous, train_discrete

__all__ = [
    "OPTIONS", "SOURCES", "Device", "current", "fits_warp", "run_patterns", "sample_continuous", "sample_delayed",
    "sample_delayed_steps", "sample_discrete", "sample_varied", "signatures", "source", "train_continuous",
    "train_discrete", "use",
]  # fmt: skip

_CARRIED = 8  # doubles a train, CARRIED in small.cuh
_DELAYED_CARRIED = 9  # doubles a train, CUT_ROOM in delayed.cu
_CHANGED = ("ages", "draws", "rests", "counts", "occupancy", "pairs", "overlaps", "ties")


def _sample(
    given: Sampling, names: tuple[str, ...], shared: dict[str, np.ndarray], work: float,
    launch: Callable[[Any, int, dict[str, Any]], None],
) -> None:  # fmt: skip
    """Run chunk by chunk, with the arrays of these names; spikes stay on the device until it is known how many."""
    gpu, each = current(), {name: getattr(given, name) for name in names}
    replicas, n = given.ages.shape[1:]
    capacity = given.times.shape[1]
    numbers = {
        "replicas": replicas, "n": n, "capacity": capacity, "paired": int(given.pairs.shape[-1] > 0),
        "overlapped": int(given.overlaps.shape[-1] > 0),
        "duration": given.duration, "tau_ref": given.tau_ref, "states": given.occupancy.shape[2],
    }  # fmt: skip
    changed = [name for name in (*_CHANGED, "earlier") if name in each]
    for chunk in chunks(len(given.biases), bytes_of(*each.values()) + work + replicas * (12 * capacity)):
        size = chunk.stop - chunk.start
        arrays = Arrays(gpu, chunk, each, shared)
        trains = size * replicas
        kept = gpu.zeros((trains, capacity), given.times.dtype), gpu.zeros((trains, capacity), np.int32)
        before = given.counts[chunk].sum(axis=-1)
        launch(gpu, size, arrays.device | numbers | {"trains": trains, "times": kept[0], "neurons": kept[1]})
        arrays.back(*changed)
        if capacity:
            spikes = (given.counts[chunk].sum(axis=-1) - before).ravel()
            for host, there in zip((given.times, given.neurons), kept, strict=True):
                for train, number in enumerate(spikes):
                    host[chunk.start * replicas + train, :number] = gpu.get(there[train, :number])


def _quantised(
    gpu: Any, p: dict[str, Any], members: int, n: int, log_tau_ref: float, diagonal: int
) -> dict[str, Any]:  # fmt: skip
    """Weights and biases as integers on the device: the parameters columns and scales."""
    made = {
        "magnitudes": gpu.zeros((members, n), np.float64), "scales": gpu.zeros(members, np.int64),
        "columns": gpu.zeros((members, n + 1, padded(n)), np.int32),
    }  # fmt: skip
    given = p | made | {"members": members, "log_tau_ref": log_tau_ref, "diagonal": diagonal}
    gpu.launch("sampling", "magnitudes_of", given, blocks_of(members * n), constants=made_for(n, 0))
    gpu.launch("sampling", "quantise", given, blocks_of(members * (n + 1)), constants=made_for(n, 0))
    return made


def _stretches(gpu: Any, p: dict[str, Any], events: float, blocks: int, n: int = 0) -> Iterator[dict[str, Any]]:
    """One launch after another of a run in continuous time; `until` is where each stops, infinite in the last."""
    number = launches(events, blocks, n)
    for k in range(number):
        yield p | {"until": np.inf if k == number - 1 else p["duration"] * (k + 1) / number, "resumed": int(k > 0)}
        gpu.wait()


def sample_continuous(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_continuous`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    width, small = padded(n), n <= TABLE_NEURONS
    rows, carried = 1 << n if small else 0, _CARRIED + (n if small else 2 * n)
    groups = blocks_of(width, ROWS * WIDTH)
    doubles = width // 2 + 2 * n + 1 + (WIDTH + 1) * groups + blocks_of(groups, SPAN)
    events = 2 * n * given.duration / given.tau_ref

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        p |= {"carry": gpu.zeros((p["trains"], carried), np.float64)}
        if small:
            p |= {"members": members, "rows": rows, "kind": 0, "table": gpu.zeros((members, rows, n + 1), np.float64)}
            gpu.launch("sampling", "tabulate", p, blocks_of(members * rows), constants=made_for(n, 0))
            for stretch in _stretches(gpu, p, events, blocks := blocks_of(p["trains"])):
                gpu.launch("sampling", "sample_continuous", stretch, blocks, constants=made_for(n, 0))
            return
        p |= _quantised(gpu, p, members, n, log(given.tau_ref), OFF)
        place, used = workplace(gpu, p["trains"], doubles)
        for stretch in _stretches(gpu, p | place, events, p["trains"], n):
            constants = made_for(n, used, lanes_of(n))
            gpu.launch("sampling", "sample_continuous_wide", stretch, p["trains"], lanes_of(n), used, constants)

    names = ("weights", "biases", "seeds", "runs", *_CHANGED[:-1])
    work = 8.0 * rows * (n + 1) if small else 4.0 * (n + 1) * width + 8.0 * n
    _sample(given, names, {}, work + 8.0 * (doubles + carried) * given.ages.shape[1], launch)


def sample_varied(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_varied`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    rows, doubles = 1 << n if n <= TABLE_NEURONS else 0, n * VARIED_ROOM + _CARRIED
    events = 4 * n * given.duration / float(np.min(given.refractory))

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        table = gpu.zeros((members, max(rows, 1), n), np.float64)
        room = gpu.zeros((p["trains"], doubles), np.float64)
        p = p | {"members": members, "rows": rows, "kind": 1, "table": table, "room": room}
        gpu.launch("sampling", "tabulate", p, blocks_of(members * rows), constants=made_for(n, 0))
        for stretch in _stretches(gpu, p, events, blocks := blocks_of(p["trains"])):
            gpu.launch("sampling", "sample_varied", stretch, blocks, constants=made_for(n, 0))

    names = ("weights", "biases", "refractory", "length", "seeds", "runs", *_CHANGED[:-1])
    _sample(given, names, {}, 8.0 * rows * n + 8.0 * doubles * given.ages.shape[1], launch)


def sample_discrete(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_discrete`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    small, rectangular = n <= SMALL, bool(np.all(given.psp == 1.0))
    rows, whole = 1 << n if n <= TABLE_NEURONS and rectangular else 0, rectangular and n > TABLE_NEURONS
    lanes = LANES if small else lanes_of(n)
    doubles = 5 * n + lanes
    steps = {"length": given.psp.size, "log_tau_ref": given.log_tau_ref, "refractory": given.refractory}
    integers = 4.0 * (n + 1) * padded(n) + 8.0 * n if whole else 0.0

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        p = p | steps | {"whole": int(whole), "members": members, "kept": gpu.zeros(p["trains"], np.int64)}
        if whole:
            p |= _quantised(gpu, p, members, n, given.log_tau_ref, 0)
        else:
            p |= {"columns": gpu.zeros(1, np.int32), "scales": gpu.zeros(1, np.int64)}
        blocks, used = blocks_of(p["trains"]) if small else p["trains"], 0
        if small:
            p |= {"rows": rows, "table": gpu.zeros((members, max(rows, 1), n), np.uint64)}
            gpu.launch("sampling", "tabulate_thresholds", p, blocks_of(members * rows), constants=made_for(n, 0))
        else:
            place, used = workplace(gpu, blocks, doubles)
            p |= {"transposed": p["weights"], **place}
        kernel, constants = "sample_discrete" if small else "sample_discrete_wide", made_for(n, used, lanes)
        at_once = max(1, int(given.duration) // launches(given.duration, blocks, 0 if small else n))
        for begin in range(0, int(given.duration), at_once):
            p |= {"begin": begin, "duration": min(at_once, int(given.duration) - begin)}
            gpu.launch("sampling", kernel, p, blocks, lanes, used, constants)
            gpu.wait()

    if not small and not whole:
        given = given._replace(weights=np.ascontiguousarray(given.weights.swapaxes(1, 2)))
    changed = ("ages", "draws", "counts", "pairs", "ties", "overlaps") + (("occupancy",) if small else ())
    work = 8.0 * rows * n + integers + 8.0 * doubles * given.ages.shape[1]
    _sample(given, ("weights", "biases", "seeds", "runs", *changed), {"psp": given.psp}, work, launch)


def _delayed(given: Sampling) -> tuple[tuple[str, ...], dict[str, int]]:
    """Names of the arrays by member, and numbers, of runs with delays."""
    names = ("fan", "posts", "lags", "strengths", "biases", "seeds", "runs", "earlier", "ages", "draws", "counts")
    numbers = {"depth": given.earlier.shape[-1] + 1, "longest": given.longest}
    return (*names, "occupancy", "pairs", "overlaps"), numbers


def sample_delayed(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_delayed`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n, (names, numbers) = given.biases.shape[1], _delayed(given)
    depth, leaves = numbers["depth"], 1 << (n - 1).bit_length()
    doubles = n * (4 + depth) + 8 * n * depth + 2 * leaves + _DELAYED_CARRIED
    events = 2 * n * (1 + float(np.max(given.fan, initial=0))) * given.duration / given.tau_ref

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        room = gpu.zeros((p["trains"], doubles), np.float64)
        p = p | numbers | {"leaves": leaves, "doubles": doubles, "room": room}
        for stretch in _stretches(gpu, p, events, blocks := blocks_of(p["trains"])):
            gpu.launch("delayed", "sample_delayed", stretch, blocks)

    _sample(given, (*names, "rests"), {}, 8.0 * doubles * given.ages.shape[1], launch)


def sample_delayed_steps(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_delayed_steps`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n, (names, numbers) = given.biases.shape[1], _delayed(given)
    doubles = n * (5 + numbers["depth"] + given.longest + 1)
    numbers |= {"length": given.psp.size, "refractory": given.refractory, "doubles": doubles}

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        p = p | numbers | {"log_tau_ref": given.log_tau_ref, "kept": gpu.zeros(p["trains"], np.int64)}
        p |= {"room": gpu.zeros((p["trains"], doubles), np.float64)}
        at_once = max(1, int(given.duration) // launches(given.duration * n, blocks := blocks_of(p["trains"])))
        for begin in range(0, int(given.duration), at_once):
            p |= {"begin": begin, "stop": min(begin + at_once, int(given.duration))}
            gpu.launch("delayed", "sample_delayed_steps", p, blocks)
            gpu.wait()

    _sample(given, (*names, "ties"), {"psp": given.psp}, 8.0 * doubles * given.ages.shape[1], launch)
