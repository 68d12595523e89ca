/* Wide formulas and tables scroll by themselves; so that a keyboard can scroll them too, they can be focused. */
(() => {
  const scrollers = "div.math, .pst-scrollable-table-container, .bd-article pre, mjx-container[display='true']";
  const mark = () => {
    for (const box of document.querySelectorAll(scrollers)) {
      if (box.scrollWidth > box.clientWidth + 1) {
        box.tabIndex = 0;
        if (box.matches("div.math, mjx-container")) {
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", "wide formula");
        }
      }
    }
  };
  addEventListener("load", () => setTimeout(mark, 0));
  addEventListener("resize", mark);
  const formulas = setInterval(() => {
    if (!window.MathJax?.startup?.promise) return;
    clearInterval(formulas);
    window.MathJax.startup.promise.then(() => {
      document.documentElement.dataset.formulas = "ready";
      mark();
    });
  }, 50);
  setTimeout(() => clearInterval(formulas), 20000);
})();
