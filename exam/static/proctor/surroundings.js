// What the page of a watched sitting tells of its surroundings, besides what every sitting page tells (`sessions/events.js`).
//
// Never what was copied or pasted: only how long it was, and whether it was copied on this page.

const QUIET_MS = 2000; // the same thing within this time is one
const REMEMBERED = 20;

const plain = (text) => text.replace(/\s+/g, " ").trim();

/** What is selected, in a field or on the page. */
function selected(target) {
  if (typeof target?.selectionStart === "number") return target.value.slice(target.selectionStart, target.selectionEnd);
  return String(document.getSelection() ?? "");
}

/** Call `add(kind, detail)` for each. */
export function watchClipboard(add) {
  const copied = [];
  const keep = (kind) => (event) => {
    const text = plain(selected(event.target));
    if (!text) return;
    copied.push(text);
    if (copied.length > REMEMBERED) copied.shift();
    add(kind, { chars: text.length });
  };
  document.addEventListener("copy", keep("copy"));
  document.addEventListener("cut", keep("cut"));
  document.addEventListener("paste", (event) => {
    const text = plain(event.clipboardData?.getData("text/plain") ?? "");
    if (text) add("paste", { chars: text.length, foreign: !copied.some((own) => own.includes(text)) });
  });
}

/** Full screen left and entered again; only of a page that was in it. */
export function watchFullScreen(add) {
  document.addEventListener("fullscreenchange", () => add(document.fullscreenElement ? "full-screen" : "full-screen-left"));
}

/** A second screen, where the browser tells. */
export function watchScreens(add) {
  let extended = false;
  const look = () => {
    const now = window.screen?.isExtended === true;
    if (now !== extended) add(now ? "second-screen" : "second-screen-gone");
    extended = now;
  };
  window.screen?.addEventListener?.("change", look);
  look();
}

/** All of it. */
export function watchWatched(add, monotonic = () => performance.now()) {
  const last = new Map();
  const sparingly = (kind, detail = {}) => {
    const now = monotonic();
    if (now - (last.get(kind) ?? -Infinity) < QUIET_MS) return;
    last.set(kind, now);
    add(kind, detail);
  };
  watchClipboard(sparingly);
  watchFullScreen(add);
  watchScreens(add);
  document.addEventListener("contextmenu", () => sparingly("context-menu"));
  addEventListener("beforeprint", () => sparingly("print"));
}
