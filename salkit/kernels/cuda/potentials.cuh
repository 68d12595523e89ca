// Membrane potentials as integers, their hazards and bounds: the twins of potentials.py and bounds.py, in their order
// of operations.

#ifndef SALKIT_POTENTIALS
#define SALKIT_POTENTIALS

#include "common.cuh"

#define WIDTH 16
#define ROWS 16
#define SPAN 16
#define FINEST 22
#define RANGE (1 << 29)
#define OFF (-(1 << 30))

DEVICE i64 padded(i64 n) { return (n + WIDTH - 1) / WIDTH * WIDTH; }
DEVICE i64 blocks_of(i64 width) { return (width + ROWS * WIDTH - 1) / (ROWS * WIDTH); }
DEVICE i64 spans_of(i64 blocks) { return (blocks + SPAN - 1) / SPAN; }

DEVICE u32 bits_of_float(float x) {
#ifdef SALKIT_HOST
    u32 bits;
    memcpy(&bits, &x, 4);
    return bits;
#else
    return (u32)__float_as_int(x);
#endif
}

DEVICE float float_of(u32 bits) {
#ifdef SALKIT_HOST
    float x;
    memcpy(&x, &bits, 4);
    return x;
#else
    return __int_as_float((int)bits);
#endif
}

// The nearest integer, as ⌊x + ½⌋.
DEVICE int nearest(double x) {
    x += 0.5;
    const i64 whole = (i64)x;
    return (int)((double)whole > x ? whole - 1 : whole);
}

// |b_i − ln tau_ref| + Σ_j |W_ij|: no potential is larger.
DEVICE double magnitude(const double* row, double bias, i64 n, double log_tau_ref) {
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    for (i64 j = 0; j < n; ++j) {
        const int at = j < n / 4 * 4 ? (int)(j % 4) : 0;
        sums[at] += row[j] < 0.0 ? -row[j] : row[j];
    }
    const double x = bias - log_tau_ref;
    return (x < 0.0 ? -x : x) + ((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

// s: how many bits the potentials have after the point.
DEVICE i64 scale_of(const double* magnitudes, i64 n) {
    double largest = 0.0, most = (double)(RANGE - n - 1) / (1.4426950408889634 * (double)(1 << FINEST));
    for (i64 i = 0; i < n; ++i) largest = magnitudes[i] > largest ? magnitudes[i] : largest;
    i64 scale = FINEST;
    for (; largest > most && scale > 0; --scale) most *= 2.0;
    return scale;
}

// Row j of the columns: the weights of neuron j, with `diagonal` at j; row n has the biases.
DEVICE void quantise_row(const double* weights, const double* biases, i64 n, double log_tau_ref, int diagonal,
                         i64 scale, i64 j, int* row) {
    const double unit = 1.4426950408889634 * (double)(1LL << scale);
    for (i64 i = 0; i < padded(n); ++i) {
        if (i >= n)
            row[i] = j < n ? 0 : OFF;
        else
            row[i] = j == n ? nearest((biases[i] - log_tau_ref) * unit) : i == j ? diagonal : nearest(weights[i * n + j] * unit);
    }
}

// H(U).
DEVICE float hazard_of(int potential, i64 scale) {
    const int k = potential >> scale, top = k < 126 ? k : 126;
    const float d = float_of(((u32)potential << (23 - scale) & 0x7FFFFFU) | 0x3F800000U) - 1.5f;
    const float low = 1.4142136573791504f + 0.9802578091621399f * d, middle = 0.3397240936756134f + 0.07849935442209244f * d;
    const float high = 0.013683166354894638f + 0.0018762329127639532f * d, square = d * d;
    const float series = low + square * (middle + square * high);
    return k >= -126 ? float_of(bits_of_float(series) + ((u32)top << 23)) : 0.0f;
}

// ⌊σ(x) 2³²⌋.
DEVICE u64 threshold_of_whole(int potential, i64 scale) {
    return (u64)(logistic((double)potential * (0.6931471805599453 / (double)(1LL << scale))) * 4294967296.0);
}

// C(U), the chord above the power of two.
DEVICE float chord_of(int potential, i64 scale) {
    const int least = -(127 << scale), most = 127 << scale;
    const int held = potential > least ? potential < most ? potential : most : least;
    return float_of(((u32)held << (23 - scale)) + 0x3F800000U);
}

// The bounds of a group's neurons, together.
DEVICE double group_sum(const int* potential, i64 width, i64 block, i64 group, i64 scale) {
    const i64 first = block * ROWS * WIDTH + group, past = first - group + ROWS * WIDTH, end = past < width ? past : width;
    float sum = 0.0f;
    for (i64 k = first; k < end; k += WIDTH) sum += chord_of(potential[k], scale);
    return (double)sum;
}

// groups[0 … 15]: from sums of groups to sums up to each; returns the last.
DEVICE double run_on(double* groups) {
    for (i64 step = 1; step < WIDTH; step *= 2)
        for (i64 k = WIDTH - 1; k >= step; --k) groups[k] += groups[k - step];
    return groups[WIDTH - 1];
}

// The areas of spans, and the sum of all.
DEVICE void span_areas(const double* areas, i64 blocks, double* spans) {
    for (i64 block = 0; block < blocks; ++block) {
        double* span = spans + block / SPAN;
        *span = block % SPAN ? *span + areas[block] : areas[block];
    }
}

DEVICE double area_of(const double* spans, i64 number) {
    double total = spans[0];
    for (i64 k = 1; k < number; ++k) total += spans[k];
    return total;
}

// The neuron under whose bound x lies; x becomes the height above 0.
DEVICE i64 place(const int* potential, i64 width, i64 scale, const double* groups, const double* areas, const double* spans,
                 double* x) {
    const i64 blocks = blocks_of(width);
    i64 span = 0, group = 0;
    while (span < spans_of(blocks) - 1 && spans[span] <= *x) *x -= spans[span++];
    i64 block = span * SPAN, last = block + SPAN < blocks ? block + SPAN - 1 : blocks - 1;
    while (block < last && areas[block] <= *x) *x -= areas[block++];
    for (i64 k = 0; k < WIDTH - 1; ++k) group += groups[block * WIDTH + k] <= *x;
    if (group > 0) *x -= groups[block * WIDTH + group - 1];
    i64 i = block * ROWS * WIDTH + group;
    const i64 past = i + ROWS * WIDTH, end = (past < width ? past : width) - WIDTH;
    float below = 0.0f, above = chord_of(potential[i], scale);
    while (i < end && (double)above <= *x) {
        i += WIDTH;
        below = above;
        above += chord_of(potential[i], scale);
    }
    *x -= (double)below;
    return i;
}

#endif
