// The dendritic microcircuit: a block a member, its neurons on the lanes; many patterns a launch. As microcircuit.py.

#include "common.cuh"

#define TWO_32 4294967296.0
#define AHEAD 16  // steps whose random words are drawn at once

// Everything of one member; neurons 0 … total − 1 are pyramidal, layer by layer, the interneurons (twins) follow.
struct Circuit {
    i64 layers, total, neurons, twins, inputs, top, per_step;
    const i64 *sizes, *first;
    double *up, *down;
    const double *rates, *kernel;
    i64 reach;
    double bias, log_tau;
    i64 tau_ref, window;
    i64* last;
    double* u;
    double *v, *a, *sum_u, *sum_v, *mean_u, *mean_v, *seen, *gain, *ring_u, *ring_v;
    u64* threshold;
    i64 *z, *y, *fired, *before;
    Block* words;
};

DEVICE i64 layer_of(const Circuit& c, i64 neuron) {
    i64 layer = 0;
    while (neuron >= c.first[layer + 1]) ++layer;
    return layer;
}

// Where the weights of a layer begin: W_layer in up, B_layer in down.
DEVICE i64 up_at(const Circuit& c, i64 layer) {
    i64 at = 0;
    for (i64 l = 1; l < layer; ++l) at += c.sizes[l - 1] * c.sizes[l];
    return at;
}

DEVICE i64 down_at(const Circuit& c, i64 layer) {
    i64 at = 0;
    for (i64 l = 1; l < layer; ++l) at += c.sizes[l + 1] * c.sizes[l];
    return at;
}

DEVICE void spike(const Circuit& c, i64 step) {
    EACH(n, c.neurons) {
        c.before[n] = c.fired[n];
        c.fired[n] = 0;
        if (step - c.last[n] >= c.tau_ref) {
            if (c.u[n] != c.seen[n]) {
                c.seen[n] = c.u[n];
                c.threshold[n] = (u64)(logistic(c.u[n] - c.log_tau) * TWO_32);
            }
            c.fired[n] = word_of(c.words[step % AHEAD * c.per_step + n / 4], (int)(n % 4)) < c.threshold[n];
        }
    }
    SYNC();
}

// SAL on the feedback weights: pairs of this step's spikes with the latest ones strictly before.
DEVICE void learn_down(const Circuit& c, double rate, i64 step) {
    for (i64 layer = 1; layer < c.layers - 1; ++layer) {
        const i64 n = c.sizes[layer], here = c.first[layer], over = c.first[layer + 1];
        double* down = c.down + down_at(c, layer);
        EACH(at, c.sizes[layer + 1] * n) {
            const i64 k = at / n, i = at % n, since_pre = step - c.last[over + k];
            if (c.fired[here + i] && since_pre < c.reach) down[at] -= rate * c.kernel[since_pre];
            if (c.fired[over + k]) {
                const i64 since_post = step - c.last[here + i];
                if (since_post < c.reach) down[at] += rate * c.kernel[since_post];
            }
        }
    }
    SYNC();
}

DEVICE void switch_on(const Circuit& c, i64 step) {
    EACH(n, c.neurons) {
        if (c.fired[n]) c.last[n] = step;
        const i64 on = step - c.last[n] < c.tau_ref;
        if (n < c.total)
            c.z[n] = on;
        else
            c.y[n - c.twins] = on;  // at the place of the neuron it mirrors
    }
    SYNC();
}

// Basal and apical potentials, then u and the running means of every pyramidal neuron above the input.
DEVICE void integrate(const Circuit& c, const double* target, double api, double nudge, bool gated, i64 step) {
    const i64 full = step + 1 < c.window ? step + 1 : c.window, slot = step % c.window;
    EACH(m, c.total - c.inputs) {
        const i64 n = c.inputs + m, layer = layer_of(c, n), size = c.sizes[layer], i = n - c.first[layer];
        const double* up = c.up + up_at(c, layer);
        double v = 0.0;
        for (i64 j = 0; j < c.sizes[layer - 1]; ++j)
            if (c.z[c.first[layer - 1] + j]) v += up[j * size + i];
        c.v[n] = v;
        if (n < c.top) {
            const double* down = c.down + down_at(c, layer);
            double a = 0.0;
            for (i64 k = 0; k < c.sizes[layer + 1]; ++k) {
                const i64 over = c.first[layer + 1] + k, difference = c.z[over] - (gated ? c.y[over] : 0);
                if (difference != 0) a += (double)difference * down[k * size + i];
            }
            c.a[n] = a;
        }
        double *ring_u = c.ring_u + slot * c.total + n, *ring_v = c.ring_v + slot * c.total + n;
        c.sum_v[n] += v - (step >= c.window ? *ring_v : 0.0);
        *ring_v = v;
        c.mean_v[n] = c.sum_v[n] / (double)full;
        double u = c.bias + v;
        if (n < c.top)
            u += api * c.a[n];
        else if (nudge != 0.0)
            u += nudge * (target[n - c.top] - c.mean_v[n] - c.bias);
        c.u[n] = u;
        c.sum_u[n] += u - (step >= c.window ? *ring_u : 0.0);
        *ring_u = u;
        c.mean_u[n] = c.sum_u[n] / (double)full;
        if (slot == c.window - 1) {  // sums of differences drift: sum anew once a window
            double sum_u = 0.0, sum_v = 0.0;
            for (i64 w = 0; w < c.window; ++w) sum_u += c.ring_u[w * c.total + n], sum_v += c.ring_v[w * c.total + n];
            c.sum_u[n] = sum_u, c.sum_v[n] = sum_v;
        }
    }
    SYNC();
    EACH(n, c.twins) { c.u[c.total + n] = c.bias + (gated ? c.v[c.total - c.twins + n] : 0.0); }
}

// Forward plasticity at the spikes of the step before; with `copy` the feedback follows.
DEVICE void learn_up(const Circuit& c, bool copy) {
    EACH(m, c.total - c.inputs) {
        const i64 n = c.inputs + m, layer = layer_of(c, n), size = c.sizes[layer], below = c.sizes[layer - 1];
        const i64 i = n - c.first[layer], under = c.first[layer - 1];
        double *up = c.up + up_at(c, layer), *down = c.down + (layer > 1 ? down_at(c, layer - 1) : 0), gain = 0.0;
        bool known = false;
        for (i64 j = 0; j < below; ++j) {
            if (!c.before[under + j]) continue;
            if (!known) {
                const double there = c.mean_v[n] + c.bias;
                gain = c.rates[layer] * (logistic(c.mean_u[n] - c.log_tau) - logistic(there - c.log_tau));
                known = true;
            }
            up[j * size + i] += gain;
            if (copy && layer > 1) down[i * below + j] = up[j * size + i];
        }
    }
}

// Patterns begin … stop − 1 of every member. spikes (E, P · steps, neurons) and potentials (E, P · steps, 3, total) if recorded.
KERNEL run_patterns(i64 layers, i64 neurons, const i64* sizes, const i64* first, i64 ups, double* up, i64 downs,
                    double* down, double bias, i64 patterns, i64 begin, i64 stop, const double* inputs,
                    const double* targets, const double* rates, i64 steps, i64 settle, i64 window, i64 tau_ref,
                    double log_tau, const double* modes, const double* kernel, i64 reach, const u64* seeds,
                    const u64* runs, u64* draws, i64* last, double* u, double* outputs, int record, u8* spikes,
                    double* potentials, double* scratch, i64 doubles, int shared, double* rings) {
    const i64 e = blockIdx.x, total = first[layers], top = first[layers - 1], width = total - top;
    double *room = workplace(scratch, doubles, shared), *ring = rings + e * 2 * window * total;
    Circuit c;
    c.layers = layers, c.total = total, c.neurons = neurons, c.twins = neurons - total, c.inputs = sizes[0], c.top = top;
    c.per_step = (neurons + 3) / 4, c.sizes = sizes, c.first = first, c.up = take(&room, ups), c.down = take(&room, downs);
    c.rates = rates, c.kernel = kernel, c.reach = reach, c.bias = bias, c.log_tau = log_tau, c.tau_ref = tau_ref;
    c.window = window, c.last = (i64*)take(&room, neurons), c.u = take(&room, neurons);
    c.v = take(&room, total), c.a = take(&room, total), c.sum_u = take(&room, total), c.sum_v = take(&room, total);
    c.mean_u = take(&room, total), c.mean_v = take(&room, total), c.seen = take(&room, neurons);
    c.threshold = (u64*)take(&room, neurons), c.z = (i64*)take(&room, total), c.y = (i64*)take(&room, total);
    c.fired = (i64*)take(&room, neurons), c.before = (i64*)take(&room, neurons);
    c.words = (Block*)take(&room, 2 * AHEAD * c.per_step);
    c.ring_u = ring, c.ring_v = ring + window * total;
    const Stream s = {seeds[e], runs[e], 0};
    u64 draw = draws[e];
    EACH(k, ups) { c.up[k] = up[e * ups + k]; }
    EACH(k, downs) { c.down[k] = down[e * downs + k]; }
    EACH(n, neurons) { c.last[n] = last[e * neurons + n], c.u[n] = u[e * neurons + n]; }
    SYNC();
    for (i64 p = begin; p < stop; ++p) {
        const double *mode = modes + 7 * (e * patterns + p), *target = targets + (e * patterns + p) * width;
        double* output = outputs + (e * patterns + p) * width;
        const double api = mode[0], nudge = mode[1], sal_rate = mode[2];
        const bool forward = mode[3] > 0.0, symmetrise = mode[4] > 0.0, copy = mode[5] > 0.0, gated = mode[6] > 0.0;
        EACH(n, neurons) {
            c.fired[n] = 0, c.threshold[n] = 0, c.seen[n] = infinite();
            if (n < c.inputs) c.u[n] = inputs[(e * patterns + p) * c.inputs + n];
        }
        EACH(n, total) { c.v[n] = c.a[n] = c.sum_u[n] = c.sum_v[n] = c.mean_u[n] = c.mean_v[n] = 0.0, c.y[n] = 0; }
        for (i64 step = 0; step < steps; ++step) {
            SYNC();
            if (step % AHEAD == 0) {
                EACH(k, AHEAD * c.per_step) { c.words[k] = block_of(s, draw + (u64)(step * c.per_step + k)); }
                SYNC();
            }
            spike(c, step);
            if (symmetrise) learn_down(c, sal_rate, step);
            switch_on(c, step);
            integrate(c, target, api, nudge, gated, step);
            if (step >= settle) {
                EACH(i, width) { output[i] += c.u[top + i]; }
                if (forward) learn_up(c, copy);
            }
            if (record) {
                const i64 at = (e * patterns + p) * steps + step;
                EACH(n, neurons) { spikes[at * neurons + n] = c.fired[n] != 0; }
                EACH(n, total) {
                    double* row = potentials + at * 3 * total + n;
                    row[0] = c.u[n], row[total] = c.v[n], row[2 * total] = c.a[n];
                }
            }
        }
        SYNC();
        EACH(n, neurons) { c.last[n] -= steps; }
        EACH(i, width) { output[i] /= (double)(steps - settle); }
        draw += (u64)(steps * c.per_step);
        SYNC();
    }
    EACH(k, ups) { up[e * ups + k] = c.up[k]; }
    EACH(k, downs) { down[e * downs + k] = c.down[k]; }
    EACH(n, neurons) { last[e * neurons + n] = c.last[n], u[e * neurons + n] = c.u[n]; }
    ONE { draws[e] = draw; }
}
