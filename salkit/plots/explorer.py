"""The picture of the explorer: distribution, phase plane and path of one setting of two neurons."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from .style import COLOURS, label_panels, styled

__all__ = ["explorer"]

_PAIR = {"w_ij": COLOURS["i"], "w_ji": COLOURS["j"]}  # the weights that i and j receive


@styled
def explorer(ds: xr.Dataset, field: xr.Dataset) -> Figure:
    """Results of `salkit.explorer.numbers` and `salkit.explorer.plane`: STDD; drift, rest and path; weights."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(8.4, 2.7), width_ratios=[1.1, 1, 1])
    lags, tau_ref = ds.lag.values, ds.attrs["tau_ref"]
    for name, side in (("anti-causal", lags < 0), ("causal", lags > 0)):
        left.bar(lags[side] / tau_ref, ds.density[side], 1 / tau_ref, color=COLOURS[name], alpha=0.6, label=name)
    left.plot(lags / tau_ref, ds.density_equal, "--", color=COLOURS["free"], lw=1, label="equal weights")
    left.set(xlabel="$\\Delta t = t_i - t_j$ ($\\tau_\\mathrm{ref}$)", ylabel="density ($1/\\tau_\\mathrm{ref}$)")
    left.set_ylim(0, 1.45 * left.get_ylim()[1])
    left.legend(loc="upper left")

    w, points = field.w_ij.values, ds.weights.values
    u, v = field.drift_ij.values.T, field.drift_ji.values.T
    scale = np.sqrt(np.maximum(np.hypot(u, v), 1e-12))
    middle.quiver(w, w, u / scale, v / scale, color="#777777", pivot="tail", width=0.006)
    middle.axline((0, 0), slope=1, color="#999999", lw=0.8, ls=":")
    middle.plot(field.rest, w, color=COLOURS["theory"], lw=1.2, label="no drift of $W_{ij}$")
    middle.plot(points[:, 0], points[:, 1], "--", color=COLOURS["sal"], lw=1.6, label="path")
    middle.plot(*points[0], "o", color=COLOURS["sal"])
    middle.set(xlabel="$W_{ij}$", ylabel="$W_{ji}$", aspect="equal", xlim=(-2.25, 2.25), ylim=(-2.25, 2.25))
    middle.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)

    for name, colour in _PAIR.items():
        label = f"$W_{{{name[2:]}}}$"
        right.plot(ds["update"], ds.weights.sel(weight=name), color=colour, label=label)
    right.set(xlabel="updates", ylabel="weight")
    right.legend()
    label_panels((left, middle, right))
    return figure
