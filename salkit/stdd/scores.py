"""Simulated pairs against a law, bin by bin."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..values import array
from ..values import number as at_least

__all__ = ["bin_z_scores"]


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
