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

/** Report what the browser tells of the page's surroundings. */
export function watchSurroundings(add) {
  document.addEventListener("visibilitychange", () => add(document.visibilityState === "hidden" ? "hidden" : "visible"));
  addEventListener("blur", () => add("blur"));
  addEventListener("focus", () => add("focus"));
  addEventListener("offline", () => add("offline"));
  addEventListener("online", () => add("online"));
}
