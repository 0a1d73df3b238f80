// Comforts for an officer on the telephone: Ctrl+Enter sends the form, a button prints the slip.
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.repeat) return;
    const form = document.querySelector("form[data-send]");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const start = () => document.querySelectorAll("[data-print]").forEach((el) => {
    el.hidden = false;
    el.addEventListener("click", () => window.print());
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
