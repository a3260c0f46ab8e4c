// While a supervisor has paused the sitting: no question is shown, the clock stands still, what was answered is saved.

import { fill } from "./navigator.js";
import { formatLeft } from "./clock.js";

/** `on`: { stopped(), gone() } are called once when the pause begins and ends. */
export function createPause({ dialog, texts, on }) {
  const why = dialog.querySelector("[data-pause=why]");
  const left = dialog.querySelector("[data-pause=left]");
  let paused = null;
  dialog.addEventListener("cancel", (event) => event.preventDefault());

  return {
    /** What the server says: since when (ms of its clock) or null, why, and when the time ends. */
    show(since, reason, deadline) {
      if (since != null) {
        why.hidden = !reason;
        why.textContent = reason ? fill(texts.pauseReason, { reason }) : "";
        left.textContent = deadline ? fill(texts.pauseLeft, { time: formatLeft(deadline - since) }) : "";
        if (paused === null) { paused = since; on.stopped(since); }
        if (!dialog.open) {
          for (const other of document.querySelectorAll("dialog[open]")) other.close();
          dialog.showModal();
        }
      } else if (paused !== null) {
        paused = null;
        dialog.close();
        on.gone();
      }
    },
    since: () => paused,
  };
}
