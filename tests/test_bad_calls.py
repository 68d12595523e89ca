"""Bad calls, some hundreds: each ends within 5 s in one error of one line that names what is wrong.

Every public function is called with one argument spoilt at a time; what spoils an argument follows from its kind. The
error has to be raised by a `raise` of salkit, not by NumPy, Numba or Python underneath, and without a warning before.
"""

import linecache
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from bad_values import (
    AMOUNT,
    FLAG,
    INDEX,
    INF,
    NAME,
    NAN,
    NO_NUMBER,
    NUMBER,
    POSITIVE,
    SEED,
    SEEDS,
    SPREAD,
    THREADS,
    WHOLE,
    Odd,
    arrays,
    last,
    limited,
    without,
)  # fmt: skip

import salkit as sk
from salkit import (
    conditions,
    constraints,
    copies,
    deep,
    dreams,
    layers,
    lif,
    limits,
    microcircuit,
    philox,
    rate_network,
    stdd,
    variability,
    wakesleep,
    weight_inference,
)
from salkit.philox import Purpose
from salkit.spikes import Spikes, State

PACKAGE = str(Path(sk.__file__).parent)

CALLS: list[Any] = []


def spoil(function: Callable[..., Any], good: dict[str, Any], called: str = "", /, **kinds: list[Any]) -> None:
    """One bad call for each value of each argument; what is wrong with a sum may be said of the sum."""
    name = called or f"{function.__module__}.{function.__qualname__}".removeprefix("salkit.")
    for argument, values in kinds.items():
        for k, value in enumerate(values):
            call = partial(function, **good | {argument: value})
            one_call(f"{name}-{argument}-{k}", call, argument, "|bias| + |weight|")


def one_call(name: str, call: Callable[[], Any], *words: str) -> None:
    """A bad call, and what its error has to mention: one of the words."""
    CALLS.append(pytest.param(call, words, id=name))


W, B = np.array([[0.0, 1.0], [0.5, 0.0]]), np.array([-0.5, 0.2])
NET, STEPS, MANY = sk.SamplingNetwork(W, B), sk.SamplingNetwork(W, B, 10, "discrete"), sk.SamplingNetwork([W, W], B)


def spikes(recorded: bool = True, ensemble: tuple[int, ...] = ()) -> Spikes:
    """Three spikes of two neurons, without a simulation."""
    shape = (*ensemble, 1)
    state = State.silent(ensemble, 1, 2, np.uint64(0))
    members = int(np.prod(ensemble))
    return Spikes(
        neuron_count=2, ensemble=ensemble, replicas=1, duration=100.0, tau_ref=10, timing="continuous",
        recorded=recorded, times=np.array([1.0, 2.0, 30.0] * members), neurons=np.array([0, 1, 0] * members, np.int32),
        offsets=np.arange(members + 1) * 3, spike_counts=np.ones((*shape, 2), np.int64), occupancy=None,
        pairs=np.zeros((*shape, 2, 2)), ties=None, initial=state, final=state,
    )  # fmt: skip


# --- the network and its spikes
spoil(
    sk.SamplingNetwork,
    dict(weights=W, biases=B),
    weights=[*arrays(2, 2, wide=True), W[:1], W[0], 0.0, np.ones((2, 2)), np.zeros((0, 2, 2)), np.zeros((0, 0))],
    biases=[*arrays(2, wide=True), 0.0, np.zeros((3, 2, 3))],
    tau_ref=[*POSITIVE, 0.5],
    timing=NAME,
    psp=[*NAME, "alpha"],
    tau_syn=without(POSITIVE, None),
    gain=[*arrays(2, wide=True), 0, -1],
    refractory=without([*arrays(2, wide=True), 0, -1], None),
    psp_length=[0, -1, NAN, "x"],
    delays=without([*arrays(2, 2, wide=True), -1.0, 1e300], None),
)
spoil(
    sk.SamplingNetwork,
    dict(weights=W, biases=B, timing="discrete"),
    "discrete",
    tau_ref=[2.5, 0],
    refractory=[10, 50.5, NAN, "x", [50, 50]],
    psp_length=[0, 1.5, -1, 10**9],
    delays=[0.5, -1, NAN, "x"],
)
one_call("ensembles", lambda: sk.SamplingNetwork(np.zeros((2, 2, 2)), np.zeros((3, 2))), "ensemble")
for index in INDEX:
    one_call(f"network-{index!r:.9}" if not isinstance(index, Odd) else "network-odd", lambda k=index: MANY[k], "index")
    one_call(
        f"spikes-{index!r:.9}" if not isinstance(index, Odd) else "spikes-odd",
        lambda k=index: spikes(True, (2,))[k],
        "index",
    )
one_call("network-single", lambda: NET[0], "ensemble")
one_call("spikes-single", lambda: spikes()[0], "ensemble")
spoil(
    sk.simulate,
    dict(network=NET, duration=10),
    network=[None, W, "net", {}],
    duration=[*POSITIVE, 1e17],
    seed=[*SEED, [1, 2]],
    replicas=[*WHOLE, 0, 2**32],
    record=FLAG,
    device=["gpu", None, 3, ""],
    threads=THREADS,
    first_run=[*WHOLE, 2**32, [1, 2]],
    start=["x", 3, (1, 2, 3), State.silent((), 2, 2, np.uint64(0)), State.silent((), 1, 3, np.uint64(0))],
)
one_call("simulate-steps", lambda: sk.simulate(STEPS, 10.5), "duration")
one_call("simulate-memory", lambda: sk.simulate(NET, 1e15), "record=False")
one_call("simulate-replicas-memory", lambda: sk.simulate(NET, 10, replicas=2**32 - 1, record=False), "replicas")
one_call("simulate-runs", lambda: sk.simulate(MANY, 10, first_run=2**32 - 1), "first_run")
SILENT = State.silent((), 1, 2, np.uint64(0))
for name, change in dict(
    ages_nan=dict(ages=np.full((1, 2), NAN)),
    ages_negative=dict(ages=np.full((1, 2), -1.0)),
    ages_list=dict(ages=[[1.0, 2.0]]),
    ages_whole_numbers=dict(ages=np.ones((1, 2), int)),
    ages_steps=dict(ages=np.full((1, 2), 3.0)),
    draws_float=dict(draws=np.zeros(1)),
    draws_none=dict(draws=None),
    draws_shape=dict(draws=np.zeros(2, np.uint64)),
    rests_nan=dict(rests=np.full(1, NAN)),
    rests_inf=dict(rests=np.full(1, INF)),
    rests_negative=dict(rests=np.full(1, -0.5)),
    rests_text=dict(rests=np.array(["1"])),
).items():
    one_call(f"state-{name}", lambda c=change: sk.simulate(NET, 10, start=SILENT._replace(**c)), "start")
for name, change in dict(
    rests=dict(rests=np.zeros(1)),
    fractions=dict(ages=np.full((1, 2), 1.5)),
    nan=dict(ages=np.full((1, 2), NAN)),
).items():
    one_call(f"state-discrete-{name}", lambda c=change: sk.simulate(STEPS, 10, start=SILENT._replace(**c)), "start")
for neuron in (*without(NO_NUMBER, True), True, -1, 2, 0.0, NAN, INF):
    one_call(f"spikes.stdd-i-{type(neuron).__name__}", lambda k=neuron: spikes().stdd(k, 1), "neurons")
    one_call(f"spikes.stdd-j-{type(neuron).__name__}", lambda k=neuron: spikes().stdd_counts(0, k), "neurons")
spoil(Spikes.stdd, dict(self=spikes(), i=0, j=1), t_max=[*without(WHOLE, None), 2**50])
one_call("spikes.stdd-same", lambda: spikes().stdd(1, 1), "different neurons")
one_call("spikes.stdd-ensemble", lambda: spikes(True, (2,)).stdd(0, 1), "ensemble")
one_call("spikes.stdd-unrecorded", lambda: spikes(False).stdd(0, 1), "record")
one_call("spikes.state_distribution", lambda: spikes().state_distribution(), "states")

# --- Boltzmann machines, random numbers, shapes, variability
spoil(sk.boltzmann.states, dict(neurons=2), neurons=[*WHOLE, 0, 21])
for function in (sk.boltzmann.distribution, sk.boltzmann.moments):
    spoil(
        function,
        dict(weights=np.zeros((2, 2)), biases=B),
        weights=[*arrays(2, 2, wide=True), W, np.ones((2, 2))],
        biases=[*arrays(2, wide=True), 1.0],
    )
one_call("distribution-neurons", lambda: sk.boltzmann.distribution(np.zeros((21, 21)), np.zeros(21)), "neurons")
spoil(
    sk.boltzmann.kl_divergence,
    dict(p=[0.5, 0.5], q=[0.5, 0.5]),
    p=[*arrays(2, wide=True), 1.0, [0.5, 0.6], [1.5, -0.5], []],
    q=[*arrays(2), 1.0, [0.5, 0.6], np.full((3, 3), 1 / 3)],
)
spoil(sk.boltzmann.random_machine, dict(neurons=3, seed=1), neurons=[*WHOLE, 0, 10**6], seed=SEED, span=SPREAD)
spoil(
    philox.philox4x32,
    dict(counter=np.zeros(4, int), key=np.zeros(2, int)),
    counter=[*arrays(4), [0.5] * 4, [-1] * 4, [2**70] * 4, np.zeros(4)],
    key=[*arrays(2), [-1, 0], [1.0, 2.0]],
)
one_call("philox4x32-broadcast", lambda: philox.philox4x32(np.zeros((2, 4), int), np.zeros((3, 2), int)), "counter")
for function in (philox.uniform, philox.normal):
    spoil(
        function,
        dict(seed=1, purpose=Purpose.START, size=3),
        seed=SEED,
        purpose=[*WHOLE, 256],
        run=[*WHOLE, 2**32],
        size=[*WHOLE, 2**50],
    )
spoil(philox.uniform, dict(seed=1, purpose=Purpose.START, size=3), replica=[*WHOLE, 2**32])
spoil(philox.normal, dict(seed=1, purpose=Purpose.START, size=3), limit=without([*POSITIVE, 1e-4, 1e-12], 1e300, INF))
spoil(philox.check_seed, dict(seed=1), seed=SEED)
spoil(
    sk.psp.kernel,
    dict(name="alpha", s=[1.0], tau_ref=10),
    s=[*arrays(1)[:10], [NAN]],
    tau_ref=[*POSITIVE, 1e-9],
    tau_syn=[*without(POSITIVE, None), 1e-9],
)
spoil(
    sk.psp.table,
    dict(name="alpha", tau_ref=10),
    tau_ref=[*POSITIVE, 2.5],
    tau_syn=without(POSITIVE, None),
    length=[*without(POSITIVE, None), 1.5],
)
for value in NAME:
    one_call(f"kernel-name-{type(value).__name__}", lambda v=value: sk.psp.kernel(v, 1.0, 10), "psp")
    one_call(f"table-name-{type(value).__name__}", lambda v=value: sk.psp.table(v, 10), "psp")
    one_call(f"window-name-{type(value).__name__}", lambda v=value: sk.stdp.window(v, 1.0), "window")
one_call("table-long", lambda: sk.psp.table("alpha", 10, 1e6), "length")
for function in (variability.synaptic_noise, variability.plasticity_noise):
    spoil(function, dict(count=3, sigma=0.1, seed=1), count=[*WHOLE, 0, 10**6], sigma=SPREAD, seed=SEED)
spoil(
    variability.neurons,
    dict(count=3, seed=1),
    count=[*WHOLE, 0, 10**6],
    seed=SEED,
    gain=SPREAD,
    height=SPREAD,
    threshold=SPREAD,
    refractory=SPREAD,
    psp_length=SPREAD,
)

# --- plasticity, theory, alignment
spoil(
    sk.stdp.window, dict(name="exponential"), x=[-1.0, NAN, [0.5, -INF], "x", None, 1j, [[1.0], [1.0, 2.0]], {}, Odd()]
)
for function in (sk.stdp.sal, sk.stdp.hebbian, sk.stdp.anti_hebbian):
    spoil(
        function,
        dict(spikes=spikes()),
        spikes=[None, 3, "x", W],
        window=NAME,
        tau=without(POSITIVE, None, 1e300),
        pairing=[*NAME, "all"],
    )
DELAY = without([*arrays(2, 2, wide=True), -1.0, 1e300], None)
spoil(sk.stdp.sal, dict(spikes=spikes()), delays=DELAY, shift=DELAY)
one_call("sal-delays-unrecorded", lambda: sk.stdp.sal(spikes(False), delays=1.0), "record")
spoil(
    sk.updates.sal,
    dict(times=[1.0, 2.0, 30.0], neurons=[0, 1, 0], tau=10.0),
    times=[None, "x", [1.0, NAN, 2.0], [1.0, INF, 2.0], [[1.0, 2.0, 3.0]], [1.0, 2.0], 3.0, {}, Odd()],
    neurons=[None, "x", [0, 1.5, 0], [0, -1, 0], [0, 1], [[0, 1, 0]], [0, 1, 10**7], [True, False, True], {}, Odd()],
    tau=[*POSITIVE, 1e17],
    size=[*without(WHOLE, None, 2.0), 1, 0, 10**9],
    pairs=["x", [0, 1], [[0, 1, 2]], [[1, 1]], [[0, 0.5]], [[0, -1]], [[0, NAN]], {}, Odd()],
    window=NAME,
    pairing=[*NAME, "all"],
    learning_rate=[*NUMBER, 1e300],
    resolution=[*without(POSITIVE, None), 11.0, 1e-300],
)
one_call("updates-twice", lambda: sk.updates.sal([1.0, 1.0], [0, 0], 10.0), "twice")
one_call("updates-size", lambda: sk.updates.sal([1.0], [5], 10.0, size=3), "size")
one_call("updates-memory", lambda: sk.updates.sal([1.0], [10**6 - 1], 10.0), "pairs")
one_call("sal-overlaps", lambda: sk.stdp.sal(spikes(False), "rectangular"), "overlaps")
one_call("overlaps", lambda: spikes(False).overlaps(), "overlaps")
one_call("sal-unrecorded", lambda: sk.stdp.sal(spikes(False), "exponential"), "record")
for function in (sk.reversibility.entropy_production, sk.reversibility.standard_error, sk.reversibility.decay,
                 sk.reversibility.pair_entropy_production, sk.fisher.information):  # fmt: skip
    tens = replace(NET, tau_ref=10)
    spoil(function, dict(network=tens, spikes=spikes()), network=[None, W, "net"], spikes=[None, W, spikes(True, (2,))])
spoil(
    sk.reversibility.decay,
    dict(network=replace(NET, tau_ref=10), spikes=spikes()),
    window=NAME,
    pairing=NAME,
    plastic=[W, "x", np.ones((3, 3), bool), [[True], []], Odd()],
)
spoil(sk.reversibility.squared_asymmetry, dict(network=NET), network=[None, W], plastic=[W, "x", Odd()])
for function in (
    sk.reversibility.exact_overlaps,
    sk.reversibility.exact_entropy_production,
    sk.fisher.exact_information,
):
    spoil(function, dict(network=NET), network=[None, W, STEPS, replace(NET, biases=[20.0, 0.0])])
spoil(sk.fisher.weight_variance, {}, information=[*arrays(2, 3, 3), np.zeros((2, 3, 3))])
spoil(sk.fisher.maximum_likelihood, {}, spikes=[None, W, 3])
TWO = dict(w_ij=0.5, w_ji=0.2, b_i=0.0, b_j=0.1, tau_ref=10)
EACH = [None, "x", True, {}, Odd(), NAN, INF, 1j, [[0.0], [0.0, 1.0]], 16.0, 1e300]
SETTINGS = dict(timing=NAME, psp=[*NAME, "alpha"], refractory=[0, 12, NAN], psp_length=[-1, 9, "x"])
for function in (stdd.distribution, stdd.sal_drift, stdd.two_neurons):
    each = EACH if function is not stdd.two_neurons else EACH[:-2]
    given = SETTINGS
    if function is stdd.two_neurons:
        given = dict(timing=NAME, psp=NAME, refractory=[0, NAN], psp_length=[-1])
    spoil(function, TWO, tau_ref=[*POSITIVE, 0.5], **dict.fromkeys(("w_ij", "b_j"), each), **given)
    spoil(
        function,
        TWO | dict(timing="discrete"),
        f"{function.__name__}-discrete",
        tau_ref=[2.5, 1e300],
        refractory=[9, 10.5],
    )
one_call("distribution-array", lambda: stdd.distribution([0, 1], 0, 0, 0, 10), "one network")
one_call("distribution-silent", lambda: stdd.distribution(0, 0, -14, -14, 15), "t_max")
one_call("distribution-states", lambda: stdd.distribution(**TWO | dict(tau_ref=5000), timing="discrete"), "tau_ref")
one_call("distribution-bins", lambda: stdd.distribution(**TWO | dict(tau_ref=1e6), t_max=10**6), "tau_ref")
one_call(
    "distribution-network", lambda: stdd.distribution(sk.SamplingNetwork(np.zeros((3, 3)), np.zeros(3))), "two neurons"
)
one_call("drift-broadcast", lambda: stdd.sal_drift([0, 1], [0, 1, 2], 0, 0, 10), "broadcast")
one_call("drift-memory", lambda: stdd.sal_drift(np.zeros((10**6, 1)), np.zeros(10**6), 0, 0, 10), "smaller grid")
one_call("drift-empty", lambda: stdd.sal_drift([], 0, 0, 0, 10), "empty")
one_call("drift-window", lambda: stdd.sal_drift(**TWO, timing="discrete", window="triangular", tau=1e5), "tau")
spoil(stdd.distribution, TWO, t_max=[*without(WHOLE, None), 0, 10**7])
spoil(stdd.sal_drift, TWO, window=NAME, per=NAME, tau=without(POSITIVE, None))
STEPWISE = TWO | dict(timing="discrete", delays=(3, 5))
for function in (stdd.distribution, stdd.sal_drift, stdd.two_neurons, stdd.all_pairs_drift):
    bad = [None, "x", 3, [1], [1, 2, 3], [0.5, 1], [-1, 0], [NAN, 0], ["a", 0], {}, Odd()]
    spoil(function, STEPWISE, f"{function.__name__}-delays", delays=without(bad, None))
spoil(
    stdd.all_pairs_drift,
    STEPWISE,
    timing=[*NAME, "continuous"],
    window=NAME,
    read=NAME,
    tau=[*without(POSITIVE, None), 1e5],
    shift=[*WHOLE, 10**6],
)
one_call("drift-histories", lambda: stdd.sal_drift(**STEPWISE | dict(delays=(300, 300))), "delays")
one_call("delays-continuous", lambda: stdd.distribution(**TWO | dict(delays=(1, 2))), "delays")
spoil(
    stdd.alpha,
    dict(delay=0.1, rate_pre=0.5),
    delay=[None, "x", -1.0, NAN, 1e3, {}, Odd(), [[0.0], [0.0, 1.0]]],
    rate_pre=[*POSITIVE, 1.0],
    rate_post=[*without(POSITIVE, None), 1.0],
    window=NAME,
    tau=[*POSITIVE, 10.0],
    shift=[*AMOUNT, 1e3],
)
spoil(
    stdd.phase_plane,
    dict(weights=[0.0, 1.0]),
    weights=[*arrays(3)[:10], *arrays(3)[11:], 1.0, np.zeros((2, 2)), [], [20.0], NET],
    b_i=without(EACH, None),
    tau_ref=without(POSITIVE, None),
    window=NAME,
    per=NAME,
)
for name, call in (("fixed_point", stdd.fixed_point), ("nullcline", stdd.nullcline)):
    for k, value in enumerate(EACH):
        one_call(f"{name}-w_ji-{k}", lambda v=value, f=call: f(v, 0, 0, 15), "w_ji", "|bias| + |weight|")
        one_call(f"{name}-b_i-{k}", lambda v=value, f=call: f(0.5, v, 0, 15), "b_i", "|bias| + |weight|")
one_call("fixed_point-array", lambda: stdd.fixed_point([0.0, 1.0], 0, 0, 15), "one network")
LAW = dict(p=[0.5, 0.2], number=[[10, 4], [11, 5]], pairs=[20, 22])
spoil(
    stdd.bin_z_scores,
    LAW,
    p=[*arrays(2), -LAW["p"][0], [2.0, 0.1]],
    number=[*arrays(2, 2), [[-1, 2], [1, 2]]],
    pairs=[*arrays(2), [20], [-1, 4]],
    least=POSITIVE[:-2],
)
spoil(
    sk.alignment.train,
    dict(network=NET, epochs=2, epoch_length=20, seeds=[1]),
    network=[None, W, "x"],
    epochs=[*WHOLE, 0, 2**40],
    lr=AMOUNT,
    seeds=SEEDS,
    plastic=[W, "x", [[1, 0], [0, 1]], np.ones((3, 3), bool), [[True], []], Odd()],
)
one_call("alignment-ensemble", lambda: sk.alignment.train(MANY), "single network")
for argument, value in (("window", "x"), ("pairing", "x"), ("epoch_length", -1), ("device", "x"), ("threads", 0)):
    one_call(
        f"alignment-{argument}", lambda a=argument, v=value: sk.alignment.train(NET, **{a: v}), argument, "duration"
    )

# --- what constrains weights
COUNT = dict(count=[*WHOLE, 0, 10**9], seed=SEED)
spoil(constraints.synapses, dict(count=3, density=0.5, seed=1), **COUNT, density=[*AMOUNT, 1.1], matched=[*FLAG, Odd()])
spoil(constraints.signs, dict(count=3, excitatory=0.5, seed=1), **COUNT, excitatory=[*AMOUNT, 1.1])
spoil(
    constraints.follow_dale,
    dict(weights=W, sign=[1, -1]),
    weights=[*arrays(2, 2)[:4], W[:1], W[0]],
    sign=[*arrays(2), [1.0, 0.0], [1.0]],
)
spoil(constraints.spacing, dict(bits=4, limit=2.0), bits=[*WHOLE, 1, 17], limit=POSITIVE)
spoil(constraints.levels, dict(weights=W, distance=0.1), weights=[None, "x", NAN, INF, 1e300], distance=POSITIVE)
spoil(constraints.rounding_variance, dict(change=0.1, distance=1.0), change=[NAN, INF, -1.0, "x"], distance=POSITIVE)
spoil(
    constraints.nearest_machine,
    dict(target=[0.1, 0.2, 0.3, 0.4], least=-1.0, most=1.0),
    target=[*arrays(4), [0.5, 0.5, 0.0], [1.0], [0.5, 0.6, 0.0, 0.1], np.full(2**13, 2.0**-13)],
    least=[NAN, "x", np.zeros(3), np.zeros((3, 3))],
    most=[NAN, "x", np.zeros(3), -2.0],
    bias_limit=POSITIVE,
)

# --- what is predicted of it
PAIRS = conditions.Pairs(np.array([0.5]), np.array([0.0]), np.array([0.0]))
spoil(
    conditions.mean_field,
    dict(weights=[[0.0, 0.5], [0.5, 0.0]], biases=B),
    weights=[*arrays(2, 2, wide=True), W, W[:1]],
    biases=arrays(2, wide=True)[:-1],
)
for function in (conditions.pull, conditions.difference_left):
    spoil(
        function,
        dict(pairs=PAIRS, parameters=wakesleep.WakeSleep()),
        pairs=[None, "x", (1.0,), (NAN, 0.0, 0.0), ("x", 0.0, 0.0)],
        parameters=[None, {}, "sal"],
    )
spoil(
    conditions.variance,
    dict(noise=0.1, fraction=0.1, cycles=3),
    noise=[NAN, INF, "x", -1.0],
    fraction=[NAN, "x", -0.1, 1.1],
    cycles=WHOLE,
    start=[NAN, "x", -1.0],
)
spoil(
    conditions.rounded_variance,
    dict(moved=conditions.Changes(0.1, 0.1), fraction=0.1, cycles=3, distance=0.1),
    moved=[None, "x", (1.0,), (NAN, 0.0), (-1.0, 0.0), ("x", 1.0)],
    fraction=[NAN, "x", -0.1, 1.1],
    cycles=WHOLE,
    distance=POSITIVE,
    start=[NAN, "x", -1.0],
)
spoil(
    conditions.changes,
    dict(parameters=wakesleep.WakeSleep(neurons=2), seeds=[1]),
    parameters=[None, {}, "sal", wakesleep.WakeSleep(signs="dale"), wakesleep.WakeSleep(density=0.5)],
    seeds=SEEDS,
    cycles=[*WHOLE, 0, 1, 2**40],
)

# --- what learns
spoil(sk.experiments.experiment, dict(name="synaptic-noise"), preset=["nonsense"], seed=[-1, 1.5])
WAKE = wakesleep.WakeSleep
spoil(
    WAKE,
    {},
    rule=NAME,
    neurons=[*WHOLE, 0, 17],
    hidden=[*WHOLE, 3],
    connectivity=[*NAME, "restricted"],
    density=[*POSITIVE, 1.1],
    matched=[*FLAG, False],
    psp=[*NAME, "alpha"],
    tau_syn=[*without(POSITIVE, None), 10.0],
    bits=[*without(WHOLE, None, 2.0), 2.0, 0, 1, 17],
    signs=NAME,
    sal_on=[*NAME, "pairs"],
    target_signs=NAME,
    excitatory=[*AMOUNT, 1.5, 0.8],
    target_bias=NUMBER,
    tau_ref=POSITIVE,
    timing=NAME,
    refractory=[0, NAN, "x"],
    psp_length=[0, NAN],
    cycles=[*WHOLE, 0, 2**40],
    cycle_length=POSITIVE,
    replicas=[*WHOLE, 0, 2**40],
    weight_decay=[*AMOUNT, 0.1],
    window=[*NAME, "exponential"],
    wake=NAME,
    patterns=[*WHOLE, 0],
    settle=AMOUNT,
    validate_every=[*WHOLE, 0],
    validation_length=POSITIVE,
    limit=POSITIVE,
    plasticity_noise_on=NAME,
    **dict.fromkeys(
        ("lr_weight", "lr_bias", "lr_sal", "weight_noise", "plasticity_noise", "target_span", "start_sd"), AMOUNT
    ),
    **dict.fromkeys(("gain_cv", "height_cv", "threshold_sd", "refractory_cv", "psp_length_cv"), AMOUNT),
)
one_call("wakesleep-window", lambda: WAKE(rule="hebbian", window="rectangular"), "window")
one_call("wakesleep-steps", lambda: WAKE(timing="discrete", replicas=7), "cycle_length")
one_call("wakesleep-alpha", lambda: WAKE(psp="alpha"), "psp")
SMALL = dict(parameters=WAKE(neurons=2, cycles=2), seeds=[1])
DEVICE = ["gpu", None, 3, ""]
spoil(
    wakesleep.train,
    SMALL,
    "wakesleep.train",
    parameters=[None, {}, "sal", 3, [], [WAKE(), WAKE()], microcircuit.Microcircuit()],
    seeds=[*SEEDS, [2**32]],
    device=DEVICE,
    threads=THREADS,
)
one_call(
    "wakesleep-memory", lambda: wakesleep.train(WAKE(neurons=16, cycles=10**9, validate_every=1), [1]), "validations"
)
one_call("wakesleep-molds", lambda: wakesleep.train([WAKE(), WAKE(tau_ref=20)], [1, 2]), "tau_ref")
CIRCUIT = microcircuit.Microcircuit
spoil(
    CIRCUIT,
    {},
    layers=[None, (1, 1), (1, 0, 1), "111", (1, 1.5, 1), (1, True, 1), 3, (1, 10**9, 1), (1, NAN, 1), {}],
    feedback=NAME,
    epochs=WHOLE,
    patterns=[*WHOLE, 0],
    symmetrise=[*WHOLE, 21],
    pattern_length=[*POSITIVE, 10.05, 100],
    settle=[*AMOUNT, 2000],
    window=[*POSITIVE, 0.05],
    tau_ref=[*WHOLE, 0, 10**9],
    bias=[*NUMBER, 1e300],
    api=AMOUNT,
    nudge=AMOUNT,
    lr_hidden=AMOUNT,
    lr_output=AMOUNT,
    lr_sal=AMOUNT,
    teacher=[*without(NUMBER, None), 1e300],
    span=AMOUNT,
    train_inputs=[0, -1, 1.5, "x", True, [NAN], [[1.0, 2.0]], [], [1e300], [[1.0], [1.0, 2.0]], {}, Odd(), 10**12],
    validation_inputs=[0, "x", [INF]],
    validate_every=[*WHOLE, 0],
    target_length=[*POSITIVE, 200, 0.05],
    protocol=NAME,
    sal_window=[*without(NAME, None), "gaussian"],
    phase_length=POSITIVE,
    temperature=POSITIVE,
    mismatch=AMOUNT,
    homeostatic=FLAG,
    one_way=FLAG,
    interneurons=NAME,
    rehearsal=WHOLE,
    quiet=[*WHOLE, 0],
    lr_predict=AMOUNT,
    lr_cancel=AMOUNT,
    teach=POSITIVE,
)
spoil(CIRCUIT, dict(protocol="exact"), "exact", feedback=["fa", "bp"], sal_window=["exponential"])
LITTLE = dict(parameters=CIRCUIT(epochs=1, pattern_length=20, settle=2, window=2, target_length=20), seeds=[1])
spoil(
    microcircuit.train,
    LITTLE,
    "microcircuit.train",
    parameters=[None, {}, "sal", 3, [], WAKE()],
    seeds=[*SEEDS, [2**32]],
    device=DEVICE,
    threads=THREADS,
)
one_call("microcircuit-memory", lambda: microcircuit.train(CIRCUIT(layers=(9999, 9999, 9999)), range(99)), "neurons")
one_call("microcircuit-window", lambda: microcircuit.train(CIRCUIT(window=1e9, tau_ref=10**5), [1]), "window")
WATCH = dict(parameters=CIRCUIT(), seed=1, forward=[[[1.0]], [[1.0]]], backward=[[[1.0]]], inputs=[[1.0]])
spoil(
    microcircuit.watch,
    WATCH,
    parameters=[None, {}, WAKE()],
    seed=[*without(SEED, None)[:5], [1, 2, 3]],
    forward=[None, 3, "x", [], [[[1.0]]], [[[NAN]], [[1.0]]], [["x"], [[1.0]]], [None, None], W, {}],
    backward=[None, 3, [], [[[NAN]]], [[[1.0, 2.0]]]],
    inputs=[*arrays(1, 1, wide=True), [], [1.0]],
    targets=[[[1.0], [2.0]], [[NAN]], "x", [1.0]],
    symmetrise=FLAG,
)
PAIR = ([[[1.0]]], [[[1.0]]])
spoil(
    microcircuit.watch,
    WATCH | dict(lateral=PAIR),
    lateral=[3, "xy", [], PAIR[:1], (PAIR[0], None), (None, PAIR[1]), ([[[NAN]]], PAIR[1]), (PAIR[0], [[[1.0, 2.0]]])],
    rehearse=FLAG,
)
one_call("rehearse-alone", lambda: microcircuit.watch(**WATCH | dict(rehearse=True)), "rehearse")
spoil(
    microcircuit.left_over,
    WATCH,
    parameters=[None, {}, WAKE()],
    seed=[*without(SEED, None)[:5], [1, 2, 3]],
    forward=[None, 3, "x", [], [[[NAN]], [[1.0]]]],
    backward=[None, 3, [], [[[NAN]]]],
    inputs=[*arrays(1, 1, wide=True), []],
    lateral=[3, "xy", []],
)
spoil(
    microcircuit.phase_rates,
    dict(
        parameters=CIRCUIT(pattern_length=300), forward=[[[[1.0]]]] * 2, backward=[[[[1.0]]]], inputs=[[[0.0]]], seed=1
    ),
    parameters=[None, {}, WAKE()],
    forward=[None, 3, "x", [], [[[[NAN]]], [[[1.0]]]], [[[1.0]], [[1.0]]]],
    backward=[None, 3, [], [[[[NAN]]]]],
    inputs=[*arrays(1, 1, 1, wide=True), [[[0.0]]] * 2],
    seed=SEED,
    threads=THREADS,
)
CHAIN = dict(w1=[1.0], w2=[1.0], b=[1.0], inputs=[0.0], seed=1, length=10)
spoil(
    microcircuit.chain_drift,
    CHAIN,
    w1=[*arrays(1, wide=True)],
    w2=[*arrays(1, wide=True)],
    b=[*arrays(1, wide=True)],
    inputs=[*arrays(1, wide=True)[:9], [], 0.0],
    seed=SEED,
    replicas=[*WHOLE, 0],
    length=[*POSITIVE, 1e300],
    bias=[*NUMBER, 1e300],
    device=DEVICE,
)
for called in (microcircuit.matrices, microcircuit.end_pairs, partial(microcircuit.update_angle, CIRCUIT())):
    for k, wrong in enumerate((None, {}, W, xr.Dataset(), xr.Dataset({"w_up_1": 1.0}))):
        one_call(f"{getattr(called, '__name__', 'update_angle')}-{k}", partial(called, wrong), "dataset")
one_call("update_angle-parameters", lambda: microcircuit.update_angle(None, xr.Dataset()), "parameters")
one_call("watch-memory", lambda: microcircuit.watch(**WATCH | dict(parameters=CIRCUIT(pattern_length=1e9))), "patterns")
LAYERED = layers.Layers
spoil(
    LAYERED,
    {},
    sizes=[None, (3,), (3, 0), "33", (3, 1.5), (3, True), 3, (3, 10**9), (3, NAN), {}],
    length=[*POSITIVE, 150],
    cycle_length=[*POSITIVE, 30],
    gain=[*AMOUNT, 0],
    temperature=POSITIVE,
    rate=[*POSITIVE, 1.0],
    spread=SPREAD,
    homeostatic=FLAG,
    window=NAME,
    rule=NAME,
    learns=NAME,
    lr_sal=without(AMOUNT, None),
    anneal=[*without(POSITIVE, None), 1.0],
    sign=[*(value for value in WHOLE if not isinstance(value, int) or value != -1), 0, 2, -2],
    unpaired=[*AMOUNT, 1.1],
    one_way=[*AMOUNT, 1.1],
    inputs=WHOLE,
    input_gain=AMOUNT,
    entropy=FLAG,
    records=[*WHOLE, 0, 3],
    weights=NAME,
)
one_call("layers-one-sided", lambda: LAYERED(rule="one-sided", learns="both"), "one-sided")
spoil(
    layers.align,
    dict(parameters=LAYERED(sizes=(2, 2), length=100, records=1), seeds=[1]),
    parameters=[None, {}, "sal", 3, [], WAKE()],
    seeds=[*SEEDS, [2**32]],
    device=DEVICE,
    threads=THREADS,
)
one_call("layers-cuda", lambda: layers.align(LAYERED(), [1], device="cuda"), "CPU")
one_call("layers-memory", lambda: layers.align(LAYERED(sizes=(99_999, 99_999)), [1]), "neurons")
one_call("layers-molds", lambda: layers.align([LAYERED(), LAYERED(rate=0.3)], [1, 2]), "rate")
spoil(layers.law, {}, rate=[*POSITIVE, 1.0], window=NAME)
spoil(
    layers.symmetrise,
    dict(forward=[np.ones((3, 2))], backward=[np.ones((2, 3))], seed=1, length=10),
    forward=[None, 3, "x", [], [np.ones((2, 2))], [np.ones(3)], [[[NAN, 1.0]]], [["x"]], {}, [np.ones((3, 0))]],
    backward=[None, 3, "x", [], [np.ones((3, 2))], [[[NAN]]], [["x"]], {}],
    seed=[*SEED, [], [1, 2], [-1]],
    length=POSITIVE,
    temperature=POSITIVE,
    rate=[*POSITIVE, 1.0],
    window=NAME,
    lr=without(AMOUNT, None),
    mismatch=AMOUNT,
    biases=[3, "x", [], [np.zeros(2)], [np.zeros(3), np.zeros(2)], [[NAN, 0.0], np.zeros(3)]],
    phase=WHOLE,
    threads=THREADS,
)
one_call("symmetrise-chain", lambda: layers.symmetrise([W, np.ones((2, 3))], [W, np.ones((3, 2))], 1, 10), "follow")
NETWORK = dict(forward=[np.ones((3, 2)), np.ones((1, 3))], inputs=np.zeros((4, 2)), bias=-1.0)
TASK = NETWORK | dict(targets=np.zeros((4, 1)))
FORWARD = [None, 3, "x", [], [np.ones((3, 2)), np.ones((1, 2))], [np.ones(3)], [[[NAN]]], [["x"]], {}]
spoil(rate_network.rates, NETWORK, forward=FORWARD, inputs=arrays(4, 2, wide=True), bias=[*NUMBER, 1e300])
for function in (rate_network.errors, rate_network.error_angle):
    spoil(
        function,
        TASK | dict(backward=[np.ones((3, 1))]),
        forward=FORWARD,
        inputs=arrays(4, 2),
        bias=NUMBER,
        targets=[*arrays(4, 1), np.zeros((5, 1))],
        backward=[None, 3, "x", [], [np.ones((2, 1))], [[[NAN]]], [["x"]], {}],
    )
spoil(rate_network.gradient, TASK, forward=FORWARD, inputs=arrays(4, 2), targets=arrays(4, 1), bias=NUMBER)

# --- the rivals
for function in (copies.angle, copies.correlation, copies.slope, copies.sign_agreement, copies.quality):
    good = dict(feedback=np.ones((3, 2)), forward=np.ones((2, 3)))
    spoil(function, good, feedback=[*arrays(3, 2, wide=True), 1.0, [1.0]], forward=[*arrays(2, 3), np.ones((3, 2))])
COMMON = dict(
    inputs=[*WHOLE, 0, 1, 10**6],
    outputs=[*WHOLE, 1],
    gain=POSITIVE,
    start=NAME,
    duration=[*POSITIVE, 15.0, 1e7],
    report_every=[*POSITIVE, 0.3e-3, 30.0],
    keep=NAME,
    generator=NAME,
    active=[*POSITIVE, 1.1],
    rate=[*AMOUNT, 5000.0],
    period=[*POSITIVE, 0.3e-4],
)
NETWORKS = dict(tau_m=[*POSITIVE, 1e-4], input_weight=AMOUNT, forward_scale=AMOUNT)
spoil(
    weight_inference.RDD,
    {},
    **COMMON,
    leak=AMOUNT,
    coupling=POSITIVE,
    input_weight=AMOUNT,
    forward_scale=AMOUNT,
    refractory=[*POSITIVE, 2.5e-3],
    memory=[*POSITIVE, 1.5e-3],
    window=[*POSITIVE, 1e-4],
    band=POSITIVE,
    reach=POSITIVE,
    lr=AMOUNT,
    update_every=[*POSITIVE, 1e-4],
    counter_restarts=[*without(POSITIVE, None), 1e-4],
)
spoil(
    weight_inference.STDWI,
    {},
    **COMMON,
    **NETWORKS,
    tau_fast=[*POSITIVE, 0.2],
    tau_slow=[*POSITIVE, 0.01],
    lr=[*AMOUNT, 2],
    decay=[*AMOUNT, 2],
)
spoil(
    weight_inference.WeightMirror,
    {},
    **COMMON,
    **NETWORKS,
    neurons=NAME,
    lr=AMOUNT,
    decay=[*AMOUNT, 1e5],
    batch=[*WHOLE, 0, 1],
    centred=FLAG,
    noise=POSITIVE,
)
spoil(weight_inference.Protocol, {}, **COMMON)
BRIEF = weight_inference.RDD(inputs=3, outputs=2, duration=0.1, report_every=0.1)
spoil(
    weight_inference.train,
    dict(parameters=BRIEF, seeds=[1]),
    "weight_inference.train",
    parameters=[None, {}, "rdd", 3, [], WAKE(), [BRIEF, BRIEF], weight_inference.Protocol()],
    seeds=[*SEEDS, [2**32]],
    device=DEVICE,
    threads=THREADS,
    progress=["x", 3],
)
HUGE = weight_inference.STDWI(inputs=9999, outputs=9999, duration=1e6)
one_call("weight_inference-memory", lambda: weight_inference.train(HUGE, [1]), "weights of every report")
LONG = weight_inference.WeightMirror(inputs=9999, outputs=2, duration=1e6, report_every=1e5)
one_call("weight_inference-patterns", lambda: weight_inference.train(LONG, [1]), "spikes of every pattern")
one_call(
    "weight_inference-molds",
    lambda: weight_inference.train([BRIEF, weight_inference.STDWI(duration=0.1, report_every=0.1)], [1, 2]),
    "rules",
)
GROWING = weight_inference.WeightMirror(neurons="rate", lr=1e5, noise=100.0, decay=0.0, batch=2)
one_call("weight_inference-growth", lambda: weight_inference.train(GROWING, [1]), "lr")
spoil(
    weight_inference.kolen_pollack,
    dict(updates=np.ones((3, 2, 1)), forward=np.ones((2, 1)), feedback=np.ones((1, 2)), decay=0.1),
    updates=[*arrays(3, 2, 1, wide=True), 1.0],
    forward=[*arrays(2, 1, wide=True), np.ones((1, 2))],
    feedback=[*arrays(1, 2, wide=True), np.ones((2, 1))],
    decay=[*AMOUNT, 1.5],
)
for function in (weight_inference.one_sided, weight_inference.maximum_likelihood, weight_inference.count_covariance):
    more = dict(window=10.0) if function is weight_inference.count_covariance else {}
    spoil(function, dict(spikes=spikes()) | more, spikes=[None, 3, "x", W])
    one_call(f"{function.__name__}-unrecorded", lambda f=function, m=more: f(spikes(False), **m), "record")
spoil(weight_inference.count_covariance, dict(spikes=spikes()), window=[*POSITIVE, 60.0])
spoil(
    weight_inference.maximum_likelihood, dict(spikes=spikes()), synapses=[W, "x", np.ones((3, 3), bool), [[True], []]]
)
one_call("maximum_likelihood-none", lambda: weight_inference.maximum_likelihood(spikes()), "likeliest")

# --- integrate-and-fire neurons
CELL = lif.Neuron()
spoil(
    lif.Neuron,
    {},
    **dict.fromkeys(("capacitance", "leak", "noise_rate", "noise_weight"), POSITIVE),
    tau_syn=[*POSITIVE, 1e5],
    dt=[*POSITIVE, 1e5],
    tau_ref=[*POSITIVE, 0.1, 0.25],
    tau_noise=[*without(POSITIVE, None), 0.1],
    leak_potential=[*NUMBER, 1e5],
    excitatory=[*NUMBER, -60.0],
    inhibitory=[*NUMBER, -40.0],
    threshold=[*NUMBER, 10.0, -60.0],
    reset=[*NUMBER, -40.0, -200.0],
    background=[*NAME, "poisson"],
    coupling=NAME,
    renewing=FLAG,
    delay=[*AMOUNT, 0.25, 11.0],
)
one_call("lif-pulses", lambda: lif.Neuron(coupling="conductance", background="poisson", noise_rate=1e3), "noise_rate")
CELLS = lif.Network(0.001 * W, np.zeros(2), CELL)
spoil(
    lif.Network,
    dict(weights=0.001 * W, currents=np.zeros(2)),
    weights=[*arrays(2, 2, wide=True), W[:1], W[0], 0.0, np.ones((2, 2)), np.zeros((0, 2, 2)), np.zeros((0, 0))],
    currents=[*arrays(2, wide=True), 0.0],
    neuron=[None, {}, "lif", 3],
)
_, LEFT = lif.simulate(CELLS, 1.0, threads=1)
spoil(
    lif.simulate,
    dict(network=CELLS, duration=1.0),
    "lif.simulate",
    network=[None, {}, "x", NET],
    duration=[*POSITIVE, 0.25, 1e300],
    seed=SEED,
    replicas=[*WHOLE, 0],
    record=FLAG,
    threads=THREADS,
    start=[3, {}, "x", tuple(LEFT), LEFT._replace(ages=LEFT.ages[:0]), LEFT._replace(noise=LEFT.noise + NAN)],
    first_run=[*WHOLE, 2**32],
)
one_call("lif-memory", lambda: lif.simulate(CELLS, 1e6, replicas=10**9), "fewer")
spoil(lif.free_membrane, dict(neuron=CELL), neuron=[None, {}, 3], current=[*NUMBER, 1e300])
spoil(
    lif.fast_membrane,
    dict(height=0.0, tau_ref=10.0, tau_syn=10.0),
    height=[None, "x", True, {}, Odd(), NAN, INF, 7.0, [[0.0], [0.0, 1.0]]],
    tau_ref=POSITIVE,
    tau_syn=POSITIVE,
    grid=[*AMOUNT, 6.0],
)
spoil(
    lif.activation,
    dict(neuron=CELL, duration=10.0),
    "lif.activation",
    neuron=[None, {}, "x", 3],
    duration=[*POSITIVE, 0.25],
    levels=[*WHOLE, 4],
    replicas=[*WHOLE, 1],
    seed=SEED,
)
spoil(
    lif.logistic_fit,
    dict(levels=np.arange(3.0), shares=np.array([0.1, 0.4, 0.8])),
    levels=[*arrays(3), np.zeros(3)],
    shares=[*arrays(3), [0.5, 0.5, 0.5], [0.8, 0.4, 0.1], [0.0, 0.0, 1.5]],
)
spoil(lif.assumed, dict(neuron=CELL), neuron=[None, {}, 3])
spoil(
    lif.translate,
    dict(weights=W, biases=B, neuron=CELL, offset=-51.0, slope=2.0),
    weights=[*arrays(2, 2, wide=True), np.ones((2, 2))],
    biases=arrays(2, wide=True),
    neuron=[None, {}, 3],
    offset=[*NUMBER, 10.0, -200.0],
    slope=POSITIVE,
)
one_call(
    "translate-reversal",
    lambda: lif.translate(W, 100 * B, lif.Neuron(coupling="conductance"), -51.0, 5.0),
    "biases",
)
PAIRED = lif.Alignment
spoil(
    PAIRED,
    {},
    sizes=[None, (), (1,), (2, 0), (2, 2, 2), "33", (1.5,), (True,), 3, (10**9,), {}],
    length=[*POSITIVE, 150],
    cycle_length=[*POSITIVE, 30],
    span=AMOUNT,
    weight_noise=AMOUNT,
    biases=[None, (), (0.0, 0.0), "0", ("x",), (NAN,), 3, (1e3,), {}],
    spread=SPREAD,
    homeostatic=FLAG,
    learns=NAME,
    lr_sal=AMOUNT,
    anneal=without(POSITIVE, None),
    records=[*WHOLE, 0, 3],
    validation_length=[*AMOUNT, 0.001],
    neuron=[None, {}, "lif"],
)
one_call("lif-two-layers", lambda: PAIRED(sizes=(2, 2), biases=(0.0, 0.0)), "weight_noise")
one_call("lif-states", lambda: PAIRED(sizes=(13,), validation_length=10.0), "validation_length")
FEW = PAIRED(sizes=(2,), length=1.0, cycle_length=1.0, records=1)
spoil(
    lif.train,
    dict(parameters=FEW, seeds=[1]),
    "lif.train",
    parameters=[None, {}, "sal", 3, [], WAKE()],
    seeds=[*SEEDS, [2**32]],
    device=[*DEVICE, "cuda"],
    threads=THREADS,
)
one_call("lif-molds", lambda: lif.train([FEW, PAIRED()], [1, 2]), "sizes")
DEEP = deep.Deep
spoil(
    DEEP,
    {},
    sizes=[None, (64, 64), (64, 0, 64), "111", (64, 1.5, 64), (64, True, 64), 3, (64, 10**9, 64), {}, (64, 8, 10)],
    feedback=NAME,
    task=[*NAME, "classifier", "yin-yang"],
    activation=NAME,
    epochs=[*WHOLE, 10**7],
    batch=[*WHOLE, 0],
    optimiser=NAME,
    lr=AMOUNT,
    momentum=[*AMOUNT, 1.0],
    gain=[*AMOUNT, 101],
    kp_decay=[*AMOUNT, 1.1],
    phase_every=[*WHOLE, 0],
    first_phase=[*AMOUNT, 1e10],
    phase_length=POSITIVE,
    temperature=[*AMOUNT, 0],
    lr_sal=without(AMOUNT, None),
    mismatch=AMOUNT,
    window=NAME,
    rate=[*AMOUNT, 0, 1],
    homeostatic=FLAG,
    keep=NAME,
    learning=NAME,
    loss=[*without(NAME, None), "cross-entropy"],
    pattern_length=[*POSITIVE, 1e6],
    settle=[*AMOUNT, 1e6],
    test_length=[*POSITIVE, 1e6],
    psp_length=[*POSITIVE, 1e4],
    nudge=[*POSITIVE, 101],
    apical=[*POSITIVE, 101],
)
one_call("deep-spikes-relu", lambda: DEEP(learning="spikes", activation="relu"), "activation")
SHORT = dict(parameters=DEEP(task="yin-yang", sizes=(4, 3, 3), epochs=0), seeds=[1])
spoil(
    deep.train,
    SHORT,
    "deep.train",
    parameters=[None, {}, "sal", 3, [], WAKE()],
    seeds=[*SEEDS, [2**32]],
    device=[*DEVICE, "cuda"],
    threads=THREADS,
)
one_call("deep-memory", lambda: deep.train(DEEP(sizes=(64, 9999, 9999, 64)), range(99)), "neurons")
one_call("deep-molds", lambda: deep.train([DEEP(), DEEP(epochs=1)], [1, 2]), "epochs")
spoil(deep.load, dict(task="yin-yang"), task=NAME, seed=without(SEED))
spoil(deep.yin_yang, dict(number=3), number=[*WHOLE, 0, 10**12], seed=SEED, stream=[*WHOLE, 2**32])
spoil(deep.yin_yang_class, dict(points=np.zeros((3, 2))), points=[*arrays(3, 2), 0.0, np.zeros(3)])
spoil(
    deep.respond,
    dict(results=deep.train(**SHORT), inputs=np.zeros((5, 4))),
    results=[None, {}, "x", Odd(), SHORT],
    inputs=[*arrays(5, 4), np.zeros(4), np.zeros((2, 5, 4))],
)
spoil(
    deep.respond,
    dict(
        results=deep.train(DEEP(task="yin-yang", sizes=(4, 3, 3), epochs=0, loss="squared"), [1]),
        inputs=np.zeros((5, 4)),
        spikes=2.0,
    ),
    spikes=without(POSITIVE, None),
    seed=SEED,
    threads=THREADS,
)
one_call("respond-softmax", lambda: deep.respond(deep.train(**SHORT), np.zeros((5, 4)), spikes=2.0), "squared")

# --- where SAL works, and where it fails
CONDITION = limits.Condition
spoil(
    CONDITION,
    {},
    sizes=[None, (3,), (3, 0), "33", (3, 1.5), (3, True), 3, (3, 10**9), (3, 3, 3), {}, (3, NAN)],
    length=[*POSITIVE, 150],
    cycle_length=[*POSITIVE, 30],
    records=[*WHOLE, 0, 3],
    gain=[*AMOUNT, 0],
    rate=[*POSITIVE, 1.0],
    spread=AMOUNT,
    rate_ratio=POSITIVE,
    window=[*NAME, "exponential"],
    timing=NAME,
    tau_ref=[*WHOLE, 0, 10],
    psp=[*NAME, "alpha"],
    tau_syn=without(POSITIVE, None),
    refractory=[*without(WHOLE, None), 5],
    psp_length=[*without(WHOLE, None), 5],
    period=POSITIVE,
    period_cv=[*AMOUNT, 0.6],
    delay_forward=AMOUNT,
    delay_backward=AMOUNT,
    delay_spread=AMOUNT,
    reading=NAME,
    shift=[*AMOUNT, 0.5],
    drive=AMOUNT,
    drive_tau=POSITIVE,
    drive_lag=AMOUNT,
    drive_to=NAME,
    one_way=[*AMOUNT, 1.1],
    excitatory=[*without(AMOUNT, None), 1.1],
    bits=[*without(WHOLE, None), 0, 25],
)
one_call("condition-both", lambda: CONDITION(period=0.8, drive=1.0), "period")
one_call("condition-wide", lambda: CONDITION(period=0.8), "sizes")
one_call("condition-odd", lambda: CONDITION(sizes=(5, 5), drive=1.0), "sizes")
one_call("condition-discrete", lambda: CONDITION(timing="discrete", tau_ref=10, drive=1.0), "drive")
one_call("condition-read", lambda: CONDITION(sizes=(4, 4), drive=1.0, reading="synapse"), "reading")
TINY = dict(parameters=CONDITION(sizes=(2, 2), length=1, cycle_length=1, records=1), seeds=[1])
for called in (limits.close, limits.measure):
    spoil(
        called,
        TINY,
        parameters=[None, {}, "sal", 3, [], WAKE()],
        seeds=[*SEEDS, [2**32]],
        threads=THREADS,
    )
spoil(limits.close, TINY, "limits.close", device=[*DEVICE, "cuda"])
spoil(limits.measure, TINY, "limits.measure", length=POSITIVE, replicas=[*WHOLE, 0, 1])
one_call("limits-memory", lambda: limits.close(CONDITION(sizes=(9999, 9999)), range(999)), "layers")
spoil(limits.predict, dict(condition=CONDITION()), condition=[None, {}, WAKE(), 3])
D, BACK, FORTH = np.random.default_rng(1).normal(size=(2, 3, 4)), np.eye(3, 4), np.ones((4, 3)) - 2 * np.eye(4, 3)
spoil(
    limits.regress,
    dict(drift=D, forward=FORTH, backward=BACK),
    drift=[*arrays(2, 3, 4)[:9], D[:1], D[0], 1.0],
    forward=[*arrays(4, 3), 1.0, FORTH.T],
    backward=[*arrays(3, 4), 1.0, FORTH],
    where=[3, "x", BACK, np.ones((4, 3), bool), [[True], []], np.zeros((3, 4), bool)],
    other=arrays(3, 4),
)
one_call("regress-alike", lambda: limits.regress(D, FORTH, FORTH.T), "vary")
spoil(
    limits.rest_point,
    dict(drift=D, forward=FORTH, stiffness=0.1),
    drift=[*arrays(2, 3, 4)[:9], D[:1], D[0]],
    forward=[*arrays(4, 3), 1.0],
    stiffness=POSITIVE,
    where=[3, "x", BACK, np.zeros((3, 4), bool)],
)
spoil(
    limits.between,
    dict(spikes=spikes(), lower=1),
    spikes=[None, 3, "x", W],
    lower=[*WHOLE, 0, 2],
    window=[*NAME, "exponential"],
    delay=without(NUMBER, None),
    shift=[*AMOUNT, 0.5],
)
one_call("between-unrecorded", lambda: limits.between(spikes(False), 1, delay=0.1), "record")
NEURON = limits.linear.Neuron
spoil(NEURON, {}, rate=[*POSITIVE, 1.0], refractory=POSITIVE, psp=POSITIVE)
PATH = dict(pre=NEURON(), post=NEURON())
spoil(
    limits.linear.synapse,
    PATH,
    pre=[None, 0.5, {}],
    post=[None, 0.5, {}],
    window=NAME,
    delay=AMOUNT,
    behind=[*NUMBER, 1e300],
    ahead=[*NUMBER, 1e300],
)
spoil(
    limits.linear.leak,
    PATH | dict(amplitude=1.0, tau=1.0),
    pre=[None, 0.5],
    post=[None, 0.5],
    amplitude=AMOUNT,
    tau=POSITIVE,
    window=NAME,
    rule=NAME,
)
spoil(
    limits.linear.common,
    dict(lower=NEURON(), upper=NEURON(), amplitude=1.0, tau=1.0),
    lower=[None, 0.5],
    upper=[None, 0.5],
    amplitude=AMOUNT,
    tau=POSITIVE,
    lag=[*NUMBER, 1e300],
    window=NAME,
)
spoil(
    limits.inputs.simulate,
    dict(network=NET, drive=np.ones((1, 2)), tau=50.0, duration=10.0),
    "inputs.simulate",
    network=[None, W, "net", STEPS],
    drive=[*arrays(1, 2, wide=True), np.ones(2), np.ones((1, 3))],
    tau=POSITIVE,
    duration=POSITIVE,
    seed=SEED,
    replicas=[*WHOLE, 0],
    lag=[*arrays(1, 2), -1.0, np.ones((1, 3))],
    record=FLAG,
    statistic=[*NAME, "occupancy"],
    threads=THREADS,
)
NEAR = dict(w=0.5, e=0.1, b_i=0.0, b_j=0.0)
for called in (limits.proof.curves, limits.proof.of_shape):
    spoil(called, NEAR, w=[*NUMBER, 1e300], e=[*NUMBER, 1e300], b_i=[*NUMBER, 1e300], b_j=[*NUMBER, 1e300])
spoil(limits.proof.curves, NEAR, "curves", t_max=POSITIVE, points=[*WHOLE, 0, 2])
spoil(limits.proof.of_shape, NEAR, "of_shape", tau_ref=[*WHOLE, 0])
spoil(
    limits.proof.exhaust,
    dict(weights=[0.5], biases=[0.0, 1.0], asymmetries=[0.1]),
    weights=arrays(2, wide=True)[:9],
    biases=arrays(2, wide=True)[:9],
    asymmetries=[*arrays(2, wide=True)[:9], [0.0], [-1.0]],
    t_max=POSITIVE,
    points=[*WHOLE, 0, 2],
)
spoil(
    limits.shapes.rest_lines,
    dict(shape="rectangle", weights=[1.0], b_i=[0.0], b_j=[0.0]),
    shape=NAME,
    weights=[*arrays(1, wide=True)[:9], [9.0]],
    b_i=[*arrays(1, wide=True)[:9], [0.0, 1.0]],
    b_j=[*arrays(1, wide=True)[:9], [0.0, 1.0]],
    tau_ref=[*WHOLE, 0, 1],
)
spoil(limits.shapes.height, dict(shape="rectangle", s=[1.0]), shape=NAME)
spoil(limits.shapes.settings, dict(shape="rectangle", tau_ref=10), shape=NAME, tau_ref=[*WHOLE, 0, 1])
spoil(
    limits.shapes.timing,
    dict(shape="rectangle", w=1.0, b_i=0.0, b_j=0.0),
    shape=NAME,
    w=NUMBER,
    b_i=NUMBER,
    b_j=NUMBER,
    tau_ref=[*WHOLE, 0, 1],
)
spoil(
    limits.shapes.deviation, dict(lines=[1.0], weights=[1.0]), lines=["x", None, 1.0, [1.0, 2.0]], weights=[None, 1.0]
)
DALE = limits.dale
spoil(DALE.circuit, dict(w_12=1.0, w_21=1.0), w_12=[-1.0, NAN, "x"], w_21=[-1.0, NAN, "x"], kind=NAME, strength=AMOUNT)
spoil(DALE.effective, dict(w=1.0, direction="12"), w=[-1.0, NAN, "x"], direction=NAME, kind=NAME, definition=NAME)
spoil(DALE.rates, dict(kind="drawn", w_21=[1.0], length=10, seed=1), kind=NAME, w_21=arrays(1)[:9], length=POSITIVE)
spoil(
    DALE.nullcline,
    dict(w_21=[1.0], length=10.0),
    w_21=[*arrays(1)[:9], [-1.0]],
    kind=NAME,
    length=POSITIVE,
    reach=POSITIVE,
    points=[*WHOLE, 0, 2],
    replicas=[*WHOLE, 0, 2],
)
spoil(
    DALE.balance, dict(direction="12", length=10.0), direction=NAME, kind=NAME, points=[*WHOLE, 2], replicas=[*WHOLE, 2]
)
spoil(DALE.off_diagonal, dict(w_21=[1.0], found=[(0.1, 0.0, 0.2)]), w_21=[*arrays(1)[:9], [1.0, 2.0]])
spoil(
    DALE.correlogram,
    dict(network=DALE.circuit(1.0, 1.0), length=10, seed=1),
    reach=POSITIVE,
    bins=[*WHOLE, 0],
    length=POSITIVE,
)


# --- dreams
spoil(
    dreams.Dreams,
    {},
    rule=NAME,
    task=NAME,
    hidden=[*WHOLE, 0, 1001],
    cycles=[*WHOLE, 0, 1500],
    batch=[*WHOLE, 0],
    cycle_length=POSITIVE,
    replicas=[*WHOLE, 0, 2000],
    lr_weight=AMOUNT,
    lr_bias=AMOUNT,
    lr_sal=AMOUNT,
    weight_decay=[*AMOUNT, 0.1],
    anneal=POSITIVE,
    weight_noise=AMOUNT,
    plasticity_noise=AMOUNT,
    plasticity_noise_on=NAME,
    matched=FLAG,
    start_sd=AMOUNT,
    limit=[*POSITIVE, 10.0],
    validate_every=[*WHOLE, 0, 999],
    questions=[*WHOLE, 0],
    settle=AMOUNT,
    answer=POSITIVE,
    dreams=[*WHOLE, 0],
)
DREAMS = dict(task="bars", hidden=2, cycles=1, validate_every=1, questions=2, dreams=2)
spoil(
    dreams.train,
    dict(parameters=dreams.Dreams(**DREAMS), seeds=[1]),
    "dreams.train",
    parameters=[None, {}, "sal", 3, [], WAKE()],
    seeds=[*SEEDS, [2**32]],
    device=[*DEVICE, "cuda"],
    threads=THREADS,
)
one_call("dreams-memory", lambda: dreams.train(dreams.Dreams(hidden=1000, limit=0.4), range(9999)), "fewer runs")
one_call("dreams-molds", lambda: dreams.train([dreams.Dreams(), dreams.Dreams(batch=1)], [1, 2]), "batch")
spoil(dreams.load, dict(task="bars"), task=NAME, seed=without(SEED))
spoil(dreams.network_of, {}, results=[None, {}, "x", xr.Dataset()])
NETWORK = dreams.Network(np.zeros((1, 2, 3)), np.zeros((1, 3, 2)), np.zeros((1, 5)))
NETWORKS = [
    None, W, {}, NETWORK._replace(up=np.zeros((1, 3, 2))), NETWORK._replace(biases=np.full((1, 5), 501.0)),
    NETWORK._replace(down=np.full((1, 3, 2), NAN)), NETWORK._replace(biases="x"),
]  # fmt: skip
HELD = np.array([[1.0, 0.0, -1.0]])
spoil(
    dreams.ask,
    dict(network=NETWORK, held=HELD, seeds=[(1, 1)]),
    network=NETWORKS,
    held=[*arrays(1, 3), np.zeros((1, 3)), np.full((1, 3), 0.5), np.zeros((2, 1, 3)), np.zeros((0, 3)), 0.0],
    seeds=[*SEEDS, [1, 2], [(1, 1), (2, 2)]],
    settle=AMOUNT,
    length=POSITIVE,
    kind=[*WHOLE, 256],
    threads=THREADS,
)
spoil(
    dreams.dream,
    dict(network=NETWORK, seeds=[(1, 1)], states=2),
    network=NETWORKS,
    seeds=SEEDS,
    states=[*WHOLE, 0],
    chains=[*WHOLE, 0, 2**16],
    settle=AMOUNT,
    gap=POSITIVE,
    kind=[*WHOLE, 256],
    threads=THREADS,
)
one_call("dream-memory", lambda: dreams.dream(NETWORK, [(1, 1)], 10**14), "fewer questions")
spoil(dreams.free_energy, dict(network=NETWORK, states=np.zeros((2, 3))), network=NETWORKS, states=arrays(2, 3))
spoil(
    dreams.exact_accuracy,
    dict(network=NETWORK, states=np.zeros((2, 3)), labels=[0, 1], classes=2),
    network=NETWORKS,
    states=arrays(2, 3),
    labels=[None, "x", [0, 1, 2], [NAN, 0.0]],
    classes=[*WHOLE, 0, 4],
)
spoil(
    dreams.label_accuracy,
    dict(answers=np.zeros((2, 3)), labels=[0, 1]),
    answers=[*arrays(2, 3)[:10], 0.0, np.zeros(3)],
    labels=[None, "x", [0, 1, 2], 0],
)
spoil(dreams.completion_error, dict(answers=HELD, states=HELD), answers=[*arrays(1, 3), 0.0], states=arrays(1, 3))
spoil(
    dreams.patch_kl,
    dict(images=np.zeros((2, 9)), dreams=np.zeros((2, 9)), side=3),
    images=[*arrays(2, 9), np.zeros((0, 9))],
    dreams=arrays(2, 9),
    side=[*WHOLE, 2, 4],
)
SUM = dreams.exact_log_sum(NETWORK)
spoil(dreams.exact_log_sum, {}, network=NETWORKS)
spoil(dreams.visible_distribution, {}, network=NETWORKS)
spoil(
    dreams.annealed_log_sum,
    dict(network=NETWORK),
    network=NETWORKS,
    seed=without(SEED),
    chains=[*WHOLE, 1],
    steps=[*WHOLE, 0],
)
spoil(
    dreams.log_likelihood,
    dict(network=NETWORK, states=np.zeros((2, 3)), log_sum=SUM),
    network=NETWORKS,
    states=arrays(2, 3),
    log_sum=[None, 3, "x", dreams.LogSum(np.zeros(2), np.zeros(2)), dreams.LogSum("x", 0)],
)


@pytest.mark.parametrize(("call", "words"), CALLS)
def test_a_bad_call_is_one_clear_error(call, words):
    with limited(5.0), pytest.raises(Exception) as caught:
        call()
    error, message = caught.value, str(caught.value)
    place = last(caught.tb)
    line = linecache.getline(place.tb_frame.f_code.co_filename, place.tb_lineno).strip()
    assert type(error) in (ValueError, RuntimeError, MemoryError, IndexError), f"{type(error).__name__}: {message}"
    assert place.tb_frame.f_code.co_filename.startswith(PACKAGE) and line.startswith("raise "), f"{line}: {message}"
    assert message and "\n" not in message and len(message) < 300, message
    assert any(word in message for word in words), f"{message!r} names none of {words}"


def test_there_are_hundreds():
    assert len(CALLS) >= 400
