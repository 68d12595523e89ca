"""The measured gradient: against the Boltzmann law where it holds, and the angle of the wake–sleep update to it."""

import numpy as np
import pytest

from salkit import boltzmann, gradient

TARGET_WEIGHTS, TARGET_BIASES = boltzmann.random_machine(3, 5)
TARGET = boltzmann.distribution(TARGET_WEIGHTS, TARGET_BIASES)
WEIGHTS, BIASES = boltzmann.random_machine(3, 6)
PAIRS = np.triu_indices(3, 1)


def _exact():
    """Minus the gradient of D_KL for symmetric weights, from the moments."""
    wake, sleep = boltzmann.moments(TARGET_WEIGHTS, TARGET_BIASES), boltzmann.moments(WEIGHTS, BIASES)
    return np.concatenate([(wake[1] - sleep[1])[PAIRS], wake[0] - sleep[0]])


def test_for_symmetric_weights_both_are_the_derivative_of_the_boltzmann_law():
    """Each of 6 numbers within 5.5 standard errors over 16 replicas: a false alarm in fewer than 1 of 1000 runs."""
    exact = _exact()
    step = 0.2
    for measured, error in (
        (gradient.wake_sleep(WEIGHTS, BIASES, TARGET, 20_000, seed=1, replicas=16), 0.0),
        (gradient.downhill(WEIGHTS, BIASES, TARGET, 40_000, step, seed=2, replicas=16), step**2 / 6 * 0.1),
    ):
        assert measured.shape == (16, 6)
        standard = measured.std(axis=0, ddof=1) / 4
        assert np.all(np.abs(measured.mean(axis=0) - exact) < 5.5 * standard + error)
    assert np.abs(exact).max() > 20 * standard.max()  # a wrong sign or factor would show


def test_the_update_points_down_for_symmetric_weights_and_elsewhere_for_others():
    """Sampling turns the first by 1 degree; asymmetry turns the second by 20."""
    skew = np.array([[0, 1.5, 1.5], [-1.5, 0, 1.5], [-1.5, -1.5, 0]])
    both = np.stack([WEIGHTS, WEIGHTS + skew])
    biases, target = np.stack([BIASES, BIASES]), np.stack([TARGET, TARGET])
    down = gradient.downhill(both, biases, target, 60_000, seed=3).mean(axis=1)
    angles = gradient.angle(gradient.wake_sleep(both, biases, target, 60_000, seed=4).mean(axis=1), down)
    assert down.shape == (2, 6) and angles[0] < 5 and angles[1] > 10


def test_angles():
    assert gradient.angle([1.0, 0.0], [[0.0, 2.0], [3.0, 0.0], [-1.0, 0.0]]).tolist() == [90.0, 0.0, 180.0]
    with pytest.raises(ValueError, match="length zero"):
        gradient.angle([0.0, 0.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="one length"):
        gradient.angle([1.0, 0.0], [1.0, 0.0, 0.0])


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"2\^N states"):
        gradient.wake_sleep(WEIGHTS, BIASES, TARGET[:4])
    for step in (0, -0.1, float("nan"), "small"):
        with pytest.raises(ValueError, match="step must be positive"):
            gradient.downhill(WEIGHTS, BIASES, TARGET, step=step)
    with pytest.raises(ValueError, match="never came up"):
        gradient.downhill(WEIGHTS, BIASES - 6, TARGET, 100)


def test_angles_between_vectors_of_any_length():
    """Known answers: 45 and 120 degrees, broadcast; rounding makes no nan."""
    assert gradient.angle([2.0, 0.0], [0.1, 0.1]) == pytest.approx(45)
    found = gradient.angle([[3.0, 0.0], [0.0, 0.2]], [-0.5, np.sqrt(3) / 2])
    assert found == pytest.approx([120, 30])
    many = np.random.default_rng(1).normal(size=(500, 6))
    assert gradient.angle(many, 0.3 * many).max() < 1e-5
