// Between what stands in an item's controls and the response as JSON. Knows the partials of `templates/itembank/types/`:
// an element with data-kind, controls with data-field, parts of a case in elements with data-part.

const own = (item, field) => [...item.querySelectorAll(`[data-field="${field}"]`)];
const typed = (item, field) => own(item, field)[0]?.value ?? "";
const chosen = (item, field) => own(item, field).filter((input) => input.checked).map((input) => input.value);
const partsOf = (item) => [...item.querySelectorAll("[data-part]")];
const itemOf = (root) => (root.matches?.("[data-kind]") ? root : root.querySelector("[data-kind]"));
const blanksOf = (item) => [...item.querySelectorAll('[data-field^="blanks."]')];
const blankId = (input) => input.dataset.field.slice("blanks.".length);

const written = { read: (item) => ({ text: typed(item, "text") }), write: (item, given) => setText(item, "text", given?.text) };

const KINDS = {
  "single-choice": {
    read: (item) => ({ choice: chosen(item, "choice")[0] ?? null }),
    write: (item, given) => setChosen(item, "choice", [given?.choice]),
  },
  "multiple-choice": {
    read: (item) => ({ choices: chosen(item, "choices").sort() }),
    write: (item, given) => setChosen(item, "choices", given?.choices ?? []),
  },
  "true-false": {
    read: (item) => ({ value: { true: true, false: false }[chosen(item, "value")[0]] ?? null }),
    write: (item, given) => setChosen(item, "value", [String(given?.value ?? "")]),
  },
  "fill-in-the-blank": {
    read: (item) => ({ blanks: Object.fromEntries(blanksOf(item).map((input) => [blankId(input), input.value])) }),
    write: (item, given) => { for (const input of blanksOf(item)) setValue(input, given?.blanks?.[blankId(input)]); },
  },
  calculation: {
    read: (item) => ({ value: typed(item, "value"), ...(own(item, "unit").length ? { unit: typed(item, "unit") } : {}) }),
    write: (item, given) => { setText(item, "value", given?.value); setText(item, "unit", given?.unit); },
  },
  "case-analysis": {
    read: (item) => ({ parts: Object.fromEntries(partsOf(item).map((part) => [part.dataset.part, readAnswer(part)])) }),
    write: (item, given) => { for (const part of partsOf(item)) writeAnswer(part, given?.parts?.[part.dataset.part] ?? null); },
  },
  "short-answer": written,
  essay: written,
};

function setChosen(item, field, values) {
  for (const input of own(item, field)) input.checked = values.includes(input.value);
}

function setText(item, field, value) {
  for (const input of own(item, field)) setValue(input, value);
}

// Setting the same value would move the caret of somebody who is typing.
function setValue(input, value) {
  const text = value ?? "";
  if (input.value !== text) input.value = text;
}

/** Whether a response says anything; spaces are nothing. The server judges in the same way. */
export function answered(response) {
  if (typeof response === "string") return response.trim() !== "";
  if (Array.isArray(response)) return response.some(answered);
  if (response && typeof response === "object") return Object.values(response).some(answered);
  return response !== null && response !== undefined;
}

/** The response in an item's controls, or null where nothing is answered. */
export function readAnswer(root) {
  const item = itemOf(root);
  const response = KINDS[item.dataset.kind].read(item);
  return answered(response) ? response : null;
}

/** Put a response (or null: nothing) into an item's controls. */
export function writeAnswer(root, response) {
  const item = itemOf(root);
  KINDS[item.dataset.kind].write(item, response);
  showCounts(root);
}

/** Show how many characters stand in each written answer of `root`. */
export function showCounts(root) {
  for (const place of root.querySelectorAll("[data-count]")) {
    const area = place.closest(".written")?.querySelector("textarea");
    if (!area) continue;
    const length = [...area.value.trim()].length;
    place.textContent = length ? ` · ${length}` : "";
    place.classList.toggle("over", length > Number(place.dataset.most));
  }
}
