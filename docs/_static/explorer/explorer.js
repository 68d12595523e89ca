/* The page of two neurons: reads the controls, asks the worker, draws. */

import { SHAPES, pspTable } from "./theory.js";
import { GRID, planeKey } from "./engine.js";
import { button, counted, labels, show, summary, withSubscripts } from "./words.js";
import { restore, written } from "./address.js";
import { Watched, drawRaster } from "./spikes.js";
import { Chart } from "./charts.js";
import { connect } from "./connect.js";

const byId = (id) => document.getElementById(id);
const WEIGHTS = ["wij", "wji"];
const NAMES = [...WEIGHTS, "bi", "bj", "tauRef", "tauSyn"];
const PAUSE = 120; // milliseconds between two updates that are shown
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const charts = {
  stdd: new Chart(byId("chart-stdd")),
  raster: new Chart(byId("chart-raster"), { height: 150 }),
  plane: new Chart(byId("chart-plane"), { height: 360, left: 44 }),
  weights: new Chart(byId("chart-weights"), { right: 40 }),
  psp: new Chart(byId("chart-psp"), { height: 190 }),
};
const planes = new Map(); // by planeKey
let trail = []; // weights at every update from the start to now
let path = null; // the updates to come, the first is now
let seen = null; // theory.look of the weights now
let walking = null;
let watched = null;
let watching = null; // time of the last frame
let job = 0;

/* ---- the setting ---- */

function read() {
  const setting = { shape: byId("shape").value };
  for (const name of NAMES) setting[name] = Number(byId(name).value);
  setting.tauSyn *= setting.tauRef; // the control counts in tau_ref
  [setting.wij, setting.wji] = trail.at(-1) ?? [setting.wij, setting.wji]; // a slider goes in steps, a path does not
  return setting;
}

function echo(setting) {
  WEIGHTS.forEach((name, k) => {
    byId(name).step = trail.length > 1 ? "any" : "0.05";
    byId(name).value = trail.at(-1)[k];
  });
  for (const name of NAMES) {
    const unit = { tauRef: " steps", tauSyn: " τ_ref" }[name] ?? "";
    const value = WEIGHTS.includes(name) ? setting[name] : Number(byId(name).value);
    byId(`${name}-value`).innerHTML = withSubscripts(show(value, { tauRef: 0, tauSyn: 1 }[name] ?? 2) + unit);
  }
  byId("tauSyn").disabled = !SHAPES[setting.shape].tail;
  const { does, label } = button(walking !== null, trail, path);
  byId("run").textContent = label;
  byId("run").disabled = does === "nothing";
  byId("again").disabled = trail.length < 2;
}

function remember() {
  const values = { shape: byId("shape").value };
  for (const name of NAMES) values[name] = Number(byId(name).value);
  [values.wij, values.wji] = trail[0];
  history.replaceState(null, "", written(values));
}

/* ---- the worker ---- */

const engine = connect(({ data: { id, part, value } }) => {
  if (part === "plane") {
    if (planes.size > 40) planes.clear();
    planes.set(id, value);
  } else if (id === job) {
    if (part === "look") seen = value;
    else path = value;
  } else return;
  draw();
});

/* Ask for what is not there: of new weights all but the plane, of a step on a known path only what is shown there. */
function ask(step = false) {
  const setting = read();
  job += 1;
  seen = null;
  if (!step) path = null;
  byId("explorer").dataset.state = "computing";
  engine.postMessage({ id: job, setting, parts: step ? ["look"] : ["look", "path"] });
  const key = planeKey(setting);
  if (!step && !planes.has(key)) engine.postMessage({ id: key, setting, parts: ["plane"] });
  watched = new Watched(setting);
  if (calm.matches && watching !== null) watched.advance(2000);
  echo(setting);
  drawPsp(setting);
  drawSpikes();
}

/* New weights, a new start; anything else moves on from where the weights are. */
function update(weightsToo) {
  pause();
  if (weightsToo) trail = [[Number(byId("wij").value), Number(byId("wji").value)]];
  ask();
  remember();
}

/* ---- drawing ---- */

function draw() {
  const setting = read();
  echo(setting);
  if (seen) drawStdd(setting);
  drawPlane(setting, planes.get(planeKey(setting)));
  if (path) drawWeights();
  if (!seen || !path) return;
  say(setting);
  if (planes.has(planeKey(setting))) byId("explorer").dataset.state = "ready";
}

function drawStdd({ tauRef }) {
  const { lags, density, equal } = seen;
  const bar = (k, y) => [(lags[k] - 0.5) / tauRef, (lags[k] + 0.5) / tauRef, y];
  const side = (sign) => lags.flatMap((lag, k) => (lag * sign > 0 ? [bar(k, density[k])] : []));
  const top = 1.15 * Math.max(...density, ...equal);
  const chart = charts.stdd;
  chart.frame({ x: [-3, 3], y: [0, top], xLabel: "Δt = t_i − t_j  (τ_ref)", yLabel: "density (1/τ_ref)" });
  chart.bars(side(-1), "anti-causal");
  chart.bars([bar(3 * tauRef, density[3 * tauRef])], "tie");
  chart.bars(side(1), "causal");
  chart.line(lags.map((lag, k) => [lag / tauRef, equal[k]]), "equal");
  if (watched.pairs) chart.outline(watched.density().map((y, k) => bar(k, Math.min(y, top))), "counted");
}

function drawSpikes() {
  drawRaster(charts.raster, watched);
  byId("counted").innerHTML = withSubscripts(counted(watched.pairs, watched.causal, watched.antiCausal, seen));
  const share = counted(watched.pairs, watched.causal, watched.antiCausal, null).replace("_", "");
  charts.raster.svg.setAttribute("aria-label", `Spikes of both neurons in the last 10 refractory periods. ${share}`);
}

function drawPlane({ wij, wji }, plane) {
  const chart = charts.plane;
  const reach = 1.08 * Math.max(2.1, ...[...trail, ...(path ?? [])].flat().map(Math.abs)); // some paths lead far out
  chart.frame({ x: [-reach, reach], y: [-reach, reach], xLabel: "W_ij", yLabel: "W_ji" });
  chart.line([[-reach, -reach], [reach, reach]], "diagonal");
  const largest = plane ? Math.max(...plane.drifts.flat().map(Math.abs)) : 0.4;
  const pixels = (d) => (Math.sign(d) * 15 * Math.sqrt(Math.abs(d) / largest)) / Math.SQRT2;
  if (plane) {
    plane.drifts.forEach((row, r) =>
      row.forEach((d, c) => chart.arrow([GRID[c], GRID[r]], [pixels(d), -pixels(d)], "field", 3.5)),
    );
    chart.line(plane.nullcline.flatMap((at, r) => (at === null ? [] : [[at, GRID[r]]])), "nullcline");
  }
  if (path) {
    chart.line(path, "path");
    chart.point(path.at(-1), "rest", 4.5);
  }
  if (trail.length > 1) {
    chart.line(trail, "trail");
    chart.point(trail[0], "start", 4.5);
  }
  if (seen && Math.abs(seen.drift) > 1e-4) {
    const bold = Math.sign(seen.drift) * Math.max(14, 2 * Math.abs(pixels(seen.drift)));
    chart.arrow([wij, wji], [bold, -bold], "drift", 8);
  }
  chart.point([wij, wji], "here", 7);
}

function drawWeights() {
  const chart = charts.weights;
  const done = trail.length - 1;
  const all = [...trail, ...path].flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = Math.max(0.1, 0.12 * (high - low));
  const stop = done + path.length - 1;
  chart.frame({ x: [0, stop], y: [low - room, high + room], xLabel: "updates of the weights", yLabel: "weight" });
  const pixel = 1 / (chart.py(0) - chart.py(1));
  const last = path.at(-1);
  ["W_ij", "W_ji"].forEach((name, k) => {
    const side = k ? "wji" : "wij";
    chart.line(path.map((point, n) => [done + n, point[k]]), `${side} to-come`);
    if (done) chart.line(trail.map((point, n) => [n, point[k]]), side);
    chart.point([done, trail[done][k]], `now ${side}`, 4);
    const near = Math.abs(last[k] - last[1 - k]) < 14 * pixel;
    const above = k === (trail[0][0] >= trail[0][1] ? 0 : 1);
    const shift = near ? (above ? 7 : -7) * pixel : 0;
    chart.text([1.015 * stop, last[k] + shift - 4 * pixel], name, side);
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

function say(setting) {
  byId("number-drift-ij").textContent = show(seen.drift, 4);
  byId("number-drift-ji").textContent = show(-seen.drift, 4);
  for (const [id, at] of [["minus-half", -0.5], ["minus-zero", -1 / setting.tauRef], ["plus-zero", 1 / setting.tauRef], ["plus-half", 0.5]]) {
    const lag = Math.round(at * setting.tauRef);
    byId(`number-${id}`).textContent = `${show(seen.density[lag + 3 * setting.tauRef], 3)} (Δt = ${show(lag, 0)} steps)`;
  }
  if (walking !== null) return; // the words follow when the weights stand
  byId("summary").innerHTML = withSubscripts(summary(setting, seen, trail, path));
  path.at(-1).forEach((end, k) => (byId(`number-end-${k ? "ji" : "ij"}`).textContent = show(end, 3)));
  for (const [name, text] of Object.entries(labels(setting, seen, trail, path))) charts[name].svg.setAttribute("aria-label", text);
}

/* ---- learning ---- */

function pause() {
  clearInterval(walking);
  walking = null;
}

/* One update; at the end of the path a new one is asked for, and the words are brought up to date. */
function step() {
  if (path.length < 2) return stop();
  path = path.slice(1);
  trail.push(path[0]);
  if (path.length < 2) stop();
  else ask(true);
}

function stop() {
  pause();
  ask();
}

function start() {
  if (calm.matches) {
    trail.push(...path.slice(1));
    return stop();
  }
  walking = setInterval(step, PAUSE);
  echo(read());
}

function run() {
  const { does } = button(walking !== null, trail, path);
  if (does === "pause") return stop();
  if (does === "replay") {
    path = trail;
    trail = [trail[0]];
    return start();
  }
  if (does === "learn" && path) start();
}

function backToStart() {
  pause();
  trail = [trail[0]];
  ask();
}

/* ---- spikes ---- */

function frame(now) {
  if (watching === null) return;
  const seconds = Math.min((now - watching) / 1000, 0.1);
  watching = now;
  watched.advance(seconds * Number(byId("speed").value));
  drawSpikes();
  if (seen) drawStdd(read());
  requestAnimationFrame(frame);
}

function watch() {
  if (watching !== null) watching = null;
  else if (calm.matches) {
    watched.advance(2000);
    drawSpikes();
    if (seen) drawStdd(read());
    return;
  } else {
    watching = performance.now();
    requestAnimationFrame(frame);
  }
  byId("watch").textContent = watching === null ? "Let them spike" : "Hold the spikes";
}

/* ---- controls ---- */

/* The dot follows the pointer; a finger has to start on it, so that the page can still be scrolled elsewhere. */
function dragging(svg) {
  const chart = charts.plane;
  const near = (pointer) => {
    const [x, y] = chart.place(pointer);
    return Math.hypot(chart.px(x) - chart.px(trail.at(-1)[0]), chart.py(y) - chart.py(trail.at(-1)[1])) < 24;
  };
  const move = (pointer) => {
    const at = chart.place(pointer).map((x) => Math.min(Math.max(Math.round(x * 20) / 20, -2), 2));
    WEIGHTS.forEach((name, k) => {
      byId(name).step = "0.05";
      byId(name).value = at[k];
    });
    update(true);
  };
  svg.addEventListener("touchstart", (event) => near(event.touches[0]) && event.preventDefault(), { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" && !near(event)) return;
    svg.setPointerCapture(event.pointerId);
    move(event);
  });
  svg.addEventListener("pointermove", (event) => svg.hasPointerCapture(event.pointerId) && move(event));
}

for (const [name, { label, timing }] of Object.entries(SHAPES)) {
  const option = document.createElement("option");
  option.value = name;
  option.textContent = timing === "continuous" ? label : `${label}, discrete time`;
  byId("shape").append(option);
}
restore(location.hash, [...NAMES, "shape"], byId);
for (const id of [...NAMES, "shape"]) byId(id).addEventListener("input", () => update(WEIGHTS.includes(id)));
byId("run").addEventListener("click", run);
byId("again").addEventListener("click", backToStart);
byId("defaults").addEventListener("click", () => {
  WEIGHTS.forEach((name) => (byId(name).step = "0.05"));
  byId("controls").reset();
  update(true);
});
byId("watch").addEventListener("click", watch);
byId("controls").addEventListener("submit", (event) => event.preventDefault());
dragging(charts.plane.svg);
trail = [[Number(byId("wij").value), Number(byId("wji").value)]];
ask();
