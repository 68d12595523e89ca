// What every kernel shares: how a block's lanes are written, and the elementary functions of elementary.py, bit for bit.
//
// The same sources are built by two compilers. On a GPU a block's threads are its lanes. Without one, SALKIT_HOST is
// defined, a block is an ordinary function call, and its lanes a plain loop; tests compare that build with the Numba
// kernels. Between two SYNC() every lane works on its own part; code outside of LANES and EACH is run by all lanes alike
// and writes to no memory that they share.
//
//     LANES(l) { … }        once in each lane l = 0 … blockDim.x − 1
//     EACH(i, count) { … }  every i = 0 … count − 1, shared out between the lanes
//     ONE { … }             in one lane only
//
//     PART(never)           a branch that is never taken: compilers interleave what stands on one side of it, not more, so
//                           that of two chains of dependent operations one is cut here and neither waits for the other
//     WITH(x)               the lanes of the warp where x holds, a bit each: all lanes must ask
//     ANY(warp, x)          whether x holds in any of these lanes, which must all ask; on the host each lane is a warp
//
// Of blocks of two warps, one of which works while the other prepares what it will need:
//
//     WORKER { … } HELPER { … }   in one warp only; at SHIFT() both wait for each other, at WARP_SYNC() the lanes of one
//     WARP(l) { … }               once in each lane l = 0 … 31
//     T own[HELD]; own[AT(l)]     what lane l keeps from one WARP to the next, in registers
//     GATHER(mask, l, x)          bit l of mask is x in lane l; all lanes have the mask
//     FROM(own, m, .part)         own[AT(m)].part of lane m, in any lane
//
// A source may be compiled for one number of neurons (NEURONS), for a workplace that is known to lie in shared memory
// (IN_SHARED 1) or not (0), and for blocks of one warp (ONE_WARP 1), which needs no barrier of the block; without these it
// asks its parameters.
//
// Only +, −, ×, ÷ on doubles, no fused multiply–add (--fmad=false, -ffp-contract=off) where none is written, no atomics.

#ifndef SALKIT_COMMON
#define SALKIT_COMMON

typedef long long i64;
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned char u8;

#ifdef SALKIT_HOST
#include <cmath>
#include <cstring>
struct Index { unsigned x; };
static Index blockIdx, blockDim;
static double* salkit_shared;
static int salkit_backwards;  // lanes from the last to the first: where that changes a result, a SYNC() is missing
extern "C" void salkit_block(unsigned block, unsigned lanes, double* shared, int backwards) {
    blockIdx.x = block, blockDim.x = lanes, salkit_shared = shared, salkit_backwards = backwards;
}
#define KERNEL extern "C" void
#define DEVICE static inline
#define METHOD inline
#define SYNC()
#define WITH(x) ((x) ? 1U : 0U)
#define ANY(warp, x) ((warp) && (x))
#define WORKER
#define HELPER
#define SHIFT()
#define WARP_SYNC()
#define WARP(l)                                                         \
    for (unsigned n_##l = 0, l = salkit_backwards ? 31 : 0; n_##l < 32; \
         ++n_##l, l = salkit_backwards ? 31 - n_##l : n_##l)
#define HELD 32
#define AT(l) (l)
#define GATHER(mask, l, x) \
    mask = 0;              \
    WARP(l) mask |= (x) ? 1U << l : 0U
#define FROM(own, m, part) own[m] part
#define LOG_NEAR(x) logf(x)
#define RECIPROCAL_NEAR(x) (1.0F / (x))
#define UNROLL
#define UNROLL_BY(n)
#define PART(never)
#define SHARED() salkit_shared
#define LANES(l)                                                                            \
    for (unsigned n_##l = 0, l = salkit_backwards ? blockDim.x - 1 : 0; n_##l < blockDim.x; \
         ++n_##l, l = salkit_backwards ? blockDim.x - 1 - n_##l : n_##l)
#else
extern __shared__ double salkit_shared[];
#define KERNEL extern "C" __global__ void __launch_bounds__(256, 1)
#define DEVICE static __device__
#define METHOD __device__ __forceinline__
#if defined ONE_WARP && ONE_WARP
#define SYNC() __syncwarp()
#else
#define SYNC() __syncthreads()
#endif
#define WITH(x) __ballot_sync(0xFFFFFFFFU, x)
#define ANY(warp, x) __any_sync(warp, x)
#define WORKER if (threadIdx.x < 32)
#define HELPER if (threadIdx.x >= 32)
#define SHIFT() __syncthreads()
#define WARP_SYNC() __syncwarp()
#define WARP(l) for (unsigned n_##l = 0, l = threadIdx.x & 31U; n_##l < 1; ++n_##l)
#define HELD 1
#define AT(l) 0
#define GATHER(mask, l, x) WARP(l) mask = WITH(x)
#define FROM(own, m, part) __shfl_sync(0xFFFFFFFFU, own[0] part, m)
#define LOG_NEAR(x) __logf(x)
#define RECIPROCAL_NEAR(x) __fdividef(1.0F, x)
#define UNROLL _Pragma("unroll")
#define PRAGMA(x) _Pragma(#x)
#define UNROLL_BY(n) PRAGMA(unroll n)
#define PART(never) if (never) __trap()
#define SHARED() salkit_shared
#define LANES(l) for (unsigned n_##l = 0, l = threadIdx.x; n_##l < 1; ++n_##l)
#endif
#ifdef NEURONS
#define COUNT(n) NEURONS
#else
#define COUNT(n) (n)
#endif
#define EACH(i, count) LANES(lane_##i) for (i64 i = lane_##i; i < (count); i += blockDim.x)
#define ONE LANES(lane_one) if (lane_one == 0)

DEVICE u64 bits_of(double x) {
#ifdef SALKIT_HOST
    u64 bits;
    memcpy(&bits, &x, 8);
    return bits;
#else
    return (u64)__double_as_longlong(x);
#endif
}

DEVICE double double_of(u64 bits) {
#ifdef SALKIT_HOST
    double x;
    memcpy(&x, &bits, 8);
    return x;
#else
    return __longlong_as_double((i64)bits);
#endif
}

// x · y + z, rounded once. UNFUSED: twice, for a test that looks for others in the assembly.
DEVICE double fused(double x, double y, double z) {
#ifdef UNFUSED
    return x * y + z;
#elif defined SALKIT_HOST
    return __builtin_fma(x, y, z);
#else
    return __fma_rn(x, y, z);
#endif
}

DEVICE double infinite() { return double_of(0x7FF0000000000000ULL); }

// x/y correctly rounded, from the correctly rounded reciprocal of y (Brisebarre, Muller & Raina 2004), where nothing
// underflows: x is a time or an exponential, y a period or a total hazard, which the bounds of potentials keep far off.
DEVICE double quotient(double x, double y, double inverse) {
    const double first = x * inverse;
    return fused(fused(-first, y, x), inverse, first);
}

// Whether products with x may under- or overflow, so that its quotient by a whole number below 2³² takes a division.
DEVICE bool hard_to_divide(double x) { return ((u32)(bits_of(x) >> 52) & 2047U) - 123U >= 1800U && x != 0.0; }

// A sum over so many steps by their number.
DEVICE double mean_of(double sum, double full, double inverse) {
    double found = quotient(sum, full, inverse);
    if (hard_to_divide(sum)) found = sum / full;
    return found;
}

// x/y correctly rounded, without branches, for y from 1.7 to 2.42. A line is within 1.5 % of 1/y, two steps of third order
// bring that to a unit in the last place, one of second order to the nearest double (Markstein 1990).
DEVICE double quotient_near_two(double x, double y) {
    double inverse = fused(-0.239016, y, 0.985062), slip;
    for (int step = 0; step < 2; ++step) {
        slip = fused(-y, inverse, 1.0);
        inverse = fused(inverse, fused(slip, slip, slip), inverse);
    }
    return quotient(x, y, fused(inverse, fused(-y, inverse, 1.0), inverse));
}

// ln x = k ln 2 + 2 (s + s³/3 + s⁵/5 + …) of a positive, normal double, in two parts.
struct Logarithm {
    double k, s;
};

DEVICE Logarithm reduced(double x) {
    const u64 bits = bits_of(x), mantissa = bits & 0x000FFFFFFFFFFFFFULL;
    const u64 above = mantissa >= 0x0006A09E667F3BCDULL ? 1 : 0;
    const double m = double_of(mantissa | (0x3FF0000000000000ULL - (above << 52)));
    const Logarithm parts = {(double)((i64)(bits >> 52) - 1023 + (i64)above), quotient_near_two(m - 1.0, m + 1.0)};
    return parts;
}

DEVICE double series_of(Logarithm x) {
    const double s = x.s, q = s * s;
    double tail = 1.0 / 21.0;
    tail = tail * q + 1.0 / 19.0;
    tail = tail * q + 1.0 / 17.0;
    tail = tail * q + 1.0 / 15.0;
    tail = tail * q + 1.0 / 13.0;
    tail = tail * q + 1.0 / 11.0;
    tail = tail * q + 1.0 / 9.0;
    tail = tail * q + 1.0 / 7.0;
    tail = tail * q + 1.0 / 5.0;
    tail = tail * q + 1.0 / 3.0;
    return x.k * 0.693147180369123816490 + (x.k * 1.90821492927058770002e-10 + (2.0 * s + 2.0 * s * (q * tail)));
}

// Natural logarithm of a positive, normal double.
DEVICE double log_(double x) { return series_of(reduced(x)); }

// Exponential of x in [−700, 700]; arguments beyond are taken at the edge.
DEVICE double exp_(double x) {
    x = x < -700.0 ? -700.0 : x;
    x = x > 700.0 ? 700.0 : x;
    const double scaled = x * 1.4426950408889634 + 0.5, shifted = scaled + 6755399441055744.0;  // 1.5 · 2^52: its last
    double k = shifted - 6755399441055744.0;  // bits are the whole number nearest to `scaled`, of which k is the floor
    const bool above = k > scaled;
    k = above ? k - 1.0 : k;
    const double r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
    double series = 1.0 / 6227020800.0;
    series = series * r + 1.0 / 479001600.0;
    series = series * r + 1.0 / 39916800.0;
    series = series * r + 1.0 / 3628800.0;
    series = series * r + 1.0 / 362880.0;
    series = series * r + 1.0 / 40320.0;
    series = series * r + 1.0 / 5040.0;
    series = series * r + 1.0 / 720.0;
    series = series * r + 1.0 / 120.0;
    series = series * r + 1.0 / 24.0;
    series = series * r + 1.0 / 6.0;
    series = series * r + 0.5;
    series = 1.0 + (r + r * r * series);
    return series * double_of((bits_of(shifted) + (above ? 1022U : 1023U)) << 52);
}

// 1/y correctly rounded for 1 ≤ y < 2^100: single precision, a step of third order to a unit in the last place, one of
// second order to the nearest double (Markstein 1990).
DEVICE double inverse_of(double y) {
    const double start = (double)RECIPROCAL_NEAR((float)y), slip = fused(-y, start, 1.0);
    const double near = fused(start, fused(slip, slip, slip), start);
    return fused(near, fused(-y, near, 1.0), near);
}

// Where it is not: larger, no number, or of a significand of ones alone.
DEVICE bool hard_to_invert(double y) {
    return !(y < 1.2676506002282294e30) || (~bits_of(y) & 0x000FFFFFFFFFFFFFULL) == 0;
}

// Two at once, side by side: reciprocals of numbers from 1 on, and σ.
struct Pair { double x, y; };
DEVICE Pair inverses(double x, double y) {
    Pair found = {inverse_of(x), inverse_of(y)};
    if (hard_to_invert(x) || hard_to_invert(y)) found.x = 1.0 / x, found.y = 1.0 / y;
    return found;
}

DEVICE Pair logistics(double x, double y) { return inverses(1.0 + exp_(-x), 1.0 + exp_(-y)); }

DEVICE double logistic(double x) { return 1.0 / (1.0 + exp_(-x)); }

struct Block { u32 a, b, c, d; };

// One Philox 4×32-10 block (salkit/philox.py names the counter's words).
DEVICE Block philox(u32 c0, u32 c1, u32 c2, u32 c3, u32 k0, u32 k1) {
    for (int round = 0; round < 10; ++round) {
        const u64 p0 = (u64)0xD2511F53U * c0, p1 = (u64)0xCD9E8D57U * c2;
        c0 = (u32)(p1 >> 32) ^ c1 ^ k0, c1 = (u32)p1;
        c2 = (u32)(p0 >> 32) ^ c3 ^ k1, c3 = (u32)p0;
        k0 += 0x9E3779B9U, k1 += 0xBB67AE85U;
    }
    const Block out = {c0, c1, c2, c3};
    return out;
}

struct Stream { u64 seed, run, replica; };

// Block number `draw` of a stream.
DEVICE Block block_of(Stream s, u64 draw) {
    return philox((u32)draw, (u32)(draw >> 32), (u32)s.replica, (u32)s.run, (u32)s.seed, (u32)(s.seed >> 32));
}

DEVICE double uniform(u32 high, u32 low) {
    return ((double)(((u64)high << 32 | low) >> 12) + 0.5) * 2.220446049250313080847263336181640625e-16;
}

// A unit exponential and a uniform in (0, 1) from one block.
DEVICE void exponential(Stream s, u64 draw, double* wait, double* share) {
    const Block x = block_of(s, draw);
    *wait = -log_(uniform(x.a, x.b));
    *share = uniform(x.c, x.d);
}

DEVICE u32 word_of(Block x, int k) { return k == 0 ? x.a : k == 1 ? x.b : k == 2 ? x.c : x.d; }

// Where a block keeps its arrays: the block's shared memory where they fit, else its slice of `scratch`.
DEVICE double* workplace(double* scratch, i64 doubles, int shared) {
#ifdef IN_SHARED
    return IN_SHARED ? SHARED() : scratch + (i64)blockIdx.x * doubles;
#else
    return shared ? SHARED() : scratch + (i64)blockIdx.x * doubles;
#endif
}

DEVICE double* take(double** place, i64 doubles) {
    double* taken = *place;
    *place += doubles;
    return taken;
}

#endif
