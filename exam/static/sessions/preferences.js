// The candidate's workspace, slot 0 of the answer log: flags, current question, size of type, keys, clock, notices read.
// It travels like an answer, so it is there again after a crash or on another computer; it is never marked.

import { FONT_STEPS } from "./navigator.js";

const byId = (id) => document.getElementById(id);

/** `keep(workspace, urgent)` queues it. */
export function createPreferences({ card, keep }) {
  let font = 1;
  let keys = true;
  let clockShown = true;
  let seenNotices = [];
  let restoring = false;

  const workspace = () => ({
    current: card.current(), flags: card.counts().flagged, font, keys, clock: clockShown, seen: seenNotices,
  });
  const changed = (urgent) => { if (!restoring) keep(workspace(), urgent); };

  function setFont(step) {
    font = Math.min(FONT_STEPS, Math.max(1, step));
    byId("paper").dataset.font = font;
    byId("font-smaller").disabled = font === 1;
    byId("font-larger").disabled = font === FONT_STEPS;
  }

  function setClock(shown) {
    clockShown = shown;
    byId("clock").classList.toggle("veiled", !shown);
    byId("clock-toggle").setAttribute("aria-pressed", String(!shown));
  }

  const keyBox = byId("keys-enabled");
  byId("font-smaller").addEventListener("click", () => { setFont(font - 1); changed(false); });
  byId("font-larger").addEventListener("click", () => { setFont(font + 1); changed(false); });
  byId("clock-toggle").addEventListener("click", () => { setClock(!clockShown); changed(false); });
  keyBox.addEventListener("change", () => { keys = keyBox.checked; changed(false); });

  return {
    keep: changed,
    keysEnabled: () => keys,
    seen: (id) => seenNotices.includes(id),
    markSeen(id) { seenNotices = [...seenNotices, id].slice(-50); changed(true); },
    /** Put a stored workspace (or none) back on the page. */
    restore(stored) {
      restoring = true;
      const given = stored ?? {};
      setFont(given.font ?? font);
      setClock(given.clock ?? clockShown);
      keys = keyBox.checked = given.keys ?? keys;
      seenNotices = given.seen ?? [];
      for (const slot of card.slots.keys()) {
        const flagged = (given.flags ?? []).includes(slot);
        card.set(slot, { flagged });
      }
      if (given.current) card.go(given.current, { focus: false });
      restoring = false;
    },
  };
}
