"""Microcircuits on a GPU: a warp each where they have at most 32 cells, else a block that shares out its lanes."""

import numpy as np

from ..structs import Patterns
from .launch import LANES, MOST_SHARED, Arrays, bytes_of, chunks, current, lanes_of, launches, made_for, workplace

__all__ = ["fits_warp", "run_patterns"]

_AHEAD, _CELLS_AHEAD = 16, 32  # steps of random words kept: AHEAD in microcircuit.cu, in cells.cuh
_MOST_STEPS = 1 << 30  # of a pattern in cells.cuh
_LEARNING_CELLS = 26  # of circuits whose interneurons learn, in shared memory


def _cells_room(cells: int, downs: int, planes: int) -> int:
    """Doubles of shared memory that a circuit takes in cells.cu."""
    blocks = (cells + 3) // 4
    return 16 + downs + 2 * (_CELLS_AHEAD * (6 * blocks + 2 + planes * cells) + 4 * blocks + 80)


def fits_warp(cells: int, window: int, steps: int, downs: int, laterals: bool) -> bool:
    """Whether a circuit can have a lane for each cell: with running means and patterns of so many steps, so many
    feedback synapses, and interneurons that learn or not.
    """
    fits = 8 * _cells_room(cells, downs, 2 + laterals) <= MOST_SHARED
    return cells <= LANES and fits and window >= 2 * _CELLS_AHEAD and steps < _MOST_STEPS


def _cells(given: Patterns) -> tuple[str, ...]:
    """Constants that cells.cu is compiled for, () for circuits that do not fit a warp."""
    downs, laterals = given.down.shape[1], given.predict.shape[1] > 0
    if not fits_warp(given.last.shape[1], given.window, given.steps, downs, laterals):
        return ()
    known = {
        "CELLS": given.last.shape[1], "WINDOW": given.window, "TAU_REF": given.tau_ref,
        "BELOW": np.max(given.sizes[:-1]), "ABOVE": np.max(given.sizes[2:]), "APART": int(given.predict.shape[1] > 0),
    }  # fmt: skip
    return tuple(f"{name}={value}" for name, value in known.items())


def run_patterns(members: int, threads: int, given: Patterns) -> None:
    """As `kernels.cpu.run_patterns`; `threads` is not used.

    Raises RuntimeError where there is no GPU, saying what is missing, and for interneurons with weights of their own in
    circuits of more than 26 cells.
    """
    gpu, cells = current(), _cells(given)
    total, neurons, patterns = int(given.first[-1]), given.last.shape[1], given.inputs.shape[1]
    record, laterals = given.spikes.shape[1] > 0, given.predict.shape[1]
    if laterals and not cells:
        allowed = f"at most {_LEARNING_CELLS} cells and means over at least {2 * _CELLS_AHEAD} steps"
        raise RuntimeError(f"interneurons that learn need, on a GPU, {allowed}: use device='cpu'")
    own = (
        "modes", "up", "down", "predict", "cancel", "inputs", "targets", "seeds", "runs", "draws", "last", "u",
        "outputs", "spikes", "potentials",
    )  # fmt: skip
    each = {name: getattr(given, name) for name in own}
    shared = {name: getattr(given, name) for name in ("sizes", "first", "rates", "kernel", "own")}
    ups, downs, blocks = given.up.shape[1], given.down.shape[1], (neurons + 3) // 4
    planes, width = 3 if laterals else 2, neurons if cells else total
    doubles = 8 * total + 6 * neurons + 2 * _AHEAD * blocks + ups + downs
    if cells:
        doubles = _cells_room(neurons, downs, planes)
    numbers = given._asdict() | {
        "layers": len(given.sizes), "neurons": neurons, "ups": ups, "downs": downs, "laterals": laterals,
        "patterns": patterns, "reach": given.kernel.size, "record": int(record),
    }  # fmt: skip
    lanes = 2 * LANES if cells else lanes_of(int(np.max(given.sizes[1:])))
    module, kernel = ("cells", "run_cells") if cells else ("microcircuit", "run_patterns")
    for chunk in chunks(len(given.last), bytes_of(*each.values()) + 8.0 * (doubles + planes * given.window * width)):
        size = chunk.stop - chunk.start
        at_once = max(1, patterns // launches(patterns * given.steps, size))
        arrays = Arrays(gpu, chunk, each, shared)
        place, used = ({}, 8 * doubles) if cells else workplace(gpu, size, doubles)
        launched = (
            numbers | arrays.device | place | {"rings": gpu.zeros((size, planes, given.window, width), np.float64)}
        )
        for begin in range(0, patterns, at_once):
            launched |= {"begin": begin, "stop": min(begin + at_once, patterns)}
            gpu.launch(module, kernel, launched, size, lanes, used, cells or made_for(1, used, lanes))
            gpu.wait()
        changed = ("up", "down", "predict", "cancel", "draws", "last", "u", "outputs")
        arrays.back(*changed, *(("spikes", "potentials") if record else ()))
