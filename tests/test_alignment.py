"""SAL alone on two neurons (Fig. 2d)."""

import numpy as np
import pytest

import salkit as sk

NET = dict(biases=[-0.5, -0.2], tau_ref=25)
START = [[0.0, 1.5], [0.5, 0.0]]


def differences(**kw):
    ds = sk.alignment.train(sk.SamplingNetwork(START, **NET), seeds=range(24), lr=0.1, epochs=700, **kw)
    late = ds.weights.values[:, 350:].mean(axis=1)  # beyond five time constants
    return ds, late[:, 0, 1] - late[:, 1, 0]


def test_two_plastic_weights_meet():
    """Consecutive pairs: the mean difference over 24 seeds is zero within 4.5 standard errors (false alarm 1.5e-4 at
    23 d.o.f.).
    """
    ds, difference = differences()
    np.testing.assert_allclose(ds.weights.sum(("post", "pre")), 2.0, atol=1e-9)  # SAL conserves the sum
    error = difference.std(ddof=1) / np.sqrt(24)
    assert error < 0.012 and abs(difference.mean()) < 4.5 * error


@pytest.mark.parametrize("pairing", ["nearest", "all"])
def test_what_else_leaves_equal_weights(pairing):
    """All exponential pairs, and nearest ones of a window that ends at tau_ref: zero as in the test above."""
    _, difference = differences(pairing=pairing, window="exponential" if pairing == "all" else "rectangular")
    error = difference.std(ddof=1) / np.sqrt(24)
    assert error < 0.02 and abs(difference.mean()) < 4.5 * error


def test_nearest_pairs_leave_unequal_rates_apart():
    """With the exponential window, nearest pairs give the faster neuron the weaker input: above zero by 4.5 standard
    errors.
    """
    _, difference = differences(pairing="nearest")
    error = difference.std(ddof=1) / np.sqrt(24)
    assert difference.mean() > 4.5 * error and 0.02 < difference.mean() < 0.15


def test_one_plastic_weight_copies_the_other():
    plastic = np.array([[False, False], [True, False]])
    ds, difference = differences(plastic=plastic)
    assert np.all(ds.weights.values[:, :, 0, 1] == 1.5)
    error = difference.std(ddof=1) / np.sqrt(24)
    assert abs(difference.mean()) < 4.5 * error + 0.02  # 0.02: what is left of the start, 1.0 · e^{−4}
    assert error < 0.012


def test_epochs_continue_one_run():
    """Two epochs with learning off and on are the spikes of one long run: the state goes on between them."""
    net = sk.SamplingNetwork(START, **NET)
    ds = sk.alignment.train(net, epochs=2, epoch_length=400.0, lr=1.0, seeds=[3], window="triangular")
    first = sk.simulate(net, 400.0, seed=3)
    second = sk.simulate(sk.SamplingNetwork(ds.weights[0, 1], **NET), 400.0, seed=3, start=first.final)
    expected = [sk.stdp.sal(first), sk.stdp.sal(second)]
    np.testing.assert_allclose(np.diff(ds.weights.values[0], axis=0), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(epochs=0), "epochs must be a whole number of at least 1, got 0"),
        (dict(lr=-1), "lr must be finite and at least 0, got -1"),
        (dict(seeds=[]), "at least one run"),
        (dict(seeds=[-1]), "each of seeds must be a whole number from 0"),
        (dict(window="flat"), "window must be one of"),
        (dict(plastic=np.ones((3, 3), bool)), r"plastic must be an array of bool of shape \(2, 2\)"),
        (dict(plastic=[[0, 1], [1, 0]]), "plastic must be an array of bool"),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        sk.alignment.train(sk.SamplingNetwork(START, **NET), **{"epochs": 1, **arguments})


def test_an_ensemble_is_no_start():
    with pytest.raises(ValueError, match="starts from a single network"):
        sk.alignment.train(sk.SamplingNetwork(np.zeros((2, 2, 2)), [0, 0]))
