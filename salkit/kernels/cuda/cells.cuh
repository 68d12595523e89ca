// A microcircuit of at most 32 cells: a cell a lane of one warp, its state and its weights in registers. As microcircuit.py.
//
// A step is a chain: which cells spike – potentials of those above and below – running means – potentials that are nudged.
// What is not in it is done ahead: random words AHEAD steps before, and with each the potential beyond which it makes a
// spike, so that no step computes a σ of its own, unless the two are too close to be sure; the value that falls out of a
// running mean two steps before, reciprocals of its length with the words.

#ifndef SALKIT_CELLS
#define SALKIT_CELLS

#include "common.cuh"

#ifndef BELOW
#define BELOW 30  // most neurons in a layer below another
#endif
#ifndef ABOVE
#define ABOVE 30  // in a layer above a hidden one
#endif
#ifndef APART
#define APART 1  // whether there may be interneurons with weights of their own
#endif
#define TWO_32 4294967296.0
#define AHEAD 16       // steps whose random words are drawn at once
#define SURE 4e-5      // that far from its potential a word is sure: 4 units of 2^−32 in σ, and what LOG_NEAR is off
#define LEAST 262144U  // words that far from 0 and 2^32 are too close to an end for that
#define LONG_AGO (-(1 << 30))
#define BATCH 16  // of a sum anew, read at once

// What a circuit is, and what it is shown a pattern for.
struct Plan {
    int neurons, total, twins, inputs, top, per_step, steps, settle, window, tau_ref, reach;
    double bias, log_tau, api, nudge, sal_rate, predict_rate, cancel_rate, teach;
    bool forward, symmetrise, copy, gated, lateral, apart, record;
    const double* kernel;
    Stream stream;
    double *limit, *inverse, *mirror, *ring;
    u32* words;
    int* last;
    u8* spikes;
    double* potentials;
};

// A lane: the first lane of the layer under it and over it, and as many bits as neurons are there; where its weights lie
// in flat arrays, `pitch` from one to the next, and, of W_l, the copies in B; what it learns; state; sums of running means.
struct Cell {
    bool hidden, top, twin;
    int under, over, pyramid, last, up_at, down_at, copy_at, pitch;
    u32 ones_below, ones_above;
    i64 ever;
    double rate, target, output, u, v, a;
    double sum_u, sum_v, sum_x, old_u, old_v, old_x, next_u, next_v, next_x, kept_x;
    double up[BELOW], down[ABOVE], cancel[ABOVE];
    bool ready, fires, mean_u, mean_v, mean_x;
};

METHOD u32 ones(int count) { return count >= 32 ? 0xFFFFFFFFU : (1U << count) - 1U; }

// The cell of a lane: its place in layers and weights.
METHOD Cell placed(const Plan& p, i64 layers, const i64* sizes, const i64* first, const double* rates, int lane) {
    Cell c = {};
    c.last = LONG_AGO, c.copy_at = -1, c.pyramid = lane;
    if (lane >= p.neurons) return c;
    c.twin = lane >= p.total, c.pyramid = c.twin ? lane - p.twins : lane;
    int layer = 0, before = 0;
    while (c.pyramid >= first[layer + 1]) ++layer;
    const int i = c.pyramid - (int)first[layer], below = layer > 0 ? (int)sizes[layer - 1] : 0;
    for (int k = 1; k < layer; ++k) {
        c.up_at += (int)(sizes[k - 1] * sizes[k]);
        before = c.down_at, c.down_at += (int)(sizes[k + 1] * sizes[k]);
    }
    c.top = lane >= p.top && !c.twin, c.hidden = layer > 0 && layer < layers - 1 && !c.twin;
    if (layer > 0 && (!c.twin || p.apart)) c.under = (int)first[layer - 1], c.ones_below = ones(below);
    if (c.hidden) c.over = (int)first[layer + 1], c.ones_above = ones((int)sizes[layer + 1]);
    if (layer > 1) c.copy_at = before + i * below;
    if (c.twin) c.up_at -= (int)(sizes[0] * sizes[1]);  // interneurons begin above the first hidden layer
    c.up_at += i, c.down_at += i, c.pitch = (int)sizes[layer], c.rate = rates[layer];
    return c;
}

// Read the weights onto a cell, or write them: `up` or, of an interneuron, `predict`; `down`, `cancel`.
METHOD void weights_of(const Plan& p, Cell& c, double* up, double* down, double* predict, double* cancel, bool write) {
    double* onto = c.twin ? predict : up;
    UNROLL for (int j = 0; j < BELOW; ++j) {
        if (!(c.ones_below >> j & 1U)) continue;
        double& weight = onto[c.up_at + j * c.pitch];
        write ? weight = c.up[j] : c.up[j] = weight;
    }
    UNROLL for (int k = 0; k < ABOVE; ++k) {
        if (!(c.ones_above >> k & 1U)) continue;
        const int at = c.down_at + k * c.pitch;
        write ? down[at] = c.down[k] : c.down[k] = down[at];
        if (APART && p.apart) write ? cancel[at] = c.cancel[k] : c.cancel[k] = cancel[at];
    }
}

// A cell before its first step of a pattern.
METHOD void start(const Plan& p, Cell& c) {
    const bool above = c.ones_below != 0 && !c.twin;
    c.last = c.ever > LONG_AGO ? (int)c.ever : LONG_AGO;
    c.v = c.a = c.sum_u = c.sum_v = c.sum_x = c.old_u = c.old_v = c.old_x = c.next_u = c.next_v = c.next_x = 0.0;
    c.mean_v = (above && p.forward) || (c.top && p.nudge != 0.0) || (c.twin && p.lateral);
    c.mean_u = (above && p.forward) || (c.twin && p.lateral), c.mean_x = p.lateral && (c.twin || c.hidden);
}

// The potential at which this word is ⌊σ(u − log_tau) 2^32⌋, within SURE; NaN where that cannot be said.
METHOD double limit_of(u32 word, double log_tau) {
    const u32 rest = ~word;
    if (word < LEAST || rest < LEAST) return double_of(0x7FF8000000000000ULL);
    const float p = ((float)word + 0.5f) * 2.3283064365386962890625e-10f;
    const float q = ((float)rest + 0.5f) * 2.3283064365386962890625e-10f;
    return log_tau + (double)(LOG_NEAR(p) - LOG_NEAR(q));
}

// Words and their potentials for the steps from `begin` on, and reciprocals of the number of steps in running means.
METHOD void look_ahead(const Plan& p, u64 draw, int begin) {
    SYNC();
    LANES(l) {
        for (int k = l; k < AHEAD * p.per_step; k += 32) {
            const Block x = block_of(p.stream, draw + (u64)(begin * (i64)p.per_step + k));
            UNROLL for (int q = 0; q < 4; ++q) {
                p.words[4 * k + q] = word_of(x, q);
                p.limit[4 * k + q] = limit_of(word_of(x, q), p.log_tau);
            }
        }
        if (l < AHEAD) p.inverse[l] = 1.0 / (double)(begin + (int)l + 1 < p.window ? begin + (int)l + 1 : p.window);
    }
    SYNC();
}

// Where ring `plane` (0: v, 1: u, 2: what interneurons learn from) has what a lane had in a step.
METHOD double* in_ring(const Plan& p, int plane, int slot, unsigned l) {
    return p.ring + ((i64)(plane * p.window + slot) * p.neurons + l);
}

METHOD double anew(const Plan& p, int plane, unsigned l) {
    double sum = 0.0, x[BATCH];
    int slot = 0;
    for (; slot + BATCH <= p.window; slot += BATCH) {
        UNROLL for (int k = 0; k < BATCH; ++k) x[k] = *in_ring(p, plane, slot + k, l);
        UNROLL for (int k = 0; k < BATCH; ++k) sum += x[k];
    }
    for (; slot < p.window; ++slot) sum += *in_ring(p, plane, slot, l);
    return sum;
}

// SAL on the feedback weights of a hidden neuron: pairs of this step's spikes with the latest ones strictly before.
METHOD void learn_down(const Plan& p, Cell& c, u32 fired, unsigned l, int step) {
    if (!c.hidden) return;
    const bool own = fired >> l & 1U;
    UNROLL for (int k = 0; k < ABOVE; ++k) {
        if (!(c.ones_above >> k & 1U)) continue;
        const int since_pre = step - p.last[c.over + k], since_post = step - c.last;
        if (own && since_pre < p.reach) c.down[k] -= p.sal_rate * p.kernel[since_pre];
        if ((fired >> (c.over + k) & 1U) && since_post < p.reach) c.down[k] += p.sal_rate * p.kernel[since_post];
    }
}

// Basal and apical potential of a cell, from who is on.
METHOD void integrate(const Plan& p, Cell& c, u32 on) {
    const u32 below = on >> c.under & c.ones_below, above = on >> c.over & c.ones_above;
    const u32 twins = p.gated && c.hidden ? on >> (c.over + p.twins) & c.ones_above : 0;
    double v = 0.0, a = 0.0;  // never −0: whatever adds nothing may as well add 0
    UNROLL for (int j = 0; j < BELOW; ++j) v += below >> j & 1U ? c.up[j] : 0.0;
    if (APART && p.apart) {
        UNROLL for (int k = 0; k < ABOVE; ++k) {
            a += above >> k & 1U ? c.down[k] : 0.0;
            a += twins >> k & 1U ? c.cancel[k] : 0.0;
        }
        if (c.twin && !p.gated) v = 0.0;
    } else {
        UNROLL for (int k = 0; k < ABOVE; ++k)
            a += (above ^ twins) >> k & 1U ? (above >> k & 1U ? c.down[k] : -c.down[k]) : 0.0;
    }
    c.v = v, c.a = a;
}

// A running sum one step on; the value that it loses has been read ahead, and the next one is.
METHOD void slide(const Plan& p, int plane, unsigned l, int step, int slot, double now, double& sum, double& old,
                  double& next) {
    sum += now - old;
    old = next;
    const int after = slot + 2 < p.window ? slot + 2 : slot + 2 - p.window;
    next = step + 2 >= p.window ? *in_ring(p, plane, after, l) : 0.0;
    *in_ring(p, plane, slot, l) = now;
}

METHOD double gain_of(const Plan& p, double rate, double here, double there) {
    return rate * (logistic(here - p.log_tau) - logistic(there - p.log_tau));
}

// One pattern. With REST the plan says what is learned, else W if FORWARD.
template <bool FORWARD, bool REST>
METHOD void show(const Plan& p, Cell (&cells)[HELD], u64 draw) {
    const bool forward = REST ? p.forward : FORWARD, symmetrise = REST && p.symmetrise;
    const bool lateral = APART && REST && p.lateral;
    u32 fired = 0, on = 0;
    int slot = -1;
    for (int begin = 0; begin < p.steps; begin += AHEAD) {
        look_ahead(p, draw, begin);
        const int end = begin + AHEAD < p.steps ? begin + AHEAD : p.steps;
        for (int step = begin; step < end; ++step) {
            const int at = (step - begin) * 4 * p.per_step, full = step + 1 < p.window ? step + 1 : p.window;
            const double inverse = p.inverse[step - begin];
            const u32 before = fired;
            slot = slot + 1 < p.window ? slot + 1 : 0;
            LANES(l) {
                Cell& c = cells[AT(l)];
                const double beyond = c.u - p.limit[at + l];
                c.ready = (int)l < p.neurons && step - c.last >= p.tau_ref;
                c.fires = beyond > SURE;
                if (c.ready && !(c.fires || beyond < -SURE))
                    c.fires = p.words[at + l] < (u64)(logistic(c.u - p.log_tau) * TWO_32);
            }
            GATHER(fired, l, cells[AT(l)].ready && cells[AT(l)].fires);
            GATHER(on, l, (int)l < p.neurons && (!cells[AT(l)].ready || cells[AT(l)].fires));
            if (symmetrise && fired) {
                LANES(l) { learn_down(p, cells[AT(l)], fired, l, step); }
                SYNC();
                LANES(l) { if (fired >> l & 1U) p.last[l] = step; }
                SYNC();
            }
            LANES(l) {
                Cell& c = cells[AT(l)];
                if (fired >> l & 1U) c.last = step;
                integrate(p, c, on);
                const double u = p.bias + c.v;
                if (c.hidden) c.u = u + p.api * c.a;
                if (c.top || c.twin) c.u = u;
                if (c.mean_v) slide(p, 0, l, step, slot, c.v, c.sum_v, c.old_v, c.next_v);
            }
            LANES(l) {
                Cell& c = cells[AT(l)];
                const double far = c.target - share_of(c.sum_v, full, inverse) - p.bias;
                if (c.top && p.nudge != 0.0) c.u += p.nudge * far;
            }
            LANES(l) {
                Cell& c = cells[AT(l)];
                const double basal = FROM(cells, c.pyramid, .v);
                if (!p.apart && c.twin) c.u = p.bias + (p.gated ? basal : 0.0);
            }
            if (lateral) {
                LANES(l) { cells[AT(l)].kept_x = FROM(cells, cells[AT(l)].pyramid, .u); }
                LANES(l) {
                    Cell& c = cells[AT(l)];
                    if (c.mean_x) slide(p, 2, l, step, slot, c.hidden ? c.a : c.kept_x, c.sum_x, c.old_x, c.next_x);
                    if (c.mean_x && slot == p.window - 1) {
                        c.sum_x = anew(p, 2, l);
                        if (c.twin) c.sum_v = anew(p, 0, l);
                    }
                    if (c.twin) c.u += p.teach * (share_of(c.sum_x - c.sum_v, full, inverse) - p.bias);
                }
            }
            LANES(l) {
                Cell& c = cells[AT(l)];
                if (c.mean_u) slide(p, 1, l, step, slot, c.u, c.sum_u, c.old_u, c.next_u);
                if (lateral && c.twin && slot == p.window - 1) c.sum_u = anew(p, 1, l);
                if (c.top && step >= p.settle) c.output += c.u;
            }
            if (lateral && step >= p.settle && before) {
                LANES(l) {
                    Cell& c = cells[AT(l)];
                    const u32 came = before >> c.under & c.ones_below;
                    if (c.twin && came) {
                        const double here = share_of(c.sum_u, full, inverse);
                        const double gain = gain_of(p, p.predict_rate, here, share_of(c.sum_v, full, inverse) + p.bias);
                        UNROLL for (int j = 0; j < BELOW; ++j) c.up[j] = came >> j & 1U ? c.up[j] + gain : c.up[j];
                    }
                    const u32 twins = c.hidden ? before >> (c.over + p.twins) & c.ones_above : 0;
                    const double loss = p.cancel_rate * share_of(c.sum_x, full, inverse);
                    UNROLL for (int k = 0; k < ABOVE; ++k) c.cancel[k] = twins >> k & 1U ? c.cancel[k] - loss : c.cancel[k];
                }
            }
            if (forward && step >= p.settle && before) {
                LANES(l) {
                    Cell& c = cells[AT(l)];
                    const u32 came = c.twin ? 0 : before >> c.under & c.ones_below;
                    if (came) {
                        const double here = share_of(c.sum_u, full, inverse);
                        const double gain = gain_of(p, c.rate, here, share_of(c.sum_v, full, inverse) + p.bias);
                        UNROLL for (int j = 0; j < BELOW; ++j) {
                            if (!(came >> j & 1U)) continue;
                            c.up[j] += gain;
                            if (p.copy && c.copy_at >= 0) p.mirror[c.copy_at + j] = c.up[j];
                        }
                    }
                }
                if (p.copy) {
                    SYNC();
                    LANES(l) {
                        Cell& c = cells[AT(l)];
                        UNROLL for (int k = 0; k < ABOVE; ++k)
                            if (c.ones_above >> k & 1U) c.down[k] = p.mirror[c.down_at + k * c.pitch];
                    }
                    SYNC();
                }
            }
            if (slot == p.window - 1) {  // sums of differences drift
                LANES(l) {
                    Cell& c = cells[AT(l)];
                    if (c.mean_v && !c.twin) c.sum_v = anew(p, 0, l);
                    if (c.mean_u && !c.twin) c.sum_u = anew(p, 1, l);
                }
            }
            if (p.record) {
                LANES(l) {
                    const Cell& c = cells[AT(l)];
                    if ((int)l < p.neurons) p.spikes[(i64)step * p.neurons + l] = fired >> l & 1U;
                    if ((int)l < p.total) {
                        double* row = p.potentials + (i64)step * 3 * p.total + l;
                        row[0] = c.u, row[p.total] = c.v, row[2 * p.total] = c.a;
                    }
                }
            }
        }
    }
}

#endif
