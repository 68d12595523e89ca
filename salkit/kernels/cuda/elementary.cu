// The generator and the elementary functions over arrays, for tests against elementary.py and published vectors.

#include "continuous.cuh"

// counter (count, 4), key (count, 2) and out (count, 4): 32-bit words carried in 64.
KERNEL philox_blocks(i64 count, const u64* counter, const u64* key, u64* out) {
    LANES(l) {
        const i64 k = (i64)blockIdx.x * blockDim.x + l;
        if (k < count) {
            const u64* c = counter + 4 * k;
            const Block x = philox((u32)c[0], (u32)c[1], (u32)c[2], (u32)c[3], (u32)key[2 * k], (u32)key[2 * k + 1]);
            for (int word = 0; word < 4; ++word) out[4 * k + word] = word_of(x, word);
        }
    }
}

// log |x| where x is not 0, exp x and σ(x), alone and beside another.
KERNEL functions(i64 count, const double* x, double* logarithm, double* exponential, double* sigma, double* beside) {
    LANES(l) {
        const i64 k = (i64)blockIdx.x * blockDim.x + l;
        if (k < count) {
            logarithm[k] = x[k] == 0.0 ? 0.0 : log_(x[k] < 0.0 ? -x[k] : x[k]);
            exponential[k] = exp_(x[k]);
            sigma[k] = logistic(x[k]);
            beside[k] = k % 2 ? logistics(x[k], x[k - 1]).x : logistics(0.0, x[k]).y;
        }
    }
}

// lag/tau_ref.
KERNEL quotients(i64 count, double tau_ref, const double* lag, double* out) {
    LANES(l) {
        const i64 k = (i64)blockIdx.x * blockDim.x + l;
        if (k < count) out[k] = quotient(lag[k], tau_ref, 1.0 / tau_ref);
    }
}

// 1/y for y from 1 on.
KERNEL reciprocals(i64 count, const double* y, double* out) {
    LANES(l) {
        const i64 k = (i64)blockIdx.x * blockDim.x + l;
        if (k < count) out[k] = inverses(y[k], 1.5).x;
    }
}

// sums/full.
KERNEL means(i64 count, double full, const double* sums, double* out) {
    LANES(l) {
        const i64 k = (i64)blockIdx.x * blockDim.x + l;
        if (k < count) out[k] = mean_of(sums[k], full, 1.0 / full);
    }
}
