"""Postsynaptic potentials κ(s) as functions of the time since the spike, and as tables over ages in steps.

    rectangular   1                                            0 < s ≤ tau_ref, then 0
    exponential   c exp(−s/tau_syn)                            s > 0
    cutoff        c exp(−s/tau_syn)                            0 < s ≤ tau_ref, then 0
    tail          1, then exp(−(s − tau_ref)/tau_syn)          s ≤ tau_ref, s > tau_ref
    alpha         tau_ref/tau_syn² · s exp(−s/tau_syn)         s > 0

with c = tau_ref/tau_syn / (1 − exp(−tau_ref/tau_syn)), so that ∫κ over [0, tau_ref] is tau_ref for the first four; for
alpha ∫κ over all s is. In discrete time a spike acts at ages a = 1, 2, … with the average of κ over the step before,

    κ[a] = ∫_{a−1}^{a} κ(s) ds

in closed form, which keeps these sums exact. Shapes with a tail end, not before tau_ref, where κ[a] falls below 1e-6
of the peak; without that tail the sum of alpha is short of tau_ref by less than 1e-5 of it.
Sources: Buesing et al. 2011; Gierlich et al. 2025.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .values import MOST, array, choice, number

__all__ = ["LEAST_TAU", "SHAPES", "kernel", "table"]

SHAPES = ("rectangular", "exponential", "cutoff", "tail", "alpha")
LEAST_TAU = 1e-3  # a shorter time constant overflows

_SMALLEST = 1e-6  # of the peak: where a tail ends
_LONGEST = 1_000_000  # steps


def kernel(name: str, s: ArrayLike, tau_ref: float, tau_syn: float | None = None) -> NDArray[np.float64]:
    """κ(s), any shape; 0 for s ≤ 0.

    Parameters
    ----------
    name : one of `SHAPES`
    s : array
        Times since the spike, in the unit of the two time constants.
    tau_ref : float
    tau_syn : float, optional
        Synaptic time constant (default tau_ref); the rectangle has none.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """
    choice("psp", name, SHAPES)
    tau_ref = number("tau_ref", tau_ref, least=LEAST_TAU, most=MOST)
    tau = tau_ref if tau_syn is None else number("tau_syn", tau_syn, least=LEAST_TAU, most=MOST)
    s = array("s", s, finite=False)
    after, on = np.clip(s, 0.0, 1e300), s <= tau_ref
    if name == "rectangular":
        value = np.where(on, 1.0, 0.0)
    elif name == "tail":
        value = np.where(on, 1.0, np.exp(-np.maximum(s - tau_ref, 0.0) / tau))
    elif name == "alpha":
        x = np.minimum(after / tau, 1e4)  # exp is 0 well before
        value = tau_ref / tau * x * np.exp(-x)
    else:
        value = tau_ref / tau / -np.expm1(-tau_ref / tau) * np.exp(-after / tau)
        if name == "cutoff":
            value = np.where(on, value, 0.0)
    return np.where(s > 0, value, 0.0)


def table(name: str, tau_ref: float, tau_syn: float | None = None, length: int | None = None) -> NDArray[np.float64]:
    """κ[a] for a = 1 … L steps after the spike, shape (L,): entry 0 is age 1.

    Parameters
    ----------
    name : one of `SHAPES`
    tau_ref : int
        Whole number of steps.
    tau_syn : float, optional
        Synaptic time constant in steps (default tau_ref).
    length : int, optional
        For the rectangle its length (default tau_ref); the other shapes are cut after so many steps. Nothing is
        rescaled.

    Raises
    ------
    ValueError
        Naming the value and what is allowed; also for shapes longer than a million steps.

    >>> table("rectangular", 3)
    array([1., 1., 1.])
    >>> float(table("cutoff", 10, tau_syn=4.0).sum().round(12))
    10.0
    """
    choice("psp", name, SHAPES)
    steps = int(number("tau_ref", tau_ref, least=1, most=MOST, steps=True))
    tau = float(steps if tau_syn is None else number("tau_syn", tau_syn, least=LEAST_TAU, most=MOST))
    longest = None if length is None else int(number("length", length, least=1, most=MOST, steps=True))
    if name == "rectangular":
        return np.ones(_fits(longest or steps))
    if name == "cutoff":
        end = float(steps)
    else:
        end = steps + 2 + np.ceil(20 * tau)  # exp(−20) < 1e-6 exp(−1), also times 20
    end = _fits(end if longest is None else min(end, longest))
    values = _averages(name, np.arange(1.0, end + 1), steps, tau)
    peak_age = np.round(tau) + np.arange(-1, 2) if name == "alpha" else np.ones(1)
    peak = _averages(name, np.maximum(peak_age, 1.0), steps, tau).max()
    last = max(steps, int(np.flatnonzero(values >= _SMALLEST * peak).max(initial=0)) + 1)
    return values[:last]


def _averages(name: str, age: NDArray[np.float64], tau_ref: int, tau: float) -> NDArray[np.float64]:
    """∫κ over [a − 1, a] of every shape but the rectangle, without its cut."""
    lost = -np.expm1(-1 / tau)  # 1 − exp(−1/tau)
    if name == "tail":
        after = np.maximum(age - 1 - tau_ref, 0.0)
        return np.where(age <= tau_ref, 1.0, tau * lost * np.exp(-after / tau))
    decay = np.exp(-(age - 1) / tau)
    if name == "alpha":
        return tau_ref / tau * decay * ((age - 1 + tau) * lost - np.exp(-1 / tau))
    return tau_ref / -np.expm1(-tau_ref / tau) * lost * decay


def _fits(length: float) -> int:
    if length > _LONGEST:
        raise ValueError(f"a PSP of {length:.3g} steps is too long, at most {_LONGEST} are allowed: give a length")
    return int(length)
