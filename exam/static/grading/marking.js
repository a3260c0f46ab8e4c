// The marking form: the running total, full marks by a key or a button, half steps by the arrows. Without script the form works too.

const form = document.getElementById("marks");
const total = document.getElementById("total");
const fields = [...form.querySelectorAll("input[data-most]")];
const STEP = 50;

/** Marks as whole hundredths; null for what is no number with at most two decimals. Full-width digits count. */
function hundredths(text) {
  const folded = text.trim().normalize("NFKC").replace("。", ".");
  const match = /^(\d{1,4})(?:\.(\d{1,2}))?$/.exec(folded);
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : null;
}

function written(value) {
  return (value / 100).toFixed(2).replace(/\.?0+$/, "");
}

function show() {
  const values = fields.map((field) => hundredths(field.value));
  for (const [at, field] of fields.entries()) {
    const over = values[at] !== null && values[at] > hundredths(field.dataset.most);
    field.toggleAttribute("aria-invalid", over || (field.value !== "" && values[at] === null));
    if (field.hasAttribute("aria-invalid")) field.setAttribute("aria-invalid", "true");
  }
  const wrong = fields.some((field, at) => values[at] === null || values[at] > hundredths(field.dataset.most));
  total.textContent = wrong ? "–" : written(values.reduce((sum, value) => sum + value, 0));
}

function give(field, value) {
  field.value = written(value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const field of fields) {
  const most = hundredths(field.dataset.most);
  field.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = hundredths(field.value) ?? 0;
    if (event.key === "f" || event.key === "F") give(field, most);
    else if (event.key === "ArrowUp") give(field, Math.min(most, now + STEP));
    else if (event.key === "ArrowDown") give(field, Math.max(0, now - STEP));
    else return;
    event.preventDefault();
  });
  for (const button of field.parentElement.querySelectorAll("[data-give]")) {
    button.hidden = false;
    button.addEventListener("click", () => { give(field, hundredths(button.dataset.give)); field.focus(); });
  }
}

form.addEventListener("input", show);
document.addEventListener("keydown", (event) => {
  const skip = document.getElementById("skip");
  if (skip && event.altKey && event.code === "KeyS") {
    event.preventDefault();
    skip.requestSubmit();
  }
});
show();
