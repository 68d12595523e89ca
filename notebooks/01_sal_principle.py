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
# *Weight transport* is the question how one synapse can know the strength of another one, as many learning rules ask of it.
#
# **What you will do.** Let two neurons talk to each other through two synapses of different strength, read the difference
# from the order of their spikes, and let a *local* rule, one that knows no more than its own two neurons' spikes, remove it.
#
# **What you will learn.** Why one number of the spike timing *is* the asymmetry of two reciprocal synapses; how *spike-based
# alignment learning* (SAL) turns it into learning; where that learning comes to rest; and how much noise it needs. This
# rebuilds Fig. 2 of the paper and its SI Fig. 14.
#
# **What you need.** Python. No neuroscience: every term is explained where it first appears, and again in the
# [glossary](../docs/glossary.md).
#
# The sizes follow from the next cell: `preset = "tutorial"` runs in well under a minute, `"paper"` takes more runs. `seed` names
# the random numbers: the same seed gives the same spikes on every machine.

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
# the synapse $j\to i$. Below, $W_{ij}$ is much stronger than its *reciprocal* partner $W_{ji}$. Time is counted in refractory
# periods.

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
# t_i - t_j$ apart. Where $i$ comes second ($\Delta t>0$) the pair is *causal* for the synapse $j\to i$: its presynaptic neuron may
# have caused the spike. Where $j$ comes second it is *anti-causal*.
#
# ## 2 One number that is the asymmetry
#
# Look at an *isolated pair*: both neurons are off, one spikes, the other joins it at a distance $t<1$, and both go off before
# either spikes again. How probable is that if $j$ comes first? $j$ starts at the rate $e^{b_j}$. Then $i$, which $j$ now
# drives, waits for $t$ and starts at the rate $e^{b_i+W_{ij}}$; once $j$ is off it stays off until $i$ is, again for $t$. Beside it the mirror image:
#
# $$ p(+t) \propto e^{b_j}\, e^{b_i + W_{ij}}\, e^{-\lambda t}, \qquad p(-t) \propto e^{b_i}\, e^{b_j + W_{ji}}\, e^{-\lambda t},
# \qquad \lambda = e^{b_i+W_{ij}} + e^{b_j+W_{ji}}. $$
#
# Both wait for the same time with the same rates, and both biases appear in either. All that is left of the ratio is
#
# $$ \frac{p(+t)}{p(-t)} = e^{W_{ij}-W_{ji}}, \quad \text{\textbf{whatever the biases}}. $$
#
# So count isolated pairs: the logarithm of *causal over anti-causal* is $W_{ij}-W_{ji}$. When both neurons are off all is forgotten; hence
# the pairs are independent, each causal with probability $1/(1+e^{-(W_{ij}-W_{ji})})$. We try it on pairs of neurons of random weights and
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
# (a) The pair of section 1: at *every* distance there are $e^2\approx 7$ times more causal than anti-causal pairs; lines are the exact
# laws. (b) All settings, with two standard errors, on the line of slope 1.
#
# ## 3 The law of spike-timing differences
#
# Now take *all* pairs of consecutive spikes of different neurons. The probability law $p(\Delta t)$ of their differences is the *spike-timing
# difference distribution* (STDD). At the shortest distances every pair is isolated, so this law *jumps* at zero:
#
# $$ p(0^+)/p(0^-) = e^{W_{ij}-W_{ji}}. $$
#
# For two neurons the whole law is known in closed form (`sk.stdd`). With equal weights it is flat over $\pm\tau_\mathrm{ref}$,
# whatever the biases; beyond, both neurons are off, and what is left is the exponential waiting time for the next spike. Fig. 2c shows two pairs
# of neurons, each run in many *replicas*, copies that differ in their random numbers only.

# %%
t_max, b = 102, -0.5
settings = {"excitatory": (0.8, 0.4), "inhibitory": (-0.4, -0.8)}  # (W_ij, W_ji)
panels, scores, equal_scores = [], [], []
for title, (w_ij, w_ji) in settings.items():
    network = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [b, b], tau_ref)
    spikes_2c = sk.simulate(network, sizes.periods * tau_ref, seed, sizes.replicas, device=device)
    lags, theory = sk.stdd.distribution(w_ij, w_ji, b, b, tau_ref, t_max=t_max)
    _, equal = sk.stdd.distribution(*[(w_ij + w_ji) / 2] * 2, b, b, tau_ref, t_max=t_max)
    simulated, z = sk.stdd.compare(spikes_2c, theory)
    scores.append(z)
    equal_scores.append(sk.stdd.compare(spikes_2c, equal)[1])
    panels.append(dict(title=title, jump=w_ij - w_ji, lags=lags, simulated=simulated, theory=theory, symmetric=equal))
fits, misfits = sk.stdd.p_value(*scores), sk.stdd.p_value(*equal_scores)
print(f"chance of such deviations: from the theory {fits:.2f}, from that of equal weights {misfits:.1g}")

# %% [markdown]
# ## 4 From timing to learning: the SAL rule
#
# Rules that change a synapse by the timing of its two neurons' spikes are called *spike-timing-dependent plasticity* (STDP). The
# best known, *Hebbian* STDP, strengthens a synapse whose presynaptic neuron fires just before the postsynaptic one. SAL has the
# opposite sign: causal pairs *depress* (weaken) a synapse and anti-causal pairs *potentiate* (strengthen) it. With a *window* $K$
# that falls with the distance of the two spikes, relative to a time constant $\tau$ (here $\tau_\mathrm{ref}$),
#
# $$ \Delta W_{ij} = \eta\,\frac{\tau_\mathrm{ref}}{T} \sum_\mathrm{pairs} S(\Delta t), \qquad
# S(\Delta t) = \begin{cases} -K(|\Delta t|/\tau) & \Delta t>0\\ +K(|\Delta t|/\tau) & \Delta t<0 \end{cases} $$
#
# where $\eta$ is the *learning rate* and $T$ the duration of the recording. The stronger synapse sees more causal pairs, and
# shrinks; for its partner the same pairs are anti-causal, and it grows. Nobody tells a synapse the weight of the other.
#
# The rule is *local*. Below, seven neurons run together and the library counts pairs as it goes. Then a few lines of NumPy
# are given no more than two spike trains at a time, for all 42 synapses: first those of its own neurons, then, as a check, with the presynaptic train of another neuron.

# %%
x = np.linspace(-2.5, 2.5, 501)
windows = [-np.sign(x) * sk.stdp.window(name, np.abs(x)) for name in sk.stdp.WINDOWS]
fig = sk.plots.sal_window(x, *windows)


def causal(post, pre):
    """The triangular window summed over spikes of `post`, each with the latest one of `pre` before it."""
    latest = np.append(-np.inf, pre)[np.searchsorted(pre, post)]
    return np.sum(np.maximum(0, 1 - (post - latest) / tau_ref))


def otherwise(pres):
    """Synapses that learn otherwise from two trains than SAL says."""
    update = np.array([[causal(pre, post) - causal(post, pre) for pre in pres] for post in own])
    return int(np.sum(np.abs(update / 1000 - sk.stdp.sal(seven)) > 1e-12, where=~np.eye(7, dtype=bool)))


seven = sk.simulate(sk.SamplingNetwork(*sk.boltzmann.random_machine(7, seed), tau_ref), 1000 * tau_ref, seed + 4)
own = [seven.times[seven.neurons == i] for i in range(7)]
book.record(fig, "01_window", local=(otherwise(own), otherwise(own[1:] + own[:1])))
fig

# %% [markdown]
# The mean of $S$ over the STDD, times the pairs per time, is SAL's *drift*, the direction in which the weights move on average: $d_{ij} = -d_{ji}$. We measure it for
# unequal and for equal weights, in many independent *copies* of the two neurons, and show the STDDs of section 3.

# %%
drift = {}
for w_ij, w_ji in [(0.8, 0.4), (0.6, 0.6)]:
    copies = sk.SamplingNetwork(np.full((sizes.copies, 2, 2), [[0, w_ij], [w_ji, 0]]), [b, b], tau_ref)
    spikes_drift = sk.simulate(copies, 2000 * tau_ref, seed + 1, record=False, device=device)
    drift[w_ij] = sk.estimates.mean(sk.stdp.sal(spikes_drift)[:, 0, 1])
    exact = float(sk.stdd.sal_drift(w_ij, w_ji, b, b, tau_ref, window="triangular", per="time")[0])
    print(f"W_ij = {w_ij}, W_ji = {w_ji}: drift of W_ij {drift[w_ij].value:.4f}, theory {exact:.4f}")
fig = sk.plots.stdd(panels, tau_ref)
book.record(fig, "01_stdd", law=(fits, misfits), drift=(drift[0.8], drift[0.6]), equal=(drift[0.6], drift[0.8]))
fig

# %% [markdown]
# ## 5 Two weights meet, or one copies the other
#
# Now let the rule act (Fig. 2d). The weights start at 1.5 and 0.5, the biases differ, and after every *epoch* of 60
# refractory periods the plastic weights move by $\Delta W$. First both synapses learn, then only $i\to j$. Bands are the quartiles of runs with
# different random numbers.

# %%
network = sk.SamplingNetwork([[0, 1.5], [0.5, 0]], [-0.5, -0.2], tau_ref=25)
only_ji = np.array([[False, False], [True, False]])
runs = dict(epochs=1500, epoch_length=1500, lr=0.03, seeds=range(1000 * seed, 1000 * seed + sizes.runs), device=device)
both = sk.alignment.train(network, **runs)
one = sk.alignment.train(network, plastic=only_ji, **runs)
fig = sk.plots.alignment(both, one)
fig

# %% [markdown]
# Two plastic weights meet at their mean of 1: what one gains the other loses. A single one follows its fixed partner at half that
# speed, and is still on its way.
#
# The authors' code leaves a difference of 0.03–0.07. Why? Our rule uses *consecutive* pairs, those of the STDD. Often STDP pairs
# each spike with the *nearest* earlier spike of the other neuron, even if its own neuron has spiked since. With a window that reaches beyond
# $\tau_\mathrm{ref}$, as the exponential one does, those extra pairs do not balance when the neurons' rates differ. We test that in the authors' own timing
# ([02](02_neural_sampling.ipynb) looks at it): steps of time, the shortest interval one step longer than $\tau_\mathrm{ref}$.

# %%
theirs = sk.SamplingNetwork(network.weights, network.biases, 25, timing="discrete", refractory=26, psp_length=24)
steps = {pairing: sk.alignment.train(theirs, pairing=pairing, **runs) for pairing in ("consecutive", "nearest")}


def late(ds):
    """W_ij and W_ji averaged over the last 300 epochs, one value per run."""
    last = ds.weights.sel(epoch=slice(1201, None)).mean("epoch")
    return last.sel(post=0, pre=1).values, last.sel(post=1, pre=0).values


meeting, consecutive, nearest = (
    sk.estimates.mean(np.subtract(*late(ds))) for ds in (both, steps["consecutive"], steps["nearest"])
)
copying = sk.estimates.mean(late(one)[1])
print(f"meeting: W_ij - W_ji = {meeting.value:.3f}; copying: W_ji = {copying.value:.3f}, the fixed W_ij = 1.5")
print(f"authors' timing: consecutive pairs leave {consecutive.value:.3f}, nearest pairs {nearest.value:.3f}")
book.record(fig, "01_alignment", meeting=meeting, copying=copying, nearest=(nearest, consecutive))

# %% [markdown]
# It is the pairing that leaves the difference, not the steps of time.
#
# ## 6 The phase plane
#
# Every pair of weights is a point in a plane, and the drift an arrow there (Fig. 2e: $b=0$, $\tau_\mathrm{ref}=15$). The
# drift vanishes on the *nullcline*. In continuous time that is exactly the diagonal $W_{ij}=W_{ji}$, even for unequal biases: without a jump there is no drift.
# All arrows point to it: it is a line of stable *fixed points*, where weights rest and to which they return. Overlaid are the median paths of section 5 (whose
# biases and $\tau_\mathrm{ref}$ differ a little, as in the paper).

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
# Sections 1 to 6 are Fig. 2 of the paper. Here it is in one piece: (a) circuit and spikes, (b) the rule's window, (c, d) STDDs, (e, f) the weights' paths, (g) the plane they move in.

# %%
fig = sk.plots.fig2(spikes, 20 * tau_ref, panels, tau_ref, (x, *windows), both, one, plane, rest, paths)
book.record(fig, "01_fig2")
fig

# %% [markdown]
# ## 7 How much noise?
#
# The abstract says that SAL *takes advantage of noise*. The noise here is the randomness of spiking. Its strength is a *temperature* $T$ that divides all potentials:
# a free neuron spikes at the rate $e^{u_i/T}/\tau_\mathrm{ref}$. Cold neurons ($T\to0$) are switches: they spike at once where $u_i>0$, and not at all where $u_i<0$. Hot ones
# do not feel their inputs. But temperature changes the firing rates, too, and they alone change what there is to learn from. So
# at every $T$ we choose the two biases that leave both neurons' *rates as they are* at $T=1$ (two equations in two unknowns, of the exact
# law), and measure the drift for the weights of section 3. What a drift has to be seen against is its own chance, the *spread* from copy to copy: the
# ratio of the two says how sure a synapse can be of its sign after a given time (here 100 $\tau_\mathrm{ref}$; it grows with the square root of the time).

# %%
temperatures = np.geomspace(0.075, 7.5, 15)
T, exact, measured = temperatures[:, None, None], {}, {}
for name, (w_ij, w_ji) in settings.items():
    rates = sk.stdd.rates(w_ij, w_ji, b, b)
    biases = np.array([sk.stdd.matched_biases(w_ij / t, w_ji / t, *rates) for t in temperatures])  # of b/T
    exact[name], _ = sk.stdd.sal_drift(w_ij / temperatures, w_ji / temperatures, *biases.T, tau_ref, per="time",
                                       window="triangular")  # fmt: skip
    weights = np.full((15, sizes.copies, 2, 2), [[0, w_ij], [w_ji, 0]])
    network = sk.SamplingNetwork(weights, T * biases[:, None], tau_ref, gain=1 / T)
    warm = sk.simulate(network, 200 * tau_ref, seed + 5, record=False, device=device).final
    found = sk.simulate(network, 2000 * tau_ref, seed + 5, record=False, device=device, start=warm)
    measured[name] = sk.stdp.sal(found)[..., 0, 1]
    print(f"{name}: rates of i and j at all temperatures within {np.ptp(found.rates().mean(axis=1), axis=0).max():.3f}")

# %%
drifts = {name: [sk.estimates.mean(-copies) for copies in x] for name, x in measured.items()}
sure = {name: -x.mean(axis=1) / x.std(axis=1) * np.sqrt(100 / 2000) for name, x in measured.items()}
best = {name: int(np.argmin(d)) for name, d in exact.items()}
print("strongest drift at T =", {name: round(float(temperatures[k]), 2) for name, k in best.items()})
ends = [[sk.estimates.mean(x[k] / x[best[name]].mean()) for name, x in measured.items()] for k in (0, -1)]
cold, hot = (max(pair) for pair in ends)
errors = {name: x.std(axis=1) / np.sqrt(sizes.copies) for name, x in measured.items()}
z, z_constant = (sk.stdd.p_value(*[(x.mean(axis=1) - law[name]) / errors[name] for name, x in measured.items()])
                 for law in (exact, {name: d[best[name]] for name, d in exact.items()}))  # fmt: skip
fig = sk.plots.noise(temperatures, {name: -d for name, d in exact.items()}, drifts, sure)
book.record(fig, "01_noise", cold=cold, hot=hot, law=(z, z_constant))
fig

# %% [markdown]
# At equal rates there is a best temperature. Both the drift (a) and the certainty (b) fall towards *either* side. Hot neurons hardly feel the weights: $e^{(W_{ij}-W_{ji})/T}\to 1$.
# Cold ones feel them as yes or no: any excitation, strong or weak, makes the neuron spike at once, any inhibition forbids it, and the *size* of the weight leaves no trace.
# The best $T$ lies below 1, at a fifth to a half of the larger weight: SAL needs noise, of the size of the weights, and less than these neurons have.
# (Noise can be lost otherwise. At high bias a neuron that fires like a clock ignores its input, so the order of spikes says nothing about the weight: at $b=8$ the
# exact drift is 0.4 % of its largest.)
#
# ## Appendix: theory and simulation in four random settings (SI Fig. 14)
#
# So far time was continuous. The paper's model lives in steps, in which all neurons are updated at once, and the *postsynaptic potential* (PSP) a spike evokes may have
# any shape; an *alpha function* rises and decays. For that case too the STDD is exact: the two neurons' *ages* (steps since their last spikes) are a
# *Markov chain*, a process in which what comes next depends on the present alone. Weights in ±1.5, biases in ±1; scores below are deviations in standard errors, of which one in twenty should leave the grey band.

# %%
kinds = {"continuous I": {}, "continuous II": {}, "discrete, rectangle": dict(timing="discrete"),
         "discrete, alpha": dict(timing="discrete", psp="alpha", tau_syn=10)}  # fmt: skip
panels_14, mirrored = [], []
for (name, kind), (w_ij, w_ji, b_i, b_j) in zip(kinds.items(), random.uniform(-1, 1, (4, 4)), strict=True):
    setting = 1.5 * w_ij, 1.5 * w_ji, b_i, b_j
    network = sk.SamplingNetwork([[0, setting[0]], [setting[1], 0]], [b_i, b_j], tau_ref=20, **kind)
    spikes_14 = sk.simulate(network, sizes.periods // 2 * 20, seed + 2, sizes.replicas, device=device)
    lags, theory = sk.stdd.distribution(*setting, 20, **kind)
    simulated, z = sk.stdd.compare(spikes_14, theory)
    mirrored.append(sk.stdd.compare(spikes_14, theory[::-1])[1])
    panels_14.append(dict(title=name, tau_ref=20, lags=lags, theory=theory, simulated=simulated, z=z))
p_values = sk.stdd.p_value(*[panel["z"] for panel in panels_14]), sk.stdd.p_value(*mirrored)
fig = sk.plots.theory_vs_simulation(panels_14)
book.record(fig, "01_theory_vs_simulation", law=p_values)
fig

# %%
print(book.verdicts())

# %% [markdown]
# ## What we have seen
#
# Intervals are 95 % confidence intervals over copies or runs. A claim *holds* if its whole interval lies within the bounds, and *differs* if it
# holds but lies outside what the paper shows. Its *null* is what one would measure if the claim were empty; it must lie outside. Chances of
# deviations are the smallest *p-value* times the number of comparisons: a correct theory would fall below 0.001 in one seed of a thousand.
#
# ## In practice
#
# - The ratio of causal to anti-causal pairs at short distance *is* $e^{W_{ij}-W_{ji}}$. Both synapses see it; no weight is transported.
# - With a window no wider than $\tau_\mathrm{ref}$, or consecutive pairs, SAL's fixed point is exactly $W_{ij}=W_{ji}$ in
#   continuous time. Discrete time shifts it a little when the neurons' rates differ.
# - To move the weights yourself: `sk.explorer.show()` in a cell of your own gives sliders for both weights, the biases,
#   $\tau_\mathrm{ref}$ and the PSP (it needs ipywidgets); the site's explorer does the same in a browser.
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
