/* Two neurons: spike-timing difference distribution (STDD) and SAL's drift, as salkit.stdd computes them.
 *
 *   continuous time, rectangular PSP   closed form, as in salkit/stdd/continuous.py (which derives it)
 *   discrete time, any PSP             Markov chain on the two ages, as in salkit/stdd/discrete.py
 *
 * A setting is {wij, wji, bi, bj, tauRef, shape, tauSyn}; tauRef in whole steps, tauSyn in steps. Lags are
 * Δt = t_i − t_j. The drift is per pair, with the exponential window of time constant tauRef.
 */

export const SHAPES = {
  continuous: { label: "rectangular, continuous time", timing: "continuous", psp: "rectangular", tail: false },
  rectangular: { label: "rectangular", timing: "discrete", psp: "rectangular", tail: false },
  cutoff: { label: "exponential, cut off", timing: "discrete", psp: "cutoff", tail: true },
  exponential: { label: "exponential", timing: "discrete", psp: "exponential", tail: true },
  tail: { label: "rectangular with a tail", timing: "discrete", psp: "tail", tail: true },
  alpha: { label: "alpha function", timing: "discrete", psp: "alpha", tail: true },
};

export const UPDATES = 40; // steps of a path of the weights
export const RATE = 2; // learning rate times pairs in one step

/* ---- postsynaptic potentials, as tables over ages (salkit/psp.py) ---- */

export function pspTable(psp, tauRef, tauSyn) {
  if (psp === "rectangular") return new Array(tauRef).fill(1);
  const lost = -Math.expm1(-1 / tauSyn);
  const value = (age) => {
    if (psp === "tail") return age <= tauRef ? 1 : tauSyn * lost * Math.exp(-Math.max(age - 1 - tauRef, 0) / tauSyn);
    const decay = Math.exp(-(age - 1) / tauSyn);
    if (psp === "alpha") {
      return (tauRef / tauSyn) * decay * ((age - 1 + tauSyn) * lost - Math.exp(-1 / tauSyn));
    }
    return ((tauRef / -Math.expm1(-tauRef / tauSyn)) * lost) * decay;
  };
  const longest = psp === "cutoff" ? tauRef : tauRef + 2 + Math.ceil(20 * tauSyn);
  const values = Array.from({ length: longest }, (_, k) => value(k + 1));
  let peak = value(1);
  if (psp === "alpha") {
    for (let k = -1; k <= 1; k++) peak = Math.max(peak, value(Math.max(Math.round(tauSyn) + k, 1)));
  }
  let last = tauRef;
  values.forEach((v, k) => {
    if (v >= 1e-6 * peak) last = Math.max(last, k + 1);
  });
  return values.slice(0, last);
}

/* ---- continuous time ---- */

const GAUSS = gaussLegendre(16);
const EDGES = (() => {
  const edges = [0];
  for (let k = -8; k < 0; k++) edges.push(4 ** k);
  for (let k = -1; k > -9; k--) edges.push(1 - 4 ** k);
  edges.push(1);
  return edges;
})();

function gaussLegendre(n) {
  const nodes = [];
  const weights = [];
  for (let k = 1; k <= n; k++) {
    let x = Math.cos((Math.PI * (k - 0.25)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 50; step++) {
      let [p, before] = [1, 0];
      for (let m = 1; m <= n; m++) [p, before] = [((2 * m - 1) * x * p - (m - 1) * before) / m, p];
      slope = (n * (x * p - before)) / (x * x - 1);
      const move = p / slope;
      x -= move;
      if (Math.abs(move) < 1e-15) break;
    }
    nodes.push(x);
    weights.push(2 / ((1 - x * x) * slope * slope));
  }
  return { nodes, weights };
}

function integrate(f, start, stop) {
  let sum = 0;
  for (let e = 1; e < EDGES.length; e++) {
    const a = start + (stop - start) * EDGES[e - 1];
    const half = ((stop - start) * (EDGES[e] - EDGES[e - 1])) / 2;
    for (let k = 0; k < GAUSS.nodes.length; k++) sum += half * GAUSS.weights[k] * f(a + half * (GAUSS.nodes[k] + 1));
  }
  return sum;
}

const phi = (x) => (x === 0 ? 1 : Math.expm1(x) / x); // (e^x − 1)/x for x ≤ 0

function continuousPair({ wij, wji, bi, bj }) {
  const alpha = [Math.exp(bi), Math.exp(bj)];
  const beta = [Math.exp(bi + wij), Math.exp(bj + wji)];
  const density = (k, t) => {
    const [own, other] = [beta[k], beta[1 - k]];
    const atZero = alpha[1 - k] * own;
    const atOne = alpha[k] * other;
    const delta = other - own;
    const fall = -Math.abs(delta);
    const part =
      delta > 0
        ? (Math.exp(fall * (1 - t)) * t * phi(fall * t)) / (Math.exp(fall) + other * phi(fall))
        : (t * phi(fall * t)) / (1 + other * phi(fall));
    return atZero + (atOne - atZero) * own * part;
  };
  const tails = [0, 1].map((k) => {
    const waited = integrate((t) => density(1 - k, t) * Math.exp(-beta[k] * t), 0, 1);
    return (alpha[1 - k] * Math.exp(-beta[k]) + waited) * alpha[k];
  });
  const decay = alpha[0] + alpha[1];
  const inside = integrate((t) => density(0, t) + density(1, t), 0, 1);
  return { density, tails, decay, pairs: inside + (tails[0] + tails[1]) / decay };
}

function continuousDrift(setting) {
  const { density, tails, decay, pairs } = continuousPair(setting);
  const near = integrate((t) => (density(1, t) - density(0, t)) * Math.exp(-t), 0, 1);
  return (near + ((tails[1] - tails[0]) * Math.exp(-1)) / (decay + 1)) / pairs;
}

function continuousShares(setting) {
  const { density, pairs } = continuousPair(setting);
  const [causal, antiCausal] = [0, 1].map((k) => integrate((t) => density(k, t), 0, 1) / pairs);
  return { causal, antiCausal, ties: 0 };
}

function continuousBins(setting, tMax) {
  const { density, tails, decay, pairs } = continuousPair(setting);
  const tauRef = setting.tauRef;
  const halves = [0, 1].map((k) => {
    const bins = [];
    for (let lag = 0; lag <= tMax; lag++) {
      const [a, b] = [Math.max(lag - 0.5, 0) / tauRef, (lag + 0.5) / tauRef];
      const near = a < 1 ? integrate((t) => density(k, t), a, Math.min(b, 1)) : 0;
      const far = (x) => Math.exp(-decay * (Math.max(x, 1) - 1));
      bins.push((near + (tails[k] / decay) * (far(a) - far(b))) / pairs);
    }
    return bins;
  });
  return mirror(halves[0].slice(1), halves[1].slice(1), halves[0][0] + halves[1][0]);
}

/* ---- discrete time ---- */

function discretePair({ wij, wji, bi, bj, tauRef, shape, tauSyn }, start) {
  const psp = pspTable(SHAPES[shape].psp, tauRef, tauSyn);
  const cap = Math.max(tauRef, psp.length + 1);
  const size = 2 * cap - 1;
  const chance = (b, w) => {
    const table = new Float64Array(cap + 1);
    for (let age = 0; age <= cap; age++) {
      const kappa = age >= 1 && age <= psp.length ? psp[age - 1] : 0;
      table[age] = 1 / (1 + Math.exp(Math.log(tauRef) - b - w * kappa));
    }
    return table;
  };
  const pair = { chance1: chance(bi, wij), chance2: chance(bj, wji), cap, size, tauRef };

  const P = new Float64Array(size * size);
  for (let s = 0; s < size; s++) {
    const row = s * size;
    walk(pair, s, cap, (m, age1, age2, survival, p1, p2) => {
      const here = m === cap - 1 ? survival / (1 - (1 - p1) * (1 - p2)) : survival;
      P[row + Math.min(age2 + 1, cap) - 1] += here * p1 * (1 - p2);
      P[row + cap - 2 + Math.min(age1 + 1, cap)] += here * p2 * (1 - p1);
      P[row] += here * p1 * p2;
    });
  }
  pair.share = stationary(P, size, start);
  return pair;
}

/* Ages from start state s: (1, s + 1) for s < cap, else (s − cap + 2, 1). */
function walk({ chance1, chance2, cap, tauRef }, s, reach, visit) {
  let [age1, age2] = s < cap ? [1, s + 1] : [s - cap + 2, 1];
  let survival = 1;
  for (let m = 0; m < reach; m++) {
    const p1 = age1 >= tauRef ? chance1[age2] : 0;
    const p2 = age2 >= tauRef ? chance2[age1] : 0;
    visit(m, age1, age2, survival, p1, p2);
    survival *= (1 - p1) * (1 - p2);
    age1 = Math.min(age1 + 1, cap);
    age2 = Math.min(age2 + 1, cap);
  }
}

/* Row vector x = x P with sum 1: damped iteration (the chain may alternate), or elimination where that is slow. */
function stationary(P, size, start) {
  let x = start && start.length === size ? Float64Array.from(start) : new Float64Array(size).fill(1 / size);
  const y = new Float64Array(size);
  for (let round = 0; round < 300; round++) {
    y.fill(0);
    for (let s = 0; s < size; s++) {
      const weight = x[s];
      if (weight < 1e-300) continue;
      const row = s * size;
      for (let k = 0; k < size; k++) y[k] += weight * P[row + k];
    }
    let moved = 0;
    let total = 0;
    for (let k = 0; k < size; k++) {
      moved += Math.abs(y[k] - x[k]);
      x[k] = 0.25 * x[k] + 0.75 * y[k];
      total += x[k];
    }
    for (let k = 0; k < size; k++) x[k] /= total;
    if (moved < 1e-11) return x;
  }
  return eliminate(P, size);
}

function eliminate(P, size) {
  const A = new Float64Array(size * (size + 1));
  const width = size + 1;
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) A[r * width + c] = P[c * size + r] - (r === c ? 1 : 0);
  }
  for (let c = 0; c <= size; c++) A[(size - 1) * width + c] = 1;
  for (let p = 0; p < size; p++) {
    let best = p;
    for (let r = p + 1; r < size; r++) if (Math.abs(A[r * width + p]) > Math.abs(A[best * width + p])) best = r;
    if (best !== p) {
      for (let c = p; c < width; c++) {
        [A[p * width + c], A[best * width + c]] = [A[best * width + c], A[p * width + c]];
      }
    }
    for (let r = p + 1; r < size; r++) {
      const factor = A[r * width + p] / A[p * width + p];
      if (factor !== 0) for (let c = p; c < width; c++) A[r * width + c] -= factor * A[p * width + c];
    }
  }
  const x = new Float64Array(size);
  for (let r = size - 1; r >= 0; r--) {
    let sum = A[r * width + size];
    for (let c = r + 1; c < size; c++) sum -= A[r * width + c] * x[c];
    x[r] = sum / A[r * width + r];
  }
  return x;
}

/* How often pairs of each lag occur: later1[m], later2[m] for lag m + 1 ≤ cap − 1, ties, and geometric tails. */
function discreteRates(pair) {
  const { cap, size, share } = pair;
  const later1 = new Float64Array(cap - 1);
  const later2 = new Float64Array(cap - 1);
  const tails = [0, 0];
  let stay = 0;
  for (let s = 0; s < size; s++) {
    walk(pair, s, cap, (m, _age1, _age2, survival, p1, p2) => {
      const one = s < cap ? share[s] * survival * p2 : 0; // 1 has just spiked, 2 is the later
      const two = s === 0 || s >= cap ? share[s] * survival * p1 : 0;
      if (m < cap - 1) {
        later2[m] += one;
        later1[m] += two;
      } else {
        tails[1] += one;
        tails[0] += two;
        stay = (1 - p1) * (1 - p2);
      }
    });
  }
  const sum = (values) => values.reduce((total, v) => total + v, 0);
  const pairs = sum(later1) + sum(later2) + share[0] + (tails[0] + tails[1]) / (1 - stay);
  return { later1, later2, ties: share[0], tails, stay, pairs };
}

function discreteDrift(pair) {
  const { later1, later2, tails, stay, pairs } = discreteRates(pair);
  const { cap, tauRef } = pair;
  let drift = 0;
  for (let m = 0; m < cap - 1; m++) drift += (later2[m] - later1[m]) * Math.exp(-(m + 1) / tauRef);
  drift += ((tails[1] - tails[0]) * Math.exp(-cap / tauRef)) / (1 - stay * Math.exp(-1 / tauRef));
  return drift / pairs;
}

function discreteBins(pair, tMax) {
  const { later1, later2, ties, tails, stay, pairs } = discreteRates(pair);
  const half = (later, tail) =>
    Array.from({ length: tMax }, (_, m) => (m < later.length ? later[m] : tail * stay ** (m - later.length)) / pairs);
  return mirror(half(later1, tails[0]), half(later2, tails[1]), ties / pairs);
}

function discreteShares(pair) {
  const { later1, later2, ties, tails, stay, pairs } = discreteRates(pair);
  const { cap, tauRef } = pair;
  const within = (later, tail) => later.slice(0, tauRef).reduce((sum, x) => sum + x, 0) + (tauRef === cap ? tail : 0);
  return { causal: within(later1, tails[0]) / pairs, antiCausal: within(later2, tails[1]) / pairs, ties: ties / pairs };
}

/* ---- what the page and its tests call ---- */

function mirror(positive, negative, zero) {
  const tMax = positive.length;
  const lags = Array.from({ length: 2 * tMax + 1 }, (_, k) => k - tMax);
  return { lags, p: [...negative.reverse(), zero, ...positive] };
}

/** Probability of each whole lag −tMax … tMax; of mass 1 over all lags. */
export function distribution(setting, tMax) {
  if (SHAPES[setting.shape].timing === "continuous") return continuousBins(setting, tMax);
  return discreteBins(discretePair(setting), tMax);
}

/** A function setting → drift of W_ij per pair (that of W_ji is its negative); it starts from its last solution. */
export function driftSolver() {
  let share = null;
  return (setting) => {
    if (SHAPES[setting.shape].timing === "continuous") return continuousDrift(setting);
    const pair = discretePair(setting, share);
    share = pair.share;
    return discreteDrift(pair);
  };
}

/** Shares of all pairs within one refractory period: causal 0 < Δt ≤ tau_ref, anti-causal −tau_ref ≤ Δt < 0, ties. */
export function shares(setting) {
  return SHAPES[setting.shape].timing === "continuous" ? continuousShares(setting) : discreteShares(discretePair(setting));
}

/** Everything that is shown of one setting: {lags, density, equal (1/tau_ref), drift, causal, antiCausal, ties}. */
export function look(setting) {
  const reach = 3 * setting.tauRef;
  const mean = (setting.wij + setting.wji) / 2;
  const scaled = (p) => p.map((x) => x * setting.tauRef);
  const { lags, p } = distribution(setting, reach);
  const equal = scaled(distribution({ ...setting, wij: mean, wji: mean }, reach).p);
  return { lags, density: scaled(p), equal, drift: driftSolver()(setting), ...shares(setting) };
}

/** Path of both weights: at each step W_ij moves by RATE times its mean drift, W_ji by the opposite. */
export function* path(setting) {
  const drift = driftSolver();
  let { wij, wji } = setting;
  yield [wij, wji];
  for (let n = 0; n < UPDATES; n++) {
    const move = RATE * drift({ ...setting, wij, wji });
    wij += move;
    wji -= move;
    yield [wij, wji];
  }
}

/** W_ij at which the drift vanishes for a fixed W_ji, from the drifts at the grid's W_ij; null outside the grid. */
export function restOn(grid, drifts, setting) {
  const exact = drifts.findIndex((d) => Math.abs(d) < 1e-12);
  if (exact >= 0) return grid[exact];
  for (let k = 1; k < grid.length; k++) {
    if (!(drifts[k - 1] > 0 && drifts[k] < 0)) continue;
    let [a, fa, b, fb] = [grid[k - 1], drifts[k - 1], grid[k], drifts[k]];
    const drift = driftSolver();
    for (let round = 0; round < 4; round++) {
      const middle = (a * fb - b * fa) / (fb - fa);
      const f = drift({ ...setting, wij: middle });
      if (Math.abs(f) < 1e-9) return middle;
      if (f > 0) [a, fa] = [middle, f];
      else [b, fb] = [middle, f];
    }
    return (a * fb - b * fa) / (fb - fa);
  }
  return null;
}
