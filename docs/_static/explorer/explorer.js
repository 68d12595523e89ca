/* The explorer's page: reads the controls, computes in small slices so that the page stays responsive, draws. */

import { SHAPES, UPDATES, distribution, driftSolver, path, pspTable, restOn } from "./theory.js";
import { Chart, show, withSubscripts } from "./charts.js";

const GRID = Array.from({ length: 9 }, (_, k) => -2 + k / 2);
const SLICE = 14; // milliseconds of work between two breaths
const byId = (id) => document.getElementById(id);
const NAMES = ["wij", "wji", "bi", "bj", "tauRef", "tauSyn"];

const charts = {
  stdd: new Chart(byId("chart-stdd")),
  plane: new Chart(byId("chart-plane"), { height: 360, left: 44 }),
  weights: new Chart(byId("chart-weights"), { right: 40 }),
  psp: new Chart(byId("chart-psp"), { height: 190 }),
};
const planes = new Map(); // drifts over the grid and the nullcline, by biases and PSP
let job = 0;
let walking = null;

function read() {
  const setting = { shape: byId("shape").value };
  for (const name of NAMES) setting[name] = Number(byId(name).value);
  setting.tauSyn *= setting.tauRef; // the control counts in tau_ref
  return setting;
}

function echo() {
  const setting = read();
  for (const name of NAMES) {
    const unit = { tauRef: " steps", tauSyn: " τ_ref" }[name] ?? "";
    const value = show(Number(byId(name).value), { tauRef: 0, tauSyn: 1 }[name] ?? 2);
    byId(`${name}-value`).innerHTML = withSubscripts(value + unit);
  }
  byId("tauSyn").disabled = !SHAPES[setting.shape].tail;
  return setting;
}

/* Runs a generator until it is done or a newer job has begun. */
function work(steps, then) {
  const mine = ++job;
  const slice = () => {
    if (mine !== job) return;
    const until = performance.now() + SLICE;
    let next;
    do next = steps.next();
    while (!next.done && performance.now() < until);
    if (next.done) then();
    else setTimeout(slice, 0);
  };
  slice();
}

function update() {
  const setting = echo();
  const result = { setting, drift: driftSolver()(setting) };
  drawStdd(result);
  drawPsp(setting);
  byId("explorer").dataset.state = "computing";
  work(compute(result), () => {
    byId("explorer").dataset.state = "ready";
    say(result);
  });
}

function* compute(result) {
  const { setting } = result;
  const key = JSON.stringify([setting.bi, setting.bj, setting.tauRef, setting.shape, setting.tauSyn]);
  const plane = planes.get(key);
  result.path = [];
  for (const point of path(setting)) {
    result.path.push(point);
    yield;
  }
  drawPlane(result, plane);
  drawWeights(result);
  if (plane) return;
  const fresh = { drifts: [], nullcline: [] };
  const drift = driftSolver();
  for (const wji of GRID) {
    const row = [];
    for (const wij of GRID) {
      row.push(drift({ ...setting, wij, wji }));
      yield;
    }
    fresh.drifts.push(row);
    fresh.nullcline.push(restOn(GRID, row, { ...setting, wji }));
    yield;
  }
  if (planes.size > 40) planes.clear();
  planes.set(key, fresh);
  drawPlane(result, fresh);
}

/* ---- drawing ---- */

function drawStdd(result) {
  const { setting } = result;
  const reach = 3 * setting.tauRef;
  const { lags, p } = distribution(setting, reach);
  const mean = (setting.wij + setting.wji) / 2;
  const equal = distribution({ ...setting, wij: mean, wji: mean }, reach).p;
  Object.assign(result, { lags, density: p.map((x) => x * setting.tauRef) });
  const bar = (k, y) => [(lags[k] - 0.5) / setting.tauRef, (lags[k] + 0.5) / setting.tauRef, y];
  const side = (sign) => lags.flatMap((lag, k) => (lag * sign > 0 ? [bar(k, result.density[k])] : []));
  const top = 1.08 * Math.max(...result.density, ...equal.map((x) => x * setting.tauRef));
  const chart = charts.stdd;
  chart.frame({ x: [-3, 3], y: [0, top], xLabel: "Δt = t_i − t_j  (τ_ref)", yLabel: "density (1/τ_ref)" });
  chart.bars(side(-1), "anti-causal");
  chart.bars([bar(reach, result.density[reach])], "tie");
  chart.bars(side(1), "causal");
  chart.line(lags.map((lag, k) => [lag / setting.tauRef, equal[k] * setting.tauRef]), "equal");
  result.causal = p.reduce((sum, x, k) => sum + (lags[k] > 0 && lags[k] <= setting.tauRef ? x : 0), 0);
  result.antiCausal = p.reduce((sum, x, k) => sum + (lags[k] < 0 && lags[k] >= -setting.tauRef ? x : 0), 0);
}

function drawPlane(result, plane) {
  const chart = charts.plane;
  const { setting, drift } = result;
  chart.frame({ x: [-2.25, 2.25], y: [-2.25, 2.25], xLabel: "W_ij", yLabel: "W_ji" });
  chart.line([[-2.25, -2.25], [2.25, 2.25]], "diagonal");
  const largest = plane ? Math.max(...plane.drifts.flat().map(Math.abs)) : 0.4;
  const pixels = (d) => (Math.sign(d) * 15 * Math.sqrt(Math.abs(d) / largest)) / Math.SQRT2;
  if (plane) {
    plane.drifts.forEach((row, r) =>
      row.forEach((d, c) => chart.arrow([GRID[c], GRID[r]], [pixels(d), -pixels(d)], "field", 3.5)),
    );
    chart.line(plane.nullcline.flatMap((wij, r) => (wij === null ? [] : [[wij, GRID[r]]])), "nullcline");
  }
  chart.line(result.path, "path");
  chart.point(result.path.at(-1), "rest", 4.5);
  const here = [setting.wij, setting.wji];
  const bold = Math.sign(drift) * Math.max(14, 2 * Math.abs(pixels(drift)));
  if (Math.abs(drift) > 1e-4) chart.arrow(here, [bold, -bold], "drift", 8);
  chart.point(here, "here");
}

function drawWeights({ path: points }) {
  const chart = charts.weights;
  const all = points.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = Math.max(0.1, 0.12 * (high - low));
  chart.frame({ x: [0, UPDATES], y: [low - room, high + room], xLabel: "updates of the weights", yLabel: "weight" });
  const last = points.at(-1);
  ["W_ij", "W_ji"].forEach((name, k) => {
    chart.line(points.map((point, n) => [n, point[k]]), k ? "wji" : "wij");
    const apart = (last[k] - last[1 - k]) * (chart.py(0) - chart.py(1));
    const shift = Math.abs(apart) < 14 ? (k === (points[0][0] >= points[0][1] ? 0 : 1) ? 7 : -7) / (chart.py(0) - chart.py(1)) : 0;
    chart.text([UPDATES + 0.6, last[k] + shift - 4 / (chart.py(0) - chart.py(1))], name, k ? "wji" : "wij");
  });
}

function drawPsp({ shape, tauRef, tauSyn }) {
  const { psp, timing } = SHAPES[shape];
  const table = pspTable(psp, tauRef, tauSyn);
  const chart = charts.psp;
  chart.frame({ x: [0, 4], y: [0, 1.1 * Math.max(1, ...table)], xLabel: "time since the spike (τ_ref)", yLabel: "PSP κ" });
  const points = [[0, 0]];
  const steps = timing === "continuous" ? [[0, 1, 1]] : table.map((v, k) => [k / tauRef, (k + 1) / tauRef, v]);
  for (const [a, b, v] of steps) if (a < 4) points.push([a, v], [Math.min(b, 4), v]);
  if (points.at(-1)[0] < 4) points.push([points.at(-1)[0], 0], [4, 0]);
  chart.line(points, "kappa");
}

/* ---- in words ---- */

function say(result) {
  const { setting, drift, path: points } = result;
  const [restIj, restJi] = points.at(-1);
  const settled = Math.abs(points.at(-1)[0] - points.at(-2)[0]) < 1e-3;
  const percent = (x) => `${(100 * x).toFixed(1)} %`;
  const stronger = setting.wij === setting.wji ? "Both weights are equal" : setting.wij > setting.wji ? "W_ij is the stronger weight" : "W_ji is the stronger weight";
  const moves = Math.abs(drift) < 5e-5 ? "SAL leaves them where they are" : `SAL ${drift < 0 ? "weakens" : "strengthens"} W_ij and ${drift < 0 ? "strengthens" : "weakens"} W_ji`;
  byId("summary").innerHTML = withSubscripts(
    `${stronger} (${show(setting.wij)} and ${show(setting.wji)}). Within one refractory period, neuron i follows j in ` +
    `${percent(result.causal)} of all pairs and j follows i in ${percent(result.antiCausal)}. ${moves}: drift of W_ij ` +
    `${show(drift, 4)} per pair, of W_ji ${show(-drift, 4)}. After ${UPDATES} updates they are at W_ij = ${show(restIj, 3)}, ` +
    `W_ji = ${show(restJi, 3)}${settled ? "" : ", still moving"}.`,
  );
  byId("number-drift-ij").textContent = show(drift, 4);
  byId("number-drift-ji").textContent = show(-drift, 4);
  byId("number-end-ij").textContent = show(restIj, 3);
  byId("number-end-ji").textContent = show(restJi, 3);
  for (const [id, at] of [["minus-half", -0.5], ["minus-zero", -1 / setting.tauRef], ["plus-zero", 1 / setting.tauRef], ["plus-half", 0.5]]) {
    const lag = Math.round(at * setting.tauRef);
    byId(`number-${id}`).textContent = `${show(result.density[lag + 3 * setting.tauRef], 3)} (Δt = ${show(lag, 0)} steps)`;
  }
  charts.stdd.svg.setAttribute("aria-label", `Spike-timing difference distribution: short causal lags ${percent(result.causal)}, short anti-causal lags ${percent(result.antiCausal)} of all pairs.`);
  charts.plane.svg.setAttribute("aria-label", `Phase plane: from W_ij ${show(setting.wij)}, W_ji ${show(setting.wji)} the weights move to ${show(restIj)}, ${show(restJi)}.`);
  charts.weights.svg.setAttribute("aria-label", `Both weights over ${UPDATES} updates, W_ij from ${show(setting.wij)} to ${show(restIj)}, W_ji from ${show(setting.wji)} to ${show(restJi)}.`);
  charts.psp.svg.setAttribute("aria-label", `Shape of the postsynaptic potential: ${SHAPES[setting.shape].label}.`);
}

/* ---- controls ---- */

function stop() {
  clearInterval(walking);
  walking = null;
  byId("run").textContent = "Let SAL learn";
}

/* Sliders go in steps of 0.05, a path does not. */
function place([wij, wji]) {
  for (const [id, value] of [["wij", wij], ["wji", wji]]) {
    byId(id).step = "any";
    byId(id).value = value;
  }
  update();
}

/* Moves both weights along their path; at once where the reader asked for less motion. */
function run() {
  if (walking !== null) return stop();
  const points = [...path(read())];
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return place(points.at(-1));
  byId("run").textContent = "Stop";
  let n = 0;
  walking = setInterval(() => {
    n += 1;
    place(points[n]);
    if (n === points.length - 1) stop();
  }, 120);
}

for (const [name, { label, timing }] of Object.entries(SHAPES)) {
  const option = document.createElement("option");
  option.value = name;
  option.textContent = timing === "continuous" ? label : `${label}, discrete time`;
  byId("shape").append(option);
}
for (const id of [...NAMES, "shape"]) {
  byId(id).addEventListener("input", (event) => {
    if (walking !== null) stop();
    if (event.target.step === "any") event.target.step = "0.05";
    update();
  });
}
byId("run").addEventListener("click", run);
byId("again").addEventListener("click", () => {
  stop();
  byId("wij").step = byId("wji").step = "0.05";
  byId("controls").reset();
  update();
});
byId("controls").addEventListener("submit", (event) => event.preventDefault());
update();
