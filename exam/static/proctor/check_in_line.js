// What a check-in page says to the server: pictures and short words, JSON back. On a phone the address is the proof, elsewhere
// the cookie and the CSRF token are.

const TIMEOUT_MS = 20_000;

/** `base`: the page's own address, under which everything lies. An answer is { status, body, retryAfter }; status 0: no line. */
export function createLine({ base, csrf }) {
  async function ask(path, init = {}) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const headers = { Accept: "application/json", ...(csrf ? { "X-CSRF-Token": csrf } : {}), ...init.headers };
      const response = await fetch(`${base}/${path}`, {
        credentials: csrf ? "same-origin" : "omit", cache: "no-store", redirect: "error", signal: abort.signal, ...init, headers,
      });
      const retryAfter = 1000 * (Number(response.headers.get("Retry-After")) || 0);
      return { status: response.status, body: await response.json(), retryAfter };
    } catch {
      return { status: 0, body: {}, retryAfter: 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    get: (path) => ask(path),
    json: (path, body) => ask(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    picture: (path, blob, headers = {}) => ask(path, { method: "POST", body: blob, headers: { "Content-Type": "image/jpeg", ...headers } }),
    form: (path, form) => ask(path, { method: "POST", body: form }),
  };
}

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** "{name}" in a text of the page. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** What the server, or the missing line to it, says of an answer that is no success. */
export function trouble(answer, texts) {
  if (answer.status === 0) return texts.offline;
  if (answer.status === 429 || answer.status === 503) return texts.busy;
  const words = (answer.body.problems ?? []).map((each) => each.message).filter(Boolean);
  return words.join(" ") || answer.body.message || texts.failed;
}
