/* A worker without a file of its own: pages opened by hand may not load one. `library` is the bundle's (docs/_ext/gallery.py). */

import { serve } from "./engine.js";

/** A thread that computes: takes messages by postMessage, answers to `heard`. Where there are no threads, this one. */
export function connect(heard) {
  try {
    const source = `"use strict"; const modules = {}; (${library})(modules); modules.engine.serve(self);`;
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    worker.onmessage = heard;
    return worker;
  } catch {
    const scope = { postMessage: (data) => heard({ data }) };
    serve(scope);
    return { postMessage: (data) => scope.onmessage({ data }) };
  }
}
