"""Bounds of hazards, under which candidates for a spike are drawn: cheaper by far than the hazards themselves.

    C(U) = 2^k (1 + U 2⁻ˢ − k) ≥ H(U),     k = ⌊U 2⁻ˢ⌋

with U and H of `kernels.cpu.potentials`: the chord of the power of two, at most 1.0615 and in the mean 1.04 of it. As a
32-bit float it is U itself, shifted and moved. Where H exceeds C, at whole k, it does so by its rounding, 2⁻²².

Neuron i stands in block ⌊i/256⌋, row ⌊i/16⌋ mod `ROWS` of it, and group i mod 16. Bounds of a group's neurons are
summed in the order of rows, in 32-bit floats (within 2⁻²⁰ of the true sum), all else in 64-bit floats: the groups of a
block in pairs, pairs of pairs, and so on; the blocks of a span, `SPAN` of them, and the spans, in their order. Sums of
groups up to each are kept, so that a place under the bounds is found without adding all again. All are functions of
the potentials alone.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ._jit import jit
from .potentials import WIDTH, Rows, chord, data_of

__all__ = ["ROWS", "SPAN", "block_at", "group_at", "keep", "place", "running", "switch_off", "switch_on", "workplace"]

ROWS = 16
SPAN = 16  # blocks


@jit
def workplace(width, rows):
    """Potentials 0 and room for bounds in blocks of so many rows: sums of groups (blocks, 16), areas of blocks, and of
    spans. Each begins on a cache line, which no vector then crosses.
    """
    blocks = (width + rows * WIDTH - 1) // (rows * WIDTH)
    doubles = np.zeros(width // 2 + (WIDTH + 1) * blocks + (blocks + SPAN - 1) // SPAN + WIDTH // 2)
    begin = -(doubles.ctypes.data >> 3) & (WIDTH // 2 - 1)
    end = begin + width // 2 + WIDTH * blocks
    groups = doubles[begin + width // 2 : end].reshape(blocks, WIDTH)
    spans = doubles[end + blocks : end + blocks + (blocks + SPAN - 1) // SPAN]
    return doubles[begin : begin + width // 2].view(np.int32), groups, doubles[end : end + blocks], spans


def running(builder: Any, bound: Any) -> Any:
    """Sums of 16 floats up to each, as 64-bit floats: of neighbours, then of those two places before, four, eight."""
    real = ir.VectorType(ir.DoubleType(), WIDTH)
    zeros = ir.Constant(real, [0.0] * WIDTH)
    total = builder.fpext(bound, real)
    for step in (1, 2, 4, 8):
        chosen = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [*range(WIDTH - step, 2 * WIDTH - step)])
        total = builder.fadd(total, builder.shuffle_vector(zeros, total, chosen))
    return total


def keep(builder: Any, total: Any, groups: Any, block: Any) -> Any:
    """Store the sums of a block's groups; returns that of all."""
    at = builder.gep(groups, [builder.mul(block, ir.Constant(block.type, WIDTH))])
    builder.store(total, builder.bitcast(at, total.type.as_pointer()), align=8)
    return builder.extract_element(total, ir.Constant(ir.IntType(32), WIDTH - 1))


def _switch(operation: str) -> Any:
    """(potential, columns, j, shift, groups, areas, spans): U ± columns[j], and the bounds that follow; returns Λ̄."""

    @intrinsic
    def run(typing: Any, potential: Any, columns: Any, j: Any, shift: Any, groups: Any, areas: Any, spans: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            own, other, kept, area, span = (data_of(context, builder, signature, arguments, k) for k in (0, 1, 4, 5, 6))
            size = context.make_array(signature.args[0])(context, builder, arguments[0]).nitems
            other = builder.gep(other, [builder.mul(arguments[2], size)])
            rows = Rows(builder, builder.trunc(arguments[3], ir.IntType(32)))
            number = builder.udiv(size, ir.Constant(size.type, WIDTH))
            full, one = ir.Constant(size.type, ROWS), ir.Constant(size.type, 1)
            blocks = builder.udiv(builder.add(number, ir.Constant(size.type, ROWS - 1)), full)
            column = cgutils.alloca_once(builder, rows.real)
            so_far = cgutils.alloca_once_value(builder, ir.Constant(ir.DoubleType(), 0.0))
            with cgutils.for_range(builder, blocks) as block:
                builder.store(rows.constant(0.0), column)
                begin = builder.mul(block.index, full)
                end = builder.add(begin, full)
                end = builder.select(builder.icmp_unsigned("<", end, number), end, number)
                with cgutils.for_range(builder, end, start=begin) as row:
                    u = getattr(builder, operation)(rows.load(own, row.index), rows.load(other, row.index))
                    rows.store(u, own, row.index)
                    builder.store(builder.fadd(builder.load(column), rows.chord(u)), column)
                here = keep(builder, running(builder, builder.load(column)), kept, block.index)
                builder.store(here, builder.gep(area, [block.index]))
                first = builder.and_(block.index, ir.Constant(size.type, SPAN - 1))
                new = builder.icmp_unsigned("==", first, ir.Constant(size.type, 0))
                here = builder.select(new, here, builder.fadd(builder.load(so_far), here))
                builder.store(here, so_far)
                builder.store(here, builder.gep(span, [builder.udiv(block.index, ir.Constant(size.type, SPAN))]))
            every = cgutils.alloca_once_value(builder, builder.load(span))
            last = builder.udiv(builder.add(blocks, ir.Constant(size.type, SPAN - 1)), ir.Constant(size.type, SPAN))
            with cgutils.for_range(builder, last, start=one) as k:
                builder.store(builder.fadd(builder.load(every), builder.load(builder.gep(span, [k.index]))), every)
            return builder.load(every)

        return types.float64(potential, columns, types.int64, types.int64, groups, areas, spans), generate

    return run


switch_on, switch_off = _switch("add"), _switch("sub")


@intrinsic
def group_at(typing: Any, groups: Any, block: Any, y: Any) -> Any:
    """(groups, block, y): how many of the first 15 sums of a block's groups are at most y."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        real = ir.VectorType(ir.DoubleType(), WIDTH)
        at = builder.mul(arguments[1], ir.Constant(arguments[1].type, WIDTH))
        at = builder.gep(data_of(context, builder, signature, arguments, 0), [at])
        kept = builder.load(builder.bitcast(at, real.as_pointer()), align=8)
        nothing = ir.Constant(real, ir.Undefined)
        found = builder.insert_element(nothing, arguments[2], ir.Constant(ir.IntType(32), 0))
        found = builder.shuffle_vector(found, nothing, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))
        below = builder.bitcast(builder.fcmp_ordered("<=", kept, found), ir.IntType(WIDTH))
        below = builder.and_(below, ir.Constant(ir.IntType(WIDTH), (1 << (WIDTH - 1)) - 1))
        return builder.zext(builder.ctpop(below), ir.IntType(64))

    return types.int64(groups, types.int64, types.float64), generate


@jit
def block_at(areas, spans, x):
    """The block in whose area x in [0, Λ̄) lies, and what is left of x in it."""
    span, last = 0, spans.size - 1
    while span < last and spans[span] <= x:
        x -= spans[span]
        span += 1
    block, last = span * SPAN, min(span * SPAN + SPAN, areas.size) - 1
    while block < last and areas[block] <= x:
        x -= areas[block]
        block += 1
    return block, x


@jit
def place(potential, shift, groups, areas, spans, x):
    """The neuron under whose bound x in [0, Λ̄) lies, and how high above 0."""
    block, x = block_at(areas, spans, x)
    group = group_at(groups, block, x)
    if group > 0:
        x -= groups[block, group - 1]
    i = block * ROWS * WIDTH + group
    end = min(i + ROWS * WIDTH, potential.size) - WIDTH
    below, above = np.float32(0.0), chord(potential[i], shift)
    while i < end and above <= x:
        i += WIDTH
        below = above
        above += chord(potential[i], shift)
    return i, x - below
