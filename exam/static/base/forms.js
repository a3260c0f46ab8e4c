// What forms share: focus on the error summary, a guard against sending twice, a warning about unsaved changes,
// word of a failed partial request, and header menus that close.

const { texts } = JSON.parse(document.getElementById("base-data").textContent);
const TWICE_MS = 3000;

// Problems first: the summary gets the focus, and each of its links leads into the field.
document.querySelector(".error-summary")?.focus();
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".error-summary a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  (field.labels?.[0] ?? field).scrollIntoView();
  field.focus({ preventScroll: true });
});

// Pressing twice sends once. A form that may be sent again at will (a download) has data-again; htmx minds its own.
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[data-again], [hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
  const last = sent.get(form) ?? -Infinity;
  if (event.timeStamp - last < TWICE_MS) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  sent.set(form, event.timeStamp);
}, true);

// A form with data-unsaved asks before it is left with changes.
const changed = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && "unsaved" in form.dataset) changed.add(form);
});
document.addEventListener("submit", (event) => { if (!event.defaultPrevented) changed.delete(event.target); });
addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});

// A partial request that failed says so, and stays until it is read.
function toast(message) {
  document.querySelector(".toast")?.remove();
  const close = Object.assign(document.createElement("button"), { type: "button", className: "secondary compact", textContent: texts.close });
  const box = Object.assign(document.createElement("div"), { className: "notice error toast" });
  const text = Object.assign(document.createElement("p"), { textContent: message });
  const inner = document.createElement("div");
  box.setAttribute("role", "alert");
  close.addEventListener("click", () => box.remove());
  inner.append(text, close);
  box.append(inner);
  document.body.append(box);
}
document.addEventListener("htmx:responseError", (event) => {
  toast(event.detail.requestConfig.verb === "get" ? texts.loadFailed : texts.requestFailed);
});
for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => toast(texts.offline));

// Header menus close on Escape and when attention goes elsewhere.
const menus = [...document.querySelectorAll(".tools details")];
function closeMenus(except) {
  for (const menu of menus) if (menu !== except) menu.open = false;
}
document.addEventListener("keydown", (event) => {
  const open = menus.find((menu) => menu.open);
  if (event.key !== "Escape" || !open) return;
  closeMenus();
  open.querySelector("summary").focus();
});
for (const name of ["click", "focusin"]) {
  document.addEventListener(name, (event) => closeMenus(event.target.closest?.(".tools details")));
}
