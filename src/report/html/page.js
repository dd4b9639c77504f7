"use strict";
// Comfort only: everything on the page is there without it.
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const box = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const buttons = all("button[data-verdict]");
  const rules = all("details.rule").map((rule) => ({
    rule,
    open: rule.open,
    words: rule.querySelector("summary").textContent.toLowerCase(),
  }));
  const cases = all("details.case").map((item) => ({
    item,
    verdict: item.dataset.verdict,
    words: (item.closest("details.rule").querySelector("summary").textContent +
      " " + item.textContent).toLowerCase(),
  }));
  const target = (link) => document.getElementById(link.getAttribute("href").slice(1));
  const rows = all(".matrix tbody tr").map((row) => ({
    row,
    targets: Array.from(row.querySelectorAll("a")).map(target),
  }));

  const apply = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = buttons.filter((button) => button.getAttribute("aria-pressed") === "true");
    const verdicts = pressed.map((button) => button.dataset.verdict);
    const filtering = words.length + verdicts.length > 0;
    let left = 0;
    for (const one of cases) {
      const wanted = verdicts.length === 0 || verdicts.includes(one.verdict);
      one.item.hidden = !(wanted ? words.every((word) => one.words.includes(word)) : false);
      left += one.item.hidden ? 0 : 1;
    }
    for (const one of rows) {
      one.row.hidden = one.targets.every((item) => item.hidden);
    }
    for (const one of rules) {
      one.rule.hidden = filtering ? !one.rule.querySelector("details.case:not([hidden])") : false;
      one.rule.open = filtering || one.open;
    }
    shown.textContent = filtering ? `${left} of ${cases.length} cases` : "";
    none.hidden = left > 0 || !filtering;
  };

  const clear = () => {
    box.value = "";
    buttons.forEach((button) => button.setAttribute("aria-pressed", "false"));
    apply();
  };

  const reveal = () => {
    const item = document.getElementById(location.hash.slice(1));
    if (!item) return;
    if (item.closest("[hidden]")) clear();
    for (let at = item; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
    item.scrollIntoView();
  };

  box.closest("[hidden]").hidden = false;
  box.addEventListener("input", apply);
  for (const button of buttons) {
    button.disabled = false;
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!pressed));
      apply();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      clear();
      box.blur();
    } else if (event.key === "/" ? document.activeElement !== box : false) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
  window.addEventListener("hashchange", reveal);
  reveal();
})();
