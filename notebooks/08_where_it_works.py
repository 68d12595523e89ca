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
# # Where SAL works, and where it fails
#
# > *"… an omnipresent property of physical neuronal networks, both biological and artificial."*
# > — Baumbach, Kungl, Max & Petrovici, the abstract that this suite rebuilds
#
# **What you will do.** Take the network for which *spike-based alignment learning* (SAL) is exact, and spoil it: let spikes arrive late, give
# neurons common inputs, other postsynaptic potentials, one sign only, few bits, other dynamics. Each time you predict what will happen
# before you measure it.
#
# **What you will learn.** How to see a fixed point without waiting for learning; which conditions SAL bears, which only slow it, and which
# turn it around; for each the point where feedback is 30° off, and what a designer can do.
#
# **What you need.** Notebooks [01](01_sal_principle.ipynb) and [06](06_any_network.ipynb). Figs. 10, 11 and 12 of the paper are in
# sections 4 and 5; the rest, and all predictions, are this suite's own. Terms are in the [glossary](../docs/glossary.md). Times are in
# refractory times $\tau_\mathrm{ref}$.

# %% tags=["parameters"]
preset = "tutorial"
seed = 1
device = "auto"

# %%
import numpy as np

import salkit as sk

book = sk.notebook("08", preset, seed, device)
sizes = book.sizes(runs=(3, 5), length=(3000, 10_000), points=(3, 5), long=(8000, 20_000), level=(20_000, 100_000))
limits, mean, seeds = sk.limits, sk.estimates.mean, range(100 * seed, 100 * seed + sizes.runs)


# %% [markdown]
# ## 1 Measure the drift, do not wait for learning
#
# Two layers, forward weights $W$, feedback weights $B$ that should become $W^{\mathsf T}$, as in 06. Learning takes long. But all that
# matters can be seen while **nothing learns**: keep random $W$ and $B$ frozen, count for each pair of a lower neuron $x$ and an upper
# neuron $y$ how SAL *would* move $B_{xy}$, and fit a line,
#
# $$ \text{drift}_{xy} = s_W\, W_{yx} + s_B\, B_{xy} + \text{offset} + \text{noise} . $$
#
# $s_W>0$ is what the forward synapse causes, as SAL sees it, $s_B<0$ what the feedback synapse causes. SAL rests where the drift is zero:
# $B = \text{gain}\cdot W^{\mathsf T}$ with $\text{gain} = s_W/|s_B|$, which should be 1. A second measurement at $B=W^{\mathsf T}$ tells
# how far single synapses will be off: the **angle left**. One second of computing in place of a learning curve.
#
# For weak weights theory knows $s_W$ and $s_B$: the response of a refractory neuron to a weak input, and the window that looks at it
# (`limits.linear`, one integral). So each condition has a prediction with no free parameter:

# %%
trials = {"no condition": {}, "delays at synapses": dict(delay_forward=0.1, delay_backward=0.1, reading="synapse"),
          "longer delays": dict(delay_forward=0.25, delay_backward=0.25, reading="synapse"),
          "fast common input": dict(drive=1.5, drive_tau=0.2), "shorter periods above": dict(period=0.8)}  # fmt: skip
gains = {}
for name, changes in trials.items():
    condition = limits.Condition(sizes=(20, 20), **changes)
    slope = limits.close(condition, seeds).slope.values[:, -1]
    gains[name] = limits.predict(condition).gain, limits.measure(condition, seeds, sizes.length)[1].gain, mean(slope)
layers = limits.loop.begin(limits.Condition(sizes=(20, 20)), [(seed, seed)])
net = limits.loop.network(limits.Condition(sizes=(20, 20)), layers)
moved = limits.between(sk.simulate(net, 20_000, seed, record=False, statistics=("overlaps",), device="cpu"), 20)[0, 0]
fig = sk.plots.frozen((layers.forward[0].T - layers.backward[0], moved), gains)
exact, late = gains["no condition"], gains["delays at synapses"]
book.record(fig, "08_frozen", exact=(exact[1], late[1]), learned=(late[2], exact[2]))
fig

# %% [markdown]
# (a) Without any condition the drift is a line in $W-B$: pairs do not move where both are equal. (b) What theory says, what frozen weights
# tell, and where learning ends agree. Slopes are learned to a finite time: the slowest lag behind.
#
# ## 2 Delays
#
# A spike needs time to arrive. Say $d_f$ on the way up and $d_b$ on the way down. The correlation that $W$ causes is then shifted by
# $d_f$, that of $B$ by $d_b$, and a window about zero sees less of both. With $\alpha(d)$ the drift of a weight behind a delay $d$,
#
# $$ \text{pairs read at the somata:}\quad \alpha(d_f)\,W-\alpha(d_b)\,B, \qquad
#    \text{at the synapse:}\quad \alpha(d_f+d_b)\,W-\alpha(0)\,B . $$
#
# The second is the physical case: the synapse of $B$ learns of a presynaptic spike when it arrives, $d_b$ late. It sees its own effect at
# once, and that of $W$ after the whole *round trip*.

# %%
half, delays, fine = limits.linear.Neuron(0.5), np.array([0.0, 0.1, 0.2, 0.3, 0.4]), np.linspace(0, 0.42, 22)
both = [dict(sizes=(20, 20), delay_forward=d, delay_backward=d) for d in delays]
seen = [limits.measure(limits.Condition(**c), seeds, sizes.length)[0].forward for c in both]
late = [limits.Condition(reading="synapse", **c) for c in both]
copied = [limits.measure(c, seeds, sizes.length)[1].gain for c in late]
cures = [limits.Condition(reading="synapse", shift=2 * d, **c) for d, c in zip(delays, both, strict=True)]
cured = [limits.measure(c, seeds, sizes.length)[1].gain for c in cures]
alpha, trip = (np.array([limits.linear.synapse(half, half, delay=k * d) for d in fine]) for k in (1, 2))
theory = {"SAL": (fine, trip / alpha[0]), "window shifted": (fine, np.ones(fine.size))}
fig = sk.plots.against_theory({
    "at the somata": sk.plots.delays_panel("$s_W$", {"SAL": (fine, alpha)}, {"SAL": (delays, seen)}),
    "at the synapses": sk.plots.delays_panel("gain $B/W$", theory, {"SAL": (delays, copied), "window shifted": (delays, cured)}),
})  # fmt: skip
book.record(fig, "08_delays", slope=(seen[2], seen[0].value), gain=(copied[1], cured[1]), cure=(cured[4], copied[4]))
fig

# %% [markdown]
# Lines: theory. Equal delays read at the somata leave the fixed point where it is, if rates are equal, too; they cost time, as
# $\alpha^{-2}$. Read at the synapse, feedback comes out too small by $\alpha(D)/\alpha(0)$, with $D$ the round trip; beyond
# $D\approx 0.7$ it *reverses*: after a spike neurons are refractory, and the trough behind the peak is what the late window meets.
#
# **What to do.** Let the anti-causal branch of the window begin a round trip earlier (`shift`), so that each branch starts where its PSP
# does: one number a pathway, and the gain is 1 again. Or keep round trips below a tenth of the refractory time.
#
# ## 3 Inputs that neurons share
#
# The world drives many neurons at once. A common input of amplitude $A$ and correlation time $\tau$ makes two lower neurons $x$, $x'$
# fire together, so that $y$ seems to follow $x$ although it is $x'$ that has the synapse: $W_{yx'}$ *leaks* into $B_{xy}$. But this
# correlation is even in time, and SAL takes a difference: only what is fast enough to fit under one branch of the window leaks. A
# one-sided rule, which counts causal pairs alone, sees all of it.

# %%
taus, grid = np.array([0.2, 1.0, 5.0, 20.0]), np.geomspace(0.1, 40, 40)
below = [limits.Condition(sizes=(20, 20), drive=1.0, drive_tau=tau) for tau in taus]
above = [limits.Condition(sizes=(20, 20), drive=0.5, drive_tau=tau, drive_to="all", drive_lag=0.2) for tau in taus]
drifts = [limits.measure(c, seeds, 4 * sizes.length)[0] for c in below]
leak = [sk.estimates.Estimate(*(x / -d.backward.value for x in d.others["neighbour"])) for d in drifts]
late = [limits.measure(c, seeds, sizes.length)[0].offset for c in above]
seen = {k: [limits.linear.leak(half, half, 1.0, t, rule=k) for t in grid] for k in ("sal", "one-sided")}
leaks = {"SAL": (grid, seen["sal"]), "one-sided": (grid, seen["one-sided"])}
shift = {"SAL": (grid, [limits.linear.common(half, half, 0.5, t, 0.2) for t in grid])}
fig = sk.plots.against_theory({
    "shared below": sk.plots.drive_panel("leak of the neighbour's weight", leaks, {"SAL": (taus, leak)}),
    "0.2 later above": sk.plots.drive_panel("offset of all pairs", shift, {"SAL": (taus, late)}),
})  # fmt: skip
book.record(fig, "08_inputs", fast=(leak[0], leak[3].value), slow=(leak[3], seen["one-sided"][-1]), lag=(late[0], 0.0))
fig

# %% [markdown]
# Lines: theory, for (a) also of a one-sided rule. (a) Slow inputs do not harm SAL at all, and that is its strength against rules of one side. (b) An input that reaches the upper layer
# *later* gives time a direction: it looks like a forward weight between all pairs, and $B$ is shifted by offset/$|s_B|$. The shift does not
# shrink with the size of the layer, but weights do, as $1/\sqrt n$: wide layers suffer more. A stimulus that climbs a hierarchy is such an
# input.
#
# **What to do.** Let SAL work while no stimulus passes (spontaneous activity), as all phases of this suite do.
#
# ## 4 Why the drift has the right sign, and which PSPs break it (Figs. 11 and 12)
#
# The paper's proof (its Fig. 12) looks at two neurons with weights $W\pm\varepsilon$: let $\delta(t)$ be what $\varepsilon$ adds to causal
# pairs of lag $t$ over anti-causal ones, and $\Delta(t)=\int_0^t\delta$. Runs of consecutive spikes alternate between the two neurons, so both
# kinds of pair are equally many, $\Delta(\infty)=0$. If $\Delta\ge 0$ throughout, every window that falls with $|t|$ drives the weights
# together. Whether it is can be computed, in closed form, for any network of two neurons. We do so on a whole grid:

# %%
axis = np.linspace(-4, 4, 4 * sizes.points - 3)
search = limits.proof.exhaust(np.linspace(-3, 3, 2 * sizes.points + 1), axis, [0.05, 0.5, 2.0])
print(f"{search.least.size} networks: smallest Δ/max Δ {abs(float(search.least.min())):.0e} below 0 or none, both halves of the law "
      f"½ within {float(search.halves.max()):.0e}, largest drift of the larger weight {float(search.drift.max()):.1e}")  # fmt: skip
cases = {f"$W$ = {w}": limits.proof.curves(w, 0.05, 0.0, 1.0)[:3] for w in (0.5, -0.5)}
others = {"rectangle": dict(psp_length=19), "exponential": dict(psp="exponential"), "short": dict(psp="exponential", tau_syn=6.7),
          "alpha": dict(psp="alpha", tau_syn=6.7)}  # fmt: skip
turned = {name: limits.proof.of_shape(0.5, 0.05, 2.0, 2.0, 20, **psp)[:3:2] for name, psp in others.items()}
at = float(search.w[np.argmin(np.abs(search.w.values - 0.5))])
map_of = search.sel(w=at, e=0.05)
fig = sk.plots.fig12(cases, (axis, map_of.least.values, map_of.most.values), turned)
worst = {name: float(integral[:40].min() / integral[:40].max()) for name, (_, integral) in turned.items()}
book.record(fig, "08_proof", sign=(float(search.least.min()), worst["exponential"]))
fig

# %% [markdown]
# (a, b) The paper's two cases. (c) $\max\Delta$ over biases: positive everywhere, smallest where a neuron is silent or always on. No network of
# the grid has a $\Delta$ below zero: a proof by exhaustion of what the figure of the paper illustrates. (d) It needs the shape of the PSP. With
# *exponential* PSPs at high rates (here biases of 2) $\Delta$ turns negative: a spike right after the partner's is less likely to be followed
# by another, and SAL drives weights apart. Alpha-shaped PSPs do not.
#
# Where neurons fire at *different* rates other PSPs also shift the fixed point. The paper's Fig. 11, with its settings:

# %%
kinds, b = ("rectangle", "alpha, short", "alpha, long"), np.linspace(-1, 1, sizes.points)
s, own = np.linspace(0, 2, 200), np.array([-1.5, -0.75, 0.75, 1.5])
b_i, b_j = (x.ravel() for x in np.meshgrid(b, b, indexing="ij"))
three = {"-1, 1": (-1, 1), "0, 0": (0, 0), "1, -1": (1, -1)}
laws = {kind: {k: limits.shapes.timing(kind, 1.0, *biases) for k, biases in three.items()} for kind in kinds}
lines = {kind: limits.shapes.rest_lines(kind, own, b_i, b_j).reshape(b.size, b.size, own.size) for kind in kinds}
across = {kind: (own, {bias: line[k, b.size - 1 - k] for k, bias in enumerate(b)}) for kind, line in lines.items()}
off = {kind: (b, limits.shapes.deviation(line, own)) for kind, line in lines.items()}
fig = sk.plots.fig11({k: (s, limits.shapes.height(k, s)) for k in kinds}, laws, across, off)
corner, short, long = (float(values[0, -1]) for _, values in off.values())
print(f"deviation at biases −1, 1: rectangle {corner:.3f}, short alpha {short:.3f}, long {long:.3f}")
book.record(fig, "08_shapes", rectangle=(corner, long), alpha=(long, corner))
fig

# %% [markdown]
# With rectangular PSPs SAL rests on the diagonal whatever the rates. With alpha functions it does where rates are equal (then exchanging the
# neurons exchanges the halves of the law), and else not: the longer the PSP compared to the refractory period, the farther.
#
# **What to do.** Let the PSP end with the refractory period; or keep rates equal, by homeostasis.
#
# ## 5 Dale's law (Fig. 10)
#
# Cortical neurons excite or inhibit, not both. Two excitatory neurons can still inhibit one another, through interneurons:
# E1 → I1 → E2 and E2 → I2 → E1. SAL moves the two direct weights $W_{21}$, $W_{12}\ge0$ by the spikes of E1 and E2 alone. Which weight does
# it make symmetric? The authors charge all inhibition to the path (*charged*); one can also take what one spike changes (*increment*),
# or measure: with the other direction cut, at which $W_0$ does SAL see nothing? Then $W-W_0$ is the weight that SAL sees (*measured*).

# %%
dale, w, wide, shifts = limits.dale, np.array([0.5, 1.0, 1.5]), np.linspace(0, 2, 5), {}
for n, kind in enumerate(("drawn", "symmetric")):
    found = dale.nullcline(w, kind, sizes.long, 10 * seed + n)
    shifts[kind] = w, [dale.off_diagonal([x], [e]) for e, x in zip(found, w, strict=True)]
same, away = {"E–I": (wide, dale.rates("drawn", wide, sizes.long, seed))}, {}
for definition in dale.DEFINITIONS:
    one, two = (float(dale.effective(0.0, direction, "drawn", definition)) for direction in ("21", "12"))
    same[definition], away[definition] = (wide, dale.rates("none", wide + one, sizes.long, seed + 1)), one - two
zero = [dale.balance(direction, "drawn", sizes.long, seed).value for direction in ("12", "21")]
away["measured"] = zero[0] - zero[1]
paths = {"direct only": dale.circuit(0.0, 1.0, "none"), "indirect only": dale.circuit(0.0, 0.0)}
timing = {name: dale.correlogram(net, sizes.long, seed, bins=30) for name, net in paths.items()}

# %%
fig = sk.plots.fig10(same, shifts, away, timing)
drawn, symmetric = (dale.off_diagonal(0 * w, shifts[kind][1]) for kind in ("drawn", "symmetric"))
print(f"W₁₂ − W₂₁ at rest: drawn circuit {drawn.value:.2f}, symmetric {symmetric.value:.2f}; predicted",
      *[f"{d} {x:.2f};" for d, x in away.items()])  # fmt: skip
book.record(fig, "08_dale", shift=(drawn, symmetric.value), symmetric=(symmetric, drawn.value))
fig

# %% [markdown]
# (a) Both definitions give nearly the right rate. (b) In the symmetric circuit SAL rests at equal weights. The interneurons of the paper's
# circuit differ, and SAL makes up for it; by how much, the measured weight says. (c) Indirect paths (here both directions) inhibit later than a
# direct synapse excites, by the time an interneuron takes to spike: SAL sees them as through a delay.
#
# ## 6 Neurons that integrate and fire
#
# Everything so far used a neuron made for theory: it spikes at the rate $e^{u}/\tau_\mathrm{ref}$ and forgets the rest. A *leaky integrate-and-fire* neuron has none of
# that: its membrane $C\dot u=\sum_x g_x(E_x-u)+I$ spikes where it reaches a threshold, nothing in it is random. Under a strong bombardment by excitatory and inhibitory
# spikes, though, the conductances it opens are so large that the membrane takes half a millisecond instead of 20 ms (the *high-conductance state*): $u$ follows the noise, and the
# neuron spikes at random. Petrovici and colleagues (2016) found that it is then on for a share
# $P(z=1)\approx\sigma((\bar u-u_0)/\alpha)$ of the time, $\bar u$ the mean potential it would have without a threshold. Two measured numbers, $u_0$ and
# $\alpha$, translate a Boltzmann machine into neurons: $\bar u_i=u_0+\alpha b_i$, and pulses whose mean over $\tau_\mathrm{ref}$ is $\alpha W_{ij}$.
#
# *Prediction*: with the fit the neurons sample the machine, up to what is left of the fit and of the pulses, which rise and decay instead of being rectangular. Without
# it (a threshold at $-50$ mV under a normal law, which is where one would start) they do not.

# %%
neuron, states = sk.lif.Neuron(), {}
fitted = sk.lif.activation(neuron, float(sizes.level), seed=seed)
w, b = sk.boltzmann.random_machine(4, 3)
exact = sk.boltzmann.distribution(w, b)
pairs = {"calibrated": (fitted.offset, fitted.slope), "not calibrated": sk.lif.assumed(neuron)}
for label, pair in pairs.items():
    network = sk.lif.translate(w, b, neuron, *pair)
    spikes, _ = sk.lif.simulate(network, 4 * float(sizes.level), seed, replicas=4, record=False)
    states[label] = spikes.occupancy / spikes.duration
kl = {label: sk.estimates.mean(sk.boltzmann.kl_divergence(each, exact)) for label, each in states.items()}
fig = sk.plots.lif_sampling(fitted, exact, {label: each.mean(axis=0) for label, each in states.items()})
wrong = fitted.misfit_of(*pairs["not calibrated"])
book.record(fig, "08_lif", misfit=(fitted.misfit, wrong), sampling=(kl["calibrated"], kl["not calibrated"]))
fig

# %% [markdown]
# The fit misses by two or three hundredths, and the machine's law comes out within about 0.008 nats (forty times closer than without the fit). Two things stay exact: without a threshold the
# membrane is Gaussian with a known variance, and for an infinitely fast membrane the rate follows from Siegert's first-passage time; tests hold the kernel to both.
#
# Now SAL. Nothing in these neurons is reversible: a neuron whose noise is high when its refractory time ends spikes again at once, so spikes come in bursts, and a pulse outlives
# the refractory time of its sender. The proof of notebook 06 does not apply. *Prediction*: between neurons that are alike nothing tells $i$ from $j$, so to first order in the weights the drift is
# $s\,(W_{ji}-W_{ij})$ and vanishes at equal weights; between neurons of unequal rates nothing makes the two slopes equal.

# %%
runs = book.results("lif-alignment")
by = {str(name): sk.ensemble.select(runs, condition=name) for name in dict.fromkeys(runs.condition.values)}
start = float(runs.asymmetry[:, 0].mean())
change = {name: mean((r.asymmetry[:, -1] - r.asymmetry[:, 0]) / start) for name, r in by.items()}
law = {name: sk.estimates.geometric_mean(r.kl[:, 1] / r.kl[:, 0]) for name, r in by.items()}
fig = sk.plots.lif_alignment(runs.time, {k: r.asymmetry for k, r in by.items()}, {k: r.kl for k, r in by.items()})
book.record(fig, "08_lif_alignment", sal=(change["SAL"], 0.0), law=(law["SAL"], law["no SAL"]))
fig

# %% [markdown]
# Four-neuron machines whose twelve synapses all carry noise of their own. SAL takes most of the asymmetry away, with linear membranes and with real conductances, and the sampled law moves to that of the
# symmetrised machine. Where rates differ, more is left; with a delay of half a refractory time nothing happens. Both can be read off the drift with frozen weights, as in section 1:

# %%
runs = book.results("lif-drift")


def regressed(lower, upper, delay=0.0):
    """SAL's drift regressed on both weights, and the rates of both layers."""
    r = sk.ensemble.select(runs, lower_bias=lower, upper_bias=upper, delay=delay)
    fit = sk.limits.regress(r.drift.values, r.forward.values[:, 0], r.backward.values[:, 0])
    return fit, r.rates.values.mean(axis=0)


# %%
pairs = sorted(set(zip(runs.lower_bias.values.tolist(), runs.upper_bias.values.tolist(), strict=True)))
fits, late = {pair: regressed(*pair) for pair in pairs}, {}
for bias in (0.0, -2.0):
    at = np.unique(sk.ensemble.select(runs, lower_bias=bias, upper_bias=bias).delay)
    whole, rates = fits[bias, bias]
    shares = [sk.estimates.Estimate(*(np.array(regressed(bias, bias, d)[0].forward) / whole.forward.value)) for d in at]
    late[f"rates {rates.mean():.2f}"] = (at, shares)
fig = sk.plots.lif_drift({f"{x:.2f}, {y:.2f}": fit.gain for fit, (x, y) in fits.values()}, late)
gain = {pair: fit.gain for pair, (fit, _) in fits.items()}
delays, shares = next(iter(late.values()))
half = shares[list(delays).index(5.0)]
book.record(fig, "08_lif_drift", alike=(gain[0.0, 0.0], gain[-2.5, -0.5]), slow=(gain[-2.5, -0.5], 1.0),
            fast=(gain[-0.5, -2.5], 1.0), late=(half, np.exp(-0.5)))  # fmt: skip
fig

# %% [markdown]
# Alike in rate, feedback comes to rest at the forward weights (gain 1); where the upper layer is four times as fast, at three quarters of them, the other way round at 1.4 times. A gain common to a
# layer turns nothing: it is the spread *within* a layer that costs an angle. Delays shrink the drift in proportion to what is left of the pulse's edge: at half a refractory time it is gone at high rates and a fifth at low ones
# (an exponential window alone would leave $e^{-1/2}=0.61$). **Rule**: SAL does not need Boltzmann neurons, equality of the weights needs equal rates: keep them alike by homeostasis, and low; keep delays below a tenth of $\tau_\mathrm{ref}$.
#
# ## 7 All conditions at once
#
# The same two layers, one condition at a time, at growing strength; now $B$ learns, $200\,n$ refractory times (at paper scale $400\,n$). Each
# cell: strength, angle in the end, slope.

# %%
final = book.results("limits-map").isel(time=-1)
units, cells = {name: unit for name, (unit, _, _) in sk.limits_experiments.MAP.items()}, {}
for name in ("none", *units):
    of = sk.ensemble.select(final, condition=name)
    each = {x: sk.ensemble.select(of, strength=x) for x in dict.fromkeys(of.strength.values.tolist())}
    cells[name] = {x: (mean(one.angle.values), float(one.slope.mean())) for x, one in each.items()}
without = cells.pop("none")[0.0][0].value
rows = {name: [(x, angle.value, slope) for x, (angle, slope) in row.items()] for name, row in cells.items()}
fig = sk.plots.conditions_map(without, rows, units)
missing, bits = cells["missing synapses"][0.8][0], cells["few bits"][3.0][0]
claims = {"missing": (missing, bits), "bits": (bits, missing), "slow": (cells["slow common input"][1.0][0], bits)}
claims |= {"dale": (cells["Dale's law"][0.5][0], missing), "scattered": (cells["scattered delays"][1.0][0], missing)}
book.record(fig, "08_map", **claims)
fig

# %% [markdown]
# Read the map from above. **Borne:** strong weights, unequal rates, missing synapses, slow common input. **Slowed:** delays read at the
# somata; exponential PSPs at high rates. **Biased in size, not in direction:** shorter periods above, fast common input, delays read at the
# synapse while they are short. **Broken:** scattered delays, an input that arrives late, few bits (rounding adds noise at every update).
# *Dale's law* bounds what can be reached: $B_{xy}$ has the sign of $y$, $W_{yx}$ that of $x$, and pairs of unlike sign cannot match. With a
# share $p$ of inhibitory neurons a share $2p(1-p)$ is lost, and $\cos^2\theta = 1-2p(1-p)$ at best: 34° for $p=0.2$, 45° for
# $p=\frac12$.
#
# ## What we have seen
#
# All claims. Intervals are Student's 95 %, over synapses and neurons (frozen drifts), replicas or seeds. A claim *holds* if its whole interval
# lies within the stated bounds, *fails* if it lies outside. Its *null* is what would be measured if the claim were empty.

# %%
print(book.verdicts())

# %% [markdown]
# ## In practice
#
# - Measure the drift with frozen weights before you train (`limits.measure`): slopes, gain, angle left.
# - Shift the anti-causal branch of the window by the round trip, or keep that below a tenth of the refractory time.
# - Let SAL work without stimulus. Slow common input is harmless; what arrives at one layer later than at the other is not.
# - Let PSPs end with the refractory period, and windows with the shortest one.
# - With few bits, update rarely: rounding adds noise with every update, not with time.
#
# ## Exercises
#
# **1.** Neurons of the upper layer are refractory for four fifths of the time only. Which windows leave the gain at 1?
#
# <details><summary>Solution</summary>
#
# ```python
# from salkit.limits import linear
# x, y = linear.Neuron(0.5), linear.Neuron(0.5, 0.8, 0.8)
# for window in ("rectangular", "triangular"):
#     print(window, round(linear.synapse(x, y, window) / linear.synapse(y, x, window), 2))
# slow = linear.Neuron(0.5, 1.25, 1.25)
# print(round(linear.synapse(x, slow) / linear.synapse(slow, x), 2))
# ```
#
# prints 1.54, 1.06 and 1.0: a window that ends with the *shorter* of the two periods (here in units of it) sees only lags for which the
# network is reversible; one that reaches farther does not, and the triangle gives those lags little weight.
#
# </details>
#
# **2.** At which round trip does $B$ reverse, at rates of 0.1, 0.3, 0.5, 0.7?
#
# <details><summary>Solution</summary>
#
# ```python
# from salkit.limits import linear
# for rate in (0.1, 0.3, 0.5, 0.7):
#     neuron = linear.Neuron(rate)
#     trips = np.linspace(0, 2, 201)
#     slopes = np.array([linear.synapse(neuron, neuron, delay=d) for d in trips])
#     print(rate, round(float(trips[np.argmax(slopes < 0)]), 2))
# ```
#
# prints 0.95, 0.84, 0.7 and 0.52. At low rates there is no trough behind the peak, and the window just runs out.
#
# </details>
#
# **3.** How does stochastic rounding limit SAL? Let the same layers learn with 4 bits, and update five times as rarely.
#
# <details><summary>Solution</summary>
#
# ```python
# for every in (200, 1000):
#     few = sk.limits.Condition(sizes=(20, 20), length=4000, cycle_length=every, records=2, bits=4)
#     print(every, sk.limits.close(few, range(4)).angle.values[:, -1].mean().round())
# ```
#
# prints 26 and 21 degrees: the sum of an interval's pairs moves as before, but is rounded once instead of five times.
#
# </details>
