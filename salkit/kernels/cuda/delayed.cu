// Sampling where spikes need time to arrive, a lane a train: the twins of delayed.py and delayed_steps.py, in their order
// of operations. Synapses of a neuron lie one after another by delay; a train works in doubles that stay between launches.

#include "discrete.cuh"

#define UNIT 8796093022208.0  // 2⁴³
#define PER_UNIT 1.136868377216160297393798828125e-13
#define FEW 8       // leaves set one by one
#define CUT_ROOM 9  // doubles carried from launch to launch

DEVICE i64 fixed(double x) {
    const double scaled = x * UNIT + 0.5;
    const i64 whole = (i64)scaled;  // floor, as |scaled| < 2^53
    return (double)whole > scaled ? whole - 1 : whole;
}

DEVICE i64* take_whole(double** place, i64 count) { return (i64*)take(place, count); }

// Sums of two below each; leaves from tree[leaves] on, their sum is tree[1].
DEVICE void up(double* tree, i64 leaves, i64 leaf, double value) {
    i64 k = leaves + leaf;
    tree[k] = value;
    for (k /= 2; k > 0; k /= 2) tree[k] = tree[2 * k] + tree[2 * k + 1];
}

DEVICE void sums(double* tree, i64 leaves) {
    for (i64 k = leaves - 1; k > 0; --k) tree[k] = tree[2 * k] + tree[2 * k + 1];
}

DEVICE i64 find(const double* tree, i64 leaves, double x) {
    i64 k = 1;
    while (k < leaves) {
        k *= 2;
        if (x >= tree[k] && tree[k + 1] > 0.0) x -= tree[k], ++k;
    }
    return k - leaves;
}

DEVICE void swap_entries(double* when, i64* who, i64 k, i64 m) {
    const double time = when[k];
    const i64 walk = who[k];
    when[k] = when[m], when[m] = time;
    who[k] = who[m], who[m] = walk;
}

DEVICE void rise(double* when, i64* who, i64 k) {
    for (; k > 0 && when[k] < when[(k - 1) / 2]; k = (k - 1) / 2) swap_entries(when, who, k, (k - 1) / 2);
}

DEVICE void sink(double* when, i64* who, i64 size) {
    for (i64 k = 0; 2 * k + 1 < size;) {
        i64 below = 2 * k + 1;
        if (below + 1 < size && when[below + 1] < when[below]) ++below;
        if (when[k] <= when[below]) return;
        swap_entries(when, who, k, below);
        k = below;
    }
}

DEVICE double hazard_at(i64 potential, double tau_ref) { return exp_((double)potential * PER_UNIT) / tau_ref; }

// Synapses of one neuron; those of a delay of their own, or of the same, begin or end together.
struct Fan {
    i64 number;
    const int* posts;
    const double *lags, *strengths;
};

DEVICE Fan fan_of(i64 j, i64 n, const i64* fan, const int* posts, const double* lags, const double* strengths) {
    const Fan out = {fan[j], posts + j * n, lags + j * n, strengths + j * n};
    return out;
}

DEVICE i64 arrive(i64 m, i64 sign, Fan f, double tau_ref, i64* potential, double* tree, i64 leaves) {
    const i64 first = m;
    const double lag = f.lags[m];
    while (m < f.number && f.lags[m] == lag) ++m;
    for (i64 k = first; k < m; ++k) {
        const i64 i = f.posts[k];
        potential[i] += sign * fixed(f.strengths[k]);
        if (!(tree[leaves + i] > 0.0)) continue;  // refractory
        if (m - first > FEW)
            tree[leaves + i] = hazard_at(potential[i], tau_ref);
        else
            up(tree, leaves, i, hazard_at(potential[i], tau_ref));
    }
    if (m - first > FEW) sums(tree, leaves);
    return m;
}

// room: of delayed_room doubles in __init__.py, a train.
KERNEL sample_delayed(i64 trains, i64 replicas, i64 n, i64 depth, i64 leaves, i64 states, i64 paired, i64 overlapped, i64 capacity,
                      const i64* fan, const int* posts, const double* lags, const double* strengths, const double* biases,
                      double tau_ref, double duration, const u64* seeds, const u64* runs, double* ages, double* earlier,
                      u64* draws, double* rests, i64* counts, double* occupancy, double* pairs, i64* overlaps,
                      double* times, int* neurons, double* room, i64 doubles, double until, i64 resumed) {
    LANES(l) {
        const i64 train = (i64)blockIdx.x * blockDim.x + l, e = train / replicas, walks = 2 * n * depth;
        if (train < trains) {
            const Stream s = {seeds[e], runs[e], (u64)(train % replicas)};
            const Replica r = replica_at(train, n, states, paired, overlapped, capacity, ages, counts, occupancy, pairs,
                                         overlaps, times, neurons);
            const i64* own_fan = fan + e * n;
            const int* own_posts = posts + e * n * n;
            const double *own_lags = lags + e * n * n, *own_strengths = strengths + e * n * n, *b = biases + e * n;
            double *rest_of_room = room + train * doubles, *carried = take(&rest_of_room, CUT_ROOM);
            double *last = take(&rest_of_room, n), *spike = take(&rest_of_room, n * depth);
            double *base = take(&rest_of_room, walks), *when = take(&rest_of_room, walks);
            double *tree = take(&rest_of_room, 2 * leaves), *before = earlier + train * n * (depth - 1);
            i64 *latest = take_whole(&rest_of_room, n), *ring = take_whole(&rest_of_room, n);
            i64 *potential = take_whole(&rest_of_room, n), *who = take_whole(&rest_of_room, walks);
            i64* place = take_whole(&rest_of_room, walks);
            i64 head = 0, on = 0, state = 0, size = 0, spikes = 0;
            double t = 0.0, wait, share;
            bool finished = false;
            if (resumed) {
                t = carried[0], wait = carried[1], share = carried[2], head = (i64)carried[3], on = (i64)carried[4];
                state = (i64)bits_of(carried[5]), size = (i64)carried[6], spikes = (i64)carried[7];
                finished = carried[8] != 0.0;
            } else {
                on = resume(r.ages, n, tau_ref, last, ring);
                for (i64 m = 0; states && m < on; ++m) state |= 1LL << (n - 1 - ring[m]);
                for (i64 i = 0; i < n; ++i) {
                    potential[i] = fixed(b[i]), latest[i] = depth - 1;
                    spike[i * depth + depth - 1] = last[i];
                    for (i64 k = 0; k < depth - 1; ++k) spike[i * depth + depth - 2 - k] = -before[i * (depth - 1) + k];
                }
                for (i64 walk = 0; walk < walks; ++walk) {
                    const i64 j = walk % n, slot = walk / n % depth, sign = walk >= n * depth ? -1 : 1;
                    const Fan f = fan_of(j, n, own_fan, own_posts, own_lags, own_strengths);
                    place[walk] = 0, base[walk] = spike[j * depth + slot] + (sign < 0 ? tau_ref : 0.0);
                    if (base[walk] == -infinite()) continue;
                    i64 m = 0;
                    for (; m < f.number && base[walk] + f.lags[m] <= 0.0; ++m)
                        potential[f.posts[m]] += sign * fixed(f.strengths[m]);
                    if (m == f.number) continue;
                    place[walk] = m, when[size] = base[walk] + f.lags[m], who[size] = walk;
                    rise(when, who, size++);
                }
                for (i64 k = 0; k < leaves; ++k)
                    tree[leaves + k] = k < n && r.ages[k] >= tau_ref ? hazard_at(potential[k], tau_ref) : 0.0;
                sums(tree, leaves);
                exponential(s, draws[train], &wait, &share);
                if (rests[train] >= 0.0) wait = rests[train];
            }
            const bool done = finished;
            while (!finished && t < until) {
                double stop = duration;
                int what = 0;
                if (on > 0 && last[ring[head]] + tau_ref < stop) stop = last[ring[head]] + tau_ref, what = 1;
                if (size > 0 && when[0] < stop) stop = when[0], what = 2;
                const double span = stop - t, total = tree[1];
                if (wait >= total * span) {  // nobody spikes before the next event, or the end
                    wait -= total * span;
                    if (r.occupancy) r.occupancy[state] += span;
                    t = stop;
                    finished = what == 0;
                    if (what == 1) {
                        const i64 i = ring[head];
                        head = head + 1 < n ? head + 1 : 0, --on;
                        state ^= states ? 1LL << (n - 1 - i) : 0;
                        up(tree, leaves, i, hazard_at(potential[i], tau_ref));
                    }
                    if (what == 2) {
                        const i64 walk = who[0], j = walk % n, sign = walk >= n * depth ? -1 : 1;
                        const Fan f = fan_of(j, n, own_fan, own_posts, own_lags, own_strengths);
                        const i64 m = arrive(place[walk], sign, f, tau_ref, potential, tree, leaves);
                        if (m < f.number)
                            place[walk] = m, when[0] = base[walk] + f.lags[m];
                        else
                            --size, when[0] = when[size], who[0] = who[size];
                        sink(when, who, size);
                    }
                    continue;
                }
                const double dt = wait / total;
                t += dt;
                if (r.occupancy) r.occupancy[state] += dt;
                const i64 i = find(tree, leaves, share * total);
                if (r.pairs) pair(n, t, tau_ref, last, r.pairs + i * n), r.pairs[i * n + i] = 0.0;
                if (r.overlaps) overlap(i, n, t, tau_ref, last, r.overlaps + i * n);
                ++r.counts[i];
                if (r.times) r.times[spikes] = t, r.neurons[spikes] = (int)i;
                ++spikes;
                last[i] = t;
                up(tree, leaves, i, 0.0);
                const i64 slot = head + on++;
                ring[slot < n ? slot : slot - n] = i;
                state |= states ? 1LL << (n - 1 - i) : 0;
                latest[i] = latest[i] + 1 < depth ? latest[i] + 1 : 0;
                spike[i * depth + latest[i]] = t;
                for (i64 ends = 0; own_fan[i] > 0 && ends < 2; ++ends) {
                    const i64 walk = (ends * depth + latest[i]) * n + i;
                    base[walk] = t + (ends ? tau_ref : 0.0);
                    place[walk] = 0, when[size] = base[walk] + own_lags[i * n], who[size] = walk;
                    rise(when, who, size++);
                }
                exponential(s, draws[train] + (u64)spikes, &wait, &share);
            }
            if (finished && !done) {
                for (i64 i = 0; i < n; ++i) {
                    r.ages[i] = duration - last[i];
                    for (i64 k = 0; k < depth - 1; ++k)
                        before[i * (depth - 1) + k] = duration - spike[i * depth + (latest[i] - 1 - k + depth) % depth];
                }
                draws[train] += (u64)spikes, rests[train] = wait;
            }
            carried[0] = t, carried[1] = wait, carried[2] = share, carried[3] = (double)head, carried[4] = (double)on;
            carried[5] = double_of((u64)state), carried[6] = (double)size, carried[7] = (double)spikes;
            carried[8] = finished ? 1.0 : 0.0;
        }
    }
}

// κ in a step, from the steps of a neuron's spikes, latest first.
DEVICE double height_before(const double* psp, i64 length, const i64* spike, i64 depth, i64 step) {
    for (i64 k = 0; k < depth; ++k)
        if (spike[k] < step) return spike[k] == NEVER ? 0.0 : height(psp, length, step - spike[k]);
    return 0.0;
}

// What a change of κ adds to the potentials goes into the ring of `rows`, unless it is for a step before 0.
DEVICE void send(i64 step, double before, double now, i64 number, const int* posts, const i64* lags,
                 const double* strengths, i64* ring, i64 rows, i64 n) {
    for (i64 m = 0; m < number; ++m) {
        const i64 at = step + lags[m];
        if (at >= 0) ring[at % rows * n + posts[m]] += fixed(strengths[m] * now) - fixed(strengths[m] * before);
    }
}

// Steps begin … stop − 1 of `duration`.
KERNEL sample_delayed_steps(i64 trains, i64 replicas, i64 n, i64 depth, i64 longest, i64 states, i64 paired, i64 overlapped,
                            i64 capacity, const i64* fan, const int* posts, const i64* lags, const double* strengths,
                            const double* biases, const double* psp, i64 length, double log_tau_ref, i64 tau_ref,
                            i64 refractory, i64 duration, const u64* seeds, const u64* runs, double* ages, double* earlier,
                            u64* draws, i64* counts, double* occupancy, double* pairs, i64* ties, i64* overlaps, i64* times,
                            int* neurons, i64 begin, i64 stop, i64* kept, double* room, i64 doubles) {
    LANES(l) {
        const i64 train = (i64)blockIdx.x * blockDim.x + l, e = train / replicas, rows = longest + 1;
        const i64 per_step = (n + 3) / 4;
        if (train < trains) {
            const Stream s = {seeds[e], runs[e], (u64)(train % replicas)};
            const i64 *own_fan = fan + e * n, *own_lags = lags + e * n * n;
            const int* own_posts = posts + e * n * n;
            const double* own_strengths = strengths + e * n * n;
            double *rest_of_room = room + train * doubles, *before = earlier + train * n * (depth - 1);
            double* kappa = take(&rest_of_room, n);
            i64 *ring = take_whole(&rest_of_room, rows * n), *spike = take_whole(&rest_of_room, n * depth);
            i64 *last = take_whole(&rest_of_room, n), *potential = take_whole(&rest_of_room, n);
            i64* fired = take_whole(&rest_of_room, n);
            u64* threshold = (u64*)take(&rest_of_room, n);
            for (i64 i = 0; begin == 0 && i < n; ++i) {
                for (i64 row = 0; row < rows; ++row) ring[row * n + i] = 0;
                potential[i] = fixed(biases[e * n + i]);
                for (i64 k = 0; k < depth; ++k)
                    spike[i * depth + k] = last_step(k == 0 ? ages[train * n + i] : before[i * (depth - 1) + k - 1]);
                last[i] = spike[i * depth];
            }
            for (i64 j = 0; begin == 0 && j < n; ++j) {
                const i64 *own = spike + j * depth, at = j * n;
                for (i64 m = 0; m < own_fan[j]; ++m)
                    potential[own_posts[at + m]] += fixed(
                        own_strengths[at + m] * height_before(psp, length, own, depth, -1 - own_lags[at + m]));
                kappa[j] = height_before(psp, length, own, depth, -longest - 1);
                for (i64 step = -longest; step < 0; ++step) {
                    const double now = height_before(psp, length, own, depth, step);
                    if (now != kappa[j])
                        send(step, kappa[j], now, own_fan[j], own_posts + at, own_lags + at, own_strengths + at, ring, rows, n);
                    kappa[j] = now;
                }
            }
            for (i64 step = begin; step < stop; ++step) {
                i64 *row = ring + step % rows * n, number = 0;
                for (i64 j = 0; j < n; ++j) {
                    const i64 at = j * n;
                    const double now = height(psp, length, step - last[j]);
                    if (now == kappa[j]) continue;
                    send(step, kappa[j], now, own_fan[j], own_posts + at, own_lags + at, own_strengths + at, ring, rows, n);
                    kappa[j] = now;
                }
                for (i64 i = 0; i < n; ++i) {
                    if (row[i] == 0 && step > 0) continue;
                    potential[i] += row[i], row[i] = 0;
                    threshold[i] = threshold_of((double)potential[i] * PER_UNIT, log_tau_ref);
                }
                for (i64 q = 0; q < per_step; ++q) {
                    const Block words = block_of(s, draws[train] + (u64)(step * per_step + q));
                    for (i64 i = 4 * q; i < n && i < 4 * q + 4; ++i)
                        if (word_of(words, (int)(i - 4 * q)) < threshold[i] && step - last[i] >= refractory) fired[number++] = i;
                }
                for (i64 m = 0; m < number; ++m) {
                    const i64 i = fired[m], own = train * n * n + i * n;
                    for (i64 j = 0; paired && j < n; ++j) {
                        const i64 lag = step - last[j];
                        if (lag < tau_ref && j != i) pairs[own + j] += 1.0 - (double)lag / (double)tau_ref;
                    }
                    for (i64 k = 0; paired && k < number; ++k)
                        if (k != m) ++ties[own + fired[k]];
                    for (i64 j = 0; overlapped && j < n; ++j) overlaps[own + j] += j != i && step - last[j] < tau_ref;
                }
                for (i64 m = 0; m < number; ++m) {
                    const i64 i = fired[m];
                    last[i] = step;
                    for (i64 k = depth - 1; k > 0; --k) spike[i * depth + k] = spike[i * depth + k - 1];
                    spike[i * depth] = step;
                    ++counts[train * n + i];
                    if (capacity) times[train * capacity + kept[train]] = step, neurons[train * capacity + kept[train]] = (int)i;
                    ++kept[train];
                }
                if (states) {
                    i64 state = 0;
                    for (i64 i = 0; i < n; ++i) state = state << 1 | (step - last[i] < tau_ref);
                    occupancy[train * states + state] += 1.0;
                }
            }
            for (i64 i = 0; stop == duration && i < n; ++i) {
                ages[train * n + i] = age_at(duration, spike[i * depth]);
                for (i64 k = 1; k < depth; ++k) before[i * (depth - 1) + k - 1] = age_at(duration, spike[i * depth + k]);
            }
            if (stop == duration) draws[train] += (u64)(duration * per_step);
        }
    }
}
