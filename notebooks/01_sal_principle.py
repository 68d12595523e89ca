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
# # How spike timing reveals, and removes, a weight asymmetry
#
# > *"We address weight transport in spiking networks and suggest that synapses can use spike timing statistics to
# > extract and correct the asymmetry between effective reciprocal connections."*
# > — Baumbach, Kungl, Max & Petrovici, the abstract that this suite rebuilds
#
# *Weight transport* is the question how one synapse can know the strength of another one.
#
# **What you will do.** Let two neurons talk through two synapses of different strength, read the difference from the order
# of their spikes, and let a *local* rule, one that knows no more than these spikes, remove it (Fig. 2 of the paper).
#
# **What you will learn.** Why one number of the spike timing *is* the asymmetry of two reciprocal synapses; how *spike-based
# alignment learning* (SAL) learns from it, where it comes to rest, and how much noise it needs.
#
# **What you need.** Python. No neuroscience: terms are explained where they first appear, and in the
# [glossary](../docs/glossary.md). Sizes follow from the next cell; the same `seed` gives the same spikes on every machine.

# %% tags=["parameters"]
preset = "tutorial"
seed = 1
device = "auto"

# %%
import numpy as np

import salkit as sk

book = sk.notebook("01", preset, seed, device)
sizes = book.sizes(replicas=(60, 200), periods=(20_000, 100_000), copies=(1000, 4000), runs=(30, 100))

# %% [markdown]
# ## 1 Two neurons, two synapses
#
# A *spike* is an event without size: a neuron says "now". After a spike the neuron is *on* for the *refractory period*
# $\tau_\mathrm{ref}$, in which it cannot spike again. The *synapse* $j\to i$ adds its *weight* $W_{ij}$ to the
# *membrane potential* $u_i$ of the receiving neuron for as long as the sending one is on:
#
# $$ u_i = b_i + W_{ij}\, z_j, \qquad z_j = 1 \text{ while } j \text{ is on, else } 0, $$
#
# with a *bias* $b_i$. A positive weight is called *excitatory*, a negative one *inhibitory*. A neuron that is not refractory
# spikes at random, at the rate $e^{u_i}/\tau_\mathrm{ref}$. We call $i$ the *postsynaptic* and $j$ the *presynaptic* neuron of
# the synapse $j\to i$; below it is much stronger than its *reciprocal* partner $i\to j$. Time is counted in refractory periods.

# %%
tau_ref, strong, weak = 50, 2.0, 0.0
pair = sk.SamplingNetwork([[0, strong], [weak, 0]], [-0.8, -0.8], tau_ref)
spikes = sk.simulate(pair, 24 * tau_ref, seed + 3)
fig = sk.plots.circuit(spikes, until=20 * tau_ref)
book.record(fig, "01_circuit")
print("spikes of i and j:", *spikes.counts()[0])
fig

# %% [markdown]
# Bars are spikes, shades the time a neuron is on. An arrow joins two consecutive spikes of *different* neurons, $\Delta t =
# t_i - t_j$ apart. Where $i$ comes second ($\Delta t>0$) the pair is *causal* for the synapse $j\to i$, else *anti-causal*.
#
# ## 2 One number that is the asymmetry
#
# Take an *isolated pair*: both neurons are off, one spikes, the other joins it a time $t<1$ later, and both go off before either
# spikes again. If $j$ comes first it starts at the rate $e^{b_j}$, and $i$, which $j$ now drives, at the rate $e^{b_i+W_{ij}}$. Beside it the mirror image:
#
# $$ p(+t) \propto e^{b_j}\, e^{b_i + W_{ij}}\, e^{-\lambda t}, \qquad p(-t) \propto e^{b_i}\, e^{b_j + W_{ji}}\, e^{-\lambda t},
# \qquad \lambda = e^{b_i+W_{ij}} + e^{b_j+W_{ji}}. $$
#
# (The last factor is the chance to wait: the second neuron lets $t$ pass, and so does the first when it is off again.) Hence
#
# $$ \frac{p(+t)}{p(-t)} = e^{W_{ij}-W_{ji}} \quad \text{whatever the biases.} $$
#
# So $W_{ij}-W_{ji}$ is the logarithm of *causal over anti-causal* in the numbers of isolated pairs. We try it on random weights and
# biases, and beside it on *all* overlapping pairs, which mix in what came before.


# %%
def ratio(order):
    """ln(causal/anti-causal) and its standard error, of pairs of +1 (i second) and −1."""
    causal, anti = np.sum(order > 0), np.sum(order < 0)
    return np.log(causal / anti), np.sqrt(1 / causal + 1 / anti)


def isolated(times, neurons):
    """Δt of overlapping pairs that are isolated, and of all of them."""
    gap, sign = np.diff(times), np.where(neurons[1:] == 0, 1, -1)
    alone = (gap[:-2] >= tau_ref) & (gap[1:-1] < tau_ref) & (gap[2:] >= tau_ref)
    return (sign * gap)[1:-1][alone], (sign * gap)[gap < tau_ref]


# %%
random = np.random.default_rng(seed)
weights = np.zeros((25, 2, 2))
weights[:, 0, 1], weights[:, 1, 0] = random.uniform(-2, 2, (2, 25))
biases = random.uniform(-1.5, 0.5, (25, 2))
weights[0], biases[0] = pair.weights, pair.biases  # the pair of section 1, then 24 others
trains = sk.simulate(sk.SamplingNetwork(weights, biases, tau_ref), 10 * sizes.periods * tau_ref, seed, device=device)
pairs = [isolated(times, neurons) for _, times, neurons in trains.trains()]
alone, every = (np.array([ratio(found[kind]) for found in pairs]).T for kind in (0, 1))
asymmetry = weights[:, 0, 1] - weights[:, 1, 0]
slope, slope_of_all = (sk.estimates.slope(asymmetry, *found) for found in (alone, every))
print(f"slope against W_ij - W_ji: isolated pairs {slope.value:.3f}, all overlapping pairs {slope_of_all.value:.3f}")
law = sk.stdd.isolated_pairs(strong, weak, *pair.biases, np.linspace(0, 1, 51))
fig = sk.plots.jump(pairs[0][0] / tau_ref, law, asymmetry, *alone, every[0])
book.record(fig, "01_jump", slope=(slope, slope_of_all))
fig

# %% [markdown]
# (a) The pair of section 1: at *every* distance there are $e^2\approx 7$ times more causal than anti-causal pairs. (b) All settings, with two
# standard errors.
#
# ## 3 The law of spike-timing differences
#
# Now take *all* pairs of consecutive spikes of different neurons. The law $p(\Delta t)$ of their differences is the *spike-timing
# difference distribution* (STDD). The closest pairs are all isolated, so it jumps at zero: $p(0^+)/p(0^-) = e^{W_{ij}-W_{ji}}$.
#
# For two neurons it is known exactly (`sk.stdd`). With equal weights it is flat over $\pm\tau_\mathrm{ref}$, whatever the biases; beyond, both neurons are off and wait.
# Fig. 2c shows two pairs of neurons, each run in many *replicas*, copies that differ in their random numbers only.

# %%
b = -0.5
settings = {"excitatory": (0.8, 0.4), "inhibitory": (-0.4, -0.8)}  # (W_ij, W_ji)
panels = {}
for title, (w_ij, w_ji) in settings.items():
    network = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [b, b], tau_ref)
    equal = sk.SamplingNetwork((network.weights + network.weights.T) / 2, [b, b], tau_ref)
    found = sk.simulate(network, sizes.periods * tau_ref, seed, sizes.replicas, device=device)
    panels[title] = sk.stdd.compare(network, found, t_max=102), sk.stdd.compare(equal, found, t_max=102)
fits, misfits = (sk.stdd.p_value(*compared) for compared in zip(*panels.values(), strict=True))
print(f"chance of such deviations: from the theory {fits:.2f}, from that of equal weights {misfits:.1g}")

# %% [markdown]
# ## 4 From timing to learning: the SAL rule
#
# Rules that change a synapse by its two neurons' spike times are called *spike-timing-dependent plasticity* (STDP). The
# best known, *Hebbian* STDP, strengthens a synapse whose presynaptic neuron fires just before the postsynaptic one. In SAL
# causal pairs *depress* (weaken) a synapse, anti-causal pairs *potentiate* (strengthen) it. With a *window* $K$
# that falls with the distance of the spikes, a time constant $\tau$ (here $\tau_\mathrm{ref}$), a *learning rate* $\eta$ and a recording of duration $T$,
#
# $$ \Delta W_{ij} = \eta\,\frac{\tau_\mathrm{ref}}{T} \sum_\mathrm{pairs} S(\Delta t), \qquad
# S(\Delta t) = \begin{cases} -K(|\Delta t|/\tau) & \Delta t>0\\ +K(|\Delta t|/\tau) & \Delta t<0 \end{cases} $$
#
# The stronger synapse sees more causal pairs, and shrinks; for its partner the same pairs are anti-causal, and it grows. The rule is
# *local*: below, seven neurons run together, and a few lines of NumPy that get two spike trains at a time find what
# each of the 42 synapses learns.

# %%
x = np.linspace(-2.5, 2.5, 501)
windows = x, *(-np.sign(x) * sk.stdp.window(name, np.abs(x)) for name in sk.stdp.WINDOWS)
fig = sk.plots.sal_window(*windows)


def causal(post, pre):
    """The triangular window summed over spikes of `post`, each with the latest one of `pre` before it."""
    latest = np.append(-np.inf, pre)[np.searchsorted(pre, post)]
    return np.sum(np.maximum(0, 1 - (post - latest) / tau_ref))


seven = sk.simulate(sk.SamplingNetwork(*sk.boltzmann.random_machine(7, seed), tau_ref), 1000 * tau_ref, seed + 4)
trains = [seven.times[seven.neurons == i] for i in range(7)]
update = np.array([[causal(pre, post) - causal(post, pre) for pre in trains] for post in trains]) / 1000
own, other = (np.abs(np.roll(update, k, axis=1) - sk.stdp.sal(seven)) > 1e-12 for k in (0, 1))
book.record(fig, "01_window", local=tuple(int(wrong[~np.eye(7, dtype=bool)].sum()) for wrong in (own, other)))
fig

# %% [markdown]
# The mean of $S$ over the STDD, times the pairs per time, is SAL's *drift*, the direction in which the weights move on average. Here it is
# for independent *copies* of two neurons.

# %%
drift = {}
for w_ij, w_ji in [(0.8, 0.4), (0.6, 0.6)]:
    copies = sk.SamplingNetwork(np.full((sizes.copies, 2, 2), [[0, w_ij], [w_ji, 0]]), [b, b], tau_ref)
    spikes_drift = sk.simulate(copies, 2000 * tau_ref, seed + 1, record=False, device=device)
    drift[w_ij] = sk.estimates.mean(sk.stdp.sal(spikes_drift)[:, 0, 1])
    exact = round(float(sk.stdd.sal_drift(w_ij, w_ji, b, b, tau_ref, window="triangular", per="time")[0]), 4)
    print(f"W_ij = {w_ij}, W_ji = {w_ji}: drift of W_ij {drift[w_ij].value:.4f}, theory {exact + 0:g}")
fig = sk.plots.stdd(panels)
book.record(fig, "01_stdd", law=(fits, misfits), drift=(drift[0.8], drift[0.6]), equal=(drift[0.6], drift[0.8]))
fig

# %% [markdown]
# ## 5 Two weights meet, or one copies the other
#
# Now let the rule act (Fig. 2d). The weights start at 1.5 and 0.5, the biases differ, and after every *epoch* of 60
# refractory periods the plastic weights move by $\Delta W$. First both learn, then only $i\to j$. Bands are quartiles of the runs.

# %%
network = sk.SamplingNetwork([[0, 1.5], [0.5, 0]], [-0.5, -0.2], tau_ref=25)
only_ji = np.array([[False, False], [True, False]])
runs = dict(epochs=1500, epoch_length=1500, lr=0.03, seeds=range(1000 * seed, 1000 * seed + sizes.runs), device=device)
both = sk.alignment.train(network, **runs)
one = sk.alignment.train(network, plastic=only_ji, **runs)
fig = sk.plots.alignment(both, one)
fig

# %% [markdown]
# Two plastic weights meet at their mean: what one gains the other loses. A single one follows its partner at half that
# speed, and is still on its way.
#
# The authors' code leaves a difference of 0.03–0.07. Why? Our rule uses *consecutive* pairs, those of the STDD. Often STDP pairs
# a spike with the *nearest* earlier one of the other neuron, even if its own neuron has spiked since. If the window reaches beyond
# $\tau_\mathrm{ref}$, as the exponential one does, those extra pairs do not balance where rates differ. We test that in the authors' timing:
# steps of time, and a shortest interval one step too long ([02](02_neural_sampling.ipynb)).


# %%
def late(ds):
    """W_ij − W_ji and W_ji averaged over the last 300 epochs, and over runs."""
    last = ds.weights.sel(epoch=slice(1201, None)).mean("epoch")
    w_ij, w_ji = last.sel(post=0, pre=1), last.sel(post=1, pre=0)
    return sk.estimates.mean(w_ij - w_ji), sk.estimates.mean(w_ji)


theirs = sk.SamplingNetwork(network.weights, network.biases, 25, timing="discrete", refractory=26, psp_length=24)
pairings = ("nearest", "consecutive")
nearest, consecutive = (late(sk.alignment.train(theirs, pairing=pairing, **runs))[0] for pairing in pairings)
print(f"both plastic: W_ij - W_ji = {late(both)[0].value:.4f}; one: W_ji = {late(one)[1].value:.3f}, W_ij = 1.5")
print(f"authors' timing: consecutive pairs leave {consecutive.value:.3f}, nearest pairs {nearest.value:.3f}")
book.record(fig, "01_alignment", meeting=late(both)[0], copying=late(one)[1], nearest=(nearest, consecutive))

# %% [markdown]
# It is the pairing that leaves the difference, not the steps of time.
#
# ## 6 The phase plane
#
# Every pair of weights is a point in a plane, and the drift an arrow there (Fig. 2e: $b=0$, $\tau_\mathrm{ref}=15$). It
# vanishes on the *nullcline*: in continuous time exactly the diagonal $W_{ij}=W_{ji}$, whatever the biases. All arrows point to
# it, a line of stable *fixed points*, where weights rest. Overlaid are the median paths of section 5.

# %%
grid = np.arange(-2, 2.001, 0.25)
plane = sk.stdd.phase_plane(grid, b_i=0.0, b_j=0.0, tau_ref=15)
rest = sk.stdd.nullcline(grid, 0.0, 0.0, 15)
medians = {"both plastic": both.weights.median("run").values, "one plastic": one.weights.median("run").values}
paths = {name: np.stack([path[:, 0, 1], path[:, 1, 0]], axis=1) for name, path in medians.items()}
difference = grid[:, None] - grid[None, :]
towards = [np.sign(drift) == -np.sign(difference) for drift in (plane.drift_ij.values, -plane.drift_ij.values)]
wrong, wrong_sign = (int(np.sum(~right, where=difference != 0)) for right in towards)
print(f"{wrong} of {wrong_sign} points off the diagonal drift away from it")
fig = sk.plots.phase_plane(plane, rest, paths)
book.record(fig, "01_phase_plane", arrows=(wrong, wrong_sign))
fig

# %% [markdown]
# All this is Fig. 2 of the paper: (a) circuit and spikes, (b) window, (c, d) STDDs, (e, f) paths of the weights, (g) the plane they move in.

# %%
fig = sk.plots.fig2(spikes, 20 * tau_ref, windows, panels, both, one, plane, rest, paths)
book.record(fig, "01_fig2")
fig

# %% [markdown]
# ## 7 How much noise?
#
# The abstract says that SAL *takes advantage of noise*: of spiking at random. Its strength is a *temperature* $T$ that divides all potentials:
# a free neuron spikes at the rate $e^{u_i/T}/\tau_\mathrm{ref}$. Cold neurons ($T\to0$) are switches that spike at once where $u_i>0$, else not at all;
# hot ones do not feel their inputs. But $T$ changes the firing rates, too. So at every $T$ we choose the two
# biases that leave both *rates as they are* at $T=1$, and measure the drift for the weights of section 3, and its
# ratio to the *spread* from copy to copy: how sure a synapse can be of its sign.

# %%
temperatures = np.geomspace(0.075, 7.5, 15)
T, exact, measured = temperatures[:, None, None], {}, {}
for name, (w_ij, w_ji) in settings.items():
    rates = sk.stdd.rates(w_ij, w_ji, b, b)
    biases = np.array([sk.stdd.matched_biases(w_ij / t, w_ji / t, *rates) for t in temperatures])  # of b/T
    scaled = w_ij / temperatures, w_ji / temperatures, *biases.T, tau_ref
    exact[name] = -sk.stdd.sal_drift(*scaled, window="triangular", per="time")[0]
    weights = np.full((15, sizes.copies, 2, 2), [[0, w_ij], [w_ji, 0]])
    network = sk.SamplingNetwork(weights, T * biases[:, None], tau_ref, gain=1 / T)
    warm = sk.simulate(network, 200 * tau_ref, seed + 5, record=False, device=device).final
    found = sk.simulate(network, 2000 * tau_ref, seed + 5, record=False, device=device, start=warm)
    measured[name] = -sk.stdp.sal(found)[..., 0, 1]
    print(f"{name}: rates of i and j at all temperatures within {np.ptp(found.rates().mean(axis=1), axis=0).max():.3f}")

# %%
drifts = {name: [sk.estimates.mean(copies) for copies in x] for name, x in measured.items()}
sure = {name: x.mean(axis=1) / x.std(axis=1) * np.sqrt(100 / 2000) for name, x in measured.items()}  # in 100 tau_ref
best = {name: int(np.argmax(drift)) for name, drift in exact.items()}
print("strongest drift at T =", {name: round(float(temperatures[k]), 2) for name, k in best.items()})
cold, hot = (max(sk.estimates.mean(x[k] / x[best[name]].mean()) for name, x in measured.items()) for k in (0, -1))
every = np.concatenate(list(measured.values()))
theory, error = np.concatenate(list(exact.values())), every.std(axis=1) / np.sqrt(sizes.copies)
agree, reverse = (sk.estimates.slope(law, every.mean(axis=1), error) for law in (theory, theory[::-1]))
fig = sk.plots.noise(temperatures, exact, drifts, sure)
book.record(fig, "01_noise", cold=cold, hot=hot, law=(agree, reverse))
fig

# %% [markdown]
# At equal rates there is a best temperature: drift (a) and certainty (b) fall towards *either* side. To hot neurons the weights hardly matter, $e^{(W_{ij}-W_{ji})/T}\to 1$.
# Cold ones take them as yes or no: any excitation makes a neuron spike at once, any inhibition forbids it, and the *size* of the weight leaves no trace.
# SAL needs noise, but less than these neurons have at $T=1$. (A high bias removes noise, too: a neuron that fires
# like a clock ignores its input, so the order of spikes says nothing about the weight.)
#
# ## Appendix: theory and simulation in four random settings (SI Fig. 14)
#
# The paper's model lives in steps of time, and the *postsynaptic potential* (PSP) a spike evokes may have any shape; an *alpha function* rises and decays. There, too, the
# STDD is exact, from the *Markov chain* of the neurons' *ages* (steps since their last spikes). Below: deviations of the simulation in standard errors; one in twenty should leave
# the grey band.

# %%
kinds = {"continuous I": {}, "continuous II": {}, "discrete, rectangle": dict(timing="discrete"),
         "discrete, alpha": dict(timing="discrete", psp="alpha", tau_syn=10)}  # fmt: skip
right, exchanged = {}, {}
for (name, kind), (w_ij, w_ji, *biases) in zip(kinds.items(), random.uniform(-1, 1, (4, 4)), strict=True):
    weights = 1.5 * np.array([[0, w_ij], [w_ji, 0]])
    network = sk.SamplingNetwork(weights, biases, tau_ref=20, **kind)
    found = sk.simulate(network, sizes.periods // 2 * 20, seed + 2, sizes.replicas, device=device)
    right[name] = sk.stdd.compare(network, found)
    exchanged[name] = sk.stdd.compare(sk.SamplingNetwork(weights.T, biases[::-1], tau_ref=20, **kind), found)
fig = sk.plots.theory_vs_simulation(right)
book.record(fig, "01_theory_vs_simulation", law=tuple(sk.stdd.p_value(*x.values()) for x in (right, exchanged)))
fig

# %%
print(book.verdicts())

# %% [markdown]
# ## What we have seen
#
# Intervals are 95 % confidence intervals over copies or runs. A claim *holds* if its whole interval lies within the bounds, and *differs* if it
# does but lies outside what the paper shows. Its *null* is what one would measure if it were empty. A *chance of
# deviations* is the smallest *p-value* times the number of comparisons.
#
# ## In practice
#
# - The ratio of causal to anti-causal pairs at short distance *is* $e^{W_{ij}-W_{ji}}$. Both synapses see it; no weight is transported.
# - With a window no wider than $\tau_\mathrm{ref}$, or consecutive pairs, SAL's fixed point is exactly $W_{ij}=W_{ji}$ in continuous time.
# - To move the weights yourself: `sk.explorer.show()` in a cell of your own (it needs ipywidgets), or the site's explorer.
# - Next: [02](02_neural_sampling.ipynb) puts many such neurons together, and asks what they compute.
#
# ## Exercises
#
# **1.** Do two *inhibitory* weights, −1.5 and −0.5, meet as well? Where, and as fast?
#
# <details><summary>Solution</summary>
#
# ```python
# network = sk.SamplingNetwork([[0, -1.5], [-0.5, 0]], [-0.5, -0.2], tau_ref=25)
# late = sk.alignment.train(network, seeds=range(1, 11)).weights.sel(epoch=slice(1000, None)).mean(("epoch", "run"))
# print(late.values.round(2))
# ```
#
# prints −1.08 for $W_{ij}$ and −0.92 for $W_{ji}$. They approach −1, again their mean, but more slowly: inhibition makes spikes
# rarer, so there are fewer pairs to learn from.
#
# </details>
#
# **2.** Section 3 says that equal weights make the law flat within $\pm\tau_\mathrm{ref}$, *whatever the biases*. Try it with
# the biases −1 and 0.5. Then make the weights unequal.
#
# <details><summary>Solution</summary>
#
# ```python
# for w_ij, w_ji in ((1.0, 1.0), (1.2, 0.8)):
#     lags, p = sk.stdd.distribution(w_ij, w_ji, -1.0, 0.5, tau_ref=50)
#     inside = p[np.abs(lags) < 50]
#     print(f"{inside.min():.5f} to {inside.max():.5f}")
# ```
#
# prints 0.00846 to 0.00846, then 0.00623 to 0.00907. Unequal biases alone leave no trace in the order of close spikes.
#
# </details>
#
# **3.** How long does a synapse have to watch until it knows that it is the stronger one? Take 1000 pairs with weights 0.8 and 0.4
# and biases 0, and count those whose SAL update has the right sign.
#
# <details><summary>Solution</summary>
#
# ```python
# pair = sk.SamplingNetwork(np.full((1000, 2, 2), [[0, 0.8], [0.4, 0]]), [0.0, 0.0], tau_ref=50)
# for periods in (30, 100, 300, 1000):
#     drift = sk.stdp.sal(sk.simulate(pair, periods * 50, seed=1, record=False))[:, 0, 1]
#     print(f"{periods} tau_ref: {100 * np.mean(drift < 0):.0f} %")
# ```
#
# prints 68, 80, 93 and 100 %. The drift is a small mean in much chance; its certainty grows with the square root of the time. That is
# why learning rates have to be small.
#
# </details>
