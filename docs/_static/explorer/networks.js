/* The page of networks: runs them a few milliseconds a frame, draws spikes, states, weights, and how they come together. */

import { Machine, TwoLayers } from "./learning.js";
import { layersReport, machineReport, measured } from "./reports.js";
import { show, withSubscripts } from "./words.js";
import { restore, written } from "./address.js";
import { Chart, element } from "./charts.js";

const byId = (id) => document.getElementById(id);
const SWITCHES = ["sal", "hebbian", "noise"];
const BUDGET = 7; // milliseconds of simulation in a frame
const SLOWLY = 150; // milliseconds between two drawings of states and weights
const SPAN = 20; // tau_ref of the raster
const POINTS = 400; // of a course, thinned when there are more
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const charts = {
  raster: new Chart(byId("chart-raster"), { height: 190 }),
  states: new Chart(byId("chart-states"), { height: 230 }),
  course: new Chart(byId("chart-course"), { height: 230 }),
  angle: new Chart(byId("chart-angle"), { height: 230 }),
  fit: new Chart(byId("chart-fit"), { height: 300 }),
};
let machine;
let layers;
let start;
let spikes = [];
let course = [];
let angles = [];
const running = { machine: null, layers: null };
let drawn = 0;

/* ---- the machine ---- */

function build() {
  const seed = Number(byId("seed").value);
  machine = new Machine({ target: seed, seed, noise: byId("noise").checked ? 0.5 : 0 });
  start = measured(machine);
  spikes = [];
  course = [[0, start.asymmetry, null]];
  choose();
}

function choose() {
  machine.learning = { sal: byId("sal").checked, hebbian: byId("hebbian").checked };
  machine.occupancy.fill(0); // states sampled under another rule tell nothing about this one
  drawMachine();
  say();
}

function advance(duration) {
  const until = performance.now() + BUDGET;
  for (let left = duration; left > 1e-9 && performance.now() < until; ) {
    const { times, neurons, from, span, updated } = machine.advance(left);
    left -= span;
    times.forEach((time, k) => spikes.push([from + time, neurons[k]]));
    if (spikes.length > 2000) spikes = spikes.filter(([time]) => time > machine.time - SPAN);
    if (updated) {
      const now = measured(machine);
      course.push([now.cycles, now.asymmetry, now.divergence]);
      if (course.length > POINTS) course = course.filter((_, k) => k % 2 === 0);
    }
  }
  spikes = spikes.filter(([time]) => time > machine.time - SPAN);
}

/* ---- drawing ---- */

function drawRaster() {
  const stop = Math.max(machine.time, SPAN);
  const rows = Object.fromEntries(Array.from({ length: machine.n }, (_, i) => [machine.n - 1 - i, `${i + 1}`]));
  charts.raster.frame({ x: [stop - SPAN, stop], y: [-0.6, machine.n - 0.4], xLabel: "time (τ_ref)", yLabel: "neuron", rows });
  for (const [time, neuron] of spikes) {
    const y = machine.n - 1 - neuron;
    const end = Math.min(time + 1, stop);
    charts.raster.line([[time, y], [end, y]], "on");
    charts.raster.line([[time, y - 0.3], [time, y + 0.3]], "spike");
  }
}

function drawStates() {
  const found = machine.states();
  const { p } = machine.target;
  const chart = charts.states;
  chart.frame({ x: [-0.5, p.length - 0.5], y: [0, 1.15 * Math.max(...p, ...found)], xLabel: "state (neuron 1 is the leading bit)", yLabel: "probability" });
  if (machine.time > 0) found.forEach((x, k) => chart.bars([[k - 0.4, k + 0.4, x]], "sampled"));
  p.forEach((x, k) => chart.line([[k - 0.4, x], [k + 0.4, x]], "wanted"));
}

/* Numbers in coloured squares: rows receive, columns send. */
function matrix(svg, rows, cols, value, scale) {
  const size = 44;
  svg.setAttribute("viewBox", `0 0 ${cols * size + 24} ${rows * size + 24}`);
  svg.replaceChildren();
  for (let i = 0; i < rows; i++) svg.append(element("text", { x: 8, y: 24 + (i + 0.6) * size, "text-anchor": "middle" }, `${i + 1}`));
  for (let j = 0; j < cols; j++) svg.append(element("text", { x: 24 + (j + 0.5) * size, y: 14, "text-anchor": "middle" }, `${j + 1}`));
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const x = value(i, j);
      if (x === null) continue;
      const box = { x: 24 + j * size + 1, y: 24 + i * size + 1, width: size - 2, height: size - 2 };
      svg.append(element("rect", { ...box, class: x < 0 ? "cell below" : "cell above", "fill-opacity": Math.min(0.55, (0.55 * Math.abs(x)) / scale).toFixed(3) }));
      svg.append(element("text", { x: box.x + box.width / 2, y: box.y + 26, "text-anchor": "middle" }, show(x)));
    }
  }
}

function drawWeights() {
  const { n, network: { weights } } = machine;
  matrix(byId("weights"), n, n, (i, j) => (i === j ? null : weights[i * n + j]), 2);
  matrix(byId("differences"), n, n, (i, j) => (i === j ? null : weights[i * n + j] - weights[j * n + i]), 1);
}

function drawCourse() {
  const chart = charts.course;
  const top = Math.max(...course.flatMap(([, a, d]) => [a, d ?? 0]), 0.1);
  chart.frame({ x: [0, Math.max(course.at(-1)[0], 20)], y: [0, 1.1 * top], xLabel: "cycles", yLabel: "difference, nats" });
  chart.line(course.map(([cycle, a]) => [cycle, a]), "asymmetry");
  const told = course.filter(([, , d]) => d !== null);
  if (told.length > 1) chart.line(told.map(([cycle, , d]) => [cycle, d]), "divergence");
}

function drawMachine() {
  drawRaster();
  drawStates();
  drawWeights();
  drawCourse();
  const now = measured(machine);
  byId("number-cycles").textContent = String(now.cycles);
  byId("number-asymmetry").textContent = show(now.asymmetry, 3);
  byId("number-largest").textContent = show(now.largest, 3);
  byId("number-divergence").textContent = now.time > 0 ? show(now.divergence, 3) : "–";
}

function drawLayers() {
  const top = Math.max(...angles.map(([, angle]) => angle), 90);
  charts.angle.frame({ x: [0, Math.max(layers.time, 1000)], y: [0, 1.05 * top], xLabel: "time (τ_ref)", yLabel: "angle (degrees)" });
  charts.angle.line(angles, "feedback");
  const { m, forward, backward } = layers;
  const reach = 1.1 * Math.max(...forward.map(Math.abs), ...backward.map(Math.abs));
  charts.fit.frame({ x: [-reach, reach], y: [-reach, reach], xLabel: "forward weight W", yLabel: "feedback weight B" });
  charts.fit.line([[-reach, -reach], [reach, reach]], "diagonal");
  for (let i = 0; i < m; i++) for (let k = 0; k < m; k++) charts.fit.point([forward[k * m + i], backward[i * m + k]], "synapse", 3.5);
  byId("number-angle").textContent = show(layers.angle(), 1);
  byId("number-time").textContent = show(layers.time, 0);
}

/* ---- in words ---- */

function say() {
  byId("summary").innerHTML = withSubscripts(machineReport(machine, start));
  byId("layers-summary").innerHTML = withSubscripts(layersReport(layers, angles[0][1]));
  const now = measured(machine);
  byId("weights").setAttribute("aria-label", `Weights of the machine, ${machine.n} by ${machine.n}, between −2 and 2.`);
  byId("differences").setAttribute("aria-label", `Differences W ij minus W ji: root mean square ${show(now.asymmetry)}, largest ${show(now.largest)}.`);
  charts.states.svg.setAttribute("aria-label", `Sampled and exact probabilities of ${machine.target.p.length} states.`);
  charts.course.svg.setAttribute("aria-label", `Course over ${now.cycles} cycles: difference of reciprocal weights from ${show(start.asymmetry)} to ${show(now.asymmetry)}.`);
  charts.angle.svg.setAttribute("aria-label", `Angle of the feedback over time, from ${show(angles[0][1], 1)} to ${show(layers.angle(), 1)} degrees.`);
}

/* ---- running ---- */

function stepLayers(cycles) {
  const until = performance.now() + BUDGET;
  for (let k = 0; k < cycles && performance.now() < until; k++) {
    layers.step();
    angles.push([layers.time, layers.angle()]);
  }
  if (angles.length > POINTS) angles = angles.filter((_, k) => k % 2 === 0 || k === angles.length - 1);
}

function frame(now) {
  if (running.machine === null && running.layers === null) return;
  if (running.machine !== null) {
    advance(Math.min((now - running.machine) / 1000, 0.1) * Number(byId("speed").value));
    running.machine = now;
    drawRaster();
  }
  if (running.layers !== null) stepLayers(4);
  if (now - drawn > SLOWLY) {
    drawn = now;
    if (running.machine !== null) drawMachine();
    if (running.layers !== null) drawLayers();
  }
  requestAnimationFrame(frame);
}

function toggle(name, label, atOnce) {
  if (calm.matches) {
    atOnce();
    drawMachine();
    drawLayers();
    return say();
  }
  const idle = running.machine === null && running.layers === null;
  running[name] = running[name] === null ? performance.now() : null;
  byId(`run-${name}`).textContent = running[name] === null ? label : "Pause";
  if (running[name] !== null && idle) requestAnimationFrame(frame);
  if (running[name] !== null) return;
  drawMachine();
  drawLayers();
  say();
}

function newLayers() {
  layers = new TwoLayers({ seed: Number(byId("seed").value) });
  angles = [[0, layers.angle()]];
  drawLayers();
}

function begin() {
  newLayers();
  build();
}

function remember() {
  const values = { seed: byId("seed").value, speed: byId("speed").value };
  for (const name of SWITCHES) values[name] = byId(name).checked ? "1" : "0";
  history.replaceState(null, "", written(values));
}

restore(location.hash, [...SWITCHES, "seed", "speed"], byId);
begin();
for (const name of [...SWITCHES, "seed", "speed"]) byId(name).addEventListener("change", remember);
for (const name of ["sal", "hebbian"]) byId(name).addEventListener("change", choose);
byId("noise").addEventListener("change", build);
byId("seed").addEventListener("change", begin);
byId("controls").addEventListener("submit", (event) => event.preventDefault());
byId("again").addEventListener("click", build);
byId("again-layers").addEventListener("click", () => (newLayers(), say()));
byId("run-machine").addEventListener("click", () =>
  toggle("machine", "Let it learn", () => {
    for (let k = 0; k < 50; k++) advance(machine.cycle);
  }),
);
byId("run-layers").addEventListener("click", () => toggle("layers", "Let SAL align", () => { for (let k = 0; k < 10; k++) stepLayers(5); }));
byId("explorer").dataset.state = "ready";
