// Reports to the server: every 10 s and at each event, kept while the line is down and sent when it is back.

const EVERY_MS = 10_000;
const ASKED_MS = 5_000;
const TIMEOUT_MS = 12_000;
const MOST = 180;

/** `look()` says how things are now; `on` = { answer(body), offline(), online(gap), reopen(), over(), signedOut() }. */
export function createReports({ url, csrf, look, on }) {
  let player = null;
  let number = 0;
  let queue = [];
  let sending = false;
  let failures = 0;
  let lastSent = performance.now();
  let lastHeard = performance.now();
  let asked = false;
  let stopped = false;

  const body = (beats) => JSON.stringify({ player, beats });
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf, Accept: "application/json" };

  function add(closing = false) {
    if (!player || stopped) return;
    number += 1;
    lastSent = performance.now();
    queue.push({ number, at: Math.round(performance.now()), closing, ...look() });
    if (queue.length > MOST) queue = queue.slice(-MOST);
  }

  async function flush() {
    if (sending || !queue.length || stopped) return;
    sending = true;
    const beats = queue;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(url, { method: "POST", credentials: "same-origin", cache: "no-store", redirect: "error", headers, body: body(beats), signal: abort.signal });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) {
        queue = queue.filter((beat) => !beats.includes(beat));
        const gap = performance.now() - lastHeard;
        lastHeard = performance.now();
        if (failures) on.online(gap);
        failures = 0;
        on.answer(answer, beats.at(-1));
      } else if (response.status === 409) { queue = []; on.reopen(); }
      else if (response.status === 410) { stopped = true; on.over(); }
      else if (response.status === 401 || response.status === 403) { on.signedOut(); failures += 1; }
      else throw new Error(String(response.status));
    } catch {
      failures += 1;
      on.offline();
    } finally {
      clearTimeout(timer);
      sending = false;
    }
  }

  setInterval(() => {
    if (!player || stopped) return;
    const pace = asked ? ASKED_MS : EVERY_MS;
    if (performance.now() - lastSent >= pace) { add(); flush(); } else if (failures) flush();
  }, 1000);

  return {
    open(token) { player = token; number = 0; queue = []; lastHeard = performance.now(); },
    now() { add(); return flush(); },
    asked(value) { asked = value; },
    stop() { stopped = true; },
    silentFor: () => performance.now() - lastHeard,
    /** The page is left: said with what is left of it. */
    close() {
      if (!player || stopped) return;
      add(true);
      fetch(url, { method: "POST", credentials: "same-origin", headers, body: body(queue.slice(-50)), keepalive: true }).catch(() => {});
    },
  };
}
