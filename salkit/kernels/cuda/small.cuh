// Event-driven sampling of a small network by one lane, with a table over states: the twin of continuous.py.
//
// Results are those of the twin bit for bit; the order of events of one lane is too. What differs is how it is computed:
// without branches where lanes would part, without arrays that need an address, and the next random block beside the sums
// over the last spike.

#ifndef SALKIT_SMALL
#define SALKIT_SMALL

#include "common.cuh"

#define TABLE_NEURONS 12
#define OFFS 2  // neurons that a lane may switch off before it asks for a spike: few runs have more in a row

// table[k, i] = Σ_{m ≤ i} λ_m in state k, refractory neurons having none; table[k, n] = 1/Λ, rounded.
DEVICE void hazard_row(const double* weights, const double* biases, i64 n, double tau_ref, i64 k, double* row) {
    double total = 0.0;
    for (i64 i = 0; i < n; ++i) {
        if (!(k >> (n - 1 - i) & 1)) {
            double u = biases[i];
            for (i64 j = 0; j < n; ++j)
                if (k >> (n - 1 - j) & 1) u += weights[i * n + j];
            total += exp_(u) / tau_ref;
        }
        row[i] = total;
    }
    row[n] = 1.0 / total;
}

// What a lane needs to run a replica, and the statistics it adds to; all but ages and counts may be null.
struct Replica {
    double *ages, *occupancy, *pairs, *times;
    i64 *counts, *overlaps;
    int* neurons;
};

DEVICE Replica replica_at(i64 train, i64 n, i64 states, i64 paired, i64 overlapped, i64 capacity, double* ages,
                          i64* counts, double* occupancy, double* pairs, i64* overlaps, double* times, int* neurons) {
    const Replica r = {ages + train * n, states ? occupancy + train * states : 0, paired ? pairs + train * n * n : 0,
                       capacity ? times + train * capacity : 0, counts + train * n,
                       overlapped ? overlaps + train * n * n : 0, capacity ? neurons + train * capacity : 0};
    return r;
}

// Where a launch stops, and what goes on from there in the next: CARRIED doubles, then arrays. until: infinite in the
// last launch; place: null where there is one launch only. A run that is at its end is not touched any more.
#define CARRIED 8
struct Cut {
    double until;
    i64 resumed;
    double* place;
};

DEVICE Cut uncut() {
    const Cut cut = {infinite(), 0, 0};
    return cut;
}

// x[i], bit by bit of i: the array then stays in registers.
template <int N>
struct Pick {
    static METHOD double from(const double* x, int i) {
        double half[(N + 1) / 2];
        UNROLL for (int k = 0; k < (N + 1) / 2; ++k) half[k] = 2 * k + 1 < N && (i & 1) ? x[2 * k + 1 < N ? 2 * k + 1 : 0] : x[2 * k];
        return Pick<(N + 1) / 2>::from(half, i >> 1);
    }
};
template <>
struct Pick<1> {
    static METHOD double from(const double* x, int) { return x[0]; }
};

// A replica on its way. Neurons that are on wait in a queue of four bits each, longest on first; behind them it is full of
// N, who never spikes. What a lane may do in a round it computes in any case, and takes what holds for it, so that lanes of
// a warp part for nothing. PAIRS, STATES: which of its statistics are kept.
template <int N, bool PAIRS, bool STATES>
struct Walker {
    const double* table;
    double tau_ref, inverse, duration, last[N + 1], t, wait, share;
    u64 queue;
    int on, state;
    i64 spikes;
    bool finished;

    METHOD const double* row() const { return table + state * (N + 1); }
    METHOD double stop() const {
        const double end = Pick<N + 1>::from(last, (int)(queue & 15)) + tau_ref;
        return end < duration ? end : duration;
    }

    METHOD void begin(Stream s, u64 draw, double rest, const double* ages) {
        exponential(s, draw, &wait, &share);
        if (rest >= 0.0) wait = rest;
        queue = 0x1111111111111111ULL * N;
        UNROLL for (int j = 0; j < N; ++j) last[j] = -ages[j];
        for (int i = 0; i < N; ++i) {
            const double age = ages[i];
            int before = 0;
            for (int j = 0; j < N; ++j) before += ages[j] < tau_ref && (ages[j] > age || (ages[j] == age && j < i));
            if (age < tau_ref) queue ^= (u64)(i ^ N) << 4 * before, state |= 1 << (N - 1 - i), ++on;
        }
    }

    // On to the next switching-off, or to the end, if nobody spikes before.
    METHOD void switch_off(bool running, double* occupancy) {
        const double until = stop(), span = until - t, used = row()[N - 1] * span;
        const bool quiet = running & (wait >= used), over = quiet & (until >= duration), off = quiet & !over;
        if (STATES) occupancy[state] += quiet ? span : 0.0;
        wait = quiet ? wait - used : wait, t = quiet ? until : t, finished |= over;
        state ^= off ? 1 << (N - 1 - (int)(queue & 15)) : 0;
        queue = off ? queue >> 4 | (u64)N << 60 : queue, on -= off;
    }

    // On to the next spike, if it comes before the next switching-off; `words` hold the numbers of its successor.
    METHOD void spike(bool running, double even, Block words, const Replica& r) {
        const Logarithm logarithm = reduced(even);
        const double *hazards = row(), total = hazards[N - 1], x = share * total;
        const bool due = running & (wait < total * (stop() - t));
        const double dt = quotient(wait, total, hazards[N]), now = t + dt;
        int i = 0;
        UNROLL for (int k = 0; k < N - 1; ++k) i += hazards[k] <= x;
        PART(PAIRS && logarithm.s > 1.0);
        const double next = -series_of(logarithm), next_share = uniform(words.c, words.d);
        if (PAIRS) {
            double* row = r.pairs + i * N;
            double sums[N];
            UNROLL for (int j = 0; j < N; ++j) sums[j] = row[j];
            UNROLL for (int j = 0; j < N; ++j) {
                const double part = 1.0 - quotient(now - last[j], tau_ref, inverse);
                sums[j] += due & (part > 0.0) ? part : 0.0;
            }
            UNROLL for (int j = 0; j < N; ++j) row[j] = sums[j];
        }
        if (STATES) r.occupancy[state] += due ? dt : 0.0;
        r.counts[i] += due;
        if (r.overlaps && due) UNROLL for (int j = 0; j < N; ++j) r.overlaps[i * N + j] += j != i && now - last[j] < tau_ref;
        if (r.times && due) r.times[spikes] = now, r.neurons[spikes] = i;
        UNROLL for (int j = 0; j < N; ++j) last[j] = due & (i == j) ? now : last[j];
        queue ^= due ? (u64)(i ^ N) << 4 * on : 0, state |= due ? 1 << (N - 1 - i) : 0, on += due, spikes += due;
        t = due ? now : t, wait = due ? next : wait, share = due ? next_share : share;
    }

    METHOD void load(const double* place) {
        t = place[0], wait = place[1], share = place[2], queue = bits_of(place[3]), on = (int)place[4];
        state = (int)place[5], spikes = (i64)place[6], finished = place[7] != 0.0;
        UNROLL for (int j = 0; j < N; ++j) last[j] = place[CARRIED + j];
    }

    METHOD void store(double* place) const {
        place[0] = t, place[1] = wait, place[2] = share, place[3] = double_of(queue), place[4] = (double)on;
        place[5] = (double)state, place[6] = (double)spikes, place[7] = finished ? 1.0 : 0.0;
        UNROLL for (int j = 0; j < N; ++j) place[CARRIED + j] = last[j];
    }
};

// One replica of N neurons. The lanes of a warp that have one (`warp`, a bit each) go round together; in a round a lane
// switches off up to OFFS neurons and then has its next spike, if that comes first by then.
template <int N, bool PAIRS, bool STATES>
DEVICE void run_small(u32 warp, const double* table, double tau_ref, double duration, Stream s, u64* draw, double* rest,
                      Replica r, Cut cut) {
    Walker<N, PAIRS, STATES> w = {table, tau_ref, 1.0 / tau_ref, duration};
    const u64 first = *draw;
    w.last[N] = infinite();
    if (cut.resumed)
        w.load(cut.place);
    else
        w.begin(s, first, *rest, r.ages);
    const bool mine = !w.finished;
    bool running = mine && w.t < cut.until;
    while (ANY(warp, running)) {
        const Block words = block_of(s, first + (u64)w.spikes + 1);  // beside what it does not depend on, as is its logarithm
        UNROLL for (int k = 0; k < OFFS; ++k) {
            w.switch_off(running, r.occupancy);
            running = running && !w.finished && (!cut.place || w.t < cut.until);
        }
        const double even = uniform(words.a, words.b);
        PART(w.on < (int)(words.a >> 31) - 1);
        w.spike(running, even, words, r);
        running = running && (!cut.place || w.t < cut.until);
    }
    if (mine && w.finished) {
        UNROLL for (int j = 0; j < N; ++j) r.ages[j] = duration - w.last[j];
        *draw = first + (u64)w.spikes, *rest = w.wait;
    }
    if (mine && cut.place) w.store(cut.place);
}

// The same for n neurons, 1 … N; in sources compiled for one n, for that one.
template <int N, bool PAIRS, bool STATES>
DEVICE void run_tabulated(i64 n, u32 warp, const double* table, double tau_ref, double duration, Stream s, u64* draw,
                          double* rest, Replica r, Cut cut) {
#ifdef NEURONS
    run_small<NEURONS, PAIRS, STATES>(warp, table, tau_ref, duration, s, draw, rest, r, cut);
#else
    if (n == N)
        run_small<N, PAIRS, STATES>(warp, table, tau_ref, duration, s, draw, rest, r, cut);
    else
        run_tabulated<(N > 1 ? N - 1 : 1), PAIRS, STATES>(n, warp, table, tau_ref, duration, s, draw, rest, r, cut);
#endif
}

#endif
