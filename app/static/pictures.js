// Pictures of a report: previews with removal, drop, paste, camera; kept when the form comes back refused.
// Without this file the plain file field does its work. Words come from data attributes of _pictures.html.
(() => {
  "use strict";
  const TYPES = ["image/jpeg", "image/png", "image/webp"];
  let chosen = []; // File objects, in the order in which they were chosen

  const parts = () => {
    const box = document.querySelector("[data-pictures]");
    return box && { box, words: box.dataset, input: document.getElementById(box.dataset.pictures),
      list: box.querySelector("[data-previews]"), wrong: box.querySelector("[data-wrong]"),
      said: box.querySelector("[data-said]"), tools: box.querySelector("[data-tools]") };
  };

  const store = (input) => {
    const files = new DataTransfer();
    chosen.forEach((file) => files.items.add(file));
    input.files = files.files;
  };

  const draw = async (canvas, file) => {
    try {
      const image = await createImageBitmap(file);
      const scale = Math.min(1, 120 / Math.max(image.width, image.height));
      canvas.width = Math.max(1, image.width * scale);
      canvas.height = Math.max(1, image.height * scale);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      image.close();
    } catch { canvas.hidden = true; } // the server says what is wrong with it
  };

  const size = (bytes) => bytes < 1048576 ? `${Math.ceil(bytes / 1024)} kB`
    : `${(bytes / 1048576).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 })} MB`;

  const show = () => {
    const { words, input, list, said } = parts();
    store(input);
    list.replaceChildren(...chosen.map((file, index) => {
      const row = document.createElement("li");
      const canvas = document.createElement("canvas");
      const line = document.createElement("div");
      const name = document.createElement("p");
      const button = document.createElement("button");
      const label = words.picture.replace("%(n)s", index + 1);
      name.textContent = `${label} · ${size(file.size)}`;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", label);
      button.type = "button";
      button.className = "button secondary";
      button.textContent = words.remove;
      button.setAttribute("aria-label", `${words.remove}: ${label}`);
      button.addEventListener("click", () => {
        chosen.splice(index, 1);
        complain("");
        show();
        (parts().list.querySelectorAll("button")[index] || input).focus();
      });
      line.append(name, button);
      row.append(canvas, line);
      draw(canvas, file);
      return row;
    }));
    said.textContent = words.kept.replace("%(n)s", chosen.length);
  };

  const complain = (text) => {
    const { wrong } = parts();
    wrong.textContent = text;
    wrong.hidden = !text;
  };

  const same = (one, other) => one.size === other.size && one.name === other.name && one.lastModified === other.lastModified;
  const add = (files) => {
    const { words } = parts();
    let text = "";
    for (const file of files) {
      if (!TYPES.includes(file.type)) text = words.type;
      else if (file.size > words.bytes) text = words.large;
      else if (chosen.some((one) => same(one, file))) continue;
      else if (chosen.length >= words.most) text = words.many;
      else chosen.push(file);
    }
    complain(text);
    show();
  };

  const start = () => {
    const found = parts();
    if (!found) return;
    const { box, input, tools } = found;
    tools.hidden = false;
    box.querySelector("[data-lost]")?.remove();
    const camera = document.getElementById("f-camera");
    box.querySelector("[data-camera]").hidden = !matchMedia("(pointer: coarse)").matches;
    if (chosen.length) show();
    else if (input.files.length) add([...input.files]);
    for (const field of [input, camera]) field.addEventListener("change", () => {
      const files = [...field.files];
      if (field === camera) field.value = "";
      add(files);
    });
    const form = input.form;
    for (const kind of ["dragover", "drop"]) form.addEventListener(kind, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      if (kind === "drop") add([...event.dataTransfer.files]);
    });
    form.addEventListener("submit", send);
  };

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length || !parts()) return;
    event.preventDefault();
    add(files);
  });

  // With pictures the form is sent from here, so that a refusal does not cost them.
  const send = (event) => {
    const form = event.currentTarget;
    const pressed = event.submitter;
    if (event.defaultPrevented || !chosen.length || pressed?.formAction && pressed.hasAttribute("formaction")) return;
    event.preventDefault();
    const { words, said } = parts();
    const asked = new XMLHttpRequest();
    const label = pressed?.querySelector("span");
    const name = label?.textContent;
    const again = (text) => { // said where the pictures are: bring it before the eyes of who pressed far below
      complain(text);
      parts().wrong.scrollIntoView({ block: "center" });
      said.textContent = "";
      if (pressed) { pressed.disabled = false; label.textContent = name; }
    };
    if (pressed) pressed.disabled = true;
    said.textContent = words.sending;
    asked.upload.addEventListener("progress", ({ loaded, total }) => {
      if (pressed && total) label.textContent = `${words.sending} ${Math.floor(100 * loaded / total)} %`;
    });
    asked.addEventListener("error", () => again(words.failed));
    asked.addEventListener("load", () => {
      const page = new DOMParser().parseFromString(asked.responseText, "text/html");
      const main = page.getElementById("main");
      if (!main || asked.status >= 400 && !main.querySelector("form[data-proof]")) { // a refusal without the form
        again(main?.querySelector(".lead")?.textContent || words.failed);
        return;
      }
      if (asked.status < 300) chosen = [];
      document.title = page.title;
      document.getElementById("main").replaceWith(main);
      main.querySelectorAll("[data-draft-clear]").forEach((el) => {
        try { sessionStorage.removeItem("draft:" + el.dataset.draftClear); } catch { /* refused by some browsers */ }
      });
      main.dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true }));
      window.htmx?.process(main);
      start();
      scrollTo(0, 0);
      (main.querySelector("[data-focus]") || main).focus();
    });
    asked.open("POST", form.action);
    asked.send(new FormData(form, pressed));
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
