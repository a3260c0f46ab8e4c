// Requests of the sitting page: JSON there and back, the CSRF token, a time limit; in Safe Exam Browser, its proof.

import { proofHeaders } from "../seb/proof.js";

const TIMEOUT_MS = 12_000;

/** The line to the server, for one sitting. `csrf` changes after a sign-in; the page's address is where a new token is read. */
export function createWire({ csrf, page }) {
  let token = csrf;

  /** Post JSON. Resolves to { status, body, retryAfter, sentAt, receivedAt }; rejects when no answer in JSON came. */
  async function post(url, body, { keepalive = false, timeout = TIMEOUT_MS } = {}) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeout);
    const sentAt = performance.now();
    try {
      const response = await fetch(url, {
        method: "POST", credentials: "same-origin", cache: "no-store", redirect: "error", keepalive, signal: abort.signal,
        headers: { "Content-Type": "application/json", "X-CSRF-Token": token, Accept: "application/json", ...proofHeaders() }, body: JSON.stringify(body),
      });
      const receivedAt = performance.now();
      const answer = await response.json();
      return { status: response.status, body: answer, retryAfter: seconds(response.headers.get("Retry-After")), sentAt, receivedAt };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    post,
    setToken(next) { if (next) token = next; },
    /** Read a fresh token from the page itself: another tab may have signed in again. False when nobody is signed in. */
    async renewToken() {
      const response = await fetch(page, { credentials: "same-origin", cache: "no-store" });
      const text = await response.text();
      const found = new DOMParser().parseFromString(text, "text/html").querySelector("meta[name=csrf-token]");
      if (!response.ok || response.redirected || !found) return false;
      token = found.content;
      return true;
    },
  };
}

function seconds(header) {
  const value = Number(header);
  return header && Number.isFinite(value) && value > 0 ? value * 1000 : 0;
}
