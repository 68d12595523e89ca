"""Logarithm, exponential, logistic function and random blocks from IEEE operations alone.

Mathematical libraries differ in the last bit from machine to machine, and one bit decides whether a spike comes. Each
function here is a fixed sequence of +, −, ×, ÷ on doubles without fused multiply–add, so CPUs and GPUs agree exactly.

    log x  = k ln 2 + 2 (s + s³/3 + s⁵/5 + …),  s = (m − 1)/(m + 1),  x = 2ᵏ m,  m in [√½, √2)
    exp x  = 2ᵏ (1 + r + r²/2! + …),            r = x − k ln 2 in [−½ ln 2, ½ ln 2]

Both are within two units in the last place of the true value (for log near 1: within 2.3e-16).
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._jit import entry, inlined, jit

__all__ = ["BLOCKS", "double_bits", "exp", "exponentials", "log", "logistic", "philox", "word_line", "word_rows"]

BLOCKS = 16  # random blocks drawn at a time: enough for the compiler to vectorise, few to be left unused

_LN2_HIGH = 0.693147180369123816490  # the upper 32 bits of ln 2: k · _LN2_HIGH is exact
_LN2_LOW = 1.90821492927058770002e-10  # ln 2 − _LN2_HIGH
_LN2_INVERSE = 1.4426950408889634
_ONE_BITS = np.uint64(0x3FF0000000000000)
_MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
_SQRT2_BITS = np.uint64(0x0006A09E667F3BCD)  # mantissa of √2


@intrinsic
def double_bits(typing: Any, value: Any) -> Any:
    """The 64 bits of a double as an unsigned integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(types.float64), generate


@intrinsic
def _double(typing: Any, value: Any) -> Any:
    """The double with these 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), generate


@entry
def log(x):
    """Natural logarithm of a positive, normal double."""
    bits = double_bits(x)
    mantissa = bits & _MANTISSA
    above = np.uint64(1) if mantissa >= _SQRT2_BITS else np.uint64(0)
    k = np.float64(np.int64(bits >> np.uint64(52)) - np.int64(1023) + np.int64(above))
    m = _double(mantissa | (_ONE_BITS - (above << np.uint64(52))))
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    tail = 1.0 / 21.0
    tail = tail * q + 1.0 / 19.0
    tail = tail * q + 1.0 / 17.0
    tail = tail * q + 1.0 / 15.0
    tail = tail * q + 1.0 / 13.0
    tail = tail * q + 1.0 / 11.0
    tail = tail * q + 1.0 / 9.0
    tail = tail * q + 1.0 / 7.0
    tail = tail * q + 1.0 / 5.0
    tail = tail * q + 1.0 / 3.0
    return k * _LN2_HIGH + (k * _LN2_LOW + (2.0 * s + 2.0 * s * (q * tail)))


@jit
def exp(x):
    """Exponential of x in [−700, 700]; arguments beyond are taken at the edge."""
    x = min(max(x, -700.0), 700.0)
    k = np.floor(x * _LN2_INVERSE + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    series = 1.0 / 6227020800.0
    series = series * r + 1.0 / 479001600.0
    series = series * r + 1.0 / 39916800.0
    series = series * r + 1.0 / 3628800.0
    series = series * r + 1.0 / 362880.0
    series = series * r + 1.0 / 40320.0
    series = series * r + 1.0 / 5040.0
    series = series * r + 1.0 / 720.0
    series = series * r + 1.0 / 120.0
    series = series * r + 1.0 / 24.0
    series = series * r + 1.0 / 6.0
    series = series * r + 0.5
    series = 1.0 + (r + r * r * series)
    return series * _double(np.uint64(np.int64(k) + np.int64(1023)) << np.uint64(52))


@jit
def logistic(x):
    """σ(x) = 1/(1 + e^−x)."""
    return 1.0 / (1.0 + exp(-x))


@inlined
def philox(c0, c1, c2, c3, k0, k1):
    """One Philox 4×32-10 block: 32-bit words, carried in uint64 (see `salkit.philox`)."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * c0
        p1 = np.uint64(0xCD9E8D57) * c2
        c0 = (p1 >> half) ^ c1 ^ k0
        c1 = p1 & low
        c2 = (p0 >> half) ^ c3 ^ k1
        c3 = p0 & low
        k0 = (k0 + np.uint64(0x9E3779B9)) & low
        k1 = (k1 + np.uint64(0xBB67AE85)) & low
    return c0, c1, c2, c3


@jit
def exponentials(seed, run, replica, draw, waits, shares):
    """Fill `waits` with unit exponentials and `shares` with uniforms in (0, 1): one block each from `draw` on."""
    low, half, twelve = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(12)
    k0, k1 = seed & low, seed >> half
    for n in range(waits.size):
        d = draw + np.uint64(n)
        a, b, c, e = philox(d & low, d >> half, replica, run, k0, k1)
        waits[n] = -log((np.float64((a << half | b) >> twelve) + 0.5) * 2.0**-52)
        shares[n] = (np.float64((c << half | e) >> twelve) + 0.5) * 2.0**-52


@jit
def word_line(seed, run, replica, draw, blocks, out):
    """Fill `out`, 32-bit numbers, with the words of `blocks` consecutive blocks from `draw` on, one after another.

    Numbers of 32 bits in one line: the compiler vectorises this, unlike rows of four 64-bit numbers.
    """
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    k0, k1 = seed & low, seed >> half
    for m in range(blocks):
        d = draw + np.uint64(m)
        a, b, c, e = philox(d & low, d >> half, replica, run, k0, k1)
        out[4 * m], out[4 * m + 1] = np.uint32(a), np.uint32(b)
        out[4 * m + 2], out[4 * m + 3] = np.uint32(c), np.uint32(e)


@jit
def word_rows(seed, run, replica, draw, out):
    """Fill `out`, shape (4, blocks), with the words that `word_line` gives: a row for each word of a block.

    Rows are written side by side, which the compiler vectorises.
    """
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    k0, k1 = seed & low, seed >> half
    for n in range(out.shape[1]):
        d = draw + np.uint64(n)
        out[0, n], out[1, n], out[2, n], out[3, n] = philox(d & low, d >> half, replica, run, k0, k1)
