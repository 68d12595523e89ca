"""Membrane potentials as integers: the same for every order of the events that led to them, and free of drift.

    x_i = u_i − ln tau_ref = 2⁻ˢ ln 2 · U_i,     U_i = B_i + Σ_j C_ij z_j

with B and C the biases b − ln tau_ref and the weights, times 2ˢ / ln 2, to the nearest integer. s is the largest number
up to `FINEST` for which no potential leaves ±`RANGE`; each weight and bias is then within 2⁻ˢ⁻¹ ln 2 of its float: with
Σ_j |W_ij| + |b_i − ln tau_ref| up to 88 within 8.3e-8, as close as a 32-bit float is to 1; with 500, the largest that
networks take, within 6.7e-7 < 2⁻²⁰. A neuron that must not spike has `OFF` added, and so lies below every potential.

    H(U) = eˣ = 2^k · P(m − 1.5),     k = ⌊U 2⁻ˢ⌋,   m = 1 + U 2⁻ˢ − k in [1, 2)

in 32-bit floats, P a polynomial near 2^(d + ½): within 2⁻²² of eˣ (7e-8 of P, the rest rounding). Below k = −126 it is
0, above k = 126 it stays there: hazards beyond e^±87 are never and at once. `candidates` runs over all neurons, `WIDTH`
at a time; it is written in the compiler's own vector types and comes out the same on every machine.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ._jit import entry, jit

__all__ = [
    "FINEST", "LANES", "OFF", "POLYNOMIAL", "RANGE", "WIDTH", "Rows", "candidates", "chord", "columns_of", "data_of",
    "hazard", "largest_scale", "padded", "quantise", "quantise_members", "rounded",
]  # fmt: skip

WIDTH = 16  # 32-bit numbers in a vector
LANES = 8  # 64-bit numbers in a vector
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
def largest_scale(largest, n):
    """s: how many bits potentials of N neurons up to `largest` may have after the point."""
    shift, most = FINEST, (RANGE - n - 1) / (_LOG2_E * (1 << FINEST))  # each of n + 1 terms is rounded
    while largest > most and shift > 0:
        shift -= 1
        most *= 2.0
    return shift


@jit
def rounded(x, shift):
    """x 2ˢ / ln 2 to the nearest integer."""
    return np.int32(np.floor(x * (_LOG2_E * np.float64(1 << shift)) + 0.5))


@jit
def _scale(weights, biases, log_tau_ref):
    """s of a matrix of weights."""
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
    return largest_scale(largest, n)


@jit
def quantise(weights, biases, log_tau_ref, diagonal, columns):
    """Fill columns, shape (N + 1, padded N): row j with C_·j and `diagonal` at j, row N with B. Returns s.

    What stands beyond N is 0, and `OFF` in the last row.
    """
    n, width = biases.size, columns.shape[1]
    shift = _scale(weights, biases, log_tau_ref)
    for top in range(0, n, _TILE):
        for left in range(0, n, _TILE):
            for j in range(left, min(left + _TILE, n)):
                for i in range(top, min(top + _TILE, n)):
                    columns[j, i] = rounded(weights[i, j], shift)
    for j in range(n):
        columns[j, j] = diagonal
        columns[n, j] = rounded(biases[j] - log_tau_ref, shift)
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


class Rows:
    """Code for vectors of `width` 32-bit numbers: H(U), loads and stores."""

    def __init__(self, builder: Any, shift: Any, width: int = WIDTH) -> None:
        self.builder, self.width = builder, width
        self.whole, self.real = (ir.VectorType(kind, width) for kind in (ir.IntType(32), ir.FloatType()))
        self._down = self._splat(shift)
        self._up = self._splat(builder.sub(ir.Constant(ir.IntType(32), 23), shift))

    def _splat(self, value: Any) -> Any:
        nothing = ir.Constant(self.whole, ir.Undefined)
        first = self.builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
        return self.builder.shuffle_vector(first, nothing, ir.Constant(self.whole, [0] * self.width))

    def constant(self, value: float) -> Any:
        """A number in every place."""
        return ir.Constant(self.real if isinstance(value, float) else self.whole, [value] * self.width)

    def place(self, data: Any, row: Any, kind: Any) -> Any:
        """Where a row of the data begins, as a pointer to a kind of vector."""
        at = self.builder.mul(row, ir.Constant(row.type, self.width))
        return self.builder.bitcast(self.builder.gep(data, [at]), kind.as_pointer())

    def load(self, data: Any, row: Any) -> Any:
        """A row of integers."""
        return self.builder.load(self.place(data, row, self.whole), align=4)

    def store(self, vector: Any, data: Any, row: Any) -> None:
        """Put a vector where a row is."""
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

    def chord(self, potential: Any) -> Any:
        """2^k (1 + U 2⁻ˢ − k), the chord above 2^(U 2⁻ˢ): the bits of a float are k and what is behind the point."""
        b = self.builder
        for word, end in ((">", -127), ("<", 127)):
            last = b.shl(self.constant(end), self._down)
            potential = b.select(b.icmp_signed(word, potential, last), potential, last)
        return b.bitcast(b.add(b.shl(potential, self._up), self.constant(0x3F800000)), self.real)


def data_of(context: Any, builder: Any, signature: Any, arguments: Any, k: int) -> Any:
    """Where the numbers of argument k, an array, begin."""
    return context.make_array(signature.args[k])(context, builder, arguments[k]).data


def _alone(curve: str) -> Any:
    @intrinsic
    def run(typing: Any, potential: Any, shift: Any) -> Any:
        """(potential, shift): the curve's value for one neuron, a 32-bit float."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word, zero = ir.IntType(32), ir.Constant(ir.IntType(32), 0)
            rows = Rows(builder, builder.trunc(arguments[1], word), 1)
            own = builder.insert_element(ir.Constant(rows.whole, ir.Undefined), builder.trunc(arguments[0], word), zero)
            return builder.extract_element(getattr(rows, curve)(own), zero)

        return types.float32(types.int64, types.int64), generate

    return run


hazard, chord = _alone("power"), _alone("chord")


@intrinsic
def candidates(typing: Any, potential: Any, words: Any, first: Any, shift: Any, slack: Any, found: Any) -> Any:
    """(potential, words, first, shift, slack, found): bit l of found[r] where word < slack · H(U), for neuron 16 r + l.

    Its word is words[first + 16 r + l], of 32 bits; slack: 32-bit float. Both sides are compared in 32-bit floats.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        own, drawn, out = (data_of(context, builder, signature, arguments, k) for k in (0, 1, 5))
        drawn = builder.gep(drawn, [arguments[2]])
        size = context.make_array(signature.args[0])(context, builder, arguments[0]).nitems
        rows = Rows(builder, builder.trunc(arguments[3], ir.IntType(32)))
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
