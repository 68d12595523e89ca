"""Measures of a copy, against known answers."""

import numpy as np
import pytest

from salkit import copies

W = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]])


def test_a_scaled_copy_is_perfect():
    found = copies.quality(0.5 * W.T, W)
    assert found["angle"] == pytest.approx(0, abs=1e-6) and found["correlation"] == pytest.approx(1)
    assert found["slope"] == pytest.approx(0.5) and found["sign"] == pytest.approx(5 / 6)  # one weight is 0
    assert copies.angle(-W.T, W) == pytest.approx(180) and copies.sign_agreement(-W.T, W) == 0


def test_an_offset_shows_in_the_angle_alone():
    b = W.T + 1.0
    assert copies.correlation(b, W) == pytest.approx(1) and copies.slope(b, W) == pytest.approx(1)
    assert copies.angle(b, W) == pytest.approx(np.degrees(np.arccos(np.vdot(b.T, W) / np.sqrt(np.vdot(b, b) * 15.25))))


def test_the_matrix_is_transposed():
    """A square B equal to W, not to its transpose, is no copy; and measures run over leading axes."""
    square = np.array([[0.0, 1.0], [0.0, 0.0]])
    assert copies.angle(square.T, square) == pytest.approx(0) and copies.angle(square, square) == pytest.approx(90)
    many = copies.angle(np.stack([W.T, -W.T, W.T]).reshape(3, 1, 3, 2), np.stack([W, -W]))
    assert np.allclose(many, [[0, 180], [180, 0], [0, 180]], atol=1e-5)


def test_random_weights_are_at_right_angles():
    """1600 entries: the cosine has standard deviation 1/40; |z| > 4 once in 16 000."""
    b, w = np.random.default_rng(1).normal(size=(2, 40, 40))
    assert abs(np.cos(np.radians(copies.angle(b, w)))) < 4 / 40
    assert np.isnan(copies.angle(np.zeros((3, 2)), W)) and np.isnan(copies.correlation(np.ones((3, 2)), W))
