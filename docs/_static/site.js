/* Wide formulas, figures and tables scroll by themselves; so that a keyboard can scroll them too, they can be focused. */
(() => {
  const scrollers = "div.math, .pst-scrollable-table-container, .bd-article pre, .plate-scroll, mjx-container[display='true']";
  const mark = () => {
    for (const box of document.querySelectorAll(scrollers)) {
      if (box.scrollWidth > box.clientWidth + 1) {
        box.tabIndex = 0;
        const name = box.matches("div.math, mjx-container") ? "wide formula" : box.matches(".plate-scroll") ? "wide figure" : "";
        if (name) {
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", name);
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
