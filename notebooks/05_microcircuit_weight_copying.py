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
# # A cortical microcircuit copies its forward weights into its feedback
#
# > *"And in neuronal hierarchies based on cortical microcircuits, we show how our proposed mechanism effectively enables the
# > copying of forward weights to the feedback pathway, thus allowing the backpropagation of correct feedback errors."*
# > — Baumbach, Kungl, Max & Petrovici, the abstract that this suite rebuilds
#
# **What you will do.** Watch a small circuit of spiking neurons learn from a teacher: once with feedback weights copied by hand
# (backpropagation, BP), once with random ones (feedback alignment, FA), once with feedback weights that *spike-based
# alignment learning* (SAL) finds by itself.
#
# **What you will learn.** How a neuron with two compartments can hold an error apart from its activity; how SAL copies a weight
# across; what the fed-back errors are worth, measured against the true gradient, in circuits of several sizes; and why SAL's copy is
# a little too small. This rebuilds Fig. 6 of the paper; the comparison with the gradient is a result of this suite.
#
# **What you need.** [01](01_sal_principle.ipynb), and what a gradient is. Terms are in the [glossary](../docs/glossary.md).
#
# All sizes follow from the next cell. `preset = "tutorial"` learns twice as fast, for 40 epochs, in a good minute. `"paper"` shows 20 seeds
# and 150 epochs. They are stored with the suite; `recompute = True` runs them again (a quarter of an hour on two cores) and gives the
# same numbers.

# %% tags=["parameters"]
preset = "tutorial"
seed = 1
device = "auto"
recompute = False

# %%
import numpy as np

import salkit as sk

sizes = sk.figures.pick(
    preset, device, watched=(12, 100), drift_runs=(20, 100), worse=(10, 3), share=(0.3, 0.5), angle=(90, 75)
)
parameters = dict(preset=preset, seed=seed, device=device, recompute=recompute)
again = (preset, seed, device, recompute)
Claim, interval, select = sk.claims.Claim, sk.claims.bootstrap_interval, sk.ensemble.select
feedbacks = ("sal", "bp", "fa")

# %% [markdown]
# ## 1 A neuron with two compartments
#
# *Pyramidal* neurons of the cortex receive the input from below at their *basal* dendrites, near the cell body, and feedback from above at
# the *apical* dendrite, far from it. In the model a hidden neuron spikes by the sum of a *bias* $b$, its basal potential $v$, and a small
# share $\lambda_\mathrm{api}$ of its apical potential $a$:
#
# $$ v = \sum_j W_{1,j}\, z_j, \qquad a = \sum_k B_k\,(z_k - y_k), \qquad u = b + v + \lambda_\mathrm{api}\, a. $$
#
# $z$ is 1 for a *refractory period* $\tau_\mathrm{ref}$ after a spike, else 0; $j$ are inputs, $k$ outputs. The $y_k$ are
# *interneurons*, cells that connect neurons nearby. Each predicts an output neuron from the hidden layer, with the same weights $W_2$; so what is left of $a$ is what
# the hidden layer could not predict: nothing, in the *self-predicting state* without a target. An output neuron is pushed (*nudged*) towards
# its target during learning. Hence $a$ is the *error*, sent back through
# the feedback weights $B$:

# %%
fig = sk.plots.microcircuit()
sk.figures.save(fig, "05_circuit", data={}, parameters=parameters, seeds=seed)
fig

# %%
circuit = sk.microcircuit.Microcircuit()
forward, backward, x = [[[1.5]], [[1.0]]], [[[1.5]]], [[2.0]]
panels, apical = {}, {}
for title, target in (("no target: the prediction is right", None), ("target above the output: an error", [[2.0]])):
    runs = [sk.microcircuit.watch(circuit, seed + k, forward, backward, x, target) for k in range(sizes.watched)]
    values = runs[0].apical.sel(neuron=1).values
    mean = np.convolve(values, np.full(2000, 1 / 2000), mode="valid")
    time = np.arange(len(mean)) / 10
    panels[title] = time[::10], values[1999:][::10], mean[::10]
    apical[title] = np.array([float(run.apical.sel(neuron=1)[2000:].mean()) for run in runs])
    print(f"{title}: mean apical potential {apical[title].mean():.3f}")

# %%
quiet, pushed = apical.values()
claims_1 = [
    Claim("No target: mean apical potential of the hidden neuron", "—", quiet.mean(), sk.claims.mean_interval(quiet),
          above=-0.02, below=0.02),
    Claim("Target above the output: mean apical potential", "—", pushed.mean(), sk.claims.mean_interval(pushed),
          above=0.05),
]  # fmt: skip
fig = sk.plots.compartments(panels)
sk.figures.save(fig, "05_compartments", data=apical, parameters=parameters, seeds=seed, claims=claims_1)
fig

# %% [markdown]
# The apical potential jumps with every spike above. Its mean is zero without a target, and the error with one. The hidden neuron
# compares what it does ($u$) with what its basal input alone would make it do ($v$), and changes the forward weights by the difference:
#
# $$ \Delta W_{1,j} = \eta\,\big[\varphi(\bar u) - \varphi(\bar v + b)\big] \quad \text{at each spike of } j, \qquad
# \varphi(u) = \text{its spike probability, bars: running means.} $$
#
# ($\eta$ is the learning rate.) That is gradient descent if the error comes back through the transposed forward weights,
# $B = W_2^{\mathsf T}$. But nobody tells
# $B$ what $W_2$ is: this is the *weight transport problem*.
#
# ## 2 SAL copies the weight
#
# Output and hidden neuron are a reciprocal pair, as in 01: $W_2$ one way, $B$ the other. In a *symmetrisation phase* the interneurons
# are silent and $\lambda_\mathrm{api}=1$, so that both weights act alike; only $B$ learns, by SAL: pairs in which the hidden
# neuron spikes after the output (*causal* for $B$) depress, the others potentiate.

# %%
goal, paths = 2.0, {}
phase = sk.microcircuit.Microcircuit(pattern_length=1000, lr_sal=0.002)
for start in (-3.0, -1.0, 1.0, 3.0):
    path = [start]
    for k in range(60):
        ds = sk.microcircuit.watch(phase, seed + k, [[[2.0]], [[goal]]], [[[path[-1]]]], [[0.5]], symmetrise=True)
        path.append(ds.b_down_1.item())
    paths[start] = np.array(path)
time = np.arange(61)
fig = sk.plots.copying(time, paths, goal)
ends = np.array([path[-20:].mean() for path in paths.values()])
print("start:", *paths, " end:", *ends.round(1), " forward weight:", goal)
sk.figures.save(fig, "05_copying", data={str(k): v for k, v in paths.items()}, parameters=parameters, seeds=seed)
fig

# %% [markdown]
# From wherever it starts, $B$ approaches the forward weight. It stays somewhat short of it; section 5 says why.
#
# ## 3 Learning from a teacher (Fig. 6)
#
# A *teacher*, a network of the same form with weights 2 and 2, gives the target outputs for eight inputs. Students start with random weights,
# uniform in ±3. With "sal", 5 of the 20 patterns of an *epoch* are symmetrisation phases. Runs of one seed share their start and the
# order of inputs. The *loss* is the mean squared difference of student's and teacher's output potential on six new inputs,
# measured without pushing the output. (The authors leave the pushing on, which divides the loss by about six.)

# %%
fig6 = sk.experiments.results("microcircuit", *again)
runs = {feedback: select(fig6, feedback=feedback) for feedback in feedbacks}
print(f"{fig6.sizes['run']} runs, {int(fig6.epoch[-1])} epochs")
panels = {"loss": (fig6.epoch, {feedback: ds.loss for feedback, ds in runs.items()})}
fig = sk.plots.epochs(panels, "validation loss", log=True)
late = {
    feedback: ds.loss[:, ds.epoch > 0.75 * float(ds.epoch[-1])].mean("epoch").values for feedback, ds in runs.items()
}
nudged = fig6.loss_nudged[:, -1].values / fig6.loss[:, -1].values
for feedback, values in late.items():
    print(
        f"{feedback:3s} median loss {np.median(values):.1e}, runs above 0.05: {np.sum(values > 0.05)} of {values.size}"
    )

# %%
b_sal, b_fa = (runs[f].b_down_1[:, -1, 0, 0].values for f in ("sal", "fa"))
w_sal = runs["sal"].w_up_2[:, -1, 0, 0].values
fails = late["fa"] > 0.05
ratio = late["sal"] / late["bp"]
claims_3 = [
    Claim("Loss with SAL over that with copied feedback, run by run", "about 1", np.median(ratio), interval(ratio), below=sizes.worse),
    Claim(f"FA: runs of {fails.size} that fail (loss > 0.05)", "some", np.sum(fails), above=1),
    Claim("FA: runs that fail although their feedback has the right sign", "—", np.sum(fails & (b_fa > 0)), below=0),
    Claim("SAL: runs whose feedback has the wrong sign in the end", "0", np.sum(b_sal * w_sal <= 0), below=0),
]  # fmt: skip
data = {"epoch": fig6.epoch, **{f"loss_{f}": ds.loss.median("run") for f, ds in runs.items()}}
seeds = sorted({int(s) for s in fig6.start_seed})
sk.figures.save(fig, "05_loss", data=data, parameters=parameters, seeds=seeds, claims=claims_3)
fig

# %% [markdown]
# Medians and quartiles. SAL is slower at first, as $B$ has to be found and a quarter of the time goes into it, and ends where copied
# feedback ends. With random feedback those runs fail whose $B$ has the wrong sign: there the error pushes the hidden weight the wrong
# way. (Not all of them. If both forward weights start large and positive, the output layer is enough.) One seed, and where all runs end:

# %%
worst = int(np.argmax(late["fa"]))
shown = {
    f: {name: ds[key][worst, :, 0, 0].values for name, key in (("W_1", "w_up_1"), ("W_2", "w_up_2"), ("B", "b_down_1"))}
    for f, ds in runs.items()
}
fig = sk.plots.one_run(fig6.epoch, shown, 2.0)
sk.figures.save(fig, "05_one_run", data=shown, parameters=parameters, seeds=int(runs["fa"].start_seed[worst]))
fig

# %%
points = {f: (ds.w_up_2[:, -1, 0, 0].values, ds.b_down_1[:, -1, 0, 0].values) for f, ds in runs.items()}
share = np.median(b_sal / w_sal), interval(b_sal / w_sal)
claims_3b = [Claim("SAL: B over W₂ in the end", "right sign, close, not equal", *share, above=sizes.share, below=1.05)]
fig = sk.plots.copied(points)
sk.figures.save(fig, "05_weights", data=points, parameters=parameters, seeds=seeds, claims=claims_3b)
print(f"B / W_2 with SAL: median {share[0]:.2f}")
fig

# %% [markdown]
# ## 4 What the errors are worth
#
# A chain of three neurons asks for no more than the right sign. In larger circuits the error is a vector, and its direction
# matters: how far from the true gradient does it point? Take a run's weights after some epochs, and the *rate network* with
# these weights: neurons pass on the probability that they are on instead of spikes, and so the gradient is known. We compare the errors that reach the hidden neurons through $B$ with those that would
# reach them through $W^{\mathsf T}$, pattern by pattern: 0° for copied feedback, 90° for feedback that knows nothing. The two
# circuits are 2-5-2 and, with two hidden layers, 2-4-4-2; teachers are random.


# %%
def gradient_angle(ds):
    """Degrees between fed-back errors and the gradient's: shape (run, epoch)."""
    top = len([name for name in ds.data_vars if name.startswith("w_up_")])
    forward = [ds[f"w_up_{n}"].values for n in range(1, top + 1)]
    backward = [ds[f"b_down_{n}"].values for n in range(1, top)]
    task = ds.inputs.values[:, None], ds.targets.values[:, None]
    return sk.microcircuit.error_angle(forward, backward, *task, circuit.bias)


tasks = {"2-5-2": sk.experiments.results("microcircuit-wide", *again),
         "2-4-4-2": sk.experiments.results("microcircuit-deep", *again)}  # fmt: skip
angles = {
    name: (ds.epoch, {f: gradient_angle(select(ds, feedback=f)) for f in feedbacks}) for name, ds in tasks.items()
}
fig = sk.plots.epochs(angles, "angle to the gradient (degrees)")
fig

# %%
claims_4 = []
for name, (_, found) in angles.items():
    over_training = {f: x[:, 1:].mean(axis=1) for f, x in found.items()}
    apart = over_training["fa"] - over_training["sal"]
    claims_4.append(Claim(f"{name}: random feedback is further from the gradient than SAL's, by degrees", "—",
                          apart.mean(), interval(apart, np.mean), above=5))  # fmt: skip
    if name == "2-5-2":
        sal = over_training["sal"]
        claims_4.append(Claim(f"{name}: degrees from SAL's errors to the gradient, mean over training", "—",
                              np.median(sal), interval(sal), below=75))  # fmt: skip
    print(name, *[f"{f} {np.median(x):.0f}°" for f, x in over_training.items()])
data = {f"{name}_{f}": np.median(x, axis=0).round(4) for name, (_, by) in angles.items() for f, x in by.items()}
sk.figures.save(fig, "05_angles", data=data, parameters=parameters, seeds=seeds, claims=claims_4)

# %%
losses = {name: (ds.epoch, {f: select(ds, feedback=f).loss for f in feedbacks}) for name, ds in tasks.items()}
for name, (_, by) in losses.items():
    print(name, "median loss:", *[f"{f} {np.median(x[:, -3:]):.3f}" for f, x in by.items()])
fig = sk.plots.epochs(losses, "validation loss", log=True)
data = {f"{name}_{f}": x.median("run") for name, (_, by) in losses.items() for f, x in by.items()}
sk.figures.save(fig, "05_larger", data=data, parameters=parameters, seeds=seeds)
fig

# %% [markdown]
# In both circuits SAL's errors point roughly along the gradient, and random feedback says little about it. Two layers are
# harder: $B_1$ has to follow neurons that themselves receive imperfect errors. The loss is less telling than the angle. With a
# handful of hidden neurons the output layer alone learns much from hidden neurons at random, which is why random feedback
# comes close; and SAL gives a quarter of its time to symmetrisation. At paper scale (10 runs, 150 epochs) SAL's errors are 25° off
# in 2-5-2 and 45° in 2-4-4-2, random ones 74° and 83°; yet the median losses are, for SAL, copied and random feedback, 0.021,
# 0.011, 0.030 in 2-5-2, and 0.022, 0.009, 0.015 in 2-4-4-2, where SAL's better errors do not pay.
#
# ## 5 Why the copy falls short
#
# In 01 two weights that learn by SAL meet exactly, in continuous time and with *consecutive* pairs of spikes. Here time goes in
# steps of $\tau_\mathrm{ref}/10$, the two neurons spike at different rates, and the exponential window pairs each spike with the
# *nearest* earlier one even if its own neuron has spiked since. Each shifts the point where $B$ rests. We hold $W_1=W_2=2$, and
# measure SAL's drift of $B$ for a range of $B$ in the three neurons of a symmetrisation phase, over the eight inputs; and compare with
# the exact theory of two neurons and consecutive pairs (01), with the input at its mean:

# %%
b = np.arange(0.75, 2.6, 0.25)
x = np.array([-3, -2.5, -2, -0.8, 0.8, 2, 2.5, 3])
hidden = circuit.bias + 2 / (1 + np.exp(-x))
theory = sk.stdd.sal_drift(b[:, None], 2.0, hidden, circuit.bias, 10, "discrete", per="time")[0].mean(axis=1)
weights = np.zeros((sizes.drift_runs, b.size, x.size, 3, 3))  # input, hidden, output
weights[..., 1, 0], weights[..., 2, 1], weights[..., 1, 2] = 2, 2, b[:, None]
biases = np.full((*weights.shape[:-2], 3), circuit.bias)
biases[..., 0] = x
spikes = sk.simulate(sk.SamplingNetwork(weights, biases, 10, "discrete"), 1000 * 10, seed, device=device)
drifts = {"two neurons, theory": theory}
for pairing in ("consecutive", "nearest"):
    drifts[f"{pairing} pairs"] = sk.stdp.sal(spikes, "exponential", pairing=pairing)[..., 1, 2].mean(axis=2)

# %%
zeros = {label: np.interp(0, -np.atleast_2d(d).mean(axis=0), b) for label, d in drifts.items()}
print("drift is zero at B =", *[f"{zero:.2f} ({label})" for label, zero in zeros.items()])
near = np.abs(w_sal - 2) < 0.3
predicted = np.median(b_sal[near]) - zeros["nearest pairs"]
low, high = (bound - zeros["nearest pairs"] for bound in interval(b_sal[near]))
claims_5 = [
    Claim("B in the end minus where its drift vanishes (runs with W₂ within 0.3 of 2)", "—", predicted, (low, high),
          above=-0.4, below=0.6),
]  # fmt: skip
fig = sk.plots.rest(b, drifts, 2.0, b_sal[near])
sk.figures.save(fig, "05_rest", data={"b": b, **drifts}, parameters=parameters, seeds=seed, claims=claims_5)
fig

# %% [markdown]
# The forward weight is 2 (dashed). With consecutive pairs the drift vanishes a little below it: that is the effect of coarse steps.
# Nearest pairs, as the paper's microcircuit has them, take off a quarter more, and that is where the runs of section 3 end (ticks). So it
# is not noise: a circuit that counts consecutive pairs would copy more faithfully.
#
# ## What we have seen
#
# Intervals are 95 % bootstrap intervals of a median over runs, in section 1 Student's for a mean. A claim *holds* if its whole interval
# lies within the stated bounds. Entries without an interval are exact counts.

# %%
claims = claims_1 + claims_3 + claims_3b + claims_4 + claims_5
print(sk.claims.table(claims))
sk.claims.check(claims)
print(f"\npreset {preset}, seed {seed}, runs' seeds {seeds[0]} … {seeds[-1]}, salkit {sk.__version__}, device {device}")

# %% [markdown]
# ## In practice
#
# - To see whether feedback is worth anything, measure the angle of the error to the gradient. A falling loss does not tell.
# - Where the sign is enough, SAL's copy is as good as a perfect one. Where direction counts, choose fine time steps and consecutive pairs.
# - SAL needs phases in which both directions act alike, and noise; it takes no weight from elsewhere.
#
# ## Exercises
#
# **1.** What error does the hidden neuron of section 1 get if the feedback weight has the wrong sign, $B = -1.5$? And with $B = 0$?
#
# <details><summary>Solution</summary>
#
# ```python
# circuit = sk.microcircuit.Microcircuit()
# for B in (1.5, 0.0, -1.5):
#     runs = [sk.microcircuit.watch(circuit, k, [[[1.5]], [[1.0]]], [[[B]]], [[2.0]], [[2.0]]) for k in range(12)]
#     print(f"{np.mean([run.apical.sel(neuron=1)[2000:].mean() for run in runs]):.2f}")
# ```
#
# prints 0.40, 0.00 and −0.43. The sign of $B$ is the sign of the error: with the wrong one the hidden weight moves away from the
# target, with none it learns nothing.
#
# </details>
#
# **2.** How likely is random feedback to point along the gradient by luck, with 1, 5 and 50 hidden neurons?
#
# <details><summary>Solution</summary>
#
# ```python
# random = np.random.default_rng(1)
# for hidden in (1, 5, 50):
#     up = [random.uniform(-3, 3, (1000, 1, *shape)) for shape in ((hidden, 2), (2, hidden))]
#     down = [random.uniform(-3, 3, (1000, 1, hidden, 2))]
#     x, y = random.uniform(-3, 3, (1000, 1, 8, 2)), random.uniform(-1, 1, (1000, 1, 8, 2))
#     angle = sk.microcircuit.error_angle(up, down, x, y, bias=sk.microcircuit.Microcircuit().bias)
#     print(f"{hidden}: {angle.mean():.0f}° ± {angle.std():.0f}°, within 30° {100 * np.mean(angle < 30):.0f} %")
# ```
#
# prints 95° ± 71° and 31 % for one, 90° ± 29° and 2 % for five, 91° ± 9° and 0 % for fifty. With one hidden neuron the right sign is
# all it takes, and that comes by luck. In many dimensions two random directions are nearly at right angles: feedback alignment has to
# wait until the forward weights have turned towards the feedback.
#
# </details>
