// Deciding without leaving the page, by key or by button. Without this script every button is a form of its own.

const place = document.querySelector("[data-review]");
const words = JSON.parse(document.getElementById("review-words")?.textContent ?? "{}");
const cards = () => [...place.querySelectorAll("[data-incident]")];
const several = document.getElementById("several");
const KEYS = { c: "confirmed", d: "dismissed", s: "sent-on", u: "open" };

function current() {
  return document.activeElement?.closest?.("[data-incident]") ?? null;
}

function say(where, text, bad = false) {
  const line = where.querySelector("[data-say]");
  line.textContent = text;
  line.classList.toggle("field-error", bad);
}

/** Send a decision about some cards; all are decided or none. */
async function decide(chosen, state, note, where) {
  const ids = chosen.map((card) => Number(card.dataset.incident));
  if (ids.length === 0) { say(where, words.none, true); return false; }
  say(where, "…");
  try {
    const answer = await fetch(place.dataset.decide, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": place.dataset.csrf },
      body: JSON.stringify({ incidents: ids, state, note }),
    });
    const body = await answer.json();
    if (!answer.ok) {
      say(where, body.problems?.map((one) => one.message ?? one.code).join(" ") || body.message || body.error, true);
      return false;
    }
    say(where, "");
    for (const one of body.decided) show(one);
    return true;
  } catch {
    say(where, words.lost, true);
    return false;
  }
}

/** A card says what it is now. */
function show(one) {
  const card = place.querySelector(`[data-incident="${one.id}"]`);
  if (!card) return;
  card.dataset.state = one.state;
  card.querySelector("[data-title]").textContent = one.title;
  const badge = card.querySelector("[data-badge]");
  badge.replaceChildren(Object.assign(document.createElement("span"), { className: "tag", textContent: one.text }));
  const undo = card.querySelector("[data-undo]");
  if (undo) undo.hidden = one.state === "open";
  say(card, one.text);
  const pick = card.querySelector("[data-pick]");
  if (pick) pick.checked = false;
  count();
}

function count() {
  if (!several) return;
  const n = place.querySelectorAll("[data-pick]:checked").length;
  several.dataset.any = n ? "yes" : "no";
  several.querySelector("[data-chosen]").textContent = n ? words.chosen.replace("{n}", n) : words.none;
}

function move(step) {
  const all = cards();
  if (all.length === 0) return;
  const at = all.indexOf(current());
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

/** To the next one that nobody has decided, after this one. */
function onward(from) {
  const all = cards();
  const next = all.slice(all.indexOf(from) + 1).find((card) => card.dataset.state === "open");
  (next ?? from).focus();
}

async function decideCard(card, state) {
  const note = card.querySelector("[data-note]");
  if (!note) return;
  if ((state === "confirmed" || state === "sent-on") && !note.value.trim()) {
    say(card, words.needsNote, true);
    card.dataset.wanted = state;
    note.focus();
    return;
  }
  delete card.dataset.wanted;
  if (await decide([card], state, note.value, card)) onward(card);
}

if (place) {
  place.addEventListener("submit", (event) => {
    const form = event.target;
    event.preventDefault();
    const state = event.submitter?.value ?? form.closest("[data-incident]")?.dataset.wanted;
    if (form.id === "several") {
      const chosen = cards().filter((card) => card.querySelector("[data-pick]")?.checked);
      decide(chosen, state, form.querySelector("[name=note]").value, form);
      return;
    }
    if (state) decideCard(form.closest("[data-incident]"), state);
  });
  place.addEventListener("change", (event) => { if (event.target.matches("[data-pick]")) count(); });
  // Enter in the note does what was asked for before; otherwise it decides nothing by accident.
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-note]")) return;
    event.preventDefault();
    const card = event.target.closest("[data-incident]");
    if (card.dataset.wanted) decideCard(card, card.dataset.wanted);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && event.target.matches?.("[data-note]")) { current()?.focus(); return; }
    if (event.target.matches?.("input:not([type=checkbox]), textarea, select")) return;
    const key = event.key.toLowerCase();
    const card = current();
    if (key === "j" || (key === "arrowdown" && card)) { event.preventDefault(); move(1); }
    else if (key === "k" || (key === "arrowup" && card)) { event.preventDefault(); move(-1); }
    else if (card && key in KEYS) { event.preventDefault(); decideCard(card, KEYS[key]); }
    else if (card && key === "x") {
      const pick = card.querySelector("[data-pick]");
      if (pick) { pick.checked = !pick.checked; count(); }
    }
  });
  count();
}
