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
# distribution. How fast the samples get better ($D_\mathrm{KL}\propto 1/T$), and what is lost when time goes in steps.
# Last, why spike-timing-dependent plasticity measures just the quantity that such a network needs in order to learn.
#
# **What you need.** Python and a little probability. No neuroscience: every term is explained where it first appears, and again
# in the [glossary](../docs/glossary.md).
#
# **Two timings.** The paper's model goes in steps. This suite lets time run *continuously* unless it says otherwise, since
# then the samples are exact; the networks of the paper's Figs. 4 and 5, which [03](03_sal_vs_hebbian.ipynb) and
# [04](04_variability_compensation.ipynb) rebuild, are in continuous time here. This notebook shows both, and what the
# difference is. The timing of the authors' published code, which differs from the model by a step, has the appendix.
#
# All sizes follow from the next cell. `preset = "tutorial"` takes about half a minute; `"paper"` samples ten times longer.
# `seed` names the random numbers: the same seed gives the same spikes on every machine.

# %% tags=["parameters"]
preset = "tutorial"
seed = 1
device = "auto"

# %%
import numpy as np

import salkit as sk

book = sk.notebook("02", preset, seed, device)
sizes = book.sizes(replicas=(40, 100), machines=(24, 40), longest=(2e6, 2e7), floor=(2e5, 2e6), short=(5e4, 5e5))
tau_ref = 50
only_states = dict(record=False, statistics=["occupancy"], device=device)  # keep no spikes, but the time in each state

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

# %%
biases = np.linspace(-3, 3, 13)


def share_on(**kind):
    """Share of the time with z = 1 of unconnected neurons: shape (biases, replicas)."""
    neurons = sk.SamplingNetwork(np.zeros((13, 1, 1)), biases[:, None], tau_ref, **kind)
    spikes = sk.simulate(neurons, 10_000 * tau_ref, seed, sizes.replicas, **only_states)
    return spikes.occupancy[..., 1] / spikes.duration


on = {timing: share_on(timing=timing) for timing in ("continuous", "discrete")}
print(
    "largest |P(z=1) − σ(b)|:", *(abs(x.mean(axis=1) - 1 / (1 + np.exp(-biases))).max().round(4) for x in on.values())
)

# %% [markdown]
# How sharp is this test? With a refractory period one step too long, $P(z=1) = 1/(1 + 1/\tau_\mathrm{ref} + e^{-b})$. The line
# through $\ln P(1)/P(0)$, whose slope against $b$ is 1 for the logistic function, then has a slope of only 0.96:

# %%
logit = np.concatenate([np.log(share / (1 - share)) for share in on.values()], axis=1)
slope = sk.estimates.mean(np.polyfit(biases, logit, 1)[0])
one_step_late = np.polyfit(biases, -np.log(1 / tau_ref + np.exp(-biases)), 1)[0]
print(f"slope of ln P(1)/P(0): {slope.value:.4f}; one step late: {one_step_late:.2f}")
networks = {b: sk.SamplingNetwork([[0]], [b], tau_ref) for b in (-1.5, 0, 1.5)}
trains = {b: sk.simulate(network, 20 * tau_ref, seed, device=device) for b, network in networks.items()}
fig = sk.plots.one_neuron(trains, biases, on)
book.record(fig, "02_one_neuron", slope=(slope, one_step_late))
fig

# %% [markdown]
# (a) Three neurons: a bar is a spike, the shade the time it switches its neuron on. (b) Both timings follow the logistic
# function. (c) The difference, with 95 % confidence intervals over replicas.
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
book.record(fig, "02_network")
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
# machine* that draws samples from $p^*$. ($\tfrac12$, as the sum has every pair twice.) With five neurons there are 32
# states, and $p^*$ is quickly written down:

# %%
weights, biases_5 = sk.boltzmann.random_machine(5, seed)  # uniform in (−1, 1), as in the paper
states = sk.boltzmann.states(5)
exact = np.exp(0.5 * np.sum(states @ weights * states, axis=1) + states @ biases_5)
exact /= exact.sum()
network, sampled = sk.SamplingNetwork(weights, biases_5, tau_ref), {}
for periods, label in ((1_000, r"$T = 10^3\,\tau_\mathrm{ref}$"), (1_000_000, r"$T = 10^6\,\tau_\mathrm{ref}$")):
    spikes = sk.simulate(network, periods * tau_ref, seed + 2, **only_states)
    sampled[label] = spikes.state_distribution()
    error = np.abs(sampled[label] / exact - 1)
    print(f"{spikes.counts().sum()} spikes: median error {100 * np.median(error):.2f} %")
fig = sk.plots.state_histogram(exact, sampled)
book.record(fig, "02_state_histogram")
fig

# %% [markdown]
# (a) The exact probability of each state and the share of time it was sampled for. (b) Their ratio. (c) Which
# neurons are on (dark) in that state. A thousandfold time makes the error some thirty times smaller: $\sqrt{1000}$.
#
# ## 4 Better in proportion to time
#
# How far samples $p$ are from $p^*$ is measured by the *Kullback–Leibler divergence*, zero only when they are equal:
#
# $$ D_\mathrm{KL}(p^* \Vert\, p) = \sum_z p^*(z) \ln \frac{p^*(z)}{p(z)} . $$
#
# $n$ independent draws among $2^N$ states give $(2^N - 1)/(2n)$ on average. For a sampler that is exact it hence falls as
# $1/T$ as long as one likes; for one that is not, a part $D_\infty$ remains. On logarithmic axes $1/T$ is a line of slope
# −1, and a constant one of slope 0. We take random machines of seven neurons, as the paper does. (Where a rare state has
# not come up at all, $D_\mathrm{KL}$ is infinite: the curves begin where most machines have seen all 128 states.)

# %%
targets = [sk.boltzmann.random_machine(7, 100 * seed + k) for k in range(sizes.machines)]
weights_7, biases_7 = (np.stack(x) for x in zip(*targets, strict=True))
exact_7 = sk.boltzmann.distribution(weights_7, biases_7)
copies = 4  # independent runs of each machine, which share the time T


def sample(periods, **kind):
    """Share of time in each state after each total time: shape (times, machines, copies, states)."""
    network, state, total, now, found = sk.SamplingNetwork(weights_7, biases_7, tau_ref, **kind), None, 0, 0, []
    for until in periods / copies * tau_ref:
        spikes = sk.simulate(network, until - now, seed + 3, copies, start=state, **only_states)
        total, state, now = total + spikes.occupancy, spikes.final, until
        found.append(total / until)
    return np.array(found)


# %% [markdown]
# To see $D_\infty$ below the sampling error we use that the copies of a machine are independent. Near $p^*$ the divergence is
# $\sum_z (p - p^*)^2 / (2p^*)$. Put two different copies $p^{(r)}, p^{(s)}$ into the square, one in each factor, and what
# chance has done to one is uncorrelated with what it has done to the other: on average only the common error remains,
#
# $$ D_\infty \approx \Big\langle \sum_z \frac{(p^{(r)} - p^*)(p^{(s)} - p^*)}{2\, p^*} \Big\rangle_{r \neq s} . $$


# %%
def remaining(p, exact):
    """D_∞ of copies p of shape (machines, copies, states): shape (machines,)."""
    off, n = p - exact[:, None], p.shape[1]
    products = np.sum(off, axis=1) ** 2 - np.sum(off**2, axis=1)  # over all r ≠ s
    return np.sum(products / (2 * exact), axis=-1) / (n * (n - 1))


grid = np.outer(10 ** np.arange(4, 10), [1, 2, 5]).ravel()
kl, periods, floors = {}, {}, {}
for timing, longest in (("continuous", sizes.longest), ("discrete", sizes.floor)):
    periods[timing] = grid[(grid >= 20_000) & (grid <= longest)]
    p = sample(periods[timing], timing=timing)
    kl[timing] = sk.boltzmann.kl_divergence(exact_7, p.mean(axis=2))
    floors[timing] = remaining(p[-1], exact_7)
    print(f"{timing}: median D_KL {np.median(kl[timing][-1]):.1e}, mean D_∞ {floors[timing].mean():.1e}")

# %%
slopes = {}
for timing, values in kl.items():
    late = periods[timing] >= 50_000
    slopes[timing] = sk.estimates.mean(np.polyfit(np.log(periods[timing][late]), np.log(values[late]), 1)[0])
left = {timing: sk.estimates.mean(values) for timing, values in floors.items()}
print(
    f"worth {np.median(127 / (2 * kl['continuous'][-1])) / periods['continuous'][-1]:.1f} independent draws per tau_ref"
)
fig = sk.plots.convergence(periods, kl, {"discrete": left["discrete"].value})
book.record(fig, "02_convergence", slope=(slopes["continuous"], slopes["discrete"]),
            no_floor=(left["continuous"], left["discrete"]), floor=(left["discrete"], left["continuous"]))  # fmt: skip
fig

# %% [markdown]
# Medians and quartiles over machines; dashed: the mean $D_\infty$ of discrete time. In continuous time nothing of the kind
# is found, at a resolution of a hundredth of it.
#
# ## 5 Discrete time tends to continuous time
#
# In a step all neurons look at the state the step before left, and two can spike at once. Both are effects of order one
# step in $\tau_\mathrm{ref}$, so the distance to the exact law should fall as $1/\tau_\mathrm{ref}$, with $\tau_\mathrm{ref}$
# in steps, and $D_\infty$ as its square: twice the steps, a quarter of the floor. Compare a mistake that is not one of the
# steps: neurons that rest for a tenth longer than they are on.

# %%
few = [sk.boltzmann.random_machine(4, 100 * seed + k) for k in range(12)]
w_4, b_4 = (np.stack(x) for x in zip(*few, strict=True))
exact_4 = sk.boltzmann.distribution(w_4, b_4)


def floor(tau, time, **kind):
    network = sk.SamplingNetwork(w_4, b_4, tau, "discrete", **kind)
    spikes = sk.simulate(network, time / copies * tau, seed + 4, copies, **only_states)
    return remaining(spikes.occupancy / spikes.duration, exact_4)


tau_refs = np.array([10, 20, 40])
limit = np.array([floor(tau, sizes.floor) for tau in tau_refs.tolist()])
late = np.array([floor(tau, sizes.short, refractory=tau + tau // 10) for tau in tau_refs.tolist()])
exponent, stays = (sk.estimates.mean(np.polyfit(np.log(tau_refs), np.log(x), 1)[0]) for x in (limit, late))
print("median D_∞ in 10, 20, 40 steps:", *(f"{x:.1e}" for x in np.median(limit, axis=1)))
fig = sk.plots.discrete_limit(tau_refs, limit, late)
book.record(fig, "02_discrete_limit", exponent=(exponent, stays))
fig

# %% [markdown]
# (The fitted exponent is a little above −2, since with ten steps terms of higher order still count.)
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
# synapse, whichever comes first. Only intervals cut by the end of the recording need care. We count the synapses where the
# two sides differ, also for a window that is too long by 2 %:

# %%
weights, biases_6 = sk.boltzmann.random_machine(6, seed)
states, synapses = sk.boltzmann.states(6), ~np.eye(6, dtype=bool)
differ = {window: 0 for window in (1.0, 1.02)}
for timing in ("continuous", "discrete"):
    network = sk.SamplingNetwork(weights, biases_6, tau_ref, timing)
    spikes = sk.simulate(network, 10_000 * tau_ref, seed + 5, device=device)
    time_average = np.einsum("k,ki,kj->ij", spikes.state_distribution(), states, states)
    cut_off = spikes.final.remaining(tau_ref)[0] / spikes.duration
    for window in differ:
        stdp = sk.stdp.hebbian(spikes, window="triangular", tau=window * tau_ref) - cut_off
        differ[window] += np.sum(np.abs(stdp - time_average)[synapses] > 1e-12)
    print(f"{timing}: {spikes.counts().sum()} spikes")
print("synapses of 60 where the two sides differ:", differ[1.0], "  window 2 % too long:", differ[1.02])

# %% [markdown]
# It is an identity, true for every recording. So the network's own spikes tell a synapse $\langle z_i z_j \rangle$ to
# sampling error, here for all pairs of four random machines. Most of a coactivation is chance: neurons at the same rates
# that knew nothing of each other would have $\langle z_i\rangle\langle z_j\rangle$. The rest, the *covariance*, is what a
# synapse learns from:

# %%
few = [sk.boltzmann.random_machine(6, 100 * seed + k) for k in range(4)]
w_6, b_6 = (np.repeat(np.stack(x)[:, None], sizes.replicas, axis=1) for x in zip(*few, strict=True))
spikes = sk.simulate(sk.SamplingNetwork(w_6, b_6, tau_ref), 10_000 * tau_ref, seed + 6, record=False, device=device)
i, j = np.triu_indices(6, 1)
rate, exact_6 = sk.boltzmann.moments(w_6[:, 0], b_6[:, 0])
measured, on_6 = (
    spikes.coactivation()[..., i, j],
    spikes.rates(),
)  # (machine, replica, pair), (machine, replica, neuron)
covariance = (exact_6 - rate[:, :, None] * rate[:, None])[:, i, j]
found = measured - on_6[..., i] * on_6[..., j]
slope = sk.estimates.mean(np.einsum("mrp,mp->r", found, covariance) / np.sum(covariance**2))
fig = sk.plots.overlap(0.4, exact_6[:, i, j], measured.swapaxes(1, 2))
book.record(fig, "02_overlap", identity=(differ[1.0], differ[1.02]), covariance=slope)
fig

# %% [markdown]
# (a) The on-intervals of two neurons, spikes $\Delta t$ apart. (b) Their overlap is the triangular window. (c) Coactivations
# from spikes against the exact ones, and (d) the difference, with 95 % confidence intervals over replicas.
#
# ## In practice
#
# - Use continuous time unless you want to reproduce a discrete model: it is exact, and costs time per spike, not per step.
# - All this took *symmetric* weights. And the wake–sleep rule is itself symmetric: it changes $W_{ij}$ and $W_{ji}$ alike, so
#   if they differ at the start they differ for ever, and no Boltzmann distribution is being learned. This is the assumption
#   that the abstract speaks of. [01](01_sal_principle.ipynb) shows the rule that removes it: an *odd* window (one that
#   changes its sign with $\Delta t$) over the same spike pairs measures the asymmetry. [03](03_sal_vs_hebbian.ipynb) puts both together.
#
# ## Appendix: the authors' timing
#
# The authors' published code differs from the model of section 2 by one step on either side: after a spike a neuron waits
# $\tau_\mathrm{ref} + 1$ steps, and acts on others for $\tau_\mathrm{ref} - 1$. How much do these two steps cost? First one
# neuron, whose share of on-time is $1/(1 + 1/\tau_\mathrm{ref} + e^{-b})$ as in section 1, then machines of seven neurons with
# either step alone and with both:

# %%
authors = dict(timing="discrete", refractory=tau_ref + 1, psp_length=tau_ref - 1)
on["authors"] = share_on(**authors)
expected = 1 / (1 + 1 / tau_ref + np.exp(-biases))
active, active_exact = sk.estimates.mean(on["authors"][8]), sk.estimates.mean(on["discrete"][8])
print(
    f"b = {biases[8]:.0f}: P(z=1) = {active.value:.4f}, expected {expected[8]:.4f}; σ(b) = {1 / (1 + np.exp(-1)):.4f}"
)
misplaced = {"none": floors["discrete"]}
kinds = {"PSP −1": dict(psp_length=49), "period +1": dict(refractory=51), "both": dict(refractory=51, psp_length=49)}
for name, kind in kinds.items():
    p = sample(np.array([sizes.short]), timing="discrete", **kind)[-1]
    misplaced[name] = remaining(p, exact_7)
    print(
        f"{name}: D_∞ {misplaced[name].mean():.1e}, machine by machine {misplaced[name].min():.1e} … {misplaced[name].max():.1e}"
    )


# %%
def of_means(above, below):
    """Ratio of two means over the same machines, with its interval (the ratio estimator)."""
    ratio = above.mean() / below.mean()
    return sk.estimates.mean(ratio + (above - ratio * below) / below.mean())


ratio, of_psp = (of_means(misplaced[name], misplaced["none"]) for name in ("both", "PSP −1"))
each = misplaced["both"] / misplaced["none"]
print(f"both over none, means: {ratio.value:.1f}; machine by machine: {each.min():.1f} … {each.max():.0f}")
fading = np.array([floor(tau, sizes.short, refractory=tau + 1, psp_length=tau - 1) for tau in tau_refs.tolist()])
exponent = sk.estimates.mean(np.polyfit(np.log(tau_refs), np.log(fading), 1)[0])
limits = {"discrete": limit, "authors": fading}
fig = sk.plots.authors_timing(biases, on, expected, misplaced, tau_refs, limits)
measured = dict(one_neuron=(active, active_exact), ratio=(ratio, of_psp), exponent=(exponent, stays))
book.record(fig, "02_authors_timing", **measured)
fig

# %% [markdown]
# (a) One neuron; dashed, the formula. (b) $D_\infty$ of the same machines (thin lines), and means (bars). A postsynaptic
# potential one step short does no harm: it makes up for part of what discrete time costs. The refractory period does it, and
# with both steps $D_\infty$ is about nine times that of the model: in the mean, for it differs widely from machine to
# machine. ("About ten" compares the ranges of a few machines. If we take no care of the sampling error, which adds to the
# smaller of the two, and average the ratios of single machines, we find less.) (c) This, too, is an error of one step, and fades with $\tau_\mathrm{ref}$.
#
# ## What we have seen
#
# Intervals are 95 % confidence intervals over replicas or machines. A claim *holds* if its whole interval lies within the
# bounds. Its *null* is what another law would give, and lies outside.

# %%
print(book.verdicts())

# %% [markdown]
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
# **3.** Section 5 says: twice the steps, a quarter of $D_\infty$. Check it with one machine of seven neurons.
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
