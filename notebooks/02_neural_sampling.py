# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How spiking neurons draw samples from a Boltzmann distribution
#
# > *"For example, wake-sleep learning in networks characterized by Boltzmann distributions inherently builds on the
# > assumption of symmetric connectivity."*
# > — Baumbach, Kungl, Max & Petrovici, the abstract that this suite rebuilds
#
# **What you will do.** Build the network model of the paper from one neuron upwards, let it run, and compare how often it
# visits each of its states with an exact formula.
#
# **What you will learn.** Why noisy spiking neurons *sample*: their states come up with the probabilities of a Boltzmann
# distribution. How fast the samples get better ($D_\mathrm{KL}\propto 1/T$), what is lost when time goes in steps, and
# how much one step of misplaced timing costs. Last, why spike-timing-dependent plasticity measures just the quantity that
# such a network needs in order to learn.
#
# **What you need.** Python and a little probability. No neuroscience: every term is explained where it first appears, and again
# in the [glossary](../docs/glossary.md).
#
# All sizes follow from the next cell. `preset = "tutorial"` takes about a minute; `"paper"` samples up to twenty-five times
# longer. `seed` names the random numbers: the same seed gives the same spikes on every machine.

# %% tags=["parameters"]
preset = "tutorial"
seed = 1
device = "auto"

# %%
import numpy as np

import salkit as sk

sizes = sk.figures.pick(
    preset, device, replicas=(20, 100), machines=(16, 20), longest=(5e6, 1e8), floor=(2e5, 5e6), limit=(3e5, 3e6)
)
parameters = dict(preset=preset, seed=seed, device=device)
tau_ref = 50

# %% [markdown]
# ## 1 One neuron
#
# A neuron emits *spikes*: events without size. After each spike it is *on*, $z = 1$, for the *refractory period*
# $\tau_\mathrm{ref}$, and cannot spike again meanwhile. Otherwise it is off, $z = 0$, and spikes at random, at the rate
# (the *hazard*)
#
# $$ \frac{1}{\tau_\mathrm{ref}}\, e^{u}, \qquad u = b \text{ for a neuron on its own.} $$
#
# $u$ is the *membrane potential*, $b$ the *bias*. The neuron stays on for $\tau_\mathrm{ref}$ and off for
# $\tau_\mathrm{ref}\, e^{-b}$ on average, so the share of the time that it is on is
#
# $$ P(z = 1) = \frac{1}{1 + e^{-b}} = \sigma(b), $$
#
# the *logistic function*. The same holds in *discrete* time, where $\tau_\mathrm{ref}$ is a number of steps and the neuron
# spikes in each free step with probability $\sigma(u - \ln\tau_\mathrm{ref})$. That is all there is to it:

# %%
random = np.random.default_rng(seed)
b, steps, free_at, on = 1.0, 200_000, 0, 0
for t in range(steps):
    if t >= free_at and random.random() < 1 / (1 + tau_ref * np.exp(-b)):
        free_at = t + tau_ref  # a spike: on, and refractory, until then
    on += t < free_at
print(f"on for {on / steps:.2f} of the time, expected {1 / (1 + np.exp(-b)):.2f}")

# %% [markdown]
# The library does the same, compiled, in both timings. In continuous time it jumps from event to event. Below are thirteen
# biases, each with independent copies (*replicas*), whose scatter gives the error bars.
#
# The authors' published code differs from the model by one step on either side: after a spike a neuron waits
# $\tau_\mathrm{ref} + 1$ steps, and acts on others for $\tau_\mathrm{ref} - 1$. Counting steps, the share of the time
# that it is on becomes $1/(1 + 1/\tau_\mathrm{ref} + e^{-b})$. We carry it along as a third *timing*.

# %%
timings = {
    "continuous": dict(timing="continuous"),
    "discrete": dict(timing="discrete"),
    "authors": dict(timing="discrete", refractory=tau_ref + 1, psp_length=tau_ref - 1),
}
biases, on = np.linspace(-3, 3, 13), {}
for name, kind in timings.items():
    neurons = sk.SamplingNetwork(np.zeros((13, 1, 1)), biases[:, None], tau_ref, **kind)
    spikes = sk.simulate(neurons, 10_000 * tau_ref, seed, sizes.replicas, record=False, device=device)
    on[name] = spikes.occupancy[..., 1] / spikes.duration  # (bias, replica): share of the time with z = 1
    print(f"{name:10s} {spikes.counts().sum()} spikes")

# %%
logistic = 1 / (1 + np.exp(-biases))
expected = {"continuous": logistic, "discrete": logistic, "authors": 1 / (1 + 1 / tau_ref + np.exp(-biases))}
logit = {name: np.log(share / (1 - share)) for name, share in on.items()}
slopes = np.polyfit(biases, logit["continuous"], 1)[0], np.polyfit(biases, logit["discrete"], 1)[0]
ours, theirs = np.concatenate(slopes), on["authors"][8]  # bias 1
Claim, interval = sk.claims.Claim, sk.claims.mean_interval
claims_1 = [
    Claim("One neuron: slope of ln P(1)/P(0) against its bias, both timings", "1, as P(z=1) = σ(b)", ours.mean(),
          interval(ours), above=0.99, below=1.01, digits=4),
    Claim("One neuron in the authors' timing, b = 1: P(z=1) is off σ(b) = 0.731", "0.7205, from its published code",
          theirs.mean(), interval(theirs), above=0.7175, below=0.7235, digits=4),
]  # fmt: skip

# %%
networks = {b: sk.SamplingNetwork([[0]], [b], tau_ref) for b in (-1.5, 0, 1.5)}
examples = {b: sk.simulate(network, 20 * tau_ref, seed, device=device) for b, network in networks.items()}
fig = sk.plots.one_neuron(examples, biases, on, expected)
sk.figures.save(fig, "02_one_neuron", data={"biases": biases, "on": on, "expected": expected},
                parameters=parameters, seeds=seed, claims=claims_1)  # fmt: skip
fig

# %% [markdown]
# (a) Three neurons: a bar is a spike, the shade the time it switches its neuron on. (b) All three timings follow the
# logistic function at this scale. (c) The difference, with 95 % confidence intervals over replicas: both our timings are
# exact; one step too many makes an active neuron miss up to 2 % (dashed: the formula above).
#
# ## 2 Several neurons
#
# A *synapse* from neuron $j$ to neuron $i$ has a *weight* $W_{ij}$. While $j$ is on it adds the weight to the potential of
# $i$ (in the field's terms, a *rectangular postsynaptic potential* of length $\tau_\mathrm{ref}$):
#
# $$ u_i = b_i + \sum_j W_{ij}\, z_j . $$
#
# A positive weight *excites*, a negative one *inhibits*. The network's *state* is $z = (z_0, \dots, z_{N-1})$; read as a
# binary number, neuron 0 first, it has a number $k$ from 0 to $2^N - 1$. Neurons 0 and 1 excite each other here, and 2
# inhibits both:

# %%
weights = np.array([[0, 1.5, -2.0], [1.5, 0, -2.0], [-2.0, -2.0, 0]])
network = sk.SamplingNetwork(weights, [-0.5, -0.5, 0.3], tau_ref)
spikes = sk.simulate(network, 20 * tau_ref, seed + 1, device=device)

edges = np.unique([0, *spikes.times, *(spikes.times + tau_ref), spikes.duration])
edges = edges[edges <= spikes.duration]
middle = (edges[:-1] + edges[1:]) / 2
trains = [spikes.times[spikes.neurons == j] for j in range(3)]
z = np.array([[np.any((train <= t) & (t < train + tau_ref)) for train in trains] for t in middle])
u_0 = network.biases[0] + z @ weights[0]
print("spikes of each neuron:", *spikes.counts()[0], "  potentials of neuron 0:", *np.unique(u_0.round(2)))
fig = sk.plots.network(spikes, (edges, u_0), neuron=0)
sk.figures.save(fig, "02_network", data={"times": spikes.times, "neurons": spikes.neurons, "edges": edges, "u_0": u_0},
                parameters=parameters, seeds=seed + 1)  # fmt: skip
fig

# %% [markdown]
# (a) On-intervals, and below them the number of the state. (b) The potential of neuron 0 jumps whenever one of the others
# goes on or off; shaded: neuron 0 is on, and its potential has no effect.
#
# ## 3 How often each state comes up
#
# If the weights are *symmetric*, $W_{ij} = W_{ji}$, the share of time that the network spends in state $z$ tends to
#
# $$ p^*(z) = \frac{1}{Z} \exp\Big( \tfrac12 \sum_{i,j} W_{ij} z_i z_j + \sum_i b_i z_i \Big), \qquad Z = \sum_z \exp(\dots), $$
#
# the *Boltzmann distribution*; in continuous time exactly so (Buesing et al. 2011). The network is then a *Boltzmann
# machine* that draws samples from $p^*$. ($\tfrac12$, as the sum has every pair twice.) With five neurons there are 32 states, and $p^*$ is quickly written down:

# %%
weights, biases = sk.boltzmann.random_machine(5, seed)  # uniform in (−1, 1), as in the paper
states = sk.boltzmann.states(5)
exact = np.exp(0.5 * np.sum(states @ weights * states, axis=1) + states @ biases)
exact /= exact.sum()
network, sampled = sk.SamplingNetwork(weights, biases, tau_ref), {}
for periods, label in ((1_000, r"$T = 10^3\,\tau_\mathrm{ref}$"), (1_000_000, r"$T = 10^6\,\tau_\mathrm{ref}$")):
    spikes = sk.simulate(network, periods * tau_ref, seed + 2, record=False, device=device)
    sampled[label] = spikes.state_distribution()
    error = np.abs(sampled[label] / exact - 1)
    print(f"{spikes.counts().sum()} spikes: median error {100 * np.median(error):.2f} %")
fig = sk.plots.state_histogram(exact, sampled)
sk.figures.save(fig, "02_state_histogram", data={"exact": exact, "sampled": list(sampled.values())},
                parameters=parameters, seeds=[seed, seed + 2])  # fmt: skip
fig

# %% [markdown]
# (a) The exact probability of each state and the share of time it was sampled for. (b) The relative error. (c) Which
# neurons are on (dark) in that state. A thousandfold time makes the error some thirty times smaller: $\sqrt{1000}$.
#
# ## 4 Better in proportion to time
#
# How far samples $p$ are from $p^*$ is measured by the *Kullback–Leibler divergence*, zero only when they are equal:
#
# $$ D_\mathrm{KL}(p^* \Vert\, p) = \sum_z p^*(z) \ln \frac{p^*(z)}{p(z)} . $$
#
# $n$ independent draws among $2^N$ states give $(2^N - 1)/(2n)$ on average. For a sampler that is exact, it hence falls as
# $1/T$ for ever; one that is not ends on a *floor*. On logarithmic axes $1/T$ is a line of slope −1, and a floor one of slope 0. We take random machines of seven neurons, as the paper does, and all
# three timings. (Where a rare state has not come up at all, $D_\mathrm{KL}$ is infinite: the curves begin where most
# machines have seen all 128 states.)

# %%
seeds = range(100 * seed, 100 * seed + sizes.machines)
weights, biases = (np.stack(x) for x in zip(*[sk.boltzmann.random_machine(7, s) for s in seeds], strict=True))
exact = sk.boltzmann.distribution(weights, biases)


def divergence(periods, kind):
    """D_KL of one long run per machine, read after each number of refractory periods: shape (len(periods), machines)."""
    network, state, total, now, found = sk.SamplingNetwork(weights, biases, tau_ref, **kind), None, 0, 0, []
    for until in periods * tau_ref:
        spikes = sk.simulate(network, until - now, seed + 3, record=False, start=state, device=device)
        total, state, now = total + spikes.occupancy[:, 0], spikes.final, until
        found.append(sk.boltzmann.kl_divergence(exact, total / until))
    return np.array(found)


# %%
grid = np.outer(10 ** np.arange(4, 10), [1, 2, 5]).ravel()
longest = {"continuous": sizes.longest, "discrete": sizes.floor, "authors": sizes.floor}
periods = {name: grid[(grid >= 20_000) & (grid <= last)] for name, last in longest.items()}
kl = {name: divergence(periods[name], kind) for name, kind in timings.items()}
for name, values in kl.items():
    print(f"{name:10s} median D_KL after {periods[name][-1]:.0e} tau_ref: {np.median(values[-1]):.1e}")

# %%
late = periods["continuous"] >= 500_000
slope = np.polyfit(np.log(periods["continuous"][late]), np.log(kl["continuous"][late]), 1)[0]
draws = np.median(127 / (2 * kl["continuous"][-1])) / periods["continuous"][-1]
ratio = np.log(kl["authors"][-1] / kl["discrete"][-1])
last = {name: (np.median(values[-1]), sk.claims.bootstrap_interval(values[-1])) for name, values in kl.items()}
print(f"slope {slope.mean():.2f}; worth {draws:.1f} independent draws per tau_ref")
claims_4 = [
    Claim("Continuous time: log–log slope of D_KL against T", "−1 (exact sampling, Buesing et al. 2011)", slope.mean(),
          interval(slope), above=-1.15, below=-0.85, digits=3),
    Claim("Continuous time: no floor, D_KL at the longest T", "—", *last["continuous"], below=1e-5),
    Claim("Discrete time, tau_ref 50: floor of D_KL", "—", *last["discrete"], above=1e-4, below=6e-4),
    Claim("Authors' timing: its floor over the discrete one, geometric mean", "about 10, from its published code",
          np.exp(ratio.mean()), tuple(np.exp(interval(ratio))), above=2, below=20),
]  # fmt: skip

# %%
fig = sk.plots.convergence(periods, kl)
sk.figures.save(fig, "02_convergence", data={"periods": periods, "kl": kl}, parameters=parameters,
                seeds=[*seeds, seed + 3], claims=claims_4)  # fmt: skip
fig

# %% [markdown]
# Medians and quartiles over machines. In continuous time samples get better for ever. Steps of $\tau_\mathrm{ref}/50$ put an
# end to that, and a refractory period and a postsynaptic potential wrong by one step each raise the floor severalfold, on
# some machines hardly and on others more than tenfold.
#
# ## 5 Discrete time tends to continuous time
#
# In a step all neurons look at the state the step before left, and two can spike at once. Both are effects of order one
# step in $\tau_\mathrm{ref}$, so the distance to the exact law should fall as $1/\tau_\mathrm{ref}$, with $\tau_\mathrm{ref}$
# in steps. To see the floor and not the sampling error we compare two independent replicas $p^{(1)}, p^{(2)}$:
# $\sum_z (p^{(1)} - p^*)(p^{(2)} - p^*)$ is, on average, the squared distance without any noise.

# %%
tau_refs, distance = np.array([10, 14, 20, 28, 40]), {"discrete": [], "authors": []}
few = [sk.boltzmann.random_machine(4, s) for s in seeds[:8]]
w_4, b_4 = (np.stack(x) for x in zip(*few, strict=True))
away_from = sk.boltzmann.distribution(w_4, b_4)[:, None]
for tau in tau_refs.tolist():
    for name, kind in {"discrete": {}, "authors": dict(refractory=tau + 1, psp_length=tau - 1)}.items():
        network = sk.SamplingNetwork(w_4, b_4, tau, "discrete", **kind)
        spikes = sk.simulate(network, int(sizes.limit) * tau, seed + 4, replicas=2, record=False, device=device)
        off = spikes.occupancy / spikes.duration - away_from  # (machine, replica, state)
        distance[name].append(np.sqrt(np.sum(off[:, 0] * off[:, 1], axis=-1)))

# %%
slopes = {name: np.polyfit(np.log(tau_refs), np.log(values), 1)[0] for name, values in distance.items()}
claims_5 = [
    Claim(f"{text}: log–log slope of the distance against tau_ref, 10 … 40 steps", "—",
          slopes[name].mean(), interval(slopes[name]), above=-1.2, below=-0.8, digits=3)
    for name, text in (("discrete", "Discrete time"), ("authors", "Authors' timing"))
]  # fmt: skip
fig = sk.plots.discrete_limit(tau_refs, distance)
sk.figures.save(fig, "02_discrete_limit", data={"tau_refs": tau_refs, "distance": distance}, parameters=parameters,
                seeds=[*seeds[:8], seed + 4], claims=claims_5)  # fmt: skip
print("median distance, discrete:", *np.median(distance["discrete"], axis=1).round(3))
fig

# %% [markdown]
# (Fitted slopes are a little above −1, since with ten steps terms of second order still count.) $D_\mathrm{KL}$ goes with
# the square of the distance: twice the steps, a quarter of the floor.
#
# ## 6 What plasticity measures
#
# A Boltzmann machine learns by *wake–sleep*: compare how often two neurons are on together while data are shown (wake) and
# while it dreams (sleep), and change the synapse by the difference, at a learning rate $\eta$,
#
# $$ \Delta W_{ij} = \eta\, \big( \langle z_i z_j\rangle_\mathrm{wake} - \langle z_i z_j\rangle_\mathrm{sleep} \big). $$
#
# How could a synapse know the *coactivation* $\langle z_i z_j \rangle$, a time average, when all it sees are spikes?
# Two on-intervals whose spikes are $\Delta t = t_i - t_j$ apart overlap for $\tau_\mathrm{ref}\,K(\Delta t)$ with the
# triangular window $K = \max(0, 1 - |\Delta t|/\tau_\mathrm{ref})$. Sum over pairs of spikes, in a recording of length $T$:
#
# $$ \langle z_i z_j\rangle = \frac{\tau_\mathrm{ref}}{T} \sum_\mathrm{pairs} K(\Delta t) . $$
#
# The sum on the right is *Hebbian spike-timing-dependent plasticity* (STDP): spikes that come close in time strengthen the
# synapse, whichever comes first. Only intervals cut by the end of the recording need care:

# %%
weights, biases = sk.boltzmann.random_machine(6, seed)
states, pairs = sk.boltzmann.states(6), ~np.eye(6, dtype=bool)
differ = 0
for name in ("continuous", "discrete"):
    network = sk.SamplingNetwork(weights, biases, tau_ref, name)
    spikes = sk.simulate(network, 10_000 * tau_ref, seed + 5, device=device)
    stdp = sk.stdp.hebbian(spikes, window="triangular") - spikes.final.remaining(tau_ref)[0] / spikes.duration
    time_average = np.einsum("k,ki,kj->ij", spikes.state_distribution(), states, states)
    apart = np.abs(stdp - time_average)[pairs]
    print(f"{name}: {spikes.counts().sum()} spikes, the two sides agree to 1e-12: {apart.max() < 1e-12}")
    differ += np.sum(apart >= 1e-12)
claims_6 = [Claim("STDP is the coactivation: synapses, of 60, where they differ by 1e-12", "equal", differ, below=0)]

# %% [markdown]
# It is an identity, true for every recording. So the network's own spikes tell a synapse $\langle z_i z_j \rangle$ to
# sampling error, here for all pairs of four random machines:

# %%
few = [sk.boltzmann.random_machine(6, s) for s in seeds[:4]]
w_6, b_6 = (np.repeat(np.stack(x)[:, None], sizes.replicas, axis=1) for x in zip(*few, strict=True))
spikes = sk.simulate(sk.SamplingNetwork(w_6, b_6, tau_ref), 10_000 * tau_ref, seed + 6, record=False, device=device)
i, j = np.triu_indices(6, 1)
exact = sk.boltzmann.moments(w_6[:, 0], b_6[:, 0])[1][:, i, j]  # (machine, pair)
measured = spikes.coactivation()[:, :, i, j].swapaxes(1, 2)  # (machine, pair, replica)
ratio = np.einsum("mpr,mp->r", measured, exact) / np.sum(exact**2)
claims_6.append(Claim("Measured against exact coactivation: slope", "1", ratio.mean(), interval(ratio),
                      above=0.99, below=1.01, digits=4))  # fmt: skip
fig = sk.plots.overlap(0.4, exact, measured)
sk.figures.save(fig, "02_overlap", data={"exact": exact, "measured": measured.mean(axis=-1)}, parameters=parameters,
                seeds=[*seeds[:4], seed + 5, seed + 6], claims=claims_6)  # fmt: skip
fig

# %% [markdown]
# (a) The on-intervals of two neurons, spikes $\Delta t$ apart. (b) Their overlap is the triangular window. (c) Coactivations
# from spikes against the exact ones, and (d) the difference, with 95 % confidence intervals over replicas.
#
# ## What we have seen
#
# Intervals are 95 % confidence intervals over replicas or machines. A claim *holds* if its whole interval lies within the
# stated bounds, which are wide enough for the scatter between seeds and far too narrow for another law: at a floor the
# slope against $T$ would be 0.

# %%
claims = claims_1 + claims_4 + claims_5 + claims_6
print(sk.claims.table(claims))
sk.claims.check(claims)
print(
    f"\npreset {preset}, seeds {seed} … {seed + 6}, machines {seeds[0]} … {seeds[-1]}, salkit {sk.__version__}, device {device}"
)

# %% [markdown]
# ## In practice
#
# - Use continuous time unless you want to reproduce a discrete model: it is exact, and costs time per spike, not per step.
# - All this took *symmetric* weights. And the wake–sleep rule is itself symmetric: it changes $W_{ij}$ and $W_{ji}$ alike, so
#   if they differ at the start they differ for ever, and no Boltzmann distribution is being learned. This is the assumption
#   that the abstract speaks of. [01](01_sal_principle.ipynb) shows the rule that removes it: an *odd* window (one that
#   changes its sign with $\Delta t$) over the same spike pairs measures the asymmetry. [03](03_sal_vs_hebbian.ipynb) puts both together.
#
# ## Exercises
#
# **1.** Work out on paper how often two neurons with $W_{01} = W_{10} = 1$ and biases −0.5 are on together. Then simulate.
#
# <details><summary>Solution</summary>
#
# The four states 00, 01, 10, 11 have the weights $1, e^{-0.5}, e^{-0.5}, e^{1 - 0.5 - 0.5} = 1$, so the share of 11 is
# $1/(2 + 2e^{-0.5}) = 0.3112$.
#
# ```python
# pair = sk.SamplingNetwork([[0, 1.0], [1.0, 0]], [-0.5, -0.5], tau_ref=50)
# spikes = sk.simulate(pair, 100_000 * 50, seed=1, record=False)
# print(spikes.coactivation()[0, 1].round(4))
# ```
#
# prints 0.3114.
#
# </details>
#
# **2.** Take a synapse in one direction only, $W_{01} = 2$ and $W_{10} = 0$, with biases 0. Are the samples those of a Boltzmann
# machine with both weights at their mean of 1?
#
# <details><summary>Solution</summary>
#
# ```python
# weights = np.array([[0.0, 2.0], [0.0, 0.0]])
# spikes = sk.simulate(sk.SamplingNetwork(weights, [0, 0], tau_ref=50), 1_000_000 * 50, seed=1, record=False)
# p = spikes.state_distribution()
# mean = sk.boltzmann.distribution((weights + weights.T) / 2, [0.0, 0.0])
# print(p.round(3), mean.round(3), f"{sk.boltzmann.kl_divergence(p, mean):.3f}")
# ```
#
# prints `[0.234 0.063 0.266 0.437] [0.175 0.175 0.175 0.475] 0.078`: no. The neuron that is driven is on alone (state 10) four times
# as often as the one that drives (01). A symmetric weight cannot make that difference.
#
# </details>
#
# **3.** Section 5 says: twice the steps, a quarter of the floor. Check it with one machine of seven neurons.
#
# <details><summary>Solution</summary>
#
# ```python
# weights, biases = sk.boltzmann.random_machine(7, 100)
# exact = sk.boltzmann.distribution(weights, biases)
# for tau in (50, 100, 200):
#     network = sk.SamplingNetwork(weights, biases, tau, "discrete")
#     spikes = sk.simulate(network, 1_000_000 * tau, seed=1, record=False)
#     print(f"tau_ref {tau}: D_KL {sk.boltzmann.kl_divergence(exact, spikes.state_distribution()):.1e}")
# ```
#
# prints 2.0e-04, 5.2e-05 and 2.2e-05. The first step is a quarter; the second less so, since after $10^6\,\tau_\mathrm{ref}$ the
# sampling error of about 2e-05 shows through.
#
# </details>
