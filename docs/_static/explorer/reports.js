/* What the explorer of networks says, from its numbers alone. */

import { show } from "./words.js";
import { divergence } from "./learning.js";

/** Numbers of a machine: cycles, time, rms and largest difference of a pair, divergence from the target. */
export function measured(machine) {
  const { n, network } = machine;
  let largest = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) largest = Math.max(largest, Math.abs(network.weights[i * n + j] - network.weights[j * n + i]));
  return {
    cycles: machine.cycles,
    time: machine.time,
    asymmetry: machine.asymmetry(),
    largest,
    divergence: divergence(machine.target.p, machine.states()),
  };
}

/** A summary of a machine, after what it was at the start. */
export function machineReport(machine, start) {
  const now = measured(machine);
  const { sal, hebbian } = machine.learning;
  const rules = sal && hebbian ? "Hebbian learning and SAL" : sal ? "SAL alone" : hebbian ? "Hebbian learning alone" : "No learning";
  const change = now.asymmetry - start.asymmetry;
  const moved = Math.abs(change) < 0.005 ? "as at the start" : `${change < 0 ? "down" : "up"} from ${show(start.asymmetry)} at the start`;
  const none = now.time === 0 ? "Nothing has been sampled yet." : `The states sampled are ${show(now.divergence, 3)} nats from the target.`;
  return (
    `${rules}, ${now.cycles} cycle${now.cycles === 1 ? "" : "s"} done. W_ij and W_ji differ by ${show(now.asymmetry)} ` +
    `(root mean square), ${moved}. ${none}`
  );
}

/** A summary of two layers, after their angle at the start. */
export function layersReport(layers, start) {
  const angle = layers.angle();
  const turned = Math.abs(angle - start) < 0.05 ? "as at the start" : `${show(start, 1)} at the start`;
  return `After ${show(layers.time, 0)} τ_ref the feedback is ${show(angle, 1)} degrees from the transpose of the forward weights, ${turned}.`;
}
