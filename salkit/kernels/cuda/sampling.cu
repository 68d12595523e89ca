// Sampling: small networks a lane a train, with tables over states; larger ones a block a train, neurons on its lanes.
//
// A train is one replica of one member, train = member · replicas + replica. Arrays are those of cpu.py's functions.

#include "continuous.cuh"
#include "discrete.cuh"

// kind 0: cumulative hazards and 1/Λ (E, 2^N, N + 1), 1: rates (E, 2^N, N).
KERNEL tabulate(i64 members, i64 n, i64 rows, i64 kind, double tau_ref, const double* weights, const double* biases,
                double* table) {
    LANES(l) {
        const i64 at = (i64)blockIdx.x * blockDim.x + l, e = at / rows, k = at % rows;
        if (e < members) {
            const double *w = weights + e * n * n, *b = biases + e * n;
            if (kind == 0) hazard_row(w, b, n, tau_ref, k, table + at * (n + 1));
            if (kind == 1) rate_row(w, b, n, tau_ref, k, table + at * n);
        }
    }
}

// magnitudes (E, N): what the scale of the integers follows from.
KERNEL magnitudes_of(i64 members, i64 n, double log_tau_ref, const double* weights, const double* biases, double* magnitudes) {
    LANES(l) {
        const i64 at = (i64)blockIdx.x * blockDim.x + l;
        if (at < members * n) magnitudes[at] = magnitude(weights + at * n, biases[at], n, log_tau_ref);
    }
}

// columns (E, N + 1, padded N) and their scales (E,).
KERNEL quantise(i64 members, i64 n, double log_tau_ref, i64 diagonal, const double* weights, const double* biases,
                const double* magnitudes, int* columns, i64* scales) {
    LANES(l) {
        const i64 at = (i64)blockIdx.x * blockDim.x + l, e = at / (n + 1), j = at % (n + 1);
        if (e < members) {
            const i64 scale = scale_of(magnitudes + e * n, n);
            if (j == n) scales[e] = scale;
            quantise_row(weights + e * n * n, biases + e * n, n, log_tau_ref, (int)diagonal, scale, j, columns + at * padded(n));
        }
    }
}

KERNEL tabulate_thresholds(i64 members, i64 n, i64 rows, double log_tau_ref, const double* weights,
                           const double* biases, u64* table) {
    LANES(l) {
        const i64 at = (i64)blockIdx.x * blockDim.x + l, e = at / rows, k = at % rows;
        if (e < members) threshold_row(weights + e * n * n, biases + e * n, n, log_tau_ref, k, table + at * n);
    }
}

KERNEL sample_continuous(i64 trains, i64 replicas, i64 n, i64 states, i64 paired, i64 overlapped, i64 capacity, const double* table,
                         double tau_ref, double duration, const u64* seeds, const u64* runs,
                         double* ages, u64* draws, double* rests, i64* counts, double* occupancy, double* pairs,
                         i64* overlaps, double* times, int* neurons, double until, i64 resumed, double* carry) {
    LANES(l) {
        const i64 train = (i64)blockIdx.x * blockDim.x + l, e = train / replicas;
        const u32 warp = WITH(train < trains);
        if (train < trains) {
            const Stream s = {seeds[e], runs[e], (u64)(train % replicas)};
            const Cut cut = {until, resumed, carry + train * (CARRIED + n)};
            const Replica r = replica_at(train, n, states, paired, overlapped, capacity, ages, counts, occupancy, pairs,
                                         overlaps, times, neurons);
            const double* own = table + e * ((n + 1) << n);
            u64* draw = draws + train;
            double* rest = rests + train;
            if (paired && states) run_tabulated<TABLE_NEURONS, true, true>(n, warp, own, tau_ref, duration, s, draw, rest, r, cut);
            if (paired && !states) run_tabulated<TABLE_NEURONS, true, false>(n, warp, own, tau_ref, duration, s, draw, rest, r, cut);
            if (!paired && states) run_tabulated<TABLE_NEURONS, false, true>(n, warp, own, tau_ref, duration, s, draw, rest, r, cut);
            if (!paired && !states)
                run_tabulated<TABLE_NEURONS, false, false>(n, warp, own, tau_ref, duration, s, draw, rest, r, cut);
        }
    }
}

KERNEL sample_varied(i64 trains, i64 replicas, i64 n, i64 states, i64 paired, i64 overlapped, i64 capacity, i64 rows, const double* table,
                     const double* weights, const double* biases, const double* refractory, const double* length,
                     double tau_ref, double duration, const u64* seeds, const u64* runs, double* ages, u64* draws,
                     double* rests, i64* counts, double* occupancy, double* pairs, i64* overlaps, double* times,
                     int* neurons, double* room, double until, i64 resumed) {
    LANES(l) {
        const i64 train = (i64)blockIdx.x * blockDim.x + l, e = train / replicas;
        if (train < trains) {
            const Stream s = {seeds[e], runs[e], (u64)(train % replicas)};
            double* own = room + train * (n * VARIED_ROOM + CARRIED);
            const Cut cut = {until, resumed, own + n * VARIED_ROOM};
            run_varied(table + e * rows * n, weights + e * n * n, biases + e * n, refractory + e * n, length + e * n, n,
                       tau_ref, duration, s, draws + train, rests + train, own,
                       replica_at(train, n, states, paired, overlapped, capacity, ages, counts, occupancy, pairs, overlaps,
                                  times, neurons),
                       cut);
        }
    }
}

KERNEL sample_discrete(i64 trains, i64 replicas, i64 n, i64 states, i64 paired, i64 overlapped, i64 capacity, i64 rows, const u64* table,
                       i64 whole, const int* columns, const i64* scales, const double* weights,
                       const double* biases, const double* psp, i64 length, double log_tau_ref,
                       i64 tau_ref, i64 refractory, i64 duration, const u64* seeds, const u64* runs, double* ages,
                       u64* draws, i64* counts, double* occupancy, double* pairs, i64* ties, i64* overlaps, i64* times,
                       int* neurons, i64 begin, i64* kept) {
    LANES(l) {
        const i64 train = (i64)blockIdx.x * blockDim.x + l, e = train / replicas, room = train * capacity;
        if (train < trains) {
            const Stream s = {seeds[e], runs[e], (u64)(train % replicas)};
            const Steps p = {psp, length, tau_ref, refractory, duration, log_tau_ref, begin};
            kept[train] +=
                run_discrete(rows ? table + e * rows * n : 0, whole ? columns + e * (n + 1) * padded(n) : 0,
                         whole ? scales[e] : 0, weights + e * n * n, biases + e * n, n, p, s, draws + train,
                         ages + train * n, counts + train * n, states ? occupancy + train * states : 0,
                         paired ? pairs + train * n * n : 0, paired ? ties + train * n * n : 0,
                         overlapped ? overlaps + train * n * n : 0, capacity ? times + room + kept[train] : 0,
                         capacity ? neurons + room + kept[train] : 0);
        }
    }
}

// Event-driven, neurons on the lanes; as wide.py. A train works in wide_room(n) doubles.
KERNEL sample_continuous_wide(i64 trains, i64 replicas, i64 n, i64 states, i64 paired, i64 overlapped, i64 capacity,
                              const int* columns, const i64* scales, double tau_ref, double duration, const u64* seeds, const u64* runs,
                              double* ages, u64* draws, double* rests, i64* counts, double* occupancy, double* pairs,
                              i64* overlaps, double* times, int* neurons, double until, i64 resumed, double* carry,
                              double* scratch, i64 doubles, int shared) {
    const i64 train = blockIdx.x, e = train / replicas, width = padded(n), blocks = blocks_of(width), scale = scales[e];
    const Stream s = {seeds[e], runs[e], (u64)(train % replicas)};
    const Replica r = replica_at(train, n, states, paired, overlapped, capacity, ages, counts, occupancy, pairs, overlaps,
                                 times, neurons);
    const int* own = columns + e * (n + 1) * width;
    double *room = workplace(scratch, doubles, shared), *groups = take(&room, blocks * WIDTH), *areas = take(&room, blocks);
    double *spans = take(&room, spans_of(blocks)), *last = take(&room, n);
    double *ring = take(&room, n), *number = take(&room, 1);
    int* potential = (int*)take(&room, width / 2);
    double *kept = carry + train * (CARRIED + 2 * n), t = 0.0, total = 0.0, wait, share;
    bool moved = true;
    const u64 draw = draws[train];
    i64 on = 0, head = 0, spikes = 0, drawn = 0, state = 0;
    if (resumed) {
        if (kept[7] != 0.0) return;
        t = kept[0], wait = kept[1], share = kept[2], on = (i64)kept[3], head = (i64)kept[4];
        spikes = (i64)kept[5], state = (i64)bits_of(kept[6]);
        EACH(k, n) { last[k] = kept[CARRIED + k], ring[k] = kept[CARRIED + n + k]; }
        SYNC();
    } else {
        ONE { number[0] = (double)resume(r.ages, n, tau_ref, last, ring); }
        SYNC();
        on = (i64)number[0];
        exponential(s, draw, &wait, &share);
        if (rests[train] >= 0.0) wait = rests[train];
    }
    const auto at = [&](i64 m) { return (i64)ring[m < n ? m : m - n]; };  // in the ring
    if (states && !resumed)
        for (i64 m = 0; m < on; ++m) state |= 1LL << (n - 1 - at(m));
    bool finished = false;
    EACH(k, width) {
        int found = own[n * width + k];
        for (i64 m = 0; m < on; ++m) found += own[at(head + m) * width + k];
        potential[k] = found;
    }
    while (!finished && t < until) {
        SYNC();
        if (moved) {
            EACH(k, blocks * WIDTH) { groups[k] = group_sum(potential, width, k / WIDTH, k % WIDTH, scale); }
            SYNC();
            EACH(block, blocks) { areas[block] = run_on(groups + block * WIDTH); }
            SYNC();
            ONE { span_areas(areas, blocks, spans); }
            SYNC();
            total = area_of(spans, spans_of(blocks));
        }
        const i64 first = on > 0 ? (i64)ring[head] : 0;
        double stop = duration;
        if (on > 0 && last[first] + tau_ref < stop) stop = last[first] + tau_ref;
        const double span = stop - t;
        const bool quiet = wait >= total * span;  // no candidate before the earliest switching-off, or the end
        double x = share * total;
        const i64 i = quiet ? first : place(potential, width, scale, groups, areas, spans, &x);
        moved = quiet || x < (double)hazard_of(potential[i], scale);
        SYNC();
        if (quiet) {
            wait -= total * span;
            ONE { if (r.occupancy) r.occupancy[state] += span; }
            t = stop;
            finished = t >= duration;
            if (finished) break;
            head = head + 1 < n ? head + 1 : 0, --on;
            state ^= states ? 1LL << (n - 1 - i) : 0;
            EACH(k, width) { potential[k] -= own[i * width + k]; }
            continue;
        }
        const double dt = wait / total;
        t += dt;
        ONE { if (r.occupancy) r.occupancy[state] += dt; }
        exponential(s, draw + (u64)++drawn, &wait, &share);
        if (!moved) continue;  // a candidate that does not spike
        const i64 behind = head + on++, free = behind < n ? behind : behind - n;
        EACH(j, n) {
            const double lag = t - last[j];
            if (r.pairs && lag < tau_ref) r.pairs[i * n + j] += 1.0 - lag / tau_ref;
            if (r.overlaps && j != i) r.overlaps[i * n + j] += lag < tau_ref;
        }
        SYNC();
        ONE {
            if (r.times) r.times[spikes] = t, r.neurons[spikes] = (int)i;
            ++r.counts[i];
            last[i] = t, ring[free] = (double)i;
        }
        ++spikes;
        state |= states ? 1LL << (n - 1 - i) : 0;
        EACH(k, width) { potential[k] += own[i * width + k]; }
    }
    SYNC();
    EACH(k, n) { kept[CARRIED + k] = last[k], kept[CARRIED + n + k] = ring[k]; }
    if (finished) EACH(k, n) { r.ages[k] = duration - last[k]; }
    ONE {
        draws[train] = draw + (u64)drawn;
        if (finished) rests[train] = wait;
        kept[0] = t, kept[1] = wait, kept[2] = share, kept[3] = (double)on, kept[4] = (double)head;
        kept[5] = (double)spikes, kept[6] = double_of((u64)state), kept[7] = finished ? 1.0 : 0.0;
    }
}

// Step by step, neurons on the lanes; transposed[j] is column j of W; whole: integers instead, rectangular PSPs moved by
// the columns of those that begin or end. From `begin` on, `duration` steps. A train works in 5 n doubles, and one a lane.
KERNEL sample_discrete_wide(i64 trains, i64 replicas, i64 n, i64 paired, i64 overlapped, i64 capacity, i64 whole,
                            const int* columns, const i64* scales, const double* transposed, const double* biases,
                            const double* psp, i64 length, double log_tau_ref, i64 tau_ref, i64 refractory,
                            i64 duration, const u64* seeds, const u64* runs, double* ages, u64* draws, i64* counts,
                            double* pairs, i64* ties, i64* overlaps, i64* times, int* neurons, i64 begin, i64* kept,
                            double* scratch, i64 doubles, int shared) {
    const i64 train = blockIdx.x, e = train / replicas, per_step = (n + 3) / 4;
    const Stream s = {seeds[e], runs[e], (u64)(train % replicas)};
    const double *w = whole ? 0 : transposed + e * n * n, *b = biases + e * n;
    const int* own = whole ? columns + e * (n + 1) * padded(n) : 0;
    const i64 scale = whole ? scales[e] : 0;
    double *room = workplace(scratch, doubles, shared), *kappa = take(&room, n);
    i64 *last = (i64*)take(&room, n), *fired = (i64*)take(&room, n), *changed = (i64*)take(&room, blockDim.x);
    u64* threshold = (u64*)take(&room, n);
    int *potential = (int*)take(&room, n), *change = potential + n;
    const u64 draw = draws[train];
    i64 spikes = train * capacity + kept[train];
    EACH(i, n) {
        last[i] = last_step(ages[train * n + i]), kappa[i] = whole ? 0.0 : -1.0;
        if (whole) potential[i] = own[n * padded(n) + i];
    }
    for (i64 step = 0; step < duration; ++step) {
        LANES(l) { changed[l] = 0; }
        EACH(j, n) {
            const double now = height(psp, length, step - last[j]);
            change[j] = now > kappa[j] ? 1 : now < kappa[j] ? -1 : 0;
            if (now != kappa[j]) kappa[j] = now, changed[lane_j] = 1;
        }
        SYNC();
        bool any = false;
        for (unsigned l = 0; l < blockDim.x; ++l) any |= changed[l] != 0;
        EACH(i, whole && (any || step == 0) ? n : 0) {
            for (i64 j = 0; j < n; ++j)
                if (change[j]) potential[i] += change[j] * own[j * padded(n) + i];
            threshold[i] = threshold_of_whole(potential[i], scale);
        }
        EACH(i, n) {
            if (any && !whole) {
                double u = b[i];
                for (i64 j = 0; j < n; ++j)
                    if (kappa[j] != 0.0) u += w[j * n + i] * kappa[j];
                threshold[i] = threshold_of(u, log_tau_ref);
            }
            fired[i] = step - last[i] >= refractory &&
                       word_of(block_of(s, draw + (u64)(step * per_step + i / 4)), (int)(i % 4)) < threshold[i];
        }
        SYNC();
        for (i64 i = 0; i < n; ++i) {
            if (!fired[i]) continue;
            EACH(j, paired ? n : 0) {
                const i64 lag = step - last[j], at = (train * n + i) * n + j;
                if (j != i && lag < tau_ref) pairs[at] += 1.0 - (double)lag / (double)tau_ref;
                if (j != i && fired[j]) ++ties[at];
            }
            EACH(j, overlapped ? n : 0) {
                if (j != i) overlaps[(train * n + i) * n + j] += step - last[j] < tau_ref;
            }
            ONE { if (capacity) times[spikes] = begin + step, neurons[spikes] = (int)i; }
            ++spikes;
        }
        SYNC();
        EACH(i, n) { if (fired[i]) last[i] = step, ++counts[train * n + i]; }
        SYNC();
    }
    EACH(i, n) { ages[train * n + i] = age_at(duration, last[i]); }
    ONE { draws[train] = draw + (u64)(duration * per_step), kept[train] = spikes - train * capacity; }
}
