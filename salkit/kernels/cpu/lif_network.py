"""Networks of leaky integrate-and-fire neurons under synaptic noise, step by step on a grid of dt.

Order within step t; an age counts the steps from a spike on, 1 in the step after it:

    1  synapses  a spike of age delay + 1 arrives: s_i += w_ij (1 − r_j), r_j = 1; r_j is what is left of j's last
                 pulse (renewing synapses; without renewal the factor is 1)
    2  noise     an Ornstein–Uhlenbeck process by its exact transition, or Poisson pulses
    3  membrane  held at reset for tau_ref steps after a spike, else as below; s and r decay by a = e^−dt/τ_s
    4  spike     where u ≥ threshold at the end of the step

Linear (kind 0), v = u − ū, drive x + s in units of the potential. The step is exact in law: with e = e^−dt/τ, τ the
membrane's time constant, a' and K' as a = e^−dt/τ_s and K = (a − e) τ_s/(τ_s − τ) but with the noise's time constant

    v ← e v + K s + K' x + L₂₁ ξ₁ + L₂₂ ξ₂,     x ← a' x + L₁₁ ξ₁,     L Lᵀ = Σ − A Σ Aᵀ

with Σ the stationary covariance of (x, v), A = [[a', 0], [K', e]] and ξ normal. Conductances (kind 1 with
Ornstein–Uhlenbeck noise, 2 with Poisson pulses): each step has the constant conductances that are the means over it, of
noise its mean at both ends, and u goes towards their weighted reversal potentials by e^(−g dt/C).

Neuron i takes block (t N + i) from the train's first on, whether it is refractory or not; a fresh train begins in the
noise's stationary law, by N blocks more. Statistics as in `kernels.cpu.discrete`.
"""

import numpy as np

from ._jit import entry, jit
from .elementary import exp, log, word_line

__all__ = ["LINEAR", "OU", "POISSON", "quantile", "run_lif"]

LINEAR, OU, POISSON = 0, 1, 2
_BLOCKS = 64  # drawn at a time: the compiler vectorises that


@jit
def _ratio(x, a0, a1, a2, a3, a4, a5, a6, a7, b1, b2, b3, b4, b5, b6, b7):
    """Quotient of two polynomials of degree 7, the lower one with constant 1."""
    up = ((((((a7 * x + a6) * x + a5) * x + a4) * x + a3) * x + a2) * x + a1) * x + a0
    down = ((((((b7 * x + b6) * x + b5) * x + b4) * x + b3) * x + b2) * x + b1) * x + 1.0
    return up / down


@jit
def quantile(p):
    """Φ⁻¹(p) for p in (0, 1), within 1e-15 of it relatively (Wichura 1988, algorithm AS 241)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(
            0.180625 - q * q, 3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427,
            13731.693765509461125, 45921.953931549871457, 67265.770927008700853, 33430.575583588128105,
            2509.0809287301226727, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
            21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610,
        )  # fmt: skip
    r = np.sqrt(-log(min(p, 1.0 - p)))
    if r <= 5.0:
        tail = _ratio(
            r - 1.6, 1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
            1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4,
            2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550, 0.148103976427480074590,
            0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
        )  # fmt: skip
    else:
        tail = _ratio(
            r - 5.0, 6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
            0.0265321895265761230930, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
            0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525, 7.86869131145613259100e-4,
            1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
        )  # fmt: skip
    return -tail if q < 0.0 else tail


@jit
def _draw(seed, run, replica, draw, normal, words, out):
    """Fill out (blocks, 2), two numbers a block from `draw` on: normal ones, or uniforms in (0, 1)."""
    blocks = out.shape[0]
    word_line(seed, run, replica, draw, blocks, words)
    half, twelve = np.uint64(32), np.uint64(12)
    for m in range(blocks):
        for k in range(2):
            a, b = np.uint64(words[4 * m + 2 * k]), np.uint64(words[4 * m + 2 * k + 1])
            u = (np.float64((a << half | b) >> twelve) + 0.5) * 2.0**-52
            out[m, k] = quantile(u) if normal else u


@jit
def _arrivals(u, table):
    """The Poisson number that a uniform stands for."""
    k = 0
    while k < table.size and u >= table[k]:
        k += 1
    return k


@jit
def _begin(kind, constants, normals, noise, u, rest):
    """Noise and potentials of silent neurons from their stationary law; of conductances the noise only."""
    for i in range(u.size):
        p, q = normals[i, 0], normals[i, 1]
        if kind == LINEAR:
            noise[i, 0] = constants[6] * p
            u[i] = rest[i] + constants[7] * p + constants[8] * q
        else:
            e, h = constants[4] + constants[5] * p, constants[6] + constants[7] * q
            noise[i, 0], noise[i, 1] = e, h
            u[i] = (rest[i] + e * constants[12] + h * constants[13]) / (constants[14] + e + h)


@jit
def _run(
    kind, constants, table, refractory, delay, renewing, steps, weights, rest, seed, run, replica, fresh, u, noise,
    synaptic, left, ages, draws, counts, occupancy, pairs, ties, times, neurons,
):  # fmt: skip
    n = u.size
    threshold, reset, a, fade = constants[0], constants[1], constants[2], constants[3]
    draw = draws[0]
    together = max(1, _BLOCKS // n)  # steps whose numbers are drawn at once
    words, drawn = np.empty(4 * together * n, np.uint32), np.empty((together * n, 2))
    if fresh:
        _draw(seed, run, replica, draw, True, words, drawn[:n])
        _begin(kind, constants, drawn, noise, u, rest)
        draw += np.uint64(n)
    fired = np.empty(n, np.int64)
    spikes, never = 0, np.int64(1) << np.int64(60)
    for t in range(steps):
        for j in range(n):
            if ages[j] == delay + 1:
                factor = 1.0 - left[j] if renewing else 1.0
                left[j] = 1.0
                for i in range(n):
                    w = weights[i, j] * factor
                    synaptic[i, 0 if w > 0.0 or kind == LINEAR else 1] += w if kind == LINEAR else abs(w)
        number, row = 0, t % together * n
        if row == 0:
            _draw(seed, run, replica, draw + np.uint64(t) * np.uint64(n), kind != POISSON, words, drawn)
        for i in range(n):
            p, q = drawn[row + i, 0], drawn[row + i, 1]
            if kind == LINEAR:
                x, s = noise[i, 0], synaptic[i, 0]
                v = constants[9] * (u[i] - rest[i]) + (constants[4] * s + constants[5] * x)
                after = rest[i] + (v + (constants[11] * p + constants[12] * q))
                noise[i, 0] = fade * x + constants[10] * p
                synaptic[i, 0] = a * s
            else:
                ge, gi = noise[i, 0], noise[i, 1]
                if kind == OU:
                    he = constants[4] + fade * (ge - constants[4]) + constants[8] * p
                    hi = constants[6] + fade * (gi - constants[6]) + constants[9] * q
                else:
                    he = fade * ge + constants[8] * _arrivals(p, table)
                    hi = fade * gi + constants[9] * _arrivals(q, table)
                noise[i, 0], noise[i, 1] = he, hi
                ge = 0.5 * (ge + he) + constants[10] * synaptic[i, 0]
                gi = 0.5 * (gi + hi) + constants[10] * synaptic[i, 1]
                synaptic[i, 0] *= a
                synaptic[i, 1] *= a
                g = constants[14] + ge + gi
                aim = (rest[i] + ge * constants[12] + gi * constants[13]) / g
                after = aim + (u[i] - aim) * exp(-g * constants[11])
            if ages[i] <= refractory:
                u[i] = reset
            else:
                u[i] = after
                if after >= threshold:
                    fired[number] = i
                    number += 1
            left[i] *= a
        for m in range(number):
            i = fired[m]
            u[i] = reset
            counts[i] += 1
            if times.size > 0:
                times[spikes], neurons[spikes] = t, i
            spikes += 1
            if pairs.size > 0:
                for j in range(n):
                    if j != i and 0 < ages[j] < refractory:
                        pairs[i, j] += 1.0 - ages[j] / refractory
                for k in range(number):
                    if k != m:
                        ties[i, fired[k]] += 1
        for m in range(number):
            ages[fired[m]] = 0
        if occupancy.size > 0:
            state = 0
            for i in range(n):
                state = state << 1 | (1 if ages[i] < refractory else 0)
            occupancy[state] += 1.0
        for i in range(n):
            if ages[i] < never:
                ages[i] += 1
    draws[0] = draw + np.uint64(steps) * np.uint64(n)


@entry
def run_lif(
    first, stop, kind, constants, table, refractory, delay, renewing, steps, weights, rest, seeds, runs, fresh, u,
    noise, synaptic, left, ages, draws, counts, occupancy, pairs, ties, times, neurons,
):  # fmt: skip
    """Run the trains first … stop − 1 of E members × R replicas in place, `steps` steps of dt each.

    kind: `LINEAR`, `OU` or `POISSON`; constants (16,): threshold, reset, a, a', then linear: K, K', standard deviation
    of x, covariance of v with it over that, rest of v's standard deviation, e, L₁₁, L₂₁, L₂₂; conductances: mean and
    standard deviation of both noises, what a normal number or a pulse adds to each, mean of a trace over a step, dt/C,
    both reversal potentials, leak. table: cumulative Poisson law. weights (E, N, N): what a pulse adds to s, or
    conductances, positive ones excitatory; rest (E, N): ū, or the current of leak and electrode. u, left (r of the
    text), ages (E, R, N), noise and synaptic (E, R, N, 2), draws (E, R, 1); statistics as `Sampling`, those of size 0
    are not kept.
    """
    replicas = u.shape[1]
    for k in range(first, stop):
        e, r = k // replicas, k % replicas
        _run(
            kind, constants, table, refractory, delay, renewing, steps, weights[e], rest[e], seeds[e], runs[e],
            np.uint64(r), fresh, u[e, r], noise[e, r], synaptic[e, r], left[e, r], ages[e, r], draws[e, r],
            counts[e, r], occupancy[e, r], pairs[e, r], ties[e, r], times[k], neurons[k],
        )  # fmt: skip
