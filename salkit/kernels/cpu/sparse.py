"""Sparse weights as compressed columns of integers: an event costs as much as its neuron has synapses.

    synapses of j:  m = pointers[j] … pointers[j + 1] − 1,  onto neuron links[m, 0],  C = links[m, 1]

with C and the scale s as in `kernels.cpu.potentials`: magnitudes are summed over the synapses of a neuron in the order
of the columns, as over a row of a matrix whose other numbers are 0, so that the integers of both are the same.

Candidates for a spike (`kernels.cpu.wide`) are drawn under bounds that seldom change: all neurons of a group have that
of its highest potential, M = C(max U_i) ≥ H(U_i), with C of `kernels.cpu.bounds`. Groups, blocks and spans are as
there, with `ROWS` rows a block; the area of a block is rows · Σ M. An event renews the blocks in which a group's
highest potential is another than before.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._jit import entry, jit
from .bounds import SPAN, block_at, group_at, keep, running
from .potentials import OFF, WIDTH, Rows, data_of, largest_scale, rounded

__all__ = [
    "ROWS", "area_of", "begin_sparse", "move", "move_all", "no_synapses", "place_sparse", "quantise_sparse",
    "request", "switch_sparse",
]  # fmt: skip

ROWS = 8
_BLOCK = ROWS * WIDTH


@jit
def no_synapses():
    """What stands for the synapses, pointers and links, where weights are a matrix."""
    return np.empty(0, np.int64), np.empty((0, 2), np.int32)


@entry
def quantise_sparse(pointers, targets, weights, biases, log_tau_ref, links, row):
    """Fill links, shape (synapses, 2), from targets and weights (synapses,), and row, shape (padded N,), with B and
    `OFF` beyond N. Returns s.
    """
    n = biases.size
    sums = np.zeros((n, 4))
    for j in range(n):
        lane = j % 4 if j < n // 4 * 4 else 0
        for m in range(pointers[j], pointers[j + 1]):
            sums[targets[m], lane] += abs(weights[m])
    largest = 0.0
    for i in range(n):
        row_sum = (sums[i, 0] + sums[i, 1]) + (sums[i, 2] + sums[i, 3])
        largest = max(largest, abs(biases[i] - log_tau_ref) + row_sum)
    shift = largest_scale(largest, n)
    for m in range(weights.size):
        links[m, 0], links[m, 1] = targets[m], rounded(weights[m], shift)
    row[:] = OFF
    for i in range(n):
        row[i] = rounded(biases[i] - log_tau_ref, shift)
    return shift


@intrinsic
def _ask(typing: Any, links: Any, m: Any) -> Any:
    """(links, m): ask for the memory of link m, which is read soon."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        at = builder.mul(arguments[1], ir.Constant(arguments[1].type, 2))
        at = builder.bitcast(builder.gep(data_of(context, builder, signature, arguments, 0), [at]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        call = builder.module.declare_intrinsic("llvm.prefetch", (byte,), kind)
        builder.call(call, [at, *(ir.Constant(word, k) for k in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(links, types.int64), generate


@jit
def request(j, synapses):
    """Ask for the links of j: a core waits for memory once, not for every part of a column."""
    pointers, links = synapses
    for m in range(pointers[j], pointers[j + 1], 8):  # 64 bytes
        _ask(links, m)


@jit
def move(sign, j, synapses, potential):
    """U ± C_·j."""
    pointers, links = synapses
    for m in range(np.uint64(pointers[j]), np.uint64(pointers[j + 1])):
        potential[np.uint64(links[m, np.uint64(0)])] += sign * links[m, np.uint64(1)]


@jit
def move_all(sign, neurons, number, synapses, potential):
    """U ± C_·j for the first `number` of the neurons."""
    for m in range(number):
        if m + 1 < number:
            request(neurons[m + 1], synapses)
        move(sign, neurons[m], synapses, potential)


@jit
def _highest(potential, first):
    """The highest potential of a group, whose first neuron is `first`."""
    top = potential[first]
    for k in range(first + WIDTH, min(first + _BLOCK, potential.size), WIDTH):
        top = max(top, potential[k])
    return top


@intrinsic
def _bound(typing: Any, highest: Any, block: Any, shift: Any, groups: Any) -> Any:
    """(highest, block, shift, groups): sums of the bounds of a block's groups; returns that of all.

    highest: potentials, of each group, 16 a block.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        own, kept = (data_of(context, builder, signature, arguments, k) for k in (0, 3))
        rows = Rows(builder, builder.trunc(arguments[2], ir.IntType(32)))
        return keep(builder, running(builder, rows.chord(rows.load(own, arguments[1]))), kept, arguments[1])

    return types.float64(highest, types.int64, types.int64, groups), generate


@jit
def begin_sparse(potential, shift, groups, areas, spans, sparse):
    """Set all bounds. Returns the highest potentials of groups, marks of blocks, all off, and room for their numbers,
    as `switch_sparse` takes them; no room unless `sparse`.
    """
    blocks = areas.size if sparse else 0
    highest, numbers = np.empty(blocks * WIDTH, np.int32), np.empty(blocks, np.int64)
    marked = np.zeros(blocks, np.bool_)
    for block in range(blocks):
        for group in range(WIDTH):
            highest[block * WIDTH + group] = _highest(potential, block * _BLOCK + group)
        numbers[block] = block
    if sparse:
        _renew(potential.size // WIDTH, shift, highest, marked, numbers, blocks, groups, areas, spans)
    return highest, marked, numbers


@jit
def _renew(rows, shift, highest, marked, numbers, number, groups, areas, spans):
    """The bounds of the blocks that are marked, of which there is a `number`, and of their spans; clears the marks."""
    for m in range(number):
        block = numbers[m]
        marked[block] = False
        areas[block] = _bound(highest, block, shift, groups) * np.float64(min(ROWS, rows - block * ROWS))
    for m in range(number):
        spans[numbers[m] // SPAN] = -1.0
    for span in range(spans.size):
        if spans[span] < 0.0:
            area = areas[span * SPAN]
            for block in range(span * SPAN + 1, min(span * SPAN + SPAN, areas.size)):
                area += areas[block]
            spans[span] = area


@jit
def switch_sparse(sign, j, synapses, potential, shift, marks, groups, areas, spans):
    """U ± C_·j, and ± `OFF` for j itself; renews the bounds, and returns Λ̄."""
    pointers, links = synapses
    highest, marked, numbers = marks
    request(j, synapses)
    number, begin, end = 0, pointers[j], pointers[j + 1]
    for m in range(begin, end + 1):
        k, change = np.int64(j), np.int64(sign * OFF)
        if m < end:
            k, change = np.int64(links[m, 0]), np.int64(sign * links[m, 1])
        before = np.int64(potential[k])
        after = before + change
        potential[k] = after
        block = k // _BLOCK
        group = block * WIDTH + k % WIDTH
        top = np.int64(highest[group])
        if after <= top:
            if before < top:
                continue
            after = np.int64(_highest(potential, block * _BLOCK + k % WIDTH))
            if after == top:
                continue
        highest[group] = after
        if not marked[block]:
            marked[block] = True
            numbers[number] = block
            number += 1
    _renew(potential.size // WIDTH, shift, highest, marked, numbers, number, groups, areas, spans)
    return area_of(spans)


@jit
def area_of(spans):
    """Λ̄, from the areas of the spans in their order."""
    total = spans[0]
    for k in range(1, spans.size):
        total += spans[k]
    return total


@jit
def place_sparse(rows, groups, areas, spans, x):
    """The neuron under whose bound x in [0, Λ̄) lies, and how high above 0; rows: of all blocks together."""
    block, x = block_at(areas, spans, x)
    width, row = groups[block, WIDTH - 1], 0
    if width > 0.0:
        row = min(np.int64(x / width), min(rows - block * ROWS, ROWS) - 1)
    x -= row * width
    group = group_at(groups, block, x)
    if group > 0:
        x -= groups[block, group - 1]
    return (block * ROWS + row) * WIDTH + group, x
