// What Safe Exam Browser tells a page of itself: hashes of its keys for the page's address. Versions on macOS and iOS tell only
// this; others send the same in headers of their own. Sent on in a header of ours, for the server to judge.

const DONE = "examSebKeysUpdated";
const TRY_MS = 100;

/** The two hashes as one text; "" where SEB is not there or has said nothing yet. */
export function proof() {
  // SEB takes the whole address without its fragment; the server knows it without a query only.
  if (location.search) return "";
  const security = window.SafeExamBrowser?.security;
  const [config, browser] = [security?.configKey ?? "", security?.browserExamKey ?? ""];
  return config || browser ? `${config};${browser}` : "";
}

/** The header for a request of ours; none outside SEB. */
export function proofHeaders() {
  const said = proof();
  return said ? { "X-Exam-Seb": said } : {};
}

/** Have SEB fill in its keys: early versions do so only when asked, and call back a function by its global name. */
export function askForKeys() {
  const security = window.SafeExamBrowser?.security;
  if (!security?.updateKeys || proof()) return;
  const named = { [DONE]() {} };
  window[DONE] = named[DONE];
  try {
    security.updateKeys(window[DONE]);
  } catch (error) {
    console.warn("SEB did not tell its keys", error);
  }
}

/** Wait until SEB has said something, at most `ms`. Resolves to what `proof` gives. */
export async function waitForProof(ms) {
  const until = performance.now() + ms;
  askForKeys();
  while (!proof() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, TRY_MS));
  return proof();
}

askForKeys();
