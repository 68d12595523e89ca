// Search over the site's own index: pages ranked by where the words stand, an excerpt round the first of them.
(() => {
  const KINDS = { guide: 1.25, glossary: 1.2, notebook: 1, API: 0.25 };
  const GREEK = { α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", η: "eta", θ: "theta", κ: "kappa",
    λ: "lambda", μ: "mu", ν: "nu", π: "pi", ρ: "rho", σ: "sigma", τ: "tau", φ: "phi", χ: "chi", ψ: "psi", ω: "omega" };
  const WORD = /[\p{L}\p{N}][\p{L}\p{N}_]*/gu;

  // Lower case, no accents, Greek letters by name: τ_ref and tau_ref are one word.
  const folded = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "")
    .replace(/[α-ω]/g, (letter) => GREEK[letter] ?? letter);
  const words = (text) => [...text.matchAll(WORD)].map((match) => ({ word: folded(match[0]), at: match.index, length: match[0].length }));

  // 1 for the word itself or its plural, less for a beginning of it; `sal` is not `salkit`.
  const match = (word, term) => {
    if (word === term || word === `${term}s` || `${word}s` === term) return 1;
    if (word.startsWith(term) && term.length > 2) return term.length > 3 ? 0.6 : 0.05;
    return 0;
  };
  const best = (list, term) => list.reduce((most, { word }) => Math.max(most, match(word, term)), 0);
  const often = (list, term) => { const sum = list.reduce((all, { word }) => all + match(word, term), 0); return sum / (sum + 2); };

  const rank = (index, query) => {
    const terms = [...new Set(words(query).map(({ word }) => word))];
    if (!terms.length) return [];
    const found = [];
    for (const [address, title, kind, rows] of index) {
      const name = words(title);
      const sections = rows.map(([anchor, heading, text], number) => {
        const head = words(heading), body = words(text);
        let score = 0, met = 0;
        for (const term of terms) {
          const here = 8 * best(head, term) + 3 * often(body, term);
          met += here > 0.4;
          score += here;
        }
        return { anchor: number ? anchor : "", heading, text, score, met };
      }).filter(({ met }) => met > 0).sort((a, b) => b.met - a.met || b.score - a.score);
      const inTitle = terms.reduce((sum, term) => sum + best(name, term), 0);
      if (!sections.length && !inTitle) continue;
      const met = terms.filter((term) => best(name, term) > 0 ||
        rows.some(([, heading, text]) => best(words(`${heading} ${text}`), term) > 0.04)).length;
      if (met < terms.length) continue;
      const whole = name.length ? inTitle / name.length : 0;
      const score = (inTitle * (4 + 12 * whole) + (sections[0]?.score ?? 0) + 0.15 * sections.slice(1, 6).reduce((s, x) => s + x.score, 0)) * KINDS[kind];
      if (score > 0.15) found.push({ address, title, kind, sections, score, first: rows.find((row) => row[2])?.[2] ?? "" });
    }
    const typed = new Set(query.match(WORD));
    return found.sort((a, b) => b.score - a.score).map((page) => ({ ...page, terms, typed }));
  };

  // About 200 characters round the place where most of the words stand, as they were typed if they do; marked.
  const excerpt = (text, terms, typed) => {
    const all = words(text).map((word) => ({ ...word, met: terms.some((term) => match(word.word, term) >= 0.6) }));
    const hits = all.filter(({ met }) => met);
    const start = hits.length ? hits.reduce((most, hit) => {
      const near = hits.filter(({ at }) => at >= hit.at && at < hit.at + 160)
        .reduce((sum, { at, length }) => sum + 1 + typed.has(text.slice(at, at + length)), 0);
      return near > most.near ? { near, at: hit.at } : most;
    }, { near: 0, at: 0 }).at : 0;
    let from = Math.max(0, start - 60), to = Math.min(text.length, from + 220);
    if (from > 0) from = text.indexOf(" ", from) + 1;
    if (to < text.length) to = Math.max(text.lastIndexOf(" ", to), from);
    const line = document.createElement("p");
    line.append(from > 0 ? "… " : "");
    let at = from;
    for (const hit of hits.filter((hit) => hit.at >= from && hit.at + hit.length <= to)) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(hit.at, hit.at + hit.length);
      line.append(text.slice(at, hit.at), mark);
      at = hit.at + hit.length;
    }
    line.append(text.slice(at, to), to < text.length ? " …" : "");
    return line;
  };

  const link = (address, text) => Object.assign(document.createElement("a"), { href: address, textContent: text });

  const show = (place, pages, query) => {
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    said.textContent = pages.length ? `${pages.length} page${pages.length > 1 ? "s" : ""} for “${query}”` : `Nothing found for “${query}”.`;
    const list = document.createElement("ol");
    for (const { address, title, kind, sections, terms, typed, first } of pages.slice(0, 40)) {
      const item = document.createElement("li"), head = document.createElement("p");
      const label = Object.assign(document.createElement("span"), { className: "search-kind", textContent: kind });
      head.className = "search-title";
      head.append(link(address, title), " ", label);
      item.append(head);
      const top = sections.find(({ text }) => words(text).some(({ word }) => terms.some((term) => match(word, term) >= 0.6))) ?? { text: first };
      item.append(excerpt(top.text, terms, typed));
      const more = sections.filter(({ anchor, heading }) => anchor && heading).slice(0, 4);
      if (more.length) {
        const row = document.createElement("p");
        row.className = "search-sections";
        more.forEach(({ anchor, heading }, k) => row.append(k ? " · " : "", link(`${address}#${anchor}`, heading.split(",")[0])));
        item.append(row);
      }
      list.append(item);
    }
    place.replaceChildren(said, list);
  };

  window.salkitSearch = (query) => rank(window.SALKIT_INDEX, query);
  const place = document.getElementById("search-results");
  const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  for (const box of document.querySelectorAll("input[type=search]")) if (query) box.value = query;
  if (place && query) show(place, window.salkitSearch(query), query);
})();
