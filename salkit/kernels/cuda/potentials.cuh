// Membrane potentials as integers and their hazards: the twins of potentials.py, in its order of operations.

#ifndef SALKIT_POTENTIALS
#define SALKIT_POTENTIALS

#include "common.cuh"

#define WIDTH 16
#define SUMS 8  // partial sums: LANES in potentials.py
#define STRIDE 16
#define FINEST 22
#define RANGE (1 << 29)
#define OFF (-(1 << 30))

DEVICE i64 padded(i64 n) { return (n + WIDTH - 1) / WIDTH * WIDTH; }
DEVICE i64 stretches(i64 width) { return (width + STRIDE * WIDTH - 1) / (STRIDE * WIDTH); }

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

// What one stretch of neurons adds to one partial sum.
DEVICE double stretch_sum(const float* hazard, i64 width, i64 stretch, i64 sum) {
    const i64 first = stretch * STRIDE * WIDTH + sum, past = first - sum + STRIDE * WIDTH, end = past < width ? past : width;
    float one = 0.0f, two = 0.0f;
    for (i64 k = first; k < end; k += WIDTH) one += hazard[k], two += hazard[k + SUMS];
    return (double)one + (double)two;
}

// sums[stretch, sum]: from what the stretches add to what they have added up to.
DEVICE void run_on_sums(double* sums, i64 number, i64 sum) {
    double running = 0.0;
    for (i64 stretch = 0; stretch < number; ++stretch) running += sums[stretch * SUMS + sum], sums[stretch * SUMS + sum] = running;
}

DEVICE double total_of(const double* e) { return ((e[0] + e[4]) + (e[2] + e[6])) + ((e[1] + e[5]) + (e[3] + e[7])); }

// The neuron in whose share of the total hazard x lies.
DEVICE i64 chosen(const float* hazard, const double* sums, i64 width, double x) {
    const double* end = sums + (stretches(width) - 1) * SUMS;
    i64 sum = 0, stretch = 0, i = -1;
    double before = 0.0, cumulative = 0.0;
    for (i64 other = 0; other < SUMS; ++other) {
        if (end[other] > 0.0) {
            sum = other, before = cumulative;
            cumulative += end[other];
            if (cumulative > x) break;
        }
    }
    x -= before;
    while (stretch < stretches(width) - 1 && sums[stretch * SUMS + sum] <= x) ++stretch;
    if (stretch > 0) x -= sums[(stretch - 1) * SUMS + sum];
    const i64 first = stretch * STRIDE * WIDTH + sum, past = first - sum + STRIDE * WIDTH, stop = past < width ? past : width;
    for (i64 half = first; half < first + 2 * SUMS; half += SUMS) {
        float running = 0.0f;
        for (i64 k = half; k < stop; k += WIDTH) {
            if (hazard[k] > 0.0f) {
                i = k;
                running += hazard[k];
                if ((double)running > x) return i;
            }
        }
        x -= (double)running;
    }
    for (i64 k = i < 0 ? sum : width; k < width; k += SUMS)  // a stretch of zeros, reached by rounding alone
        if (hazard[k] > 0.0f) i = k;
    return i;
}

#endif
