/* Small SVG charts: an axis frame and what is drawn in it, in the units of the data. Colours come from the style sheet. */

import { show } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) write(node, text);
  return node;
}

/** Text with subscripts: W_ij, τ_ref. */
function write(node, text) {
  let lowered = false;
  for (const [index, part] of text.split(/_(ij|ji|ref|syn|i|j)(?![a-z])/).entries()) {
    if (!part) continue;
    const span = document.createElementNS(SVG, "tspan");
    const sub = index % 2 === 1;
    if (sub !== lowered) span.setAttribute("dy", sub ? "0.25em" : "-0.2em"); // ems of the span's own size
    if (sub) span.setAttribute("class", "sub");
    lowered = sub;
    span.textContent = part;
    node.append(span);
  }
}

/** Round steps from about a fifth of the range. */
export function ticks(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((f) => f * power >= rough * 0.999);
  const found = [];
  for (let x = Math.ceil(low / step - 1e-9) * step; x <= high + step * 1e-9; x += step) found.push(Math.abs(x) < step * 1e-9 ? 0 : x);
  return { found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

export class Chart {
  constructor(svg, { width = 360, height = 270, left = 48, right = 12, top = 14, bottom = 44 } = {}) {
    Object.assign(this, { svg, width, height, least: left, left, right, top, bottom });
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  }

  /** Empties the chart and draws axes over [x0, x1] × [y0, y1]; `rows` names places on the upright axis. */
  frame({ x: [x0, x1], y: [y0, y1], xLabel, yLabel, rows = null }) {
    Object.assign(this, { x0, x1, y0, y1 });
    this.svg.replaceChildren();
    const bottom = this.height - this.bottom;
    const found = ticks(y0, y1);
    const up = rows ? Object.entries(rows).map(([y, name]) => [Number(y), name]) : found.found.map((y) => [y, show(y, found.digits)]);
    const longest = Math.max(...up.map(([, name]) => name.length));
    this.left = Math.max(this.least, 28 + 7.2 * longest); // the label stands beside the longest number, never on it
    const axes = element("g", { class: "axes" });
    axes.append(element("path", { d: `M${this.left} ${this.top}V${bottom}H${this.width - this.right}` }));
    const across = ticks(x0, x1);
    for (const x of across.found) {
      axes.append(element("path", { d: `M${this.px(x)} ${bottom}v5` }));
      axes.append(element("text", { x: this.px(x), y: bottom + 18, "text-anchor": "middle" }, show(x, across.digits)));
    }
    for (const [y, name] of up) {
      axes.append(element("path", { d: `M${this.left} ${this.py(y)}h-5` }));
      axes.append(element("text", { x: this.left - 8, y: this.py(y) + 4, "text-anchor": "end" }, name));
    }
    axes.append(element("text", { x: (this.left + this.width - this.right) / 2, y: this.height - 8, "text-anchor": "middle" }, xLabel));
    const turn = `translate(13 ${(this.top + bottom) / 2}) rotate(-90)`;
    axes.append(element("text", { transform: turn, "text-anchor": "middle" }, yLabel));
    this.svg.append(axes);
  }

  /** The place of a pointer in the units of the data. */
  place({ clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    const across = this.width - this.left - this.right;
    const up = this.height - this.top - this.bottom;
    return [this.x0 + ((x - this.left) / across) * (this.x1 - this.x0), this.y0 + ((this.height - this.bottom - y) / up) * (this.y1 - this.y0)];
  }

  px(x) {
    return this.left + ((x - this.x0) / (this.x1 - this.x0)) * (this.width - this.left - this.right);
  }

  py(y) {
    return this.height - this.bottom - ((y - this.y0) / (this.y1 - this.y0)) * (this.height - this.top - this.bottom);
  }

  line(points, name) {
    const d = points.map(([x, y], k) => `${k ? "L" : "M"}${this.px(x).toFixed(1)} ${this.py(y).toFixed(1)}`).join("");
    this.svg.append(element("path", { d, class: `line ${name}` }));
  }

  /** Bars without gaps, their outline only. */
  outline(bars, name) {
    const d = bars.map(([a, b, y], k) => `${k ? "V" : `M${this.px(a).toFixed(1)} `}${this.py(y).toFixed(1)}H${this.px(b).toFixed(1)}`).join("");
    this.svg.append(element("path", { d, class: `line ${name}` }));
  }

  /** Bars without gaps from 0: [left edge, right edge, height] each. */
  bars(bars, name) {
    if (!bars.length) return;
    const floor = this.py(0).toFixed(1);
    let d = `M${this.px(bars[0][0]).toFixed(1)} ${floor}`;
    for (const [a, b, y] of bars) d += `V${this.py(y).toFixed(1)}H${this.px(b).toFixed(1)}`;
    this.svg.append(element("path", { d: `${d}V${floor}Z`, class: `bars ${name}` }));
  }

  point([x, y], name, radius = 5) {
    this.svg.append(element("circle", { cx: this.px(x).toFixed(1), cy: this.py(y).toFixed(1), r: radius, class: `point ${name}` }));
  }

  text([x, y], words, name = "", anchor = "start") {
    this.svg.append(element("text", { x: this.px(x).toFixed(1), y: this.py(y).toFixed(1), class: `note ${name}`, "text-anchor": anchor }, words));
  }

  /** An arrow that starts at [x, y], of (dx, dy) pixels, y upwards. */
  arrow([x, y], [dx, dy], name, head = 4) {
    const length = Math.hypot(dx, dy);
    if (length < 0.5) return;
    const [ux, uy] = [dx / length, -dy / length];
    const [ax, ay] = [this.px(x), this.py(y)];
    const [bx, by] = [ax + dx, ay - dy];
    const wing = (side) => `${(bx - head * (ux - side * 0.6 * uy)).toFixed(1)} ${(by - head * (uy + side * 0.6 * ux)).toFixed(1)}`;
    const d = `M${ax.toFixed(1)} ${ay.toFixed(1)}L${bx.toFixed(1)} ${by.toFixed(1)}M${wing(1)}L${bx.toFixed(1)} ${by.toFixed(1)}L${wing(-1)}`;
    this.svg.append(element("path", { d, class: `arrow ${name}` }));
  }
}
