"""Membrane potentials as integers: the same for every order of the events that led to them, and free of drift.

    x_i = u_i − ln tau_ref = 2⁻ˢ ln 2 · U_i,     U_i = B_i + Σ_j C_ij z_j

with B and C the biases b − ln tau_ref and the weights, times 2ˢ / ln 2, to the nearest integer. s is the largest number
up to `FINEST` for which no potential leaves ±`RANGE`; each weight and bias is then within 2⁻ˢ⁻¹ ln 2 of its float: with
Σ_j |W_ij| + |b_i − ln tau_ref| up to 88 within 8.3e-8, as close as a 32-bit float is to 1; with 500, the largest that
networks take, within 6.7e-7 < 2⁻²⁰. A neuron that must not spike has `OFF` added, and so lies below every potential.

    H(U) = eˣ = 2^k · P(m − 1.5),     k = ⌊U 2⁻ˢ⌋,   m = 1 + U 2⁻ˢ − k in [1, 2)

in 32-bit floats, P a polynomial near 2^(d + ½): within 2⁻²² of eˣ (7e-8 of P, the rest rounding). Below k = −126 it is
0, above k = 126 it stays there: hazards beyond e^±87 are never and at once. `switch_on`, `switch_off` and `candidates`
run over all neurons, `WIDTH` at a time; they are written in the compiler's own vector types, since it does not reorder
sums of floats by itself, and come out the same on every machine.

Sums of hazards: `LANES` lanes, lane l over the neurons k = l mod `LANES`, stretch by stretch of `STRIDE` vectors. In a
stretch the two halves of the vectors are summed apart, in 32-bit floats (within 2⁻²⁰ of the true sum); then all goes on
in 64-bit floats. What a lane has added up to is kept after every stretch, so that a neuron is found without adding it
all again.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ._jit import entry, jit

__all__ = [
    "FINEST", "LANES", "OFF", "POLYNOMIAL", "RANGE", "STRIDE", "WIDTH", "candidates", "columns_of", "padded",
    "quantise", "quantise_members", "switch_off", "switch_on",
]  # fmt: skip

WIDTH = 16  # 32-bit numbers in a vector
LANES = 8  # 64-bit partial sums
STRIDE = 16  # vectors between two kept sums
FINEST = 22
RANGE = 1 << 29
OFF = -(1 << 30)
# of 2^(d + ½) for |d| ≤ ½, from the constant upwards; rounded to 32-bit floats
POLYNOMIAL = (
    1.4142136573791504, 0.9802578091621399, 0.3397240936756134, 0.07849935442209244, 0.013683166354894638,
    0.0018762329127639532,
)  # fmt: skip
_LOG2_E = 1.4426950408889634
_TILE = 64


@jit
def padded(n):
    """n rounded up to whole vectors."""
    return (n + WIDTH - 1) // WIDTH * WIDTH


@jit
def columns_of(n):
    """Room for what `quantise` fills; none for n = 0."""
    return np.empty((n + 1 if n > 0 else 0, padded(n)), np.int32)


@jit
def _scale(weights, biases, log_tau_ref):
    """s: how many bits the potentials have after the point."""
    n = biases.size
    largest = 0.0
    for i in range(n):
        a = b = c = d = 0.0
        for j in range(0, n - 3, 4):
            a += abs(weights[i, j])
            b += abs(weights[i, j + 1])
            c += abs(weights[i, j + 2])
            d += abs(weights[i, j + 3])
        for j in range(n // 4 * 4, n):
            a += abs(weights[i, j])
        largest = max(largest, abs(biases[i] - log_tau_ref) + ((a + b) + (c + d)))
    shift, most = FINEST, (RANGE - n - 1) / (_LOG2_E * (1 << FINEST))  # each of n + 1 terms is rounded
    while largest > most and shift > 0:
        shift -= 1
        most *= 2.0
    return shift


@jit
def quantise(weights, biases, log_tau_ref, diagonal, columns):
    """Fill columns, shape (N + 1, padded N): row j with C_·j and `diagonal` at j, row N with B. Returns s.

    What stands beyond N is 0, and `OFF` in the last row.
    """
    n, width = biases.size, columns.shape[1]
    shift = _scale(weights, biases, log_tau_ref)
    unit = _LOG2_E * np.float64(1 << shift)
    for top in range(0, n, _TILE):
        for left in range(0, n, _TILE):
            for j in range(left, min(left + _TILE, n)):
                for i in range(top, min(top + _TILE, n)):
                    columns[j, i] = np.int32(np.floor(weights[i, j] * unit + 0.5))
    for j in range(n):
        columns[j, j] = diagonal
        columns[n, j] = np.int32(np.floor((biases[j] - log_tau_ref) * unit + 0.5))
        for i in range(n, width):
            columns[j, i] = 0
    for i in range(n, width):
        columns[n, i] = OFF
    return shift


@entry
def quantise_members(first, stop, weights, biases, log_tau_ref, diagonal, columns, scales):
    """`quantise` the members first … stop − 1: columns (E, N + 1, padded N), scales (E,)."""
    for e in range(first, stop):
        scales[e] = quantise(weights[e], biases[e], log_tau_ref, diagonal, columns[e])


class _Rows:
    """Code for vectors of 32-bit numbers: H(U), loads and stores."""

    def __init__(self, builder: Any, shift: Any) -> None:
        self.builder = builder
        self.whole, self.real = (ir.VectorType(kind, WIDTH) for kind in (ir.IntType(32), ir.FloatType()))
        self._down = self._splat(shift)
        self._up = self._splat(builder.sub(ir.Constant(ir.IntType(32), 23), shift))

    def _splat(self, value: Any) -> Any:
        nothing = ir.Constant(self.whole, ir.Undefined)
        first = self.builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
        return self.builder.shuffle_vector(first, nothing, ir.Constant(self.whole, [0] * WIDTH))

    def constant(self, value: float) -> Any:
        return ir.Constant(self.real if isinstance(value, float) else self.whole, [value] * WIDTH)

    def place(self, data: Any, row: Any, kind: Any) -> Any:
        at = self.builder.mul(row, ir.Constant(row.type, WIDTH))
        return self.builder.bitcast(self.builder.gep(data, [at]), kind.as_pointer())

    def load(self, data: Any, row: Any) -> Any:
        return self.builder.load(self.place(data, row, self.whole), align=4)

    def store(self, vector: Any, data: Any, row: Any) -> None:
        self.builder.store(vector, self.place(data, row, vector.type), align=4)

    def power(self, potential: Any) -> Any:
        """H(U)."""
        b, one, mantissa = self.builder, self.constant(0x3F800000), self.constant(0x7FFFFF)
        k = b.ashr(potential, self._down)
        m = b.bitcast(b.or_(b.and_(b.shl(potential, self._up), mantissa), one), self.real)
        d = b.fsub(m, self.constant(1.5))
        c0, c1, c2, c3, c4, c5 = (self.constant(c) for c in POLYNOMIAL)
        low, middle, high = (b.fadd(c, b.fmul(c_, d)) for c, c_ in ((c0, c1), (c2, c3), (c4, c5)))
        square = b.fmul(d, d)
        series = b.fadd(low, b.fmul(square, b.fadd(middle, b.fmul(square, high))))
        top = b.select(b.icmp_signed("<", k, self.constant(126)), k, self.constant(126))
        scaled = b.add(b.bitcast(series, self.whole), b.shl(top, self.constant(23)))
        return b.select(b.icmp_signed(">=", k, self.constant(-126)), b.bitcast(scaled, self.real), self.constant(0.0))

    def half(self, vector: Any, first: int) -> Any:
        """`LANES` of its numbers as 64-bit floats."""
        chosen = ir.Constant(ir.VectorType(ir.IntType(32), LANES), list(range(first, first + LANES)))
        part = self.builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), chosen)
        return self.builder.fpext(part, ir.VectorType(ir.DoubleType(), LANES))


def _data(context: Any, builder: Any, signature: Any, arguments: Any, k: int) -> Any:
    return context.make_array(signature.args[k])(context, builder, arguments[k]).data


def _switch(operation: str) -> Any:
    """(potential, columns, j, shift, hazard, sums): U ± columns[j], H(U) into hazard, the lanes' sums into sums.

    Returns the total, ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)) of the last sums.
    """

    @intrinsic
    def run(typing: Any, potential: Any, columns: Any, j: Any, shift: Any, hazard: Any, sums: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            own, other, out, kept = (_data(context, builder, signature, arguments, k) for k in (0, 1, 4, 5))
            size = context.make_array(signature.args[0])(context, builder, arguments[0]).nitems
            other = builder.gep(other, [builder.mul(arguments[2], size)])
            rows = _Rows(builder, builder.trunc(arguments[3], ir.IntType(32)))
            total = ir.VectorType(ir.DoubleType(), LANES)
            running = cgutils.alloca_once_value(builder, ir.Constant(total, [0.0] * LANES))
            number = builder.udiv(size, ir.Constant(size.type, WIDTH))
            stride = ir.Constant(size.type, STRIDE)
            blocks = builder.udiv(builder.add(number, ir.Constant(size.type, STRIDE - 1)), stride)
            short = cgutils.alloca_once(builder, rows.real)
            with cgutils.for_range(builder, blocks) as block:
                builder.store(rows.constant(0.0), short)
                begin = builder.mul(block.index, stride)
                end = builder.add(begin, stride)
                end = builder.select(builder.icmp_unsigned("<", end, number), end, number)
                with cgutils.for_range(builder, end, start=begin) as row:
                    u, w = rows.load(own, row.index), rows.load(other, row.index)
                    u = getattr(builder, operation)(u, w)
                    h = rows.power(u)
                    rows.store(u, own, row.index)
                    rows.store(h, out, row.index)
                    builder.store(builder.fadd(builder.load(short), h), short)
                h = builder.load(short)
                pair = builder.fadd(rows.half(h, 0), rows.half(h, LANES))
                builder.store(builder.fadd(builder.load(running), pair), running)
                at = builder.gep(kept, [builder.mul(block.index, ir.Constant(size.type, LANES))])
                builder.store(builder.load(running), builder.bitcast(at, total.as_pointer()), align=8)
            left = builder.load(running)
            for half in (4, 2, 1):
                parts = [ir.Constant(ir.VectorType(ir.IntType(32), half), [*range(k, k + half)]) for k in (0, half)]
                left = builder.fadd(*(builder.shuffle_vector(left, left, part) for part in parts))
            return builder.extract_element(left, ir.Constant(ir.IntType(32), 0))

        return types.float64(potential, columns, types.int64, types.int64, hazard, sums), generate

    return run


switch_on, switch_off = _switch("add"), _switch("sub")


@intrinsic
def candidates(typing: Any, potential: Any, words: Any, first: Any, shift: Any, slack: Any, found: Any) -> Any:
    """(potential, words, first, shift, slack, found): bit l of found[r] where word < slack · H(U), for neuron 16 r + l.

    Its word is words[first + 16 r + l], of 32 bits; slack: 32-bit float. Both sides are compared in 32-bit floats.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        own, drawn, out = (_data(context, builder, signature, arguments, k) for k in (0, 1, 5))
        drawn = builder.gep(drawn, [arguments[2]])
        size = context.make_array(signature.args[0])(context, builder, arguments[0]).nitems
        rows = _Rows(builder, builder.trunc(arguments[3], ir.IntType(32)))
        nothing = ir.Constant(rows.real, ir.Undefined)
        factor = builder.insert_element(nothing, arguments[4], ir.Constant(ir.IntType(32), 0))
        factor = builder.shuffle_vector(factor, nothing, ir.Constant(rows.whole, [0] * WIDTH))
        with cgutils.for_range(builder, builder.udiv(size, ir.Constant(size.type, WIDTH))) as row:
            bound = builder.fmul(rows.power(rows.load(own, row.index)), factor)
            word = builder.uitofp(rows.load(drawn, row.index), rows.real)
            below = builder.bitcast(builder.fcmp_ordered("<", word, bound), ir.IntType(WIDTH))
            builder.store(below, builder.gep(out, [row.index]))
        return context.get_dummy_value()

    return types.void(potential, words, types.int64, types.int64, types.float32, found), generate
