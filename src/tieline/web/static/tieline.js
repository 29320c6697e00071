// What every page shares: theme switch, messages with undo, hotkeys, menus that close.
const root = document.documentElement;

function currentTheme() {
  return root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];
}

function undoForm(address) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "csrf", value: token() });
  const button = Object.assign(document.createElement("button"), { textContent: "Undo" });
  form.append(field, button);
  return form;
}

export function toast({ text, undo, kind = "ok" }) {
  const box = Object.assign(document.createElement("div"), { className: `toast ${kind}` });
  box.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (undo) box.append(undoForm(undo));
  const close = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: "×" });
  close.setAttribute("aria-label", "Close");
  close.dataset.close = "";
  box.append(close);
  document.getElementById("toasts").append(box);
  if (kind !== "error") fade(box);
}

function fade(box) {
  let timer = setTimeout(() => box.remove(), 9000);
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => (timer = setTimeout(() => box.remove(), 4000)));
}

// An address that names a folded part unfolds it.
function unfold() {
  const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (found?.matches("details")) {
    found.open = true;
    found.scrollIntoView();
  }
}
window.addEventListener("hashchange", unfold);
unfold();

document.addEventListener("toast", (event) => toast(event.detail));
document.querySelectorAll("[data-toast]").forEach(fade);

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close) close.closest(".toast, dialog")?.remove();
  if (event.target.closest("[data-theme-toggle]")) {
    root.dataset.theme = currentTheme() === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(copy.dataset.copy);
    toast({ text: "Copied." });
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing && (event.ctrlKey || event.metaKey) && event.key === "Enter") typing.form?.requestSubmit();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = [...document.querySelectorAll("[data-hotkey]")].find((node) => node.dataset.hotkey === event.key);
  if (!target) return;
  event.preventDefault();
  if (target.matches("a, button")) target.click();
  else target.focus();
});

// A form that changes nothing twice: the button rests while its request runs.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && !event.target.matches("[hx-get], [hx-post]")) setTimeout(() => (button.disabled = true));
});
addEventListener("pageshow", () => document.querySelectorAll("button:disabled[type=submit], form button:disabled:not([data-off])").forEach((b) => (b.disabled = false)));

document.body.addEventListener("htmx:sendError", () => toast({ text: "The server did not answer. Is it running?", kind: "error" }));

// First run: where this browser is, so that dates and phone numbers are read rightly.
const place = Intl.DateTimeFormat().resolvedOptions();
document.querySelectorAll("[data-timezone]").forEach((field) => (field.value = place.timeZone || ""));
document.querySelectorAll("[data-country]").forEach((field) => (field.value = (navigator.language.split("-")[1] || "").toUpperCase()));

// Selects and check boxes that act at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Lists: j/k or arrows move, Enter opens.
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select")) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!step || !rows.length) return;
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
  event.preventDefault();
});

// Ask before what cannot be undone.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
}, true);

// Search among the facts of a record.
document.addEventListener("input", (event) => {
  const list = event.target.dataset.filter && document.querySelector(event.target.dataset.filter);
  if (!list) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const line of list.children) line.hidden = !(line.dataset.text || "").includes(wanted);
});

// Forms with repeatable rows: another row is a copy of the last one, emptied.
document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-row]");
  const remove = event.target.closest("[data-remove-row]");
  if (add) {
    const rows = add.closest("[data-rows]");
    const last = [...rows.querySelectorAll(".entry-row")].at(-1);
    const number = Number(last.dataset.rowNumber) + 1;
    const copy = last.cloneNode(true);
    copy.dataset.rowNumber = number;
    copy.hidden = false;
    for (const field of copy.querySelectorAll("[name]")) {
      field.name = field.name.replace(/\.\d+\./, `.${number}.`);
      if (field.type === "checkbox") field.checked = false;
      else field.value = "";
    }
    last.after(copy);
    copy.querySelector("input, select")?.focus();
  }
  if (remove) {
    const row = remove.closest(".entry-row");
    for (const field of row.querySelectorAll("input, select")) {
      if (field.type === "checkbox") field.checked = false;
      else field.value = "";
    }
    row.hidden = true;
  }
});
