/* The theory in a worker: what is shown of a setting first, then the path of its weights, then the phase plane. */

import { driftSolver, look, path, restOn } from "./theory.js";

export const GRID = Array.from({ length: 9 }, (_, k) => -2 + k / 2);
const SLICE = 12; // milliseconds of work between two looks at the messages

/** What the phase plane depends on. */
export const planeKey = ({ bi, bj, tauRef, shape, tauSyn }) => JSON.stringify([bi, bj, tauRef, shape, tauSyn]);

/** Drifts over the grid, drifts[r][c] at (W_ij, W_ji) = (GRID[c], GRID[r]), and the nullcline; a generator. */
export function* plane(setting) {
  const found = { drifts: [], nullcline: [] };
  const drift = driftSolver();
  for (const wji of GRID) {
    const row = [];
    for (const wij of GRID) {
      row.push(drift({ ...setting, wij, wji }));
      yield;
    }
    found.drifts.push(row);
    found.nullcline.push(restOn(GRID, row, { ...setting, wji }));
    yield;
  }
  return found;
}

function* whole(setting) {
  const points = [];
  for (const point of path(setting)) {
    points.push(point);
    yield;
  }
  return points;
}

/** Answer messages {id, setting, parts} with {id, part, value}; a newer message for a part replaces the older one. */
export function serve(scope) {
  const waiting = new Map(); // part → {id, steps}
  let timer = null;
  const makers = {
    *look(setting) {
      return look(setting);
    },
    path: whole,
    plane,
  };
  const pump = () => {
    timer = null;
    const until = Date.now() + SLICE;
    while (waiting.size && Date.now() < until) {
      const part = Object.keys(makers).find((name) => waiting.has(name));
      const { id, steps } = waiting.get(part);
      const next = steps.next();
      if (!next.done) continue;
      waiting.delete(part);
      scope.postMessage({ id, part, value: next.value });
    }
    if (waiting.size) timer = setTimeout(pump, 0);
  };
  scope.onmessage = ({ data: { id, setting, parts } }) => {
    for (const part of parts) waiting.set(part, { id, steps: makers[part](setting) });
    if (timer === null) timer = setTimeout(pump, 0);
  };
}
