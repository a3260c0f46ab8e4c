// One question on the screen at a time, the card of all questions, flags and the size of type.

export const FONT_STEPS = 4;

/** `fill("第 {n} 题", { n: 3 })` → "第 3 题". */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** `on`: { moved(n), flagged(n, yes) }. Slots count from 1. */
export function createNavigator({ questions, card, texts, on }) {
  const cells = new Map([...card.querySelectorAll("[data-go]")].map((cell) => [Number(cell.dataset.go), cell]));
  const bySlot = new Map(questions.map((question) => [Number(question.dataset.slot), question]));
  const states = new Map([...bySlot.keys()].map((slot) => [slot, { answered: false, flagged: false, refused: false }]));
  const count = questions.length;
  const buttons = Object.fromEntries(["previous", "next", "flag", "review"].map((name) => [name, document.getElementById(`go-${name}`)]));
  const summary = document.getElementById("card-summary");
  let current = 1;

  function paint(slot) {
    const { answered, flagged, refused } = states.get(slot);
    const cell = cells.get(slot);
    cell.dataset.answered = answered ? "yes" : "no";
    cell.dataset.flagged = flagged ? "yes" : "no";
    cell.dataset.refused = refused ? "yes" : "no";
    const words = [fill(texts.question, { n: slot }), answered ? texts.answered : texts.empty];
    if (flagged) words.push(texts.flagged);
    if (refused) words.push(texts.refused);
    cell.setAttribute("aria-label", words.join(texts.comma));
    if (slot === current) {
      cell.setAttribute("aria-current", "step");
      buttons.flag.setAttribute("aria-pressed", String(flagged));
    } else {
      cell.removeAttribute("aria-current");
    }
  }

  function counts() {
    const all = [...states.entries()];
    return {
      count,
      answered: all.filter(([, state]) => state.answered).map(([slot]) => slot),
      empty: all.filter(([, state]) => !state.answered).map(([slot]) => slot),
      flagged: all.filter(([, state]) => state.flagged).map(([slot]) => slot),
    };
  }

  function paintSummary() {
    const { answered, flagged } = counts();
    summary.textContent = fill(texts.cardSummary, { answered: answered.length, count, flagged: flagged.length });
  }

  function set(slot, change) {
    const state = states.get(slot);
    if (!state) return;
    Object.assign(state, change);
    paint(slot);
    paintSummary();
  }

  /** Show a question; `focus` moves to its heading, so that a screen reader reads on from there. */
  function go(slot, { focus = true } = {}) {
    if (!bySlot.has(slot)) return;
    const before = current;
    current = slot;
    for (const [one, question] of bySlot) question.hidden = one !== slot;
    paint(before);
    paint(slot);
    buttons.previous.disabled = slot === 1;
    buttons.next.hidden = slot === count;
    buttons.review.hidden = slot !== count;
    // A formula wider than the screen scrolls in its place, by keys too; hidden, it had no width to judge by.
    for (const wide of bySlot.get(slot).querySelectorAll(".math.display")) if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    if (focus) {
      bySlot.get(slot).querySelector("h2").focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    if (before !== slot) on.moved(slot);
  }

  function flag(slot = current, yes = !states.get(slot).flagged) {
    set(slot, { flagged: yes });
    on.flagged(slot, yes);
  }

  card.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-go]");
    if (!cell) return;
    event.preventDefault();
    closeCard();
    go(Number(cell.dataset.go));
  });

  // On narrow screens the card is a sheet above the bottom bar.
  const opener = document.getElementById("card-open");
  function closeCard(focus = false) {
    card.classList.remove("open");
    opener.setAttribute("aria-expanded", "false");
    if (focus) opener.focus();
  }
  opener.addEventListener("click", () => {
    const open = card.classList.toggle("open");
    opener.setAttribute("aria-expanded", String(open));
    if (open) (cells.get(current) ?? opener).focus();
  });
  card.addEventListener("keydown", (event) => { if (event.key === "Escape" && card.classList.contains("open")) closeCard(true); });
  buttons.previous.addEventListener("click", () => go(current - 1));
  buttons.next.addEventListener("click", () => go(current + 1));
  buttons.flag.addEventListener("click", () => flag());

  return { go, flag, set, counts, current: () => current, question: () => bySlot.get(current), slots: bySlot, closeCard };
}
