// What happens around the paper (hidden, visible, offline, …), numbered for the server. Nothing of the answers.

const MOST_SENT = 100;
const MOST_KEPT = 500;

/** Events of one claim, numbered from 1. */
export function createEvents() {
  let next = 0;
  let waiting = [];

  return {
    add(kind, detail = {}) {
      next += 1;
      waiting.push({ n: next, kind, detail });
      // Hours offline: the newest are kept, and the gap in the numbers shows that some are missing.
      if (waiting.length > MOST_KEPT) waiting = waiting.slice(-MOST_KEPT);
    },
    batch: () => waiting.slice(0, MOST_SENT),
    settle(upto) { waiting = waiting.filter((event) => event.n > upto); },
    count: () => waiting.length,
  };
}

const GRACE_MS = 1500; // a notice, an input method, a click into the address bar and back

/**
 * Report what the browser tells of the page's surroundings. The focus counts as lost only when it stays away, the page is still
 * shown, and neither the browser nor we are asking something ("sitting-asking" with { open } tells of that): a question about
 * the camera is nobody's offence. `hurry()` has the beginning and the end of it reach the server at once, whose clock counts.
 */
export function watchSurroundings(add, hurry = () => {}) {
  let away = false;
  let asking = 0;
  let timer = null;
  const look = () => {
    if (away || asking || document.hasFocus() || document.visibilityState === "hidden") return;
    away = true;
    add("blur");
    hurry();
  };
  const wait = () => { clearTimeout(timer); timer = setTimeout(look, GRACE_MS); };

  document.addEventListener("visibilitychange", () => add(document.visibilityState === "hidden" ? "hidden" : "visible"));
  document.addEventListener("sitting-asking", (event) => {
    asking = Math.max(0, asking + (event.detail.open ? 1 : -1));
    if (!asking) wait();
  });
  addEventListener("blur", wait);
  addEventListener("focus", () => {
    clearTimeout(timer);
    if (!away) return;
    away = false;
    add("focus");
    hurry();
  });
  addEventListener("offline", () => add("offline"));
  addEventListener("online", () => add("online"));
}
