"""Verdicts, intervals, the table, errors."""

import numpy as np
import pytest

from salkit.suite.claims import Claim, bootstrap_interval, check, mean_interval, table


@pytest.mark.parametrize(
    ("interval", "bounds", "verdict"),
    [
        ((0.9, 1.1), dict(above=0.5), "holds"),
        ((0.9, 1.1), dict(above=1.2), "fails"),
        ((0.9, 1.1), dict(above=1.05), "undecided"),
        ((0.9, 1.1), dict(below=1.0), "undecided"),
        ((0.9, 1.1), dict(above=0.9, below=1.1), "holds"),
        ((0.9, 1.1), dict(above=1.05, below=2.0), "undecided"),
        ((0.9, 1.1), dict(above=-1.0, below=0.5), "fails"),
        (None, dict(below=1.0), "holds"),
        (None, dict(below=0.99), "fails"),
    ],
)
def test_verdicts(interval, bounds, verdict):
    claim = Claim("x", "y", 1.0, interval, **bounds)
    assert claim.verdict == verdict
    if verdict == "holds":
        check([claim])
    else:
        with pytest.raises(AssertionError, match=f"x: 1.* {verdict}"):
            check([Claim("fine", "y", 1.0, below=2), claim])


def test_intervals_cover_as_they_say():
    """95 % intervals of 2000 samples miss the truth in 5 %: between 3.5 and 6.7 % (Student's: ±3 standard errors) and,
    for the percentile bootstrap of a median of 25, between 3 and 9 %.
    """
    rng = np.random.default_rng(4)
    samples = rng.normal(2.0, 1.0, (2000, 25))
    missed = np.mean([not low <= 2.0 <= high for low, high in map(mean_interval, samples)])
    assert 0.035 < missed < 0.067
    missed = np.mean([not low <= 2.0 <= high for low, high in (bootstrap_interval(x, resamples=300) for x in samples)])
    assert 0.03 < missed < 0.09
    assert bootstrap_interval(samples[0]) == bootstrap_interval(samples[0])
    low, high = mean_interval([1.0, 2.0, 3.0])
    assert (low + high) / 2 == pytest.approx(2.0) and high - 2.0 == pytest.approx(4.30265 / np.sqrt(3), rel=1e-5)


def test_intervals_of_grouped_values_cover_as_they_say():
    """Medians of 12 groups of 4 with as much spread between groups as within: 95 % intervals miss in 3 to 9 % of 1000
    samples (standard error 0.7 %); the interval that takes the values for independent misses in more than 15 %.
    """
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(12), 4)
    samples = rng.normal(size=(1000, 12))[:, groups] + rng.normal(size=(1000, 48))
    order = rng.permutation(48)

    def missed(**how):
        found = [bootstrap_interval(x[order], resamples=300, **how) for x in samples]
        return np.mean([not low <= 0 <= high for low, high in found])

    assert 0.03 < missed(groups=groups[order]) < 0.09
    assert missed() > 0.15


def test_table_is_plain_text_of_all_claims():
    text = table([Claim("a long claim " * 5, "paper", 0.12345, (0.1, 0.2), below=1.0), Claim("b", "p", 3, above=2.5)])
    large = Claim("c", "p", 243.2, (101.4, 1.6e7), above=1)
    assert large.result == "240 [100, 1.6e+07]" and Claim("d", "p", 2.96e-15, below=1, digits=1).result == "3e-15"
    assert "0.12 [0.1, 0.2]" in text and "≥ 2.5" in text and text.count("holds") == 2
    assert all(len(line) <= 130 and line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Claim("x", "y", 1.0), "needs a bound"),
        (lambda: Claim("x", "y", np.nan, below=1), "must be finite"),
        (lambda: Claim("x", "y", 1.0, (2.0, 3.0), below=1), "must contain the measured value"),
        (lambda: Claim("x", "y", 1.0, (0.0, np.inf), below=1), "must be finite"),
        (lambda: Claim("x", "y", 1.0, above=2, below=1), "above must not exceed below, got above=2, below=1"),
        (lambda: mean_interval([1.0, 2.0], level=95), "level must lie between 0 and 1, got 95"),
        (lambda: bootstrap_interval([1.0, 2.0], resamples=0), "resamples must be at least 1, got 0"),
        (lambda: mean_interval([1.0]), "at least two finite values"),
        (lambda: bootstrap_interval([1.0, np.nan]), "at least two finite values"),
        (lambda: bootstrap_interval([1.0, 2.0], groups=[1]), "groups must be two or more of one size, for 2 values"),
        (lambda: bootstrap_interval([1.0, 2.0, 3.0], groups=[1, 1, 2]), "groups must be two or more of one size"),
        (lambda: bootstrap_interval([1.0, 2.0], groups=["a", "a"]), "groups must be two or more of one size"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()
