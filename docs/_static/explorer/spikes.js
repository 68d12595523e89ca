/* Two neurons spike: a running raster whose pairs are coloured by their order, and the histogram of their lags. */

import { SHAPES, pspTable } from "./theory.js";
import { Pairs, SamplingNetwork, TwoInSteps } from "./sampling.js";

const SPAN = 10; // tau_ref that the raster shows

/** The spikes of one setting from one seed, and the pairs so far; times in tau_ref. */
export class Watched {
  constructor(setting, seed = 1) {
    const { wij, wji, bi, bj, tauRef, shape, tauSyn } = setting;
    this.setting = setting;
    this.continuous = SHAPES[shape].timing === "continuous";
    this.network = this.continuous
      ? new SamplingNetwork([0, wij, wji, 0], [bi, bj], seed)
      : new TwoInSteps(setting, pspTable(SHAPES[shape].psp, tauRef, tauSyn), seed);
    this.now = 0;
    this.order = new Pairs();
    this.reach = 3 * tauRef;
    this.counts = new Array(2 * this.reach + 1).fill(0);
    Object.assign(this, { spikes: [], recent: [], pairs: 0, causal: 0, antiCausal: 0 });
  }

  /** Run on for a time in tau_ref, in discrete time for whole steps. */
  advance(duration) {
    const tau = this.setting.tauRef;
    const length = this.continuous ? duration : Math.max(1, Math.round(duration * tau));
    const { times, neurons } = this.network.run(length);
    const unit = this.continuous ? 1 : 1 / tau;
    times.forEach((time, k) => this.#spike((this.now + time) * unit, neurons[k]));
    this.now += length;
    const since = this.now * unit - SPAN;
    this.spikes = this.spikes.filter(([time]) => time >= since);
    this.recent = this.recent.filter(([, later]) => later >= since);
  }

  /** The present, in tau_ref. */
  get time() {
    return this.continuous ? this.now : this.now / this.setting.tauRef;
  }

  #spike(time, neuron) {
    this.spikes.push([time, neuron]);
    for (const pair of this.order.next(time, neuron)) {
      const lag = pair[2];
      this.recent.push(pair);
      this.pairs += 1;
      if (lag > 0 && lag <= 1 + 1e-9) this.causal += 1;
      if (lag < 0 && lag >= -1 - 1e-9) this.antiCausal += 1;
      const bin = Math.round(lag * this.setting.tauRef) + this.reach;
      if (bin >= 0 && bin < this.counts.length) this.counts[bin] += 1;
    }
  }

  /** Histogram of the lags as a density in 1/tau_ref, one bin a step, of mass 1 over all pairs. */
  density() {
    return this.counts.map((count) => (count * this.setting.tauRef) / Math.max(this.pairs, 1));
  }
}

/** Draw the last spikes: j below, i above; a pair is a line from the earlier spike to the later one. */
export function drawRaster(chart, watched) {
  const stop = Math.max(watched.time, SPAN);
  chart.frame({ x: [stop - SPAN, stop], y: [-0.4, 1.4], xLabel: "time (τ_ref)", yLabel: "", rows: { 0: "j", 1: "i" } });
  const row = (neuron) => 1 - neuron;
  for (const [earlier, later, lag] of watched.recent) {
    if (earlier < stop - SPAN) continue;
    const first = lag > 0 ? 1 : 0; // the neuron that spikes first: j before i is causal
    const name = lag > 0 ? "pair causal-pair" : lag < 0 ? "pair anti-pair" : "pair tie-pair";
    chart.line([[earlier, row(first)], [later, row(1 - first)]], name);
  }
  for (const [time, neuron] of watched.spikes) {
    chart.line([[time, row(neuron) - 0.25], [time, row(neuron) + 0.25]], neuron ? "spike wji" : "spike wij");
  }
}
