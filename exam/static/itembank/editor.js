// The item editor: keys, pictures, and what htmx leaves over. Without scripts the form works by its buttons.

const form = document.getElementById("item-form");
const texts = JSON.parse(document.getElementById("editor-texts").textContent);
const preview = document.getElementById("preview");

/** Grow a text field with its text, so that nothing is hidden while it is written, where the style sheet can't. */
const growsByItself = CSS.supports("field-sizing", "content");
function grow(area) {
  if (growsByItself) return;
  area.rows = Math.max(Number(area.dataset.least ??= area.rows), area.value.split("\n").length);
}
function growAll() {
  for (const area of form.querySelectorAll("textarea")) grow(area);
}
growAll();

form.addEventListener("input", (event) => {
  if (event.target instanceof HTMLTextAreaElement) grow(event.target);
});
form.addEventListener("htmx:afterSettle", () => {
  growAll();
  form.dispatchEvent(new CustomEvent("rows-changed"));
});
preview.addEventListener("htmx:afterSettle", () => {
  preview.dispatchEvent(new CustomEvent("content:changed", { bubbles: true }));
});

// Ctrl+S saves, Alt+arrows move the row one is in, Ctrl+Enter adds a row behind it.
document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-save]"));
    return;
  }
  if (!form.contains(event.target)) return;
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const row = event.target.closest("[data-row]");
    const button = row?.querySelector(`:scope > .row-tools [data-deed=${event.key === "ArrowUp" ? "up" : "down"}], :scope > .part-head [data-deed=${event.key === "ArrowUp" ? "up" : "down"}]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  } else if (command && event.key === "Enter") {
    const add = event.target.closest("fieldset.rows")?.querySelector(":scope > [data-deed=add]");
    if (!add) return;
    event.preventDefault();
    add.click();
  }
});

// A link of what is missing leads into its field.
preview.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-to-field]");
  if (!link) return;
  event.preventDefault();
  const name = decodeURIComponent(link.hash.slice(1));
  const steps = name.split("-");
  // The nearest field there is: the path itself, or what it lies in.
  while (steps.length > 1) {
    const path = steps.join("-");
    const field = document.getElementById(path) ?? form.querySelector(`[id^="${CSS.escape(path)}-"]`);
    if (field) {
      (field.labels?.[0] ?? field).scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
      return;
    }
    steps.pop();
  }
});

// Pictures: chosen or pasted, uploaded, written into the text at the cursor.
const tool = form.querySelector("[data-picture-tool]");
const input = document.getElementById("picture-file");
const status = form.querySelector("[data-picture-status]");
let last = null;
tool.hidden = false;

form.addEventListener("focusin", (event) => {
  if (event.target instanceof HTMLTextAreaElement) last = event.target;
});

async function upload(file) {
  if (!last?.isConnected) {
    status.textContent = texts.where;
    return;
  }
  const into = last;
  status.textContent = texts.uploading;
  const body = new FormData();
  body.append("picture", file, file.name || "picture");
  try {
    const answer = await fetch(form.dataset.pictures, {
      method: "POST", body, headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content },
    });
    const result = await answer.json();
    if (!answer.ok) {
      status.textContent = result.problems?.[0]?.message ?? result.message ?? texts.failed;
      return;
    }
    const alt = (file.name || texts.alt).replace(/\.[^.]*$/, "").replace(/[[\]\\]/g, "");
    into.setRangeText(`![${alt}](picture:${result.sha256})`, into.selectionStart, into.selectionEnd, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
    into.focus();
    status.textContent = texts.inserted;
  } catch {
    status.textContent = texts.failed;
  }
}

input.addEventListener("change", async () => {
  if (input.files[0]) await upload(input.files[0]);
  input.value = "";
});
form.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
  if (!file) return;
  event.preventDefault();
  upload(file);
});
