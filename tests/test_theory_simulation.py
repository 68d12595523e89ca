"""Theory = simulation in every bin of the STDD, and for the drift it implies.

For each bin k and replica r the residual n_kr − p_k n_r (pairs in the bin, of all pairs) has mean zero, whatever the
correlations of successive pairs; its error comes from the replicas. Bins with fewer than 100 pairs expected are
pooled. Each test fails if one of its m bins has p < 1e-4/m: family-wise false alarm 1e-4 over seeds, at a fixed
seed.
"""

import numpy as np
import pytest
from scipy import stats

import salkit as sk
from salkit.psp import SHAPES

REPLICAS = 80
RANDOM = np.random.default_rng(12).uniform(-1, 1, (4, 4)) * [1.5, 1.5, 1.0, 1.0]  # w_ij, w_ji, b_i, b_j


def residual_p_values(setting, tau_ref, periods, **kw):
    """p-value of each bin, the pooled rest last."""
    w_ij, w_ji, b_i, b_j = setting
    net = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [b_i, b_j], tau_ref, **kw)
    lags, p = sk.stdd.distribution(w_ij, w_ji, b_i, b_j, tau_ref, **kw)
    spikes = sk.simulate(net, periods * tau_ref, seed=13, replicas=REPLICAS)
    _, number, pairs = spikes.stdd_counts(0, 1, t_max=int(lags[-1]))
    z = sk.stdd.bin_z_scores(p, number, pairs)
    z = z[np.isfinite(z)]
    assert z.size > 2 * tau_ref  # the whole refractory range at least
    return 2 * stats.norm.sf(np.abs(z))


@pytest.mark.parametrize("setting", RANDOM)
def test_every_bin_in_continuous_time(setting):
    p_values = residual_p_values(setting, 20.0, 10_000)
    assert p_values.min() > 1e-4 / p_values.size


@pytest.mark.parametrize("psp", SHAPES)
def test_every_bin_in_discrete_time(psp):
    p_values = residual_p_values(RANDOM[0], 12, 6_000, timing="discrete", psp=psp)
    assert p_values.min() > 1e-4 / p_values.size


def test_every_bin_with_the_authors_timing():
    p_values = residual_p_values(RANDOM[1], 12, 6_000, timing="discrete", refractory=13, psp_length=11)
    assert p_values.min() > 1e-4 / p_values.size


def test_a_wrong_law_is_seen():
    """The same test is red for PSPs one step (8 %) too long and for exchanged neurons."""
    w_ij, w_ji, b_i, b_j = RANDOM[0]
    kw = dict(timing="discrete", psp_length=13)
    assert residual_p_values(RANDOM[0], 12, 6_000, **kw).min() > 1e-6
    net = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [b_i, b_j], 12, timing="discrete")
    lags, counts, pairs = sk.simulate(net, 72_000, seed=13, replicas=REPLICAS).stdd_counts(0, 1, t_max=12)
    counts, pairs = counts.sum(axis=0), pairs.sum()
    for wrong in (
        sk.stdd.distribution(w_ij, w_ji, b_i, b_j, 12, t_max=12, **kw)[1],
        sk.stdd.distribution(w_ji, w_ij, b_j, b_i, 12, t_max=12, timing="discrete")[1],
    ):
        assert stats.chi2.sf(np.sum((counts - wrong * pairs) ** 2 / (wrong * pairs)), lags.size) < 1e-6


@pytest.mark.parametrize("kw", [{}, {"timing": "discrete"}])
@pytest.mark.parametrize("window", ["triangular", "exponential"])
def test_drift_is_what_sal_does(kw, window):
    """`sal_drift` per time = mean SAL update with consecutive pairs: 8 comparisons, false alarm 1e-4 each."""
    w_ij, w_ji, b_i, b_j = RANDOM[0]
    net = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [b_i, b_j], 20, **kw)
    copies = sk.SamplingNetwork(np.broadcast_to(net.weights, (REPLICAS, 2, 2)), net.biases, 20, **kw)
    start = sk.simulate(copies, 1000, seed=14, record=False).final
    update = sk.stdp.sal(sk.simulate(copies, 100_000, seed=14, start=start), window, pairing="consecutive")
    drift = sk.stdd.sal_drift(w_ij, w_ji, b_i, b_j, 20, window=window, per="time", **kw)
    for theory, measured in zip(drift, (update[:, 0, 1], update[:, 1, 0]), strict=True):
        assert abs(float(theory)) > 10 * measured.std() / np.sqrt(REPLICAS)
        assert stats.ttest_1samp(measured, float(theory)).pvalue > 1e-4
