// Small comforts; every page works without them. Hooks are listed in templates/macros.html.
// The only place that listens to htmx events.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const typing = (el) => el.matches("input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable]");
  const store = (kind) => { try { return window[kind]; } catch { return null; } }; // refused by some browsers

  const count = (box) => {
    const line = document.getElementById(box.id + "-count");
    const left = box.dataset.limit - [...box.value].length;
    line.textContent = line.dataset[left < 0 ? "over" : "left"].replace("%(n)s", number.format(Math.abs(left)));
    line.classList.toggle("over", left < 0);
  };

  // A form that opts in keeps its words in this tab until they are sent. Never secrets, never contact data.
  const kept = (form) => all("input,textarea,select", form).filter((el) =>
    el.name && !el.closest("[data-nodraft]") && !/^(hidden|password|file|submit)$/.test(el.type));
  const ticks = (el) => el.type === "checkbox" || el.type === "radio";
  const keep = (form) => {
    const words = kept(form).filter((el) => (ticks(el) ? el.checked : el.value)).map((el) => [el.name, el.value]);
    store("sessionStorage")?.setItem("draft:" + form.dataset.draft, JSON.stringify(words));
  };
  const restore = (form) => {
    const fields = kept(form);
    if (fields.some((el) => (ticks(el) ? el.checked !== el.defaultChecked : typing(el) && el.type !== "select-one" && el.value))) return;
    const words = JSON.parse(store("sessionStorage")?.getItem("draft:" + form.dataset.draft) || "[]");
    const done = new Set(); // several fields may share a name: each takes its own words back
    for (const [name, value] of words) {
      const el = fields.find((one) => one.name === name && !done.has(one) && (!ticks(one) || one.value === value));
      if (!el) continue;
      done.add(el);
      if (ticks(el)) el.checked = true; else el.value = value;
    }
  };

  const ready = (root) => {
    all("[data-limit]", root).forEach(count);
    all("[data-copy],[data-dialog]", root).forEach((el) => { el.hidden = false; });
    all("[data-row]", root).forEach((el) => { el.tabIndex = -1; });
  };

  const ask = (el) => {
    const box = document.getElementById("confirm");
    const sure = () => { el.dataset.sure = "1"; el.click(); };
    if (!box) { if (window.confirm(el.dataset.confirm)) sure(); return; }
    box.querySelector("[data-question]").textContent = el.dataset.confirm;
    box.returnValue = "";
    box.onclose = () => { if (box.returnValue === "yes") sure(); else el.focus(); };
    box.showModal();
  };

  document.addEventListener("click", async (event) => {
    const el = event.target.closest("[data-confirm],[data-copy],[data-dialog]");
    if (!el) return;
    if (el.dataset.dialog) document.getElementById(el.dataset.dialog).showModal();
    if (el.dataset.copy) {
      await navigator.clipboard.writeText(el.dataset.copy);
      el.querySelector("span").textContent = el.dataset.done;
    }
    if (!el.dataset.confirm) return;
    if (el.dataset.sure) { delete el.dataset.sure; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(el);
  }, true);

  document.addEventListener("input", ({ target }) => {
    if (target.dataset.limit) count(target);
    const form = target.closest("form[data-draft]");
    if (form) keep(form);
  });

  // Letters: j and k walk the rows; any other letter presses what carries it, in this row first.
  const move = (step) => {
    const rows = all("[data-row]");
    const here = rows.indexOf(document.activeElement.closest("[data-row]"));
    const next = rows[here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && !/[jk]/.test(key)) return;
    if (typing(target)) { if (key === "Escape") target.blur(); return; }
    if (store("localStorage")?.getItem("keys") === "off" || document.querySelector("dialog[open]")) return;
    if (key === "j" || key === "k") { event.preventDefault(); move(key === "j" ? 1 : -1); return; }
    const letter = key === "Enter" ? (target.matches("[data-row]") ? "o" : "") : key;
    if (letter.length !== 1 || letter === " ") return;
    const wanted = `[data-key="${CSS.escape(letter)}"]`;
    const row = target.closest("[data-row]");
    const el = row?.querySelector(wanted) || all(wanted).find((one) => !one.closest("[data-row]"));
    if (!el) return;
    event.preventDefault();
    if (typing(el)) el.focus(); else el.click();
  });

  // After a swap the focused row may be gone: stay at the same place in the list.
  let place = -1;
  document.addEventListener("htmx:beforeSwap", () => {
    place = all("[data-row]").indexOf(document.activeElement.closest("[data-row]"));
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    ready(target);
    if (place >= 0 && document.activeElement === document.body) all("[data-row]").slice(0, place + 1).pop()?.focus();
  });
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const token = document.querySelector("meta[name=form-token]");
    if (token && detail.verb !== "get") detail.headers["X-Form-Token"] = token.content;
  });

  const start = () => {
    ready(document);
    all("[data-draft-clear]").forEach((el) => store("sessionStorage")?.removeItem("draft:" + el.dataset.draftClear));
    all("form[data-draft]").forEach((form) => { restore(form); ready(form); });
    const off = document.querySelector("[data-keys-off]");
    if (off) {
      off.checked = store("localStorage")?.getItem("keys") === "off";
      off.addEventListener("change", () => store("localStorage")?.setItem("keys", off.checked ? "off" : "on"));
    }
    document.querySelector("[data-focus]")?.focus();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
