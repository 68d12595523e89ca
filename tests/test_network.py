"""What a network and a simulation accept, and the one clear error for everything else."""

import numpy as np
import pytest

import salkit as sk

W = [[0.0, 1.0], [0.5, 0.0]]
B = [0.1, -0.2]


def test_gain_scales_the_potential():
    net = sk.SamplingNetwork(W, B, gain=[2.0, 0.5])
    weights, biases = net.effective()
    assert weights.tolist() == [[0.0, 2.0], [0.25, 0.0]] and biases.tolist() == [0.2, -0.1]
    plain = sk.simulate(sk.SamplingNetwork(weights, biases), 500.0, seed=1)
    np.testing.assert_array_equal(sk.simulate(net, 500.0, seed=1).times, plain.times)


def test_ensemble_axes_broadcast_and_index():
    net = sk.SamplingNetwork(np.zeros((3, 1, 2, 2)), np.zeros((4, 2)))
    assert (
        net.ensemble == (3, 4) and net[1].ensemble == (4,) and net[:, 2].ensemble == (3,) and net[1, 2].ensemble == ()
    )
    assert sk.simulate(net, 100.0).rates().shape == (3, 4, 2)
    with pytest.raises(IndexError):
        net[0, 0, 0]


def test_parameters_cannot_be_changed_behind_the_network():
    weights = np.array(W)
    net = sk.SamplingNetwork(weights, B)
    weights[0, 1] = 9
    assert net.weights[0, 1] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        net.weights[0, 1] = 9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(weights=[[0, 1, 2], [1, 0, 2]]), r"weights must have shape \(..., N, N\), got \(2, 3\)"),
        (dict(weights=[[0, 1], [1]]), "weights must be an array of numbers"),
        (dict(weights=[["a", 0], [0, 0]]), "weights must be an array of numbers"),
        (dict(biases=[0, 0, 0]), r"biases must have shape \(..., 2\).*got \(3,\)"),
        (dict(weights=[[0, np.nan], [0, 0]]), "weights must be finite, got nan"),
        (dict(biases=[np.inf, 0]), "biases must be finite, got inf"),
        (dict(weights=[[1, 1], [1, 0]]), "zero diagonal"),
        (dict(weights=np.zeros((2, 2, 2)), biases=np.zeros((3, 2))), "ensemble"),
        (dict(weights=np.zeros((0, 2, 2))), r"the ensemble must not be empty, got leading axes \(0,\)"),
        (dict(tau_ref=0.5), "tau_ref must be finite and at least 1, got 0.5"),
        (dict(tau_ref=np.nan), "tau_ref must be finite"),
        (dict(tau_ref="50"), "tau_ref must be a number, got '50'"),
        (dict(tau_ref=2.5, timing="discrete"), "tau_ref must be a whole number of steps"),
        (dict(timing="discontinuous"), "timing must be one of continuous, discrete, got 'discontinuous'"),
        (dict(psp="square"), "psp must be one of rectangular, .*got 'square'"),
        (dict(psp="alpha"), "continuous time takes psp 'rectangular' only, got 'alpha'"),
        (dict(tau_syn=-1, timing="discrete", psp="alpha"), "tau_syn must be finite and at least 0.001, got -1"),
        (dict(psp_length=0, timing="discrete"), "psp_length must be finite and at least 1, got 0"),
        (dict(refractory=49, timing="discrete"), "refractory must be at least tau_ref = 50 steps, got 49"),
        (dict(gain=0), "gain must be positive, got 0"),
        (dict(gain=[1, 1, 1]), "gain must be a number or have shape"),
        (dict(biases=[1000, 0]), "potentials up to 1001; at most 500"),
    ],
)
def test_bad_network(arguments, words):
    with pytest.raises(ValueError, match=words):
        sk.SamplingNetwork(**{"weights": W, "biases": B, **arguments})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(duration=-1.0), "duration must be finite and at least 1e-06, got -1.0"),
        (dict(duration=np.inf), "duration must be finite and at least 1e-06, got inf"),
        (dict(duration=np.nan), "duration must be finite and at least 1e-06, got nan"),
        (dict(duration="long"), "duration must be a number, got 'long'"),
        (dict(replicas=0), "replicas must be a whole number from 1"),
        (dict(replicas=1.5), "replicas must be a whole number from 1"),
        (dict(first_run=-1), "first_run must be a whole number from 0"),
        (dict(seed=-3), "seed must be a whole number from 0"),
        (dict(seed=[1, 2]), r"seed must be one number or have the ensemble's shape \(\), got shape \(2,\)"),
        (dict(device="gpu"), "device must be one of auto, cpu, cuda, got 'gpu'"),
        (dict(threads=0), "threads must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_simulation(arguments, words):
    with pytest.raises(ValueError, match=words):
        sk.simulate(sk.SamplingNetwork(W, B), **{"duration": 10.0, **arguments})


def test_bad_steps_device_start_and_memory():
    discrete = sk.SamplingNetwork(W, B, timing="discrete")
    with pytest.raises(ValueError, match="duration must be a whole number of steps"):
        sk.simulate(discrete, 10.5)
    with pytest.raises(RuntimeError, match="'cuda' is not available: no NVIDIA driver"):
        sk.simulate(discrete, 10, device="cuda")
    final = sk.simulate(discrete, 10, replicas=2).final
    with pytest.raises(ValueError, match=r"start is of shape \(2, 2\)"):
        sk.simulate(discrete, 10, start=final)
    spoilt = final._replace(ages=np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="ages in start must be at least 0, got nan"):
        sk.simulate(discrete, 10, replicas=2, start=spoilt)
    for wrong, words in (
        (dict(ages=final.ages + 0.5), "start must be a state of discrete time"),
        (dict(rests=np.zeros(2)), "start must be a state of discrete time"),
        (dict(draws=np.zeros(2)), "draws in start must be an array of uint64"),
        (dict(rests=np.zeros(3)), r"start is of shape \(3,\) in rests"),
    ):
        with pytest.raises(ValueError, match=words):
            sk.simulate(discrete, 10, replicas=2, start=final._replace(**wrong))
    continuous = sk.SamplingNetwork(W, B)
    after = sk.simulate(continuous, 200, replicas=2).final
    later = sk.simulate(discrete, 200, replicas=2).final
    with pytest.raises(ValueError, match="start must be a state of continuous time"):
        sk.simulate(continuous, 10, replicas=2, start=later)
    for rest in (np.nan, np.inf, -0.5):
        with pytest.raises(ValueError, match="rests in start must be finite and at least 0, or -1"):
            sk.simulate(continuous, 10, replicas=2, start=after._replace(rests=np.full(2, rest)))
    with pytest.raises(MemoryError, match="use record=False"):
        sk.simulate(sk.SamplingNetwork(W, B, tau_ref=1), 1e15)


def test_potentials_up_to_500_are_allowed():
    """|a| (|b| + Σ |W| max κ) up to the bound, not beyond; κ of a shape with a peak above 1 counts."""
    sk.SamplingNetwork([[0, 300.0], [0, 0]], [-200.0, 0.0])
    sk.SamplingNetwork([[0, 300.0], [0, 0]], [-200.0, 0.0], 20, "discrete")
    peak = sk.SamplingNetwork(np.zeros((2, 2)), np.zeros(2), 20, "discrete", "exponential", 5.0).psp_table().max()
    sk.SamplingNetwork([[0, 499 / peak], [0, 0]], [0, 0.0], 20, "discrete", "exponential", 5.0)
    for weights, biases, more in (
        ([[0, 301.0], [0, 0]], [-200.0, 0.0], ()),
        ([[0, 0], [-251.0, 0]], [0.0, -250.0], ()),
        ([[0, 501 / peak], [0, 0]], [0, 0.0], (20, "discrete", "exponential", 5.0)),
    ):
        with pytest.raises(ValueError, match="at most 500 is allowed"):
            sk.SamplingNetwork(weights, biases, *more)


def test_members_keep_all_that_makes_them():
    """Gains, periods and shapes of a picked member are its own; effective weights are a_i W_ij, biases a_i b_i."""
    rng = np.random.default_rng(3)
    w, gain = rng.normal(size=(4, 3, 3)) * (1 - np.eye(3)), rng.uniform(0.5, 2, (4, 3))
    net = sk.SamplingNetwork(w, rng.normal(size=3), 20, gain=gain, refractory=gain * 10, psp_length=gain * 7)
    one = net[2]
    np.testing.assert_array_equal(one.gain, gain[2])
    np.testing.assert_array_equal(one.refractory, 10 * gain[2])
    np.testing.assert_array_equal(one.psp_length, 7 * gain[2])
    weights, biases = net.effective()
    assert weights[1, 2, 0] == gain[1, 2] * w[1, 2, 0] and biases[3, 1] == gain[3, 1] * net.biases[3, 1]
    alpha = sk.SamplingNetwork(w, np.zeros(3), 20, "discrete", "alpha", 5.0, refractory=22, psp_length=30)[1]
    assert (alpha.psp, alpha.tau_syn, alpha.refractory, alpha.psp_length) == ("alpha", 5.0, 22, 30)
