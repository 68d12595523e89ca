/* The state of a page in its address, after #: a link that shows what you see. */

/** Put the values named in an address into their controls; what a control does not offer is left out. */
export function restore(hash, names, control) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  for (const name of names) {
    const node = control(name);
    const text = given.get(name);
    if (text === null) continue;
    if (node.type === "checkbox") node.checked = text === "1";
    else if (node.tagName === "SELECT") {
      if ([...node.options].some((option) => option.value === text)) node.value = text;
    } else if (Number.isFinite(Number(text)) && text.trim()) node.value = Math.min(Math.max(Number(text), node.min), node.max);
  }
}

/** The address of the present values. */
export function written(values) {
  return `#${new URLSearchParams(Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? String(Number(value.toFixed(4))) : value]))}`;
}
