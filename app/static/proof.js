// Proof of work for the form: begins at the first sign of life in it, so that nobody waits at the end.
// Without this file, a worker or crypto (plain http) the form is sent all the same.
(() => {
  "use strict";
  const STALE = 15 * 60_000; // ms; a challenge lives longer, but the reader may not be done yet
  const PATIENCE = 6_000; // ms after the press; then the form goes without proof
  const works = new WeakMap(); // form -> { at, done }

  const work = async (form) => {
    const answer = await fetch(form.dataset.proof, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const challenge = await answer.json();
    const solution = await new Promise((solved, failed) => {
      const worker = new Worker(form.dataset.worker);
      worker.onmessage = ({ data }) => { worker.terminate(); solved(data); };
      worker.onerror = (event) => { event.preventDefault(); worker.terminate(); failed(event); };
      worker.postMessage(challenge);
    });
    form.elements.proof.value = btoa(JSON.stringify({ challenge, solution }));
  };
  const begin = (form) => {
    const now = performance.now();
    let known = works.get(form);
    if (!known || now - known.at > STALE) {
      form.elements.proof.value = "";
      known = { at: now, done: window.Worker && crypto.subtle ? work(form).catch(() => {}) : Promise.resolve() };
      works.set(form, known);
    }
    return known.done;
  };

  const its = (el) => el?.closest?.("form[data-proof]");
  for (const kind of ["input", "change", "paste", "drop"]) {
    document.addEventListener(kind, ({ target }) => { const form = its(target); if (form) begin(form); }, true);
  }
  // Words that stand there already: shared, refilled, or brought back from a draft.
  const start = () => document.querySelectorAll("form[data-proof]").forEach((form) => {
    if (form.elements.text.value || form.elements.url.value) begin(form);
  });
  document.addEventListener("htmx:afterSettle", start);

  document.addEventListener("submit", (event) => {
    const form = its(event.target);
    const pressed = event.submitter;
    if (!form || pressed?.hasAttribute("formaction") || form.dataset.ready) { if (form) delete form.dataset.ready; return; }
    const done = begin(form);
    if (form.elements.proof.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const said = form.querySelector("[data-proof-said]");
    said.textContent = said.dataset.proofSaid;
    if (pressed) pressed.disabled = true;
    const send = () => {
      said.textContent = "";
      if (pressed) pressed.disabled = false;
      form.dataset.ready = "1";
      form.requestSubmit(pressed);
    };
    // A task of its own: a form that is still telling of its submission takes no other.
    Promise.race([done, new Promise((late) => { setTimeout(late, PATIENCE); })]).then(() => setTimeout(send));
  }, true);

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
