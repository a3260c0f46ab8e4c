// What else watches this page (the camera) is a script of its own: it hears of the sitting by events of the document, and
// reports through the sitting's own exchange. Neither knows the other.
//
// Heard: "sitting" with detail { kind: "opened" | "paused" | "resumed" | "reply" | "status" | "ended", … }; "status" has the
//        name of how saving stands ("saved" when no answer waits).
// Told:  "sitting-report" with detail { kind, detail }; "sitting-hurry" asks for an exchange at once;
//        "sitting-asking" with { open } while the browser itself asks something (`events.js`).

/** Tell whoever listens what happens to the sitting. */
export function tell(kind, detail = {}) {
  document.dispatchEvent(new CustomEvent("sitting", { detail: { kind, ...detail } }));
}

/** Pass on what others report: `add(kind, detail)`, `hurry()`. */
export function hear({ add, hurry }) {
  document.addEventListener("sitting-report", (event) => add(event.detail.kind, event.detail.detail ?? {}));
  document.addEventListener("sitting-hurry", hurry);
}
