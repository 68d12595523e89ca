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
from ..structs import Patterns, Sampling, Training
from .launch import (
    LANES,
    MOST_LANES,
    OPTIONS,
    SOURCES,
    Arrays,
    Device,
    blocks_of,
    bytes_of,
    chunks,
    current,
    signatures,
    source,
    use,
    workplace,
)  # fmt: skip

__all__ = [
    "OPTIONS", "SOURCES", "Device", "run_patterns", "sample_continuous", "sample_delayed", "sample_delayed_steps",
    "sample_discrete", "sample_varied",
    "signatures", "source", "train_continuous", "train_discrete", "use",
]  # fmt: skip

_SMALL = 16  # SMALL in continuous.cuh: neurons of a network that one lane runs
_VARIED_ROOM = 7  # doubles a neuron, VARIED_ROOM in continuous.cuh
_CARRIED = 8  # doubles a train, CARRIED in small.cuh
_DELAYED_CARRIED = 9  # doubles a train, CUT_ROOM in delayed.cu
_AHEAD = 16  # steps of random words kept, AHEAD in microcircuit.cu
_EVENTS = 1 << 19  # of a lane in one launch, each about a microsecond or less
_RESIDENT = 1024  # blocks that a GPU runs at once
_CHANGED = ("ages", "draws", "rests", "counts", "occupancy", "pairs", "overlaps", "ties")


def _launches(events: float, blocks: int, n: int = 0) -> int:
    """In how many launches to run so many events a lane, each of them passing over n neurons that share out lanes."""
    return max(1, int(np.ceil(events * (1 + n // 256) * (1 + blocks // _RESIDENT) / _EVENTS)))


def _made_for(n: int, used: int, lanes: int = LANES) -> tuple[str, ...]:
    """Constants that a source is compiled for: neurons of a small network; whether in shared memory, in one warp."""
    return f"NEURONS={n if n <= _SMALL else 1}", f"IN_SHARED={int(used > 0)}", f"ONE_WARP={int(lanes == LANES)}"


def _lanes(n: int) -> int:
    """Lanes of a block that shares out n neurons."""
    return min(LANES * blocks_of(max(n, 1)), MOST_LANES)


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


def _padded(n: int) -> int:
    return blocks_of(n, WIDTH) * WIDTH


def _quantised(
    gpu: Any, p: dict[str, Any], members: int, n: int, log_tau_ref: float, diagonal: int
) -> dict[str, Any]:  # fmt: skip
    """Weights and biases as integers on the device: the parameters columns and scales."""
    made = {
        "magnitudes": gpu.zeros((members, n), np.float64), "scales": gpu.zeros(members, np.int64),
        "columns": gpu.zeros((members, n + 1, _padded(n)), np.int32),
    }  # fmt: skip
    given = p | made | {"members": members, "log_tau_ref": log_tau_ref, "diagonal": diagonal}
    gpu.launch("sampling", "magnitudes_of", given, blocks_of(members * n), constants=_made_for(n, 0))
    gpu.launch("sampling", "quantise", given, blocks_of(members * (n + 1)), constants=_made_for(n, 0))
    return made


def _stretches(gpu: Any, p: dict[str, Any], events: float, blocks: int, n: int = 0) -> Iterator[dict[str, Any]]:
    """One launch after another of a run in continuous time; `until` is where each stops, infinite in the last."""
    number = _launches(events, blocks, n)
    for k in range(number):
        yield p | {"until": np.inf if k == number - 1 else p["duration"] * (k + 1) / number, "resumed": int(k > 0)}
        gpu.wait()


def sample_continuous(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_continuous`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    width, small = _padded(n), n <= TABLE_NEURONS
    rows, carried = 1 << n if small else 0, _CARRIED + (n if small else 2 * n)
    groups = blocks_of(width, ROWS * WIDTH)
    doubles = width // 2 + 2 * n + 1 + (WIDTH + 1) * groups + blocks_of(groups, SPAN)
    events = 2 * n * given.duration / given.tau_ref

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        p |= {"carry": gpu.zeros((p["trains"], carried), np.float64)}
        if small:
            p |= {"members": members, "rows": rows, "kind": 0, "table": gpu.zeros((members, rows, n + 1), np.float64)}
            gpu.launch("sampling", "tabulate", p, blocks_of(members * rows), constants=_made_for(n, 0))
            for stretch in _stretches(gpu, p, events, blocks := blocks_of(p["trains"])):
                gpu.launch("sampling", "sample_continuous", stretch, blocks, constants=_made_for(n, 0))
            return
        p |= _quantised(gpu, p, members, n, log(given.tau_ref), OFF)
        place, used = workplace(gpu, p["trains"], doubles)
        for stretch in _stretches(gpu, p | place, events, p["trains"], n):
            constants = _made_for(n, used, _lanes(n))
            gpu.launch("sampling", "sample_continuous_wide", stretch, p["trains"], _lanes(n), used, constants)

    names = ("weights", "biases", "seeds", "runs", *_CHANGED[:-1])
    work = 8.0 * rows * (n + 1) if small else 4.0 * (n + 1) * width + 8.0 * n
    _sample(given, names, {}, work + 8.0 * (doubles + carried) * given.ages.shape[1], launch)


def sample_varied(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_varied`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    rows, doubles = 1 << n if n <= TABLE_NEURONS else 0, n * _VARIED_ROOM + _CARRIED
    events = 4 * n * given.duration / float(np.min(given.refractory))

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        table = gpu.zeros((members, max(rows, 1), n), np.float64)
        room = gpu.zeros((p["trains"], doubles), np.float64)
        p = p | {"members": members, "rows": rows, "kind": 1, "table": table, "room": room}
        gpu.launch("sampling", "tabulate", p, blocks_of(members * rows), constants=_made_for(n, 0))
        for stretch in _stretches(gpu, p, events, blocks := blocks_of(p["trains"])):
            gpu.launch("sampling", "sample_varied", stretch, blocks, constants=_made_for(n, 0))

    names = ("weights", "biases", "refractory", "length", "seeds", "runs", *_CHANGED[:-1])
    _sample(given, names, {}, 8.0 * rows * n + 8.0 * doubles * given.ages.shape[1], launch)


def sample_discrete(trains: int, threads: int, given: Sampling) -> None:
    """As `kernels.cpu.sample_discrete`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    n = given.biases.shape[1]
    small, rectangular = n <= _SMALL, bool(np.all(given.psp == 1.0))
    rows, whole = 1 << n if n <= TABLE_NEURONS and rectangular else 0, rectangular and n > TABLE_NEURONS
    lanes = LANES if small else _lanes(n)
    doubles = 5 * n + lanes
    steps = {"length": given.psp.size, "log_tau_ref": given.log_tau_ref, "refractory": given.refractory}
    integers = 4.0 * (n + 1) * _padded(n) + 8.0 * n if whole else 0.0

    def launch(gpu: Any, members: int, p: dict[str, Any]) -> None:
        p = p | steps | {"whole": int(whole), "members": members, "kept": gpu.zeros(p["trains"], np.int64)}
        if whole:
            p |= _quantised(gpu, p, members, n, given.log_tau_ref, 0)
        else:
            p |= {"columns": gpu.zeros(1, np.int32), "scales": gpu.zeros(1, np.int64)}
        blocks, used = blocks_of(p["trains"]) if small else p["trains"], 0
        if small:
            p |= {"rows": rows, "table": gpu.zeros((members, max(rows, 1), n), np.uint64)}
            gpu.launch("sampling", "tabulate_thresholds", p, blocks_of(members * rows), constants=_made_for(n, 0))
        else:
            place, used = workplace(gpu, blocks, doubles)
            p |= {"transposed": p["weights"], **place}
        kernel, constants = "sample_discrete" if small else "sample_discrete_wide", _made_for(n, used, lanes)
        at_once = max(1, int(given.duration) // _launches(given.duration, blocks, 0 if small else n))
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
        at_once = max(1, int(given.duration) // _launches(given.duration * n, blocks := blocks_of(p["trains"])))
        for begin in range(0, int(given.duration), at_once):
            p |= {"begin": begin, "stop": min(begin + at_once, int(given.duration))}
            gpu.launch("delayed", "sample_delayed_steps", p, blocks)
            gpu.wait()

    _sample(given, (*names, "ties"), {"psp": given.psp}, 8.0 * doubles * given.ages.shape[1], launch)


def _training_room(n: int, replicas: int, kind: str, rectangular_sal: int) -> int:
    """Doubles that a member is trained in: `room_of` in wakesleep.cu."""
    table = (n + 1) << n if n <= TABLE_NEURONS else (n + 1) * _padded(n) // 2
    more = {"continuous": 0, "varied": _VARIED_ROOM * n, "discrete": n * n}[kind]
    return table + 3 * n * n + 3 * n + 1 + replicas * (n * n + n + more + rectangular_sal * n * n)


def _train(
    kernel: str, kind: str, given: Training, names: tuple[str, ...], shared: dict[str, np.ndarray],
    numbers: dict[str, Any],
) -> None:  # fmt: skip
    """Train chunk by chunk, with the arrays of these names, in launches of some cycles."""
    gpu, each = current(), {name: getattr(given, name) for name in names}
    replicas, n = given.ages.shape[1:]
    doubles, lanes = _training_room(n, replicas, kind, given.rectangular_sal), _lanes(replicas)
    time = blocks_of(replicas, lanes) * given.duration + given.patterns * (given.settle + given.shown)
    events = time if kind == "discrete" else 4 * n * time / given.tau_ref
    for chunk in chunks(len(given.ages), bytes_of(*each.values()) + 8.0 * doubles):
        members = chunk.stop - chunk.start
        at_once = max(1, given.cycles // _launches(given.cycles * events, members))
        arrays = Arrays(gpu, chunk, each, shared)
        place, used = workplace(gpu, members, doubles)
        launched = given._asdict() | numbers | arrays.device | place | {"replicas": replicas, "n": n}
        for first in range(0, given.cycles, at_once):
            launched["cycles"] = min(at_once, given.cycles - first)
            gpu.launch("wakesleep", kernel, launched, members, lanes, used, _made_for(n, used, lanes))
            gpu.wait()
        arrays.back(*(name for name in _TRAINED if name in each))


_TRAINED = (
    "weights", "biases", "wake_pairs", "wake_rates", "ages", "draws", "rests", "wake_ages", "wake_draws", "wake_rests",
    "pattern_draws", "rounding_draws",
)  # fmt: skip
_MEMBER = (
    "gain", "height", "offset", "plastic", "wake_factor", "sleep_factor", "rates", "least", "most", "spacing", "seeds",
    "runs", "cumulative",
)  # fmt: skip


def train_continuous(members: int, threads: int, given: Training) -> None:
    """As `kernels.cpu.train_continuous`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    varied = given.refractory.shape[1] > 0
    names = (*_TRAINED, *_MEMBER, "refractory", "length")
    _train("train_continuous", "varied" if varied else "continuous", given, names, {}, {"varied": int(varied)})


def train_discrete(members: int, threads: int, given: Training) -> None:
    """As `kernels.cpu.train_discrete`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    steps = {"length": given.psp.size, "log_tau_ref": given.log_tau_ref, "refractory": given.refractory}
    names = tuple(name for name in (*_TRAINED, *_MEMBER) if not name.endswith("rests"))
    _train("train_discrete", "discrete", given, names, {"psp": given.psp}, steps)


def run_patterns(members: int, threads: int, given: Patterns) -> None:
    """As `kernels.cpu.run_patterns`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing.
    """
    gpu = current()
    total, neurons, patterns = int(given.first[-1]), given.last.shape[1], given.inputs.shape[1]
    record = given.spikes.shape[1] > 0
    own = (
        "modes", "up", "down", "inputs", "targets", "seeds", "runs", "draws", "last", "u", "outputs", "spikes",
        "potentials",
    )  # fmt: skip
    each = {name: getattr(given, name) for name in own}
    shared = {name: getattr(given, name) for name in ("sizes", "first", "rates", "kernel")}
    doubles = 8 * total + 6 * neurons + 2 * _AHEAD * ((neurons + 3) // 4) + given.up.shape[1] + given.down.shape[1]
    numbers = given._asdict() | {
        "layers": len(given.sizes), "neurons": neurons, "ups": given.up.shape[1], "downs": given.down.shape[1],
        "patterns": patterns, "reach": given.kernel.size, "record": int(record),
    }  # fmt: skip
    lanes = _lanes(int(np.max(given.sizes[1:])))
    for chunk in chunks(len(given.last), bytes_of(*each.values()) + 8.0 * doubles + 16.0 * given.window * total):
        size = chunk.stop - chunk.start
        at_once = max(1, patterns // _launches(patterns * given.steps, size))
        arrays = Arrays(gpu, chunk, each, shared)
        place, used = workplace(gpu, size, doubles)
        launched = numbers | arrays.device | place | {"rings": gpu.zeros((size, 2 * given.window * total), np.float64)}
        for begin in range(0, patterns, at_once):
            launched |= {"begin": begin, "stop": min(begin + at_once, patterns)}
            gpu.launch("microcircuit", "run_patterns", launched, size, lanes, used, _made_for(1, used, lanes))
            gpu.wait()
        arrays.back("up", "down", "draws", "last", "u", "outputs", *(("spikes", "potentials") if record else ()))
