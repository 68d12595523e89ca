"""Integrate-and-fire neurons under synaptic noise: exact membranes, first passages, sampling, and SAL between them."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import integrate, special

from salkit import boltzmann, lif, plots, stdp
from salkit.estimates import Estimate
from salkit.kernels.cpu.lif_network import quantile
from salkit.lif import theory

NEURON = lif.Neuron()
FREE = replace(NEURON, excitatory=150.0, inhibitory=-250.0)  # far from all thresholds: it does not spike


def alone(neuron, levels, duration, replicas, seed=1):
    """Shares of time on of single neurons at mean potentials `levels`."""
    net = lif.Network(np.zeros((len(levels), 1, 1)), neuron.current(np.asarray(levels))[:, None], neuron)
    return lif.simulate(net, duration, seed, replicas, record=False)[0].rates()[:, 0]


def test_quantiles_of_the_normal_law():
    tails = 10.0 ** -np.arange(1, 16)
    p = np.concatenate([tails, np.linspace(0.001, 0.999, 998), 1 - tails[:12]])
    np.testing.assert_allclose([quantile(x) for x in p], special.ndtri(p), rtol=3e-15)


@pytest.mark.parametrize("dt", [1.0, 0.25])
@pytest.mark.parametrize("noise", [None, 2.0])
def test_free_membrane_has_its_exact_law(dt, noise):
    """From no noise at all into the stationary law, whatever the step: mean, variance, covariance with the drive.

    20000 independent neurons: the standard error of a variance is 1 %; four of them, false alarms 1 in 1600 each.
    """
    neuron = replace(FREE, dt=dt, tau_noise=noise, capacitance=0.4)
    current = neuron.current(neuron.threshold - 10 * neuron.drive_sd)
    net, count = lif.Network(np.zeros((1, 1)), [current], neuron), 20_000
    _, begin = lif.simulate(net, dt, replicas=count, record=False)
    begin.noise[:], begin.potential[:] = 0.0, neuron.threshold - 5
    spikes, end = lif.simulate(net, 150.0, 3, count, record=False, start=begin)
    mean, variance = lif.free_membrane(neuron, current)
    u, x = end.potential.ravel(), end.noise[..., 0].ravel()
    assert spikes.counts().sum() == 0
    assert abs(u.mean() - mean) < 4 * np.sqrt(variance / count)
    assert abs(u.var() / variance - 1) < 4 * np.sqrt(2 / count)
    assert abs(x.var() / neuron.drive_sd**2 - 1) < 4 * np.sqrt(2 / count)
    assert abs(np.cov(u, x)[0, 1] / variance - 1) < 4 * np.sqrt(2 / count)  # Cov(u, x) = Var u
    fresh = lif.simulate(net, dt, 4, count, record=False)[1].potential.ravel()  # silence begins in the same law
    assert abs(fresh.mean() - mean) < 4 * np.sqrt(variance / count)
    assert abs(fresh.var() / variance - 1) < 4 * np.sqrt(2 / count)


@pytest.mark.parametrize("renewing", [True, False])
@pytest.mark.parametrize("delay", [0.0, 3.0])
def test_pulses_are_the_solution_of_the_membrane_equation(renewing, delay):
    """The same noise with and without a synapse: the difference is the pulses' answer, without any noise."""
    neuron = replace(FREE, renewing=renewing, delay=delay)
    current = [neuron.current(neuron.threshold + 2.0), neuron.current(neuron.threshold - 10 * neuron.drive_sd)]
    nets = [lif.Network([[0.0, 0.0], [w, 0.0]], current, neuron) for w in (0.01, 0.0)]
    (spikes, one), (_, other) = (lif.simulate(net, 123.4, 5) for net in nets)
    ages = (1233 - spikes.times) * 0.1 - delay  # of pulses at the end of the run
    pulses, taus = ages[(ages > 0) & (spikes.neurons == 0)], (neuron.tau_syn, neuron.tau_eff)
    assert pulses.size > 4 and 1 not in spikes.neurons
    heights, left = np.ones(pulses.size), 0.0
    if renewing:
        for k, gap in enumerate(np.append(-np.diff(pulses), 0.0)):
            heights[k] = 1.0 - left
            left = np.exp(-gap / neuron.tau_syn)
    size = 0.01 * (neuron.excitatory - neuron.threshold) / neuron.conductance
    shape = (np.exp(-pulses / taus[0]) - np.exp(-pulses / taus[1])) * taus[0] / (taus[0] - taus[1])
    expected = size * np.sum(heights * shape)
    assert one.potential[0, 0, 1] - other.potential[0, 0, 1] == pytest.approx(expected, rel=1e-9)
    area = integrate.quad(
        lambda t: (np.exp(-t / taus[0]) - np.exp(-t / taus[1])) * taus[0] / (taus[0] - taus[1]), 0, 10.0
    )[0]
    assert neuron.pulse_mean() == pytest.approx(area / 10.0, rel=1e-9)


def test_equal_time_constants_are_the_limit():
    near = replace(NEURON, capacitance=10.0 * NEURON.conductance)
    other = replace(near, capacitance=near.capacitance * 1.001)
    assert near.tau_eff == pytest.approx(near.tau_syn)
    assert near.pulse_mean() == pytest.approx(other.pulse_mean(), rel=1e-3)
    np.testing.assert_allclose(near.constants()[1], other.constants()[1], rtol=3e-3)


def test_first_passages():
    """Siegert's integral against SciPy's, and a refractory time so long that neurons forget: one integral is left."""
    for y, h in ((-2.0, 0.5), (0.3, 1.5)):
        siegert = integrate.quad(lambda s: np.exp(s * s) * (1 + special.erf(s)), y / np.sqrt(2), h / np.sqrt(2))[0]
        assert theory._passage(y, h) == pytest.approx(np.sqrt(np.pi) * siegert, rel=1e-10)
    for h in (-1.0, 0.0, 1.0):
        wait = integrate.quad(lambda y, h=h: np.exp(-y * y / 2) * theory._passage(y, h), -9, h)[0] / np.sqrt(2 * np.pi)
        assert lif.fast_membrane(h, 100.0, 1.0) == pytest.approx(100.0 / (100.0 + wait), rel=1e-9)


@pytest.mark.parametrize("dt", [0.2, 0.1])
def test_rates_of_a_fast_membrane_are_those_of_first_passages(dt):
    """Without a membrane of its own (τ = 0.05 µs) rates follow from Siegert's formula and the chain of bursts.

    Released one step after tau_ref. 2 · 10⁴ tau_ref a level: standard errors up to 0.0055 (of 1.6 · 10⁵: 0.002, and
    agreement within 0.003), four of them are 0.02. The threshold's shift is worth up to 0.05.
    """
    fast, h = replace(NEURON, capacitance=1e-5, dt=dt), np.array([-1.5, -0.5, 0.5, 1.5])
    measured = alone(fast, fast.threshold - h * fast.free_sd, 50_000.0, 4)
    expected = lif.fast_membrane(h, 10 + dt, 10, dt) * 10 / (10 + dt)
    np.testing.assert_allclose(measured, expected, rtol=0, atol=0.02)
    assert lif.fast_membrane(0.5, 10, 10) - measured[2] > 0.022


def test_spikes_keep_their_distance_and_statistics_are_those_of_the_spikes():
    w, b = boltzmann.random_machine(3, 4)
    fitted = lif.activation(NEURON)
    net = lif.translate(w, b, replace(NEURON, delay=1.0), fitted.offset, fitted.slope)
    spikes, _ = lif.simulate(net, 20_000.0, 2)
    for i in range(3):
        intervals = np.diff(spikes.times[spikes.neurons == i])
        assert intervals.min() == 101 and intervals.size > 300  # burst: held for 100 steps, free in the next
    recount = stdp._forward(spikes, "triangular", None, "nearest")
    np.testing.assert_allclose(recount, spikes.pairs, atol=1e-9)
    states = spikes.state_distribution()
    z = boltzmann.states(3)
    np.testing.assert_allclose(states @ z, spikes.rates(), atol=2e-3)  # but for on-intervals cut by the end
    together = np.einsum("k,ki,kj->ij", states, z, z)
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(together[off], spikes.coactivation()[off], atol=1e-9)


def test_the_same_spikes_in_pieces_and_on_any_threads():
    w, b = np.stack([boltzmann.random_machine(3, seed)[0] for seed in (1, 2)]), np.zeros((2, 3))
    for neuron in (
        NEURON,
        replace(NEURON, coupling="conductance"),
        replace(NEURON, coupling="conductance", background="poisson"),
    ):
        net = lif.translate(w, b, neuron, -51.7, 2.0)
        in_all, end = lif.simulate(net, 700.0, 9, 2, threads=2)
        first, middle = lif.simulate(net, 333.3, 9, 2, threads=1)
        second, last = lif.simulate(net, 366.7, 9, 2, threads=1, start=middle)
        assert all(np.array_equal(one, two) for one, two in zip(end, last, strict=True))
        np.testing.assert_array_equal(first.counts() + second.counts(), in_all.counts())
        other = lif.simulate(lif.Network(net.weights[1], net.currents[1], neuron), 700.0, 9, 2, first_run=1)[0]
        np.testing.assert_array_equal(other.counts(), in_all.counts()[1])
        assert not np.array_equal(in_all.counts()[0, 0], in_all.counts()[0, 1])


def test_logistic_fit_finds_its_curve():
    x = np.linspace(-5, 9, 17)
    assert lif.logistic_fit(x, special.expit((x - 1.5) / 0.7)) == pytest.approx((1.5, 0.7), rel=1e-9)


def test_activation_is_nearly_logistic_and_the_step_is_fine_enough():
    """Within 0.03 of σ at all levels, in both couplings; half the step moves no rate by more than noise and 0.01."""
    fitted = lif.activation(NEURON)
    assert fitted.misfit < 0.03 and fitted.slope_error < 0.02 * fitted.slope
    assert np.max(np.abs(fitted.logistic(fitted.levels) - fitted.rates.mean(axis=1))) == pytest.approx(fitted.misfit)
    other = lif.activation(replace(NEURON, coupling="conductance"))
    assert other.misfit < 0.03
    assert (other.offset, other.slope) == pytest.approx((fitted.offset, fitted.slope), abs=0.1)
    offset, slope = lif.assumed(NEURON)
    assert offset - fitted.offset > 10 * fitted.offset_error and slope / fitted.slope > 1.02  # what nobody fitted
    levels = fitted.offset + fitted.slope * np.array([-2.0, 0.0, 2.0])
    coarse, fine = (alone(replace(NEURON, dt=dt), levels, 50_000.0, 4) for dt in (0.1, 0.05))
    np.testing.assert_allclose(coarse, fine, atol=0.02)


def test_diffusion_is_the_limit_of_many_pulses():
    """Rates under Poisson pulses and under the Ornstein–Uhlenbeck noise of their moments, within 4 standard errors.

    2 · 10⁴ tau_ref a level in bursts of some three: errors of 0.006 each.
    """
    poisson = replace(NEURON, coupling="conductance", background="poisson")
    levels = NEURON.threshold + NEURON.drive_sd * np.array([-1.5, -0.5, 0.5])
    one, two = (alone(neuron, levels, 50_000.0, 4) for neuron in (poisson, replace(poisson, background="diffusion")))
    np.testing.assert_allclose(one, two, atol=0.035)


def test_calibrated_neurons_sample_a_boltzmann_machine():
    """D_KL below 0.02 in 2 · 10⁴ tau_ref (sampling: about 0.002), tenfold with the fit nobody made, or no weights."""
    w, b = boltzmann.random_machine(4, 3)
    exact, fitted = boltzmann.distribution(w, b), lif.activation(NEURON)
    calibrated, assumed = (fitted.offset, fitted.slope), lif.assumed(NEURON)

    def divergence(weights, pair):
        spikes, _ = lif.simulate(lif.translate(weights, b, NEURON, *pair), 100_000.0, 6, 2, record=False)
        return boltzmann.kl_divergence(exact, spikes.state_distribution())

    found = divergence(w, calibrated)
    assert found < 0.02
    assert divergence(w, assumed) > 10 * found and divergence(0 * w, calibrated) > 10 * found


ONE = lif.Alignment(sizes=(4,), biases=(-1.0,), length=4000, records=4, validation_length=4000.0)
TWO = lif.Alignment(
    sizes=(8, 8), biases=(-1.0, -1.0), weight_noise=0.0, span=0.6, spread=0.0, learns="none", length=6000,
    cycle_length=1000, records=1,
)  # fmt: skip


def test_sal_makes_weights_meet_and_the_law_follows():
    """Four machines: asymmetry falls to a fifth in all but one at most, D_KL with it; with no SAL nothing changes."""
    learned, held = lif.train(ONE, range(4)), lif.train(replace(ONE, lr_sal=0.0), range(4))
    first, last = (learned.asymmetry.isel(time=k).values for k in (0, -1))
    assert np.median(last / first) < 0.2
    assert np.median(learned.kl.values[:, 1] / learned.kl.values[:, 0]) < 0.5
    np.testing.assert_array_equal(held.asymmetry.values, np.repeat(first[:, None], 5, axis=1))
    np.testing.assert_allclose(held.kl.values[:, 0], learned.kl.values[:, 0])
    w = learned.weights.values
    np.testing.assert_allclose(w[:, 0] + np.swapaxes(w[:, 0], 1, 2), w[:, 1] + np.swapaxes(w[:, 1], 1, 2))
    again = lif.train([ONE, replace(ONE, lr_sal=0.0)], [(2, 2), (1, 1)], threads=1)
    np.testing.assert_array_equal(again.weights.values[0], w[2])  # whatever else runs along


def slopes(parameters, runs):
    """Least squares of the drift of B on 1, W and B, of all runs' pairs together."""
    found = lif.train(parameters, range(runs))
    back, forth = found.backward.values[:, 0], np.swapaxes(found.forward.values[:, 0], 1, 2)
    design = np.stack([np.ones(back.size), forth.ravel(), back.ravel()], axis=1)
    return np.linalg.lstsq(design, found.drift.values.mean(axis=1).ravel(), rcond=None)[0][1:]


def test_drift_vanishes_at_equal_weights_where_rates_are_equal():
    """256 pairs over 6000 tau_ref: slopes of 0.035 with errors of 0.002; 5 of them, and 8 for what is unequal."""
    forward, backward = slopes(TWO, 4)
    assert forward > 0.02 and forward / -backward == pytest.approx(1.0, abs=0.25)
    forward, backward = slopes(replace(TWO, biases=(-1.5, 1.5)), 4)
    assert forward > 0 and forward / -backward < 0.65


def test_a_delay_of_half_the_refractory_time_ends_it():
    here, late = (slopes(replace(TWO, biases=(0.0, 0.0), neuron=replace(NEURON, delay=d)), 2)[0] for d in (0.0, 5.0))
    assert late < 0.25 * here


def test_backward_weights_alone_learn_where_told():
    found = lif.train(replace(TWO, learns="backward", length=300, cycle_length=100, records=3, lr_sal=0.5), [1])
    assert np.ptp(found.forward.values, axis=1).max() == 0 < np.ptp(found.backward.values, axis=1).min()
    assert found.spikes.values[0, -1] / 300 == pytest.approx(found.rates.values.mean(), rel=1e-12)


def test_figures_show_what_they_are_given():
    fitted = lif.Activation(NEURON, np.linspace(-60, -40, 5), np.full((5, 2), 0.5), -50.0, 2.0, 0.1, 0.1, 0.49)
    law, one = np.full(4, 0.25), Estimate(1.0, 0.9, 1.1)
    sampling = plots.lif_sampling(fitted, law, {"calibrated": law, "not": law})
    learning = plots.lif_alignment([0, 1], {"SAL": np.array([[1.0, 0.1]] * 2)}, {"SAL": np.array([[0.1, 0.01]] * 2)})
    drift = plots.lif_drift({"a": one, "b": one}, {"rates": (np.array([0.0, 5.0]), [one, one])})
    assert all(isinstance(figure, Figure) for figure in (sampling, learning, drift))
    shown = plots.style.drawn(learning)
    np.testing.assert_allclose(shown[0]["shown"][0]["y"], [1.0, 0.1])
    np.testing.assert_allclose([line["x"] for line in shown[1]["shown"]], [[0.1, 0.1], [0.01, 0.01]])
    assert fitted.misfit_of(-50.0, 2.0) == pytest.approx(np.max(np.abs(0.5 - fitted.logistic(fitted.levels))))
