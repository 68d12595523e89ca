"""PSP shapes: normalisation, tables as bin averages, cuts, errors."""

import numpy as np
import pytest
from scipy.integrate import quad

from salkit import psp


@pytest.mark.parametrize("shape", psp.SHAPES)
@pytest.mark.parametrize(("tau_ref", "tau_syn"), [(20, None), (20, 7.5), (5, 12.0)])
def test_tables_are_bin_averages_of_the_kernel(shape, tau_ref, tau_syn):
    table = psp.table(shape, tau_ref, tau_syn)
    for age in {1, 2, tau_ref, tau_ref + 1, table.size}:
        if age <= table.size:
            area = quad(lambda s: float(psp.kernel(shape, s, tau_ref, tau_syn)), age - 1, age, points=[age - 0.5])[0]
            assert table[age - 1] == pytest.approx(area, abs=1e-9)


@pytest.mark.parametrize("shape", psp.SHAPES)
def test_area_is_one_refractory_period(shape):
    """Over [0, tau_ref], or over all times for the alpha function; tails go on to 1e-6 of the peak."""
    table = psp.table(shape, 30, 11.0)
    assert (table.sum() if shape == "alpha" else table[:30].sum()) == pytest.approx(30, rel=1e-5)
    if shape in ("rectangular", "cutoff"):
        assert table.size == 30
    else:
        assert table.size > 100 and table[-1] < 2e-6 * table.max() and np.all(np.diff(table[60:]) < 0)


def test_shapes_differ_where_they_should():
    s = np.array([-1.0, 0.0, 1.0, 20.0, 20.5, 60.0])
    values = {shape: psp.kernel(shape, s, 20.0, 10.0) for shape in psp.SHAPES}
    assert all(np.all(value[:2] == 0) for value in values.values())
    assert values["rectangular"].tolist() == [0, 0, 1, 1, 0, 0]
    assert values["cutoff"][4] == 0 < values["exponential"][4]
    assert values["exponential"][2] / values["exponential"][3] == pytest.approx(np.exp(1.9))
    assert values["tail"][3:5].tolist() == pytest.approx([1, np.exp(-0.05)])
    assert psp.kernel("alpha", 10.0, 20.0, 10.0) == pytest.approx(2 / np.e)  # its peak, at tau_syn


def test_length_cuts():
    assert psp.table("rectangular", 20, length=19).size == 19
    assert psp.table("rectangular", 20, length=25).tolist() == [1.0] * 25
    np.testing.assert_array_equal(psp.table("alpha", 20, length=33), psp.table("alpha", 20)[:33])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("square", 20), "psp must be one of rectangular, exponential, cutoff, tail, alpha, got 'square'"),
        (("alpha", 0), "tau_ref must be finite and at least 1, got 0"),
        (("alpha", 2.5), "tau_ref must be a whole number of steps, got 2.5"),
        (("alpha", "20"), "tau_ref must be a number, got '20'"),
        (("alpha", 20, -1.0), "tau_syn must be finite and at least 0.001, got -1.0"),
        (("alpha", 20, np.nan), "tau_syn must be finite and at least 0.001, got nan"),
        (("alpha", 20, None, 0), "length must be finite and at least 1, got 0"),
        (("alpha", 20, None, 1.5), "length must be a whole number of steps, got 1.5"),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        psp.table(*arguments)
