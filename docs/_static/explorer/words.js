/* What the explorer of two neurons says, from its numbers alone: true at every setting, and tested as text. */

import { SHAPES, UPDATES } from "./theory.js";

const EQUAL = 0.005; // weights that show the same two digits
const STILL = 5e-5; // drifts that show as 0.0000

/** A number with a minus sign; what rounds to nothing is 0. */
export const show = (x, digits = 2) => (Math.abs(x) < 0.5 * 10 ** -digits ? 0 : x).toFixed(digits).replace("-", "−");

export const percent = (x) => `${(100 * x).toFixed(1)} %`;

/** W_ij, τ_ref in the page. */
export const withSubscripts = (text) => text.replace(/_(ij|ji|ref|syn|i|j)(?![a-z])/g, "<sub>$1</sub>");

/** How a path ends: at rest where what is left of it, as a geometric series of its last two moves, shows no more. */
export function ending(path) {
  const gap = path.map(([wij, wji]) => wij - wji);
  const [before, last] = [gap.at(-2) - gap.at(-3), gap.at(-1) - gap.at(-2)];
  const ratio = last === 0 ? 0 : last / before;
  const left = (last * ratio) / (1 - ratio);
  const rests = Math.abs(last) < 1e-12 || (Math.abs(ratio) < 0.98 && Math.abs(left) < EQUAL);
  const apart = Math.abs(gap.at(-1)) > Math.abs(gap.at(-2));
  return { rests, apart, gap: gap.at(-1), move: Math.abs(last) / 2 };
}

function compared(wij, wji) {
  if (wij === wji) return `Both weights are equal (${show(wij)})`;
  const both = `(${show(wij)} and ${show(wji)})`;
  if (Math.abs(wij - wji) < EQUAL) return `Both weights are equal to two digits ${both}`;
  return `${wij > wji ? "W_ij" : "W_ji"} is the larger weight ${both}`;
}

function moved(drift) {
  if (Math.abs(drift) < STILL) return "SAL leaves both on average where they are";
  const [ij, ji] = drift < 0 ? ["lowers", "raises"] : ["raises", "lowers"];
  return `On average SAL ${ij} W_ij and ${ji} W_ji, each by ${show(Math.abs(drift), 4)} per pair`;
}

function ended(path, shape) {
  const { rests, apart, gap, move } = ending(path);
  if (!rests) return `still moving ${apart ? "apart" : "towards each other"}, by ${show(move, 4)} per update`;
  if (Math.abs(gap) < EQUAL) return "equal to two digits, and at rest";
  const larger = gap > 0 ? "W_ij" : "W_ji";
  const why = SHAPES[shape].timing === "discrete" ? "; with this PSP in discrete time SAL does not rest at equal weights" : "";
  return `at rest, ${larger} larger by ${show(Math.abs(gap))}${why}`;
}

/** The summary: `seen` from theory.look, `trail` the weights from the start to now, `path` the updates to come. */
export function summary({ shape }, seen, trail, path) {
  const [wij, wji] = trail.at(-1);
  const [endIj, endJi] = path.at(-1);
  const ties = SHAPES[shape].timing === "discrete" ? `, and both spike in one step in ${percent(seen.ties)}` : "";
  const steps = trail.length - 1;
  const past = steps ? ` ${steps} update${steps > 1 ? "s" : ""} ago they were at ${show(trail[0][0])} and ${show(trail[0][1])}.` : "";
  return (
    `${compared(wij, wji)}.${past} Within one refractory period, neuron i follows j in ${percent(seen.causal)} of all ` +
    `pairs, j follows i in ${percent(seen.antiCausal)}${ties}. ${moved(seen.drift)}. ${UPDATES} updates from now: ` +
    `W_ij = ${show(endIj, 3)}, W_ji = ${show(endJi, 3)}, ${ended(path, shape)}.`
  );
}

/** What the main button does next: {does, label}; does is "learn", "pause", "replay" or "nothing". */
export function button(walking, trail, path) {
  if (walking) return { does: "pause", label: "Pause" };
  const here = path ? ending(path) : null;
  const arrived = here && here.rests && Math.abs(path.at(-1)[0] - path[0][0]) < EQUAL;
  if (arrived) return trail.length > 1 ? { does: "replay", label: "At rest: show again" } : { does: "nothing", label: "At rest" };
  return { does: "learn", label: trail.length > 1 ? "Let SAL go on" : "Let SAL learn" };
}

/** Texts for those who do not see the pictures. */
export function labels({ shape }, seen, trail, path) {
  const pair = ([wij, wji]) => `W_ij ${show(wij)}, W_ji ${show(wji)}`.replaceAll("_", "");
  return {
    stdd: `Spike-timing difference distribution: short causal lags ${percent(seen.causal)}, short anti-causal lags ${percent(seen.antiCausal)} of all pairs.`,
    plane: `Phase plane: the weights started at ${pair(trail[0])}, are at ${pair(trail.at(-1))}, and ${UPDATES} updates from now at ${pair(path.at(-1))}.`,
    weights: `Both weights over updates: ${trail.length - 1} done, from ${pair(trail[0])} to ${pair(trail.at(-1))}; ${UPDATES} to come, to ${pair(path.at(-1))}.`,
    psp: `Shape of the postsynaptic potential: ${SHAPES[shape].label}.`,
  };
}

/** Pairs of spikes seen so far, beside the theory's shares. */
export function counted(pairs, causal, antiCausal, seen) {
  if (!pairs) return "No pair of spikes yet.";
  const share = (n) => percent(n / pairs);
  return (
    `${pairs} pair${pairs > 1 ? "s" : ""}: ${share(causal)} causal and ${share(antiCausal)} anti-causal within τ_ref` +
    (seen ? `; in theory ${percent(seen.causal)} and ${percent(seen.antiCausal)}.` : ".")
  );
}
