// The time left, by the server's clock: shown each second, spoken only at 30, 15, 5 and 1 minutes.

import { formatLeft, markPassed } from "./clock.js";
import { fill } from "./navigator.js";

const SHOWN_WARNING_MINUTES = 5;
const SOON_MS = 5000;

/** `over()` is called once when the time is up, `soon()` each second of the last five; `warn(text)` shows the last marks. */
export function createTimer({ clock, texts, announce, warn, soon, over }) {
  const face = document.querySelector("[data-clock]");
  let deadline = null;
  let before = null;
  let pending = null;
  let finished = false;
  let frozen = null;

  function say(minutes) {
    const text = fill(texts.minutesLeft, { n: minutes });
    announce(text);
    if (minutes <= SHOWN_WARNING_MINUTES) warn(text);
  }

  function tick() {
    clearTimeout(pending);
    const left = deadline - (frozen ?? clock.now());
    face.textContent = formatLeft(left);
    face.parentElement.classList.toggle("urgent", left <= SHOWN_WARNING_MINUTES * 60_000);
    const mark = before === null ? null : markPassed(before, left);
    before = left;
    if (mark !== null) say(mark);
    if (frozen !== null) return;
    if (left <= 0) {
      if (!finished) { finished = true; over(); }
      return;
    }
    if (left <= SOON_MS) soon();
    pending = setTimeout(tick, Math.min(1000, left % 1000 || 1000) + 5);
  }

  return {
    /** The server's word; it may move while the sitting runs. */
    setDeadline(ms) {
      if (ms == null || ms === deadline) return;
      deadline = ms;
      if (before !== null && !finished) tick();
    },
    /** Stand still at an instant of the server's clock while the sitting is paused; null: go on. */
    freeze(at) {
      frozen = at;
      if (before !== null && !finished) tick();
    },
    start() { finished = false; before = null; tick(); },
  };
}
