/* Networks of sampling neurons, spike for spike those of salkit.simulate: the same equations, the same random numbers.
 *
 *   continuous time   hazard exp(b_i + Σ_j W_ij z_j)/tau_ref while not refractory   (salkit/kernels/cpu/continuous.py)
 *   discrete time     p_i = σ(b_i + Σ_j W_ij κ(a_j) − ln tau_ref) in each step      (salkit/kernels/cpu/discrete.py)
 *
 * Random numbers: Philox 4×32-10, key = seed, counter = (draw, draw, replica 0, run); log and exp from +, −, ×, ÷ alone
 * (salkit/kernels/cpu/elementary.py), so that every browser draws the same spikes.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const LN2_INVERSE = 1.4426950408889634;
const ROOT2 = Math.SQRT2;
const scratch = new DataView(new ArrayBuffer(8));

/** Natural logarithm of a positive, normal double. */
export function ln(x) {
  scratch.setFloat64(0, x);
  const high = scratch.getUint32(0);
  let k = (high >>> 20) - 1023;
  scratch.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = scratch.getFloat64(0);
  if (m >= ROOT2) {
    m /= 2;
    k += 1;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let tail = 1 / 21;
  for (let odd = 19; odd >= 3; odd -= 2) tail = tail * q + 1 / odd;
  return k * LN2_HIGH + (k * LN2_LOW + (2 * s + 2 * s * (q * tail)));
}

const FACTORIALS = Array.from({ length: 14 }, (_, n) => Array.from({ length: n }, (_, k) => k + 1).reduce((a, b) => a * b, 1));

/** Exponential of x in [−700, 700]; arguments beyond are taken at the edge. */
export function exponential(x) {
  const within = Math.min(Math.max(x, -700), 700);
  const k = Math.floor(within * LN2_INVERSE + 0.5);
  const r = within - k * LN2_HIGH - k * LN2_LOW;
  let series = 1 / FACTORIALS[13];
  for (let n = 12; n >= 3; n--) series = series * r + 1 / FACTORIALS[n];
  series = series * r + 0.5;
  series = 1 + (r + r * r * series);
  scratch.setUint32(0, (k + 1023) << 20);
  scratch.setUint32(4, 0);
  return series * scratch.getFloat64(0);
}

/* High 32 bits of a product of two 32-bit numbers. */
function high(a, b) {
  const [a1, a0, b1, b0] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = a1 * b0 + ((a0 * b0) >>> 16);
  const middle = a0 * b1 + (low % 65536);
  return (a1 * b1 + Math.floor(low / 65536) + Math.floor(middle / 65536)) >>> 0;
}

/** The four words of block `draw` of the stream (seed, purpose, replica 0, run). */
export function philox(seed, draw, purpose = 0, run = 0) {
  let [c0, c1, c2, c3] = [draw >>> 0, (Math.floor(draw / 4294967296) + purpose * 16777216) >>> 0, 0, run >>> 0];
  let [k0, k1] = [seed >>> 0, Math.floor(seed / 4294967296) >>> 0];
  for (let round = 0; round < 10; round++) {
    const [h0, l0] = [high(0xd2511f53, c0), Math.imul(0xd2511f53, c0) >>> 0];
    const [h1, l1] = [high(0xcd9e8d57, c2), Math.imul(0xcd9e8d57, c2) >>> 0];
    [c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

const unit = (upper, lower) => (upper * 1048576 + (lower >>> 12) + 0.5) * 2 ** -52;

/** `size` numbers in (0, 1) from a named stream, as salkit.philox.uniform. */
export function uniforms(seed, purpose, size) {
  return Array.from({ length: size }, (_, n) => {
    const words = philox(seed, n >> 1, purpose);
    return n % 2 ? unit(words[2], words[3]) : unit(words[0], words[1]);
  });
}

/** `size` numbers from N(0, 1), as salkit.philox.normal: Marsaglia's polar method. */
export function normals(seed, purpose, size) {
  for (let points = 2 * size + 16; ; points *= 2) {
    const found = [];
    const drawn = uniforms(seed, purpose, 2 * points);
    for (let k = 0; k < points; k++) {
      const [x, y] = [2 * drawn[2 * k] - 1, 2 * drawn[2 * k + 1] - 1];
      const s = x * x + y * y;
      if (s <= 0 || s >= 1) continue;
      const scale = Math.sqrt((-2 * ln(s)) / s);
      found.push(x * scale, y * scale);
    }
    if (found.length >= size) return found.slice(0, size);
  }
}

/** N neurons in continuous time, rectangular PSPs, tau_ref = 1; weights in rows of W_i·. Weights may change between runs. */
export class SamplingNetwork {
  constructor(weights, biases, seed, run = 0) {
    Object.assign(this, { weights: Float64Array.from(weights), biases: Float64Array.from(biases), seed, stream: run });
    this.size = biases.length;
    this.ages = new Float64Array(this.size).fill(Infinity);
    this.draw = 0;
    this.rest = -1;
    this.table = new Float64Array(this.size << this.size);
    this.known = new Uint8Array(1 << this.size);
  }

  /** Forget the hazards after a change of the weights or biases. */
  renew() {
    this.known.fill(0);
  }

  /* Cumulative hazards in a state, computed where it first comes up. */
  hazards(state) {
    const n = this.size;
    const row = state * n;
    if (this.known[state]) return row;
    let total = 0;
    for (let i = 0; i < n; i++) {
      if (((state >> (n - 1 - i)) & 1) === 0) {
        let u = this.biases[i];
        for (let j = 0; j < n; j++) if ((state >> (n - 1 - j)) & 1) u += this.weights[i * n + j];
        total += exponential(u);
      }
      this.table[row + i] = total;
    }
    this.known[state] = 1;
    return row;
  }

  /** The next `duration`: {times, neurons, counts, occupancy, pairs}; pairs[i·N + j] = Σ max(0, 1 − Δt), i after j. */
  run(duration) {
    const n = this.size;
    const last = this.ages.map((age) => -age);
    const ring = [...this.ages.keys()].filter((i) => this.ages[i] < 1).sort((a, b) => last[a] - last[b]);
    const found = { times: [], neurons: [], counts: new Array(n).fill(0), occupancy: new Float64Array(1 << n), pairs: new Float64Array(n * n) };
    let [t, state] = [0, ring.reduce((sum, i) => sum | (1 << (n - 1 - i)), 0)];
    let words = philox(this.seed, this.draw, 0, this.stream);
    let wait = this.rest >= 0 ? this.rest : -ln(unit(words[0], words[1]));
    let row = this.hazards(state);
    for (;;) {
      const total = this.table[row + n - 1];
      const stop = ring.length ? Math.min(last[ring[0]] + 1, duration) : duration;
      const span = stop - t;
      if (wait >= total * span) {
        wait -= total * span;
        found.occupancy[state] += span;
        t = stop;
        if (t >= duration) break;
        state ^= 1 << (n - 1 - ring.shift());
        row = this.hazards(state);
        continue;
      }
      const dt = wait / total;
      t += dt;
      found.occupancy[state] += dt;
      const x = unit(words[2], words[3]) * total;
      let i = 0;
      for (let k = 0; k < n - 1; k++) if (this.table[row + k] <= x) i += 1;
      for (let j = 0; j < n; j++) found.pairs[i * n + j] += Math.max(0, 1 - (t - last[j]));
      found.counts[i] += 1;
      found.times.push(t);
      found.neurons.push(i);
      last[i] = t;
      ring.push(i);
      state |= 1 << (n - 1 - i);
      row = this.hazards(state);
      this.draw += 1;
      words = philox(this.seed, this.draw, 0, this.stream);
      wait = -ln(unit(words[0], words[1]));
    }
    for (let i = 0; i < n; i++) this.ages[i] = duration - last[i];
    this.rest = wait;
    return found;
  }
}

/** Two neurons in discrete time, i = 0 and j = 1; `psp` a table over ages from 1 on, tauRef in steps. */
export class TwoInSteps {
  constructor({ wij, wji, bi, bj, tauRef }, psp, seed) {
    Object.assign(this, { tauRef, psp, seed, draw: 0, ages: [Infinity, Infinity] });
    const threshold = (b, w) => (kappa) => Math.floor(4294967296 / (1 + exponential(-(b + w * kappa - ln(tauRef)))));
    const heights = [0, ...psp];
    this.thresholds = [threshold(bi, wij), threshold(bj, wji)].map((of) => heights.map(of));
  }

  /** Spikes of the next `steps` steps, times in steps. */
  run(steps) {
    const found = { times: [], neurons: [] };
    const kappa = (age) => (age <= this.psp.length ? age : 0);
    for (let s = 0; s < steps; s++) {
      const words = philox(this.seed, this.draw);
      this.draw += 1;
      const [a, b] = this.ages.map((age) => age + 1);
      const first = a >= this.tauRef && words[0] < this.thresholds[0][kappa(b)];
      const second = b >= this.tauRef && words[1] < this.thresholds[1][kappa(a)];
      if (first) found.times.push(s), found.neurons.push(0);
      if (second) found.times.push(s), found.neurons.push(1);
      this.ages = [first ? 0 : a, second ? 0 : b];
    }
    return found;
  }
}

/** Consecutive spikes of different neurons, i = 0 and j = 1, spike by spike, as Spikes.stdd counts them. */
export class Pairs {
  constructor() {
    this.before = { time: -Infinity, who: 0 }; // who: bit 1 for i, bit 2 for j
    this.latest = { time: -Infinity, who: 0 };
  }

  /** The pairs that a spike completes, [earlier, later, lag = t_i − t_j]; two spikes in one step have lag 0. */
  next(time, neuron) {
    const [own, other] = neuron === 0 ? [1, 2] : [2, 1];
    const together = time === this.latest.time;
    if (!together) [this.before, this.latest] = [this.latest, { time, who: 0 }];
    this.latest.who |= own;
    const from = this.before.time;
    const found = this.before.who & other ? [[from, time, neuron === 0 ? time - from : from - time]] : [];
    return together ? [...found, [time, time, 0]] : found;
  }
}
