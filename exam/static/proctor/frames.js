// Frames on their way to the server: numbered, kept while the line is gone, sent newest first, never before an answer.
//
// Nothing here knows a camera or a page: pictures are put in, what the server says of them comes out.

const MOST_KEPT = 240; // twelve minutes at 3 seconds; about 7 MB
const SLOWEST_SECONDS = 30;
const NARROW = 0.5; // a frame that takes longer than this share of the interval: the line is narrow
const WIDE = 0.2;
const LONGEST_WAIT_MS = 15_000;
const TIMEOUT_MS = 30_000;

/** The seconds between frames from now on, after one that took `tookMs` to send: slower on a narrow line, never faster than asked. */
export function adapt(seconds, asked, tookMs) {
  if (tookMs > seconds * 1000 * NARROW) return Math.min(SLOWEST_SECONDS, seconds * 1.5);
  if (tookMs < seconds * 1000 * WIDE) return Math.max(asked, seconds / 1.2);
  return seconds;
}

/**
 * `post({ number, taken, blob })` resolves to { status, body, retryAfter }, or rejects where no line is. `calm()`: whether no
 * answer waits. `on`: { taken(body), slower(seconds), over(code), token() } – the last renews the sign-in's token.
 */
export function createFrames({ asked, next, post, calm, on, now = () => Date.now(), monotonic = () => performance.now() }) {
  let number = next;
  let seconds = asked;
  let told = asked;
  let waiting = [];
  let busy = false;
  let failures = 0;
  let notBefore = 0;
  let stopped = false;
  let timer = null;

  function later(ms) {
    notBefore = monotonic() + ms;
    clearTimeout(timer);
    timer = setTimeout(pump, ms);
  }

  function again(frame, ms) {
    waiting.push(frame);
    failures += 1;
    later(Math.max(ms, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (failures - 1))));
  }

  function arrived(tookMs, body) {
    failures = 0;
    seconds = adapt(seconds, asked, tookMs);
    if (Math.abs(seconds - told) >= Math.max(1, told / 4)) {
      told = seconds;
      on.slower(Math.round(seconds));
    }
    on.taken(body);
  }

  function judge(frame, tookMs, { status, body, retryAfter }) {
    if (status === 200) return arrived(tookMs, body);
    if (status === 403 && body.error !== "camera-consent-missing") { on.token(); return again(frame, 2000); }
    if (status === 403 || status === 404 || status === 409) { stopped = true; return on.over(body.error); }
    if ([400, 413, 422].includes(status)) return undefined; // this picture is never taken: the next one may be
    return again(frame, retryAfter);
  }

  async function pump() {
    if (busy || stopped || !waiting.length || monotonic() < notBefore) return;
    if (!calm()) { later(250); return; }
    busy = true;
    const frame = waiting.pop(); // the newest: what happens now is worth more than what was
    const began = monotonic();
    try {
      const reply = await post(frame);
      judge(frame, monotonic() - began, reply);
    } catch {
      again(frame, 0);
    }
    busy = false;
    if (waiting.length && !stopped) later(Math.max(0, notBefore - monotonic(), failures ? 0 : 50));
  }

  return {
    /** Take a picture in; the oldest that waits goes when there are too many. */
    add(blob) {
      if (stopped) return;
      waiting.push({ number, taken: now(), blob });
      number += 1;
      if (waiting.length > MOST_KEPT) waiting.shift();
      pump();
    },
    /** The line may be back. */
    hurry() { notBefore = 0; failures = 0; pump(); },
    /** Seconds until the next picture is wanted. */
    seconds: () => seconds,
    waiting: () => waiting.length,
    stop() { stopped = true; waiting = []; clearTimeout(timer); },
  };
}

/** How a frame is posted. `token()` is the sign-in's token. */
export function createPost(url, token) {
  return async ({ number, taken, blob }) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        method: "POST", credentials: "same-origin", cache: "no-store", redirect: "error", priority: "low", signal: abort.signal, body: blob,
        headers: { "Content-Type": "image/jpeg", "X-CSRF-Token": token(), "X-Frame-Number": String(number), "X-Frame-Taken": String(taken) },
      });
      const after = Number(response.headers.get("Retry-After"));
      return { status: response.status, body: await response.json(), retryAfter: Number.isFinite(after) ? after * 1000 : 0 };
    } finally {
      clearTimeout(timer);
    }
  };
}
