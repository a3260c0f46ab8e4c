// Taking the sitting: this page becomes the one that may write, and learns what is saved. The newest claim wins.

import { createEvents } from "./events.js";
import { createQueue } from "./queue.js";
import { openStore } from "./store.js";
import { backoff, createSync, isUnderWay } from "./sync.js";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Claim until it works. Resolves to { body, session } or, when there is nothing left to write, to { body, session: null }.
 *
 * `before` is the session that this page had (after another tab took over): its unsent answers are merged as well, which
 * matters where the browser keeps nothing on the disk. `renew()` signs in again; `waiting(failures)` tells of a failed try.
 */
export async function claimSitting({ wire, urls, sittingId, clock, before, renew, waiting, on, storeFailed }) {
  for (let failures = 0; ;) {
    try {
      const reply = await wire.post(urls.claim, {});
      if (reply.status === 200) return await opened(reply);
      if (reply.status === 409) return { body: reply.body, session: null };
      if (reply.status === 401 || reply.status === 404) { await renew(); continue; }
      if (reply.status === 403) { if (!(await wire.renewToken())) await renew(); }
    } catch (error) {
      console.warn("claim failed", error);
    }
    failures += 1;
    waiting(failures);
    await pause(backoff(failures, 0));
  }

  async function opened(reply) {
    const { body } = reply;
    wire.setToken(body.csrf);
    clock.sample(body.server_time, reply.sentAt, reply.receivedAt);
    if (!isUnderWay(body.state)) return { body, session: null };
    const queue = createQueue();
    const store = await openStore(sittingId, body.storage_key, storeFailed);
    const kept = new Map((await store.kept()).map((entry) => [entry.slot, entry]));
    for (const entry of before?.queue.pending() ?? []) kept.set(entry.slot, entry);
    const lost = queue.merge(body.answers, [...kept.values()]);
    for (const { slot, revision } of queue.all().filter((one) => one.state === "saved")) {
      if (kept.has(slot)) store.remove(slot, Math.max(revision, kept.get(slot).revision));
    }
    for (const entry of queue.pending()) store.put(entry);
    const events = createEvents();
    const sync = createSync({ url: urls.sync, wire, queue, events, claim: body.claim, on });
    return { body, session: { queue, store, events, sync, claim: body.claim, lost, key: body.storage_key } };
  }
}
