// Event-driven sampling by one lane: the twins of continuous.py, wide.py and varied.py, in their order of operations.

#ifndef SALKIT_CONTINUOUS
#define SALKIT_CONTINUOUS

#include "common.cuh"

#define TABLE_NEURONS 12
#define SMALL 16  // neurons of a network that one lane runs
#define SUMS 8    // interleaved partial sums of a total hazard: LANES in wide.py
#define REFRESH 1024

DEVICE i64 padded(i64 n) { return (n + SUMS - 1) / SUMS * SUMS; }

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

// factors[2 j] = e^{W_kj} for all k, factors[2 j + 1] = e^{−W_kj}, padded with 1; row j here is both.
DEVICE void factor_row(const double* weights, i64 n, i64 j, double* row) {
    const i64 width = padded(n);
    for (i64 k = 0; k < width; ++k) {
        row[k] = k < n ? exp_(weights[k * n + j]) : 1.0;
        row[width + k] = k < n ? exp_(-weights[k * n + j]) : 1.0;
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

DEVICE double total_of(const double* partial) {
    double total = partial[0];
    for (int sum = 1; sum < SUMS; ++sum) total += partial[sum];
    return total;
}

DEVICE double partial_sum(const double* rate, const double* off, i64 width, i64 sum) {
    double found = 0.0;
    for (i64 k = sum; k < width; k += SUMS) found += off[k] * rate[k];
    return found;
}

// The neuron in whose share of the total hazard x lies.
DEVICE i64 chosen(const double* rate, const double* off, const double* partial, i64 width, double x) {
    i64 sum = 0;
    double before = 0.0, cumulative = 0.0;
    for (i64 other = 0; other < SUMS; ++other) {
        if (partial[other] > 0.0) {
            sum = other, before = cumulative;
            cumulative += partial[other];
            if (cumulative > x) break;
        }
    }
    i64 i = sum;
    cumulative = before;
    for (i64 k = sum; k < width; k += SUMS) {
        if (off[k] > 0.0) {
            i = k;
            cumulative += rate[k];
            if (cumulative > x) break;
        }
    }
    return i;
}

// One replica of at most SMALL neurons. table: hazards over states, or above TABLE_NEURONS the factors.
DEVICE void run_continuous(const double* table, const double* biases, i64 n, double tau_ref, double duration, Stream s,
                           u64* draw, double* rest, Replica r) {
    double last[SMALL], rate[SMALL], off[SMALL], partial[SUMS];
    int ring[SMALL];
    const bool tabulated = n <= TABLE_NEURONS;
    const i64 width = padded(n);
    i64 on = resume(r.ages, n, tau_ref, last, ring), head = 0, spikes = 0, state = 0;
    double t = 0.0, wait, share, total;
    exponential(s, *draw, &wait, &share);
    if (*rest >= 0.0) wait = *rest;
    for (i64 m = 0; m < on; ++m) state |= 1LL << (n - 1 - ring[m]);
    if (!tabulated) {
        for (i64 k = 0; k < width; ++k) rate[k] = k < n ? exp_(biases[k]) / tau_ref : 0.0, off[k] = k < n;
        for (i64 m = 0; m < on; ++m) {
            off[ring[m]] = 0.0;
            for (i64 k = 0; k < n; ++k) rate[k] *= table[ring[m] * 2 * width + k];
        }
    }
    for (;;) {
        if (tabulated) {
            total = table[state * n + n - 1];
        } else {
            for (i64 sum = 0; sum < SUMS; ++sum) partial[sum] = partial_sum(rate, off, width, sum);
            total = total_of(partial);
        }
        double stop = duration;
        if (on > 0 && last[ring[head]] + tau_ref < stop) stop = last[ring[head]] + tau_ref;
        const double span = stop - t;
        if (wait >= total * span) {  // nobody spikes before the earliest switching-off, or the end
            wait -= total * span;
            if (r.occupancy) r.occupancy[state] += span;
            t = stop;
            if (t >= duration) break;
            const i64 j = ring[head];
            head = head + 1 < n ? head + 1 : 0, --on;
            state ^= 1LL << (n - 1 - j);
            if (!tabulated) {
                off[j] = 1.0;
                for (i64 k = 0; k < width; ++k) rate[k] *= table[(j * 2 + 1) * width + k];
            }
            continue;
        }
        const double dt = wait / total, x = share * total;
        t += dt;
        if (r.occupancy) r.occupancy[state] += dt;
        i64 i = 0;
        if (tabulated)
            for (i64 k = 0; k < n - 1; ++k) i += table[state * n + k] <= x;
        else
            i = chosen(rate, off, partial, width, x);
        if (r.pairs) pair(n, t, tau_ref, last, r.pairs + i * n);
        if (r.overlaps) overlap(i, n, t, tau_ref, last, r.overlaps + i * n);
        ++r.counts[i];
        if (r.times) r.times[spikes] = t, r.neurons[spikes] = (int)i;
        last[i] = t;
        const i64 place = head + on++;
        ring[place < n ? place : place - n] = (int)i;
        ++spikes;
        state |= 1LL << (n - 1 - i);
        if (!tabulated) {
            off[i] = 0.0;
            if (spikes % REFRESH == 0) {
                for (i64 k = 0; k < n; ++k) rate[k] = exp_(biases[k]) / tau_ref;
                for (i64 m = 0; m < on; ++m) {
                    const i64 at = ring[head + m < n ? head + m : head + m - n];
                    for (i64 k = 0; k < n; ++k) rate[k] *= table[at * 2 * width + k];
                }
            } else {
                for (i64 k = 0; k < width; ++k) rate[k] *= table[i * 2 * width + k];
            }
        }
        exponential(s, *draw + spikes, &wait, &share);
    }
    for (i64 i = 0; i < n; ++i) r.ages[i] = duration - last[i];
    *draw += spikes, *rest = wait;
}

#define VARIED_ROOM 7  // doubles a neuron that run_varied works in

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

// One replica whose neurons have periods of their own; room: VARIED_ROOM · n doubles.
DEVICE void run_varied(const double* table, const double* weights, const double* biases, const double* refractory,
                       const double* length, i64 n, double tau_ref, double duration, Stream s, u64* draw, double* rest,
                       double* room, Replica r) {
    double *last = room, *rate = room + n, *ready = room + 2 * n, *hazard = room + 3 * n, *alarm = room + 4 * n;
    i64 active = 0, state = 0, spikes = 0;
    double t = 0.0, wait, share;
    for (i64 i = 0; i < n; ++i) {
        last[i] = -r.ages[i], ready[i] = 1.0;
        for (i64 kind = 0; kind < 3; ++kind) alarm[kind * n + i] = infinite();
        if (r.ages[i] < refractory[i]) alarm[i] = last[i] + refractory[i], ready[i] = 0.0;
        if (r.ages[i] < length[i]) alarm[n + i] = last[i] + length[i], active |= 1LL << (n - 1 - i);
        if (r.ages[i] < tau_ref) alarm[2 * n + i] = last[i] + tau_ref, state |= 1LL << (n - 1 - i);
    }
    exponential(s, *draw, &wait, &share);
    if (*rest >= 0.0) wait = *rest;
    double total = varied_hazards(table, weights, biases, n, tau_ref, active, true, ready, rate, hazard);
    for (;;) {
        double stop = duration;
        i64 next = -1;  // of the three alarms of every neuron
        for (i64 k = 0; k < 3 * n; ++k)
            if (alarm[k] < stop) stop = alarm[k], next = k;
        const double span = stop - t;
        if (wait >= total * span) {  // nobody spikes before the earliest alarm, or the end
            wait -= total * span;
            if (r.occupancy) r.occupancy[state] += span;
            t = stop;
            if (next < 0) break;
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
    for (i64 i = 0; i < n; ++i) r.ages[i] = duration - last[i];
    *draw += spikes, *rest = wait;
}

#endif
