"""Simulated pairs against a law, bin by bin."""

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..network import SamplingNetwork
from ..spikes import Spikes
from ..values import array
from ..values import number as at_least
from .law import distribution

__all__ = ["bin_z_scores", "compare", "p_value"]


def bin_z_scores(p: ArrayLike, number: ArrayLike, pairs: ArrayLike, least: float = 100.0) -> NDArray[np.float64]:
    """How far simulated pairs are from a law, bin by bin, in standard errors: shape (bins + 1,), all other lags last.

    For every bin the residual n_r − p·N_r of replica r (pairs in the bin, of all its pairs) has mean zero if p is the
    law, however successive pairs are correlated, and its standard error s/√R comes from the replicas. Counts are
    skewed by γ = (1 − 2p)/√(p(1 − p)⟨N_r⟩), which Hall's cubic takes out of S = mean/s:

        t = √R (S + γS²/3 + γ²S³/27 + γ/(6R))

    Scores are this Student's t with R − 1 degrees of freedom turned into a normal one; the chance of |z| > 4.5 is then
    right to a quarter where a bin expects 100 pairs (twelvefold one-sided without). Bins that expect fewer than `least`
    pairs are nan, and count among the other lags. Source: Hall 1992, J. R. Stat. Soc. B 54, 221.

    Parameters
    ----------
    p : array, shape (bins,)
        Probabilities of the bins, of mass 1 over all lags.
    number, pairs : arrays, shapes (R, bins) and (R,)
        From `Spikes.stdd_counts`, R ≥ 2 replicas.

    Raises
    ------
    ValueError
        For shapes that do not fit.
    """
    law, n, total = array("p", p, least=0, most=1), array("number", number, least=0), array("pairs", pairs, least=0)
    least = at_least("least", least, least=1)
    if law.ndim != 1 or n.ndim != 2 or n.shape != (total.size, law.size) or total.size < 2:
        raise ValueError(
            f"p, number, pairs must be (bins,), (R, bins), (R,), got {law.shape}, {n.shape}, {total.shape}"
        )
    tested = law * total.sum() >= least
    counts = np.column_stack([n, total - n[:, tested].sum(axis=1)])
    share = np.append(law, np.clip(1 - law[tested].sum(), 0, 1))
    residual = counts - share * total[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        skewness = (1 - 2 * share) / np.sqrt(share * (1 - share) * total.mean())
        score = residual.mean(axis=0) / residual.std(axis=0, ddof=1)
        cubic = score + skewness * score**2 / 3 + skewness**2 * score**3 / 27 + skewness / (6 * total.size)
        t = cubic * np.sqrt(total.size)
    z = np.sign(t) * -stats.norm.ppf(stats.t.sf(np.abs(t), total.size - 1))
    return np.where(np.append(tested, True), z, np.nan)


def compare(network: SamplingNetwork, spikes: Spikes, t_max: int | None = None) -> xr.Dataset:
    """The law of a network of two neurons beside spikes, lag by lag.

    Parameters
    ----------
    network : SamplingNetwork, of neurons i = 0 and j = 1
        It need not be the one that spiked: the law of another one is a null.
    spikes : Spikes
        Recorded, in two or more replicas.
    t_max : int, optional
        As in `distribution`.

    Returns
    -------
    Dataset
        `theory`, `simulated` (probability per unit of lag) and `z` (see `bin_z_scores`) by `lag`, and `z_beyond` for
        all other lags; attributes `jump` (a_i W_ij − a_j W_ji) and `tau_ref`.

    Raises
    ------
    ValueError
        As `distribution`, `Spikes.stdd_counts` and `bin_z_scores`.
    """
    lags, theory = distribution(network, t_max=t_max)
    _, number, pairs = spikes.stdd_counts(0, 1, int(lags[-1]))
    z = bin_z_scores(theory, number, pairs)
    shares = number.sum(axis=0) / max(pairs.sum(), 1)
    weights, _ = network.effective()
    return xr.Dataset(
        {"theory": ("lag", theory), "simulated": ("lag", shares), "z": ("lag", z[:-1]), "z_beyond": float(z[-1])},
        coords={"lag": lags},
        attrs={"jump": float(weights[0, 1] - weights[1, 0]), "tau_ref": network.tau_ref},
    )


def p_value(*compared: xr.Dataset) -> float:
    """Bound on the chance of so large a |z| anywhere in all results of `compare`, if the theory is right.

    The smallest two-sided p-value times the number of scores (Bonferroni). Raises ValueError without a result.
    """
    if not compared:
        raise ValueError("p_value needs at least one result of compare")
    z = np.concatenate([np.append(ds.z.values, ds.z_beyond.values) for ds in compared])
    z = z[~np.isnan(z)]
    return float(min(1.0, z.size * 2 * stats.norm.sf(np.abs(z).max())))
