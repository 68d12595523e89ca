// Event-driven sampling by one lane: the twins of continuous.py, wide.py and varied.py, in their order of operations.

#ifndef SALKIT_CONTINUOUS
#define SALKIT_CONTINUOUS

#include "potentials.cuh"
#include "small.cuh"

#define SMALL 16  // neurons of a network that one lane runs: one vector of potentials

// table[k, i] = λ_i while the PSPs of the neurons in state k are on.
DEVICE void rate_row(const double* weights, const double* biases, i64 n, double tau_ref, i64 k, double* row) {
    for (i64 i = 0; i < n; ++i) {
        double u = biases[i];
        for (i64 j = 0; j < n; ++j)
            if (k >> (n - 1 - j) & 1) u += weights[i * n + j];
        row[i] = exp_(u) / tau_ref;
    }
}

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

// One replica of TABLE_NEURONS + 1 … SMALL neurons, on columns of integers.
DEVICE void run_continuous(const int* columns, i64 scale, i64 n, double tau_ref, double duration, Stream s, u64* draw,
                           double* rest, Replica r) {
    double last[SMALL], groups[WIDTH];
    int ring[SMALL], potential[SMALL];
    i64 on = resume(r.ages, n, tau_ref, last, ring), head = 0, drawn = 0;
    double t = 0.0, wait, share;
    exponential(s, *draw, &wait, &share);
    if (*rest >= 0.0) wait = *rest;
    for (i64 k = 0; k < SMALL; ++k) {
        potential[k] = columns[n * SMALL + k];
        for (i64 m = 0; m < on; ++m) potential[k] += columns[ring[m] * SMALL + k];
    }
    for (;;) {
        for (i64 group = 0; group < WIDTH; ++group) groups[group] = group_sum(potential, SMALL, 0, group, scale);
        const double total = run_on(groups);
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
        double x = share * total;
        t += wait / total;
        exponential(s, *draw + (u64)++drawn, &wait, &share);
        const i64 i = place(potential, SMALL, scale, groups, &total, &total, &x);
        if (x >= (double)hazard_of(potential[i], scale)) continue;  // a candidate that does not spike
        if (r.pairs) pair(n, t, tau_ref, last, r.pairs + i * n);
        if (r.overlaps) overlap(i, n, t, tau_ref, last, r.overlaps + i * n);
        ++r.counts[i];
        last[i] = t;
        const i64 entry = head + on++;
        ring[entry < n ? entry : entry - n] = (int)i;
        for (i64 k = 0; k < SMALL; ++k) potential[k] += columns[i * SMALL + k];
    }
    for (i64 i = 0; i < n; ++i) r.ages[i] = duration - last[i];
    *draw += (u64)drawn, *rest = wait;
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
