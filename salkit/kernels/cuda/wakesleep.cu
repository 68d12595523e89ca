// Wake–sleep training: a block a member, its replicas on the lanes; many cycles a launch. As wakesleep.py.
//
// Tables, weights and statistics of a member stand in shared memory where they fit. Statistics are summed over replicas
// in their order, one synapse a lane, so that the number of lanes changes nothing.

#include "continuous.cuh"
#include "discrete.cuh"

#define CLAMP 10.0
#define CONTINUOUS 0
#define VARIED 1
#define DISCRETE 2

struct Training {
    i64 cycles, replicas, n, visible, patterns;
    double *weights, *biases;
    const double *gain, *height, *offset;
    const u8 *plastic, *aligned;
    double *wake_pairs, *wake_rates;
    const double *wake_factor, *sleep_factor, *rates;
    double limit;
    const double *least, *most;  // of weights, by presynaptic neuron
    double spacing;              // of a weight's levels, 0 without
    u64* rounding_draws;
    const double *refractory, *length;  // varied
    Steps steps;                        // discrete
    double tau_ref, duration, settle, shown;
    u64 seed, run;
    double* ages;
    u64* draws;
    double* rests;  // not in discrete time
    const double* cumulative;
    double* wake_ages;
    u64* wake_draws;
    double* wake_rests;
    u64* pattern_draws;
    i64 rectangular_sal;
};

// Arrays of one member, carved out of its workplace: _training_room(…) doubles in __init__.py.
struct Room {
    double *table, *w, *b, *hebbian, *sal, *spikes, *pairs, *varied, *magnitudes;
    int* columns;
    i64 *number, *ties, *overlaps, *scale;
};

template <int KIND>
DEVICE Room room_of(double* place, i64 n, i64 replicas, i64 rectangular_sal) {
    const bool tabulated = n <= TABLE_NEURONS;
    Room r;
    r.table = take(&place, tabulated ? (n + 1) << n : 0);
    r.columns = (int*)take(&place, tabulated ? 0 : (n + 1) * padded(n) / 2);
    r.magnitudes = take(&place, n), r.scale = (i64*)take(&place, 1);
    r.w = take(&place, n * n), r.b = take(&place, n), r.spikes = take(&place, n);
    r.hebbian = take(&place, n * n), r.sal = take(&place, n * n);
    r.pairs = take(&place, replicas * n * n);
    r.number = (i64*)take(&place, replicas * n);
    r.ties = KIND == DISCRETE ? (i64*)take(&place, replicas * n * n) : 0;
    r.varied = KIND == VARIED ? take(&place, replicas * n * VARIED_ROOM) : 0;
    r.overlaps = rectangular_sal ? (i64*)take(&place, replicas * n * n) : 0;
    return r;
}

// What the neurons see, a_i W_ij h_j and a_i b_i + θ_i, the first `visible` held at ±CLAMP if state >= 0; and its table.
template <int KIND>
DEVICE void look(const Training& p, const Room& r, bool rectangular, i64 clamped, i64 state) {
    const i64 n = p.n;
    EACH(k, n * n) {
        const i64 i = k / n, j = k % n;
        r.w[k] = i < clamped ? 0.0 : p.gain[i] * (p.weights[k] * p.height[j]);
    }
    EACH(i, n) {
        r.b[i] = p.gain[i] * p.biases[i] + p.offset[i];
        if (i < clamped) r.b[i] = state >> (clamped - 1 - i) & 1 ? CLAMP : -CLAMP;
    }
    SYNC();
    if (n <= TABLE_NEURONS) {
        EACH(k, 1LL << n) {
            if (KIND == CONTINUOUS) hazard_row(r.w, r.b, n, p.tau_ref, k, r.table + k * (n + 1));
            if (KIND == VARIED) rate_row(r.w, r.b, n, p.tau_ref, k, r.table + k * n);
            if (KIND == DISCRETE && rectangular) threshold_row(r.w, r.b, n, p.steps.log_tau_ref, k, (u64*)r.table + k * n);
        }
    } else if (KIND == CONTINUOUS || (KIND == DISCRETE && rectangular)) {
        const double log_tau_ref = KIND == CONTINUOUS ? log_(p.tau_ref) : p.steps.log_tau_ref;
        EACH(i, n) { r.magnitudes[i] = magnitude(r.w + i * n, r.b[i], n, log_tau_ref); }
        SYNC();
        const i64 scale = scale_of(r.magnitudes, n);
        ONE { *r.scale = scale; }
        EACH(k, n + 1) {
            quantise_row(r.w, r.b, n, log_tau_ref, KIND == CONTINUOUS ? OFF : 0, scale, k, r.columns + k * padded(n));
        }
    }
    SYNC();
}

// Run replica `slot` on for `span`, its stream's replica `number`, adding to the statistics of its slot. `warp`: the lanes
// that come here with this one.
template <int KIND>
DEVICE void run_on(u32 warp, const Training& p, const Room& r, bool rectangular, i64 slot, u64 number, double span,
                   double* ages, u64* draw, double* rest) {
    const i64 n = p.n;
    const Stream s = {p.seed, p.run, number};
    double* pairs = r.pairs + slot * n * n;
    i64 *counts = r.number + slot * n, *overlaps = r.overlaps ? r.overlaps + slot * n * n : 0;
    const Replica one = {ages, 0, pairs, 0, counts, overlaps, 0};
    if (KIND == CONTINUOUS && n <= TABLE_NEURONS) {
        run_tabulated<TABLE_NEURONS, true, false>(n, warp, r.table, p.tau_ref, span, s, draw, rest, one, uncut());
        return;
    }
    if (KIND == DISCRETE) {
        Steps steps = p.steps;
        steps.duration = (i64)span;
        run_discrete(rectangular && n <= TABLE_NEURONS ? (const u64*)r.table : 0,
                     rectangular && n > TABLE_NEURONS ? r.columns : 0, n > TABLE_NEURONS ? *r.scale : 0, r.w, r.b, n, steps,
                     s, draw, ages, counts, 0, pairs, r.ties + slot * n * n, overlaps, 0, 0);
    }
    if (KIND == VARIED)
        run_varied(r.table, r.w, r.b, p.refractory, p.length, n, p.tau_ref, span, s, draw, rest,
                   r.varied + slot * n * VARIED_ROOM, one, uncut());
    if (KIND == CONTINUOUS) run_continuous(r.columns, *r.scale, n, p.tau_ref, span, s, draw, rest, one);
}

// Clear the sums of `slots` replicas.
template <int KIND>
DEVICE void clear(const Training& p, const Room& r, i64 slots) {
    EACH(k, slots * p.n * p.n) {
        r.pairs[k] = 0.0;
        if (KIND == DISCRETE) r.ties[k] = 0;
        if (r.overlaps) r.overlaps[k] = 0;
    }
    EACH(k, slots * p.n) { r.number[k] = 0; }
    SYNC();
}

// Add the sums of `slots` replicas, in their order, to those of the cycle.
template <int KIND>
DEVICE void gather(const Training& p, const Room& r, i64 slots, bool anew) {
    const i64 n = p.n;
    EACH(k, n * n) {
        const i64 mirror = k % n * n + k / n;
        double hebbian = anew ? 0.0 : r.hebbian[k], sal = anew ? 0.0 : r.sal[k];
        for (i64 slot = 0; slot < slots; ++slot) {
            const double *pairs = r.pairs + slot * n * n, tie = KIND == DISCRETE ? (double)r.ties[slot * n * n + k] : 0.0;
            hebbian += pairs[k] + pairs[mirror] + tie;
            const i64* whole = r.overlaps ? r.overlaps + slot * n * n : 0;
            sal += whole ? (double)(whole[mirror] - whole[k]) : pairs[mirror] - pairs[k];
        }
        r.hebbian[k] = hebbian, r.sal[k] = sal;
    }
    EACH(i, n) {
        double spikes = anew ? 0.0 : r.spikes[i];
        for (i64 slot = 0; slot < slots; ++slot) spikes += (double)r.number[slot * n + i];
        r.spikes[i] = spikes;
    }
    SYNC();
}

DEVICE i64 drawn_pattern(const Training& p) {
    const Stream s = {p.seed, p.run, 0};
    const Block x = block_of(s, *p.pattern_draws);
    const double at = uniform(x.a, x.b);
    i64 k = 0;
    while (k < (1LL << p.visible) - 1 && p.cumulative[k] <= at) ++k;
    return k;
}

template <int KIND>
DEVICE void wake(const Training& p, const Room& r, bool rectangular) {
    const double patterns = (double)p.patterns, per_time = p.tau_ref / p.shown;
    for (i64 shown = 0; shown < p.patterns; ++shown) {
        const i64 state = drawn_pattern(p);
        SYNC();
        ONE { *p.pattern_draws += 1; }
        look<KIND>(p, r, rectangular, p.visible, state);
        for (int part = 0; part < 2; ++part) {
            const double span = part ? p.shown : p.settle;
            clear<KIND>(p, r, 1);
            ONE { if (span > 0.0) run_on<KIND>(1, p, r, rectangular, 0, 0, span, p.wake_ages, p.wake_draws, p.wake_rests); }
            SYNC();
        }
        gather<KIND>(p, r, 1, shown == 0);
    }
    EACH(i, p.n) { p.wake_rates[i] = r.spikes[i] / patterns * per_time; }
    EACH(k, p.n * p.n) { p.wake_pairs[k] = r.hebbian[k] / patterns * per_time; }
    SYNC();
}

DEVICE double floor_(double x) {  // of |x| < 2^53
    const double whole = (double)(i64)x;
    return whole > x ? whole - 1.0 : whole;
}

// A weight within its bounds; of two zeros the one that it had.
DEVICE double allowed(const Training& p, i64 k, double weight) {
    const double least = p.least[k % p.n], most = p.most[k % p.n], low = least > weight ? least : weight;
    return most < low ? most : low;
}

// One step of learning from the sums of a cycle. rates: η_W, η_b, η_SAL, λ.
DEVICE void update(const Training& p, const Room& r) {
    const Stream s = {p.seed, p.run, 0};
    const double replicas = (double)p.replicas, per_time = p.tau_ref / p.duration;
    EACH(k, p.n * p.n) {
        if (p.plastic[k]) {
            const double measured = r.hebbian[k] / replicas * per_time;
            double change = p.rates[0] * (p.wake_factor[k] * p.wake_pairs[k] - p.sleep_factor[k] * measured);
            if (p.aligned[k]) change += p.rates[2] * (r.sal[k] / replicas * per_time);
            change -= p.rates[3] * p.weights[k];
            p.weights[k] = allowed(p, k, p.weights[k] + change);
            if (p.spacing > 0.0) {
                const Block x = block_of(s, *p.rounding_draws + (u64)(k / 2));
                const double share = k % 2 ? uniform(x.c, x.d) : uniform(x.a, x.b);
                p.weights[k] = allowed(p, k, floor_(p.weights[k] / p.spacing + share) * p.spacing);
            }
        }
    }
    EACH(i, p.n) {
        const double now = p.biases[i] + p.rates[1] * (p.wake_rates[i] - r.spikes[i] / replicas * per_time);
        const double low = now > -p.limit ? now : -p.limit;
        p.biases[i] = low < p.limit ? low : p.limit;
    }
    SYNC();
    ONE {
        if (p.spacing > 0.0) *p.rounding_draws += (u64)((p.n * p.n + 1) / 2);
    }
    SYNC();
}

template <int KIND>
DEVICE void train(const Training& p, const Room& r) {
    bool rectangular = true;
    if (KIND == DISCRETE)
        for (i64 age = 0; age < p.steps.length; ++age) rectangular &= p.steps.psp[age] == 1.0;
    for (i64 cycle = 0; cycle < p.cycles; ++cycle) {
        if (p.patterns > 0) wake<KIND>(p, r, rectangular);
        look<KIND>(p, r, rectangular, 0, 0);
        clear<KIND>(p, r, p.replicas);
        for (i64 base = 0; base < p.replicas; base += blockDim.x) {
            LANES(l) {
                const i64 slot = base + l;
                const u32 warp = WITH(slot < p.replicas);
                if (slot < p.replicas)
                    run_on<KIND>(warp, p, r, rectangular, slot, (u64)slot, p.duration, p.ages + slot * p.n, p.draws + slot,
                                 KIND == DISCRETE ? 0 : p.rests + slot);
            }
        }
        SYNC();
        gather<KIND>(p, r, p.replicas, true);
        update(p, r);
    }
}

#define MEMBER(array, each) ((array) + (i64)blockIdx.x * (each))

KERNEL train_continuous(i64 cycles, i64 replicas, i64 n, i64 varied, double* weights, double* biases, const double* gain,
                        const double* height, const double* offset, const u8* plastic, const u8* aligned, double* wake_pairs,
                        double* wake_rates, const double* wake_factor, const double* sleep_factor, const double* rates,
                        double limit, const double* least, const double* most, const double* spacing,
                        u64* rounding_draws, const double* refractory, const double* length, double tau_ref, double duration,
                        const u64* seeds, const u64* runs, double* ages, u64* draws, double* rests,
                        const double* cumulative, i64 visible, i64 patterns, double settle, double shown,
                        double* wake_ages, u64* wake_draws, double* wake_rests, u64* pattern_draws,
                        i64 rectangular_sal, double* scratch, i64 doubles, int shared) {
    const i64 e = blockIdx.x;
    const Steps none = {0, 0, 0, 0, 0, 0.0, 0};
    const Training p = {cycles, replicas, COUNT(n), visible, patterns, MEMBER(weights, n * n), MEMBER(biases, n), MEMBER(gain, n),
                        MEMBER(height, n), MEMBER(offset, n), MEMBER(plastic, n * n), MEMBER(aligned, n * n),
                        MEMBER(wake_pairs, n * n), MEMBER(wake_rates, n),
                        MEMBER(wake_factor, n * n), MEMBER(sleep_factor, n * n), MEMBER(rates, 4), limit, MEMBER(least, n), MEMBER(most, n),
                        spacing[e], MEMBER(rounding_draws, 1), MEMBER(refractory, n),
                        MEMBER(length, n), none, tau_ref, duration, settle, shown, seeds[e], runs[e],
                        MEMBER(ages, replicas * n), MEMBER(draws, replicas), MEMBER(rests, replicas),
                        MEMBER(cumulative, 1LL << visible), MEMBER(wake_ages, n), MEMBER(wake_draws, 1),
                        MEMBER(wake_rests, 1), MEMBER(pattern_draws, 1), rectangular_sal};
    double* place = workplace(scratch, doubles, shared);
    if (varied)
        train<VARIED>(p, room_of<VARIED>(place, p.n, replicas, rectangular_sal));
    else
        train<CONTINUOUS>(p, room_of<CONTINUOUS>(place, p.n, replicas, rectangular_sal));
}

KERNEL train_discrete(i64 cycles, i64 replicas, i64 n, double* weights, double* biases, const double* gain,
                      const double* height, const double* offset, const u8* plastic, const u8* aligned, double* wake_pairs,
                      double* wake_rates, const double* wake_factor, const double* sleep_factor, const double* rates,
                      double limit, const double* least, const double* most, const double* spacing,
                      u64* rounding_draws, const double* psp, i64 length, double log_tau_ref, i64 tau_ref, i64 refractory,
                      i64 duration, const u64* seeds, const u64* runs, double* ages, u64* draws,
                      const double* cumulative, i64 visible, i64 patterns, i64 settle, i64 shown, double* wake_ages,
                      u64* wake_draws, u64* pattern_draws, i64 rectangular_sal, double* scratch, i64 doubles, int shared) {
    const i64 e = blockIdx.x;
    const Steps steps = {psp, length, tau_ref, refractory, duration, log_tau_ref, 0};
    const Training p = {cycles, replicas, COUNT(n), visible, patterns, MEMBER(weights, n * n), MEMBER(biases, n), MEMBER(gain, n),
                        MEMBER(height, n), MEMBER(offset, n), MEMBER(plastic, n * n), MEMBER(aligned, n * n),
                        MEMBER(wake_pairs, n * n), MEMBER(wake_rates, n),
                        MEMBER(wake_factor, n * n), MEMBER(sleep_factor, n * n), MEMBER(rates, 4), limit, MEMBER(least, n), MEMBER(most, n),
                        spacing[e], MEMBER(rounding_draws, 1), 0, 0, steps,
                        (double)tau_ref, (double)duration, (double)settle, (double)shown, seeds[e], runs[e],
                        MEMBER(ages, replicas * n), MEMBER(draws, replicas), 0, MEMBER(cumulative, 1LL << visible),
                        MEMBER(wake_ages, n), MEMBER(wake_draws, 1), 0, MEMBER(pattern_draws, 1), rectangular_sal};
    train<DISCRETE>(p, room_of<DISCRETE>(workplace(scratch, doubles, shared), p.n, replicas, rectangular_sal));
}
