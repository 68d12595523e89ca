"""The notebook explorer: its numbers are the theory's, its path ends where SAL rests, and it says what is missing."""

import sys

import numpy as np
import pytest

import salkit as sk
from salkit import explorer

SETTING = dict(w_ij=1.2, w_ji=0.2, b_i=-0.5, b_j=0.4, tau_ref=8)


@pytest.mark.parametrize("shape", explorer.SHAPES)
def test_numbers_are_the_theory(shape):
    ds = explorer.numbers(**SETTING, shape=shape, tau_syn=0.4)
    kind = explorer.SHAPES[shape]
    more = dict(timing=kind["timing"], psp=kind["psp"], tau_syn=None if kind["psp"] == "rectangular" else 3.2)
    lags, p = sk.stdd.distribution(*SETTING.values(), t_max=24, **more)
    assert np.array_equal(ds.lag, lags) and np.allclose(ds.density, 8 * p, rtol=0, atol=1e-15)
    assert float(ds.drift_ij) == sk.stdd.sal_drift(*SETTING.values(), **more)[0]
    assert ds.weights.shape == (explorer.UPDATES + 1, 2)
    step = ds.weights.values[1] - ds.weights.values[0]
    assert np.allclose(step, explorer.RATE * float(ds.drift_ij) * np.array([1, -1]), atol=1e-15)


def test_path_conserves_the_sum_and_ends_where_nothing_drifts():
    points = explorer.path(**SETTING)
    assert np.allclose(points.sum(axis=1), 1.4) and np.allclose(points[-1], 0.7, atol=0.01)
    discrete = explorer.path(**SETTING, shape="alpha")[-1]
    assert abs(discrete[0] - discrete[1]) > 1e-3  # in discrete time it rests beside the diagonal


def test_plane_rests_on_the_diagonal_in_continuous_time():
    field = explorer.plane(0.5, -0.5, 10)
    assert np.allclose(field.rest, field.w_ji, atol=1e-9)
    off = explorer.plane(0.5, -0.5, 10, "rectangular").rest
    exact = sk.stdd.fixed_point(0.5, 0.5, -0.5, 10, timing="discrete")
    assert abs(float(off.sel(w_ji=0.5)) - exact) < 0.02 and abs(exact - 0.5) > 0.02


def test_summary_and_picture():
    ds = explorer.numbers(**SETTING)
    assert f"Drift of W_ij {float(ds.drift_ij):.4f} per pair" in explorer.summary(ds)
    figure = sk.plots.explorer(ds, explorer.plane(-0.5, 0.4, 8))
    assert len(figure.axes) == 3 and len(figure.axes[0].patches) == 48


def test_shares_do_not_depend_on_the_bins():
    """In continuous time the refractory period is but the unit; the lags' bins are coarse at 5 steps."""
    found = [explorer.numbers(**SETTING | dict(tau_ref=tau_ref)) for tau_ref in (5, 20)]
    assert float(found[0].causal) == float(found[1].causal) and float(found[0].anti_causal) < float(found[0].causal)
    lags, p = sk.stdd.distribution(1.2, 0.2, -0.5, 0.4, 1000, t_max=1000)
    assert float(found[0].causal) == pytest.approx(p[lags > 0].sum() + p[lags == 0][0] / 2 - p[-1] / 2, abs=1e-3)
    assert f"i follows j in {100 * float(found[0].causal):.1f} %" in explorer.summary(found[0])


def test_unknown_shape():
    with pytest.raises(ValueError, match=r"shape must be one of continuous, rectangular, .*, got 'square'"):
        explorer.numbers(**SETTING, shape="square")


def test_without_ipywidgets_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(RuntimeError, match="the explorer needs ipywidgets"):
        explorer.show()
