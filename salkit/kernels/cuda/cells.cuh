// A microcircuit of at most 32 cells: a cell a lane of one warp, its state and its weights in registers. As microcircuit.py.
// A second warp looks ahead.
//
// A step is a chain: which cells spike – potentials of those above and below – running means – potentials that are nudged.
// What is not in it is done ahead, for AHEAD steps at once: random words, and with each the potential beyond which it makes
// a spike, so that no step computes a σ of its own unless the two are too close to be sure; values that will fall out of
// running means, and the reciprocals of their lengths. Sums that are taken anew at the end of a window grow in it.

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
#ifdef CELLS  // then also WINDOW and TAU_REF, in steps
#define FIXED(known, asked) known
#else
#define FIXED(known, asked) asked
#endif
#define TWO_32 4294967296.0
#define AHEAD 32       // steps; a window is at least twice as long
#define SURE 4e-5      // that far from its potential a word is sure: 4 units of 2^−32 in σ, and what LOG_NEAR is off
#define LEAST 262144U  // words that far from 0 and 2^32 are too close to an end for that
#define LONG_AGO (-(1 << 30))

// What a circuit is, and what it is shown a pattern for.
struct Plan {
    int number, total, twins, inputs, top, steps, settle, span, period, reach;
    double bias, log_tau, api, nudge, sal_rate, predict_rate, cancel_rate, teach;
    bool forward, symmetrise, copy, gated, lateral, apart, record;
    const double* kernel;
    Stream stream;
    double *mirror, *ring, *room;
    int* last;
    u8* spikes;
    double* potentials;
    METHOD int cells() const { return FIXED(CELLS, number); }
    METHOD int window() const { return FIXED(WINDOW, span); }
    METHOD int tau_ref() const { return FIXED(TAU_REF, period); }
    METHOD int blocks() const { return (cells() + 3) / 4; }  // of random words in a step
    METHOD int row() const { return 4 * blocks(); }          // such words
    METHOD int planes() const { return APART && apart ? 3 : 2; }
};

// What is known of the next steps: for each word its potential, numbers of steps in running means and their reciprocals,
// values that leave them, a row a step; the words. Two such, of which one is read while the other is written.
struct Look {
    double *limit, *full, *inverse, *past;
    u32* words;
};

METHOD Look looked(const Plan& p, int number) {
    const int limits = (AHEAD + 1) * p.row() + 32, past = p.planes() * AHEAD * p.cells() + 32;
    double* room = p.room + number * (limits + past + 2 * AHEAD + AHEAD * p.row() / 2 + 16);
    Look found;
    found.limit = take(&room, limits), found.past = take(&room, past), found.full = take(&room, AHEAD);
    found.inverse = take(&room, AHEAD), found.words = (u32*)room;
    return found;
}

// A lane: the first lane of the layer under it and over it, and as many bits as neurons are there; where its weights lie
// in flat arrays, `pitch` from one to the next, and, of W_l, the copies in B; what it learns; state; sums of running means.
struct Cell {
    bool hidden, top, twin;
    int under, over, pyramid, last, up_at, down_at, copy_at, pitch;
    u32 ones_below, ones_above;
    i64 ever;
    double rate, target, output, u, v, a, limit, kept;
    double sum_u, sum_v, sum_x, anew_u, anew_v, anew_x, past_u, past_v;
    double up[BELOW], down[ABOVE], cancel[ABOVE];
    bool ready, fires;
};

METHOD u32 ones(int count) { return count >= 32 ? 0xFFFFFFFFU : (1U << count) - 1U; }

// The cell of a lane: its place in layers and weights.
METHOD Cell placed(const Plan& p, i64 layers, const i64* sizes, const i64* first, const double* rates, int lane) {
    Cell c = {};
    c.last = LONG_AGO, c.copy_at = -1, c.pyramid = lane;
    if (lane >= p.cells()) return c;
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
METHOD void start(Cell& c) {
    c.last = c.ever > LONG_AGO ? (int)c.ever : LONG_AGO;
    c.v = c.a = c.sum_u = c.sum_v = c.sum_x = c.anew_u = c.anew_v = c.anew_x = 0.0;
}

// The potential at which this word is ⌊σ(u − log_tau) 2^32⌋, within SURE; NaN where that cannot be said.
METHOD double limit_of(u32 word, double log_tau) {
    const u32 rest = ~word;
    if (word < LEAST || rest < LEAST) return double_of(0x7FF8000000000000ULL);
    const float p = ((float)word + 0.5f) * 2.3283064365386962890625e-10f;
    const float q = ((float)rest + 0.5f) * 2.3283064365386962890625e-10f;
    return log_tau + (double)(LOG_NEAR(p) - LOG_NEAR(q));
}

// Where ring `plane` (0: v, 1: u, 2: what interneurons learn from) has what a lane had in a step.
METHOD double* in_ring(const Plan& p, int plane, int slot, unsigned l) {
    return p.ring + ((i64)(plane * p.window() + slot) * p.cells() + l);
}

// What the steps from `begin` on will need; of `planes` rings, which rows leave the running means, that lie side by side.
METHOD void look_ahead(const Plan& p, int planes, u64 draw, int begin, Look to) {
    WARP(l) {
        for (int plane = 0; plane < planes; ++plane) {
            const int first = begin % p.window() * p.cells(), whole = p.window() * p.cells();
            const double* ring = in_ring(p, plane, 0, 0);
            double* past = to.past + plane * AHEAD * p.cells();
            UNROLL_BY(4) for (int k = l; k < AHEAD * p.cells(); k += 32)
                past[k] = begin * (i64)p.cells() + k < whole ? 0.0 : ring[first + k - (first + k < whole ? 0 : whole)];
        }
        UNROLL_BY(1) for (int k = l; k < AHEAD * p.blocks(); k += 32) {
            const Block x = block_of(p.stream, draw + (u64)(begin * (i64)p.blocks() + k));
            UNROLL for (int q = 0; q < 4; ++q) {
                to.words[4 * k + q] = word_of(x, q);
                to.limit[4 * k + q] = limit_of(word_of(x, q), p.log_tau);
            }
        }
        if (l < AHEAD) {
            to.full[l] = begin + (int)l + 1 < p.window() ? begin + (int)l + 1 : p.window();
            to.inverse[l] = 1.0 / to.full[l];
        }
    }
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

// Put a value into a ring. Lanes without a cell have no place there.
METHOD void keep(const Plan& p, int plane, unsigned l, int slot, double now) {
    if ((int)l < p.cells()) *in_ring(p, plane, slot, l) = now;
}

// Forward plasticity of a cell at spikes that `came` from below in the step before.
METHOD void learn_up(const Plan& p, Cell& c, double rate, u32 came, double full, double inverse) {
    double here = quotient(c.sum_u, full, inverse), there = quotient(c.sum_v, full, inverse);
    if (hard_to_divide(c.sum_u) || hard_to_divide(c.sum_v)) here = c.sum_u / full, there = c.sum_v / full;
    const Pair spikes = logistics(here - p.log_tau, there + p.bias - p.log_tau);
    const double gain = rate * (spikes.x - spikes.y);
    UNROLL for (int j = 0; j < BELOW; ++j) c.up[j] = came >> j & 1U ? c.up[j] + gain : c.up[j];
}

// Interneurons with weights of their own: means, the nudge, and lateral plasticity at the spikes of the step before.
METHOD void learn_apart(const Plan& p, Cell (&cells)[HELD], Look look, u32 before, int k, int slot, bool settled) {
    const double full = look.full[k], inverse = look.inverse[k];
    const bool last = slot == p.window() - 1;  // of a window: sums are taken anew
    WARP(l) { cells[AT(l)].kept = FROM(cells, cells[AT(l)].pyramid, .u); }
    WARP(l) {
        Cell& c = cells[AT(l)];
        const double now = c.hidden ? c.a : c.kept;
        keep(p, 2, l, slot, now);
        c.sum_x += now - look.past[(2 * AHEAD + k) * p.cells() + l], c.anew_x += now;
        if (last) c.sum_x = c.anew_x, c.anew_x = 0.0;
        if (!c.twin) continue;
        if (last) c.sum_v = c.anew_v;
        c.u += p.teach * (mean_of(c.sum_x - c.sum_v, full, inverse) - p.bias);
        keep(p, 1, l, slot, c.u);
        c.sum_u += c.u - c.past_u, c.anew_u += c.u;
        if (last) c.sum_u = c.anew_u;
    }
    if (!settled || !before) return;
    WARP(l) {
        Cell& c = cells[AT(l)];
        const u32 came = c.twin ? before >> c.under & c.ones_below : 0;
        if (came) learn_up(p, c, p.predict_rate, came, full, inverse);
        const u32 twins = c.hidden ? before >> (c.over + p.twins) & c.ones_above : 0;
        const double loss = p.cancel_rate * mean_of(c.sum_x, full, inverse);
        UNROLL for (int m = 0; m < ABOVE; ++m) c.cancel[m] = twins >> m & 1U ? c.cancel[m] - loss : c.cancel[m];
    }
}

// Steps begin … end − 1 of a pattern, the first of them in slot `first` of the rings.
template <bool FORWARD, bool REST>
METHOD void work(const Plan& p, Cell (&cells)[HELD], Look look, u32& fired, int begin, int end, int first) {
    const bool forward = REST ? p.forward : FORWARD, symmetrise = REST && p.symmetrise, record = REST && p.record;
    const bool lateral = APART && REST && p.lateral, nudged = p.nudge != 0.0, mean = forward || nudged || lateral;
    const bool settled = begin >= p.settle;
    u32 ready = 0;
    WARP(l) { cells[AT(l)].limit = look.limit[l]; }
    for (int step = begin; step < end; ++step) {
        const int k = step - begin, slot = first + k;
        const u32 before = fired;
        WARP(l) {
            Cell& c = cells[AT(l)];
            const double beyond = c.u - c.limit;
            c.ready = (int)l < p.cells() && step - c.last >= p.tau_ref();
            c.fires = beyond > SURE;
            if (c.ready && !(c.fires || beyond < -SURE))
                c.fires = look.words[k * p.row() + l] < (u64)(logistic(c.u - p.log_tau) * TWO_32);
        }
        GATHER(ready, l, cells[AT(l)].ready);
        GATHER(fired, l, cells[AT(l)].ready && cells[AT(l)].fires);
        const double full = look.full[k], inverse = look.inverse[k];
        if (symmetrise && fired) {
            WARP(l) { learn_down(p, cells[AT(l)], fired, l, step); }
            WARP_SYNC();
            WARP(l) { if (fired >> l & 1U) p.last[l] = step; }
            WARP_SYNC();
        }
        WARP(l) {
            Cell& c = cells[AT(l)];
            c.limit = look.limit[(k + 1) * p.row() + l];
            c.past_v = look.past[k * p.cells() + l], c.past_u = look.past[(AHEAD + k) * p.cells() + l];
            integrate(p, c, fired | ~ready);
            if (fired >> l & 1U) c.last = step;
        }
        WARP(l) { cells[AT(l)].kept = FROM(cells, cells[AT(l)].pyramid, .v); }
        WARP(l) {
            Cell& c = cells[AT(l)];
            const double basal = c.v + p.bias, all = basal + p.api * c.a;
            double far = 0.0;
            if (mean) {
                keep(p, 0, l, slot, c.v);
                c.sum_v += c.v - c.past_v, c.anew_v += c.v;
                far = basal + p.nudge * (c.target - mean_of(c.sum_v, full, inverse) - p.bias);
            }
            c.u = c.hidden ? all : c.top ? (nudged ? far : basal) : c.u;
            if (c.twin) c.u = APART && p.apart ? basal : p.bias + (p.gated ? c.kept : 0.0);
        }
        if (lateral) learn_apart(p, cells, look, before, k, slot, settled);
        WARP(l) {
            Cell& c = cells[AT(l)];
            if (forward && !(lateral && c.twin)) {
                keep(p, 1, l, slot, c.u);
                c.sum_u += c.u - c.past_u, c.anew_u += c.u;
            }
            c.output += settled && c.top ? c.u : 0.0;
        }
        if (forward && settled && before) {
            WARP(l) {
                Cell& c = cells[AT(l)];
                const u32 came = c.twin ? 0 : before >> c.under & c.ones_below;
                if (came) learn_up(p, c, c.rate, came, full, inverse);
                if (p.copy && c.copy_at >= 0)
                    UNROLL for (int j = 0; j < BELOW; ++j)
                        if (came >> j & 1U) p.mirror[c.copy_at + j] = c.up[j];
            }
            if (p.copy) {
                WARP_SYNC();
                WARP(l) {
                    Cell& c = cells[AT(l)];
                    UNROLL for (int m = 0; m < ABOVE; ++m)
                        if (c.ones_above >> m & 1U) c.down[m] = p.mirror[c.down_at + m * c.pitch];
                }
                WARP_SYNC();
            }
        }
        if (record) {
            WARP(l) {
                const Cell& c = cells[AT(l)];
                if ((int)l < p.cells()) p.spikes[(i64)step * p.cells() + l] = fired >> l & 1U;
                if ((int)l < p.total) {
                    double* row = p.potentials + (i64)step * 3 * p.total + l;
                    row[0] = c.u, row[p.total] = c.v, row[2 * p.total] = c.a;
                }
            }
        }
    }
    if (mean && first + end - begin == p.window()) {  // sums of differences drift
        WARP(l) {
            Cell& c = cells[AT(l)];
            c.sum_v = c.anew_v, c.sum_u = c.anew_u, c.anew_v = c.anew_u = 0.0;
        }
    }
}

// One pattern. With REST the plan says what is learned and recorded, else W is learned if FORWARD, and nothing is recorded.
template <bool FORWARD, bool REST>
METHOD void show(const Plan& p, Cell (&cells)[HELD], u64 draw) {
    const int planes = APART && p.lateral ? 3 : p.forward ? 2 : p.nudge != 0.0 ? 1 : 0;
    u32 fired = 0;
    int now = 0;
    HELPER { look_ahead(p, planes, draw, 0, looked(p, now)); }
    SHIFT();
    for (int begin = 0, end; begin < p.steps; begin = end, now ^= 1) {
        const int first = begin % p.window();
        end = begin + AHEAD < p.steps ? begin + AHEAD : p.steps;
        end = begin < p.settle && p.settle < end ? p.settle : end;
        end = begin + p.window() - first < end ? begin + p.window() - first : end;
        HELPER { if (end < p.steps) look_ahead(p, planes, draw, end, looked(p, now ^ 1)); }
        WORKER { work<FORWARD, REST>(p, cells, looked(p, now), fired, begin, end, first); }
        SHIFT();
    }
}

#endif
