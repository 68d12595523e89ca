// Microcircuits of at most 32 cells, each a block of two warps; many patterns a launch. As microcircuit.py.

#include "cells.cuh"

// Patterns begin … stop − 1 of every member: fewer than 2^30 steps each, a window of 2 AHEAD at least. predict, cancel (E,
// laterals), laterals 0 if interneurons have no weights of their own; own (P, 3). spikes (E, P · steps, neurons) and
// potentials (E, P · steps, 3, total) if recorded. rings (E, planes, window, neurons).
KERNEL run_cells(i64 layers, i64 neurons, const i64* sizes, const i64* first, i64 ups, double* up, i64 downs,
                 double* down, i64 laterals, double* predict, double* cancel, double bias, i64 patterns, i64 begin,
                 i64 stop, const double* inputs, const double* targets, const double* rates, i64 steps, i64 settle,
                 i64 window, i64 tau_ref, double log_tau, const double* modes, const double* own, const double* kernel,
                 i64 reach, const u64* seeds, const u64* runs, u64* draws, i64* last, double* u, double* outputs,
                 int record, u8* spikes, double* potentials, double* rings) {
    const i64 e = blockIdx.x, total = first[layers], top = first[layers - 1], width = total - top;
    double* room = SHARED();
    Cell cells[HELD];
    Plan p;
    p.number = (int)neurons, p.total = (int)total, p.twins = (int)(total - first[2]), p.inputs = (int)sizes[0];
    p.top = (int)top, p.steps = (int)steps, p.settle = (int)settle;
    p.span = (int)window, p.period = (int)tau_ref, p.reach = (int)reach, p.bias = bias, p.log_tau = log_tau;
    p.apart = APART && laterals > 0, p.record = record != 0, p.kernel = kernel;
    p.stream.seed = seeds[e], p.stream.run = runs[e], p.stream.replica = 0;
    p.last = (int*)take(&room, 16), p.mirror = take(&room, downs), p.room = room;
    p.ring = rings + e * p.planes() * window * neurons;
    u64 draw = draws[e];
    WORKER {
        WARP(l) {
            Cell& c = cells[AT(l)] = placed(p, layers, sizes, first, rates, (int)l);
            if ((int)l < p.cells()) c.ever = last[e * neurons + l], c.u = u[e * neurons + l];
            weights_of(p, c, up + e * ups, down + e * downs, predict + e * laterals, cancel + e * laterals, false);
        }
    }
    EACH(k, downs) { p.mirror[k] = down[e * downs + k]; }
    for (i64 pattern = begin; pattern < stop; ++pattern) {
        const i64 at = e * patterns + pattern;
        const double *mode = modes + 7 * at, *learning = own + 3 * pattern;
        p.api = mode[0], p.nudge = mode[1], p.sal_rate = mode[2];
        p.forward = mode[3] > 0.0, p.symmetrise = mode[4] > 0.0, p.copy = mode[5] > 0.0, p.gated = mode[6] > 0.0;
        p.predict_rate = learning[0], p.cancel_rate = learning[1], p.teach = learning[2];
        p.lateral = p.apart && p.teach > 0.0;
        p.spikes = spikes + at * steps * neurons, p.potentials = potentials + at * steps * 3 * total;
        WORKER {
            WARP(l) {
                Cell& c = cells[AT(l)];
                start(c);
                if ((int)l < p.inputs) c.u = inputs[at * p.inputs + l];
                if (c.top) c.target = targets[at * width + l - top], c.output = outputs[at * width + l - top];
                p.last[l] = c.last;
            }
        }
        if (p.symmetrise || p.lateral || p.record)
            show<false, true>(p, cells, draw);
        else if (p.forward)
            show<true, false>(p, cells, draw);
        else
            show<false, false>(p, cells, draw);
        WORKER {
            WARP(l) {
                Cell& c = cells[AT(l)];
                c.ever = (c.last >= 0 ? (i64)c.last : c.ever) - steps;
                if (c.top) outputs[at * width + l - top] = c.output / (double)(steps - settle);
            }
        }
        draw += (u64)(steps * p.blocks());
    }
    WORKER {
        WARP(l) {
            const Cell& c = cells[AT(l)];
            if ((int)l < p.cells()) last[e * neurons + l] = c.ever, u[e * neurons + l] = c.u;
            weights_of(p, cells[AT(l)], up + e * ups, down + e * downs, predict + e * laterals, cancel + e * laterals, true);
        }
    }
    ONE { draws[e] = draw; }
}
