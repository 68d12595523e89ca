// Step-by-step sampling by one lane: the twin of discrete.py, in its order of operations.

#ifndef SALKIT_DISCRETE
#define SALKIT_DISCRETE

#include "continuous.cuh"

#define TWO_32 4294967296.0
#define NEVER (-(1LL << 62))

DEVICE u64 threshold_of(double u, double log_tau_ref) { return (u64)(logistic(u - log_tau_ref) * TWO_32); }

// table[k, i] = ⌊p_i 2³²⌋ while the PSPs of the neurons in state k are at 1, the others at 0.
DEVICE void threshold_row(const double* weights, const double* biases, i64 n, double log_tau_ref, i64 k, u64* row) {
    for (i64 i = 0; i < n; ++i) {
        double u = biases[i];
        for (i64 j = 0; j < n; ++j)
            if (k >> (n - 1 - j) & 1) u += weights[i * n + j];
        row[i] = threshold_of(u, log_tau_ref);
    }
}

DEVICE i64 last_step(double age) { return age == infinite() ? NEVER : -(i64)age; }
DEVICE double age_at(i64 duration, i64 last) { return last == NEVER ? infinite() : (double)(duration - last); }

// The PSP a neuron gives at a step.
DEVICE double height(const double* psp, i64 length, i64 age) { return age <= length ? psp[age - 1] : 0.0; }

struct Steps {
    const double* psp;
    i64 length, tau_ref, refractory, duration;
    double log_tau_ref;
    i64 begin;  // of this launch: what is recorded counts from the first
};

// One replica of at most SMALL neurons; table: thresholds over states, or null; columns: of integers, or null. Returns the
// number of spikes.
DEVICE i64 run_discrete(const u64* table, const int* columns, i64 scale, const double* weights, const double* biases,
                         i64 n, Steps p, Stream s, u64* draw, double* ages, i64* counts, double* occupancy, double* pairs,
                         i64* ties, i64* overlaps, i64* times, int* neurons) {
    i64 last[SMALL], fired[SMALL], spikes = 0;
    double kappa[SMALL];
    u64 own[SMALL];
    const i64 per_step = (n + 3) / 4;
    for (i64 i = 0; i < n; ++i) last[i] = last_step(ages[i]), kappa[i] = -1.0;
    for (i64 step = 0; step < p.duration; ++step) {
        const u64* threshold = own;
        if (table) {
            i64 active = 0;
            for (i64 j = 0; j < n; ++j) active = active << 1 | (step - last[j] <= p.length);
            threshold = table + active * n;
        } else {
            bool changed = false;
            for (i64 j = 0; j < n; ++j) {
                const double now = height(p.psp, p.length, step - last[j]);
                changed |= now != kappa[j];
                kappa[j] = now;
            }
            if (changed) {
                for (i64 i = 0; i < n; ++i) {
                    if (columns) {
                        int whole = columns[n * padded(n) + i];
                        for (i64 j = 0; j < n; ++j)
                            if (kappa[j] != 0.0) whole += columns[j * padded(n) + i];
                        own[i] = threshold_of_whole(whole, scale);
                        continue;
                    }
                    double u = biases[i];
                    for (i64 j = 0; j < n; ++j)
                        if (kappa[j] != 0.0) u += weights[i * n + j] * kappa[j];
                    own[i] = threshold_of(u, p.log_tau_ref);
                }
            }
        }
        i64 number = 0;
        for (i64 q = 0; q < per_step; ++q) {
            const i64 end = 4 * q + 4 < n ? 4 * q + 4 : n;
            bool ready = false;
            for (i64 i = 4 * q; i < end; ++i) ready |= step - last[i] >= p.refractory;
            if (!ready) continue;
            const Block words = block_of(s, *draw + (u64)(step * per_step + q));
            for (i64 i = 4 * q; i < end; ++i)
                if (word_of(words, (int)(i - 4 * q)) < threshold[i] && step - last[i] >= p.refractory) fired[number++] = i;
        }
        for (i64 m = 0; pairs && m < number; ++m) {
            const i64 i = fired[m];
            for (i64 j = 0; j < n; ++j) {
                const i64 lag = step - last[j];
                if (lag < p.tau_ref && j != i) pairs[i * n + j] += 1.0 - (double)lag / (double)p.tau_ref;
            }
            for (i64 k = 0; k < number; ++k)
                if (k != m) ++ties[i * n + fired[k]];
        }
        for (i64 m = 0; overlaps && m < number; ++m) {
            const i64 i = fired[m];
            for (i64 j = 0; j < n; ++j) overlaps[i * n + j] += step - last[j] < p.tau_ref;
            overlaps[i * n + i] = 0;
        }
        for (i64 m = 0; m < number; ++m) {
            last[fired[m]] = step;
            ++counts[fired[m]];
            if (times) times[spikes] = p.begin + step, neurons[spikes] = (int)fired[m];
            ++spikes;
        }
        if (occupancy) {
            i64 state = 0;
            for (i64 i = 0; i < n; ++i) state = state << 1 | (step - last[i] < p.tau_ref);
            occupancy[state] += 1.0;
        }
    }
    for (i64 i = 0; i < n; ++i) ages[i] = age_at(p.duration, last[i]);
    *draw += (u64)(p.duration * per_step);
    return spikes;
}

#endif
