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
# **What you will do.** Let two neurons talk to each other through two synapses of different strength, look at when
# they spike, and let a *local* rule, one that knows no more than its own two neurons' spikes, make the two weights equal.
#
# **What you will learn.** Why the order of spikes tells which of two reciprocal synapses is the stronger one; what the
# law of spike-timing differences is, exactly; how *spike-based alignment learning* (SAL) turns it into learning; and
# where that learning comes to rest. This rebuilds Fig. 2 of the paper and its SI Fig. 14.
#
# **What you need.** Python. No neuroscience: every term is explained where it first appears, and again in the
# [glossary](../docs/glossary.md).
#
# All sizes follow from the next cell. `preset = "tutorial"` runs in well under a minute; `"paper"` takes more seeds and
# longer runs. `seed` names the random numbers: the same seed gives the same spikes on every machine.

# %% tags=["parameters"]
preset = "tutorial"
seed = 1
device = "auto"

# %%
import numpy as np
from scipy import stats

import salkit as sk

sizes = sk.figures.pick(preset, device, replicas=(60, 200), periods=(20_000, 100_000), runs=(10, 50))
parameters = dict(preset=preset, seed=seed, device=device)

# %% [markdown]
# ## 1 Two neurons, two synapses
#
# A *spike* is an event without size: a neuron says "now". After a spike the neuron is *on* for the *refractory period*
# $\tau_\mathrm{ref}$, in which it cannot spike again. The *synapse* $j\to i$ adds its *weight* $W_{ij}$ to the
# *membrane potential* $u_i$ of the receiving neuron for as long as the sending one is on:
#
# $$ u_i = b_i + W_{ij}\, z_j, \qquad z_j = 1 \text{ while } j \text{ is on, else } 0, $$
#
# with a *bias* $b_i$. A positive weight is called *excitatory*, a negative one *inhibitory*. A neuron that is not refractory spikes at random, at the rate $e^{u_i}/\tau_\mathrm{ref}$. We call
# $i$ the *postsynaptic* and $j$ the *presynaptic* neuron of the synapse $j\to i$. Below, $W_{ij}$ is much stronger than
# its *reciprocal* partner $W_{ji}$. Time is counted in refractory periods.

# %%
strong, weak = 2.0, 0.0
pair = sk.SamplingNetwork([[0, strong], [weak, 0]], [-0.8, -0.8], tau_ref=50)
spikes = sk.simulate(pair, duration=24 * 50, seed=seed + 3)
fig = sk.plots.circuit(spikes, until=20 * 50)
sk.figures.save(fig, "01_circuit", data={"times": spikes.times}, parameters=parameters, seeds=seed + 3)
print("spikes of i and j:", *spikes.counts()[0])
fig

# %% [markdown]
# Bars are spikes, shades the time a neuron is on. An arrow joins two consecutive spikes of *different* neurons. Where $i$
# comes second, the pair is *causal* for the synapse $j\to i$: its presynaptic neuron may have caused the spike. Where $j$
# comes second it is *anti-causal*. The stronger $W_{ij}$, the sooner $i$ follows $j$.
#
# ## 2 The law of spike-timing differences
#
# Take all pairs of consecutive spikes of different neurons and collect their timing differences
#
# $$ \Delta t = t_i - t_j \qquad (\Delta t > 0: \text{causal for } j\to i). $$
#
# Their probability law $p(\Delta t)$ is the *spike-timing difference distribution* (STDD). For two neurons it is known
# exactly. In continuous time it has a closed form; here is what it says while one neuron is still on ($0<t<1$, in units of
# $\tau_\mathrm{ref}$, up to a constant):
#
# $$ p(+t) \propto A + (B-A)\,\beta_i\,\frac{h(t)}{1+\beta_j h(1)}, \quad h(t)=\frac{e^{\delta t}-1}{\delta},
# \quad \delta=\beta_j-\beta_i, $$
#
# where $\beta_i=e^{b_i+W_{ij}}$ is $i$'s rate while $j$ is on ($\beta_j=e^{b_j+W_{ji}}$ the other way round),
# $A=e^{b_j}\beta_i$ and $B=e^{b_i}\beta_j$. For $W_{ij}=W_{ji}$ we have $A=B$: **with equal weights the law is flat** over $\pm\tau_\mathrm{ref}$, whatever the biases. A slope means
# asymmetry. That is Fig. 2c: two pairs of neurons, with weights 0.4 and 0.8, and with −0.4 and −0.8. Each pair runs in
# many *replicas*, copies that differ in their random numbers only.

# %%
tau_ref, t_max, b = 50, 102, -0.5
settings = {"excitatory": (0.8, 0.4), "inhibitory": (-0.4, -0.8)}  # (W_ij, W_ji)
panels, residuals = [], []
for title, (w_ij, w_ji) in settings.items():
    network = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [b, b], tau_ref)
    spikes = sk.simulate(network, sizes.periods * tau_ref, seed=seed, replicas=sizes.replicas, device=device)
    lags, theory = sk.stdd.distribution(w_ij, w_ji, b, b, tau_ref, t_max=t_max)
    _, symmetric = sk.stdd.distribution(*[(w_ij + w_ji) / 2] * 2, b, b, tau_ref, t_max=t_max)
    _, number, pairs = spikes.stdd_counts(0, 1, t_max)
    simulated = number.sum(axis=0) / pairs.sum()
    panels.append(dict(title=title, lags=lags, simulated=simulated, theory=theory, symmetric=symmetric))
    residuals.append(sk.stdd.bin_z_scores(theory, number, pairs))
    print(f"{title}: W_ij = {w_ij}, W_ji = {w_ji}, {pairs.sum()} pairs")
sk.plots.stdd(panels, tau_ref)

# %% [markdown]
# Left and right of $\Delta t=0$ the law differs. For the excitatory pair short causal differences (right) outnumber short
# anti-causal ones (left), because $W_{ij}$ is the stronger synapse; for the inhibitory pair $W_{ij}=-0.4$ inhibits less,
# with the same result. Dashed: both weights at their mean, flat in the middle. Beyond $\tau_\mathrm{ref}$ both neurons are
# off, and all that is left is the exponential waiting time for the next spike.
#
# How well does the simulation follow the theory? For every bin we compare the number of pairs with what the theory
# predicts, in units of its standard error (from replicas, as successive pairs of one run are not independent). The *p-value* of
# such a score is the chance that a correct theory gives one at least as large. Look at enough bins, and one will be large by
# chance. So the smallest p-value is multiplied by the number $m$ of bins, of both panels: that bounds the chance that a
# correct theory shows a deviation so large *anywhere*.


# %%
def family_p_value(*scores):
    """Chance of so large a score somewhere among all bins of all panels, if the theory is right (Bonferroni)."""
    z = np.concatenate(scores)
    z = z[np.isfinite(z)]
    return min(1.0, z.size * 2 * stats.norm.sf(np.abs(z).max()))


p_value = family_p_value(*residuals)
print("bins compared:", *[int(np.isfinite(z).sum()) for z in residuals])
print(f"chance of such deviations: {p_value:.2f}")
claims = [sk.claims.Claim("Theory = simulation in every bin of Fig. 2c", "lines on histograms", p_value, above=1e-3)]

# %% [markdown]
# ## 3 From timing to learning: the SAL rule
#
# Rules that change a synapse by the timing of its two neurons' spikes are called *spike-timing-dependent plasticity* (STDP). The
# best known, *Hebbian* STDP, strengthens a synapse whose presynaptic neuron fires just before the postsynaptic one. SAL has the
# opposite sign: causal pairs *depress* (weaken) a synapse and anti-causal pairs *potentiate* (strengthen) it. With a *window* $K$
# that falls with the distance of the two spikes, relative to a time constant $\tau$ (here $\tau_\mathrm{ref}$),
#
# $$ \Delta W_{ij} = \eta\,\frac{\tau_\mathrm{ref}}{T} \sum_\mathrm{pairs} S(\Delta t), \qquad
# S(\Delta t) = \begin{cases} -K(|\Delta t|/\tau) & \Delta t>0\\ +K(|\Delta t|/\tau) & \Delta t<0 \end{cases} $$
#
# where $\eta$ is the *learning rate* and $T$ the duration of the recording.
#
# If $j\to i$ is the stronger synapse it sees more causal pairs at short distance, and shrinks. The same pairs are
# anti-causal for $i\to j$, which grows. Nobody tells a synapse the weight of the other.

# %%
lags = np.linspace(-2.5, 2.5, 501)
windows = {name: -np.sign(lags) * sk.stdp.window(name, np.abs(lags)) for name in sk.stdp.WINDOWS}
fig = sk.plots.sal_window(lags, **windows)
sk.figures.save(fig, "01_window", data={"lags": lags[::25], **{k: v[::25] for k, v in windows.items()}},
                parameters=parameters, seeds=seed)  # fmt: skip
fig

# %% [markdown]
# The mean of $S$ over the STDD is SAL's *drift*, the direction in which the weights move on average:
# $d_{ij} = \sum_{\Delta t} p(\Delta t)\, S(\Delta t) = -d_{ji}$. Let us measure it on the simulated pairs of section 2,
# for unequal and for equal weights, one value a replica, and compare with the theory.

# %%
drifts = {}
for w_ij, w_ji in [(0.8, 0.4), (0.6, 0.6)]:
    network = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [b, b], tau_ref)
    copies = sk.SamplingNetwork(np.broadcast_to(network.weights, (sizes.replicas, 2, 2)), [b, b], tau_ref)
    spikes = sk.simulate(copies, 5_000 * tau_ref, seed=seed + 1, device=device)
    measured = sk.stdp.sal(spikes, "exponential", pairing="consecutive")[:, 0, 1]
    theory = float(sk.stdd.sal_drift(w_ij, w_ji, b, b, tau_ref, per="time")[0])
    low, high = sk.claims.mean_interval(measured)
    drifts[w_ij, w_ji] = measured.mean(), (low, high)
    print(
        f"W_ij = {w_ij}, W_ji = {w_ji}: drift of W_ij {measured.mean():.4f} [{low:.4f}, {high:.4f}], theory {theory:.4f}"
    )

# %%
claims += [
    sk.claims.Claim("The stronger synapse is depressed: drift of W_ij at 0.8 / 0.4", "causal pairs outnumber anti-causal ones",
                    *drifts[0.8, 0.4], below=-0.005),
    sk.claims.Claim("Equal weights stay: drift of W_ij at 0.6 / 0.6", "symmetric STDD", *drifts[0.6, 0.6],
                    above=-0.002, below=0.002),
]  # fmt: skip
data = {
    f"{panel['title']}_{key}": panel[key] for panel in panels for key in ("lags", "simulated", "theory", "symmetric")
}
fig = sk.plots.stdd(panels, tau_ref)
sk.figures.save(fig, "01_stdd", data=data, parameters=parameters, seeds=[seed, seed + 1], claims=claims)

# %% [markdown]
# ## 4 Two weights meet, or one copies the other
#
# Now let the rule act (Fig. 2d). The weights start at 1.5 and 0.5, the biases differ, and after every *epoch* of 60
# refractory periods the plastic weights move by $\Delta W$. First both synapses learn, then only $i\to j$. Several runs with
# different random numbers show how much is chance.

# %%
network = sk.SamplingNetwork([[0, 1.5], [0.5, 0]], [-0.5, -0.2], tau_ref=25)
only_ji = np.array([[False, False], [True, False]])
runs = dict(epochs=1500, epoch_length=1500, lr=0.03, seeds=range(seed, seed + sizes.runs), device=device)
both = sk.alignment.train(network, **runs)
one = sk.alignment.train(network, plastic=only_ji, **runs)
fig = sk.plots.alignment(both, one)
fig


# %%
def late_difference(ds):
    """W_ij − W_ji averaged over the last third of the epochs, one value a run."""
    late = ds.weights.sel(epoch=slice(1000, None)).mean("epoch")
    return (late.sel(post=0, pre=1) - late.sel(post=1, pre=0)).values


difference = (both.weights.sel(post=0, pre=1) - both.weights.sel(post=1, pre=0)).mean("run")
below_1_e = int(np.argmax(difference.values < 1 / np.e))
print("the mean difference falls below 1/e of its start after", below_1_e, "epochs")
meeting, copying = late_difference(both), 1.5 - late_difference(one)
print(f"meeting: W_ij - W_ji = {meeting.mean():.4f} ± {meeting.std(ddof=1):.4f}")
print(f"copying: W_ji = {copying.mean():.3f} ± {copying.std(ddof=1):.3f}, the fixed W_ij = 1.5")

# %% [markdown]
# The two weights meet at their mean of 1 (what one gains the other loses, so their sum never changes). The single plastic weight follows its fixed partner at
# half that speed, and is still on its way: averaged over the last third it is 0.05 short. (The authors' code, in discrete time,
# leaves differences of 0.03–0.07 and falls below 1/e after about 190 epochs; its single plastic weight ends at 1.53–1.57.)
#
# *A detail that matters.* The rule above uses *consecutive* pairs, those of the STDD. Often STDP is taken to pair each spike with
# the *nearest* earlier spike of the other neuron even if its own neuron has spiked since. With a window that reaches
# beyond $\tau_\mathrm{ref}$, as the exponential one does, those extra pairs do not balance when the neurons' rates differ:

# %%
nearest = late_difference(sk.alignment.train(network, pairing="nearest", **runs))
print(f"nearest pairs: W_ij - W_ji = {nearest.mean():.4f} ± {nearest.std(ddof=1):.4f}")
claims_2d = [
    sk.claims.Claim("Two plastic weights meet: W_ij − W_ji", "difference 0.03–0.07", meeting.mean(),
                    sk.claims.mean_interval(meeting), above=-0.05, below=0.05),
    sk.claims.Claim("One plastic weight copies 1.5", "1.53–1.57", copying.mean(),
                    sk.claims.mean_interval(copying), above=1.4, below=1.6, digits=3),
]  # fmt: skip
paths = {"both plastic": both.weights.median("run").values, "one plastic": one.weights.median("run").values}
data = {f"{name}_{k}": path[::30, *ij] for name, path in paths.items() for k, ij in (("ij", (0, 1)), ("ji", (1, 0)))}
seeds = list(range(seed, seed + sizes.runs))
sk.figures.save(fig, "01_alignment", data=data, parameters=parameters, seeds=seeds, claims=claims_2d)

# %% [markdown]
# ## 5 The phase plane
#
# Every pair of weights is a point in a plane, and the drift an arrow there (Fig. 2e: $b=0$, $\tau_\mathrm{ref}=15$). The
# drift vanishes on the *nullcline*. In continuous time that is exactly the diagonal $W_{ij}=W_{ji}$, even for unequal biases.
# All arrows point to it: it is a line of stable *fixed points*, where weights rest and to which they return. Overlaid are the median trajectories of section 4 (whose
# biases and $\tau_\mathrm{ref}$ differ a little, as in the paper).

# %%
grid = np.arange(-2, 2.001, 0.25)
plane = sk.stdd.phase_plane(grid, b_i=0.0, b_j=0.0, tau_ref=15)
rest = sk.stdd.nullcline(grid, 0.0, 0.0, 15)
trajectories = {name: np.stack([path[:, 0, 1], path[:, 1, 0]], axis=1) for name, path in paths.items()}
fig = sk.plots.phase_plane(plane, rest, trajectories)
asymmetry = grid[:, None] - grid[None, :]
wrong = int(np.sum(np.sign(plane.drift_ij.values) != -np.sign(asymmetry), where=asymmetry != 0))
print(f"{wrong} of {grid.size**2 - grid.size} points off the diagonal drift away from it")
print("distance of the nullcline from the diagonal below 1e-9:", bool(np.abs(rest - grid).max() < 1e-9))
discrete_rest = sk.stdd.fixed_point(1.5, -0.2, -0.5, 25, timing="discrete")
print(f"in discrete time, tau_ref = 25, biases -0.2 and -0.5: rest at {discrete_rest:.3f} for a partner of 1.5")
claims_2e = [sk.claims.Claim("Grid points that drift off the diagonal", "arrows point to it", wrong, below=0)]
sk.figures.save(fig, "01_phase_plane", data={"w": grid, "drift_ij": plane.drift_ij, "nullcline": rest},
                parameters=parameters, seeds=seed, claims=claims_2e)  # fmt: skip
fig

# %% [markdown]
# ## 6 Theory and simulation, four random settings
#
# So far time was continuous. The paper's model lives in steps: $\tau_\mathrm{ref}$ is a whole number of them, all neurons are
# updated at once, and the *postsynaptic potential* (PSP) a spike evokes may have any shape; an *alpha function* rises
# and decays. For that case too the STDD is exact. The two neurons' *ages* (steps since their last spikes) are a Markov
# chain: the ages now and a throw of dice give the ages one step on, and the STDD follows from this chain. Four random settings (SI Fig. 14), weights in ±1.5 and biases in ±1:

# %%
random = np.random.default_rng(seed).uniform(-1, 1, (4, 4)) * [1.5, 1.5, 1, 1]
kinds = [{}, {}, dict(timing="discrete"), dict(timing="discrete", psp="alpha", tau_syn=10)]
names = ["continuous", "continuous", "discrete, rectangle", "discrete, alpha"]
panels = []
for name, kind, (w_ij, w_ji, b_i, b_j) in zip(names, kinds, random, strict=True):
    network = sk.SamplingNetwork([[0, w_ij], [w_ji, 0]], [b_i, b_j], tau_ref=20, **kind)
    spikes = sk.simulate(network, sizes.periods // 2 * 20, seed=seed + 2, replicas=sizes.replicas, device=device)
    lags, theory = sk.stdd.distribution(w_ij, w_ji, b_i, b_j, 20, t_max=None, **kind)
    _, number, pairs = spikes.stdd_counts(0, 1, int(lags[-1]))
    z = sk.stdd.bin_z_scores(theory, number, pairs)
    panels.append(dict(title=name, tau_ref=20, lags=lags, theory=theory, z=z[:-1], z_lags=lags,
                       simulated=number.sum(axis=0) / pairs.sum()))  # fmt: skip

# %%
fig = sk.plots.theory_vs_simulation(panels)
p_value = family_p_value(*[panel["z"] for panel in panels])
print("bins compared:", *[int(np.isfinite(panel["z"]).sum()) for panel in panels])
print(f"chance of such deviations: {p_value:.2f}")
claims_14 = [
    sk.claims.Claim(
        "Theory = simulation for random weights, biases and PSPs", "lines on histograms", p_value, above=1e-3
    )
]
data = {f"{k}_{key}": panel[key] for k, panel in enumerate(panels) for key in ("lags", "simulated", "theory", "z")}
sk.figures.save(fig, "01_theory_vs_simulation", data={"settings": random, **data},
                parameters=parameters, seeds=[seed, seed + 2], claims=claims_14)  # fmt: skip
fig

# %% [markdown]
# The grey band is two standard errors: about one score in twenty should lie outside.
#
# ## 7 What the noise is for, and all that a synapse has to know
#
# Neurons of a high bias spike as soon as they may, every $\tau_\mathrm{ref}$, like clocks. In front of a clock a weight can do
# nothing, so no order of spikes tells it. The noise of a neuron's spiking is shown by the *coefficient of variation* of the intervals
# between its spikes (standard deviation over mean): 1 for events at random, 0 for a clock, and $1/(1+e^{b})$ for ours when alone.
# Below: (a) how irregular the spikes are, and (b) SAL's drift for the weights 0.8 and 0.4 (theory, and simulations with 95 % confidence
# intervals) as both biases go from $-5$ to 8. Without spikes, on the left, there is nothing to learn from; without noise, on the right,
# nothing to be seen. In between SAL lives on the noise.
#
# And what must a synapse know? Only its own two neurons' spikes: the rule is *local*. In the second cell seven neurons run together, and
# the library counts pairs as it goes. Then a few lines of NumPy are given no more than two spike trains at a time, for all 42 synapses.

# %%
b, some = np.linspace(-5, 8, 53), np.arange(-3.0, 4.0)
theory = sk.stdd.sal_drift(0.8, 0.4, b, b, tau_ref, window="triangular", per="time")[0]
both_biases = np.stack([some, some], axis=-1)[:, None]  # shape (bias, 1, neuron): the same for all copies
copies = sk.SamplingNetwork(np.full((7, 10 * sizes.replicas, 2, 2), [[0, 0.8], [0.4, 0]]), both_biases, tau_ref)
spikes = sk.simulate(copies, 2_000 * tau_ref, seed + 4, record=False, device=device)
drift = sk.stdp.sal(spikes)[..., 0, 1]  # (bias, copy), triangular window
simulated = {bias: (x.mean(), sk.claims.mean_interval(x)) for bias, x in zip(some.tolist(), drift, strict=True)}
fig = sk.plots.noise(b, theory, simulated)
most = int(np.argmin(theory))
share = float(theory[-1] / theory[most])
print(
    f"largest drift {theory[most]:.3f} at b = {b[most]:.2f}; at b = 8, where neurons are clocks, {100 * share:.1f} % of it"
)
fig


# %%
def causal(post, pre):
    """The triangular window summed over spikes of `post`, each with the latest one of `pre` before it."""
    latest = np.append(-np.inf, pre)[np.searchsorted(pre, post)]
    return np.sum(np.maximum(0, 1 - (post - latest) / tau_ref))


seven = sk.SamplingNetwork(*sk.boltzmann.random_machine(7, seed), tau_ref)
spikes, counted = (sk.simulate(seven, 1000 * tau_ref, seed + 4, record=r, device=device) for r in (True, False))
trains = [spikes.times[spikes.neurons == i] for i in range(7)]
two_by_two = np.array([[causal(pre, post) - causal(post, pre) for pre in trains] for post in trains])
otherwise = int(np.sum(np.abs(two_by_two * tau_ref / spikes.duration - sk.stdp.sal(counted)) > 1e-12))
print(f"{otherwise} of 42 synapses learn otherwise")

# %%
claims_7 = [
    sk.claims.Claim("Local: of 42 synapses, those that would learn otherwise from their own two neurons' spikes alone",
                    "fully local", otherwise, below=0),
    sk.claims.Claim("Neurons like clocks (b = 8): exact drift over the largest", "SAL takes advantage of noise", share,
                    below=0.05),
]  # fmt: skip
sk.figures.save(fig, "01_noise", data={"b": b, "drift": theory, "simulated": simulated}, parameters=parameters,
                seeds=[seed, seed + 4], claims=claims_7)  # fmt: skip

# %%
claims += claims_2d + claims_2e + claims_14 + claims_7
print(sk.claims.table(claims))
sk.claims.check(claims)
print(f"\npreset {preset}, seed {seed}, device {device}, salkit {sk.__version__}")

# %% [markdown]
# ## What we have seen
#
# Intervals in this table are 95 % confidence intervals over replicas or seeds. A claim *holds* if its whole interval lies within
# the stated bounds. Entries without an interval are exact, or the smallest p-value times the number of comparisons: a correct theory
# would fall below the bound of 0.001 in one seed of a thousand.
#
# ## In practice
#
# - A causal excess at short lags is all a synapse needs to see that it is the stronger one. Noise makes the spikes, and so
#   the measurement; no weight is transported.
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
# **2.** Section 2 says that equal weights make the law flat within $\pm\tau_\mathrm{ref}$, *whatever the biases*. Try it with
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
