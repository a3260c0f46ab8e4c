// The exchange with the server: answers and events out, acknowledgements and the time back; one request at a time.
//
// A change is sent 0.8 s after the last one, at the latest 10 s after the first; without changes a heartbeat goes every 10 s.
// After a failure the waits grow from 1 s to 4 s (a server that is back is found within 5 s), with jitter, and never undercut
// the server's Retry-After.

const IDLE_MS = 800;
const LONGEST_MS = 9_000;
const HEARTBEAT_MS = 10_000;
const PAUSED_MS = 3_000;
const LONGEST_WAIT_MS = 4_000;
const LAST_WORDS_BYTES = 18_000;

/** How long to wait after the n-th failure in a row: between half and all of 1, 2, 4, 4 … s, at least `retryAfter`. */
export function backoff(failures, retryAfter, random = Math.random) {
  const full = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (failures - 1));
  return Math.max(retryAfter, full / 2 + (random() * full) / 2);
}

/** Whether a sitting has begun and not ended. */
export const isUnderWay = (state) => state === "in-progress" || state === "paused";

/** Whether a refusal (409) means that the sitting has ended; otherwise another page has it, and it can be claimed again. */
export function isOver(body) {
  return body.state !== undefined && !isUnderWay(body.state) ? true : ["submitted", "deadline-passed", "void"].includes(body.error);
}

/**
 * `claim`: number of this page's claim. `on`: { status(name, detail), sending(answers), reply(body, reply) }.
 * Status: "saved", "waiting", "saving", "retrying", and the ends "superseded", "signed-out", "ended".
 */
export function createSync({ url, wire, queue, events, claim, on, random = Math.random, monotonic = () => performance.now() }) {
  let timer = null;
  let busy = null;
  let stopped = null;
  let failures = 0;
  let retryAt = 0;
  let firstTouch = null;
  let lastTouch = 0;
  let lastSent = monotonic();
  let most = 100;
  let paused = Infinity; // what is answered from this instant of the server's clock on is sent once the sitting goes on

  function wait() {
    const now = monotonic();
    if (failures) return Math.max(0, retryAt - now);
    if (firstTouch !== null) return Math.max(0, Math.min(lastTouch + IDLE_MS, firstTouch + LONGEST_MS) - now);
    return Math.max(0, lastSent + (paused === Infinity ? HEARTBEAT_MS : PAUSED_MS) * (0.9 + random() / 10) - now);
  }

  function plan() {
    clearTimeout(timer);
    if (!stopped && !busy) timer = setTimeout(run, wait());
  }

  function stop(reason, body = {}) {
    stopped = reason;
    clearTimeout(timer);
    on.status(reason, body);
  }

  function failed(reason, retryAfter = 0) {
    if (stopped) return;
    failures += 1;
    retryAt = monotonic() + backoff(failures, retryAfter, random);
    on.status("retrying", { failures, reason });
  }

  async function accept(reply) {
    const { body } = reply;
    failures = 0;
    queue.settle(body.accepted ?? []);
    if (body.events_upto != null) events.settle(body.events_upto);
    await on.reply(body, reply);
    paused = Math.min(body.paused ?? Infinity, body.locked?.since ?? Infinity);
    const left = queue.pending(paused).length;
    if (left) firstTouch ??= monotonic();
    on.status(left ? "waiting" : "saved", {});
  }

  async function handle(reply) {
    const { status, body } = reply;
    if (status === 200) return accept(reply);
    // 404: somebody else is signed in here now; this sitting is not theirs.
    if (status === 401 || status === 404) return stop("signed-out", body);
    if (status === 409) return stop(isOver(body) ? "ended" : "superseded", body);
    if (status === 403) {
      if (await wire.renewToken()) return failed("token");
      return stop("signed-out", body);
    }
    if (status === 413) most = Math.max(1, Math.floor(most / 2));
    return failed(body.error ?? String(status), reply.retryAfter);
  }

  async function exchange() {
    const answers = queue.batch(most, undefined, paused);
    if (answers.length) { on.status("saving", {}); on.sending(answers); }
    lastSent = monotonic();
    firstTouch = null;
    try {
      const reply = await wire.post(url, { claim, answers, events: events.batch() });
      if (!stopped) await handle(reply);
    } catch (error) {
      console.warn("sync failed", error);
      failed(navigator.onLine === false ? "offline" : "unreachable");
    }
  }

  function run() {
    clearTimeout(timer);
    busy ??= exchange().finally(() => { busy = null; plan(); });
    return busy;
  }

  return {
    /** Something changed; `urgent` is false for what may ride along with the next exchange (flags, the current question). */
    touch(urgent = true) {
      if (stopped) return;
      lastTouch = monotonic();
      if (urgent || firstTouch !== null) firstTouch ??= lastTouch;
      if (urgent) on.status(failures ? "retrying" : busy ? "saving" : "waiting", { failures });
      plan();
    },
    /** Try at once, whatever the waits. Resolves to whether all answers are acknowledged. */
    async flush() {
      for (let round = 0; round < 20 && !stopped; round += 1) {
        if (busy) await busy;
        if (stopped || !queue.pending(paused).length) break;
        const before = failures;
        await run();
        if (failures > before) return false;
      }
      return !queue.pending().length;
    },
    /** The line is back, or somebody looks at the page again. */
    hurry() { if (!stopped && !busy) run(); },
    /** The page goes away: send what waits without being there to hear the answer. */
    lastWords() {
      if (stopped) return;
      const answers = queue.batch(most, LAST_WORDS_BYTES, paused);
      if (!answers.length && !events.count()) return;
      wire.post(url, { claim, answers, events: events.batch() }, { keepalive: true }).catch(() => undefined);
    },
    start() { plan(); },
    stop(reason) { stopped = reason; clearTimeout(timer); },
    resume() { stopped = null; failures = 0; retryAt = 0; lastSent = 0; run(); },
    stopped: () => stopped,
    claim,
  };
}
