"""Slow, readable twins of the kernels: the same random numbers, plain Python loops, nothing shared but the stream's
name.
"""

import math

import numpy as np

from salkit.philox import Purpose, philox4x32, uniform


def continuous(weights, biases, tau_ref, duration, seed, run=0, replica=0):
    """Event-driven sampling: list of (time, neuron) and the time spent in each state.

    Shares of the total hazard lie one after another, by neuron. Above 12 of them candidates are drawn under bounds, the
    chords of powers of two, by block of 256, place in 16 and neuron; one spikes if it lies below its hazard.
    """
    n = len(biases)
    order = sorted(range(n), key=lambda i: (i // 256, i % 16, i)) if n > 12 else list(range(n))
    stream = iter(uniform(seed, Purpose.SAMPLING, 200_000, run=run, replica=replica).reshape(-1, 2))
    t, off_at, spikes, occupancy = 0.0, {}, [], np.zeros(2**n)
    number, share = next(stream)
    wait = -math.log(number)
    while True:
        hazards = [
            0.0 if i in off_at else math.exp(biases[i] + sum(weights[i][j] for j in off_at)) / tau_ref for i in range(n)
        ]
        bounds = [_chord(hazard) for hazard in hazards] if n > 12 else hazards
        state = sum(2 ** (n - 1 - j) for j in off_at)
        until = min([duration, *off_at.values()])
        if wait >= sum(bounds) * (until - t):
            wait -= sum(bounds) * (until - t)
            occupancy[state] += until - t
            t = until
            if until == duration:
                return spikes, occupancy
            off_at = {j: off for j, off in off_at.items() if off > t}
            continue
        occupancy[state] += wait / sum(bounds)
        t += wait / sum(bounds)
        shares = np.cumsum([bounds[i] for i in order])
        rank = int(np.searchsorted(shares, share * sum(bounds), side="right"))
        neuron, height = order[rank], share * sum(bounds) - shares[rank] + bounds[order[rank]]
        number, share = next(stream)
        wait = -math.log(number)
        if n > 12 and height >= hazards[neuron]:
            continue
        spikes.append((t, neuron))
        off_at[neuron] = t + tau_ref


def _chord(x):
    """The chord above the power of two at log2 x: 2^k (1 + log2 x − k)."""
    if x == 0.0:
        return 0.0
    k = math.floor(math.log2(x))
    return 2.0**k * (1 + math.log2(x) - k)


def discrete(weights, biases, psp, tau_ref, refractory, duration, seed, run=0, replica=0, states=True):
    """Step-by-step sampling: list of (step, neuron) and the number of steps in each state, if `states` are wanted."""
    n = len(biases)
    blocks = -(-n // 4)
    last, spikes, occupancy = [-math.inf] * n, [], np.zeros(2**n if states else 0)
    for step in range(duration):
        counter = [[step * blocks + block, int(Purpose.SAMPLING) << 24, replica, run] for block in range(blocks)]
        words = philox4x32(counter, [seed & 0xFFFFFFFF, seed >> 32]).ravel()
        fired = []
        for i in range(n):
            u = biases[i]
            for j in range(n):
                age = step - last[j]
                u += weights[i][j] * (psp[int(age) - 1] if age <= len(psp) else 0.0)
            if step - last[i] >= refractory and words[i] / 2**32 < 1 / (1 + math.exp(-(u - math.log(tau_ref)))):
                fired.append(i)
        for i in fired:
            last[i] = step
            spikes.append((step, i))
        if states:
            occupancy[sum(2 ** (n - 1 - i) for i in range(n) if step - last[i] < tau_ref)] += 1
    return spikes, occupancy


def wake_sleep(parameters, ensemble, cycles):
    """Wake–sleep cycles written out with `simulate` and `stdp`: yields weights and biases after each."""
    import salkit as sk

    p, e = parameters, ensemble
    weights, biases = e.weights.copy(), e.biases.copy()
    state = e.sleep.map(np.copy)
    gain, height, threshold = e.neurons[:3]
    periods = {}
    if p.timing == "discrete":
        periods = {"refractory": p.refractory, "psp_length": p.psp_length}
    if p.refractory_cv or p.psp_length_cv:
        periods = {"refractory": p.tau_ref * e.neurons.refractory, "psp_length": p.tau_ref * e.neurons.psp_length}
    targets, starts = (np.array(numbers, dtype=object) for numbers in zip(*e.seeds, strict=True))
    lr_sal = p.lr_sal if "sal" in p.rule else 0.0
    n = biases.shape[1]
    for cycle in range(cycles):
        effective = gain[:, :, None] * (weights * height[:, None, :])
        network = sk.SamplingNetwork(
            effective, gain * biases + threshold, p.tau_ref, p.timing, p.psp, p.tau_syn, **periods
        )
        spikes = sk.simulate(
            network, p.cycle_length * p.tau_ref / p.replicas, starts, p.replicas, record=False, start=state,
            first_run=targets, statistics=("pairs", "overlaps"),
        )  # fmt: skip
        state = spikes.final
        change = p.lr_weight * (e.wake_factor * e.wake_pairs - e.sleep_factor * sk.stdp.hebbian(spikes))
        aligned = e.plastic & e.plastic.swapaxes(1, 2) & (e.sign[:, :, None] == e.sign[:, None, :])
        sal = np.where(aligned | (p.sal_on == "all"), lr_sal * sk.stdp.sal(spikes, p.window), 0.0)
        change = change + sal - p.weight_decay * weights
        low, high = np.where(e.sign > 0, 0.0, -p.limit)[:, None, :], np.where(e.sign < 0, 0.0, p.limit)[:, None, :]
        weights = np.clip(weights + np.where(e.plastic, change, 0.0), low, high)
        if p.bits:
            delta, half = p.limit / (2 ** (p.bits - 1) - 1), (n * n + 1) // 2
            x = np.stack([
                uniform(start, Purpose.ROUNDING, 2 * half * (cycle + 1), run=target)[2 * half * cycle :][: n * n]
                for target, start in e.seeds
            ]).reshape(weights.shape)  # fmt: skip
            rounded = np.clip(np.floor(weights / delta + x) * delta, low, high)
            weights = np.where(e.plastic, rounded, weights)
        biases = np.clip(biases + p.lr_bias * (e.wake_rates - spikes.rates()), -p.limit, p.limit)
        yield weights.copy(), biases.copy()


def microcircuit(parameters, seed, forward, backward, patterns, run=0, purpose=Purpose.SAMPLING, lateral=None):
    """The dendritic microcircuit written out, one neuron and one synapse at a time.

    patterns: list of (input, target or None, "learn" | "align" | "show" | "rehearse"). lateral: weights onto and from
    interneurons, by hidden layer; without, W and −B. forward[m][i, j], backward[m][i, k]; both are
    learned in place. Returns the spikes as (step, cell), pyramidal neurons first, and each pattern's output potentials.
    """
    p, sizes = parameters, parameters.layers
    tau, top, log_tau = p.tau_ref, len(sizes) - 1, math.log(p.tau_ref)

    def phi(u):
        return 1 / (1 + math.exp(-(u - log_tau)))

    def pair(lag):
        if p.pairing == "exponential":
            return math.exp(-lag / tau)
        return 0.0 if lag >= tau else 1.0 if p.pairing == "rectangular" else 1 - lag / tau

    pyramids = [(m, i) for m, n in enumerate(sizes) for i in range(n)]
    twins = [("twin", m, i) for m, i in pyramids if m > 1]
    cells = pyramids + twins
    blocks = -(-len(cells) // 4)
    latest, u = dict.fromkeys(cells, -math.inf), dict.fromkeys(cells, p.bias)
    spikes, outputs, now = [], [], 0
    for given, target, what in patterns:
        history_u, history_v, shown, fired, past = [], [], [], set(), {"y": [], "v_y": [], "over": [], "a": []}
        settle, window = int(p.settle * tau), int(p.window * tau)
        for i, x in enumerate(given):
            u[0, i] = x
        for step in range(int(p.pattern_length * tau)):
            counter = [[now * blocks + k, int(purpose) << 24, 0, run] for k in range(blocks)]
            words = philox4x32(counter, [seed & 0xFFFFFFFF, seed >> 32]).ravel()
            before = fired
            fired = {c for n, c in enumerate(cells) if now - latest[c] >= tau and words[n] / 2**32 < phi(u[c])}
            if what == "align":
                for m in range(1, top):
                    for i in range(sizes[m]):
                        for k in range(sizes[m + 1]):
                            if (m, i) in fired:
                                backward[m - 1][i, k] -= p.lr_sal * pair(now - latest[m + 1, k])
                            if (m + 1, k) in fired:
                                backward[m - 1][i, k] += p.lr_sal * pair(now - latest[m, i])
            for c in fired:
                latest[c] = now
                spikes.append((now, cells.index(c)))
            on = {c: now - latest[c] < tau for c in cells}
            v = {
                (m, i): sum(forward[m - 1][i, j] * on[m - 1, j] for j in range(sizes[m - 1])) for m, i in pyramids if m
            }
            gate = what != "align"
            history_v, a = [*history_v, v][-window:], {}
            for m, i in v:
                u[m, i] = p.bias + v[m, i]
                if m < top:
                    expected = [gate * on["twin", m + 1, k] for k in range(sizes[m + 1])]
                    apical = sum(backward[m - 1][i, k] * (on[m + 1, k] - expected[k]) for k in range(sizes[m + 1]))
                    if lateral and gate:
                        apical = sum(
                            backward[m - 1][i, k] * on[m + 1, k] + lateral[1][m - 1][i, k] * on["twin", m + 1, k]
                            for k in range(sizes[m + 1])
                        )
                    a[m, i] = apical
                    u[m, i] += (1.0 if what == "align" else p.api) * apical
                elif target is not None and what == "learn":
                    mean = sum(old[m, i] for old in history_v) / len(history_v)
                    u[m, i] += p.nudge * (target[i] - mean - p.bias)
                if m > 1:
                    u["twin", m, i] = p.bias + gate * v[m, i]
            twins = [c[1:] for c in cells if c[0] == "twin"]
            if lateral and gate:
                v_y = {(m, k): sum(w * on[m - 1, j] for j, w in enumerate(lateral[0][m - 2][k])) for m, k in twins}
                for kind, values in (("v_y", v_y), ("over", {c: u[c] for c in twins}), ("a", a)):
                    past[kind] = [*past[kind], values][-window:]
                for c in twins:
                    u["twin", *c] = p.bias + v_y[c]
                    if what == "rehearse":
                        over, own = (sum(old[c] for old in past[kind]) / len(past[kind]) for kind in ("over", "v_y"))
                        u["twin", *c] += p.teach * (over - own - p.bias)
                past["y"] = [*past["y"], {c: u["twin", *c] for c in twins}][-window:]
            if step >= settle and what == "rehearse":
                mean = {
                    kind: {c: sum(old[c] for old in kept) / len(kept) for c in kept[0]} for kind, kept in past.items()
                }
                for m, k in twins:
                    for j in range(sizes[m - 1]):
                        if (m - 1, j) in before:
                            gain = phi(mean["y"][m, k]) - phi(mean["v_y"][m, k] + p.bias)
                            lateral[0][m - 2][k, j] += p.lr_predict * gain
                        if ("twin", m, k) in before:
                            lateral[1][m - 2][j, k] -= p.lr_cancel * mean["a"][m - 1, j]
            history_u = [*history_u, {c: u[c] for c in v}][-window:]
            if step >= settle:
                shown.append([u[top, i] for i in range(sizes[top])])
            if step >= settle and what == "learn":
                means = [{c: sum(old[c] for old in kept) / len(kept) for c in v} for kept in (history_u, history_v)]
                for m, i in v:
                    rate = p.lr_output if m == top else p.lr_hidden
                    for j in range(sizes[m - 1]):
                        if (m - 1, j) in before:
                            forward[m - 1][i, j] += rate * (phi(means[0][m, i]) - phi(means[1][m, i] + p.bias))
                            if p.feedback == "bp" and m > 1:
                                backward[m - 2][j, i] = forward[m - 1][i, j]
            now += 1
        outputs.append(np.mean(shown, axis=0))
    return spikes, outputs
