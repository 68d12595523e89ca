// Event-driven sampling by one lane: the twins of continuous.py, wide.py and varied.py, in their order of operations.

#ifndef SALKIT_CONTINUOUS
#define SALKIT_CONTINUOUS

#include "potentials.cuh"

#define TABLE_NEURONS 12
#define SMALL 16  // neurons of a network that one lane runs: one vector of potentials

// table[k, i] = Σ_{m ≤ i} λ_m in state k, refractory neurons having none.
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
}

// table[k, i] = λ_i while the PSPs of the neurons in state k are on.
DEVICE void rate_row(const double* weights, const double* biases, i64 n, double tau_ref, i64 k, double* row) {
    for (i64 i = 0; i < n; ++i) {
        double u = biases[i];
        for (i64 j = 0; j < n; ++j)
            if (k >> (n - 1 - j) & 1) u += weights[i * n + j];
        row[i] = exp_(u) / tau_ref;
    }
}

// What a lane needs to run a replica, and the statistics it adds to; all but ages and counts may be null.
struct Replica {
    double *ages, *occupancy, *pairs, *times;
    i64 *counts, *overlaps;
    int* neurons;
};

// Last spike times from the ages; the neurons that are on in the ring, longest on first. Returns how many these are.
template <class Number>
DEVICE i64 resume(const double* ages, i64 n, double tau_ref, double* last, Number* ring) {
    i64 on = 0;
    for (i64 i = 0; i < n; ++i) {
        last[i] = -ages[i];
        if (ages[i] < tau_ref) {
            i64 place = on++;
            for (; place > 0 && last[(i64)ring[place - 1]] > last[i]; --place) ring[place] = ring[place - 1];
            ring[place] = (Number)i;
        }
    }
    return on;
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

// lag/tau_ref correctly rounded, from tau_ref's correctly rounded reciprocal (Brisebarre, Muller & Raina 2004).
DEVICE double quotient(double lag, double tau_ref, double inverse) {
    const double first = lag * inverse;
    return fused(fused(-first, tau_ref, lag), inverse, first);
}

DEVICE void pair(i64 n, double t, double tau_ref, const double* last, double* pairs) {
    for (i64 j = 0; j < n; ++j) {
        const double lag = t - last[j];
        if (lag < tau_ref) pairs[j] += 1.0 - lag / tau_ref;
    }
}

// Count i's spike with every other neuron that is on; row i of overlaps.
DEVICE void overlap(i64 i, i64 n, double t, double tau_ref, const double* last, i64* overlaps) {
    for (i64 j = 0; j < n; ++j) overlaps[j] += t - last[j] < tau_ref;
    overlaps[i] = 0;
}

// x[i], by comparisons: the array then stays in registers.
template <int N>
DEVICE double pick(const double* x, int i) {
    double found = x[0];
    UNROLL for (int j = 1; j < N; ++j) found = i == j ? x[j] : found;
    return found;
}

// One replica of N neurons, with hazards over states in the table. All lanes of a warp come here, those without a replica
// with running = false, and go together: first whatever switches off before the next spike, then a spike each.
// Neurons that are on wait in a queue of four bits each, longest on first; last spikes stay in registers.
template <int N>
DEVICE void run_small(bool running, const double* table, double tau_ref, double duration, Stream s, u64* draw,
                      double* rest, Replica r, Cut cut) {
    const double inverse = 1.0 / tau_ref;
    const bool resumed = cut.resumed && running;
    const u64 first = *draw;
    double last[N] = {}, t = 0.0, wait = 0.0, share = 0.0, end = infinite();
    u64 queue = 0;
    int on = 0, state = 0;
    i64 spikes = 0;
    bool finished = false;
    if (resumed) {
        const double* place = cut.place;
        t = place[0], wait = place[1], share = place[2], queue = bits_of(place[3]), on = (int)place[4];
        state = (int)place[5], spikes = (i64)place[6], finished = place[7] != 0.0;
        UNROLL for (int j = 0; j < N; ++j) last[j] = place[CARRIED + j];
    } else if (running) {
        exponential(s, first, &wait, &share);
        if (*rest >= 0.0) wait = *rest;
        UNROLL for (int j = 0; j < N; ++j) last[j] = -r.ages[j];
        for (int i = 0; i < N; ++i) {
            const double age = r.ages[i];
            int before = 0;
            for (int j = 0; j < N; ++j) before += r.ages[j] < tau_ref && (r.ages[j] > age || (r.ages[j] == age && j < i));
            if (age < tau_ref) queue |= (u64)i << 4 * before, state |= 1 << (N - 1 - i), ++on;
        }
    }
    const bool mine = running && !finished;
    running = mine && t < cut.until;
    if (on > 0) end = pick<N>(last, (int)(queue & 15)) + tau_ref;
    double total = table[state * N + N - 1];
    while (ANY(running)) {
        bool quiet;  // nobody spikes before the earliest switching-off, or the end
        do {
            const double stop = end < duration ? end : duration, span = stop - t;
            quiet = running && wait >= total * span;
            if (quiet) {
                wait -= total * span;
                if (r.occupancy) r.occupancy[state] += span;
                t = stop;
                finished = t >= duration;
                running = !finished && t < cut.until;
                if (!finished) {
                    state ^= 1 << (N - 1 - (int)(queue & 15));
                    queue >>= 4, --on;
                    end = on > 0 ? pick<N>(last, (int)(queue & 15)) + tau_ref : infinite();
                    total = table[state * N + N - 1];
                }
            }
        } while (ANY(quiet));
        if (running) {
            const double dt = wait / total, x = share * total;
            t += dt;
            if (r.occupancy) r.occupancy[state] += dt;
            int i = 0;
            UNROLL for (int k = 0; k < N - 1; ++k) i += table[state * N + k] <= x;
            exponential(s, first + (u64)++spikes, &wait, &share);  // beside the sums below, which do not wait for it
            if (r.pairs) {
                double* row = r.pairs + i * N;
                UNROLL for (int j = 0; j < N; ++j) {
                    const double lag = t - last[j];
                    row[j] += lag < tau_ref ? 1.0 - quotient(lag, tau_ref, inverse) : 0.0;
                }
            }
            if (r.overlaps) {
                i64* row = r.overlaps + i * N;
                UNROLL for (int j = 0; j < N; ++j) row[j] += j != i && t - last[j] < tau_ref;
            }
            ++r.counts[i];
            if (r.times) r.times[spikes - 1] = t, r.neurons[spikes - 1] = i;
            UNROLL for (int j = 0; j < N; ++j) last[j] = i == j ? t : last[j];
            queue |= (u64)i << 4 * on;
            if (on++ == 0) end = t + tau_ref;
            state |= 1 << (N - 1 - i);
            total = table[state * N + N - 1];
            running = t < cut.until;
        }
    }
    if (mine && finished) {
        UNROLL for (int j = 0; j < N; ++j) r.ages[j] = duration - last[j];
        *draw = first + (u64)spikes, *rest = wait;
    }
    if (mine && cut.place) {
        double* place = cut.place;
        place[0] = t, place[1] = wait, place[2] = share, place[3] = double_of(queue), place[4] = (double)on;
        place[5] = (double)state, place[6] = (double)spikes, place[7] = finished ? 1.0 : 0.0;
        UNROLL for (int j = 0; j < N; ++j) place[CARRIED + j] = last[j];
    }
}

// `run_small` for n neurons, 1 … N; in sources compiled for one n, for that one.
template <int N>
DEVICE void run_tabulated(i64 n, bool running, const double* table, double tau_ref, double duration, Stream s, u64* draw,
                          double* rest, Replica r, Cut cut) {
#ifdef NEURONS
    run_small<NEURONS>(running, table, tau_ref, duration, s, draw, rest, r, cut);
#else
    if (n == N)
        run_small<N>(running, table, tau_ref, duration, s, draw, rest, r, cut);
    else
        run_tabulated<(N > 1 ? N - 1 : 1)>(n, running, table, tau_ref, duration, s, draw, rest, r, cut);
#endif
}

// One replica of TABLE_NEURONS + 1 … SMALL neurons, on columns of integers.
DEVICE void run_continuous(const int* columns, i64 scale, i64 n, double tau_ref, double duration, Stream s, u64* draw,
                           double* rest, Replica r) {
    double last[SMALL], sums[SUMS];
    int ring[SMALL], potential[SMALL];
    float hazard[SMALL];
    i64 on = resume(r.ages, n, tau_ref, last, ring), head = 0, spikes = 0;
    double t = 0.0, wait, share;
    exponential(s, *draw, &wait, &share);
    if (*rest >= 0.0) wait = *rest;
    for (i64 k = 0; k < SMALL; ++k) {
        potential[k] = columns[n * SMALL + k];
        for (i64 m = 0; m < on; ++m) potential[k] += columns[ring[m] * SMALL + k];
    }
    for (;;) {
        for (i64 k = 0; k < SMALL; ++k) hazard[k] = hazard_of(potential[k], scale);
        for (i64 sum = 0; sum < SUMS; ++sum) sums[sum] = stretch_sum(hazard, SMALL, 0, sum);
        const double total = total_of(sums);
        double stop = duration;
        if (on > 0 && last[ring[head]] + tau_ref < stop) stop = last[ring[head]] + tau_ref;
        const double span = stop - t;
        if (wait >= total * span) {  // nobody spikes before the earliest switching-off, or the end
            wait -= total * span;
            t = stop;
            if (t >= duration) break;
            const i64 j = ring[head];
            head = head + 1 < n ? head + 1 : 0, --on;
            for (i64 k = 0; k < SMALL; ++k) potential[k] -= columns[j * SMALL + k];
            continue;
        }
        t += wait / total;
        const i64 i = chosen(hazard, sums, SMALL, share * total);
        if (r.pairs) pair(n, t, tau_ref, last, r.pairs + i * n);
        if (r.overlaps) overlap(i, n, t, tau_ref, last, r.overlaps + i * n);
        ++r.counts[i];
        last[i] = t;
        const i64 place = head + on++;
        ring[place < n ? place : place - n] = (int)i;
        ++spikes;
        for (i64 k = 0; k < SMALL; ++k) potential[k] += columns[i * SMALL + k];
        exponential(s, *draw + spikes, &wait, &share);
    }
    for (i64 i = 0; i < n; ++i) r.ages[i] = duration - last[i];
    *draw += spikes, *rest = wait;
}

#define VARIED_ROOM 7  // doubles a neuron that run_varied works in; between two launches they stay

// λ of every neuron, from the table unless the network is too large for one; then the hazards of those that are ready.
DEVICE double varied_hazards(const double* table, const double* weights, const double* biases, i64 n, double tau_ref,
                             i64 active, bool anew, const double* ready, double* rate, double* hazard) {
    double total = 0.0;
    if (anew && n <= TABLE_NEURONS)
        for (i64 i = 0; i < n; ++i) rate[i] = table[active * n + i];
    else if (anew)
        rate_row(weights, biases, n, tau_ref, active, rate);
    for (i64 i = 0; i < n; ++i) {
        hazard[i] = ready[i] * rate[i];
        total += hazard[i];
    }
    return total;
}

// One replica whose neurons have periods of their own; room: VARIED_ROOM · n doubles, `cut.place` has CARRIED.
DEVICE void run_varied(const double* table, const double* weights, const double* biases, const double* refractory,
                       const double* length, i64 n, double tau_ref, double duration, Stream s, u64* draw, double* rest,
                       double* room, Replica r, Cut cut) {
    double *last = room, *rate = room + n, *ready = room + 2 * n, *hazard = room + 3 * n, *alarm = room + 4 * n;
    i64 active = 0, state = 0, spikes = 0;
    double t = 0.0, wait, share, *place = cut.place;
    if (cut.resumed) {
        t = place[0], wait = place[1], share = place[2], active = (i64)bits_of(place[3]);
        state = (i64)bits_of(place[4]), spikes = (i64)place[5];
        if (place[6] != 0.0) return;
    } else {
        for (i64 i = 0; i < n; ++i) {
            last[i] = -r.ages[i], ready[i] = 1.0;
            for (i64 kind = 0; kind < 3; ++kind) alarm[kind * n + i] = infinite();
            if (r.ages[i] < refractory[i]) alarm[i] = last[i] + refractory[i], ready[i] = 0.0;
            if (r.ages[i] < length[i]) alarm[n + i] = last[i] + length[i], active |= 1LL << (n - 1 - i);
            if (r.ages[i] < tau_ref) alarm[2 * n + i] = last[i] + tau_ref, state |= 1LL << (n - 1 - i);
        }
        exponential(s, *draw, &wait, &share);
        if (*rest >= 0.0) wait = *rest;
    }
    bool finished = false;
    double total = varied_hazards(table, weights, biases, n, tau_ref, active, true, ready, rate, hazard);
    while (!finished && t < cut.until) {
        double stop = duration;
        i64 next = -1;  // of the three alarms of every neuron
        for (i64 k = 0; k < 3 * n; ++k)
            if (alarm[k] < stop) stop = alarm[k], next = k;
        const double span = stop - t;
        if (wait >= total * span) {  // nobody spikes before the earliest alarm, or the end
            wait -= total * span;
            if (r.occupancy) r.occupancy[state] += span;
            t = stop;
            finished = next < 0;
            if (finished) break;
            alarm[next] = infinite();
            const i64 kind = next / n, j = next % n;
            if (kind == 2) {
                state ^= 1LL << (n - 1 - j);
                continue;
            }
            if (kind == 0) ready[j] = 1.0;
            if (kind == 1) active ^= 1LL << (n - 1 - j);
            total = varied_hazards(table, weights, biases, n, tau_ref, active, kind == 1, ready, rate, hazard);
            continue;
        }
        const double dt = wait / total, x = share * total;
        t += dt;
        if (r.occupancy) r.occupancy[state] += dt;
        i64 i = 0;
        double cumulative = hazard[0];
        while (cumulative <= x) cumulative += hazard[++i];
        if (r.pairs) pair(n, t, tau_ref, last, r.pairs + i * n), r.pairs[i * n + i] = 0.0;
        if (r.overlaps) overlap(i, n, t, tau_ref, last, r.overlaps + i * n);
        ++r.counts[i];
        if (r.times) r.times[spikes] = t, r.neurons[spikes] = (int)i;
        last[i] = t;
        alarm[i] = t + refractory[i], alarm[n + i] = t + length[i], alarm[2 * n + i] = t + tau_ref;
        ready[i] = 0.0;
        active |= 1LL << (n - 1 - i), state |= 1LL << (n - 1 - i);
        total = varied_hazards(table, weights, biases, n, tau_ref, active, true, ready, rate, hazard);
        ++spikes;
        exponential(s, *draw + spikes, &wait, &share);
    }
    if (finished) {
        for (i64 i = 0; i < n; ++i) r.ages[i] = duration - last[i];
        *draw += spikes, *rest = wait;
    }
    if (place) {
        place[0] = t, place[1] = wait, place[2] = share, place[3] = double_of((u64)active);
        place[4] = double_of((u64)state), place[5] = (double)spikes, place[6] = finished ? 1.0 : 0.0;
    }
}

#endif
