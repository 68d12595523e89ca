/* Networks that learn, as salkit does: a Boltzmann machine under wake–sleep and SAL, and two layers under SAL.
 *
 *   machine   W_ij ← W_ij + η_W (⟨z_i z_j⟩* − Σ K/T) + η_SAL Σ S/T,   b_i ← b_i + η_W (⟨z_i⟩* − spikes/T)
 *             triangular window at tau_ref = 1, targets exact, clipped at ±2: salkit.wakesleep, number for number
 *   layers    B ← B + η(t) Σ S, W fixed, b_i = −½ Σ_j w_ij (rate ½):        salkit.layers, in law
 */

import { SamplingNetwork, exponential, normals, uniforms } from "./sampling.js";

const LIMIT = 2;
const START = 0.2; // standard deviation of the symmetric start
const PURPOSE = { machine: 1, start: 2, noise: 6, teacher: 13, feedback: 15 };

/** p(z) over all states, neuron 0 the most significant bit, of symmetric weights; with ⟨z_i⟩ and ⟨z_i z_j⟩. */
export function exact(weights, biases) {
  const n = biases.length;
  const on = (k, i) => (k >> (n - 1 - i)) & 1;
  const energy = Array.from({ length: 1 << n }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      if (!on(k, i)) continue;
      sum += biases[i];
      for (let j = 0; j < i; j++) if (on(k, j)) sum += weights[i * n + j];
    }
    return sum;
  });
  const largest = Math.max(...energy);
  const p = energy.map((x) => exponential(x - largest));
  const total = p.reduce((sum, x) => sum + x, 0);
  const both = new Float64Array(n * n);
  p.forEach((x, k) => {
    p[k] = x / total;
    for (let i = 0; i < n; i++) if (on(k, i)) for (let j = 0; j < n; j++) if (on(k, j)) both[i * n + j] += p[k];
  });
  return { p, both, mean: Array.from({ length: n }, (_, i) => both[i * n + i]) };
}

/** D_KL(p‖q) in nats. */
export const divergence = (p, q) => p.reduce((sum, x, k) => sum + (x > 0 ? x * Math.log(x / q[k]) : 0), 0);

/* Symmetric weights from the numbers of the upper triangle, row by row. */
function symmetric(n, upper) {
  const w = new Float64Array(n * n);
  let next = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) w[i * n + j] = w[j * n + i] = upper[next++];
  return w;
}

/** Neurons of a Boltzmann machine that learn a random target; `learning` {sal, hebbian} may change between cycles. */
export class Machine {
  constructor({ n = 5, target = 1, seed = 1, noise = 0.5, rate = 0.02, cycle = 100 }) {
    const pairs = (n * (n - 1)) / 2;
    const drawn = uniforms(target, PURPOSE.machine, pairs + n).map((x) => 2 * x - 1);
    this.target = exact(symmetric(n, drawn), drawn.slice(pairs));
    const start = normals(seed, PURPOSE.start, pairs + n).map((x) => START * x);
    const weights = symmetric(n, start);
    const spread = normals(seed, PURPOSE.noise, n * (n - 1));
    let next = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) weights[i * n + j] += noise * spread[next++];
    Object.assign(this, { n, rate, cycle, cycles: 0, learning: { sal: true, hebbian: true } });
    this.network = new SamplingNetwork(weights, start.slice(pairs), seed, target);
    this.since = { time: 0, pairs: new Float64Array(n * n), counts: new Float64Array(n) };
    this.time = 0;
    this.occupancy = new Float64Array(1 << n);
  }

  /** Run on, at most to the end of the cycle, where weights are updated; returns the spikes and how long it took. */
  advance(duration) {
    const left = this.cycle - this.since.time;
    const span = Math.min(duration, left);
    const found = this.network.run(span);
    found.pairs.forEach((x, k) => (this.since.pairs[k] += x));
    found.counts.forEach((x, i) => (this.since.counts[i] += x));
    found.occupancy.forEach((x, k) => (this.occupancy[k] += x));
    found.from = this.time;
    found.span = span;
    this.time += span;
    this.since.time = span === left ? 0 : this.since.time + span;
    found.updated = span === left;
    if (found.updated) this.#update();
    return found;
  }

  #update() {
    const { n, rate, network, since, target } = this;
    const { sal, hebbian } = this.learning;
    const clip = (x) => Math.min(Math.max(x, -LIMIT), LIMIT);
    const perTime = 1 / this.cycle;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (i === j) continue;
        const [later, earlier] = [since.pairs[i * n + j], since.pairs[j * n + i]];
        let change = hebbian ? rate * (target.both[i * n + j] - (later + earlier) * perTime) : 0;
        if (sal) change += rate * ((earlier - later) * perTime);
        network.weights[i * n + j] = clip(network.weights[i * n + j] + change);
      }
      if (hebbian) network.biases[i] = clip(network.biases[i] + rate * (target.mean[i] - since.counts[i] * perTime));
    }
    network.renew();
    this.cycles += 1;
    since.pairs.fill(0);
    since.counts.fill(0);
    if (sal || hebbian) this.occupancy = this.occupancy.map((x) => 0.98 * x); // what older weights did fades
  }

  /** Share of the time in each state, half a tau_ref added to each. */
  states() {
    const total = this.occupancy.reduce((sum, x) => sum + x + 0.5, 0);
    return [...this.occupancy].map((x) => (x + 0.5) / total);
  }

  /** Root mean square of W_ij − W_ji over pairs. */
  asymmetry() {
    const { n, network: { weights } } = this;
    let sum = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += (weights[i * n + j] - weights[j * n + i]) ** 2;
    return Math.sqrt(sum / ((n * (n - 1)) / 2));
  }
}

/** Two layers of m neurons, forward weights W fixed, feedback weights B that SAL aligns; uniform in ±√(3/m) at the start. */
export class TwoLayers {
  constructor({ m = 5, seed = 1, rate = 0.05, anneal = 4000, cycle = 20 }) {
    const bound = Math.sqrt(3 / m);
    const draw = (purpose) => uniforms(seed, purpose, m * m).map((x) => bound * (2 * x - 1));
    Object.assign(this, { m, rate, anneal, cycle, time: 0, forward: draw(PURPOSE.teacher), backward: draw(PURPOSE.feedback) });
    this.network = new SamplingNetwork(new Float64Array(4 * m * m), new Float64Array(2 * m), seed);
    this.#install();
  }

  /* Neurons 0 … m − 1 are the lower layer. forward[k·m + i]: from lower i to upper k; backward[i·m + k]: from k to i. */
  #install() {
    const { m, network } = this;
    for (let i = 0; i < m; i++) {
      for (let k = 0; k < m; k++) {
        network.weights[(m + k) * 2 * m + i] = this.forward[k * m + i];
        network.weights[i * 2 * m + m + k] = this.backward[i * m + k];
      }
    }
    for (let i = 0; i < 2 * m; i++) {
      network.biases[i] = -0.5 * network.weights.slice(i * 2 * m, (i + 1) * 2 * m).reduce((sum, w) => sum + w, 0);
    }
    network.renew();
  }

  /** One cycle of frozen weights and one update. */
  step() {
    const { m, cycle } = this;
    const { pairs } = this.network.run(cycle);
    this.time += cycle;
    const eta = this.rate / (1 + this.time / this.anneal);
    for (let i = 0; i < m; i++) {
      for (let k = 0; k < m; k++) {
        const [causal, anti] = [pairs[i * 2 * m + m + k], pairs[(m + k) * 2 * m + i]];
        this.backward[i * m + k] += eta * (anti - causal);
      }
    }
    this.#install();
  }

  /** Degrees between B and Wᵀ. */
  angle() {
    const { m, forward, backward } = this;
    let [dot, ww, bb] = [0, 0, 0];
    for (let i = 0; i < m; i++) {
      for (let k = 0; k < m; k++) {
        const [w, b] = [forward[k * m + i], backward[i * m + k]];
        [dot, ww, bb] = [dot + w * b, ww + w * w, bb + b * b];
      }
    }
    return (Math.acos(Math.min(Math.max(dot / Math.sqrt(ww * bb), -1), 1)) * 180) / Math.PI;
  }
}
