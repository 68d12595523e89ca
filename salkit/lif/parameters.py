"""The neuron: leaky integrate-and-fire under strong synaptic noise, and what its constants amount to.

    C du/dt = g_l (E_l − u) + g_e (E_e − u) + g_i (E_i − u) + I       u ≥ θ: a spike; u = reset for tau_ref

Background of ν pulses per ms and kind, of height w_n and time constant τ_n, or its diffusion limit, an
Ornstein–Uhlenbeck process of the same mean and variance (Campbell's theorem):

    ⟨g⟩ = w_n ν τ_n,   Var g = w_n² ν τ_n/2,   correlation time τ_n

Noise makes the total conductance G = g_l + ⟨g_e⟩ + ⟨g_i⟩ large and the membrane fast, τ = C/G ≪ τ_s: the potential
follows the conductances (high-conductance state). Linearised at the threshold, which is where spikes are decided,

    τ du/dt = ū − u + x + s,   ū = (g_l E_l + ⟨g_e⟩ E_e + ⟨g_i⟩ E_i + I)/G,
    Var x = Σ Var g (E − θ)²/G²,   a pulse w of a synapse adds w (E − θ)/G to s, which decays with τ_s

and the free potential is normal around ū with Var u = Var x · τ_n/(τ_n + τ), exactly. Source: Petrovici, Bill,
Bytschok, Schemmel & Meier, Phys. Rev. E 94, 042312 (2016).
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels.cpu import lif_network as kernel
from ..values import check_fields, checked, choice, flag, number

__all__ = ["BACKGROUNDS", "COUPLINGS", "Neuron"]

COUPLINGS = ("linear", "conductance")
BACKGROUNDS = ("diffusion", "poisson")
_LARGEST = 1e4  # mV, and ms
_MOST_PULSES = 20.0  # of one step: the table of the Poisson law ends far beyond

_potential = partial(checked, check=number, least=-_LARGEST, most=_LARGEST)
_time = partial(checked, check=number, positive=True, most=_LARGEST)


@dataclass(frozen=True)
class Neuron:
    """Parameters of a neuron and its synapses, the same for all of a network: ms, mV, nF, µS, nA.

    Parameters
    ----------
    capacitance, leak : float
        C and g_l.
    leak_potential, excitatory, inhibitory : float
        Reversal potentials E_l, E_e, E_i.
    threshold, reset : float
        θ and where the potential is held during tau_ref; a reset at the threshold lets it return at once.
    tau_ref, tau_syn : float
        Refractory time, a whole number of steps, and τ_s. Equal ones make a pulse last about as long as its neuron is
        refractory.
    noise_rate, noise_weight, tau_noise : float
        ν of each kind, per ms, w_n, and τ_n, by default τ_s.
    background : "diffusion" or "poisson"
    coupling : "linear" or "conductance"
        Linear: the equation for u linearised at the threshold, by exact steps.
    renewing : bool
        Whether a pulse replaces what is left of the one before (a depressing synapse whose resources recover with
        τ_s) or adds to it.
    delay : float
        From a spike to its pulses, a whole number of steps, up to tau_ref.
    dt : float
        The step.

    Raises
    ------
    ValueError
        Naming the value and what is allowed.
    """

    capacitance: float = _time(0.1)
    leak: float = _time(0.005)
    leak_potential: float = _potential(-50.0)
    excitatory: float = _potential(0.0)
    inhibitory: float = _potential(-100.0)
    threshold: float = _potential(-50.0)
    reset: float = _potential(-50.01)
    tau_ref: float = _time(10.0)
    tau_syn: float = _time(10.0)
    noise_rate: float = checked(5.0, number, positive=True, most=1e6)
    noise_weight: float = checked(0.002, number, positive=True, most=1e3)
    tau_noise: float | None = checked(None, number, optional=True, positive=True, most=_LARGEST)
    background: str = checked("diffusion", choice, allowed=BACKGROUNDS)
    coupling: str = checked("linear", choice, allowed=COUPLINGS)
    renewing: bool = checked(True, flag)
    delay: float = checked(0.0, number, least=0, most=_LARGEST)
    dt: float = checked(0.1, number, positive=True, most=100)

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.inhibitory < self.reset <= self.threshold < self.excitatory:
            raise ValueError(
                "reset must lie between inhibitory and threshold, and threshold below excitatory, got "
                f"{self.inhibitory:g}, {self.reset:g}, {self.threshold:g}, {self.excitatory:g} mV"
            )
        for name in ("tau_ref", "delay"):
            steps = getattr(self, name) / self.dt
            if abs(steps - round(steps)) > 1e-9 * max(steps, 1.0) or (name == "tau_ref" and round(steps) < 2):
                raise ValueError(f"{name} must be a whole number of steps dt = {self.dt:g}, got {getattr(self, name)}")
        if self.delay > self.tau_ref:
            raise ValueError(f"delay must be at most tau_ref = {self.tau_ref:g}, got {self.delay}")
        for name, tau in (("tau_syn", self.tau_syn), ("tau_noise", self.noise_time)):
            if self.dt > tau / 2:
                raise ValueError(f"dt must be at most half of {name} = {tau:g}, got {self.dt}")
        if self.background == "poisson":
            if self.coupling == "linear":
                raise ValueError("background 'poisson' goes with coupling 'conductance' only")
            if self.noise_rate * self.dt > _MOST_PULSES:
                raise ValueError(f"noise_rate must be at most {_MOST_PULSES / self.dt:g} per ms, got {self.noise_rate}")

    @property
    def steps(self) -> int:
        """tau_ref in steps of dt."""
        return round(self.tau_ref / self.dt)

    @property
    def noise_time(self) -> float:
        """τ_n, in ms."""
        return self.tau_syn if self.tau_noise is None else self.tau_noise

    @property
    def noise_mean(self) -> float:
        """⟨g⟩ of each kind of noise, in µS."""
        return self.noise_weight * self.noise_rate * self.noise_time

    @property
    def noise_sd(self) -> float:
        """Standard deviation of the conductance of each kind of noise, in µS."""
        return self.noise_weight * math.sqrt(self.noise_rate * self.noise_time / 2.0)

    @property
    def conductance(self) -> float:
        """G, the mean total conductance, in µS."""
        return self.leak + 2.0 * self.noise_mean

    @property
    def tau_eff(self) -> float:
        """τ = C/G, the membrane's time constant under noise, in ms."""
        return self.capacitance / self.conductance

    @property
    def drive_sd(self) -> float:
        """Standard deviation of x, in mV."""
        forces = math.hypot(self.excitatory - self.threshold, self.inhibitory - self.threshold)
        return self.noise_sd * forces / self.conductance

    def mean_potential(self, current: Any = 0.0) -> Any:
        """ū for a current in nA, a number or an array of any shape, without recurrent input; in mV."""
        held = self.leak * self.leak_potential + self.noise_mean * (self.excitatory + self.inhibitory)
        return (held + current) / self.conductance

    def current(self, mean_potential: Any) -> Any:
        """The current, in nA, that brings the mean free potential to ū, a number or an array of any shape."""
        return self.conductance * (mean_potential - self.mean_potential())

    @property
    def free_sd(self) -> float:
        """Standard deviation of the free potential, linear coupling, in mV."""
        return self.drive_sd * math.sqrt(self.noise_time / (self.noise_time + self.tau_eff))

    def constants(self) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
        """Kind, constants (16,) and table of the Poisson law (shape (64,), or empty) for the kernel."""
        a, noise = (math.exp(-self.dt / tau) for tau in (self.tau_syn, self.noise_time))
        mean, sd = self.noise_mean, self.noise_sd
        common = [self.threshold, self.reset, a, noise]
        if self.coupling == "linear":
            return kernel.LINEAR, np.array([*common, *self._linear(noise), 0.0, 0.0, 0.0]), np.empty(0)
        added, kind, table = sd * math.sqrt(1.0 - noise * noise), kernel.OU, np.empty(0)
        if self.background == "poisson":  # so that the mean over a step is ⟨g⟩
            added, kind = self.noise_weight * self.noise_time * (1.0 - noise) / self.dt, kernel.POISSON
            table = _poisson(self.noise_rate * self.dt)
        held = self.tau_syn * (1.0 - a) / self.dt
        rest = [held, self.dt / self.capacitance, self.excitatory, self.inhibitory, self.leak]
        return kind, np.array([*common, mean, sd, mean, sd, added, added, *rest, 0.0]), table

    def _linear(self, a: float) -> list[float]:
        """K of s and of x, sd x, cov(v, x)/sd x, rest of v, e, L₁₁, L₂₁, L₂₂ of the exact step."""
        s, tau = self.drive_sd, self.tau_eff
        e = math.exp(-self.dt / tau)
        k = _response(self.dt, self.noise_time, tau)
        cov = var = self.free_sd**2
        xx = s * s * (1.0 - a * a)
        xv = cov - a * (k * s * s + e * cov)
        vv = var - (k * k * s * s + 2.0 * k * e * cov + e * e * var)
        l11 = math.sqrt(xx)
        l21, held = xv / l11, math.sqrt(var - (cov / s) ** 2)
        l22 = math.sqrt(max(vv - l21 * l21, 0.0))
        return [_response(self.dt, self.tau_syn, tau), k, s, cov / s, held, e, l11, l21, l22]

    def pulse_mean(self) -> float:
        """Mean over tau_ref of the potential's answer to a pulse that adds 1 to s: what a logical weight stands for.

        1/tau_ref · ∫₀^tau_ref τ_s/(τ_s − τ) (e^−t/τ_s − e^−t/τ) dt, from the pulse's arrival on.
        """
        t, tau, length = self.tau_syn, self.tau_eff, self.tau_ref
        if abs(t - tau) < 1e-6 * t:
            return (t - (t + length) * math.exp(-length / t)) / length
        slow, fast = -t * math.expm1(-length / t), -tau * math.expm1(-length / tau)
        return t / (t - tau) * (slow - fast) / length


def _response(dt: float, slow: float, fast: float) -> float:
    """(e^−dt/slow − e^−dt/fast) slow/(slow − fast), also where they are equal."""
    if abs(slow - fast) < 1e-6 * slow:
        return dt / slow * math.exp(-dt / slow)
    return (math.exp(-dt / slow) - math.exp(-dt / fast)) * slow / (slow - fast)


def _poisson(mean: float) -> NDArray[np.float64]:
    """Cumulative law of a Poisson number, shape (64,)."""
    term = total = math.exp(-mean)
    table = np.empty(64)
    for k in range(64):
        table[k] = total
        term *= mean / (k + 1)
        total += term
    return table
