"""Random numbers: published vectors, compiled = readable, named streams; elementary functions to the last places."""

import math
from fractions import Fraction

import numpy as np
import pytest

from salkit.kernels.cpu import elementary
from salkit.philox import Purpose, philox4x32, uniform

ONES = 0xFFFFFFFF
KNOWN = [  # Random123's published known answers for philox4x32-10: counter, key, output
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([ONES] * 4, [ONES] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN)
def test_known_answers(counter, key, output):
    assert philox4x32(counter, key).tolist() == output
    assert [int(word) for word in elementary.philox(*map(np.uint64, counter + key))] == output


def test_compiled_stream_is_the_named_stream():
    seed, run, replica, draw = 2**40 + 17, 5, 3, 2**33 + 9
    waits, shares = np.empty(100), np.empty(100)
    elementary.exponentials(*map(np.uint64, (seed, run, replica, draw)), waits, shares)
    line = np.empty(400, np.uint32)
    elementary.word_line(*map(np.uint64, (seed, run, replica, draw)), 100, line)
    words = line.reshape(100, 4)
    rows = np.empty((4, 100), np.uint64)
    elementary.word_rows(*map(np.uint64, (seed, run, replica, draw)), rows)
    np.testing.assert_array_equal(rows.T, words)
    draws = draw + np.arange(100)
    counter = np.stack([draws & ONES, draws >> 32, np.full(100, replica), np.full(100, run)], axis=1)
    expected = philox4x32(counter, [seed & ONES, seed >> 32])
    np.testing.assert_array_equal(words, expected)
    pairs = ((expected[:, 0::2] << np.uint64(32) | expected[:, 1::2]) >> np.uint64(12)).astype(
        float
    ) * 2.0**-52 + 2.0**-53
    np.testing.assert_array_equal(shares, pairs[:, 1])
    np.testing.assert_allclose(waits, -np.log(pairs[:, 0]), rtol=0, atol=1e-15)


def test_streams_of_different_name_differ():
    base = uniform(1, Purpose.MACHINE, 50)
    others = [
        uniform(2, Purpose.MACHINE, 50),
        uniform(1 + 2**32, Purpose.MACHINE, 50),
        uniform(1, Purpose.SAMPLING, 50),
        uniform(1, Purpose.MACHINE, 50, run=1),
        uniform(1, Purpose.MACHINE, 50, replica=1),
    ]
    assert all(not np.any(base == other) for other in others)
    np.testing.assert_array_equal(uniform(1, Purpose.MACHINE, 7), base[:7])


def test_uniform_moments():
    """Mean and variance of 2e5 numbers within 4.5 standard errors: false alarm 1.4e-5."""
    x, n = uniform(11, Purpose.MACHINE, 200_000), 200_000
    assert x.min() > 0 and x.max() < 1
    assert abs(x.mean() - 0.5) < 4.5 * math.sqrt(1 / 12 / n)
    assert abs(((x - 0.5) ** 2).mean() - 1 / 12) < 4.5 * math.sqrt(1 / 180 / n)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True, "1", None])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        uniform(seed, Purpose.MACHINE, 1)


def test_log_and_exp_to_the_last_places():
    """Against correctly rounded values: at most 2 ulp, and near log 1 = 0 an absolute 2.3e-16."""
    rng = np.random.default_rng(0)
    for x in np.concatenate([rng.random(5000), 10.0 ** rng.uniform(-300, 300, 5000), [0.5, 1.0, 2.0, 2.0**-53]]):
        error = abs(elementary.log(x) - math.log(x))
        assert error <= max(2 * math.ulp(math.log(x)), 2.3e-16)
    for x in np.concatenate([rng.uniform(-50, 50, 5000), rng.uniform(-690, 690, 2000), [0.0]]):
        assert abs(elementary.exp(x) - math.exp(x)) <= 2 * math.ulp(math.exp(x))
    assert elementary.exp(0.0) == 1.0 and elementary.log(1.0) == 0.0
    assert elementary.logistic(0.0) == 0.5 and elementary.logistic(-1e4) < 1e-300


def test_elementary_functions_are_plain_ieee_sequences():
    """The same sequence in exact rational arithmetic, rounded after each operation, gives the same bits: no fused
    operations.
    """

    def rounded(value: Fraction) -> float:
        return float(value)  # Fraction → float rounds to nearest even

    for x in np.random.default_rng(1).uniform(-20, 20, 200):
        k = math.floor(rounded(Fraction(rounded(Fraction(x) * Fraction(1.4426950408889634))) + Fraction(1, 2)))
        high = rounded(Fraction(k) * Fraction(0.693147180369123816490))
        r = rounded(
            Fraction(rounded(Fraction(x) - Fraction(high)))
            - Fraction(rounded(Fraction(k) * Fraction(1.90821492927058770002e-10)))
        )
        series = 1.0 / 6227020800.0
        for factorial in (479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2):
            series = rounded(Fraction(rounded(Fraction(series) * Fraction(r))) + Fraction(1.0 / factorial))
        square = rounded(Fraction(rounded(Fraction(r) * Fraction(r))) * Fraction(series))
        value = rounded(1 + Fraction(rounded(Fraction(r) + Fraction(square))))
        assert elementary.exp(x) == value * 2.0**k
